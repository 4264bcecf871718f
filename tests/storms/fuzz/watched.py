"""A server whose limits are off and whose memory is watched."""

import os
import subprocess
import time
from pathlib import Path
from typing import Self

from tests.live import COMMAND, READY, START_SECONDS

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


class Watched:
    """Ends with the block, killed where it does not end by itself."""

    def __init__(self, database: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._told = folder / "serve.log"
        command = [*COMMAND, "serve", "--database", database, "--data-dir", str(folder), "--port", "0"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
        with self._told.open("wb") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, env=environment | {"REGULARS_LIMITS": LIMITS_OFF}
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

    def resident_mb(self) -> float:
        """Memory that the process holds now."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS:"))
