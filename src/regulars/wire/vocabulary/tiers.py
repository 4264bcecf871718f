"""What a program document may say of levels: by what, over which time, and what they give."""

import re
from collections.abc import Mapping
from typing import Final

from regulars.kernel.program import NEVER, CalendarYear, Lifetime, Rolling, SinceJoining
from regulars.kernel.state import QUALIFYING_DAYS
from regulars.wire.document import nearest
from regulars.wire.shapes import (
    DURATION_SHAPE,
    Either,
    Key,
    ListOf,
    Scalar,
    Table,
    Unreadable,
    number,
    parse_duration,
    word,
)
from regulars.wire.vocabulary.life import EXPIRE
from regulars.wire.vocabulary.numbers import FACTOR
from regulars.wire.vocabulary.times import DATE_OF_YEAR, days_up_to
from regulars.wire.vocabulary.words import EVENT, ID

MAX_ROLLING_MONTHS: Final = QUALIFYING_DAYS // 366 * 12


OVER_WORDS: Final[Mapping[str, CalendarYear | SinceJoining | Lifetime]] = {
    "calendar_year": CalendarYear(),
    "since_joining": SinceJoining(),
    "lifetime": Lifetime(),
}


def _over(written: str) -> CalendarYear | SinceJoining | Lifetime | Rolling | None:
    if written in OVER_WORDS:
        return OVER_WORDS[written]
    rolling = re.fullmatch(r"rolling (\d{1,4}) months?", written, re.ASCII)
    if rolling is None:
        return None
    if not 1 <= int(rolling[1]) <= MAX_ROLLING_MONTHS:
        raise Unreadable(f"“rolling” and 1 to {MAX_ROLLING_MONTHS} months")
    return Rolling(int(rolling[1]))


def _over_meant(written: str) -> str | None:
    rolling = re.fullmatch(r"\W*rol+ing[\W_]*(?:(\d{1,3})[\W_]*)?(year|month|quarter)s?", written.casefold(), re.ASCII)
    if rolling is not None:
        months = int(rolling[1] or 1) * {"year": 12, "quarter": 3, "month": 1}[rolling[2]]
        return f"rolling {months} months" if 1 <= months <= MAX_ROLLING_MONTHS else None
    if written.casefold() in ("year", "yearly", "calendar"):
        return "calendar_year"
    return nearest(written, [*OVER_WORDS, "rolling 12 months"])


MOST_DAYS_OF_A_LEVEL: Final = 365


def _months(written: str) -> int | None:
    duration = parse_duration(written)
    if duration is None:
        return None
    months = duration.count * {"months": 1, "years": 12}.get(duration.unit, 0)
    if not 1 <= months <= MAX_ROLLING_MONTHS:
        raise Unreadable(f"months or years, 1 to {MAX_ROLLING_MONTHS} months")
    return months


MONTHS_LONG = Scalar(
    "a duration such as “12 months”",
    _months,
    {"type": "string", "pattern": DURATION_SHAPE.as_schema["pattern"]},
    DURATION_SHAPE.meant,
)
DAYS_LONG = Scalar(
    "a duration in days or weeks, such as “30 days”",
    days_up_to(MOST_DAYS_OF_A_LEVEL),
    {"type": "string", "pattern": DURATION_SHAPE.as_schema["pattern"]},
    DURATION_SHAPE.meant,
)

GIVES = Table(
    {
        "points": Key(number("a number above 0", above=0), "how many points", required=True),
        "again": Key(word(("yes", "no")), "whether also when it is entered again; only once where nothing is said"),
    },
    "a table such as {points: 100}",
)

LEVEL = Table(
    {
        "id": Key(ID, "the level's name", required=True),
        "at": Key(
            number("an amount or a number, 0 or more", at_least=0),
            "how much of what levels go by it takes: money, points, or a number",
            required=True,
        ),
        "earn": Key(FACTOR, "multiplies what is earned by those in it"),
        "points_expire": Key(EXPIRE, "how long points last that are earned by those in it"),
        "perks": Key(ListOf(ID, "a list of perks"), "the perks that those in it have, by their names under `perks`"),
        "gives": Key(GIVES, "what there is for entering it"),
    },
    "a level: a table with “id” and “at”",
)

KEEP = Table(
    {
        "until": Key(
            word(("end_of_next_year",)), "to the end of the year after that in which it was reached", required=True
        )
    },
    "a table such as {until: end_of_next_year}",
)

BY_TIMES = Table(
    {"times": Key(EVENT, "an event that your server tells of; each time counts", required=True)},
    "a table such as {times: Store Visited}",
    not_yet={"score": "times"},
)

OVER_TIME = Table(
    {
        "year_from": Key(
            DATE_OF_YEAR, "a year of your own begins on this day; 29 February is the 28th where there is none"
        ),
        "since_entry": Key(
            MONTHS_LONG, "what came in the last so many months counts, and a level lasts for as long from its entry"
        ),
    },
    "a table such as {year_from: 04-01} or {since_entry: 12 months}",
    may_be_empty=False,
)

DOWN_BY = Table(
    {"by": Key(word(("earned", "one")), "to the level that was earned, or by one level at most", required=True)},
    "a table such as {by: one}",
)

TIERS = Table(
    {
        "by": Key(
            Either(word(("spend", "points", "orders", "visits", "referrals")), BY_TIMES),
            "what levels are reached by",
            required=True,
        ),
        "over": Key(
            Either(
                Scalar(
                    "“calendar_year”, “since_joining”, “lifetime” or months such as “rolling 12 months”",
                    _over,
                    {
                        "type": "string",
                        "pattern": "^(calendar_year|since_joining|lifetime|rolling ([1-9]|[12][0-9]|3[0-6]) months?)$",
                    },
                    _over_meant,
                ),
                OVER_TIME,
            ),
            "the time over which that is summed",
            required=True,
        ),
        "keep": Key(KEEP, "how long a level is kept beyond its own year"),
        "up": Key(
            word(("at_once", "at_next_period")),
            "when a level is given that is reached: at once, as where nothing is said, or when the next year begins, for that year",
        ),
        "down": Key(
            Either(word((NEVER,)), DOWN_BY),
            "what is lost at a reset; everything but what was earned where nothing is said",
        ),
        "grace": Key(
            DAYS_LONG, "for how long after a reset a level is kept that would be lost; reaching it then keeps it"
        ),
        "warn": Key(DAYS_LONG, "how long before a level ends that is told"),
        "after_return": Key(
            word(("at_reset", "at_once")),
            "when a level is lost that a return takes back: at the reset, as where nothing is said, or at once",
        ),
        "levels": Key(
            ListOf(LEVEL, "a list of levels, the lowest first"), "the levels, the lowest first", required=True
        ),
    },
    "a table with “by”, “over” and “levels”",
)
