"""Shares and their intervals, against figures worked out elsewhere."""

from decimal import Decimal, getcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.shares import Share, wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        # Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3.
        (81, 263, "0.2553", "0.3662"),
        (15, 148, "0.0624", "0.1605"),
        (0, 20, "0.0000", "0.1611"),
        (1, 29, "0.0061", "0.1718"),
    ],
)
def test_the_interval_is_the_published_one(part, whole, low, high):
    found = wilson(part, whole)

    assert abs(found[0] - Decimal(low) * 10_000) <= 1
    assert abs(found[1] - Decimal(high) * 10_000) <= 1


def test_two_hundred_of_a_thousand_are_twenty_per_cent():
    assert Share(200, 1_000).hundredths() == 2_000
    assert Share(200, 1_000).interval() == (1_763, 2_260)


def test_of_nothing_nothing_is_known():
    assert Share(0, 0).interval() == (0, 10_000)
    assert Share(0, 0).exact is None


def test_all_and_none_reach_the_end():
    assert wilson(10, 10)[1] == 10_000
    assert wilson(0, 10)[0] == 0


@given(st.integers(1, 10**7).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_the_interval_holds_the_share_and_is_no_wider_than_rounding_makes_it(counted):
    part, whole = counted
    getcontext().prec = 60
    n, x, z = Decimal(whole), Decimal(part), Decimal("1.959963984540054")
    half = z * (z * z + 4 * x * (1 - x / n)).sqrt()
    exact = [(2 * x + z * z + side * half) / (2 * (n + z * z)) * 10_000 for side in (-1, 1)]

    low, high = wilson(part, whole)

    assert 0 <= low <= Share(part, whole).hundredths() + 1
    assert Share(part, whole).hundredths() - 1 <= high <= 10_000
    assert exact[0] - 1 - Decimal("1e-9") <= low <= max(exact[0], Decimal(0)) + Decimal("1e-9")
    assert min(exact[1], Decimal(10_000)) - Decimal("1e-9") <= high <= exact[1] + 1 + Decimal("1e-9")
