"""What a public key cannot do. It stands in every page, so whoever wants to can have it."""

from typing import Any

import pytest

from regulars.web.api.openapi import document
from tests.web.api.conftest import Speaker

READING = [
    (method.upper(), path)
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
    if not set(operation["tags"]) & {"tracking", "settings", "operation", "webhooks"}
]
SIGNED = [
    path for path, operations in document()["paths"].items() if "webhooks" in operations.get("post", {}).get("tags", ())
]
PEOPLE = ["ada", "nobody", "user_id:ada", "email:ada@example.com"]
PRODUCTS = [{"product_id": "tea", "price": 45.80, "quantity": 1}]
ORDER = {"order_id": "1001", "currency": "USD", "products": PRODUCTS}


@pytest.fixture
def api(api: Speaker) -> Speaker:
    """The shop knows Ada, her e-mail address, her browser and an order."""
    api.buys("ada", "1001", 45.80)
    api.sends("identify", {"userId": "ada", "anonymousId": "b5a1", "traits": {"email": "ada@example.com"}})
    api.sends("track", {"userId": "ada", "event": "Seen", "messageId": "by-the-shop"})
    api.sends("track", {"userId": "ada", "event": "Seen", "messageId": "by-a-browser"}, api.public)
    return api


# --- read ------------------------------------------------------------------------------------------------------------


def test_there_is_something_to_read():
    assert ("GET", "/v1/customers/{identity}") in READING
    assert ("POST", "/v1/customers/lookup") in READING


@pytest.mark.parametrize("shown", ["Basic", "Bearer"])
@pytest.mark.parametrize(("method", "path"), READING)
def test_it_reads_nobody(api: Speaker, method, path, shown):
    def asks(key, person):
        auth = (key, "") if shown == "Basic" else None
        headers = {"Authorization": f"Bearer {key}"} if shown == "Bearer" else {}
        body = {"kind": "user_id", "value": person} if method == "POST" else None
        return api.client.request(method, path.replace("{identity}", person), auth=auth, headers=headers, json=body)

    said = [asks(api.public, person) for person in PEOPLE]

    assert {(one.status_code, one.json()["code"]) for one in said} == {(403, "secret_key_needed")}
    assert len({str(_without_names(one)) for one in said}) == 1
    assert asks(api.secret, "ada").status_code not in (401, 403)


@pytest.mark.parametrize("path", SIGNED)
def test_it_is_no_signature(api: Speaker, path):
    """Nobody shows a key to a webhook: one with a key is told what one without is told."""
    bare, shown = [
        api.client.post(path, json=ORDER, headers=key) for key in ({}, {"Authorization": f"Bearer {api.public}"})
    ]

    assert len(SIGNED) == 3
    assert (bare.status_code, bare.json()["code"]) == (404, "not_found")
    assert _without_names(shown) == _without_names(bare)


@pytest.mark.parametrize("path", ["/overview", "/customers", "/customers/ada", "/program", "/refused"])
def test_it_opens_no_page_for_staff(api: Speaker, path):
    answer = api.client.get(path, auth=(api.public, ""), follow_redirects=False)

    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")


# --- learn who is a customer -----------------------------------------------------------------------------------------

KNOWN_AND_UNKNOWN: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "a user id": ("track", [{"userId": "ada", "event": "Seen"}, {"userId": "eve", "event": "Seen"}]),
    "a browser": ("track", [{"anonymousId": "b5a1", "event": "Seen"}, {"anonymousId": "ffff", "event": "Seen"}]),
    "who is who": ("identify", [{"userId": "ada", "anonymousId": "b5a1"}, {"userId": "eve", "anonymousId": "ffff"}]),
    "an e-mail address": (
        "identify",
        [{"anonymousId": "p1", "traits": {"email": f"{name}@example.com"}} for name in ("ada", "eve")],
    ),
    "an e-mail address beside an event": (
        "page",
        [{"anonymousId": "p1", "context": {"traits": {"email": f"{name}@example.com"}}} for name in ("ada", "eve")],
    ),
    "an e-mail address as an id": ("track", [{"userId": f"{n}@example.com", "event": "Seen"} for n in ("ada", "eve")]),
    "an alias": ("alias", [{"userId": "p1", "previousId": "ada"}, {"userId": "p1", "previousId": "eve"}]),
    "an order": (
        "track",
        [
            {"userId": "ada", "event": "Order Completed", "properties": ORDER | {"order_id": order}}
            for order in ("1001", "1002")
        ],
    ),
    "a message id": (
        "track",
        [
            {"userId": "eve", "event": "Other", "messageId": message_id}
            for message_id in ("by-the-shop", "by-a-browser", "m-1001", "new")
        ],
    ),
    "a batch": (
        "batch",
        [{"batch": [{"type": "track", "userId": name, "event": "Seen"}, {"type": "dance"}]} for name in ("ada", "eve")],
    ),
}


@pytest.mark.parametrize("case", KNOWN_AND_UNKNOWN)
def test_it_is_told_the_same_of_whom_we_know_and_whom_we_do_not(api: Speaker, case):
    route, bodies = KNOWN_AND_UNKNOWN[case]

    said = [api.sends(route, body, api.public) for body in bodies for _ in range(2)]

    assert {one.status_code for one in said} == {200}
    assert len({str(_without_names(one)) for one in said}) == 1


def test_the_shop_itself_is_told_more(api: Speaker):
    """So that the test above could fail."""
    reused = {"userId": "eve", "event": "Other", "messageId": "by-the-shop"}

    assert api.sends("track", reused).json()["rejected"][0]["reason"] == "message_id_reused"


# --- earn ------------------------------------------------------------------------------------------------------------


def test_it_earns_nobody_a_point_whatever_it_says(api: Speaker):
    before = api.reads("/v1/customers/ada").json()["points"]

    order = {"event": "Order Completed", "properties": ORDER | {"order_id": "2001"}}
    for body in (
        {"userId": "ada", **order},
        {"anonymousId": "b5a1", **order},
        {"userId": "ada", "anonymousId": "b5a1", **order, "context": {"channel": "server"}},
        {"userId": "ada", "event": "Order Completed", "properties": ORDER | {"order_id": "2002", "revenue": 10**6}},
    ):
        assert api.sends("track", body, api.public).json()["accepted"] == 1
    batch = {"batch": [{"type": "track", "userId": "ada", **order}], "writeKey": api.secret}
    assert api.sends("batch", batch, api.public).json()["accepted"] == 1
    api.sends("identify", {"userId": "ada", "anonymousId": "p1"}, api.public)
    api.sends("alias", {"userId": "ada", "previousId": "p1"}, api.public)

    assert api.reads("/v1/customers/ada").json()["points"] == before


def test_it_takes_nobody_a_point_by_having_said_an_order_or_a_message_before_the_shop(api: Speaker):
    order = ORDER | {"order_id": "3001"}
    body = {"userId": "ben", "event": "Order Completed", "messageId": "m-3001", "properties": order}
    api.sends("track", body, api.public)

    assert api.sends("track", body).json() == {"success": True, "accepted": 1, "rejected": []}

    assert api.reads("/v1/customers/ben").json()["points"]["lifetime"] == 45


def _without_names(answer) -> tuple[int, str, list[tuple[str, str]]]:
    """All of an answer but what names the request."""
    request_id = answer.headers["x-request-id"]
    headers = [(name, value) for name, value in answer.headers.multi_items() if name not in ("x-request-id", "date")]
    return answer.status_code, answer.text.replace(request_id, ""), headers
