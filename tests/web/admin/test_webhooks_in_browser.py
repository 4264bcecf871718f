"""The pages of webhooks as staff meet them: on a phone and at a desk, by day and by night, and without a script."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.web.admin.shops import PASSWORD, Clock, app_of, fill, opened
from tests.web.admin.test_pages_in_browser import DESK, PHONE, RULES, WHERE
from tests.web.admin.test_webhooks import add, tell
from tests.web.serving import served


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A CRM that takes what it is told, one that does not, and one that is gone."""
    with opened(tmp_path_factory.mktemp("shop")) as shop:
        fill(shop, customers=2)
        add(shop, "gone")
        tell(shop, *[410] * 4)
        add(shop)
        tell(shop, 204, 204, 500)
        add(shop, "a-name-as-long-as-a-name-may-be-and-not-one-letter-more-xxxx")
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
        page.goto("/webhooks")
        return page

    return enter


@pytest.mark.parametrize("where", WHERE)
def test_everybody_can_use_it_and_nothing_runs_over_the_edge(enter, place, empty_place, where) -> None:
    for at, path in (
        (place, "/webhooks"),
        (place, "/webhooks/crm"),
        (place, "/webhooks/gone"),
        (empty_place, "/webhooks"),
    ):
        page = enter(*where, at=at)
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.complaints == []


def test_without_a_script_one_is_made_tested_and_removed(enter, empty_place) -> None:
    page = enter(PHONE, at=empty_place, java_script_enabled=False)
    page.get_by_label("What you call it").fill("crm")
    page.get_by_label("Address").fill("https://crm.example.com/hooks")
    page.get_by_label("That a customer left a segment").uncheck()
    page.get_by_role("button", name="Tell it from now on").click()
    assert page.get_by_role("group", name="Secret").inner_text().startswith("whsec_")
    page.goto("/webhooks/crm")
    assert page.get_by_label("That a customer left a segment").is_checked() is False
    page.get_by_role("button", name="Send a test message").click()
    assert page.get_by_role("heading", name="A test message").count() == 1
    page.get_by_text("Remove crm").click()
    page.get_by_role("button", name="Remove for ever").click()
    assert page.get_by_text("It is told nothing any more.").count() == 1


def test_what_was_typed_wrongly_is_said_beside_its_field(enter, empty_place) -> None:
    page = enter(at=empty_place)
    page.get_by_label("What you call it").fill("crm")
    page.get_by_label("Address").fill("https://192.168.1.1/hooks")
    page.get_by_role("button", name="Tell it from now on").click()
    address = page.get_by_label("Address")
    assert address.input_value() == "https://192.168.1.1/hooks"
    assert address.get_attribute("aria-invalid") == "true"
    assert "private or local" in page.get_by_role("alert").inner_text()
