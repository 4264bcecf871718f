"""A customer meets a newer program.

Watches that both programs have keep what they counted; new ones are counted anew over the customer's facts; those that are
gone are dropped; so it is with what segments remember. Consequences stand: lots keep their expiry, but for days of pauses that the
old program did not know, or that are no longer to come. A level that the new program reaches is given at once; one that it no
longer reaches is kept until it would have ended under the old one; one that it no longer has is replaced by what the sums reach.
"""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec.structs import replace

from regulars.kernel.behaviour import refold
from regulars.kernel.celebrations import PROFILE_COMPLETED, once
from regulars.kernel.earning import earn
from regulars.kernel.effects import LATE_LOT, Because, Effect, LevelKept, Posted, TierChanged
from regulars.kernel.facts import DAWN, FOREVER, Fact, Instant, MemberJoined
from regulars.kernel.games.interest import opened
from regulars.kernel.program import Fixed
from regulars.kernel.redating import taken_over
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.live.rules import Cause
from regulars.kernel.segments.meaning import Known
from regulars.kernel.state import NO_FOOTING, SegmentState, State, apply, copy_of, earned_level
from regulars.kernel.tier_pauses import kept_over_pauses
from regulars.kernel.tiers import TIERS, TierRules, earned_end, given_over, moved_to, upgrade
from regulars.kernel.waking import look_ahead

NEW_PROGRAM: Final = "The program that was published looks for it."


def adopt(
    state: State,
    old: Rulebook,
    new: Rulebook,
    facts: Sequence[Fact],
    recorded_at: Instant,
    known: Callable[[], Known] | None = None,
) -> tuple[State, list[Effect]]:
    """The customer under `new`, at the customer's own clock. `facts` are all of this customer's facts until now. `known` is asked
    for only where segments need it: who it is, what is told of them, and all that they did, on their devices too.
    """
    assert state.version == old.version, "the state is of another program"
    state = copy_of(state)
    end = _current_end(state, old)
    state.version = new.version
    state.observations = {
        key: state.observations[key] if key in state.observations else refold(facts, watch, new.calendar)
        for key, watch in new.watches
    }
    _know_celebrations(state, old, new, facts, recorded_at)
    effects = taken_over(state, old, new, recorded_at)
    for effect in effects:
        apply(effect, state.consequences)
    new_offers = opened(state.consequences, old.program, new.program, state.clock, recorded_at, new.version)
    for effect in new_offers:
        apply(effect, state.consequences)
    effects += new_offers
    effects += _tier_moves(state, old, new, end, recorded_at)
    effects += _welcomed_late(state, old, new, facts, recorded_at)
    effects += _segment_moves(state, old, new, recorded_at, known)
    look_ahead(state, new, tiers_too=True)
    return state, effects


def looks_at_facts(state: State, old: Rulebook, new: Rulebook) -> bool:
    """Whether adopting needs the customer's facts at all."""
    is_counted = state.observations.keys() >= {key for key, _ in new.watches}
    return not is_counted or _has_other_celebrations(old, new) or bool(_retroactive(old, new))


def _has_other_celebrations(old: Rulebook, new: Rulebook) -> bool:
    return new.celebrations is not None and (old.celebrations is None or not new.celebrations.is_like(old.celebrations))


def _retroactive(old: Rulebook, new: Rulebook) -> list[str]:
    """Rules for joining that were not there, and are for those who joined before."""
    had = {rule.id for rule in old.program.earning}
    return [
        rule.id for rule in new.program.earning if isinstance(rule, Fixed) and rule.retroactive and rule.id not in had
    ]


def _know_celebrations(state: State, old: Rulebook, new: Rulebook, facts: Sequence[Fact], recorded_at: Instant) -> None:
    """Days that come round from now on; none is made up for that was before the program knew of it."""
    rules = new.celebrations
    if rules is None:
        state.celebrations = None
    elif _has_other_celebrations(old, new):
        state.celebrations = rules.refolded(facts, new.calendar.day_of(max(state.clock, recorded_at)) + 1)


def _welcomed_late(
    state: State, old: Rulebook, new: Rulebook, facts: Sequence[Fact], recorded_at: Instant
) -> list[Effect]:
    """What new rules for joining give to who joined before they were there, where they say so; once, as of now."""
    rules = _retroactive(old, new)
    joined = next((fact for fact in facts if isinstance(fact, MemberJoined)), None) if rules else None
    if joined is None:
        return []
    at = max(state.clock, recorded_at)
    now = replace(joined, happened_at=at, recorded_at=recorded_at)
    earned = earn(state, now, new.calendar.day_of(at), at, new.earning)
    effects: list[Effect] = []
    for effect in once([one for one in earned if one.because.rule in rules], state.consequences, PROFILE_COMPLETED, 0):
        because = Because(effect.because.rule, new.version)
        late = replace(effect, because=because)
        if isinstance(late, Posted):
            late = replace(late, lot=(joined.id, LATE_LOT))
        apply(late, state.consequences)
        effects.append(late)
    return effects


def _current_end(state: State, old: Rulebook) -> Instant:
    """When the level that the rules gave ends as things stand; DAWN where no time ends it, or there is none."""
    rules = old.tiers
    if rules is None or state.clock == DAWN or earned_level(state.consequences) not in rules.rank_of:
        return DAWN
    end = earned_end(state, rules)
    return DAWN if end == FOREVER else end


def _tier_moves(state: State, old: Rulebook, new: Rulebook, end: Instant, recorded_at: Instant) -> list[Effect]:
    because, held, rules = Because(TIERS, new.version), state.consequences, new.tiers
    effects: list[Effect] = []

    def follow(following: list[Effect]) -> None:
        for effect in following:
            apply(effect, held)
        effects.extend(following)

    footing = held.footing
    if footing is not None and footing.given is not None and (rules is None or footing.given not in rules.rank_of):
        follow(given_over(state, state.clock, recorded_at, because))
    had = earned_level(held)
    if had is not None and (rules is None or had not in rules.rank_of):
        gone = TierChanged(held.tier, None, state.clock, recorded_at, because)
        follow([gone] if rules is None else moved_to(state, rules, 0, state.clock, recorded_at, because))
    if rules is not None and new.is_member(state) and state.clock > DAWN:
        today = new.calendar.today(state.clock)
        follow(upgrade(state, rules, today, state.clock, recorded_at, new.version, None))
        if had is not None and earned_level(held) == had:
            if old.tiers is None or (old.tiers.stopped is None and rules.stopped is None):
                follow(_kept(state, rules, end, recorded_at, because))
            else:
                follow(kept_over_pauses(state, old.tiers, rules, end, recorded_at, new.version))
    return effects


def _kept(state: State, rules: TierRules, end: Instant, recorded_at: Instant, because: Because) -> list[Effect]:
    """What the old program promised, where the new one would take the level sooner."""
    level, footing = earned_level(state.consequences), state.consequences.footing or NO_FOOTING
    assert level is not None
    if rules.rank_of[level] <= rules.base or rules.tiers.down == "never":
        return []
    if rules.lasts is not None and footing.kept_until == DAWN:
        end = max(end, rules.kept_from(state.clock))
    elif end <= earned_end(state, rules):
        return []
    in_grace = footing.in_grace and footing.kept_until > state.clock
    return [LevelKept(level, end, in_grace, state.clock, recorded_at, because)]


def _segment_moves(
    state: State, old: Rulebook, new: Rulebook, recorded_at: Instant, known: Callable[[], Known] | None
) -> list[Effect]:
    rules, held = new.segments, state.consequences
    if rules is None:
        state.segments = None
        return []
    had = state.segments
    segments = state.segments = had or SegmentState()
    who = known() if known is not None else Known("", new.calendar)
    profile, cause = (
        rules.profile_of(who) if known is not None else rules.usual,
        Cause(new.version, recorded_at, why=NEW_PROGRAM),
    )
    now = max(recorded_at, segments.clock)
    carried = None
    if old.segments is not None and had is not None:
        carried = rules.carry(segments, old.segments, held, who.id, profile, now, cause)
    if carried is not None:
        return carried
    was = old.segments.of(segments) if old.segments is not None else frozenset()
    return rules.refold(segments, held, who.id, who.facts, profile, was, now, cause)
