"""The laws that hold whatever becomes of points: orders that go back, in parts and whole, points spent, held, released and brought
back, given by hand and to others, owed, under programs of every policy on debt.

Histories are drawn with the facts of `test_laws`, and with these between them, late and on time.
"""

from collections.abc import Iterable, Sequence
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.kernel.adopt import adopt
from regulars.kernel.calendar import Duration
from regulars.kernel.effects import EXPIRE, Account, Effect, ExpiryNoticed, Lot, Posted, Refused, Returned
from regulars.kernel.expiry import EXPIRY
from regulars.kernel.facts import (
    ORDER_CANCELLED,
    ORDER_REFUNDED,
    Behaved,
    ExpiryExtended,
    Fact,
    OrderCompleted,
    OrderReturned,
    PointsAdjusted,
    PointsReceived,
    PointsReleased,
    PointsReserved,
    PointsSent,
    PointsSpent,
    SentLot,
    SpendingReversed,
)
from regulars.kernel.lifespans import HoldUntil, Inactivity, OnDates
from regulars.kernel.merging import merge
from regulars.kernel.pauses import Pause
from regulars.kernel.program import PointsPolicy
from regulars.kernel.recalled import Memory
from regulars.kernel.returns import all_of, by_amount, leaves_nothing
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import Consequences, State, rebuilt
from regulars.kernel.step import advance, fold, step
from regulars.kernel.waking import next_due
from regulars.wire.program import version_of
from tests.kernel.test_laws import START, YEARS, histories, moments, rebuilt_onto, without_recorded
from tests.kernel.test_laws import programs as any_program

END = (START + YEARS) * 1_000_000


@st.composite
def programs(draw: st.DrawFn) -> Rulebook:
    """Any program, with any policy on debt and on what a part that is left deserves."""
    program = draw(any_program()).program
    debt = draw(st.sampled_from(["only_pending", "within_balance", "unlimited"]))
    on_return = draw(st.sampled_from(["share", "share", "reckon_again", "keep"]))
    earning = [
        replace(rule, on_return=on_return) if rule.id in ("purchase", "tea", "visit") else rule
        for rule in program.earning
    ]
    points = draw(lived_by(replace(program.points, debt=debt)))
    pauses = tuple(draw(st.lists(PAUSES, max_size=2))) if draw(st.booleans()) else ()
    meant = replace(program, points=points, earning=tuple(earning), pauses=pauses)
    return Rulebook(meant, version_of(meant))


DAY_ONE = START // 86_400
PAUSES = st.builds(
    lambda first, length, stops: Pause(DAY_ONE + first, DAY_ONE + first + length, stops),
    st.integers(-30, 700),
    st.integers(1, 200),
    st.sampled_from([("expiry",), ("tier_reset",), ("expiry", "tier_reset")]),
)
HOLDS = (
    None,
    HoldUntil("fulfilment", Duration(20, "days")),
    HoldUntil("returns_end", Duration(10, "days")),
    HoldUntil("date", day=DAY_ONE + 200),
)
ON = (OnDates(((6, 30), (12, 31))), OnDates(((2, 29),), Duration(2, "months")))
INACTIVE = Inactivity(Duration(2, "months"), ("Order Completed", "Points Spent", "Product Reviewed"))


@st.composite
def lived_by(draw: st.DrawFn, points: PointsPolicy) -> PointsPolicy:
    """With any hold, any end and any notices."""
    if draw(st.booleans()):
        hold = draw(st.sampled_from(HOLDS))
        points = replace(points, hold=None if hold else points.hold, hold_until=hold)
    end = draw(st.sampled_from(["", "", "on", "inactive"]))
    if end:
        points = replace(points, expire=None, expire_on=draw(st.sampled_from(ON)) if end == "on" else None)
        points = replace(points, inactive=INACTIVE if end == "inactive" else None)
    return replace(points, notices=draw(st.sampled_from([(), (30, 7), (1,)])))


KINDS = ["return", "return", "spend", "reserve", "release", "back", "hand", "send", "get", "extend", "sent"]


@st.composite
def lives(draw: st.DrawFn) -> list[Fact]:
    """A history, and what became of its orders and points. What goes back of an order is never more than is left of it."""
    facts = draw(histories())
    orders = [fact for fact in facts if isinstance(fact, OrderCompleted)]
    returns: dict[str, list[OrderReturned]] = {}
    reservations: list[str] = []
    spendings: list[str] = []
    for number, second in enumerate(draw(st.lists(moments, max_size=12))):
        at, id = second * 1_000_000, f"life-{number:02}"
        kind = draw(
            st.sampled_from(
                ["return", "return", "spend", "reserve", "release", "back", "hand", "send", "get", "extend", "sent"]
            )
        )
        told = (id, "ada", at, at, "test")
        if kind == "return" and orders:
            order = draw(st.sampled_from(orders))
            before = returns.setdefault(order.id, [])
            fact = _return(order, before, told, draw(st.sampled_from([1, 33, 50, 100])))
            before.append(fact)
            facts.append(fact)
        elif kind == "spend":
            of = draw(st.sampled_from([None, *reservations]))
            facts.append(PointsSpent(*told, draw(st.integers(1, 300)), "coffee", of))
            spendings.append(id)
        elif kind == "reserve":
            lasts = draw(st.sampled_from([1, 3_600, 40 * 86_400]))
            facts.append(PointsReserved(*told, draw(st.integers(1, 200)), at + lasts * 1_000_000))
            reservations.append(id)
        elif kind == "release" and reservations:
            facts.append(PointsReleased(*told, draw(st.sampled_from(reservations))))
        elif kind == "back" and spendings:
            facts.append(
                SpendingReversed(*told, draw(st.sampled_from(spendings)), draw(st.sampled_from([None, 1, 50])))
            )
        elif kind == "hand":
            facts.append(PointsAdjusted(*told, draw(st.sampled_from([-70, -1, 1, 90])), "sorry"))
        elif kind == "extend":
            facts.append(ExpiryExtended(*told, at + draw(st.integers(-50, 500)) * 86_400_000_000))
        elif kind == "sent" and orders:
            order_id = draw(st.sampled_from(orders)).order_id
            facts.append(Behaved(*told, "Order Fulfilled", {"order_id": order_id}))
        elif kind == "send":
            facts.append(PointsSent(*told, draw(st.integers(1, 100))))
        elif kind == "get":
            lasts = draw(st.sampled_from([1, 86_400, YEARS])) * 1_000_000
            facts.append(PointsReceived(*told, (SentLot((f"of-bob-{number}", 0), 40, at - 5, at + lasts),)))
    order_of = draw(st.permutations(range(len(facts)))) if draw(st.booleans()) else range(len(facts))
    return [facts[place] for place in order_of]


def _return(
    order: OrderCompleted, before: Sequence[OrderReturned], told: tuple[str, str, int, int, str], percent: int
) -> OrderReturned:
    if percent == 100:
        lines, name = all_of(order, before), ORDER_CANCELLED
    else:
        left = sum(max(line.amount_minor, 0) for line in order.lines) - sum(one.amount_minor for one in before)
        lines, name = by_amount(order, before, max(left, 0) * percent // 100), ORDER_REFUNDED
    whole = percent == 100 or leaves_nothing(order, before, lines)
    total = sum(line.amount_minor for line in lines)
    return OrderReturned(*told, name, order.order_id, order.happened_at, lines, total, whole)


def remembering(*programs: Rulebook) -> Memory:
    by_version = {program.version: program for program in programs}
    return Memory(by_version.__getitem__)


def lived(program: Rulebook, facts: Iterable[Fact]) -> tuple[State, list[Effect]]:
    return fold(program.new_state(), facts, program, remembering(program))


def accounts_of(effects: Iterable[Effect]) -> dict[Account, int]:
    accounts = dict.fromkeys(Account, 0)
    for effect in effects:
        if isinstance(effect, Posted):
            assert effect.points > 0
            for account, points in effect.postings():
                accounts[account] += points
    return accounts


@given(programs(), lives())
def test_the_balance_is_the_lots_is_the_ledger(program: Rulebook, facts: list[Fact]) -> None:
    state, effects = lived(program, facts)
    state, due = advance(state, END, program, 0)
    accounts, held = accounts_of([*effects, *due]), state.consequences
    assert sum(accounts.values()) == 0
    assert accounts[Account.PENDING] == sum(lot.points for lot in held.pending)
    assert accounts[Account.AVAILABLE] == sum(lot.points for lot in held.available)
    assert accounts[Account.RESERVED] == held.held_back() == 0 or held.reserved
    assert accounts[Account.EXPIRED] == held.expired
    assert accounts[Account.SPENT] == held.spent >= 0
    assert accounts[Account.DEBT] == -held.debt <= 0
    assert accounts[Account.TRANSFERRED] == -held.transferred
    assert accounts[Account.PROGRAM] == held.reversed - held.issued - held.adjusted
    in_hand = (Account.PENDING, Account.AVAILABLE, Account.RESERVED, Account.DEBT)
    assert held.outstanding() == sum(accounts[one] for one in in_hand)
    assert not (held.debt and held.available)
    assert all(points >= 0 for points in held.qualifying.values())


@given(programs(), lives())
def test_effects_alone_rebuild_the_consequences(program: Rulebook, facts: list[Fact]) -> None:
    state, effects = lived(program, facts)
    assert rebuilt(effects) == state.consequences


@given(programs(), lives(), st.integers(0, 26))
def test_folding_in_two_parts_equals_folding_whole(program: Rulebook, facts: list[Fact], cut: int) -> None:
    whole = lived(program, facts)
    memory = remembering(program)
    state, first = fold(program.new_state(), facts[:cut], program, memory)
    state, second = fold(state, facts[cut:], program, memory)
    assert (state, first + second) == whole


@given(programs(), lives(), st.lists(moments, max_size=4))
def test_looking_in_between_changes_nothing(program: Rulebook, facts: list[Fact], looks: list[int]) -> None:
    facts = sorted(facts, key=lambda fact: fact.happened_at)
    whole, effects = lived(program, facts)
    whole, due = advance(whole, END, program, END)
    state, seen, memory = program.new_state(), [], remembering(program)
    told: list[tuple[int, int, Fact | None]] = [(fact.happened_at, 1, fact) for fact in facts]
    looked: list[tuple[int, int, Fact | None]] = [(look * 1_000_000, 0, None) for look in looks]
    for moment, _, fact in sorted(told + looked, key=lambda one: one[:2]):
        if fact is None:
            state, more = advance(state, moment, program, moment)
            memory.take(None, more, program.version)
        else:
            state, more = step(state, fact, program, memory)
        seen += more
    state, more = advance(state, END, program, END)
    assert state.consequences == whole.consequences
    assert without_recorded(seen + more) == without_recorded(effects + due)


@given(programs(), lives())
def test_nobody_is_woken_too_late(program: Rulebook, facts: list[Fact]) -> None:
    state, _ = lived(program, facts)
    for _ in range(40):
        due = next_due(state, program)
        assert state.clock < due
        assert state.due_at <= due
        if due >= END * 2:
            break
        assert advance(state, due - 1, program, due)[1] == []
        state, effects = advance(state, due, program, due)
        assert effects


@given(programs(), lives())
def test_an_order_that_is_gone_deserves_nothing_but_what_its_rules_let_it_keep(
    program: Rulebook, facts: list[Fact]
) -> None:
    """What went back of each rule's points, in all parts, is what the rule gave; and each part says where it came from."""
    _, effects = lived(program, facts)
    gone = {
        fact.order_id
        for place, fact in enumerate(facts)
        if isinstance(fact, OrderReturned) and fact.is_whole and _is_known(facts[:place], fact.order_id)
    }
    keeps = {rule.id for rule in program.program.earning if getattr(rule, "on_return", "share") == "keep"}
    for order_id in gone:
        given_by: dict[str, int] = {}
        for effect in effects:
            if isinstance(effect, Posted) and effect.because.fact == order_id and effect.reckoning is not None:
                given_by[effect.because.rule] = given_by.get(effect.because.rule, 0) + effect.points
        back = dict.fromkeys(given_by, 0)
        for effect in effects:
            if isinstance(effect, Returned) and effect.order_id == order_id:
                back[effect.because.rule] += effect.points
        for rule, points in given_by.items():
            assert back[rule] == (0 if rule in keeps else points), rule
    for effect in effects:
        if isinstance(effect, Returned):
            assert effect.points == effect.taken + effect.lapsed + effect.charged + effect.short
            assert min(effect.points, effect.taken + 1, effect.lapsed + 1, effect.charged + 1, effect.short + 1) > 0


def _is_known(facts: Iterable[Fact], order_id: str) -> bool:
    return any(isinstance(fact, OrderCompleted) and fact.order_id == order_id for fact in facts)


@given(programs(), histories(), st.lists(st.integers(1, 60), min_size=2, max_size=3), st.data())
def test_parts_in_any_order_are_one_whole_return(
    program: Rulebook, facts: list[Fact], percents: list[int], data: st.DataObject
) -> None:
    """To the point and the lot: three partial returns of one order, in every order of theirs, and one that takes all at once."""
    orders = [fact for fact in facts if isinstance(fact, OrderCompleted) and fact.amount_minor > 0]
    if not orders:
        return
    order = data.draw(st.sampled_from(orders))
    left = sum(max(line.amount_minor, 0) for line in order.lines)
    parts = [left * percent // 200 for percent in percents]
    parts.append(left - sum(parts))
    at = max(fact.happened_at for fact in facts) + 1
    ends = [_after(program, facts, order, at, minors) for minors in {*permutations(parts), (left,)}]
    for end in ends[1:]:
        assert end == ends[0]


def _after(
    program: Rulebook, facts: list[Fact], order: OrderCompleted, at: int, minors: tuple[int, ...]
) -> tuple[object, ...]:
    memory = remembering(program)
    state, _ = fold(program.new_state(), facts, program, memory)
    returns: list[OrderReturned] = []
    for number, minor in enumerate(minors):
        lines = by_amount(order, returns, minor)
        whole = leaves_nothing(order, returns, lines)
        total = sum(line.amount_minor for line in lines)
        fact = OrderReturned(
            f"back-{number}",
            "ada",
            at,
            at,
            "test",
            ORDER_REFUNDED,
            order.order_id,
            order.happened_at,
            lines,
            total,
            whole,
        )
        returns.append(fact)
        state, _ = step(state, fact, program, memory)
    held = state.consequences
    return (
        [_by_a_return(lot) for lot in held.pending],
        [_by_a_return(lot) for lot in held.available],
        held.qualifying,
        held.reversed,
        held.debt,
        held.counts,
        state.observations,
        state.tier_due_at,
    )


def _by_a_return(lot: Lot) -> Lot:
    """Games are looked at anew by what goes back; what that gives bears the part by which it came."""
    fact, ordinal = lot.id
    return replace(lot, id=("back", ordinal)) if fact.startswith("back-") else lot


@given(programs(), lives())
def test_a_memory_filled_from_the_record_knows_what_one_that_saw_it_does(program: Rulebook, facts: list[Fact]) -> None:
    """Each fact judged with a memory that is filled anew from the steps before it."""
    whole, effects = lived(program, facts)
    state, seen = program.new_state(), []
    steps: list[tuple[Fact, list[Effect]]] = []
    for fact in facts:
        memory = remembering(program)
        for told, followed in steps:
            memory.take(told, followed, program.version)
        state, more = step(state, fact, program, memory)
        steps.append((fact, more))
        seen += more
    assert (state, seen) == (whole, effects)


@given(programs(), programs(), lives(), st.integers(0, 20))
def test_what_goes_back_is_reckoned_by_the_rules_that_gave_it(
    old: Rulebook, new: Rulebook, facts: list[Fact], cut: int
) -> None:
    """Two programs in turn: whoever adopts the new one meanwhile loses to a return no more than the order was given."""
    memory = remembering(old, new)
    state, effects = fold(old.new_state(), facts[:cut], old, memory)
    state, adopting = adopt(state, old, new, facts[:cut], 0)
    state, more = fold(state, facts[cut:], new, memory)
    effects += [*adopting, *more]
    assert rebuilt(effects) == state.consequences
    given_by: dict[tuple[str, str], int] = {}
    for effect in effects:
        if isinstance(effect, Posted) and effect.reckoning is not None:
            key = effect.because.fact or "", effect.because.rule
            given_by[key] = given_by.get(key, 0) + effect.points
    for effect in effects:
        if isinstance(effect, Returned):
            key = effect.order_id, effect.because.rule
            given_by[key] -= effect.points
            assert given_by[key] >= 0


@given(programs(), lives(), lives())
def test_two_customers_who_are_one_hold_what_both_held(program: Rulebook, mine: list[Fact], others: list[Fact]) -> None:
    others = [
        replace(fact, id=f"other-{fact.id}") for fact in others if not isinstance(fact, OrderReturned | PointsReceived)
    ]
    one, _ = lived(program, mine)
    other, _ = lived(program, [fact for fact in others if not isinstance(fact, SpendingReversed)])
    moment = max(one.clock, other.clock, START * 1_000_000)
    before = [advance(state, moment, program, 0)[0].consequences for state in (one, other)]
    moved = merge(one, other, program, moment, 0)
    held = moved.into.consequences
    assert held.outstanding() == sum(each.outstanding() for each in before)
    assert moved.other.consequences.outstanding() == 0
    assert held.debt == max(0, sum(each.debt for each in before) - sum(_free(each) for each in before))
    assert len(held.reserved) == sum(len(each.reserved) for each in before)
    assert rebuilt_onto(one, moved.into_effects) == held
    assert rebuilt_onto(other, moved.other_effects) == moved.other.consequences


def _free(held: Consequences) -> int:
    return sum(lot.points for lot in held.available)


@given(programs(), lives())
def test_nobody_spends_more_than_they_have(program: Rulebook, facts: list[Fact]) -> None:
    """Whatever is refused changes nothing."""
    state, memory = program.new_state(), remembering(program)
    for fact in facts:
        before, _ = advance(state, fact.happened_at, program, 0)
        state, effects = step(state, fact, program, memory)
        held = state.consequences
        assert all(lot.points > 0 for lot in [*held.pending, *held.available])
        if isinstance(fact, PointsSpent | PointsReserved | PointsSent) and any(
            isinstance(one, Refused) for one in effects
        ):
            assert held == before.consequences


@given(programs(), lives())
def test_nothing_ends_in_a_pause(program: Rulebook, facts: list[Fact]) -> None:
    """Whatever expires by its date was good to the end of a day that counts, but for what had ended before we were told; and nobody
    is told on a day that does not.
    """
    state, effects = lived(program, [fact for fact in facts if not isinstance(fact, PointsReceived)])
    _, due = advance(state, END, program, 0)
    days, calendar = program.stopped, program.calendar
    for effect in [*effects, *due]:
        if days is None:
            return
        if isinstance(effect, Posted) and effect.entry is EXPIRE and effect.because.rule == EXPIRY:
            assert effect.expires_at <= effect.active_at or not days.holds(calendar.day_of(effect.expires_at - 1))
        if isinstance(effect, ExpiryNoticed):
            assert not days.holds(calendar.day_of(effect.effective_at))
