"""The fold over one customer's history. It is the live engine itself that runs, so what it finds is exact."""

from collections.abc import Iterable, Iterator

from regulars.kernel.effects import Effect
from regulars.kernel.facts import Fact, Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State
from regulars.kernel.step import advance, fold, step


def replay(facts: Iterable[Fact], program: Rulebook, until: Instant) -> tuple[State, list[Effect]]:
    """The customer at `until`, which is exclusive, and everything that followed on the way. `facts` are all before it."""
    state, effects = fold(program.new_state(), facts, program)
    state, due = advance(state, until - 1, program, until - 1)
    return state, effects + due


def replay_by_fact(
    facts: Iterable[Fact], program: Rulebook, until: Instant
) -> Iterator[tuple[Fact | None, list[Effect], State]]:
    """The same, fact by fact: each with what followed from it and the state after it; None for what time alone brought."""
    state = program.new_state()
    for fact in facts:
        before, due = advance(state, fact.happened_at, program, fact.recorded_at)
        if due:
            yield None, due, before
        state, followed = step(before, fact, program)
        yield fact, followed, state
    state, due = advance(state, until - 1, program, until - 1)
    if due:
        yield None, due, state
