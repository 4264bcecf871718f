"""The debugger as it is looked at: live, paused, without a script, on a phone and at a desk."""

from collections import namedtuple

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.web.admin.shops import PASSWORD, Clock, app_of, fill, opened, send
from tests.web.admin.test_pages_in_browser import IN_TURN
from tests.web.serving import served

PHONE, DESK, SMALLEST = {"width": 390, "height": 844}, {"width": 1280, "height": 900}, {"width": 320, "height": 640}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

Place = namedtuple("Place", "shop address")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("debugger")) as shop:
        fill(shop, customers=4)
        with served(app_of(shop, Clock())) as address:
            yield Place(shop, address)


@pytest.fixture
def enter(new_page, place):
    """Signs in, and notes what the browser complains of."""

    def enter(viewport=DESK, scheme="light", **options):
        page = new_page(viewport=viewport, color_scheme=scheme, base_url=place.address, **options)
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto("/sign-in")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/overview")
        return page

    return enter


def says(place, name, message):
    send(place.shop, [{"userId": "1762", "event": name, "messageId": message}])


@pytest.mark.parametrize(
    ("viewport", "scheme"), [*IN_TURN, pytest.param(SMALLEST, "light", id="smallest-light", marks=pytest.mark.slow)]
)
def test_axe_finds_nothing_amiss_and_all_fits(enter, outside_requests, viewport, scheme):
    page = enter(viewport, scheme)
    found = {}
    for path in (
        "/debugger",
        "/debugger?paused=1",
        "/debugger?result=refused",
        "/refused",
        "/refused?reason=bad_order",
    ):
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        run = Axe().run(page, options={"runOnly": RULES})
        found[path] = [(one["id"], one["nodes"][0]["target"]) for one in run.response["violations"]]
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
    page.goto("/refused")
    page.get_by_role("button", name="Replay all").click()
    page.get_by_text("24 refused again.").wait_for()
    run = Axe().run(page, options={"runOnly": RULES})
    found["replayed"] = [(one["id"], one["nodes"][0]["target"]) for one in run.response["violations"]]
    assert {path: amiss for path, amiss in found.items() if amiss} == {}
    assert (outside_requests, page.complaints) == ([], [])


def test_what_arrives_shows_by_itself_and_what_stands_open_stays_open(enter, place):
    page = enter()
    page.goto("/debugger")
    last = page.locator("#arrivals > li").first
    last.get_by_text("What was kept").click()
    assert page.locator("#arrivals details[open]").count() == 1

    says(place, "Live One", "live-1")
    page.locator("#arrivals").get_by_text("Live One").wait_for()
    says(place, "Live Two", "live-2")
    page.locator("#arrivals").get_by_text("Live Two").wait_for()

    names = page.locator("#arrivals h2 bdi").all_text_contents()
    assert names[:2] == ["Live Two", "Live One"]
    assert names.count("Live One") == 1
    assert page.locator("#arrivals details[open]").count() == 1
    assert page.complaints == []


def test_paused_it_stands_still_until_one_goes_on(enter, place):
    page = enter()
    page.goto("/debugger")
    page.get_by_role("link", name="Pause").click()
    page.wait_for_url("**paused=1")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    says(place, "While Paused", "paused-1")
    page.wait_for_timeout(2_500)
    # A browser asks for the icon when it finds the time.
    assert [url for url in asked if "/static/" not in url] == []
    assert "While Paused" not in page.locator("#arrivals").inner_text()

    page.get_by_role("link", name="Go on").click()

    page.locator("#arrivals").get_by_text("While Paused").wait_for()


def test_without_a_script_it_is_loaded_again_and_narrowed_down(enter, place):
    page = enter(PHONE, java_script_enabled=False)
    page.goto("/debugger")
    says(place, "Without Script", "plain-1")
    page.get_by_role("link", name="Load again").click()
    assert page.locator("#arrivals h2 bdi").first.inner_text() == "Without Script"
    page.get_by_label("Event").select_option("Without Script")
    page.get_by_role("button", name="Show").click()
    assert page.locator("#arrivals > li").count() == 1
    page.get_by_text("What was kept").click()
    assert "properties" in page.locator("details[open] pre").inner_text()
