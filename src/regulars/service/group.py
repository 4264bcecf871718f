"""A group of requests in one transaction: what arrived becomes facts, and facts become points and tiers.

    source keys   what is known already is answered as before; a resend changes nothing
    identities    whose each event is; new people are created
    customers     locked, adopted into the program in force, folded, saved with journal and ledger

Every lock is taken in that order, each kind sorted bytewise. The program in force is read in the same transaction.
"""

import logging
import traceback
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.facts import (
    MEMBER_JOINED,
    ORDER_COMPLETED,
    Behaved,
    Fact,
    Instant,
    MemberJoined,
    OrderCompleted,
    OrderReturned,
    Trust,
)
from regulars.kernel.program import USUAL_KINDS, IdentityKind
from regulars.kernel.rulebook import Rulebook
from regulars.service.folding import Customers, Step, by_customer_of, by_owner_of, portions
from regulars.service.known import Progress, Request, Told, refusal, unknown
from regulars.service.memberships import Move
from regulars.service.merging import lookups
from regulars.service.notes import count_impersonal, note
from regulars.service.orders import Standing
from regulars.service.people import People, Whose, is_settled, keys_of
from regulars.service.returning import told_of
from regulars.service.rulebooks import Rulebooks
from regulars.service.silence import counting, refusing, without_the_silent
from regulars.service.tombstones import without_the_erased, without_words_of_the_erased
from regulars.service.visits import NO_ENRICHMENT, Enrichment, keep_visits, seen_by
from regulars.service.writer import Busy, Moved, Unready
from regulars.store.transaction import Transaction
from regulars.wire.events import Arrival, EventReason, Joined, Ordered, OrderTold, RefusedEvent, Stands, WentBack

MOST_SET_ASIDE: Final = 2_500
"""Refusals of one request that are kept: as many as a batch may have events. A body of nothing but commas has more."""

logger: Final = logging.getLogger("regulars.service")


class NoProgram(Unready):
    """No program is in force, so nothing can be judged."""


class Ingested(Struct, frozen=True):
    """`stored` are new facts, `known` those that had been stored before; `refusals` were found on the way. `moves` are the segments
    that somebody entered or left by it.
    """

    stored: int = 0
    known: int = 0
    refusals: tuple[RefusedEvent, ...] = ()
    moves: tuple[Move, ...] = ()


class IngestGroup:
    """The group that the writer stores: requests that share a transaction."""

    def __init__(self, rulebooks: Rulebooks, new_id: Callable[[], str], enrichment: Enrichment = NO_ENRICHMENT) -> None:
        self._rulebooks = rulebooks
        self._new_id = new_id
        self._enrichment = enrichment

    def size(self, request: Request) -> int:
        return len(request.arrivals) + len(request.refusals) + len(request.impersonal)

    def store(self, tx: Transaction, requests: Sequence[Request]) -> list[Ingested]:
        version = tx.active_version()
        if version is None:
            raise NoProgram
        rulebook = self._rulebooks.now_in_force(version, tx.core)
        if any(one.currency not in (None, rulebook.program.currency.code) for one in requests):
            # Understood under a program that is no longer in force: sent again, it is understood anew.
            raise Busy
        progress = [Progress(request.is_history) for request in requests]
        fresh, standing = unknown(tx, requests, progress)
        fresh = without_the_erased(tx, fresh)
        silent = self._fold(tx, fresh, standing, rulebook) if fresh else ()
        count_impersonal(tx, [*requests, counting(silent)], rulebook.calendar)
        _set_aside(tx, requests, progress, rulebook.program.kinds())
        return [Ingested(one.stored, one.known, tuple(one.refusals), tuple(one.moves)) for one in progress]

    def parts(self, request: Request) -> Sequence[Request]:
        alone = [replace(request, arrivals=[one], refusals=(), warnings=(), impersonal=()) for one in request.arrivals]
        rest = request.refusals or request.warnings or request.impersonal
        return [*alone, replace(request, arrivals=())] if rest else alone

    def whole(self, request: Request, answers: Sequence[Ingested]) -> Ingested:
        refusals = tuple([refusal for one in answers for refusal in one.refusals])
        moves = tuple([move for one in answers for move in one.moves])
        return Ingested(sum([one.stored for one in answers]), sum([one.known for one in answers]), refusals, moves)

    def give_up(self, tx: Transaction, request: Request, error: Exception) -> Ingested:
        frames = "".join(traceback.format_tb(error.__traceback__))
        logger.error("an event could not be kept and is set aside: %s\n%s", type(error).__name__, frames)
        message = "The event could not be kept, which is our fault. It is set aside, so that it can be looked at."
        refusals = [refusal(one, EventReason.FAILED, f"{message} ({type(error).__name__})") for one in request.arrivals]
        latest = self._rulebooks.latest()
        kinds = latest.program.kinds() if latest else USUAL_KINDS
        _set_aside(tx, [request], [Progress(refusals=refusals)], kinds)
        return Ingested(refusals=tuple(refusals))

    def _fold(
        self, tx: Transaction, fresh: Sequence[Told], standing: Standing | None, rulebook: Rulebook
    ) -> Sequence[Step]:
        """Stores what may be stored; what may only be counted is handed back."""
        people, steps = self._people(tx, fresh, rulebook)
        steps, silent = without_the_silent(tx, people, steps)
        customers = Customers(tx, people, rulebook, self._rulebooks, steps, fresh[0].recorded_at)
        customers.journal.history = frozenset([step.fact.id for step in steps if step.told.progress.is_history])
        vouched = {people.root(record) for record in people.vouched}
        for part in portions(steps):
            for merge in part[0].merges:
                customers.merge(merge, part[0].fact.happened_at)
            by_customer, via = by_customer_of(part)
            asked = {step.fact.id: step.told.arrival.deed for step in part}
            for id in sorted(by_customer):
                customer = customers.of(id)
                customer.known = customer.known or id in vouched
                memory = customers.recall(by_customer[id])
                customers.journal.take(customer, told_of(by_customer[id], asked, memory), rulebook, via, memory)
            by_owner = by_owner_of(part)
            for id in sorted(by_owner):
                customers.journal.overhear(customers.of(id), by_owner[id], rulebook)
        customers.save()
        noted = note(tx, [*steps, *refusing(silent)])
        noted |= {record for _, _, record in people.added}
        began = keep_visits(tx, steps, rulebook.program, rulebook.calendar, self._enrichment)
        if began:
            seen = [step for step in steps if step.seen is not None and step.seen.record in began]
            noted |= {id for step in seen for id in (step.whose.customer, step.owner) if id is not None}
        customers.look_again(steps, noted)
        _tell(steps, customers.journal.moves)
        if standing is not None:
            for step in steps:
                if isinstance(step.fact, OrderCompleted):
                    standing.of(step.fact.order_id, step.whose.record)
            standing.save(tx)
        _set_aside_identities(tx, people, fresh[0].recorded_at)
        return silent

    def _people(self, tx: Transaction, fresh: Sequence[Told], rulebook: Rulebook) -> tuple[People, list[Step]]:
        program = rulebook.program
        keys = keys_of([one.arrival for one in fresh])
        links = tx.identities(keys)
        if tx.shared:
            held = sorted([key for key in keys if not is_settled(key[0], links.get(key, ()))])
            if held:
                tx.hold_identities(held)
                links = tx.identities(keys)
                if without_the_erased(tx, list(fresh)) != list(fresh):
                    raise Moved
        at_most = {kind.kind: kind.at_most for kind in program.kinds()}
        people = People(links, program.shared_device, at_most, self._new_id, lookups(tx))
        steps: list[Step] = []
        for one in fresh:
            whose, merges = people.whose(one.arrival)
            seen = seen_by(one.arrival, whose, people)
            owner = people.owner(one.arrival, whose) if rulebook.segments is not None else None
            steps.append(Step(one, whose, _fact(one.arrival, whose, one.recorded_at), merges, seen, owner))
        return people, steps


def _tell(steps: Sequence[Step], moves: Sequence[Move]) -> None:
    """Each request, of what it brought about: its own fact did, or it was the first to look at the customer."""
    by_fact = {step.fact.id: step.told.progress for step in steps}
    by_customer = {id: step.told.progress for step in reversed(steps) for id in (step.owner, step.whose.customer) if id}
    for move in moves:
        progress = by_fact.get(move.fact or "") or by_customer.get(move.customer)
        if progress is not None:
            progress.moves.append(move)


def _set_aside_identities(tx: Transaction, people: People, now: Instant) -> None:
    """Events that were taken without an identity for which there was no more room."""
    reason = EventReason.TOO_MANY_IDENTITIES.value
    rows = [
        (now, one.source, one.position, reason, f"There is no room for another {kind}.", one.message_id, b"")
        for one, kind in people.over
    ]
    if rows:
        tx.add_quarantine(rows)


def _fact(one: Arrival, person: Whose, recorded_at: Instant) -> Fact:
    deed = one.deed
    if isinstance(deed, Ordered):
        return OrderCompleted(
            one.id,
            person.customer,
            one.happened_at,
            recorded_at,
            one.source,
            deed.order_id,
            deed.lines,
            deed.amount_minor,
            deed.bill,
        )
    if isinstance(deed, Joined):
        return MemberJoined(one.id, person.customer, one.happened_at, recorded_at, one.source)
    assert not isinstance(deed, OrderTold), "heard before (service.orders)"
    if isinstance(deed, WentBack | Stands):
        return OrderReturned(
            one.id, person.customer, one.happened_at, recorded_at, one.source, deed.name, deed.order_id, 0, (), 0
        )
    # Whoever is not named by the shop orders and joins in name only: there is no order to count, and none to count twice.
    trust = Trust.WEAK if deed.name in (ORDER_COMPLETED, MEMBER_JOINED) else person.trust
    return Behaved(one.id, person.customer, one.happened_at, recorded_at, one.source, deed.name, deed.properties, trust)


def _set_aside(
    tx: Transaction, requests: Sequence[Request], progress: Sequence[Progress], kinds: Sequence[IdentityKind]
) -> None:
    rows = [
        (request.recorded_at, request.source, one.position, one.reason.value, one.message, one.message_id, one.raw)
        for request, done in zip(requests, progress, strict=True)
        for one in (*request.refusals[:MOST_SET_ASIDE], *request.warnings[:MOST_SET_ASIDE], *done.refusals)
    ]
    if rows:
        tx.add_quarantine(without_words_of_the_erased(tx, rows, kinds))
