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
ORDER_REFUNDED: Final = "Order Refunded"
ORDER_CANCELLED: Final = "Order Cancelled"
ORDER_UPDATED: Final = "Order Updated"
WENT_BACK: Final = (ORDER_REFUNDED, ORDER_CANCELLED, ORDER_UPDATED)
"""What is told of an order of which less is left than before."""

MEMBER_JOINED: Final = "Member Joined"
BALANCE_BROUGHT_OVER: Final = "Balance Brought Over"
POINTS_SPENT: Final = "Points Spent"
POINTS_RESERVED: Final = "Points Reserved"
POINTS_RELEASED: Final = "Points Released"
SPENDING_REVERSED: Final = "Spending Reversed"
POINTS_ADJUSTED: Final = "Points Adjusted"
POINTS_SENT: Final = "Points Sent"
POINTS_RECEIVED: Final = "Points Received"
LEVEL_SET: Final = "Level Set"
EXPIRY_EXTENDED: Final = "Expiry Extended"
ORDER_FULFILLED: Final = ("Order Fulfilled", "Order Shipped")
"""What is told of an order that is on its way, with its `order_id`."""


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


class Bill(Struct, frozen=True, gc=False, array_like=True):
    """What an order tells beside what was paid for its goods, in minor units; 0 and () is what it does not tell.

    `discounts` and `taxes` are those of each line, `discount_taxes` the tax that there would be on its discount. Shipping is what
    was paid for it after its discount, without its tax. `money_minor` None is whatever was not paid with points or a gift card.

    An order in another `currency` than the program's is worth nothing in that: its lines bear 0, and its `amounts` stand here.
    `paid_minor` and `back_minor` are there only on what is left of an order: all that was paid, and what of it came back.
    """

    currency: str = ""
    amounts: tuple[int, ...] = ()
    discounts: tuple[int, ...] = ()
    taxes: tuple[int, ...] = ()
    discount_taxes: tuple[int, ...] = ()
    shipping_minor: int = 0
    shipping_discount_minor: int = 0
    shipping_tax_minor: int = 0
    money_minor: int | None = None
    gift_card_minor: int = 0
    points_minor: int = 0
    paid_minor: int = 0
    back_minor: int = 0


NO_BILL: Final = Bill()


class OrderCompleted(Struct, frozen=True, gc=False, tag=True):
    """`amount_minor` is what the order is worth in the program's currency: the sum of its lines. `bill` is None where an order
    tells nothing else.
    """

    name: ClassVar[str] = ORDER_COMPLETED

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    order_id: str
    lines: tuple[Line, ...]
    amount_minor: int
    bill: Bill | None = None


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


class LevelSet(Struct, frozen=True, gc=False, tag=True):
    """The shop holds a customer at least at `level`, until an exclusive moment (None: until it says otherwise). `level` None
    takes that back. `reason` may be shown to the customer, `actor` says who did it. Only a command says so: no event does,
    whatever its name.
    """

    name: ClassVar[str] = LEVEL_SET

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    level: str | None
    until: Instant | None = None
    reason: str = ""
    actor: str = ""


class ReturnedLine(Struct, frozen=True, gc=False, array_like=True):
    """What went back of one line of an order: `line` is its place, from 0. Neither amount nor quantity is below 0."""

    line: int
    amount_minor: int
    quantity: int


class OrderReturned(Struct, frozen=True, gc=False, tag=True):
    """An order that was placed at `ordered_at` is not what it was: goods or money went back of it (`lines`), or came to it
    (`added`). `name` says whether it was refunded, cancelled or made another one.

    `amount_minor` is the sum of what went back, and `added_minor` of what was added; both are 0 of an order in another currency
    than the program's. What is added stands behind the lines that there were, and can go back itself. With `is_whole` nothing of
    the order is left, and with `revives` there was nothing left before.
    """

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    name: str
    order_id: str
    ordered_at: Instant
    lines: tuple[ReturnedLine, ...]
    amount_minor: int
    is_whole: bool = False
    added: tuple[Line, ...] = ()
    added_minor: int = 0
    revives: bool = False

    @property
    def properties(self) -> Mapping[str, str]:
        said = {"order_id": self.order_id, "refunded_minor": str(self.amount_minor)}
        return said | {"added_minor": str(self.added_minor)} if self.added else said

    @property
    def told_minor(self) -> int:
        """What went back, in the order's own currency."""
        return sum([line.amount_minor for line in self.lines])


class PointsSpent(Struct, frozen=True, gc=False, tag=True):
    """Points were paid with; `purpose` is what for, in words that the customer reads. With a `reservation` (the fact that made
    it) they are those that it holds, as far as they go.
    """

    name: ClassVar[str] = POINTS_SPENT

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    points: int
    purpose: str = ""
    reservation: str | None = None

    @property
    def properties(self) -> Mapping[str, str]:
        return {"points": str(self.points), "purpose": self.purpose}


class PointsReserved(Struct, frozen=True, gc=False, tag=True):
    """Points are held for what may be bought with them, until an exclusive instant."""

    name: ClassVar[str] = POINTS_RESERVED

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    points: int
    until: Instant

    @property
    def properties(self) -> Mapping[str, str]:
        return {"points": str(self.points)}


class PointsReleased(Struct, frozen=True, gc=False, tag=True):
    """What was reserved is not wanted any more."""

    name: ClassVar[str] = POINTS_RELEASED

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    reservation: str

    @property
    def properties(self) -> Mapping[str, str]:
        return {}


class SpendingReversed(Struct, frozen=True, gc=False, tag=True):
    """What was paid with points came to nothing, so the points come back: all that are left of the fact `spending`, or so many."""

    name: ClassVar[str] = SPENDING_REVERSED

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    spending: str
    points: int | None = None

    @property
    def properties(self) -> Mapping[str, str]:
        return {} if self.points is None else {"points": str(self.points)}


class PointsAdjusted(Struct, frozen=True, gc=False, tag=True):
    """Somebody gave points by hand, or took some. The customer reads `reason`; `note` is for staff alone. `actor` is who did it,
    `approved_by` who looked at it a second time. `expires_at` is exclusive; None leaves it to the program's rule.
    """

    name: ClassVar[str] = POINTS_ADJUSTED

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    points: int
    reason: str
    note: str = ""
    actor: str = ""
    approved_by: str = ""
    expires_at: Instant | None = None

    @property
    def properties(self) -> Mapping[str, str]:
        return {"points": str(self.points), "reason": self.reason}


class PointsSent(Struct, frozen=True, gc=False, tag=True):
    """Points went to another customer, whose own fact is `transfer` with another ending."""

    name: ClassVar[str] = POINTS_SENT

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    points: int
    reason: str = ""

    @property
    def properties(self) -> Mapping[str, str]:
        return {"points": str(self.points)}


class SentLot(Struct, frozen=True, gc=False, array_like=True):
    """`lot` is the fact that earned it, and which of that fact's lots it is."""

    lot: tuple[str, int]
    points: int
    earned_at: Instant
    expires_at: Instant


class PointsReceived(Struct, frozen=True, gc=False, tag=True):
    """Points came from another customer, with the age and the expiry that they had."""

    name: ClassVar[str] = POINTS_RECEIVED

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    lots: tuple[SentLot, ...]
    reason: str = ""

    @property
    def points(self) -> int:
        return sum([lot.points for lot in self.lots])

    @property
    def properties(self) -> Mapping[str, str]:
        return {"points": str(self.points)}


class ExpiryExtended(Struct, frozen=True, gc=False, tag=True):
    """Whatever the customer holds that ends before `until`, which is exclusive, ends then. The customer reads `reason`; `actor` is
    who did it.
    """

    name: ClassVar[str] = EXPIRY_EXTENDED

    id: str
    customer: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    until: Instant
    reason: str = ""
    actor: str = ""

    @property
    def properties(self) -> Mapping[str, str]:
        return {"reason": self.reason}


Spending: TypeAlias = PointsSpent | PointsReserved | PointsReleased | SpendingReversed
ByHand: TypeAlias = PointsAdjusted | PointsSent | PointsReceived

OfPoints: TypeAlias = OrderReturned | Spending | ByHand | ExpiryExtended

Fact: TypeAlias = OrderCompleted | MemberJoined | Behaved | BalanceBroughtOver | LevelSet | OfPoints

OF_POINTS: Final = (
    OrderReturned,
    PointsSpent,
    PointsReserved,
    PointsReleased,
    SpendingReversed,
    PointsAdjusted,
    PointsSent,
    PointsReceived,
    ExpiryExtended,
)
"""Facts that change what a customer holds and that no rule earns by. Conditions see them as behaviour of the same name, on the
shop's word.
"""

SAYING: Final = (Behaved, *OF_POINTS)
"""Facts with properties of their own."""
