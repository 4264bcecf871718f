"""Points by the hand of staff: what each form brings about, what is said where, and the second look."""

import re
from typing import Any

import pytest

from regulars.service import adjusting, admins, customers, programs, spending
from regulars.service.commands import Command
from tests.web.admin.shops import CORNER_SHOP, HOSTILE, NOW, PASSWORD


def words_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


@pytest.fixture
def staff(visit: Any, shop: Any) -> Any:
    programs.publish(shop, CORNER_SHOP.replace("\npoints:\n", "\npoints:\n  second_look_above: 100\n"), "ada", NOW)
    visitor = visit(shop)
    visitor.signs_in("ada", PASSWORD)
    return visitor


@pytest.fixture
def one(shop: Any) -> str:
    """The id of a customer who has points."""
    id = customers.find(shop, "user_id", "1762")
    assert id is not None
    command = Command("adjust", None, b"", "the till")
    adjusting.adjust(shop, adjusting.Adjustment(id, 90, "To begin with"), command, NOW)
    return id


def held(shop: Any, id: str) -> int:
    found = customers.customer(shop, id, NOW)
    assert found is not None
    return found.points.available


def sends(staff: Any, id: str, form: str, **fields: str) -> Any:
    return staff.fills_in(f"/customers/{id}/points", f"/customers/{id}/points/{form}", **fields)


def test_points_are_given_with_a_reason_and_a_note_that_only_staff_see(staff: Any, shop: Any, one: str) -> None:
    before = held(shop, one)
    said = words_of(sends(staff, one, "adjust", points="20", reason="For the delay", note="Parcel 17"))

    assert "20 stars given. Its customer reads: “For the delay”." in said
    assert held(shop, one) == before + 20
    page = words_of(staff.opens(f"/customers/{one}"))
    assert "By hand" in page
    assert "Parcel 17" not in page
    assert "For the delay" in page
    assert "Gave or took points by hand" in words_of(staff.opens("/audit"))


def test_points_are_taken(staff: Any, shop: Any, one: str) -> None:
    before = held(shop, one)
    sends(staff, one, "adjust", way="take", points="5", reason="Given twice")

    assert held(shop, one) == before - 5


def test_a_form_that_is_sent_twice_is_done_once(staff: Any, shop: Any, one: str) -> None:
    before, page = held(shop, one), f"/customers/{one}/points"
    form = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', staff.opens(page).text))
    form |= {"points": "20", "reason": "For the delay"}

    assert [staff.sends(f"{page}/adjust", form).status_code for _ in range(2)] == [200, 200]
    assert held(shop, one) == before + 20
    assert "This form was sent before" in words_of(staff.sends(f"{page}/adjust", {**form, "points": "21"}))


@pytest.mark.parametrize(
    ("form", "fields", "says"),
    [
        ("adjust", {"points": "-5", "reason": "x"}, "Write a whole number from 1"),
        ("adjust", {"points": "5", "reason": " "}, "Say why: the customer reads it."),
        ("adjust", {"points": "99", "reason": "x", "way": "take", "note": HOSTILE}, "given"),
        ("adjust", {"points": HOSTILE, "reason": HOSTILE, "note": HOSTILE}, "Write a whole number from 1"),
        ("transfer", {"points": "5", "to": "nobody"}, "Nobody is known by this id."),
        ("transfer", {"points": "5", "to": "1762"}, "Both are the same customer."),
        ("return", {"order": "none"}, "Choose one of their orders."),
        ("reverse", {"spending": ""}, "Choose what comes back."),
        ("reverse", {"spending": "none"}, "Nothing was spent under this id."),
    ],
)
def test_what_cannot_be_done_is_said_where_it_stands(
    staff: Any, shop: Any, one: str, form: str, fields: dict[str, str], says: str
) -> None:
    before = held(shop, one)
    answer = sends(staff, one, form, **fields)

    if says == "given":
        assert answer.status_code == 200
        assert held(shop, one) == before - 99
        return
    assert answer.status_code == 422
    assert says in words_of(answer)
    assert "<script>alert" not in answer.text
    assert held(shop, one) == before


def test_an_order_goes_back_by_amount_and_then_whole(staff: Any, shop: Any, one: str) -> None:
    order = "today-1"
    first = words_of(sends(staff, one, "return", order=order, amount="1.00"))
    wrong = sends(staff, one, "return", order=order, amount="9999999")
    fine = sends(staff, one, "return", order=order, amount="1.005")
    rest = words_of(sends(staff, one, "return", order=order))

    assert f"1.00 USD of order {order} went back" in first
    assert "More money than is left of the order" in words_of(wrong)
    assert 'aria-describedby="return-amount-trouble"' in fine.text
    assert f"of order {order} went back" in rest
    assert "All of this order went back before." in words_of(sends(staff, one, "return", order=order))


def test_what_was_spent_comes_back(staff: Any, shop: Any, one: str) -> None:
    before = held(shop, one)
    spending.spend(shop, one, 30, "A cup", None, Command("spend", None, b"", "key"), NOW)
    [spent] = spending.spendings(shop, one, 10)
    said = words_of(sends(staff, one, "reverse", spending=spent.id))

    assert "30 stars came back" in said
    assert held(shop, one) == before
    assert spending.spendings(shop, one, 10) == []


def test_points_go_to_another_customer(staff: Any, shop: Any, one: str) -> None:
    to = "1111"
    other = customers.find(shop, "user_id", to)
    assert other is not None
    had = held(shop, other)
    said = words_of(sends(staff, one, "transfer", to=to, points="10", reason="A present"))

    assert f"10 stars went to {to}" in said
    assert held(shop, other) == had + 10


def test_above_the_threshold_somebody_else_looks_at_it(staff: Any, visit: Any, shop: Any, one: str) -> None:
    before = held(shop, one)
    assert "that waits for somebody else" in words_of(sends(staff, one, "adjust", points="101", reason="For all"))
    own = staff.opens("/adjustments")
    assert "Adjustments (1)" in words_of(own)
    assert "You asked for it: somebody else must look at it." in words_of(own)
    [waiting] = adjusting.waiting(shop)
    mine = staff.fills_in("/adjustments", "/adjustments", id=waiting.id, decision="approve")
    assert (mine.status_code, held(shop, one)) == (409, before)

    admins.create_admin(shop, "bea", PASSWORD, NOW)
    other = visit(shop)
    other.signs_in("bea", PASSWORD)
    done = other.fills_in("/adjustments", "/adjustments", id=waiting.id, decision="approve")
    assert "Approved: the customer has them." in words_of(done)
    assert "Adjustments (1)" not in words_of(done)
    assert held(shop, one) == before + 101
    again = other.fills_in("/adjustments", "/adjustments", id=waiting.id, decision="refuse")
    assert "Somebody has decided this adjustment before." in words_of(again)


def test_the_page_as_of_a_past_day(staff: Any, one: str) -> None:
    then = words_of(staff.opens(f"/customers/{one}?on=2017-09-30"))
    wrong = staff.opens(f"/customers/{one}?on=2018-09-30")

    assert "as of 30 September 2017, 23:59" in then
    assert "The account as of then" in then
    assert (wrong.status_code, "That day is yet to come" in words_of(wrong)) == (400, True)
