"""Tests of properties: of an event, of an order's lines, of what is known of somebody."""

from regulars.wire.shapes import DATE_SHAPE, DURATION_SHAPE, Either, Key, MapOf, Shared, Table, number
from regulars.wire.vocabulary.words import PIECE, VALUES, YES_NO

BOUND = number("a number, such as 3 or 100.00")
BOUNDS = {
    "at_least": Key(BOUND, "so much or more"),
    "at_most": Key(BOUND, "so much or less"),
    "exactly": Key(BOUND, "just so much"),
}

TEST = Table(
    {
        "is": Key(VALUES, "it is one of these, letter by letter"),
        "is_not": Key(VALUES, "it is there, and none of these"),
        "contains": Key(PIECE, "it has this in it"),
        "starts_with": Key(PIECE, "it begins so"),
        "ends_with": Key(PIECE, "it ends so"),
        **BOUNDS,
        "truth": Key(YES_NO, "it says `true` or `yes`, or else `false` or `no`"),
        "before": Key(DATE_SHAPE, "it is a day before this one"),
        "after": Key(DATE_SHAPE, "it is a day after this one"),
        "within_last": Key(DURATION_SHAPE, "it is today or a day of the last days, weeks, months or years"),
        "within_next": Key(DURATION_SHAPE, "it is today or a day of the next"),
        "anniversary_within": Key(DURATION_SHAPE, "its day of the year is today or within the next"),
        "set": Key(YES_NO, "whether there is a value at all"),
    },
    "a test such as {at_least: 50} or {starts_with: tea}",
    may_be_empty=False,
)

TESTED = Shared("test", Either(VALUES, TEST))
WHERE = MapOf(
    TESTED,
    "a table from properties to values or tests, such as {category: [shoes, boots]}",
)
