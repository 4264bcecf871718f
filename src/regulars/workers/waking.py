"""Jobs that run behind a serving process: whoever falls due is woken, a new program is adopted, old refusals are forgotten.

Several processes on one database may all run them: each customer is locked, and looked at again, before it is touched.
"""

import logging
from collections.abc import Callable
from threading import Event, Thread
from typing import Final

from regulars.kernel.calendar import HOUR, SECOND
from regulars.kernel.facts import Instant
from regulars.service.refused import forget_old
from regulars.service.shop import Shop
from regulars.service.waking import adopt_all, next_waking, waiting_to_adopt, wake_some

LONGEST_SLEEP: Final = 5 * SECOND
"""New facts may bring a due time forward, and other processes publish programs and revoke keys: we look that often."""

logger: Final = logging.getLogger("regulars.workers")


class Worker:
    """Runs from `start` to `stop`."""

    def __init__(self, shop: Shop, clock: Callable[[], Instant]) -> None:
        self._shop = shop
        self._clock = clock
        self._stopping = Event()
        self._tidied_at: Instant | None = None
        self._thread = Thread(target=self._work, name="waking", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._adopt()
                self._wake()
                self._tidy()
                sleep = next_waking(self._shop) - self._clock()
            except Exception as error:  # noqa: BLE001  the edge of the worker: told, and tried again
                logger.warning("a job behind the pages failed and is tried again: %s", type(error).__name__)
                sleep = LONGEST_SLEEP
            self._stopping.wait(min(max(sleep, 0), LONGEST_SLEEP) / SECOND)

    def _adopt(self) -> None:
        if waiting_to_adopt(self._shop):
            adopt_all(self._shop, self._clock(), stop=self._stopping.is_set)

    def _wake(self) -> None:
        while not self._stopping.is_set() and wake_some(self._shop, self._clock()):
            pass

    def _tidy(self) -> None:
        self._shop.keys.forget()
        now = self._clock()
        if self._tidied_at is None or now - self._tidied_at > HOUR:
            forget_old(self._shop, now)
            self._tidied_at = now
