"""The report as people see it: on a phone and at a desk, by day and by night, with the keyboard, on paper."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from regulars.backtesting.report import render
from tests.backtesting.shops import FRESH, HOSTILE, LONG, PURCHASE, corner_shop, many_customers, program
from tests.backtesting.test_report import hostile_program, hostile_till, report, report_of_two

PHONE, DESK = {"width": 375, "height": 812}, {"width": 1280, "height": 900}
SMALLEST = {"width": 320, "height": 640}
EVERYWHERE = [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")]
NAMED = ["phone-light", "phone-dark", "desk-light", "desk-dark"]
QUICKLY = ("phone-dark", "desk-light")
IN_TURN = [
    pytest.param(*one, id=name, marks=[] if name in QUICKLY else [pytest.mark.slow])
    for one, name in zip(EVERYWHERE, NAMED, strict=True)
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Reports by name, as files."""
    plain = program("corner-shop, plain weekends", earning=(PURCHASE, FRESH), version="fedcba9876543210")
    folder = tmp_path_factory.mktemp("reports")
    made = {
        "one": report(corner_shop(), program()),
        "two": report_of_two(corner_shop(), program(), plain),
        "hostile": report(hostile_till(HOSTILE), hostile_program(HOSTILE)),
        "long": report(hostile_till(LONG), hostile_program(LONG)),
        "long-two": report_of_two(hostile_till(LONG), hostile_program(LONG), hostile_program(LONG + "3")),
        "ten-years": render(many_customers(1_000), program(), []),
    }
    for name, html in made.items():
        (folder / f"{name}.html").write_text(html, "utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in made}


@pytest.fixture
def opened(pages, new_page):
    """Opens a report and notes what the browser complains of, a breach of the page's own policy among it."""

    def open_report(name, viewport=DESK, scheme="light", **options):
        page = new_page(viewport=viewport, color_scheme=scheme, **options)
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(pages[name])
        page.evaluate("document.fonts.ready")
        return page

    return open_report


@pytest.mark.parametrize("name", ["one", "two", "hostile", "long", "long-two", "ten-years"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_it_fits_asks_for_nothing_and_breaks_no_rule_of_its_own(opened, outside_requests, name, viewport):
    page = opened(name, viewport)

    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert outside_requests == []
    assert page.complaints == []
    assert page.evaluate("[...document.fonts].map(font => font.status)") == ["loaded"]


@pytest.mark.parametrize("name", ["one", "two"])
@pytest.mark.parametrize(("viewport", "scheme"), IN_TURN)
def test_axe_finds_nothing_amiss(opened, name, viewport, scheme):
    page = opened(name, viewport, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )

    assert [(one["id"], one["nodes"][0]["target"]) for one in found.response["violations"]] == []


@pytest.mark.parametrize("name", ["one", "two"])
@pytest.mark.parametrize("viewport", [SMALLEST, PHONE, DESK], ids=["smallest", "phone", "desk"])
def test_tables_that_stand_open_are_seen_whole(opened, name, viewport):
    page = opened(name, viewport)

    cut = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth)"
        ".map(one => one.getAttribute('aria-label'))"
    )

    assert cut == []


@pytest.mark.parametrize(("viewport", "shown"), [(PHONE, "narrow"), (DESK, "wide")], ids=["phone", "desk"])
def test_each_chart_is_drawn_for_the_screen_with_text_that_can_be_read(opened, viewport, shown):
    page = opened("one", viewport)

    sizes = page.evaluate(
        """[...document.querySelectorAll('figure svg')].filter(one => one.checkVisibility()).map(one => {
            const scale = one.getBoundingClientRect().width / one.viewBox.baseVal.width
            const texts = [...one.querySelectorAll('text')]
            const smallest = Math.min(...texts.map(text => parseFloat(getComputedStyle(text).fontSize)))
            return [one.parentElement.className, scale * smallest]
        })"""
    )

    assert [of for of, _ in sizes] == [shown] * 6
    assert min(size for _, size in sizes) >= 13


@pytest.mark.parametrize("name", ["one", "two", "ten-years"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_drawn_is_cut_off_or_written_over(opened, name, viewport):
    """Every text of a chart lies on the page, and no two texts of one chart overlap."""
    page = opened(name, viewport)

    boxes = page.evaluate(
        """[...document.querySelectorAll('figure svg')].filter(one => one.checkVisibility()).map(one =>
            [...one.querySelectorAll('text')].map(text => {
                const box = text.getBoundingClientRect()
                return [box.left, box.right, box.top + 3, box.bottom - 3, text.textContent]
            }))"""
    )

    for texts in boxes:
        assert [text for left, right, _, _, text in texts if left < 0 or right > viewport["width"]] == []
        assert [(one[4], other[4]) for i, one in enumerate(texts) for other in texts[:i] if overlap(one, other)] == []


def overlap(one, other):
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def test_the_keyboard_reaches_every_table_behind_a_chart_and_opens_it(opened):
    page = opened("one")
    tables = page.locator("details").count()
    opened_tables = 0
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            page.keyboard.press("Enter")
            opened_tables += 1
        if page.evaluate("document.activeElement === document.body"):
            break

    assert opened_tables == tables == page.locator("details[open]").count()


def test_a_figure_opens_its_definition(opened):
    page = opened("one")

    page.get_by_role("link", name="Outstanding").click()

    assert page.url.endswith("#what-is-outstanding")
    assert page.locator("#what-is-outstanding").is_visible()


def test_the_dark_page_is_dark_and_so_are_its_charts(opened):
    def colours(page):
        return page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('.wide text')).fill]"
        )

    light, dark = colours(opened("one", DESK, "light")), colours(opened("one", DESK, "dark"))

    assert brightness(light[0]) > 200 > brightness(light[1])
    assert brightness(dark[0]) < 50 < brightness(dark[1])


def brightness(colour):
    return sum(int(channel) for channel in re.findall(r"\d+", colour)[:3]) / 3


def test_on_paper_it_is_light_and_shows_the_tables_behind_the_charts(opened):
    page = opened("one", DESK, "dark")

    page.emulate_media(media="print", color_scheme="dark")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(
        "[...document.querySelectorAll('details table')].every(one => one.getBoundingClientRect().height > 0)"
    )
    assert len(page.pdf()) > 10_000


def test_without_scripting_nothing_is_missing(opened):
    page = opened("one", DESK, "light", java_script_enabled=False)

    assert page.get_by_role("heading", name="How to read this").is_visible()
    assert page.locator("figure svg >> visible=true").count() == 6
