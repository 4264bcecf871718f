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
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regulars.made_year.calendar import DAYS, busyness
from regulars.made_year.life import days_again
from regulars.made_year.model import Model

Array = NDArray[np.float64]


LOOKED_BACK_DAYS: Final = 30
"""What was done on a device this long before its first claim is the claimer's (docs/people.md)."""


class There(Struct, frozen=True):
    """Of somebody drawn at random, whoever it is: the chance to be there in the days with a name, and without.

    `apart` is the chance to be there with a name, and also so long before it was given that nobody can say whose that visit
    was: such a person is two visitors.
    """

    named: float
    unnamed: float
    apart: float

    @property
    def rate(self) -> float:
        """Of the visitors."""
        return self.named / (self.named + self.unnamed + self.apart)


def there(model: Model, first: int, last: int, days: int = DAYS) -> There:
    """From one day to the other, both included, in a year of which the first `days` are lived."""
    known = _known_before(model, first, last)
    new, unnamed_new, apart = _new(model, first, last, days)
    passing = _passing_by(model, first, last, days)
    naming, coming = model.naming, model.coming
    answered = naming.form_shown * naming.form_answered_passing
    named = coming.shoppers * (known + new) + (1 - coming.shoppers) * passing * answered
    unnamed = coming.shoppers * unnamed_new + (1 - coming.shoppers) * passing * (1 - answered)
    return There(coming.agree * named, coming.agree * unnamed, coming.agree * coming.shoppers * apart)


def _known_before(model: Model, first: int, last: int) -> float:
    """There at least once, before they take their consent back and before they are gone: whichever day is the last."""
    coming = model.coming
    sums = _sums()
    ends = np.arange(first, last + 1)
    still = _still(model, ends) * np.exp(-coming.withdraws * ends)
    ending = np.append(still[:-1] - still[1:], still[-1])
    came = 1 - _none(model, (1 + coming.looks_per_order) * (sums[ends + 1] - sums[first]))
    return float(coming.known_before * (ending * came).sum())


def _new(model: Model, first: int, last: int, days: int) -> tuple[float, float, float]:
    """Those with a name, those without, and those there twice. A row for each day of arrival, a column for each last day."""
    busy = np.array(busyness())[:days]
    share = (busy / busy.sum() * (1 - model.coming.known_before))[: last + 1]
    arrived, ends, sums = np.arange(last + 1)[:, None], np.arange(first, last + 1)[None, :], _sums()
    begin = np.maximum(arrived, first)
    still = np.where(ends >= arrived, _still(model, np.maximum(ends - arrived, 0)), 0.0)
    ending = np.where(ends >= arrived, still - np.append(still[:, 1:], np.zeros_like(still[:, :1]), axis=1), 0.0)
    per_order, naming = 1 + model.coming.looks_per_order, _naming_visits(model)
    within = np.maximum(sums[ends + 1] - sums[begin], 0.0)
    before = naming * np.maximum(sums[ends + 1] - sums[arrived], 0.0)
    is_there = arrived >= first
    silent = _none(model, before)
    absent = np.where(is_there, 0.0, _none(model, before + (per_order - naming) * within))
    came = np.where(is_there, 1.0, 1 - _none(model, per_order * within))
    unnamed = (1 - _names_first(model)) * float(share @ (ending * (silent - absent)).sum(axis=1))
    apart = _apart(model, share, first, last) if last - first >= LOOKED_BACK_DAYS else 0.0
    return float(share @ (ending * came).sum(axis=1)) - unnamed, unnamed, apart


def _apart(model: Model, share: Array, first: int, last: int) -> float:
    """A visit on the very day that is just looked back to was, as often as not, at an earlier hour than the naming."""
    at_most, at_least = (_named_after(model, share, first, last, LOOKED_BACK_DAYS + more) for more in (0, 1))
    return (at_most + at_least) / 2


def _named_after(model: Model, share: Array, first: int, last: int, wait: int) -> float:
    """Named so many days, or more, after a visit in the days. A row for each day of arrival, a column for each day of naming."""
    arrived, days, sums = np.arange(last + 1)[:, None], np.arange(first + wait, last + 1)[None, :], _sums()
    begin = np.maximum(arrived, first)
    naming = _naming_visits(model)
    is_late = days - wait >= begin
    before, after = (naming * np.maximum(sums[days + more] - sums[arrived], 0.0) for more in (0, 1))
    looks = 1 + model.coming.looks_per_order - naming
    looked = looks * np.maximum(sums[days - wait + 1] - sums[begin], 0.0)
    named = _none(model, before) - _none(model, after)
    unseen = np.where(arrived >= first, 0.0, _none(model, before + looked) - _none(model, after + looked))
    each = np.where(is_late, _still(model, np.maximum(days - arrived, 0)) * (named - unseen), 0.0)
    return (1 - _names_first(model)) * float(share @ each.sum(axis=1))


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


def _naming_visits(model: Model) -> float:
    """How many visits give a name, those at somebody's arrival left out, for each order."""
    return 1 + model.coming.looks_per_order * model.naming.account


def _names_first(model: Model) -> float:
    orders = 1 / (1 + model.coming.looks_per_order)
    return orders + (1 - orders) * model.naming.form_shown * model.naming.form_answered


def _still(model: Model, after_days: NDArray[np.int64]) -> Array:
    rate = model.coming.leaving_rate
    return np.asarray((rate / (rate + after_days)) ** model.coming.leaving_shape)


def _none(model: Model, expected: Array) -> Array:
    """No visit of a kind, where of somebody with one order a day of average busyness so many were expected."""
    rate = model.coming.order_rate
    return np.asarray((rate / (rate + expected)) ** model.coming.order_shape)


def _sums() -> Array:
    return np.array([0.0, *accumulate(busyness())])
