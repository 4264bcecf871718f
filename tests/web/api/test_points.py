"""Points on the shop's word: held, spent, released, brought back, given by hand and to others; and an order to try."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from regulars.kernel.calendar import DAY
from regulars.service import adjusting, programs
from regulars.service.keys import HINT_CHARACTERS
from regulars.wire.instants import rfc3339
from tests.web.api.conftest import NOW, PROGRAM

ADA = {"kind": "user_id", "value": "ada"}
BEA = {"kind": "user_id", "value": "bea"}
POINTS = "points: {name: {one: star, other: stars}, worth: 0.01, expire: {after: 2 months}, second_look_above: 50}\n"


@pytest.fixture
def shop(empty_shop):
    programs.publish(empty_shop, PROGRAM + POINTS, "test", NOW)
    return empty_shop


@pytest.fixture
def ada(api):
    """100 points; Bea is there and has 1."""
    api.buys("ada", "1001", 100)
    api.buys("bea", "1002", 1)
    return api


def code_of(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def held(api, who="ada"):
    points = api.reads(f"/v1/customers/{who}").json()["points"]
    return points["available"], points["reserved"], points["spent"]


def test_held_then_spent_and_the_rest_is_free_again(ada):
    held_now = ada.commands("points/reservations", "a", customer=ADA, points=60, seconds=900).json()
    assert held_now["points"] == 0
    assert held_now["balance"] == {"available": 40, "pending": 0, "reserved": 60, "owed": 0, "tier": "silver"}

    spent = ada.commands(
        "points/spendings", "b", customer=ADA, points=50, purpose="A cup", reservation=held_now["id"]
    ).json()
    assert (spent["points"], spent["balance"]["available"], spent["balance"]["reserved"]) == (-50, 50, 0)

    back = ada.commands("points/spendings/reverse", "c", customer=ADA, spending=spent["id"], points=20).json()
    assert (back["points"], held(ada)) == (20, (70, 0, 30))
    assert code_of(ada.commands("points/spendings/reverse", "d", customer=ADA, spending=spent["id"], points=31)) == (
        409,
        "reversed_already",
    )
    rest = ada.commands("points/spendings/reverse", "e", customer=ADA, spending=spent["id"]).json()
    assert (rest["points"], held(ada)) == (30, (100, 0, 0))


def test_held_and_released(ada):
    until = rfc3339(NOW + DAY)
    reservation = ada.commands("points/reservations", "a", customer=ADA, points=60, until=until).json()["id"]
    assert held(ada) == (40, 60, 0)

    assert ada.commands("points/reservations/release", "b", customer=ADA, reservation=reservation).status_code == 200
    assert held(ada) == (100, 0, 0)
    again = ada.commands("points/reservations/release", "c", customer=ADA, reservation=reservation)
    assert code_of(again) == (404, "unknown_reservation")


def test_the_last_points_are_spent_once(ada):
    def spends(number):
        return ada.commands("points/spendings", f"k{number}", customer=ADA, points=100, purpose="A cup").status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(spends, range(8))) == [200] + [409] * 7
    assert held(ada) == (0, 0, 100)


def test_a_key_is_answered_the_same_though_the_points_are_gone_and_their_owner_forgotten(ada):
    body = {"customer": ADA, "points": 100, "purpose": "A cup"}
    first = ada.commands("points/spendings", "a", **body)
    assert code_of(ada.commands("points/spendings", "b", **body)) == (409, "not_enough_points")
    ada.client.post("/v1/people/erase", json={"customer": ADA}, headers={"Authorization": f"Bearer {ada.secret}"})

    again = ada.commands("points/spendings", "a", **body)
    assert (again.content, again.headers["idempotency-hit"]) == (first.content, "true")
    assert code_of(ada.commands("points/spendings", "a", **{**body, "points": 99})) == (422, "idempotency_key_reused")


def test_one_key_serves_each_command_for_itself(ada):
    assert ada.commands("points/spendings", "a", customer=ADA, points=1, purpose="A cup").status_code == 200
    assert ada.commands("points/reservations", "a", customer=ADA, points=1, seconds=1).status_code == 200


def test_given_and_taken_by_hand(ada):
    ends = rfc3339(NOW + DAY)
    given = ada.commands(
        "points/adjustments", "a", customer=ADA, points=50, reason="For the delay", note="Parcel 17", expires_at=ends
    ).json()
    taken = ada.commands("points/adjustments", "b", customer=ADA, points=-30, reason="Given twice").json()

    assert (given["status"], given["movement"]["points"]) == ("done", 50)
    assert (taken["status"], taken["movement"]["points"]) == ("done", -30)
    assert [lot["points"] for lot in ada.reads("/v1/customers/ada").json()["lots"]] == [20, 100]
    told = ada.reads("/v1/customers/ada/explain").text
    assert "Parcel 17" not in told


def test_points_last_longer_and_the_customer_reads_why(ada):
    ends = rfc3339(NOW + DAY)
    ada.commands("points/adjustments", "a", customer=ADA, points=50, reason="For the delay", expires_at=ends)
    later = rfc3339(NOW + 9 * DAY)
    body = {"customer": ADA, "until": later, "reason": "We were closed"}
    done = ada.commands("points/extensions", "b", **body)

    assert (done.json()["points"], done.json()["until"]) == (50, later)
    assert ada.commands("points/extensions", "b", **body).content == done.content
    assert ada.reads("/v1/customers/ada").json()["lots"][0]["expires_at"] == later
    assert "the shop has extended them" in ada.reads("/v1/customers/ada/explain").text


def test_above_the_threshold_it_waits_for_staff(ada, shop):
    asked = ada.commands("points/adjustments", "a", customer=ADA, points=51, reason="For the delay").json()

    assert (asked["status"], asked["movement"], held(ada)[0]) == ("waiting", None, 100)
    [waiting] = adjusting.waiting(shop)
    assert (waiting.id, waiting.points, waiting.asked_by) == (asked["id"], 51, f"key {ada.secret[:HINT_CHARACTERS]}")


def test_given_to_another_customer(ada):
    sent = ada.commands("points/transfers", "a", **{"from": ADA, "to": BEA}, points=40, reason="A present").json()

    assert (sent["sender"]["points"], sent["receiver"]["points"]) == (-40, 40)
    assert [lot["points"] for lot in sent["lots"]] == [40]
    assert (held(ada)[0], held(ada, "bea")[0]) == (60, 41)


@pytest.mark.parametrize(
    ("route", "body", "status", "code", "says"),
    [
        ("reservations", {"points": 10}, 400, "bad_body", "`until` or `seconds`"),
        ("reservations", {"points": 10, "seconds": 1, "until": rfc3339(NOW + DAY)}, 400, "bad_body", "one of the two"),
        ("reservations", {"points": 10, "until": rfc3339(NOW)}, 400, "bad_body", "`until` is past"),
        ("reservations", {"points": 10, "until": "soon"}, 400, "bad_body", "`until` is not a moment"),
        ("reservations", {"points": 101, "seconds": 1}, 409, "not_enough_points", "not enough points"),
        ("reservations", {"points": 0, "seconds": 1}, 400, "bad_body", "`points`: Expected `int` >= 1"),
        ("reservations/release", {"reservation": "no"}, 404, "unknown_reservation", "no such reservation"),
        ("spendings", {"points": 101, "purpose": "A cup"}, 409, "not_enough_points", "not enough points"),
        ("spendings", {"points": 1.5, "purpose": "A cup"}, 400, "bad_body", "`points`: Expected `int`"),
        ("spendings", {"points": 1, "purpose": " "}, 400, "bad_body", "`purpose` is empty"),
        ("spendings/reverse", {"spending": "no"}, 404, "unknown_spending", "Nothing was spent"),
        ("adjustments", {"points": 0, "reason": "x"}, 400, "bad_body", "`points` is 0"),
        ("adjustments", {"points": 1, "reason": "\t"}, 400, "bad_body", "`reason`"),
        ("adjustments", {"points": -1, "reason": "x", "expires_at": rfc3339(NOW + 1)}, 400, "bad_body", "`expires_at`"),
        ("adjustments", {"points": 1, "reason": "x", "expires_at": rfc3339(NOW)}, 400, "bad_body", "is past"),
        ("extensions", {"until": rfc3339(NOW), "reason": "x"}, 400, "bad_body", "`until` is past"),
        ("extensions", {"until": rfc3339(NOW + DAY), "reason": " "}, 400, "bad_body", "`reason` is empty"),
        ("adjustments", {"points": -1000, "reason": "x", "customer": BEA}, 200, None, None),
        ("adjustments", {"points": -2, "reason": "x", "customer": BEA}, 409, "not_enough_points", "not enough"),
    ],
)
def test_what_cannot_be_so_is_said_and_nothing_is_done(ada, route, body, status, code, says):
    answer = ada.commands(f"points/{route}", "a", **{"customer": ADA, **body})

    if code is None:
        assert answer.json()["status"] == "waiting"
    else:
        assert code_of(answer) == (status, code)
        assert says in answer.json()["detail"]
    assert (held(ada), held(ada, "bea")) == ((100, 0, 0), (1, 0, 0))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"from": ADA, "to": ADA}, 409, "same_customer"),
        ({"from": BEA, "to": ADA}, 409, "not_enough_points"),
        ({"from": ADA, "to": {"kind": "user_id", "value": "nobody"}}, 404, "customer_not_found"),
        ({"from": ADA, "to": {"kind": "email", "value": "x"}}, 400, "bad_identity"),
        ({"from": ADA}, 400, "bad_body"),
    ],
)
def test_nothing_goes_to_where_it_cannot(ada, body, status, code):
    assert code_of(ada.commands("points/transfers", "a", points=10, **body)) == (status, code)


def test_a_claimed_device_is_no_proof_of_who_spends(ada):
    ada.tracks("Seen", userId="ada", anonymousId="b5a1")
    device = {"kind": "anonymous_id", "value": "b5a1"}

    answer = ada.commands("points/spendings", "a", customer=device, points=1, purpose="A cup")
    assert code_of(answer) == (404, "customer_not_found")


def test_too_many_at_one_time_are_not_held(ada):
    for number in range(20):
        ada.commands("points/reservations", f"k{number}", customer=ADA, points=1, seconds=900)

    more = ada.commands("points/reservations", "more", customer=ADA, points=1, seconds=900)
    assert code_of(more) == (409, "too_many_reservations")


# --- an order to try -------------------------------------------------------------------------------------------------


def tries(api, **body):
    return api.commands("orders/forecast", None, **body)


def test_an_order_is_tried_and_nothing_comes_of_it(ada):
    answer = tries(ada, customer=ADA, lines=[{"amount": "20.50"}, {"amount": 5, "properties": {"product": "tea"}}])

    said = answer.json()
    assert (said["amount_minor"], said["points"], said["tier"], said["tier_after"]) == (2550, 25, "silver", "silver")
    assert [(one["rule"], one["points"]) for one in said["rules"]] == [("purchase", 25)]
    assert "25" in said["rules"][0]["sentence"]
    assert said["at"] == said["active_at"] == rfc3339(NOW)
    assert held(ada) == (100, 0, 0)


def test_without_a_customer_it_is_anybody(ada):
    assert tries(ada, lines=[{"amount": 60}]).json()["tier_after"] == "silver"
    assert tries(ada, lines=[{"amount": "0.50"}]).json()["rules"][0]["reason"] == "below_one_unit"


@pytest.mark.parametrize(
    ("body", "status", "code", "says"),
    [
        ({"lines": []}, 400, "bad_body", "`lines`"),
        ({"lines": [{"amount": "1.005"}]}, 400, "bad_amount", "`lines[0].amount` is finer"),
        ({"lines": [{"amount": -1}]}, 400, "bad_amount", "`lines[0].amount` is below 0"),
        ({"lines": [{"amount": 1}], "at": rfc3339(NOW - 1)}, 400, "bad_body", "`at` is past"),
        (
            {"lines": [{"amount": 1}], "customer": {"kind": "user_id", "value": "no"}},
            404,
            "customer_not_found",
            "Nobody",
        ),
    ],
)
def test_what_cannot_be_tried_is_said(ada, body, status, code, says):
    answer = tries(ada, **body)

    assert code_of(answer) == (status, code)
    assert says in answer.json()["detail"]
