"""A shop with its pages, spoken to without a browser, and served for one."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from litestar.testing import TestClient

from regulars.service.shop import Shop
from tests.web.admin.shops import PASSWORD, Clock, app_of, fill, opened
from tests.web.admin.visitor import Visitor


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def empty_shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path) as shop:
        yield shop


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    fill(empty_shop, customers=4)
    return empty_shop


@pytest.fixture
def visit(clock: Clock) -> Iterator[Callable[[Shop], Visitor]]:
    """`visit(shop)` is a browser of few words, with cookies of its own."""
    clients: list[TestClient[Litestar]] = []

    def open_client(shop: Shop) -> Visitor:
        client = TestClient(app_of(shop, clock), raise_server_exceptions=False)
        client.__enter__()
        clients.append(client)
        return Visitor(client)

    yield open_client
    for client in clients:
        client.__exit__()


@pytest.fixture
def visitor(visit: Callable[[Shop], Visitor], shop: Shop) -> Visitor:
    return visit(shop)


@pytest.fixture
def ada(visitor: Visitor) -> Visitor:
    """Signed in."""
    visitor.signs_in("ada", PASSWORD)
    return visitor


@contextmanager
def served(app: Litestar) -> Iterator[str]:
    """The application at an address of its own, as `regulars serve` serves it."""
    port = _free_port()
    loop = asyncio.new_event_loop()
    server = Server(app, port=port, interface=Interfaces.ASGI, log_enabled=False)
    thread = Thread(target=lambda: loop.run_until_complete(server.serve()), daemon=True)
    thread.start()
    _wait_for(port)
    yield f"http://127.0.0.1:{port}"
    loop.call_soon_threadsafe(server.stop)
    thread.join(10)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.1).close()
        except OSError:
            Event().wait(0.05)
        else:
            return
    raise AssertionError("the server did not come up")
