"""The page of what the shop owes: what it says of now and of a day that is past, and what it says to nonsense."""

import re
from typing import Any

import pytest

from regulars.kernel.calendar import DAY
from regulars.service import programs
from regulars.service.liability import liability
from tests.web.admin.shops import CORNER_SHOP, HOSTILE, NOW, PASSWORD


def words_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


@pytest.fixture
def staff(visit: Any, shop: Any) -> Any:
    visitor = visit(shop)
    visitor.signs_in("ada", PASSWORD)
    return visitor


def test_it_says_what_is_held_by_expiry_level_and_month_of_earning(staff: Any, shop: Any) -> None:
    said, seen = words_of(staff.opens("/liability")), liability(shop, NOW)
    assert seen is not None

    assert f"Customers hold {seen.points:,} stars" in said
    assert "Assumed: every one is spent" in said
    assert "As of 31 December 2017, 18:30" in said
    for heading in ("By expiry", "By tier", "By month of earning", "Breakage", "How to read this"):
        assert heading in said
    assert f"{seen.cohorts[0].issued:,}" in said


def test_a_day_that_is_past_is_told_as_it_ended(staff: Any, shop: Any) -> None:
    said = words_of(staff.opens("/liability?on=2017-09-30"))
    seen = liability(shop, NOW - 92 * DAY + 5 * 3_600_000_000 + 1_800_000_000 - 1)
    assert seen is not None

    assert "As of 30 September 2017, 23:59" in said
    assert f"Customers held {seen.points:,} stars" in said
    assert "As of now" in said


def test_the_share_that_is_expected_to_be_spent_stands_beside_the_figure(staff: Any, shop: Any) -> None:
    programs.publish(shop, CORNER_SHOP.replace("worth: 0.01", "worth: 0.01\n  redeemed: 60%"), "ada", NOW)
    said, seen = words_of(staff.opens("/liability")), liability(shop, NOW)
    assert seen is not None

    assert "Assumed: 60 % of them are spent before they expire, as the program says." in said
    assert "Expected, 60 %" in said
    assert seen.expected_minor == seen.points * 60 // 100


@pytest.mark.parametrize("on", ["yesterday", "2018-01-01", "2017-02-30", HOSTILE.replace("&", ""), "9999-12-31"])
def test_a_day_that_cannot_be_told_is_answered_with_now_and_a_word(staff: Any, on: str) -> None:
    answer = staff.opens(f"/liability?on={on}")

    assert answer.status_code == 200
    assert 'role="status"' in answer.text
    assert "<script>alert" not in answer.text
    assert "As of 31 December 2017, 18:30" in words_of(answer)


def test_before_anything_was_given_it_says_what_to_do(staff: Any) -> None:
    said = words_of(staff.opens("/liability?on=2016-01-01"))

    assert "the shop owed nothing" in said
    assert "What to do next" in said


def test_a_shop_without_a_program_is_told_to_write_one(visit: Any, empty_shop: Any) -> None:
    visitor = visit(empty_shop)
    visitor.signs_in("ada", PASSWORD)

    assert "No program is in force yet" in words_of(visitor.opens("/liability"))


def test_whoever_is_not_signed_in_sees_the_door(visit: Any, shop: Any) -> None:
    assert visit(shop).opens("/liability").status_code == 303
