"""Spending: points that can be spent go, the earliest expiry first, then the oldest; what was spent can come back.

    reserve   points are held until a moment; what is held does not expire meanwhile
    spend     points go, out of a reservation as far as it goes
    release   what was held is free again, and what of it has expired meanwhile expires at once
    reverse   what was spent comes back to the very lots that it came from, with the expiry that they had

A reservation that has run out is released by time alone. Spending out of it afterwards takes what is there by then. Nobody spends
more than they have: what is not enough is refused whole.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from regulars.kernel.effects import (
    AVAILABLE,
    REDEEM,
    REDEEM_REVERSAL,
    RELEASE,
    RESERVE,
    RESERVED,
    SPENT,
    Account,
    Because,
    Effect,
    Entry,
    Lot,
    Posted,
    Reason,
    Refused,
    ReservationEnded,
    ReservationMade,
)
from regulars.kernel.facts import (
    FOREVER,
    Instant,
    PointsReleased,
    PointsReserved,
    PointsSpent,
    Spending,
    SpendingReversed,
)
from regulars.kernel.recalled import Memory
from regulars.kernel.state import Consequences, Reservation, State

SPENDING: Final = "spending"
MOST_RESERVATIONS: Final = 20
"""Open at one time, of one customer."""


def spend(state: State, fact: Spending, at: Instant, version: str, memory: Memory | None) -> list[Effect]:
    held, because = state.consequences, Because(SPENDING, version, fact.id)
    match fact:
        case PointsReserved():
            return _reserve(held, fact, at, because)
        case PointsSpent():
            return _spend(held, fact, at, because)
        case PointsReleased():
            return _release_asked(held, fact, at, because)
        case SpendingReversed():
            assert memory is not None, "what was spent is recalled"
            return _reverse(fact, at, because, memory)


def can_be_spent(held: Consequences) -> int:
    return sum([lot.points for lot in held.available])


def parts_of(lots: Iterable[Lot], points: int) -> list[Lot]:
    """So many points of these lots, in their order. There are as many."""
    parts: list[Lot] = []
    for lot in lots:
        if not points:
            break
        part = min(lot.points, points)
        parts.append(Lot(lot.id, part, lot.earned_at, lot.active_at, lot.expires_at))
        points -= part
    assert not points, "whoever asks has looked"
    return parts


def lapse(held: Consequences, due: Instant, at: Instant, recorded_at: Instant, version: str) -> list[Effect]:
    """Every reservation that has run out at `due`."""
    because = Because(SPENDING, version)
    effects: list[Effect] = []
    for one in held.reserved:
        if one.until > due:
            break
        effects += _released(one, one.lots, at, recorded_at, because)
    return effects


def next_reservation_due(held: Consequences) -> Instant:
    return held.reserved[0].until if held.reserved else FOREVER


def moved(
    entry: Entry, lot: Lot, source: Account, target: Account, at: Instant, recorded_at: Instant, because: Because
) -> Posted:
    """A part of a lot goes to another account, with all that is known of the lot."""
    dates = lot.active_at, lot.expires_at
    return Posted(entry, lot.id, lot.points, source, target, at, recorded_at, because, *dates, earned_at=lot.earned_at)


def _reserve(held: Consequences, fact: PointsReserved, at: Instant, because: Because) -> list[Effect]:
    told = fact.recorded_at
    if len(held.reserved) >= MOST_RESERVATIONS:
        return [Refused(Reason.TOO_MANY_RESERVATIONS, None, at, told, because)]
    if can_be_spent(held) < fact.points:
        return [Refused(Reason.NOT_ENOUGH_POINTS, None, at, told, because)]
    parts = parts_of(held.available, fact.points)
    made = ReservationMade(fact.id, fact.until, tuple(parts), at, told, because)
    return [made, *[moved(RESERVE, part, AVAILABLE, RESERVED, at, told, because) for part in parts]]


def _spend(held: Consequences, fact: PointsSpent, at: Instant, because: Because) -> list[Effect]:
    told = fact.recorded_at
    reservation = _find(held, fact.reservation) if fact.reservation is not None else None
    lots = reservation.lots if reservation is not None else ()
    reserved = sum([lot.points for lot in lots])
    from_it = min(reserved, fact.points)
    if can_be_spent(held) < fact.points - from_it:
        return [Refused(Reason.NOT_ENOUGH_POINTS, None, at, told, because)]
    spent = parts_of(lots, from_it)
    effects: list[Effect] = [moved(REDEEM, part, RESERVED, SPENT, at, told, because) for part in spent]
    if reservation is not None:
        effects += _released(reservation, _rest(lots, from_it), at, told, because)
    others = parts_of(held.available, fact.points - from_it)
    return effects + [moved(REDEEM, part, AVAILABLE, SPENT, at, told, because) for part in others]


def _release_asked(held: Consequences, fact: PointsReleased, at: Instant, because: Because) -> list[Effect]:
    reservation = _find(held, fact.reservation)
    if reservation is None:
        return [Refused(Reason.UNKNOWN_RESERVATION, None, at, fact.recorded_at, because)]
    return _released(reservation, reservation.lots, at, fact.recorded_at, because)


def _released(
    reservation: Reservation, lots: Sequence[Lot], at: Instant, recorded_at: Instant, because: Because
) -> list[Effect]:
    free: list[Effect] = [moved(RELEASE, lot, RESERVED, AVAILABLE, at, recorded_at, because) for lot in lots]
    return [*free, ReservationEnded(reservation.id, at, recorded_at, because)]


def _reverse(fact: SpendingReversed, at: Instant, because: Because, memory: Memory) -> list[Effect]:
    paid = memory.spending(fact.spending)
    if paid is None or not paid.spent:
        return [Refused(Reason.UNKNOWN_SPENDING, None, at, fact.recorded_at, because)]
    came_back = sum([one.points for one in paid.came_back])
    left = sum([one.points for one in paid.spent]) - came_back
    points = left if fact.points is None else fact.points
    if not 0 < points <= left:
        return [Refused(Reason.REVERSED_ALREADY, None, at, fact.recorded_at, because)]
    # The last to expire went last, and comes back first.
    lots = [_lot_of(one) for one in reversed(paid.spent)]
    back = parts_of(_rest(lots, came_back), points)
    return [moved(REDEEM_REVERSAL, lot, SPENT, AVAILABLE, at, fact.recorded_at, because) for lot in back]


def _lot_of(posted: Posted) -> Lot:
    assert posted.earned_at is not None
    return Lot(posted.lot, posted.points, posted.earned_at, posted.active_at, posted.expires_at)


def _rest(lots: Sequence[Lot], points: int) -> list[Lot]:
    """These lots without the first so many points."""
    rest: list[Lot] = []
    for lot in lots:
        gone = min(lot.points, points)
        points -= gone
        if gone < lot.points:
            rest.append(Lot(lot.id, lot.points - gone, lot.earned_at, lot.active_at, lot.expires_at))
    return rest


def _find(held: Consequences, id: str) -> Reservation | None:
    return next((one for one in held.reserved if one.id == id), None)
