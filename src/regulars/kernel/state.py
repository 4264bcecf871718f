"""What is known of one customer, bounded in size, in two halves.

*Observations* are a fold of facts over the program's watches. *Consequences* are a fold of effects; `apply` alone changes
them. A state belongs to whoever folds: the kernel's public functions copy the one they are given and leave it as it was.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from regulars.kernel.effects import (
    ACTIVATE,
    ADJUST,
    AVAILABLE,
    DEBT,
    EARN,
    EARN_REVERSAL,
    EXPIRE,
    MERGE,
    MERGED,
    PENDING,
    PROGRAM,
    REDEEM,
    REDEEM_REVERSAL,
    TRANSFER_IN,
    TRANSFER_OUT,
    WELCOME,
    Assigned,
    Counted,
    Effect,
    LevelEarned,
    LevelEnding,
    LevelGiven,
    LevelKept,
    Lot,
    LotId,
    MembershipStarted,
    Merged,
    Posted,
    Refused,
    ReservationEnded,
    ReservationMade,
    Returned,
    TierChanged,
    Withheld,
)
from regulars.kernel.facts import DAWN, FOREVER, Instant
from regulars.kernel.games.standing import NOTHING_PLAYED, Played, Playing, played_after

SCHEMA: Final = 5

Buckets: TypeAlias = dict[int, int]
"""Sums by period: by day on the shop's wall, or by year, as the watch says."""

QUALIFYING_DAYS: Final = 3 * 366
"""How far back qualifying points are kept by day: longer than any window that a program may name."""
LONG_AGO: Final = -(2**40)
"""The day under which stands what qualified before that, in one sum."""


class Reservation(Struct, frozen=True, gc=False, array_like=True):
    """Lots that are held for what may be bought with them. `id` is the fact that asked for it; `until` is exclusive."""

    id: str
    until: Instant
    lots: tuple[Lot, ...]


class Exposure(Struct, frozen=True, array_like=True):
    """In which arm of a trial a customer counts, since when, and how many points were withheld from them under this name."""

    arm: str
    since: Instant
    withheld: int = 0
    crossed: bool = False


MOST_COUNTERS: Final = 200
MOST_PERIODS: Final = 32
MOST_VALUES: Final = 500
"""Counters of limits that are kept, and periods and values of each; the first ones of counters and of periods are forgotten."""

MOST_EXPOSURES: Final = 200
"""Trials of which a customer's arm is remembered; beyond that the first ones are forgotten."""


class Footing(Struct, frozen=True, omit_defaults=True):
    """What is held about a level beside its name.

    The shop holds the customer at `given` until `given_until`, and `earned` is what the rules give meanwhile. The level that the
    rules gave is not looked at before `kept_until`. `warned` is the last end of a level that was told beforehand; of the levels
    in `welcomed` the reward for entering was given.
    """

    given: str | None = None
    given_until: Instant = DAWN
    earned: str | None = None
    kept_until: Instant = DAWN
    in_grace: bool = False
    warned: Instant = DAWN
    welcomed: tuple[str, ...] = ()


NO_FOOTING: Final = Footing()


class Consequences(Struct, omit_defaults=True):
    """`pending` lots by activation, `available` ones by expiry, then the oldest; `issued` and `expired` over all time; `moved`
    is what came from customers who were merged into this one, less what went to another. `arms` are those of trials, in the order
    in which they were met.

    Over all time, too: `spent` less what came back, `reversed` of what orders had earned, `adjusted` by hand, and what was
    `transferred`, less what went. `debt` is what is owed, and what comes next fills it: while there is any, nothing is
    available. `reserved` by when they end.
    """

    pending: list[Lot] = field(default_factory=list)
    available: list[Lot] = field(default_factory=list)
    issued: int = 0
    expired: int = 0
    qualifying: Buckets = field(default_factory=dict)
    tier: str | None = None
    member_since: Instant | None = None
    moved: int = 0
    spent: int = 0
    reversed: int = 0
    adjusted: int = 0
    transferred: int = 0
    debt: int = 0
    reserved: list[Reservation] = field(default_factory=list)
    arms: dict[str, Exposure] = field(default_factory=dict)
    footing: Footing | None = None
    counts: dict[str, dict[int, tuple[int, int]]] = field(default_factory=dict)
    """For limits: how often, and how many points, by counter and place. What stands under a counter is never written on."""
    played: Played | None = None

    def outstanding(self) -> int:
        """What is pending, available or reserved, less what is owed."""
        came = self.issued + self.moved + self.adjusted + self.transferred
        return came - self.expired - self.spent - self.reversed

    def lifetime(self) -> int:
        """What was ever earned, less what was taken back because it was not."""
        return self.issued + self.moved - self.reversed

    def held_back(self) -> int:
        """What is reserved."""
        return sum([lot.points for one in self.reserved for lot in one.lots])


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


class Celebration(Struct, frozen=True, array_like=True):
    """A day of the year, told by that fact of that customer; `next` is the next one that is still to come."""

    fact: str
    who: str
    month: int
    day: int
    next: int


class Celebrations(Struct, frozen=True, omit_defaults=True):
    """Days that come round, by name, and which traits were `told` of those that rules ask for."""

    dates: dict[str, Celebration] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    due_at: Instant = FOREVER


class State(Struct):
    """`clock` is the latest moment to which this customer has been brought. `due_at` is a lower bound of `next_due`, and
    `tier_due_at` its part for tiers. `observations` maps a watch's key to its buckets. `segments` is None where the
    program has none. `last_fact` is the id of the fact that was taken in last, where the beginning of a year may give something.
    """

    version: str
    schema: int = SCHEMA
    clock: Instant = DAWN
    due_at: Instant = FOREVER
    tier_due_at: Instant = FOREVER
    observations: dict[str, Buckets] = field(default_factory=dict)
    consequences: Consequences = field(default_factory=Consequences)
    segments: SegmentState | None = None
    celebrations: Celebrations | None = None
    last_fact: str | None = None


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
            held.spent,
            held.reversed,
            held.adjusted,
            held.transferred,
            held.debt,
            list(held.reserved),
            dict(held.arms),
            held.footing,
            dict(held.counts),
            held.played,
        ),
        _segments_copied(state.segments) if state.segments is not None else None,
        state.celebrations,
        state.last_fact,
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
            _taken(held.pending if effect.source is PENDING else held.available, effect.lot)
            held.expired += effect.points
        elif effect.entry is MERGE:
            _move(effect, held)
        else:
            _post(effect, held)
    elif isinstance(effect, Refused):
        return
    elif isinstance(effect, TierChanged):
        held.tier = effect.after
        if held.footing is not None:
            held.footing = _on_another_level(held.footing)
    elif isinstance(effect, MembershipStarted):
        held.member_since = effect.since
    elif isinstance(effect, Merged):
        _bring(effect, held)
    elif isinstance(effect, Returned):
        _disqualify(effect, held)
    elif isinstance(effect, ReservationMade):
        held.reserved.append(Reservation(effect.id, effect.until, effect.lots))
        held.reserved.sort(key=_by_end)
    elif isinstance(effect, ReservationEnded):
        held.reserved = [one for one in held.reserved if one.id != effect.id]
    elif isinstance(effect, Assigned):
        _assign(effect, held)
    elif isinstance(effect, Withheld) and effect.trial in held.arms:
        known = held.arms[effect.trial]
        held.arms[effect.trial] = Exposure(known.arm, known.since, known.withheld + effect.points, known.crossed)
    elif isinstance(effect, LevelEarned | LevelGiven | LevelKept | LevelEnding):
        held.footing = _footing_after(effect, held)
    elif isinstance(effect, Counted):
        _count(effect, held)
    elif isinstance(effect, Playing):
        held.played = played_after(effect, held.played or NOTHING_PLAYED)


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
        # Buckets stand roughly by day, so that the first one tells when there is something to sum up.
        if day - next(iter(qualifying)) > QUALIFYING_DAYS:
            _sum_up_before(qualifying, max(qualifying) - QUALIFYING_DAYS)
    elif effect.because.rule.startswith(WELCOME):
        footing, level = held.footing or NO_FOOTING, effect.because.rule.removeprefix(WELCOME)
        if level not in footing.welcomed:
            held.footing = replace(footing, welcomed=(*footing.welcomed, level))


def _move(effect: Posted, held: Consequences) -> None:
    """Points that come from another customer who is the same person, or go to one. What is reserved goes with its reservation;
    what is owed goes the other way round.
    """
    _leave(effect, held)
    _arrive(effect, held)
    held.moved += effect.points if effect.source is MERGED else -effect.points


def _post(effect: Posted, held: Consequences) -> None:
    """Part of a lot, from one account to another."""
    _leave(effect, held)
    _arrive(effect, held)
    entry, points = effect.entry, effect.points
    if entry is EARN_REVERSAL:
        held.reversed += points
        if held.footing is not None and effect.because.rule.startswith(WELCOME):
            level = effect.because.rule.removeprefix(WELCOME)
            welcomed = tuple([one for one in held.footing.welcomed if one != level])
            held.footing = replace(held.footing, welcomed=welcomed)
    elif entry is REDEEM:
        held.spent += points
    elif entry is REDEEM_REVERSAL:
        held.spent -= points
    elif entry is ADJUST:
        held.adjusted += points if effect.source is PROGRAM else -points
    elif entry is TRANSFER_OUT:
        held.transferred -= points
    elif entry is TRANSFER_IN:
        held.transferred += points


def _leave(effect: Posted, held: Consequences) -> None:
    """What is reserved is taken off by the effect that ends the reservation."""
    if effect.source is AVAILABLE:
        _reduce(held.available, effect.lot, effect.points)
    elif effect.source is PENDING:
        _reduce(held.pending, effect.lot, effect.points)
    elif effect.source is DEBT:
        held.debt += effect.points


def _arrive(effect: Posted, held: Consequences) -> None:
    if effect.target is DEBT:
        held.debt -= effect.points
    elif effect.target is AVAILABLE or effect.target is PENDING:
        assert effect.earned_at is not None
        lot = Lot(effect.lot, effect.points, effect.earned_at, effect.active_at, effect.expires_at)
        if effect.target is PENDING:
            _insert_pending(held.pending, lot)
        else:
            _insert_available(held.available, lot)


def _disqualify(effect: Returned, held: Consequences) -> None:
    day = effect.qualifies_on
    if day is None:
        return
    bucket = day if day in held.qualifying else LONG_AGO
    if bucket in held.qualifying:
        held.qualifying[bucket] -= effect.points


def _by_end(reservation: Reservation) -> tuple[Instant, str]:
    return reservation.until, reservation.id


def _bring(effect: Merged, held: Consequences) -> None:
    if effect.came is None:
        return
    held.member_since = effect.member_since
    qualifying = dict(held.qualifying)
    for day, points in effect.qualifying:
        qualifying[day] = qualifying.get(day, 0) + points
    days = sorted(qualifying, key=lambda day: (day == LONG_AGO, day))
    held.qualifying = {day: qualifying[day] for day in days if qualifying[day]}
    footing = held.footing or NO_FOOTING
    more = [level for level in effect.welcomed if level not in footing.welcomed]
    if more:
        held.footing = replace(footing, welcomed=(*footing.welcomed, *more))


def _on_another_level(footing: Footing) -> Footing:
    """What was kept was the level that the rules gave; while the shop holds a level, that may be another one than is seen."""
    if footing.given is not None:
        return replace(footing, warned=DAWN)
    return replace(footing, kept_until=DAWN, in_grace=False, warned=DAWN)


def _footing_after(effect: LevelEarned | LevelGiven | LevelKept | LevelEnding, held: Consequences) -> Footing:
    footing = held.footing or NO_FOOTING
    if isinstance(effect, LevelEarned):
        return replace(footing, earned=effect.after, kept_until=DAWN, in_grace=False)
    if isinstance(effect, LevelKept):
        return replace(footing, kept_until=effect.until, in_grace=effect.in_grace)
    if isinstance(effect, LevelEnding):
        return replace(footing, warned=effect.at)
    if effect.level is None:
        return replace(footing, given=None, given_until=DAWN, earned=None)
    earned = held.tier if footing.given is None else footing.earned
    return replace(footing, given=effect.level, given_until=effect.until, earned=earned)


def earned_level(held: Consequences) -> str | None:
    """What the rules give, whatever level the shop holds the customer at."""
    footing = held.footing
    return held.tier if footing is None or footing.given is None else footing.earned


def _sum_up_before(qualifying: Buckets, first: int) -> None:
    """In one bucket, and that not the first, which tells whether there is something to sum up."""
    qualifying[LONG_AGO] = sum([qualifying.pop(day) for day in [day for day in qualifying if day < first]])


def _assign(effect: Assigned, held: Consequences) -> None:
    """What was withheld stays, unless it was in another arm."""
    known = held.arms.get(effect.trial)
    withheld = known.withheld if known is not None and known.arm == effect.arm else 0
    held.arms[effect.trial] = Exposure(effect.arm, effect.since, withheld, effect.crossed)
    if len(held.arms) > MOST_EXPOSURES:
        del held.arms[next(iter(held.arms))]


def _count(effect: Counted, held: Consequences) -> None:
    """What is taken off and is not known any more is nobody's."""
    key, place = effect.key, effect.place
    places = dict(held.counts.get(key, ()))
    times, points = places.get(place, (0, 0))
    times, points = max(times + effect.times, 0), max(points + effect.points, 0)
    if times or points:
        places[place] = times, points
    else:
        places.pop(place, None)
    by_period = ":" in key
    if by_period and len(places) > MOST_PERIODS:
        del places[min(places)]
    if places:
        held.counts[key] = places
    else:
        held.counts.pop(key, None)
    if len(held.counts) > MOST_COUNTERS:
        del held.counts[next(iter(held.counts))]


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


def _reduce(lots: list[Lot], lot_id: LotId, points: int) -> None:
    place = 0 if lots[0].id == lot_id else [lot.id for lot in lots].index(lot_id)
    lot = lots[place]
    assert lot.points >= points, "no more than there is"
    if lot.points == points:
        del lots[place]
    else:
        lots[place] = Lot(lot.id, lot.points - points, lot.earned_at, lot.active_at, lot.expires_at)


def _taken(lots: list[Lot], lot_id: LotId) -> Lot:
    place = 0 if lots[0].id == lot_id else [lot.id for lot in lots].index(lot_id)
    return lots.pop(place)
