"""What a program document may say of scores and interests: what adds to them, and how they fade."""

from fractions import Fraction
from typing import Final

from regulars.kernel.calendar import Duration
from regulars.kernel.facts import MEMBER_JOINED, ORDER_COMPLETED
from regulars.kernel.scores.tree import LENGTHS
from regulars.wire.document import nearest
from regulars.wire.shapes import DURATION_SHAPE, Either, Key, ListOf, Scalar, Table, Unreadable, number, parse_duration
from regulars.wire.vocabulary.maps import MapBy
from regulars.wire.vocabulary.properties import WHERE
from regulars.wire.vocabulary.words import EVENT, ID, OF

MOST_SCORE_POINTS: Final = 1_000_000


def _half_life(written: str) -> Duration | None:
    duration = parse_duration(written)
    if duration is not None and duration.unit not in LENGTHS:
        raise Unreadable("minutes, hours, days or weeks, which are always as long")
    return duration


HALF_LIFE = Scalar(
    "a half-life such as “30 days”",
    _half_life,
    {"type": "string", "pattern": DURATION_SHAPE.as_schema["pattern"]},
    DURATION_SHAPE.meant,
)


def _added_event(written: str) -> str | None:
    return None if _event_meant(written) not in (None, written) else EVENT.parse(written)


def _event_meant(written: str) -> str | None:
    return nearest(written, (ORDER_COMPLETED, MEMBER_JOINED), cutoff=0.9)


def _points(expected: str, *, above: int | None = None, but_not_0: bool = False) -> Scalar:
    """Of a score: whole thousandths, and not so many that a sum of them would lose some."""
    any_number = number(expected, above=above)

    def parse(written: str) -> Fraction | None:
        value: Fraction | None = any_number.parse(written)
        if value is None:
            return None
        if value == 0 and but_not_0:
            raise Unreadable("a number other than 0")
        if (value * 1000).denominator != 1 or abs(value) > MOST_SCORE_POINTS:
            raise Unreadable(f"a number of at most 3 decimals, up to {MOST_SCORE_POINTS:,}")
        return value

    bounds = {"minimum": -MOST_SCORE_POINTS, "maximum": MOST_SCORE_POINTS}
    return Scalar(expected, parse, any_number.as_schema | bounds, any_number.meant)


def _adds(gift: Table, points: Scalar, expected: str) -> MapBy:
    gifts = ListOf(Either(points, gift), "a number of points, or a list of tables with “points”", or_one=True)
    return MapBy(ADDED_EVENT, Either(gifts, gift), expected)


ADDED_EVENT = Scalar(EVENT.expected, _added_event, EVENT.as_schema, _event_meant)
GIVEN = _points("a number of points, such as 5 or -2.5", but_not_0=True)
STRENGTH = _points("a number of points above 0, such as 5", above=0)

GIFT = Table(
    {
        "points": Key(GIVEN, "for each time; less than 0 takes away", required=True),
        "where": Key(WHERE, "only the times that pass these tests; of an order, if one line passes all"),
        "at_most": Key(STRENGTH, "all those times together count for no more, or take no more away"),
    },
    "a table such as {points: 1, at_most: 20}",
)

SCORE_LEVEL = Table(
    {
        "id": Key(ID, "the level's name", required=True),
        "at": Key(_points("a number of points, such as 80"), "from so many points on", required=True),
    },
    "a level: a table with “id” and “at”",
)

SCORE = Table(
    {
        "half_life": Key(
            HALF_LIFE, "after that time half of what was given is left; where nothing is said it does not fade"
        ),
        "adds": Key(
            _adds(GIFT, GIVEN, "a table from events to points, such as {Order Completed: 50, Product Viewed: 1}"),
            "what each event gives, or takes away",
            required=True,
        ),
        "levels": Key(
            ListOf(SCORE_LEVEL, "a list of levels, the lowest first"), "names for how high it is, the lowest first"
        ),
    },
    "a score: a table with “adds” and mostly “half_life”",
)

NAMED_SCORES = MapBy(
    ID, SCORE, "a table from scores to what they are made of, such as {engagement: {adds: {Order Completed: 50}}}"
)

SHOWN = Table(
    {
        "points": Key(STRENGTH, "for each time", required=True),
        "where": Key(WHERE, "only the times that pass these tests; of an order only such lines"),
    },
    "a table such as {points: 1}",
)

INTEREST = Table(
    {
        "of": Key(OF, "the property whose values are counted apart, such as `category` or `brand`", required=True),
        "half_life": SCORE.keys["half_life"],
        "adds": Key(
            _adds(SHOWN, STRENGTH, "a table from events to points, such as {Product Viewed: 1, Order Completed: 10}"),
            "what each event gives to the values that it bears",
            required=True,
        ),
    },
    "a table with “of”, “adds” and mostly “half_life”",
)

INTERESTS = MapBy(
    ID,
    INTEREST,
    "a table from interests to what they are made of, such as {categories: {of: category, adds: {Product Viewed: 1}}}",
)
