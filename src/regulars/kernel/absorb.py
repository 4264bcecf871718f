"""Visitors become customers: what an anonymous visitor did is added to what is known of the customer.

Observations are a commutative sum, so it does not matter who absorbs whom or when. An anonymous visitor holds no points, no
level and no membership: nothing of value can be absorbed.
"""

from regulars.kernel.behaviour import merged
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import Consequences, State, copy_of
from regulars.kernel.waking import look_ahead


def absorb(known: State, anonymous: State, program: Rulebook) -> State:
    """`known` with the observations of `anonymous` added. Levels that this reaches are given at the next touch. Which of both has
    the last fact is the same whoever absorbs.
    """
    assert known.version == anonymous.version == program.version, "both adopt the program first"
    assert anonymous.consequences == Consequences(), "an anonymous visitor holds nothing"
    state = copy_of(known)
    state.observations = {
        key: merged(known.observations[key], anonymous.observations[key], watch) for key, watch in program.watches
    }
    state.clock = max(known.clock, anonymous.clock)
    state.last_fact = max(known.last_fact or "", anonymous.last_fact or "") or None
    look_ahead(state, program, tiers_too=True)
    return state
