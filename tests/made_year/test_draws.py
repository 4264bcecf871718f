"""What is drawn at random: the same for the same names, and spread as it says."""

import pytest

from regulars.made_year.draws import Draws, running

MANY = 20_000


def mean_and_variance(numbers):
    mean = sum(numbers) / len(numbers)
    return mean, sum([(number - mean) ** 2 for number in numbers]) / len(numbers)


def test_the_same_names_draw_the_same_and_others_draw_others():
    def drawn(*names):
        draws = Draws(*names)
        return [draws.share() for _ in range(5)]

    assert drawn(7, "life", 1) == drawn(7, "life", 1)
    assert (
        len({tuple(drawn(*names)) for names in ((7, "life", 1), (8, "life", 1), (7, "post", 1), (7, "life", 2))}) == 4
    )
    assert drawn(1, "1") != drawn(11), "names do not run together"


def test_the_first_draws_are_those_of_every_machine():
    """Written down: they are the same under every version of Python."""
    draws = Draws(7, "life", 1)

    assert [draws.share(), draws.share()] == [0.2190335662084565, 0.6539070644941867]
    assert Draws(7, "gamma").gamma(1.1, 167.0) == 0.015409922792545364
    assert Draws(7, "poisson").poisson(40.0) == 44


@pytest.mark.parametrize("mean", [0.3, 4.0, 60.0])
def test_a_poisson_number_has_its_mean_for_a_variance(mean):
    draws = Draws("poisson", str(mean))
    found, variance = mean_and_variance([draws.poisson(mean) for _ in range(MANY)])

    assert found == pytest.approx(mean, abs=4 * (mean / MANY) ** 0.5)
    assert variance == pytest.approx(mean, rel=0.06)


@pytest.mark.parametrize(("shape", "rate"), [(0.8, 150.0), (1.1, 167.0), (5.0, 2.0)])
def test_a_gamma_number_has_the_mean_shape_over_rate(shape, rate):
    draws = Draws("gamma", str(shape))
    found, variance = mean_and_variance([draws.gamma(shape, rate) for _ in range(MANY)])

    assert found == pytest.approx(shape / rate, abs=4 * shape**0.5 / rate / MANY**0.5)
    assert variance == pytest.approx(shape / rate**2, rel=0.12)


def test_an_exponential_and_a_normal_number_are_spread_as_they_should():
    draws = Draws("others")
    mean, variance = mean_and_variance([draws.exponential(3.0) for _ in range(MANY)])
    assert (mean, variance) == (pytest.approx(3.0, abs=0.09), pytest.approx(9.0, rel=0.1))
    mean, variance = mean_and_variance([draws.normal() for _ in range(MANY)])
    assert (mean, variance) == (pytest.approx(0.0, abs=0.03), pytest.approx(1.0, rel=0.05))


def test_a_place_is_drawn_by_its_weight():
    draws, weights = Draws("places"), running((1, 0, 3))
    places = [draws.place(weights) for _ in range(MANY)]

    assert places.count(0) == pytest.approx(MANY / 4, abs=250)
    assert places.count(1) == 0


def test_whole_numbers_keep_to_their_bounds():
    draws = Draws("bounds")

    assert {draws.between(2, 4) for _ in range(200)} == {2, 3, 4}
    assert {draws.below(3) for _ in range(200)} == {0, 1, 2}
    assert {draws.one_of("ab") for _ in range(50)} == {"a", "b"}
