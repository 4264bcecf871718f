"""What all tests share: how hard Hypothesis tries, and a browser that cannot reach the world.

Hypothesis repeats itself exactly (`derandomize`), so that a test that passed does not fail on someone else's change;
REGULARS_HYPOTHESIS chooses between `default`, `slow` (as `make test-slow` does), `mutation` (as `make mutation` does) and
`hunt`, which draws anew each time.
"""

import os
import re
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, BrowserContext, Page, Route, WebSocketRoute, sync_playwright

from tools.chromium import MISSING, find_chromium

# No deadline and no complaint about slow data: both hang on how busy the machine is.
EVERYWHERE: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", derandomize=True, max_examples=60, **EVERYWHERE)
settings.register_profile("slow", derandomize=True, max_examples=2_000, **EVERYWHERE)
settings.register_profile("mutation", derandomize=True, max_examples=12, database=None, **EVERYWHERE)
settings.register_profile("hunt", max_examples=20_000, print_blob=True, **EVERYWHERE)
settings.load_profile(os.environ.get("REGULARS_HYPOTHESIS", "default"))

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
