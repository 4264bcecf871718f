"""Rules that could never give a point are refused, with the place and the reason."""

import pytest

from regulars.wire.document import DocumentError
from regulars.wire.program import parse_program
from tests.shop import HEADER

PER = "{{id: a, on: Order Completed, per: {per}, points: {points}}}"


def mistakes(earning: str, more: str = "") -> list[str]:
    try:
        parse_program(f"{HEADER.format(zone='America/New_York')}earning: [{earning}]\n{more}")
    except DocumentError as error:
        return [problem.message for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("per", "points", "is_never"),
    [
        ("1.00", "1", False),
        ("9999999999.99", "1", False),
        ("10000000000.00", "1", True),
        ("1000000000.00", "0.2", False),
        ("1000000000.00", "0.1", True),
    ],
)
def test_a_rule_that_not_even_the_largest_order_earns_by(per: str, points: str, is_never: bool) -> None:
    found = mistakes(PER.format(per=per, points=points))
    assert bool(found) == is_never
    if is_never:
        [only] = found
        assert only.startswith("this never comes to a whole point: not even for an order of 9,999,999,999.99 USD")


def test_what_multiplies_counts() -> None:
    rule = PER.format(per="1000000000.00", points="0.1")
    doubled = rule + ", {id: double, on: Order Completed, multiply: 2}"
    tiers = "tiers: {by: spend, over: calendar_year, levels: [{id: gold, at: 5, earn: 1.5}]}"
    assert mistakes(rule) != []
    assert mistakes(doubled) == mistakes(rule, tiers) == []


def test_days_that_never_come() -> None:
    """7 March 2017 was a Tuesday."""
    rule = "{{id: a, on: Order Completed, points: 1, when: {{weekday: [{day}], from: 2017-03-07, to: {to}}}}}"
    assert mistakes(rule.format(day="monday", to="2017-03-09")) == [
        "none of these days comes between “from” and “to”: there is only tuesday and wednesday"
    ]
    assert mistakes(rule.format(day="wednesday", to="2017-03-09")) == []
    assert mistakes(rule.format(day="monday", to="2017-03-14")) == []
