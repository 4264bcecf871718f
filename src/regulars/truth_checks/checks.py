"""All checks, in the order in which they are shown."""

from collections.abc import Callable, Iterator
from typing import Final

from regulars.kernel.facts import Instant
from regulars.service.shop import Shop
from regulars.truth_checks import bots, counts, identification, people, sales
from regulars.truth_checks.held import Finding, Truths

Check = Callable[[Shop, Truths, Instant], Iterator[Finding]]

CHECKS: Final[tuple[Check, ...]] = (counts.check, sales.check, identification.check, people.check, bots.check)


def checked(shop: Shop, truths: Truths, now: Instant) -> Iterator[Finding]:
    """One after another; a check that finds nothing to hold against the truths says so by not holding."""
    for check in CHECKS:
        yield from check(shop, truths, now)
