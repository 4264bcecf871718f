"""Pareto/NBD fitted to people's orders, with the shop's busyness in it: how a made year's rates are found again.

Written for the tests alone and from the formulas, so that it shares nothing with what draws the lives but the meaning of the four
numbers: orders a day are gamma(r, a), the days that somebody stays exponential at a rate that is gamma(s, b). Of somebody with x
orders, the last on day t, of D days whose busyness adds up to S(0) = 0, S(1), ..., S(D):

    L = G(r + x) / G(r)  a^r  sum over the last day k from t on of  P(k) / (a + S(k + 1))^(r + x)
    P(k) = A(k) - A(k + 1) for k < D - 1,  A(D - 1) for k = D - 1,  A(k) = (b / (b + k))^s

(Schmittlein, Morrison, Colombo 1987, by days.) Fitted by the scoring of Berndt, Hall, Hall and Hausman (1974) in logarithms.
"""

from math import lgamma
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


def fitted(orders: Array, last_days: Array, busyness: Array, start: tuple[float, ...]) -> tuple[Array, Array]:
    """The logarithms of r, a, s, b and their covariance."""
    at: Array = np.log(np.array(start))
    information = np.eye(4)
    for _ in range(200):
        scores = _scores(orders, last_days, busyness, at)
        information = scores.T @ scores
        step = np.linalg.solve(information, scores.sum(axis=0))
        now = _log_likelihood(orders, last_days, busyness, at).sum()
        times = 1.0
        while times > 1e-6 and _log_likelihood(orders, last_days, busyness, at + times * step).sum() < now:
            times /= 2
        at = at + times * step
        if np.abs(times * step).max() < 1e-6:
            break
    return at, np.asarray(np.linalg.inv(information), dtype=np.float64)


def _scores(orders: Array, last_days: Array, busyness: Array, at: Array) -> Array:
    small = 1e-5
    columns = []
    for place in range(4):
        beside = np.zeros(4)
        beside[place] = small
        above = _log_likelihood(orders, last_days, busyness, at + beside)
        below = _log_likelihood(orders, last_days, busyness, at - beside)
        columns.append((above - below) / (2 * small))
    return np.stack(columns, axis=1)


def _log_likelihood(orders: Array, last_days: Array, busyness: Array, at: Array) -> Array:
    r, a, s, b = np.exp(at)
    days = len(busyness)
    sums = np.cumsum(busyness)
    still = (b / (b + np.arange(days))) ** s
    ending = np.append(still[:-1] - still[1:], still[-1])
    unlike = np.log(a) - np.log(a + sums)
    each = ending * np.exp(np.outer(r + orders, unlike))
    each[np.arange(days) < last_days[:, None]] = 0.0
    gammas = np.array([lgamma(r + x) for x in orders]) - lgamma(r) - orders * np.log(a)
    found: Array = gammas + np.log(each.sum(axis=1))
    return found
