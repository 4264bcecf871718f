"""Segment's clients as they come: where they show their key, how they pack, what they do with an answer."""

import gzip
import json
import zlib
from base64 import b64encode
from concurrent.futures import Future

import pytest

from regulars.service.writer import Busy
from regulars.web.api import tracking
from regulars.web.api.tracking import TYPES

EVENT = {"userId": "ada", "event": "Product Reviewed", "messageId": "m1"}
MOST = 512_000


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


def batch_of(*items):
    return {"batch": list(items)}


# --- routes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("short", [False, True])
def test_each_type_has_a_long_route_and_a_short_one(api, name, short):
    body = {"userId": "ada", "event": "Seen", "groupId": "g", "previousId": "b"}

    answer = api.sends(name[0] if short else name, body)

    assert (answer.status_code, answer.json()) == (200, {"success": True, "accepted": 1, "rejected": []})
    assert "x-regulars-rejected" not in answer.headers


@pytest.mark.parametrize("route", ["batch", "b"])
def test_one_bad_event_does_not_sink_its_batch(api, route):
    good = {"type": "track", "userId": "ada", "event": "Seen"}

    answer = api.sends(route, batch_of({"type": "dance"}, good, {"type": "track", "event": "Whose?"}))

    assert answer.status_code == 200
    assert answer.headers["x-regulars-rejected"] == "2"
    assert answer.json()["accepted"] == 1
    assert [(one["position"], one["reason"]) for one in answer.json()["rejected"]] == [
        (0, "unknown_type"),
        (2, "missing_identity"),
    ]


def test_an_empty_batch_is_taken(api):
    assert api.sends("batch", batch_of()).json() == {"success": True, "accepted": 0, "rejected": []}


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/plain", "application/x-what", ""])
def test_the_content_type_does_not_matter(api, content_type):
    headers = {"Content-Type": content_type, "Authorization": basic(f"{api.secret}:")}

    answer = api.client.post("/v1/track", content=json.dumps(EVENT), headers=headers)

    assert answer.json()["accepted"] == 1


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["{key}:", "{key}", "{key}:a password", "{key}::"])
def test_basic_with_and_without_a_colon(api, written):
    headers = {"Authorization": basic(written.format(key=api.secret))}

    assert api.client.post("/v1/track", json=EVENT, headers=headers).status_code == 200


def test_basic_without_padding(api):
    headers = {"Authorization": basic(f"{api.secret}:").rstrip("=")}

    assert api.client.post("/v1/track", json=EVENT, headers=headers).status_code == 200


def test_the_body_alone_may_show_the_key(api):
    assert api.client.post("/v1/track", json=EVENT | {"writeKey": api.public}).status_code == 200


def test_a_bearer_token_may_be_a_key(api):
    headers = {"Authorization": f"Bearer {api.secret}"}

    assert api.client.post("/v1/track", json=EVENT, headers=headers).status_code == 200


def test_a_token_of_another_system_does_no_harm_beside_a_write_key(api):
    headers = {"Authorization": "Bearer eyJhbGciOi.not.ours"}

    assert api.client.post("/v1/track", json=EVENT | {"writeKey": api.public}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "shown",
    ["Basic", "Basic %%%", "Basic /////", "Bearer", "Negotiate abc", "", "  ", "Basic " + "A" * 9_000],
    ids=lambda shown: repr(shown[:20]),
)
def test_an_authorization_that_cannot_be_read_is_none(api, shown):
    headers = {"Authorization": shown.encode("latin-1")}

    assert api.client.post("/v1/track", json=EVENT, headers=headers).json()["code"] == "key_needed"
    with_key = api.client.post("/v1/track", json=EVENT | {"writeKey": api.public}, headers=headers)
    assert with_key.status_code == 200


@pytest.mark.parametrize(
    "key", ["rsk_nobody", "x" * 4_000, "k\x00y", "ключ", "\ud800"], ids=lambda key: ascii(key[:20])
)
def test_an_unknown_key_is_a_401_with_a_challenge(api, key):
    answer = api.client.post("/v1/track", content=json.dumps(EVENT | {"writeKey": key}))

    assert (answer.status_code, answer.json()["code"]) == (401, "key_unknown")
    assert answer.headers["www-authenticate"] == 'Bearer realm="Regulars"'


def test_basic_goes_before_the_body(api):
    answer = api.client.post("/v1/track", json=EVENT | {"writeKey": api.secret}, auth=("rsk_nobody", ""))

    assert answer.json()["code"] == "key_unknown"


# --- bodies ----------------------------------------------------------------------------------------------------------


def packed(api, content: bytes, encoding: str = "gzip"):
    headers = {"Content-Encoding": encoding}
    return api.client.post("/v1/batch", content=content, headers=headers, auth=(api.secret, ""))


def test_gzip_is_unpacked(api):
    raw = json.dumps(batch_of({"type": "page", "userId": "ada"})).encode()

    assert packed(api, gzip.compress(raw)).json()["accepted"] == 1
    assert packed(api, gzip.compress(raw[:9]) + gzip.compress(raw[9:])).json()["accepted"] == 1
    assert packed(api, gzip.compress(b"") * 99 + gzip.compress(raw)).json()["accepted"] == 1
    assert packed(api, raw, "identity").json()["accepted"] == 1


EMPTY_BATCH = gzip.compress(b'{"batch": []}', mtime=0)
NOTHING_TO_TAKE = {
    "no gzip": (b"{}", "gzip", "bad_gzip"),
    "cut off": (EMPTY_BATCH[:-4], "gzip", "bad_gzip"),
    "more behind it": (EMPTY_BATCH + b"more", "gzip", "bad_gzip"),
    "too many parts": (gzip.compress(b"") * 100 + EMPTY_BATCH, "gzip", "bad_gzip"),
    "a head alone": (b"\x1f\x8b", "gzip", "bad_gzip"),
    "nothing packed": (b"", "gzip", "not_json"),
    "brackets": (gzip.compress(b"[" * MOST), "gzip", "not_an_object"),
    "a byte too many": (gzip.compress(b" " * (MOST + 1)), "gzip", "too_large"),
    "a bomb": (gzip.compress(b" " * 100_000_000, 1), "gzip", "too_large"),
    "a bomb in two": (gzip.compress(b" " * MOST) * 2, "gzip", "too_large"),
    "deflate": (zlib.compress(b"{}"), "deflate", "encoding_not_known"),
    "packed twice": (b"{}", "gzip, gzip", "encoding_not_known"),
    "too long": (b" " * (MOST + 1), "identity", "too_large"),
    "nothing": (b"", "identity", "not_json"),
    "no UTF-8": (b"\xff", "identity", "not_utf8"),
    "half of JSON": (b"{", "identity", "not_json"),
    "a list": (b"[]", "identity", "not_an_object"),
    "no batch": (b"{}", "identity", "no_batch"),
}


@pytest.mark.parametrize("case", NOTHING_TO_TAKE)
def test_a_body_of_which_nothing_can_be_taken_is_a_400(api, case):
    content, encoding, code = NOTHING_TO_TAKE[case]

    answer = packed(api, content, encoding)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_body_that_never_ends_is_not_read_to_its_end(api):
    sent = 0

    def endless():
        nonlocal sent
        while sent < 100_000_000:
            sent += 64_000
            yield b" " * 64_000

    answer = api.client.post("/v1/batch", content=endless(), auth=(api.secret, ""))

    assert answer.json()["code"] == "too_large"


def test_without_a_key_no_body_is_unpacked_beyond_its_bound(api):
    answer = api.client.post("/v1/batch", content=gzip.compress(b" " * 10**7), headers={"Content-Encoding": "gzip"})

    assert answer.json()["code"] == "too_large"


# --- storing ---------------------------------------------------------------------------------------------------------


def test_the_points_are_right_when_the_answer_leaves(api):
    assert api.buys("ada", "1001", 45.80).json()["accepted"] == 1

    assert api.reads("/v1/customers/ada").json()["points"]["available"] == 45


def test_a_resend_is_answered_as_before_and_changes_nothing(api):
    first, again = api.buys("ada", "1001", 45.80), api.buys("ada", "1001", 45.80)

    assert first.json() == again.json()
    assert api.reads("/v1/customers/ada").json()["points"]["lifetime"] == 45


def test_the_shop_is_told_that_an_id_was_used_before(api):
    api.buys("ada", "1001", 45.80)

    answer = api.sends(
        "batch",
        batch_of(
            {"type": "track", "userId": "ada", "event": "Other", "messageId": "m-1001"},
            {"type": "dance"},
        ),
    )

    assert [(one["position"], one["reason"]) for one in answer.json()["rejected"]] == [
        (0, "message_id_reused"),
        (1, "unknown_type"),
    ]
    assert (answer.json()["accepted"], answer.headers["x-regulars-rejected"]) == (0, "2")


def test_of_rejects_no_more_are_listed_than_a_batch_may_have(api, monkeypatch):
    monkeypatch.setattr(tracking, "MOST_EVENTS", 2)

    answer = api.sends("batch", batch_of(1, 2, 3))

    assert (len(answer.json()["rejected"]), answer.headers["x-regulars-rejected"]) == (2, "3")
    assert answer.json()["accepted"] == 0


def test_a_browser_is_told_nothing_that_hangs_on_what_is_stored(api):
    """Whether an id, an order or a person is known: the answers are byte for byte the same."""
    api.buys("ada", "1001", 45.80)
    api.sends("identify", {"userId": "ada", "traits": {"email": "ada@example.com"}})

    def probe(body):
        answer = api.sends("track", {"event": "Seen", **body}, api.public)
        return answer.status_code, answer.content, set(answer.headers) - {"x-request-id"}

    said = [
        probe({"userId": "ada", "messageId": "p1"}),
        probe({"userId": "ada", "messageId": "p1"}),
        probe({"userId": "bob", "messageId": "p1"}),
        probe({"userId": "nobody", "messageId": "p2"}),
        probe({"userId": "ada", "messageId": "m-1001"}),
        probe({"userId": "ada", "event": "Order Completed", "properties": {"order_id": "1001"}}),
        probe({"userId": "ada", "event": "Order Completed", "properties": {"order_id": "1002"}}),
        probe({"anonymousId": "b5a1", "context": {"traits": {"email": "ada@example.com"}}}),
    ]

    assert len({str(one) for one in said}) == 1


def test_a_browser_cannot_earn(api):
    products = [{"product_id": "tea", "price": 45, "quantity": 1}]
    properties = {"order_id": "1", "currency": "USD", "products": products}

    assert api.tracks("Order Completed", api.public, userId="ada", properties=properties).json()["accepted"] == 1

    assert api.reads("/v1/customers/ada").json()["points"]["lifetime"] == 0


def test_too_busy_is_a_503_that_says_when_to_come_back(api, monkeypatch):
    def full(*_):
        raise Busy

    monkeypatch.setattr("regulars.web.api.tracking.ingest", full)
    answer = api.tracks("Seen", userId="ada")

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "busy", "1")


def test_what_takes_too_long_is_a_503_before_clients_give_up(api, monkeypatch):
    assert tracking.LONGEST_WAIT_SECONDS < 10
    monkeypatch.setattr(tracking, "LONGEST_WAIT_SECONDS", 0.01)
    future: Future = Future()
    monkeypatch.setattr(tracking, "ingest", lambda *_: future)

    answer = api.tracks("Seen", userId="ada")

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "busy", "1")


def test_busy_may_come_later_too(api, monkeypatch):
    future: Future = Future()
    future.set_exception(Busy())
    monkeypatch.setattr("regulars.web.api.tracking.ingest", lambda *_: future)

    assert api.tracks("Seen", userId="ada").json()["code"] == "busy"


# --- browsers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/t", "/v1/track", "/v1/batch", "/v1/projects/key/settings", "/sourceConfig/"])
def test_a_browser_may_ask_before_it_sends(api, path):
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}

    answer = api.client.options(path, headers=asked)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert {"Authorization", "AnonymousId", "SentAt", "Content-Type", "Content-Encoding", "X-Retry-Count"} == set(
        allowed
    )
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers
    assert int(answer.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize("key", ["", "rpk_nobody"])
def test_answers_and_refusals_may_be_read_by_the_page_that_sent(api, key):
    answer = api.sends("track", EVENT, key or api.public)

    assert "access-control-allow-origin" not in answer.headers
    headers = {"Origin": "https://shop.example"}
    answer = api.client.post("/v1/track", json=EVENT, headers=headers, auth=(key or api.public, ""))
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "X-Regulars-Rejected" in answer.headers["access-control-expose-headers"]


def test_an_origin_that_is_none_is_not_echoed(api):
    headers = {"Origin": "https://shop.example" + "x" * 600}

    answer = api.client.post("/v1/track", json=EVENT, headers=headers, auth=(api.public, ""))

    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
