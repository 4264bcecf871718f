"""The shop's sign as this process last saw it: pages show it even while the database is gone."""

from collections.abc import Callable
from typing import Any, Final, cast

from litestar import Request
from sqlalchemy.exc import SQLAlchemyError

from regulars.service.neighbours import Neighbour
from regulars.service.shop import Shop
from regulars.service.sign import Sign, sign_of

LOOK_AGAIN_NS: Final = 2_000_000_000
"""Another process may have changed it."""


class Signboard:
    """`cookies` is what the names of this server's cookies end with: a browser does not tell two ports of a host apart.
    `neighbour` is the shop that one may switch to."""

    def __init__(
        self, shop: Shop, tick: Callable[[], int], neighbour: Neighbour | None = None, cookies: str = ""
    ) -> None:
        self.last = Sign()
        self.neighbour = neighbour
        self.cookies = cookies
        self._shop = shop
        self._tick = tick
        self._looked_at: int | None = None

    def look(self) -> Sign:
        """Reads it where it was not read for a while; not for the event loop."""
        now = self._tick()
        if self._looked_at is None or now - self._looked_at >= LOOK_AGAIN_NS:
            try:
                self.last = sign_of(self._shop)
            except SQLAlchemyError:
                return self.last  # What asked for the page will say it better.
            self._looked_at = now
        return self.last


def signboard_of(request: Request[Any, Any, Any]) -> Signboard:
    return cast("Signboard", request.app.state["signboard"])
