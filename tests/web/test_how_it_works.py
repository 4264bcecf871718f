"""How the program works: a page for anybody, and the same sentences for the shop's own pages."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from litestar.testing import TestClient

from regulars.service import programs
from regulars.service.keys import create_key
from regulars.service.shop import Shop
from tests.web.admin.shops import CORNER_SHOP, NOW, Clock, app_of, opened
from tests.web.serving import served

PAUSED = CORNER_SHOP + '\npauses:\n  - {from: 2018-04-01, to: 2018-05-01, stops: [expiry], why: "<b>Closed</b>"}\n'


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path) as shop:
        yield shop


@pytest.fixture
def client(shop: Shop) -> Iterator[TestClient[Any]]:
    with TestClient(app_of(shop, Clock()), raise_server_exceptions=False) as client:
        yield client


def test_anybody_reads_it_as_long_as_a_program_is_in_force(shop: Shop, client: TestClient[Any]) -> None:
    assert client.get("/how-it-works").status_code == 404
    programs.publish(shop, PAUSED, "ada", NOW)

    page = client.get("/how-it-works")

    assert page.status_code == 200
    assert "As of " in page.text
    assert "1 star for each whole 1.00 USD spent" in page.text
    assert "From 1 April 2018 to the end of 30 April 2018 nothing expires" in page.text
    assert "&lt;b&gt;Closed&lt;/b&gt;" in page.text
    assert "0.01 USD" not in page.text
    assert "script" not in page.text
    assert "default-src 'none'; style-src 'self'" in page.headers["content-security-policy"]
    assert "noindex" not in page.text


def test_the_shops_own_pages_get_the_same_sentences(shop: Shop, client: TestClient[Any]) -> None:
    secret = {"Authorization": f"Bearer {create_key(shop.store, 'secret', '', NOW)}"}
    public = {"Authorization": f"Bearer {create_key(shop.store, 'public', '', NOW)}"}
    assert client.get("/v1/program/how-it-works", headers=secret).status_code == 503
    programs.publish(shop, PAUSED, "ada", NOW)

    answer = client.get("/v1/program/how-it-works", headers=secret).json()

    assert [one["id"] for one in answer["chapters"]] == ["members", "earning", "points", "levels", "pauses"]
    page = client.get("/how-it-works").text
    for chapter in answer["chapters"]:
        assert chapter["title"] in page
    assert "2 times the stars on Saturdays and Sundays." in json.dumps(answer)
    assert client.get("/v1/program/how-it-works").status_code == 401
    assert client.get("/v1/program/how-it-works", headers=public).status_code == 403


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_paper_and_nothing_is_amiss(shop: Shop, new_page: Any, scheme: str) -> None:
    programs.publish(shop, PAUSED, "ada", NOW)
    with served(app_of(shop, Clock())) as address:
        page = new_page(viewport={"width": 320, "height": 640}, color_scheme=scheme, base_url=address)
        page.goto("/how-it-works")

        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert Axe().run(page).response["violations"] == []
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert len(page.pdf()) > 5_000
