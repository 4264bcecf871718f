"""What a program document may say of recency, frequency and money."""

import re

from regulars.wire.shapes import DURATION_SHAPE, Key, ListOf, Scalar, Table, Unreadable, number
from regulars.wire.vocabulary.numbers import whole


def _scores(written: str) -> tuple[int, int] | None:
    scores = re.fullmatch("([1-5])(?:-([1-5]))?", written, re.ASCII)
    if scores is None:
        return None
    lowest, highest = int(scores[1]), int(scores[2] or scores[1])
    if lowest > highest:
        raise Unreadable("scores from the lower to the higher")
    return lowest, highest


def _scores_meant(written: str) -> str | None:
    digits = sorted(re.findall("[1-5]", written))
    return "-".join(dict.fromkeys([digits[0], digits[-1]])) if len(written) < 10 and digits else None


SCORES = Scalar(
    "a score from 1 to 5, or a range such as “4-5”",
    _scores,
    {"type": ["integer", "string"], "minimum": 1, "maximum": 5, "pattern": "^[1-5](-[1-5])?$"},
    _scores_meant,
)
RFM_SCORES = Table(
    {
        "r": Key(SCORES, "recency: how long ago the last order is"),
        "f": Key(SCORES, "frequency: how many orders there were"),
        "m": Key(SCORES, "money: what they sum up to"),
    },
    "a table such as {r: 4-5, f: 3-5}",
    may_be_empty=False,
)

RFM = Table(
    {
        "recency": Key(
            ListOf(DURATION_SHAPE, "a list of four durations, the shortest first"),
            "how long ago the last order is at most for 5, 4, 3 and 2; 30, 60, 90 and 180 days",
        ),
        "frequency": Key(
            ListOf(whole("a whole number", 1, 100_000), "a list of four numbers, the least first"),
            "how many orders there are at least for 2, 3, 4 and 5; 2, 3, 5 and 10",
        ),
        "monetary": Key(
            ListOf(number("an amount above 0, such as 50.00", above=0), "a list of four amounts, the least first"),
            "what they sum up to at least for 2, 3, 4 and 5; 50, 100, 250 and 500 where a currency has two decimals",
        ),
        "within": Key(DURATION_SHAPE, "in which time orders and money count; 12 months"),
    },
    "a table such as {recency: [14 days, 30 days, 60 days, 120 days], within: 6 months}",
    may_be_empty=False,
)
