"""The command `regulars backtest` over the grocer's year, as a person runs it: seconds, megabytes, one process and two."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec

from bench.measure import REPETITIONS, ROOT, Ran, figure, in_turn, run_regulars, spread
from bench.results import Entry

LIMIT_SECONDS: Final = 10.0
LIMIT_MB: Final = 700.0

COMMAND: Final = (
    "backtest",
    str(ROOT / "programs/corner-shop/program.yaml"),
    "--orders",
    "complete-journey",
)
WRITTEN: Final = "`regulars backtest programs/corner-shop/program.yaml --orders complete-journey`"

IN_SECONDS: Final = [
    (
        f"{WRITTEN}, from start to end by the clock on the wall, starting Python and printing included. The year is 155,848 orders "
        "of 2,469 customers in 1,469,307 lines. Each repetition is a fresh process; one process and two take turns."
    ),
]
IN_MB: Final = [
    "The most memory that the same processes held at once (peak resident set), in megabytes of 10⁶ bytes, as the system counts.",
]
IN_TWO: Final = [
    f"{WRITTEN} with `--processes 2`. The run stops unless both give the same figures, and the same line for every customer.",
]


def measured() -> list[Entry]:
    _check_that_two_give_the_same()
    ones, twos = in_turn(
        partial(run_regulars, *COMMAND), partial(run_regulars, *COMMAND, "--processes", "2"), REPETITIONS
    )
    return [
        _in_seconds("year_seconds", "A year's backtest", IN_SECONDS, ones),
        _in_mb(ones),
        _in_seconds("year_seconds_two_processes", "A year's backtest in two processes", IN_TWO, twos),
    ]


def _in_seconds(name: str, what: str, meaning: list[str], runs: list[Ran]) -> Entry:
    wall = figure(what, [one.wall_seconds for one in runs], "s")
    return Entry(
        name=name,
        what=what,
        value=wall.value,
        unit="s",
        spread=spread([one.wall_seconds for one in runs]),
        limit=LIMIT_SECONDS,
        peer=None,
        held=wall.value <= LIMIT_SECONDS,
        meaning=meaning,
        more=[figure("Processor time, of all processes", [one.cpu_seconds for one in runs], "s")],
    )


def _in_mb(runs: list[Ran]) -> Entry:
    """The worst of all runs counts, not the median."""
    peaks = spread([one.peak_mb for one in runs])
    return Entry(
        name="year_peak_mb",
        what="A year's backtest, memory at its peak",
        value=peaks.max,
        unit="MB",
        spread=peaks,
        limit=LIMIT_MB,
        peer=None,
        held=peaks.max <= LIMIT_MB,
        meaning=IN_MB,
        more=[],
    )


def _check_that_two_give_the_same() -> None:
    with TemporaryDirectory() as folder:
        assert _answer("1", Path(folder)) == _answer("2", Path(folder)), "two processes give other figures than one"


def _answer(processes: str, folder: Path) -> tuple[dict[str, Any], bytes]:
    """All figures but the seconds, and a line per customer."""
    customers = folder / "customers.csv"
    ran = run_regulars(*COMMAND, "--processes", processes, "--json", "--customers", str(customers))
    figures = msgspec.json.decode(ran.output, type=dict[str, Any])
    del figures["seconds"]
    return figures, customers.read_bytes()
