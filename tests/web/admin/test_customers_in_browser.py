"""The pages about people in a browser: on a phone and at a desk, by day and by night, and without a script."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from regulars.kernel.calendar import MINUTE
from tests.web.admin.shops import LONG, NOW, PASSWORD, Clock, Ids, app_of, browse, fill, opened, send
from tests.web.admin.test_pages_in_browser import IN_TURN
from tests.web.serving import served

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("people")) as shop:
        fill(shop, customers=4)
        traits = {"email": "ada@example.com", "city": "London", "card": "4711"}
        consent = {"purpose": "email", "wording": "Write to me about offers.", "place": "the checkout"}
        send(
            shop,
            [
                {"type": "identify", "userId": "1762", "messageId": "a", "anonymousId": "tablet", "traits": traits},
                {"event": "Consent Granted", "userId": "1762", "messageId": "b", "properties": consent},
            ],
        )
        visit = [
            (NOW - 30 * MINUTE, "Page Viewed", {"title": "Bread"}),
            (NOW - 29 * MINUTE, "Products Searched", {"query": LONG}),
            (NOW - 28 * MINUTE, "Product Added", {"name": "Rye", "price": "4.50"}),
        ]
        browse(shop, visit, "1762", Ids(60_000))
        with served(app_of(shop, Clock())) as address:
            yield address


@pytest.fixture
def enter(new_page, address):
    def enter(viewport, scheme, **options):
        page = new_page(viewport=viewport, color_scheme=scheme, base_url=address, **options)
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.goto("/")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/overview")
        return page

    return enter


def rooms(page):
    """From the list to what can be done to somebody, nothing of it done."""
    page.goto("/customers?order=lifetime&who=account")
    yield "list"
    page.locator("#found").get_by_role("link", name="1762").click()
    page.wait_for_url("**/customers/*")
    path = page.url
    yield "customer"
    page.get_by_role("link", name="Merge with another account").click()
    page.get_by_label(re.compile("The other’s")).fill("1111")
    page.get_by_role("button", name="Find").click()
    page.get_by_text("1 customer found.").wait_for()
    yield "merge"
    page.get_by_role("button", name=re.compile("Show what a merge")).click()
    page.get_by_role("button", name="Merge them").wait_for()
    yield "preview"
    page.goto(f"{path}/export")
    page.get_by_role("button", name="Show it to read").click()
    page.get_by_text("By what this person is known").wait_for()
    yield "export"
    page.goto(f"{path}/erase")
    page.get_by_label(re.compile("to confirm")).fill("somebody else")
    page.get_by_role("button", name="Erase for ever").click()
    page.get_by_role("alert").wait_for()
    yield "erase"
    page.goto("/audit")
    yield "audit"


def wrong_with(page, viewport):
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth") > viewport["width"]
    cut = page.evaluate(
        "[...document.querySelectorAll('.ties')].filter(one => one.checkVisibility()).flatMap(one => {"
        "const frame = one.getBoundingClientRect(); return [...one.querySelectorAll('text')].filter(text => {"
        "const box = text.getBoundingClientRect(); return box.left < frame.left - 1 || box.right > frame.right + 1"
        "}).map(text => text.textContent)})"
    )
    return [*[(one["id"], one["nodes"][0]["target"]) for one in found], *(["too wide"] if wide else []), *cut]


@pytest.mark.parametrize(("viewport", "scheme"), IN_TURN[:2])
def test_nothing_is_amiss_on_the_pages_about_people(enter, viewport, scheme):
    page = enter(viewport, scheme)
    assert {room: wrong for room in rooms(page) if (wrong := wrong_with(page, viewport))} == {}
    assert [one for one in page.complaints if "422" not in one] == []


def test_what_was_done_in_a_visit_unfolds_by_the_keyboard_without_a_script(enter):
    page = enter(PHONE, "light", java_script_enabled=False)
    page.goto("/customers?order=lifetime&who=account")
    page.locator("#found").get_by_role("link", name="1762").click()
    page.wait_for_url("**/customers/*")
    visit = page.locator("#steps-list > li").filter(has_text="Came from Google")
    deed = visit.get_by_text("Put “Rye” into the basket, 4.50 USD")
    assert not deed.is_visible()
    visit.locator("summary").focus()
    page.keyboard.press("Enter")
    assert deed.is_visible()


def test_all_of_it_works_without_a_script(enter):
    seen = list(rooms(enter(DESK, "light", java_script_enabled=False)))
    assert seen == ["list", "customer", "merge", "preview", "export", "erase", "audit"]
