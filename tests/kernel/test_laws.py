"""The laws that hold for every program and every history, drawn at random by Hypothesis.

Programs mix holds, expiries, tiers, multipliers, exclusions and memberships; histories mix orders, joinings, behaviours
and balances brought over, late and on time, around clock changes and turns of the year.
"""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.kernel.absorb import absorb
from regulars.kernel.adopt import adopt
from regulars.kernel.effects import Account, Effect, Entry, Posted
from regulars.kernel.facts import (
    DAWN,
    FOREVER,
    BalanceBroughtOver,
    Behaved,
    Fact,
    LevelSet,
    MemberJoined,
    OrderCompleted,
)
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import Consequences, State, apply, copy_of, rebuilt
from regulars.kernel.step import advance, fold, step
from regulars.kernel.waking import next_due
from regulars.wire.program import parse_program
from tests.shop import line, order

ZONES = ("America/New_York", "Europe/Stockholm", "Pacific/Apia", "America/Sao_Paulo", "Asia/Kolkata")
START = 1_480_000_000
YEARS = 3 * 366 * 86_400
TRIED = """holdout: {{share: 30%, salt: out-{salt}}}
trials: {{sides: {{share: 80%, salt: sides-{salt}, arms: [left, right]}}}}"""

PLAYED = """
perks: {free-tea: {}}
games:
  time_zones: [Australia/Sydney]
  challenges:
    talk: {do: [{times: 2}, {on: Product Reviewed}], within: 60 days, again: yes, gives: {points: 50, badge: Talker}}
  streaks: {monthly: {every: month, run: 2, gives: {points: 20}}}
  stamps: {card: {only: {category: tea}, counts: items, times: 2, gives: {points: 5, perk: free-tea, within: 30 days}}}
  milestones: {rich: {by: points, at: 200, gives: {points: 7}}, third: {by: orders, at: 3, gives: {badge: Third}}}
clubs: {tea-club: {price: 49.00, term: 3 months, earn: 2LEVEL}}
"""


@st.composite
def programs(draw: st.DrawFn) -> Rulebook:
    hold = draw(st.sampled_from(["", "hold: 1 day", "hold: 14 days", "hold: 5 hours"]))
    expire = draw(
        st.sampled_from(
            [
                "",
                "expire: never",
                "expire: {after: 1 month}",
                "expire: {after: 40 days}",
                "expire: {after: 2 months, until: end_of_quarter}",
                "expire: {after: 1 year, until: end_of_month}",
                "expire: {after: 500 hours}",
            ]
        )
    )
    members = draw(st.sampled_from(["everyone", "those_who_join"]))
    salt = draw(st.integers(0, 9))
    tried = draw(st.sampled_from(["", "", TRIED.format(salt=salt)]))
    double = draw(st.sampled_from(["", ", for: {trial: sides, arm: right}"])) if tried else ""
    review = draw(st.sampled_from(["", ", holdout: exempt", ", for: {share: 50%}"])) if tried else ""
    limits, of_all, stacks = draw(bounds())
    levels = draw(st.one_of(st.just(""), tiers(members)))
    return parse_program(
        f"""
program: drawn
currency: USD
time_zone: {draw(st.sampled_from(ZONES))}
members: {members}
points: {{worth: 0.01, {", ".join([part for part in (hold, expire, of_all) if part])}}}
earning:
  - {{id: purchase, on: Order Completed, per: {draw(st.sampled_from(["1.00", "0.30", "7.00"]))}, points: 1.5}}
  - {{id: tea, on: Order Completed, per: 2.00, points: 3, only: {{category: tea}}{stacks[1]}{limits[1]}}}
  - {{id: plain, on: Order Completed, per: 1.00, points: 1, except: {{category: [tea, cake]}}}}
  - {{id: visit, on: Order Completed, points: 2, when: {{weekday: [monday, sunday]}}{stacks[1]}{limits[0]}}}
  - {{id: double, on: Order Completed, multiply: 2, when: {{from: 2017-03-01, to: 2017-11-15}}{double}{stacks[0]}}}
{"  - {id: triple, on: Order Completed, multiply: 3, when: {weekday: sunday}" + stacks[0] + "}" if stacks[0] else ""}
  - {{id: welcome, on: Member Joined, points: 10}}
  - {{id: review, on: Product Reviewed, points: 5{review}{limits[2]}}}
{tried}
{levels}
{draw(st.sampled_from(["", PLAYED.replace("LEVEL", ", level: gold" if levels else "")]))}
"""
    )


@st.composite
def bounds(draw: st.DrawFn) -> tuple[list[str], str, list[str]]:
    """Limits of three rules, of all together, and how rules stand beside each other; mostly none."""
    if not draw(st.sampled_from([False, False, True])):
        return ["", "", ""], "", ["", ""]
    over = f"over: {draw(st.sampled_from(['clamp', 'refuse']))}"
    per = draw(st.sampled_from(["day", "week", "month", "quarter", "year", "lifetime"]))
    limits = [
        draw(st.sampled_from(["", f", limit: {{times: 2, per: {per}}}"])),
        draw(
            st.sampled_from(["", f", limit: [{{points: 40, per: {per}, {over}}}, {{points: 25, per: order, {over}}}]"])
        ),
        draw(st.sampled_from(["", f", limit: {{times: 1, per: {per}}}", ", limit: {times: 1, per: product_id}"])),
    ]
    of_all = draw(
        st.sampled_from(
            ["", f"limit: {{points: 90, per: {per}, {over}}}", f"limit: {{points: 60, per: order, {over}}}"]
        )
    )
    stacks = [
        draw(st.sampled_from(["", ", stack: adds", ", stack: best", ", stack: exclusive"])),
        draw(st.sampled_from(["", ", stack: best", ", stack: exclusive"])),
    ]
    return limits, of_all, stacks


YEARLY = ["calendar_year", '{year_from: "04-01"}', '{year_from: "02-29"}']
KEPT = "keep: {until: end_of_next_year}"


@st.composite
def tiers(draw: st.DrawFn, members: str) -> str:
    """Everything that a program can say of levels, as far as it goes together."""
    years = [*YEARLY, "since_joining"] if members == "those_who_join" else YEARLY
    over = draw(st.sampled_from([*years, "rolling 2 months", "{since_entry: 2 months}", "lifetime"]))
    by = draw(st.sampled_from(["spend", "points", "orders", "visits", "referrals", "{times: Product Reviewed}"]))
    said = [f"by: {by}", f"over: {over}"]
    if over in years and draw(st.booleans()):
        said.append(draw(st.sampled_from([KEPT, "up: at_next_period"])))
    if over != "lifetime":
        down = draw(st.sampled_from(["", "down: {by: one}", "down: never"]))
        if "rolling" not in over or "one" not in down:
            said.append(down)
        if "never" not in down:
            said += [draw(st.sampled_from(["", "grace: 30 days"])), draw(st.sampled_from(["", "warn: 20 days"]))]
    if not any("down" in one for one in said) and "since_entry" not in over:
        said.append(draw(st.sampled_from(["", "after_return: at_once"])))
    reward = draw(st.sampled_from(["", ", gives: {points: 30}", ", gives: {points: 30, again: yes}"]))
    at = (50, 150, 400) if by in ("spend", "points") else (1, 2, 4)
    levels = (
        f"[{{id: silver, at: {at[0]}{reward}}}, {{id: gold, at: {at[1]}, earn: 1.25}},"
        f" {{id: top, at: {at[2]}, earn: 2, points_expire: never{reward}}}]"
    )
    return f"tiers: {{{', '.join([one for one in said if one])}, levels: {levels}}}"


SUBSCRIBED = ("Subscription Started", "Subscription Cancelled", "Subscription Refunded", "Perk Used")


moments = st.one_of(
    st.integers(START, START + YEARS),
    # Around the turn of the year and the clock changes of New York, to the second.
    st.sampled_from([1_483_246_800, 1_489_302_000, 1_509_861_600, 1_514_782_800, 1_520_751_600]).flatmap(
        lambda moment: st.integers(moment - 2, moment + 2)
    ),
)
amounts = st.integers(-2_000, 30_000)
lines = st.builds(
    lambda amount, category: line(f"{amount / 100:.2f}", {"category": category} if category else None),
    amounts,
    st.sampled_from(["tea", "cake", "soap", ""]),
)


@st.composite
def histories(draw: st.DrawFn, in_order: bool = False) -> list[Fact]:
    facts: list[Fact] = []
    for number, second in enumerate(draw(st.lists(moments, max_size=14))):
        at, name = second * 1_000_000, f"fact-{number:02}"
        kind = draw(st.sampled_from(["order", "order", "order", "order", "joined", "behaved", "balance", "level"]))
        if kind == "joined":
            facts.append(MemberJoined(name, "ada", at, at, "test"))
        elif kind == "behaved":
            what = draw(st.sampled_from(["Product Reviewed", "Store Visited", "Referral Qualified", *SUBSCRIBED]))
            told = draw(st.sampled_from([{}, {"time_zone": "Australia/Sydney"}, {"perk": "free-tea"}]))
            facts.append(Behaved(name, "ada", at, at, "test", what, told))
        elif kind == "level":
            level = draw(st.sampled_from(["silver", "gold", "top", "another", None]))
            lasts = draw(st.sampled_from([None, -1, 1, 40 * 86_400, YEARS]))
            until = None if lasts is None else at + lasts * 1_000_000
            facts.append(LevelSet(name, "ada", at, at, "test", level, until))
        elif kind == "balance":
            lasts = draw(st.sampled_from([None, 1, 40 * 86_400, YEARS]))
            expires_at = None if lasts is None else at + lasts * 1_000_000
            facts.append(BalanceBroughtOver(name, "ada", at, at, "test", draw(st.integers(1, 500)), expires_at))
        else:
            facts.append(order(at, *draw(st.lists(lines, max_size=3)), id=name))
    return sorted(facts, key=lambda fact: fact.happened_at) if in_order else facts


def without_recorded(effects: list[Effect]) -> list[Effect]:
    """Effects but for when the kernel was told, which hangs on when somebody looked."""
    return [replace(effect, recorded_at=0) for effect in effects]


@given(programs(), histories())
def test_postings_sum_to_zero_and_the_balance_is_the_lots_is_the_ledger(program: Rulebook, facts: list[Fact]) -> None:
    state, effects = fold(program.new_state(), facts, program)
    state, due = advance(state, (START + YEARS) * 1_000_000, program, 0)
    accounts = dict.fromkeys(Account, 0)
    for effect in [*effects, *due]:
        if isinstance(effect, Posted):
            assert effect.points > 0
            assert sum(points for _, points in effect.postings()) == 0
            for account, points in effect.postings():
                accounts[account] += points
    held = state.consequences
    assert accounts[Account.PENDING] == sum(lot.points for lot in held.pending)
    assert accounts[Account.AVAILABLE] == sum(lot.points for lot in held.available)
    assert accounts[Account.EXPIRED] == held.expired
    assert accounts[Account.PROGRAM] == -held.issued
    assert held.outstanding() == accounts[Account.PENDING] + accounts[Account.AVAILABLE] >= 0


@given(programs(), histories())
def test_effects_alone_rebuild_the_consequences(program: Rulebook, facts: list[Fact]) -> None:
    state, effects = fold(program.new_state(), facts, program)
    assert rebuilt(effects) == state.consequences


@given(programs(), histories(), st.integers(0, 14))
def test_folding_in_two_parts_equals_folding_whole(program: Rulebook, facts: list[Fact], cut: int) -> None:
    whole = fold(program.new_state(), facts, program)
    state, first = fold(program.new_state(), facts[:cut], program)
    state, second = fold(state, facts[cut:], program)
    assert (state, first + second) == whole


@given(programs(), histories(), st.lists(moments, max_size=4))
def test_looking_in_between_changes_nothing(program: Rulebook, facts: list[Fact], looks: list[int]) -> None:
    """Expiring at t1 and then t2 equals expiring at t2, also between facts."""
    facts = sorted(facts, key=lambda fact: fact.happened_at)
    end = (START + YEARS) * 1_000_000
    whole, effects = fold(program.new_state(), facts, program)
    whole, due = advance(whole, end, program, end)
    state, seen = program.new_state(), []
    told: list[tuple[int, int, Fact | None]] = [(fact.happened_at, 1, fact) for fact in facts]
    looked: list[tuple[int, int, Fact | None]] = [(look * 1_000_000, 0, None) for look in looks]
    happenings = sorted(told + looked, key=lambda one: one[:2])
    for moment, _, fact in happenings:
        state, more = advance(state, moment, program, moment) if fact is None else step(state, fact, program)
        seen += more
    state, more = advance(state, end, program, end)
    assert state.consequences == whole.consequences
    assert without_recorded(seen + more) == without_recorded(effects + due)


@given(programs(), histories())
def test_a_state_is_never_changed_by_whoever_folds_on_from_it(program: Rulebook, facts: list[Fact]) -> None:
    state = program.new_state()
    for fact in facts:
        before = copy_of(state)
        after, _ = step(state, fact, program)
        advance(state, fact.happened_at + 10**13, program, 0)
        assert state == before
        state = after


@given(programs(), histories())
def test_the_clock_never_turns_back_and_effects_come_in_its_order(program: Rulebook, facts: list[Fact]) -> None:
    state, last = program.new_state(), DAWN
    for fact in facts:
        after, effects = step(state, fact, program)
        assert after.clock == max(state.clock, fact.happened_at)
        for one, next_one in pairwise([last, *[effect.effective_at for effect in effects]]):
            assert one <= next_one
        last = max([last, *[effect.effective_at for effect in effects]])
        state = after


@given(programs(), histories())
def test_nobody_is_woken_too_late_and_next_due_is_when_something_changes(program: Rulebook, facts: list[Fact]) -> None:
    state, _ = fold(program.new_state(), facts, program)
    for _ in range(40):
        due = next_due(state, program)
        assert state.clock < due
        assert state.due_at <= due
        if due == FOREVER:
            break
        assert advance(state, due - 1, program, due)[1] == []
        state, effects = advance(state, due, program, due)
        assert effects
        assert {effect.effective_at for effect in effects} == {due}


@given(programs(), histories())
def test_time_alone_comes_to_rest(program: Rulebook, facts: list[Fact]) -> None:
    """After long enough nothing is due any more but what never expires."""
    state, _ = fold(program.new_state(), facts, program)
    state, _ = advance(state, (START + 10 * YEARS) * 1_000_000, program, 0)
    assert next_due(state, program) == FOREVER
    assert not state.consequences.pending
    assert all(lot.expires_at == FOREVER for lot in state.consequences.available)


@given(programs(), histories())
def test_lots_stand_in_the_order_in_which_they_are_spent(program: Rulebook, facts: list[Fact]) -> None:
    state, _ = fold(program.new_state(), facts, program)
    available = state.consequences.available
    assert available == sorted(available, key=lambda lot: (lot.expires_at, lot.earned_at, lot.id))
    pending = state.consequences.pending
    assert pending == sorted(pending, key=lambda lot: (lot.active_at, lot.earned_at, lot.id))
    assert len({lot.id for lot in pending + available}) == len(pending + available)


@given(programs(), histories())
def test_every_effect_knows_why(program: Rulebook, facts: list[Fact]) -> None:
    _, effects = fold(program.new_state(), facts, program)
    rules = {rule.id for rule in program.program.earning}
    rules |= {"hold", "expiry", "tiers", "membership", "opening-balance", "set", "level:silver", "level:top"}
    rules |= {"club:tea-club", *[f"game:{one.id}" for one in program.program.games.every]}
    for effect in effects:
        assert effect.because.rule in rules
        assert effect.because.version == program.version
        timely = isinstance(effect, Posted) and effect.entry is not Entry.EARN
        assert timely <= (effect.because.fact is None)


@given(programs(), histories(), histories())
def test_absorbing_is_a_commutative_sum_of_observations(
    program: Rulebook, mine: list[Fact], visits: list[Fact]
) -> None:
    """It does not matter who absorbs whom, nor whether the visitor's orders were counted before or after. Zones of their own, which
    say on what day something was, are known of members alone.
    """
    mine, visits = _without_zones(mine), _without_zones(visits)
    one, other = observed(mine, program), observed(visits, program)
    assert absorb(one, other, program) == absorb(other, one, program)
    assert absorb(one, other, program).observations == observed([*mine, *visits], program).observations
    assert absorb(one, program.new_state(), program).observations == one.observations


@given(programs(), programs(), histories())
def test_who_adopts_a_program_counts_what_it_counts(old: Rulebook, new: Rulebook, facts: list[Fact]) -> None:
    """Watches come out as if they had always been there; lots and balances stand; no level is lost for it."""
    state, _ = fold(old.new_state(), facts, old)
    adopted, effects = adopt(state, old, new, facts, 0)
    fresh, _ = fold(new.new_state(), facts, new)
    assert adopted.observations == fresh.observations
    assert adopted.version == new.version
    assert (adopted.consequences.pending, adopted.consequences.available) == (
        state.consequences.pending,
        state.consequences.available,
    )
    assert rebuilt_onto(state, effects) == adopted.consequences
    assert adopted.due_at == next_due(adopted, new)
    if new.tiers is not None and state.consequences.tier is not None:
        rank = new.tiers.rank_of
        assert rank[adopted.consequences.tier] >= rank[state.consequences.tier]


def _without_zones(facts: list[Fact]) -> list[Fact]:
    return [fact for fact in facts if not (isinstance(fact, Behaved) and "time_zone" in fact.properties)]


def observed(facts: list[Fact], program: Rulebook) -> State:
    """A visitor's state: what was done is counted, nothing follows from it."""
    counted = [fact for fact in facts if isinstance(fact, OrderCompleted | Behaved)]
    state, _ = fold(program.new_state(), counted, program)
    state.consequences = Consequences()
    state.clock = DAWN
    return state


def rebuilt_onto(state: State, effects: list[Effect]) -> Consequences:
    held = copy_of(state).consequences
    for effect in effects:
        apply(effect, held)
    return held
