"""The pages as staff meet them: on a phone and at a desk, by day and by night, by keyboard, without a script, on paper."""

import re
from collections import namedtuple

import pytest
from axe_playwright_python.sync_playwright import Axe

from regulars.service import programs
from tests.web.admin.shops import CORNER_SHOP, PASSWORD, Clock, app_of, fill, opened
from tests.web.serving import served

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
SMALLEST = {"width": 320, "height": 640}
IN_TURN = [
    pytest.param(DESK, "light", id="desk-light"),
    pytest.param(PHONE, "dark", id="phone-dark", marks=pytest.mark.slow),
    pytest.param(PHONE, "light", id="phone-light", marks=pytest.mark.slow),
    pytest.param(DESK, "dark", id="desk-dark", marks=pytest.mark.slow),
]
"""One width and one theme are looked at quickly, and each with each in the slow lane."""
WHERE = [pytest.param(one.values, id=one.id, marks=one.marks) for one in IN_TURN]
"""The same as one argument."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

Place = namedtuple("Place", "shop address")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The corner shop, open for business."""
    with opened(tmp_path_factory.mktemp("shop")) as shop:
        fill(shop, customers=6)
        with served(app_of(shop, Clock())) as address:
            yield Place(shop, address)


@pytest.fixture(scope="module")
def new_place(tmp_path_factory):
    """One that has just been opened."""
    with opened(tmp_path_factory.mktemp("new")) as shop, served(app_of(shop, Clock())) as address:
        yield Place(shop, address)


@pytest.fixture
def arrive(new_page, place):
    """Comes to the door with a browser, and notes what it complains of."""

    def arrive(viewport=DESK, scheme="light", at=place, **options):
        page = new_page(viewport=viewport, color_scheme=scheme, base_url=at.address, **options)
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto("/")
        return page

    return arrive


@pytest.fixture
def enter(arrive):
    """Signs in."""

    def enter(*args, **options):
        page = arrive(*args, **options)
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/overview")
        return page

    return enter


def finds(page, words):
    """Asks for a customer; the words do not stand in the address."""
    page.goto("/customers")
    page.get_by_label("The shop’s id").fill(words)
    page.get_by_role("button", name="Find").click()
    page.get_by_text(" found.").first.wait_for()
    assert words not in page.url


def rooms(page):
    """Every page there is, one after the other; a customer's with all its tables open."""
    for path in (
        "/overview",
        "/customers",
        "/program",
        "/program/edit",
        "/program/try",
        "/program/add/earning",
        "/program/add/perks",
        "/program/change/earning/purchase",
        "/program/change/levels/gold",
        "/program/change/points/points",
        "/refused",
        "/debugger",
        "/identification",
        "/liability",
        "/liability?on=2017-06-30",
        "/books",
        "/books/2017-12",
        "/adjustments",
        "/products",
        "/audit",
        "/customers/none",
    ):
        page.goto(path)
        yield path
    finds(page, "zzz")
    yield "nobody found"
    finds(page, "1762")
    page.locator("#found a").first.click()
    page.wait_for_url("**/customers/*")
    yield "customer"
    customer = page.url
    page.goto(f"{customer}?on=2017-09-30")
    yield "customer of the past"
    page.goto(f"{customer}/points")
    page.locator("#adjust-points").fill("none")
    page.locator("#adjust-reason").fill("For the delay")
    page.get_by_role("button", name="Give or take them").click()
    page.locator("#adjust-points-trouble").wait_for()
    yield "points by hand"
    page.goto("/program")
    page.locator("table a").first.click()
    page.wait_for_url("**/versions/*")
    yield "version"
    page.goto("/program/change/earning/purchase")
    page.wait_for_load_state()
    page.locator("#f-points").fill("1,5")
    page.locator("#f-points-trouble:not(:empty)").wait_for()
    yield "a rule with a mistake"
    page.locator("#f-points").fill("2")
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("button", name="Apply it").wait_for()
    yield "plan of a rule"
    page.goto("/program/edit")
    page.get_by_label("The document").fill(CORNER_SHOP.replace("points: 1\n", "points: 2\n"))
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("button", name="Apply it").wait_for()
    yield "plan"
    page.wait_for_load_state()  # until then nothing looks at what is typed
    page.get_by_label("The document").fill("currency: US")
    page.get_by_text("things are wrong").wait_for()
    yield "mistakes"


def violations(page):
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page, options={"runOnly": RULES})
    return [(one["id"], one["nodes"][0]["target"]) for one in found.response["violations"]]


# --- looks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("viewport", "scheme"), IN_TURN)
def test_axe_finds_nothing_amiss_on_any_page(enter, arrive, viewport, scheme):
    assert violations(arrive(viewport, scheme)) == []
    page = enter(viewport, scheme)

    assert {room: found for room in rooms(page) if (found := violations(page))} == {}


@pytest.mark.parametrize("viewport", [SMALLEST, PHONE, DESK], ids=["smallest", "phone", "desk"])
def test_every_page_fits_asks_nobody_else_and_breaks_no_rule_of_its_own(enter, outside_requests, viewport):
    page = enter(viewport)

    too_wide = {room: names for room in rooms(page) if (names := beyond(page, viewport))}

    assert too_wide == {}
    assert outside_requests == []
    assert [one for one in page.complaints if "404" not in one and "422" not in one] == []
    assert page.evaluate("[...document.fonts].map(font => font.status)") == ["loaded"]


def beyond(page, viewport):
    """What does not fit: the page itself, or a table that stands open. On the smallest screen a table may be pushed."""
    names = ["page"] if page.evaluate("document.documentElement.scrollWidth") > viewport["width"] else []
    if viewport is SMALLEST:
        return names
    return names + page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(one => one.checkVisibility() && "
        "one.scrollWidth > one.clientWidth).map(one => one.getAttribute('aria-label'))"
    )


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_drawn_is_cut_off_or_written_over(enter, viewport):
    page = enter(viewport)

    boxes = page.evaluate(
        """[...document.querySelectorAll('figure svg')].filter(one => one.checkVisibility()).map(one =>
            [...one.querySelectorAll('text')].map(text => {
                const box = text.getBoundingClientRect()
                return [box.left, box.right, box.top + 3, box.bottom - 3, text.textContent]
            }))"""
    )

    assert len(boxes) == 3
    for texts in boxes:
        assert [text for left, right, _, _, text in texts if left < 0 or right > viewport["width"]] == []
        assert [(one[4], other[4]) for i, one in enumerate(texts) for other in texts[:i] if overlap(one, other)] == []


def overlap(one, other):
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def test_the_dark_page_is_dark_and_paper_is_light(enter):
    page = enter(DESK, "dark")
    colour = "getComputedStyle(document.body).backgroundColor"

    assert brightness(page.evaluate(colour)) < 50
    page.emulate_media(media="print")

    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    assert not page.get_by_role("button", name="Sign out").is_visible()
    assert len(page.pdf()) > 10_000


def brightness(colour):
    return sum(int(channel) for channel in re.findall(r"\d+", colour)[:3]) / 3


# --- hands ---------------------------------------------------------------------------------------------------------------


def test_by_keyboard_alone_from_the_door_to_a_customers_ledger(arrive):
    page = arrive()

    def on(role, name):
        """Goes on with the tabulator until that has the focus, which is seen."""
        wanted = page.get_by_role(role, name=name).first
        for _ in range(60):
            page.keyboard.press("Tab")
            if wanted.evaluate("one => one === document.activeElement"):
                assert wanted.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
                return
        raise AssertionError(f"{name} is not reached")

    on("textbox", "Name")
    page.keyboard.type("ada")
    on("textbox", "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/overview")
    on("link", "Customers")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers")
    on("searchbox", re.compile("The shop’s id"))
    page.keyboard.type("1762")
    page.get_by_text("1 customer found.").wait_for()
    on("link", "1762")
    page.keyboard.press("Enter")
    page.wait_for_url("**/customers/*")
    on("link", "Older entries")
    page.keyboard.press("Enter")
    page.locator("#ledger-table tbody > tr").nth(19).wait_for()

    assert page.evaluate("document.activeElement.id") == "ledger-older-link"


def test_the_first_key_offers_to_skip_what_is_the_same_on_every_page(enter):
    page = enter()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0

    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_the_current_page_is_marked(enter):
    page = enter()
    page.goto("/refused")

    assert page.locator("[aria-current=page]").all_text_contents() == ["Refused"]


@pytest.mark.parametrize("scripted", [True, False], ids=["with script", "without"])
def test_the_ledger_goes_back_to_the_beginning(enter, scripted):
    """With a script older entries are added below; without one each page of them stands alone."""
    page = enter(java_script_enabled=scripted)
    finds(page, "1762")
    page.locator("#found a").first.click()
    page.wait_for_url("**/customers/*")
    seen = page.locator("#ledger-table tbody tr").count()

    for _ in range(12):
        older = page.get_by_role("link", name="Older entries")
        if not older.count():
            break
        rows = page.locator("#ledger-table tbody tr")
        last = rows.last.inner_text()
        older.click()
        if scripted:
            rows.nth(seen).wait_for()
            seen = rows.count()
        else:
            page.wait_for_url("**ledger=*")
            assert rows.last.inner_text() != last
            seen += rows.count()

    page.get_by_text("That is the beginning.").wait_for()
    assert seen > 40


def test_without_a_script_nothing_is_missing(enter, place):
    page = enter(java_script_enabled=False)

    assert page.locator("figure svg >> visible=true").count() == 3
    page.goto("/customers")
    page.get_by_label("The shop’s id").fill("1762")
    page.get_by_role("button", name="Find").click()
    assert page.get_by_role("status").inner_text() == "1 customer found."
    page.goto("/program/edit")
    page.get_by_label("The document").fill(CORNER_SHOP.replace("points: 1\n", "poinst: 1\n"))
    page.get_by_role("button", name="Show what would change").click()
    assert "did you mean “points”?" in page.locator("#plan").inner_text()
    assert "poinst: 1" in page.get_by_label("The document").input_value()
    page.goto("/refused")
    page.get_by_text("The event as it came").first.click()
    assert "messageId" in page.locator("details[open] pre").inner_text()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")


def test_the_plan_follows_what_is_typed_and_apply_takes_what_was_planned(enter, new_place):
    """From an empty shop to its first program, and to the second."""
    page = enter(at=new_place)
    assert page.get_by_role("heading", name="Three steps").count() + page.get_by_text("Three steps").count() == 1
    page.get_by_role("link", name="Write it here").click()
    document = page.get_by_label("The document")

    document.fill(CORNER_SHOP.replace("per: 1.00", "per: 0"))
    page.get_by_text("One thing is wrong").wait_for()
    document.fill(CORNER_SHOP)
    page.get_by_role("button", name="Apply it").click()
    page.wait_for_url("**/program")
    assert page.get_by_text("1 star for each whole 1.00 USD spent").is_visible()

    page.get_by_role("link", name="Change the document").click()
    document.fill(CORNER_SHOP.replace("points: 1\n", "points: 2\n"))
    page.get_by_text("2 stars for each").first.wait_for()
    page.get_by_role("button", name="Apply it").click()
    page.wait_for_url("**/program")
    assert [one.number for one in programs.publications(new_place.shop)] == [2, 1]
    assert page.complaints == []


def test_an_empty_shop_teaches_on_every_page(enter, new_place):
    page = enter(PHONE, at=new_place)
    for path in ("/overview", "/customers", "/refused"):
        page.goto(path)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
