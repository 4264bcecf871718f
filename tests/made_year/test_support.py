"""Cases at the help desk: when they come, when they are answered, and how many more since the parcels come late."""

import pytest

from regulars.made_year import support
from regulars.made_year.by_server import day_of
from regulars.made_year.calendar import DAYS, MINUTE, date_of, midnight, moment
from regulars.made_year.support import Case, at_work
from tests.made_year.crowd import MODEL, SEED, crowd, holds

MANY = 6_000
SHIFT = MODEL.surveys.shift_day
FRIDAY, SATURDAY, MONDAY = 9, 10, 12


def test_the_desk_answers_from_nine_to_six_on_weekdays():
    assert date_of(FRIDAY).weekday() == 4
    assert at_work(moment(FRIDAY, 12 * 60)) == moment(FRIDAY, 12 * 60)
    assert at_work(moment(FRIDAY, 8 * 60)) == moment(FRIDAY, 9 * 60)
    assert at_work(moment(FRIDAY, 20 * 60)) == moment(MONDAY, 9 * 60)
    assert at_work(moment(SATURDAY, 7 * 60)) == moment(MONDAY, 9 * 60)


def test_a_case_is_opened_then_answered_then_closed():
    cases = all_cases(2_000)

    assert len(cases) > 50
    for case in cases:
        assert case.opened_at < case.answered_at < case.closed_at
        for at in (case.answered_at, case.closed_at):
            assert date_of(day_of(at)).weekday() < 5 if day_of(at) < DAYS else True
            assert 9 * 60 <= (at - midnight(day_of(at))) // MINUTE < 18 * 60
    assert len({case.case for case in cases}) == len(cases)


def test_what_is_said_of_a_case_names_it_and_ends_with_the_year():
    for plan in crowd(600):
        told = list(support.said(MODEL, SEED, plan))
        assert all(one.at < midnight(DAYS) for one in told)
        for case in support.cases(MODEL, SEED, plan):
            names = [one.name for one in told if one.properties["case"] == case.case]
            whole = ["Support Case Opened", "Support Case Answered", "Support Case Closed"]
            assert names == [
                name
                for name, at in zip(whole, (case.opened_at, case.answered_at, case.closed_at), strict=True)
                if at < midnight(DAYS)
            ]


@pytest.mark.slow
def test_cases_after_orders_are_as_many_as_the_model_says_and_more_since_the_shift():
    """Orders of the last week are left out: their cases may come after the year."""
    expected = support.truth(MODEL)
    for since, share in ((False, expected.cases_per_order_before), (True, expected.cases_per_order_after)):
        orders = found = 0
        for plan in crowd(MANY):
            cases = support.cases(MODEL, SEED, plan)
            for bought in plan.purchases:
                if bought.delivered_at is None or bought.visit is None:
                    continue
                day = day_of(bought.delivered_at)
                if day >= DAYS - 7 or (day >= SHIFT) is not since:
                    continue
                orders += 1
                found += sum(case.about == bought.order_id for case in cases)
        holds(found, orders, share)


@pytest.mark.slow
def test_since_the_shift_the_delivery_is_what_they_are_about():
    expected = support.truth(MODEL)
    days = {
        bought.order_id: day_of(bought.delivered_at)
        for plan in crowd(MANY)
        for bought in plan.purchases
        if bought.delivered_at is not None
    }
    after_orders = [case for case in all_cases(MANY) if case.about]
    for since, share in ((False, expected.about_delivery_before), (True, expected.about_delivery_after)):
        topics = [case.topic for case in after_orders if (days[case.about] >= SHIFT) is since]
        holds(topics.count("delivery"), len(topics), share)


def all_cases(size: int) -> list[Case]:
    return [case for plan in crowd(size) for case in support.cases(MODEL, SEED, plan)]
