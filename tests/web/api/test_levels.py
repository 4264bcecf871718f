"""A level by the shop's own word over HTTP, and what a customer's answer says of keeping one."""

from typing import Any

import httpx

from tests.web.api.conftest import Speaker


def sets(api: Speaker, body: Any, who: str = "ada", key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return api.client.post(f"/v1/customers/{who}/level", json=body, auth=(api.secret, ""), headers=headers)


def test_the_answer_shows_the_level_then(api: Speaker) -> None:
    api.buys("ada", "1", 60.00)
    answer = sets(api, {"level": "gold", "until": "2024-06-01T04:00:00Z", "reason": "gold elsewhere"})
    assert answer.status_code == 200, answer.text
    known = api.reads("/v1/customers/ada").json()
    given = {"id": "gold", "until": "2024-06-01T04:00:00Z"}
    assert answer.json() == {"customer": known["id"], "tier": "gold", "given": given}
    assert known["tier"] == {
        "id": "gold",
        "since": "2024-05-17T09:30:00Z",
        "next": None,
        "keep": {
            "at": 50_000,
            "have": 6_000,
            "missing": 44_000,
            "until": "2024-06-01T04:00:00Z",
            "in_grace": False,
            "by": "spend",
        },
        "given": given,
    }
    assert sets(api, {"level": None}).json() == {"customer": known["id"], "tier": "silver", "given": None}


def test_a_resend_with_its_key_is_the_same_word(api: Speaker) -> None:
    api.buys("ada", "1", 60.00)
    for _ in range(2):
        assert sets(api, {"level": "gold"}, key="k1").status_code == 200
    steps = api.reads("/v1/customers/ada/explain").json()["steps"]
    assert [one["what"] for one in steps] == ["Level Set", "order 1 of 60.00 USD"]
    assert sets(api, {"level": "silver"}, key="k1").json()["code"] == "not_possible"


def test_what_cannot_be_says_why(api: Speaker) -> None:
    api.buys("ada", "1", 60.00)
    for body, status, code in (
        ({"level": "diamond"}, 409, "not_possible"),
        ({"level": None}, 409, "not_possible"),
        ({"level": "gold", "until": "2024-05-17T09:30:00Z"}, 409, "not_possible"),
        ({"level": "gold", "until": "soon"}, 400, "bad_body"),
        ({"levle": "gold"}, 400, "bad_body"),
        ({}, 400, "bad_body"),
    ):
        answer = sets(api, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
    assert sets(api, {"level": "gold"}, "nobody").json()["code"] == "customer_not_found"


def test_no_public_key_gives_a_level(api: Speaker) -> None:
    api.buys("ada", "1", 60.00)
    answer = api.client.post("/v1/customers/ada/level", json={"level": "gold"}, auth=(api.public, ""))
    assert answer.status_code == 403
