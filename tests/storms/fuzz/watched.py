"""A server whose limits are off and whose memory is watched."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple, Self

from tests.live import READY, START_SECONDS
from tests.storms.fuzz.counted import COUNTED

COMMAND = (sys.executable, "-c", "from tests.storms.fuzz.counted import main; main()")
ROOT = Path(__file__).parents[3]
COUNT_SECONDS = 30
LIMITS_OFF = ", ".join(
    [
        f"{name}=off"
        for name in (
            "stranger_requests",
            "page_requests",
            "address_requests",
            "address_events",
            "public_key_requests",
            "public_key_events",
            "secret_key_requests",
            "secret_key_events",
        )
    ]
)


class Held(NamedTuple):
    """`blocks` are Python's, each for a small object. `megabytes` is everything but the pages that SQLite keeps, which are bounded
    by themselves."""

    blocks: int
    megabytes: float


class Watched:
    """Ends with the block, killed where it does not end by itself."""

    def __init__(self, database: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._told = folder / "serve.log"
        self._counted = folder / "counted.json"
        command = [*COMMAND, "serve", "--database", database, "--data-dir", str(folder), "--port", "0"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
        environment |= {"REGULARS_LIMITS": LIMITS_OFF, COUNTED: str(self._counted)}
        with self._told.open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=environment
            )
        self.url = ""

    def __enter__(self) -> Self:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.is_running():
            line, end, _ = self.told().partition(READY)[2].partition("\n")
            if end:
                self.url = line
                return self
            time.sleep(0.01)
        self.__exit__()
        raise AssertionError(f"the server did not start:\n{self.told()}")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def is_running(self) -> bool:
        return self._process.poll() is None

    def told(self) -> str:
        return self._told.read_text("utf-8", "replace")

    def held(self) -> Held:
        """What the process holds now that nothing is asked of it."""
        self._counted.unlink(missing_ok=True)
        self._process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + COUNT_SECONDS
        while not self._counted.exists():
            assert self.is_running(), self.told()
            assert time.monotonic() < deadline, "the server does not say what it holds"
            time.sleep(0.01)
        told = json.loads(self._counted.read_text())
        return Held(told["blocks"], (told["resident"] - told["pages"]) / 1e6)
