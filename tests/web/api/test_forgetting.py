"""Forgetting somebody, from the outside: a running server, its API, and the bytes of everything that it leaves behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from regulars.boot import wiring
from regulars.cli import regulars
from regulars.web.exports import HELD_BYTES
from tests.live import Live, set_up
from tests.service.town import RULES
from tests.shop import HEADER

PERSONAL: Final = ("ada-7", "Lovelace", "countess@example.com", "+46701234567", "tablet-of-ada", "Byron", "Horsley")
TRAITS: Final = {"firstName": "Ada", "lastName": "Lovelace", "email": "countess@example.com", "phone": "+46701234567"}
WHO: Final = {"customer": {"kind": "email", "value": "countess@example.com"}}


@pytest.fixture
def live(tmp_path: Path, go_live: Callable[..., Live]) -> Live:
    database = f"sqlite:///{tmp_path / 'shop' / 'regulars.db'}"
    (tmp_path / "shop").mkdir()
    keys = set_up(database, HEADER.format(zone="America/New_York") + RULES)
    return go_live(database, keys)


def ada_comes(live: Live) -> None:
    page = {"page": {"url": "https://shop.example/?utm_campaign=Byron", "referrer": "https://example.org/Byron"}}
    live.post("page", {"anonymousId": "tablet-of-ada", "context": page}, live.public)
    traits = TRAITS | {"address": {"city": "Horsley"}}
    live.post("identify", {"userId": "ada-7", "anonymousId": "tablet-of-ada", "traits": traits})
    bought = {"order_id": "o-1", "products": [{"product_id": "tea", "price": 45, "engraving": "Byron"}]}
    live.post("track", {"userId": "ada-7", "event": "Order Completed", "properties": bought})
    live.post("track", {"userId": "ada-7", "event": "", "properties": {"surname": "Lovelace"}})
    live.post("track", {"userId": "ada-7", "event": "Order Completed", "properties": {"order_id": "Byron"}})
    assert live.customer("ada-7")["points"]["available"] == 45


def test_of_whoever_has_much_to_be_told_it_is_told_whole(live: Live) -> None:
    """Beyond what is held in memory, and beyond one piece of an answer."""
    said = {f"line {number}": "x" * 200 for number in range(40)}
    review = {"type": "track", "userId": "ada-7", "event": "Review Written", "properties": said}
    for _ in range(8):
        live.post("batch", {"batch": [review] * 40}).raise_for_status()
    exported = live.post("people/export", {"customer": {"kind": "user_id", "value": "ada-7"}})
    assert len(exported.json()["facts"]) == 320
    assert int(exported.headers["content-length"]) == len(exported.content) > 2 * HELD_BYTES
    assert (exported.headers["content-type"], exported.headers["cache-control"]) == ("application/json", "no-store")
    live.stop()


def left_in(folder: Path) -> list[str]:
    """What of her is found, as bytes, in any file of the shop: the database, its log, what the server printed."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {"regulars.db", "serve-1.log"} <= {file.name for file in files}
    data = b"\0".join(file.read_bytes() for file in files)
    return [word for word in PERSONAL if word.encode() in data]


def compacts(live: Live) -> None:
    done = CliRunner().invoke(regulars, ["compact", "--database", live.database], obj=wiring())
    assert done.exit_code == 0, done.output


def test_no_byte_of_the_forgotten_is_left_and_nobody_comes_back(live: Live, tmp_path: Path) -> None:
    ada_comes(live)
    assert left_in(tmp_path) == list(PERSONAL)
    exported = live.post("people/export", WHO)
    assert [word for word in ("Lovelace", "Horsley", "o-1", "tablet-of-ada") if word not in exported.text] == []

    assert live.post("people/erase", WHO).json()["erased"]
    assert live.post("people/erase", WHO).json() == {
        "erased": True,
        "records": 0,
        "identities": 0,
        "facts": 0,
        "refusals": 0,
    }
    compacts(live)
    assert left_in(tmp_path) == []

    ada_comes_late(live)
    assert live.get("/v1/customers/ada-7").status_code == 404
    live.stop()
    compacts(live)
    assert left_in(tmp_path) == []


def ada_comes_late(live: Live) -> None:
    for key in (live.secret, live.public):
        late = [
            {"type": "identify", "userId": "ada-7", "traits": TRAITS},
            {"type": "track", "userId": "ada-7", "event": "", "properties": {"surname": "Lovelace"}},
            {"type": "page", "anonymousId": "tablet-of-ada", "timestamp": "2020-01-01T00:00:00Z"},
            {"type": "identify", "anonymousId": "tablet-of-ada", "traits": TRAITS},
        ]
        assert live.post("batch", {"batch": late}, key).status_code == 200
