"""Logistic regression with a ridge, by Newton's method (Hastie, Tibshirani, Friedman: The Elements of Statistical Learning, 4.4.1).
Nothing is drawn: the same numbers give the same coefficients.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import numpy as np
from msgspec import Struct

from regulars.insight.likelihood.columns import Numbers, Truths

RIDGE: Final = 10.0
"""On standardised columns: the belief beforehand that few coefficients are above 0.6. With few orders it keeps probabilities from
being too sure, with many it is not felt; and a coefficient stays finite where its column separates who ordered from who did not.
"""
MOST_STEPS: Final = 100
CLOSE: Final = 1e-10
DIGITS: Final = 9
"""Of a coefficient, so that a version does not hang on a processor's last bit."""


class Fitted(Struct, frozen=True):
    """Of columns less `centre`, divided by `scale`. The first coefficient is the constant."""

    centre: tuple[float, ...]
    scale: tuple[float, ...]
    coefficients: tuple[float, ...]

    def probabilities(self, features: Numbers) -> Numbers:
        standard = (features - np.array(self.centre)) / np.array(self.scale)
        return _logistic(_with_constant(standard) @ np.array(self.coefficients))


def fitted(features: Numbers, ordered: Truths) -> Fitted:
    centre = _rounded(features.mean(axis=0))
    spread = _rounded(features.std(axis=0))
    scale = np.where(spread > 0, spread, 1.0)
    columns = _with_constant((features - centre) / scale)
    coefficients = _rounded(_climbed(columns, ordered.astype(np.float64)))
    return Fitted(tuple(centre.tolist()), tuple(scale.tolist()), tuple(coefficients.tolist()))


def version_of(fitted: Fitted, features: Sequence[str], span: tuple[int, int]) -> str:
    """Twelve hexadecimal digits: another one where the features, the days learned from, or what was learned is another."""
    told = repr((tuple(features), span, fitted.centre, fitted.scale, fitted.coefficients))
    return sha256(told.encode()).hexdigest()[:12]


def _climbed(columns: Numbers, ordered: Numbers) -> Numbers:
    """To the top of the likelihood, less the ridge's penalty: there is one, and only one."""
    ridge = np.full(columns.shape[1], RIDGE)
    ridge[0] = 0.0
    at = np.zeros(columns.shape[1])
    height = _height(columns, ordered, ridge, at)
    for _ in range(MOST_STEPS):
        expected = _logistic(columns @ at)
        slope = columns.T @ (ordered - expected) - ridge * at
        bend = (columns.T * (expected * (1 - expected))) @ columns + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        while (higher := _height(columns, ordered, ridge, at + step)) < height and np.abs(step).max() > CLOSE:
            step = step / 2
        at, height = at + step, higher
        if np.abs(step).max() <= CLOSE:
            break
    return at


def _height(columns: Numbers, ordered: Numbers, ridge: Numbers, at: Numbers) -> float:
    score = columns @ at
    return float((ordered * score - np.logaddexp(0.0, score)).sum() - (ridge * at * at).sum() / 2)


def _logistic(score: Numbers) -> Numbers:
    return np.exp(-np.logaddexp(0.0, -score))


def _with_constant(columns: Numbers) -> Numbers:
    return np.column_stack([np.ones(len(columns)), columns])


def _rounded(numbers: Numbers) -> Numbers:
    return np.array([float(f"{number:.{DIGITS}g}") for number in numbers])
