"""What the record holds, read back as a history: to the fact what was recorded, in that order."""

from collections.abc import Callable, Sequence

import pytest
from msgspec.structs import replace

from regulars.kernel.facts import Behaved, Fact, Line, MemberJoined, OrderCompleted
from regulars.service.ingest import ingest_history
from regulars.store.history import Recorded, RecordedHistory
from regulars.wire.history import History, HistoryError
from tests.service.town import Town, did, order
from tests.shop import at


@pytest.fixture
def town(database: str, open_town: Callable[[str], Town]) -> Town:
    town = open_town(database)
    town.applies()
    return town


def recorded(town: Town) -> History:
    return RecordedHistory(town.shop.store)


def facts_of(customer: str, number: int) -> list[Fact]:
    moment, told = at("2016-03-04 18:00") + number, at("2017-03-01 12:00")
    lines = (Line(4580, 2, {"category": "tea", "product": "Żółć ’n “tea”"}), Line(-80, 1, {}), Line(0, 0, {}))
    return [
        OrderCompleted(f"order-{customer}", customer, moment, told, "till", f"no-{customer}", lines, 4500),
        MemberJoined(f"join-{customer}", customer, moment - 9, told, "till"),
        Behaved(f"deed-{customer}", customer, moment, told, "till", "Order Completed ", {"a": "", "b": "2"}),
    ]


def anonymous(facts: Sequence[Fact]) -> list[Fact]:
    """Without the customer's id, which is the shop's on the way in and ours on the way out."""
    return [replace(one, customer="") for one in facts]


def test_what_came_in_comes_out(town: Town) -> None:
    """Also what happened earlier and was told later stays where it was told."""
    names = sorted(["ada", "Ben", "10", "9", "é", "Zoë", "zoë"])
    told = {name: facts_of(name, number) for number, name in enumerate(names)}
    for facts in told.values():
        ingest_history(town.shop, facts, at("2017-03-01 12:00")).result(30)
    history = recorded(town)
    assert (history.customer_count, history.rows) == (7, 21)
    assert history.last_happened_at == at("2016-03-04 18:00") + 6
    found = list(history.customers())
    assert [name for name, _ in found] == names
    assert {name: anonymous(facts) for name, facts in found} == {name: anonymous(told[name]) for name in names}


def test_parts_share_the_customers_out(town: Town) -> None:
    for number in range(7):
        town.hears(order(f"user-{number}", f"{number}", 5))
    history = recorded(town)
    whole = list(history.customers())
    parts = [name for part in range(3) for name, _ in history.customers(part, 3)]
    assert sorted(parts) == [name for name, _ in whole] == [f"user-{number}" for number in range(7)]
    assert list(history.customers(only="user-3")) == [whole[3]]
    assert list(history.customers(only="nobody")) == []


def test_whom_nobody_has_named_is_left_out(town: Town) -> None:
    town.hears(did("Product Viewed", anonymousId="tablet"), order("ada", "1", 45, anonymousId="phone"))
    assert [name for name, _ in recorded(town).customers()] == ["ada"]


def test_a_record_that_is_not_there_says_what_to_do(sqlite: str) -> None:
    with pytest.raises(HistoryError, match="regulars apply"):
        Recorded(sqlite).open(currency_exponent=2, currency="USD", properties=frozenset())
