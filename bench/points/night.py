"""A night: whoever falls due is brought to it, as `regulars serve` does it.

`python -m bench.points.night URL` wakes everybody who is due at the next midnight, and prints as JSON how many lots expired, and
how quickly. `python -m bench.points.night FEW MANY` passes night after night in two databases, in turn, and prints the
seconds of each.
"""

import sys
from time import perf_counter
from typing import Any, Final

import msgspec
from sqlalchemy import func, select

from bench.points.nights import NIGHTS, THOUSAND, Expired, Nights
from regulars.boot import new_id
from regulars.kernel.effects import EXPIRE
from regulars.kernel.facts import FOREVER
from regulars.service.shop import Shop, open_shop
from regulars.service.waking import next_waking, wake_some
from regulars.store.schema import customers, entries

FIFTHS: Final = 5


def expired(url: str) -> Expired:
    shop = open_shop(url, new_id, migrate=False)
    try:
        due, number = next_waking(shop), _number(shop, select(func.count()).select_from(customers))
        lots_each = _number(shop, select(func.count()).select_from(entries)) / number
        rates, woken, began = [], 0, perf_counter()
        for fifth in range(1, FIFTHS + 1):
            started, before = perf_counter(), woken
            while woken < number * fifth // FIFTHS and (some := wake_some(shop, due)):
                woken += some
            if woken > before:
                rates.append((woken - before) * lots_each / (perf_counter() - started))
        seconds = perf_counter() - began
        lots = _expired(shop)
        assert woken == number
        assert lots == number * lots_each
        assert next_waking(shop) == FOREVER
        return Expired(lots, seconds, rates)
    finally:
        shop.close()


def nights(url: str, other: str) -> Nights:
    """The first of them only warms up."""
    shops = open_shop(url, new_id, migrate=False), open_shop(other, new_id, migrate=False)
    try:
        took = [[_night(shop) for shop in shops] for _ in range(NIGHTS)]
        assert [_expired(shop) for shop in shops] == [THOUSAND * NIGHTS] * 2
        return Nights([first for first, _ in took[1:]], [second for _, second in took[1:]])
    finally:
        for shop in shops:
            shop.close()


def _night(shop: Shop) -> float:
    """From asking who is next until all are awake and it is known who will be next."""
    started = perf_counter()
    due = next_waking(shop)
    woken = 0
    while some := wake_some(shop, due):
        woken += some
    assert next_waking(shop) > due
    seconds = perf_counter() - started
    assert woken == THOUSAND
    return seconds


def _expired(shop: Shop) -> int:
    return _number(shop, select(func.count()).select_from(entries).where(entries.c.entry == EXPIRE.value))


def _number(shop: Shop, asked: Any) -> int:
    with shop.store.reading() as connection:
        return int(connection.execute(asked).scalar_one())


if __name__ == "__main__":
    took = expired(*sys.argv[1:]) if len(sys.argv) == 2 else nights(*sys.argv[1:])
    sys.stdout.buffer.write(msgspec.json.encode(took))
