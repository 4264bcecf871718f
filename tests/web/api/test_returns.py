"""Orders that go back, told by the shop's server: by line, by quantity, by amount or whole, each told once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from litestar.testing import TestClient

from regulars.service.keys import create_key
from regulars.web.app import create_app
from tests.web.api.conftest import NOW, Ids


def buys_two_things(api, order="1001"):
    """Two cups at 10.00 each and a pot at 25.50: 45 points."""
    products = [
        {"product_id": "cup", "price": 10, "quantity": 2},
        {"product_id": "pot", "price": 25.50, "quantity": 1},
    ]
    properties = {"order_id": order, "currency": "USD", "products": products}
    api.tracks("Order Completed", userId="ada", messageId=f"m-{order}", properties=properties)


@pytest.fixture
def ada(api):
    buys_two_things(api)
    return api


def code_of(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def points(api):
    return api.reads("/v1/customers/ada").json()["points"]["available"]


def test_one_of_two_cups_goes_back(ada):
    answer = ada.commands("returns", "a", order_id="1001", lines=[{"line": 1, "quantity": 1}])

    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["amount_minor"], said["points"], said["is_whole"]) == (1000, 9, False)
    assert said["rules"] == [{"rule": "purchase", "points": 9, "taken": 9, "lapsed": 0, "charged": 0, "short": 0}]
    assert said["balance"] == {"available": 36, "pending": 0, "reserved": 0, "owed": 0, "tier": None}
    assert points(ada) == 36


def test_a_line_a_sum_and_the_rest_are_the_whole(ada):
    line = ada.commands("returns", "a", order_id="1001", lines=[{"line": 2}]).json()
    some = ada.commands("returns", "b", order_id=1001, amount="4.5").json()
    rest = ada.commands("returns", "c", order_id="1001", cancelled=True).json()

    assert [one["amount_minor"] for one in (line, some, rest)] == [2550, 450, 1550]
    assert [one["is_whole"] for one in (line, some, rest)] == [False, False, True]
    assert (sum([one["points"] for one in (line, some, rest)]), points(ada)) == (45, 0)


@pytest.mark.parametrize("amount", ["12.50", 12.5, "+12.5000"])
def test_an_amount_is_text_or_a_number(ada, amount):
    assert ada.commands("returns", "a", order_id="1001", amount=amount).json()["amount_minor"] == 1250


@pytest.mark.parametrize(
    ("body", "status", "code", "says"),
    [
        ({"amount": "1.005"}, 400, "bad_amount", "`amount` is finer than the smallest unit of USD"),
        ({"amount": 1.005}, 400, "bad_amount", "`amount` is finer than the smallest unit of USD"),
        ({"amount": "-1"}, 400, "bad_amount", "`amount` is below 0"),
        ({"amount": "1,50"}, 400, "bad_amount", "`amount` is not an amount"),
        ({"amount": 1e300}, 400, "bad_amount", "`amount` is not an amount"),
        ({"amount": 0}, 400, "bad_body", "`amount` is 0"),
        ({"amount": 45.51}, 409, "more_than_the_order", "More money than is left of the order"),
        ({"lines": [{"line": 3}]}, 409, "more_than_the_order", "`lines[0]`: The order has 2 lines, counted from 1"),
        (
            {"lines": [{"line": 2}, {"line": 1, "quantity": 3}]},
            409,
            "more_than_the_order",
            "`lines[1]`: Only 2 of this line",
        ),
        ({"lines": [{"line": 1, "amount": "20.01"}]}, 409, "more_than_the_order", "`lines[0]`: More money"),
        ({"lines": [{"line": 1, "amount": "x"}]}, 400, "bad_amount", "`lines[0].amount` is not an amount"),
        ({"lines": [{"line": 1}, {"line": 1}, {"line": 0}]}, 400, "bad_body", "`lines[2].line`: Expected `int` >= 1"),
        ({"lines": [{"line": 1}], "amount": 1}, 400, "bad_body", "Send `lines` or `amount`, not both"),
        ({"lines": []}, 400, "bad_body", "`lines`"),
        ({"at": "yesterday"}, 400, "bad_body", "`at` is not a moment"),
        ({"order_id": "9"}, 404, "unknown_order", "Send the order first"),
        ({"order_id": " "}, 400, "bad_body", "`order_id`"),
        ({"reason": "broken"}, 400, "bad_body", "There is a field that does not belong here"),
    ],
)
def test_what_cannot_be_so_is_said_and_nothing_is_done(ada, body, status, code, says):
    answer = ada.commands("returns", "a", **{"order_id": "1001", **body})

    assert code_of(answer) == (status, code)
    assert says in answer.json()["detail"]
    assert points(ada) == 45
    mended = ada.commands("returns", "a", order_id="1001")
    assert (mended.status_code, mended.json()["points"]) == (200, 45)


def test_what_went_back_whole_cannot_go_back_again(ada):
    ada.commands("returns", "a", order_id="1001")

    assert code_of(ada.commands("returns", "b", order_id="1001", amount=1)) == (409, "nothing_left")


def test_the_same_key_is_answered_the_same_though_all_is_different_since(ada):
    first = ada.commands("returns", "a", order_id="1001", amount=10)
    buys_two_things(ada, "1002")
    again = ada.commands("returns", "a", order_id="1001", amount=10)

    assert (again.status_code, again.content) == (200, first.content)
    assert "idempotency-hit" not in first.headers
    assert again.headers["idempotency-hit"] == "true"
    assert points(ada) == 36 + 45


def test_the_same_key_for_something_else_is_refused(ada):
    ada.commands("returns", "a", order_id="1001", amount=10)

    assert code_of(ada.commands("returns", "a", order_id="1001", amount=11)) == (422, "idempotency_key_reused")
    assert points(ada) == 36


def test_two_at_once_with_one_key_are_one(ada):
    def sends(_):
        return ada.commands("returns", "a", order_id="1001", amount=10)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(sends, range(16)))

    assert {(one.status_code, one.content) for one in answers} == {(200, answers[0].content)}
    assert len([one for one in answers if "idempotency-hit" not in one.headers]) == 1
    assert points(ada) == 36


@pytest.mark.parametrize("key", [None, "", "two words", "ä", "x" * 256])
def test_a_command_wants_a_key_of_its_own(ada, key):
    headers = {b"Authorization": f"Bearer {ada.secret}".encode()}
    headers |= {} if key is None else {b"Idempotency-Key": key.encode()}
    answer = ada.client.post("/v1/returns", json={"order_id": "1001"}, headers=headers)

    assert code_of(answer) == (400, "idempotency_key_needed")
    assert "a new one for each command" in answer.json()["detail"]
    assert ada.commands("returns", "x" * 255, order_id="1001").status_code == 200


def test_only_a_secret_key_commands(ada):
    def sends(headers):
        return ada.client.post("/v1/returns", json={"order_id": "1001"}, headers={"Idempotency-Key": "a", **headers})

    assert code_of(sends({})) == (401, "key_needed")
    assert code_of(sends({"Authorization": f"Bearer {ada.public}"})) == (403, "secret_key_needed")


def test_before_a_program_is_in_force_nothing_goes_back(empty_shop):
    key = create_key(empty_shop.store, "secret", "", NOW)
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "a"}
    with TestClient(create_app(empty_shop, lambda: NOW, Ids())) as client:
        for route, body in (("returns", {"order_id": "1"}), ("orders/forecast", {"lines": [{"amount": 1}]})):
            answer = client.post(f"/v1/{route}", json=body, headers=headers)
            assert code_of(answer) == (503, "no_program")
            assert answer.headers["retry-after"]
