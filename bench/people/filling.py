"""Fills a database: customers by the number, ten facts each, and what is known of them besides.

`python -m bench.people.filling URL CUSTOMERS` makes the tables, publishes a program, writes everything in bulk, and prints what
it made as JSON. The secondary indexes are made at the end. Facts are written down in rounds, everybody's first, then everybody's
second, so that those of one customer lie as far apart as in a shop that grew. Of memory it takes what the lives and the
database's own cache take, whatever the number of customers.

    customers   known, each with a user id and an e-mail address; a third with a phone number, a quarter with a card
    devices     of every second customer; half of them were seen before anybody signed in, so they have a record of their own
    besides     two consents of every third customer, three traits of every second, a visit of each device with a record
"""

import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from time import perf_counter
from typing import Any, Final

import msgspec
from sqlalchemy import Table

from bench.ingest.prepare import OPENED
from bench.measure import ROOT
from bench.people.lives import FACTS, FACTS_OF_A_DEVICE, Lives, customer_row, entry_row, lived, own_of, step_row
from bench.people.picks import Doors, Filled, Pick
from regulars.boot import new_id
from regulars.kernel.facts import Instant
from regulars.service import admins
from regulars.service.keys import create_key
from regulars.service.people import ANONYMOUS_ID, FIRM, ITSELF, USER_ID
from regulars.service.programs import publish
from regulars.service.shop import Shop, open_shop
from regulars.store.schema import consents, customers, entries, identities, journal, traits, visits
from regulars.store.transaction import CustomerRow

PROGRAM: Final = ROOT / "programs/corner-shop/program.yaml"
WORDING: Final = "Yes, write to me when there is something new."
FILLED: Final = (customers, identities, journal, entries, traits, consents, visits)
CACHE_KIB: Final = 400_000
PRAGMAS: Final = (
    "PRAGMA journal_mode=OFF",
    "PRAGMA synchronous=OFF",
    "PRAGMA locking_mode=EXCLUSIVE",
    f"PRAGMA cache_size=-{CACHE_KIB}",
)
SPREAD: Final = 0x9E3779B97F4A7C15
_48_BITS: Final = (1 << 48) - 1
FIRST_MS: Final = 1_400_000_000_000

PICKS: Final = 1_000

Row = Sequence[Any]


def opened_at() -> Instant:
    return (datetime.fromisoformat(OPENED) - datetime(1970, 1, 1, tzinfo=UTC)) // datetime.resolution


def fill(url: str, number: int) -> Filled:
    """The database is empty, or not there yet."""
    started, opened = perf_counter(), opened_at()
    shop = open_shop(url, new_id)
    try:
        publish(shop, PROGRAM.read_text(encoding="utf-8"), "bench", opened)
        doors = _doors(shop, opened)
        rulebook = shop.rulebooks.in_force()
        assert rulebook is not None
        lives = lived(rulebook, number, opened)
    finally:
        shop.close()
    write_down(url, [(table, rows_of(table, lives, number)) for table in FILLED])
    devices = len(range(0, number, 4))
    facts = number * FACTS + devices * FACTS_OF_A_DEVICE
    return Filled(doors, _picks(lives, number), number, devices, facts, perf_counter() - started)


def _doors(shop: Shop, opened: Instant) -> Doors:
    key = create_key(shop.store, "secret", "bench", opened)
    link = admins.create_link(shop, admins.create_admin(shop, "bench", None, opened), opened)
    token = admins.redeem_link(shop, link, opened)
    session = admins.session(shop, token or "", opened)
    assert token is not None
    assert session is not None
    return Doors(key, token, session.csrf)


def _picks(lives: Lives, number: int) -> tuple[Pick, ...]:
    lifes = lives.of_customers
    drawn = Random(number).sample(range(number), min(number, PICKS))
    return tuple([_pick(place, lifes[place % len(lifes)].row) for place in drawn])


def _pick(place: int, row: CustomerRow) -> Pick:
    places = row.last_seen_at, row.first_seen_at, row.available, row.lifetime
    return Pick(customer_id(place), user_id(place), email(place), places)


# --- who they are ----------------------------------------------------------------------------------------------------


def customer_id(number: int) -> str:
    """Sorted by number, as ids are by time; what follows the moment looks drawn."""
    return f"{FIRST_MS + number * 30:012x}7{number:07x}{number * SPREAD & _48_BITS:012x}"


def device_record(number: int) -> str:
    """The record of the customer's device."""
    return f"{FIRST_MS + number * 30 + 7:012x}8{number:07x}{number * SPREAD & _48_BITS:012x}"


def user_id(number: int) -> str:
    return f"C{number:08d}"


def email(number: int) -> str:
    """Sorted by its beginning, not by number."""
    return f"{number * SPREAD & _48_BITS:012x}@shop.example"


def phone(number: int) -> str:
    return f"+1555{number:07d}"


def card(number: int) -> str:
    return f"9{number:012d}"


def device(number: int) -> str:
    return f"{number:08x}-5eed-4bad-8cab-{number * SPREAD & _48_BITS:012x}"


# --- rows, table by table ----------------------------------------------------------------------------------------------


def rows_of(table: Table, lives: Lives, number: int) -> Iterator[Row]:
    """Every row, in an order in which it is quickly written."""
    makers = {
        customers.name: _customers,
        identities.name: _identities,
        journal.name: _steps,
        entries.name: _entries,
        traits.name: _traits,
        consents.name: _consents,
        visits.name: _visits,
    }
    return makers[table.name](lives, number)


def _led(lives: Lives, number: int) -> Iterator[tuple[str, Any]]:
    """Everybody by id, each with the life that it leads: customers, and a device after its customer."""
    lifes, of_devices = lives.of_customers, lives.of_devices
    for place in range(number):
        yield customer_id(place), lifes[place % len(lifes)]
        if place % 4 == 0:
            yield device_record(place), of_devices[place % len(of_devices)]


def _customers(lives: Lives, number: int) -> Iterator[Row]:
    for id, life in _led(lives, number):
        yield customer_row(life.row, id)


def _steps(lives: Lives, number: int) -> Iterator[Row]:
    most = max([len(life.steps) for life in (*lives.of_customers, *lives.of_devices)])
    for place in range(most):
        for id, life in _led(lives, number):
            if place < len(life.steps):
                yield step_row(life.steps[place], id, own_of(id))


def _entries(lives: Lives, number: int) -> Iterator[Row]:
    for id, life in _led(lives, number):
        own = own_of(id)
        for one in life.entries:
            yield entry_row(one, id, own)


def _identities(lives: Lives, number: int) -> Iterator[Row]:
    """Kind by kind, and by value, as the table is sorted."""
    firsts = [life.row.first_seen_at for life in lives.of_customers]
    before = [life.row.first_seen_at for life in lives.of_devices]

    def claimed(kind: str, value: str, place: int, how: str) -> Row:
        id = customer_id(place)
        return kind, value, id, id, FIRM, firsts[place % len(firsts)], f"{own_of(id)}000000", how

    for place in range(0, number, 2):
        yield claimed(ANONYMOUS_ID, device(place), place, "shop: identify")
        if place % 4 == 0:
            own, first_at = device_record(place), before[place % len(before)]
            fact = f"{own_of(own)}000000"
            yield ANONYMOUS_ID, device(place), own, own, ITSELF, first_at, fact, "site: Product Viewed"
    for place in range(0, number, 4):
        yield claimed("card", card(place), place, "shop: Order Completed")
    for place in sorted(range(number), key=email):
        yield claimed("email", email(place), place, "shop: Member Joined")
    for place in range(0, number, 3):
        yield claimed("phone", phone(place), place, "shop: identify")
    for place in range(number):
        yield claimed(USER_ID, user_id(place), place, "shop: Member Joined")


def _traits(lives: Lives, number: int) -> Iterator[Row]:
    lifes = lives.of_customers
    for place in range(0, number, 2):
        at = lifes[place % len(lifes)].row.first_seen_at
        for name, value in (("city", f"Town {place % 997}"), ("first_name", f"Ada {place}"), ("size", "M")):
            yield customer_id(place), name, "declared", value, "shop", at


def _consents(lives: Lives, number: int) -> Iterator[Row]:
    lifes = lives.of_customers
    for place in range(0, number, 3):
        id, at = customer_id(place), lifes[place % len(lifes)].row.first_seen_at
        for purpose in ("email", "profiling"):
            said = purpose, id, place % 7 != 0, FIRM, "consent", WORDING, "account", "shop", False, at, at
            yield (f"{own_of(id)}000001", *said)


def _visits(lives: Lives, number: int) -> Iterator[Row]:
    lifes = lives.of_devices
    for place in range(0, number, 4):
        row, record = lifes[place % len(lifes)].row, device_record(place)
        came = "search", "example.com", "organic", "", "phone", "Android", "Chrome", "en", "US", "OH", "Columbus", None
        yield (f"{own_of(record)}visit0", record, row.first_seen_at, row.last_seen_at, 2, 2, *came)


# --- into a database -------------------------------------------------------------------------------------------------


def write_down(url: str, filled: Sequence[tuple[Table, Iterable[Row]]]) -> None:
    """In bulk, and so that nobody else may be there. A row has a value for each column but for the numbers that databases give."""
    if url.startswith("sqlite"):
        _into_sqlite(url.removeprefix("sqlite:///"), filled)
    else:
        _into_postgresql(url, filled)


def _into_sqlite(path: str, filled: Sequence[tuple[Table, Iterable[Row]]]) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        for table, rows in filled:
            made = _without_indexes(connection, table)
            names = _columns(table)
            places = ", ".join("?" * len(names))
            connection.execute("BEGIN")
            connection.executemany(
                f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})",
                rows,
            )
            for statement in made:
                connection.execute(statement)
            connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def _without_indexes(connection: sqlite3.Connection, table: Table) -> list[str]:
    """Drops what was made by name; how to make it again."""
    asked = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
    found = connection.execute(asked, (table.name,)).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    return [made for _, made in found]


def _into_postgresql(url: str, filled: Sequence[tuple[Table, Iterable[Row]]]) -> None:
    import psycopg

    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute(f"SET maintenance_work_mem = '{CACHE_KIB}kB'".encode())
        for table, rows in filled:
            asked = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname LIKE 'ix_%%'"
            made = connection.execute(asked, (table.name,)).fetchall()
            for name, _ in made:
                connection.execute(f'DROP INDEX "{name}"'.encode())
            names = ", ".join(_columns(table))
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY {table.name} ({names}) FROM STDIN".encode()) as copy,
            ):
                for row in rows:
                    copy.write_row(row)
            for _, statement in made:
                connection.execute(statement.encode())
        connection.execute("VACUUM ANALYZE")


def _columns(table: Table) -> list[str]:
    """But for the numbers that the database gives."""
    return [column.name for column in table.columns if column.identity is None]


if __name__ == "__main__":
    where, how_many = sys.argv[1:]
    sys.stdout.buffer.write(msgspec.json.encode(fill(where, int(how_many))))
