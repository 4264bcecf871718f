"""The job that says every night who is likely to order: a model is learned anew, and the list “likely-to-convert” kept by it.

What was found is at hand for pages until it is found anew: it is worked out once after the start as well. Several processes on one
database may all run it: they say the same, and what was said is known.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regulars.kernel.calendar import Day
from regulars.kernel.facts import Instant
from regulars.service.likelihood import LIKELY_TO_CONVERT, Kept, keep_list
from regulars.service.refreshing import passing_file
from regulars.service.shop import Shop
from regulars.workers.behind import Behind

if TYPE_CHECKING:
    from regulars.insight.likelihood.findings import Latest

FIRST_AFTER_SECONDS: Final = 60.0
LOOKS_EVERY_SECONDS: Final = 60.0
REST: Final = 9
"""Times as long as it took, before it is tried again where it failed."""


class Foreteller(Behind):
    """Runs from `start` to `stop`, and keeps `latest`."""

    def __init__(self, shop: Shop, folder: Path, clock: Callable[[], Instant], latest: "Latest") -> None:
        first, every = FIRST_AFTER_SECONDS, LOOKS_EVERY_SECONDS
        super().__init__("likelihood", "saying who is likely to order", first_after_s=first, every_s=every, rest=REST)
        self._latest = latest
        self._shop, self._folder, self._clock = shop, folder, clock
        self._reckoned_on: Day | None = None

    def look(self) -> Kept | None:
        """Once a day on the shop's wall; None where nothing is to be done, or nothing can be said."""
        from regulars.insight.likelihood.findings import TooLittle
        from regulars.insight.likelihood.model import likelihood_and_list
        from regulars.insight.moments import Moment

        rulebook, now = self._shop.rulebooks.in_force(), self._clock()
        if rulebook is None or (today := rulebook.calendar.day_of(now)) == self._reckoned_on:
            return None
        latest = self._latest
        try:
            with passing_file(self._shop, self._folder, now, self._looking_up) as path:
                found, listed = likelihood_and_list(path, Moment(now, rulebook.calendar), LIKELY_TO_CONVERT)
        except TooLittle as too_little:
            latest.likelihood, latest.too_little, self._reckoned_on = None, too_little, today
            return None
        latest.likelihood, latest.too_little = found, None
        kept = keep_list(self._shop, found.day, found.model.version, found.probabilities, listed, self._clock())
        self._reckoned_on = today
        return kept
