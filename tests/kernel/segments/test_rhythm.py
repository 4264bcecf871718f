"""A customer's own rhythm, and the stages that are told by it."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.calendar import Duration
from regulars.kernel.facts import FOREVER, OrderCompleted
from regulars.kernel.segments.changing import changes_at
from regulars.kernel.segments.lifecycle import STAGES, Lifecycle, stage
from regulars.kernel.segments.meaning import Known, holds, is_in
from regulars.kernel.segments.tree import Rhythm
from regulars.kernel.segments.windows import second_of
from tests.kernel.segments.drawn import moments, people
from tests.shop import at, order, program

TEN_DAYS_APART = ("2017-01-01", "2017-01-11", "2017-01-21")


def ada(*days: str) -> Known:
    """Ordered at noon on each of these days."""
    return Known("ada", program().calendar, [order(at(f"{day} 12:00"), id=f"{day}") for day in days])


def answers(rhythm: Rhythm, known: Known, *days: str) -> list[bool | None]:
    return [holds(rhythm, known, at(f"{day} 18:00")) for day in days]


# --- the leaf ----------------------------------------------------------------------------------------------------------


def test_away_for_more_than_twice_the_usual_ten_days():
    longer = Rhythm(more_than=Fraction(2))

    assert answers(longer, ada(*TEN_DAYS_APART), "2017-02-10", "2017-02-11") == [False, True]


def test_up_to_three_times_is_with_three_times():
    between = Rhythm(more_than=Fraction(2), at_most=Fraction(3))

    assert answers(between, ada(*TEN_DAYS_APART), "2017-02-11", "2017-02-20", "2017-02-21") == [True, True, False]


def test_an_average_that_is_no_whole_day_is_not_rounded():
    """Days 0, 1 and 4: two days on average, and one and a half times that are three."""
    longer = Rhythm(more_than=Fraction(3, 2))
    third = Rhythm(more_than=Fraction(4, 3))

    assert answers(longer, ada("2017-01-01", "2017-01-02", "2017-01-05"), "2017-01-08", "2017-01-09") == [False, True]
    assert answers(third, ada("2017-01-01", "2017-01-02", "2017-01-06"), "2017-01-09", "2017-01-10") == [False, True]


def test_two_orders_on_a_day_are_one_day():
    twice = ada("2017-01-01", "2017-01-01", "2017-01-21")

    assert answers(Rhythm(more_than=Fraction(1)), twice, "2017-06-01") == [None]


def test_whoever_has_no_rhythm_yet_has_the_presumed_one_or_none():
    bought_once = ada("2017-01-01")
    presumed = Rhythm(more_than=Fraction(2), presumed_days=30)

    assert answers(Rhythm(more_than=Fraction(2)), bought_once, "2017-06-01") == [None]
    assert answers(presumed, bought_once, "2017-03-02", "2017-03-03") == [False, True]
    assert answers(presumed, ada(), "2017-03-03") == [None]


def test_the_last_gap_is_judged_by_the_days_before_it():
    """Every ten days, then not for fifty."""
    back = ada(*TEN_DAYS_APART, "2017-03-12")
    came_back = Rhythm("last_gap", more_than=Fraction(4))

    assert answers(came_back, back, "2017-03-11", "2017-03-12", "2018-01-01") == [None, True, True]
    assert answers(Rhythm("last_gap", more_than=Fraction(5)), back, "2017-03-12") == [False]


def test_whoever_ordered_on_one_day_came_back_from_nothing():
    assert answers(Rhythm("last_gap", more_than=Fraction(1, 9), presumed_days=1), ada("2017-01-01"), "2017-01-02") == [
        False
    ]


def test_the_second_is_named_at_which_the_gap_grows_too_long():
    longer, known = Rhythm(more_than=Fraction(2)), ada(*TEN_DAYS_APART)

    assert changes_at(longer, known, at("2017-01-22 12:00")) == at("2017-02-11 00:00")
    assert changes_at(longer, known, at("2017-02-11 00:00")) == FOREVER


# --- stages ------------------------------------------------------------------------------------------------------------


def stage_of(known: Known, day: str, said: Lifecycle | None = None) -> list[str]:
    return [name for name in STAGES if is_in(stage(name, said or Lifecycle()), known, at(f"{day} 18:00"))]


@pytest.mark.parametrize(
    ("day", "name"),
    [
        ("2017-01-31", "new"),
        ("2017-02-01", "active"),
        ("2017-02-10", "active"),
        ("2017-02-11", "slipping"),
        ("2017-02-20", "slipping"),
        ("2017-02-21", "at_risk"),
        ("2017-03-22", "at_risk"),
        ("2017-03-23", "lost"),
    ],
)
def test_the_stages_of_somebody_who_came_every_ten_days_and_no_more(day, name):
    assert stage_of(ada(*TEN_DAYS_APART), day) == [name]


def test_whoever_was_lost_and_comes_back_is_won_back_until_they_come_once_more():
    back = ada(*TEN_DAYS_APART, "2017-06-01")

    assert stage_of(back, "2017-06-02") == ["won_back"]
    assert stage_of(ada(*TEN_DAYS_APART, "2017-06-01", "2017-06-08"), "2017-06-09") == ["active"]


def test_whoever_came_once_is_told_by_days():
    once, slow = ada("2017-01-01"), Lifecycle(new=Duration(7, "days"), usual_gap_days=100)

    assert [stage_of(once, day) for day in ("2017-02-01", "2017-03-03", "2017-04-02", "2017-07-01")] == [
        ["active"],
        ["slipping"],
        ["at_risk"],
        ["lost"],
    ]
    assert stage_of(once, "2017-07-01", slow) == ["active"]


multiples = st.lists(st.builds(Fraction, st.integers(1, 30), st.integers(1, 4)), min_size=3, max_size=3, unique=True)
lifecycles = st.builds(
    lambda new, usual, times: Lifecycle(Duration(new, "days"), usual, *sorted(times)),
    st.integers(1, 60),
    st.integers(1, 90),
    multiples,
)


@given(people, moments, lifecycles)
def test_whoever_ever_ordered_is_in_one_stage_and_nobody_else_in_any(known, now, said):
    ordered = any(isinstance(one, OrderCompleted) and second_of(one.happened_at) <= now for one in known.facts)

    assert len([name for name in STAGES if is_in(stage(name, said), known, now)]) == int(ordered)
