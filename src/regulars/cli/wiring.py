"""What the world hands to the commands."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from regulars.service.shop import Shop

Clock = Callable[[], int]
"""Microseconds since 1970 UTC."""


class Wiring(NamedTuple):
    """`stopwatch` counts seconds. `serve` runs until it is told to stop; it calls `ready` with its address, and
    believes so many proxies.
    """

    stopwatch: Callable[[], float]
    clock: Clock
    new_id: Callable[[], str]
    serve: Callable[["Shop", Clock, str, int, Callable[[str], None], int], None]
