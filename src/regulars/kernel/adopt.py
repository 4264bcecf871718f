"""A customer meets a newer program.

Watches that both programs have keep what they counted; new ones are counted anew over the customer's facts; those that are
gone are dropped. Consequences stand: lots keep their expiry. A level that the new program reaches is given at once; one that
it no longer reaches is kept until the next reset; one that it no longer has is replaced by what the sums reach.
"""

from collections.abc import Sequence

from regulars.kernel.behaviour import refold
from regulars.kernel.effects import Because, Effect, TierChanged
from regulars.kernel.facts import DAWN, Fact, Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State, apply, copy_of
from regulars.kernel.tiers import TIERS, upgrade
from regulars.kernel.waking import look_ahead


def adopt(
    state: State, old: Rulebook, new: Rulebook, facts: Sequence[Fact], recorded_at: Instant
) -> tuple[State, list[Effect]]:
    """The customer under `new`, at the customer's own clock. `facts` are all of this customer's facts until now."""
    assert state.version == old.version, "the state is of another program"
    state = copy_of(state)
    state.version = new.version
    state.observations = {
        key: state.observations[key] if key in state.observations else refold(facts, watch, new.calendar)
        for key, watch in new.watches
    }
    effects = _tier_moves(state, new, recorded_at)
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
