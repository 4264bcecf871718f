"""What scores and interests say of Ada: a program as a shopkeeper writes it, what she did, one moment."""

from collections.abc import Mapping

import pytest

from regulars.kernel.calendar import SECOND
from regulars.kernel.facts import Behaved, Fact, OrderCompleted, Trust
from regulars.kernel.scores import live
from regulars.kernel.scores.interests import interest_in, ranked_at
from regulars.kernel.scores.meaning import explained, score_at
from regulars.kernel.segments.changing import changes_at
from regulars.kernel.segments.meaning import Known, holds
from regulars.kernel.terms import Currency
from regulars.wire.program import parse_program
from tests.shop import HEADER, STAR_A_DOLLAR, at, line, order

ZONE = "America/New_York"
CALENDAR = parse_program(f"{HEADER.format(zone=ZONE)}{STAR_A_DOLLAR}").calendar


def sections(body: str):
    return parse_program(f"{HEADER.format(zone=ZONE)}{STAR_A_DOLLAR}\n{body}").program


def score(written: str):
    (one,) = sections(f"scores: {{asked: {written}}}").scores
    return one


def tastes(written: str = "{of: category, half_life: 10 days, adds: {Product Viewed: 1, Order Completed: 10}}"):
    (one,) = sections(f"interests: {{asked: {written}}}").interests
    return one


def points(written: str, *facts: Fact, now: str = "2017-03-31 12:00") -> float:
    return score_at(score(written), facts, CALENDAR, at(now)) / 1000


def bought(when: str, *categories: str) -> OrderCompleted:
    lines = [line("10.00", {"category": category}) for category in categories or ("tea",)]
    return order(at(when), *lines, id=f"order-{when}")


def did(name: str, when: str, properties: Mapping[str, str] | None = None, trust: Trust = Trust.SHOP) -> Behaved:
    moment = at(when)
    return Behaved(f"{name}-{when}", "ada", moment, moment, "test", name, properties or {}, trust)


MONTH = "half_life: 30 days"


# --- scores ------------------------------------------------------------------------------------------------------------


def test_after_one_half_life_half_is_left_and_after_two_a_quarter():
    fading = f"{{{MONTH}, adds: {{Order Completed: 50}}}}"

    assert points(fading, bought("2017-03-31 12:00")) == 50
    assert points(fading, bought("2017-03-01 11:00")) == 25  # The clocks went forward on the way: 30 times 24 hours.
    assert points(fading, bought("2017-01-30 11:00")) == 12.5
    assert points(fading, bought("2017-03-31 12:00"), bought("2017-01-30 11:00")) == 62.5


def test_without_a_half_life_nothing_fades():
    assert points("{adds: {Order Completed: 50}}", bought("2007-03-31 12:00")) == 50


def test_what_counts_is_chosen_by_its_properties():
    by_tea = (
        "{adds: {Order Completed: [1, {points: 5, where: {category: tea}}], "
        "Rated: {points: 2, where: {stars: {at_least: 4}}}}}"
    )

    assert points(by_tea, bought("2017-03-01 12:00", "cake")) == 1
    assert points(by_tea, bought("2017-03-01 12:00", "cake", "tea", "tea")) == 6
    assert (
        points(
            by_tea, did("Rated", "2017-03-01 12:00", {"stars": "4"}), did("Rated", "2017-03-02 12:00", {"stars": "3"})
        )
        == 2
    )


def test_an_action_counts_for_no_more_than_its_cap_and_not_less_as_long_as_enough_is_left():
    capped = f"{{{MONTH}, adds: {{Product Viewed: {{points: 10, at_most: 25}}}}}}"
    views = [did("Product Viewed", f"2017-03-01 12:00:{second:02}") for second in range(10)]

    assert points(capped, *views, now="2017-03-01 12:01") == 25
    assert points(capped, *views, now="2017-04-29 12:00") == 25
    assert points(capped, *views, now="2017-05-30 12:00:09") < 13


def test_what_takes_away_is_capped_too_and_a_score_can_fall_below_nothing():
    lost = "{adds: {Order Completed: 50, Order Refunded: {points: -40, at_most: 60}}}"
    refunds = [did("Order Refunded", f"2017-03-0{day} 12:00") for day in (1, 2, 3)]

    assert points(lost, bought("2017-03-01 11:00"), *refunds) == -10
    assert points(lost, *refunds[:1]) == -40


def test_a_browser_may_look_but_only_the_shop_can_say_that_there_was_an_order():
    both = "{adds: {Order Completed: 50, Product Viewed: 1}}"

    assert points(both, did("Product Viewed", "2017-03-01 12:00", trust=Trust.WEAK)) == 1
    assert points(both, did("Order Completed", "2017-03-01 12:00", trust=Trust.WEAK)) == 0


def test_what_has_not_happened_yet_gives_nothing_and_it_counts_from_the_beginning_of_its_second():
    late_in_the_second = did("Viewed", "2017-03-01 12:00")
    late_in_the_second = Behaved("v", "ada", late_in_the_second.happened_at + SECOND - 1, 0, "test", "Viewed", {})
    viewed = score("{half_life: 1 minutes, adds: {Viewed: 1}}")
    noon = at("2017-03-01 12:00")

    assert score_at(viewed, [late_in_the_second], CALENDAR, noon - 1) == 0
    assert score_at(viewed, [late_in_the_second], CALENDAR, noon) == 1000
    assert score_at(viewed, [late_in_the_second], CALENDAR, noon + 60 * SECOND + 999) == 500


def test_dates_are_looked_at_on_the_day_on_which_it_happened():
    soon = "{adds: {Booked: {points: 5, where: {for: {within_next: 7 days}}}}}"
    booked = did("Booked", "2017-03-01 12:00", {"for": "2017-03-08"})

    assert points(soon, booked, now="2017-03-02 12:00") == 5
    assert points(soon, booked, now="2018-01-01 12:00") == 5
    assert points(soon, did("Booked", "2017-03-01 12:00", {"for": "2017-03-09"}), now="2017-03-09 12:00") == 0


# --- why ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ((), "0: nothing happened that counts."),
        (
            (bought("2017-03-01 11:00"), bought("2017-03-31 12:00")),
            "75 (warm): 2 × “Order Completed” +100 and −25 by fading.",
        ),
        (
            (bought("2017-03-31 12:00"), *[did("Viewed", f"2017-03-31 11:00:{second:02}") for second in range(12)]),
            "60 (warm): 1 × “Order Completed” +50, 12 × “Viewed” +12, −1.988 over what is counted and −0.012 by fading.",
        ),
        (
            (did("Order Refunded", "2017-03-01 11:00"),),
            "−20: 1 × “Order Refunded” −40 and +20 by fading.",
        ),
    ],
)
def test_a_score_says_why(facts, told):
    asked = score(
        f"{{{MONTH}, levels: [{{id: warm, at: 60}}, {{id: hot, at: 99}}], "
        "adds: {Order Completed: 50, Viewed: {points: 1, at_most: 10}, Order Refunded: -40}}"
    )

    assert explained(asked, facts, CALENDAR, at("2017-03-31 12:00")).sentence(Currency("USD", 2)) == told


# --- interests ---------------------------------------------------------------------------------------------------------


def ranked(*facts: Fact, now: str = "2017-03-31 12:00") -> list[str]:
    return ranked_at(tastes(), facts, CALENDAR, at(now))


def test_what_was_bought_weighs_more_than_what_was_looked_at_and_what_is_new_more_than_what_is_old():
    tea_bought = bought("2017-03-21 12:00", "tea")
    cakes = [did("Product Viewed", f"2017-03-31 12:00:0{second}", {"category": "cake"}) for second in range(4)]

    assert ranked(tea_bought, *cakes, now="2017-03-31 12:01") == ["tea", "cake"]
    assert ranked(
        tea_bought, *cakes, did("Product Viewed", "2017-04-10 12:00", {"category": "cake"}), now="2017-04-11 12:00"
    ) == [
        "cake",
        "tea",
    ]


def test_an_order_shows_each_of_its_categories_once_and_a_view_without_one_shows_none():
    facts: list[Fact] = [bought("2017-03-31 12:00", "tea", "tea", "cake"), did("Product Viewed", "2017-03-31 12:00")]

    assert [interest_in(one, tastes(), facts, CALENDAR, at("2017-03-31 12:00")) for one in ("tea", "cake", "")] == [
        10_000,
        10_000,
        0,
    ]
    assert ranked(*facts) == ["cake", "tea"]


def test_waiting_changes_no_rank_though_all_interest_fades():
    facts: list[Fact] = [
        bought("2017-03-21 12:00", "tea"),
        did("Product Viewed", "2017-03-31 12:00", {"category": "cake"}),
    ]

    assert ranked(*facts, now="2037-03-31 12:00") == ["tea", "cake"]
    assert interest_in("tea", tastes(), facts, CALENDAR, at("2037-03-31 12:00")) == 0


def test_whoever_is_interested_in_very_many_values_is_kept_all_the_same():
    profile, memory, now = tastes(), live.Memory(), at("2017-03-31 12:00")
    for number in range(live.MANY_VALUES + 60):
        live.take_interest(
            memory, profile, did("Product Viewed", "2017-03-31 11:00", {"category": f"{number}"}), CALENDAR, now
        )

    assert len(live.ranked_of(memory, profile, now)) == live.MANY_VALUES + 60


def test_what_has_faded_long_ago_makes_room():
    profile, memory = tastes("{of: category, half_life: 1 hours, adds: {Product Viewed: 1}}"), live.Memory()
    days = [f"2017-{month:02}-{day:02} 12:00" for month in range(1, 13) for day in range(1, 29)]
    for number, day in enumerate([*days, *[day.replace("2017", "2018") for day in days]]):
        live.take_interest(memory, profile, did("Product Viewed", day, {"category": f"{number}"}), CALENDAR, at(day))

    assert len(memory.left) < 600
    assert live.ranked_of(memory, profile, at("2018-12-28 12:00")) == ["671"]


# --- in segments -------------------------------------------------------------------------------------------------------

SEGMENTS = """
scores: {pulse: {half_life: 1 days, adds: {Order Completed: 8}, levels: [{id: warm, at: 2}, {id: hot, at: 4}]}}
interests: {tastes: {of: category, half_life: 1 days, adds: {Order Completed: 8}}}
segments:
  at-least-2: {score: pulse, at_least: 2}
  warm: {score: pulse, level: warm}
  cold: {all: [{known_by: email}, {score: pulse, level: none}]}
  teas: {interest: tastes, value: tea, at_least: 4}
  tea-first: {interest: tastes, value: tea, top: 1}
"""


def test_segments_by_scores_change_at_the_very_second():
    program = sections(SEGMENTS)
    known = Known(
        "ada",
        CALENDAR,
        (bought("2017-03-01 12:00", "tea"),),
        kinds={"email"},
        segments={one.id: one.condition for one in program.segments},
        scores={one.id: one for one in program.scores},
        interests={one.id: one for one in program.interests},
    )
    next_noon, third, fourth = at("2017-03-02 12:00"), at("2017-03-03 12:00"), at("2017-03-04 12:00")

    def answers(now: int) -> list[str]:
        return [id for id, condition in known.segments.items() if holds(condition, known, now)]

    assert answers(at("2017-03-01 11:59")) == ["cold"]
    assert answers(at("2017-03-01 12:00")) == ["at-least-2", "teas", "tea-first"]
    due = {id: changes_at(condition, known, at("2017-03-01 12:00")) for id, condition in known.segments.items()}
    # 86,400 x log2(8 / 3.9995) seconds, rounded up: what is nearer to 4 than to 3.999 is read as 4.
    assert due["warm"] - next_noon == 16 * SECOND
    assert due["teas"] == due["warm"]
    assert due["at-least-2"] - third == 32 * SECOND
    assert due["cold"] == due["at-least-2"]
    assert answers(due["warm"]) == ["at-least-2", "warm", "tea-first"]
    assert answers(fourth) == ["cold", "tea-first"]
