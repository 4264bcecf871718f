"""Lots get other dates: a pause moves their ends, the shop extends them, an order is fulfilled before its hold is over.

The ledger only grows: each lot leaves with its old dates and comes back with its new ones, so that whatever is summed by dates adds
up. What is held for somebody who is buying gets its new end as well.
"""

from collections.abc import Callable

from regulars.kernel.effects import (
    AVAILABLE,
    PENDING,
    REDATE,
    REDATED,
    RESERVED,
    Account,
    Because,
    Effect,
    Lot,
    ReservationEnded,
    ReservationMade,
)
from regulars.kernel.facts import FOREVER, ExpiryExtended, Instant
from regulars.kernel.pauses import PAUSE, Stopped, moved_end, unmoved_end
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.spending import moved
from regulars.kernel.state import Consequences, State

EXTENSION = "extension"
FULFILMENT = "fulfilment"


def extend(state: State, fact: ExpiryExtended, at: Instant, version: str) -> list[Effect]:
    """Whatever ends before `until` ends then. What never ends, or ends later, stays; what has ended is gone."""
    because = Because(EXTENSION, version, fact.id)

    def end_of(lot: Lot) -> Instant:
        return max(lot.expires_at, fact.until)

    return _with_ends(state.consequences, end_of, at, fact.recorded_at, because)


def fulfil(state: State, lot_fact: str, at: Instant, recorded_at: Instant, because: Because) -> list[Effect]:
    """What the fact `lot_fact` earned need not be pending any longer: it becomes available as soon as time is looked at."""
    effects: list[Effect] = []
    for lot in state.consequences.pending:
        if lot.id[0] == lot_fact and lot.active_at > at:
            effects += _redated(
                lot, Lot(lot.id, lot.points, lot.earned_at, at, lot.expires_at), PENDING, at, recorded_at, because
            )
    return effects


def taken_over(state: State, old: Rulebook, new: Rulebook, recorded_at: Instant) -> list[Effect]:
    """The ends under the pauses of a new program. The days on which clocks stood still before today stay what they were, whether it
    names them still or not.
    """
    if old.stopped == new.stopped:
        return []
    calendar, today = new.calendar, new.calendar.day_of(recorded_at)
    before, after = old.stopped or NOT_STOPPED, (new.stopped or NOT_STOPPED).joined(old.stopped, today)

    def end_of(lot: Lot) -> Instant:
        nominal = unmoved_end(before, lot.earned_at, lot.expires_at, calendar)
        return moved_end(after, lot.earned_at, nominal, calendar)

    return _with_ends(state.consequences, end_of, state.clock, recorded_at, Because(PAUSE, new.version))


NOT_STOPPED = Stopped(())


def _with_ends(
    held: Consequences, end_of: Callable[[Lot], Instant], at: Instant, recorded_at: Instant, because: Because
) -> list[Effect]:
    effects: list[Effect] = []
    for lots, account in ((held.pending, PENDING), (held.available, AVAILABLE)):
        for lot in lots:
            effects += _redated(lot, _ending(lot, end_of), account, at, recorded_at, because)
    for one in held.reserved:
        later = tuple([_ending(lot, end_of) for lot in one.lots])
        if later == one.lots:
            continue
        for lot, then in zip(one.lots, later, strict=True):
            effects += _redated(lot, then, RESERVED, at, recorded_at, because)
        effects.append(ReservationEnded(one.id, at, recorded_at, because))
        effects.append(ReservationMade(one.id, one.until, later, at, recorded_at, because))
    return effects


def _ending(lot: Lot, end_of: Callable[[Lot], Instant]) -> Lot:
    if lot.expires_at >= FOREVER:
        return lot
    return Lot(lot.id, lot.points, lot.earned_at, lot.active_at, end_of(lot))


def _redated(
    lot: Lot, then: Lot, account: Account, at: Instant, recorded_at: Instant, because: Because
) -> list[Effect]:
    if then == lot:
        return []
    return [
        moved(REDATE, lot, account, REDATED, at, recorded_at, because),
        moved(REDATE, then, REDATED, account, at, recorded_at, because),
    ]
