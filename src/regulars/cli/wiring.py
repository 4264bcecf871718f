"""What the world hands to the commands."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from regulars.service.neighbours import Neighbour
    from regulars.service.shop import Shop

Clock = Callable[[], int]
"""Microseconds since 1970 UTC."""


class Serve(Protocol):
    """Until told to stop. `ready` is told the address; `proxies` stand before the server and are believed. `neighbour` is a shop
    that its pages switch to. A private server, to which only this command speaks, has no limits.
    `analytics` is where the analytic tables are kept, fresh as long as the server runs."""

    def __call__(
        self,
        shop: "Shop",
        clock: Clock,
        host: str,
        port: int,
        ready: Callable[[str], None],
        proxies: int,
        *,
        neighbour: "Neighbour | None" = None,
        private: bool = False,
        analytics: "Path | None" = None,
    ) -> None: ...


class Wiring(NamedTuple):
    """`stopwatch` counts seconds."""

    stopwatch: Callable[[], float]
    clock: Clock
    new_id: Callable[[], str]
    serve: Serve
