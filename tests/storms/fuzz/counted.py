"""`regulars` as ever, which on SIGUSR1 writes down what it holds of memory: into the file that COUNTED names."""

import ctypes
import gc
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from regulars.boot import main as regulars
from regulars.workers import auditing, learning, likelihood

COUNTED = "COUNTED"


FIRST_AFTER_SECONDS = {learning: 2.0, likelihood: 2.0, auditing: 6.0}
"""What works at night looks at once: what is loaded for it is not loaded in the middle of what is measured."""


def main() -> None:
    for worker, seconds in FIRST_AFTER_SECONDS.items():
        worker.FIRST_AFTER_SECONDS = seconds  # type: ignore[attr-defined]
    signal.signal(signal.SIGUSR1, _count)
    regulars()


def _count(*_: object) -> None:
    """After the collector, and when the allocator has given back what it can: what stays is held."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    held = {"blocks": sys.getallocatedblocks(), "resident": _resident_bytes(), "pages": _page_bytes()}
    file = Path(os.environ[COUNTED])
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps(held))
    unfinished.rename(file)


def _resident_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def _page_bytes() -> int:
    """What SQLite holds, nearly all of it pages. 0 where it is built into Python and cannot be asked: then they count as ours."""
    import _sqlite3

    try:
        asked: Any = ctypes.CDLL(_sqlite3.__file__).sqlite3_memory_used
    except AttributeError:
        return 0
    asked.restype = ctypes.c_int64
    return int(asked())
