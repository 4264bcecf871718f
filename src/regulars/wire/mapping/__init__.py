"""Webhooks of any other system, read by the maps of a program: docs/sources.md says how a shop writes them.

A payload is one JSON object, or a list of them. The first map that fits counts; a payload that fits none is refused. Whatever
comes, nothing is raised: what cannot be read is a refusal, and one bad payload of a list never sinks the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from math import isfinite
from typing import Final

from msgspec import DecodeError, Raw
from msgspec.json import Decoder, Encoder

from regulars.kernel.facts import Instant
from regulars.kernel.program import USUAL_KINDS, EventMap, IdentityKind, MappedSource
from regulars.wire.events import texts
from regulars.wire.events.arrivals import Arrival, ConsentSaid, Did, Sender, Understood
from regulars.wire.events.clock import happened_at
from regulars.wire.events.identities import identity, is_nobody, usable, usable_message_id
from regulars.wire.events.refusals import (
    MOST_BODY_BYTES,
    MOST_EVENT_BYTES,
    MOST_EVENTS,
    EventReason,
    EventRefused,
    RefusedEvent,
    cut,
)
from regulars.wire.history import fact_id
from regulars.wire.mapping.paths import value_at
from regulars.wire.mapping.signature import header, is_signed
from regulars.wire.orders.cells import text_of

__all__ = ["MOST_DEPTH", "is_signed", "map_webhook", "source_name"]

MOST_DEPTH: Final = 20
MESSAGE_BOUNCED: Final = "Message Bounced"
MESSAGE_UNSUBSCRIBED: Final = "Message Unsubscribed"

NO_MAP: Final = EventReason.NO_MAP
_SECONDS_BELOW: Final = 10**11
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ANY: Final = Decoder()
_LIST: Final = Decoder(list[Raw])
_CANONICAL: Final = Encoder(order="deterministic")


def map_webhook(
    source: MappedSource,
    headers: Mapping[str, str],
    body: bytes,
    received_at: Instant,
    kinds: Sequence[IdentityKind] = USUAL_KINDS,
) -> Understood:
    """Every payload of the body as an arrival or a refusal. Its signature has been looked at before (`is_signed`).

    `kinds` are the program's (`Program.kinds`). Without a message id, the hash of the payload is taken for one.
    """
    arrivals: list[Arrival] = []
    refusals: list[RefusedEvent] = []
    try:
        _check_body(headers, body)
        payloads = _payloads(body)
    except EventRefused as refused:
        return Understood([], [_refused(0, body, refused)], None)
    for position, raw in enumerate(payloads):
        try:
            if position >= MOST_EVENTS:
                raise EventRefused(EventReason.TOO_MANY_EVENTS, f"A list holds at most {MOST_EVENTS:,} payloads.")
            arrivals.append(_arrival(position, raw, source, received_at, kinds))
        except EventRefused as refused:
            refusals.append(_refused(position, raw, refused))
    return Understood(arrivals, refusals, None)


def source_name(source: MappedSource) -> str:
    """The `source` of what it says."""
    return f"{Sender.WEBHOOK.value}:{source.id}"


# --- from bytes to payloads --------------------------------------------------------------------------------------------


def _check_body(headers: Mapping[str, str], body: bytes) -> None:
    packed = header(headers, "Content-Encoding").strip().lower()
    if packed not in ("", "identity"):
        message = f"The body comes packed (“{cut(packed)}”). Have it sent as plain JSON."
        raise EventRefused(EventReason.BAD_JSON, message)
    if len(body) > MOST_BODY_BYTES:
        message = f"The body has {len(body):,} bytes; at most {MOST_BODY_BYTES:,} are taken. Have less sent with it."
        raise EventRefused(EventReason.TOO_LARGE, message)


def _payloads(body: bytes) -> Sequence[bytes]:
    if not body.lstrip().startswith(b"["):
        return [body]
    try:
        return [bytes(raw) for raw in _LIST.decode(body)]
    except (DecodeError, UnicodeDecodeError, RecursionError):
        raise EventRefused(EventReason.BAD_JSON, _NOT_JSON) from None


def _payload(raw: bytes) -> dict[str, object]:
    try:
        payload = _ANY.decode(raw)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        raise EventRefused(EventReason.BAD_JSON, _NOT_JSON) from None
    if not isinstance(payload, dict):
        raise EventRefused(
            EventReason.NOT_AN_OBJECT, "The payload is not a JSON object. Have one object sent, or a list."
        )
    if _is_deeper(payload, MOST_DEPTH):
        message = f"The payload is nested deeper than {MOST_DEPTH} levels. Have less sent with it."
        raise EventRefused(EventReason.BAD_JSON, message)
    return payload


_NOT_JSON: Final = "The body is not JSON in UTF-8, or is nested too deep. Have the webhook sent as JSON."


def _is_deeper(payload: object, most: int) -> bool:
    level = [payload]
    for _ in range(most + 1):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


# --- from a payload to what it says ------------------------------------------------------------------------------------


def _arrival(
    position: int, raw: bytes, source: MappedSource, received_at: Instant, kinds: Sequence[IdentityKind]
) -> Arrival:
    payload = _payload(raw)
    map = _map_of(payload, source)
    user_id, anonymous_id, told = _who(payload, map, kinds)
    at = _time(value_at(map.at, payload)) if map.at else None
    moment = happened_at(at, None, received_at)
    properties = texts.of_event({name: _said(value, payload) for name, value in map.properties})
    content = _hash(_CANONICAL.encode((map.event, user_id, anonymous_id, told, at, properties)))
    message_id = _message_id(payload, map) or _hash(raw.strip()).hex()
    name = source_name(source)
    return Arrival(
        position,
        fact_id(name, message_id),
        message_id,
        name,
        content,
        moment,
        user_id,
        anonymous_id,
        None,
        told,
        Did(map.event, properties),
        consents=_consents(map.event, properties, name),
        is_timed=at is not None and at != "",
    )


def _map_of(payload: dict[str, object], source: MappedSource) -> EventMap:
    for map in source.maps:
        if all(_plain(value_at(match.path, payload)) in match.values for match in map.when):
            return map
    asked = dict.fromkeys([match.path.describe() for map in source.maps for match in map.when])
    found = [f"`{path}`" for path in list(asked)[:5]]
    message = f"No map of the source “{source.id}” fits the payload: look at {', '.join(found)}, or add a map for it."
    raise EventRefused(NO_MAP, message)


def _plain(value: object) -> str | None:
    """A text, a number or a truth as text; None for anything else."""
    return text_of(value) if value is not None else None


def _who(
    payload: dict[str, object], map: EventMap, kinds: Sequence[IdentityKind]
) -> tuple[str | None, str | None, tuple[tuple[str, str], ...]]:
    said = {kind: value_at(path, payload) for kind, path in map.identify}
    user_id, anonymous_id = _id(said, "user_id"), _id(said, "anonymous_id")
    found = [(kind.kind, usable(kind, said[kind.kind])) for kind in kinds if kind.kind in said]
    told = tuple([(kind, value) for kind, value in found if value is not None])
    if user_id is None and anonymous_id is None and not told:
        message = (
            f"It names nobody: {_listed(said)} missing, blocked or of no usable form. Correct the paths of “identify”."
        )
        raise EventRefused(EventReason.MISSING_IDENTITY, message)
    return user_id, anonymous_id, told


def _id(said: Mapping[str, object], kind: str) -> str | None:
    id = identity(said.get(kind), kind)
    return None if is_nobody(id) else id


def _listed(said: Mapping[str, object]) -> str:
    names = ", ".join([f"`{kind}`" for kind in said])
    return f"{names} {'are' if len(said) > 1 else 'is'}"


def _time(value: object) -> object:
    """A moment as `happened_at` takes it: also seconds since 1970, or milliseconds where there are too many for seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return value
    seconds = Decimal(str(value)) if abs(value) < _SECONDS_BELOW else Decimal(str(value)) / 1_000
    try:
        return (_EPOCH + timedelta(microseconds=int(seconds * 1_000_000))).isoformat()
    except OverflowError:
        return value


def _said(value: object, payload: dict[str, object]) -> object:
    return value if isinstance(value, str) else value_at(value, payload)  # type: ignore[arg-type]


def _message_id(payload: dict[str, object], map: EventMap) -> str | None:
    value = value_at(map.message_id, payload) if map.message_id else None
    if value is None or value == "":
        return None
    message_id = usable_message_id(_plain(value))
    if message_id is None:
        message = "The message id is no text or number of 1 to 100 characters. Correct the path of “message_id”."
        raise EventRefused(EventReason.BAD_MESSAGE_ID, message)
    return message_id


def _consents(event: str, properties: Mapping[str, str], name: str) -> tuple[ConsentSaid, ...]:
    """Who unsubscribes takes back consent; an address that does not exist is never written to again."""
    purpose = "sms" if properties.get("channel", "").lower() == "sms" else "email"
    if event == MESSAGE_UNSUBSCRIBED:
        return (ConsentSaid(purpose, granted=False, place=f"{name}, unsubscribed"),)
    if event == MESSAGE_BOUNCED and properties.get("bounce", "").lower() == "hard":
        return (ConsentSaid(purpose, granted=False, place=f"{name}, hard bounce"),)
    return ()


def _hash(said: bytes) -> bytes:
    return blake2b(said, digest_size=16).digest()


def _refused(position: int, raw: bytes, refused: EventRefused) -> RefusedEvent:
    return RefusedEvent(position, refused.reason, refused.message, None, raw[:MOST_EVENT_BYTES])
