"""The analytic tables filled with customers of whom all that is known is given, in both databases; scores are as of `now`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import make_url

from regulars.insight.engines import DuckdbEngine, PostgresqlEngine, postgresql
from regulars.kernel.calendar import Calendar
from regulars.kernel.consents import PROFILING
from regulars.kernel.facts import Instant
from regulars.kernel.segments.meaning import Known
from regulars.store.analytics.duckdb_file import DuckdbTables, opened
from regulars.store.analytics.postgresql_schema import PostgresqlTables, new_schema
from regulars.store.analytics.rows import Rows

__all__ = ["PROFILING", "in_duckdb", "in_postgresql"]


@contextmanager
def in_duckdb(people: Sequence[Known], calendar: Calendar, now: Instant = 0) -> Iterator[DuckdbEngine]:
    with opened(":memory:") as connection:
        _fill(DuckdbTables(connection), people, calendar, now)
        yield DuckdbEngine(connection)


@contextmanager
def in_postgresql(
    url: str, people: Sequence[Known], calendar: Calendar, now: Instant = 0
) -> Iterator[PostgresqlEngine]:
    with new_schema(make_url(url)) as tables:
        _fill(tables, people, calendar, now)
    with postgresql(make_url(url)) as engine:
        yield engine


def _fill(tables: DuckdbTables | PostgresqlTables, people: Sequence[Known], calendar: Calendar, now: Instant) -> None:
    rows = Rows(calendar)
    for known in people:
        rows.add(known, f"name of {known.id}", now)
    tables.write(rows.take())
    tables.tell_texts(calendar)
    tables.lay_down()
