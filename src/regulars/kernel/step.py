"""The fold: one customer, one fact after another.

    step = advance   everything that falls due up to the fact, in time order
         + observe   the fact counted by the program's watches
         + phases    enrol, earn, tiers, clubs, games, segments: each sees what the former changed; `apply` alone changes
                     consequences
         + settle    what the fact itself made overdue

What falls due at one instant happens in this order: pending points become available, tiers, points expire, tiers. What
falls due at the very instant of a fact has happened before it; segments look last. Reservations that have run out are released,
and what is owed is filled, before levels are looked at. A late fact never turns the customer's clock
back. From a fact of weak trust nothing of value follows: no points, no level, not even one that is everybody's, and it does not
move the customer's clock, or anybody could make the shop's own word late. It counts for segments, which go by when we were told.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from regulars.kernel.behaviour import observe, observe_return
from regulars.kernel.by_hand import by_hand, settle
from regulars.kernel.calendar import SECOND, Day, Today
from regulars.kernel.celebrations import IDENTIFIED, PROFILE_COMPLETED, YEARLY, by_time, deed_of, once
from regulars.kernel.celebrations import due as due_celebrations
from regulars.kernel.club_terms import club_of, end_terms, subscribed
from regulars.kernel.earning import bring_over, earn
from regulars.kernel.effects import ACTIVATE, EXPIRE, Because, Effect, ExpiryNoticed, Posted, Reason, Refused
from regulars.kernel.entry_rewards import take_welcome_back, welcome, welcome_to_the_year
from regulars.kernel.expiry import activate, expire
from regulars.kernel.facts import (
    OF_POINTS,
    ORDER_FULFILLED,
    WEAK,
    BalanceBroughtOver,
    Behaved,
    ExpiryExtended,
    Fact,
    Instant,
    LevelSet,
    MemberJoined,
    OfPoints,
    OrderCompleted,
    OrderReturned,
    PointsAdjusted,
    PointsReceived,
    PointsSent,
    SpendingReversed,
)
from regulars.kernel.games.interest import note_interest
from regulars.kernel.games.playing import observe_games, play, use_perk
from regulars.kernel.games.standing import next_club_due
from regulars.kernel.given_levels import set_level
from regulars.kernel.membership import enrol
from regulars.kernel.recalled import Memory
from regulars.kernel.redating import FULFILMENT, come_back, extend, fulfil, spare
from regulars.kernel.returns import take_back
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.live.rules import Cause
from regulars.kernel.spending import lapse, spend
from regulars.kernel.state import State, apply, copy_of
from regulars.kernel.tiers import left_after_return, reset, upgrade
from regulars.kernel.waking import look_ahead, next_points_due


def step(
    state: State, fact: Fact, program: Rulebook, memory: Memory | None = None, drawn_by: str | None = None
) -> tuple[State, list[Effect]]:
    """The customer after `fact`, and what followed from it. For trials they are drawn by that name, or by the id in the fact."""
    return fold(state, (fact,), program, memory, drawn_by)


def fold(
    state: State,
    facts: Iterable[Fact],
    program: Rulebook,
    memory: Memory | None = None,
    drawn_by: str | None = None,
) -> tuple[State, list[Effect]]:
    """The customer after these facts, in this order, and what followed from them: one step after the other."""
    assert state.version == program.version, "adopt the program first"
    state = copy_of(state)
    effects: list[Effect] = []
    for fact in facts:
        before = _take(state, fact, program, effects, memory, drawn_by)
        if memory is not None:
            memory.take(fact, effects[before:], program.version)
    return state, effects


def fold_each(
    state: State,
    facts: Iterable[Fact],
    program: Rulebook,
    memory: Memory | None = None,
    drawn_by: str | None = None,
) -> tuple[State, list[list[Effect]]]:
    """The same, with what followed from each fact by itself. Facts that look back want a `memory` of what came before; it takes in
    these facts as well.
    """
    assert state.version == program.version, "adopt the program first"
    state = copy_of(state)
    followed: list[list[Effect]] = []
    for fact in facts:
        effects: list[Effect] = []
        before = _take(state, fact, program, effects, memory, drawn_by)
        if memory is not None:
            memory.take(fact, effects[before:], program.version)
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


def _take(
    state: State,
    fact: Fact,
    program: Rulebook,
    effects: list[Effect],
    memory: Memory | None,
    drawn_by: str | None,
) -> int:
    """The place of the first effect of the fact itself. What fell due before it, `memory` knows already."""
    happened_at, clock, before = fact.happened_at, state.clock, len(effects)
    at = happened_at if happened_at > clock else clock
    if isinstance(fact, Behaved) and fact.trust is WEAK:
        effects += earn(state, fact, program.calendar.today(happened_at).day, at, program.earning, drawn_by)
        _segment(state, fact, program, effects, held_changed=False)
        look_ahead(state, program, tiers_too=False)
        return before
    if state.due_at <= at:
        _fall_due_until(at, state, program, fact.recorded_at, effects)
        if memory is not None:
            memory.take(None, effects[before:], program.version)
    state.clock = at
    if program.tiers is not None and program.tiers.welcomes_by_year:
        state.last_fact = fact.id
    followed = len(effects)
    today = program.calendar.today(happened_at)
    on_clock = today if at == happened_at else program.calendar.today(at)
    best_before = _count(state, fact, program, today, on_clock, drawn_by)
    sums_may_fall = _award(state, fact, program, today.day, at, memory, drawn_by, effects)
    if program.tiers is not None and (program.open_to_all or program.is_member(state)):
        sums_may_fall = _level(state, fact, program, on_clock, at, memory, best_before, sums_may_fall, effects)
    if program.games is not None:
        sums_may_fall |= _play(state, fact, program, at, memory, drawn_by, effects)
    if state.consequences.debt and state.consequences.available:
        _follow(state, settle(state.consequences, at, fact.recorded_at, program.version), effects)
    look_ahead(state, program, sums_may_fall)
    if state.due_at <= at:
        _fall_due_until(at, state, program, fact.recorded_at, effects)
    if program.segments is not None:
        _segment(state, fact, program, effects, len(effects) > followed)
        look_ahead(state, program, tiers_too=False)
    return followed


def _count(state: State, fact: Fact, program: Rulebook, today: Today, on_clock: Today, drawn_by: str | None) -> int:
    """The fact counted by the program's watches. Where what levels go by may fall by it: the most that it was before."""
    tiers, best_before = program.tiers, 0
    if isinstance(fact, OrderCompleted):
        if tiers is not None and fact.amount_minor < 0:
            best_before = tiers.best_sum(state, on_clock)
        observe(state, fact, today, program.tier_watches)
    elif isinstance(fact, OrderReturned):
        if tiers is not None:
            best_before = tiers.best_sum(state, on_clock)
        observe_return(state, fact, program.calendar.today(fact.ordered_at), program.tier_watches)
    elif fact.name in program.counted:
        observe(state, fact, today, program.tier_watches)
    if program.celebrations is not None and not (
        isinstance(fact, MemberJoined) and state.consequences.member_since is not None
    ):
        state.celebrations = program.celebrations.noted(
            state.celebrations, fact, today.day, on_clock.day, drawn_by or fact.customer
        )
    return best_before


def _award(
    state: State,
    fact: Fact,
    program: Rulebook,
    day: Day,
    at: Instant,
    memory: Memory | None,
    drawn_by: str | None,
    effects: list[Effect],
) -> bool:
    """What the fact itself brings: a membership, points, a level by hand. Whether what levels go by may have fallen by it."""
    if isinstance(fact, OrderCompleted):
        _follow(state, earn(state, fact, day, at, program.earning, drawn_by), effects)
        return fact.amount_minor < 0
    if isinstance(fact, LevelSet):
        given = set_level(state, fact, at, program.tiers, program.is_member(state), program.version)
        _follow(state, given, effects)
        return True
    if isinstance(fact, BalanceBroughtOver):
        _follow(state, [bring_over(state, fact, at, program.earning)], effects)
        return False
    if isinstance(fact, OF_POINTS):
        _follow(state, _moved_by(fact, state, at, program, memory, drawn_by), effects)
        return isinstance(fact, OrderReturned)
    if isinstance(fact, MemberJoined):
        enrolled = enrol(state, fact, at, program.version)
        _follow(state, [enrolled], effects)
        if isinstance(enrolled, Refused):
            return False
    elif program.waits_for_fulfilment and fact.name in ORDER_FULFILLED:
        _follow(state, _fulfilled(fact, state, at, program, memory), effects)
    earned = earn(state, fact, day, at, program.earning, drawn_by)
    if program.celebrations is not None and isinstance(fact, Behaved):
        earned = _held_to_once(state, fact, day, at, program, drawn_by, earned)
    _follow(state, earned, effects)
    return False


def _held_to_once(
    state: State, fact: Behaved, day: Day, at: Instant, program: Rulebook, drawn_by: str | None, earned: list[Effect]
) -> list[Effect]:
    """What occasions allow, and what a profile brings that this makes complete."""
    known, held = state.celebrations, state.consequences
    assert program.celebrations is not None
    if known is not None and fact.name in YEARLY and fact.name in known.dates:
        return once(earned, held, fact.name, day)
    if fact.name == PROFILE_COMPLETED:
        return once(earned, held, fact.name, day)
    if fact.name == IDENTIFIED and program.celebrations.is_complete(known) and fact.trust is not WEAK:
        complete = replace(fact, name=PROFILE_COMPLETED)
        brought = once(earn(state, complete, day, at, program.earning, drawn_by), held, PROFILE_COMPLETED, day)
        return [*earned, *[one for one in brought if not _is_again(one)]]
    return earned


def _is_again(effect: Effect) -> bool:
    return isinstance(effect, Refused) and effect.reason is Reason.GIVEN_ALREADY


def _level(
    state: State,
    fact: Fact,
    program: Rulebook,
    on_clock: Today,
    at: Instant,
    memory: Memory | None,
    best_before: int,
    sums_may_fall: bool,
    effects: list[Effect],
) -> bool:
    """The level that follows from the fact, and what comes with it. Whether levels want to be looked at again."""
    tiers, recorded_at, version = program.tiers, fact.recorded_at, program.version
    assert tiers is not None
    if sums_may_fall:
        left = left_after_return(state, tiers, best_before, on_clock, at, recorded_at, version, fact.id)
        _follow(state, left, effects)
        if isinstance(fact, OrderReturned) and tiers.rewards and memory is not None:
            gone = take_welcome_back(state, fact, at, tiers, on_clock, version, memory, best_before)
            _follow(state, gone, effects)
    raised = upgrade(state, tiers, on_clock, at, recorded_at, version, fact.id)
    if raised:
        if tiers.rewards:
            raised += welcome(state.consequences, raised, fact, at, tiers, program.earning.lifetimes, version)
        _follow(state, raised, effects)
    return sums_may_fall or bool(raised) or tiers.years is not None


def _play(
    state: State,
    fact: Fact,
    program: Rulebook,
    at: Instant,
    memory: Memory | None,
    drawn_by: str | None,
    effects: list[Effect],
) -> bool:
    """What clubs and games follow. Whether a level may have come or gone with a club."""
    assert program.games is not None
    observe_games(state, fact, program.games, memory)
    club = club_of(fact, program.clubs)
    terms = subscribed(state, fact, club, at, program) if club is not None and isinstance(fact, Behaved) else []
    _follow(state, terms, effects)
    _follow(state, note_interest(state.consequences, fact, program.games.offered, at, program.version), effects)
    _follow(state, use_perk(state.consequences, fact, at, program.version), effects)
    _follow(state, play(state, fact, at, program, drawn_by), effects)
    return bool(terms)


def _moved_by(
    fact: OfPoints, state: State, at: Instant, program: Rulebook, memory: Memory | None, drawn_by: str | None
) -> list[Effect]:
    if isinstance(fact, OrderReturned):
        assert memory is not None, "the order is recalled"
        return take_back(state, fact, at, program.version, program.program.points.debt, memory, drawn_by)
    if isinstance(fact, PointsAdjusted | PointsSent | PointsReceived):
        return by_hand(state, fact, at, program.version, program.earning.lifetimes)
    if isinstance(fact, ExpiryExtended):
        return extend(state, fact, at, program)
    moved = spend(state, fact, at, program.version, memory)
    if isinstance(fact, SpendingReversed) and memory is not None:
        return come_back(moved, fact, program, memory)
    return moved


def _fulfilled(fact: Behaved, state: State, at: Instant, program: Rulebook, memory: Memory | None) -> list[Effect]:
    """An order that is not known, or is somebody else's, brings nothing."""
    order = memory.order(fact.properties.get("order_id", "")) if memory is not None else None
    if order is None:
        return []
    because = Because(FULFILMENT, program.version, fact.id)
    return fulfil(state, order.order.id, at, fact.recorded_at, because)


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
        own = min(next_points_due(state, program), state.tier_due_at)
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
    told = program.endings.notice(state, at, recorded_at, version) if program.endings is not None else []
    if held.pending and held.pending[0].active_at <= due:
        _follow(state, activate(held, due, at, recorded_at, version), effects)
    if held.reserved and held.reserved[0].until <= due:
        _follow(state, lapse(held, due, at, recorded_at, version), effects)
    if next_club_due(held.played) <= due:
        _follow(state, end_terms(held, due, at, recorded_at, version), effects)
    if held.debt and held.available:
        _follow(state, settle(held, at, recorded_at, version), effects)
    if resetting:
        _follow(state, _reset(state, due, at, program, recorded_at), effects)
    # What has fallen due of tiers has its day behind it: it is not looked at a second time.
    state.clock = at
    if held.available and held.available[0].expires_at <= due:
        ends = spare if program.spares(state) else expire
        _follow(state, ends(held, due, at, recorded_at, version), effects)
    if program.endings is not None:
        _follow(state, program.endings.lapse(state, due, at, recorded_at, version), effects)
        _follow(state, told if not program.spares(state) else [], effects)
    if resetting:
        _follow(state, _reset(state, due, at, program, recorded_at), effects)
    if program.celebrations is not None and state.celebrations is not None and state.celebrations.due_at <= due:
        resetting = _come_round(state, due, at, recorded_at, program, effects) or resetting
    if held.debt and held.available:
        _follow(state, settle(held, at, recorded_at, version), effects)
    if state.segments is not None and any(map(_changes_what_is_held, effects[followed:])):
        _fall_due_for_segments(state, min(due, recorded_at), program, recorded_at, effects, held_changed=True)
    look_ahead(state, program, resetting)


def _come_round(
    state: State, due: Instant, at: Instant, recorded_at: Instant, program: Rulebook, effects: list[Effect]
) -> bool:
    """Celebrations that have come, and the level that follows. Whether levels want to be looked at again."""
    rules, again = program.celebrations, False
    assert rules is not None
    assert state.celebrations is not None
    for name in due_celebrations(state.celebrations, program.calendar, due):
        one = state.celebrations.dates[name]
        deed = deed_of(name, one, program.calendar, recorded_at)
        earned = once(earn(state, deed, one.next, at, program.earning, one.who), state.consequences, name, one.next)
        _follow(state, by_time(earned, one), effects)
        state.celebrations = rules.after(state.celebrations, name)
        tiers, version = program.tiers, program.version
        if tiers is not None and (program.open_to_all or program.is_member(state)):
            raised = upgrade(state, tiers, program.calendar.today(at), at, recorded_at, version, None)
            if raised and tiers.rewards:
                lifetimes = program.earning.lifetimes
                raised += by_time(welcome(state.consequences, raised, deed, at, tiers, lifetimes, version), one)
            _follow(state, raised, effects)
            again = again or bool(raised) or tiers.years is not None
    return again


def _reset(state: State, due: Instant, at: Instant, program: Rulebook, recorded_at: Instant) -> list[Effect]:
    tiers, version = program.tiers, program.version
    moved = reset(state, due, at, recorded_at, version, tiers)
    if tiers is None or not tiers.welcomes_by_year:
        return moved
    lifetimes = program.earning.lifetimes
    return moved + welcome_to_the_year(state, moved, at, recorded_at, tiers, lifetimes, version)


def _changes_what_is_held(effect: Effect) -> bool:
    """To the second: that points become available and expire, segments know beforehand."""
    if isinstance(effect, ExpiryNoticed):
        return False
    is_foreseen = isinstance(effect, Posted) and (effect.entry is ACTIVATE or effect.entry is EXPIRE)
    return not is_foreseen or effect.effective_at % SECOND != 0


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
