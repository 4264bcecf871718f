"""An order to try: what it would earn and why, who is asked about, and what nonsense is answered."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from regulars.store.schema import journal
from tests.web.admin.shops import HOSTILE, PASSWORD


def words_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


def tries(staff: Any, form: dict[str, str]) -> Any:
    return staff.fills_in("/program/try", "/program/try", **form)


@pytest.fixture
def staff(visit: Any, shop: Any) -> Any:
    visitor = visit(shop)
    visitor.signs_in("ada", PASSWORD)
    return visitor


def test_an_order_says_what_it_would_earn_rule_by_rule(staff: Any) -> None:
    said = words_of(tries(staff, {"amount-1": "45.80", "amount-2": "10"}))

    assert "An order of 55.80 USD would earn" in said
    assert "Why" in said
    assert "by “purchase”" in said
    assert "Placed 31 December 2017, 18:30 by a customer without a tier." in said


def test_what_a_rule_leaves_out_is_told(staff: Any) -> None:
    said = words_of(tries(staff, {"amount-1": "45.80", "category-1": "TOBACCO OTHER"}))

    assert "would earn nothing" in said
    assert "none of the lines counts for it" in said


def test_a_customer_is_asked_about_as_they_are(staff: Any) -> None:
    said = words_of(tries(staff, {"customer": "1762", "amount-1": "10"}))

    assert re.search(r"by a customer (in \w+|without a tier)\.", said)
    assert "An order of 10.00 USD would earn" in said


def test_nothing_comes_of_it(staff: Any, shop: Any) -> None:
    def steps() -> int:
        with shop.store.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(journal)).scalar_one())

    before = steps()
    tries(staff, {"customer": "1762", "amount-1": "10"})
    assert steps() == before


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({}, "Write what is paid for one line at least."),
        ({"amount-1": "ten"}, "is not an amount"),
        ({"amount-1": "1,5"}, "Write a point before the decimals"),
        ({"amount-1": "1.555"}, "1.555"),
        ({"category-1": "BREAD"}, "The amount is missing"),
        ({"amount-1": "10", "customer": "nobody"}, "Nobody is known by this id."),
        ({"amount-1": "10", "on": "2017-02-30"}, "Write the day as 2024-05-17."),
        ({"amount-1": "10", "on": "2017-12-30"}, "Take a day from today to a year ahead."),
        ({"amount-1": "10", "on": "9999-12-31"}, "Take a day from today to a year ahead."),
        ({"amount-1": HOSTILE, "customer": HOSTILE, "on": HOSTILE}, "Write the day as 2024-05-17."),
        ({"amount-1": "9" * 200, "customer": "\0"}, "is out of bounds"),
    ],
)
def test_what_cannot_be_understood_is_said_where_it_stands(staff: Any, form: dict[str, str], says: str) -> None:
    answer = tries(staff, form)

    assert answer.status_code == 200
    assert says in words_of(answer)
    assert "would earn" not in words_of(answer).replace("what it would earn", "")
    assert "<script>alert" not in answer.text


def test_a_day_that_comes_is_judged_as_that_day(staff: Any) -> None:
    """The last day of the next year, whatever the level was."""
    said = words_of(tries(staff, {"amount-1": "10", "on": "2018-12-31", "customer": "1762"}))

    assert "Placed 31 December 2018, 12:00" in said


def test_a_shop_without_a_program_is_told_to_write_one(visit: Any, empty_shop: Any) -> None:
    visitor = visit(empty_shop)
    visitor.signs_in("ada", PASSWORD)

    assert "No program is in force yet" in words_of(visitor.opens("/program/try"))


def test_whoever_is_not_signed_in_sees_the_door(visit: Any, shop: Any) -> None:
    assert visit(shop).opens("/program/try").status_code == 303
