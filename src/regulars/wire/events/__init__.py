"""Events: from the bytes of a tracking request to arrivals, and a named refusal for each event that was not understood.

The contract is Segment's tracking API, so that a shop may point the clients it has at us. One bad event never sinks its batch:
clients throw a batch away whole when it is answered with an error. Only a body that is no body at all is a `BodyError`.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from msgspec import Raw, Struct
from msgspec.json import Encoder

from regulars.kernel.facts import Instant
from regulars.kernel.terms import Currency
from regulars.wire.events.arrivals import Arrival, Deed, Did, Joined, Ordered, Sender, Understood
from regulars.wire.events.clock import happened_at, instant_of
from regulars.wire.events.deeds import TYPES, deed_of
from regulars.wire.events.envelope import (
    Context,
    Event,
    context_of,
    envelope_of_batch,
    envelope_of_one,
    event_of,
    raw_message_id_of,
    write_key_of,
)
from regulars.wire.events.identities import identity, message_id_of, told_in, usable_message_id
from regulars.wire.events.refusals import (
    MOST_BODY_BYTES,
    MOST_EVENT_BYTES,
    MOST_EVENTS,
    BodyError,
    BodyReason,
    EventReason,
    EventRefused,
    RefusedEvent,
    cut,
)
from regulars.wire.history import fact_id

__all__ = [
    "MOST_BODY_BYTES",
    "MOST_EVENTS",
    "MOST_EVENT_BYTES",
    "Arrival",
    "BodyError",
    "BodyReason",
    "Deed",
    "Did",
    "EventReason",
    "Joined",
    "Ordered",
    "RefusedEvent",
    "Sender",
    "Understood",
    "understand",
    "write_key_of",
]

_CANONICAL: Final = Encoder(order="deterministic")
_TOO_MANY_EVENTS: Final = f"A batch holds at most {MOST_EVENTS:,} events. Send the rest in another."


class _Request(Struct, frozen=True, gc=False):
    """What is the same for every event of a body. `type` is the route's; None leaves it to each event."""

    type: str | None
    source: str
    trusted: bool
    received_at: Instant
    sent_at: Instant | None
    context: Context
    shop: Currency
    new_id: Callable[[], str]


def understand(
    body: bytes, type: str | None, sender: Sender, received_at: Instant, shop: Currency, new_id: Callable[[], str]
) -> Understood:
    """Every event of the body as an arrival or a refusal; `BodyError` when the body as a whole cannot be taken.

    `type` is what the route says (`track`, …) and goes before what the event says; None means a batch. `new_id` makes an id for
    an event that has neither message id nor timestamp.
    """
    envelope = envelope_of_batch(body) if type is None else envelope_of_one(body)
    sent_at, context = instant_of(envelope.sent_at), context_of(envelope.context)
    trusted = sender is Sender.SHOP
    request = _Request(type, sender.value, trusted, received_at, sent_at, context, shop, new_id)
    arrivals: list[Arrival] = []
    refusals: list[RefusedEvent] = []
    for position, raw in enumerate(envelope.items[:MOST_EVENTS]):
        try:
            arrivals.append(_arrival(position, raw, request))
        except EventRefused as refused:
            refusals.append(_refused(position, raw, refused.reason, refused.message))
        except RecursionError:
            refusals.append(_refused(position, raw, EventReason.BAD_JSON, "The event is nested too deep. Flatten it."))
    for position, raw in enumerate(envelope.items[MOST_EVENTS:], MOST_EVENTS):
        refusals.append(_refused(position, raw, EventReason.TOO_MANY_EVENTS, _TOO_MANY_EVENTS))
    return Understood(arrivals, refusals, envelope.write_key)


def _arrival(position: int, raw: Raw, request: _Request) -> Arrival:
    _check_size(raw)
    event = event_of(raw)
    type = _type(event.type if request.type is None else request.type)
    user_id, anonymous_id = identity(event.user_id, "userId"), identity(event.anonymous_id, "anonymousId")
    previous_id = identity(event.previous_id, "previousId") if type == "alias" else None
    _check_identities(type, user_id, anonymous_id, previous_id)
    message_id, content = message_id_of(event.message_id), _content(type, event, user_id, anonymous_id)
    original = _first(event.original_timestamp, event.timestamp)
    moment = happened_at(original, _sent_at(event, request), request.received_at)
    if message_id is None:
        message_id = request.new_id() if original is None else content.hex()
    context = context_of(event.context).over(request.context)
    return Arrival(
        position,
        fact_id(request.source, message_id),
        message_id,
        request.source,
        content,
        moment,
        user_id,
        anonymous_id,
        previous_id,
        told_in(event.traits if type == "identify" else None, context.traits) if request.trusted else (),
        deed_of(type, event, context, request.shop if request.trusted and user_id is not None else None),
    )


def _check_size(raw: Raw) -> None:
    if len(raw) > MOST_EVENT_BYTES:
        message = f"The event has {len(raw):,} bytes; at most {MOST_EVENT_BYTES:,} are taken. Send less with it."
        raise EventRefused(EventReason.TOO_LARGE, message)


def _type(type: object) -> str:
    if isinstance(type, str) and type in TYPES:
        return type
    found = f"“{cut(type)}” is not" if isinstance(type, str) else "It is missing, or no text"
    message = f"`type` must be one of {', '.join(TYPES)}. {found}."
    raise EventRefused(EventReason.UNKNOWN_TYPE, message)


def _check_identities(type: str, user_id: str | None, anonymous_id: str | None, previous_id: str | None) -> None:
    if user_id is None and type == "alias":
        message = "`userId` is missing: the id by which the customer is known from now on."
        raise EventRefused(EventReason.MISSING_IDENTITY, message)
    if user_id is None and anonymous_id is None:
        message = "`userId` and `anonymousId` are both missing. Send at least one."
        raise EventRefused(EventReason.MISSING_IDENTITY, message)
    if previous_id is None and type == "alias":
        message = "`previousId` is missing: the id by which the customer was known until now."
        raise EventRefused(EventReason.MISSING_PREVIOUS_ID, message)


def _content(type: str, event: Event, user_id: str | None, anonymous_id: str | None) -> bytes:
    """The hash of what is said, whatever the order of its keys; nothing of how and when it travelled."""
    said = (
        type,
        event.event,
        event.name,
        event.category,
        user_id,
        anonymous_id,
        event.group_id,
        event.previous_id,
        _first(event.timestamp, event.original_timestamp),
        event.properties,
        event.traits,
    )
    return blake2b(_CANONICAL.encode(said), digest_size=16).digest()


def _sent_at(event: Event, request: _Request) -> Instant | None:
    sent_at = instant_of(event.sent_at)
    return request.sent_at if sent_at is None else sent_at


def _first(time: object, other: object) -> object:
    """The first that is there; None where neither is."""
    return (other if other != "" else None) if time is None or time == "" else time


def _refused(position: int, raw: Raw, reason: EventReason, message: str) -> RefusedEvent:
    message_id = usable_message_id(raw_message_id_of(raw))
    return RefusedEvent(position, reason, message, message_id, bytes(raw)[:MOST_EVENT_BYTES])
