"""The regression finds what was put in, stands at the top of its likelihood, and stays finite."""

import numpy as np
import pytest

from regulars.insight.likelihood.logistic import RIDGE, fitted, version_of

RANDOM = np.random.default_rng(11)
COLUMNS = RANDOM.normal(size=(4_000, 3)) * np.array([1.0, 5.0, 0.1]) + np.array([0.0, 10.0, -3.0])
SCORES = -1.5 + 0.8 * COLUMNS[:, 0] - 0.3 * (COLUMNS[:, 1] - 10.0)
ORDERED = RANDOM.random(4_000) < 1 / (1 + np.exp(-SCORES))


def test_it_finds_what_was_put_in() -> None:
    found = fitted(COLUMNS, ORDERED)
    slopes = np.array(found.coefficients[1:]) / np.array(found.scale)

    assert slopes[:2] == pytest.approx([0.8, -0.3], abs=0.1)
    assert abs(found.coefficients[3]) < 0.15, "there is nothing in the third"
    assert found.probabilities(COLUMNS).mean() == pytest.approx(ORDERED.mean(), abs=1e-6)


def test_no_coefficient_is_better_a_little_higher_or_lower() -> None:
    found = fitted(COLUMNS, ORDERED)
    standard = (COLUMNS - np.array(found.centre)) / np.array(found.scale)
    wrong = ORDERED - found.probabilities(COLUMNS)
    assert standard.T @ wrong == pytest.approx(RIDGE * np.array(found.coefficients[1:]), abs=1e-4)


def test_a_column_that_tells_all_and_one_that_tells_nothing() -> None:
    ordered = np.arange(100) < 40
    found = fitted(np.column_stack([ordered.astype(float), np.ones(100)]), ordered)

    assert np.isfinite(found.coefficients).all()
    assert found.coefficients[2] == 0
    assert found.probabilities(np.array([[1.0, 1.0], [0.0, 1.0]])) == pytest.approx([1, 0], abs=0.25)


def test_a_version_is_another_where_anything_is_another() -> None:
    found, other = fitted(COLUMNS, ORDERED), fitted(COLUMNS, ~ORDERED)
    names = ("one", "two", "three")
    versions = {
        version_of(found, names, (1, 2)),
        version_of(found, names, (1, 3)),
        version_of(found, names[::-1], (1, 2)),
        version_of(other, names, (1, 2)),
    }
    assert len(versions) == 4
    assert version_of(fitted(COLUMNS, ORDERED), names, (1, 2)) in versions
