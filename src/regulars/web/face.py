"""What the handlers of this face work with: the shop, the clock, the maker of ids, the meters and the limits. Wired once."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from msgspec import Struct

from regulars.kernel.facts import Instant
from regulars.service.shop import Shop
from regulars.web.keyring import Keyring
from regulars.web.limits import Limiter, address_of
from regulars.web.meters import Meters
from regulars.web.turns import Turns


class Face(Struct, frozen=True):
    """`clock` reads the present; nothing below this storey does. `new_id` makes UUIDv7s."""

    shop: Shop
    clock: Callable[[], Instant]
    new_id: Callable[[], str]
    meters: Meters
    turns: list[Turns]
    """Empty until the event loop runs."""
    limiter: Limiter
    keyring: Keyring
    proxies: int
    """How many stand before us whose X-Forwarded-For is believed."""


def face_of(scope: Mapping[str, Any]) -> Face:
    return cast("Face", scope["litestar_app"].state["face"])


def client_address(scope: Mapping[str, Any]) -> str:
    """Where the request came from, as far as we are told; empty where it came from no address at all."""
    client = scope.get("client")
    return address_of(client[0] if client else "", scope["headers"], face_of(scope).proxies)
