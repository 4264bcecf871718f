"""The households of The Complete Journey, and what they told of themselves."""

from regulars.wire.complete_journey import CompleteJourney
from regulars.wire.imports.households import TRAITS, households, households_of
from tests.shop import at


def test_801_households_told_of_themselves_and_left_some_of_it_open() -> None:
    told = dict(households())
    assert len(told) == 801
    assert told["1"] == {
        "age": "65+",
        "income": "35-49K",
        "home_ownership": "Homeowner",
        "marital_status": "Married",
        "household_size": "2",
        "household_comp": "2 Adults No Kids",
        "kids_count": "0",
    }
    assert "home_ownership" not in told["1003"]
    assert {name for traits in told.values() for name in traits} == set(TRAITS)


def test_each_told_when_it_first_bought_and_nobody_in_the_future() -> None:
    history = CompleteJourney().open(currency_exponent=2, currency="USD", properties=frozenset())
    told = [row.arrivals[0] for row in households_of(history, at("2018-01-02 00:00"))]
    assert len(told) == len({one.id for one in told}) == 801
    first = {id: facts[0].happened_at for id, facts in history.customers()}
    assert all(one.happened_at == first[one.user_id or ""] for one in told)
    assert {one.source for one in told} == {"complete-journey"}
    early = at("2017-01-05 00:00")
    assert 0 < len(list(households_of(history, early))) < 801
    assert all(row.arrivals[0].happened_at <= early for row in households_of(history, early))
