"""What a program document may say of how long things live: when points are pending, when they end, and what stands still."""

from collections.abc import Callable
from typing import Final

from regulars.kernel.calendar import Day, Duration
from regulars.kernel.pauses import CLOCKS
from regulars.kernel.program import NEVER
from regulars.wire.document import nearest
from regulars.wire.shapes import (
    DATE_SHAPE,
    DURATION_SHAPE,
    Either,
    Key,
    ListOf,
    Scalar,
    Table,
    Unreadable,
    name,
    parse_date,
    parse_duration,
    text,
    word,
)
from regulars.wire.vocabulary.times import DATE_OF_YEAR, days_up_to
from regulars.wire.vocabulary.words import EVENT

MOST_NOTICE_DAYS: Final = 366


def _expire_meant(written: str) -> str | None:
    if written.casefold() in ("no", "none", "false", "off"):
        return NEVER
    try:
        return f"{{after: {written}}}" if parse_duration(written) else nearest(written, [NEVER])
    except Unreadable:
        return None


def _calendar(expected: str) -> Callable[[str], Duration | None]:
    def parse(written: str) -> Duration | None:
        duration = parse_duration(written)
        if duration is not None and duration.unit in ("minutes", "hours"):
            raise Unreadable(expected)
        return duration

    return parse


HOLD_ENDS: Final = ("fulfilment", "returns_end")


def _hold_end(written: str) -> str | Day | None:
    return written if written in HOLD_ENDS else parse_date(written)


CALENDAR_LONG = Scalar(
    "a duration in days, weeks, months or years, such as “12 months”",
    _calendar("days, weeks, months or years"),
    {"type": "string", "pattern": DURATION_SHAPE.as_schema["pattern"]},
    DURATION_SHAPE.meant,
)
NOTICE = Scalar(
    "a duration in days or weeks, such as “30 days”",
    days_up_to(MOST_NOTICE_DAYS),
    {"type": "string", "pattern": DURATION_SHAPE.as_schema["pattern"]},
    DURATION_SHAPE.meant,
)
SEGMENT = name("a segment of the program, such as “in-ontario”")

EXPIRE = Either(
    Scalar(f"“{NEVER}”", lambda written: written if written == NEVER else None, {"const": NEVER}, _expire_meant),
    Table(
        {
            "after": Key(DURATION_SHAPE, "how long points last, from the day on which they were earned"),
            "until": Key(
                word(("end_of_week", "end_of_month", "end_of_quarter", "end_of_half_year", "end_of_year")),
                "with `after`: they last on to the end of the period in which that time is over",
            ),
            "on": Key(
                ListOf(DATE_OF_YEAR, "a month and a day such as “12-31”, or a list of them", or_one=True),
                "points last through the next of these days; 29 February is the 28th where there is none",
            ),
            "at_least": Key(CALENDAR_LONG, "with `on`: and so long at least"),
            "spares": Key(
                ListOf(SEGMENT, "a segment of the program, or a list of them", or_one=True),
                "with `after` or `on`: segments of those whose points time alone does not end, such as where the law says so",
            ),
            "inactive_for": Key(CALENDAR_LONG, "all points end when nothing that counts was done for so long"),
            "counts": Key(
                ListOf(EVENT, "the name of an event, or a list of them", or_one=True),
                "with `inactive_for`: the events that count, such as [Order Completed, Points Spent]",
            ),
        },
        "a table such as {after: 12 months, until: end_of_month}",
        one_of=("after", "on", "inactive_for"),
    ),
)

HOLD = Either(
    DURATION_SHAPE,
    Table(
        {
            "until": Key(
                Scalar(
                    "“fulfilment”, “returns_end” or a date such as 2026-12-24",
                    _hold_end,
                    {"type": "string", "pattern": f"^({'|'.join(HOLD_ENDS)}|{DATE_SHAPE.as_schema['pattern'][1:-1]})$"},
                    lambda written: DATE_SHAPE.meant(written) or nearest(written, HOLD_ENDS),
                ),
                "until their order is on its way (your server tells “Order Fulfilled” or “Order Shipped”); until the time for "
                "returns is over; or until a day, from which on they can be spent",
                required=True,
            ),
            "at_most": Key(DURATION_SHAPE, "with `fulfilment`: and so long at most"),
            "window": Key(DURATION_SHAPE, "with `returns_end`: how long there is for returns"),
        },
        "a table such as {until: fulfilment, at_most: 30 days}",
    ),
)

NOTICES = ListOf(NOTICE, "a duration in days or weeks, or a list of them", or_one=True)

PAUSE = Table(
    {
        "from": Key(DATE_SHAPE, "the first day that does not count", required=True),
        "to": Key(DATE_SHAPE, "the first day that counts again", required=True),
        "stops": Key(
            ListOf(word(CLOCKS), "a clock, or a list of clocks", or_one=True),
            "what stands still: the expiry of points, the reset of tiers, streaks",
            required=True,
        ),
        "why": Key(text("a sentence of at most 300 characters", 300), "what members read"),
    },
    "a pause: a table such as {from: 2026-04-01, to: 2026-09-01, stops: [expiry, tier_reset]}",
)
