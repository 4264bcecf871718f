"""What is known already: every message and every order has a source key, taken once and for ever.

Messages first. A message that is known, or that says something else than its namesake, takes no order's id with it. Of the
messages that are new, the orders among them are then told apart by the order's id: it is the same order whoever tells it, and
under whatever message id. Where two say different things the first word stands, and the shop is told.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import select

from regulars.kernel.facts import Instant
from regulars.service.memberships import Move
from regulars.service.orders import Standing, order_key
from regulars.store.schema import source_keys
from regulars.store.transaction import Transaction
from regulars.wire.events import Arrival, EventReason, Ordered, OrderTold, RefusedEvent, WentBack
from regulars.wire.webhooks import RefusedWebhook

MOST_RAW_BYTES: Final = 32 << 10


class Request(Struct, frozen=True):
    """What one caller hands in. `source` says who spoke; `recorded_at` is when we were told.

    `currency` is the one in which amounts were understood; None where there can be no doubt. Of what history brings about nobody
    is told.
    """

    arrivals: Sequence[Arrival]
    refusals: Sequence[RefusedEvent | RefusedWebhook]
    source: str
    recorded_at: Instant
    currency: str | None = None
    warnings: Sequence[RefusedEvent] = ()
    impersonal: Sequence[tuple[str, Instant]] = ()
    is_history: bool = False


class Progress(Struct):
    """What became of a request so far."""

    is_history: bool = False
    stored: int = 0
    known: int = 0
    refusals: list[RefusedEvent] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


class Told(Struct, frozen=True, gc=False):
    """An arrival, and the request that it came with."""

    arrival: Arrival
    recorded_at: Instant
    progress: Progress


def unknown(
    tx: Transaction, requests: Sequence[Request], progress: Sequence[Progress]
) -> tuple[list[Told], Standing | None]:
    """Those that nobody knew, in order; of two that are the same the first. From now on they are known. Also how the orders
    stand of which a platform told.
    """
    told = [
        Told(one, request.recorded_at, done)
        for request, done in zip(requests, progress, strict=True)
        for one in request.arrivals
    ]
    messages = _first_of(tx, _of_known_orders(tx, told), _message_key, MESSAGE_REUSED)
    standing = None
    if any(isinstance(one.arrival.deed, OrderTold) for one in messages):
        standing = Standing(tx, [one.arrival for one in messages])
        messages = _heard(messages, standing)
    orders = [one for one in messages if isinstance(one.arrival.deed, Ordered)]
    if orders:
        first = {one.arrival.id for one in _first_of(tx, orders, _order_key, ORDER_REUSED)}
        messages = [one for one in messages if not isinstance(one.arrival.deed, Ordered) or one.arrival.id in first]
    for one in messages:
        one.progress.stored += 1
    return messages, standing


def _of_known_orders(tx: Transaction, told: list[Told]) -> list[Told]:
    """Without returns of orders of which nobody knows: those may be sent again once the order was."""
    returns = {order_key(one.arrival.deed.order_id) for one in told if isinstance(one.arrival.deed, WentBack)}
    if not returns:
        return told
    asked = select(source_keys.c.key).where(source_keys.c.key.in_(sorted(returns)))
    known = set(tx.core.execute(asked).scalars())
    kept: list[Told] = []
    for one in told:
        deed = one.arrival.deed
        if isinstance(deed, Ordered | OrderTold):
            known.add(order_key(deed.order_id))
        if isinstance(deed, WentBack) and order_key(deed.order_id) not in known:
            one.progress.refusals.append(refusal(one.arrival, *UNKNOWN_ORDER))
        else:
            kept.append(one)
    return kept


def _heard(messages: Sequence[Told], standing: Standing) -> list[Told]:
    """With what a platform's word about an order amounts to in its place; an older word is known already."""
    heard: list[Told] = []
    for one in messages:
        if not isinstance(one.arrival.deed, OrderTold):
            heard.append(one)
            continue
        happened = standing.hear(one.arrival)
        one.progress.known += not happened
        heard += [Told(each, one.recorded_at, one.progress) for each in happened]
    return heard


def refusal(one: Arrival, reason: EventReason, message: str) -> RefusedEvent:
    """With what we understood of it: how it came is no longer at hand."""
    said = msgspec.json.encode(replace(one, surroundings=None))[:MOST_RAW_BYTES]
    return RefusedEvent(one.position, reason, message, one.message_id, said)


MESSAGE_REUSED: Final = (
    EventReason.MESSAGE_ID_REUSED,
    "An earlier event bears this `messageId` and says something else. The first word stands.",
)
UNKNOWN_ORDER: Final = (
    EventReason.UNKNOWN_ORDER,
    "An order went back that is not known here. Send the order first, then this again, under the same `messageId`.",
)
ORDER_REUSED: Final = (
    EventReason.ORDER_REUSED,
    "An earlier event bears this order id, with another customer or amount. The first word stands.",
)


def _first_of(
    tx: Transaction, told: list[Told], key_of: Callable[[Arrival], tuple[str, bytes]], reused: tuple[EventReason, str]
) -> list[Told]:
    """Those whose key was free, the first of each; the others were known, or contradict what was."""
    if not told:
        return []
    keys = [key_of(one.arrival) for one in told]
    rows: dict[str, tuple[str, str, bytes]] = {}
    for one, (key, content) in zip(told, keys, strict=True):
        rows.setdefault(key, (key, one.arrival.id, content))
    known = tx.claim([rows[key] for key in sorted(rows)])
    taken, first = set(known), []
    for one, (key, content) in zip(told, keys, strict=True):
        if key not in taken:
            taken.add(key)
            first.append(one)
            continue
        one.progress.known += 1
        first_word = known[key].content if key in known else rows[key][2]
        if content != first_word:
            one.progress.refusals.append(refusal(one.arrival, *reused))
    return first


def _message_key(one: Arrival) -> tuple[str, bytes]:
    return one.id, one.content


def _order_key(one: Arrival) -> tuple[str, bytes]:
    assert isinstance(one.deed, Ordered)
    said = f"{one.user_id}\0{one.deed.amount_minor}".encode()
    return order_key(one.deed.order_id), blake2b(said, digest_size=16).digest()
