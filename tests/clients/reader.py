"""A reader of a page, who types in what stands there, from top to bottom, in a folder of their own.

- `sh` is typed into a shell; what it exports stays. `console` is typed in as well, and its answer compared, where `...` stands for
  anything. `python` is a script of its own.
- `regulars serve` is typed into another terminal, and serves until the reader is done. Where the page says `127.0.0.1:8000`, the
  port is one that is free.
- What a page installs is there already. Its pages are served by a server of the test's own.
- Where the page names a PostgreSQL database, it is one of the test's own.
"""

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Self

from tests.clients.pages import pages
from tests.clients.served import SECONDS

BLOCK: Final = re.compile(r"^```(sh|console|python)\n(.*?)^```|^## (.+?)$", re.MULTILINE | re.DOTALL)
PORT: Final = re.compile(r"\b127\.0\.0\.1:(80\d\d)\b")
DATABASE: Final = re.compile(r"postgresql://\S+")


class Reader:
    """`database` stands in for a PostgreSQL server. `site` is where the page's own pages are, once it serves them."""

    def __init__(self, folder: Path, node_modules: Path) -> None:
        self.folder = folder
        self.site = ""
        self.database = ""
        self._node_modules = node_modules
        self._ports: dict[str, int] = {}
        self._stack = ExitStack()
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
        self._environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def reads(self, page: str, *sections: str, without: str = "") -> None:
        """The page, or the sections named; a section is named by its heading."""
        heading = ""
        for kind, block, found in BLOCK.findall(page):
            heading = found or heading
            if kind and heading != without and (not sections or heading in sections):
                self._does(kind, self._with_own_ports(block))

    def types(self, command: str) -> str:
        """What the shell answers."""
        after = self.folder / ".environment"
        script = f"set -uo pipefail\n{command}\nanswered=$?\nenv -0 > {shlex.quote(str(after))}\nexit $answered"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}"
        self._environment = dict(line.split("=", 1) for line in after.read_text().split("\0") if line)
        return done.stdout

    def _does(self, kind: str, block: str) -> None:
        first = block.strip().partition("\n")[0]
        if kind == "console":
            self._compares(block)
        elif kind == "python":
            self._runs(block)
        elif first.startswith("regulars serve"):
            self._serves(first)
        elif first.startswith("npm install"):
            (self.folder / "node_modules").symlink_to(self._node_modules)
        elif first.startswith("pip install"):
            pass
        elif "http.server" in first:
            self.site = self._stack.enter_context(pages(self.folder / first.split("--directory ")[1]))
        else:
            self.types("set -e\n" + DATABASE.sub(lambda _: shlex.quote(self.database), block))

    def _compares(self, block: str) -> None:
        for command, expected in _typed(block):
            answer = self.types(command)
            pattern = ".*".join(re.escape(part) for part in expected.strip().split("..."))
            assert re.fullmatch(pattern, answer.strip(), re.DOTALL), f"$ {command}\n{answer}"

    def _runs(self, block: str) -> None:
        done = subprocess.run(
            [sys.executable, "-c", block],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr

    def _serves(self, command: str) -> None:
        _, _, port = command.partition("--port ")
        words = ["regulars", "serve", "--port", str(self._own_port(port or "8000"))]
        self._stack.enter_context(_serving(words, self.folder, self._environment))

    def _with_own_ports(self, block: str) -> str:
        return PORT.sub(lambda found: f"127.0.0.1:{self._own_port(found[1])}", block)

    def _own_port(self, shown: str) -> int:
        if shown not in self._ports:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self._ports[shown] = probe.getsockname()[1]
        return self._ports[shown]


@contextmanager
def _serving(words: list[str], folder: Path, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(words, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("listening on http://127.0.0.1:")
        yield
        process.terminate()
        assert process.wait(SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _typed(block: str) -> list[tuple[str, str]]:
    """Commands and answers. A command goes on to the next line as long as a quotation is open."""
    typed = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.split("\n")
        end = next(end for end in range(1, len(lines)) if _is_whole("\n".join(lines[:end])))
        typed.append(("\n".join(lines[:end]), "\n".join(lines[end:])))
    return typed


def _is_whole(command: str) -> bool:
    try:
        shlex.split(command)
    except ValueError:
        return False
    return True
