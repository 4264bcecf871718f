"""Levels that the shop gives by its own word: whoever had one elsewhere, or is to have one for some time.

The customer is held at least at that level until its end. Meanwhile the rules go on as if nobody had said a word, so that
what is left at the end is what was earned. No reward for entering comes of it.
"""

from typing import Final

from regulars.kernel.effects import Because, Effect, LevelGiven, Reason, Refused, TierChanged
from regulars.kernel.facts import FOREVER, Instant, LevelSet
from regulars.kernel.state import State, earned_level
from regulars.kernel.tiers import TierRules, given_over

SET: Final = "set"


def set_level(
    state: State, fact: LevelSet, at: Instant, rules: TierRules | None, is_member: bool, version: str
) -> list[Effect]:
    because, recorded_at = Because(SET, version, fact.id), fact.recorded_at
    if fact.level is None:
        footing = state.consequences.footing
        return given_over(state, at, recorded_at, because) if footing is not None and footing.given is not None else []
    if rules is None or fact.level not in rules.rank_of:
        return [Refused(Reason.NO_SUCH_LEVEL, None, at, recorded_at, because)]
    if not is_member:
        return [Refused(Reason.NOT_A_MEMBER, None, at, recorded_at, because)]
    return given(state, fact.level, FOREVER if fact.until is None else fact.until, rules, at, recorded_at, because)


def given(
    state: State, level: str, until: Instant, rules: TierRules, at: Instant, recorded_at: Instant, because: Because
) -> list[Effect]:
    """In the place of what was given before."""
    held = state.consequences
    seen = rules.ids[max(rules.rank_of[level], rules.rank_of[earned_level(held)])]
    effects: list[Effect] = [LevelGiven(level, until, at, recorded_at, because)]
    if seen != held.tier:
        effects.append(TierChanged(held.tier, seen, at, recorded_at, because))
    return effects
