"""What the shop owes in points, over HTTP: the figures, whom they are told, and days that are none."""

from typing import Any

import pytest
from litestar.testing import TestClient

from regulars.kernel.calendar import DAY
from regulars.service import programs
from regulars.service.keys import create_key
from regulars.service.shop import Shop
from regulars.web.app import create_app
from regulars.wire.instants import rfc3339
from tests.web.api.conftest import NOW, PROGRAM, Ids, Speaker

POINTS = (
    "points: {name: {one: star, other: stars}, worth: 0.01, redeemed: 75%, hold: 10 days, expire: {after: 2 months}}\n"
)


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    """Today is 17 May 2024, in New York."""
    programs.publish(empty_shop, PROGRAM + POINTS, "test", NOW - 60 * DAY)
    return empty_shop


def buys(api: Speaker, customer: str, order: str, price: int, days_ago: int) -> None:
    products = [{"product_id": "tea", "price": price, "quantity": 1}]
    properties = {"order_id": order, "currency": "USD", "products": products}
    at = rfc3339(NOW - days_ago * DAY)
    said = api.tracks("Order Completed", userId=customer, messageId=order, timestamp=at, properties=properties)
    assert said.json()["accepted"] == 1


def owed(api: Speaker, **parameters: str) -> Any:
    answer = api.reads("/v1/liability", **parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_is_owed_is_told_by_month_and_by_tier(api: Speaker) -> None:
    buys(api, "ada", "1", 100, days_ago=47)
    buys(api, "bea", "2", 20, days_ago=2)

    assert owed(api) == {
        "as_of": "2024-05-17T09:30:00Z",
        "available": 100,
        "reserved": 0,
        "debt": 0,
        "pending": 20,
        "most_minor": 120,
        "expected_minor": 90,
        "currency": "USD",
        "worth": "0.01",
        "redeemed": "75%",
        "owed": [
            {"month": "2024-05", "tier": "silver", "available": 100, "pending": 0, "reserved": 0},
            {"month": "2024-07", "tier": None, "available": 0, "pending": 20, "reserved": 0},
        ],
        "cohorts": [
            {"month": "2024-03", "issued": 100, "expired": 0, "used": 0, "reversed": 0, "held": 100},
            {"month": "2024-05", "issued": 20, "expired": 0, "used": 0, "reversed": 0, "held": 20},
        ],
    }


def test_a_day_is_told_as_it_ended_on_the_shops_wall(api: Speaker) -> None:
    buys(api, "ada", "1", 100, days_ago=47)
    buys(api, "bea", "2", 20, days_ago=2)

    past = owed(api, on="2024-05-14")
    assert (past["as_of"], past["available"], past["pending"]) == ("2024-05-15T03:59:59.999999Z", 100, 0)
    assert owed(api, on="2024-05-15")["pending"] == 20
    assert owed(api, on="2024-05-17") == owed(api)
    assert owed(api, on="1970-01-01")["owed"] == []


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("on=2024-05-18", "take 2024-05-17, which is today, or an earlier one"),
        ("on=9999-12-31", "take 2024-05-17, which is today, or an earlier one"),
        ("on=1969-12-31", "take 1970-01-01 or a later one"),
        ("on=2024-05-16&on=2024-05-16", "Send `on` once"),
        ("on=", "Write the day as 2017-03-31."),
        ("on=x", "Write the day as 2017-03-31."),
        ("on=20240516", "Write the day as 2017-03-31."),
        ("on=2024-W20-4", "Write the day as 2017-03-31."),
        ("on=2024-02-30", "Write the day as 2017-03-31."),
        ("on=2024-05-16T12:00:00Z", "Write the day as 2017-03-31."),
        ("on=%ff", "Write the day as 2017-03-31."),
    ],
)
def test_days_that_are_none_are_a_problem_with_words(api: Speaker, query: str, says: str) -> None:
    answer = api.reads(f"/v1/liability?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_period")
    assert says in answer.json()["detail"]


def test_only_a_secret_key_is_told(api: Speaker) -> None:
    assert api.client.get("/v1/liability").status_code == 401
    assert api.client.get("/v1/liability", headers={"Authorization": f"Bearer {api.public}"}).status_code == 403


def test_a_shop_without_a_program_has_nothing_to_tell_yet(empty_shop: Shop) -> None:
    key = create_key(empty_shop.store, "secret", "", NOW)
    with TestClient(create_app(empty_shop, lambda: NOW, Ids())) as client:
        answer = client.get("/v1/liability", headers={"Authorization": f"Bearer {key}"})

    assert (answer.status_code, answer.json()["code"]) == (503, "no_program")
    assert answer.headers["retry-after"]


def test_the_document_has_the_route_and_its_answer(api: Speaker) -> None:
    document = api.client.get("/openapi.json").json()

    assert {"LiabilityAnswer", "OwedAnswer", "CohortAnswer"} <= set(document["components"]["schemas"])
    assert [one["name"] for one in document["paths"]["/v1/liability"]["get"]["parameters"]] == ["on"]
