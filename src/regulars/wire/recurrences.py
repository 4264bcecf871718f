"""Recurrences as RFC 5545 writes them: `FREQ=MONTHLY;BYDAY=1FR`. Of its parts those that say days; hours are said beside it."""

import re
from typing import Final, cast

from regulars.kernel.calendar import Day, date_of
from regulars.kernel.recurrences import Frequency, Recurrence, compile_recurrence
from regulars.kernel.terms import listed
from regulars.wire.shapes import Unreadable, parse_date

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
PARTS: Final = ("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "UNTIL")
LONGEST: Final = 200
YEARS_TO_LOOK: Final = 41
"""Whatever comes at all comes within 40 years: the calendar's weeks and leap years repeat after 28."""


def parse_recurrence(written: str) -> Recurrence | None:
    """Unreadable where a part is not understood, or says nothing that there could be."""
    if len(written) > LONGEST or "=" not in written:
        return None
    parts: dict[str, str] = {}
    for part in written.removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name not in PARTS:
            raise Unreadable(f"a recurrence of {listed(PARTS)}, and nothing else; {_instead(name)}")
        if name in parts or not value:
            raise Unreadable(f"each part of a recurrence once, with a value; look at “{name}”")
        parts[name] = value
    frequency = parts.get("FREQ")
    if frequency not in FREQUENCIES:
        raise Unreadable(f"FREQ to be {listed(FREQUENCIES, 'or')}")
    weekdays = tuple(sorted([_weekday(one) for one in parts.get("BYDAY", "").split(",") if one]))
    if any(n for n, _ in weekdays) and frequency not in ("MONTHLY", "YEARLY"):
        raise Unreadable("a number before a weekday only in months and years: BYDAY=1FR goes with FREQ=MONTHLY")
    return Recurrence(
        cast(Frequency, frequency),
        _numbers(parts.get("INTERVAL", "1"), "INTERVAL", 1, 999)[0],
        weekdays,
        _numbers(parts.get("BYMONTHDAY", ""), "BYMONTHDAY", -31, 31),
        _numbers(parts.get("BYMONTH", ""), "BYMONTH", 1, 12),
        _numbers(parts.get("BYSETPOS", ""), "BYSETPOS", -366, 366),
        _until(parts["UNTIL"]) if "UNTIL" in parts else None,
    )


def needs_a_start(one: Recurrence) -> bool:
    """Whether its days hang on the day from which they are counted."""
    unsaid = not one.weekdays and not one.month_days and one.frequency != "DAILY"
    return one.interval > 1 or unsaid


def never_comes(one: Recurrence, end: Day | None, weekdays: frozenset[int]) -> bool:
    """Whether none of its days is one of these weekdays (0 is Monday) before `end`."""
    holds = compile_recurrence(one)
    last = one.start + 366 * YEARS_TO_LOOK if end is None else min(end, one.start + 366 * YEARS_TO_LOOK)
    return not any(holds(day) and date_of(day).weekday() in weekdays for day in range(one.start, last))


def _instead(name: str) -> str:
    return {
        "COUNT": "for COUNT say “to”, the first day that no longer counts",
        "BYHOUR": "for BYHOUR say “hours”",
        "DTSTART": "for DTSTART say “from”",
    }.get(name, f"“{name[:40]}” is none of them")


def _weekday(written: str) -> tuple[int, int]:
    found = re.fullmatch(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", written, re.ASCII)
    if found is None or (found[1] and not 1 <= abs(int(found[1])) <= 53):
        raise Unreadable("weekdays such as FR, 1FR or -1FR in BYDAY")
    return int(found[1] or 0), WEEKDAYS.index(found[2])


def _numbers(written: str, name: str, least: int, most: int) -> tuple[int, ...]:
    if not written:
        return ()
    texts = written.split(",")
    if not all(re.fullmatch(r"[+-]?\d{1,3}", one, re.ASCII) for one in texts):
        raise Unreadable(f"whole numbers in {name}")
    numbers = sorted({int(one) for one in texts})
    if any(not least <= one <= most or one == 0 for one in numbers):
        raise Unreadable(f"numbers from {least} to {most}, and not 0, in {name}")
    return tuple(numbers)


def _until(written: str) -> Day:
    day = (
        parse_date(f"{written[:4]}-{written[4:6]}-{written[6:]}") if re.fullmatch(r"\d{8}", written, re.ASCII) else None
    )
    if day is None:
        raise Unreadable("a day such as 20171231 in UNTIL")
    return day
