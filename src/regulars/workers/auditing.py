"""The job that audits segments every night: are those listed in each of them who should be? What is found is an alarm.

Several processes on one database may all run it: whoever finds that tonight it was done leaves it.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Final

from regulars.kernel.facts import Instant
from regulars.service.auditing import Audit, Audited, audit, is_due
from regulars.service.shop import Shop

FIRST_AFTER_SECONDS: Final = 30.0
LOOKS_EVERY_SECONDS: Final = 60.0
MOST_NAMED: Final = 20
"""In the log; the record names more."""

logger: Final = logging.getLogger("regulars.workers")


class Stopped(Exception):
    """The server ends: it is made up for."""


class Auditor:
    """Runs from `start` to `stop`. `told` counts what came of it."""

    def __init__(self, shop: Shop, folder: Path | None, clock: Callable[[], Instant]) -> None:
        self.told = Audited()
        self._shop, self._folder, self._clock = shop, folder, clock
        self._stopping = Event()
        self._thread = Thread(target=self._work, name="auditing", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Between two portions of customers."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        wait = FIRST_AFTER_SECONDS
        while not self._stopping.wait(wait):
            try:
                self.look()
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001  the edge of the worker: told, and tried again
                logger.warning("auditing segments failed and is tried again: %s", type(error).__name__)
            wait = LOOKS_EVERY_SECONDS

    def look(self) -> Audit | None:
        """None where it was done tonight, or there is nothing to audit."""
        from regulars.insight.auditing import segments_by_file

        if not is_due(self._shop, self._clock()):
            return None
        done = audit(self._shop, self._folder, self._clock, segments_by_file, progress=self._looking_up)
        if done is not None:
            self._tell(done)
        return done

    def _tell(self, done: Audit) -> None:
        told = self.told
        told.audits += 1
        told.compared += done.compared
        told.drifts += done.drifts
        if done.drifts:
            named = ", ".join([f"{one.segment} {one.customer}" for one in done.found[:MOST_NAMED]])
            logger.warning("%d rows of segments are not what they should be: %s", done.drifts, named)

    def _looking_up(self, _done: int, _of: int) -> None:
        if self._stopping.is_set():
            raise Stopped
