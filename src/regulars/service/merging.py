"""Merging two customers, and parting them again: what an identity brings about, and what staff decide.

Nothing is lost on the way. Whoever was merged keeps the own record, its history and its ledger; whose it is, is written at it
(`customers.person`), and facts that come through it later say so (`journal.via`). So they can be parted: each gets back what
came through the own record. Staff may do that as long as none of its points are used.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, func, insert, select, update

from regulars.kernel.effects import (
    ACTIVATE,
    AVAILABLE,
    EARN,
    EARN_REVERSAL,
    EXPIRE,
    MERGE,
    PENDING,
    Returned,
)
from regulars.kernel.facts import WENT_BACK, Instant
from regulars.kernel.merging import Moved as Outcome
from regulars.kernel.merging import Owned, merge, part
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.step import advance
from regulars.service.people import Lookups
from regulars.service.record import TIME_PASSED, Customer, Journal
from regulars.service.records import homes_of, records_in, records_of, under
from regulars.store.facts import came_through, facts_where
from regulars.store.schema import entries, identities, journal, merges
from regulars.store.transaction import Transaction
from regulars.wire.records import Step, decode_effects

MERGED: Final = "Customers Merged"
PARTED: Final = "Customers Parted"
BY_IDENTITY: Final = "identity"
HANDS: Final = (PENDING, AVAILABLE)
LAWFUL: Final = (EARN, ACTIVATE, EXPIRE, EARN_REVERSAL)
"""What happens to points under whatever name, without anybody using them."""


def lookups(tx: Transaction) -> Lookups:
    return Lookups(
        lambda record: under(tx.core, [record]),
        lambda record: _over(tx.core, record),
        lambda record, kind: _count(tx.core, record, kind),
        lambda record: _is_by_staff(tx.core, record),
    )


def hold_names(tx: Transaction, records: Sequence[str]) -> None:
    """Nobody else writes how these are named until the transaction ends. For whoever locks them: names go before customers."""
    columns = identities.c
    named = select(columns.kind).where(columns.record.in_(records))
    tx.core.execute(named.order_by(columns.kind, columns.value, columns.record).with_for_update())


def rehang(tx: Transaction, record: str, under: str) -> None:
    """Another claim is the one by which the record belongs to whom it belongs."""
    tx.core.execute(update(merges).where(merges.c.record == record, merges.c.parted_at.is_(None)).values(into=under))


def join(
    tx: Transaction,
    steps: Journal,
    other: Customer,
    into: Customer,
    rulebook: Rulebook,
    at: Instant,
    now: Instant,
    by: str,
    why: str,
    under: str | None = None,
) -> None:
    """`other` goes up in `into`, and whoever went up in it with it. Both are locked. `under` is the record of `into` by whose
    claim: where that one goes, `other` goes with it.
    """
    outcome = merge(into.state, other.state, rulebook, at, now)
    _take(steps, outcome, into, other, MERGED, rulebook, now)
    into.known = into.known or other.known
    into.first_seen_at = min(into.first_seen_at, other.first_seen_at)
    into.last_seen_at = max(into.last_seen_at, other.last_seen_at)
    other.person = into.row.id
    for customer in (into, other):
        steps.keep(customer, rulebook, now)
    row = {"record": other.row.id, "into": under or into.row.id, "by": by, "why": why, "merged_at": now}
    tx.core.execute(insert(merges).values(row))


def separate(
    tx: Transaction,
    steps: Journal,
    other: Customer,
    into: Customer,
    rulebook: Rulebook,
    at: Instant,
    now: Instant,
    by: str,
) -> None:
    """`other` parts from `into` with whoever went up in it. Raises Spent where some of its points are gone.

    Both are brought to the moment first, and everything is written down: what is whose is read from the record.
    """
    moment = max(at, into.state.clock, other.state.clock)
    for customer in (into, other):
        customer.state, effects = advance(customer.state, moment, rulebook, now)
        steps.time(customer, TIME_PASSED, effects, rulebook.version, now)
        steps.keep(customer, rulebook, now)
    steps.write(tx)
    records = [other.row.id, *records_in(tx.core, other.row.id)]
    staying = [one for one in records_of(tx.core, into.row.id) if one not in records]
    theirs, ours = came_through(records), came_through(staying)
    owned = _owned(tx.core, theirs, homes_of(tx.core, [into.row.id, *records]), into.row.id)
    outcome = part(
        into.state, other.state, owned, facts_where(tx.core, ours), facts_where(tx.core, theirs), rulebook, at, now
    )
    _take(steps, outcome, into, other, PARTED, rulebook, now)
    other.person = None
    for customer in (into, other):
        steps.keep(customer, rulebook, now)
    parted = update(merges).where(merges.c.record == other.row.id, merges.c.parted_at.is_(None))
    tx.core.execute(parted.values(parted_at=now, parted_by=by))


def _take(
    steps: Journal, outcome: Outcome, into: Customer, other: Customer, name: str, rulebook: Rulebook, now: Instant
) -> None:
    into.state, other.state = outcome.into, outcome.other
    steps.time(into, name, outcome.into_effects, rulebook.version, now)
    steps.time(other, name, outcome.other_effects, rulebook.version, now)


def _owned(connection: Connection, theirs: Any, places: Sequence[str], into: str) -> Owned:
    """What facts that came through these records brought, wherever it is written down. What was used under the name of `into` is
    missing.
    """
    columns = entries.c
    facts = select(journal.c.fact_id).where(theirs, journal.c.fact_id.is_not(None))
    asked: Select[Any] = select(
        columns.entry, columns.source, columns.target, columns.customer, columns.qualifies_on, func.sum(columns.points)
    ).where(columns.customer.in_(places), columns.entry != MERGE, columns.lot_fact.in_(facts))
    left = 0
    qualifying: dict[int, int] = {}
    grouped = asked.group_by(columns.entry, columns.source, columns.target, columns.customer, columns.qualifies_on)
    for entry, source, target, customer, day, points in connection.execute(grouped):
        if entry in LAWFUL or customer != into:
            left += int(points) * ((target in HANDS) - (source in HANDS))
        if entry == EARN and day is not None:
            qualifying[day] = qualifying.get(day, 0) + int(points)
    _take_back(connection, theirs, qualifying)
    return Owned(frozenset(connection.execute(facts).scalars()), left, qualifying)


def _take_back(connection: Connection, theirs: Any, qualifying: dict[int, int]) -> None:
    """What went back with orders counts for no level."""
    asked = select(journal.c.effects).where(theirs, journal.c.name.in_(WENT_BACK))
    for record in connection.execute(asked).scalars():
        for effect in decode_effects(record, Step(None, 0, "")):
            if isinstance(effect, Returned) and effect.qualifies_on in qualifying:
                qualifying[effect.qualifies_on] -= effect.points


def _over(connection: Connection, record: str) -> str | None:
    asked = select(merges.c.into).where(merges.c.record == record, merges.c.parted_at.is_(None))
    return connection.execute(asked).scalar()


def _count(connection: Connection, record: str, kind: str) -> int:
    asked = select(func.count()).where(identities.c.record == record, identities.c.kind == kind)
    return connection.execute(asked).scalar_one()


def _is_by_staff(connection: Connection, record: str) -> bool:
    """Whether the last word about where the record belongs was a person's."""
    asked = select(merges.c.by, merges.c.parted_by).where(merges.c.record == record)
    last = connection.execute(asked.order_by(merges.c.id.desc()).limit(1)).first()
    return last is not None and (last.parted_by or last.by) != BY_IDENTITY
