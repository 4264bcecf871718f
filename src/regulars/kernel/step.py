"""The fold: one customer, one fact after another.

    step = advance   everything that falls due up to the fact, in time order
         + observe   the fact counted by the program's watches
         + phases    enrol, earn, tiers: each sees what the former changed; `apply` alone changes consequences
         + settle    what the fact itself made overdue

What falls due at one instant happens in this order: pending points become available, tiers, points expire, tiers. What
falls due at the very instant of a fact has happened before it. A late fact never turns the customer's clock back. From a fact
of weak trust nothing follows but that it is refused: no points, no level, not even one that is everybody's, and it does not
move the customer's clock, or anybody could make the shop's own word late.
"""

from collections.abc import Iterable

from regulars.kernel.behaviour import observe
from regulars.kernel.earning import bring_over, earn
from regulars.kernel.effects import Effect, Refused
from regulars.kernel.expiry import activate, expire
from regulars.kernel.facts import WEAK, BalanceBroughtOver, Behaved, Fact, Instant, MemberJoined, OrderCompleted
from regulars.kernel.membership import enrol
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State, apply, copy_of
from regulars.kernel.tiers import reset, upgrade
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


def fold_each(state: State, facts: Iterable[Fact], program: Rulebook) -> tuple[State, list[list[Effect]]]:
    """The same, with what followed from each fact by itself."""
    assert state.version == program.version, "adopt the program first"
    state = copy_of(state)
    followed: list[list[Effect]] = []
    for fact in facts:
        effects: list[Effect] = []
        _take(state, fact, program, effects)
        followed.append(effects)
    return state, followed


def advance(state: State, to: Instant, program: Rulebook, recorded_at: Instant) -> tuple[State, list[Effect]]:
    """The customer at `to`: everything done that falls due up to and at that instant, in time order."""
    assert state.version == program.version, "adopt the program first"
    state = copy_of(state)
    effects: list[Effect] = []
    while state.due_at <= to:
        _fall_due(state, state.due_at, program, recorded_at, effects)
    if state.clock < to:
        state.clock = to
    return state, effects


def _take(state: State, fact: Fact, program: Rulebook, effects: list[Effect]) -> None:
    happened_at, clock = fact.happened_at, state.clock
    at = happened_at if happened_at > clock else clock
    if isinstance(fact, Behaved) and fact.trust is WEAK:
        effects += earn(state, fact, program.calendar.today(happened_at).day, at, program.earning)
        return
    while state.due_at <= at:
        _fall_due(state, state.due_at, program, fact.recorded_at, effects)
    state.clock = at
    today = program.calendar.today(happened_at)
    refused = sums_may_fall = False
    if isinstance(fact, OrderCompleted):
        observe(state, fact, today, program.watches)
        sums_may_fall = fact.amount_minor < 0
    elif isinstance(fact, MemberJoined):
        enrolled = enrol(state, fact, at, program.version)
        _follow(state, [enrolled], effects)
        refused = isinstance(enrolled, Refused)
    if isinstance(fact, BalanceBroughtOver):
        _follow(state, [bring_over(state, fact, at, program.earning)], effects)
    elif not refused:
        _follow(state, earn(state, fact, today.day, at, program.earning), effects)
    if program.tiers is not None and (program.open_to_all or program.is_member(state)):
        on_clock = today if at == happened_at else program.calendar.today(at)
        raised = upgrade(state, program.tiers, on_clock, at, fact.recorded_at, program.version, fact.id)
        if raised:
            _follow(state, raised, effects)
            sums_may_fall = True
    look_ahead(state, program, sums_may_fall)
    while state.due_at <= at:
        _fall_due(state, state.due_at, program, fact.recorded_at, effects)


def _fall_due(state: State, due: Instant, program: Rulebook, recorded_at: Instant, effects: list[Effect]) -> None:
    """Everything that falls due by `due`; it is dated then, or at the customer's clock if that is later."""
    at = due if due > state.clock else state.clock
    held, version = state.consequences, program.version
    resetting = program.tiers is not None and state.tier_due_at <= due
    if held.pending and held.pending[0].active_at <= due:
        _follow(state, activate(held, due, at, recorded_at, version), effects)
    if resetting:
        _follow(state, reset(state, due, at, recorded_at, version, program.tiers), effects)
    if held.available and held.available[0].expires_at <= due:
        _follow(state, expire(held, due, at, recorded_at, version), effects)
    if resetting:
        _follow(state, reset(state, due, at, recorded_at, version, program.tiers), effects)
    state.clock = at
    look_ahead(state, program, resetting)


def _follow(state: State, following: list[Effect], effects: list[Effect]) -> None:
    for effect in following:
        apply(effect, state.consequences)
    effects += following
