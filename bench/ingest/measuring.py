"""Events over HTTP into the record, against a bare loop with the same statements: the entries and the profile of a run."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from msgspec import Struct

from bench.ingest.bare import Replayed
from bench.ingest.databases import Databases, PostgresqlDatabases, SqliteDatabases, postgresql_server
from bench.ingest.load import Loaded
from bench.ingest.prepare import MIXED, OPENED, ORDERS, Prepared, requests_file
from bench.ingest.serving import PLAIN, server
from bench.ingest.stages import HTTP, IDLE, OTHER_THREADS, Watched
from bench.measure import figure, in_turn, rounded, run_module, spread
from bench.results import Entry, Figure, Stage, StageProfile

TURNS: Final = 7
FLOORS: Final = {"sqlite": 0.5, "postgresql": 0.4}
MIXED_FLOORS: Final = {"sqlite": 0.4, "postgresql": 0.35}
NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Manner(Struct, frozen=True):
    """How events are sent. Requests and warm-up count events; `in_flight` counts requests."""

    events_per_request: int
    in_flight: int
    events: int
    warm_up: int
    what: str = ORDERS


TOGETHER: Final = Manner(events_per_request=50, in_flight=8, events=8_000, warm_up=1_000)
MIXED_DAY: Final = Manner(events_per_request=50, in_flight=8, events=8_000, warm_up=1_000, what=MIXED)
ONE_BY_ONE: Final = Manner(events_per_request=1, in_flight=32, events=3_000, warm_up=500)


class Turns(Struct, frozen=True):
    """What was seen in one manner on one kind of database."""

    recorded: Loaded
    served: list[Loaded]
    replayed: list[Replayed]


def measured() -> tuple[list[Entry], list[StageProfile]]:
    entries: list[Entry] = []
    profiles = []
    with TemporaryDirectory(prefix="regulars-bench-") as folder:
        for databases in _kinds(Path(folder)):
            room = Path(folder) / databases.kind
            room.mkdir(exist_ok=True)
            prepared = _prepared(databases, room)
            entries += [
                _entry(databases.kind, manner, prepared, _turns(databases, manner, room))
                for manner in (TOGETHER, MIXED_DAY, ONE_BY_ONE)
            ]
            profiles += [_profile(databases, room, manner) for manner in (TOGETHER, MIXED_DAY)]
    return sorted(entries, key=lambda entry: entry.floor is None), profiles


def _kinds(folder: Path) -> Iterator[Databases]:
    """One after the other; the server stands only while it is wanted."""
    sqlite = folder / "sqlite"
    (sqlite / "prepared").mkdir(parents=True)
    yield SqliteDatabases(sqlite)
    with postgresql_server(folder) as url:
        yield PostgresqlDatabases(url)


def _prepared(databases: Databases, room: Path) -> Prepared:
    sizes = [str(manner.events_per_request) for manner in (TOGETHER, ONE_BY_ONE)]
    ran = run_module("bench.ingest.prepare", databases.prepared, str(room), str(TOGETHER.events), *sizes)
    return msgspec.json.decode(ran.output, type=Prepared)


# --- one run after another -----------------------------------------------------------------------------------------


def _turns(databases: Databases, manner: Manner, room: Path) -> Turns:
    recording = room / "recording.pickle"
    recorder = ("-m", "bench.ingest.recorder", str(recording))
    recorded = _served(databases, manner, room, recorder)
    served, replayed = in_turn(
        partial(_served, databases, manner, room, PLAIN), partial(_replayed, databases, manner, recording), TURNS
    )
    return Turns(recorded, served, replayed)


def _served(databases: Databases, manner: Manner, room: Path, python: Sequence[str]) -> Loaded:
    with databases.copy() as url, server(python, url, room) as address:
        return _load(address, manner, room)


def _load(address: str, manner: Manner, room: Path) -> Loaded:
    size = manner.events_per_request
    requests = [str(events // size) for events in (manner.warm_up, manner.events)]
    ran = run_module(
        "bench.ingest.load",
        address,
        str(requests_file(room, size, manner.what)),
        str(manner.in_flight),
        *requests,
        str(size),
    )
    return msgspec.json.decode(ran.output, type=Loaded)


def _replayed(databases: Databases, manner: Manner, recording: Path) -> Replayed:
    with databases.copy() as url:
        ran = run_module("bench.ingest.bare", url, str(recording), str(manner.warm_up))
        return msgspec.json.decode(ran.output, type=Replayed)


# --- what is said of it ----------------------------------------------------------------------------------------------


def _entry(kind: str, manner: Manner, prepared: Prepared, turns: Turns) -> Entry:
    ours = [one.events / one.seconds for one in turns.served]
    bare = [one.events / one.seconds for one in turns.replayed]
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    name, floor, what = _called(kind, manner)
    value = median(ratios)
    return Entry(
        name=name,
        what=f"Events per second over HTTP, to bare {NAMES[kind]}: {what}",
        value=rounded(value),
        unit="times",
        spread=spread(ratios),
        limit=None,
        floor=floor,
        peer=figure("the same statements in a bare loop", bare, "events/s"),
        held=floor is None or value >= floor,
        meaning=[*_meaning(kind, manner, prepared)],
        more=[
            figure("Events acknowledged", ours, "events/s"),
            figure("An event, by the clock on the wall", [1e6 / rate for rate in ours], "µs"),
            figure("An event in the bare loop", [1e6 / rate for rate in bare], "µs"),
            figure("A request, median", [_quantile(one.latencies_ms, 0.5) for one in turns.served], "ms"),
            figure("A request, 99 of 100", [_quantile(one.latencies_ms, 0.99) for one in turns.served], "ms"),
            figure("Events in a group, mean", [one.events / one.groups for one in turns.served], "events"),
            figure("Events in the largest group", [one.largest_group for one in turns.served], "events"),
            Figure("Events in a group of the recording, mean", _mean_group(turns.replayed[0]), "events"),
            figure("Processor time of the bare loop, for an event", [_bare_us(one) for one in turns.replayed], "µs"),
            figure("Processor time of the client, for an event", [_client_us(one) for one in turns.served], "µs"),
        ],
    )


def _called(kind: str, manner: Manner) -> tuple[str, float | None, str]:
    """The entry's name, its floor, and how events are sent."""
    if manner is TOGETHER:
        return f"ingest_over_bare_{kind}", FLOORS[kind], f"{manner.events_per_request} events a request"
    if manner is MIXED_DAY:
        words = f"the mix of a day, {manner.events_per_request} events a request"
        return f"ingest_mixed_over_bare_{kind}", MIXED_FLOORS[kind], words
    return f"ingest_one_by_one_over_bare_{kind}", None, "one event a request"


def _meaning(kind: str, manner: Manner, prepared: Prepared) -> Iterator[str]:
    yield (
        f"*Ours*: `regulars serve` on {NAMES[kind]}, and a client in a process of its own that sends `Order Completed` to "
        f"`/v1/batch` with a secret key: {manner.events_per_request} to a request, {manner.in_flight} requests at a time over "
        f"connections that stay open, in {prepared.bytes_per_event:,.0f} bytes and {prepared.lines_per_event:.1f} lines an event. "
        "It is the whole way: bytes, checks, who is who, thirty rules, ledger, commit, answer. What counts are the "
        f"{manner.events - manner.warm_up:,} events acknowledged after {manner.warm_up:,} to warm up. Every event is new."
    )
    if manner is MIXED_DAY:
        yield (
            "Of a hundred events 80 are page views without a name, 15 page views of customers who are signed in, 4 carts, 1 an "
            f"order, in {prepared.mixed_bytes_per_event:,.0f} bytes an event with what browsers say of themselves; a visitor looks "
            "at ten pages. Who is who, consents, visits with device, traffic and language are part of the way."
        )
    if manner is not TOGETHER:
        yield f"The bare loop and the shop are those of `ingest_over_bare_{kind}`; the recording is one of its own."
        return
    yield (
        "*Bare*: the statements of the server's own writer, written down once by a server that was wrapped for it, run by a loop "
        "that does nothing else: the same parameters, transactions, settings and driver, on a copy of the same database. It "
        "reads what it asks for, and waits for every commit to be on the disk. It reckons, encodes and answers nothing. "
        "Databases lie in the system's folder for temporary files."
    )
    yield (
        "Both begin with a copy of one shop: a quarter of the grocer's year under `bench/thirty-rules.yaml`, "
        f"{prepared.events_before:,} orders of {prepared.customers:,} customers, everybody brought to {OPENED}, where the "
        "shop's clock is set. Then come the orders that followed, in time order across households, each happening when it is "
        "sent. Server and loop are fresh processes and take turns; the figure is the median of the ratios of neighbours. Client "
        "and server share the machine's cores."
    )


def _profile(databases: Databases, room: Path, manner: Manner) -> StageProfile:
    file = room / "stages.json"
    arguments = [str(file), str(manner.warm_up), str(manner.events)]
    loaded = _served(databases, manner, room, ("-m", "bench.ingest.stages", *arguments))
    watched = msgspec.json.decode(file.read_bytes(), type=Watched)
    per_event = watched.events * 1000
    stages = [
        Stage(
            one.name,
            one.thread,
            rounded(one.cpu_ns / per_event),
            None if one.name in (HTTP, OTHER_THREADS) else rounded(one.wall_ns / per_event),
        )
        for one in sorted(watched.stages, key=lambda one: one.cpu_ns, reverse=True)
        if one.name != IDLE
    ]
    return StageProfile(
        NAMES[databases.kind] + (", the mix of a day" if manner is MIXED_DAY else ""),
        watched.events,
        rounded(loaded.events / loaded.seconds),
        rounded(watched.cpu_ns / per_event),
        rounded(watched.wall_ns / per_event),
        stages,
    )


def _quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def _mean_group(replayed: Replayed) -> float:
    return rounded(replayed.events / replayed.groups)


def _bare_us(replayed: Replayed) -> float:
    return replayed.cpu_seconds / replayed.events * 1e6


def _client_us(loaded: Loaded) -> float:
    return loaded.client_cpu_seconds / loaded.events * 1e6
