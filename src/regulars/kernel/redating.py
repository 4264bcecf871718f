"""Lots get other dates: a pause moves their ends, the shop extends them, an order is fulfilled before its hold is over.

The ledger only grows: each lot leaves with its old dates and comes back with its new ones, so that whatever is summed by dates adds
up. What is held for somebody who is buying gets its new end as well.
"""

from collections.abc import Callable

from msgspec.structs import replace

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
    Posted,
    ReservationEnded,
    ReservationMade,
)
from regulars.kernel.facts import FOREVER, ExpiryExtended, Instant, SpendingReversed
from regulars.kernel.pauses import PAUSE, Stopped, moved_end, unmoved_end
from regulars.kernel.recalled import Memory
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.spending import moved
from regulars.kernel.state import Consequences, State

EXTENSION = "extension"
FULFILMENT = "fulfilment"
SPARED = "spared"
"""Stand where a rule's id does."""


def extend(state: State, fact: ExpiryExtended, at: Instant, program: Rulebook) -> list[Effect]:
    """Whatever ends before `until` ends then. What never ends, or ends later, stays; what has ended is gone."""
    because, until = Because(EXTENSION, program.version, fact.id), program.earning.lifetimes.named(fact.until, at)

    def end_of(lot: Lot) -> Instant:
        return max(lot.expires_at, until)

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


def spare(held: Consequences, due: Instant, at: Instant, recorded_at: Instant, version: str) -> list[Effect]:
    """What would expire at `due` never does: its owner is one of those whose points time alone does not end."""
    effects: list[Effect] = []
    for lot in held.available:
        if lot.expires_at > due:
            break
        then = Lot(lot.id, lot.points, lot.earned_at, lot.active_at, FOREVER)
        effects += _redated(lot, then, AVAILABLE, at, recorded_at, Because(SPARED, version))
    return effects


def taken_over(state: State, old: Rulebook, new: Rulebook, recorded_at: Instant) -> list[Effect]:
    """The ends under the pauses of a new program. The days on which clocks stood still before today stay what they were, whether it
    names them still or not.
    """
    if old.stopped == new.stopped:
        return []

    def end_of(lot: Lot) -> Instant:
        return _under(new, old, lot.earned_at, lot.expires_at, recorded_at)

    return _with_ends(state.consequences, end_of, state.clock, recorded_at, Because(PAUSE, new.version))


def come_back(effects: list[Effect], fact: SpendingReversed, program: Rulebook, memory: Memory) -> list[Effect]:
    """What was spent under a program with other pauses comes back with the end that it would have had by now."""
    paid = memory.spending(fact.spending)
    spent = {one.lot: one.because.version for one in paid.spent} if paid is not None else {}
    found: list[Effect] = []
    for effect in effects:
        if (
            isinstance(effect, Posted)
            and effect.lot in spent
            and effect.earned_at is not None
            and effect.expires_at < FOREVER
        ):
            old = memory.rules(spent[effect.lot])
            if old.stopped != program.stopped:
                end = _under(program, old, effect.earned_at, effect.expires_at, fact.recorded_at)
                effect = replace(effect, expires_at=end)
        found.append(effect)
    return found


def _under(new: Rulebook, old: Rulebook, earned_at: Instant, end: Instant, recorded_at: Instant) -> Instant:
    before = old.stopped or NOT_STOPPED
    after = (new.stopped or NOT_STOPPED).joined(old.stopped, new.calendar.day_of(recorded_at))
    return moved_end(after, earned_at, unmoved_end(before, earned_at, end, new.calendar), new.calendar)


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
