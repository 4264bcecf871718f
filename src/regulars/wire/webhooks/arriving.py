"""Arriving: what either platform says of an order, a customer or a consent, as the arrival that everything else goes on with.

The message id is made of what was told and when it was so by the platform's own clock, never of the delivery:

    order:ID:UPDATED:STATUS:REFUNDED      one order, at one moment, in one state
    customer:ID:UPDATED
    consent:ID:PURPOSE:UPDATED:GRANTED    the same consent in every word about its customer, so it is heard once

So a delivery that is repeated, the same change under two topics, and a poll that finds what a webhook had brought are one
message with one content. Status and what went back stand in it because both platforms' stamps are whole seconds, in which an
order can be made and paid.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final

from msgspec import Struct
from msgspec.json import Encoder

from regulars.kernel.facts import Bill, Instant, Line
from regulars.kernel.program import IdentityKind
from regulars.wire.events.arrivals import Arrival, ConsentSaid, Deed, Did, OrderTold, Sender
from regulars.wire.events.consents import GRANTED, WITHDRAWN
from regulars.wire.events.identities import told_in
from regulars.wire.events.texts import text
from regulars.wire.history import fact_id
from regulars.wire.instants import rfc3339
from regulars.wire.webhooks.fields import Said
from regulars.wire.webhooks.refusals import WebhookReason, WebhookRefused

PLACED: Final = "placed"
PAID: Final = "paid"
CANCELLED: Final = "cancelled"
REFUNDED: Final = "refunded"
PARTLY_REFUNDED: Final = "partly_refunded"

_IDENTIFIED: Final = Did("Identified", {})
_ADDRESSES: Final = ("email", "phone")
_CANONICAL: Final = Encoder(order="deterministic")


class Who(Struct, frozen=True):
    """Whom it is told about. `user_id` is the platform's account; None is a guest, known by what is `told`.

    `said` is what `told` was made of, whatever the program knows customers by: it is what the content hash looks at, so that a
    program that changes does not make another message of an old one.
    """

    user_id: str | None
    told: tuple[tuple[str, str], ...]
    said: tuple[str, ...]
    traits: dict[str, str]


class Heard(Struct, frozen=True):
    """By whom, where in the body, when, and how the program knows customers beside their ids."""

    sender: Sender
    position: int
    received_at: Instant
    kinds: tuple[IdentityKind, ...]


def order_arrival(heard: Heard, who: Who, order: OrderTold, happened_at: Instant) -> Arrival:
    if who.user_id is None and not who.told:
        message = "The order names no customer. Nothing can hang on it before it does."
        raise WebhookRefused(WebhookReason.NOBODY, message)
    updated = rfc3339(order.updated_at)
    message_id = f"order:{order.order_id}:{updated}:{order.status}:{order.refunded_minor}"
    return _arrival(heard, message_id, happened_at, who, order)


def customer_arrival(heard: Heard, who: Who, updated_at: Instant) -> Arrival:
    return _arrival(heard, f"customer:{who.user_id}:{rfc3339(updated_at)}", updated_at, who, _IDENTIFIED)


def consent_arrival(heard: Heard, who: Who, consent: ConsentSaid, said_at: Instant | None) -> Arrival:
    """`said_at` is None where the platform does not know it."""
    moment = "" if said_at is None else rfc3339(said_at)
    name = GRANTED if consent.granted else WITHDRAWN
    message_id = f"consent:{who.user_id}:{consent.purpose}:{moment}:{'granted' if consent.granted else 'withdrawn'}"
    return _arrival(heard, message_id, said_at, who, Did(name, {"purpose": consent.purpose}), (consent,))


def standing(status: str, amount_minor: int, refunded_minor: int) -> tuple[str, int]:
    """How an order stands, and what of its goods has gone back, by what the platform calls it and by what was given back.

    A platform counts shipping and tax too. Here goods alone count: an order of which only the shipping went back is paid, one
    of which all goods went back is refunded.
    """
    back_minor = min(max(refunded_minor, 0), amount_minor)
    if status == REFUNDED:
        return REFUNDED, amount_minor
    if status in (PLACED, CANCELLED) or back_minor == 0:
        return PAID if status == PARTLY_REFUNDED else status, back_minor
    return REFUNDED if back_minor == amount_minor else PARTLY_REFUNDED, back_minor


def who_is(heard: Heard, user_id: str | None, traits: dict[str, str], *said: Said) -> Who:
    """`email` and `phone` of the first of `said` that has a usable one, as far as the program knows customers by them."""
    kinds = [kind for kind in heard.kinds if kind.kind in _ADDRESSES]
    told = told_in(kinds, *[{kind: one.get(kind) for kind in _ADDRESSES} for one in said])
    return Who(user_id, told, tuple([text(one.get(kind)).lower() for one in said for kind in _ADDRESSES]), traits)


def texts_of(**said: object) -> dict[str, str]:
    """Those that say something, as text."""
    found = {name: text(value) for name, value in said.items()}
    return {name: value for name, value in found.items() if value}


def told_order(
    order_id: str,
    status: str,
    lines: tuple[Line, ...],
    back: Sequence[tuple[int, int]],
    updated_at: Instant,
    bill: Bill | None = None,
) -> OrderTold:
    """`back` is what went back of each line, as money and as a quantity."""
    amount_minor = sum([line.amount_minor for line in lines])
    stands, back_minor = standing(status, amount_minor, sum([minor for minor, _ in back]))
    if stands == REFUNDED:
        back = [(line.amount_minor, line.quantity) for line in lines]
    told = tuple(back) if any(map(any, back)) else ()
    return OrderTold(order_id, stands, lines, amount_minor, back_minor, updated_at, bill, told)


def as_far_as_told(read: Callable[[], Bill | None]) -> Bill | None:
    """No order is refused for what stands on its bill beside its goods: what cannot be read there is taken as not told."""
    try:
        return read()
    except WebhookRefused:
        return None


def _arrival(
    heard: Heard,
    message_id: str,
    said_at: Instant | None,
    who: Who,
    deed: Deed,
    consents: tuple[ConsentSaid, ...] = (),
) -> Arrival:
    """Nothing happens in the future: what would is put at the moment it came."""
    source = heard.sender.value
    said = (said_at, who.user_id, who.said, who.traits, deed, consents)
    return Arrival(
        heard.position,
        fact_id(source, message_id),
        message_id,
        source,
        blake2b(_CANONICAL.encode(said), digest_size=16).digest(),
        heard.received_at if said_at is None else min(said_at, heard.received_at),
        who.user_id,
        None,
        None,
        who.told,
        deed,
        who.traits,
        consents,
        is_timed=said_at is not None,
    )
