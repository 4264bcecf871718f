"""`@segment/analytics-next`, as it is, in a real browser, on a page of another origin than the shop's."""

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from tests.clients.calls import EVERYTHING, order, otherwise_sent
from tests.clients.pages import pages
from tests.clients.relay import Relay
from tests.clients.served import SECONDS, Served, until

HERE: Final = Path(__file__).parent
UMD: Final = "@segment/analytics-next/dist/umd"
PAGE: Final = """<!doctype html>
<title>Corner</title>
<link rel="icon" href="data:,">
<script src="/segment/index.js"></script>
"""
LOAD: Final = """async ([writeKey, cdnURL, options]) => {
  window.analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey, cdnURL }, options)
  await window.analytics.ready()
}"""
EACH_ALONE: Final[dict[str, Any]] = {}
THREE_AT_ONCE: Final = {"deliveryStrategy": {"strategy": "batching", "config": {"size": 3, "timeout": 60_000}}}
SOON: Final = {"deliveryStrategy": {"strategy": "batching", "config": {"size": 3, "timeout": 200}}}

Loads = Callable[..., Page]


@pytest.fixture
def loads(node_modules: Path, tmp_path: Path, page: Page) -> Iterator[Loads]:
    """Opens the shop's page and loads the client in it with a key, which asks the address for the rest."""
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "segment").symlink_to(node_modules / UMD)
    with pages(tmp_path) as origin:

        def loads(address: str, key: str, **settings: Any) -> Page:
            page.goto(f"{origin}/index.html")
            page.evaluate(LOAD, [key, address, {"integrations": {"Segment.io": settings}}])
            return page

        yield loads


@pytest.mark.parametrize(
    ("settings", "paths"),
    [
        pytest.param(EACH_ALONE, ["/v1/a", "/v1/g", "/v1/i", "/v1/p", "/v1/s", "/v1/t"], id="each alone"),
        pytest.param(THREE_AT_ONCE, ["/v1/b", "/v1/b"], id="three at once"),
    ],
)
def test_all_it_can_say_arrives(
    shop: Served,
    relay: Relay,
    ada: str,
    loads: Loads,
    outside_requests: list[str],
    settings: dict[str, Any],
    paths: list[str],
) -> None:
    page = loads(relay.address, shop.public, **settings)
    page.evaluate(
        """async (ada) => {
          await analytics.identify(ada, { plan: "gold" })
          await analytics.track("Product Viewed", { product_id: "espresso", price: 3.2 })
          await analytics.page("Shop", "Coffee", { path: "/coffee" })
          await analytics.screen("App", "Basket")
          await analytics.group("staff", { name: "Staff" })
          await analytics.alias(ada, `visitor-${ada}`)
        }""",
        ada,
    )

    assert until(lambda: len(shop.did(ada)) == len(EVERYTHING)), shop.did(ada)
    assert sorted(shop.did(ada)) == sorted(EVERYTHING), "two requests may overtake each other"
    assert {fact["trust"] for fact in shop.facts(ada)} == {"weak"}
    assert shop.did(f"anonymous_id:visitor-{ada}") == shop.did(ada)
    assert sorted(one.path for one in relay.told()) == paths
    assert f"/v1/projects/{shop.public}/settings" in {one.path for one in relay.passed}
    assert {one.path for one in relay.passed if one.method == "OPTIONS"} == set(paths), (
        "the browser asked whether it may"
    )
    assert outside_requests == []


def test_whoever_has_not_signed_in_is_a_visitor(shop: Served, loads: Loads) -> None:
    page = loads(shop.address, shop.public)
    visitor = page.evaluate(
        "async () => { await analytics.page('Coffee'); return (await analytics.user()).anonymousId() }"
    )

    assert until(lambda: shop.did(f"anonymous_id:{visitor}") == ["Page Viewed"])


def test_the_snippet_that_pages_may_have_already(
    shop: Served, ada: str, node: str, node_modules: Path, tmp_path: Path, page: Page, outside_requests: list[str]
) -> None:
    """Two things change in it: where the script comes from, and who is asked for the settings."""
    render = "console.log(require('@segment/snippet').min({ apiKey: process.argv[1] }))"
    snippet = subprocess.check_output([node, "-e", render, shop.public], cwd=HERE, text=True, timeout=SECONDS)
    snippet, scripts = re.subn(r"t\.src=[^;]+;", 't.src="/segment/standalone.js";', snippet)
    snippet, loads = re.subn(r"analytics\.load\(", f'analytics._cdn="{shop.address}";analytics.load(', snippet)
    assert (scripts, loads) == (1, 1)
    (tmp_path / "segment").symlink_to(node_modules / UMD)
    (tmp_path / "index.html").write_text(
        f"<!doctype html><link rel=icon href=data:,><script>{snippet}</script>"
        f"<script>analytics.identify('{ada}'); analytics.track('Product Added')</script>"
    )

    with pages(tmp_path) as origin:
        page.goto(f"{origin}/index.html")
        assert until(lambda: {"Identified", "Product Added"} <= set(shop.did(ada))), shop.did(ada)

    assert outside_requests == []


def test_an_order_from_a_browser_is_heard_and_earns_nothing(shop: Served, relay: Relay, ada: str, loads: Loads) -> None:
    page = loads(relay.address, shop.public)
    page.evaluate(
        """async ([ada, order]) => {
          await analytics.identify(ada)
          await analytics.track("Order Completed", order)
        }""",
        [ada, order(f"1-{ada}")],
    )

    assert until(lambda: shop.did(ada) == ["Identified", "Order Completed"]), shop.did(ada)
    assert [fact["order_id"] for fact in shop.facts(ada)] == [None, None]
    assert shop.stars(ada) == 0


@pytest.mark.parametrize("settings", [EACH_ALONE, SOON], ids=["each alone", "gathered"])
def test_a_resend_changes_nothing(shop: Served, relay: Relay, ada: str, loads: Loads, settings: dict[str, Any]) -> None:
    page = loads(relay.address, shop.public, **settings)
    page.evaluate("async (ada) => { await analytics.track('Product Added', {}, { userId: ada }) }", ada)
    assert until(lambda: shop.did(ada) == ["Product Added"])

    assert until(lambda: len(relay.told()) == 1)
    [told] = relay.told()
    answer = relay.says_again(told, otherwise_sent(told.said()), **{"x-retry-count": "4"})

    assert answer == {"success": True, "accepted": 1, "rejected": []}
    assert shop.did(ada) == ["Product Added"]


@pytest.mark.parametrize("settings", [EACH_ALONE, SOON], ids=["each alone", "gathered"])
def test_what_it_tells_again_after_a_lost_answer_counts_once(
    shop: Served, relay: Relay, ada: str, loads: Loads, settings: dict[str, Any]
) -> None:
    page = loads(relay.address, shop.public, **settings)
    relay.answers_to_lose = 1
    page.evaluate("async (ada) => { analytics.track('Product Added', {}, { userId: ada }) }", ada)

    assert until(lambda: len(relay.told()) == 2)
    first, again = relay.told()
    assert (first.status, again.status) == (200, 200)
    assert again.headers["x-retry-count"] == "1"
    assert until(lambda: again.answer == b'{"success":true,"accepted":1,"rejected":[]}')
    assert shop.did(ada) == ["Product Added"]
