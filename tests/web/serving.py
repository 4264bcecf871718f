"""An application on the server that it runs on in earnest, in a thread of its own."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Final

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar

SECONDS_TO_START: Final = 20
SECONDS_TO_STOP: Final = 20


@contextmanager
def served(app: Litestar) -> Iterator[str]:
    """Its address. Afterwards the server has stopped, and the loop is closed by the thread that ran it."""
    port = _free_port()
    server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False)
    runner = asyncio.Runner()
    thread = Thread(target=_serve, args=(runner, server), daemon=True)
    loop = runner.get_loop()
    thread.start()
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(server.stop)
        thread.join(SECONDS_TO_STOP)
    assert not thread.is_alive(), "the server did not stop"


def _serve(runner: asyncio.Runner, server: Server) -> None:
    """A runner ends the tasks and the generators that are left before it closes its loop."""
    with runner:
        runner.run(server.serve())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 0.1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not start")
