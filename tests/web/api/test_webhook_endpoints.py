"""Webhooks of our own over the interface: as the shop's server makes, changes, tests and removes them."""

import json
from typing import Any

import httpx
import pytest

from regulars.kernel.terms import listed
from regulars.service import outbox, webhooks
from regulars.service.audit import deeds
from regulars.service.shop import Shop
from tests.web.api.conftest import NOW, Speaker

AT = "/v1/webhook-endpoints"
URL = "https://crm.example.com/hooks"
CRM = {"name": "crm", "url": URL, "types": ["segment.entered"]}


class Server:
    """The shop's server, with its secret key."""

    def __init__(self, api: Speaker) -> None:
        self._client, self.key = api.client, api.secret

    def asks(self, method: str, path: str = "", body: Any = None, key: str | None = None) -> httpx.Response:
        shown = {"Authorization": f"Bearer {key or self.key}"}
        return self._client.request(method, AT + path, json=body, headers=shown)

    def adds(self, **other: Any) -> httpx.Response:
        return self.asks("POST", "", {**CRM, **other})


@pytest.fixture
def server(api: Speaker) -> Server:
    return Server(api)


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"], answer.json()["detail"]


def test_one_is_added_shown_and_removed(server: Server) -> None:
    secret = server.adds().json()["secret"]
    assert secret.startswith("whsec_")
    one = server.asks("GET", "/crm")
    assert one.json() == {
        "name": "crm",
        "url": URL,
        "types": ["segment.entered"],
        "created_at": "2024-05-17T09:30:00Z",
        "rests_until": None,
        "disabled_at": None,
        "disabled_why": "",
        "waiting": 0,
        "failed": 0,
        "delivered_at": None,
    }
    assert server.asks("GET").json() == {"endpoints": [one.json()]}
    assert secret not in one.text
    assert server.asks("DELETE", "/crm").json() == {"removed": True}
    assert problem(server.asks("DELETE", "/crm"))[:2] == (404, "webhook_not_found")
    assert server.asks("GET").json() == {"endpoints": []}


def test_what_is_left_away_stays(server: Server) -> None:
    server.adds()
    assert server.asks("PATCH", "/crm", {"types": []}).json()["types"] == []
    changed = server.asks("PATCH", "/crm", {"url": URL + "/2", "disabled": True}).json()
    assert (changed["types"], changed["url"], changed["disabled_at"]) == ([], URL + "/2", "2024-05-17T09:30:00Z")
    assert changed["disabled_why"].startswith("It was disabled by key rsk_")
    assert server.asks("PATCH", "/crm", {"disabled": False}).json()["disabled_at"] is None


def test_a_secret_is_changed(server: Server) -> None:
    first = server.adds().json()["secret"]
    second = server.asks("POST", "/crm/rotate", {}).json()["secret"]
    third = server.asks("POST", "/crm/rotate", {"at_once": True}).json()["secret"]
    assert len({first, second, third}) == 3


def test_a_test_message_waits_and_its_delivery_is_shown(server: Server, shop: Shop) -> None:
    server.adds()
    id = server.asks("POST", "/crm/test", {}).json()["id"]
    [told] = server.asks("GET", "/crm/deliveries").json()["deliveries"]
    assert (told["id"], told["type"], told["state"], told["attempts"]) == (id, "webhook.test", "waiting", 0)
    [sending] = shop.writer.run(lambda tx: outbox.take_due(tx, NOW, {}))
    shop.writer.run(lambda tx: outbox.settle(tx, [outbox.Outcome(sending, 410, "Gone.")], NOW))
    assert problem(server.asks("POST", "/crm/test", {})) == (
        *(409, "not_possible"),
        "It is disabled: enable it first.",
    )
    assert server.asks("POST", "/crm/retry", {"id": id}).json() == {"retried": 1}
    assert server.asks("POST", "/crm/retry", {}).json() == {"retried": 0}


def test_deliveries_come_page_by_page(server: Server) -> None:
    server.adds()
    sent = [server.asks("POST", "/crm/test", {}).json()["id"] for _ in range(3)]
    first = server.asks("GET", "/crm/deliveries?limit=2").json()
    second = server.asks("GET", f"/crm/deliveries?limit=2&cursor={first['next']}").json()
    assert [one["id"] for one in (*first["deliveries"], *second["deliveries"])] == sent[::-1]
    assert second["next"] is None
    assert problem(server.asks("GET", "/crm/deliveries?cursor=x"))[:2] == (400, "bad_cursor")


def test_what_cannot_be_says_where_and_how_to_mend_it(server: Server) -> None:
    assert problem(server.adds(types=["segment.enterd"])) == (
        *(400, "bad_body"),
        f"`types`: one of the types is none; did you mean “segment.entered”? There are {listed(list(webhooks.TYPES))}.",
    )
    assert problem(server.adds(url="https://10.0.0.1/"))[2].startswith("`url`: the address is a private or local one")
    assert problem(server.adds(name="CRM"))[:2] == (400, "bad_body")
    assert problem(server.asks("POST", "", {**CRM, "secret": "mine"}))[:2] == (400, "bad_body")
    server.adds()
    assert problem(server.adds())[:2] == (409, "not_possible")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", ""), ("GET", "/crm"), ("PATCH", "/crm"), ("DELETE", "/crm"), ("GET", "/crm/deliveries")]
    + [("POST", f"/crm/{one}") for one in ("rotate", "test", "retry")],
)
def test_it_takes_a_secret_key(server: Server, api: Speaker, method: str, path: str) -> None:
    server.adds()
    body = CRM if (method, path) == ("POST", "") else {} if method in ("POST", "PATCH") else None
    assert problem(server.asks(method, path, body, key=api.public))[:2] == (403, "secret_key_needed")
    assert problem(server.asks(method, path, body, key="rsk_nobody"))[:2] == (401, "key_unknown")


def test_who_did_what_stands_in_the_audit_trail(server: Server, shop: Shop) -> None:
    server.adds()
    server.asks("PATCH", "/crm", {"url": URL})
    server.asks("POST", "/crm/rotate", {})
    server.asks("DELETE", "/crm")
    trail = deeds(shop, None, 10).deeds
    assert [one.what for one in trail] == [
        *("webhook_removed", "webhook_secret_changed", "webhook_changed", "webhook_added"),
    ]
    assert {(one.who, one.details) for one in trail} == {(f"key {server.key[:10]}", "crm")}
    assert URL not in json.dumps([one.details for one in trail])
