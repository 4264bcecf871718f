"""A server for as long as it is measured."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.ingest.prepare import OPENED
from bench.measure import ROOT

PLAIN: Final = ("-c", "from regulars.boot import main; main()")
MOST_SECONDS: Final = 60.0
"""Until it is ready, and until it has ended."""

READY: Final = "listening on "


@contextmanager
def server(python: Sequence[str], url: str, folder: Path) -> Iterator[str]:
    """`regulars serve` on a free port, as `python` starts it; its address."""
    command = [sys.executable, *python, "serve", "--port", "0", "--clock", OPENED, "--database", url]
    process = subprocess.Popen([*command, "--data-dir", str(folder)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        yield _address(process)
        process.terminate()
        if process.wait(MOST_SECONDS):
            raise SystemExit(f"the server ended with {process.returncode}")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _address(process: "subprocess.Popen[bytes]") -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], MOST_SECONDS)
    line = os.read(process.stdout.fileno(), 4096).decode() if ready else ""
    if not line.startswith(READY):
        raise SystemExit(f"the server did not start: {line}")
    return line.removeprefix(READY).split()[0]
