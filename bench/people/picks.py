"""What is made, and who is drawn from it, as whoever asks needs it."""

from msgspec import Struct


class Doors(Struct, frozen=True):
    """`key` is secret; `session` and `csrf` are those of somebody who is signed in."""

    key: str
    session: str
    csrf: str


class Pick(Struct, frozen=True):
    """A customer. `places` are its values in the list's orders, in the order in which `asking.ORDERS` names them."""

    id: str
    user_id: str
    email: str
    places: tuple[int, int, int, int]


class Filled(Struct, frozen=True):
    """`doors` open whatever is asked; `picks` are drawn from the customers."""

    doors: Doors
    picks: tuple[Pick, ...]
    customers: int
    devices: int
    facts: int
    seconds: float
