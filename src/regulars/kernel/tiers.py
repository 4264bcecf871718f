"""Tiers: a level is reached at once, or when the next year begins, and lost only at a reset.

    what sums count, and when the resets are          `tier_windows`
    what of a level is held beside its name           `state.Footing`
    a level that the shop gives by its own word       `given_levels`
    what there is for entering a level                `entry_rewards`

`turn_of` says what time alone would change next: the level that the rules gave ends, or is looked at again; the shop's word is
over; an end is told beforehand; a level is given for the year that begins. `reset` brings it about. Ranks count from 0, no
level, upwards; those up to that of the sum 0 are everybody's and never end.
"""

from enum import Enum
from typing import Final

from msgspec import Struct

from regulars.kernel.behaviour import FROM_JANUARY, ORDERS, SPEND, Watch
from regulars.kernel.calendar import Calendar, Day, Duration, Today, add_months
from regulars.kernel.effects import Because, Effect, LevelEarned, LevelEnding, LevelGiven, LevelKept, TierChanged
from regulars.kernel.facts import DAWN, FOREVER, Instant
from regulars.kernel.pauses import PAUSE, Stopped, moved_end, stopped
from regulars.kernel.program import (
    CalendarYear,
    LevelReward,
    Lifetime,
    Program,
    ProgramYear,
    Rolling,
    SinceEntry,
    SinceJoining,
    Tiers,
)
from regulars.kernel.state import NO_FOOTING, Buckets, State, earned_level
from regulars.kernel.tier_windows import Years, window_of

TIERS: Final = "tiers"
GRACE: Final = "grace"


class TierRules:
    """A program's tiers, compiled."""

    def __init__(self, tiers: Tiers, program: Program, calendar: Calendar) -> None:
        self.calendar = calendar
        self.tiers = tiers
        self.watch = _watch(tiers, program, calendar) if tiers.by != "points" else None
        self._watch_key = self.watch.key() if self.watch else None
        self.window = window_of(tiers, by_day=self.watch is None or self.watch.bucket == "day")
        self.ids: tuple[str | None, ...] = (None, *(level.id for level in tiers.levels))
        self.thresholds = tuple([level.at for level in tiers.levels])
        self.next_threshold = dict(zip(self.ids, (*self.thresholds, None), strict=True))
        self.rank_of = {tier: rank for rank, tier in enumerate(self.ids)}
        self.rewards: dict[str | None, LevelReward] = {one.id: one.gives for one in tiers.levels if one.gives}
        self.base = self.rank(0)
        self.by_joining = isinstance(tiers.over, SinceJoining)
        self.years = self.window if isinstance(self.window, Years) and tiers.up == "at_next_period" else None
        self.welcomes_by_year = bool(self.rewards) and self.years is not None
        """Where levels are given by time alone."""
        lasts = tiers.over.months if isinstance(tiers.over, SinceEntry) and tiers.down != "never" else 0
        self.lasts = Duration(lasts, "months") if lasts else None
        """For how long a level is held from its entry."""
        self.stopped = stopped(program.pauses, "tier_reset")
        self.looks_back = tiers.over.months if isinstance(tiers.over, Rolling | SinceEntry) else 12

    def sums(self, state: State) -> Buckets:
        if self._watch_key is None:
            return state.consequences.qualifying
        return state.observations[self._watch_key]

    def joined(self, state: State) -> Day:
        since = state.consequences.member_since
        return self.calendar.day_of(since) if self.by_joining and since is not None else 0

    def best_sum(self, state: State, today: Today) -> int:
        """The sum that gives the level held on that day, if nothing but time comes before it."""
        return self.window.best_sum(self.sums(state), today, self.joined(state) if self.by_joining else 0)

    def rank(self, amount: int) -> int:
        """A level from 0 is everybody's, also theirs whose refunds outweigh what they bought."""
        amount = max(amount, 0)
        reached = 0
        for threshold in self.thresholds:
            if amount < threshold:
                break
            reached += 1
        return reached

    def rank_on(self, state: State, today: Today) -> int:
        """The rank that the sums give on that day, if nothing but time comes before it."""
        return self.rank(self.best_sum(state, today))

    def kept_from(self, moment: Instant) -> Instant:
        """Until when a level is held that is entered then."""
        assert self.lasts is not None
        end = self.calendar.end_of(moment, self.lasts)
        return end if self.stopped is None else moved_end(self.stopped, moment, end, self.calendar)

    def put_off(self, end: Instant, days: Stopped | None) -> Instant:
        """When a level is lost that would be lost at `end`: later by the days that were paused in the months before it."""
        if days is None or end >= FOREVER:
            return end
        begin = add_months(self.calendar.day_of(end), -self.looks_back)
        return moved_end(days, self.calendar.start_of_day(begin), end, self.calendar)


class Ahead(Struct, frozen=True):
    """The next level, reached at `at`, and what of it is there already in the time that counts today."""

    id: str
    at: int
    have: int


class Keeping(Struct, frozen=True):
    """The level held ends at `until`, unless `missing` comes before; None where nothing before then can keep it, since only what
    comes after counts. In grace it would have been lost already.
    """

    id: str
    at: int
    have: int
    missing: int | None
    until: Instant
    in_grace: bool


def ahead(state: State, rules: TierRules, today: Today) -> Ahead | None:
    """None for whoever stands at the top."""
    rank = rules.rank_of[state.consequences.tier]
    if rank == len(rules.thresholds):
        return None
    have = rules.window.running_sum(rules.sums(state), today, rules.joined(state))
    id = rules.ids[rank + 1]
    assert id is not None
    return Ahead(id, rules.thresholds[rank], have)


def keeping(state: State, rules: TierRules) -> Keeping | None:
    """None for whoever has no level, or one that no time takes away."""
    end = seen_end(state, rules)
    if end == FOREVER:
        return None
    id = state.consequences.tier
    assert id is not None
    at = rules.thresholds[rules.rank_of[id] - 1]
    then = rules.calendar.today(end)
    have = max(0, rules.best_sum(state, then))
    footing = state.consequences.footing or NO_FOOTING
    in_grace = footing.in_grace and footing.kept_until > state.clock
    return Keeping(id, at, have, _missing(state, rules, end), end, in_grace)


def upgrade(
    state: State, rules: TierRules, today: Today, at: Instant, recorded_at: Instant, version: str, fact: str | None
) -> list[Effect]:
    """The level that the sums reach at `at`, which is `today`, if it is higher than the one held; because of `fact`."""
    held = state.consequences
    threshold = rules.next_threshold[held.tier if held.footing is None else earned_level(held)]
    if threshold is None:
        return []
    best = rules.best_sum(state, today)
    if best < threshold and threshold > 0:
        return []
    return moved_to(state, rules, rules.rank(best), at, recorded_at, Because(TIERS, version, fact))


def moved_to(
    state: State,
    rules: TierRules,
    rank: int,
    at: Instant,
    recorded_at: Instant,
    because: Because,
    entered: Instant | None = None,
) -> list[Effect]:
    """The rules give that level from now on; what is seen is the higher of it and what the shop's word gives."""
    held, seen = state.consequences, rank
    effects: list[Effect] = []
    if held.footing is not None and held.footing.given is not None:
        effects.append(LevelEarned(held.footing.earned, rules.ids[rank], at, recorded_at, because))
        seen = max(rank, rules.rank_of.get(held.footing.given, 0))
    if rules.ids[seen] != held.tier:
        effects.append(TierChanged(held.tier, rules.ids[seen], at, recorded_at, because))
    level = rules.ids[rank]
    if rules.lasts is not None and rank > rules.base and level is not None:
        effects.append(
            LevelKept(level, rules.kept_from(at if entered is None else entered), False, at, recorded_at, because)
        )
    return effects


def left_after_return(
    state: State,
    rules: TierRules,
    before: int,
    today: Today,
    at: Instant,
    recorded_at: Instant,
    version: str,
    fact: str | None,
) -> list[Effect]:
    """The level that is left when a return lowered the sums, which were `before` on that day (`TierRules.best_sum`); nothing where
    it is left at the reset, or where the level held was not by those sums.
    """
    if rules.tiers.after_return == "at_reset":
        return []
    rank = rules.rank_of[earned_level(state.consequences)]
    left = rules.rank_on(state, today)
    if left >= rank or rules.rank(before) < rank:
        return []
    return moved_to(state, rules, left, at, recorded_at, Because(TIERS, version, fact))


# --- what time alone changes -----------------------------------------------------------------------------------------


class Turning(Enum):
    END = "end"
    GIVEN_OVER = "given over"
    WARNING = "warning"
    RISE = "rise"


class Turn(Struct, frozen=True):
    at: Instant
    kind: Turning


NO_TURN: Final = Turn(FOREVER, Turning.END)


def next_tier_due(state: State, rules: TierRules) -> Instant:
    """When time alone would change something about the customer's level; FOREVER if it would not."""
    return turn_of(state, rules).at


def turn_of(state: State, rules: TierRules) -> Turn:
    """At one moment the rules' own level comes first, then the shop's word."""
    if state.clock == DAWN:
        return NO_TURN
    footing = state.consequences.footing
    end = earned_end(state, rules)
    turn = Turn(end, Turning.END)
    if footing is not None and footing.given is not None and footing.given_until < end:
        turn = Turn(footing.given_until, Turning.GIVEN_OVER)
    if rules.years is not None:
        rise = _next_rise(state, rules, rules.years)
        if rise < turn.at:
            turn = Turn(rise, Turning.RISE)
    if rules.tiers.warn_days:
        warning = _next_warning(state, rules)
        if warning < turn.at:
            turn = Turn(warning, Turning.WARNING)
    return turn


def reset(
    state: State, due: Instant, at: Instant, recorded_at: Instant, version: str, rules: TierRules | None
) -> list[Effect]:
    """What falls due by `due`, the first of it."""
    if rules is None:
        return []
    turn = turn_of(state, rules)
    if turn.at > due:
        return []
    because = Because(TIERS, version)
    if turn.kind is Turning.END:
        return _ended(state, rules, turn.at, at, recorded_at, because)
    if turn.kind is Turning.GIVEN_OVER:
        return given_over(state, at, recorded_at, because)
    if turn.kind is Turning.RISE:
        rank = rules.rank_on(state, rules.calendar.today(turn.at))
        return moved_to(state, rules, rank, at, recorded_at, because)
    end, level = seen_end(state, rules), state.consequences.tier
    assert level is not None
    return [LevelEnding(level, end, _missing(state, rules, end), at, recorded_at, because)]


def given_over(state: State, at: Instant, recorded_at: Instant, because: Because) -> list[Effect]:
    """The shop's word holds no longer: what the rules give is left."""
    held = state.consequences
    over: list[Effect] = [LevelGiven(None, at, at, recorded_at, because)]
    earned = earned_level(held)
    return over if earned == held.tier else [TierChanged(held.tier, earned, at, recorded_at, because), *over]


def earned_end(state: State, rules: TierRules) -> Instant:
    """When the level that the rules gave is looked at again, if nothing but time comes: it ends then, or its time begins anew, or
    there is grace.
    """
    rank = rules.rank_of[earned_level(state.consequences)]
    if rank <= rules.base or rules.tiers.down == "never":
        return FOREVER
    footing, threshold = state.consequences.footing, rules.thresholds[rank - 1]
    today = rules.calendar.today(state.clock)
    if footing is not None and footing.kept_until > DAWN:
        if rules.lasts is not None:
            return footing.kept_until
        if footing.kept_until > state.clock:
            today = rules.calendar.today(footing.kept_until)
            if rules.best_sum(state, today) < threshold:
                return footing.kept_until
    fall = rules.window.first_fall(rules.sums(state), today, threshold, rules.joined(state))
    return FOREVER if fall is None else rules.calendar.start_of_day(fall.day)


def seen_end(state: State, rules: TierRules) -> Instant:
    """When the level that is seen would be lost, if nothing but time comes and there were no grace."""
    end, held = earned_end(state, rules), state.consequences
    earned = rules.rank_of[earned_level(held)]
    if rules.lasts is not None and end != FOREVER and rules.rank_on(state, rules.calendar.today(end)) >= earned:
        end = FOREVER
    if rules.stopped is not None and rules.lasts is None and not _is_kept_until(state, end):
        end = rules.put_off(end, rules.stopped)
    if held.footing is None or held.footing.given is None:
        return end
    given = rules.rank_of.get(held.footing.given, 0)
    if given > earned:
        return held.footing.given_until
    return max(end, held.footing.given_until) if given == earned else end


def _is_kept_until(state: State, end: Instant) -> bool:
    footing = state.consequences.footing
    return footing is not None and footing.kept_until == end


def _ended(
    state: State, rules: TierRules, due: Instant, at: Instant, recorded_at: Instant, because: Because
) -> list[Effect]:
    today, footing = rules.calendar.today(due), state.consequences.footing or NO_FOOTING
    level = earned_level(state.consequences)
    rank, left = rules.rank_of[level], rules.rank_on(state, today)
    assert level is not None
    if left == rank:
        assert rules.lasts is not None
        return [LevelKept(level, rules.kept_from(due - 1), False, at, recorded_at, because)]
    if left < rank and rules.stopped is not None and rules.lasts is None and footing.kept_until != due:
        later = rules.put_off(due, rules.stopped)
        if later > due:
            paused = Because(PAUSE, because.version)
            return [LevelKept(level, later, False, at, recorded_at, paused)]
    had_grace = footing.in_grace and footing.kept_until == due
    if left < rank and rules.tiers.grace_days and not had_grace:
        until = rules.calendar.start_of_day(today.day + rules.tiers.grace_days)
        if rules.stopped is not None:
            until = moved_end(rules.stopped, due, until, rules.calendar)
        return [LevelKept(level, until, True, at, recorded_at, because)]
    if left < rank and rules.tiers.down == "one":
        left = rank - 1
    return moved_to(state, rules, left, at, recorded_at, because, entered=due - 1)


def _next_rise(state: State, rules: TierRules, years: Years) -> Instant:
    threshold = rules.next_threshold[earned_level(state.consequences)]
    if threshold is None:
        return FOREVER
    then = years.next_reset(rules.calendar.today(state.clock), rules.joined(state))
    return rules.calendar.start_of_day(then.day) if rules.best_sum(state, then) >= threshold else FOREVER


def _next_warning(state: State, rules: TierRules) -> Instant:
    """Once for each end; what was told holds until then, also where the end is put off by a few days."""
    end, footing = seen_end(state, rules), state.consequences.footing or NO_FOOTING
    in_grace = footing.in_grace and footing.kept_until > state.clock
    if end == FOREVER or footing.warned >= end or in_grace:
        return FOREVER
    day = rules.calendar.day_of(end) - rules.tiers.warn_days
    first = rules.calendar.start_of_day(day if rules.stopped is None else rules.stopped.first_running(day))
    return max(first, footing.warned)


def _missing(state: State, rules: TierRules, end: Instant) -> int | None:
    then = rules.calendar.today(end)
    if not rules.window.counts_before(then, rules.joined(state)):
        return None
    threshold = rules.thresholds[rules.rank_of[state.consequences.tier] - 1]
    return max(0, threshold - max(0, rules.best_sum(state, then)))


def _watch(tiers: Tiers, program: Program, calendar: Calendar) -> Watch:
    members_only = program.members == "those_who_join"
    zone = calendar.zone.digest()
    counts = {"spend": SPEND, "orders": ORDERS}.get(tiers.by) or tiers.counted()
    assert counts is not None
    over, years = tiers.over, 2 if tiers.keeps or tiers.up == "at_next_period" else 1
    if isinstance(over, Lifetime):
        return Watch("ever", 1, members_only, zone, counts)
    if isinstance(over, CalendarYear | ProgramYear):
        starts = (over.month, over.day) if isinstance(over, ProgramYear) else FROM_JANUARY
        return Watch("year", years, members_only, zone, counts, starts)
    months = 12 * years if isinstance(over, SinceJoining) else over.months
    return Watch("day", months, members_only, zone, counts)
