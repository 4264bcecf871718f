"""Figures as words: thousands separated, shares rounded once, dates as one says them, all in the shop's own zone.

Everything is reckoned in whole numbers; a share is an exact fraction until it is shown.
"""

import re
from collections.abc import Sequence
from typing import Final

from regulars.kernel.calendar import MONTHS, WEEKDAYS, Calendar, date_of, weekday_of
from regulars.kernel.facts import Instant
from regulars.kernel.terms import Currency, PointsName

MINUS: Final = "−"
THIN: Final = "\u202f"
NOTHING: Final = "–"

_DATE: Final = re.compile(r"(?<=the end of )(\d{4})-(\d\d)-(\d\d)\b")


def count(number: int) -> str:
    """`1,234`, with a real minus."""
    return f"{number:,}".replace("-", MINUS)


def signed(number: int) -> str:
    """`+1,234`, `−1,234` or `0`."""
    return f"+{count(number)}" if number > 0 else count(number)


def about(number: int) -> str:
    """`6.6 million` from a million on, below that exact. Rounded half up."""
    for word, unit in (("billion", 10**9), ("million", 10**6)):
        if abs(number) >= unit:
            tenths = (abs(number) * 10 + unit // 2) // unit
            return f"{MINUS if number < 0 else ''}{tenths // 10:,}.{tenths % 10} {word}"
    return count(number)


def points(number: int, name: PointsName) -> str:
    return f"{about(number)} {name.one if number == 1 else name.other}"


def amount(amount_minor: int, currency: Currency) -> str:
    """Major units without the code, as a table shows them."""
    return currency.amount(amount_minor).replace("-", MINUS)


def signed_amount(amount_minor: int, currency: Currency) -> str:
    return f"+{amount(amount_minor, currency)}" if amount_minor > 0 else amount(amount_minor, currency)


def money(amount_minor: int, currency: Currency) -> str:
    return f"{amount(amount_minor, currency)}\u00a0{currency.code}"


def share(part: int, whole: int) -> str:
    """`0.9 %`, rounded half up to a tenth; a dash where there is no whole to have a share of."""
    figure = share_figure(part, whole)
    return figure if figure == NOTHING else f"{figure}{THIN}%"


def share_figure(part: int, whole: int) -> str:
    """The same without the sign, for a column that has it in its head."""
    if whole <= 0:
        return NOTHING
    tenths = parts_of(1000, part, whole)
    if part > 0 and not tenths:
        return "<0.1"
    return f"{MINUS if tenths < 0 else ''}{abs(tenths) // 10:,}.{abs(tenths) % 10}"


def parts_of(scale: int, part: int, whole: int) -> int:
    """`part` over `whole`, in so many parts of one; rounded once, half away from zero. `whole` is positive."""
    rounded = (2 * scale * abs(part) + whole) // (2 * whole)
    return -rounded if part < 0 else rounded


def customers(number: int) -> str:
    return f"{count(number)} {'customer' if number == 1 else 'customers'}"


def orders(number: int) -> str:
    return f"{count(number)} {'order' if number == 1 else 'orders'}"


def lines(number: int) -> str:
    return f"{count(number)} {'line' if number == 1 else 'lines'}"


def month(key: str) -> str:
    """`March 2017` for `2017-03`."""
    return f"{month_name(key)} {int(key[:4])}"


def short_month(key: str) -> str:
    """`Mar 2017`."""
    return f"{month_name(key)[:3]} {int(key[:4])}"


def month_name(key: str) -> str:
    return MONTHS[int(key[5:7]) - 1]


def period(months: Sequence[str]) -> str:
    """`over 2017`, `in March 2017`, `from March 2017 to June 2018`."""
    first, last = months[0], months[-1]
    if first == last:
        return f"in {month(first)}"
    if first[:4] == last[:4]:
        if first.endswith("-01") and last.endswith("-12"):
            return f"over {int(first[:4])}"
        return f"from {month_name(first)} to {month(last)}"
    if first.endswith("-01") and last.endswith("-12"):
        return f"from {int(first[:4])} to {int(last[:4])}"
    return f"from {month(first)} to {month(last)}"


def span(months: Sequence[str]) -> str:
    """`January to December 2017`."""
    return period(months).removeprefix("from ").removeprefix("in ").removeprefix("over ")


def date(instant: Instant, calendar: Calendar) -> str:
    """`31 December 2017`, on the shop's wall."""
    day = date_of(calendar.day_of(instant))
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def weekday_and_date(instant: Instant, calendar: Calendar) -> str:
    """`Saturday 4 March 2017`."""
    return f"{WEEKDAYS[weekday_of(calendar.day_of(instant))].capitalize()} {date(instant, calendar)}"


def clock(instant: Instant, calendar: Calendar) -> str:
    """`14:05`."""
    return calendar.wall_clock(instant)[-5:]


def with_spoken_dates(sentence: str) -> str:
    """`until the end of 2017-03-04` as `until the end of 4 March 2017`."""
    return _DATE.sub(lambda found: f"{int(found[3])} {MONTHS[int(found[2]) - 1]} {int(found[1])}", sentence)


def capitalized(words: str) -> str:
    return words[:1].upper() + words[1:]


def shortened(words: str, limit: int = 28) -> str:
    """For a chart: without control characters, and not longer than fits. Tables show the whole."""
    clean = "".join(letter if letter.isprintable() else "\ufffd" for letter in words)
    return clean if len(clean) <= limit else f"{clean[: limit - 1].rstrip()}…"
