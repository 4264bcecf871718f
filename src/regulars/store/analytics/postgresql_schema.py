"""The analytic tables in a schema of a PostgreSQL database. They are written beside those that are there, and take their place in
the transaction that writes them: whoever reads sees the ones or the others.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import URL

from regulars.kernel.calendar import Calendar
from regulars.store.analytics.rows import Columns, columns_of_texts
from regulars.store.analytics.tables import SCHEMA, TABLES, TEXT, WITH_TEXTS

NEXT: Final = f"{SCHEMA}_next"
INDEXES: Final = {
    "happenings": ("event, happened_at", "person"),
    "lines": ("happening", "line"),
    "properties": ("name, text, item", "item"),
    "texts": ("text",),
    "traits": ("name",),
}
TEXTS_AT_ONCE: Final = 50_000


@contextmanager
def new_schema(url: URL, *, kept: bool = True) -> Iterator["PostgresqlTables"]:
    """Takes the place of the one before at the end of the block; where it raises, or it is not to be kept, nothing has changed."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        yield PostgresqlTables(connection)
        if not kept:
            connection.rollback()


class PostgresqlTables:
    """Within a transaction of `connection`, which sees them once they are laid down."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        connection.execute(_sql(f"DROP SCHEMA IF EXISTS {NEXT} CASCADE"))
        connection.execute(_sql(f"CREATE SCHEMA {NEXT}"))
        for name, columns in TABLES.items():
            told = ", ".join([f"{column} {_kind(kind)}" for column, kind in columns.items()])
            connection.execute(_sql(f"CREATE TABLE {NEXT}.{name} ({told})"))

    def write(self, rows: Mapping[str, Columns]) -> None:
        for name, columns in rows.items():
            with self.connection.cursor().copy(_sql(f"COPY {NEXT}.{name} FROM STDIN")) as copy:
                for row in zip(*columns, strict=True):
                    copy.write_row(row)

    def tell_texts(self, calendar: Calendar) -> None:
        """Of each text that is not told of yet what it is beside text."""
        heard = " UNION ".join([f"SELECT text FROM {NEXT}.{name}" for name in WITH_TEXTS])
        asked = f"({heard}) EXCEPT SELECT text FROM {NEXT}.texts"
        with self.connection.cursor("texts") as cursor:
            cursor.execute(_sql(asked))
            while found := cursor.fetchmany(TEXTS_AT_ONCE):
                self.write({"texts": columns_of_texts([text for (text,) in found], calendar)})

    def lay_down(self) -> None:
        for name, indexes in INDEXES.items():
            for columns in indexes:
                self.connection.execute(_sql(f"CREATE INDEX ON {NEXT}.{name} ({columns})"))
        for name in TABLES:
            self.connection.execute(_sql(f"ANALYZE {NEXT}.{name}"))
        self.connection.execute(_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
        self.connection.execute(SQL("ALTER SCHEMA {} RENAME TO {}").format(Identifier(NEXT), Identifier(SCHEMA)))


def _kind(kind: str) -> str:
    """Texts are compared bytewise."""
    return f'{kind} COLLATE "C"' if kind == TEXT else kind


def _sql(statement: str) -> Any:
    return statement
