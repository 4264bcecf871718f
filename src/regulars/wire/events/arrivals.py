"""Arrivals: events that were understood, in the words the service goes on with. Who the customer is, is not known yet."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from regulars.kernel.facts import Instant, Line
from regulars.wire.events.refusals import RefusedEvent


class Sender(StrEnum):
    """Who speaks, and so how far the word is trusted; the value is the `source` of what was said."""

    SHOP = "shop"
    """The shop's server, with its secret key."""
    SITE = "site"
    """Anyone's browser, with the public key."""


class Ordered(Struct, frozen=True, gc=False):
    """`amount_minor` is the sum of the lines; no line is below 0."""

    order_id: str
    lines: tuple[Line, ...]
    amount_minor: int


class Joined(Struct, frozen=True, gc=False):
    pass


class Did(Struct, frozen=True, gc=False):
    name: str
    properties: Mapping[str, str]


Deed: TypeAlias = Ordered | Joined | Did


class Arrival(Struct, frozen=True, gc=False):
    """One event.

    `id` is the hash of source and message id: the source key. `content` is a hash of what the event says; a resend that
    differs only in how it travelled has the same. `told` are other identities that the shop's server vouches for.
    """

    position: int
    id: str
    message_id: str
    source: str
    content: bytes
    happened_at: Instant
    user_id: str | None
    anonymous_id: str | None
    previous_id: str | None
    told: tuple[tuple[str, str], ...]
    deed: Deed


class Understood(Struct, frozen=True):
    """Every item of the body is in one of the lists, once, and both are in the order of the body."""

    arrivals: list[Arrival]
    refusals: list[RefusedEvent]
    write_key: str | None
