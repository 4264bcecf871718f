"""A server that writes down what it does to its database: every statement of its writer with the parameters, by transaction.

`python -m bench.ingest.recorder FILE serve ...` is `regulars serve ...`, and leaves a `Recording` in FILE when it is stopped.
Nothing of this is in the program itself: the store is wrapped from outside.
"""

import pickle
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

EXECUTE: Final = "execute"
EXECUTE_MANY: Final = "executemany"


class Statement(NamedTuple):
    """`how` is EXECUTE or EXECUTE_MANY."""

    how: str
    sql: str
    parameters: Any


class Group(NamedTuple):
    """One transaction, and how many events it stored."""

    statements: Sequence[Statement]
    events: int


Recording = list[Group]


def recording_everything() -> Recording:
    """From now on, every store writes down the transactions that it commits."""
    from regulars.service import shop
    from regulars.store.database import Store

    recording: Recording = []

    class RecordingStore(Store):
        @contextmanager
        def writing(self) -> Iterator[Any]:
            with super().writing() as tx:
                statements: list[Statement] = []
                _listen(tx, statements)
                with _listening(tx.core, statements):
                    yield tx
            if events := sum(map(_events, statements)):
                recording.append(Group(statements, events))

    vars(shop)["Store"] = RecordingStore
    return recording


@contextmanager
def _listening(connection: Any, statements: list[Statement]) -> Iterator[None]:
    """What is said in SQLAlchemy's words, as the driver gets it."""
    from sqlalchemy import event

    def noted(_connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        statements.append(Statement(EXECUTE_MANY if many else EXECUTE, sql, parameters))

    event.listen(connection, "before_cursor_execute", noted)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", noted)


def _listen(tx: Any, statements: list[Statement]) -> None:
    if hasattr(tx, "_many"):
        tx._execute = _noted(tx._execute, EXECUTE, statements)
        tx._many = _noted(tx._many, EXECUTE_MANY, statements)
    else:
        tx._cursor = _Cursor(tx._cursor, statements)


def _noted(call: Any, how: str, statements: list[Statement]) -> Any:
    def noted(sql: str, parameters: Any = ()) -> Any:
        statements.append(Statement(how, sql, parameters))
        return call(sql, parameters)

    return noted


class _Cursor:
    def __init__(self, cursor: Any, statements: list[Statement]) -> None:
        self._cursor = cursor
        self.execute = _noted(cursor.execute, EXECUTE, statements)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def _events(statement: Statement) -> int:
    """How many facts a statement adds to the journal."""
    from regulars.store import postgresql, sqlite

    if statement.sql == sqlite.ADD_JOURNAL:
        return sum([row[2] is not None for row in statement.parameters])
    if statement.sql == postgresql.ADD_JOURNAL:
        return sum([fact_id is not None for fact_id in statement.parameters[2]])
    return 0


def plain(recording: Recording) -> Recording:
    """Rows as plain tuples, so that whoever reads them needs nothing of ours."""
    return [
        Group([Statement(how, sql, _rows(how, parameters)) for how, sql, parameters in group.statements], group.events)
        for group in recording
    ]


def _rows(how: str, parameters: Any) -> Any:
    if how == EXECUTE_MANY:
        return [tuple(row) if isinstance(row, Sequence) else row for row in parameters]
    return parameters


if __name__ == "__main__":
    from regulars.boot import wiring
    from regulars.cli import regulars

    file = sys.argv.pop(1)
    recording = recording_everything()
    try:
        regulars(obj=wiring(), standalone_mode=False)
    finally:
        Path(file).write_bytes(pickle.dumps(plain(recording), protocol=5))
