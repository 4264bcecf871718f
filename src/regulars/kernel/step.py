"""The fold: one customer, one fact after another.

    step = advance   everything that falls due up to the fact, in time order
         + observe   the fact counted by the program's watches
         + phases    enrol, earn, tiers, segments: each sees what the former changed; `apply` alone changes consequences
         + settle    what the fact itself made overdue

What falls due at one instant happens in this order: pending points become available, tiers, points expire, tiers. What
falls due at the very instant of a fact has happened before it; segments look last. A late fact never turns the customer's clock
back. From a fact of weak trust nothing of value follows: no points, no level, not even one that is everybody's, and it does not
move the customer's clock, or anybody could make the shop's own word late. It counts for segments, which go by when we were told.
"""

from collections.abc import Iterable

from regulars.kernel.behaviour import observe
from regulars.kernel.calendar import SECOND
from regulars.kernel.earning import bring_over, earn
from regulars.kernel.effects import Effect, Posted, Refused
from regulars.kernel.expiry import activate, expire, next_lot_due
from regulars.kernel.facts import WEAK, BalanceBroughtOver, Behaved, Fact, Instant, MemberJoined, OrderCompleted
from regulars.kernel.membership import enrol
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.live.rules import Cause
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
    _fall_due_until(to, state, program, recorded_at, effects)
    if state.clock < to:
        state.clock = to
    return state, effects


def _take(state: State, fact: Fact, program: Rulebook, effects: list[Effect]) -> None:
    happened_at, clock = fact.happened_at, state.clock
    at = happened_at if happened_at > clock else clock
    if isinstance(fact, Behaved) and fact.trust is WEAK:
        effects += earn(state, fact, program.calendar.today(happened_at).day, at, program.earning)
        _segment(state, fact, program, effects, held_changed=False)
        look_ahead(state, program, tiers_too=False)
        return
    if state.due_at <= at:
        _fall_due_until(at, state, program, fact.recorded_at, effects)
    state.clock = at
    followed = len(effects)
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
    if state.due_at <= at:
        _fall_due_until(at, state, program, fact.recorded_at, effects)
    if program.segments is not None:
        _segment(state, fact, program, effects, len(effects) > followed)
        look_ahead(state, program, tiers_too=False)


def overhear(state: State, facts: Iterable[Fact], program: Rulebook) -> tuple[State, list[Effect]]:
    """The customer after what was done without a name on a device of theirs, in this order: it counts for segments alone."""
    assert state.version == program.version, "adopt the program first"
    state = copy_of(state)
    effects: list[Effect] = []
    for fact in facts:
        _segment(state, fact, program, effects, held_changed=False)
    look_ahead(state, program, tiers_too=False)
    return state, effects


def _segment(state: State, fact: Fact, program: Rulebook, effects: list[Effect], held_changed: bool) -> None:
    """Segments go by when we were told: what comes late changes who is in them now."""
    rules, segments, held = program.segments, state.segments, state.consequences
    if rules is None or segments is None:
        return
    now = fact.recorded_at if fact.recorded_at > segments.clock else segments.clock
    while segments.due_at <= now:
        effects += rules.fall_due(segments, held, segments.due_at, Cause(program.version, fact.recorded_at), False)
    effects += rules.take(segments, held, fact, now, program.version, held_changed)


def _fall_due_until(at: Instant, state: State, program: Rulebook, recorded_at: Instant, effects: list[Effect]) -> None:
    """In time order. For segments no time passes that is ahead of when we were told."""
    segments = state.segments
    if segments is None:
        while state.due_at <= at:
            _fall_due(state, state.due_at, program, recorded_at, effects)
        return
    while True:
        own = min(next_lot_due(state.consequences), state.tier_due_at)
        due = min(own, segments.due_at)
        if due > at or (own > at and segments.due_at > recorded_at):
            return
        if own <= segments.due_at or segments.due_at > recorded_at:
            _fall_due(state, own, program, recorded_at, effects)
        else:
            _fall_due_for_segments(state, due, program, recorded_at, effects, held_changed=False)


def _fall_due(state: State, due: Instant, program: Rulebook, recorded_at: Instant, effects: list[Effect]) -> None:
    """Everything that falls due by `due`; it is dated then, or at the customer's clock if that is later."""
    at = due if due > state.clock else state.clock
    held, version, followed = state.consequences, program.version, len(effects)
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
    if state.segments is not None and any(map(_changes_what_is_held, effects[followed:])):
        _fall_due_for_segments(state, min(due, recorded_at), program, recorded_at, effects, held_changed=True)
    look_ahead(state, program, resetting)


def _changes_what_is_held(effect: Effect) -> bool:
    """To the second: that points become available and expire, segments know beforehand."""
    return not isinstance(effect, Posted) or effect.effective_at % SECOND != 0


def _fall_due_for_segments(
    state: State, due: Instant, program: Rulebook, recorded_at: Instant, effects: list[Effect], held_changed: bool
) -> None:
    rules, segments = program.segments, state.segments
    assert rules is not None
    assert segments is not None
    cause = Cause(program.version, recorded_at)
    effects += rules.fall_due(segments, state.consequences, due, cause, held_changed)
    look_ahead(state, program, tiers_too=False)


def _follow(state: State, following: list[Effect], effects: list[Effect]) -> None:
    for effect in following:
        apply(effect, state.consequences)
    effects += following
