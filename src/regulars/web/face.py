"""What the handlers of this face work with: the shop, the clock, the maker of ids and the meters. Wired once."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from msgspec import Struct

from regulars.kernel.facts import Instant
from regulars.service.shop import Shop
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


def face_of(scope: Mapping[str, Any]) -> Face:
    return cast("Face", scope["litestar_app"].state["face"])
