"""However a bag of events comes in, in whatever order, how often and in how many requests: it is folded once.

The expected is the kernel alone: the first occurrences, in the order in which they came, folded customer by customer. What is
on record must be that very state, to the lot.
"""

import itertools
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from regulars.boot import new_id
from regulars.kernel.facts import Behaved, Fact, Instant, Line, OrderCompleted
from regulars.kernel.state import State
from regulars.kernel.step import fold
from regulars.service import customers as people
from regulars.service.doctor import examine
from regulars.service.ingest import ingest
from regulars.service.refused import refused
from regulars.store.schema import customers, journal
from regulars.wire.events import Sender, understand
from regulars.wire.history import fact_id
from regulars.wire.instants import rfc3339
from regulars.wire.records import decode_state
from tests.databases import fresh_database
from tests.service.town import Town, order
from tests.shop import at

NOW = at("2017-06-01 12:00")
PROGRAM = """
points: {hold: 5 days, expire: {after: 1 month}}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: review, on: Product Reviewed, points: 5}
tiers:
  by: spend
  over: calendar_year
  levels: [{id: silver, at: 50}, {id: gold, at: 150, earn: 2}]
"""
bags = itertools.count()


class Event(NamedTuple):
    """`order` is None for a review. An order may come under two message ids."""

    customer: int
    message: int
    order: int | None
    cents: int
    happened_at: Instant


@st.composite
def sendings(draw: st.DrawFn) -> list[list[Event]]:
    """Requests: a bag of events, some of them sent again, shuffled and split at will."""
    moments = st.integers(0, 150 * 86_400).map(lambda seconds: NOW - seconds * 1_000_000)
    bag: list[Event] = []
    for number in range(draw(st.integers(1, 12))):
        is_order = draw(st.booleans())
        bag.append(
            Event(
                draw(st.integers(0, 2)),
                number,
                number if is_order else None,
                draw(st.integers(1, 9_000)),
                draw(moments),
            )
        )
    orders = [one for one in bag if one.order is not None]
    if orders:
        told_again = draw(st.lists(st.sampled_from(orders), max_size=3))
        bag += [one._replace(message=100 + number) for number, one in enumerate(told_again)]
    sent = draw(st.permutations(bag + draw(st.lists(st.sampled_from(bag), max_size=8))))
    cuts = sorted(draw(st.sets(st.integers(1, len(sent)), max_size=5)) | {0, len(sent)})
    return [sent[begin:end] for begin, end in itertools.pairwise(cuts)]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One town for all bags: each has customers of its own."""
    if request.param == "sqlite":
        yield from _opened(f"sqlite:///{tmp_path_factory.mktemp('laws') / 'regulars.db'}")
    else:
        with fresh_database(request.getfixturevalue("postgresql_server")) as url:
            yield from _opened(url)


def _opened(url: str) -> Iterator[Town]:
    town = Town(url)
    town.applies(PROGRAM)
    yield town
    town.close()


@given(requests=sendings())
def test_every_event_is_folded_once_in_the_order_in_which_it_came(town: Town, requests: list[list[Event]]) -> None:
    bag = next(bags)
    answers = [one.result(30) for one in [_sent(town, bag, request) for request in requests]]
    first = _first_occurrences([one for request in requests for one in request])
    assert sum([one.stored for one in answers]) == len(first)
    assert not [one for answer in answers for one in answer.refusals]
    expected = _folded(town, bag, first)
    assert _on_record(town, bag) == expected

    again = [one.result(30) for one in [_sent(town, bag, request) for request in reversed(requests)]]
    assert [one.stored for one in again] == [0] * len(requests)
    assert _on_record(town, bag) == expected
    assert _stored(town) == _counted(town)


def test_facts_states_and_ledger_agree_after_all_that(town: Town) -> None:
    found = {one.what: one for one in examine(town.shop, NOW)}
    assert found["facts"].good, found["facts"]
    assert found["ledger"].good, found["ledger"]


def test_a_message_id_used_again_takes_no_order_with_it(town: Town) -> None:
    """A client that calls every message the same loses its later orders, and is told; once it is mended, they come in."""
    town.hears(order("reuser", "reuse-1", 10, messageId="same"), now="2017-06-01 12:00")
    told = town.hears(order("reuser", "reuse-2", 20, messageId="same"), now="2017-06-01 12:00")
    assert (told.stored, len(told.refusals)) == (0, 1)
    mended = town.hears(order("reuser", "reuse-2", 20, messageId="other"), now="2017-06-01 12:00")
    assert (mended.stored, mended.refusals) == (1, ())
    assert town.customer("reuser", "2017-06-01 12:00").points.lifetime == 30


def test_a_message_id_used_twice_in_a_batch_takes_no_order_with_it(town: Town) -> None:
    events = [order("twice", f"twice-{number}", 10, messageId="the same in a batch") for number in range(2)]
    assert town.hears(*events, now="2017-06-01 12:00").stored == 1
    assert town.hears(order("twice", "twice-1", 10), now="2017-06-01 12:00").stored == 1


ODD: dict[str, dict[str, Any]] = {
    "type": {"type": "nul\x00", "userId": "odd"},
    "name": {"event": "Nul\x00", "userId": "odd"},
    "message": {"event": "Looked", "userId": "odd", "messageId": "nul\x00"},
    "person": {"event": "Looked", "userId": "nul\x00"},
    "moment": {"event": "Looked", "userId": "odd", "timestamp": "nul\x00"},
    "property": {"event": "Looked", "userId": "odd", "properties": {"nul\x00": "nul\x00"}},
    "traits": {"type": "identify", "userId": "odd", "traits": {"email": "nul\x00@example.com", "phone": "\x00"}},
    "order": order("odd", "nul\x00", 5),
    "currency": {"event": "Order Completed", "userId": "odd", "properties": {"order_id": "odd-1", "currency": "\x00"}},
    "amount": order("odd", "odd-2", 9_999_999_999.99),
    "a moment far away": {"event": "Looked", "userId": "odd", "timestamp": "9999-12-31T23:59:59-14:00"},
    "half a character": {"event": "Looked", "userId": "odd", "properties": {"name": "\ud83c"}},
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_event_sinks_nobody(town: Town, what: str) -> None:
    """What one database takes and the other does not must not become everybody's trouble."""
    number = next(bags)
    neighbour = order(f"neighbour-{number}", f"neighbour-{number}", 5)
    assert town.hears(ODD[what], neighbour, now="2017-06-01 12:00").stored >= 1
    assert town.customer(f"neighbour-{number}", "2017-06-01 12:00").facts == 1
    assert refused(town.shop, None, 10) is not None


def _sent(town: Town, bag: int, events: list[Event]) -> Any:
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    body = json.dumps({"batch": [_written(bag, one) for one in events]}).encode()
    understood = understand(body, None, Sender.SHOP, NOW, rulebook.program.currency, new_id)
    assert not understood.refusals
    return ingest(town.shop, understood, Sender.SHOP, NOW)


def _written(bag: int, one: Event) -> dict[str, Any]:
    about = {"type": "track", "userId": f"user-{bag}-{one.customer}", "messageId": f"message-{bag}-{one.message}"}
    moment = {"timestamp": rfc3339(one.happened_at)}
    if one.order is None:
        return about | moment | {"event": "Product Reviewed"}
    told = order("", f"order-{bag}-{one.order}", one.cents / 100)
    return told | about | moment


def _first_occurrences(events: list[Event]) -> list[Event]:
    known: set[tuple[str, int]] = set()
    first = []
    for one in events:
        keys = {("message", one.message)} | ({("order", one.order)} if one.order is not None else set())
        if not keys & known:
            first.append(one)
        known |= keys
    return first


def _folded(town: Town, bag: int, events: list[Event]) -> dict[int, State]:
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    facts: dict[int, list[Fact]] = {}
    for one in events:
        facts.setdefault(one.customer, []).append(_fact(bag, one))
    return {customer: fold(rulebook.new_state(), told, rulebook)[0] for customer, told in facts.items()}


def _fact(bag: int, one: Event) -> Fact:
    id = fact_id("shop", f"message-{bag}-{one.message}")
    if one.order is None:
        return Behaved(id, "", one.happened_at, NOW, "shop", "Product Reviewed", {})
    line = Line(one.cents, 1, {"product": "tea"})
    return OrderCompleted(id, "", one.happened_at, NOW, "shop", f"order-{bag}-{one.order}", (line,), one.cents)


def _on_record(town: Town, bag: int) -> dict[int, State]:
    found = {}
    with town.shop.store.reading() as connection:
        for customer in range(3):
            id = people.find(town.shop, "user_id", f"user-{bag}-{customer}")
            record = connection.execute(select(customers.c.state).where(customers.c.id == id)).scalar()
            if record is not None:
                found[customer] = decode_state(record)
    return found


def _stored(town: Town) -> int:
    with town.shop.store.reading() as connection:
        return connection.execute(select(func.count()).where(journal.c.fact_id.is_not(None))).scalar_one()


def _counted(town: Town) -> int:
    with town.shop.store.reading() as connection:
        return int(connection.execute(select(func.sum(customers.c.facts))).scalar_one())
