"""A group of requests in one transaction: what arrived becomes facts, and facts become points and tiers.

    source keys   what is known already is answered as before; a resend changes nothing
    identities    whose each event is; new people are created
    customers     locked, adopted into the program in force, folded, saved with journal and ledger

Every lock is taken in that order, each kind sorted bytewise. The program in force is read in the same transaction.
"""

import logging
import traceback
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct, field

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
from regulars.service.people import People, Person, keys_of
from regulars.service.record import Journal, brought_to, locked
from regulars.service.rulebooks import Rulebooks
from regulars.service.writer import Moved, Unready
from regulars.store.transaction import CustomerRow, IdentityKey, Linked, Transaction
from regulars.wire.events import Arrival, EventReason, Joined, Ordered, RefusedEvent
from regulars.wire.history import fact_id

MOST_RAW_BYTES: Final = 32 << 10
MOST_SET_ASIDE: Final = 2_500
"""Refusals of one request that are kept: as many as a batch may have events. A body of nothing but commas has more."""

logger: Final = logging.getLogger("regulars.service")


class NoProgram(Unready):
    """No program is in force, so nothing can be judged."""


class Request(Struct, frozen=True):
    """What one caller hands in. `source` says who spoke; `recorded_at` is when we were told."""

    arrivals: Sequence[Arrival]
    refusals: Sequence[RefusedEvent]
    source: str
    recorded_at: Instant


class Ingested(Struct, frozen=True):
    """`stored` are new facts, `known` those that had been stored before; `refusals` were found on the way."""

    stored: int = 0
    known: int = 0
    refusals: tuple[RefusedEvent, ...] = ()


class _Progress(Struct):
    stored: int = 0
    known: int = 0
    refusals: list[RefusedEvent] = field(default_factory=list)


class _Fresh(Struct, frozen=True, gc=False):
    """An arrival that nobody knew."""

    arrival: Arrival
    request: Request


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
        progress = [_Progress() for _ in requests]
        fresh = _unknown(tx, requests, progress)
        if fresh:
            self._fold(tx, fresh, rulebook)
        _set_aside(tx, requests, progress)
        return [Ingested(one.stored, one.known, tuple(one.refusals)) for one in progress]

    def parts(self, request: Request) -> Sequence[Request]:
        alone = [Request([one], (), request.source, request.recorded_at) for one in request.arrivals]
        return (
            [*alone, Request((), request.refusals, request.source, request.recorded_at)] if request.refusals else alone
        )

    def whole(self, request: Request, answers: Sequence[Ingested]) -> Ingested:
        refusals = tuple([refusal for one in answers for refusal in one.refusals])
        return Ingested(sum([one.stored for one in answers]), sum([one.known for one in answers]), refusals)

    def give_up(self, tx: Transaction, request: Request, error: Exception) -> Ingested:
        frames = "".join(traceback.format_tb(error.__traceback__))
        logger.error("an event could not be kept and is set aside: %s\n%s", type(error).__name__, frames)
        message = "The event could not be kept, which is our fault. It is set aside, so that it can be looked at."
        refusals = [
            _refusal(one, EventReason.FAILED, f"{message} ({type(error).__name__})") for one in request.arrivals
        ]
        _set_aside(tx, [request], [_Progress(refusals=refusals)])
        return Ingested(refusals=tuple(refusals))

    def _fold(self, tx: Transaction, fresh: Sequence[_Fresh], rulebook: Rulebook) -> None:
        people, by_customer = self._people(tx, fresh)
        ids = sorted(by_customer)
        _create(tx, people, rulebook, fresh[0].request.recorded_at)
        rows = locked(tx, ids, rulebook)
        if tx.shared and _moved(tx, people):
            raise Moved
        journal = Journal()
        for id in ids:
            facts = by_customer[id]
            customer = brought_to(tx, rows[id], rulebook, self._rulebooks, journal, facts[0].recorded_at)
            customer.known = customer.known or id in people.vouched
            journal.take(customer, facts, rulebook)
        journal.save(tx)

    def _people(self, tx: Transaction, fresh: Sequence[_Fresh]) -> tuple[People, dict[str, list[Fact]]]:
        found = tx.identities(keys_of([one.arrival for one in fresh]))
        people = People(found, self._new_id, fresh[0].request.recorded_at)
        by_customer: dict[str, list[Fact]] = {}
        for one in fresh:
            person = people.person(one.arrival)
            fact = _fact(one.arrival, person, one.request.recorded_at)
            by_customer.setdefault(person.customer, []).append(fact)
        return people, by_customer


def _unknown(tx: Transaction, requests: Sequence[Request], progress: Sequence[_Progress]) -> list[_Fresh]:
    """Those that nobody knew, in order; of two that are the same the first."""
    told = [[_Told.of(one) for one in request.arrivals] for request in requests]
    rows: dict[str, tuple[str, str, bytes]] = {}
    for one in [one for of_request in told for one in of_request]:
        rows.setdefault(one.arrival.id, (one.arrival.id, one.arrival.id, one.arrival.content))
        if one.order_key is not None:
            rows.setdefault(one.order_key, (one.order_key, one.arrival.id, one.order_content))
    if not rows:
        return []
    known = tx.claim([rows[key] for key in sorted(rows)])
    first_words = {key: content for key, (_, _, content) in rows.items()}
    first_words.update({key: content for key, (_, content) in known.items()})
    taken, fresh = set(known), []
    for request, done, of_request in zip(requests, progress, told, strict=True):
        for one in of_request:
            if (refusal := one.contradiction(taken, first_words)) is not None:
                done.refusals.append(refusal)
            if one.arrival.id in taken or one.order_key in taken:
                done.known += 1
            else:
                done.stored += 1
                fresh.append(_Fresh(one.arrival, request))
            taken.add(one.arrival.id)
            if one.order_key is not None:
                taken.add(one.order_key)
    return fresh


class _Told(Struct, frozen=True, gc=False):
    """An arrival with its source keys: the message, and the order if it is one."""

    arrival: Arrival
    order_key: str | None
    order_content: bytes

    @staticmethod
    def of(one: Arrival) -> "_Told":
        if not isinstance(one.deed, Ordered):
            return _Told(one, None, b"")
        content = f"{one.user_id}\0{one.deed.amount_minor}".encode()
        return _Told(one, order_key(one.deed.order_id), blake2b(content, digest_size=16).digest())

    def contradiction(self, taken: set[str], first_words: dict[str, bytes]) -> RefusedEvent | None:
        """A known id that says something else now: the first word stands, and the shop is told."""
        one = self.arrival
        if one.id in taken:
            if first_words[one.id] != one.content:
                message = "An earlier event bears this `messageId` and says something else. The first word stands."
                return _refusal(one, EventReason.MESSAGE_ID_REUSED, message)
        elif self.order_key in taken and first_words[self.order_key] != self.order_content:
            message = "An earlier event bears this order id, with another customer or amount. The first word stands."
            return _refusal(one, EventReason.ORDER_REUSED, message)
        return None


def order_key(order_id: str) -> str:
    """The second source key of an order: it is the same order whoever tells it, and under whatever message id."""
    return fact_id("order", order_id)


def _create(tx: Transaction, people: People, rulebook: Rulebook, now: Instant) -> None:
    if people.added:
        tx.add_identities([people.added[key] for key in sorted(people.added)])
    if people.changed:
        tx.link([people.changed[key] for key in sorted(people.changed)])
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


def _set_aside(tx: Transaction, requests: Sequence[Request], progress: Sequence[_Progress]) -> None:
    rows = [
        (request.recorded_at, request.source, one.position, one.reason.value, one.message, one.message_id, one.raw)
        for request, done in zip(requests, progress, strict=True)
        for one in (*request.refusals[:MOST_SET_ASIDE], *done.refusals)
    ]
    if rows:
        tx.add_quarantine(rows)


def _refusal(one: Arrival, reason: EventReason, message: str) -> RefusedEvent:
    return RefusedEvent(one.position, reason, message, one.message_id, _raw(one))


def _raw(one: Arrival) -> bytes:
    """What we understood of it: how it came is no longer at hand."""
    return msgspec.json.encode(one)[:MOST_RAW_BYTES]
