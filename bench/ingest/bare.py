"""The peer: a bare loop that runs what the server ran, on a database of the same kind that began at the same point.

`python -m bench.ingest.bare URL FILE WARM_UP` runs the recording in FILE and prints what it took as JSON. The time runs once
WARM_UP events are stored. Nothing is reckoned or encoded: statements, their parameters and the bounds of the transactions are
all there.
"""

import pickle
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import msgspec
from msgspec import Struct

from bench.ingest.recorder import EXECUTE_MANY, Group, Recording, Statement

Run = Callable[[Sequence[Statement]], None]


class Replayed(Struct, frozen=True):
    seconds: float
    cpu_seconds: float
    events: int
    groups: int
    largest_group: int


def _take(url: str, recording: Recording, warm_up: int) -> Replayed:
    run = _on_sqlite(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else _on_postgresql(url)
    first, timed = _parted(recording, warm_up)
    for group in first:
        run(group.statements)
    cpu, started = process_time(), perf_counter()
    for group in timed:
        run(group.statements)
    seconds, cpu = perf_counter() - started, process_time() - cpu
    sizes = [group.events for group in timed]
    return Replayed(seconds, cpu, sum(sizes), len(sizes), max(sizes))


def _parted(recording: Recording, warm_up: int) -> tuple[Recording, Recording]:
    stored = 0
    for place, group in enumerate(recording):
        if stored == warm_up:
            return recording[:place], recording[place:]
        stored += group.events
    raise SystemExit(f"no transaction of the recording begins behind {warm_up} events")


def _on_sqlite(path: str) -> Run:
    import sqlite3

    from regulars.store.sqlite import WRITER_CACHE_KIB, prepare

    connection = sqlite3.connect(path)
    prepare(connection, WRITER_CACHE_KIB)

    def run(statements: Sequence[Statement]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for how, sql, parameters in statements:
            if how == EXECUTE_MANY:
                connection.executemany(sql, parameters)
            else:
                connection.execute(sql, parameters).fetchall()
        connection.execute("COMMIT")

    return run


def _on_postgresql(url: str) -> Run:
    import psycopg

    connection = psycopg.connect(url)

    def run(statements: Sequence[Statement]) -> None:
        cursor: Any = connection.cursor()
        for how, sql, parameters in statements:
            if how == EXECUTE_MANY:
                cursor.executemany(sql, parameters)
                continue
            cursor.execute(sql, parameters)
            if cursor.description is not None:
                cursor.fetchall()
        connection.commit()

    return run


if __name__ == "__main__":
    url, file, warm_up = sys.argv[1:]
    recording = [Group(*group) for group in pickle.loads(Path(file).read_bytes())]
    sys.stdout.buffer.write(msgspec.json.encode(_take(url, recording, int(warm_up))))
