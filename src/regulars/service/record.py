"""The record of a transaction in the making: customers brought forward step by step, and the rows that tell of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import select

from regulars.kernel.adopt import adopt, looks_at_facts
from regulars.kernel.effects import Effect, ExpiryNoticed, Opened, Posted, SegmentEntered, SegmentLeft, TierChanged
from regulars.kernel.expiry import close
from regulars.kernel.facts import FOREVER, Fact, Instant, OrderCompleted
from regulars.kernel.recalled import Memory
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.live.rules import Cause, bounded
from regulars.kernel.segments.meaning import Known
from regulars.kernel.spending import lapse
from regulars.kernel.state import SegmentState, State, apply, copy_of
from regulars.kernel.step import advance, fold_each, overhear
from regulars.kernel.waking import look_ahead
from regulars.service.histories import About
from regulars.service.memberships import Move, Rows
from regulars.service.notices import Notice, tell
from regulars.service.openings import tell_opened
from regulars.service.records import drawing_name
from regulars.service.rulebooks import Rulebooks
from regulars.store.facts import came_through, facts_where
from regulars.store.schema import customers, publications
from regulars.store.transaction import CustomerRow, EntryRow, JournalRow, Transaction
from regulars.wire.records import decode_state, encode_effects, encode_fact, encode_posted, encode_state

TIME_PASSED: Final = "Time Passed"
PROGRAM_ADOPTED: Final = "Program Adopted"
ACCOUNT_CLOSED: Final = "Account Closed"
PERK_ASKED_FOR: Final = "Perk Asked For"
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
    listed_in: frozenset[str] = frozenset()
    """The segments in which the record has them."""
    drawn_by: Callable[[], str] | None = None
    """The name by which they are drawn for trials: it is read only where one is left to be drawn for."""

    @property
    def is_listed(self) -> bool:
        return self.known and self.person is None


def brought_to(
    tx: Transaction,
    row: CustomerRow,
    rulebook: Rulebook,
    rulebooks: Rulebooks,
    journal: "Journal",
    now: Instant,
    about: Callable[[], About] | None = None,
) -> Customer:
    """The customer in this program, which is adopted now if the state is of another. `about` is what is known of them, where
    somebody has read it already.
    """
    state = rulebook.new_state() if row.state is None else decode_state(row.state)
    customer = Customer(
        row, state, row.known, row.seq, row.facts, row.first_seen_at, row.last_seen_at, row.tier_since, row.person
    )
    about = about or (lambda: About(tx.core, [row.id], rulebook))
    # A state that was written down before segments were kept has none, under whatever program.
    if customer.state.version != rulebook.version or (
        customer.state.segments is None and rulebook.segments is not None
    ):
        old = rulebooks.version(customer.state.version, tx.core)
        customer.listed_in = _listed_in(customer, old)
        facts = _facts(tx, row.id) if looks_at_facts(customer.state, old, rulebook) else ()
        known = partial(_known, about, row.id)
        customer.state, effects = adopt(customer.state, old, rulebook, facts, now, known)
        is_quiet = rulebook.segments is None or not _is_announced(tx)
        journal.time(customer, PROGRAM_ADOPTED, effects, rulebook.version, now, is_quiet=is_quiet)
    else:
        customer.listed_in = _listed_in(customer, rulebook)
    if rulebook.trials is not None:
        customer.drawn_by = partial(drawing_name, tx.core, row.id)
    segments = customer.state.segments
    if segments is not None and segments.forgotten and rulebook.segments is not None:
        rulebook.segments.recover(segments, about().facts(row.id))
    return customer


def _drawn_by(customer: Customer, rulebook: Rulebook) -> str | None:
    trials = rulebook.trials
    if trials is None or customer.drawn_by is None or not trials.needs_a_name(customer.state.consequences):
        return None
    return customer.drawn_by()


def _is_announced(tx: Transaction) -> bool:
    asked = select(publications.c.announced).order_by(publications.c.id.desc()).limit(1)
    return bool(tx.core.execute(asked).scalar())


def _listed_in(customer: Customer, rulebook: Rulebook) -> frozenset[str]:
    if rulebook.segments is None or not customer.is_listed:
        return frozenset()
    return rulebook.segments.of(customer.state.segments)


def _known(about: Callable[[], About], id: str) -> Known:
    return about().known(id)


def _facts(tx: Transaction, id: str) -> list[Fact]:
    """All facts of a customer, those of the accounts that were merged into it included."""
    merged = tx.core.execute(select(customers.c.id).where(customers.c.person == id).order_by(customers.c.id)).scalars()
    return facts_where(tx.core, came_through([id, *merged]))


class Journal(Struct):
    """Rows waiting to be written."""

    new_id: Callable[[], str]
    customers: dict[str, CustomerRow] = field(default_factory=dict)
    steps: list[JournalRow] = field(default_factory=list)
    entries: list[EntryRow] = field(default_factory=list)
    memberships: Rows = field(default_factory=Rows)
    moves: list[Move] = field(default_factory=list)
    """Of segments, what was written so far."""
    history: frozenset[str] = frozenset()
    """The facts of which nobody is told what they brought about."""
    notices: list[Notice] = field(default_factory=list)
    opened: list[tuple[str, Opened]] = field(default_factory=list)

    def take(
        self,
        customer: Customer,
        facts: Iterable[Fact],
        rulebook: Rulebook,
        via: Mapping[str, str] = NO_DETOUR,
        memory: Memory | None = None,
    ) -> list[list[Effect]]:
        """Folds the facts, and keeps the customer; what followed from each. The due time is a lower bound: it is written only when
        earlier. `via` names the record of the facts that came through another one than the customer, `memory` is there for those
        that look back.
        """
        folded: list[Fact] = []
        seen = _seen(facts, folded)
        customer.state, followed = fold_each(customer.state, seen, rulebook, memory, _drawn_by(customer, rulebook))
        for fact, effects in zip(folded, followed, strict=True):
            self._step(customer, fact, effects, rulebook.version, via.get(fact.id))
        self._keep(customer, min(customer.state.due_at, customer.row.due_at), rulebook, folded[-1].recorded_at)
        return followed

    def overhear(self, customer: Customer, facts: Sequence[Fact], rulebook: Rulebook) -> None:
        """What was done without a name on a device of the customer's: it stands in the device's own record."""
        customer.state, effects = overhear(customer.state, facts, rulebook)
        self._split(customer, effects)
        self._keep(customer, min(customer.state.due_at, customer.row.due_at), rulebook, facts[-1].recorded_at)

    def regard(self, customer: Customer, known: Known, rulebook: Rulebook, now: Instant, fact: str | None) -> None:
        """What is told of the customer may be something else now."""
        rules, state = rulebook.segments, customer.state
        assert rules is not None
        assert state.segments is not None
        profile, cause = rules.profile_of(known), Cause(rulebook.version, now, fact)
        effects = rules.regard(state.segments, state.consequences, known.id, profile, now, cause)
        self._looked_at(customer, effects, rulebook, now)

    def refold(self, customer: Customer, known: Known, rulebook: Rulebook, now: Instant, fact: str | None) -> None:
        """Other facts than before are the customer's, so segments look at all of them anew."""
        rules, state = rulebook.segments, customer.state
        assert rules is not None
        assert state.segments is not None
        was, cause = rules.of(state.segments), Cause(rulebook.version, now, fact)
        effects = rules.refold(
            state.segments, state.consequences, known.id, known.facts, rules.profile_of(known), was, now, cause
        )
        self._looked_at(customer, effects, rulebook, now)

    def _looked_at(self, customer: Customer, effects: Sequence[Effect], rulebook: Rulebook, now: Instant) -> None:
        self._split(customer, effects)
        look_ahead(customer.state, rulebook, tiers_too=False)
        self._keep(customer, customer.state.due_at, rulebook, now)

    def wake(self, customer: Customer, rulebook: Rulebook, now: Instant) -> None:
        """Brings the customer to now, and keeps it with the very moment at which to wake it again."""
        customer.state, effects = advance(customer.state, now, rulebook, now)
        self.time(customer, TIME_PASSED, effects, rulebook.version, now)
        self._keep(customer, customer.state.due_at, rulebook, now)

    def close(self, customer: Customer, rulebook: Rulebook, now: Instant) -> None:
        """Forfeits what the customer holds: what is reserved is released first."""
        state, version = copy_of(customer.state), rulebook.version
        at = max(now, state.clock)
        effects = lapse(state.consequences, FOREVER, at, now, version)
        for effect in effects:
            apply(effect, state.consequences)
        state.celebrations = None
        forfeited = close(state.consequences, at, now, version)
        for effect in forfeited:
            apply(effect, state.consequences)
        effects += forfeited
        look_ahead(state, rulebook, tiers_too=False)
        customer.state = state
        if effects:
            self.time(customer, ACCOUNT_CLOSED, effects, version, now)
        self._keep(customer, FOREVER, rulebook, now)

    def keep(self, customer: Customer, rulebook: Rulebook, now: Instant) -> None:
        """As it is. Whoever was merged into somebody else is not woken any more, and is in no segment."""
        if customer.person is not None and customer.state.segments is not None:
            customer.state = replace(customer.state, segments=SegmentState())
        self._keep(customer, customer.state.due_at if customer.person is None else FOREVER, rulebook, now)

    def time(
        self,
        customer: Customer,
        name: str,
        effects: Sequence[Effect],
        version: str,
        now: Instant,
        is_quiet: bool = False,
    ) -> None:
        """A step without a fact; where nothing followed there is nothing to tell. Of what segments bring about alone their own
        record tells.
        """
        if all(isinstance(effect, SegmentEntered | SegmentLeft) for effect in effects):
            self._split(customer, effects, is_quiet)
            return
        customer.seq += 1
        id, seq = customer.row.id, customer.seq
        happened_at, others = effects[0].effective_at, self._split(customer, effects, is_quiet)
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
        self.moves += self.memberships.save(tx, self.new_id)
        tell(tx, self.notices, self.new_id)
        self.notices.clear()
        tell_opened(tx, self.opened, self.new_id)
        self.opened.clear()

    def _step(self, customer: Customer, fact: Fact, effects: Sequence[Effect], version: str, via: str | None) -> None:
        customer.seq += 1
        customer.facts += 1
        id, seq, happened_at = customer.row.id, customer.seq, fact.happened_at
        is_theirs = fact.source != OURSELVES
        if is_theirs and (happened_at > customer.last_seen_at or customer.facts == 1):
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

    def _split(self, customer: Customer, effects: Sequence[Effect], is_quiet: bool = False) -> bytes:
        """Postings go to the ledger, moves between segments to theirs; what is left, written down, to the journal."""
        id, seq, add = customer.row.id, customer.seq, self.entries.append
        others: list[Effect] = []
        for ordinal, effect in enumerate(effects):
            if isinstance(effect, Posted):
                add(encode_posted(id, seq, ordinal, effect))
                continue
            if isinstance(effect, SegmentEntered | SegmentLeft):
                if customer.is_listed:
                    self.memberships.take(id, effect, is_quiet or effect.because.fact in self.history)
                continue
            others.append(effect)
            if isinstance(effect, ExpiryNoticed) and customer.is_listed:
                self.notices.append(Notice(id, effect))
            if isinstance(effect, Opened) and customer.is_listed:
                self.opened.append((id, effect))
            if isinstance(effect, TierChanged):
                customer.tier_since = effect.effective_at
        return encode_effects(others)

    def _keep(self, customer: Customer, due_at: Instant, rulebook: Rulebook, now: Instant) -> None:
        row, state = customer.row, customer.state
        if rulebook.segments is not None or customer.listed_in:
            self.memberships.keep(row.id, customer.listed_in, _listed_in(customer, rulebook), now, rulebook.version)
            if state.segments is not None and state.segments.forgotten:
                state = replace(state, segments=bounded(state.segments))
        held = state.consequences
        pending = sum([lot.points for lot in held.pending])
        self.customers[row.id] = CustomerRow(
            row.id,
            customer.known,
            encode_state(state),
            state.version,
            customer.seq,
            customer.facts,
            held.outstanding() - pending - held.held_back(),
            pending,
            held.lifetime(),
            held.tier,
            customer.tier_since,
            held.member_since,
            due_at,
            customer.first_seen_at,
            customer.last_seen_at,
            customer.person,
        )


def _seen(facts: Iterable[Fact], seen: list[Fact]) -> Iterator[Fact]:
    """One after the other as they are asked for: how a fact is completed may hang on what those before it came to."""
    for fact in facts:
        seen.append(fact)
        yield fact


def look_again(
    tx: Transaction, journal: Journal, changed: Sequence[Customer], rulebook: Rulebook, now: Instant
) -> None:
    """Segments of those who have other facts than before, which stand on record by now."""
    if rulebook.segments is None:
        return
    about = About(tx.core, [customer.row.id for customer in changed], rulebook)
    for customer in changed:
        journal.refold(customer, about.known(customer.row.id), rulebook, now, None)
    journal.write(tx)
