"""Where a history comes from, by the name that a person gives it, and the moments that a person writes."""

from collections.abc import Mapping
from pathlib import Path

from regulars.kernel.facts import Instant
from regulars.wire.complete_journey import NAME, CompleteJourney
from regulars.wire.history import Source
from regulars.wire.orders import OrdersFile
from regulars.wire.orders.cells import CellRefused, instant
from regulars.wire.zones import clock_named


def source_named(orders: str | Path, mapping: Mapping[str, str] | None = None, times_in: str | None = None) -> Source:
    """`complete-journey`, or a file of orders. Nothing is opened yet."""
    if str(orders) == NAME:
        return CompleteJourney()
    return OrdersFile(Path(orders), dict(mapping or {}), times_in)


def parse_instant(written: str, zone: str) -> Instant:
    """An RFC 3339 moment; without an offset it is read in `zone`, and a date alone is its midnight. ValueError says why not."""
    try:
        return instant(written, clock_named(zone))
    except CellRefused as refused:
        raise ValueError(refused.message) from None
