"""Folding a group: the steps of a transaction, and the customers that they touch, locked once and saved once."""

from collections.abc import Collection, Sequence

from msgspec import Struct

from regulars.kernel.facts import FOREVER, Fact, Instant
from regulars.kernel.recalled import Memory, looks_back
from regulars.kernel.rulebook import Rulebook
from regulars.service.histories import About
from regulars.service.known import Told
from regulars.service.merging import BY_IDENTITY, join, rehang, separate
from regulars.service.people import ANONYMOUS_ID, ITSELF, Merge, People, Whose, own_of
from regulars.service.recalling import recalled
from regulars.service.record import Customer, Journal, brought_to
from regulars.service.records import records_in
from regulars.service.rulebooks import Rulebooks
from regulars.service.visits import Seen
from regulars.service.writer import Moved
from regulars.store.transaction import CustomerRow, Transaction


class Step(Struct, frozen=True):
    """One fact of a group, whose it is, which merges come before it, and of whom it is a sight."""

    told: Told
    whose: Whose
    fact: Fact
    merges: Sequence[Merge]
    seen: Seen | None = None
    owner: str | None = None
    """Whose device it was done on without a name."""


class Customers:
    """The customers of a transaction, each brought to the program in force when it is first asked for."""

    def __init__(
        self,
        tx: Transaction,
        people: People,
        rulebook: Rulebook,
        rulebooks: Rulebooks,
        steps: Sequence[Step],
        now: Instant,
    ) -> None:
        """Writes down who is who, creates who is new, and locks whoever is touched."""
        self._tx, self._people, self._rulebook, self._rulebooks, self._now = tx, people, rulebook, rulebooks, now
        self.journal = Journal(people.new_id)
        self._open: dict[str, Customer] = {}
        self._led: dict[str, str] = {}
        """Whose records are now, by the merges so far."""
        self._moved = _owners(people) if rulebook.segments is not None else set()
        """Whose devices may be somebody else's now."""
        ids = sorted({id for step in steps for id in _touched(step)} | people.new | self._moved)
        if people.added:
            tx.add_identities([people.added[key] for key in sorted(people.added)])
        if people.new:
            tx.add_customers([_blank(id, rulebook, now) for id in sorted(people.new)])
        self._rows = tx.lock_customers(ids)
        if tx.shared:
            self._check()

    def of(self, id: str) -> Customer:
        if id not in self._open:
            row = self._rows[id]
            self._open[id] = brought_to(self._tx, row, self._rulebook, self._rulebooks, self.journal, self._now)
        return self._open[id]

    def recall(self, facts: Sequence[Fact]) -> Memory | None:
        """What these facts of one customer need of the past."""
        if not looks_back(facts, self._rulebook):
            return None
        self.journal.write(self._tx)
        return recalled(self._tx.core, self._rulebooks, facts[0].customer, facts)

    def merge(self, merge: Merge, at: Instant) -> None:
        """What an identity brings about."""
        if not merge.moves:
            rehang(self._tx, merge.record, merge.under)
            return
        other = self.of(merge.record)
        into = self.of(merge.customer)
        rulebook, now = self._rulebook, self._now
        if merge.parts:
            self._tx.lead(sorted(self._led.items()))
            separate(self._tx, self.journal, other, into, rulebook, at, now, BY_IDENTITY)
        else:
            join(self._tx, self.journal, other, into, rulebook, at, now, BY_IDENTITY, merge.kind, merge.under)
        home = merge.record if merge.parts else merge.customer
        self._led.update(dict.fromkeys([merge.record, *records_in(self._tx.core, merge.record)], home))
        self._moved |= {merge.customer, merge.record}

    def _check(self) -> None:
        """Nobody else has merged or parted these since we looked."""
        elsewhere = [row for row in self._rows.values() if (row.person or row.id) != self._people.home(row.id)]
        if elsewhere or self._people.has_moved() or self._tx.identities(self._people.links) != self._people.links:
            raise Moved

    def save(self) -> None:
        self.journal.write(self._tx)
        if self._people.led:
            self._tx.lead([(record, self._people.root(record)) for record in sorted(self._people.led)])

    def look_again(self, steps: Sequence[Step], noted: Collection[str]) -> None:
        """Segments, after everything was written down: of whoever has other facts than before, and of whom something else is told
        (`noted` are records).
        """
        rulebook, people = self._rulebook, self._people
        if rulebook.segments is None:
            return
        because = {id: step.fact.id for step in reversed(steps) for id in _touched(step)}
        told = {people.root(record) for record in noted} & self._rows.keys()
        ids = sorted(told | {id for id in self._moved if people.root(id) == id})
        about = About(self._tx.core, ids, rulebook)
        for id in ids:
            customer, known = self.of(id), about.known(id)
            if id in self._moved:
                self.journal.refold(customer, known, rulebook, self._now, because.get(id))
            else:
                self.journal.regard(customer, known, rulebook, self._now, because.get(id))
        if ids:
            self.journal.write(self._tx)


def _touched(step: Step) -> list[str]:
    kept = [step.seen.record] if step.seen is not None else []
    owners = [step.owner] if step.owner is not None else []
    return [
        step.whose.customer,
        *kept,
        *owners,
        *[id for merge in step.merges for id in (merge.record, merge.customer)],
    ]


def _owners(people: People) -> set[str]:
    """Of devices that were claimed anew, and on which something was done without a name: all who ever claimed them, those too whose
    claim counts no more.
    """
    return {
        people.root(link.record)
        for key in people.claimed
        if key[0] == ANONYMOUS_ID and own_of(ANONYMOUS_ID, people.links[key]) is not None
        for link in people.links[key]
        if link.trust != ITSELF
    }


def by_owner_of(steps: Sequence[Step]) -> dict[str, list[Fact]]:
    """What was done without a name, by those on whose devices."""
    found: dict[str, list[Fact]] = {}
    for step in steps:
        if step.owner is not None:
            found.setdefault(step.owner, []).append(step.fact)
    return found


def portions(steps: Sequence[Step]) -> list[list[Step]]:
    """Steps that can be folded customer by customer: a merge stands at the beginning of a portion."""
    portions: list[list[Step]] = []
    for step in steps:
        if step.merges or not portions:
            portions.append([])
        portions[-1].append(step)
    return portions


def by_customer_of(steps: Sequence[Step]) -> tuple[dict[str, list[Fact]], dict[str, str]]:
    """The facts, and by fact the record that it came through where that is another one."""
    by_customer: dict[str, list[Fact]] = {}
    via: dict[str, str] = {}
    for step in steps:
        by_customer.setdefault(step.whose.customer, []).append(step.fact)
        if step.whose.record != step.whose.customer:
            via[step.fact.id] = step.whose.record
    return by_customer, via


def _blank(id: str, rulebook: Rulebook, now: Instant) -> CustomerRow:
    return CustomerRow(id, False, None, rulebook.version, 0, 0, 0, 0, 0, None, None, None, FOREVER, now, now)
