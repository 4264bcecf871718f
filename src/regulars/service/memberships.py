"""Who is in which segment, on record: rows for those who are listed, every entering and leaving with its because, and who is told.

A state says who is in which segment (`kernel.segments.live`); this keeps the rows equal to it. Whoever is not listed (a visitor
without a name, an account that was merged into another) has none. What no effect tells of, as where a visitor gets a name, is
written down all the same, so that entering and leaving always add up to who is in.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from msgspec import Struct, field
from sqlalchemy import delete, select, update

from regulars.kernel.effects import SegmentEntered, SegmentLeft
from regulars.kernel.facts import Instant
from regulars.kernel.state import Profile, SegmentState
from regulars.service.people import USER_ID
from regulars.service.telling import Message, enqueue, is_anybody_listening
from regulars.store.schema import customers, identities, memberships, outbox, segment_drifts, segment_moves
from regulars.store.transaction import MoveRow, Transaction
from regulars.wire.records import decode_state, encode_state

ENTERED: Final = "segment.entered"
LEFT: Final = "segment.left"
LISTED: Final = "They are listed from now on."
NOT_LISTED: Final = "They are not listed any more: erased, or merged into another account."


class Move(Struct, frozen=True):
    """Somebody entered or left a segment. `fact` is None where no fact brought it about. Of a quiet one nobody is told."""

    segment: str
    customer: str
    at: Instant
    entered: bool
    fact: str | None
    version: str
    why: str
    is_quiet: bool


class Rows(Struct):
    """Of a transaction: the moves of everybody, and whose rows may have to change."""

    moves: list[Move] = field(default_factory=list)
    _sets: dict[str, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)
    """By customer: the segments by their rows, and those by their state."""
    _now: Instant = 0
    _version: str = ""

    def take(self, customer: str, effect: SegmentEntered | SegmentLeft, is_quiet: bool) -> None:
        because = effect.because
        entered = isinstance(effect, SegmentEntered)
        move = (effect.segment, customer, effect.effective_at, entered, because.fact, because.version, effect.why)
        self.moves.append(Move(*move, is_quiet))

    def keep(self, customer: str, were: frozenset[str], are: frozenset[str], now: Instant, version: str) -> None:
        """`were` are those by the rows as they were read."""
        before = self._sets.get(customer, (were, were))[0]
        self._sets[customer] = before, are
        self._now, self._version = max(now, self._now), version

    def save(self, tx: Transaction, new_id: Callable[[], str]) -> list[Move]:
        """All moves, in the order of customers."""
        if not self.moves and all(before == after for before, after in self._sets.values()):
            return []
        by_customer: dict[str, list[Move]] = {}
        for move in self.moves:
            by_customer.setdefault(move.customer, []).append(move)
        moves, gone, come = [], [], []
        for customer in sorted(self._sets):
            before, after = self._sets[customer]
            own = _way(customer, before, after, by_customer.get(customer, []), self._now, self._version)
            since = {move.segment: move.at for move in own if move.entered}
            gone += [(id, customer) for id in sorted(before - after)]
            come += [(id, customer, since[id]) for id in sorted(after - before)]
            moves += own
            self._sets[customer] = after, after
        self.moves = []
        if gone:
            tx.drop_memberships(gone)
        if come:
            tx.add_memberships(come)
        if moves:
            tx.add_segment_moves([_row(move, self._now) for move in moves])
        _tell(tx, [move for move in moves if not move.is_quiet], self._now, new_id)
        return moves


def _way(
    customer: str,
    before: frozenset[str],
    after: frozenset[str],
    told: Sequence[Move],
    now: Instant,
    version: str,
) -> list[Move]:
    """From `before` to `after`: what effects tell of, and the rest, of which none does. Whoever gets a name by the very fact
    by which they leave a segment was never listed there, so of that nothing is told.
    """
    found, way = set(before), []
    for move in told:
        if (move.segment in found) is not move.entered:
            (found.add if move.entered else found.remove)(move.segment)
            way.append(move)
    return way + [
        Move(id, customer, now, id in after, None, version, LISTED if id in after else NOT_LISTED, True)
        for id in sorted(found ^ after)
    ]


def _row(move: Move, now: Instant) -> MoveRow:
    return (
        move.segment,
        move.customer,
        move.at,
        now,
        move.entered,
        move.fact,
        move.version,
        move.why,
        move.is_quiet,
    )


def _tell(tx: Transaction, moves: Sequence[Move], now: Instant, new_id: Callable[[], str]) -> None:
    if not moves or not is_anybody_listening(tx, (ENTERED, LEFT)):
        return
    names = names_of(tx, {move.customer for move in moves})
    enqueue(tx, [_message(move, names.get(move.customer)) for move in moves], now, new_id)


def forget_memberships(tx: Transaction, records: Sequence[str]) -> None:
    """Of somebody who was erased: neither where they were, nor what was remembered of them for it, nor what was to be told of it or
    was told within the last days.
    """
    for table in (memberships, segment_moves, segment_drifts, outbox):
        tx.core.execute(delete(table).where(table.c.customer.in_(records)))
    columns = customers.c
    asked = select(columns.id, columns.state).where(columns.id.in_(records), columns.state.is_not(None))
    for id, written in tx.core.execute(asked).all():
        state = decode_state(written)
        if state.segments is not None:
            state.segments = SegmentState(profile=Profile())
            tx.core.execute(update(customers).where(columns.id == id).values(state=encode_state(state)))


def names_of(tx: Transaction, ids: Collection[str]) -> dict[str, str]:
    """The shop's own id of each customer who has one; of several the first."""
    columns = identities.c
    asked = select(columns.customer, columns.value).where(columns.customer.in_(sorted(ids)), columns.kind == USER_ID)
    return dict(sorted([(row.customer, row.value) for row in tx.core.execute(asked)], reverse=True))


def _message(move: Move, name: str | None) -> Message:
    said = {"segment": move.segment, "customer_id": move.customer, "user_id": name, "because": move.why}
    return Message(ENTERED if move.entered else LEFT, {**said, "fact_id": move.fact}, move.at, move.customer)
