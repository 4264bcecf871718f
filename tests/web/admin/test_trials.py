"""The pages of trials, and the perks on a customer's page."""

import re
from typing import Any

import pytest

from regulars.kernel.calendar import DAY
from regulars.service import programs
from regulars.service.trials import result
from tests.web.admin.shops import CORNER_SHOP, HOSTILE, NOW, PASSWORD, fill

TRIED = """
holdout: {share: 10%, salt: corner-2026}
trials: {weekend-doubles: {share: 90%, arms: [plain, doubled]}}
perks: {early-access: {title: Early access, opens: {at: 2018-01-05T09:00, before_others: 2 days}}, tasting: {products: [SKU-7]}}
"""
RULES = CORNER_SHOP.replace("multiply: 2", "multiply: 2\n    for: {trial: weekend-doubles, arm: doubled}", 1) + TRIED


def words_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


@pytest.fixture
def staff(visit: Any, empty_shop: Any) -> Any:
    fill(empty_shop, customers=4)
    visitor = visit(empty_shop)
    visitor.signs_in("ada", PASSWORD)
    return visitor


@pytest.fixture
def trying(visit: Any, empty_shop: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """With a trial from the first day on."""
    monkeypatch.setattr("tests.web.admin.shops.CORNER_SHOP", RULES)
    fill(empty_shop, customers=24)
    visitor = visit(empty_shop)
    visitor.signs_in("ada", PASSWORD)
    return visitor


def test_a_shop_that_tries_nothing_is_told_how(staff: Any) -> None:
    said = words_of(staff.opens("/trials"))
    assert "The program tries nothing" in said
    assert staff.opens("/trials/weekend-doubles").status_code == 404


def test_every_trial_is_listed_with_what_it_is_about(trying: Any) -> None:
    said = words_of(trying.opens("/trials"))
    assert "holdout" in said
    assert (
        "90 % of all customers take part, drawn by “weekend-doubles”; of these are 50 % “plain” and 50 % “doubled”"
        in said
    )
    assert "for “doubled” of the trial “weekend-doubles”" in said


def test_the_result_stands_arm_by_arm(trying: Any, empty_shop: Any) -> None:
    said = words_of(trying.opens("/trials/weekend-doubles"))
    seen = result(empty_shop, "weekend-doubles", NOW)
    assert seen is not None
    assert seen.customers > 10
    for arm in seen.arms:
        assert f"{arm.id} {arm.sums.customers} {arm.sums.orders.total}" in said
    assert "intent to treat" in said
    assert "“doubled” against “plain”, a customer on the mean: sales, USD" in said
    assert trying.opens("/trials/others").status_code == 404
    assert trying.opens(f"/trials/{HOSTILE.replace('/', '')}").status_code == 404


def test_before_anybody_counts_it_says_so(staff: Any, empty_shop: Any) -> None:
    programs.publish(empty_shop, RULES, "ada", NOW - DAY)
    said = words_of(staff.opens("/trials/weekend-doubles"))
    assert "Nobody counts yet" in said


def test_a_customers_page_shows_what_they_may_and_from_when_on(trying: Any, empty_shop: Any) -> None:
    from regulars.service.customers import find

    id = find(empty_shop, "user_id", "1762")
    said = words_of(trying.opens(f"/customers/{id}"))
    assert "Perks" in said
    assert "2 days before everybody may, on 2018-01-05 09:00" in said
    assert re.search(r"(From 2018-01-03 09:00 on|Withheld, for a trial; everybody may from 2018-01-05 09:00)\.", said)
