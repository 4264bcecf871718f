"""Levels and pauses: a level that would be lost at a reset is lost later by the days that were paused in the year before it (or in
the trailing months, where those count). Here a customer with a level meets a program with other pauses.
"""

from regulars.kernel.calendar import add_months
from regulars.kernel.effects import Because, Effect, LevelKept
from regulars.kernel.facts import DAWN, FOREVER, Instant
from regulars.kernel.pauses import PAUSE, Stopped, moved_end
from regulars.kernel.state import NO_FOOTING, State, earned_level
from regulars.kernel.tiers import TierRules, earned_end


def kept_over_pauses(
    state: State, old: TierRules, new: TierRules, end: Instant, recorded_at: Instant, version: str
) -> list[Effect]:
    """`end` is when the level was to be looked at under the old program; DAWN where no time ended it. Days on which clocks
    stood still before today stay what they were.
    """
    level, footing = earned_level(state.consequences), state.consequences.footing or NO_FOOTING
    assert level is not None
    if new.rank_of[level] <= new.base or new.tiers.down == "never":
        return []
    today = new.calendar.day_of(recorded_at)
    days = (new.stopped or Stopped(())).joined(old.stopped, today)
    is_kept = footing.kept_until > state.clock
    if new.lasts is not None:
        if is_kept and old.lasts is not None and old.lasts == new.lasts:
            until = moved_end(days, _entered(old, footing.kept_until), _nominal(old, footing.kept_until), new.calendar)
        else:
            until = max(end, new.kept_from(state.clock))
    elif end == DAWN:
        return []
    elif is_kept:
        until = new.put_off(_nominal(old, end), days)
    else:
        until = new.put_off(end, days)
        comes = earned_end(state, new)
        if until <= (FOREVER if comes == FOREVER else new.put_off(comes, new.stopped)):
            return []
    if until == footing.kept_until or until <= state.clock:
        return []
    in_grace = footing.in_grace and is_kept
    return [LevelKept(level, until, in_grace, state.clock, recorded_at, Because(PAUSE, version))]


def _nominal(rules: TierRules, until: Instant) -> Instant:
    """The end that pauses put off to `until`."""
    if rules.stopped is None:
        return until
    calendar, day = rules.calendar, rules.calendar.day_of(until)
    for earlier in range(day, day - rules.stopped.between(-(10**6), day) - 1, -1):
        if rules.put_off(calendar.start_of_day(earlier), rules.stopped) == until:
            return calendar.start_of_day(earlier)
    return until


def _entered(rules: TierRules, until: Instant) -> Instant:
    calendar = rules.calendar
    return calendar.start_of_day(add_months(calendar.day_of(_nominal(rules, until)) - 1, -rules.looks_back))
