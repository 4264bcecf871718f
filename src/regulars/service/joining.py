"""Staff join two accounts of one person, and part them again.

Before, they see what would be. Afterwards it stands in the audit trail, with who did it and why, and it can be undone as long as
none of the joined account's points are used; then staff adjust. What staff decide about an account goes before what its
identities say.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, select

from regulars.kernel.facts import Instant
from regulars.kernel.merging import Spent
from regulars.kernel.merging import merge as merged
from regulars.kernel.state import State
from regulars.kernel.step import advance
from regulars.service.audit import write_down
from regulars.service.consents import ConsentView, standings
from regulars.service.customers import Customer, customer
from regulars.service.group import NoProgram
from regulars.service.merging import hold_names, join, separate
from regulars.service.record import Customer as Held
from regulars.service.record import Journal, brought_to, look_again
from regulars.service.records import records_in, records_of
from regulars.service.shop import Shop
from regulars.store.schema import customers
from regulars.store.transaction import Transaction
from regulars.wire.records import decode_state

MOST_WHY_CHARACTERS: Final = 500


class Reason(StrEnum):
    """Why accounts cannot be joined or parted. A closed set."""

    NOT_FOUND = "not_found"
    SAME = "same"
    MERGED_ALREADY = "merged_already"
    NOT_MERGED = "not_merged"
    SPENT = "spent"
    NO_REASON = "no_reason"


WORDS: Final = {
    Reason.NOT_FOUND: "There is no such customer.",
    Reason.SAME: "Both are the same customer already.",
    Reason.MERGED_ALREADY: "That account is part of another customer: join that customer, or part the account first.",
    Reason.NOT_MERGED: "That account is not part of another customer.",
    Reason.SPENT: "Some of its points are used since, so the accounts cannot be parted any more. Adjust the points instead.",
    Reason.NO_REASON: f"Say why, in 1 to {MOST_WHY_CHARACTERS} characters: it stands in the audit trail.",
}


class NotPossible(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason
        self.words = WORDS[reason]


class Preview(Struct, frozen=True):
    """Both as they are, and what the one that stays would hold afterwards. `stricter` are the purposes that the customer who
    stays allows now and would not allow any more.
    """

    into: Customer
    other: Customer
    available: int
    pending: int
    tier: str | None
    consents: tuple[ConsentView, ...]
    stricter: tuple[str, ...]


def preview(shop: Shop, record: str, into: str, now: Instant) -> Preview:
    """What joining `record` to `into` would do. NotPossible where it cannot be."""
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        raise NoProgram
    _check(record, into)
    one, other = customer(shop, into, now), customer(shop, record, now)
    if one is None or other is None:
        raise NotPossible(Reason.NOT_FOUND)
    if one.id == other.id:
        raise NotPossible(Reason.SAME)
    if (one.id, other.id) != (into, record):
        raise NotPossible(Reason.MERGED_ALREADY)
    with shop.store.reading() as connection:
        here, there = (_state_of(shop, connection, id, now) for id in (into, record))
        records = [*records_of(connection, into), *records_of(connection, record)]
        consents = standings(connection, records, rulebook.program, now)
    in_force = here.version == there.version == rulebook.version
    held = merged(here, there, rulebook, now, now).into.consequences if in_force else None
    allowed = {view.purpose for view in one.consents if view.allows}
    return Preview(
        one,
        other,
        sum([lot.points for lot in held.available]) if held else one.points.available + other.points.available,
        sum([lot.points for lot in held.pending]) if held else one.points.pending + other.points.pending,
        held.tier if held else one.tier.id,
        consents,
        tuple([view.purpose for view in consents if view.purpose in allowed and not view.allows]),
    )


def merge(shop: Shop, record: str, into: str, who: str, why: str, now: Instant) -> None:
    """`record` goes up in `into`. NotPossible where it cannot be, with nothing done."""
    _check(record, into)
    reason = why.strip()
    if not 0 < len(reason) <= MOST_WHY_CHARACTERS:
        raise NotPossible(Reason.NO_REASON)

    def joined(tx: Transaction) -> None:
        steps = Journal(shop.new_id)
        one, other = _locked(shop, tx, steps, into, record, now)
        if one.person is not None or other.person is not None:
            raise NotPossible(Reason.MERGED_ALREADY)
        rulebook = shop.rulebooks.now_in_force(one.state.version, tx.core)
        going = [record, *records_in(tx.core, record)]
        join(tx, steps, other, one, rulebook, now, now, who, reason)
        steps.write(tx)
        tx.lead([(each, into) for each in sorted(going)])
        look_again(tx, steps, [one], rulebook, now)
        write_down(tx, now, who, "merged", into, f"joined {record}: {reason}")

    shop.writer.run(joined)


def part(shop: Shop, record: str, who: str, now: Instant) -> None:
    """`record` goes its own way again, with whoever went up in it. NotPossible where it cannot, with nothing done."""

    def parted(tx: Transaction) -> None:
        person = tx.core.execute(select(customers.c.person).where(customers.c.id == record)).scalar()
        if person is None:
            raise NotPossible(Reason.NOT_MERGED)
        steps = Journal(shop.new_id)
        one, other = _locked(shop, tx, steps, person, record, now)
        if other.person != person:
            raise NotPossible(Reason.NOT_MERGED)
        rulebook = shop.rulebooks.now_in_force(one.state.version, tx.core)
        going = [record, *records_in(tx.core, record)]
        try:
            separate(tx, steps, other, one, rulebook, now, now, who)
        except Spent:
            raise NotPossible(Reason.SPENT) from None
        steps.write(tx)
        tx.lead([(each, record) for each in sorted(going)])
        look_again(tx, steps, [one, other], rulebook, now)
        write_down(tx, now, who, "parted", person, f"parted {record}")

    shop.writer.run(parted)


def _check(record: str, into: str) -> None:
    if record == into:
        raise NotPossible(Reason.SAME)


def _locked(shop: Shop, tx: Transaction, steps: Journal, into: str, record: str, now: Instant) -> tuple[Held, Held]:
    """Both, in the program in force."""
    version = tx.active_version()
    if version is None:
        raise NoProgram
    rulebook = shop.rulebooks.now_in_force(version, tx.core)
    hold_names(tx, [into, record, *records_in(tx.core, record)])
    rows = tx.lock_customers(sorted([into, record]))
    if len(rows) < 2:
        raise NotPossible(Reason.NOT_FOUND)
    held: Sequence[Held] = [brought_to(tx, rows[id], rulebook, shop.rulebooks, steps, now) for id in (into, record)]
    return held[0], held[1]


def _state_of(shop: Shop, connection: Connection, id: str, now: Instant) -> State:
    row = connection.execute(select(customers.c.state, customers.c.version).where(customers.c.id == id)).one()
    rulebook = shop.rulebooks.version(row.version, connection)
    state = rulebook.new_state() if row.state is None else decode_state(row.state)
    return advance(state, now, rulebook, now)[0]
