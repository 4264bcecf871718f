"""The analytic tables, written from the record: everybody whom the shop knows by a name, with all that is known of them as of one
moment, and what was done through their records and on their devices, exactly as `segments` reads it.

All is read within one moment of the record, some customers at a time, and written as it is read: however large the shop, no more
than a portion is in memory.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import func, select

from regulars.kernel.calendar import Calendar
from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook
from regulars.service.segments import Person, portion
from regulars.service.shop import Shop
from regulars.store.analytics.rows import Columns, Rows
from regulars.store.schema import IS_LISTED, customers

if TYPE_CHECKING:
    from psycopg import Connection

FILE_NAME: Final = "insight.duckdb"
"""Its stem is what DuckDB calls the database, and must not be what the schema in it is called."""
ROWS_AT_ONCE: Final = 100_000

Progress = Callable[[int, int], None]
"""How many customers are done, of how many."""


def nobody_looks(_done: int, _of: int) -> None:
    pass


def refresh_file(shop: Shop, path: Path, now: Instant, progress: Progress = nobody_looks) -> bool:
    """Whoever reads the file that was there goes on with that one. The file's own time is the moment that it tells of. False while
    no program is in force: then nothing is written.
    """
    from regulars.store.analytics.duckdb_file import new_file

    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        return False
    with new_file(path, now) as tables:
        _fill(tables, shop, rulebook, now, progress)
    return True


def refresh_schema(shop: Shop, now: Instant, progress: Progress = nobody_looks) -> bool:
    """The same in the PostgreSQL database of the shop, beside its record."""
    from regulars.store.analytics.postgresql_schema import new_schema

    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        return False
    with new_schema(shop.store.url) as tables:
        _fill(tables, shop, rulebook, now, progress)
    return True


def write_file_of(path: Path, people: Iterable[Sequence[Person]], calendar: Calendar, now: Instant) -> None:
    """The same of these people alone, who are read portion by portion."""
    from regulars.store.analytics.duckdb_file import new_file

    with new_file(path, now) as tables:
        _write(tables, people, calendar, now)


@contextmanager
def passing_file(shop: Shop, folder: Path | None, now: Instant, progress: Progress = nobody_looks) -> Iterator[Path]:
    """A file in this folder, or among the system's temporary ones, that goes with the block: nothing is left lying about."""
    with TemporaryDirectory(prefix=".insight-", dir=folder) as inside:
        path = Path(inside) / FILE_NAME
        refresh_file(shop, path, now, progress)
        yield path


@contextmanager
def passing_schema(shop: Shop, now: Instant, progress: Progress = nobody_looks) -> Iterator["Connection[Any]"]:
    """A schema that only the connection sees, and that goes with the block."""
    from regulars.store.analytics.postgresql_schema import new_schema

    rulebook = shop.rulebooks.in_force()
    with new_schema(shop.store.url, kept=False) as tables:
        if rulebook is not None:
            _fill(tables, shop, rulebook, now, progress)
        yield tables.connection


class _Tables(Protocol):
    def write(self, rows: Mapping[str, Columns]) -> None: ...

    def tell_texts(self, calendar: Calendar) -> None: ...

    def lay_down(self) -> None: ...


def _fill(tables: _Tables, shop: Shop, rulebook: Rulebook, now: Instant, progress: Progress) -> None:
    with shop.store.one_moment(), shop.store.reading() as connection:
        number: int = connection.execute(select(func.count()).select_from(customers).where(IS_LISTED)).scalar_one()

        def everybody() -> Iterator[Sequence[Person]]:
            done, last = 0, ""
            while people := list(portion(shop, connection, rulebook, now, last, every_event=True)):
                yield people
                done, last = done + len(people), people[-1].known.id
                progress(done, max(done, number))

        _write(tables, everybody(), rulebook.calendar, now)


def _write(tables: _Tables, portions: Iterable[Sequence[Person]], calendar: Calendar, now: Instant) -> None:
    rows = Rows(calendar)
    for people in portions:
        for person in people:
            rows.add(person.known, person.name, now)
        if len(rows) >= ROWS_AT_ONCE:
            tables.write(rows.take())
    tables.write(rows.take())
    tables.tell_texts(calendar)
    tables.lay_down()
