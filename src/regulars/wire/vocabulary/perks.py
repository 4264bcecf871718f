"""What a program document may say of perks: what members may, and from when on."""

import re

from regulars.kernel.calendar import EXACT_UNITS, Duration
from regulars.kernel.perks import DAYS_IN, Wall
from regulars.wire.shapes import (
    DATE_SHAPE,
    DURATION_SHAPE,
    Key,
    ListOf,
    Scalar,
    Table,
    Unreadable,
    parse_date,
    parse_duration,
)
from regulars.wire.vocabulary.maps import MapBy
from regulars.wire.vocabulary.numbers import whole
from regulars.wire.vocabulary.trials import EXEMPT, FOR
from regulars.wire.vocabulary.words import ID, NAME_OF_POINTS, PIECE, YES_NO


def _moment(written: str) -> Wall | None:
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2}))?", written, re.ASCII)
    day = parse_date(found[1]) if found else None
    if found is None or day is None:
        return None
    hour, minute = int(found[2] or 0), int(found[3] or 0)
    if hour > 23 or minute > 59:
        raise Unreadable("a time from 00:00 to 23:59")
    return Wall(day, hour * 60 + minute)


def _head_start(written: str) -> Duration | None:
    duration = parse_duration(written)
    if duration is not None and duration.unit not in (*EXACT_UNITS, *DAYS_IN):
        raise Unreadable("minutes, hours, days or weeks")
    return duration


MOMENT = Scalar(
    "a day, with a time or without, such as 2026-11-27T09:00",
    _moment,
    {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2})?$"},
    DATE_SHAPE.meant,
)
HEAD_START = Scalar(
    "a duration such as “4 hours” or “2 days”",
    _head_start,
    {"type": "string", "pattern": DURATION_SHAPE.as_schema["pattern"]},
    DURATION_SHAPE.meant,
)

PERK = Table(
    {
        "title": Key(NAME_OF_POINTS, "what members read"),
        "window": Key(
            Table(
                {
                    "from": Key(MOMENT, "the first moment at which it holds, on the shop's wall"),
                    "to": Key(MOMENT, "the first moment at which it no longer does"),
                },
                "a table such as {from: 2026-11-27T09:00, to: 2026-12-01}",
                may_be_empty=False,
            ),
            "when it holds; always where nothing is said",
        ),
        "opens": Key(
            Table(
                {
                    "at": Key(MOMENT, "when everybody may, on the shop's wall", required=True),
                    "before_others": Key(HEAD_START, "how much earlier those may who have it", required=True),
                },
                "a table such as {at: 2026-11-27T09:00, before_others: 4 hours}",
            ),
            "what is open to all at some moment, and to those who have the perk earlier",
        ),
        "days": Key(whole("a number of days", 1, 366), "so many days, such as those around a birthday"),
        "products": Key(
            ListOf(PIECE, "a product, or a list of products", or_one=True), "the products that only those may buy"
        ),
        "for": Key(FOR, "only for an arm of a trial, or for a share of a segment"),
        "holdout": EXEMPT,
        "interest_only": Key(YES_NO, "`yes`: it is only offered, to see who asks for it; nobody has it yet"),
        "asked_first": Key(
            HEAD_START,
            "with `opens`, or with `from` of `window`: how much earlier those may who asked while it was only offered",
        ),
    },
    "a perk: a table such as {title: Early access, opens: {at: 2026-11-27T09:00, before_others: 4 hours}}",
)

PERKS = MapBy(ID, PERK, "a table from perks to what they are, such as {free-shipping: {title: Free shipping}}")
