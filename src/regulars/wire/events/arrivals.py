"""Arrivals: events that were understood, in the words the service goes on with. Who the customer is, is not known yet."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from regulars.kernel.facts import Bill, Instant, Line
from regulars.wire.events.refusals import RefusedEvent


class Sender(StrEnum):
    """Who speaks, and so how far the word is trusted; the value is the `source` of what was said."""

    SHOP = "shop"
    """The shop's server, with its secret key."""
    SITE = "site"
    """Anyone's browser, with the public key."""
    SHOPIFY = "shopify"
    """A signed webhook of the shop's platform: as good as the shop's own word."""
    WOOCOMMERCE = "woocommerce"
    WEBHOOK = "webhook"
    """A signed webhook of any other system, read by a mapping of the program's."""

    @property
    def is_trusted(self) -> bool:
        return self is not Sender.SITE


class Ordered(Struct, frozen=True, gc=False):
    """`amount_minor` is the sum of the lines; no line is below 0."""

    order_id: str
    lines: tuple[Line, ...]
    amount_minor: int
    bill: Bill | None = None


class Joined(Struct, frozen=True, gc=False):
    pass


class Did(Struct, frozen=True, gc=False):
    name: str
    properties: Mapping[str, str]


class Went(Struct, frozen=True, gc=False):
    """What went back of a product: so many, or so much money, or all that is left of it."""

    product: str
    quantity: int | None = None
    amount_minor: int | None = None


class WentBack(Struct, frozen=True, gc=False):
    """Goods or money of an order went back: these, or so much of it, or where neither is said all that is left; never more than
    that. `name` is the event's.
    """

    name: str
    order_id: str
    goods: tuple[Went, ...] = ()
    amount_minor: int | None = None


class Stands(Struct, frozen=True, gc=False):
    """How an order that is on record stands by now, by whoever tells the whole of it: what of each of `lines` has gone back, in
    all, as money and as a quantity. `gone_minor` is how much less it is than at the word before, for an order that came in another
    way, whose lines may be others.
    """

    name: str
    order_id: str
    lines: tuple[Line, ...]
    back: tuple[tuple[int, int], ...]
    is_gone: bool
    gone_minor: int


class OrderTold(Struct, frozen=True, gc=False, omit_defaults=True):
    """How an order stands, by a platform that says so again and again: the whole order each time, in any order of arrival.

    `updated_at` is the platform's own stamp: of two words the newer one holds. `status` is one of `placed` (not paid yet),
    `paid`, `cancelled`, `refunded` (wholly) and `partly_refunded`; `lines` and `amount_minor` are as for `Ordered`, before
    refunds; `refunded_minor` is what has gone back of `amount_minor`, in all, and `back` the same line by line, as money and as
    a quantity; empty where nothing has.
    """

    order_id: str
    status: str
    lines: tuple[Line, ...]
    amount_minor: int
    refunded_minor: int
    updated_at: Instant
    bill: Bill | None = None
    back: tuple[tuple[int, int], ...] = ()


Deed: TypeAlias = Ordered | OrderTold | WentBack | Stands | Joined | Did


class ConsentSaid(Struct, frozen=True, gc=False):
    """Somebody gave or took back consent to one purpose.

    `ground` is the legal one (`consent`, `contract`, `legitimate_interest`); `wording` names the text that was shown, with its
    version; `place` says where it was said (a page, a form, a till). `imported` words never lift a withdrawal.
    """

    purpose: str
    granted: bool
    ground: str = "consent"
    wording: str = ""
    place: str = ""
    imported: bool = False


class Surroundings(Struct, frozen=True, gc=False):
    """Where an event was made, as its client says it: raw, and kept no longer than it takes to enrich it."""

    user_agent: str = ""
    brands: str = ""
    """The client hint `Sec-CH-UA`, or what `userAgentData` says in its form."""
    mobile: bool | None = None
    platform: str = ""
    address: str = ""
    """The network address: the request's own from a browser, `context.ip` from the shop's server."""
    locale: str = ""
    url: str = ""
    referrer: str = ""
    campaign: tuple[tuple[str, str], ...] = ()
    """`source`, `medium`, `name`, `term`, `content`, as far as they are said."""


class Arrival(Struct, frozen=True, gc=False):
    """One event.

    `id` is the hash of source and message id: the source key. `content` is a hash of what the event says; a resend that
    differs only in how it travelled has the same. `told` are further identities of the same person (e-mail, phone, a card's
    number, any kind that the program declares), usable and normalised. `traits` are what is declared about the person.
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
    traits: Mapping[str, str] = {}
    consents: tuple[ConsentSaid, ...] = ()
    surroundings: Surroundings | None = None
    is_timed: bool = False
    """Whether the message itself says when it happened."""


class Understood(Struct, frozen=True):
    """Every item of the body is in one of the lists, once, and both are in the order of the body."""

    arrivals: list[Arrival]
    refusals: list[RefusedEvent]
    write_key: str | None
    warnings: list[RefusedEvent] = []
    """What was taken without a part of it."""
    impersonal: list[tuple[str, Instant]] = []
    """What people did who do not consent to being told apart: only its name and its moment are known."""
