"""Limits and stacking in a program document."""

import pytest

from regulars.kernel.limits import Limit
from regulars.kernel.program import Multiplier
from regulars.wire.program import parse_program, version_of
from tests.wire.documents import PLAIN
from tests.wire.test_program import mistakes, rules


def test_limits_are_read_and_tell_themselves() -> None:
    written = (
        PLAIN
        + "  - {id: review, on: Product Reviewed, points: 50, limit: [{times: 3, per: month}, {times: 1, per: product_id}]}\n"
    )
    written += "  - {id: double, on: Order Completed, multiply: 2, stack: best}\n"
    written += "points: {name: {one: star, other: stars}, limit: {points: 900, per: week, over: clamp}}\n"
    program = parse_program(written).program
    _, review, double = program.earning
    assert not isinstance(review, Multiplier)
    assert review.limits == (Limit("month", times=3), Limit("product_id", times=1))
    assert review.describe(program) == (
        "50 stars for each “Product Reviewed”. At most 3 times a month and once for each product_id."
    )
    assert double.describe(program).endswith("Of those that go by the best, only the largest multiplies.")
    assert program.points.describe(program.currency).endswith("All rules together give at most 900 stars a week.")


def test_a_program_without_limits_keeps_its_version_and_their_order_says_nothing() -> None:
    one = PLAIN.replace("points: 1}", "points: 1, limit: [{times: 3, per: month}, {points: 9, per: day, over: clamp}]}")
    other = PLAIN.replace(
        "points: 1}", "points: 1, limit: [{points: 9, per: day, over: clamp}, {times: 3, per: month}]}"
    )
    assert version_of(parse_program(one).program) == version_of(parse_program(other).program)
    said = PLAIN.replace("points: 1}", "points: 1, stack: adds}")
    assert version_of(parse_program(said).program) == version_of(parse_program(PLAIN).program)


@pytest.mark.parametrize(
    ("rule", "mistake"),
    [
        ("{id: a, on: Visited, points: 5, limit: {times: 1, points: 5, per: day, over: clamp}}",
         "earning[0].limit: a limit says “times” or “points”, one of them"),
        ("{id: a, on: Visited, points: 5, limit: {per: day}}", "earning[0].limit: a limit says “times” or “points”, one of them"),
        ("{id: a, on: Visited, points: 5, limit: {points: 9, per: day}}",
         "earning[0].limit: “over” is missing: `clamp` gives what is left, `refuse` gives nothing"),
        ("{id: a, on: Visited, points: 5, limit: {times: 1, per: day, over: clamp}}",
         "earning[0].limit.over: “over” goes with “points”: what is one time too many gives nothing"),
        ("{id: a, on: Visited, points: 5, limit: {times: 1, per: moth}}",
         "earning[0].limit.per: “moth” is nearly a period, but not letter by letter; did you mean “month”?"),
        ("{id: a, on: Visited, points: 5, limit: {points: 9, per: order, over: clamp}}",
         "earning[0].limit.per: only “Order Completed” is an order; name a period, or a property"),
        ("{id: a, on: Order Completed, points: 5, limit: {times: 1, per: order}}",
         "earning[0].limit.times: a rule gives once an order anyway; name a period"),
        ("{id: a, on: Order Completed, points: 5, limit: {times: 1, per: coupon}}",
         "earning[0].limit.per: “Order Completed” has no properties of its own to count by; name a period"),
        ("{id: a, on: Visited, points: 5, limit: [{times: 1, per: day}, {times: 2, per: day}]}",
         "earning[0].limit[1].per: there is a limit per “day” already"),
        ("{id: a, on: Visited, points: 50, limit: {points: 9, per: day, over: refuse}}",
         "earning[0].limit.points: the rule gives 50 at once, so this would refuse all of it"),
        ("{id: a, on: Visited, points: 50, stack: multiplies}",
         "earning[0].stack: points are no factor; “multiplies” goes with “multiply”"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_limit_is_told(rule: str, mistake: str) -> None:
    assert mistakes(rules(rule)) == [mistake]


@pytest.mark.parametrize(
    ("limit", "mistake"),
    [
        ("{times: 3, per: month}",
         "points.limit.times: all rules together are limited in “points”; how often is said of each rule"),
        ("{points: 3, per: brand, over: clamp}",
         "points.limit.per: all rules together are limited by order or period; values are counted by one rule"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_limit_on_all_rules(limit: str, mistake: str) -> None:
    assert mistakes(PLAIN + f"points: {{limit: {limit}}}") == [mistake]
