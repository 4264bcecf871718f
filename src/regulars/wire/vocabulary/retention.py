"""What a program document may say of how long what people did is kept."""

from regulars.kernel.calendar import EXACT_UNITS, Duration
from regulars.kernel.program import NEVER
from regulars.wire.document import nearest
from regulars.wire.shapes import DURATION_SHAPE, Key, Scalar, Table, Unreadable, parse_duration


def _kept_for(written: str) -> Duration | str | None:
    if written == NEVER:
        return written
    duration = parse_duration(written)
    if duration is not None and duration.unit in EXACT_UNITS:
        raise Unreadable("days, weeks, months or years")
    return duration


KEPT = Scalar(
    f"a duration such as “30 days” or “25 months”, or “{NEVER}”",
    _kept_for,
    {"type": "string", "pattern": f"^({NEVER}|{DURATION_SHAPE.as_schema['pattern'][1:-1]})$"},
    lambda written: DURATION_SHAPE.meant(written) or nearest(written, [NEVER]),
)

RETENTION = Table(
    {
        "behaviour": Key(KEPT, f"what people did, orders and joining apart; `{NEVER}` deleted where nothing is said"),
        "visits": Key(KEPT, f"their visits to the site; `{NEVER}`"),
        "refused": Key(KEPT, "events that were refused, as they came; 30 days"),
    },
    "a table such as {behaviour: 25 months, refused: 30 days}",
    may_be_empty=False,
)
