"""A midnight at which very many fall due: how many a second are let go, and how long whoever sends events meanwhile waits.

`python -m bench.segments_due URL CUSTOMERS` is the process that measures; it prints what it took as JSON.
"""

import sys
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter, sleep
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import func, select

from bench.ingest.databases import postgresql_server
from bench.measure import figure, run_module, spread
from bench.results import Entry, Figure

CUSTOMERS: Final = 100_000
FLOOR: Final = 5_000.0
P99_LIMIT_MS: Final = 250.0
FIFTHS: Final = 5
EVERY_S: Final = 0.02
"""Meanwhile an event comes so often."""

MEANING: Final = (
    f"{CUSTOMERS:,} customers are in a segment of whoever looked at something within the last seven days, all since the same "
    "day: at one midnight all of them fall due at once. Each is read, locked, brought to that second and written down with its "
    "state, its membership gone, and the entry that says when and why; a portion is one transaction. Meanwhile events come in "
    "through the same writer, fifty a second, and the time from handing one in to its being on the disk is told."
)


class Took(Struct, frozen=True):
    """Fifth by fifth of all who fall due: customers a second, and how long each event waited meanwhile."""

    rates: list[float]
    waits_ms: list[list[float]]


def measured() -> list[Entry]:
    with TemporaryDirectory(prefix="regulars-due-") as folder:
        sqlite = _took(f"sqlite:///{folder}/due.db")
    with TemporaryDirectory(prefix="regulars-due-") as folder, postgresql_server(Path(folder)) as url:
        server = _took(url)
    return [*_entries("", "SQLite", sqlite), *_entries("_postgresql", "PostgreSQL", server)]


def _entries(suffix: str, where: str, took: Took) -> list[Entry]:
    rates = spread(took.rates)
    waits = spread([_p99(some) for some in took.waits_ms])
    everything = [wait for some in took.waits_ms for wait in some]
    return [
        Entry(
            f"due_per_s{suffix}",
            f"Members let go at midnight, {where}",
            rates.median,
            "customers/s",
            rates,
            None,
            None,
            rates.median >= FLOOR,
            [MEANING],
            [],
            floor=FLOOR,
        ),
        Entry(
            f"due_wait_ms{suffix}",
            f"An event's wait meanwhile (p99), {where}",
            waits.median,
            "ms",
            waits,
            P99_LIMIT_MS,
            None,
            waits.median <= P99_LIMIT_MS,
            [MEANING],
            [figure("All waits", everything, "ms"), Figure("Events", len(everything), "events")],
        ),
    ]


def _p99(waits: list[float]) -> float:
    return sorted(waits)[len(waits) * 99 // 100]


def _took(url: str) -> Took:
    return msgspec.json.decode(run_module("bench.segments_due", url, str(CUSTOMERS)).output, type=Took)


# --- in a process of its own -------------------------------------------------------------------------------------------

RULES: Final = """
program: bench
currency: EUR
time_zone: Europe/Stockholm
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
segments:
  lookers: {did: Product Viewed, within: 7 days}
"""


def _take(url: str, number: int) -> Took:
    from bench.people.filling import opened_at
    from regulars.boot import new_id
    from regulars.kernel.calendar import DAY, HOUR, SECOND
    from regulars.service.programs import publish
    from regulars.service.shop import open_shop
    from regulars.service.waking import next_waking, wake_some
    from regulars.store.schema import memberships

    shop = open_shop(url, new_id)
    try:
        opened = opened_at()
        publish(shop, RULES, "bench", opened)
        rulebook = shop.rulebooks.in_force()
        assert rulebook is not None
        day = rulebook.calendar.day_of(opened)
        looked = rulebook.calendar.start_of_day(day) + 12 * HOUR
        for first in range(0, number, 1_000):
            some = range(first, min(first + 1_000, number))
            shop.writer.run(partial(_fill, rulebook=rulebook, numbers=some, looked=looked))
        due = next_waking(shop)
        assert due == rulebook.calendar.start_of_day(day + 8)
        waits: list[float] = []
        stopping = Event()
        sender = Thread(target=_send, args=(shop, rulebook, due + SECOND, waits, stopping))
        sender.start()
        rates, each, woken = [], [], 0
        for fifth in range(1, FIFTHS + 1):
            started, before, heard = perf_counter(), woken, len(waits)
            while woken < number * fifth // FIFTHS and (some_woken := wake_some(shop, due)):
                woken += some_woken
            rates.append((woken - before) / (perf_counter() - started))
            each.append(waits[heard:] or waits[-1:])
        stopping.set()
        sender.join()
        with shop.store.reading() as connection:
            left = connection.execute(
                select(func.count()).select_from(memberships).where(memberships.c.since <= looked)
            )
            assert left.scalar() == 0
        assert woken == number
        assert next_waking(shop) > due + DAY
        return Took(rates, each)
    finally:
        shop.close()


def _fill(tx: Any, rulebook: Any, numbers: range, looked: int) -> None:
    """Customers who looked at something then, written down as the service writes them, but for the fact itself."""
    from regulars.kernel.facts import FOREVER, Behaved
    from regulars.service.folding import _blank
    from regulars.service.record import Journal, brought_to

    ids = [f"customer-{number:06}" for number in numbers]
    tx.add_customers([_blank(id, rulebook, looked)._replace(known=True, due_at=FOREVER) for id in ids])
    journal = Journal(lambda: "none")
    for id, row in tx.lock_customers(ids).items():
        customer = brought_to(tx, row, rulebook, None, journal, looked)  # type: ignore[arg-type]
        fact = Behaved(f"fact-of-{id}", id, looked, looked, "shop", "Product Viewed", {})
        journal.take(customer, [fact], rulebook)
    journal.save(tx)


def _send(shop: Any, rulebook: Any, now: int, waits: list[float], stopping: Event) -> None:
    from regulars.service.ingest import ingest
    from regulars.wire.events import Sender, understand

    number = 0
    while not stopping.is_set():
        body = (
            f'{{"type":"track","event":"Signed In","userId":"sender-{number % 500}","messageId":"m-{number}"}}'
        ).encode()
        currency = rulebook.program.currency
        understood = understand(body, "track", Sender.SHOP, now, currency, shop.new_id, rulebook.program.kinds())
        started = perf_counter()
        done: Future[Any] = ingest(shop, understood, Sender.SHOP, now, currency.code)
        done.result(timeout=60)
        waits.append((perf_counter() - started) * 1000)
        number += 1
        sleep(EVERY_S)


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_take(sys.argv[1], int(sys.argv[2]))))
