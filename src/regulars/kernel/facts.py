"""Facts: what happened to one customer, in the past tense.

An *event* is what the wire brings; a *fact* is what the kernel accepts. Every fact bears two clocks: `happened_at`, which
windows and dates inside a rule look at, and `recorded_at`, which orders the ledger. Both are UTC.

How far a source is trusted is part of the fact. Orders and joinings exist only on the shop's own word; whatever a browser
says, and whatever came through a link that only a browser vouched for, is behaviour of weak trust: it may personalise, and
nothing of value follows from it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Final, TypeAlias

from msgspec import Struct

Instant: TypeAlias = int
"""Microseconds since 1970-01-01T00:00Z."""

DAWN: Final = -(2**62)
"""Before everything that ever happened."""

FOREVER: Final = 2**62
"""After everything that will ever happen; what falls due then never does."""

ORDER_COMPLETED: Final = "Order Completed"
MEMBER_JOINED: Final = "Member Joined"
BALANCE_BROUGHT_OVER: Final = "Balance Brought Over"


class Trust(StrEnum):
    SHOP = "shop"
    """The word of the shop's server, a verified webhook or an import."""
    WEAK = "weak"


WEAK: Final = Trust.WEAK


class Line(Struct, frozen=True, gc=False, array_like=True):
    """One line of an order.

    `amount_minor` is what was paid for the whole line, after discounts, in the currency's minor unit; it may be negative
    (a deposit given back). `properties` are text by name: `product`, `category`, and whatever else the shop sends.
    """

    amount_minor: int
    quantity: int
    properties: Mapping[str, str]


class OrderCompleted(Struct, frozen=True, gc=False, tag=True):
    """`amount_minor` is what the order is worth: the sum of its lines."""

    name: ClassVar[str] = ORDER_COMPLETED

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    order_id: str
    lines: tuple[Line, ...]
    amount_minor: int


class MemberJoined(Struct, frozen=True, gc=False, tag=True):
    name: ClassVar[str] = MEMBER_JOINED

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str


class Behaved(Struct, frozen=True, gc=False, tag=True):
    """Any named behaviour: `Product Reviewed`, `Birthday`, whatever the shop calls it."""

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    name: str
    properties: Mapping[str, str]
    trust: Trust = Trust.SHOP


class BalanceBroughtOver(Struct, frozen=True, gc=False, tag=True):
    """What a customer held in the program that went before this one. `happened_at` is when it was earned there; `expires_at` is
    exclusive, None leaves it to the program's rule. Only an import says so: no event does, whatever its name.
    """

    name: ClassVar[str] = BALANCE_BROUGHT_OVER

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    points: int
    expires_at: Instant | None = None


Fact: TypeAlias = OrderCompleted | MemberJoined | Behaved | BalanceBroughtOver
