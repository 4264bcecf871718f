"""Customers at risk by their own rhythm, looked at one by one, by what a condition means of what is on record at this moment."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from msgspec import Struct

from regulars.kernel.calendar import Day
from regulars.kernel.consents import PROFILING
from regulars.kernel.facts import Instant, OrderCompleted
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.lifecycle import Lifecycle
from regulars.kernel.segments.meaning import is_in, order_days
from regulars.kernel.segments.rhythm import gap_of
from regulars.kernel.segments.tree import Rhythm
from regulars.kernel.segments.windows import day_at
from regulars.service.histories import About
from regulars.service.shop import Shop

YEAR_DAYS: Final = 365

AWAY: Final = {
    "slipping": Rhythm("open_gap", Lifecycle().slipping, Lifecycle().at_risk),
    "at-risk": Rhythm("open_gap", Lifecycle().at_risk, Lifecycle().lost),
    "lost": Rhythm("open_gap", Lifecycle().lost),
}
"""Only of whoever has a rhythm of their own."""


class Away(Struct, frozen=True):
    """`usual` is the usual gap in days, `days` how long they have been away, `last` the last day on which they ordered. `orders`
    and `amount_minor` are those of the last 365 days.
    """

    id: str
    usual: Fraction
    days: int
    last: Day
    orders: int
    amount_minor: int


def still_away(shop: Shop, ids: Sequence[str], rhythm: Rhythm, rulebook: Rulebook, now: Instant) -> tuple[Away, ...]:
    """Those of these customers who are away as the rhythm says, in the order given."""
    with shop.store.one_moment(), shop.store.reading() as connection:
        about = About(connection, ids, rulebook, every_event=True)
        found = [_away(id, about, rhythm, now) for id in ids]
    return tuple([one for one in found if one is not None])


def _away(id: str, about: About, rhythm: Rhythm, now: Instant) -> Away | None:
    known = about.known(id)
    gap = gap_of(rhythm, order_days(known, now))
    if gap is None or PROFILING not in known.allows or not is_in(rhythm, known, now):
        return None
    today = day_at(now, known.calendar)
    orders = [
        (day_at(fact.happened_at, known.calendar), fact) for fact in known.facts if isinstance(fact, OrderCompleted)
    ]
    recent = [fact.amount_minor for day, fact in orders if today - YEAR_DAYS <= day <= today]
    return Away(id, gap.usual, today - gap.since, gap.since, len(recent), sum(recent))
