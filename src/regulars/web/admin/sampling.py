"""The difference that a draft of the program would make, told while one types: over the customers who were here last, within a
bounded time, one at a time. Their histories are kept for a minute, so that the next letter does not read them again.
"""

from collections.abc import Callable
from threading import Lock
from time import perf_counter
from typing import Final

from regulars.backtesting.difference import Difference, Sample
from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook
from regulars.service.shop import Shop
from regulars.store.history import latest

MOST_CUSTOMERS: Final = 300
MOST_FACTS: Final = 15_000
SECONDS: Final = 1.2
"""For one answer, after the histories are read."""
KEPT_SECONDS: Final = 60
PATIENCE_SECONDS: Final = 5


class Sampler:
    """One for each server."""

    def __init__(self, stopwatch: Callable[[], float] = perf_counter) -> None:
        self._stopwatch = stopwatch
        self._lock = Lock()
        self._sample: Sample | None = None
        self._read_at = 0.0

    def difference(self, shop: Shop, now: Rulebook, then: Rulebook, at: Instant) -> Difference | None:
        """As of `at`; None where nobody was here yet, where amounts are in another currency, or where too many ask at once."""
        if now.program.currency != then.program.currency or not self._lock.acquire(timeout=PATIENCE_SECONDS):
            return None
        try:
            if self._sample is None or self._stopwatch() - self._read_at > KEPT_SECONDS:
                self._sample = Sample(latest(shop.store, MOST_CUSTOMERS, MOST_FACTS), at)
                self._read_at = self._stopwatch()
            return self._sample.difference(now, then, self._stopwatch, SECONDS)
        finally:
            self._lock.release()
