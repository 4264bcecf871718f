"""Two customers turn out to be one: everything that one of them holds goes to the other, and can come back.

    merge   both are brought to one moment; each lot goes over with its age and its expiry; qualifying points and observations
            are added; the earlier membership counts, and so does the higher level; what the sums reach is given at once
    part    the same backwards: each lot that the other's own facts earned goes back, as it is by now

Every lot that moves is an entry in both ledgers, so that either ledger by itself still adds up. A merge can be taken back as
long as nothing of the other's points has been used: `Spent` says that some have.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from msgspec import Struct

from regulars.kernel.behaviour import merged, refold
from regulars.kernel.calendar import Day
from regulars.kernel.effects import (
    AVAILABLE,
    MERGE,
    MERGED,
    PENDING,
    Account,
    Because,
    Effect,
    Merged,
    Posted,
    TierChanged,
)
from regulars.kernel.facts import Fact, Instant, MemberJoined
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import Lot, State, apply, copy_of
from regulars.kernel.step import advance
from regulars.kernel.tiers import upgrade
from regulars.kernel.waking import look_ahead

BY_MERGE: Final = "merge"


class Spent(Exception):
    """Some of the other's points are used up, so they cannot go back."""


class Moved(Struct, frozen=True):
    """Both customers afterwards, and what followed for each."""

    into: State
    other: State
    into_effects: list[Effect]
    other_effects: list[Effect]


class Owned(Struct, frozen=True):
    """What was the other's by its own facts: `facts` are their ids, `issued` what they earned, `expired` what of it expired
    under either name, `qualifying` the points of theirs that count for a level, by day.
    """

    facts: Collection[str]
    issued: int
    expired: int
    qualifying: dict[Day, int]


def merge(into: State, other: State, program: Rulebook, at: Instant, recorded_at: Instant) -> Moved:
    """`other` goes up in `into`, at `at` or at the later of their clocks."""
    into, other, into_effects, other_effects = _brought(into, other, program, at, recorded_at)
    moment, because = into.clock, Because(BY_MERGE, program.version)
    for lot, account in _lots(other):
        _follow(other, _sent(lot, account, MERGED, moment, recorded_at, because), other_effects)
        _follow(into, _sent(lot, MERGED, account, moment, recorded_at, because), into_effects)
    held, came = into.consequences, other.consequences
    since = min([one for one in (held.member_since, came.member_since) if one is not None], default=None)
    qualifying = tuple(sorted(came.qualifying.items()))
    _follow(other, Merged(None, (), came.member_since, moment, recorded_at, because), other_effects)
    _follow(into, Merged(True, qualifying, since, moment, recorded_at, because), into_effects)
    into.observations = {
        key: merged(into.observations[key], other.observations[key], watch) for key, watch in program.watches
    }
    _keep_the_higher_level(into, came.tier, program, recorded_at, into_effects)
    for state in (into, other):
        look_ahead(state, program, tiers_too=True)
    return Moved(into, other, into_effects, other_effects)


def part(
    into: State,
    other: State,
    owned: Owned,
    facts: Sequence[Fact],
    others_facts: Sequence[Fact],
    program: Rulebook,
    at: Instant,
    recorded_at: Instant,
) -> Moved:
    """`other` goes its own way again, with its facts (`others_facts`) and what they earned; `facts` stay with `into`. Either is
    a member since its own facts say so. Spent where some of the other's points are gone.
    """
    into, other, into_effects, other_effects = _brought(into, other, program, at, recorded_at)
    moment, because = into.clock, Because(BY_MERGE, program.version)
    going = [(lot, account) for lot, account in _lots(into) if lot.id[0] in owned.facts]
    if sum([lot.points for lot, _ in going]) != owned.issued - owned.expired:
        raise Spent
    for lot, account in going:
        _follow(into, _sent(lot, account, MERGED, moment, recorded_at, because), into_effects)
        _follow(other, _sent(lot, MERGED, account, moment, recorded_at, because), other_effects)
    others = other.consequences
    away = tuple([(day, -points) for day, points in sorted(owned.qualifying.items())])
    grown = _difference(owned.qualifying, others.qualifying)
    _follow(into, Merged(False, away, _joined_at(facts), moment, recorded_at, because), into_effects)
    _follow(other, Merged(True, grown, _joined_at(others_facts), moment, recorded_at, because), other_effects)
    for state, own, effects in ((into, facts, into_effects), (other, others_facts, other_effects)):
        state.observations = {key: refold(own, watch, program.calendar) for key, watch in program.watches}
        _reach(state, program, recorded_at, effects)
        look_ahead(state, program, tiers_too=True)
    return Moved(into, other, into_effects, other_effects)


def _brought(
    into: State, other: State, program: Rulebook, at: Instant, recorded_at: Instant
) -> tuple[State, State, list[Effect], list[Effect]]:
    assert into.version == other.version == program.version, "both adopt the program first"
    moment = max(at, into.clock, other.clock)
    into, into_effects = advance(into, moment, program, recorded_at)
    other, other_effects = advance(other, moment, program, recorded_at)
    return copy_of(into), copy_of(other), into_effects, other_effects


def _lots(state: State) -> list[tuple[Lot, Account]]:
    held = state.consequences
    return [*[(lot, PENDING) for lot in held.pending], *[(lot, AVAILABLE) for lot in held.available]]


def _sent(lot: Lot, source: Account, target: Account, at: Instant, recorded_at: Instant, because: Because) -> Posted:
    return Posted(
        MERGE,
        lot.id,
        lot.points,
        source,
        target,
        at,
        recorded_at,
        because,
        lot.active_at,
        lot.expires_at,
        earned_at=lot.earned_at,
    )


def _keep_the_higher_level(
    into: State, came: str | None, program: Rulebook, recorded_at: Instant, effects: list[Effect]
) -> None:
    held, tiers = into.consequences.tier, program.tiers
    if tiers is not None and came in tiers.rank_of and tiers.rank_of[came] > tiers.rank_of.get(held, 0):
        because = Because(BY_MERGE, program.version)
        _follow(into, TierChanged(held, came, into.clock, recorded_at, because), effects)
    _reach(into, program, recorded_at, effects)


def _reach(state: State, program: Rulebook, recorded_at: Instant, effects: list[Effect]) -> None:
    """The level that the sums reach, if it is higher than the one held."""
    if program.tiers is not None and program.is_member(state) and state.consequences.tier in program.tiers.rank_of:
        today = program.calendar.today(state.clock)
        for effect in upgrade(state, program.tiers, today, state.clock, recorded_at, program.version, None):
            _follow(state, effect, effects)


def _joined_at(facts: Sequence[Fact]) -> Instant | None:
    """As folding finds it: whoever joins again is a member already."""
    return next((fact.happened_at for fact in facts if isinstance(fact, MemberJoined)), None)


def _difference(all: dict[Day, int], had: dict[Day, int]) -> tuple[tuple[Day, int], ...]:
    days: Iterable[Day] = sorted({*all, *had})
    changes = [(day, all.get(day, 0) - had.get(day, 0)) for day in days]
    return tuple([(day, points) for day, points in changes if points])


def _follow(state: State, effect: Effect, effects: list[Effect]) -> None:
    apply(effect, state.consequences)
    effects.append(effect)
