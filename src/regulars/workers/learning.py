"""What orders say of products, learned at leisure: once an hour, a portion at a time, resting far longer than it works.

Nobody waits for the catalogue, so it takes no more than a small share of the time that events could use.
"""

import logging
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Final

from regulars.kernel.facts import Instant
from regulars.service.catalogue import learn
from regulars.service.shop import Shop

FIRST_AFTER_SECONDS: Final = 60
AGAIN_AFTER_SECONDS: Final = 3_600
REST: Final = 19
"""Times as long as a portion took."""
LONGEST_REST_SECONDS: Final = 10.0

logger: Final = logging.getLogger("regulars.workers")


class Learner:
    """Runs from `start` to `stop`."""

    def __init__(self, shop: Shop, seconds: Callable[[], float] = time.monotonic) -> None:
        self._shop = shop
        self._seconds = seconds
        self._stopping = Event()
        self._until: Instant | None = None
        self._thread = Thread(target=self._work, name="learning", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        wait = FIRST_AFTER_SECONDS
        while not self._stopping.wait(wait):
            try:
                self._until = learn(self._shop, self._until, self._resting())
            except Exception as error:  # noqa: BLE001  the edge of the worker: told, and tried again
                logger.warning("learning from orders failed and is tried again: %s", type(error).__name__)
            wait = AGAIN_AFTER_SECONDS

    def _resting(self) -> Callable[[], bool]:
        """Asked before each portion; whether to stop."""
        began = self._seconds()

        def stopping() -> bool:
            nonlocal began
            rested = self._stopping.wait(min((self._seconds() - began) * REST, LONGEST_REST_SECONDS))
            began = self._seconds()
            return rested

        return stopping
