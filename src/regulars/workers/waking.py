"""Jobs that run behind a serving process: whoever falls due is woken, a new program is adopted, old refusals are forgotten.

Several processes on one database may all run them: each customer is locked, and looked at again, before it is touched.
"""

import logging
from collections.abc import Callable
from threading import Event, Thread
from typing import Final

from regulars.kernel.calendar import HOUR, SECOND
from regulars.kernel.facts import Instant
from regulars.service import retention
from regulars.service.refused import forget_old, keep_bounded
from regulars.service.shop import Shop
from regulars.service.waking import adopt_all, last_publication, next_waking, waiting_to_adopt, wake_some

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
        self._forgot_on: int | None = None
        self._adopted: int | None = None
        self._thread = Thread(target=self._work, name="waking", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._shop.keys.forget()
            done = [self._try(job) for job in (self._tidy, self._forget, self._adopt, self._wake)]
            self._stopping.wait((self._until_next() if all(done) else LONGEST_SLEEP) / SECOND)

    def _try(self, job: Callable[[], None]) -> bool:
        """One that fails does not keep the others from their turn."""
        try:
            job()
        except Exception as error:  # noqa: BLE001  the edge of the worker: told, and tried again
            logger.warning("%s failed and is tried again: %s", job.__name__.strip("_"), type(error).__name__)
            return False
        return True

    def _until_next(self) -> Instant:
        try:
            due_at = next_waking(self._shop)
        except Exception:  # noqa: BLE001  the database is gone: looked at again soon
            return LONGEST_SLEEP
        return min(max(due_at - self._clock(), 0), LONGEST_SLEEP)

    def _adopt(self) -> None:
        """Once for each publication, since it looks at every customer: who is written down later is so under the new program."""
        publication = last_publication(self._shop)
        if publication == self._adopted:
            return
        if waiting_to_adopt(self._shop):
            adopt_all(self._shop, self._clock(), lambda _: self._shop.keys.forget(), self._stopping.is_set)
        if not self._stopping.is_set():
            self._adopted = publication

    def _wake(self) -> None:
        while not self._stopping.is_set() and wake_some(self._shop, self._clock()):
            self._shop.keys.forget()

    def _forget(self) -> None:
        """What the program keeps no longer, once a day: the night's work, made up for after a night that was missed."""
        rulebook = self._shop.rulebooks.in_force()
        if rulebook is None:
            return
        now = self._clock()
        day = rulebook.calendar.day_of(now)
        if day != self._forgot_on:
            retention.forget_old(self._shop, now, self._stopping.is_set)
            self._forgot_on = day

    def _tidy(self) -> None:
        now = self._clock()
        keep_bounded(self._shop)
        if self._tidied_at is None or now - self._tidied_at > HOUR:
            forget_old(self._shop, now)
            self._tidied_at = now
