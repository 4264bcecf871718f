"""Other people's clients, as they are, before a shop that is served.

What npm brings stands in `node_modules` beside this file; `make install-clients` puts it there. Without it, or without Node,
these tests are skipped; with `CI` set they fail.
"""

import os
import shutil
from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.clients.relay import Relay
from tests.clients.served import Served, served
from tests.conftest import OUTSIDE

HERE = Path(__file__).parent
NUMBERS = count(1)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for all tests of a process: each has a customer of its own."""
    with served(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def relay(shop: Served) -> Iterator[Relay]:
    with Relay(shop.address).standing() as relay:
        yield relay


@pytest.fixture
def ada() -> str:
    """A customer whom nobody knows yet."""
    return f"ada-{next(NUMBERS)}"


@pytest.fixture
def node_modules() -> Path:
    modules = HERE / "node_modules"
    if not (modules / "@segment").exists():
        pytest.skip("The clients are not here: `make install-clients` brings them")
    return modules


@pytest.fixture
def node(node_modules: Path) -> str:
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node was not found: install Node 20 or newer")
    return program


@pytest.fixture
def page(browser: Browser, outside_requests: list[str]) -> Iterator[Page]:
    """A page whose requests nobody intercepts: where somebody does, the browser's own check of other origins is left out.

    It cannot reach the world all the same, for the browser finds no host but 127.0.0.1.
    """

    def note(request: Request) -> None:
        if OUTSIDE.match(request.url):
            outside_requests.append(request.url)

    context = browser.new_context(service_workers="block")
    context.on("request", note)
    yield context.new_page()
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"CI wants this client tried. {report.longreprtext}"
    return report
