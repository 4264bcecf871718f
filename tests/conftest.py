"""What all tests share: how hard Hypothesis tries, databases, servers, and a browser that cannot reach the world.

Hypothesis repeats itself exactly (`derandomize`), so that a test that passed does not fail on someone else's change;
REGULARS_HYPOTHESIS chooses between `default`, `slow` (as `make test-slow` does), `mutation` (as `make mutation` does) and
`hunt`, which draws anew each time.
"""

import asyncio
import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, Phase, settings
from playwright.sync_api import Browser, BrowserContext, Page, Route, WebSocketRoute, sync_playwright

from regulars.service import admins
from regulars.store import migrations
from tests.databases import Emptied, fresh_database, made_quickly, running_postgresql
from tests.live import Keys, Live, stop_all
from tools.chromium import MISSING, find_chromium

# No deadline and no complaint about slow data: both hang on how busy the machine is.
EVERYWHERE: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", derandomize=True, max_examples=40, **EVERYWHERE)
settings.register_profile("slow", derandomize=True, max_examples=2_000, **EVERYWHERE)
settings.register_profile(
    "mutation",
    derandomize=True,
    max_examples=12,
    database=None,
    phases=(Phase.explicit, Phase.generate),  # that something fails is enough: nobody reads the smallest example
    **EVERYWHERE,
)
settings.register_profile("hunt", max_examples=20_000, print_blob=True, **EVERYWHERE)
settings.load_profile(os.environ.get("REGULARS_HYPOTHESIS", "default"))

UPGRADE = migrations.upgrade
HASHER = admins._hasher

OUTSIDE = re.compile(r"^(?!file:|data:|blob:|about:|(http|ws)://127\.0\.0\.1[:/])")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    # What never becomes a request (a prefetched name, a preconnect) finds no host either.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session", autouse=True)
def quick_databases() -> Iterator[None]:
    """In this process; a server that a test starts makes its tables as everywhere."""
    with made_quickly():
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """A password's hash is made to take long, which is what a shop wants and a thousand tests do not."""
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admins, "_hasher", lambda: weak)
        yield


@pytest.fixture
def real_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashed as a shop hashes them."""
    monkeypatch.setattr(admins, "_hasher", HASHER)


@pytest.fixture
def real_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are made by Alembic itself."""
    monkeypatch.setattr(migrations, "upgrade", UPGRADE)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A server that all tests of this process share. A test rather asks for `postgresql` or `database`."""
    with running_postgresql() as dsn:
        yield dsn


@pytest.fixture(scope="session")
def emptied(postgresql_server: str) -> Iterator[Emptied]:
    databases = Emptied(postgresql_server)
    yield databases
    databases.close()


@pytest.fixture
def postgresql(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty PostgreSQL database: without a row or, where the migrations are tested, without a table."""
    if "real_migrations" in request.fixturenames:
        database = fresh_database(request.getfixturevalue("postgresql_server"))
    else:
        database = request.getfixturevalue("emptied").one()
    with database as url:
        yield url


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'record' / 'regulars.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database: the test runs once on each kind."""
    url = request.getfixturevalue(request.param)
    assert isinstance(url, str)
    return url


@pytest.fixture
def go_live(tmp_path: Path) -> Iterator[Callable[..., Live]]:
    """Starts servers: `go_live(database, keys, clock="2018-01-01")`. None of them outlives the test."""
    servers: list[Live] = []

    def start(database: str, keys: Keys, clock: str | None = None) -> Live:
        servers.append(Live(database, keys, tmp_path / f"server-{len(servers)}", clock))
        return servers[-1].start()

    yield start
    stop_all(servers)


@pytest.fixture(autouse=True)
def own_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """From its first page on Playwright keeps a loop running on this thread: whoever wants no browser sees none of it."""
    if "browser" in request.fixturenames:
        yield
        return
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium. A test rather asks for `page` or `new_page`, which keep it from the world."""
    program = find_chromium()
    if program is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def outside_requests() -> list[str]:
    """The addresses that this test's pages asked for beyond files and 127.0.0.1; each was refused."""
    return []


@pytest.fixture
def new_page(browser: Browser, outside_requests: list[str]) -> Iterator[Callable[..., Page]]:
    """Opens a page in a context of its own: `new_page(color_scheme="dark", java_script_enabled=False)`."""
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(service_workers="block", **options)
        contexts.append(context)
        _keep_inside(context, outside_requests)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


def _keep_inside(context: BrowserContext, outside_requests: list[str]) -> None:
    def refuse(route: Route) -> None:
        outside_requests.append(route.request.url)
        route.abort()

    def refuse_socket(socket: WebSocketRoute) -> None:
        outside_requests.append(socket.url)
        socket.close()

    context.route(OUTSIDE, refuse)
    context.route_web_socket(OUTSIDE, refuse_socket)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI runs, a browser test that was skipped has failed."""
    report = yield
    if os.environ.get("CI") and item.get_closest_marker("browser") and _was_skipped(report):
        report.outcome = "failed"
        report.longrepr = f"CI wants this browser test run. {report.longreprtext}"
    return report


def _was_skipped(report: pytest.TestReport) -> bool:
    return report.skipped and not hasattr(report, "wasxfail")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Figures that tests took in passing (`record_property`): stated, not asserted."""
    reports = [one for found in terminalreporter.stats.values() for one in found if isinstance(one, pytest.TestReport)]
    figures = [(one.nodeid, *figure) for one in reports if one.when == "call" for figure in one.user_properties]
    if figures:
        terminalreporter.section("figures")
    for test, name, value in figures:
        terminalreporter.write_line(f"{test}: {name} {value}")
