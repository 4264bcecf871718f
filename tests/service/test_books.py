"""The books, by when things were written down: months that stay as they were, and one that is closed."""

import csv
import io
import random
from itertools import pairwise

import pytest
from sqlalchemy import update

from regulars.kernel.calendar import DAY, HOUR
from regulars.service import books
from regulars.service.books import BadMonth, Balances, Books, NotYet
from regulars.service.doctor import examine
from regulars.service.liability import liability
from regulars.store.schema import entries
from regulars.wire.books import COLUMNS, write_csv
from regulars.wire.instants import rfc3339
from tests.service.deeds import Deeds
from tests.service.town import Town, order, wall
from tests.shop import at

RULES = """
points: {name: {one: star, other: stars}, worth: 0.01, debt: unlimited, hold: 10 days, expire: {after: 2 months}}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
"""


def of(town: Town, month: str, now: str = "2018-01-01 00:00") -> Books:
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    return books.books(town.shop, month, rulebook.calendar, at(now))


def closes(town: Town, month: str, now: str) -> Books:
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    return books.close(town.shop, month, rulebook.calendar, "grace", at(now))


def months_of_doctor(town: Town, now: str) -> tuple[bool, str]:
    return next((one.good, one.found) for one in examine(town.shop, at(now)) if one.what == "months")


def test_what_is_told_late_stands_where_it_was_written_down(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 30, at="2017-03-30 12:00"), now="2017-03-31 23:59")
    town.hears(order("ben", "2", 20, at="2017-03-30 12:00"), now="2017-04-01 00:00")

    march, april = of(town, "2017-03"), of(town, "2017-04")
    assert [(one.entry, one.source, one.target, one.postings, one.points) for one in march.movements] == [
        ("earn", "program", "pending", 1, 30)
    ]
    assert (march.opening, march.closing) == (Balances(), Balances(pending=30))
    assert (april.opening, april.closing) == (Balances(pending=30), Balances(pending=50))


def test_a_closed_month_stays_as_it_was(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 30), now="2017-03-01 12:00")
    with pytest.raises(NotYet, match="not over"):
        closes(town, "2017-03", "2017-04-01 00:59")
    closed = closes(town, "2017-03", "2017-04-01 01:00")
    town.hears(order("ada", "2", 20, at="2017-03-15 12:00"), now="2017-04-02 12:00")
    town.wakes("2017-04-03 12:00")

    assert closed.closed is not None
    assert (closed.closed.who, closed.closed.holds) == ("grace", True)
    assert of(town, "2017-03") == closes(town, "2017-03", "2017-05-01 12:00") == closed
    assert months_of_doctor(town, "2017-05-01 12:00") == (True, "1 closed, none changed since")
    with town.shop.store.writing() as tx:
        tx.core.execute(update(entries).where(entries.c.points == 30).values(points=31))
    assert months_of_doctor(town, "2017-05-01 12:00") == (False, "2017-03 changed since")
    again = of(town, "2017-03").closed
    assert again is not None
    assert not again.holds


def test_months_are_closed_one_after_the_other(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 30), now="2017-03-01 12:00")
    with pytest.raises(NotYet, match="Close 2017-04 first"):
        closes(town, "2017-05", "2017-07-01 12:00")
    for month in ("2017-03", "2017-04", "2017-05"):
        closes(town, month, "2017-07-01 12:00")

    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    found = books.listed(town.shop, rulebook.calendar, at("2017-06-05 12:00"))
    assert [(one.month, one.postings, one.closed) for one in found] == [
        ("2017-06", 0, False),
        ("2017-05", 0, True),
        ("2017-04", 0, True),
        ("2017-03", 1, True),
    ]


@pytest.mark.parametrize("month", ["2017", "2017-13", "2017-3", "march", "1969-12", "9999-12", "2019-01", "2017-03-01"])
def test_what_is_no_month_is_complained_of(town: Town, month: str) -> None:
    town.applies(RULES)
    with pytest.raises(BadMonth):
        of(town, month)


@pytest.mark.parametrize("seed", range(3))
def test_months_add_up_to_what_is_held(town: Town, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is done: what a month closes with the next one opens with, and the file says what moved."""
    monkeypatch.setattr(books, "AT_ONCE", 7)
    draw = random.Random(seed)
    town.applies(RULES)
    deeds = Deeds(town, draw)
    now = at("2017-01-01 12:00")
    for number in range(60):
        now += draw.choice([HOUR, DAY, 3 * DAY])
        if draw.random() < 0.5:
            deeds.one(draw.choice(["ada", "ben"]), draw.choice(["ada", "ben"]), now)
        else:
            event = order(draw.choice(["ada", "ben"]), f"{number}", draw.choice([5, 30, 80]))
            town.hears(event | {"timestamp": rfc3339(now - draw.choice([0, 20 * DAY]))}, now=wall(now))
            deeds.ordered(f"{number}")
        if draw.random() < 0.3:
            town.wakes(wall(now))
    town.wakes(wall(now))
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    listed = [one.month for one in books.listed(town.shop, rulebook.calendar, now)][::-1]
    for month in listed[: len(listed) // 2]:
        books.close(town.shop, month, rulebook.calendar, "grace", now)

    told = [books.books(town.shop, month, rulebook.calendar, now) for month in listed]
    assert all(one.closing == next_one.opening for one, next_one in pairwise(told))
    owed = liability(town.shop, now)
    assert owed is not None
    assert told[-1].closing == Balances(owed.pending, owed.available, owed.reserved, owed.debt)
    for one in told:
        file = io.StringIO()
        number = write_csv(books.entered(town.shop, one.month, rulebook.calendar), file)
        header, *rows = csv.reader(io.StringIO(file.getvalue()))
        assert tuple(header) == COLUMNS
        assert number == len(rows) == one.postings
        assert sum(int(row[6]) for row in rows) == sum(movement.points for movement in one.movements)
        assert rows == sorted(rows, key=lambda row: row[0])
