"""The identification rate against what the model says: by day, by month, and of the whole.

A day's true rate is a probability, so its 95 % interval misses it on one day of twenty; how many misses chance allows is binomial.
Wilson's interval of a few visitors misses a little more often than it says: the bound reckons with seven in a hundred.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from math import comb
from typing import Final

from regulars.kernel.calendar import Day
from regulars.kernel.facts import Instant
from regulars.kernel.shares import Share, wilson
from regulars.made_year.truths import Rate
from regulars.service.identification import identification
from regulars.service.shop import Shop
from regulars.truth_checks.held import Finding, Truths, some

MISSED: Final = Fraction(7, 100)
TOO_SELDOM: Final = Fraction(1, 1000)
EPOCH: Final = date(1970, 1, 1).toordinal()
RARE: Final = Fraction(329, 100)
"""Of the normal distribution: 1 in 1,000 lies further from the middle."""


def check(shop: Shop, truths: Truths, now: Instant) -> Iterator[Finding]:
    first = date.fromisoformat(truths.year.first_date).toordinal() - EPOCH
    told = truths.year.identification
    days = [Rate(day, day, rate) for day, rate in enumerate(told.days)]
    yield _together("the identification rate by day", "days", shop, first, days, now)
    if len(told.months) > 1:
        yield _together("the identification rate by month", "months", shop, first, told.months, now)
    yield _whole(shop, truths, first, now)


def holds(truth: float, share: Share) -> bool:
    """Whether the report's interval of 95 % has the truth in it."""
    low, high = share.interval()
    return low <= truth * 10_000 <= high


def most_missed(number: int) -> int:
    """Of so many true rates: more are missed less often than once in a thousand times."""
    left = Fraction(1)
    for missed in range(number + 1):
        left -= comb(number, missed) * MISSED**missed * (1 - MISSED) ** (number - missed)
        if left < TOO_SELDOM:
            return missed
    return number


def _together(
    what: str, periods: str, shop: Shop, first: Day, rates: "list[Rate] | tuple[Rate, ...]", now: Instant
) -> Finding:
    missed = []
    for rate in rates:
        share = _share(shop, first + rate.first_day, first + rate.last_day, now)
        if not holds(rate.rate, share):
            missed.append(_said(first + rate.first_day, rate.rate, share))
    most = most_missed(len(rates))
    truth = f"{len(rates):,} {periods}; chance misses at most {most:,}"
    return Finding(what, len(missed) <= most, truth, f"{len(missed):,} missed", some(missed))


def _whole(shop: Shop, truths: Truths, first: Day, now: Instant) -> Finding:
    """Whoever visits under two accounts is two visitors until staff merge these: over a whole year the interval is narrow enough
    to show that. One interval is judged alone here, so that it is one that the truth leaves once in a thousand years."""
    rate = truths.year.identification.whole
    share = _share(shop, first + rate.first_day, first + rate.last_day, now)
    twice = truths.second_visitors
    once = share.whole - twice
    truth = (rate.rate * once + twice) / share.whole if share.whole else rate.rate
    low, high = wilson(share.part, share.whole, RARE)
    holds = low <= truth * 10_000 <= high
    return Finding("the identification rate of the whole", holds, f"{truth:.2%}", _shown(share))


def _share(shop: Shop, first: Day, last: Day, now: Instant) -> Share:
    found = identification(shop, first, last, now)
    assert found is not None, "a shop that took a year in has a program"
    return found.visitors


def _said(day: Day, rate: float, share: Share) -> str:
    return f"{date.fromordinal(EPOCH + day).isoformat()}: {rate:.2%} is not in {_shown(share)}"


def _shown(share: Share) -> str:
    low, high = share.interval()
    return f"{share.part:,} of {share.whole:,}, {low / 100:.2f} to {high / 100:.2f} %"
