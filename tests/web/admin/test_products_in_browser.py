"""The page of products as staff meet it: on a phone and at a desk, by day and by night, full and empty."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace

from tests.web.admin.shops import PASSWORD, Clock, app_of, fill, opened
from tests.web.admin.test_pages_in_browser import DESK, PHONE, RULES, WHERE
from tests.web.admin.test_products import TEA
from tests.web.admin.test_products import fill as fill_catalogue
from tests.web.serving import served


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("shop")) as shop:
        fill(shop, customers=2)
        fill_catalogue(shop, TEA, *[replace(TEA, id=f"{n:03}", title=f"Tea number {n}", url="") for n in range(60)])
        fill_catalogue(shop, replace(TEA, id="cup", title="A cup", category="Cups"), source="orders")
        with served(app_of(shop, Clock())) as address:
            yield address


@pytest.fixture(scope="module")
def empty_place(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("new")) as shop:
        fill(shop, customers=2)
        with served(app_of(shop, Clock())) as address:
            yield address


@pytest.fixture
def enter(new_page, place):
    def enter(viewport=DESK, scheme="light", at=place, **options):
        page = new_page(viewport=viewport, color_scheme=scheme, base_url=at, **options)
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.goto("/")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
        page.goto("/products")
        return page

    return enter


@pytest.mark.parametrize("where", WHERE)
def test_everybody_can_use_it_and_nothing_runs_over_the_edge(enter, place, empty_place, where) -> None:
    for at in (place, empty_place):
        page = enter(*where, at=at)
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.complaints == []


def test_it_is_found_while_one_types(enter) -> None:
    page = enter()
    page.get_by_label("A name, a brand or an id").press_sequentially("a cup")
    page.get_by_role("cell", name="cup", exact=True).wait_for()
    assert page.locator("#found tbody tr").count() == 1
    assert page.get_by_role("status").inner_text() == "1 product found."


def test_without_a_script_a_form_and_links_do_the_same(enter) -> None:
    page = enter(PHONE, java_script_enabled=False)
    page.get_by_role("link", name="The next ones").click()
    page.get_by_role("link", name="Back to the first").click()
    page.get_by_label("Category").select_option("Cups")
    page.get_by_role("button", name="Find").click()
    assert page.locator("#found tbody tr").count() == 1
