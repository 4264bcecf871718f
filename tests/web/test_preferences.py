"""The pages for customers: what a link shows and does, over the wire and in a browser without a script."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from litestar.testing import TestClient

from regulars.kernel.calendar import DAY
from regulars.service import preferences, programs
from regulars.service.customers import find
from regulars.service.shop import Shop
from regulars.web.member import words
from tests.web.admin.shops import CORNER_SHOP, NOW, Clock, app_of, opened, send
from tests.web.serving import served

PHONE, DESK, SMALLEST = {"width": 390, "height": 844}, {"width": 1280, "height": 900}, {"width": 320, "height": 640}
EVERYWHERE = [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark"), (SMALLEST, "light")]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PROGRAM = (
    CORNER_SHOP
    + """
consent:
  email: {ground: consent, double_opt_in: yes}
  ads: {ground: contract}
"""
)


class Person(NamedTuple):
    shop: Shop
    client: TestClient
    link: str
    confirmation: str
    clock: Clock

    def stands(self) -> dict[str, str]:
        known = preferences.by_token(self.shop, self.link.rpartition("/")[2], NOW)
        assert known is not None
        return {one.purpose: one.standing for one in known.standings}

    def words(self) -> int:
        known = preferences.by_token(self.shop, self.link.rpartition("/")[2], NOW)
        assert known is not None
        return len(known.words)

    def presses(self, purpose: str, granted: str = "no", **headers: str):
        form = {"purpose": purpose, "granted": granted}
        return self.client.post(self.link, data=form, headers=headers, follow_redirects=False)


def links(shop: Shop) -> tuple[str, str]:
    programs.publish(shop, PROGRAM, "ada", NOW - 9 * DAY)
    send(shop, [{"type": "identify", "userId": "1762", "messageId": "i", "traits": {"email": "mrs.jones@example.com"}}])
    id = find(shop, "user_id", "1762")
    assert id is not None
    token = preferences.preferences_link(shop, id, NOW).token
    confirming = preferences.confirmation_link(shop, id, "email", NOW).token
    return f"/preferences/{token}", f"/preferences/confirm/{confirming}"


@pytest.fixture
def person(tmp_path) -> Iterator[Person]:
    clock = Clock()
    with opened(tmp_path) as shop:
        link, confirmation = links(shop)
        with TestClient(app_of(shop, clock), raise_server_exceptions=False) as client:
            yield Person(shop, client, link, confirmation, clock)


# --- over the wire -------------------------------------------------------------------------------------------------------


def test_looking_changes_nothing_however_it_is_done(person):
    for path in (person.link, person.confirmation):
        for method in ("GET", "HEAD", "OPTIONS"):
            person.client.request(method, path)
        assert person.client.get(f"{path}?purpose=email&granted=yes").status_code == 200
    assert person.words() == 0


def test_every_purpose_has_a_sentence_a_state_and_a_button(person):
    html = person.client.get(person.link).text
    for purpose, said in words.PURPOSES.items():
        assert said.title in html
        assert said.sentence in html
        assert (said.on in html or said.off in html) == (purpose != "ads")
    assert words.CONTRACT in html


def test_a_button_is_one_change_and_says_what_it_was_recorded_as(person):
    answer = person.presses("analytics")

    assert (answer.status_code, answer.headers["location"]) == (303, f"{person.link}?done=off.analytics")
    html = person.client.get(answer.headers["location"]).text
    assert "Turned off: Statistics." in html
    assert "Recorded as “Consent Withdrawn”: 31 December 2017, 18:30, preference page, words “preferences-1”." in html
    assert person.stands()["analytics"] == "withdrawn"
    again = person.presses("analytics")
    assert words.NOTHING_CHANGED in person.client.get(again.headers["location"]).text
    assert person.words() == 1
    assert person.presses("analytics", "yes").headers["location"].endswith("done=on.analytics")
    assert person.stands()["analytics"] == "granted"


def test_everything_at_once_but_the_contract(person):
    person.presses("everything")
    assert set(person.stands().items()) == {
        ("analytics", "withdrawn"),
        ("profiling", "withdrawn"),
        ("email", "withdrawn"),
        ("sms", "withdrawn"),
        ("ads", "assumed"),
    }


def test_a_double_opt_in_waits_for_the_mail(person):
    person.presses("email", "yes")
    assert person.stands()["email"] == "unconfirmed"
    assert words.STANDINGS["unconfirmed"] in person.client.get(person.link).text

    assert words.CONFIRM_BUTTON in person.client.get(person.confirmation).text
    assert words.OUTCOMES["confirmed"][0] in person.client.post(person.confirmation).text
    assert person.stands()["email"] == "granted"
    assert words.OUTCOMES["already"][0] in person.client.post(person.confirmation).text

    person.presses("email")
    assert words.OUTCOMES["withdrawn"][0] in person.client.post(person.confirmation).text
    assert person.stands()["email"] == "withdrawn"


@pytest.mark.parametrize(("purpose", "granted"), [("", "no"), ("fax", "yes"), ("everything", "yes"), ("<b>", "no")])
def test_a_form_that_is_none_of_ours_does_nothing(person, purpose, granted):
    answer = person.presses(purpose, granted)
    assert answer.status_code == 400
    assert words.NOT_UNDERSTOOD in answer.text
    assert person.words() == 0


def test_a_form_of_another_site_does_nothing(person):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert person.presses("analytics", **headers).status_code == 403
        assert person.client.post(person.confirmation, headers=headers).status_code == 403
    assert person.words() == 0


@pytest.mark.parametrize("touch", ["forged", "expired", "other purpose", "none"])
def test_a_link_that_is_over_says_so_plainly(person, touch):
    link = {
        "forged": person.link[:-9] + "A" * 9,
        "other purpose": "/preferences/" + person.confirmation[21:],
        "none": "/preferences/x",
    }
    if touch == "expired":
        person.clock.goes_on(31 * DAY)
    path = link.get(touch, person.link)
    for answer in (person.client.get(path), person.client.post(path, data={"purpose": "email", "granted": "no"})):
        assert answer.status_code == 404
        assert words.OVER in answer.text
    person.clock.now = NOW
    assert person.words() == 0


def test_the_page_is_told_nobody_and_says_nothing_of_the_person(person):
    answer = person.client.get(person.link)

    assert "script" not in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    for private in ("1762", "jones", "example.com"):
        assert private not in answer.text.replace(person.link, "")
    assert "done?" not in person.client.get(f"{person.link}?done=<b>on</b>").text
    assert "<b>on" not in person.client.get(f"{person.link}?done=on.<b>").text


def test_a_link_opens_none_of_the_pages_for_staff(person):
    for path in ("/overview", "/customers", "/debugger", "/refused"):
        person.client.get(person.link)
        assert person.client.get(path, follow_redirects=False).status_code == 303


def test_the_words_that_were_agreed_to_have_a_version():
    """Whoever changes one of these raises WORDING, and writes the new words down here."""
    said = "|".join(f"{one.title}: {one.sentence} [{one.on}/{one.off}]" for one in words.PURPOSES.values())
    assert (words.WORDING, blake2b(said.encode(), digest_size=8).hexdigest()) == ("preferences-1", "d320fc26cfe6705c")


# --- in a browser --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("member")) as shop:
        link, confirmation = links(shop)
        with served(app_of(shop, Clock())) as address:
            yield address, link, confirmation


@pytest.mark.parametrize(
    ("viewport", "scheme"), [EVERYWHERE[0], *[pytest.param(*one, marks=pytest.mark.slow) for one in EVERYWHERE[1:]]]
)
def test_axe_finds_nothing_amiss_and_all_fits(new_page, place, outside_requests, viewport, scheme):
    address, link, confirmation = place
    page = new_page(viewport=viewport, color_scheme=scheme, base_url=address)
    found = {}
    for path in (link, f"{link}?done=off.email", confirmation, "/preferences/x"):
        page.goto(path)
        run = Axe().run(page, options={"runOnly": RULES})
        found[path[:20]] = [(one["id"], one["nodes"][0]["target"]) for one in run.response["violations"]]
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert {path: amiss for path, amiss in found.items() if amiss} == {}
    assert outside_requests == []


def test_by_keyboard_and_without_a_script(new_page, place):
    address, link, confirmation = place
    page = new_page(viewport=PHONE, base_url=address, java_script_enabled=False)
    page.goto(link)
    page.keyboard.press("Tab")
    assert page.get_by_role("button", name="Stop statistics").evaluate("one => one === document.activeElement")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=off.analytics")
    assert page.get_by_role("status").inner_text() == "Turned off: Statistics."
    page.get_by_role("button", name="Allow statistics").click()
    page.wait_for_url("**done=on.analytics")
    sizes = page.get_by_role("button").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert min(sizes) >= 44
    page.goto(confirmation)
    page.get_by_role("button", name=re.compile("Yes")).click()
    page.get_by_text("It is confirmed.").wait_for()
