"""A model of who orders within thirty days, learned and tested, and what it says of everybody today.

Moments lie thirty days apart, each at the beginning of a day on the shop's wall, back from today. The thirty days after a moment
are over when the next one comes. The newest quarter of the moments tests, all before them teach: so nothing that was learned from
happened after the first test began. What was tested is what is used.

All is as of the beginning of today: asked twice in a day, it says the same twice.
"""

from pathlib import Path
from typing import Final

import numpy as np

from regulars.insight.engines import Engine, duckdb_file
from regulars.insight.likelihood.columns import FEATURES, PERIOD_DAYS, Truths
from regulars.insight.likelihood.figures import Figures, graded, learned_rule
from regulars.insight.likelihood.findings import (
    ENOUGH_DAYS,
    ENOUGH_TO_LEARN,
    ENOUGH_TO_TEST,
    ENOUGH_WAITING,
    Candidate,
    Likelihood,
    Model,
    Reason,
    TooLittle,
)
from regulars.insight.likelihood.logistic import fitted, version_of
from regulars.insight.likelihood.snapshots import Past, Snapshot, first_order_day, past, snapshot
from regulars.insight.moments import Moment
from regulars.insight.segments import members
from regulars.kernel.calendar import Calendar, Day
from regulars.kernel.segments.tree import OnList

MOST_MOMENTS: Final = 24
TESTS_EVERY: Final = 4
"""Of so many moments one tests."""


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
