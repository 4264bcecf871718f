"""Members by the number whose points expire, written down in bulk.

`python -m bench.points.members URL WHO NUMBER` makes the tables, publishes a program and fills a database. WHO are

    expiring  each bought several times in one month: all of it expires at one midnight
    one       a single customer, who bought NUMBER times in that month
    due       each bought on some days one after the other: on as many nights something of it expires
    few_due   a thousand of those, spread among others who bought later

The engine itself folds some lives, and each is led by many (`bench.people.lives`).
"""

import sys
from collections.abc import Callable
from typing import Final

from bench.people.filling import customer_id, opened_at, write_down
from bench.people.lives import OWN, Life, customer_row, entry_row, fact_id, life_of, own_of, step_row
from bench.points.nights import DUE, EXPIRING, NIGHTS, ONE, SEVERAL, THOUSAND
from regulars.boot import new_id
from regulars.kernel.calendar import DAY
from regulars.kernel.facts import Instant, Line, OrderCompleted
from regulars.kernel.rulebook import Rulebook
from regulars.service.programs import publish
from regulars.service.shop import open_shop
from regulars.store.schema import customers, entries, journal

DIFFERENT: Final = 200
"""Lives, by what is bought."""

RULES: Final = """
program: bench
currency: USD
time_zone: America/New_York
points: {expire: EXPIRE}
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
"""
BY_MONTH: Final = "{after: 12 months, until: end_of_month}"
BY_DAY: Final = "{after: 12 months}"
WITHIN_A_MONTH: Final = 4 * DAY
LONG_AGO, OF_LATE = 90 * DAY, 30 * DAY

Led = Callable[[int], Life]
"""The life of the member with this number."""


def fill(url: str, who: str, number: int) -> None:
    """The database is empty, or not there yet."""
    shop = open_shop(url, new_id)
    try:
        publish(shop, RULES.replace("EXPIRE", BY_MONTH if who in (EXPIRING, ONE) else BY_DAY), "bench", opened_at())
        rulebook = shop.rulebooks.in_force()
    finally:
        shop.close()
    assert rulebook is not None
    led, members = _led(rulebook, who, number), range(1 if who == ONE else number)
    lives = [(customer_id(place), led(place)) for place in members]
    rows = [
        (customers, (customer_row(life.row, id) for id, life in lives)),
        (journal, (step_row(step, id, own_of(id)) for id, life in lives for step in life.steps)),
        (entries, (entry_row(entry, id, own_of(id)) for id, life in lives for entry in life.entries)),
    ]
    write_down(url, rows)


def _led(rulebook: Rulebook, who: str, number: int) -> Led:
    opened = opened_at()
    if who in (EXPIRING, ONE):
        orders = number if who == ONE else SEVERAL
        return _one_of(rulebook, orders, opened - WITHIN_A_MONTH, WITHIN_A_MONTH // orders)
    due = _one_of(rulebook, NIGHTS, opened - LONG_AGO, DAY)
    if who == DUE:
        return due
    later, apart = _one_of(rulebook, 1, opened - OF_LATE, DAY), number // THOUSAND
    return lambda place: due(place // apart) if place % apart == 0 else later(place)


def _one_of(rulebook: Rulebook, orders: int, first: Instant, apart: Instant) -> Led:
    """So many orders, one so long after another."""
    lives = [
        life_of(
            rulebook, [_order(first + place * apart, place, seed) for place in range(orders)], opened_at(), known=True
        )
        for seed in range(DIFFERENT if orders < DIFFERENT else 1)
    ]
    return lambda place: lives[place % len(lives)]


def _order(moment: Instant, place: int, seed: int) -> OrderCompleted:
    id, amount_minor = fact_id(place), 1_000 + 100 * (seed + place)
    lines = (Line(amount_minor, 1, {"category": "tea"}),)
    return OrderCompleted(id, OWN, moment, moment, "shop", f"A-{id}", lines, amount_minor)


if __name__ == "__main__":
    where, who, how_many = sys.argv[1:]
    fill(where, who, int(how_many))
