"""Visitors become customers: what an anonymous visitor did is added to what is known of the customer.

Observations are a commutative sum, so it does not matter who absorbs whom or when. An anonymous visitor holds no points, no
level and no membership: nothing of value can be absorbed.
"""

from msgspec.structs import replace

from regulars.kernel.behaviour import merged
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import Consequences, State
from regulars.kernel.waking import next_due


def absorb(known: State, anonymous: State, program: Rulebook) -> State:
    """`known` with the observations of `anonymous` added. Levels that this reaches are given at the next touch."""
    assert known.version == anonymous.version == program.version, "both adopt the program first"
    assert anonymous.consequences == Consequences(), "an anonymous visitor holds nothing"
    observations = {
        key: merged(known.observations[key], anonymous.observations[key], watch)
        for key, watch in program.watches.by_key.items()
    }
    clocks = [state.clock for state in (known, anonymous) if state.clock is not None]
    state = replace(known, observations=observations, clock=max(clocks, default=None))
    return replace(state, due_at=next_due(state, program))
