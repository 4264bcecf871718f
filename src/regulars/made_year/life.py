"""One life: who somebody is, when they come, what they order, when the shop learns their name. Nothing is said yet.

Coming and buying follow Pareto/NBD (Schmittlein, Morrison, Colombo, "Counting your customers", Management Science 33, 1987): while
somebody is a customer, orders come at a rate of their own; how long that lasts is exponential with a rate of their own; both rates
are gamma distributed over people, and independent. Time runs as quickly as the shop is busy. Each visit is one with an order or one
without, independently: so visits are a Poisson process, too, and so are those in which a name is given.
"""

from bisect import bisect_right
from enum import IntEnum
from functools import cache
from itertools import accumulate
from typing import Final

from msgspec import Struct

from regulars.made_year.calendar import DAYS, FIRST_MINUTE, LAST_MINUTE, busyness
from regulars.made_year.draws import Draws, running
from regulars.made_year.model import Model
from regulars.made_year.numbers import power

FOR_EVER: Final = 10 * DAYS

HOURS: Final = running((1, 2, 4, 5, 6, 7, 6, 6, 6, 6, 7, 8, 9, 10, 9, 6))
"""From seven in the morning, how many come in each hour."""


class Kind(IntEnum):
    PASSER_BY = 0
    NEW = 1
    """A shopper whom the shop does not know yet."""
    KNOWN = 2
    """A shopper with an account from before the year."""


class Named(IntEnum):
    """What a name was given by."""

    NOTHING = 0
    FORM = 1
    """The newsletter's: an e-mail address."""
    ACCOUNT = 2
    ORDER = 3
    """With an account."""
    GUEST = 4
    """An order with no more than an e-mail address."""


class Visit(Struct, frozen=True, gc=False):
    """`minute` is of the day on the shop's wall. `naming` says how a name was given in it, if it was the first time."""

    day: int
    minute: int
    orders: bool
    naming: Named = Named.NOTHING


class Life(Struct, frozen=True, gc=False):
    """`arrived` is the day of the first visit; for whoever was known before it is 0, and the first visit any later day.
    `orders_a_day` and `leaves_a_day` are their own rates; they stay `stayed` days from their arrival. `agreed` is consent to
    analytics, taken back before the first visit of the day `withdrew`, if at all. Visits are in order of time.
    """

    number: int
    kind: Kind
    agreed: bool
    arrived: int
    orders_a_day: float
    leaves_a_day: float
    stayed: float
    withdrew: int | None
    saw_form: bool
    visits: tuple[Visit, ...]

    @property
    def named_at(self) -> int | None:
        """The place among the visits of that in which a name was given first; -1 for whoever was known before."""
        if self.kind is Kind.KNOWN:
            return -1
        return next((place for place, visit in enumerate(self.visits) if visit.naming), None)


def lead(model: Model, seed: int, number: int, days: int = DAYS) -> Life:
    """The life of somebody in the first `days` of the year; it depends on nothing but these four."""
    draws = Draws(seed, "life", number)
    agreed = draws.chance(model.coming.agree)
    if not draws.chance(model.coming.shoppers):
        return _passing_by(model, draws, number, days, agreed)
    return _shopping(model, draws, number, days, agreed)


def days_again(model: Model) -> tuple[float, ...]:
    """That a passer-by is there again so many days after the first, from one day on."""
    return _days_again(model.coming.comes_again, model.coming.half_life_days, model.coming.most_days_again)


def _passing_by(model: Model, draws: Draws, number: int, days: int, agreed: bool) -> Life:
    arrived = draws.place(_arriving()[:days])
    saw = draws.chance(model.naming.form_shown)
    answered = saw and draws.chance(model.naming.form_answered_passing)
    again = [arrived + after for after, chance in enumerate(days_again(model), 1) if draws.chance(chance)]
    visits = [Visit(arrived, _minute(draws), False, Named.FORM if answered else Named.NOTHING)]
    visits += [Visit(day, _minute(draws), False) for day in again if day < days]
    return Life(number, Kind.PASSER_BY, agreed, arrived, 0.0, 0.0, 0.0, None, saw, tuple(visits))


def _shopping(model: Model, draws: Draws, number: int, days: int, agreed: bool) -> Life:
    coming = model.coming
    known = draws.chance(coming.known_before)
    arrived = 0 if known else draws.place(_arriving()[:days])
    orders_a_day = draws.gamma(coming.order_shape, coming.order_rate)
    leaves_a_day = draws.gamma(coming.leaving_shape, coming.leaving_rate)
    stayed = min(draws.exponential(1 / leaves_a_day) if leaves_a_day > 1 / FOR_EVER / DAYS else FOR_EVER, FOR_EVER)
    withdrew = int(draws.exponential(1 / coming.withdraws)) if known else days
    saw = not known and draws.chance(model.naming.form_shown)
    moments = _moments(
        draws, arrived, min(arrived + int(stayed), days - 1), orders_a_day * (1 + coming.looks_per_order)
    )
    first = [] if known else [(arrived, _minute(draws))]
    visits = _visits(model, draws, sorted([*first, *moments]), known, saw)
    return Life(
        number,
        Kind.KNOWN if known else Kind.NEW,
        agreed,
        arrived,
        orders_a_day,
        leaves_a_day,
        stayed,
        withdrew if withdrew < days else None,
        saw,
        visits,
    )


def _moments(draws: Draws, first: int, last: int, visits_a_day: float) -> list[tuple[int, int]]:
    """Days and minutes of a Poisson process, whose rate goes with the busyness of the days, from one to the other."""
    sums = _busyness_until()
    before, span = sums[first], sums[last + 1] - sums[first]
    number = draws.poisson(visits_a_day * span)
    places = [before + draws.share() * span for _ in range(number)]
    return [(min(bisect_right(sums, place) - 1, last), _minute(draws)) for place in places]


def _visits(
    model: Model, draws: Draws, moments: list[tuple[int, int]], named: bool, saw_form: bool
) -> tuple[Visit, ...]:
    visits = []
    for place, (day, minute) in enumerate(moments):
        orders = draws.chance(1 / (1 + model.coming.looks_per_order))
        naming = Named.NOTHING
        if not named:
            naming = _naming(model, draws, orders, place == 0, saw_form)
            named = naming is not Named.NOTHING
        visits.append(Visit(day, minute, orders, naming))
    return tuple(visits)


def _naming(model: Model, draws: Draws, orders: bool, is_first: bool, saw_form: bool) -> Named:
    naming = model.naming
    if orders:
        return Named.GUEST if draws.chance(naming.guest) else Named.ORDER
    if is_first:
        return Named.FORM if saw_form and draws.chance(naming.form_answered) else Named.NOTHING
    return Named.ACCOUNT if draws.chance(naming.account) else Named.NOTHING


def _minute(draws: Draws) -> int:
    return min(FIRST_MINUTE + 60 * draws.place(HOURS) + draws.below(60), LAST_MINUTE - 60)


@cache
def _arriving() -> tuple[float, ...]:
    return running(busyness())


@cache
def _busyness_until() -> tuple[float, ...]:
    """Before each day, and after the last."""
    return tuple(accumulate(busyness(), initial=0.0))


@cache
def _days_again(first: float, half_life: float, most: int) -> tuple[float, ...]:
    return tuple([first * power(0.5, (after - 1) / half_life) for after in range(1, most + 1)])
