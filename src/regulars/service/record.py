"""The record of a transaction in the making: customers brought forward step by step, and the rows that tell of it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from msgspec import Struct, field
from sqlalchemy import select

from regulars.kernel.adopt import adopt
from regulars.kernel.effects import Effect, Posted, TierChanged
from regulars.kernel.facts import FOREVER, Fact, Instant, OrderCompleted
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State
from regulars.kernel.step import advance, fold_each
from regulars.service.rulebooks import Rulebooks
from regulars.store.facts import came_through, facts_where
from regulars.store.schema import customers
from regulars.store.transaction import CustomerRow, EntryRow, JournalRow, Transaction
from regulars.wire.records import decode_state, encode_effects, encode_fact, encode_posted, encode_state

TIME_PASSED: Final = "Time Passed"
PROGRAM_ADOPTED: Final = "Program Adopted"
NO_DETOUR: Final[Mapping[str, str]] = MappingProxyType({})
OURSELVES: Final = "regulars"
"""The source of what nobody told us."""


class Customer(Struct):
    """One customer within a transaction."""

    row: CustomerRow
    state: State
    known: bool
    seq: int
    facts: int
    first_seen_at: Instant
    last_seen_at: Instant
    tier_since: Instant | None
    person: str | None = None


def brought_to(
    tx: Transaction, row: CustomerRow, rulebook: Rulebook, rulebooks: Rulebooks, journal: "Journal", now: Instant
) -> Customer:
    """The customer in this program, which is adopted now if the state is of another."""
    state = rulebook.new_state() if row.state is None else decode_state(row.state)
    customer = Customer(
        row, state, row.known, row.seq, row.facts, row.first_seen_at, row.last_seen_at, row.tier_since, row.person
    )
    if customer.state.version != rulebook.version:
        old = rulebooks.version(customer.state.version, tx.core)
        all_known = customer.state.observations.keys() >= {key for key, _ in rulebook.watches}
        facts = () if all_known else _facts(tx, row.id)
        customer.state, effects = adopt(customer.state, old, rulebook, facts, now)
        journal.time(customer, PROGRAM_ADOPTED, effects, rulebook.version, now)
    return customer


def _facts(tx: Transaction, id: str) -> list[Fact]:
    """All facts of a customer, those of the accounts that were merged into it included."""
    merged = tx.core.execute(select(customers.c.id).where(customers.c.person == id).order_by(customers.c.id)).scalars()
    return facts_where(tx.core, came_through([id, *merged]))


class Journal(Struct):
    """Rows waiting to be written."""

    customers: dict[str, CustomerRow] = field(default_factory=dict)
    steps: list[JournalRow] = field(default_factory=list)
    entries: list[EntryRow] = field(default_factory=list)

    def take(
        self, customer: Customer, facts: Sequence[Fact], rulebook: Rulebook, via: Mapping[str, str] = NO_DETOUR
    ) -> None:
        """Folds the facts, and keeps the customer. The due time is a lower bound: it is written only when earlier. `via` names
        the record of the facts that came through another one than the customer.
        """
        customer.state, followed = fold_each(customer.state, facts, rulebook)
        for fact, effects in zip(facts, followed, strict=True):
            self._step(customer, fact, effects, rulebook.version, via.get(fact.id))
        self._keep(customer, min(customer.state.due_at, customer.row.due_at))

    def wake(self, customer: Customer, rulebook: Rulebook, now: Instant) -> None:
        """Brings the customer to now, and keeps it with the very moment at which to wake it again."""
        customer.state, effects = advance(customer.state, now, rulebook, now)
        self.time(customer, TIME_PASSED, effects, rulebook.version, now)
        self._keep(customer, customer.state.due_at)

    def keep(self, customer: Customer) -> None:
        """As it is. Whoever was merged into somebody else is not woken any more."""
        self._keep(customer, customer.state.due_at if customer.person is None else FOREVER)

    def time(self, customer: Customer, name: str, effects: Sequence[Effect], version: str, now: Instant) -> None:
        """A step without a fact; where nothing followed there is nothing to tell."""
        if not effects:
            return
        customer.seq += 1
        id, seq = customer.row.id, customer.seq
        happened_at, others = effects[0].effective_at, self._split(customer, effects)
        self.steps.append((id, seq, None, name, OURSELVES, happened_at, now, version, None, None, others, None))

    def write(self, tx: Transaction) -> None:
        """So far: what comes next reads it from the record."""
        self.save(tx)
        self.customers.clear()
        self.steps.clear()
        self.entries.clear()

    def save(self, tx: Transaction) -> None:
        tx.save_customers([self.customers[id] for id in sorted(self.customers)])
        if self.steps:
            tx.add_journal(self.steps)
        if self.entries:
            tx.add_entries(self.entries)

    def _step(self, customer: Customer, fact: Fact, effects: Sequence[Effect], version: str, via: str | None) -> None:
        customer.seq += 1
        customer.facts += 1
        id, seq, happened_at = customer.row.id, customer.seq, fact.happened_at
        if happened_at > customer.last_seen_at or customer.facts == 1:
            customer.last_seen_at = happened_at
        if happened_at < customer.first_seen_at:
            customer.first_seen_at = happened_at
        amount_minor = fact.amount_minor if isinstance(fact, OrderCompleted) else None
        self.steps.append(
            (
                id,
                seq,
                fact.id,
                fact.name,
                fact.source,
                happened_at,
                fact.recorded_at,
                version,
                amount_minor,
                encode_fact(fact),
                self._split(customer, effects),
                via,
            )
        )

    def _split(self, customer: Customer, effects: Sequence[Effect]) -> bytes:
        """Postings go to the ledger; what is left, written down, to the journal."""
        id, seq, add = customer.row.id, customer.seq, self.entries.append
        others: list[Effect] = []
        for ordinal, effect in enumerate(effects):
            if isinstance(effect, Posted):
                add(encode_posted(id, seq, ordinal, effect))
                continue
            others.append(effect)
            if isinstance(effect, TierChanged):
                customer.tier_since = effect.effective_at
        return encode_effects(others)

    def _keep(self, customer: Customer, due_at: Instant) -> None:
        row, state = customer.row, customer.state
        held = state.consequences
        pending = sum([lot.points for lot in held.pending])
        self.customers[row.id] = CustomerRow(
            row.id,
            customer.known,
            encode_state(state),
            state.version,
            customer.seq,
            customer.facts,
            held.outstanding() - pending,
            pending,
            held.issued + held.moved,
            held.tier,
            customer.tier_since,
            held.member_since,
            due_at,
            customer.first_seen_at,
            customer.last_seen_at,
            customer.person,
        )
