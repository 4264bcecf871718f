"""The fold: one customer, one fact after another.

    step = advance   everything that falls due up to the fact, in time order
         + observe   the fact counted by the program's watches
         + phases    enrol, earn, tiers: each sees what the former changed; `apply` alone changes consequences
         + settle    what the fact itself made overdue

What falls due at one instant happens in this order: pending points become available, tiers, points expire, tiers. What
falls due at the very instant of a fact has happened before it. A late fact never turns the customer's clock back.
"""

from collections.abc import Iterable, Sequence
from functools import partial

from regulars.kernel.behaviour import observe
from regulars.kernel.earning import earn
from regulars.kernel.effects import Because, Effect, Refused
from regulars.kernel.expiry import activate, expire
from regulars.kernel.facts import Fact, Instant, OrderCompleted
from regulars.kernel.membership import enrol
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State, apply, copy_of
from regulars.kernel.tiers import TIERS, reset, upgrade
from regulars.kernel.waking import look_ahead


def step(state: State, fact: Fact, program: Rulebook) -> tuple[State, list[Effect]]:
    """The customer after `fact`, and what followed from it."""
    return fold(state, (fact,), program)


def fold(state: State, facts: Iterable[Fact], program: Rulebook) -> tuple[State, list[Effect]]:
    """The customer after these facts, in this order, and what followed from them: one step after the other."""
    assert state.version == program.version, "adopt the program first"
    state = copy_of(state)
    effects: list[Effect] = []
    for fact in facts:
        _take(state, fact, program, effects)
    return state, effects


def advance(state: State, to: Instant, program: Rulebook, recorded_at: Instant) -> tuple[State, list[Effect]]:
    """The customer at `to`: everything done that falls due up to and at that instant, in time order."""
    assert state.version == program.version, "adopt the program first"
    state = copy_of(state)
    effects: list[Effect] = []
    _advance(state, to, program, recorded_at, effects)
    return state, effects


def _take(state: State, fact: Fact, program: Rulebook, effects: list[Effect]) -> None:
    at = fact.happened_at if fact.happened_at > state.clock else state.clock
    _advance(state, at, program, fact.recorded_at, effects)
    day = program.calendar.day_of(fact.happened_at)
    enrolled = _follow(state, enrol(state, fact, at, program.version), effects)
    observe(state, fact, day, program.watches)
    if not enrolled or not isinstance(enrolled[0], Refused):
        _follow(state, earn(state, fact, day, at, program.earning), effects)
    moved = False
    if program.tiers is not None and program.is_member(state):
        because = Because(TIERS, program.version, fact.id)
        moved = bool(_follow(state, upgrade(state, program.tiers, at, fact.recorded_at, because), effects))
    look_ahead(state, program, moved or (type(fact) is OrderCompleted and fact.amount_minor < 0))
    _advance(state, at, program, fact.recorded_at, effects)


def _advance(state: State, to: Instant, program: Rulebook, recorded_at: Instant, effects: list[Effect]) -> None:
    while state.due_at <= to:
        _fall_due(state, state.due_at, program, recorded_at, effects)
    if state.clock < to:
        state.clock = to


def _fall_due(state: State, due: Instant, program: Rulebook, recorded_at: Instant, effects: list[Effect]) -> None:
    """Everything that falls due by `due`; it is dated then, or at the customer's clock if that is later."""
    at = due if due > state.clock else state.clock
    tiers = partial(reset, rules=program.tiers if state.tier_due_at <= due else None)
    for phase in (activate, tiers, expire, tiers):
        _follow(state, phase(state, due, at, recorded_at, program.version), effects)
    state.clock = at
    look_ahead(state, program, state.tier_due_at <= due)


def _follow(state: State, following: Sequence[Effect], effects: list[Effect]) -> Sequence[Effect]:
    for effect in following:
        apply(effect, state.consequences)
    effects += following
    return following
