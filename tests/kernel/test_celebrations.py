"""Birthdays, anniversaries of joining, and profiles that are complete."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from regulars.kernel.adopt import adopt
from regulars.kernel.calendar import DAY
from regulars.kernel.celebrations import month_and_day
from regulars.kernel.effects import Effect, Posted
from regulars.kernel.facts import Behaved, Fact, Trust
from regulars.kernel.merging import Owned, merge, part
from regulars.kernel.program import Fixed, LeapDay
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import rebuilt
from regulars.kernel.step import advance, fold, step
from regulars.kernel.trials import drawn
from regulars.kernel.waking import next_due
from regulars.wire.program import version_of
from tests.kernel.test_laws import moments, without_recorded
from tests.kernel.test_laws_of_points import END, lived, lives, programs, remembering
from tests.shop import Shop, earned, moves, program, refused

BIRTHDAY = "earning: [{id: birthday, on: Birthday, points: 200}]"
JOINING = "earning: [{id: welcome, on: Member Joined, points: 50}, {id: year, on: Anniversary, points: 30}]"
PROFILE = """
earning:
  - {id: profile, on: Profile Completed, points: 40, traits: [birthday, city]}
  - {id: newsletter, on: Newsletter Subscribed, points: 20, limit: {times: 1, per: lifetime}}
"""


def tells(shop: Shop, when: str, said: Mapping[str, str], trust: Trust = Trust.SHOP) -> list[Effect]:
    at = shop.at(when)
    return shop.takes(Behaved(f"told-{len(shop.facts)}", "ada", at, at, "test", "Identified", said, trust))


def born(shop: Shop, when: str, day: str) -> list[Effect]:
    return tells(shop, when, {"born_on": day, "told": "birthday"})


def test_a_birthday_falls_due_when_its_day_begins_every_year() -> None:
    shop = Shop(BIRTHDAY)
    assert born(shop, "2017-03-01 12:00", "06-15") == []
    assert shop.wall(next_due(shop.state, shop.program)) == "2017-06-15 00:00"
    assert shop.sees("2017-06-14 23:59") == []
    given = shop.sees("2017-06-15 00:00")
    assert earned(given) == {"birthday": 200}
    assert shop.sentences(given)[0] == "200 points by “birthday”: 200 points for “Birthday”; they never expire."
    assert given[0].because.fact is None
    assert earned(shop.sees("2018-06-15 00:00")) == {"birthday": 200}
    assert rebuilt(shop.effects) == shop.state.consequences


def test_nights_that_were_missed_lose_nothing() -> None:
    """Three birthdays later: each is there, dated to its day, as if somebody had looked every night."""
    late, daily = Shop(BIRTHDAY), Shop(BIRTHDAY)
    for shop in (late, daily):
        born(shop, "2017-03-01 12:00", "06-15")
    for when in ("2017-06-15 00:00", "2018-01-01 00:00", "2018-06-15 08:00", "2019-06-15 00:00", "2019-07-01 00:00"):
        daily.sees(when)
    late.sees("2019-07-01 00:00")
    assert late.available == daily.available == 600
    assert late.state.consequences == daily.state.consequences
    assert [one.effective_at for one in late.effects] == [one.effective_at for one in daily.effects]


def test_told_on_the_day_itself_it_counts_at_once() -> None:
    shop = Shop(BIRTHDAY)
    assert earned(born(shop, "2017-06-15 18:00", "06-15")) == {"birthday": 200}


@pytest.mark.parametrize(("said", "day"), [("", "2017-02-28"), (", leap_day: mar_1", "2017-03-01")])
def test_born_on_29_february(said: str, day: str) -> None:
    shop = Shop(BIRTHDAY.replace("200}", f"200{said}}}"))
    born(shop, "2016-01-01 12:00", "02-29")
    shop.sees("2016-02-29 00:00")
    assert shop.available == 200
    assert shop.wall(next_due(shop.state, shop.program)) == f"{day} 00:00"
    shop.sees("2021-01-01 00:00")
    assert shop.available == 200 * 5


def test_a_birthday_that_is_edited_earns_nothing_more() -> None:
    shop = Shop(BIRTHDAY)
    born(shop, "2017-01-01 12:00", "02-01")
    shop.sees("2017-02-01 00:00")
    born(shop, "2017-02-02 12:00", "02-03")
    assert shop.wall(next_due(shop.state, shop.program)) == "2018-02-03 00:00"
    born(shop, "2017-02-04 12:00", "06-01")
    again = shop.sees("2017-06-01 00:00")
    assert refused(again) == {"birthday": "given_already"}
    assert shop.sentences(again) == [
        "No points by “birthday”: they were given for such an occasion before, and not a year ago."
    ]
    assert earned(shop.sees("2018-06-01 00:00")) == {"birthday": 200}
    assert shop.available == 400


def test_what_the_shop_sends_itself_is_held_to_the_same() -> None:
    shop = Shop(BIRTHDAY)
    assert earned(shop.does("Birthday", "2017-01-01 12:00")) == {"birthday": 200}
    born(shop, "2017-02-01 12:00", "06-15")
    shop.sees("2017-06-15 00:00")
    assert refused(shop.does("Birthday", "2017-06-15 12:00")) == {"birthday": "given_already"}


def test_a_browsers_word_about_a_birthday_is_none() -> None:
    shop = Shop(BIRTHDAY)
    tells(shop, "2017-01-01 12:00", {"born_on": "02-01"}, Trust.WEAK)
    assert shop.sees("2018-01-01 12:00") == []


def test_anniversaries_of_joining_begin_a_year_later() -> None:
    shop = Shop(JOINING)
    assert earned(shop.joins("2016-02-29 12:00")) == {"welcome": 50}
    assert earned(shop.sees("2017-02-28 00:00")) == {"year": 30}
    shop.joins("2017-03-05 12:00")
    shop.sees("2018-12-31 12:00")
    assert shop.available == 50 + 30 + 30


def test_a_birthday_may_reach_a_level() -> None:
    tiers = "tiers: {by: points, over: calendar_year, levels: [{id: silver, at: 200, gives: {points: 10}}]}"
    shop = Shop(f"{BIRTHDAY}\n{tiers}")
    born(shop, "2017-03-01 12:00", "06-15")
    assert moves(shop.sees("2017-06-15 00:00")) == [(None, "silver")]
    assert shop.available == 210
    shop.sees("2018-06-15 00:00")
    assert shop.available == 410
    assert rebuilt(shop.effects) == shop.state.consequences


def test_a_profile_is_completed_once_in_whatever_parts_it_is_told() -> None:
    shop = Shop(PROFILE)
    assert tells(shop, "2017-01-01 12:00", {"told": "city first_name"}) == []
    assert earned(tells(shop, "2017-01-02 12:00", {"told": "birthday", "born_on": "02-01"})) == {"profile": 40}
    assert tells(shop, "2017-01-03 12:00", {"told": "birthday city"}) == []
    assert refused(shop.does("Profile Completed", "2017-01-04 12:00")) == {"profile": "given_already"}


def test_a_newsletter_is_subscribed_to_once() -> None:
    shop = Shop(PROFILE)
    assert earned(shop.does("Newsletter Subscribed", "2017-01-04 12:00")) == {"newsletter": 20}
    assert refused(shop.does("Newsletter Subscribed", "2018-01-04 12:00")) == {"newsletter": "limit_reached"}


def test_a_new_program_knows_the_birthdays_that_were_told_and_makes_up_for_none() -> None:
    shop = Shop("earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]")
    born(shop, "2017-03-01 12:00", "06-15")
    new, now = program(BIRTHDAY), shop.at("2017-09-01 12:00")
    state, effects = adopt(shop.state, shop.program, new, shop.facts, now)
    assert effects == []
    assert shop.wall(next_due(state, new)) == "2018-06-15 00:00"


@pytest.mark.parametrize(("said", "points"), [("", 0), (", retroactive: yes", 50)])
def test_joined_before_the_rule_was_there(said: str, points: int) -> None:
    shop = Shop("earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]")
    shop.joins("2017-03-01 12:00")
    new = program(f"earning: [{{id: welcome, on: Member Joined, points: 50{said}}}]")
    state, effects = adopt(shop.state, shop.program, new, shop.facts, shop.at("2017-09-01 12:00"))
    assert sum(earned(effects).values()) == points
    third = program(f"earning: [{{id: welcome, on: Member Joined, points: 60{said}}}]")
    assert adopt(state, new, third, shop.facts, shop.at("2017-10-01 12:00"))[1] == []


def test_a_birthday_on_trial_is_drawn_by_the_name_that_everything_is_drawn_by() -> None:
    rules = program("""
earning: [{id: birthday, on: Birthday, points: 200, for: {trial: cake, arm: candles}}]
trials: {cake: {arms: [plain, candles]}}
""")
    assert rules.trials is not None
    for name in ("ada", "bob", "carl", "dora", "eve", "fred"):
        at = Shop(rules).at("2017-03-01 12:00")
        told = Behaved("told", "an-id-of-ours", at, at, "test", "Identified", {"born_on": "06-15"})
        state, _ = step(rules.new_state(), told, rules, drawn_by=name)
        state, effects = advance(state, at + 200 * DAY, rules, at)
        gets = drawn(rules.trials.by_name["cake"], name) == "candles"
        assert earned(effects) == ({"birthday": 200} if gets else {})
        assert state.consequences.arms["cake"].arm == ("candles" if gets else "plain")


def test_two_who_are_one_have_one_birthday_and_part_with_their_own() -> None:
    ada, bob = Shop(BIRTHDAY), Shop(BIRTHDAY)
    born(ada, "2017-01-01 12:00", "06-15")
    born(bob, "2017-01-01 12:00", "02-01")
    bob.sees("2017-02-01 00:00")
    at = ada.at("2017-03-01 12:00")
    moved = merge(ada.state, bob.state, ada.program, at, at)
    assert moved.other.celebrations is None
    ada.state = moved.into
    assert refused(ada.sees("2017-06-15 00:00")) == {"birthday": "given_already"}
    gone = part(ada.state, moved.other, Owned({"told-0"}, 200, {}), ada.facts, bob.facts, ada.program, at, at)
    assert gone.other.celebrations is not None
    assert gone.other.celebrations.dates["Birthday"].month == 2


@st.composite
def celebrating(draw: st.DrawFn) -> Rulebook:
    """Any program, with occasions."""
    drawn = draw(programs()).program
    leap_day: LeapDay = draw(st.sampled_from(["feb_28", "mar_1"]))
    rules = (Fixed("birthday", "Birthday", Fraction(7), leap_day=leap_day), Fixed("joined", "Anniversary", Fraction(3)))
    meant = replace(drawn, earning=(*drawn.earning, *rules))
    return Rulebook(meant, version_of(meant))


@st.composite
def told_lives(draw: st.DrawFn) -> list[Fact]:
    facts = draw(lives())
    for number, second in enumerate(draw(st.lists(moments, max_size=3))):
        said = {"born_on": draw(st.sampled_from(["02-29", "02-28", "12-31", "01-01", "06-15"]))}
        told = Behaved(f"told-{number}", "ada", second * 1_000_000, second * 1_000_000, "test", "Identified", said)
        facts.insert(draw(st.integers(0, len(facts))), told)
    return facts


@given(celebrating(), told_lives(), st.integers(0, 26))
def test_folding_in_two_parts_equals_folding_whole_and_effects_rebuild_it(
    rules: Rulebook, facts: list[Fact], cut: int
) -> None:
    whole = lived(rules, facts)
    memory = remembering(rules)
    state, first = fold(rules.new_state(), facts[:cut], rules, memory)
    state, second = fold(state, facts[cut:], rules, memory)
    assert (state, first + second) == whole
    assert rebuilt(whole[1]) == whole[0].consequences


@given(celebrating(), told_lives(), st.lists(moments, max_size=4))
def test_looking_in_between_changes_nothing(rules: Rulebook, facts: list[Fact], looks: list[int]) -> None:
    facts = sorted(facts, key=lambda fact: fact.happened_at)
    whole, effects = lived(rules, facts)
    whole, due = advance(whole, END, rules, END)
    state, seen, memory = rules.new_state(), [], remembering(rules)
    told: list[tuple[int, int, Fact | None]] = [(fact.happened_at, 1, fact) for fact in facts]
    looked: list[tuple[int, int, Fact | None]] = [(look * 1_000_000, 0, None) for look in looks]
    for moment, _, fact in sorted(told + looked, key=lambda one: one[:2]):
        if fact is None:
            state, more = advance(state, moment, rules, moment)
            memory.take(None, more, rules.version)
        else:
            state, more = step(state, fact, rules, memory)
        seen += more
    state, more = advance(state, END, rules, END)
    assert state.consequences == whole.consequences
    assert without_recorded(seen + more) == without_recorded(effects + due)


@given(celebrating(), told_lives())
def test_nobody_is_given_two_birthdays_within_a_year(rules: Rulebook, facts: list[Fact]) -> None:
    state, effects = lived(rules, facts)
    _, due = advance(state, END, rules, END)
    days = sorted(
        one.qualifies_on
        for one in [*effects, *due]
        if isinstance(one, Posted) and one.because.rule == "birthday" and one.qualifies_on is not None
    )
    assert all(later - earlier >= 365 for earlier, later in pairwise(days))


@pytest.mark.parametrize(
    ("written", "found"),
    [("02-29", (2, 29)), ("1988-02-29", (2, 29)), ("02-30", None), ("spring", None), ("1-2", None)],
)
def test_days_of_the_year(written: str, found: tuple[int, int] | None) -> None:
    assert month_and_day(written) == found
