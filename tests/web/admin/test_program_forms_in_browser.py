"""A rule of the program changed by whoever has a keyboard, a phone, or no script."""

import re
from collections import namedtuple

import pytest

from regulars.service import programs
from tests.web.admin.shops import CORNER_SHOP, PASSWORD, Clock, app_of, fill, opened
from tests.web.serving import served

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
Place = namedtuple("Place", "shop address")


@pytest.fixture
def place(tmp_path):
    with opened(tmp_path) as shop:
        fill(shop, customers=4)
        with served(app_of(shop, Clock())) as address:
            yield Place(shop, address)


@pytest.fixture
def enter(new_page, place):
    def enter(path, viewport=DESK, **options):
        page = new_page(viewport=viewport, base_url=place.address, **options)
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"/sign-in?next={path}")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{path}")
        page.wait_for_load_state()
        return page

    return enter


def in_force(shop):
    return programs.document(shop, programs.publications(shop)[0].version)


def test_by_keyboard_alone_a_rule_is_changed_its_difference_seen_planned_and_applied(enter, place):
    page = enter("/program")

    def on(role, name):
        wanted = page.get_by_role(role, name=name, exact=True).first
        for _ in range(60):
            page.keyboard.press("Tab")
            if wanted.evaluate("one => one === document.activeElement"):
                assert wanted.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
                return
        raise AssertionError(f"{name} is not reached")

    on("link", "Change weekend")
    page.keyboard.press("Enter")
    page.wait_for_url("**/program/change/earning/weekend")
    page.wait_for_load_state()
    on("textbox", "Multiply the points by")
    page.keyboard.press("Control+a")
    page.keyboard.type("0x")
    page.get_by_text("found “0x”").first.wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.type("3")
    page.get_by_text("3 times the stars on Saturdays and Sundays.").wait_for()
    page.get_by_text(re.compile("stars more would have been given")).wait_for()
    on("checkbox", "Friday")
    page.keyboard.press("Space")
    page.get_by_text("3 times the stars on Fridays, Saturdays and Sundays.").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What would change").wait_for()
    assert in_force(place.shop) == CORNER_SHOP
    assert page.evaluate("document.activeElement.textContent") == "Apply it"
    page.keyboard.press("Enter")
    page.wait_for_url("**/program")

    changed = CORNER_SHOP.replace("multiply: 2", "multiply: 3").replace(
        "[saturday, sunday]", "[friday, saturday, sunday]"
    )
    assert in_force(place.shop) == changed
    assert page.get_by_text("3 times the stars on Fridays, Saturdays and Sundays.").is_visible()
    assert page.complaints == []


def test_without_a_script_a_button_shows_the_difference(enter, place):
    page = enter("/program/change/levels/silver", PHONE, java_script_enabled=False)

    page.get_by_label("Reached at").fill("50")
    page.get_by_role("button", name="Show the difference").click()

    assert "Silver from 50.00 USD." in page.locator("#preview").inner_text()
    assert page.get_by_label("Reached at").input_value() == "50"
    assert page.get_by_role("row", name=re.compile("In silver")).is_visible()
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("button", name="Apply it").click()
    page.wait_for_url("**/program")
    assert "{id: silver, at: 50}" in in_force(place.shop)
