"""One cell of an orders file: from what stood there to what it means, or a `CellRefused` that says what is wrong with it.

Money goes from decimal text to whole minor units by shifting digits, never through a float. A column of floats (Parquet,
JSON numbers) is taken at its shortest decimal text and rounded half-even to the minor unit: a file that holds floats has
0.30000000000000004 in it where its writer meant 0.3.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from math import isfinite
from typing import Final
from zoneinfo import ZoneInfo

from regulars.kernel.facts import MEMBER_JOINED, ORDER_COMPLETED, Instant
from regulars.kernel.terms import Currency
from regulars.wire.bills import currency_named
from regulars.wire.refusals import RefusalReason, shown

MOST_CHARACTERS: Final = 200
MOST_MINOR: Final = 10**12
MOST_QUANTITY: Final = 999_999_999
FIRST_YEAR, LAST_YEAR = 1990, 2100

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_EARLIEST: Final = (datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LATEST: Final = (datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DECIMAL: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]+))?")
_GROUPED: Final = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_COMMA_DECIMAL: Final = re.compile(r"[+-]?[0-9]+,[0-9]+")
_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,30}))?)? ?(Z|z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_EXACT: Final = Context(prec=400)


class CellRefused(Exception):
    def __init__(self, reason: RefusalReason, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message


def text_of(cell: object) -> str | None:
    """A cell as text, without the blanks around it: "" when nothing stands there, None when it is no single value."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float | Decimal) and isfinite(cell) and -(2**53) < cell < 2**53 and cell == int(cell):
        return str(int(cell))
    if isinstance(cell, int | float | Decimal | date):
        return str(cell)
    return None


def identifier(cell: object, what: str, missing: RefusalReason, bad: RefusalReason) -> str:
    """An id of the shop's: text or a whole number, not blank, at most 200 characters, none of them a control character."""
    text = text_of(cell)
    if text is None or isinstance(cell, bool | date) or (isinstance(cell, float | Decimal) and not text.isdecimal()):
        raise CellRefused(bad, f"{_found(cell)} is not an id. Write {what} as text or as a whole number.")
    if not text:
        raise CellRefused(missing, f"{what.capitalize()} is missing. Fill it in, or leave the row out.")
    if len(text) > MOST_CHARACTERS:
        raise CellRefused(bad, f"{what.capitalize()} has {len(text)} characters; at most {MOST_CHARACTERS} are taken.")
    if _CONTROL.search(text):
        raise CellRefused(bad, f"{what.capitalize()} has control characters in it. Take them out.")
    return text


def event_name(cell: object) -> str:
    """`Order Completed` when nothing stands there. A name that is nearly one we know is refused, not taken for another."""
    if cell == ORDER_COMPLETED or text_of(cell) == "":
        return ORDER_COMPLETED
    name = identifier(cell, "the event's name", RefusalReason.BAD_EVENT, RefusalReason.BAD_EVENT)
    for known in (ORDER_COMPLETED, MEMBER_JOINED):
        if _letters(name) == _letters(known) and name != known:
            raise CellRefused(RefusalReason.BAD_EVENT, f"“{name}” is nearly “{known}”. Write it exactly so.")
    return name


def amount_minor(cell: object, exponent: int) -> int:
    """Minor units of a decimal amount in major units; exact, except that floats are rounded half-even."""
    if isinstance(cell, str):
        return _minor_of_text(cell, exponent)
    if cell is None:
        return _minor_of_text("", exponent)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return _bounded(cell * 10**exponent, str(cell))
    if isinstance(cell, Decimal) and cell.is_finite():
        return _minor_of_text(f"{cell:f}", exponent)
    if isinstance(cell, float) and isfinite(cell):
        return _minor_of_float(cell, exponent)
    raise CellRefused(
        RefusalReason.BAD_AMOUNT, f"{_found(cell)} is not an amount. Write a plain decimal number: 12.50."
    )


def quantity_of(cell: object) -> int:
    text = text_of(cell)
    if text == "":
        return 1
    if (
        text is not None
        and text.isdecimal()
        and text.isascii()
        and len(text) <= 9
        and not isinstance(cell, bool | date)
    ):
        return int(text)
    message = (
        f"{_found(cell)} is not a whole number from 0 to {MOST_QUANTITY:,}. Write how many as digits, or nothing for 1."
    )
    raise CellRefused(RefusalReason.BAD_QUANTITY, message)


def currency_of(cell: object, currency: str, others: bool = False) -> Currency | None:
    """Another one than the program's, where there may be `others`; None where it is that."""
    text = text_of(cell)
    if text is None or (text and text.upper() != currency):
        other = currency_named(text.upper()) if others and text else None
        if other is not None:
            return other
        message = (
            f"{_found(cell)} is not the program's currency, {currency}. Convert the amounts, or leave the row out."
        )
        raise CellRefused(RefusalReason.WRONG_CURRENCY, message)
    return None


def property_text(cell: object) -> str:
    """ "" when nothing stands there."""
    text = text_of(cell)
    if text is None:
        raise CellRefused(RefusalReason.BAD_PROPERTY, f"{_found(cell)} is not one value. Write the property as text.")
    return text


def instant(cell: object, times_in: ZoneInfo | None) -> Instant:
    """The moment of a cell, in microseconds. A time without an offset is read on the clocks of `times_in`.

    There, a time that the clocks skipped is refused, one that they showed twice is the earlier, and a bare date is the
    first moment of that day. Beyond microseconds, digits are cut.
    """
    if isinstance(cell, str):
        return _instant_of_text(cell, times_in)
    if isinstance(cell, datetime):
        return _in_bounds(cell if cell.tzinfo else _on_the_clocks(cell, times_in, cell), cell)
    if isinstance(cell, date):
        return _instant_of_text(cell.isoformat(), times_in)
    if cell is None:
        return _instant_of_text("", times_in)
    raise CellRefused(RefusalReason.BAD_TIME, f"{_found(cell)} is not a time. {_EXPECTED_TIME}")


_EXPECTED_TIME: Final = "Write it with its offset from UTC, as 2017-03-01T12:00:00Z or 2017-03-01T12:00:00-05:00."


@lru_cache(maxsize=1 << 14)
def _minor_of_text(cell: str, exponent: int) -> int:
    text = cell.strip()
    match = _DECIMAL.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise CellRefused(RefusalReason.BAD_AMOUNT, _why_no_amount(text))
    sign, whole, fraction = match[1], match[2].lstrip("0"), (match[3] or "").rstrip("0")
    if len(fraction) > exponent:
        finest = "whole numbers" if exponent == 0 else f"at most {exponent} decimals"
        message = f"“{shown(text)}” is finer than the currency's smallest unit. Write {finest}."
        raise CellRefused(RefusalReason.TOO_MANY_DECIMALS, message)
    digits = whole + fraction.ljust(exponent, "0")
    minor = int(digits or "0") if len(digits) <= 13 else MOST_MINOR
    return _bounded(-minor if sign == "-" else minor, text)


def _bounded(minor: int, text: str) -> int:
    if abs(minor) < MOST_MINOR:
        return minor
    message = f"{_found(text)} is out of bounds: an amount has at most 12 digits, those behind the point included."
    raise CellRefused(RefusalReason.BAD_AMOUNT, message)


def _why_no_amount(text: str) -> str:
    if not text:
        return "The amount is missing. Fill it in; an order worth nothing has the amount 0."
    if _GROUPED.fullmatch(text):
        return f"“{shown(text)}” has a comma in it. Write it without: {text.replace(',', '')}."
    if _COMMA_DECIMAL.fullmatch(text):
        return f"“{shown(text)}” has a comma in it. Write a point before the decimals: {text.replace(',', '.')}."
    return f"“{shown(text)}” is not an amount. Write digits and a point only, without a currency sign: 12.50."


@lru_cache(maxsize=1 << 14)
def _minor_of_float(number: float, exponent: int) -> int:
    rounded = Decimal(repr(number)).quantize(Decimal(1).scaleb(-exponent), ROUND_HALF_EVEN, _EXACT)
    return _minor_of_text(f"{rounded:f}", exponent)


@lru_cache(maxsize=1 << 14)
def _instant_of_text(cell: str, times_in: ZoneInfo | None) -> Instant:
    text = cell.strip()
    match = _TIME.fullmatch(text)
    if match is None:
        found = f"“{shown(text)}” is not a time" if text else "The time is missing"
        raise CellRefused(RefusalReason.BAD_TIME, f"{found}. {_EXPECTED_TIME}")
    year, month, day, hour, minute, second, fraction, offset = match.groups(default="")
    try:
        micro = int(fraction[:6].ljust(6, "0"))
        local = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro)  # noqa: DTZ001
        if offset:
            return _in_bounds(local.replace(tzinfo=_offset(offset)), text)
    except (ValueError, OverflowError):
        message = f"“{shown(text)}” is not in the calendar or not on the clock. {_EXPECTED_TIME}"
        raise CellRefused(RefusalReason.BAD_TIME, message) from None
    return _in_bounds(_on_the_clocks(local, times_in, text, bare_date=not hour), text)


def _offset(text: str) -> timezone:
    if text in ("Z", "z", "UTC"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _on_the_clocks(local: datetime, zone: ZoneInfo | None, cell: object, *, bare_date: bool = False) -> datetime:
    if zone is None:
        message = (
            "The time does not say in which zone it is. Write its offset (2017-03-01T12:00:00-05:00), "
            "or name the zone of the whole file: --times-in America/New_York."
        )
        raise CellRefused(RefusalReason.TIME_WITHOUT_ZONE, message)
    if not FIRST_YEAR - 1 <= local.year <= LAST_YEAR + 1:
        raise CellRefused(RefusalReason.BAD_TIME, _out_of_bounds(cell))
    moment = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if not bare_date and moment.astimezone(zone).replace(tzinfo=None) != local:
        message = (
            f"The clocks of {zone.key} were put forward over {_found(cell)}: it never was. Write it with its offset."
        )
        raise CellRefused(RefusalReason.TIME_SKIPPED, message)
    return moment


def _in_bounds(moment: datetime, cell: object) -> Instant:
    micros = (moment - _EPOCH) // _MICROSECOND
    if _EARLIEST <= micros < _LATEST:
        return micros
    raise CellRefused(RefusalReason.BAD_TIME, _out_of_bounds(cell))


def _out_of_bounds(cell: object) -> str:
    return f"{_found(cell)} lies outside the years {FIRST_YEAR} to {LAST_YEAR}. Correct the year."


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name)).casefold()


def _found(cell: object) -> str:
    return f"“{value_shown(cell)}”"


def value_shown(cell: object) -> str:
    text = text_of(cell)
    return shown(str(cell) if text is None else text)
