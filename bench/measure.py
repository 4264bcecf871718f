"""How things are measured: fresh processes, repetitions that take turns, and what they spread over.

Whoever starts the processes stays small, since on Linux a process's peak includes that of the one it was forked from: this
module, and whatever `bench.run` imports, loads neither numpy nor Arrow.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final, TypeVar

from msgspec import Struct

from bench.results import Figure, Machine, Spread

ROOT: Final = Path(__file__).parents[1]
REPETITIONS: Final = 5

Sample = TypeVar("Sample")
Other = TypeVar("Other")


class Ran(Struct, frozen=True):
    """A process that has ended well: its output, and what it took from start to end, children and interpreter included."""

    output: bytes
    wall_seconds: float
    cpu_seconds: float
    peak_mb: float


def run_module(module: str, *arguments: str) -> Ran:
    """`python -m module arguments` in a fresh process."""
    return _run([sys.executable, "-m", module, *arguments])


def run_regulars(*arguments: str) -> Ran:
    """The command `regulars` in a fresh process."""
    return _run([sys.executable, "-c", "from regulars.boot import main; main()", *arguments])


def in_turn(one: Callable[[], Sample], other: Callable[[], Other], times: int) -> tuple[list[Sample], list[Other]]:
    """One, other, one, other: whatever slows the machine for a while slows both."""
    pairs = [(one(), other()) for _ in range(times)]
    return [first for first, _ in pairs], [second for _, second in pairs]


def spread(values: Sequence[float]) -> Spread:
    return Spread(rounded(min(values)), rounded(median(values)), rounded(max(values)), len(values))


def figure(what: str, values: Sequence[float], unit: str) -> Figure:
    """The median, with its spread."""
    return Figure(what, rounded(median(values)), unit, spread(values))


def rounded(value: float) -> float:
    """To four significant digits: more would be noise."""
    return float(f"{value:.4g}")


def machine() -> Machine:
    return Machine(
        python=f"{platform.python_implementation()} {platform.python_version()}",
        system=f"{platform.system()} on {platform.machine()}",
        processor=_processor(),
        cores=os.cpu_count() or 1,
        load_before=rounded(os.getloadavg()[0]),
    )


def _run(command: list[str]) -> Ran:
    started = perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as stream:
        output = stream.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall_seconds = perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command[1:])} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Ran(output, wall_seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
