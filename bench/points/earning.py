"""An earn transaction on PostgreSQL over one that writes the same rows, at several numbers of clients."""

import pickle
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from msgspec import Struct

from bench.ingest.databases import Databases, PostgresqlDatabases, postgresql_server
from bench.ingest.prepare import OPENED, Prepared, requests_file
from bench.measure import figure, rounded, run_module, spread
from bench.results import Entry

CLIENTS: Final = (1, 8, 32)
TURNS: Final = 5
ORDERS: Final = 2_400
ONE_OF: Final = 10
"""Of so many transactions the first is done before the time runs."""

FLOOR: Final = 0.6
EARN, SAME_ROWS, RECORD = "earn", "same_rows", "record"
SAME, WRITING = "same-statements", "writing-statements"
"""Files of what the peers say: all that the earn transaction says but for its rules, and of that only what writes or locks."""


class Took(Struct, frozen=True):
    """`waits_ms` is how long each transaction took."""

    seconds: float
    waits_ms: list[float]

    @property
    def per_second(self) -> float:
        return len(self.waits_ms) / self.seconds


class Turn(Struct, frozen=True):
    """At some number of clients."""

    earn: Took
    same: Took
    writing: Took


def measured() -> list[Entry]:
    with TemporaryDirectory(prefix="regulars-earn-") as name, postgresql_server(Path(name)) as url:
        folder, databases = Path(name), PostgresqlDatabases(url)
        prepared = _prepared(databases, folder)
        return [
            _entry(clients, prepared, [_turn(databases, folder, clients) for _ in range(TURNS)]) for clients in CLIENTS
        ]


def _prepared(databases: Databases, folder: Path) -> Prepared:
    ran = run_module("bench.ingest.prepare", databases.prepared, str(folder), str(ORDERS), "1")
    requests = pickle.loads(requests_file(folder, 1).read_bytes())
    (folder / EARN).write_bytes(pickle.dumps(_shared_out([one.partition(b"\r\n\r\n")[2] for one in requests])))
    with databases.copy() as url:
        run_module("bench.points.clients", RECORD, url, str(folder / EARN), str(folder))
    return msgspec.json.decode(ran.output, type=Prepared)


def _shared_out(bodies: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """Each customer's orders go through one client, and every client has about as many as another."""
    customers = [msgspec.json.decode(body)["batch"][0]["userId"] for body in bodies]
    room = dict.fromkeys(range(CLIENTS[-1]), ORDERS // CLIENTS[-1])
    served_by: dict[str, int] = {}
    for customer, orders in Counter(customers).most_common():
        served_by[customer] = max(room, key=room.__getitem__)
        room[served_by[customer]] -= orders
    return [(served_by[customer], body) for customer, body in zip(customers, bodies, strict=True)]


def _turn(databases: Databases, folder: Path, clients: int) -> Turn:
    return Turn(
        _took(databases, EARN, folder / EARN, clients),
        _took(databases, SAME_ROWS, folder / SAME, clients),
        _took(databases, SAME_ROWS, folder / WRITING, clients),
    )


def _took(databases: Databases, how: str, file: Path, clients: int) -> Took:
    with databases.copy() as url:
        ran = run_module("bench.points.clients", how, url, str(file), str(clients))
        return msgspec.json.decode(ran.output, type=Took)


def _entry(clients: int, prepared: Prepared, turns: Sequence[Turn]) -> Entry:
    ratios = [turn.earn.per_second / turn.same.per_second for turn in turns]
    over_writing = [turn.earn.per_second / turn.writing.per_second for turn in turns]
    who = "1 client" if clients == 1 else f"{clients} clients"
    value = median(ratios)
    return Entry(
        name=f"earn_over_same_rows_{clients}",
        what=f"Earn transactions per second, to those that write the same rows: {who}",
        value=rounded(value),
        unit="times",
        spread=spread(ratios),
        limit=None,
        floor=FLOOR,
        peer=figure("the same rows", [turn.same.per_second for turn in turns], "transactions/s"),
        held=value >= FLOOR,
        meaning=[*_meaning(prepared)]
        if clients == CLIENTS[0]
        else [f"As `earn_over_same_rows_{CLIENTS[0]}`, with {who} at once."],
        more=[
            figure("Earn transactions", [turn.earn.per_second for turn in turns], "transactions/s"),
            figure("An earn transaction", [median(turn.earn.waits_ms) for turn in turns], "ms"),
            figure("The same rows", [median(turn.same.waits_ms) for turn in turns], "ms"),
            figure("Only statements that write", [turn.writing.per_second for turn in turns], "transactions/s"),
            figure("Earn transactions to only statements that write", over_writing, "times"),
        ],
    )


def _meaning(prepared: Prepared) -> Iterator[str]:
    yield (
        "*Earn*: one order of one customer goes through `service.ingest` into PostgreSQL, in a transaction of its own, and the "
        f"client waits until it is on the disk. {ORDERS:,} orders of {prepared.lines_per_event:.1f} lines are judged by the thirty "
        f"rules of `bench/thirty-rules.yaml`, on top of {prepared.events_before:,} that {prepared.customers:,} customers placed "
        f"before {OPENED}. The orders are understood beforehand: how bytes come and are read is no part of a transaction."
    )
    yield (
        "*The same rows*: the statements of those very transactions, written down once, with their parameters, and run by a bare "
        "loop with the same driver and settings on a copy of the same database: source keys are claimed, identities looked up "
        "and looked up again, the customer is locked and saved, the step and its postings are added, and all of it is "
        "committed. It leaves out the statement that asks which program is in force, and it reckons, encodes and answers nothing."
    )
    yield (
        "On both sides a client is a process with a connection of its own, which does one transaction after the other; nothing "
        "is grouped. All customers are members in one program, and each is served by one client, as somebody who shops is. The "
        "time runs once every client has done a tenth of its share, until the last has done all. The sides are fresh processes "
        "and take turns; the figure is the median of the ratios of neighbours. Clients and server share the machine's cores."
    )
    yield (
        "*Only statements that write*: of the same statements those that insert, update or lock. They look up nobody, so they "
        "could not be run without knowing beforehand whose the order is."
    )
