"""The job that audits segments every night: are those listed in each of them who should be? What is found is an alarm.

Several processes on one database may all run it: whoever finds that tonight it was done leaves it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from regulars.kernel.facts import Instant
from regulars.service.auditing import Audit, Audited, audit, is_due
from regulars.service.shop import Shop
from regulars.workers.behind import Behind, logger

FIRST_AFTER_SECONDS: Final = 30.0
LOOKS_EVERY_SECONDS: Final = 60.0
MOST_NAMED: Final = 20
"""In the log; the record names more."""


class Auditor(Behind):
    """Runs from `start` to `stop`. `told` counts what came of it."""

    def __init__(self, shop: Shop, folder: Path | None, clock: Callable[[], Instant]) -> None:
        first, every = FIRST_AFTER_SECONDS, LOOKS_EVERY_SECONDS
        super().__init__("auditing", "auditing segments", first_after_s=first, every_s=every)
        self.told = Audited()
        self._shop, self._folder, self._clock = shop, folder, clock

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
