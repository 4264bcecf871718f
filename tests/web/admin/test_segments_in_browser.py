"""Segments as staff meet them: put together by keyboard alone, looked at on a phone and at a desk, by day and by night, and without
a script.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from regulars.kernel.calendar import DAY
from regulars.service import programs
from regulars.service.refreshing import FILE_NAME, refresh_file
from regulars.service.waking import adopt_all
from regulars.web.app import create_app
from tests.web.admin.shops import CORNER_SHOP, NOW, PASSWORD, Clock, Ids, fill, opened
from tests.web.admin.test_pages_in_browser import DESK, IN_TURN, PHONE, RULES, SMALLEST
from tests.web.admin.test_segments import SEGMENTS
from tests.web.serving import served

FOCUSED = "Autofocus processing was blocked because a document already has a focused element."
"""What Chromium notes where a script has given the focus to what was added, before it would have done so itself."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    with opened(folder) as shop:
        fill(shop, customers=12)
        programs.publish(shop, CORNER_SHOP + SEGMENTS, "ada", NOW - DAY)
        adopt_all(shop, NOW - DAY)
        refresh_file(shop, folder / FILE_NAME, NOW)
        with served(create_app(shop, Clock(), Ids(20_000), analytics=folder / FILE_NAME)) as address:
            yield address


@pytest.fixture
def enter(new_page, place):
    def enter(viewport=DESK, scheme="light", **options):
        page = new_page(viewport=viewport, color_scheme=scheme, base_url=place, **options)
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text) if message.text != FOCUSED else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto("/")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/overview")
        return page

    return enter


@pytest.mark.parametrize(("viewport", "scheme"), IN_TURN)
def test_everybody_can_use_it_and_nothing_runs_over_the_edge(enter, outside_requests, viewport, scheme) -> None:
    page = enter(viewport, scheme)
    for path in (
        "/segments",
        "/segments/twice?with=both",
        "/build-segment",
        "/segments/both/edit",
        "/at-risk",
        "/at-risk?away=lost",
    ):
        page.goto(path)
        assert (path, violations(page)) == (path, [])
        for size in (SMALLEST, viewport):
            page.set_viewport_size(size)
            assert (path, size, overhang(page)) == (path, size, 0)
    page.goto("/segments/both/edit")
    page.get_by_role("button", name="Show what deleting it would change", include_hidden=True).evaluate(
        "one => one.click()"
    )
    page.get_by_role("button", name="Apply it").wait_for()
    assert violations(page) == []
    assert page.complaints == []
    assert outside_requests == []


@pytest.mark.parametrize(("viewport", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"])
def test_by_keyboard_alone_a_segment_is_put_together_tried_applied_and_exported(enter, viewport, scheme) -> None:
    page = enter(viewport, scheme)
    page.goto("/segments")
    keys = Keys(page)

    keys.to("Put a segment together").presses("Enter", "**/build-segment")
    keys.to("Its name").types(f"gold-sleepers-{scheme}")
    keys.to("Condition 1: what it says").chooses("did something, so often", "At least")
    keys.to("What they did").types("Order Completed")
    keys.to("At least").types("2")
    page.get_by_text("Those who did “Order Completed” at least 2 times.").wait_for()
    keys.to("Add a condition to the segment").adds("f-c-1-kind")
    keys.chooses("did something for the last time, so long ago", "More than … ago")
    keys.to("What they did").types("Order Completed")
    keys.to("More than … ago").types("60 dys")
    page.locator("#f-c-1-more_than-trouble", has_text="did you mean “60 days”?").wait_for()
    keys.types("60 days")
    keys.to("Add a condition to the segment").adds("f-c-2-kind")
    keys.chooses("a level", "This level or higher")
    keys.to("This level or higher").types("gold")
    page.get_by_text("and have level gold").wait_for()
    assert "customer" in page.locator("#preview .headline").text_content()
    keys.to("Show what would change").presses("Enter", "**/plan")
    keys.to("Apply it").presses("Enter", f"**/segments/gold-sleepers-{scheme}?done=applied")
    with page.expect_download() as download:
        keys.to("Export as CSV")
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == f"segment-gold-sleepers-{scheme}.csv"
    assert page.complaints == []


def test_without_a_script_the_builder_works_by_its_buttons(enter) -> None:
    page = enter(java_script_enabled=False)
    page.goto("/build-segment")
    page.get_by_label("Its name").fill("by-buttons")
    page.get_by_label("Condition 1: what it says").select_option("did")
    page.get_by_role("button", name="Show its fields").first.click()
    page.get_by_label("What they did", exact=True).fill("Order Completed")
    page.get_by_label("At least").fill("twice")
    page.get_by_role("button", name="Show what would change").click()
    assert page.locator("#f-c-0-at_least-trouble").text_content().startswith("Expected a number")
    page.get_by_label("At least").fill("3")
    page.get_by_role("button", name="Add a group of conditions to the segment").click()
    page.get_by_label("Condition 2.1: what it says").select_option("member")
    page.get_by_role("button", name="Show its fields").last.click()
    page.get_by_label("Takes part").select_option("yes")
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("button", name="Apply it").wait_for()


class Keys:
    """A hand that has a keyboard only."""

    def __init__(self, page) -> None:
        self._page = page

    def to(self, name: str) -> "Keys":
        """Tabs on until the element of this name has the focus."""
        for _ in range(200):
            self._page.keyboard.press("Tab")
            if self._page.evaluate(NAME_OF_FOCUSED) == name:
                return self
        raise AssertionError(f"by Tab one does not come to “{name}”")

    def presses(self, key: str, until: str) -> None:
        """Which leads to another page."""
        self._page.keyboard.press(key)
        self._page.wait_for_url(until)

    def adds(self, id: str) -> None:
        """By a button, after which what was added has the focus."""
        self._page.keyboard.press("Enter")
        self._page.wait_for_function("id => document.activeElement.id === id", arg=id)

    def types(self, text: str) -> None:
        self._page.keyboard.press("Control+a")
        self._page.keyboard.type(text)

    def chooses(self, title: str, then: str) -> None:
        """As one does in a list, by its letters; the page comes back with the fields of what was chosen, the focus where it was."""
        field = self._page.evaluate("document.activeElement.id")
        self._page.keyboard.type(title)
        self._page.get_by_label(then).last.wait_for()
        self._page.wait_for_function("id => document.activeElement.id === id", arg=field)
        assert self._page.evaluate("document.activeElement.selectedOptions[0].textContent") == title


NAME_OF_FOCUSED = """() => {
    const one = document.activeElement;
    const label = one.labels && one.labels[0] ? one.labels[0].textContent : one.getAttribute('aria-label') || one.textContent;
    return label.trim();
}"""


def violations(page):
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page, options={"runOnly": RULES})
    return [(one["id"], one["nodes"][0]["target"]) for one in found.response["violations"]]


def overhang(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
