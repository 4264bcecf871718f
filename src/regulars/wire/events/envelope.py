"""The envelope: from the bytes of a body to its items, and from the bytes of an item to its fields, of whatever type.

Two passes, so that the size of an item is known before it is read, and an item that cannot be read harms no other.

Two things that clients send though JSON does not know them would otherwise sink a whole batch. A text cut in the middle of an
emoji has half a surrogate pair in it: that half is read as U+FFFD. Python writes NaN and Infinity: they are read as 1e999, a
number that no one can hold, so that the one event is refused.
"""

import re
from typing import Final, TypeVar

from msgspec import DecodeError, Raw, Struct, ValidationError
from msgspec.json import Decoder
from msgspec.structs import astuple

from regulars.wire.events.refusals import (
    MOST_BODY_BYTES,
    MOST_EVENTS,
    MOST_ITEMS,
    BodyError,
    BodyReason,
    EventReason,
    EventRefused,
)

T = TypeVar("T")

NOTHING: Final = Raw()
_ESCAPE: Final = re.compile(rb"\\(?:(u[dD][89abAB]..\\u[dD][c-fC-F]..)|(u[dD][89a-fA-F]..)|.)", re.DOTALL)
_STRING_OR_NO_NUMBER: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|(-?(?:NaN|Infinity))', re.DOTALL)


class Event(Struct, rename="camel", gc=False):
    """The fields of one event that matter here, as they came; null and absent are one."""

    type: object = None
    message_id: object = None
    user_id: object = None
    anonymous_id: object = None
    previous_id: object = None
    group_id: object = None
    event: object = None
    name: object = None
    category: object = None
    timestamp: object = None
    original_timestamp: object = None
    sent_at: object = None
    properties: object = None
    traits: object = None
    context: Raw = NOTHING


class Context(Struct, rename="camel", gc=False):
    """Where the event was made; the batch's own stands in for what an item's does not say."""

    page: object = None
    traits: object = None
    campaign: object = None
    consent: object = None
    external_ids: object = None
    global_privacy_control: object = None
    ip: object = None
    locale: object = None
    user_agent: object = None
    user_agent_data: object = None

    def over(self, other: "Context") -> "Context":
        if other is NO_CONTEXT:
            return self
        return Context(*[_either(one, another) for one, another in zip(_said(self), _said(other), strict=True)])


class Envelope(Struct, gc=False):
    items: list[Raw]
    write_key: str | None
    sent_at: object = None
    context: Raw = NOTHING


class _Batch(Struct, rename="camel", gc=False):
    batch: list[Raw]
    sent_at: Raw = NOTHING
    write_key: Raw = NOTHING
    context: Raw = NOTHING


class _Keyed(Struct, rename="camel", gc=False):
    write_key: Raw = NOTHING


class _Placed(Struct, rename="camel", gc=False):
    context: Raw = NOTHING


class _Named(Struct, rename="camel", gc=False):
    message_id: Raw = NOTHING


_ANY: Final = Decoder()
_RAW: Final = Decoder(Raw)
_BATCH: Final = Decoder(_Batch)
_EVENT: Final = Decoder(Event)
_CONTEXT: Final = Decoder(Context)
_KEYED: Final = Decoder(_Keyed)
_PLACED: Final = Decoder(_Placed)
_NAMED: Final = Decoder(_Named)
NO_CONTEXT: Final = Context()
_said = astuple


def write_key_of(body: bytes) -> str | None:
    """The body's own `writeKey`, for clients that show their key nowhere else. None also where the body is no object."""
    try:
        return _text(_decoded(_KEYED, body).write_key)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None


def envelope_of_batch(body: bytes) -> Envelope:
    _check_text(body)
    try:
        batch = _decoded(_BATCH, body)
    except ValidationError:
        if not _is_object(body):
            raise _not_an_object() from None
        message = 'The body has no list `batch`. Send {"batch": [event, …]}.'
        raise BodyError(BodyReason.NO_BATCH, message) from None
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json(error) from None
    if len(batch.batch) > MOST_ITEMS:
        message = f"A batch holds at most {MOST_EVENTS:,} events; this one has {len(batch.batch):,} items. Send fewer at once."
        raise BodyError(BodyReason.TOO_LARGE, message)
    return Envelope(batch.batch, _text(batch.write_key), _value(batch.sent_at), batch.context)


def envelope_of_one(body: bytes) -> Envelope:
    """A body that is itself the one event."""
    _check_text(body)
    try:
        raw = _decoded(_RAW, body)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json(error) from None
    if not _is_object(body):
        raise _not_an_object()
    return Envelope([raw], write_key_of(raw))


def event_of(raw: Raw) -> Event:
    """`EventRefused` when it is no object, or a value in it cannot be read; `RecursionError` when it is nested too deep."""
    try:
        return _decoded(_EVENT, raw)
    except (DecodeError, UnicodeDecodeError):
        if _is_object(raw):
            message = "A number in it cannot be read: it is NaN, infinite, or too large for a double."
            raise EventRefused(EventReason.BAD_JSON, message) from None
        message = "The item is not a JSON object. Send one object for each event."
        raise EventRefused(EventReason.NOT_AN_OBJECT, message) from None


def context_of(raw: Raw) -> Context:
    """An empty one where none stands, or one that cannot be read."""
    if not len(raw):
        return NO_CONTEXT
    try:
        return _CONTEXT.decode(raw)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return NO_CONTEXT


def context_in(raw: Raw) -> Context:
    """Also out of an event that was refused, as far as it can be read."""
    try:
        return context_of(_decoded(_PLACED, raw).context) if _is_object(raw) else NO_CONTEXT
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return NO_CONTEXT


def raw_message_id_of(raw: Raw) -> object:
    """Also out of an event that was refused, as far as it can be read."""
    try:
        return _value(_decoded(_NAMED, raw).message_id) if _is_object(raw) else None
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _decoded(decoder: Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except ValidationError:
        raise
    except DecodeError:
        return decoder.decode(_mended(body))


def _mended(body: bytes) -> bytes:
    whole = _ESCAPE.sub(lambda escape: rb"\ufffd" if escape[2] else escape[0], bytes(body))
    return _STRING_OR_NO_NUMBER.sub(lambda found: b"1e999" if found[1] else found[0], whole)


def _check_text(body: bytes) -> None:
    if len(body) > MOST_BODY_BYTES:
        message = f"The body has {len(body):,} bytes; at most {MOST_BODY_BYTES:,} are taken. Send smaller batches."
        raise BodyError(BodyReason.TOO_LARGE, message)
    try:
        body.isascii() or body.decode()
    except UnicodeDecodeError as error:
        message = f"The body is not UTF-8 at byte {error.start:,}. Encode it as UTF-8."
        raise BodyError(BodyReason.NOT_UTF8, message) from None


def _not_json(error: Exception) -> BodyError:
    why = "nested too deep to be read" if isinstance(error, RecursionError) else f"not JSON: {error}"
    return BodyError(BodyReason.NOT_JSON, f"The body is {why}.")


def _not_an_object() -> BodyError:
    return BodyError(BodyReason.NOT_AN_OBJECT, "The body is not a JSON object. Send { … }.")


def _is_object(body: bytes) -> bool:
    return bytes(body).lstrip().startswith(b"{")


def _value(raw: Raw) -> object:
    """None where nothing stands, or nothing that can be read."""
    try:
        return _ANY.decode(raw) if len(raw) else None
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _text(raw: Raw) -> str | None:
    value = _value(raw)
    return value if isinstance(value, str) and value else None


def _either(first: object, second: object) -> object:
    return second if first is None else first
