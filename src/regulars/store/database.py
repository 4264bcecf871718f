"""One shop's database: a SQLite file in its data folder, or a PostgreSQL server by URL.

Readers and writers have engines of their own. A reader sees the record as of its first statement and blocks nobody. On SQLite
a writer says `BEGIN IMMEDIATE` and waits up to a minute for its turn; on PostgreSQL it locks rows, and waits for seconds.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from regulars.store import migrations, sqlite
from regulars.store.postgresql import PostgresqlTransaction
from regulars.store.sqlite import SqliteTransaction
from regulars.store.transaction import Transaction

FILE_NAME: Final = "regulars.db"
LONGEST_LOCK_SECONDS: Final = 15
"""How long PostgreSQL lets us wait for somebody else's lock; then whoever waits is told to come again."""

TRANSIENT: Final = {"40001", "40P01"}
"""SQLSTATE of a serialization failure and of a deadlock: whoever gets one begins again."""


class StoreError(Exception):
    """The database cannot be used, in words for whoever named it."""


def url_of(data_dir: Path | None, database: str | None) -> str:
    """Where the record is: the URL where one is given, else the file in the data folder."""
    if database:
        return database
    assert data_dir is not None
    return f"sqlite:///{data_dir / FILE_NAME}"


class Store:
    """Open until `close`. Safe to use from several threads."""

    def __init__(self, url: str, *, pooled: bool = True) -> None:
        self.url = _checked(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._is_migrated = False
        self._pooled = pooled
        self._moment = threading.local()
        self._readers = self._engine("BEGIN", "REPEATABLE READ", sqlite.READER_CACHE_KIB)
        self._writers = self._engine("BEGIN IMMEDIATE", "READ COMMITTED", sqlite.WRITER_CACHE_KIB)
        self._transaction: Callable[[Connection], Transaction] = (
            SqliteTransaction if self.is_sqlite else PostgresqlTransaction
        )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        held: Connection | None = getattr(self._moment, "connection", None)
        if held is not None:
            yield held
            return
        with self._readers.connect() as connection:
            yield connection

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """All that this thread reads within is of one moment, over one connection; so nothing that it writes within is seen."""
        with self.reading() as connection:
            before, self._moment.connection = getattr(self._moment, "connection", None), connection
            try:
                yield
            finally:
                self._moment.connection = before

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Committed at the end of the block, rolled back where it raises."""
        with self._writers.begin() as connection:
            yield self._transaction(connection)

    def is_missing(self) -> bool:
        """Whether there is no file yet."""
        return self.is_sqlite and not Path(self.url.database or "").exists()

    def migrate(self) -> None:
        """Brings the tables to this release; nothing where they are there already. Processes that start together take turns."""
        if self.is_sqlite:
            Path(self.url.database or "").parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._writers.begin() as connection:
            try:
                migrations.upgrade(connection)
            except CommandError:
                message = "The database was written by a newer release of Regulars: use that one, or a newer."
                raise StoreError(message) from None

    def is_migrated(self) -> bool:
        """Asks no more once it is so."""
        if not self._is_migrated:
            with self.reading() as connection:
                self._is_migrated = migrations.is_current(connection)
        return self._is_migrated

    def compact(self) -> None:
        """Writes the file, or the tables, anew, so that nothing of what was deleted is left in them. Waits for everybody."""
        with self._writers.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            if self.is_sqlite:
                connection.rollback()
                raw.execute("VACUUM")
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                connection.rollback()
                raw.autocommit = True
                try:
                    raw.execute("VACUUM FULL")
                finally:
                    raw.autocommit = False

    def hurry(self) -> None:
        """From now on a commit here does not wait for the disk: a power cut may undo the last ones, never a part of one. For what
        can be brought in again."""

        def hurried(connection: Any, _: object) -> None:
            connection.execute("PRAGMA synchronous=NORMAL" if self.is_sqlite else "SET synchronous_commit TO off")
            if not self.is_sqlite:
                connection.commit()

        event.listen(self._writers, "connect", hurried)
        self._writers.dispose()

    def close(self) -> None:
        self._readers.dispose()
        self._writers.dispose()

    def _engine(self, begin: str, isolation: str, cache_kib: int) -> Engine:
        """`begin` and `cache_kib`, what it may keep, are for SQLite; `isolation`, what it sees, for PostgreSQL."""
        options: dict[str, Any] = {"hide_parameters": True}
        if self._pooled:
            options |= {"pool_size": 8, "max_overflow": 40}
        else:
            options |= {"poolclass": NullPool}
        if not self.is_sqlite:
            # Statements are short: to compile one, as a server may where it expects a long one, takes longer than to run it.
            settings = {"options": f"-c lock_timeout={LONGEST_LOCK_SECONDS}s -c jit=off", "connect_timeout": 10}
            return create_engine(
                self.url, isolation_level=isolation, pool_pre_ping=self._pooled, connect_args=settings, **options
            )
        engine = create_engine(self.url, connect_args={"check_same_thread": False, "timeout": 60}, **options)
        event.listen(engine, "connect", lambda connection, _: sqlite.prepare(connection, cache_kib))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine


def is_transient(error: BaseException) -> bool:
    """Whether the same again may succeed: two transactions met, and this one was the one to give way."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return getattr(original, "sqlstate", None) in TRANSIENT


def is_unavailable(error: BaseException) -> bool:
    """Whether the database itself failed, rather than what was asked of it."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(original, (sqlite3.OperationalError, psycopg.OperationalError, psycopg.InterfaceError))


def _checked(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError("The database URL cannot be read. Write postgresql://USER:PASSWORD@HOST:PORT/NAME.") from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise StoreError(f"Regulars keeps its record in SQLite or PostgreSQL, not in {parsed.drivername}.")
    return parsed
