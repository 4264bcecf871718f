"""Points that many reach for at once, on both databases, each with several connections: nothing is spent twice, taken back twice,
or lost on its way; and the same races placed exactly between check and use.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
import pytest
from sqlalchemy import func, select

from regulars.boot import new_id
from regulars.kernel.program import Program
from regulars.service import programs
from regulars.service.adjusting import Adjustment, adjust
from regulars.service.commands import Command, Done, Hands, NotPossible
from regulars.service.customers import customer, find
from regulars.service.doctor import examine
from regulars.service.ingest import ingest
from regulars.service.returns import Return, take_back
from regulars.service.shop import Shop, open_shop
from regulars.service.spending import spend
from regulars.service.transfers import transfer
from regulars.service.writer import Busy
from regulars.store.schema import entries
from regulars.wire.events import Sender, understand
from tests.service.town import order
from tests.shop import HEADER, at

PROGRAM = HEADER.format(zone="America/New_York") + (
    "points: {worth: 0.01, debt: unlimited}\nearning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]\n"
)
NOW = at("2017-03-02 12:00")
SHOPS = 4
T = TypeVar("T")


@contextmanager
def several(database: str) -> Iterator[list[Shop]]:
    """As many shops on one database, each with connections and a writer of its own."""
    shops = [open_shop(database, new_id) for _ in range(SHOPS)]
    try:
        programs.publish(shops[0], PROGRAM, "a test", 0)
        yield shops
    finally:
        for shop in shops:
            shop.close()


def command(name: str, key: str, body: object = None) -> Command:
    return Command(name, key, msgspec.json.encode(body if body is not None else key), "a storm")


def patiently(do: Callable[[], T]) -> T:
    """Whoever is told to come again does."""
    for _ in range(200):
        try:
            return do()
        except Busy:
            continue
    raise AssertionError("never had a turn")


def outcome(do: Callable[[], Done]) -> str:
    try:
        return "again" if patiently(do).again else "done"
    except NotPossible as error:
        return error.reason


def storm(tasks: Sequence[Callable[[], Done]]) -> Counter[str]:
    with ThreadPoolExecutor(24) as pool:
        return Counter(pool.map(outcome, tasks))


def buys(shop: Shop, who: str, id: str, dollars: float) -> str:
    """The record of whoever bought."""
    body = json.dumps({"batch": [order(who, id, dollars, type="track", messageId=f"m-{id}")]}).encode()
    program = programs_of(shop)
    told = understand(body, None, Sender.SHOP, NOW - 10**9, program.currency, new_id, program.kinds())
    patiently(lambda: ingest(shop, told, Sender.SHOP, NOW - 10**9).result(60))
    found = find(shop, "user_id", who)
    assert found is not None
    return found


def programs_of(shop: Shop) -> Program:
    rulebook = shop.rulebooks.in_force()
    assert rulebook is not None
    return rulebook.program


def held(shop: Shop, record: str) -> tuple[int, int]:
    known = customer(shop, record, NOW)
    assert known is not None
    return known.points.available, known.points.owed


def count(shop: Shop, entry: str) -> tuple[int, int]:
    with shop.store.reading() as connection:
        asked = select(func.count(), func.sum(entries.c.points)).where(entries.c.entry == entry)
        number, points = connection.execute(asked).one()
        return int(number), int(points or 0)


def odd_things(shop: Shop) -> list[str]:
    """What the doctor complains of, but that nobody has made a key."""
    return [one.what for one in examine(shop, NOW) if not one.good and one.what != "keys"]


@pytest.mark.slow
def test_of_a_thousand_who_spend_the_last_hundred_points_one_does(database: str) -> None:
    with several(database) as shops:
        ada = buys(shops[0], "ada", "1", 100)
        found = storm(
            [
                lambda number=number: spend(  # type: ignore[misc]
                    shops[number % SHOPS], ada, 100, "coffee", None, command("spend", f"k{number}"), NOW
                )
                for number in range(1_000)
            ]
        )
        assert found == {"done": 1, "not_enough_points": 999}
        assert held(shops[0], ada) == (0, 0)
        assert count(shops[0], "redeem") == (1, 100)
        assert odd_things(shops[0]) == []


@pytest.mark.slow
def test_five_hundred_refunds_each_sent_twice_at_once_are_five_hundred(database: str) -> None:
    with several(database) as shops:
        records = [buys(shops[0], f"c{number % 80}", f"order-{number}", 10) for number in range(500)]
        sent = [(number, twice) for number in range(500) for twice in (0, 1)]
        random.Random(7).shuffle(sent)
        found = storm(
            [
                lambda number=number, twice=twice: take_back(  # type: ignore[misc]
                    shops[(number + twice) % SHOPS],
                    Return(f"order-{number}"),
                    command("return", f"refund-{number}"),
                    NOW,
                )
                for number, twice in sent
            ]
        )
        assert found == {"done": 500, "again": 500}
        assert count(shops[0], "earn_reversal") == (500, 5_000)
        assert {held(shops[0], record) for record in records} == {(0, 0)}


@pytest.mark.slow
def test_the_same_order_refunded_under_two_keys_goes_back_once(database: str) -> None:
    with several(database) as shops:
        for number in range(50):
            buys(shops[0], f"c{number % 8}", f"order-{number}", 10)
        found = storm(
            [
                lambda number=number, twice=twice: take_back(  # type: ignore[misc]
                    shops[twice], Return(f"order-{number}"), command("return", f"refund-{number}-{twice}"), NOW
                )
                for number in range(50)
                for twice in (0, 1)
            ]
        )
        assert found == {"done": 50, "nothing_left": 50}
        assert count(shops[0], "earn_reversal") == (50, 500)


@pytest.mark.slow
def test_opposite_transfers_end_at_zero(database: str) -> None:
    """Two give each other the same again and again, from every side at once: nobody waits in a circle, nothing is lost."""
    with several(database) as shops:
        ada, bob = buys(shops[0], "ada", "1", 500), buys(shops[0], "bob", "2", 500)
        found = storm(
            [
                lambda number=number: transfer(  # type: ignore[misc]
                    shops[number % SHOPS],
                    *((ada, bob) if number % 2 else (bob, ada)),
                    1,
                    "",
                    command("transfer", f"t{number}"),
                    NOW,
                )
                for number in range(400)
            ]
        )
        assert found == {"done": 400}
        assert (held(shops[0], ada), held(shops[0], bob)) == ((500, 0), (500, 0))
        assert count(shops[0], "transfer_out") == (count(shops[0], "transfer_in"))


@pytest.mark.slow
def test_everything_at_once_adds_up(database: str) -> None:
    """Spending, returns, adjustments and transfers among a few: each balance is what its ledger says."""
    with several(database) as shops:
        names = [f"c{number}" for number in range(6)]
        records = [buys(shops[0], name, f"order-{name}", 300) for name in names]
        draw = random.Random(11)
        tasks: list[Callable[[], Done]] = []
        for number in range(400):
            shop, one, other = draw.choice(shops), *draw.sample(records, 2)
            asked = command(f"any-{number % 4}", f"a{number}")
            choices: list[Callable[[], Done]] = [
                lambda s=shop, o=one, c=asked: spend(s, o, 7, "tea", None, c, NOW),  # type: ignore[misc]
                lambda s=shop, o=one, c=asked: adjust(s, Adjustment(o, 5, "sorry"), c, NOW),  # type: ignore[misc]
                lambda s=shop, o=one, p=other, c=asked: transfer(s, o, p, 9, "", c, NOW),  # type: ignore[misc]
                lambda s=shop, n=names[number % 6], c=asked: take_back(  # type: ignore[misc]
                    s, Return(f"order-{n}", amount_minor=50), c, NOW
                ),
            ]
            tasks.append(choices[number % 4])
        found = storm(tasks)
        assert set(found) <= {"done", "not_enough_points"}
        with shops[0].store.reading() as connection:
            for record in records:
                accounts: Counter[str] = Counter()
                for row in connection.execute(select(entries).where(entries.c.customer == record)):
                    accounts[row.source] -= row.points
                    accounts[row.target] += row.points
                assert (accounts["available"], -accounts["debt"]) == held(shops[0], record)
                assert sum(accounts.values()) == 0
        assert odd_things(shops[0]) == []


# --- between check and use ---------------------------------------------------------------------------------------------


def between(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """`act` happens once, after the first command has found out whose points it is about, and before it locks them."""
    looked = Hands._root
    acted: list[object] = []

    def and_then(self: Hands, record: str) -> str:
        root = looked(self, record)
        if not acted:
            acted.append(None)
            act()
        return root

    monkeypatch.setattr(Hands, "_root", and_then)


def test_somebody_else_spends_between_looking_and_locking(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with several(postgresql) as (one, other, *_):
        ada = buys(one, "ada", "1", 100)
        between(monkeypatch, lambda: spend(other, ada, 100, "tea", None, command("spend", "first"), NOW))
        with pytest.raises(NotPossible, match="not_enough_points"):
            spend(one, ada, 100, "tea", None, command("spend", "second"), NOW)
        assert held(one, ada) == (0, 0)


def test_the_other_refund_of_an_order_comes_between(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with several(postgresql) as (one, other, *_):
        ada = buys(one, "ada", "1", 100)
        between(monkeypatch, lambda: take_back(other, Return("1", amount_minor=6_000), command("return", "a"), NOW))
        with pytest.raises(NotPossible, match="more_than_the_order"):
            take_back(one, Return("1", amount_minor=6_000), command("return", "b"), NOW)
        assert held(one, ada) == (40, 0)


def test_an_opposite_transfer_comes_between(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with several(postgresql) as (one, other, *_):
        ada, bob = buys(one, "ada", "1", 100), buys(one, "bob", "2", 100)
        between(monkeypatch, lambda: transfer(other, bob, ada, 100, "", command("transfer", "a"), NOW))
        transfer(one, ada, bob, 150, "", command("transfer", "b"), NOW)
        assert (held(one, ada), held(one, bob)) == ((50, 0), (150, 0))


def test_an_order_comes_between_a_spending_and_its_lock(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with several(postgresql) as (one, other, *_):
        ada = buys(one, "ada", "1", 60)
        between(monkeypatch, lambda: buys(other, "ada", "2", 50))
        spend(one, ada, 100, "tea", None, command("spend", "x"), NOW)
        assert held(one, ada) == (10, 0)


def test_the_same_key_twice_at_once_is_one(postgresql: str) -> None:
    with several(postgresql) as shops:
        ada = buys(shops[0], "ada", "1", 100)
        tasks: list[Any] = [
            lambda shop=shop: spend(shop, ada, 10, "tea", None, command("spend", "same"), NOW) for shop in shops
        ]
        assert storm(tasks * 5) == {"done": 1, "again": 19}
        assert held(shops[0], ada) == (90, 0)
