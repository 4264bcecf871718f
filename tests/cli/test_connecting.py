"""The commands that connect a shop with its platform, as a person and as a script would call them."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from hmac import digest
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from regulars.boot import wiring
from regulars.cli import regulars
from tests.fakes.platforms import Shopify, WooCommerce, standing
from tests.live import Live, set_up

PAYLOADS = Path(__file__).parents[1] / "wire" / "webhooks"
PROGRAM = """
program: tea
currency: USD
time_zone: America/New_York
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
"""
SECRET = "hush & <hush>"
NOW = ("--clock", "2026-04-01T00:00:00Z")
BEFORE = ("--clock", "2026-03-01T00:00:00Z")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "tea.yaml").write_text(PROGRAM)
    return tmp_path


@pytest.fixture
def platform() -> Iterator[Shopify]:
    with standing(Shopify("shpat_1")) as platform:
        yield platform


def says(*words: str, code: int = 0, given: str | None = None) -> Result:
    result = CliRunner().invoke(regulars, words, obj=wiring(), input=given)
    assert result.exit_code == code, result.output
    for secret in (SECRET, "shpat_1", "cs_1"):
        assert secret not in result.output, "a secret is never shown again"
    return result


def connected() -> list[dict[str, Any]]:
    return json.loads(says("connections", "--json").stdout)


def order(name: str = "orders_paid") -> dict[str, Any]:
    return json.loads((PAYLOADS / "shopify" / f"{name}.json").read_bytes())


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {
        "X-Shopify-Topic": "orders/paid",
        "X-Shopify-Hmac-Sha256": b64encode(digest(secret.encode(), body, "sha256")).decode(),
    }


def test_a_shop_is_connected_listed_and_disconnected(folder: Path) -> None:
    said = says("connect", "shopify", "--secret", SECRET).output
    assert said == "main is connected. Have webhooks sent to /v1/webhooks/shopify/main\n"
    assert says("connections").output == "main  shopify  heard never; not asked\n"
    [found] = connected()
    assert (found["secrets"], found["stored"], found["site"], found["missed"]) == (1, True, None, 0)

    assert says("disconnect", "main").output == "main is disconnected.\n"
    assert "no connection “main”" in says("disconnect", "main", code=1).stderr
    assert says("connections").output.startswith("There are none yet")


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (("--secret", SECRET), None),
        (("--secret", "-"), f"{SECRET}\r\n"),
        ((), f"{SECRET}\n"),
    ],
)
def test_a_secret_comes_as_an_option_from_standard_input_or_from_a_prompt(
    folder: Path, words: tuple[str, ...], given: str | None
) -> None:
    said = says("connect", "webhook", "support", *words, given=given).output
    assert "names no source “support” yet" in said
    [found] = connected()
    assert (found["name"], found["kind"], found["secrets"]) == ("support", "webhook", 1)


def test_a_secret_of_the_environment_is_not_stored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = says("connect", "shopify", "--name", "big-shop", "--from-environment").output
    assert "Set REGULARS_SECRET_BIG_SHOP where the server runs" in said
    assert [(one["secrets"], one["stored"]) for one in connected()] == [(0, False)]
    monkeypatch.setenv("REGULARS_SECRET_BIG_SHOP", SECRET)
    assert [(one["secrets"], one["stored"]) for one in connected()] == [(1, False)]
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in (folder / "data").iterdir())


def test_a_secret_is_changed_in_two_steps(folder: Path) -> None:
    says("connect", "shopify", "--secret", SECRET)
    assert "change its secret with --rotate" in says("connect", "shopify", "--secret", "new", code=1).stderr
    counted = []
    for secret in ("second", "third", "third"):
        says("connect", "shopify", "--secret", secret, "--rotate")
        counted.append(connected()[0]["secrets"])
    assert counted == [2, 2, 1]
    says("connect", "shopify", "--rotate", "--shop", "corner.myshopify.com", "--token", "shpat_1")
    [found] = connected()
    assert (found["secrets"], found["site"], found["every_minutes"]) == (1, "https://corner.myshopify.com", 15)
    assert "no woocommerce connection" in says("connect", "woocommerce", "--secret", "x", "--rotate", code=1).stderr


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("shopify", "--name", "Main", "--secret", "x"), 1, "small letters"),
        (("shopify", "--secret", ""), 1, "an empty one signs nothing"),
        (("shopify", "--secret", "x" * 1_001), 1, "at most 1,000 characters"),
        (("shopify", "--secret", "x", "--from-environment"), 2, "stores no secret"),
        (("shopify", "--secret", "x", "--shop", "http://corner.example"), 1, "https://"),
        (("shopify", "--secret", "x", "--every", "5"), 2, "say where it is"),
        (("shopify", "--secret", "x", "--shop", "corner.example", "--every", "0"), 2, "1<=x<=1440"),
        (("woocommerce", "--secret", "x", "--key", "ck_1"), 2, "belong together"),
        (("woocommerce", "--name", "other", "--secret", "x"), 1, "number their orders alike"),
        (("webhook", "a_b", "--secret", "x"), 1, "is connected"),
    ],
)
def test_what_cannot_be_connected_says_why(folder: Path, words: tuple[str, ...], code: int, why: str) -> None:
    says("connect", "woocommerce", "--secret", "x")
    says("connect", "webhook", "a-b", "--secret", "x")
    before = connected()
    assert why in says("connect", *words, code=code).stderr
    assert connected() == before


def test_a_shop_is_asked_by_hand(folder: Path, platform: Shopify) -> None:
    says("apply", "tea.yaml", "--yes")
    says("connect", "shopify", "--secret", SECRET, "--shop", platform.address, "--token", "shpat_1", *BEFORE)
    platform.orders = [order()]
    assert says("reconcile", *NOW).output == "1 orders changed; 1 of them no webhook had brought.\n"
    assert json.loads(says("reconcile", "--json", *NOW).stdout) == {"orders": 1, "missed": 0, "read_again": 0}
    assert says("connections").output == "main  shopify  heard never; asked 2026-04-01T00:00:00Z, 1 missed\n"

    platform.in_the_way = [(403, {}, b"")]
    assert "answers 403" in says("reconcile", *NOW, code=1).stderr
    assert "The last asking failed. It answers 403" in says("connections").output
    assert "no connection that can be asked" in says("reconcile", "nobody", code=1).stderr


def test_woocommerce_is_asked_with_both_halves_of_its_key(folder: Path) -> None:
    (folder / "tea.yaml").write_text(PROGRAM.replace("USD", "EUR"))
    says("apply", "tea.yaml", "--yes")
    with standing(WooCommerce("ck_1", "cs_1")) as platform:
        platform.orders = [json.loads((PAYLOADS / "woocommerce/order_updated_processing.json").read_bytes())]
        site = ("--url", platform.address, "--key", "ck_1", "--secret-key", "-", "--every", "60")
        says("connect", "woocommerce", "--secret", "-", *site, *BEFORE, given=f"{SECRET}\ncs_1\n")
        assert says("reconcile", *NOW).output.startswith("1 orders changed; 1 of them")
    assert connected()[0]["every_minutes"] == 60


@pytest.mark.slow
def test_a_server_believes_its_platform_and_asks_it(
    folder: Path, platform: Shopify, go_live: Callable[..., Live], database: str
) -> None:
    keys = set_up(database, PROGRAM)
    place = ("--database", database)
    says("connect", "shopify", "--secret", SECRET, "--shop", platform.address, "--token", "shpat_1", *place, *BEFORE)
    platform.orders = [{**order(), "id": 1, "customer": {"id": 7}}]
    live = go_live(database, keys, clock="2026-04-01T00:00:00Z")
    body = json.dumps(order()).encode()
    address = f"{live.url}/v1/webhooks/shopify/main"
    assert httpx.post(address, content=body, headers=signed(body)).json()["accepted"] == 1
    assert httpx.post(address, content=body, headers=signed(body, "another")).status_code == 401

    until = time.monotonic() + 60
    while "regulars_reconciled_missed_total 1.0" not in live.get("/metrics").text and time.monotonic() < until:
        time.sleep(0.1)
    assert [live.customer(id)["points"]["available"] for id in ("115310627314723954", "7")] == [124, 124]
    [found] = json.loads(says("connections", "--json", *place).stdout)
    assert (found["heard_at"][:16], found["asked_at"][:16], found["missed"]) == ("2026-04-01T00:00",) * 2 + (1,)
    live.stop()
