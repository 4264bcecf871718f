"""The server: one process, one event loop, on granian.

Several processes on one PostgreSQL database are several commands, each with a port of its own, behind the shop's proxy.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

Asgi = Callable[[Any, Any, Any], Awaitable[None]]

HEADER_SECONDS: Final = 15
BACKLOG: Final = 1024


def serve(app: Asgi, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Until SIGTERM or SIGINT; requests that are under way are answered first. `ready` is told the address. Port 0 is any free
    one; OSError where the port is taken."""
    logging.getLogger("_granian").setLevel(logging.WARNING)
    port = _free(host, port)
    asyncio.run(_serve(app, host, port, lambda: ready(f"http://{_shown(host)}:{port}")))


async def _serve(app: Asgi, host: str, port: int, ready: Callable[[], None]) -> None:
    server = Server(
        _told_when_ready(app, host, port, ready),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        websockets=False,
        backlog=BACKLOG,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


def _told_when_ready(app: Asgi, host: str, port: int, ready: Callable[[], None]) -> Asgi:
    """It is ready when the application has started and a connection is taken, which may be a moment later."""
    telling: list[asyncio.Task[None]] = []

    async def told(
        scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        async def sent(message: Any) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                telling.append(asyncio.create_task(_tell(_near(host), port, ready)))

        await app(scope, receive, sent if scope["type"] == "lifespan" else send)

    return told


async def _tell(host: str, port: int, ready: Callable[[], None]) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        ready()
        return


def _near(host: str) -> str:
    """Where this machine reaches itself, for a server that listens everywhere."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def _free(host: str, port: int) -> int:
    """The port, tried out before: the server itself would not say why it cannot listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
