"""What is known of one customer, bounded in size, in two halves.

*Observations* are a fold of facts over the program's watches. *Consequences* are a fold of effects; `apply` alone changes
them. A state belongs to whoever folds: the kernel's public functions copy the one they are given and leave it as it was.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from msgspec import Struct, field

from regulars.kernel.effects import (
    ACTIVATE,
    EARN,
    EXPIRE,
    MERGED,
    PENDING,
    Effect,
    LotId,
    MembershipStarted,
    Merged,
    Posted,
    TierChanged,
)
from regulars.kernel.facts import DAWN, FOREVER, Instant

SCHEMA: Final = 4

Buckets: TypeAlias = dict[int, int]
"""Sums by period: by day on the shop's wall, or by year, as the watch says."""

QUALIFYING_DAYS: Final = 3 * 366
"""How far back qualifying points are kept: longer than any window that a program may name."""


class Lot(Struct, frozen=True, gc=False, array_like=True):
    """What is left of points that one fact earned and that live alike. Expires at an exclusive instant; FOREVER is never."""

    id: LotId
    points: int
    earned_at: Instant
    active_at: Instant
    expires_at: Instant


class Consequences(Struct):
    """`pending` lots by activation, `available` ones by expiry, then the oldest; `issued` and `expired` over all time; `moved`
    is what came from customers who were merged into this one, less what went to another.
    """

    pending: list[Lot] = field(default_factory=list)
    available: list[Lot] = field(default_factory=list)
    issued: int = 0
    expired: int = 0
    qualifying: Buckets = field(default_factory=dict)
    tier: str | None = None
    member_since: Instant | None = None
    moved: int = 0

    def outstanding(self) -> int:
        return self.issued + self.moved - self.expired


class Profile(Struct, frozen=True):
    """What is told of somebody beside what they did, as far as segments ask for it: traits, their visits, kinds of identities, and
    the purposes for which what is known may be used; the last two sorted.
    """

    traits: dict[str, str] = field(default_factory=dict)
    first_visit: dict[str, str] = field(default_factory=dict)
    last_visit: dict[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    allows: tuple[str, ...] = ()


class SegmentState(Struct):
    """What is known of one customer for the segments of a program (`segments.live`). `truths` are bits, empty for whoever was never
    looked at; `memories` and `dues` go by the number of the leaf. `forgotten` are memories too large to be written down.
    """

    clock: Instant = DAWN
    due_at: Instant = FOREVER
    truths: bytes = b""
    memories: dict[int, Any] = field(default_factory=dict)
    dues: dict[int, Instant] = field(default_factory=dict)
    forgotten: list[int] = field(default_factory=list)
    profile: Profile | None = None


class State(Struct):
    """`clock` is the latest moment to which this customer has been brought. `due_at` is a lower bound of `next_due`, and
    `tier_due_at` its part for tiers. `observations` maps a watch's key to its buckets. `segments` is None where the
    program has none.
    """

    version: str
    schema: int = SCHEMA
    clock: Instant = DAWN
    due_at: Instant = FOREVER
    tier_due_at: Instant = FOREVER
    observations: dict[str, Buckets] = field(default_factory=dict)
    consequences: Consequences = field(default_factory=Consequences)
    segments: SegmentState | None = None


def copy_of(state: State) -> State:
    held = state.consequences
    return State(
        state.version,
        state.schema,
        state.clock,
        state.due_at,
        state.tier_due_at,
        {key: dict(buckets) for key, buckets in state.observations.items()},
        Consequences(
            list(held.pending),
            list(held.available),
            held.issued,
            held.expired,
            dict(held.qualifying),
            held.tier,
            held.member_since,
            held.moved,
        ),
        _segments_copied(state.segments) if state.segments is not None else None,
    )


def _segments_copied(state: SegmentState) -> SegmentState:
    """Memories are never written on."""
    return SegmentState(
        state.clock,
        state.due_at,
        state.truths,
        dict(state.memories),
        dict(state.dues),
        state.forgotten,
        state.profile,
    )


def apply(effect: Effect, held: Consequences) -> None:
    if isinstance(effect, Posted):
        if effect.entry is EARN:
            _earn(effect, held)
        elif effect.entry is ACTIVATE:
            _insert_available(held.available, _taken(held.pending, effect.lot))
        elif effect.entry is EXPIRE:
            _taken(held.available, effect.lot)
            held.expired += effect.points
        else:
            _move(effect, held)
    elif isinstance(effect, TierChanged):
        held.tier = effect.after
    elif isinstance(effect, MembershipStarted):
        held.member_since = effect.since
    elif isinstance(effect, Merged):
        _bring(effect, held)


def rebuilt(effects: Iterable[Effect]) -> Consequences:
    """The consequences of these effects alone."""
    consequences = Consequences()
    for effect in effects:
        apply(effect, consequences)
    return consequences


def drop_before(buckets: Buckets, first: int) -> None:
    for period in [period for period in buckets if period < first]:
        del buckets[period]


def sum_between(buckets: Buckets, first: int, last: int) -> int:
    """The sum of the buckets from `first` to `last`, both included."""
    return sum([amount for period, amount in buckets.items() if first <= period <= last])


def _earn(effect: Posted, held: Consequences) -> None:
    points, day = effect.points, effect.qualifies_on
    earned_at = effect.effective_at if effect.earned_at is None else effect.earned_at
    lot = Lot(effect.lot, points, earned_at, effect.active_at, effect.expires_at)
    held.issued += points
    if effect.target is PENDING:
        _insert_pending(held.pending, lot)
    else:
        _insert_available(held.available, lot)
    if day is not None:
        qualifying = held.qualifying
        qualifying[day] = qualifying.get(day, 0) + points
        # Buckets stand roughly by day, so that the first one tells when there is something to drop.
        if day - next(iter(qualifying)) > QUALIFYING_DAYS:
            drop_before(qualifying, max(qualifying) - QUALIFYING_DAYS)


def _move(effect: Posted, held: Consequences) -> None:
    """A lot that comes from another customer, or goes to one."""
    if effect.source is not MERGED:
        _taken(held.pending if effect.source is PENDING else held.available, effect.lot)
        held.moved -= effect.points
        return
    assert effect.earned_at is not None
    lot = Lot(effect.lot, effect.points, effect.earned_at, effect.active_at, effect.expires_at)
    (_insert_pending if effect.target is PENDING else _insert_available)(
        held.pending if effect.target is PENDING else held.available, lot
    )
    held.moved += effect.points


def _bring(effect: Merged, held: Consequences) -> None:
    if effect.came is None:
        return
    held.member_since = effect.member_since
    qualifying = dict(held.qualifying)
    for day, points in effect.qualifying:
        qualifying[day] = qualifying.get(day, 0) + points
    held.qualifying = {day: qualifying[day] for day in sorted(qualifying) if qualifying[day]}


def _insert_pending(lots: list[Lot], lot: Lot) -> None:
    if not lots or (
        lots[-1].active_at <= lot.active_at and (lots[-1].earned_at < lot.earned_at or _is_next(lot, lots[-1]))
    ):
        lots.append(lot)
    else:
        _insert(lots, lot, _by_activation)


def _insert_available(lots: list[Lot], lot: Lot) -> None:
    if not lots or (
        lots[-1].expires_at <= lot.expires_at and (lots[-1].earned_at < lot.earned_at or _is_next(lot, lots[-1]))
    ):
        lots.append(lot)
    else:
        _insert(lots, lot, _by_expiry)


def _insert(lots: list[Lot], lot: Lot, order: Callable[[Lot], tuple[Instant, Instant, LotId]]) -> None:
    """In its place; a lot that is there already grows, since several rules may give for one fact."""
    place = len(lots) if lots[-1].id == lot.id else bisect_right(lots, order(lot), key=order)
    held = lots[place - 1] if place else None
    if held is not None and held.id == lot.id:
        lots[place - 1] = Lot(held.id, held.points + lot.points, held.earned_at, held.active_at, held.expires_at)
    else:
        lots.insert(place, lot)


def _is_next(lot: Lot, other: Lot) -> bool:
    """Whether it was earned at the same moment and stands after the other by its id."""
    return lot.earned_at == other.earned_at and lot.id > other.id


def _by_activation(lot: Lot) -> tuple[Instant, Instant, LotId]:
    return lot.active_at, lot.earned_at, lot.id


def _by_expiry(lot: Lot) -> tuple[Instant, Instant, LotId]:
    return lot.expires_at, lot.earned_at, lot.id


def _taken(lots: list[Lot], lot_id: LotId) -> Lot:
    place = 0 if lots[0].id == lot_id else [lot.id for lot in lots].index(lot_id)
    return lots.pop(place)
