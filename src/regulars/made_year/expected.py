"""What the model says of identification: of everybody who is there in some days, the share whose name is known before these end.

Everybody is drawn alike and independently, and each is in those days either absent, there with a name, or there without one. So
among those who were there the number of named ones is binomial, and this share is its probability; nothing is estimated.

A shopper's visits are a Poisson process, and those that give a name are one apart from the others (`life`). With orders a day
drawn from gamma(r, a), the chance that a process of k visits for each order has none in a time of busyness S is
(a / (a + k S)) ^ r; with the rate of leaving drawn from gamma(s, b), somebody is still there after t days with
(b / (b + t)) ^ s.
"""

from itertools import accumulate
from math import prod

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regulars.made_year.calendar import DAYS, busyness
from regulars.made_year.life import days_again
from regulars.made_year.model import Model

Array = NDArray[np.float64]


class There(Struct, frozen=True):
    """Of somebody drawn at random, whoever it is: the chance to be there in the days with a name, and without."""

    named: float
    unnamed: float

    @property
    def rate(self) -> float:
        return self.named / (self.named + self.unnamed)


def there(model: Model, first: int, last: int, days: int = DAYS) -> There:
    """From one day to the other, both included, in a year of which the first `days` are lived."""
    known = _known_before(model, first, last)
    new, unnamed_new = _new(model, first, last, days)
    passing = _passing_by(model, first, last, days)
    naming, coming = model.naming, model.coming
    answered = naming.form_shown * naming.form_answered_passing
    named = coming.shoppers * (known + new) + (1 - coming.shoppers) * passing * answered
    unnamed = coming.shoppers * unnamed_new + (1 - coming.shoppers) * passing * (1 - answered)
    return There(coming.agree * named, coming.agree * unnamed)


def _known_before(model: Model, first: int, last: int) -> float:
    """There at least once, before they take their consent back and before they are gone: whichever day is the last."""
    coming = model.coming
    sums = _sums()
    ends = np.arange(first, last + 1)
    still = _still(model, ends) * np.exp(-coming.withdraws * ends)
    ending = np.append(still[:-1] - still[1:], still[-1])
    came = 1 - _none(model, 1 + coming.looks_per_order, sums[ends + 1] - sums[first])
    return float(coming.known_before * (ending * came).sum())


def _new(model: Model, first: int, last: int, days: int) -> tuple[float, float]:
    """Those with a name and those without."""
    busy = np.array(busyness())[:days]
    share = busy / busy.sum() * (1 - model.coming.known_before)
    come = unnamed = 0.0
    for arrived in range(last + 1):
        there, without = _arrived(model, arrived, first, last)
        come += share[arrived] * there
        unnamed += share[arrived] * without
    return come - unnamed, unnamed


def _arrived(model: Model, arrived: int, first: int, last: int) -> tuple[float, float]:
    """Of those who came first on a day: the chance to be there in the days at all, and to be there and to have no name yet."""
    sums = _sums()
    per_order = 1 + model.coming.looks_per_order
    naming = per_order * _names(model)
    begin = max(first, arrived)
    ends = np.arange(begin, last + 1)
    still = _still(model, ends - arrived)
    ending = np.append(still[:-1] - still[1:], still[-1])
    silent = _none(model, naming, sums[ends + 1] - sums[arrived])
    within = sums[ends + 1] - sums[begin]
    if first <= arrived:
        return 1.0, float((1 - _names_first(model)) * (ending * silent).sum())
    absent = _none(model, 1.0, naming * (sums[ends + 1] - sums[arrived]) + (per_order - naming) * within)
    came = 1 - _none(model, per_order, within)
    return float((ending * came).sum()), float((1 - _names_first(model)) * (ending * (silent - absent)).sum())


def _passing_by(model: Model, first: int, last: int, days: int) -> float:
    busy = busyness()[:days]
    chances = days_again(model)
    there = 0.0
    for arrived in range(last + 1):
        if arrived >= first:
            there += busy[arrived]
        else:
            there += busy[arrived] * (
                1 - prod([1 - chance for chance in chances[first - arrived - 1 : last - arrived]])
            )
    return there / sum(busy)


def _names(model: Model) -> float:
    """That a visit which is not somebody's first gives a name."""
    orders = 1 / (1 + model.coming.looks_per_order)
    return orders + (1 - orders) * model.naming.account


def _names_first(model: Model) -> float:
    orders = 1 / (1 + model.coming.looks_per_order)
    return orders + (1 - orders) * model.naming.form_shown * model.naming.form_answered


def _still(model: Model, after_days: NDArray[np.int64]) -> Array:
    rate = model.coming.leaving_rate
    return np.asarray((rate / (rate + after_days)) ** model.coming.leaving_shape)


def _none(model: Model, per_order: float, busy: Array) -> Array:
    """No visit of a kind of which there are so many for each order, in a time of so much busyness."""
    rate = model.coming.order_rate
    return np.asarray((rate / (rate + per_order * busy)) ** model.coming.order_shape)


def _sums() -> Array:
    return np.array([0.0, *accumulate(busyness())])
