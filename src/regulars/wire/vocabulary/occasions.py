"""What a program document may say of when a rule holds: days, hours, for whom and where."""

import re

from regulars.kernel.calendar import WEEKDAYS
from regulars.kernel.occasions import Hours
from regulars.wire.recurrences import LONGEST, parse_recurrence
from regulars.wire.shapes import DATE_SHAPE, Key, ListOf, Scalar, Table, Unreadable, number, text, word
from regulars.wire.vocabulary.currencies import CURRENCY
from regulars.wire.vocabulary.properties import WHERE
from regulars.wire.vocabulary.words import ID


def _hours(written: str) -> Hours | None:
    found = re.fullmatch(r"(\d{1,2}):(\d{2}) ?[-–] ?(\d{1,2}):(\d{2})", written, re.ASCII)
    if found is None:
        return None
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if int(found[2]) > 59 or int(found[4]) > 59 or start >= 24 * 60 or end > 24 * 60:
        raise Unreadable("hours from 00:00 to 24:00")
    if start == end:
        raise Unreadable("hours that begin and end at two times; between these there is nothing")
    return Hours(start, end % (24 * 60))


HOURS = Scalar(
    "hours such as “17:00-20:00”",
    _hours,
    {"type": "string", "pattern": "^[0-9]{1,2}:[0-9]{2} ?[-–] ?[0-9]{1,2}:[0-9]{2}$"},
)
RECURRENCE = Scalar(
    "a recurrence such as “FREQ=MONTHLY;BYDAY=1FR”",
    parse_recurrence,
    {"type": "string", "pattern": "^(RRULE:)?[A-Z]+=.*$", "maxLength": LONGEST},
)
ONE_TEXT = text("a text of at most 200 characters", longest=200)

WHEN = Table(
    {
        "weekday": Key(
            ListOf(word(WEEKDAYS), "a weekday, or a list of weekdays", or_one=True), "only on these weekdays"
        ),
        "from": Key(DATE_SHAPE, "the first day that counts"),
        "to": Key(DATE_SHAPE, "the first day that no longer counts"),
        "hours": Key(
            ListOf(HOURS, "hours such as “17:00-20:00”, or a list of them", or_one=True),
            "only in these hours, half open; where they end before they begin they last over midnight, and what is after it "
            "belongs to the day before",
        ),
        "recurs": Key(
            RECURRENCE, "only on days that come again by RFC 5545; counted from “from” where every other one is meant"
        ),
        "segment": Key(
            ListOf(ID, "a segment, or a list of them", or_one=True), "only for those in one of them at that moment"
        ),
        "tier": Key(
            ListOf(ID, "a level, or a list of levels", or_one=True),
            "only for those who have one of them; “none” is none",
        ),
        "channel": Key(
            ListOf(ONE_TEXT, "a channel, or a list of them", or_one=True), "only where the property `channel` is one"
        ),
        "store": Key(
            ListOf(ONE_TEXT, "a store, or a list of them", or_one=True), "only where the property `store` is one"
        ),
        "currency": Key(ListOf(CURRENCY, "a currency, or a list of them", or_one=True), "only orders in one of them"),
        "where": Key(
            WHERE,
            "only what passes these tests of its properties; of an order, if one line passes all",
        ),
        "at_least": Key(
            number("an amount above 0, such as 50.00", above=0),
            "only orders of which so much counts for the rule, in the program's currency",
        ),
    },
    "a table such as {weekday: [saturday, sunday]} or {from: 2017-11-01, to: 2017-12-01}",
    may_be_empty=False,
)
