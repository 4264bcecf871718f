"""Points that no rule gives or takes: adjustments by hand, and what one customer gives to another.

What is given by hand is a lot of its own, to be spent at once, which counts for no level. What is taken goes like what is spent,
the earliest expiry first; more than there is, is refused whole. What goes from one customer to another keeps its age and expiry.

Whoever owes points holds none that can be spent: whatever becomes available fills the debt first (`settle`).
"""

from typing import Final

from regulars.kernel.earning import ONE_LOT
from regulars.kernel.effects import (
    ADJUST,
    AVAILABLE,
    DEBT,
    PROGRAM,
    SETTLE,
    TRANSFER_IN,
    TRANSFER_OUT,
    TRANSFERRED,
    Because,
    Effect,
    Lot,
    Reason,
    Refused,
)
from regulars.kernel.expiry import Lifetimes
from regulars.kernel.facts import ByHand, Instant, PointsAdjusted, PointsReceived, PointsSent
from regulars.kernel.spending import can_be_spent, moved, parts_of
from regulars.kernel.state import Consequences, State

ADJUSTMENT: Final = "adjustment"
TRANSFER: Final = "transfer"
DEBT_FILLED: Final = "debt"


def by_hand(state: State, fact: ByHand, at: Instant, version: str, lifetimes: Lifetimes) -> list[Effect]:
    match fact:
        case PointsAdjusted():
            return _adjust(state, fact, at, Because(ADJUSTMENT, version, fact.id), lifetimes)
        case PointsSent():
            return _take(state.consequences, fact, fact.points, at, Because(TRANSFER, version, fact.id))
        case PointsReceived():
            because, told = Because(TRANSFER, version, fact.id), fact.recorded_at
            lots = [Lot(one.lot, one.points, one.earned_at, at, one.expires_at) for one in fact.lots]
            return [moved(TRANSFER_IN, lot, TRANSFERRED, AVAILABLE, at, told, because) for lot in lots]


def settle(held: Consequences, at: Instant, recorded_at: Instant, version: str) -> list[Effect]:
    """Fills what is owed with what is available."""
    because = Because(DEBT_FILLED, version)
    parts = parts_of(held.available, min(held.debt, can_be_spent(held)))
    return [moved(SETTLE, part, AVAILABLE, DEBT, at, recorded_at, because) for part in parts]


def _adjust(state: State, fact: PointsAdjusted, at: Instant, because: Because, lifetimes: Lifetimes) -> list[Effect]:
    if fact.points < 0:
        return _take(state.consequences, fact, -fact.points, at, because)
    expires_at = fact.expires_at
    if expires_at is None:
        expires_at = lifetimes.of(fact.happened_at, state.consequences.tier)[1]
    else:
        expires_at = lifetimes.named(expires_at, at)
    lot = Lot((fact.id, ONE_LOT), fact.points, fact.happened_at, at, expires_at)
    return [moved(ADJUST, lot, PROGRAM, AVAILABLE, at, fact.recorded_at, because)]


def _take(
    held: Consequences, fact: PointsAdjusted | PointsSent, points: int, at: Instant, because: Because
) -> list[Effect]:
    if can_be_spent(held) < points:
        return [Refused(Reason.NOT_ENOUGH_POINTS, None, at, fact.recorded_at, because)]
    entry, target = (ADJUST, PROGRAM) if isinstance(fact, PointsAdjusted) else (TRANSFER_OUT, TRANSFERRED)
    parts = parts_of(held.available, points)
    return [moved(entry, part, AVAILABLE, target, at, fact.recorded_at, because) for part in parts]
