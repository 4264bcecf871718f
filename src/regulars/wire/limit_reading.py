"""What a program document says of limits gets its meaning."""

from regulars.kernel.limits import Limit
from regulars.wire.shapes import Given


def read_limits(given: tuple[Given, ...] | None) -> tuple[Limit, ...]:
    """In one order, however they are written: all of them hold."""
    return tuple(sorted([_limit(one) for one in given or ()], key=lambda one: (one.per, one.times is None)))


def _limit(given: Given) -> Limit:
    return Limit(given["per"], given["times"], given["points"], given["over"] or "refuse")
