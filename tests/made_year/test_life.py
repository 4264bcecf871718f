"""People of the model: who they are, when they come, when their name is known; and that its numbers are found again in them."""

import numpy as np
import pytest

from regulars.made_year.calendar import DAYS, busyness, date_of, moment
from regulars.made_year.expected import LOOKED_BACK_DAYS, there
from regulars.made_year.life import Kind, Life, Named, Visit, lead
from regulars.made_year.model import Coming, Model
from tests.made_year.pareto_nbd import fitted

MODEL = Model()
SEED = 11


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    return [lead(MODEL, SEED, number) for number in range(30_000)]


def test_a_life_hangs_on_the_seed_and_the_number_alone():
    alone = lead(MODEL, SEED, 4711)
    [lead(MODEL, SEED, number) for number in range(10)]

    assert lead(MODEL, SEED, 4711) == alone
    assert lead(MODEL, SEED + 1, 4711) != alone


def test_the_year_has_a_dull_end_and_one_very_busy_friday():
    busy = busyness()

    assert sum(busy) == pytest.approx(DAYS)
    assert date_of(max(range(DAYS), key=busy.__getitem__)).isoformat() == "2025-11-28"
    assert max(busy[358:]) < min(busy[335:350])


def test_minutes_are_those_of_the_wall_in_winter_and_in_summer():
    winter, summer = moment(0, 9 * 60), moment(180, 9 * 60)

    assert winter % 86_400_000_000 == 8 * 3_600_000_000
    assert summer % 86_400_000_000 == 7 * 3_600_000_000


def test_there_are_as_many_of_each_kind_as_the_model_says(lives):
    coming = MODEL.coming
    holds(sum(life.kind is not Kind.PASSER_BY for life in lives), len(lives), coming.shoppers)
    shoppers = [life for life in lives if life.kind is not Kind.PASSER_BY]
    holds(sum(life.kind is Kind.KNOWN for life in shoppers), len(shoppers), coming.known_before)
    holds(sum(life.agreed for life in lives), len(lives), coming.agree)


def test_one_visit_of_six_has_an_order(lives):
    visits = [visit for life in lives if life.kind is not Kind.PASSER_BY for visit in life.visits]

    holds(sum(visit.orders for visit in visits), len(visits), 1 / (1 + MODEL.coming.looks_per_order))


def test_whoever_passes_by_orders_nothing_and_comes_again_seldom(lives):
    passing = [life for life in lives if life.kind is Kind.PASSER_BY]

    assert not any(visit.orders for life in passing for visit in life.visits)
    assert 1.3 < sum(len(life.visits) for life in passing) / len(passing) < 1.9


def test_a_name_is_given_once_and_whoever_orders_has_given_one(lives):
    for life in lives:
        namings = [visit for visit in life.visits if visit.naming]
        assert len(namings) <= (life.kind is not Kind.KNOWN)
        first_order = next((place for place, visit in enumerate(life.visits) if visit.orders), None)
        if first_order is not None:
            assert life.named_at is not None
            assert life.named_at <= first_order


def test_the_form_is_answered_by_whoever_saw_it_and_at_the_first_visit(lives):
    answered = [life for life in lives if any(visit.naming is Named.FORM for visit in life.visits)]

    assert answered
    assert all(life.saw_form and life.named_at == 0 for life in answered)


def test_nobody_comes_before_they_arrived_or_after_they_are_gone(lives):
    for life in lives:
        assert [(visit.day, visit.minute) for visit in life.visits] == sorted(
            (visit.day, visit.minute) for visit in life.visits
        )
        if life.kind is not Kind.PASSER_BY and life.visits:
            assert life.arrived <= life.visits[0].day
            assert life.visits[-1].day <= life.arrived + life.stayed


@pytest.mark.parametrize(("first", "last"), [(0, 364), (31, 210), (100, 127), (200, 200), (333, 333)])
def test_the_expected_rate_is_that_of_many_lives(lives, first, last):
    """By counting people, of whom the formula knows nothing."""
    named, unnamed, apart = counted(lives, first, last)
    expected = there(MODEL, first, last)

    holds(named, named + unnamed + apart, expected.rate)
    holds(named, len(lives), expected.named)
    holds(unnamed, len(lives), expected.unnamed)
    holds(apart, len(lives), expected.apart)


def test_the_expected_rate_follows_the_model(lives):
    """Where nobody has an account from before, fewer are known."""
    fewer = Model(coming=Coming(known_before=0.0))

    assert there(fewer, 30, 30).rate < there(MODEL, 30, 30).rate


def test_a_shorter_year_has_rates_of_its_own():
    lives = [lead(MODEL, SEED, number, days=40) for number in range(8_000)]

    assert all(visit.day < 40 for life in lives for visit in life.visits)
    named, unnamed, apart = counted(lives, 0, 39)
    holds(named, named + unnamed + apart, there(MODEL, 0, 39, days=40).rate)


@pytest.mark.slow
def test_the_rates_of_ordering_and_leaving_are_found_again():
    known = [life for life in (lead(MODEL, 5, number) for number in range(160_000)) if life.kind is Kind.KNOWN]
    orders = np.array([sum(visit.orders for visit in life.visits) for life in known], dtype=float)
    last = np.array([max([visit.day for visit in life.visits if visit.orders], default=0) for life in known])

    found, covariance = fitted(orders, last, np.array(busyness()), (2.0, 80.0, 2.0, 80.0))

    coming = MODEL.coming
    truth = np.log([coming.order_shape, coming.order_rate, coming.leaving_shape, coming.leaving_rate])
    # The squared distance in units of its error has four degrees of freedom: 18.5 is passed once in a thousand.
    assert (found - truth) @ np.linalg.inv(covariance) @ (found - truth) < 18.5
    assert np.sqrt(np.diag(covariance)).max() < 0.5


def counted(lives: list[Life], first: int, last: int) -> tuple[int, int, int]:
    """With a name, without, and with one but also too long before it to be tied to it."""
    named = unnamed = apart = 0
    for life in lives:
        visits = [visit for visit in life.visits if first <= visit.day <= last]
        visits = [visit for visit in visits if life.withdrew is None or visit.day < life.withdrew]
        if not life.agreed or not visits:
            continue
        naming = life.visits[life.named_at] if (life.named_at or 0) >= 0 and life.named_at is not None else None
        if life.kind is not Kind.KNOWN and (naming is None or naming.day > last):
            unnamed += 1
            continue
        named += 1
        if naming is not None:
            waited = minutes(naming) - minutes(visits[0])
            apart += waited > LOOKED_BACK_DAYS * 24 * 60
    return named, unnamed, apart


def minutes(visit: Visit) -> int:
    return visit.day * 24 * 60 + visit.minute


def holds(part: int, whole: int, probability: float) -> None:
    """Within four standard errors."""
    error = (probability * (1 - probability) / whole) ** 0.5
    assert abs(part / whole - probability) <= 4 * error, f"{part} of {whole} is not {probability:.5f}"
