"""A model of who orders within thirty days, learned and tested, and what it says of everybody today.

Moments lie thirty days apart, each at the beginning of a day on the shop's wall, back from today. The thirty days after a moment
are over when the next one comes. The newest quarter of the moments tests, all before them teach: so nothing that was learned from
happened after the first test began. What was tested is what is used.

All is as of the beginning of today: asked twice in a day, it says the same twice.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from regulars.insight.engines import Engine, duckdb_file
from regulars.insight.likelihood.figures import TENTHS, Figures, graded, learned_rule
from regulars.insight.likelihood.logistic import Fitted, fitted, version_of
from regulars.insight.likelihood.snapshots import (
    FEATURES,
    PERIOD_DAYS,
    Past,
    Snapshot,
    Truths,
    first_order_day,
    past,
    snapshot,
)
from regulars.insight.moments import Moment
from regulars.insight.segments import members
from regulars.kernel.calendar import Calendar, Day
from regulars.kernel.segments.tree import OnList

MOST_MOMENTS: Final = 24
TESTS_EVERY: Final = 4
"""Of so many moments one tests."""
ENOUGH_MOMENTS: Final = 3
ENOUGH_DAYS: Final = (ENOUGH_MOMENTS + 1) * PERIOD_DAYS
"""Since the first order: before the first moment, too, something must have happened for thirty days."""
ENOUGH_TO_LEARN: Final = 10 * len(FEATURES)
"""Of each outcome: ten for each feature, an old rule of thumb (Peduzzi and others, Journal of Clinical Epidemiology 49, 1996)."""
ENOUGH_TO_TEST: Final = 30
ENOUGH_WAITING: Final = 10
"""So that a tenth of them is somebody."""


class Reason(StrEnum):
    NO_ORDERS = "no_orders"
    SHORT_HISTORY = "short_history"
    FEW_ORDERED = "few_ordered"
    FEW_DID_NOT = "few_did_not"
    FEW_ORDERED_LATER = "few_ordered_later"
    FEW_DID_NOT_LATER = "few_did_not_later"
    FEW_WAITING = "few_waiting"


class TooLittle(ValueError):
    """Nothing can be said yet, because there is too little of something: `wanted`, and `found`."""

    def __init__(self, reason: Reason, wanted: int, found: int) -> None:
        super().__init__(SAID[reason].format(wanted=wanted, found=found))
        self.reason = reason
        self.wanted = wanted
        self.found = found


SAID: Final = {
    Reason.NO_ORDERS: "nobody who allows profiling has ordered yet; the first order must be {wanted} days ago",
    Reason.SHORT_HISTORY: "the first order must be {wanted} days ago; it is {found}",
    Reason.FEW_ORDERED: "to learn from, {wanted} times somebody must have ordered within 30 days; it was {found} times",
    Reason.FEW_DID_NOT: "to learn from, {wanted} times somebody must not have ordered within 30 days; it was {found} times",
    Reason.FEW_ORDERED_LATER: "to test on, {wanted} times an order must have come after 30 days without one; it was {found} times",
    Reason.FEW_DID_NOT_LATER: "to test on, {wanted} times none must have come after 30 days without one; it was {found} times",
    Reason.FEW_WAITING: "{wanted} customers without an order in the last 30 days are wanted; there are {found}",
}


class Model(Struct, frozen=True):
    """Learned from `people` at moments in `from_day` up to, but not including, `to_day`, of whom `ordered` did."""

    version: str
    from_day: Day
    to_day: Day
    people: int
    ordered: int
    fitted: Fitted


class Candidate(Struct, frozen=True):
    """How probable an order is within thirty days; by our id, and the name by which the shop knows them."""

    id: str
    name: str
    probability: float
    is_waiting: bool


class Likelihood(Struct, frozen=True):
    """As of the beginning of `day`. Tested from `model.to_day` up to `day`. `candidates` are everybody, the most probable first."""

    day: Day
    model: Model
    everybody: Figures
    waiting: Figures
    candidates: tuple[Candidate, ...]

    @property
    def top_tenth(self) -> tuple[Candidate, ...]:
        """Of those without an order in the last thirty days."""
        waiting = [one for one in self.candidates if one.is_waiting]
        return tuple(waiting[: -(-len(waiting) // TENTHS)])

    @property
    def probabilities(self) -> Mapping[str, float]:
        """Of the top tenth, by our ids."""
        return {one.id: one.probability for one in self.top_tenth}


class Latest(Struct):
    """What was found last, for whoever asks: a likelihood, or why there is none; neither before the first time."""

    likelihood: Likelihood | None = None
    too_little: TooLittle | None = None


def likelihood_and_list(path: Path, moment: Moment, list_: str) -> tuple[Likelihood, frozenset[str]]:
    """By the tables in this file; and who is on that list by them. TooLittle."""
    with duckdb_file(path) as engine:
        listed = members(engine, OnList(list_), moment)
        return likelihood(engine, moment), frozenset([one.id for one in listed])


def likelihood(engine: Engine, moment: Moment) -> Likelihood:
    """TooLittle, where the past does not suffice."""
    calendar, today = moment.calendar, moment.today
    days = _moments(engine, today)
    tests = max(1, len(days) // TESTS_EVERY)
    model, learned = _learned(engine, calendar, days[tests:], days[tests - 1])
    tested = past(snapshot(engine, calendar, day) for day in days[:tests])
    everybody, waiting = _figures(model, learned, tested)
    return Likelihood(today, model, everybody, waiting, _candidates(model, snapshot(engine, calendar, today)))


def _moments(engine: Engine, today: Day) -> list[Day]:
    """The newest first."""
    first = first_order_day(engine)
    if first is None:
        raise TooLittle(Reason.NO_ORDERS, ENOUGH_DAYS, 0)
    since = max(today - first, 0)
    if since < ENOUGH_DAYS:
        raise TooLittle(Reason.SHORT_HISTORY, ENOUGH_DAYS, since)
    number = min(since // PERIOD_DAYS - 1, MOST_MOMENTS)
    return [today - PERIOD_DAYS * back for back in range(1, number + 1)]


def _learned(engine: Engine, calendar: Calendar, days: list[Day], cut: Day) -> tuple[Model, Past]:
    learned = past(snapshot(engine, calendar, day) for day in days)
    features, ordered = learned.features, learned.ordered
    _want(ENOUGH_TO_LEARN, ordered, Reason.FEW_ORDERED, Reason.FEW_DID_NOT)
    found = fitted(features, ordered)
    version = version_of(found, FEATURES, (days[-1], cut))
    return Model(version, days[-1], cut, len(ordered), int(ordered.sum()), found), learned


def _figures(model: Model, learned: Past, tested: Past) -> tuple[Figures, Figures]:
    """Of everybody, and of those without an order in the thirty days before. The rule learned from those of whom it speaks."""
    _, before, waited, did = learned
    features, recency, waiting, ordered = tested
    _want(ENOUGH_TO_TEST, ordered[waiting], Reason.FEW_ORDERED_LATER, Reason.FEW_DID_NOT_LATER)
    probabilities = model.fitted.probabilities(features)

    def of(before_cut: Truths, some: Truths) -> Figures:
        rule = learned_rule(before[before_cut], did[before_cut])
        return graded(probabilities[some], recency[some], rule.probabilities(recency[some]), ordered[some])

    return of(np.full(len(did), True), np.full(len(ordered), True)), of(waited, waiting)


def _want(number: int, ordered: Truths, few: Reason, few_not: Reason) -> None:
    if (found := int(ordered.sum())) < number:
        raise TooLittle(few, number, found)
    if (found := int((~ordered).sum())) < number:
        raise TooLittle(few_not, number, found)


def _candidates(model: Model, now: Snapshot) -> tuple[Candidate, ...]:
    """Whoever is as probable as another stands in the order of our ids."""
    if (found := int(now.is_waiting.sum())) < ENOUGH_WAITING:
        raise TooLittle(Reason.FEW_WAITING, ENOUGH_WAITING, found)
    told = zip(
        now.ids, now.names, model.fitted.probabilities(now.features).tolist(), now.is_waiting.tolist(), strict=True
    )
    return tuple(sorted([Candidate(*one) for one in told], key=lambda one: (-one.probability, one.id)))
