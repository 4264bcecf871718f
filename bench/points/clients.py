"""Clients by the number, each a process of its own with a connection of its own, all in one program.

`python -m bench.points.clients HOW URL FILE CLIENTS` lets them share what stands in FILE, a pickled list of pairs (client, what),
and prints what it took as JSON. HOW is

    earn       what is one order as it was sent: it goes the service's own way, and the client waits until it is on the disk
    same_rows  what are the statements of one transaction: they are run, and that is all

A client does one after the other. The time runs from the moment at which all have done a tenth of their share until the last has
done all of it.

`python -m bench.points.clients record URL FILE FOLDER` earns what stands in FILE, and leaves in FOLDER what was said to the
database (`bench.points.earning` names the files).
"""

import multiprocessing
import pickle
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import msgspec

from bench.ingest.prepare import SECOND
from bench.ingest.recorder import Statement, plain, recording_everything
from bench.people.filling import opened_at
from bench.points.earning import EARN, ONE_OF, RECORD, SAME, WRITING, Took
from regulars.boot import new_id
from regulars.service.ingest import ingest
from regulars.service.shop import open_shop
from regulars.store.postgresql import ACTIVE_VERSION, LOCK_CUSTOMERS
from regulars.wire.events import Sender, understand

LONGEST_SECONDS: Final = 300
SETTINGS: Final = "-c lock_timeout=15s -c jit=off"
"""As `store.database` has them."""

Do = Callable[[Any], None]
"""Does one of a share, and comes back when it is on the disk."""


def _take(how: str, url: str, everything: Sequence[tuple[int, Any]], clients: int) -> Took:
    forking = multiprocessing.get_context("fork")
    warm, done = forking.Barrier(clients + 1), forking.SimpleQueue()

    def lead(place: int) -> None:
        share, waits_ms = [what for client, what in everything if client % clients == place], None
        do, todo = _earning(url, share) if how == EARN else _writing(url, share)
        first = len(todo) // ONE_OF
        try:
            _timed(do, todo[:first])
            warm.wait(LONGEST_SECONDS)
            waits_ms = _timed(do, todo[first:])
        finally:
            done.put(waits_ms)

    processes = [forking.Process(target=lead, args=(place,), daemon=True) for place in range(clients)]
    for one in processes:
        one.start()
    warm.wait(LONGEST_SECONDS)
    started = perf_counter()
    taken = [done.get() for _ in processes]
    seconds = perf_counter() - started
    if None in taken:
        raise SystemExit("a client failed")
    return Took(seconds, [ms for waits_ms in taken for ms in waits_ms])


def _timed(do: Do, todo: Sequence[Any]) -> list[float]:
    waits_ms = []
    for one in todo:
        began = perf_counter()
        do(one)
        waits_ms.append((perf_counter() - began) * 1000)
    return waits_ms


def _earning(url: str, bodies: Sequence[bytes]) -> tuple[Do, Sequence[Any]]:
    """The orders are understood beforehand: how bytes are read is no part of a transaction."""
    shop = open_shop(url, new_id, migrate=False)
    rulebook = shop.rulebooks.in_force()
    assert rulebook is not None
    currency, kinds, now = rulebook.program.currency, rulebook.program.kinds(), opened_at() + SECOND

    def earn(understood: Any) -> None:
        answer = ingest(shop, understood, Sender.SHOP, now, currency.code).result(LONGEST_SECONDS)
        assert answer.stored == 1, "every order is a new one"

    return earn, [understand(body, None, Sender.SHOP, now, currency, new_id, kinds) for body in bodies]


def _writing(url: str, transactions: Sequence[Sequence[Statement]]) -> tuple[Do, Sequence[Any]]:
    import psycopg

    connection = psycopg.connect(url, options=SETTINGS)
    cursor: Any = connection.cursor()

    def write(statements: Sequence[Statement]) -> None:
        for _, sql, parameters in statements:
            cursor.execute(sql, parameters)
            if cursor.description is not None:
                cursor.fetchall()
        connection.commit()

    return write, transactions


def _record(url: str, everything: Sequence[tuple[int, bytes]], folder: Path) -> None:
    recording = recording_everything()
    earn, todo = _earning(url, [body for _, body in everything])
    _timed(earn, todo)
    written = plain(recording)
    assert [group.events for group in written] == [1] * len(everything), "one order, one transaction"
    for file, is_wanted in ((SAME, _is_no_rule), (WRITING, _is_writing)):
        kept = [
            (client, [statement for statement in group.statements if is_wanted(statement.sql)])
            for (client, _), group in zip(everything, written, strict=True)
        ]
        (folder / file).write_bytes(pickle.dumps(kept))


def _is_no_rule(sql: str) -> bool:
    return sql != ACTIVE_VERSION


def _is_writing(sql: str) -> bool:
    return sql == LOCK_CUSTOMERS or not sql.lstrip().startswith("SELECT")


if __name__ == "__main__":
    how, url, file, last = sys.argv[1:]
    everything = pickle.loads(Path(file).read_bytes())
    if how == RECORD:
        _record(url, everything, Path(last))
    else:
        sys.stdout.buffer.write(msgspec.json.encode(_take(how, url, everything, int(last))))
