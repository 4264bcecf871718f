"""A customer meets a newer program.

Watches that both programs have keep what they counted; new ones are counted anew over the customer's facts; those that are
gone are dropped. Consequences stand: lots keep their expiry. A level that the new program reaches is given at once; one that
it no longer reaches is kept until the next reset; one that it no longer has is replaced by what the sums reach.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from regulars.kernel.behaviour import refold
from regulars.kernel.effects import Because, Effect, TierChanged
from regulars.kernel.facts import Fact, Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State, apply_all
from regulars.kernel.tiers import TIERS, upgrade
from regulars.kernel.waking import next_due


def adopt(
    state: State, old: Rulebook, new: Rulebook, facts: Sequence[Fact], recorded_at: Instant
) -> tuple[State, list[Effect]]:
    """The customer under `new`, brought forward to no later time. `facts` are all of this customer's facts until now."""
    assert state.version == old.version, "the state is of another program"
    kept = {key: state.observations[key] for key in new.watches.by_key if key in old.watches.by_key}
    counted = {
        key: refold(facts, state.consequences.member_since, watch, new.calendar)
        for key, watch in new.watches.by_key.items()
        if key not in kept
    }
    state = replace(state, version=new.version, observations=kept | counted)
    effects = _tier_moves(state, new, recorded_at)
    state = replace(state, consequences=apply_all(state.consequences, effects))
    return replace(state, due_at=next_due(state, new)), effects


def _tier_moves(state: State, new: Rulebook, recorded_at: Instant) -> list[Effect]:
    if state.clock is None:
        return []
    because = Because(TIERS, new.version)
    held = state.consequences.tier
    gone = held is not None and (new.tiers is None or held not in new.tiers.rank_of)
    moves: list[Effect] = [TierChanged(held, None, state.clock, recorded_at, because)] if gone else []
    if new.tiers is not None and new.is_member(state):
        cleared = replace(state, consequences=apply_all(state.consequences, moves))
        moves += upgrade(cleared, new.tiers, state.clock, recorded_at, because)
    return moves
