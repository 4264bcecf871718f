"""Two customers turn out to be one: everything that one of them holds goes to the other, and can come back.

    merge   both are brought to one moment; each lot goes over with its age and its expiry; qualifying points and observations
            are added; the earlier membership counts, and so does the higher level, to its end; what the sums reach is given at once
    part    the same backwards: each lot that the other's own facts earned goes back, as it is by now

Every lot that moves is an entry in both ledgers, so that either ledger by itself still adds up. A merge can be taken back as
long as nothing of the other's points has been used: `Spent` says that some have.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from msgspec import Struct

from regulars.kernel.behaviour import merged, refold
from regulars.kernel.by_hand import settle
from regulars.kernel.calendar import Day
from regulars.kernel.celebrations import together
from regulars.kernel.effects import (
    AVAILABLE,
    DEBT,
    MERGE,
    MERGED,
    PENDING,
    RESERVED,
    Account,
    Assigned,
    Because,
    Effect,
    GamesMoved,
    LevelKept,
    Lot,
    LotId,
    Merged,
    Posted,
    ReservationEnded,
    ReservationMade,
)
from regulars.kernel.facts import DAWN, FOREVER, Fact, Instant, MemberJoined
from regulars.kernel.games.standing import NOTHING_PLAYED, Played, joined, parted
from regulars.kernel.given_levels import given
from regulars.kernel.limits import carried_over
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import NO_FOOTING, Footing, State, apply, copy_of, earned_level
from regulars.kernel.step import advance
from regulars.kernel.tiers import TierRules, earned_end, moved_to, upgrade
from regulars.kernel.trials import carried
from regulars.kernel.waking import look_ahead

BY_MERGE: Final = "merge"
NO_LOT: Final[LotId] = ("debt", 0)
"""Stands where a lot does, for what is owed."""


class Spent(Exception):
    """Some of the other's points are used up, so they cannot go back."""


class Moved(Struct, frozen=True):
    """Both customers afterwards, and what followed for each."""

    into: State
    other: State
    into_effects: list[Effect]
    other_effects: list[Effect]


class Owned(Struct, frozen=True):
    """What was the other's by its own facts: `facts` are their ids, `left` what there should be of the points that they brought,
    if nothing of them had been used while they belonged to somebody else, `qualifying` the points of theirs that count for a
    level, by day.
    """

    facts: Collection[str]
    left: int
    qualifying: dict[Day, int]


def merge(into: State, other: State, program: Rulebook, at: Instant, recorded_at: Instant) -> Moved:
    """`other` goes up in `into`, at `at` or at the later of their clocks."""
    into, other, into_effects, other_effects = _brought(into, other, program, at, recorded_at)
    moment, because = into.clock, Because(BY_MERGE, program.version)
    for lot, account in _lots(other):
        _follow(other, _sent(lot, account, MERGED, moment, recorded_at, because), other_effects)
        _follow(into, _sent(lot, MERGED, account, moment, recorded_at, because), into_effects)
    _send_what_is_held_and_owed(into, other, moment, recorded_at, because, into_effects, other_effects)
    held, came = into.consequences, other.consequences
    since = min([one for one in (held.member_since, came.member_since) if one is not None], default=None)
    qualifying = tuple(sorted(came.qualifying.items()))
    _follow(other, Merged(None, (), came.member_since, moment, recorded_at, because), other_effects)
    welcomed = (came.footing or NO_FOOTING).welcomed
    level = _Level(other, program)
    _follow(into, Merged(True, qualifying, since, moment, recorded_at, because, welcomed), into_effects)
    into.observations = {
        key: merged(into.observations[key], other.observations[key], watch) for key, watch in program.watches
    }
    if held.debt and held.available:
        for effect in settle(held, moment, recorded_at, program.version):
            _follow(into, effect, into_effects)
    _keep_the_arms(into, other, recorded_at, because, into_effects)
    into.last_fact = into.last_fact or other.last_fact
    if program.celebrations is not None:
        into.celebrations, other.celebrations = (
            together(into.celebrations, other.celebrations, program.celebrations),
            None,
        )
    for counted in carried_over(other.consequences.counts, 1, moment, recorded_at, because):
        _follow(into, counted, into_effects)
    if came.played is not None:
        both = joined(held.played or NOTHING_PLAYED, came.played)
        _follow(into, GamesMoved(both, moment, recorded_at, because), into_effects)
        left = Played(games=came.played.games, asked=came.played.asked)
        _follow(other, GamesMoved(left, moment, recorded_at, because), other_effects)
    if program.tiers is not None:
        _keep_the_higher_level(into, level, program.tiers, because, recorded_at, into_effects)
    _reach(into, program, recorded_at, into_effects)
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
    if into.consequences.debt or sum([lot.points for lot, _ in going]) != owned.left:
        raise Spent
    for lot, account in going:
        _follow(into, _sent(lot, account, MERGED, moment, recorded_at, because), into_effects)
        _follow(other, _sent(lot, MERGED, account, moment, recorded_at, because), other_effects)
    others = other.consequences
    away = tuple([(day, -points) for day, points in sorted(owned.qualifying.items())])
    grown = _difference(owned.qualifying, others.qualifying)
    _follow(into, Merged(False, away, _joined_at(facts), moment, recorded_at, because), into_effects)
    _follow(other, Merged(True, grown, _joined_at(others_facts), moment, recorded_at, because), other_effects)
    for counted in carried_over(others.counts, -1, moment, recorded_at, because):
        _follow(into, counted, into_effects)
    if into.consequences.played is not None:
        stays, goes = parted(into.consequences.played, others.played or NOTHING_PLAYED, owned.facts)
        _follow(into, GamesMoved(stays, moment, recorded_at, because), into_effects)
        _follow(other, GamesMoved(goes, moment, recorded_at, because), other_effects)
    for state, own, effects in ((into, facts, into_effects), (other, others_facts, other_effects)):
        state.observations = {key: refold(own, watch, program.calendar) for key, watch in program.watches}
        if program.tiers is not None and program.tiers.welcomes_by_year:
            state.last_fact = own[-1].id if own else None
        if program.celebrations is not None:
            state.celebrations = program.celebrations.refolded(own, program.calendar.day_of(moment) + 1)
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


def _send_what_is_held_and_owed(
    into: State,
    other: State,
    at: Instant,
    recorded_at: Instant,
    because: Because,
    into_effects: list[Effect],
    other_effects: list[Effect],
) -> None:
    """Reservations stay what they are; debts add up."""
    for one in list(other.consequences.reserved):
        for lot in one.lots:
            _follow(other, _sent(lot, RESERVED, MERGED, at, recorded_at, because), other_effects)
            _follow(into, _sent(lot, MERGED, RESERVED, at, recorded_at, because), into_effects)
        _follow(other, ReservationEnded(one.id, at, recorded_at, because), other_effects)
        _follow(into, ReservationMade(one.id, one.until, one.lots, at, recorded_at, because), into_effects)
    debt = other.consequences.debt
    if debt:
        owed = Lot(NO_LOT, debt, at, at, FOREVER)
        _follow(other, _sent(owed, MERGED, DEBT, at, recorded_at, because), other_effects)
        _follow(into, _sent(owed, DEBT, MERGED, at, recorded_at, because), into_effects)


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


def _keep_the_arms(into: State, other: State, recorded_at: Instant, because: Because, effects: list[Effect]) -> None:
    """Who counts in an arm of a trial goes on to. Parting changes nobody's arm."""
    for trial, came in other.consequences.arms.items():
        kept = carried(into.consequences.arms.get(trial), came)
        if kept is not None:
            moved = Assigned(trial, kept.arm, kept.since, into.clock, recorded_at, because, kept.crossed)
            _follow(into, moved, effects)


class _Level:
    """What the other has of levels: what the rules gave and until when it lasts, and what the shop's word gives."""

    def __init__(self, state: State, program: Rulebook) -> None:
        rules, self.earned = program.tiers, earned_level(state.consequences)
        self.footing: Footing = state.consequences.footing or NO_FOOTING
        known = rules is not None and self.earned in rules.rank_of and state.clock > DAWN
        self.end = earned_end(state, rules) if rules is not None and known else DAWN


def _keep_the_higher_level(
    into: State, came: _Level, rules: TierRules, because: Because, recorded_at: Instant, effects: list[Effect]
) -> None:
    """With its end; of two that are the same, with the later one."""
    held, moment = into.consequences, into.clock
    mine, theirs = (rules.rank_of.get(one, 0) for one in (earned_level(held), came.earned))
    if theirs > mine:
        for effect in moved_to(into, rules, theirs, moment, recorded_at, because):
            _follow(into, effect, effects)
    if theirs >= mine and theirs > rules.base and rules.tiers.down != "never" and came.end != FOREVER:
        is_timed = rules.lasts is not None and theirs > mine
        if is_timed or came.end > earned_end(into, rules):
            level, in_grace = rules.ids[theirs], came.footing.in_grace and came.footing.kept_until > moment
            assert level is not None
            _follow(into, LevelKept(level, came.end, in_grace, moment, recorded_at, because), effects)
    footing = held.footing or NO_FOOTING
    word, until = came.footing.given, came.footing.given_until
    if word in rules.rank_of and (rules.rank_of[word], until) > (
        rules.rank_of.get(footing.given, 0),
        footing.given_until,
    ):
        assert word is not None
        for effect in given(into, word, until, rules, moment, recorded_at, because):
            _follow(into, effect, effects)


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
