"""A customer meets a newer program.

Watches that both programs have keep what they counted; new ones are counted anew over the customer's facts; those that are
gone are dropped; so it is with what segments remember. Consequences stand: lots keep their expiry. A level that the new program
reaches is given at once; one that it no longer reaches is kept until the next reset; one that it no longer has is replaced by
what the sums reach.
"""

from collections.abc import Callable, Sequence
from typing import Final

from regulars.kernel.behaviour import refold
from regulars.kernel.effects import Because, Effect, TierChanged
from regulars.kernel.facts import DAWN, Fact, Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.live.rules import Cause
from regulars.kernel.segments.meaning import Known
from regulars.kernel.state import SegmentState, State, apply, copy_of
from regulars.kernel.tiers import TIERS, upgrade
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
    state.version = new.version
    state.observations = {
        key: state.observations[key] if key in state.observations else refold(facts, watch, new.calendar)
        for key, watch in new.watches
    }
    effects = _tier_moves(state, new, recorded_at)
    effects += _segment_moves(state, old, new, recorded_at, known)
    look_ahead(state, new, tiers_too=True)
    return state, effects


def _tier_moves(state: State, new: Rulebook, recorded_at: Instant) -> list[Effect]:
    because = Because(TIERS, new.version)
    effects: list[Effect] = []
    held = state.consequences.tier
    if held is not None and (new.tiers is None or held not in new.tiers.rank_of):
        effects.append(TierChanged(held, None, state.clock, recorded_at, because))
        apply(effects[-1], state.consequences)
    if new.tiers is not None and new.is_member(state) and state.clock > DAWN:
        today = new.calendar.today(state.clock)
        for effect in upgrade(state, new.tiers, today, state.clock, recorded_at, new.version, None):
            effects.append(effect)
            apply(effect, state.consequences)
    return effects


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
