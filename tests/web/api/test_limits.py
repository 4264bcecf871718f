"""Nobody can ask more than its share: not with a key, not without one, not from a million addresses.

The clock of the limits stands still until a test moves it, and whoever speaks does so from an address of its own.
"""

import asyncio
import json
import logging
import threading
from base64 import b64encode
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient
from msgspec import structs

from regulars.boot import wiring
from regulars.cli import regulars
from regulars.service.keys import create_key, revoke_key
from regulars.service.shop import Shop
from regulars.web.api.openapi import UNCOUNTED, document
from regulars.web.app import create_app
from regulars.web.keyring import MOST_KEYS, Keyring
from regulars.web.limits import (
    MOST_BUCKETS,
    NAMES,
    NO_LIMITS,
    Buckets,
    Limiter,
    Limits,
    LimitsRefused,
    Rate,
    address_of,
    limits_of,
    network_of,
)
from regulars.web.problems import Problem
from regulars.wire.events import Sender
from tests.live import Live, set_up
from tests.web.api.conftest import NOW, PROGRAM, Ids

SECOND = 1_000_000_000
ADA, BEN = "192.0.2.1", "192.0.2.2"
EVENT = {"userId": "ada", "event": "Seen"}


def runs(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What comes of it, in a thread of its own: in this one a browser of an earlier test may have its loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


class Stopwatch:
    def __init__(self) -> None:
        self.now = 7 * SECOND

    def __call__(self) -> int:
        return self.now

    def goes_on(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)


class Door:
    """An app with limits, behind a proxy that says who speaks; `looks` are the keys that were looked up in the record."""

    def __init__(self, shop: Shop, clients: ExitStack, limits: Limits, proxies: int) -> None:
        self.shop, self.stopwatch = shop, Stopwatch()
        self.looks: list[tuple[str, bool]] = []
        self.public = create_key(shop.store, "public", "", NOW)
        self.secret = create_key(shop.store, "secret", "", NOW)
        self._look = shop.keys.sender_of
        shop.keys.sender_of = self._looked_up  # type: ignore[method-assign]
        self.app = create_app(shop, lambda: NOW, Ids(), limits, proxies=proxies, tick=self.stopwatch)
        self.client = clients.enter_context(TestClient(self.app, raise_server_exceptions=False))

    def asks(self, method: str, path: str, address: str = ADA, key: str | None = None, **more) -> httpx.Response:
        headers = {"X-Forwarded-For": address, **more.pop("headers", {})}
        auth = (key, "") if key else None
        return self.client.request(method, path, headers=headers, auth=auth, follow_redirects=False, **more)

    def tracks(self, address: str = ADA, key: str | None = None, **more) -> httpx.Response:
        return self.asks("POST", "/v1/track", address, key or self.public, json=EVENT, **more)

    def sends(self, events: int, address: str = ADA, key: str | None = None) -> httpx.Response:
        batch = {"batch": [{"type": "track", **EVENT}] * events}
        return self.asks("POST", "/v1/batch", address, key or self.public, json=batch)

    def _looked_up(self, key: str) -> Sender | None:
        on_the_loop = asyncio._get_running_loop() is not None
        self.looks.append((key, on_the_loop))
        return self._look(key)


Opens = Callable[..., Door]


@pytest.fixture
def opens(shop: Shop) -> Iterator[Opens]:
    """`opens(address_requests=Rate(1, 3))`: a door with this limit and no other."""
    with ExitStack() as clients:
        yield lambda proxies=1, **limits: Door(shop, clients, structs.replace(NO_LIMITS, **limits), proxies)


def is_too_many(answer: httpx.Response, seconds: int) -> bool:
    return (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
        429,
        "too_many_requests",
        str(seconds),
    )


# --- a bucket --------------------------------------------------------------------------------------------------------


def test_a_burst_is_served_and_then_so_many_a_second():
    buckets = Buckets("", Rate(2, 3))

    assert [buckets.take("ada", 1, SECOND) for _ in range(4)] == [0, 0, 0, SECOND // 2]
    assert buckets.take("ada", 1, SECOND + SECOND // 2) == 0
    assert buckets.take("ada", 1, SECOND + SECOND // 2) == SECOND // 2
    assert buckets.take("ben", 3, SECOND) == 0


def test_after_a_long_rest_no_more_is_served_than_a_burst():
    buckets = Buckets("", Rate(2, 3))
    buckets.take("ada", 3, 0)

    assert [buckets.take("ada", 1, 999 * SECOND) for _ in range(4)] == [0, 0, 0, SECOND // 2]


def test_what_is_larger_than_a_burst_waits_for_a_full_bucket():
    buckets = Buckets("", Rate(2, 3))
    buckets.take("ada", 1, 0)

    assert buckets.take("ada", 99, 0) == SECOND // 2
    assert buckets.take("ada", 99, SECOND // 2) == 0
    assert buckets.take("ada", 1, SECOND // 2) == SECOND // 2


RATES = st.builds(Rate, st.integers(1, 2_000), st.integers(1, 50))
ASKED = st.lists(st.tuples(st.integers(0, 3 * SECOND), st.integers(1, 60)), max_size=40)


@given(RATES, ASKED)
def test_within_no_span_more_is_served_than_a_burst_and_what_the_span_brings(rate, asked):
    buckets, now = Buckets("", rate), 0
    served: list[tuple[int, int]] = []
    for pause, amount in asked:
        now += pause
        if not buckets.take("ada", amount, now):
            served.append((now, min(amount, rate.at_once)))
    for first in range(len(served)):
        taken = 0
        for at, amount in served[first:]:
            taken += amount
            assert taken <= rate.at_once + rate.a_second * (at - served[first][0]) / SECOND


@given(RATES, ASKED)
def test_whoever_waits_as_long_as_it_was_told_is_served_and_not_before(rate, asked):
    buckets, now = Buckets("", rate), 0
    for pause, amount in asked:
        now += pause
        wait = buckets.take("ada", amount, now)
        if wait:
            assert buckets.take("ada", amount, now + wait - 1) == 1
            assert buckets.take("ada", amount, now + wait) == 0
            now += wait


def test_where_two_limits_count_neither_pays_for_what_the_other_refuses():
    limiter = Limiter(Limits(address_requests=Rate(1, 3), public_key_requests=Rate(1, 2)), lambda: 0)
    for _ in range(2):
        limiter.site_asks(ADA, b"busy")
    for _ in range(9):
        with pytest.raises(Problem, match="public_key_requests"):
            limiter.site_asks(ADA, b"busy")

    limiter.site_asks(ADA, b"other")
    with pytest.raises(Problem, match="address_requests"):
        limiter.site_asks(ADA, b"other")
    limiter.site_asks(BEN, b"other")


def test_what_is_given_back_can_be_taken_again():
    limiter = Limiter(Limits(stranger_requests=Rate(1, 1)), lambda: 0)
    limiter.stranger(ADA)
    limiter.not_a_stranger(ADA)
    limiter.not_a_stranger(BEN)

    limiter.stranger(ADA)
    with pytest.raises(Problem):
        limiter.stranger(ADA)


@pytest.mark.slow
def test_a_million_made_up_addresses_fill_no_memory_and_push_out_nobody_who_is_there():
    limiter = Limiter(Limits(), lambda: 0)
    for number in range(1_000_000):
        limiter.page(f"2001:db8:{number:x}::/64")
        if number % (MOST_BUCKETS // 2) == 0:
            limiter.page(ADA)
    for _ in range(1_000 - 20):
        limiter.page(ADA)

    assert len(limiter) == MOST_BUCKETS
    with pytest.raises(Problem):
        limiter.page(ADA)


def test_many_strangers_push_out_no_key():
    limiter = Limiter(Limits(public_key_requests=Rate(1, 1)), lambda: 0)
    limiter.site_asks(ADA, b"key")
    for number in range(MOST_BUCKETS + 1):
        limiter.stranger(str(number))

    with pytest.raises(Problem, match="public_key_requests"):
        limiter.site_asks(BEN, b"key")


# --- settings --------------------------------------------------------------------------------------------------------


def test_limits_are_said_by_name():
    said = limits_of(" address_requests=5/20, page_requests=off,")

    assert (said.address_requests, said.page_requests) == (Rate(5, 20), None)
    assert structs.replace(said, address_requests=Rate(50, 200), page_requests=Rate(100, 1_000)) == Limits()
    assert limits_of("") == Limits()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("requests=1/2", "There are stranger_requests, page_requests,"),
        ("address_requests", "as in 50/200"),
        ("address_requests=50", "as in 50/200"),
        ("address_requests=0/200", "from 1 to"),
        ("address_requests=50/0", "from 1 to"),
        ("address_requests=1000000001/1", "from 1 to 1,000,000,000"),
        ("address_requests=-1/1", "as in 50/200"),
        ("address_requests=٣/1", "as in 50/200"),
        ("address_requests=1/2,address_requests=1/2", "twice"),
    ],
)
def test_limits_that_cannot_be_read(text, said):
    with pytest.raises(LimitsRefused, match=said):
        limits_of(text)


def test_limits_that_cannot_be_read_keep_a_server_from_starting(tmp_path: Path):
    served = CliRunner().invoke(
        regulars, ["serve", "--data-dir", str(tmp_path)], obj=wiring(), env={"REGULARS_LIMITS": "address_requests=few"}
    )

    assert served.exit_code == 1
    assert "REGULARS_LIMITS must say of address_requests" in served.output


@pytest.mark.parametrize(
    ("words", "variable", "proxies"), [((), None, 0), (("--trust-proxy", "2"), None, 2), ((), "1", 1)]
)
def test_a_server_is_told_how_many_proxies_stand_before_it(tmp_path: Path, words, variable, proxies):
    told = []

    def serve(*arguments, **_options) -> None:
        told.append(arguments[5])

    asked = ["serve", "--data-dir", str(tmp_path), *words]
    CliRunner().invoke(
        regulars,
        asked,
        obj=wiring()._replace(serve=serve),
        env={"REGULARS_TRUST_PROXY": variable},
        catch_exceptions=False,
    )

    assert told == [proxies]


def test_the_published_table_is_what_holds():
    page = (Path(__file__).parents[3] / "docs/api.md").read_text("utf-8")
    _, _, table = page.partition("\n| limit |")
    rows = [line.strip("| ").split(" | ") for line in table.partition("\n\n")[0].splitlines()[2:]]

    limits = structs.asdict(Limits())
    assert [(row[0], row[2], row[3]) for row in rows] == [
        (f"`{name}`", f"{limits[name].a_second:,}", f"{limits[name].at_once:,}") for name in NAMES
    ]


def test_every_route_that_is_limited_says_so():
    for path, operations in document()["paths"].items():
        for operation in operations.values():
            limited = operation["tags"] != ["operation"]
            assert ("429" in operation["responses"]) is limited, path
    assert UNCOUNTED == ("Readiness",)
    answer = document()["paths"]["/v1/batch"]["post"]["responses"]["429"]
    assert "Retry-After" in answer["headers"]


@pytest.mark.slow
def test_a_server_has_the_published_limits(tmp_path: Path):
    database = f"sqlite:///{tmp_path / 'regulars.db'}"
    live = Live(database, set_up(database, PROGRAM), tmp_path).start()
    try:
        nothing_much = {"batch": [0] * 2_500}
        assert [live.post("batch", nothing_much, live.public).status_code for _ in range(3)] == [200, 200, 429]
        assert live.post("batch", nothing_much).status_code == 200
        live.stop()
    finally:
        live.kill()


# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:DB8:1:3::", "2001:db8:1:3::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_by_what_an_address_is_counted(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        (0, ["192.0.2.1"], "peer"),
        (1, ["192.0.2.1"], "192.0.2.1"),
        (1, ["made-up, 192.0.2.1"], "192.0.2.1"),
        (1, ["198.51.100.9", "192.0.2.1"], "192.0.2.1"),
        (2, ["made-up, 192.0.2.1, 10.0.0.1"], "192.0.2.1"),
        (2, ["made-up", " 192.0.2.1 ", "10.0.0.1"], "192.0.2.1"),
        (2, ["192.0.2.1"], "peer"),
        (1, [" 2001:DB8::1 "], "2001:db8::1"),
        (1, ["192.0.2.1, "], "peer"),
        (1, ["192.0.2.1, unknown"], "peer"),
        (1, ["192.0.2.1:80"], "peer"),
        (1, ["\xb2"], "peer"),
        (1, [""], "peer"),
        (1, [], "peer"),
    ],
)
def test_where_a_request_came_from(proxies, told, address):
    headers = [(b"host", b"x"), *((b"x-forwarded-for", value.encode("latin-1")) for value in told)]

    assert address_of("peer", headers, proxies) == address


def test_without_trust_what_is_forwarded_is_nobodys_word_and_we_say_so_once(opens: Opens, caplog):
    door = opens(proxies=0, address_requests=Rate(1, 2))
    with caplog.at_level(logging.WARNING):
        said = [door.tracks(f"192.0.2.{number}").status_code for number in range(4)]

    assert said == [200, 200, 429, 429]
    assert [("--trust-proxy 1" in record.getMessage()) for record in caplog.records].count(True) == 1
    assert "192.0.2" not in caplog.text


# --- public keys -----------------------------------------------------------------------------------------------------


def test_a_public_key_is_limited_by_address(opens: Opens):
    door = opens(address_requests=Rate(1, 3))

    assert [door.tracks().status_code for _ in range(3)] == [200] * 3
    assert is_too_many(door.tracks(), seconds=1)
    assert door.tracks(BEN).status_code == 200
    assert door.tracks(key=door.secret).status_code == 200
    door.stopwatch.goes_on(1)
    assert door.tracks().status_code == 200
    assert is_too_many(door.tracks(), seconds=1)


def test_a_public_key_is_limited_in_all(opens: Opens):
    door = opens(public_key_requests=Rate(1, 3))
    other = create_key(door.shop.store, "public", "", NOW)

    said = [door.tracks(f"192.0.2.{number}") for number in range(4)]

    assert [one.status_code for one in said] == [200, 200, 200, 429]
    assert is_too_many(said[-1], seconds=1)
    assert door.tracks(key=other).status_code == 200
    door.stopwatch.goes_on(1)
    assert door.tracks().status_code == 200


def test_a_secret_key_is_limited_by_itself(opens: Opens):
    door = opens(secret_key_requests=Rate(1, 2), secret_key_events=Rate(1, 10))

    assert door.sends(10, key=door.secret).status_code == 200
    assert is_too_many(door.sends(3, key=door.secret), seconds=3)
    assert is_too_many(door.asks("GET", "/v1/customers/ada", BEN, door.secret), seconds=1)
    assert door.tracks().status_code == 200


@pytest.mark.parametrize("limit", ["address_events", "public_key_events"])
def test_events_count_one_by_one(opens: Opens, limit):
    door = opens(**{limit: Rate(2, 10)})

    assert door.sends(7).json()["accepted"] == 7
    assert is_too_many(door.sends(7), seconds=2)
    assert door.sends(3).json()["accepted"] == 3
    assert is_too_many(door.sends(1), seconds=1)
    door.stopwatch.goes_on(0.5)
    assert door.sends(1).status_code == 200
    assert (door.sends(1, BEN).status_code == 200) is (limit == "address_events")


def test_of_what_is_too_much_nothing_is_taken(opens: Opens):
    door = opens(address_events=Rate(1, 2))
    event = {"userId": "ada", "messageId": "m1", "event": "Seen"}
    door.sends(2)

    refused = door.asks("POST", "/v1/track", key=door.public, json=event)
    door.stopwatch.goes_on(int(refused.headers["retry-after"]))

    assert door.asks("GET", "/v1/customers/ada/explain", key=door.secret).json()["steps"][0]["fact"]["name"] == "Seen"
    before = len(door.asks("GET", "/v1/customers/ada/explain", key=door.secret).json()["steps"])
    assert door.asks("POST", "/v1/track", key=door.public, json=event).json()["accepted"] == 1
    assert len(door.asks("GET", "/v1/customers/ada/explain", key=door.secret).json()["steps"]) == before + 1


def test_bad_events_count_as_well(opens: Opens):
    door = opens(address_events=Rate(1, 5))

    assert door.asks("POST", "/v1/batch", key=door.public, json={"batch": [0] * 5}).status_code == 200
    assert is_too_many(door.sends(1), seconds=1)


def test_a_page_of_another_origin_may_read_when_to_come_again(opens: Opens):
    door = opens(address_requests=Rate(1, 1))
    door.tracks()

    answer = door.tracks(headers={"Origin": "https://shop.example"})

    assert is_too_many(answer, seconds=1)
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "Retry-After" in answer.headers["access-control-expose-headers"]


def test_the_settings_of_browsers_count_for_their_key(opens: Opens):
    door = opens(address_requests=Rate(1, 2), stranger_requests=Rate(1, 1))

    assert door.asks("GET", f"/v1/projects/{door.public}/settings").status_code == 200
    assert door.asks("GET", "/sourceConfig", key=door.public).status_code == 200
    assert is_too_many(door.asks("GET", f"/v1/projects/{door.public}/settings"), seconds=1)
    assert door.asks("GET", "/v1/projects/rpk_nobody/settings").status_code == 404
    assert is_too_many(door.asks("GET", "/v1/projects/rpk_nobody/settings"), seconds=1)


def test_what_was_refused_is_counted_by_its_limit(opens: Opens):
    door = opens(address_requests=Rate(1, 1))
    for _ in range(3):
        door.tracks()

    lines = door.client.get("/metrics").text.splitlines()
    assert 'regulars_http_limited_total{limit="address_requests"} 2.0' in lines
    assert "regulars_limit_buckets 1.0" in lines


# --- strangers -------------------------------------------------------------------------------------------------------

UNKNOWN = [
    ("POST", "/v1/track", {"auth": ("rpk_nobody", ""), "json": EVENT}),
    ("POST", "/v1/track", {"json": EVENT | {"writeKey": "rpk_nobody"}}),
    ("POST", "/v1/track", {"json": EVENT}),
    ("POST", "/v1/track", {"content": b"\xff"}),
    ("GET", "/v1/customers/ada", {}),
    ("GET", "/v1/customers/ada", {"auth": ("rsk_nobody", "")}),
    ("POST", "/v1/customers/lookup", {"auth": ("x" * 300, "")}),
    ("GET", "/sourceConfig", {}),
    ("GET", "/sourceConfig?writeKey=rpk_nobody", {}),
    ("GET", "/v1/projects/rpk_nobody/settings", {}),
    ("GET", "/v1/no/such/address", {}),
    ("GET", "/sourceConfigs", {"headers": {"Accept": "text/html"}}),
    ("DELETE", "/v1/track", {}),
]


@pytest.mark.parametrize(("method", "path", "more"), UNKNOWN)
def test_whoever_shows_no_good_key_is_soon_not_heard_any_more(opens: Opens, method, path, more):
    door = opens(stranger_requests=Rate(1, 3))
    door.tracks()

    def asks(address=ADA):
        headers = {"X-Forwarded-For": address, **more.get("headers", {})}
        return door.client.request(method, path, **{**more, "headers": headers})

    served = [asks() for _ in range(3)]
    looks = len(door.looks)

    assert not {one.status_code for one in served} & {200, 429, 500}
    assert is_too_many(asks(), seconds=1)
    assert len(door.looks) == looks
    assert asks(BEN).status_code == served[0].status_code
    assert door.tracks().status_code == 200
    door.stopwatch.goes_on(1)
    assert asks().status_code == served[0].status_code


def test_a_secret_key_in_an_address_counts_as_an_unknown_one(opens: Opens):
    door = opens(stranger_requests=Rate(1, 2))

    said = [door.asks("GET", f"/v1/projects/{door.secret}/settings").status_code for _ in range(3)]

    assert said == [404, 404, 429]


def test_ever_new_keys_are_looked_up_as_often_as_the_address_may_ask_and_never_on_the_loop(opens: Opens):
    door = opens(stranger_requests=Rate(1, 5))

    said = [door.tracks(key=f"rpk_{number}").status_code for number in range(50)]

    assert said == [401] * 5 + [429] * 45
    assert door.looks == [(f"rpk_{number}", False) for number in range(5)]


def test_of_a_stranger_over_its_limit_no_body_is_read(opens: Opens):
    door = opens(stranger_requests=Rate(1, 1))
    door.tracks(key="rpk_nobody")

    async def receive():
        raise AssertionError("the body was read")

    said = []

    async def send(message):
        said.append(message)

    basic = b"Basic " + b64encode(b"rpk_other:")
    for headers in ([], [(b"authorization", basic)], [(b"authorization", b"Bearer rpk_other")]):
        scope: Any = {
            "type": "http",
            "method": "POST",
            "path": "/v1/track",
            "raw_path": b"/v1/track",
            "root_path": "",
            "query_string": b"",
            "headers": [(b"x-forwarded-for", ADA.encode()), *headers],
            "client": ("10.0.0.1", 1),
            "server": ("10.0.0.2", 80),
            "scheme": "http",
            "http_version": "1.1",
            "asgi": {"version": "3.0"},
        }
        runs(door.app(scope, receive, send))

    assert [one["status"] for one in said if one["type"] == "http.response.start"] == [429] * 3


def test_a_key_in_the_body_that_is_good_costs_its_address_nothing(opens: Opens):
    door = opens(stranger_requests=Rate(1, 1))
    body = EVENT | {"writeKey": door.public}

    assert [door.asks("POST", "/v1/track", json=body).status_code for _ in range(3)] == [200] * 3
    assert door.asks("POST", "/v1/track", json=EVENT).status_code == 401
    assert is_too_many(door.asks("POST", "/v1/track", json=body), seconds=1)
    token = {"Authorization": f"Bearer {door.public}"}
    assert door.asks("POST", "/v1/track", json=EVENT, headers=token).status_code == 200


def test_strangers_at_the_same_address_do_not_keep_a_good_key_from_being_looked_at_again(opens: Opens):
    door = opens(stranger_requests=Rate(1, 2))
    door.tracks()
    for _ in range(5):
        door.stopwatch.goes_on(3)
        for number in range(3):
            door.tracks(key=f"rpk_{number}")
        assert door.tracks().status_code == 200

    assert [key for key, _ in door.looks].count(door.public) == 6


def test_a_key_that_was_taken_back_is_good_for_a_second_at_most(opens: Opens):
    door = opens()
    door.tracks()
    revoke_key(door.shop.store, door.public, NOW)
    door.shop.keys.forget()

    door.stopwatch.goes_on(1)
    assert door.tracks().status_code == 401


def test_those_who_show_the_same_new_key_at_once_wait_for_one_look():
    stopwatch, looks, opened = Stopwatch(), [], threading.Event()

    def look_up(key):
        opened.wait(5)
        looks.append(key)
        return Sender.SITE if key == "rpk_good" else None

    async def all_at_once(key):
        keyring = Keyring(look_up, Limiter(Limits(stranger_requests=Rate(1, 1)), stopwatch), stopwatch)
        asking = [asyncio.create_task(keyring.sender_of(key, ADA)) for _ in range(20)]
        await asyncio.sleep(0)
        opened.set()
        return await asyncio.gather(*asking, return_exceptions=True)

    assert runs(all_at_once("rpk_good")) == [Sender.SITE] * 20
    assert looks == ["rpk_good"]
    said = runs(all_at_once("rpk_bad"))
    assert looks == ["rpk_good", "rpk_bad"]
    assert said[0] is None
    assert all(isinstance(one, Problem) for one in said[1:])


def test_while_a_good_key_is_looked_at_again_others_who_show_it_do_not_wait():
    stopwatch, record = Stopwatch(), threading.Event()
    record.set()

    def look_up(_):
        assert record.wait(5)
        return Sender.SITE

    async def asks_again():
        keyring = Keyring(look_up, Limiter(NO_LIMITS, stopwatch), stopwatch)
        await keyring.sender_of("rpk_good", ADA)
        stopwatch.goes_on(2)
        record.clear()
        first = asyncio.create_task(keyring.sender_of("rpk_good", ADA))
        await asyncio.sleep(0)
        second = await keyring.sender_of("rpk_good", BEN)
        waited = not first.done()
        record.set()
        return await first, second, waited

    assert runs(asyncio.wait_for(asks_again(), 4)) == (Sender.SITE, Sender.SITE, True)


def test_no_more_keys_are_remembered_than_there_may_be():
    keyring = Keyring(lambda _: Sender.SITE, Limiter(NO_LIMITS, lambda: 0), lambda: 0)
    for number in range(MOST_KEYS * 2 + 1):
        keyring.look(str(number), ADA)

    assert len(keyring._good) <= MOST_KEYS


# --- pages -----------------------------------------------------------------------------------------------------------


def test_whether_the_process_is_well_may_always_be_asked(opens: Opens):
    one = Rate(1, 1)
    door = opens(stranger_requests=one, page_requests=one)

    for path in ("/healthz", "/readyz", "/metrics"):
        assert [door.asks("GET", path).status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize(
    "path", ["/overview", "/sign-in", "/static/look.css", "/docs", "/openapi.json", "/no-such-page"]
)
def test_pages_are_limited_by_address_alone(opens: Opens, path):
    door = opens(page_requests=Rate(1, 2))

    assert door.asks("GET", path).status_code == door.asks("GET", path).status_code != 429
    assert is_too_many(door.asks("GET", path), seconds=1)
    assert door.asks("GET", path, BEN).status_code != 429
    assert door.tracks().status_code == 200


def test_browsers_that_ask_before_they_send_are_counted_with_the_pages(opens: Opens):
    door = opens(page_requests=Rate(1, 1), stranger_requests=Rate(1, 1))

    assert door.asks("OPTIONS", "/v1/t").status_code == 204
    assert is_too_many(door.asks("OPTIONS", "/v1/t"), seconds=1)


def test_a_refusal_names_the_limit_and_nobody(opens: Opens):
    door = opens(address_requests=Rate(1_000, 1))
    door.tracks()
    answer = door.tracks()

    assert json.loads(answer.content)["detail"] == (
        "The limit `address_requests` is 1,000 a second, and 1 at once after a rest. "
        "Wait as many seconds as Retry-After says, and send it again."
    )
    assert is_too_many(answer, seconds=1)
