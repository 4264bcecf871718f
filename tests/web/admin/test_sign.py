"""Every page says what must be said of the shop; and from one shop one gets to the shop next door."""

import re

import pytest
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from regulars.service import made
from regulars.service.neighbours import Key, Neighbour
from regulars.service.sign import MADE, put_up
from regulars.web.app import create_app
from tests.web.admin.shops import NOW, PASSWORD, Ids, app_of, fill, opened
from tests.web.admin.visitor import Visitor, hidden

THERE = "http://127.0.0.1:8001"
NO_PAGES = ("/static/", "/docs/", "/openapi.json", "/v1/", "/metrics", "/healthz", "/readyz", "/sourceConfig")


@pytest.fixture
def made_shop(empty_shop):
    """It has a made year behind it, and a few customers."""
    made.begin(empty_shop, "year 1")
    put_up(empty_shop, "Hearth & Hem", "Closed on Sundays.")
    fill(empty_shop, customers=3)
    return empty_shop


@pytest.fixture
def bea(visit, made_shop):
    """Signed in there."""
    visitor = visit(made_shop)
    visitor.signs_in("ada", PASSWORD)
    return visitor


def paths(app):
    """Every address that answers GET."""
    return sorted({route.path for route in app.routes if isinstance(route, HTTPRoute) and "GET" in route.methods})


def somebody(visitor):
    """The id by which a page names one of the customers."""
    return re.findall(r'href="/customers/([0-9a-f-]+)"', visitor.opens("/customers").text)[0]


def test_every_page_says_what_the_shop_is(bea, clock, made_shop):
    found = bea.opens("/customers/lookup").text  # nobody's: an error page
    version = bea.opens("/program").text.partition("/program/versions/")[2].partition('"')[0]
    filled = {"{id:str}": somebody(bea), "{version:str}": version, "{token:str}": "none", "{seq:int}": "1"}
    silent, seen = [], 0
    for path in paths(app_of(made_shop, clock)):
        if path.startswith(NO_PAGES):
            continue
        for name, value in filled.items():
            path = path.replace(name, value)
        answer = bea.opens(path)
        if "text/html" not in answer.headers["content-type"] or answer.is_redirect:
            continue
        seen += 1
        if f"{MADE} Closed on Sundays." not in answer.text:
            silent.append(path)

    assert f"{MADE} Closed on Sundays." in found
    assert "<bdi>Hearth &amp; Hem</bdi>" in found
    assert silent == []
    assert seen > 20


def test_so_does_the_door_to_whoever_is_not_signed_in(visit, made_shop):
    assert MADE in visit(made_shop).opens("/sign-in").text
    assert MADE in visit(made_shop).opens("/sign-in/link/none").text


def test_so_do_what_one_takes_away_and_the_page_of_the_interface(bea):
    export = f"/customers/{somebody(bea)}/export"

    assert bea.fills_in(export, export).json()["note"] == f"{MADE} Closed on Sundays."
    assert MADE in bea.opens("/docs").text


def test_a_shop_of_which_nothing_must_be_said_says_nothing(ada):
    export = f"/customers/{somebody(ada)}/export"
    page, exported = ada.opens("/overview"), ada.fills_in(export, export)

    assert 'class="sign"' not in page.text
    assert "<bdi>corner-shop</bdi>" in page.text
    assert "Switch to" not in page.text
    assert "note" not in exported.json()
    assert "<aside" not in ada.opens("/docs").text


def test_a_new_name_shows_within_seconds(empty_shop):
    passed = [0]
    app = create_app(empty_shop, lambda: NOW, Ids(), tick=lambda: passed[0])
    with TestClient(app) as client:
        put_up(empty_shop, "Hem & Hearth", None)
        assert "Regulars" in client.get("/sign-in").text

        passed[0] += 3_000_000_000

        assert "<bdi>Hem &amp; Hearth</bdi>" in client.get("/sign-in").text


# --- the shop next door --------------------------------------------------------------------------------------------------


@pytest.fixture
def next_door(tmp_path):
    (tmp_path / "next").mkdir()
    with opened(tmp_path / "next") as shop:
        yield shop


@pytest.fixture
def street(shop, next_door, clock):
    """Two browsers of few words: one in each of the two shops."""
    key = Key(next_door.store.url.render_as_string(hide_password=False), "ada", clock, Ids())
    here = create_app(shop, clock, Ids(20_000), neighbour=Neighbour("The other", THERE, key.link), cookies="_8000")
    nobody = Neighbour("The first", "http://127.0.0.1:8000", lambda: None)
    there = create_app(next_door, clock, Ids(30_000), neighbour=nobody, cookies="_8001")
    with (
        TestClient(here, raise_server_exceptions=False) as one,
        TestClient(there, raise_server_exceptions=False) as two,
    ):
        yield Visitor(one), Visitor(two)
    key.close()


def crossing(here, **more):
    """What the switch of the page of customers answers."""
    return here.fills_in("/customers", "/next-door", **more).headers["location"]


def test_whoever_is_signed_in_here_gets_in_there_on_the_same_page(street):
    here, there = street
    here.signs_in("ada", PASSWORD)
    address = crossing(here)
    arrived = there.opens(address.removeprefix(THERE), **{"sec-fetch-site": "same-site"})

    assert address.startswith(f"{THERE}/sign-in/next-door/")
    assert arrived.headers["location"] == "/customers"
    assert there.opens("/customers").status_code == 200
    assert list(here.client.cookies) == ["regulars_session_8000"]
    assert "regulars_session_8001" in list(there.client.cookies)


def test_whoever_was_there_before_finds_the_old_session(street, next_door):
    here, there = street
    here.signs_in("ada", PASSWORD)
    there.signs_in("ada", PASSWORD)
    before = there.client.cookies["regulars_session_8001"]

    there.opens(crossing(here).removeprefix(THERE), **{"sec-fetch-site": "same-site"})

    assert there.client.cookies["regulars_session_8001"] == before
    assert there.opens("/customers").status_code == 200


@pytest.mark.parametrize("said", [{}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "none"}])
def test_a_link_from_elsewhere_shows_the_door_and_is_not_used_up(street, said):
    here, there = street
    here.signs_in("ada", PASSWORD)
    path = crossing(here).removeprefix(THERE)

    door = there.opens(path, **said).headers["location"]

    assert door.startswith("/sign-in/link/")
    assert "regulars_session_8001" not in list(there.client.cookies)
    assert there.fills_in(door, door).headers["location"] == "/overview"


def test_a_link_gets_one_in_once(street, next_door):
    here, there = street
    here.signs_in("ada", PASSWORD)
    path = crossing(here).removeprefix(THERE)
    there.opens(path, **{"sec-fetch-site": "same-site"})
    there.fills_in("/customers", "/sign-out")

    assert there.opens(path, **{"sec-fetch-site": "same-site"}).headers["location"] == "/sign-in"


def test_the_switch_leads_to_pages_of_ours_alone(street):
    here, there = street
    here.signs_in("ada", PASSWORD)
    address = crossing(here, next="https://elsewhere.example/")

    assert address.endswith("?next=%2Foverview")
    path = address.removeprefix(THERE).partition("?")[0] + "?next=//elsewhere.example"
    assert there.opens(path, **{"sec-fetch-site": "same-site"}).headers["location"] == "/overview"


def test_a_form_from_elsewhere_does_not_switch(street):
    here, _ = street
    here.signs_in("ada", PASSWORD)

    assert here.sends("/next-door", {"csrf": "guessed"}).status_code == 403
    assert here.fills_in("/customers", "/next-door").status_code == 303


def test_where_nobody_of_that_name_is_there_one_comes_to_the_door(shop, clock):
    app = create_app(shop, clock, Ids(20_000), neighbour=Neighbour("The other", THERE, lambda: None))
    with TestClient(app) as client:
        here = Visitor(client)
        here.signs_in("ada", PASSWORD)

        assert crossing(here) == f"{THERE}/sign-in"


def test_a_shop_without_a_neighbour_has_no_such_way(ada):
    token = hidden(ada.opens("/customers").text)["csrf"]

    assert ada.sends("/next-door", {"csrf": token}).status_code == 404
    assert ada.opens("/sign-in/next-door/none", **{"sec-fetch-site": "same-site"}).status_code == 404


def test_a_page_with_a_switch_may_send_its_form_next_door_and_nowhere_else(street, ada):
    here, _ = street
    here.signs_in("ada", PASSWORD)

    policy = here.opens("/overview").headers["content-security-policy"]
    assert f"form-action 'self' {THERE};" in policy
    assert policy.replace(f" {THERE}", "") == ada.opens("/overview").headers["content-security-policy"]
