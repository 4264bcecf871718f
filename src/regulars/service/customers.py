"""What the shop can know of one customer: who it is, what is held, what happened and why. Reading changes nothing.

Balances and level are as of the moment asked for: what falls due until then has happened in the answer, whether the waking
worker has been there yet or not.
"""

import re
from collections.abc import Collection, Sequence
from typing import Any, Final, cast

from msgspec import Struct
from sqlalchemy import Connection, Row, and_, or_, select

from regulars.kernel.because import sentence
from regulars.kernel.effects import Entry, Posted, TierChanged
from regulars.kernel.facts import FOREVER, MEMBER_JOINED, Behaved, Instant, OrderCompleted, Trust
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import Consequences, State
from regulars.kernel.step import advance
from regulars.kernel.tiers import ahead
from regulars.service.people import USER_ID
from regulars.service.record import PROGRAM_ADOPTED
from regulars.service.shop import Shop
from regulars.store.schema import customers, entries, identities, journal
from regulars.wire.records import EntryWritten, Step, decode_effects, decode_fact, decode_posted, decode_state

SEARCHED: Final = (USER_ID, "email", "phone", "anonymous_id")
LAST_CHARACTER: Final = "\U0010ffff"
CURSOR: Final = re.compile(r"[0-9]{1,18}(\.[0-9]{1,9})?")
NOTHING: Final = "Nothing in the program looks at this."
POINTS_OF: Final = {Entry.EARN: 1, Entry.ACTIVATE: 0, Entry.EXPIRE: -1}


class BadCursor(ValueError):
    """Not a cursor of ours."""


class Identity(Struct, frozen=True):
    """`kind` is `user_id` (the shop's own id), `anonymous_id`, `email` or `phone`; `trust` is `shop` or `weak`."""

    kind: str
    value: str
    trust: str


class Points(Struct, frozen=True):
    """`lifetime` = issued - reversed. `available`, `pending` and `expired` are what the lots say now."""

    available: int
    pending: int
    lifetime: int
    issued: int
    reversed: int
    spent: int
    expired: int


class NextTier(Struct, frozen=True):
    """The level above: reached at `at`, of which `have` is there; minor units of money or points, as `by` says."""

    id: str
    at: int
    have: int
    by: str


class Tier(Struct, frozen=True):
    """`id` is None for whoever has no level; `since` is when it was last given, `next` None at the top."""

    id: str | None
    since: Instant | None
    next: NextTier | None


class LotView(Struct, frozen=True):
    """`expires_at` is None for what never expires; pending lots become available at `active_at`."""

    points: int
    earned_at: Instant
    active_at: Instant
    expires_at: Instant | None
    pending: bool


class Customer(Struct, frozen=True):
    """`known` is False for a visitor without a name. `version` is the program under which this was reckoned."""

    id: str
    known: bool
    identities: tuple[Identity, ...]
    points: Points
    tier: Tier
    lots: tuple[LotView, ...]
    member_since: Instant | None
    first_seen_at: Instant
    last_seen_at: Instant
    facts: int
    version: str
    as_of: Instant


class CustomerBrief(Struct, frozen=True):
    """A line of a list, as it was last written down. `shop_id` is the shop's own id."""

    id: str
    shop_id: str | None
    known: bool
    available: int
    pending: int
    lifetime: int
    tier: str | None
    last_seen_at: Instant


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

    `points` is what was earned less what expired.
    """

    seq: int
    what: str
    fact: FactBrief | None
    at: Instant
    recorded_at: Instant
    version: str
    why: tuple[str, ...]
    points: int


class ExplainedPage(Struct, frozen=True):
    """Newest first."""

    steps: tuple[Explained, ...]
    next: str | None


# --- reading ---------------------------------------------------------------------------------------------------------


def find(shop: Shop, kind: str, value: str) -> str | None:
    """The customer to whom an identity points; kind `id` is our own."""
    with shop.store.reading() as connection:
        if kind == "id":
            return connection.execute(select(customers.c.id).where(customers.c.id == value)).scalar()
        asked = select(identities.c.customer).where(identities.c.kind == kind, identities.c.value == value)
        return connection.execute(asked).scalar()


def search(shop: Shop, words: str, limit: int) -> tuple[CustomerBrief, ...]:
    """Customers one of whose identities begins with `words`; without words those seen last."""
    words = words.strip()
    with shop.store.reading() as connection:
        if not words:
            rows = connection.execute(select(customers).order_by(customers.c.last_seen_at.desc()).limit(limit)).all()
            return _briefs(connection, rows)
        found: dict[str, None] = {}
        for kind in SEARCHED:
            value, begins = identities.c.value, words.lower() if kind == "email" else words
            asked = (
                select(identities.c.customer)
                .where(identities.c.kind == kind, value >= begins, value < begins + LAST_CHARACTER)
                .order_by(value)
            )
            found.update(dict.fromkeys(connection.execute(asked.limit(limit)).scalars()))
        by_id = {
            row.id: row for row in connection.execute(select(customers).where(customers.c.id.in_(list(found)[:limit])))
        }
        return _briefs(connection, [by_id[id] for id in found if id in by_id])


def customer(shop: Shop, id: str, now: Instant) -> Customer | None:
    """Everything about one customer as of `now`; None where there is no such customer."""
    with shop.store.reading() as connection:
        row = connection.execute(select(customers).where(customers.c.id == id)).one_or_none()
        if row is None or row.state is None:
            return None
        who = connection.execute(
            select(identities.c.kind, identities.c.value, identities.c.trust)
            .where(identities.c.customer == id)
            .order_by(identities.c.kind, identities.c.value)
        )
        rulebook = shop.rulebooks.version(row.version, connection)
        state, due = advance(decode_state(row.state), now, rulebook, now)
        changes = [effect.effective_at for effect in due if isinstance(effect, TierChanged)]
        return Customer(
            id=id,
            known=bool(row.known),
            identities=tuple([Identity(*one) for one in who]),
            points=_points(state.consequences),
            tier=_tier(state, rulebook, now, changes[-1] if changes else row.tier_since),
            lots=_lots(state.consequences),
            member_since=state.consequences.member_since,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            facts=row.facts,
            version=row.version,
            as_of=now,
        )


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
    columns = journal.c
    asked = select(journal).where(columns.customer == id).order_by(columns.seq.desc()).limit(limit + 1)
    if cursor is not None:
        asked = asked.where(columns.seq < _place(cursor, 1)[0])
    with shop.store.reading() as connection:
        rows = connection.execute(asked).all()
        posted = _postings(connection, id, [row.seq for row in rows])
        shown = [
            _explained(row, posted.get(row.seq, []), shop.rulebooks.version(row.version, connection))
            for row in rows[:limit]
        ]
    return ExplainedPage(tuple(shown), str(shown[-1].seq) if len(rows) > limit else None)


# --- putting it into words -------------------------------------------------------------------------------------------


def _briefs(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[CustomerBrief, ...]:
    asked = select(identities.c.customer, identities.c.value).where(
        identities.c.kind == USER_ID, identities.c.customer.in_([row.id for row in rows])
    )
    shop_ids = {row.customer: row.value for row in connection.execute(asked)}
    return tuple(
        [
            CustomerBrief(
                row.id,
                shop_ids.get(row.id),
                bool(row.known),
                row.available,
                row.pending,
                row.lifetime,
                row.tier,
                row.last_seen_at,
            )
            for row in rows
        ]
    )


def _points(held: Consequences) -> Points:
    available, pending = (sum([lot.points for lot in lots]) for lots in (held.available, held.pending))
    return Points(available, pending, held.issued, held.issued, 0, 0, held.expired)


def _tier(state: State, rulebook: Rulebook, now: Instant, since: Instant | None) -> Tier:
    tier = state.consequences.tier
    if rulebook.tiers is None or not rulebook.is_member(state):
        return Tier(tier, since if tier else None, None)
    next = ahead(state, rulebook.tiers, rulebook.calendar.today(now))
    assert rulebook.program.tiers is not None
    by = rulebook.program.tiers.by
    return Tier(tier, since if tier else None, NextTier(next.id, next.at, next.have, by) if next else None)


def _lots(held: Consequences) -> tuple[LotView, ...]:
    """Pending ones by when they become available, then those that expire first."""
    return tuple(
        [
            LotView(
                lot.points, lot.earned_at, lot.active_at, None if lot.expires_at == FOREVER else lot.expires_at, pending
            )
            for lots, pending in ((held.pending, True), (held.available, False))
            for lot in lots
        ]
    )


def _steps(connection: Connection, id: str, seqs: Collection[int]) -> dict[int, Row[Any]]:
    asked = select(journal).where(journal.c.customer == id, journal.c.seq.in_(seqs))
    return {row.seq: row for row in connection.execute(asked)}


def _postings(connection: Connection, id: str, seqs: Sequence[int]) -> dict[int, list[Row[Any]]]:
    asked = (
        select(entries)
        .where(entries.c.customer == id, entries.c.seq.in_(seqs))
        .order_by(entries.c.seq, entries.c.ordinal)
    )
    by_seq: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(asked):
        by_seq.setdefault(row.seq, []).append(row)
    return by_seq


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


def _explained(step: Row[Any], postings: Sequence[Row[Any]], rulebook: Rulebook) -> Explained:
    posted = [_posted(row, step) for row in postings]
    others = decode_effects(step.effects, Step(step.fact_id, step.recorded_at, step.version))
    fact = _fact(step)
    return Explained(
        seq=step.seq,
        what=_what(step, fact, rulebook),
        fact=fact,
        at=step.happened_at,
        recorded_at=step.recorded_at,
        version=step.version,
        why=tuple([sentence(effect, rulebook) for effect in (*posted, *others)]) or (NOTHING,),
        points=sum([POINTS_OF[one.entry] * one.points for one in posted]),
    )


def _posted(row: Row[Any], step: Row[Any]) -> Posted:
    return decode_posted(cast("EntryWritten", row), Step(step.fact_id, step.recorded_at, step.version))


def _what(step: Row[Any], fact: FactBrief | None, rulebook: Rulebook) -> str:
    if fact is None:
        return "a new program" if step.name == PROGRAM_ADOPTED else "time passed"
    if fact.order_id is not None and fact.amount_minor is not None:
        return f"order {fact.order_id} of {rulebook.program.currency.money(fact.amount_minor)}"
    return "joined" if fact.name == MEMBER_JOINED and fact.trust == Trust.SHOP else fact.name


def _fact(step: Row[Any]) -> FactBrief | None:
    if step.fact_id is None:
        return None
    fact = decode_fact(
        step.fact_id, step.customer, step.name, step.source, step.happened_at, step.recorded_at, step.fact
    )
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
