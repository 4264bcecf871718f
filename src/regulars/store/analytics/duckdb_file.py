"""The analytic tables in a file of DuckDB's. Two processes cannot share a file that one of them writes: so it is written under
another name, and takes the place of the one before when it is done; whoever reads that one does not notice.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import pyarrow as pa

from regulars.kernel.calendar import Calendar
from regulars.store.analytics.rows import Columns, columns_of_texts
from regulars.store.analytics.tables import EXACT, LAID_DOWN_BY, NUMBER, SCHEMA, SMALL, TABLES, TEXT, TRUTH, WITH_TEXTS

ARROW: Final = {
    NUMBER: pa.int64(),
    SMALL: pa.int32(),
    TEXT: pa.string(),
    TRUTH: pa.bool_(),
    EXACT: pa.decimal128(38, 0),
}
SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
"""Nothing is fetched from anywhere."""
TEXTS_AT_ONCE: Final = 50_000
MEMORY: Final = "512MB"
"""What is sorted beyond that waits on the disk."""


@contextmanager
def new_file(path: Path, as_of: int | None = None) -> Iterator["DuckdbTables"]:
    """Takes the place of the one before at the end of the block; where it raises, nothing has changed. `as_of` is the moment that
    it tells of, in microseconds: the file bears it as the time when it was changed.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        written = Path(folder) / path.name
        with opened(written) as connection:
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            yield DuckdbTables(connection)
        written.chmod(0o600)
        if as_of is not None:
            os.utime(written, ns=(as_of * 1000, as_of * 1000))
        os.replace(written, path)


@contextmanager
def opened(path: Path | str, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Nothing but answers is told: no bar on the terminal when something takes longer."""
    with duckdb.connect(str(path), read_only=read_only, config=SETTINGS) as connection:
        connection.execute("SET enable_progress_bar = false")
        yield connection


class DuckdbTables:
    """Empty when made; what is written can be read once it is laid down."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        for name, columns in TABLES.items():
            told = ", ".join([f"{column} {kind}" for column, kind in columns.items()])
            connection.execute(f"CREATE TABLE {SCHEMA}.{name} ({told})")

    def write(self, rows: Mapping[str, Columns]) -> None:
        for name, columns in rows.items():
            if columns[0]:
                self._connection.register("arrived", _arrow(name, columns))
                self._connection.execute(f"INSERT INTO {SCHEMA}.{name} SELECT * FROM arrived")
                self._connection.unregister("arrived")

    def tell_texts(self, calendar: Calendar) -> None:
        """Of each text that is not told of yet what it is beside text."""
        heard = " UNION ".join([f"SELECT text FROM {SCHEMA}.{name}" for name in WITH_TEXTS])
        asked = f"({heard}) EXCEPT SELECT text FROM {SCHEMA}.texts"
        cursor = self._connection.cursor().execute(asked)
        while found := cursor.fetchmany(TEXTS_AT_ONCE):
            self.write({"texts": columns_of_texts([text for (text,) in found], calendar)})

    def lay_down(self) -> None:
        """In the order in which they are read best."""
        for name, order in LAID_DOWN_BY.items():
            self._connection.execute(f"CREATE TABLE {SCHEMA}.laid AS SELECT * FROM {SCHEMA}.{name} ORDER BY {order}")
            self._connection.execute(f"DROP TABLE {SCHEMA}.{name}")
            self._connection.execute(f"ALTER TABLE {SCHEMA}.laid RENAME TO {name}")


def _arrow(name: str, columns: Columns) -> pa.Table:
    kinds = TABLES[name]
    arrays = [pa.array(cells, ARROW[kind]) for cells, kind in zip(columns, kinds.values(), strict=True)]
    return pa.table(arrays, names=list(kinds))
