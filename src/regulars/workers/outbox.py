"""The job that delivers: whatever is due in the outbox goes out, many at once, each endpoint in its own time.

Several processes on one database may all run it: whoever takes a message holds it. Each round is one transaction: what came of the
attempts is written down, and as much is taken as the endpoints have room for. Where nothing is due, nothing is written.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from typing import Final, TypeVar

from regulars.kernel.calendar import HOUR
from regulars.kernel.facts import Instant
from regulars.service import outbox
from regulars.service.courier import Courier
from regulars.service.networks import Networks
from regulars.service.outbox import Delivered, Outcome, Sending
from regulars.service.shop import Shop
from regulars.store.transaction import Transaction

T = TypeVar("T")

LOOKS_EVERY_SECONDS: Final = 1.0
AFTER_TROUBLE_SECONDS: Final = 5.0
LONGEST_STOP_SECONDS: Final = 3.0
"""What is under way then is sent again by whoever comes first when its minute is over."""
MOST_LOOKUPS: Final = 32
"""Names looked up at once; a lookup that hangs cannot be broken off."""

logger: Final = logging.getLogger("regulars.workers")


class Deliverer:
    """Runs from `start` to `stop`. `told` counts what came of it."""

    def __init__(
        self,
        shop: Shop,
        clock: Callable[[], Instant],
        networks: Networks,
        told: Delivered | None = None,
        courier: Callable[[], Courier] | None = None,
    ) -> None:
        self.told = told or Delivered()
        self._shop = shop
        self._clock = clock
        self._courier = courier or (lambda: Courier(networks, clock))
        self._stopping = Event()
        self._tasks: dict[asyncio.Task[Outcome], Sending] = {}
        self._done: list[Outcome] = []
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._record = ThreadPoolExecutor(1, "outbox-record")
        self._tidied_at: Instant | None = None
        self._thread = Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What is under way may end, but not for long."""
        self._stopping.set()
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread.is_alive():
            self._thread.join(2 * LONGEST_STOP_SECONDS)

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._loop.set_default_executor(ThreadPoolExecutor(MOST_LOOKUPS, "outbox-lookup"))
            self._stop = asyncio.Event()
            runner.run(self._work(self._stop))
        self._record.shutdown(wait=False)

    async def _work(self, stop: asyncio.Event) -> None:
        stopped = asyncio.create_task(stop.wait())
        async with self._courier() as courier:
            while not self._stopping.is_set():
                wait = await self._round(courier)
                await asyncio.wait({*self._tasks, stopped}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            await self._end()
        stopped.cancel()

    async def _round(self, courier: Courier) -> float:
        """How long nobody need look again."""
        self._collect()
        try:
            for sending in await self._recorded(self._turn):
                self._tasks[asyncio.create_task(courier.carry(sending))] = sending
        except Exception as error:  # noqa: BLE001  the edge of the worker: told, and tried again
            logger.warning("delivering failed and is tried again: %s", type(error).__name__)
            return AFTER_TROUBLE_SECONDS
        return LOOKS_EVERY_SECONDS

    async def _end(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LONGEST_STOP_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._collect()
        try:
            await self._recorded(self._settle)
        except Exception as error:  # noqa: BLE001  the edge of the worker: what was not written down is sent once more
            logger.warning("what was delivered last could not be written down: %s", type(error).__name__)

    def _collect(self) -> None:
        for task in [task for task in self._tasks if task.done()]:
            sending = self._tasks.pop(task)
            if task.cancelled():
                continue
            error = task.exception()
            outcome = Outcome(sending, None, f"It failed here ({type(error).__name__}).") if error else task.result()
            self._done.append(outcome)

    # --- in the thread that speaks to the record ---------------------------------------------------------------------

    def _turn(self) -> Sequence[Sending]:
        now = self._clock()
        self._tidy(now)
        if not self._done and not outbox.is_any_due(self._shop, now):
            return ()
        taken = self._shop.writer.run(lambda tx: self._settle_and_take(tx, now))
        self._tell()
        return taken

    def _settle_and_take(self, tx: Transaction, now: Instant) -> Sequence[Sending]:
        outbox.settle(tx, self._done, now)
        under_way: dict[str, list[str]] = {}
        for sending in self._tasks.values():
            under_way.setdefault(sending.endpoint, []).append(sending.id)
        return outbox.take_due(tx, now, under_way)

    def _settle(self) -> None:
        now = self._clock()
        if self._done:
            self._shop.writer.run(lambda tx: outbox.settle(tx, self._done, now))
            self._tell()

    def _tell(self) -> None:
        """Of what is written down, and of nothing sooner: when it is due again hangs on the clock by which it was written."""
        delivered = sum(outcome.is_delivered for outcome in self._done)
        self.told.delivered += delivered
        self.told.failed += len(self._done) - delivered
        self._done.clear()

    def _tidy(self, now: Instant) -> None:
        """A portion each time, until there is no more; then once an hour."""
        if (self._tidied_at is None or now - self._tidied_at > HOUR) and not outbox.forget_some(self._shop, now):
            self._tidied_at = now

    async def _recorded(self, do: Callable[[], T]) -> T:
        """Meanwhile the loop goes on with what is under way, but neither `_tasks` nor `_done` changes."""
        return await asyncio.get_running_loop().run_in_executor(self._record, do)
