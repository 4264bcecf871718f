"""From one shop to the other in a real browser, which keeps the cookies of both, and to which their addresses are two origins."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from regulars.service import made
from regulars.service.admins import admin_named, create_link
from regulars.service.neighbours import Neighbour
from regulars.service.sign import MADE, put_up
from regulars.web.app import create_app
from tests.web.admin.shops import NOW, PASSWORD, Clock, Ids, fill, opened
from tests.web.serving import served

SIZES = {
    "smallest": {"width": 320, "height": 640},
    "phone": {"width": 390, "height": 844},
    "desk": {"width": 1280, "height": 900},
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
REAL_NOTE = "A real grocer’s year."


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """The addresses of two shops that know each other, a real one and a made one."""
    with opened(tmp_path_factory.mktemp("real")) as real, opened(tmp_path_factory.mktemp("made")) as other:
        put_up(real, "The grocer’s year", REAL_NOTE)
        made.begin(other, "year 1")
        put_up(other, "The made year", None)
        fill(real, customers=2)
        fill(other, customers=2)
        apps = [create_app(shop, Clock(), Ids(20_000), cookies=end) for shop, end in ((real, "_1"), (other, "_2"))]
        with served(apps[0]) as here, served(apps[1]) as there:
            apps[0].state["signboard"].neighbour = Neighbour("The made year", there, lambda: link(other))
            apps[1].state["signboard"].neighbour = Neighbour("The grocer’s year", here, lambda: link(real))
            yield here, there


def link(shop):
    ada = admin_named(shop, "ada")
    assert ada is not None
    return create_link(shop, ada, NOW)


@pytest.fixture
def enter(new_page, street):
    def enter(size="desk", **options):
        page = new_page(viewport=SIZES[size], base_url=street[0], **options)
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.goto("/")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/overview")
        return page

    return enter


@pytest.mark.parametrize("scripted", [True, False], ids=["with script", "without"])
def test_there_and_back_without_signing_in_again(enter, street, scripted):
    here, there = street
    page = enter(java_script_enabled=scripted)
    page.goto("/customers")
    assert page.locator(".sign").inner_text() == REAL_NOTE

    page.get_by_role("button", name="Switch to The made year").click()
    page.wait_for_url(f"{there}/customers")

    assert page.locator(".sign").inner_text() == MADE
    assert page.locator(".shop").inner_text() == "The made year"
    before = cookies(page)
    page.get_by_role("button", name="Switch to The grocer’s year").click()
    page.wait_for_url(f"{here}/customers")
    page.get_by_role("button", name="Switch to The made year").click()
    page.wait_for_url(f"{there}/customers")
    assert cookies(page) == before
    assert page.complaints == []


def test_signing_out_of_one_leaves_the_other_open(enter, street):
    here, there = street
    page = enter()
    page.get_by_role("button", name="Switch to").click()
    page.wait_for_url(f"{there}/overview")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{there}/sign-in")

    assert page.locator(".sign").inner_text() == MADE
    page.goto(f"{here}/overview")
    assert page.get_by_role("button", name="Sign out").is_visible()


@pytest.mark.parametrize(("size", "scheme"), [("smallest", "light"), ("phone", "dark"), ("desk", "light")])
def test_note_and_switch_fit_and_axe_finds_nothing_amiss(enter, street, size, scheme):
    page = enter(size, color_scheme=scheme)
    for address in street:
        page.goto(f"{address}/overview")
        if address != street[0]:
            page.goto(f"{street[0]}/overview")
            page.get_by_role("button", name="Switch to").click()
            page.wait_for_url(f"{address}/overview")
        found = Axe().run(page, options={"runOnly": RULES})

        assert [(one["id"], one["nodes"][0]["target"]) for one in found.response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


def test_paper_says_it_too(enter, street):
    page = enter()
    page.get_by_role("button", name="Switch to").click()
    page.wait_for_url(f"{street[1]}/overview")
    page.emulate_media(media="print")

    assert page.locator(".sign").is_visible()
    assert not page.get_by_role("button", name="Switch to").is_visible()


def cookies(page):
    return sorted([(one["name"], one["value"]) for one in page.context.cookies()])
