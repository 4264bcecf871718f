"""The fold over one customer's history. It is the live engine itself that runs, so what it finds is exact."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from regulars.kernel.effects import Effect
from regulars.kernel.facts import Fact, Instant
from regulars.kernel.recalled import Memory, looks_back
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State
from regulars.kernel.step import advance, fold, step


def replay(
    facts: Iterable[Fact], program: Rulebook, until: Instant, customer: str | None = None
) -> tuple[State, list[Effect]]:
    """The customer of this name at `until`, which is exclusive, and everything that followed on the way. `facts` are all before
    it. Without a name they go by the id in the facts.
    """
    facts = tuple(facts)
    memory = _memory(facts, program)
    state, effects = fold(program.new_state(), facts, program, memory, customer)
    state, due = advance(state, until - 1, program, until - 1)
    return state, effects + due


class Happening(NamedTuple):
    """A fact, or a moment at which time alone changed something; what followed, and the state after it."""

    at: Instant
    fact: Fact | None
    effects: list[Effect]
    state: State


def replay_by_fact(
    facts: Iterable[Fact], program: Rulebook, until: Instant, customer: str | None = None
) -> Iterator[Happening]:
    """The same replay, one happening after another."""
    state, facts = program.new_state(), tuple(facts)
    memory = _memory(facts, program)
    for fact in facts:
        for due in _dues(state, fact.happened_at, program, fact.recorded_at):
            yield due
            state = due.state
            if memory is not None:
                memory.take(None, due.effects, program.version)
        state, effects = step(state, fact, program, memory, customer)
        yield Happening(fact.happened_at, fact, effects, state)
    yield from _dues(state, until - 1, program, until - 1)


def _memory(facts: Sequence[Fact], program: Rulebook) -> Memory | None:
    """What is recalled is kept only for those of whom something looks back."""
    return Memory(lambda _: program) if looks_back(facts, program) else None


def _dues(state: State, to: Instant, program: Rulebook, recorded_at: Instant) -> Iterator[Happening]:
    while state.due_at <= to:
        due_at = state.due_at
        state, effects = advance(state, due_at, program, max(recorded_at, due_at))
        if effects:
            yield Happening(state.clock, None, effects, state)
