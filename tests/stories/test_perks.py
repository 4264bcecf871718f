"""Perks, as the shop's checkout asks for them: who may, from when on, and if not, why."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from regulars.kernel.shares import Share
from regulars.service.trials import result
from tests.service.town import order
from tests.shop import at
from tests.stories.corner import Corner

RULES = """
points: {name: {one: star, other: stars}, worth: 0.01}
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1, holdout: exempt}]
tiers:
  by: spend
  over: calendar_year
  levels:
    - {id: silver, at: 50}
    - {id: gold, at: 100, perks: [early-access, lounge]}
segments: {gold-people: {tier: gold}}
perks:
  early-access: {title: Early access, window: {to: 2017-12-01}, opens: {at: 2017-11-27T09:00, before_others: 4 hours}}
  lounge: {title: The lounge, for: {segment: gold-people, share: 10%, salt: lounge}}
  tasting: {products: [SKU-7]}
  birthday-window: {days: 30}
  boat: {interest_only: yes}
"""


@pytest.fixture
def corner(tmp_path: Path) -> Any:
    with Corner(f"sqlite:///{tmp_path}/corner.db", RULES) as shop:
        shop.now = "2017-11-20 12:00"
        shop.tells(order("ada", "1", 120), order("ben", "2", 60))
        yield shop


def asks(corner: Corner, user: str, perk: str, key: str | None = None, **more: Any) -> Any:
    body = {"customer": {"kind": "user_id", "value": user}, "perk": perk, **more}
    answer = corner.client.post("/v1/entitlements/check", json=body, auth=(key or corner.secret, ""))
    assert answer.status_code == 200, answer.text
    return answer.json()


def reason(corner: Corner, user: str, perk: str, **more: Any) -> str:
    said = asks(corner, user, perk, **more)
    assert said["entitled"] == (said["reason"] in ("entitled", "open_to_all"))
    return str(said["reason"])


def test_members_of_a_level_see_the_sale_four_hours_before_others(corner: Corner) -> None:
    """In New York, where the shop is, nine o'clock is two in the afternoon UTC."""
    said = asks(corner, "ada", "early-access")
    assert (said["entitled"], said["reason"], said["opens_at"]) == (False, "not_yet_open", "2017-11-27T10:00:00Z")
    said = asks(corner, "ben", "early-access")
    assert (said["reason"], said["opens_at"]) == ("not_your_level", "2017-11-27T14:00:00Z")
    corner.now = "2017-11-27 05:00"
    said = asks(corner, "ada", "early-access")
    assert (said["entitled"], said["until"]) == (True, "2017-12-01T05:00:00Z")
    assert reason(corner, "ben", "early-access") == "not_your_level"
    corner.now = "2017-11-27 09:00"
    assert reason(corner, "ben", "early-access") == "open_to_all"
    assert reason(corner, "nobody", "early-access") == "open_to_all"
    corner.now = "2017-12-01 00:00"
    assert reason(corner, "ada", "early-access") == "window_over"


def test_every_no_has_its_reason(corner: Corner) -> None:
    assert reason(corner, "nobody", "tasting") == "unknown_customer"
    assert reason(corner, "ada", "towing") == "no_such_perk"
    assert reason(corner, "ada", "tasting", product="SKU-7") == "entitled"
    assert reason(corner, "ada", "tasting", product="SKU-8") == "not_this_product"
    assert reason(corner, "ada", "boat") == "interest_only"
    assert reason(corner, "ben", "lounge") == "not_your_level"
    assert asks(corner, "ada", "birthday-window")["days"] == 30
    assert reason(corner, "ada", "early-access", at="2017-11-27T05:00") == "entitled"


def test_whoever_has_not_joined_has_no_perks(tmp_path: Path) -> None:
    with Corner(
        f"sqlite:///{tmp_path}/corner.db", RULES.replace("points:", "members: those_who_join\npoints:", 1)
    ) as corner:
        corner.tells(order("ada", "1", 10))
        assert reason(corner, "ada", "tasting") == "not_a_member"


def test_a_perk_for_a_tenth_of_gold_is_refused_to_the_others_with_a_reason(corner: Corner) -> None:
    people = [f"gold-{number}" for number in range(150)]
    corner.tells(*[order(one, f"order-{one}", 150) for one in people])
    answers = {one: reason(corner, one, "lounge") for one in people}
    counts = Counter(answers.values())
    assert set(counts) == {"entitled", "withheld"}
    assert 5 <= counts["entitled"] <= 27
    assert {one: reason(corner, one, "lounge") for one in people} == answers
    found = result(corner.shop, "lounge", at(corner.now))
    assert found is not None
    assert {arm.id: arm.sums.customers for arm in found.arms} == {
        "withheld": counts["withheld"],
        "given": counts["entitled"],
    }
    refused = next(one for one in people if answers[one] == "withheld")
    last = corner.story(refused)[-1]
    assert (last.what, last.why) == (
        "asked for a perk",
        (
            "Counts as “withheld” in the trial “lounge” from now on.",
            "“lounge” withheld: counts as “withheld” in the trial “lounge”.",
        ),
    )


def test_opening_it_to_all_takes_one_line(corner: Corner) -> None:
    corner.applies(RULES.replace(", for: {segment: gold-people, share: 10%, salt: lounge}", ""), "2017-11-20 12:30")
    people = [f"gold-{number}" for number in range(30)]
    corner.tells(*[order(one, f"order-{one}", 150) for one in people])
    assert {reason(corner, one, "lounge") for one in people} == {"entitled"}


def test_those_held_out_have_no_perks_but_what_is_exempt(corner: Corner) -> None:
    corner.applies(
        RULES.replace("{days: 30}", "{days: 30, holdout: exempt}") + "holdout: {share: 50%}\n", "2017-11-20 12:30"
    )
    people = [f"somebody-{number}" for number in range(40)]
    corner.tells(*[order(one, f"order-{one}", 10) for one in people])
    counts = Counter(reason(corner, one, "tasting") for one in people)
    assert set(counts) == {"entitled", "withheld"}
    assert {reason(corner, one, "birthday-window") for one in people} == {"entitled"}
    found = result(corner.shop, "holdout", at(corner.now))
    assert found is not None
    assert [arm.sums.customers for arm in found.arms] == [counts["withheld"], counts["entitled"]]


def test_asking_writes_nothing_down_where_nothing_is_tried(corner: Corner) -> None:
    before = corner.customer("ada", corner.now)
    assert reason(corner, "ada", "tasting") == "entitled"
    assert len(corner.story("ada")) == before.facts == corner.customer("ada", corner.now).facts


def test_all_perks_of_a_customer_at_once(corner: Corner) -> None:
    answer = corner.client.get("/v1/customers/ada/entitlements", auth=(corner.secret, ""))
    assert answer.status_code == 200
    said = {one["perk"]: one["reason"] for one in answer.json()["entitlements"]}
    assert list(said) == ["early-access", "lounge", "tasting", "birthday-window", "boat"]
    assert said["tasting"] == "entitled"
    assert corner.client.get("/v1/customers/nobody/entitlements", auth=(corner.secret, "")).status_code == 404


def test_a_public_key_is_told_nothing(corner: Corner) -> None:
    body = {"customer": {"kind": "user_id", "value": "ada"}, "perk": "tasting"}
    assert corner.client.post("/v1/entitlements/check", json=body, auth=(corner.public, "")).status_code == 403
    assert corner.client.get("/v1/customers/ada/entitlements", auth=(corner.public, "")).status_code == 403


@pytest.mark.parametrize(
    "body", [{}, {"perk": "tasting"}, {"customer": {"kind": "user_id", "value": "ada"}, "perk": ""}]
)
def test_what_is_no_question_is_refused(corner: Corner, body: Any) -> None:
    answer = corner.client.post("/v1/entitlements/check", json=body, auth=(corner.secret, ""))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_body")


def test_of_a_perk_that_is_only_offered_it_is_counted_who_asks_for_it(corner: Corner) -> None:
    """The checkout asks whether to show the offer; those to whom it does may ask for it, and an arm sees nothing of it."""
    offered = RULES.replace("boat: {interest_only: yes}", "boat: {interest_only: yes, for: {share: 50%}}")
    corner.applies(offered, "2017-11-20 12:30")
    people = [f"somebody-{number}" for number in range(40)]
    corner.tells(*[order(one, f"order-{one}", 10) for one in people])
    answers = {one: reason(corner, one, "boat") for one in people}
    assert set(answers.values()) == {"interest_only", "withheld"}
    shown = sorted([one for one, said in answers.items() if said == "interest_only"])
    for one in [*shown[:3], shown[0]]:
        corner.tells({"userId": one, "event": "Interest Shown", "properties": {"perk": "boat"}})
    found = result(corner.shop, "boat", at(corner.now))
    assert found is not None
    (interest,) = found.interest
    assert interest.by_arm["given"] == Share(3, len(shown))
    assert interest.by_arm["withheld"] == Share(0, 40 - len(shown))
    low, high = interest.by_arm["given"].interval()
    assert 0 < low < 3 * 10_000 // len(shown) < high
