"""What happened to a customer and why, step by step, and the ledger of it. Reading changes nothing.

A customer's history is that of all records that belong to it, and of what was done on its devices while they were its own.
"""

import heapq
import re
from collections.abc import Collection, Sequence
from typing import Any, Final, cast

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select

from regulars.kernel.because import sentence, why
from regulars.kernel.effects import Posted
from regulars.kernel.facts import MEMBER_JOINED, Behaved, Fact, Instant, OrderCompleted, Trust
from regulars.kernel.program import DeviceLimit
from regulars.kernel.rulebook import Rulebook
from regulars.service.devices import device_times
from regulars.service.merging import MERGED, PARTED
from regulars.service.record import ACCOUNT_CLOSED, PERK_ASKED_FOR, PROGRAM_ADOPTED
from regulars.service.records import records_of
from regulars.service.shop import Shop
from regulars.store.schema import entries, journal
from regulars.wire.records import EntryWritten, Step, decode_effects, decode_fact, decode_posted

CURSOR: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,9})?")
NOTHING: Final = "Nothing in the program looks at this."
WITHOUT_A_FACT: Final = {
    ACCOUNT_CLOSED: "the account was erased",
    PROGRAM_ADOPTED: "a new program",
    MERGED: "joined to another account",
    PARTED: "parted again",
    PERK_ASKED_FOR: "asked for a perk",
}


class BadCursor(ValueError):
    """Not a cursor of ours."""


class FactBrief(Struct, frozen=True):
    """What happened, in short. `amount_minor` and `order_id` only for an order."""

    id: str
    name: str
    happened_at: Instant
    recorded_at: Instant
    source: str
    trust: str
    order_id: str | None
    amount_minor: int | None


class LedgerEntry(Struct, frozen=True):
    """One entry: `points` moved from account `source` to account `target`. `number` orders a customer's entries."""

    number: str
    entry: str
    points: int
    source: str
    target: str
    lot: str
    effective_at: Instant
    recorded_at: Instant
    rule: str
    version: str
    fact: FactBrief | None
    sentence: str


class LedgerPage(Struct, frozen=True):
    """Newest first. `next` is the cursor of the page after this one, None on the last."""

    entries: tuple[LedgerEntry, ...]
    next: str | None


class Explained(Struct, frozen=True):
    """One step of a customer's history: a fact, or time passing, or a new program; and everything that followed, in sentences.

    `points` is what was earned less what expired. `number` orders the steps of a history; a number is also the cursor of what was
    before it. `deed` is all that the fact says, `record` the one that it was kept in. What is `nameless` was done without a name,
    on a device of the customer's.
    """

    seq: int
    what: str
    fact: FactBrief | None
    at: Instant
    recorded_at: Instant
    version: str
    why: tuple[str, ...]
    points: int
    number: int
    deed: Fact | None
    record: str
    nameless: bool


class ExplainedPage(Struct, frozen=True):
    """Newest first. `records` are all in which the customer's history is kept: their own, and those of their devices."""

    steps: tuple[Explained, ...]
    next: str | None
    records: frozenset[str]


def ledger(shop: Shop, id: str, cursor: str | None, limit: int) -> LedgerPage:
    """A customer's entries; BadCursor for a cursor that we did not give."""
    columns = entries.c
    asked = (
        select(entries)
        .where(columns.customer == id)
        .order_by(columns.seq.desc(), columns.ordinal.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        seq, ordinal = _place(cursor, 2)
        asked = asked.where(or_(columns.seq < seq, and_(columns.seq == seq, columns.ordinal < ordinal)))
    with shop.store.reading() as connection:
        rows = connection.execute(asked).all()
        steps = _steps(connection, id, {row.seq for row in rows})
        shown = [
            _entry(row, steps[row.seq], shop.rulebooks.version(steps[row.seq].version, connection))
            for row in rows[:limit]
        ]
    return LedgerPage(tuple(shown), shown[-1].number if len(rows) > limit else None)


def explain(shop: Shop, id: str, cursor: str | None, limit: int) -> ExplainedPage:
    """A customer's whole history, step by step; BadCursor for a cursor that we did not give."""
    before = None if cursor is None else _place(cursor, 1)[0]
    rulebook = shop.rulebooks.latest()
    with shop.store.reading() as connection:
        records = records_of(connection, id)
        parts = [_of_record(one, before, limit + 1).where(_is_theirs(records)) for one in records]
        parts += [_through(one, before, limit + 1).where(journal.c.customer.not_in(records)) for one in records]
        times = device_times(connection, id, rulebook.program.shared_device if rulebook else DeviceLimit())
        parts += [_on_device(one, before, limit + 1) for one in times]
        devices = {record for record, _, _ in times}
        rows = heapq.nlargest(limit + 1, [row for part in parts for row in connection.execute(part)], key=_number)
        postings = _postings(connection, rows[:limit])
        shown = [
            _explained(
                row,
                postings.get((row.customer, row.seq), ()),
                shop.rulebooks.version(row.version, connection),
                nameless=row.customer in devices,
            )
            for row in rows[:limit]
        ]
    older = str(rows[limit - 1].id) if len(rows) > limit else None
    return ExplainedPage(tuple(shown), older, frozenset(devices.union(records)))


def _number(row: Row[Any]) -> int:
    return int(row.id)


def _of_record(record: str, before: int | None, limit: int) -> Select[Any]:
    asked = select(journal).where(journal.c.customer == record).order_by(journal.c.seq.desc()).limit(limit)
    return asked if before is None else asked.where(journal.c.id < before)


def _is_theirs(records: Sequence[str]) -> ColumnElement[bool]:
    """What came through an account that has parted since belongs to that one."""
    return or_(journal.c.via.is_(None), journal.c.via.in_(records))


def _through(record: str, before: int | None, limit: int) -> Select[Any]:
    """What came through this record while it was merged into another customer's."""
    asked = select(journal).where(journal.c.via == record).order_by(journal.c.id.desc()).limit(limit)
    return asked if before is None else asked.where(journal.c.id < before)


def _on_device(time: tuple[str, Instant, Instant], before: int | None, limit: int) -> Select[Any]:
    """What was done without a name on a device, while it was this customer's."""
    record, start, end = time
    return _of_record(record, before, limit).where(journal.c.happened_at >= start, journal.c.happened_at < end)


def _steps(connection: Connection, id: str, seqs: Collection[int]) -> dict[int, Row[Any]]:
    asked = select(journal).where(journal.c.customer == id, journal.c.seq.in_(seqs))
    return {row.seq: row for row in connection.execute(asked)}


def _postings(connection: Connection, steps: Sequence[Row[Any]]) -> dict[tuple[str, int], list[Row[Any]]]:
    """By customer and `seq`, in the order in which they were made."""
    seqs: dict[str, list[int]] = {}
    for step in steps:
        seqs.setdefault(step.customer, []).append(step.seq)
    found: dict[tuple[str, int], list[Row[Any]]] = {}
    for customer, theirs in sorted(seqs.items()):
        asked = select(entries).where(entries.c.customer == customer, entries.c.seq.in_(theirs))
        for row in connection.execute(asked.order_by(entries.c.seq, entries.c.ordinal)):
            found.setdefault((customer, row.seq), []).append(row)
    return found


def _entry(row: Row[Any], step: Row[Any], rulebook: Rulebook) -> LedgerEntry:
    posted = _posted(row, step)
    return LedgerEntry(
        number=f"{row.seq}.{row.ordinal}",
        entry=row.entry,
        points=row.points,
        source=row.source,
        target=row.target,
        lot=f"{row.lot_fact}.{row.lot_ordinal}",
        effective_at=row.effective_at,
        recorded_at=step.recorded_at,
        rule=row.rule,
        version=step.version,
        fact=_fact(step) if row.by_fact else None,
        sentence=sentence(posted, rulebook),
    )


def _explained(step: Row[Any], postings: Sequence[Row[Any]], rulebook: Rulebook, *, nameless: bool) -> Explained:
    posted = [_posted(row, step) for row in postings]
    others = decode_effects(step.effects, Step(step.fact_id, step.recorded_at, step.version))
    deed = _deed(step)
    fact = _brief(deed) if deed else None
    return Explained(
        seq=step.seq,
        what=_what(step, fact, rulebook),
        fact=fact,
        at=step.happened_at,
        recorded_at=step.recorded_at,
        version=step.version,
        why=tuple(why((*posted, *others), rulebook)) or (NOTHING,),
        points=sum([one.gain() for one in posted]),
        number=step.id,
        deed=deed,
        record=step.customer,
        nameless=nameless and deed is not None,
    )


def _posted(row: Row[Any], step: Row[Any]) -> Posted:
    return decode_posted(cast("EntryWritten", row), Step(step.fact_id, step.recorded_at, step.version))


def _what(step: Row[Any], fact: FactBrief | None, rulebook: Rulebook) -> str:
    if fact is None:
        return WITHOUT_A_FACT.get(step.name, "time passed")
    if fact.order_id is not None and fact.amount_minor is not None:
        return f"order {fact.order_id} of {rulebook.program.currency.money(fact.amount_minor)}"
    return "joined" if fact.name == MEMBER_JOINED and fact.trust == Trust.SHOP else fact.name


def _fact(step: Row[Any]) -> FactBrief | None:
    deed = _deed(step)
    return _brief(deed) if deed else None


def _deed(step: Row[Any]) -> Fact | None:
    if step.fact_id is None:
        return None
    return decode_fact(
        step.fact_id, step.customer, step.name, step.source, step.happened_at, step.recorded_at, step.fact
    )


def _brief(fact: Fact) -> FactBrief:
    trust = fact.trust if isinstance(fact, Behaved) else Trust.SHOP
    order = fact if isinstance(fact, OrderCompleted) else None
    return FactBrief(
        id=fact.id,
        name=fact.name,
        happened_at=fact.happened_at,
        recorded_at=fact.recorded_at,
        source=fact.source,
        trust=trust,
        order_id=order.order_id if order else None,
        amount_minor=order.amount_minor if order else None,
    )


def _place(cursor: str, parts: int) -> list[int]:
    if not CURSOR.fullmatch(cursor) or cursor.count(".") + 1 != parts:
        raise BadCursor(cursor)
    return [int(part) for part in cursor.split(".")]
