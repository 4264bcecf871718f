"""Tests on one value, as `kernel.segments.passing` has them: of what is not there, or is of another kind, unknown.

What a text is beside text stands beside it (`texts`), worked out when it was written down; what a test means on this very day is
worked out here, so that only numbers are compared.
"""

from functools import reduce
from operator import and_, or_
from typing import Any, assert_never

import ibis
from ibis.expr.types import BooleanValue, Table

from regulars.insight.moments import Moment
from regulars.insight.numbers import Exact, admitted
from regulars.insight.tables import table
from regulars.kernel.calendar import Day, date_of, day_of_date
from regulars.kernel.segments.values import (
    HasAnniversary,
    HasText,
    IsDate,
    IsNear,
    IsNoneOf,
    IsNumber,
    IsOneOf,
    IsSet,
    IsTrue,
    Test,
)
from regulars.kernel.segments.windows import first_day, last_day

OF_TEXT = IsOneOf | IsNoneOf | HasText
"""Tests for which the text itself is enough."""


def passing_texts(test: Test, texts: Table, moment: Moment) -> Table:
    """Of rows with a `text`, those of which the test is true. A test for what is there."""
    if isinstance(test, IsSet):
        assert test.wanted, "what is not there has no row"
        return texts
    if isinstance(test, OF_TEXT):
        return texts.filter(text_passes(test, texts.text))
    told = table("texts")
    return texts.filter(texts.text.isin(told.filter(told_passes(test, told, moment)).text))


def text_passes(test: IsOneOf | IsNoneOf | HasText, text: Any) -> BooleanValue:
    match test:
        case IsOneOf(values):
            return text.isin(values)
        case IsNoneOf(values):
            return text.notin(values)
        case HasText("contains", part):
            return text.contains(part)
        case HasText("starts_with", part):
            return text.startswith(part)
        case HasText(_, part):
            return text.endswith(part)
        case _:
            assert_never(test)


def told_passes(
    test: IsNumber | IsTrue | IsDate | IsNear | HasAnniversary, told: Table, moment: Moment
) -> BooleanValue:
    """Of a row with the columns of `texts`."""
    match test:
        case IsNumber(bounds):
            return admitted(Exact(told.whole, told.part), bounds)
        case IsTrue(wanted):
            return told.truth == wanted
        case IsDate(first, end):
            return _between(told.day, first, None if end is None else end - 1)
        case IsNear("last", duration):
            return _between(told.day, first_day(moment.today, duration), moment.today)
        case IsNear(_, duration):
            return _between(told.day, moment.today, last_day(moment.today, duration))
        case HasAnniversary(within):
            spans = _of_years(moment.today, last_day(moment.today, within))
            return reduce(or_, [_between(told.year_day, first, last) for first, last in spans])
        case _:
            assert_never(test)


def number_passes(test: Test, number: Any) -> BooleanValue:
    """Of a whole number that is always there; its text is its decimal form, and no date and no truth."""
    if isinstance(test, IsSet):
        return ibis.literal(test.wanted)
    if isinstance(test, IsNumber):
        return admitted(Exact(number), test.bounds)
    if isinstance(test, OF_TEXT):
        return text_passes(test, number.cast("string"))
    return ibis.literal(False)


def _between(value: Any, first: int | None, last: int | None) -> BooleanValue:
    ends = [value >= first] if first is not None else []
    ends += [value <= last] if last is not None else []
    return reduce(and_, ends, value == value)


def _of_years(first: Day, last: Day) -> list[tuple[int, int]]:
    """The days of the year from one day to another, in its year and in the next. 29 February is the 28th where there is none."""
    year = date_of(first).year
    found = []
    for start, end in ((first, _end_of(year)), (_end_of(year) + 1, _end_of(year + 1))):
        if start <= last:
            found.append((_year_day(start), _last_year_day(min(last, end))))
    return found


def _end_of(year: int) -> Day:
    return day_of_date(date_of(0).replace(year=year, month=12, day=31))


def _year_day(day: Day) -> int:
    date = date_of(day)
    return date.month * 32 + date.day


def _last_year_day(day: Day) -> int:
    """On 28 February of a year without a 29th, that one."""
    return _year_day(day) + (_year_day(day) == 2 * 32 + 28 and _year_day(day + 1) == 3 * 32 + 1)
