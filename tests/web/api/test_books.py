"""The books of a month over HTTP: the figures, whom they are told, and months that are none."""

import pytest

from tests.web.api.conftest import Speaker
from tests.web.api.test_liability import buys, shop

__all__ = ["shop"]


def test_a_month_is_told_with_what_moved(api: Speaker) -> None:
    buys(api, "ada", "1", 100, days_ago=47)
    answer = api.reads("/v1/books/2024-05")
    said = answer.json()

    assert answer.status_code == 200
    assert (said["month"], said["since"], said["until"]) == ("2024-05", "2024-05-01T04:00:00Z", "2024-06-01T04:00:00Z")
    assert said["closing"] == {"pending": 100, "available": 0, "reserved": 0, "debt": 0, "worth_minor": 100}
    assert said["closed"] is None
    assert sum(one["points"] for one in said["movements"] if one["entry"] == "earn") == 100
    assert api.reads("/v1/books/2024-04").json()["movements"] == []


@pytest.mark.parametrize("month", ["2024-06", "2024-13", "1969-12", "may"])
def test_months_that_are_none_are_a_problem_with_words(api: Speaker, month: str) -> None:
    answer = api.reads(f"/v1/books/{month}")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_period")


def test_only_a_secret_key_is_told(api: Speaker) -> None:
    assert api.client.get("/v1/books/2024-05").status_code == 401
    public = {"Authorization": f"Bearer {api.public}"}
    assert api.client.get("/v1/books/2024-05", headers=public).status_code == 403
