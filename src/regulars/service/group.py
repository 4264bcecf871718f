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
    FOREVER,
    MEMBER_JOINED,
    ORDER_COMPLETED,
    Behaved,
    Fact,
    Instant,
    MemberJoined,
    OrderCompleted,
    Trust,
)
from regulars.kernel.rulebook import Rulebook
from regulars.service.known import Progress, Request, Told, refusal, unknown
from regulars.service.people import People, Person, keys_of
from regulars.service.record import Journal, brought_to
from regulars.service.rulebooks import Rulebooks
from regulars.service.writer import Busy, Moved, Unready
from regulars.store.transaction import CustomerRow, IdentityKey, Linked, Transaction
from regulars.wire.events import Arrival, EventReason, Joined, Ordered, RefusedEvent

MOST_SET_ASIDE: Final = 2_500
"""Refusals of one request that are kept: as many as a batch may have events. A body of nothing but commas has more."""

logger: Final = logging.getLogger("regulars.service")


class NoProgram(Unready):
    """No program is in force, so nothing can be judged."""


class Ingested(Struct, frozen=True):
    """`stored` are new facts, `known` those that had been stored before; `refusals` were found on the way."""

    stored: int = 0
    known: int = 0
    refusals: tuple[RefusedEvent, ...] = ()


class IngestGroup:
    """The group that the writer stores: requests that share a transaction."""

    def __init__(self, rulebooks: Rulebooks, new_id: Callable[[], str]) -> None:
        self._rulebooks = rulebooks
        self._new_id = new_id

    def size(self, request: Request) -> int:
        return len(request.arrivals) + len(request.refusals)

    def store(self, tx: Transaction, requests: Sequence[Request]) -> list[Ingested]:
        version = tx.active_version()
        if version is None:
            raise NoProgram
        rulebook = self._rulebooks.now_in_force(version, tx.core)
        if any(one.currency not in (None, rulebook.program.currency.code) for one in requests):
            # Understood under a program that is no longer in force: sent again, it is understood anew.
            raise Busy
        progress = [Progress() for _ in requests]
        fresh = unknown(tx, requests, progress)
        if fresh:
            self._fold(tx, fresh, rulebook)
        _set_aside(tx, requests, progress)
        return [Ingested(one.stored, one.known, tuple(one.refusals)) for one in progress]

    def parts(self, request: Request) -> Sequence[Request]:
        alone = [replace(request, arrivals=[one], refusals=()) for one in request.arrivals]
        return [*alone, replace(request, arrivals=())] if request.refusals else alone

    def whole(self, request: Request, answers: Sequence[Ingested]) -> Ingested:
        refusals = tuple([refusal for one in answers for refusal in one.refusals])
        return Ingested(sum([one.stored for one in answers]), sum([one.known for one in answers]), refusals)

    def give_up(self, tx: Transaction, request: Request, error: Exception) -> Ingested:
        frames = "".join(traceback.format_tb(error.__traceback__))
        logger.error("an event could not be kept and is set aside: %s\n%s", type(error).__name__, frames)
        message = "The event could not be kept, which is our fault. It is set aside, so that it can be looked at."
        refusals = [refusal(one, EventReason.FAILED, f"{message} ({type(error).__name__})") for one in request.arrivals]
        _set_aside(tx, [request], [Progress(refusals=refusals)])
        return Ingested(refusals=tuple(refusals))

    def _fold(self, tx: Transaction, fresh: Sequence[Told], rulebook: Rulebook) -> None:
        people, by_customer = self._people(tx, fresh)
        ids = sorted(by_customer)
        _create(tx, people, rulebook, fresh[0].recorded_at)
        rows = tx.lock_customers(ids)
        if tx.shared and _moved(tx, people):
            raise Moved
        journal = Journal()
        for id in ids:
            facts = by_customer[id]
            customer = brought_to(tx, rows[id], rulebook, self._rulebooks, journal, facts[0].recorded_at)
            customer.known = customer.known or id in people.vouched
            journal.take(customer, facts, rulebook)
        journal.save(tx)

    def _people(self, tx: Transaction, fresh: Sequence[Told]) -> tuple[People, dict[str, list[Fact]]]:
        found = tx.identities(keys_of([one.arrival for one in fresh]))
        people = People(found, dict(found), self._new_id, fresh[0].recorded_at)
        by_customer: dict[str, list[Fact]] = {}
        for one in fresh:
            person = people.person(one.arrival)
            fact = _fact(one.arrival, person, one.recorded_at)
            by_customer.setdefault(person.customer, []).append(fact)
        return people, by_customer


def _create(tx: Transaction, people: People, rulebook: Rulebook, now: Instant) -> None:
    if people.added:
        tx.add_identities([people.added[key] for key in sorted(people.added)])
    if people.changed:
        keys = sorted(people.changed)
        if tx.lock_identities(keys) != {key: people.found[key] for key in keys}:
            raise Moved
        tx.link([people.changed[key] for key in keys])
    if people.new:
        tx.add_customers([_blank(id, rulebook, now) for id in sorted(people.new)])


def _blank(id: str, rulebook: Rulebook, now: Instant) -> CustomerRow:
    return CustomerRow(id, False, None, rulebook.version, 0, 0, 0, 0, 0, None, None, None, FOREVER, now, now)


def _moved(tx: Transaction, people: People) -> bool:
    """Whether an identity points elsewhere than we think."""
    links: dict[IdentityKey, Linked] = tx.identities(people.links)
    return links != people.links


def _fact(one: Arrival, person: Person, recorded_at: Instant) -> Fact:
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
        )
    if isinstance(deed, Joined):
        return MemberJoined(one.id, person.customer, one.happened_at, recorded_at, one.source)
    # Whoever is not named by the shop orders and joins in name only: there is no order to count, and none to count twice.
    trust = Trust.WEAK if deed.name in (ORDER_COMPLETED, MEMBER_JOINED) else person.trust
    return Behaved(one.id, person.customer, one.happened_at, recorded_at, one.source, deed.name, deed.properties, trust)


def _set_aside(tx: Transaction, requests: Sequence[Request], progress: Sequence[Progress]) -> None:
    rows = [
        (request.recorded_at, request.source, one.position, one.reason.value, one.message, one.message_id, one.raw)
        for request, done in zip(requests, progress, strict=True)
        for one in (*request.refusals[:MOST_SET_ASIDE], *done.refusals)
    ]
    if rows:
        tx.add_quarantine(rows)
