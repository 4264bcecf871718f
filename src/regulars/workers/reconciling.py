"""The job that asks the shop's platforms for what never arrived: service.reconciling, whenever it is a connection's turn.

Several processes on one database may all run it: whoever comes first has the turn.
"""

import logging
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Final

from regulars.kernel.facts import Instant
from regulars.service.asking import Asker, Unanswered
from regulars.service.connections import Connections
from regulars.service.reconciling import Reconciliations, due, reconcile
from regulars.service.shop import Shop

LOOKS_EVERY_SECONDS: Final = 20.0
LONGEST_STOP_SECONDS: Final = 5.0

logger: Final = logging.getLogger("regulars.workers")


class Reconciler:
    """Runs from `start` to `stop`. `told` counts what came of it."""

    def __init__(
        self, shop: Shop, there: Connections, clock: Callable[[], Instant], told: Reconciliations | None = None
    ) -> None:
        self.told = told or Reconciliations()
        self._shop = shop
        self._there = there
        self._clock = clock
        self._stopping = Event()
        self._asker = Asker(time.monotonic, self._stopping.wait)
        self._thread = Thread(target=self._work, name="reconciling", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """An answer that is under way is waited for no longer than five seconds; what of it was stored is known the next time."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(LONGEST_STOP_SECONDS)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._ask_all()
            except Exception as error:  # noqa: BLE001  the edge of the worker: told, and tried again
                logger.warning("reconciling failed and is tried again: %s", type(error).__name__)
            self._stopping.wait(LOOKS_EVERY_SECONDS)

    def _ask_all(self) -> None:
        for name in due(self._there, self._clock()):
            if self._stopping.is_set():
                return
            self._ask(name)

    def _ask(self, name: str) -> None:
        try:
            found = reconcile(self._shop, self._there, name, self._asker, self._clock())
        except Unanswered as unanswered:
            self.told.failed += 1
            logger.warning("the connection %s gave no answer: %s", name, unanswered)
            return
        if found is not None:
            self.told.asked += 1
            self.told.missed += found.missed
