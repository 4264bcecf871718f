"""What a condition may say of what somebody holds: a level, points, points that expire."""

from regulars.wire.shapes import DURATION_SHAPE, Key, Table
from regulars.wire.vocabulary.properties import BOUNDS
from regulars.wire.vocabulary.words import ID

LEVELS = Table(
    {
        "at_least": Key(ID, "this level or a higher one"),
        "at_most": Key(ID, "this level, a lower one or none"),
    },
    "a table such as {at_least: gold}",
    may_be_empty=False,
)

BOUNDED = Table(BOUNDS, "a table such as {at_least: 100}", may_be_empty=False)

HELD = Table(
    {
        "available": Key(BOUNDED, "points that can be spent now"),
        "pending": Key(BOUNDED, "points that are held back still"),
        "lifetime": Key(BOUNDED, "points ever given"),
    },
    "a table from “available”, “pending” or “lifetime” to a number's bounds",
    may_be_empty=False,
)

EXPIRING = Table(
    {
        "within": Key(DURATION_SHAPE, "in the next so long: today and so many days after it", required=True),
        **BOUNDS,
    },
    "a table such as {within: 30 days, at_least: 50}",
)
