"""The page of those who are likely to order as staff meet it: on a phone and at a desk, by day and by night, without a script."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from regulars.insight.likelihood.findings import Latest, Reason, TooLittle
from regulars.web.app import create_app
from tests.insight.likelihood.test_model import reckoned
from tests.insight.lives import shoppers
from tests.web.admin.shops import PASSWORD, Clock, Ids, fill, opened
from tests.web.admin.test_likelihood import of_this_shop
from tests.web.admin.test_pages_in_browser import DESK, RULES, WHERE
from tests.web.serving import served


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """The same shop with a likelihood, and before there is enough of a past."""
    found = reckoned(shoppers(1_200))
    with opened(tmp_path_factory.mktemp("shop")) as shop:
        fill(shop, customers=40)
        latest = Latest(of_this_shop(shop, found))
        young = Latest(too_little=TooLittle(Reason.SHORT_HISTORY, 120, 14))
        apps = [create_app(shop, Clock(), Ids(20_000), likelihood=one) for one in (latest, young)]
        with served(apps[0]) as one, served(apps[1]) as other:
            yield one, other


@pytest.fixture
def enter(new_page):
    def enter(at, viewport=DESK, scheme="light", **options):
        page = new_page(viewport=viewport, color_scheme=scheme, base_url=at, **options)
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.goto("/")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
        return page

    return enter


@pytest.mark.parametrize("where", WHERE)
def test_everybody_can_use_it_and_nothing_runs_over_the_edge(enter, places, where) -> None:
    for at in places:
        page = enter(at, *where)
        page.goto("/likely")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.complaints == []


def test_without_a_script_one_comes_to_everybody(enter, places) -> None:
    page = enter(places[0], java_script_enabled=False)
    page.goto("/at-risk")
    page.get_by_role("link", name="Likely to convert").click()
    assert page.get_by_role("heading", name="Likely to convert").count() == 1
    page.get_by_role("link", name="More customers").click()
    assert page.get_by_text("That is the last.").count() == 1
    page.get_by_role("link", name="Back to the first").click()
    page.locator("#customers tbody a").first.click()
    assert "/customers/" in page.url
