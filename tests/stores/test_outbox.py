"""The job that delivers, with somebody real at the other end: on each kind of database, alone, beside others, and killed."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event

import pytest

from regulars.kernel.facts import Instant
from regulars.service import outbox, webhooks
from regulars.service.networks import networks_of
from regulars.service.outbox import LEASE, Standing
from regulars.service.telling import Message, enqueue
from regulars.workers import outbox as worker
from regulars.workers.outbox import Deliverer
from tests.clients.served import until
from tests.fakes.receiver import Came, Receiver, receiving, verified
from tests.service.town import Town
from tests.shop import at

HERE = networks_of("127.0.0.0/8")
NOW = at("2017-03-01 12:00")
DELIVERS = """
import sys, time
from regulars.boot import new_id
from regulars.service.networks import networks_of
from regulars.service.shop import open_shop
from regulars.workers.outbox import Deliverer
url, now = sys.argv[1], int(sys.argv[2])
Deliverer(open_shop(url, new_id), lambda: now, networks_of("127.0.0.0/8")).start()
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOKS_EVERY_SECONDS", 0.02)


@pytest.fixture
def town(open_town: Callable[[str], Town], database: str) -> Town:
    return open_town(database)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@contextmanager
def delivering(town: Town, clock: Callable[[], Instant] = lambda: NOW) -> Iterator[Deliverer]:
    deliverer = Deliverer(town.shop, clock, HERE)
    deliverer.start()
    try:
        yield deliverer
    finally:
        deliverer.stop()


def listens(town: Town, name: str, url: str) -> str:
    return webhooks.register(town.shop, name, url, [], HERE, "a test", NOW)


def happens(town: Town, number: int) -> None:
    messages = [Message("segment.entered", {"customer": f"{n}"}, NOW) for n in range(number)]
    town.shop.writer.run(lambda tx: enqueue(tx, messages, NOW, town.shop.new_id))


def standing(town: Town, name: str) -> dict[Standing, int]:
    id = webhooks.endpoint(town.shop, name).id
    found = outbox.deliveries(town.shop, id, None, 10_000).deliveries
    return {one: len([each for each in found if each.standing is one]) for one in {each.standing for each in found}}


def has_tried(deliverer: Deliverer, times: int) -> bool:
    return deliverer.told.delivered + deliverer.told.failed == times


def test_what_happens_is_told_and_written_down(town: Town, receiver: Receiver) -> None:
    now = time.time_ns() // 1_000
    secret = listens(town, "crm", receiver.url)
    happens(town, 30)
    with delivering(town, lambda: now) as deliverer:
        assert until(lambda: standing(town, "crm") == {Standing.DELIVERED: 30})
        assert deliverer.told.delivered == 30
    assert {verified(one, secret)["data"]["customer"] for one in receiver.came} == {f"{n}" for n in range(30)}


def test_a_secret_is_changed_without_a_message_that_cannot_be_verified(town: Town, receiver: Receiver) -> None:
    now = time.time_ns() // 1_000
    old = listens(town, "crm", receiver.url)
    new = webhooks.rotate(town.shop, "crm", "ada", now)
    happens(town, 1)
    with delivering(town, lambda: now):
        receiver.waits_for(1)
        assert verified(receiver.came[0], old) == verified(receiver.came[0], new)
        last = webhooks.rotate(town.shop, "crm", "ada", now, at_once=True)
        happens(town, 1)
        receiver.waits_for(2)
    assert verified(receiver.came[1], last)
    assert len(receiver.came[1].headers["webhook-signature"].split()) == 1


def test_it_is_tried_again_with_the_same_id_when_its_time_has_come(town: Town, receiver: Receiver) -> None:
    listens(town, "crm", receiver.url)
    receiver.answers = [500, (429, {"retry-after": "600"}), 204]
    happens(town, 1)
    moment = [NOW]
    with delivering(town, lambda: moment[0]) as deliverer:
        for attempt, later in enumerate((10, 1_000, 2_000), start=1):
            receiver.waits_for(attempt)
            assert until(partial(has_tried, deliverer, attempt))
            moment[0] = NOW + later * 1_000_000
        assert until(lambda: standing(town, "crm") == {Standing.DELIVERED: 1})
    assert len(set(receiver.ids())) == 1
    assert [one.headers["webhook-timestamp"] for one in receiver.came] == [
        f"{(NOW // 1_000_000) + later}" for later in (0, 10, 1_000)
    ]


def test_a_slow_one_holds_up_nobody(town: Town, receiver: Receiver) -> None:
    ended = Event()
    with receiving() as slow:
        slow.before = lambda _: ended.wait(30)
        listens(town, "slow", slow.url)
        listens(town, "crm", receiver.url)
        happens(town, 40)
        with delivering(town):
            receiver.waits_for(40)
            assert until(lambda: standing(town, "crm") == {Standing.DELIVERED: 40})
            assert standing(town, "slow") == {Standing.WAITING: 40}
            assert len(slow.came) == outbox.AT_ONCE
            ended.set()
            assert until(lambda: standing(town, "slow") == {Standing.DELIVERED: 40})


def test_two_at_once_deliver_each_message_once(
    open_town: Callable[[str], Town], database: str, receiver: Receiver
) -> None:
    first, second = open_town(database), open_town(database)
    listens(first, "crm", receiver.url)
    happens(first, 200)
    with delivering(first), delivering(second):
        assert until(lambda: standing(first, "crm") == {Standing.DELIVERED: 200})
    assert len(receiver.came) == len(set(receiver.ids())) == 200


def test_killed_between_sending_and_writing_down_it_is_sent_again_with_the_same_id(
    town: Town, database: str, receiver: Receiver
) -> None:
    listens(town, "crm", receiver.url)
    happens(town, 1)
    process = subprocess.Popen([sys.executable, "-c", DELIVERS, database, str(NOW)])
    receiver.before = lambda _: process.kill()
    try:
        receiver.waits_for(1)
        process.wait(20)
    finally:
        process.kill()
        process.wait(20)
    assert standing(town, "crm") == {Standing.WAITING: 1}
    receiver.before = lambda _: None
    with delivering(town, lambda: NOW + LEASE):
        assert until(lambda: standing(town, "crm") == {Standing.DELIVERED: 1})
    assert len(receiver.came) == 2
    assert len(set(receiver.ids())) == 1


def test_it_stops_quickly_however_slow_the_other_side_is(
    town: Town, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LONGEST_STOP_SECONDS", 0.2)
    ended = Event()
    receiver.before = lambda _: ended.wait(30)
    listens(town, "crm", receiver.url)
    happens(town, 1)
    with delivering(town):
        receiver.waits_for(1)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    ended.set()
    assert standing(town, "crm") == {Standing.WAITING: 1}


def test_what_is_under_way_when_it_stops_is_written_down(town: Town, receiver: Receiver) -> None:
    going = Event()

    def slowly(_: Came) -> None:
        going.set()
        time.sleep(0.3)

    receiver.before = slowly
    listens(town, "crm", receiver.url)
    happens(town, 1)
    with delivering(town):
        assert going.wait(20)
    assert standing(town, "crm") == {Standing.DELIVERED: 1}
