"""What a program document may say of limits: how often, or how many points, within what."""

from regulars.wire.shapes import Key, ListOf, Table, text, word
from regulars.wire.vocabulary.numbers import MOST_POINTS, whole

PER = text("“order”, “day”, “week”, “month”, “quarter”, “year”, “lifetime”, or a property such as “product_id”")

LIMIT = Table(
    {
        "times": Key(whole("a whole number", 1, 1_000_000), "so often"),
        "points": Key(whole("a whole number", 1, MOST_POINTS), "so many points, in place of “times”"),
        "per": Key(
            PER,
            "within an order, a period of the shop's own calendar or the customer's `lifetime`, or for each value of a property of "
            "the event: once per `product_id`",
            required=True,
        ),
        "over": Key(
            word(("clamp", "refuse")),
            "with `points`: of what goes beyond, `clamp` gives what is left, and `refuse` nothing",
        ),
    },
    "a table such as {times: 3, per: month} or {points: 500, per: month, over: clamp}",
)
LIMITS = ListOf(LIMIT, "a table such as {times: 3, per: month}, or a list of them", or_one=True)
