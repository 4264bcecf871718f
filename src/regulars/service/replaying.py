"""Replaying what was refused: the same event once more, under today's program.

It is understood as it was the first time, by the same sender and as of the moment it came, so that a clock that was wrong is put
right by the same amount, and it keeps its message id: whoever sent it again meanwhile is told twice of one thing, which is known.
An event without message id and time gets one that its place in the quarantine gives it, so that it is the same in every replay.

    stored, known, counted     it is taken out of the quarantine
    refused again              it stays, with today's reason
    not replayable             it stays as it is; which ones, and why, says `why_not`

What a batch said for all of its events (`sentAt`, a context) and a header that came with it are no longer at hand.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Row, delete, select, update

from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook
from regulars.service.group import Ingested, NoProgram
from regulars.service.known import MOST_RAW_BYTES, Request
from regulars.service.refused import those
from regulars.service.shop import Shop
from regulars.service.writer import Busy
from regulars.store.schema import quarantine
from regulars.wire.events import (
    MOST_EVENT_BYTES,
    Arrival,
    BodyError,
    ConsentSaid,
    Deed,
    Did,
    EventReason,
    Joined,
    Ordered,
    OrderTold,
    Sender,
    Understood,
    understand,
)

MOST_AT_ONCE: Final = 500
LONGEST_WAIT_SECONDS: Final = 30
_BY_TRACKING: Final = (Sender.SHOP, Sender.SITE)
_TAKEN: Final = (EventReason.JUNK_IDENTITY, EventReason.TOO_MANY_IDENTITIES)
_SECOND_WORDS: Final = (EventReason.MESSAGE_ID_REUSED, EventReason.ORDER_REUSED)
NEVER: Final = (*_TAKEN, *_SECOND_WORDS, EventReason.TOO_LARGE)
"""Reasons for which nothing can be replayed."""


class Result(StrEnum):
    STORED = "stored"
    KNOWN = "known"
    COUNTED = "counted"
    """By somebody who does not want to be told apart: only that it was done."""
    REFUSED = "refused"
    NOT_REPLAYABLE = "not_replayable"
    BUSY = "busy"
    """Nothing was done; try again."""


class Replayed(Struct, frozen=True):
    """`message` says why, where it was refused again or cannot be replayed."""

    id: int
    result: Result
    message: str = ""


class Replay(Struct, frozen=True):
    """What became of each, the oldest first. `next` is where to go on, None where nothing is left."""

    done: tuple[Replayed, ...]
    next: int | None

    def number(self, result: Result) -> int:
        return sum([one.result is result for one in self.done])


def replay_one(shop: Shop, id: int, now: Instant) -> Replay:
    """Nothing for one that is not there any more."""
    with shop.store.reading() as connection:
        rows = connection.execute(select(quarantine).where(quarantine.c.id == id)).all()
    return Replay(_replayed(shop, rows, now), None)


def replay_all(shop: Shop, reason: str | None, source: str | None, after: int, now: Instant) -> Replay:
    """Those that fit the filter and may be replayed at all, from behind `after` on, at most five hundred at once."""
    may = quarantine.c.reason.not_in([one.value for one in NEVER])
    asked = select(quarantine).where(*those(reason, source), may, quarantine.c.id > after)
    with shop.store.reading() as connection:
        rows = connection.execute(asked.order_by(quarantine.c.id).limit(MOST_AT_ONCE + 1)).all()
    some = rows[:MOST_AT_ONCE]
    return Replay(_replayed(shop, some, now), some[-1].id if len(rows) > len(some) else None)


def why_not(reason: str, source: str, raw_bytes: int) -> str | None:
    """Why it cannot be replayed; None where it can."""
    if reason in _TAKEN:
        return "The event was taken, without this part. There is nothing to replay."
    if reason in _SECOND_WORDS:
        return "The first word stands, and would stand again. If this one is right, send it with another message id."
    if reason == EventReason.TOO_LARGE or raw_bytes >= min(MOST_EVENT_BYTES, MOST_RAW_BYTES):
        return "Only its beginning was kept. Send it again, and less with it."
    if reason != EventReason.FAILED and source not in _BY_TRACKING:
        return "It came by a webhook, and only its body was kept. Have the platform deliver it again."
    return None


# --- each ----------------------------------------------------------------------------------------------------------------


class _Read(Struct, frozen=True):
    """What a row has to say today; `refused` is a reason and its message."""

    request: Request | None = None
    refused: tuple[str, str] | None = None


def _replayed(shop: Shop, rows: Sequence[Row[Any]], now: Instant) -> tuple[Replayed, ...]:
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        raise NoProgram
    waiting: list[tuple[Row[Any], Replayed | Future[Ingested]]] = []
    again: list[tuple[int, str, str]] = []
    for row in rows:
        no = why_not(row.reason, row.source, len(row.raw))
        read = _Read() if no else _read(row, rulebook, now)
        if no is not None:
            waiting.append((row, Replayed(row.id, Result.NOT_REPLAYABLE, no)))
        elif read.refused is not None:
            again.append((row.id, *read.refused))
            waiting.append((row, Replayed(row.id, Result.REFUSED, read.refused[1])))
        elif read.request is None:
            waiting.append((row, Replayed(row.id, Result.NOT_REPLAYABLE, UNREADABLE)))
        else:
            waiting.append((row, _submitted(shop, row.id, read.request)))
    done = [_outcome(row, one) for row, one in waiting]
    gone = [one.id for (_, way), one in zip(waiting, done, strict=True) if isinstance(way, Future) and _is_done(one)]
    if gone or again:
        shop.writer.run(lambda tx: _tidy(tx.core, gone, again))
    return tuple(done)


UNREADABLE: Final = "It cannot be read any more. Send it again."


def _submitted(shop: Shop, id: int, request: Request) -> "Replayed | Future[Ingested]":
    try:
        return shop.writer.submit(request)
    except Busy:
        return Replayed(id, Result.BUSY)


def _outcome(row: Row[Any], way: "Replayed | Future[Ingested]") -> Replayed:
    if isinstance(way, Replayed):
        return way
    try:
        ingested = way.result(LONGEST_WAIT_SECONDS)
    except (Busy, NoProgram, TooLate):
        return Replayed(row.id, Result.BUSY)
    if ingested.refusals:
        return Replayed(row.id, Result.REFUSED, ingested.refusals[0].message)
    return Replayed(row.id, _result(ingested))


def _result(ingested: Ingested) -> Result:
    if ingested.stored:
        return Result.STORED
    return Result.KNOWN if ingested.known else Result.COUNTED


def _is_done(one: Replayed) -> bool:
    """What was refused while it was stored has been set aside anew."""
    return one.result is not Result.BUSY


def _tidy(connection: Connection, gone: Sequence[int], again: Sequence[tuple[int, str, str]]) -> None:
    if gone:
        connection.execute(delete(quarantine).where(quarantine.c.id.in_(gone)))
    for id, reason, message in again:
        connection.execute(update(quarantine).where(quarantine.c.id == id).values(reason=reason, message=message))


# --- understanding -------------------------------------------------------------------------------------------------------


def _read(row: Row[Any], rulebook: Rulebook, now: Instant) -> _Read:
    if row.reason == EventReason.FAILED:
        arrival = _understood_before(row.raw)
        return _Read() if arrival is None else _Read(Request([arrival], (), row.source, now))
    try:
        understood = _understood(row, rulebook)
    except BodyError as error:
        return _Read(refused=(EventReason.BAD_JSON.value, error.message))
    if len(understood.arrivals) + len(understood.refusals) + len(understood.impersonal) != 1:
        return _Read()
    if understood.refusals:
        refused = understood.refusals[0]
        return _Read(refused=(refused.reason.value, refused.message))
    arrivals = [replace(one, position=row.position) for one in understood.arrivals]
    currency = rulebook.program.currency.code
    warnings, impersonal = understood.warnings, understood.impersonal
    return _Read(Request(arrivals, (), row.source, now, currency, warnings, impersonal))


def _understood(row: Row[Any], rulebook: Rulebook) -> Understood:
    raw, program = bytes(row.raw), rulebook.program
    type = _route_of(raw) if row.reason != EventReason.UNKNOWN_TYPE else None
    body = raw if type else b'{"batch":[' + raw + b"]}"
    new_id = _always(blake2b(f"{row.id}:{row.received_at}:".encode() + raw, digest_size=16).hexdigest())
    return understand(body, type, Sender(row.source), row.received_at, program.till, new_id, program.kinds())


def _always(id: str) -> Callable[[], str]:
    return lambda: id


_BY_FIELD: Final = (("event", "track"), ("previousId", "alias"), ("groupId", "group"), ("traits", "identify"))


def _route_of(raw: bytes) -> str | None:
    """The route by which an event came that says no type of its own, by the field that only its kind has."""
    try:
        said = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if type(said) is not dict or "type" in said:
        return None
    return next((route for field, route in _BY_FIELD if field in said), None)


class _Before(Struct, frozen=True):
    """An `Arrival` as it was set aside, but for its surroundings: those are kept no longer than it takes."""

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
    deed: dict[str, Any]
    traits: dict[str, str] = {}
    consents: tuple[ConsentSaid, ...] = ()
    is_timed: bool = False


def _understood_before(raw: bytes) -> Arrival | None:
    try:
        one = msgspec.json.decode(raw, type=_Before)
        deed = _deed(one.deed)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
        return None
    return Arrival(
        one.position,
        one.id,
        one.message_id,
        one.source,
        one.content,
        one.happened_at,
        one.user_id,
        one.anonymous_id,
        one.previous_id,
        one.told,
        deed,
        one.traits,
        one.consents,
        is_timed=one.is_timed,
    )


def _deed(said: dict[str, Any]) -> Deed:
    if "status" in said:
        return msgspec.convert(said, OrderTold)
    if "order_id" in said:
        return msgspec.convert(said, Ordered)
    return msgspec.convert(said, Did) if "name" in said else Joined()
