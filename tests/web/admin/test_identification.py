"""The page and the answer of the identification rate: what they say, whom they tell, and how they look."""

import re
from collections import namedtuple
from os import environ
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from litestar.testing import TestClient

from regulars.kernel.calendar import DAY, HOUR
from regulars.service import programs
from regulars.service.ingest import ingest
from regulars.service.keys import create_key
from regulars.wire.events import Sender, understand
from regulars.wire.events.surroundings import Sent
from tests.web.admin.shops import CORNER_SHOP, HOSTILE, NOW, PASSWORD, Clock, Ids, app_of, opened
from tests.web.serving import served

DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Mobile Safari/537.36"
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
REFERRERS = ("", "https://www.google.com/", "https://www.instagram.com/", "https://blog.example/")
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
ENTRIES = [(size, scheme) for size in SIZES for scheme in ("light", "dark")]

Place = namedtuple("Place", "shop address")


def pages(shop, days=28, a_day=40, known=4):
    """Every day so many devices look at a page; every so-manieth of them says a name."""
    program = shop.rulebooks.in_force().program
    ids = Ids(50_000)
    for day in range(days):
        moment = NOW - (days - 1 - day) * DAY
        for agent, odd in ((DESK, 0), (PHONE, 1)):
            batch = [
                {
                    "type": "page",
                    "anonymousId": f"device-{day}-{number}" if number % 3 else f"device-{number}",
                    "messageId": f"page-{day}-{number}",
                    "timestamp": _rfc(moment - (number % 9) * HOUR),
                    "context": {"page": {"url": "https://shop.example/", "referrer": REFERRERS[number % 4]}},
                    **({"userId": f"user-{number}"} if number % known == 0 and (day + number) % 3 else {}),
                }
                for number in range(odd, a_day + day % 7, 2)
            ]
            body = _json({"batch": batch})
            told = understand(body, None, Sender.SITE, moment, program.currency, ids, program.kinds(), Sent("", agent))
            ingest(shop, told, Sender.SITE, moment, program.currency.code).result()


def _json(value):
    import json

    return json.dumps(value).encode()


def _rfc(moment):
    from regulars.wire.instants import rfc3339

    return rfc3339(moment)


@pytest.fixture
def visited(empty_shop):
    programs.publish(empty_shop, CORNER_SHOP, "ada", NOW - 200 * DAY)
    pages(empty_shop, days=3, a_day=20)
    return empty_shop


@pytest.fixture
def staff(visit, visited):
    visitor = visit(visited)
    visitor.signs_in("ada", PASSWORD)
    return visitor


def words_of(answer):
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


# --- what it says --------------------------------------------------------------------------------------------------------


def test_the_page_says_the_rate_with_its_interval_and_when(staff):
    said = words_of(staff.opens("/identification"))

    assert re.search(r"\d+\.\d.% of visitors were identified; with 95 % certainty it is \d+\.\d % to \d+\.\d %", said)
    assert "as of 31 December 2017, 18:30" in said
    for name in ("Returning visitors", "Sessions", "Orders with a known customer", "By source", "By device"):
        assert name in said
    assert "Organic search: google" in said
    assert "A browser: page" in said or "A browser: Page Viewed" in said


def test_the_rate_is_the_one_that_programs_are_told(staff, visited):
    key = create_key(visited.store, "secret", "", NOW)
    told = staff.client.get(
        "/v1/identification?from=2017-12-29&to=2017-12-31", headers={"Authorization": f"Bearer {key}"}
    )

    assert told.status_code == 200
    visitors = told.json()["visitors"]
    assert visitors["low"] <= visitors["rate"] <= visitors["high"]
    said = words_of(staff.opens("/identification?from=2017-12-29&to=2017-12-31"))
    assert f"{visitors['identified']} of {visitors['all']} visitors are people" in said
    assert [one["on"] for one in told.json()["days"]] == ["2017-12-29", "2017-12-30", "2017-12-31"]


@pytest.mark.parametrize(
    "query", ["days=7", "days=28", "days=90", "days=month", "from=2017-12-30&to=2017-12-31", "days=x"]
)
def test_every_period_has_its_page(staff, query):
    assert staff.opens(f"/identification?{query}").status_code == 200


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("from=2017-12-31&to=2017-12-01", "exchange them"),
        ("from=2015-01-01&to=2017-12-01", "take a shorter one"),
        ("from=yesterday&to=", "Write both days"),
        (f"from={HOSTILE.replace('&', '')}&to=1", "Write both days"),
        ("from=9999-12-31&to=9999-12-31", "were"),
    ],
)
def test_days_that_are_none_are_answered_with_the_usual_ones_and_a_word(staff, query, says):
    answer = staff.opens(f"/identification?{query}")

    assert answer.status_code == 200
    assert says in answer.text or "Nobody" in answer.text
    assert "<script>alert" not in answer.text


def test_a_shop_without_visits_is_told_what_to_do_next(visit, shop):
    visitor = visit(shop)
    visitor.signs_in("ada", PASSWORD)
    said = words_of(visitor.opens("/identification"))

    assert "Nobody was seen in these days" in said
    assert "What to do next" in said
    assert "identify" in said


def test_a_shop_without_a_program_is_told_to_write_one(visit, empty_shop):
    visitor = visit(empty_shop)
    visitor.signs_in("ada", PASSWORD)

    assert "No program is in force yet" in words_of(visitor.opens("/identification"))


def test_whoever_is_not_signed_in_sees_the_door(visit, visited):
    assert visit(visited).opens("/identification").status_code == 303


# --- for programs --------------------------------------------------------------------------------------------------------


@pytest.fixture
def api(visited):
    with TestClient(app_of(visited, Clock())) as client:
        yield client


@pytest.mark.parametrize(
    "query",
    [
        "from=2017-12-31&to=2017-12-01",
        "from=x",
        "from=2017-12-01&from=2017-12-02",
        "from=20171201",
        "to=",
        "from=2012-01-01",
    ],
)
def test_days_that_are_none_are_a_problem(api, visited, query):
    key = create_key(visited.store, "secret", "", NOW)
    answer = api.get(f"/v1/identification?{query}", headers={"Authorization": f"Bearer {key}"})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_period")


def test_only_a_secret_key_is_told(api, visited):
    public = create_key(visited.store, "public", "", NOW)

    assert api.get("/v1/identification").status_code == 401
    assert api.get("/v1/identification", headers={"Authorization": f"Bearer {public}"}).status_code == 403


def test_the_document_has_the_route_and_its_answer(api):
    document = api.get("/openapi.json").json()

    assert "IdentificationAnswer" in document["components"]["schemas"]
    assert [one["name"] for one in document["paths"]["/v1/identification"]["get"]["parameters"]] == ["from", "to"]


# --- how it looks --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("visited")) as shop:
        programs.publish(shop, CORNER_SHOP, "ada", NOW - 200 * DAY)
        pages(shop)
        with served(app_of(shop, Clock())) as address:
            yield Place(shop, address)


@pytest.mark.parametrize(("size", "scheme"), ENTRIES, ids=["-".join(entry) for entry in ENTRIES])
def test_axe_finds_nothing_amiss_and_everything_fits(new_page, place, outside_requests, size, scheme):
    page = new_page(viewport=SIZES[size], color_scheme=scheme, base_url=place.address)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto("/")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/overview")

    for path in ("/identification", "/identification?from=2016-01-01&to=2016-01-02"):
        page.goto(path)
        if folder := environ.get("REGULARS_PICTURES"):
            page.screenshot(path=Path(folder) / f"identification-{size}-{scheme}-{len(path)}.png", full_page=True)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        assert [(one["id"], one["nodes"][0]["target"]) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    assert complaints == []
    assert outside_requests == []
