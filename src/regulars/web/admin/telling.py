"""Moments, names and figures as these pages write them; what the report says already is said by its `words`."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup, escape

from regulars.backtesting.report import words
from regulars.kernel.calendar import MONTHS, Calendar
from regulars.kernel.facts import Instant

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = re.compile(r"\b([0-9]{4})-(0[1-9]|1[0-2])-([0-3][0-9])(?: ([0-2][0-9]:[0-5][0-9]))?\b")


def exact(instant: Instant) -> str:
    """RFC 3339, to the second."""
    return (_EPOCH + timedelta(seconds=instant // 1_000_000)).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(instant: Instant, calendar: Calendar) -> Markup:
    """`4 March 2017`, on the shop's wall; the exact time beneath it."""
    return _time(instant, calendar, words.date(instant, calendar))


def short_day(instant: Instant, calendar: Calendar) -> Markup:
    """`4 Mar 2017`, for tables."""
    written = calendar.wall_clock(instant)
    return _time(instant, calendar, f"{int(written[8:10])} {words.short_month(written)}")


def moment(instant: Instant, calendar: Calendar) -> Markup:
    """`4 March 2017, 14:05`."""
    return _time(instant, calendar, f"{words.date(instant, calendar)}, {words.clock(instant, calendar)}")


def clock(instant: Instant, calendar: Calendar) -> Markup:
    """`14:05`, where the day is said already."""
    return _time(instant, calendar, words.clock(instant, calendar))


def as_of(instant: Instant, calendar: Calendar) -> Markup:
    """`4 March 2017, 14:05, America/New_York`: what every page says of its figures."""
    return moment(instant, calendar) + f", {calendar.zone.name}"


def last_day(end: Instant, calendar: Calendar) -> Markup:
    """The last day before an exclusive end."""
    return day(end - 1, calendar)


def with_spoken_days(sentence: str) -> str:
    """Days within a sentence as one says them: `1 April 2018`, `27 November 2018, 09:00`."""
    return _DAY.sub(_spoken_day, sentence)


def _spoken_day(found: re.Match[str]) -> str:
    year, month, day, time = found.groups()
    spoken = f"{int(day)} {MONTHS[int(month) - 1]} {year}"
    return f"{spoken}, {time}" if time else spoken


def _time(instant: Instant, calendar: Calendar, spoken: str) -> Markup:
    title = f"{calendar.wall_clock(instant)} {calendar.zone.name}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact(instant), title, spoken)


def customer_path(id: str) -> str:
    return f"/customers/{quote(id, safe='')}"


def customer_link(id: str, name: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(customer_path(id), name)


def coded(sentence: str) -> Markup:
    """What stands between backticks is set as code."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:
        return escape(sentence)
    return Markup("").join(
        [Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts)]
    )


def short_id(id: str) -> str:
    """Of a visitor without a name."""
    return f"…{id[-8:]}" if len(id) > 12 else id


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "count": words.count,
    "coded": coded,
}
