"""Events: from the bytes of a tracking request to arrivals, and a named refusal for each event that was not understood.

The contract is Segment's tracking API, so that a shop may point the clients it has at us. One bad event never sinks its batch:
clients throw a batch away whole when it is answered with an error. Only a body that is no body at all is a `BodyError`.
"""

from collections.abc import Callable, Collection, Sequence
from hashlib import blake2b
from typing import Final

from msgspec import Raw, Struct
from msgspec.json import Encoder
from msgspec.structs import replace

from regulars.kernel.facts import MEMBER_JOINED, ORDER_CANCELLED, ORDER_COMPLETED, ORDER_REFUNDED, Instant
from regulars.kernel.program import USUAL_KINDS, IdentityKind
from regulars.kernel.terms import Currency
from regulars.wire.events.arrivals import (
    Arrival,
    ConsentSaid,
    Deed,
    Did,
    Joined,
    Ordered,
    OrderTold,
    Sender,
    Stands,
    Surroundings,
    Understood,
    Went,
    WentBack,
)
from regulars.wire.events.clock import happened_at, instant_of
from regulars.wire.events.consents import consents_of, forbids_analytics
from regulars.wire.events.deeds import TYPES, deed_of
from regulars.wire.events.envelope import (
    NO_CONTEXT,
    Context,
    Event,
    context_in,
    context_of,
    envelope_of_batch,
    envelope_of_one,
    event_of,
    raw_message_id_of,
    write_key_of,
)
from regulars.wire.events.identities import (
    external_ids,
    identity,
    is_nobody,
    message_id_of,
    told_in,
    usable_message_id,
)
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
from regulars.wire.events.surroundings import IN_A_MAIL, NOT_SAID, Sent, surroundings_of
from regulars.wire.events.texts import MOST_OF_AN_EVENT
from regulars.wire.events.traits import traits_in
from regulars.wire.history import fact_id

__all__ = [
    "MOST_BODY_BYTES",
    "MOST_EVENTS",
    "MOST_EVENT_BYTES",
    "TRUNCATED",
    "Arrival",
    "BodyError",
    "BodyReason",
    "ConsentSaid",
    "Deed",
    "Did",
    "EventReason",
    "Joined",
    "OrderTold",
    "Ordered",
    "RefusedEvent",
    "Sender",
    "Sent",
    "Stands",
    "Surroundings",
    "Understood",
    "Went",
    "WentBack",
    "understand",
    "write_key_of",
]

_CANONICAL: Final = Encoder(order="deterministic")
CONFIRMATIONS: Final = ("Email Confirmed", "Phone Confirmed")
"""By which the shop says that an address or a number, in the properties, is the customer's own."""
TRUNCATED: Final = "truncated"
"""The property of an event that was larger than may be."""
_TRUNCATED: Final = (
    f"The event has more than {MOST_EVENT_BYTES:,} bytes. It was taken with its first {MOST_OF_AN_EVENT} properties. "
    "Send less with it."
)
_JUNK: Final = "An id is a word for no id at all. It was left out; send ids only where there are some."
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
    kinds: Sequence[IdentityKind]
    kind_names: Collection[str]
    sent: Sent


def understand(
    body: bytes,
    type: str | None,
    sender: Sender,
    received_at: Instant,
    shop: Currency,
    new_id: Callable[[], str],
    kinds: Sequence[IdentityKind] = USUAL_KINDS,
    sent: Sent = NOT_SAID,
) -> Understood:
    """Every event of the body as an arrival or a refusal; `BodyError` when the body as a whole cannot be taken.

    `type` is what the route says (`track`, …) and goes before what the event says; None means a batch. `new_id` makes an id for
    an event that has neither message id nor timestamp. `kinds` are the identities that the shop knows customers by, the weightiest
    first; `sent` is what the request itself says of its sender.
    """
    envelope = envelope_of_batch(body) if type is None else envelope_of_one(body)
    sent_at, context = instant_of(envelope.sent_at), context_of(envelope.context)
    trusted = sender.is_trusted
    names = frozenset([kind.kind for kind in kinds])
    request = _Request(type, sender.value, trusted, received_at, sent_at, context, shop, new_id, kinds, names, sent)
    arrivals: list[Arrival] = []
    refusals: list[RefusedEvent] = []
    warnings: list[RefusedEvent] = []
    impersonal: list[tuple[str, Instant]] = []
    for position, raw in enumerate(envelope.items[:MOST_EVENTS]):
        try:
            one = _arrival(position, raw, request, warnings)
            if one.user_id is None and one.anonymous_id is None and not one.told:
                impersonal.append((one.deed.name if isinstance(one.deed, Did) else "", one.happened_at))
            else:
                arrivals.append(one)
        except EventRefused as refused:
            refusals.append(_refused(position, raw, refused.reason, refused.message, request))
        except RecursionError:
            message = "The event is nested too deep. Flatten it."
            refusals.append(_refused(position, raw, EventReason.BAD_JSON, message, request))
    for position, raw in enumerate(envelope.items[MOST_EVENTS:], MOST_EVENTS):
        refusals.append(_refused(position, raw, EventReason.TOO_MANY_EVENTS, _TOO_MANY_EVENTS, request))
    return Understood(arrivals, refusals, envelope.write_key, warnings, impersonal)


def _arrival(position: int, raw: Raw, request: _Request, warnings: list[RefusedEvent]) -> Arrival:
    event = event_of(raw)
    type = _type(event.type if request.type is None else request.type)
    user_id, anonymous_id = identity(event.user_id, "userId"), identity(event.anonymous_id, "anonymousId")
    previous_id = identity(event.previous_id, "previousId") if type == "alias" else None
    said_ids = user_id, anonymous_id
    if is_nobody(user_id) or is_nobody(anonymous_id) or is_nobody(previous_id):
        warnings.append(_refused(position, raw, EventReason.JUNK_IDENTITY, _JUNK, request))
        user_id, anonymous_id, previous_id = (
            None if is_nobody(id) else id for id in (user_id, anonymous_id, previous_id)
        )
    context = context_of(event.context).over(request.context)
    told = _told(type, event, context, user_id, request)
    content = _content(type, event, *said_ids, told)
    silent = _is_silent(context, request)
    if not silent:
        _check_identities(type, user_id, anonymous_id, previous_id, told)
    message_id = message_id_of(event.message_id)
    original = _first(event.original_timestamp, event.timestamp)
    moment = happened_at(original, _sent_at(event, request), request.received_at)
    if message_id is None:
        message_id = request.new_id() if original is None else content.hex()
    shop = request.shop if request.trusted and (user_id is not None or told) else None
    if len(raw) > MOST_EVENT_BYTES:
        deed = _shortened(deed_of(type, event, context, None), len(raw), shop)
        warnings.append(_refused(position, raw, EventReason.TRUNCATED, _TRUNCATED, request))
    else:
        deed = deed_of(type, event, context, shop)
    if silent:
        user_id, anonymous_id, previous_id, told = None, None, None, ()
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
        told,
        deed,
        traits_in(event.traits, request.kind_names) if type == "identify" and not silent else {},
        consents_of(event, _with_control(context, request.sent)),
        _surroundings(deed, context, request),
        original is not None,
    )


def _told(
    type: str, event: Event, context: Context, user_id: str | None, request: _Request
) -> tuple[tuple[str, str], ...]:
    """Further identities: whatever the shop's server vouches for; from a browser only what somebody without an id says of
    themselves, in a form.
    """
    traits = event.traits if type == "identify" else None
    if request.trusted:
        ids = external_ids(context.external_ids) if context.external_ids is not None else None
        if event.event in CONFIRMATIONS:
            traits = event.properties
        return told_in(request.kinds, traits, context.traits, ids) if traits or context.traits or ids else ()
    return told_in(request.kinds, traits) if traits and user_id is None else ()


def _is_silent(context: Context, request: _Request) -> bool:
    """Whether nothing may be known of whoever did this. The shop's server knows what it may say."""
    return not request.trusted and forbids_analytics(context)


def _with_control(context: Context, sent: Sent) -> Context:
    return replace(context, global_privacy_control=True) if sent.privacy_control else context


def _shortened(deed: Deed, size: int, shop: Currency | None) -> Deed:
    """Of an event that is too large, with the mark that says so. What is worth points is never taken in part."""
    assert isinstance(deed, Did), "without the shop's currency everything is behaviour"
    if shop is not None and deed.name in (ORDER_COMPLETED, MEMBER_JOINED, ORDER_REFUNDED, ORDER_CANCELLED):
        message = f"The event has {size:,} bytes; of what is worth points at most {MOST_EVENT_BYTES:,} are taken. Say less of it."
        raise EventRefused(EventReason.TOO_LARGE, message)
    return Did(deed.name, {**deed.properties, TRUNCATED: "true"})


def _type(type: object) -> str:
    if isinstance(type, str) and type in TYPES:
        return type
    found = f"“{cut(type)}” is not" if isinstance(type, str) else "It is missing, or no text"
    message = f"`type` must be one of {', '.join(TYPES)}. {found}."
    raise EventRefused(EventReason.UNKNOWN_TYPE, message)


def _surroundings(deed: Deed, context: Context, request: _Request) -> Surroundings | None:
    if (request.trusted and context is NO_CONTEXT) or (isinstance(deed, Did) and deed.name in IN_A_MAIL):
        return None
    return surroundings_of(context, request.sent)


def _check_identities(
    type: str, user_id: str | None, anonymous_id: str | None, previous_id: str | None, told: Collection[object]
) -> None:
    if user_id is None and type == "alias":
        message = "`userId` is missing: the id by which the customer is known from now on."
        raise EventRefused(EventReason.MISSING_IDENTITY, message)
    if user_id is None and anonymous_id is None and not told:
        message = "`userId` and `anonymousId` are both missing, or words for no id at all. Send at least one."
        raise EventRefused(EventReason.MISSING_IDENTITY, message)
    if previous_id is None and type == "alias":
        message = "`previousId` is missing: the id by which the customer was known until now."
        raise EventRefused(EventReason.MISSING_PREVIOUS_ID, message)


def _content(
    type: str, event: Event, user_id: str | None, anonymous_id: str | None, told: Sequence[tuple[str, str]]
) -> bytes:
    """The hash of what is said, whatever the order of its keys; nothing of how and when it travelled. Who comes under no id is
    told apart by what else is told of them, wherever it stands.
    """
    said: tuple[object, ...] = (
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
    if user_id is None and anonymous_id is None:
        said = (*said, told)
    return blake2b(_CANONICAL.encode(said), digest_size=16).digest()


def _sent_at(event: Event, request: _Request) -> Instant | None:
    sent_at = instant_of(event.sent_at)
    return request.sent_at if sent_at is None else sent_at


def _first(time: object, other: object) -> object:
    """The first that is there; None where neither is."""
    return (other if other != "" else None) if time is None or time == "" else time


def _refused(position: int, raw: Raw, reason: EventReason, message: str, request: _Request) -> RefusedEvent:
    """What it said is not kept where nothing may be known of whoever said it."""
    if _is_silent(context_in(raw).over(request.context), request):
        return RefusedEvent(position, reason, message, None, b"")
    message_id = usable_message_id(raw_message_id_of(raw))
    return RefusedEvent(position, reason, message, message_id, bytes(raw)[:MOST_EVENT_BYTES])
