"""What a condition may say of what happened: in which time, how much of it, and in which order."""

from regulars.wire.shapes import DATE_SHAPE, DURATION_SHAPE, Key, Table
from regulars.wire.vocabulary.numbers import PERCENT
from regulars.wire.vocabulary.properties import WHERE
from regulars.wire.vocabulary.words import EVENT, OF

BETWEEN = Table(
    {
        "older": Key(DURATION_SHAPE, "in the last so long", required=True),
        "newer": Key(DURATION_SHAPE, "and not in the last so long", required=True),
    },
    "a table such as {older: 60 days, newer: 30 days}",
)
TIMES = {
    "within": Key(DURATION_SHAPE, "in the last so long: today and so many days before it, or to the second"),
    "between": Key(BETWEEN, "in the last so long, and not in the last so long"),
    "from": Key(DATE_SHAPE, "the first day that counts"),
    "to": Key(DATE_SHAPE, "the first day that no longer counts"),
}

COUNTING = Table(
    {
        "of": Key(OF, "the property: of an order `amount`, or `products.` and a property of its lines", required=True),
        "in": Key(EVENT, "the event that bears it", required=True),
        "where": Key(WHERE, "only the times that pass these tests; of an order only such lines"),
        **TIMES,
    },
    "a table such as {of: amount, in: Order Completed, within: 365 days}",
)

STEP = Table(
    {
        "did": Key(EVENT, "the event that comes next"),
        "not": Key(EVENT, "the event that does not come; only as the last step"),
        "where": Key(WHERE, "only the times that pass these tests"),
        "within": Key(DURATION_SHAPE, "at most so long after the step before"),
    },
    "a step such as {did: Product Added} or {not: Order Completed, within: 24 hours}",
    may_be_empty=False,
)


SHARE_OF = Table(
    {
        "in": Key(EVENT, "the event: its times are the whole", required=True),
        "where": Key(WHERE, "only the times that pass these tests are the share", required=True),
        "at_least": Key(PERCENT, "such a share or more"),
        "at_most": Key(PERCENT, "such a share or less"),
        "exactly": Key(PERCENT, "just such a share"),
        **TIMES,
    },
    "a table with “in”, “where”, and “at_least” or “at_most”",
)
