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
    """What stands in the table. `limit` is the most that `value` may be; `peer` is what it is compared with."""

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


def read_results() -> Results:
    return msgspec.json.decode(RESULTS.read_bytes(), type=Results)


def write_results(results: Results) -> None:
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")
