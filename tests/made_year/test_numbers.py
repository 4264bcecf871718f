"""Logarithm, exponential and draws: as good as the system's, and the same everywhere."""

from math import exp as exp_of_the_system
from math import log

import pytest

from regulars.made_year.draws import Draws, running
from regulars.made_year.numbers import exp, ln, power


@pytest.mark.parametrize("x", [1e-300, 1e-9, 0.3, 0.7071067811865475, 1.0, 1.5, 2.0, 3.14159, 12345.678, 1e300])
def test_logarithms_agree_with_the_systems_to_its_last_bits(x):
    assert ln(x) == pytest.approx(log(x), rel=4e-16, abs=1e-300)


@pytest.mark.parametrize("x", [-700.0, -20.3, -1.0, -1e-9, 0.0, 0.34, 0.35, 1.0, 20.3, 700.0])
def test_exponentials_agree_with_the_systems_to_its_last_bits(x):
    assert exp(x) == pytest.approx(exp_of_the_system(x), rel=4e-16)


def test_powers():
    assert power(2.0, 10.0) == pytest.approx(1024.0, rel=1e-14)
    assert power(0.5, 0.2) == pytest.approx(0.5**0.2, rel=1e-14)


def test_draws_are_those_that_were_written_down():
    """On any machine and under any Python: these are bits, not roundings."""
    draws = Draws(7, "a test", 1)

    assert [draws.share().hex() for _ in range(2)] == GOLDEN_SHARES
    assert [draws.gamma(0.8, 150.0).hex(), draws.exponential(3.0).hex(), draws.normal().hex()] == GOLDEN_OTHERS


def test_names_part_the_streams():
    assert Draws(7, "ab", "c").share() != Draws(7, "a", "bc").share()
    assert Draws(7, "a", 1).share() == Draws(7, "a", 1).share()


@pytest.mark.parametrize(
    ("draw", "mean", "variance"),
    [
        (lambda draws: draws.gamma(0.8, 0.5), 1.6, 3.2),
        (lambda draws: draws.gamma(3.0, 2.0), 1.5, 0.75),
        (lambda draws: float(draws.poisson(3.0)), 3.0, 3.0),
        (lambda draws: float(draws.poisson(40.0)), 40.0, 40.0),
        (lambda draws: draws.normal(), 0.0, 1.0),
        (lambda draws: draws.exponential(4.0), 4.0, 16.0),
    ],
    ids=["gamma", "a steep gamma", "poisson", "a large poisson", "normal", "exponential"],
)
def test_distributions_have_their_mean_and_variance(draw, mean, variance):
    draws = Draws(7, "moments")
    drawn = [draw(draws) for _ in range(20_000)]
    found = sum(drawn) / len(drawn)
    spread = sum((one - found) ** 2 for one in drawn) / len(drawn)

    assert abs(found - mean) < 4.5 * (variance / len(drawn)) ** 0.5
    assert spread == pytest.approx(variance, rel=0.12)


def test_weights_are_met():
    draws, sums = Draws(7, "weights"), running((1, 0, 3))
    drawn = [draws.place(sums) for _ in range(4_000)]

    assert 1 not in drawn
    assert 2_850 < drawn.count(2) < 3_150


GOLDEN_SHARES = ["0x1.314c03bc0fa3dp-1", "0x1.3a0f53ff26a5fp-1"]
GOLDEN_OTHERS = ["0x1.fd3ea6bf7ff35p-10", "0x1.29c281d8ecce3p-1", "0x1.66de4c3917d28p+0"]
