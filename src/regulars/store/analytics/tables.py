"""The analytic tables: columns and the order in which rows are laid down, so that what is asked together lies together.

Customers, happenings and lines of orders are numbered. A happening is one time that something happened to one customer: `happening`
ascends with the order in which what happened at once was recorded. `item` is what bears properties: a line of an order, or any
other happening.
"""

from collections.abc import Mapping
from typing import Final

SCHEMA: Final = "analytics"

NUMBER: Final = "bigint"
SMALL: Final = "integer"
TEXT: Final = "text"
TRUTH: Final = "boolean"
EXACT: Final = "decimal(38, 0)"

PLACES_BEHIND: Final = 30
"""Of a number in a text: as many may stand behind its point."""

Columns = Mapping[str, str]

TABLES: Final[Mapping[str, Columns]] = {
    "people": {
        "person": SMALL,
        "id": TEXT,
        "name": TEXT,
        "profiling": TRUTH,
        "tier": TEXT,
        "is_member": TRUTH,
        "lifetime": NUMBER,
    },
    "kinds": {"person": SMALL, "kind": TEXT},
    "allows": {"person": SMALL, "purpose": TEXT},
    "traits": {"person": SMALL, "name": TEXT, "text": TEXT},
    "visits": {"person": SMALL, "which": TEXT, "name": TEXT, "text": TEXT},
    "scores": {"person": SMALL, "score": TEXT, "thousandths": NUMBER, "level": TEXT},
    "interests": {"person": SMALL, "profile": TEXT, "value": TEXT, "thousandths": NUMBER, "place": SMALL},
    "lots": {"person": SMALL, "points": NUMBER, "active_at": NUMBER, "expires_at": NUMBER},
    "happenings": {
        "happening": NUMBER,
        "person": SMALL,
        "event": TEXT,
        "happened_at": NUMBER,
        "second_at": NUMBER,
        "day": SMALL,
        "month_day": SMALL,
        "month_end": SMALL,
        "amount": NUMBER,
        "by_shop": TRUTH,
    },
    "lines": {
        "line": NUMBER,
        "happening": NUMBER,
        "person": SMALL,
        "happened_at": NUMBER,
        "amount": NUMBER,
        "quantity": NUMBER,
    },
    "properties": {"item": NUMBER, "name": TEXT, "text": TEXT},
    "texts": {"text": TEXT, "truth": TRUTH, "whole": EXACT, "part": EXACT, "day": SMALL, "year_day": SMALL},
}
"""`second_at` is the second in which it happened, `day` its day on the shop's wall. `month_day` is 32 times its month, counted from
the year 0, plus its day of the month; `month_end` the same, the last day of any month being a 31st. `amount` only orders have.
`by_shop` is whether it is the shop's own word. `visits` say what is known of the `first` and the `last` one. `scores` and
`interests` are as of when they were written; `place` is 1 for the strongest interest, NULL for what is none any more.

`texts` tells of texts that are more than text: whether they are true; the number, rounded down to a whole, and how many 10^-30 are
missing; the day; and `year_day`, 32 times the month plus the day of the month.
"""

LAID_DOWN_BY: Final[Mapping[str, str]] = {
    "people": "person",
    "kinds": "kind, person",
    "allows": "purpose, person",
    "traits": "name, person",
    "visits": "which, name, person",
    "scores": "score, person",
    "interests": "profile, value, person",
    "lots": "person",
    "happenings": "event, happened_at, happening",
    "lines": "happened_at, line",
    "properties": "name, text, item",
    "texts": "text",
}

WITH_TEXTS: Final = ("properties", "traits", "visits")
"""Tables with texts of which `texts` tells."""
