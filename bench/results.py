"""The shape of results.json, of which `bench/README.md` tells. Reading it checks it."""

from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

RESULTS: Final = Path(__file__).with_name("results.json")


class Spread(Struct, frozen=True, forbid_unknown_fields=True):
    """Over `repetitions`, in the figure's own unit."""

    min: float
    median: float
    max: float
    repetitions: int


class Figure(Struct, frozen=True, forbid_unknown_fields=True):
    """Something measured. `spread` is None for what was counted or follows from other figures."""

    what: str
    value: float
    unit: str
    spread: Spread | None = None


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the table. `value` may be `limit` at most, or `floor` at least; `peer` is what it is compared with."""

    name: str
    what: str
    value: float
    unit: str
    spread: Spread
    limit: float | None
    peer: Figure | None
    held: bool
    meaning: list[str]
    more: list[Figure]
    floor: float | None = None


class Share(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of the fold's time one file or function takes by itself; `calls_per_event` only for functions."""

    name: str
    share: float
    calls_per_event: float | None = None


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    meaning: list[str]
    events: int
    files: list[Share]
    functions: list[Share]


class Stage(Struct, frozen=True, forbid_unknown_fields=True):
    """A stage of an event's way: its own microseconds for an event, of its thread's processor time and by the clock on the wall.

    `wall_us` is None for what waits for others most of the time.
    """

    name: str
    thread: str
    cpu_us: float
    wall_us: float | None


class StageProfile(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the time of one event goes on its whole way. `cpu_us` is that of all threads of the server."""

    database: str
    events: int
    events_per_second: float
    cpu_us: float
    wall_us: float
    stages: list[Stage]


class Machine(Struct, frozen=True, forbid_unknown_fields=True):
    python: str
    system: str
    processor: str
    cores: int
    load_before: float


class Results(Struct, frozen=True, forbid_unknown_fields=True):
    machine: Machine
    entries: list[Entry]
    profile: Profile
    ingest_profiles: list[StageProfile] = []


def read_results() -> Results:
    return msgspec.json.decode(RESULTS.read_bytes(), type=Results)


def write_results(results: Results) -> None:
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")
