"""What arrives, for whoever connects a shop: the last events, accepted and refused, as they came in.

Accepted ones are those of the record, refused ones those of the quarantine. What is known already is not recorded twice, so a
resend does not stand here; nor does what somebody did whom nobody may tell apart, or who was erased.

Reading is bounded whatever the shop holds: of the record only the last 5,000 steps are looked at, of the quarantine the last
500 refusals. It takes no lock, so nobody who writes waits for it.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, func, select

from regulars.kernel.facts import Behaved, Fact, Instant, OrderCompleted, Trust
from regulars.service.shop import Shop
from regulars.service.timeline import BadCursor
from regulars.store.schema import journal, quarantine
from regulars.wire.events import EventReason
from regulars.wire.records import decode_fact

MOST_SHOWN: Final = 200
STEPS_LOOKED_AT: Final = 5_000
REFUSALS_LOOKED_AT: Final = 500
CURSOR: Final = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})")
ACCEPTED, REFUSED = "accepted", "refused"
TAKEN_WITHOUT: Final = frozenset({EventReason.JUNK_IDENTITY.value, EventReason.TOO_MANY_IDENTITIES.value})
"""Reasons for which not the event was refused, but a part of it."""


class Asked(Struct, frozen=True):
    """Empty is any. `result` is `accepted` or `refused`; `name` the whole name of an event."""

    result: str = ""
    source: str = ""
    name: str = ""


class Arrived(Struct, frozen=True):
    """`customer` is None for what was refused, `trust` is empty then; `kept` is what is kept of it, as text for people."""

    at: Instant
    source: str
    name: str
    customer: str | None
    trust: str
    reason: str
    message: str
    kept: str
    place: tuple[int, int]
    """Its row's number in the record, or in the quarantine: the other is 0."""


class Arriving(Struct, frozen=True):
    """Newest first. `cursor` is where the next look begins. `sources` and `names` are those there are among the last."""

    events: tuple[Arrived, ...]
    cursor: str
    sources: tuple[str, ...]
    names: tuple[str, ...]


def arriving(shop: Shop, asked: Asked, after: str | None, limit: int = MOST_SHOWN) -> Arriving:
    """The last ones, or the last of those that came after a cursor; BadCursor for one that we did not give."""
    seen_step, seen_refusal = _places(after) if after is not None else (0, 0)
    with shop.store.reading() as connection:
        last_step = connection.execute(select(func.max(journal.c.id))).scalar() or 0
        last_refusal = connection.execute(select(func.max(quarantine.c.id))).scalar() or 0
        first_step, first_refusal = last_step - STEPS_LOOKED_AT, last_refusal - REFUSALS_LOOKED_AT
        found: list[Arrived] = []
        if asked.result != REFUSED:
            found += _accepted(connection, asked, max(seen_step, first_step), last_step, limit)
        if asked.result != ACCEPTED:
            found += _refused(connection, asked, max(seen_refusal, first_refusal), last_refusal, limit)
        sources, names = _choices(connection, first_step, first_refusal)
    found.sort(key=lambda one: (one.at, one.place), reverse=True)
    cursor = f"{max(seen_step, last_step)}.{max(seen_refusal, last_refusal)}"
    return Arriving(tuple(found[:limit]), cursor, sources, names)


def _places(cursor: str) -> tuple[int, int]:
    found = CURSOR.fullmatch(cursor)
    if found is None:
        raise BadCursor(cursor)
    return int(found[1]), int(found[2])


# --- accepted ------------------------------------------------------------------------------------------------------------


def _accepted(connection: Connection, asked: Asked, after: int, last: int, limit: int) -> list[Arrived]:
    columns = journal.c
    wanted = select(
        columns.id,
        columns.fact_id,
        columns.customer,
        columns.name,
        columns.source,
        columns.happened_at,
        columns.recorded_at,
        columns.fact,
    ).where(columns.id > after, columns.id <= last, columns.fact_id.is_not(None))
    if asked.source:
        wanted = wanted.where(columns.source == asked.source)
    if asked.name:
        wanted = wanted.where(columns.name == asked.name)
    return [_stored(row) for row in connection.execute(wanted.order_by(columns.id.desc()).limit(limit))]


def _stored(row: Any) -> Arrived:
    fact = decode_fact(row.fact_id, row.customer, row.name, row.source, row.happened_at, row.recorded_at, row.fact)
    trust = fact.trust.value if isinstance(fact, Behaved) else Trust.SHOP.value
    return Arrived(row.recorded_at, row.source, row.name, row.customer, trust, "", "", _kept(fact), (row.id, 0))


def _kept(fact: Fact) -> str:
    said: dict[str, Any] = {"id": fact.id}
    if isinstance(fact, OrderCompleted):
        lines = [
            {"amount_minor": one.amount_minor, "quantity": one.quantity, "properties": one.properties}
            for one in fact.lines
        ]
        said |= {"order_id": fact.order_id, "amount_minor": fact.amount_minor, "lines": lines}
    elif isinstance(fact, Behaved):
        said |= {"properties": fact.properties}
    return msgspec.json.format(msgspec.json.encode(said), indent=2).decode()


# --- refused -------------------------------------------------------------------------------------------------------------


class _Named(Struct):
    type: object = None
    event: object = None


_NAMED: Final = msgspec.json.Decoder(_Named)


def _refused(connection: Connection, asked: Asked, after: int, last: int, limit: int) -> list[Arrived]:
    """Names stand only within the event, so those are looked through one by one."""
    wanted = select(quarantine).where(quarantine.c.id > after, quarantine.c.id <= last)
    if asked.source:
        wanted = wanted.where(quarantine.c.source == asked.source)
    most = REFUSALS_LOOKED_AT if asked.name else limit
    found = [_set_aside(row) for row in connection.execute(wanted.order_by(quarantine.c.id.desc()).limit(most))]
    return [one for one in found if not asked.name or one.name == asked.name][:limit]


def _set_aside(row: Row[Any]) -> Arrived:
    raw = bytes(row.raw)
    text = raw.decode("utf-8", "replace")
    return Arrived(row.received_at, row.source, _name_in(raw), None, "", row.reason, row.message, text, (0, row.id))


def _name_in(raw: bytes) -> str:
    """The name of the event, else its type; empty where neither can be read."""
    try:
        said = _NAMED.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    named = next((one for one in (said.event, said.type) if isinstance(one, str) and one), "")
    return named[:200]


def _choices(connection: Connection, first_step: int, first_refusal: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    steps = select(journal.c.source, journal.c.name).where(journal.c.id > first_step, journal.c.fact_id.is_not(None))
    rows: Sequence[Any] = connection.execute(steps.distinct()).all()
    refusals = select(quarantine.c.source).where(quarantine.c.id > first_refusal).distinct()
    sources = {row.source for row in rows} | set(connection.execute(refusals).scalars())
    return tuple(sorted(sources)), tuple(sorted({row.name for row in rows}))[:MOST_SHOWN]
