"""A whole backtest over merely reading and building the same facts.

`python -m bench.backtest_over_read read|backtest` does one of the two and prints what it took as JSON.
"""

import gc
import sys
from functools import partial
from statistics import median
from time import perf_counter, process_time
from typing import Final

import msgspec
from msgspec import Struct

from bench.measure import ROOT, Ran, figure, in_turn, rounded, run_module, spread
from bench.results import Entry

LIMIT: Final = 2.5
TURNS: Final = 9

MEANING: Final = [
    (
        "How much longer a whole backtest takes than merely reading and building the same facts: what the program's rules cost, "
        "as a multiple of what no program can do without. *Backtest*: the grocer's year is opened, every customer's facts are "
        "built and folded under `programs/corner-shop/program.yaml`, and summed up, in one process. *Reading*: the same source is "
        "opened with the same properties, and every customer's facts are built and dropped."
    ),
    (
        "Each repetition is a fresh process; the two take turns. The time is taken inside the process, from opening the source to "
        "the end, without starting Python and importing. The figure is the ratio of the two medians by the clock on the wall; its "
        "spread is that of the ratios of neighbours."
    ),
]


class Took(Struct, frozen=True):
    wall_seconds: float
    cpu_seconds: float


class Sample(Struct, frozen=True):
    inside: Took
    process: Ran


def measured() -> Entry:
    reads, backtests = in_turn(partial(_sample, "read"), partial(_sample, "backtest"), TURNS)
    pairs = list(zip(backtests, reads, strict=True))
    value = _median_wall(backtests) / _median_wall(reads)
    return Entry(
        name="backtest_over_read",
        what="A backtest over reading alone",
        value=rounded(value),
        unit="times",
        spread=spread([backtest.inside.wall_seconds / read.inside.wall_seconds for backtest, read in pairs]),
        limit=LIMIT,
        peer=figure("reading and building the facts", [one.inside.wall_seconds for one in reads], "s"),
        held=value <= LIMIT,
        meaning=MEANING,
        more=[
            figure("Backtest", [one.inside.wall_seconds for one in backtests], "s"),
            figure("Backtest, processor time", [one.inside.cpu_seconds for one in backtests], "s"),
            figure("Reading, processor time", [one.inside.cpu_seconds for one in reads], "s"),
            figure(
                "The ratio by processor time",
                [backtest.inside.cpu_seconds / read.inside.cpu_seconds for backtest, read in pairs],
                "times",
            ),
            figure("Backtest, the whole process", [one.process.wall_seconds for one in backtests], "s"),
            figure("Reading, the whole process", [one.process.wall_seconds for one in reads], "s"),
        ],
    )


def _sample(what: str) -> Sample:
    process = run_module("bench.backtest_over_read", what)
    return Sample(msgspec.json.decode(process.output, type=Took), process)


def _median_wall(samples: list[Sample]) -> float:
    return median([one.inside.wall_seconds for one in samples])


def _take(what: str) -> Took:
    from pyarrow import parquet  # noqa: F401 - imported here, so that it is not imported while the time runs

    from regulars.backtesting.run import open_history, run
    from regulars.wire.complete_journey import CompleteJourney
    from regulars.wire.program import load_program

    program = load_program(ROOT / "programs/corner-shop/program.yaml")
    source = CompleteJourney()
    gc.collect()
    wall, cpu = perf_counter(), process_time()
    history = open_history(source, [program])
    if what == "read":
        for _ in history.customers():
            pass
    else:
        run(source, [program], history=history, stopwatch=perf_counter)
    return Took(perf_counter() - wall, process_time() - cpu)


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_take(sys.argv[1])))
