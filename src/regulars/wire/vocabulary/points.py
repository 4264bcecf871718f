"""What a program document may say of points: what they are called and cost, and how they come back."""

from typing import get_args

from regulars.kernel.program import Debt
from regulars.kernel.worth import BackFirst
from regulars.wire.shapes import Key, Table, number, word
from regulars.wire.vocabulary.life import EXPIRE, HOLD, NOTICES
from regulars.wire.vocabulary.limits import LIMITS
from regulars.wire.vocabulary.numbers import MOST_POINTS, PERCENT, whole
from regulars.wire.vocabulary.words import NAME_OF_POINTS

POINTS_NAME = Table(
    {
        "one": Key(NAME_OF_POINTS, "what one point is called", required=True),
        "other": Key(NAME_OF_POINTS, "what several points are called", required=True),
    },
    "a table such as {one: star, other: stars}",
)

POINTS = Table(
    {
        "name": Key(POINTS_NAME, "what points are called; “point” and “points” where nothing is said"),
        "worth": Key(
            number("an amount of 0 or more, such as 0.01", at_least=0),
            "what one point costs the shop; the report on liability uses it",
        ),
        "redeemed": Key(
            PERCENT,
            "the share of points that you expect to be spent; the report on liability uses it, 100% where nothing is said",
        ),
        "hold": Key(HOLD, "how long points are pending, until the return window has closed"),
        "expire": Key(EXPIRE, "how long points last; they never expire where nothing is said"),
        "notices": Key(NOTICES, "how long before their last day it is told that points end"),
        "debt": Key(
            word(get_args(Debt)),
            "to what points are charged that an order that goes back had earned and that have been spent: to those that are "
            "still pending; to those that can be spent as well, never below 0, which is so where nothing is said; or without "
            "end, so that the next points fill what is owed",
        ),
        "back_first": Key(
            word(get_args(BackFirst)),
            "what comes back first where a part of an order goes back that was paid partly with points or a gift card: money, as "
            "far as money was paid, which is so where nothing is said; points; or each in proportion",
        ),
        "second_look_above": Key(
            whole("a whole number", 0, MOST_POINTS), "more points than that by hand need a second member of staff"
        ),
        "limit": Key(
            LIMITS,
            "how many points all rules together give one customer; as many as they come to where nothing is said",
        ),
    },
    "a table that says how points live",
)
