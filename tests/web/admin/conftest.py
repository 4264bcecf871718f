"""A shop with its pages, spoken to without a browser."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
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
    with ExitStack() as clients:
        yield lambda shop: Visitor(
            clients.enter_context(TestClient(app_of(shop, clock), raise_server_exceptions=False))
        )


@pytest.fixture
def visitor(visit: Callable[[Shop], Visitor], shop: Shop) -> Visitor:
    return visit(shop)


@pytest.fixture
def ada(visitor: Visitor) -> Visitor:
    """Signed in."""
    visitor.signs_in("ada", PASSWORD)
    return visitor
