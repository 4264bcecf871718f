"""A shop next door, for whoever looks after both: one command serves the two, and who is signed in here gets in there."""

from collections.abc import Callable
from threading import Lock

from msgspec import Struct

from regulars.kernel.facts import Instant
from regulars.service.admins import admin_named, create_link
from regulars.service.shop import Shop, open_shop


class Neighbour(Struct, frozen=True):
    """`name` stands on the switch. `address` is where its pages are; `link` makes the token of a link that signs in there once,
    and gives None where that cannot be."""

    name: str
    address: str
    link: Callable[[], str | None]


class Key:
    """To the shop next door: opened when it is used first, until `close`."""

    def __init__(self, url: str, account: str, clock: Callable[[], Instant], new_id: Callable[[], str]) -> None:
        """`clock` is that of the shop next door."""
        self._url = url
        self._account = account
        self._clock = clock
        self._new_id = new_id
        self._lock = Lock()
        self._shop: Shop | None = None

    def link(self) -> str | None:
        with self._lock:
            if self._shop is None:
                self._shop = open_shop(self._url, self._new_id, migrate=False)
        admin = admin_named(self._shop, self._account)
        return None if admin is None else create_link(self._shop, admin, self._clock())

    def close(self) -> None:
        with self._lock:
            if self._shop is not None:
                self._shop.close()
