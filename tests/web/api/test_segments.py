"""Segments over HTTP: how many, who, in which somebody is, and what a condition would mean."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from regulars.kernel.calendar import DAY
from regulars.service import programs
from regulars.service.refreshing import FILE_NAME, refresh_file
from regulars.service.shop import Shop
from regulars.web.app import create_app
from tests.web.api.conftest import NOW, PROGRAM, Ids, Speaker

SEGMENTS = """
segments:
  twice: {did: Order Completed, at_least: 2}
  fresh: {did: Order Completed, within: 24 hours}
"""


class Moved:
    """A clock that is moved on."""

    now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Moved:
    return Moved()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / FILE_NAME


@pytest.fixture
def app(shop: Shop, clock: Moved, file: Path) -> Litestar:
    programs.publish(shop, PROGRAM + SEGMENTS, "test", NOW)
    return create_app(shop, clock, Ids(), analytics=file)


def posted(api: Speaker, path: str, body: Any, key: str | None = None) -> Any:
    return api.client.post(path, json=body, headers={"Authorization": f"Bearer {key or api.secret}"})


def test_a_secret_key_is_told_at_once_and_reads_sizes_members_and_memberships(api: Speaker) -> None:
    api.buys("ada", "1", 20)
    moved = api.buys("ada", "2", 20).json()["segments"]
    assert [(one["segment"], one["move"], one["because"]) for one in moved] == [
        ("twice", "entered", "They did “Order Completed” at least 2 times.")
    ]
    api.buys("bea", "3", 20)

    answer = api.reads("/v1/segments").json()
    assert answer["as_of"] == "2024-05-17T09:30:00Z"
    assert [(one["id"], one["members"], one["entered"], one["left"]) for one in answer["segments"]] == [
        ("twice", 1, 1, 0),
        ("fresh", 2, 2, 0),
    ]
    assert answer["segments"][0]["who"] == "those who did “Order Completed” at least 2 times"

    members = api.reads("/v1/segments/twice/members").json()
    assert [(one["name"], one["since"]) for one in members["members"]] == [("ada", "2024-05-17T09:30:00Z")]
    theirs = api.reads("/v1/customers/ada/segments").json()
    assert [one["segment"] for one in theirs["segments"]] == ["fresh", "twice"]
    assert theirs["segments"][1]["because"] == "They did “Order Completed” at least 2 times."


def test_members_come_page_by_page(api: Speaker) -> None:
    for number in range(5):
        api.buys(f"c{number}", f"{number}", 20)
    names, cursor = [], None
    for _ in range(3):
        page = api.reads("/v1/segments/fresh/members", limit=2, **({"cursor": cursor} if cursor else {})).json()
        names += [one["name"] for one in page["members"]]
        cursor = page["next"]
    assert (sorted(names), cursor) == ([f"c{number}" for number in range(5)], None)
    assert api.reads("/v1/segments/fresh/members", cursor="!").json()["code"] == "bad_cursor"
    assert api.reads("/v1/segments/none/members").json()["code"] == "segment_not_found"


def test_what_falls_due_until_now_has_happened_though_nobody_was_woken(api: Speaker, clock: Moved) -> None:
    api.buys("ada", "1", 20)
    clock.now += 2 * DAY
    assert api.reads("/v1/customers/ada/segments").json()["segments"] == []


def test_many_are_asked_for_at_once_in_their_order_and_not_too_many(api: Speaker) -> None:
    api.buys("ada", "1", 20)
    api.sends("identify", {"userId": "ada", "traits": {"email": "Ada@example.com"}})
    asked = [
        {"kind": "user_id", "value": "nobody"},
        {"kind": "email", "value": "ada@example.com"},
        {"kind": "user_id", "value": "ada"},
    ]
    found = posted(api, "/v1/segments/memberships", {"customers": asked}).json()["customers"]
    assert [(one["id"] is None, [each["segment"] for each in one["segments"]]) for one in found] == [
        (True, []),
        (False, ["fresh"]),
        (False, ["fresh"]),
    ]
    many = posted(api, "/v1/segments/memberships", {"customers": asked[:1] * 501})
    assert (many.status_code, many.json()["code"]) == (400, "bad_body")


def test_a_visitor_without_a_name_is_in_no_segment(api: Speaker) -> None:
    api.tracks("Product Viewed", key=api.public, anonymousId="phone")
    assert api.reads("/v1/customers/anonymous_id:phone/segments").json()["segments"] == []


def test_a_condition_is_tried_out_as_of_the_tables_and_told_in_words(api: Speaker, shop: Shop, file: Path) -> None:
    api.buys("ada", "1", 20.5)
    condition = {"sum": {"of": "amount", "in": "Order Completed"}, "at_least": 20.5}
    before = posted(api, "/v1/segments/preview", {"condition": condition}).json()
    assert (before["customers"], before["as_of"], before["problems"]) == (None, None, [])
    refresh_file(shop, file, NOW)
    answer = posted(api, "/v1/segments/preview", {"condition": condition}).json()
    assert answer == {
        "problems": [],
        "who": "those who have at least 20.50 USD as the sum of amount over “Order Completed”",
        "customers": 1,
        "sample": ["ada"],
        "as_of": "2024-05-17T09:30:00Z",
    }


def test_a_condition_with_mistakes_is_answered_with_their_places_and_mends(api: Speaker) -> None:
    condition = {"all": [{"did": "Order Completed"}, {"in": "twize"}]}
    [problem] = posted(api, "/v1/segments/preview", {"condition": condition}).json()["problems"]
    assert problem == {"path": "all[1].in", "message": "there is no segment “twize”; did you mean “twice”?"}


@pytest.mark.parametrize(
    "condition",
    [None, [], {"all": []}, {"": ""}, {"did": None}, {"did": {"x": 1}}, {"a\x00\u2028": "\x7f"}, {"member": True}],
)
def test_nonsense_is_answered(api: Speaker, condition: Any) -> None:
    answer = posted(api, "/v1/segments/preview", {"condition": condition})
    assert answer.status_code == 400 or answer.json()["problems"]


def test_what_is_nested_without_end_is_refused(api: Speaker) -> None:
    condition: Any = "x"
    for _ in range(400):
        condition = {"all": [condition]}
    assert posted(api, "/v1/segments/preview", {"condition": condition}).json()["code"] == "bad_body"


def test_a_public_key_reads_none_of_it(api: Speaker) -> None:
    for path in ("/v1/segments", "/v1/segments/twice/members", "/v1/customers/ada/segments"):
        assert api.client.get(path, headers={"Authorization": f"Bearer {api.public}"}).status_code == 403
    for path in ("/v1/segments/memberships", "/v1/segments/preview"):
        assert posted(api, path, {}, api.public).status_code == 403


def test_the_examples_of_the_page_are_what_is_sent_and_answered(api: Speaker) -> None:
    page = (Path(__file__).parents[3] / "docs/api.md").read_text("utf-8")
    section = page.partition("## Segments\n")[2].partition("\n## ")[0]
    shown, asked = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", section, re.DOTALL)]
    api.buys("ada", "1", 20)
    answer = api.buys("ada", "2", 20).json()
    ours = {"customer_id": answer["segments"][0]["customer_id"], "fact_id": answer["segments"][0]["fact_id"]}
    assert {**shown, "segments": [shown["segments"][0] | ours]} == answer
    assert posted(api, "/v1/segments/preview", asked).json()["problems"] == []
