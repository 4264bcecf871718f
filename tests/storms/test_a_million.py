"""A hundred thousand customers and a million facts, made by `bench.people`: the record is sound, no question reads a table through,
and pages take the time that an index takes. The whole million is `python -m bench.people`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, event, func, select

from bench.people.filling import card, customer_id, device, email, fill, opened_at, phone, user_id
from regulars.boot import new_id
from regulars.kernel.effects import EARN, EXPIRE
from regulars.kernel.step import advance, fold_each
from regulars.service import customers, listing, overview, timeline
from regulars.service.doctor import examine
from regulars.service.listing import Order, Place, Wanted
from regulars.service.shop import Shop, open_shop
from regulars.store.facts import facts_of
from regulars.store.schema import customers as people
from regulars.store.schema import entries
from regulars.wire.records import decode_state
from tests.databases import fresh_database

pytestmark = pytest.mark.slow

CUSTOMERS = 100_000
PICKS = 60
A_PAGE = 50
BIG = ("customers", "journal", "identities", "entries", "consents", "traits", "visits")
SEARCH_MS, PAGE_MS, LIST_MS, OVERVIEW_MS = 50.0, 100.0, 50.0, 3_000.0
"""Medians, with room for a machine that has other things to do."""
LAST_OVER_FIRST = 3.0
NOW = opened_at()


class Made(NamedTuple):
    shop: Shop
    picks: Sequence[int]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with _database(request, tmp_path_factory) as url:
        filled = fill(url, CUSTOMERS)
        assert filled.facts == CUSTOMERS * 10 + CUSTOMERS // 4 * 2
        shop = open_shop(url, new_id)
        yield Made(shop, Random(7).sample(range(CUSTOMERS), PICKS))
        shop.close()


@contextmanager
def _database(request: pytest.FixtureRequest, folders: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{folders.mktemp('crowd') / 'regulars.db'}"
        return
    with fresh_database(request.getfixturevalue("postgresql_server")) as url:
        yield url


# --- what was made -----------------------------------------------------------------------------------------------------


def test_the_doctor_finds_nothing(made: Made) -> None:
    assert [finding for finding in examine(made.shop, NOW) if not finding.good] == []


def test_states_are_what_the_engine_makes_of_the_facts(made: Made) -> None:
    rulebook = made.shop.rulebooks.in_force()
    assert rulebook is not None
    ids = [customer_id(number) for number in made.picks]
    with made.shop.store.reading() as connection:
        found = facts_of(connection, ids)
        asked = select(people.c.id, people.c.state).where(people.c.id.in_(ids))
        states = {id: decode_state(state) for id, state in connection.execute(asked)}
    for id in ids:
        state, _ = fold_each(rulebook.new_state(), found[id], rulebook)
        state, _ = advance(state, NOW, rulebook, NOW)
        assert state == states[id]
        assert len(found[id]) == 10


def test_each_is_found_by_every_name(made: Made) -> None:
    number = next(number for number in range(12, CUSTOMERS) if number % 12 == 0)
    for kind, value in (
        ("user_id", user_id(number)),
        ("email", email(number)),
        ("phone", phone(number)),
        ("card", card(number)),
        ("anonymous_id", device(number)),
    ):
        assert customers.find(made.shop, kind, value) == customer_id(number)


def test_the_overview_says_what_the_ledger_says(made: Made) -> None:
    seen = overview.overview(made.shop, NOW)
    assert seen is not None
    with made.shop.store.reading() as connection:
        asked = select(entries.c.entry, func.sum(entries.c.points)).group_by(entries.c.entry)
        sums = {entry: int(points) for entry, points in connection.execute(asked)}
    assert (seen.issued, seen.expired) == (sums[EARN], sums[EXPIRE])
    assert (seen.customers, seen.visitors, seen.orders) == (CUSTOMERS, CUSTOMERS // 4, 5 * CUSTOMERS)
    assert sum([week.orders for week in seen.weeks]) < seen.orders
    assert len(seen.weeks) == overview.MOST_WEEKS


# --- how it is read ----------------------------------------------------------------------------------------------------


def test_no_question_reads_a_table_through(made: Made) -> None:
    number = made.picks[0]
    for what, ask in _questions(made.shop, number).items():
        for statement, plan in _plans(made.shop, ask):
            assert not _scans(plan), f"{what}: {statement}\n{plan}"


def test_questions_take_what_an_index_takes(made: Made, record_property: Callable[[str, object], None]) -> None:
    limits = {"search": SEARCH_MS, "page": PAGE_MS, "look-up": SEARCH_MS}
    for what, limit in limits.items():
        took = [_ms(_questions(made.shop, number)[what]) for number in made.picks]
        record_property(what, f"{median(took):.1f} ms, at most {max(took):.1f}")
        assert median(took) < limit
    assert _ms(lambda: overview.overview(made.shop, NOW)) < OVERVIEW_MS


@pytest.mark.parametrize("order", list(Order))
def test_the_last_page_takes_what_the_first_takes(made: Made, order: Order) -> None:
    first, last = Place(), Place("before")
    times: dict[Place, list[float]] = {first: [], last: []}
    for _ in range(20):
        for place, took in times.items():
            took.append(_ms(lambda place=place: listing.page(made.shop, Wanted(), order, place, A_PAGE)))  # type: ignore[misc]
    assert median(times[first]) < LIST_MS
    assert median(times[last]) < LAST_OVER_FIRST * median(times[first])


def _ms(ask: Callable[[], object]) -> float:
    started = perf_counter()
    ask()
    return (perf_counter() - started) * 1000


def _questions(shop: Shop, number: int) -> dict[str, Callable[[], object]]:
    id = customer_id(number)
    listed = {
        f"the list by {order}, {place.side} {place.cursor or 'the end'}": lambda order=order, place=place: listing.page(
            shop, Wanted(), order, place, A_PAGE
        )
        for order in Order
        for place in (Place(), Place("after", f"1000.{id}"), Place("before"))
    }
    return {
        "search": lambda: listing.search(shop, email(number), A_PAGE),
        "search by a beginning": lambda: listing.search(shop, email(number)[:5], A_PAGE),
        "page": lambda: _page(shop, id),
        "look-up": lambda: customers.find(shop, "email", email(number)),
        **listed,
    }


def _page(shop: Shop, id: str) -> Any:
    one = customers.customer(shop, id, NOW)
    assert one is not None
    assert timeline.ledger(shop, id, None, 10).entries
    assert timeline.explain(shop, id, None, 10).steps
    return one


def _plans(shop: Shop, ask: Callable[[], object]) -> list[tuple[str, str]]:
    """Every statement that the question asks, with the way in which the database answers it."""
    asked: list[tuple[str, Any]] = []

    def hear(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        asked.append((statement, parameters))

    engine = shop.store._readers
    event.listen(engine, "before_cursor_execute", hear)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", hear)
    with shop.store.reading() as connection:
        reading = [one for one in asked if one[0].lstrip().upper().startswith(("SELECT", "WITH"))]
        assert reading
        return [(statement, _plan(connection, statement, parameters)) for statement, parameters in reading]


def _plan(connection: Connection, statement: str, parameters: Any) -> str:
    how = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    return "\n".join([str(row[-1]) for row in connection.exec_driver_sql(f"{how} {statement}", parameters)])


def _scans(plan: str) -> bool:
    """SQLite says SCAN, of an index as well, where it is read along; then only a page of it is."""
    names = "|".join(BIG)
    return bool(re.search(rf"SCAN (?:TABLE )?(?:{names})\b(?! USING)|Seq Scan on (?:{names})\b", plan))
