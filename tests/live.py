"""A shop that runs: `regulars serve` as a process of its own, and what one says to it over HTTP.

    keys = set_up(database, program)
    live = Live(database, keys, folder).start()
    live.post("batch", {"batch": [...]})
    live.customer("ada")["points"]
    live.kill().start()

A test asks for the fixture `go_live`, which ends whatever it started, also when the test fails.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import httpx

from regulars.boot import new_id
from regulars.kernel.facts import Instant
from regulars.service import programs
from regulars.service.keys import create_key
from regulars.service.shop import open_shop

COMMAND = (sys.executable, "-c", "from regulars.boot import main; main()")
READY = "listening on "
START_SECONDS = 60
STOP_SECONDS = 30
COMMAND_SECONDS = 400


class Keys(NamedTuple):
    secret: str
    public: str


def set_up(database: str, program: str, now: Instant = 0) -> Keys:
    """Tables, a program in force, and keys."""
    shop = open_shop(database, new_id)
    try:
        programs.publish(shop, program, "a test", now)
        return Keys(create_key(shop.store, "secret", "test", now), create_key(shop.store, "public", "test", now))
    finally:
        shop.close()


def process(*words: str, output: Path) -> "subprocess.Popen[bytes]":
    """A command in a process of its own. What it says goes to a file, so that nobody waits for a reader."""
    with output.open("wb") as file:
        return subprocess.Popen([*COMMAND, *words], stdout=file, stderr=subprocess.STDOUT, env=_environment())


def says(*words: str) -> Any:
    """What a command answers as JSON."""
    asked = [*COMMAND, *words, "--json"]
    done = subprocess.run(asked, env=_environment(), capture_output=True, timeout=COMMAND_SECONDS, check=False)
    assert done.stdout, done.stderr.decode("utf-8", "replace")
    return json.loads(done.stdout)


def complaints_of_the_doctor(database: str) -> list[Any]:
    return [finding for finding in says("doctor", "--database", database) if not finding["good"]]


class Live:
    """One server. `url` is known once it was started, and stays when it is started again."""

    def __init__(self, database: str, keys: Keys, folder: Path, clock: str | None = None) -> None:
        self.database = database
        self.secret, self.public = keys
        self.url = ""
        self._clock = ("--clock", clock) if clock else ()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0

    def start(self) -> Self:
        """Returns when it takes requests."""
        assert not self.is_running()
        self._starts += 1
        port = self.url.rpartition(":")[2] or "0"
        place = ("--database", self.database, "--data-dir", str(self._folder), "--port", port)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._process = process("serve", *place, *self._clock, output=self._output())
        self.url = self._address()
        return self

    def post(self, route: str, body: Any, key: str | None = None) -> httpx.Response:
        """With the secret key, unless another is named."""
        return httpx.post(f"{self.url}/v1/{route}", json=body, auth=(key or self.secret, ""), timeout=60)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers={"Authorization": f"Bearer {self.secret}"}, timeout=60)

    def customer(self, id: str) -> dict[str, Any]:
        answer = self.get(f"/v1/customers/{id}").raise_for_status().json()
        assert isinstance(answer, dict)
        return answer

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> Self:
        """As a shop does it: what is under way is answered first."""
        if self.is_running():
            assert self._process is not None
            self._process.send_signal(signal.SIGTERM)
            try:
                code = self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"the server did not stop:\n{self.told()}") from None
            assert code == 0, f"the server ended with {code}:\n{self.told()}"
        return self

    def kill(self) -> Self:
        """As a power cut does it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        return self

    def told(self) -> str:
        """What the process printed since its last start."""
        return self._output().read_text("utf-8", "replace")

    def _output(self) -> Path:
        return self._folder / f"serve-{self._starts}.log"

    def _address(self) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.is_running():
            line, end, _ = self.told().partition(READY)[2].partition("\n")
            if end:
                return line
            time.sleep(0.01)
        self.kill()
        raise AssertionError(f"the server did not start:\n{self.told()}")


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}


def stop_all(servers: Sequence[Live]) -> None:
    for server in servers:
        server.kill()
