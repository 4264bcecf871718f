"""Databases that hold the analytic tables. An expression becomes SQL here, and SQL becomes rows."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb
import ibis
import psycopg
from ibis.expr.types import Expr, StringValue
from sqlalchemy import URL

from regulars.store.analytics.duckdb_file import opened

# Databases merge selects within selects themselves, and in a tenth of the time.
ibis.options.sql.fuse_selects = False


class Engine(Protocol):
    def rows(self, expression: Expr) -> Sequence[tuple[Any, ...]]: ...

    def digest(self, text: StringValue) -> StringValue:
        """SHA-256 of the text in UTF-8, in small hexadecimal digits."""
        ...


class DuckdbEngine:
    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, expression: Expr) -> Sequence[tuple[Any, ...]]:
        return self.ask(_sql(expression, "duckdb"))

    def ask(self, statement: str) -> Sequence[tuple[Any, ...]]:
        return self._connection.execute(statement).fetchall()

    def digest(self, text: StringValue) -> StringValue:
        return _sha256_of_text(text)


class PostgresqlEngine:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def rows(self, expression: Expr) -> Sequence[tuple[Any, ...]]:
        return self._connection.execute(_sql(expression, "postgres").encode()).fetchall()

    def digest(self, text: StringValue) -> StringValue:
        return _encode(_sha256_of_bytes(_convert_to(text, "UTF8")), "hex")


@contextmanager
def duckdb_file(path: Path) -> Iterator[DuckdbEngine]:
    """The file that was written last; nothing is written to it. FileNotFoundError where none was."""
    if not path.exists():
        raise FileNotFoundError(path)
    with opened(path, read_only=True) as connection:
        yield DuckdbEngine(connection)


@contextmanager
def postgresql(url: URL) -> Iterator[PostgresqlEngine]:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = on")
        yield PostgresqlEngine(connection)


def _sql(expression: Expr, dialect: str) -> str:
    return str(ibis.to_sql(expression, dialect=dialect, pretty=False))


def _function(name: str, shape: Callable[..., None], takes: tuple[str, ...], gives: str) -> Callable[..., Any]:
    """A function of the database's own."""
    function: Callable[..., Any] = ibis.udf.scalar.builtin(shape, name=name, signature=(takes, gives))
    return function


_sha256_of_text = _function("sha256", lambda _text: None, ("string",), "string")
_sha256_of_bytes = _function("sha256", lambda _bytes: None, ("binary",), "binary")
_convert_to = _function("convert_to", lambda _text, _encoding: None, ("string", "string"), "binary")
_encode = _function("encode", lambda _bytes, _form: None, ("binary", "string"), "string")
