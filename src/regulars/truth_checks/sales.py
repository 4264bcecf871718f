"""What was sold, by the overview."""

from collections.abc import Iterator

from regulars.kernel.facts import Instant
from regulars.service.overview import overview
from regulars.service.shop import Shop
from regulars.truth_checks.held import Finding, Truths, equal


def check(shop: Shop, truths: Truths, now: Instant) -> Iterator[Finding]:
    """The goods after discounts, without shipping, before anything went back."""
    seen = overview(shop, now)
    assert seen is not None, "a shop that took a year in has a program"
    yield equal("orders on the overview", truths.orders, seen.orders)
    yield equal("sales on the overview, in cents", truths.sales_minor, seen.sales_minor)
