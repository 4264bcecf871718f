"""A customer's history as a life: what was done in one visit stands together, everything else by itself. Reading changes nothing.

A visit is kept by the device that it was made on, a fact often by the person; so a fact belongs to the visit of any of the
customer's records that was going on when it happened. Where no visit is known (somebody did not say where they were, or withdrew),
what a browser said without half an hour of quiet in between is taken for one, of which nothing else is known.

Facts are read page by page (`timeline.explain`), a page by its number of facts. A visit that would be cut by the end of a page goes
over to the next one whole, unless it takes up most of the page: then it is cut, and says of how many facts.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

from msgspec import Struct
from sqlalchemy import select

from regulars.kernel.calendar import HOUR, MINUTE
from regulars.kernel.facts import Instant
from regulars.service.shop import Shop
from regulars.service.timeline import Explained, explain
from regulars.store.schema import visits
from regulars.wire.enrichment.visits import QUIET_MINUTES
from regulars.wire.events import Sender

MOST_VISITS: Final = 200
"""Of the time that a page of facts covers; what is older counts as made in a visit of which nothing is known."""
QUIET: Final = QUIET_MINUTES * MINUTE
AHEAD: Final = MINUTE
"""A server may be so much sooner with its word than the browser with its first."""
LONGEST_VISIT: Final = 25 * HOUR
"""From midnight to midnight, on the day on which clocks go back."""

TOLD_BY_A_SERVER: Final = frozenset(
    {
        "Aliased",
        "Cart Viewed",
        "Checkout Started",
        "Checkout Step Completed",
        "Checkout Step Viewed",
        "Consent Granted",
        "Coupon Applied",
        "Coupon Denied",
        "Coupon Entered",
        "Coupon Removed",
        "Email Confirmed",
        "Form Submitted",
        "Identified",
        "Member Joined",
        "Order Completed",
        "Order Placed",
        "Page Viewed",
        "Payment Info Entered",
        "Phone Confirmed",
        "Product Added",
        "Product Added to Wishlist",
        "Product List Viewed",
        "Product Removed",
        "Product Viewed",
        "Products Searched",
        "Referral Joined",
        "Screen Viewed",
        "Signed In",
        "Signed Up",
    }
)
"""What somebody does in a visit, though the shop's server may be who says so."""


class VisitMade(Struct, frozen=True):
    """A visit as it was kept (`service.visits`); "" is what nobody said. `events` are all that were seen of it. `bot` is None for
    people."""

    id: str
    record: str
    started_at: Instant
    last_at: Instant
    events: int
    pages: int
    channel: str
    traffic_source: str
    campaign: str
    device: str
    system: str
    browser: str
    country: str
    city: str
    bot: str | None


class Stay(Struct, frozen=True):
    """What was done in one visit, the oldest first. `visit` is None where nothing is known of it but that; `elsewhere` is how many
    facts of it stand on another page."""

    visit: VisitMade | None
    steps: tuple[Explained, ...]
    elsewhere: int = 0

    @property
    def goes_on(self) -> bool:
        """Whether the end of it is on the page of what came after."""
        return self.visit is not None and self.elsewhere > 0 and self.steps[-1].at < self.visit.last_at


Part: TypeAlias = Stay | Explained


class LifePage(Struct, frozen=True):
    """Newest first. `next` is the cursor of the page after this one, None on the last."""

    parts: tuple[Part, ...]
    next: str | None


def life(shop: Shop, id: str, cursor: str | None, facts: int) -> LifePage:
    """A page of a customer's life, of at most so many facts; BadCursor for a cursor that we did not give."""
    page = explain(shop, id, cursor, facts)
    made = _visits(shop, page.records, [one for one in page.steps if _is_of_a_visit(one)])
    parts = _parts(page.steps, made)
    if page.next is None:
        return LifePage(parts, None)
    kept = _without_the_cut(parts, page.steps)
    if len(kept) == len(page.steps):
        return LifePage(parts, page.next)
    return LifePage(_parts(kept, made), str(kept[-1].number))


def _visits(shop: Shop, records: Collection[str], steps: Sequence[Explained]) -> list[VisitMade]:
    """The latest first. One question, by the index of records and beginnings."""
    if not steps:
        return []
    moments = [step.at for step in steps]
    asked = (
        select(*[visits.c[name] for name in VisitMade.__struct_fields__])
        .where(
            visits.c.record.in_(sorted(records)),
            visits.c.started_at > min(moments) - LONGEST_VISIT,
            visits.c.started_at <= max(moments) + AHEAD,
        )
        .order_by(visits.c.started_at.desc(), visits.c.id)
        .limit(MOST_VISITS)
    )
    with shop.store.reading() as connection:
        return [_visit(*row) for row in connection.execute(asked)]


def _visit(*columns: Any) -> VisitMade:
    return VisitMade(*columns)


def _parts(steps: Sequence[Explained], made: Sequence[VisitMade]) -> tuple[Part, ...]:
    stays: dict[str, list[Explained]] = {}
    known: dict[str, VisitMade] = {}
    alone: list[Explained] = []
    run, before = "", 0
    for step in sorted(steps, key=lambda one: (one.at, one.number)):
        visit = _visit_of(step, made) if _is_of_a_visit(step) else None
        if visit is not None:
            known[visit.id] = visit
            stays.setdefault(visit.id, []).append(step)
        elif _by_browser(step):
            run = run if run and step.at < before + QUIET else f"since {step.number}"
            before = step.at
            stays.setdefault(run, []).append(step)
        else:
            alone.append(step)
    told_at = _told_at(steps)
    parts: list[Part] = [*[_stay(known.get(key), theirs) for key, theirs in stays.items()], *alone]
    return tuple(sorted(parts, key=lambda part: _place(part, told_at), reverse=True))


def _told_at(steps: Sequence[Explained]) -> dict[int, Instant]:
    """Where in the order of time a step stands, by number: at its own, but what only waited to be noted (points that had become
    due) where it was noted, so that it is not torn from what was recorded around it."""
    told_at: dict[int, Instant] = {}
    newer = None
    for step in steps:
        waited = step.deed is None and newer is not None and newer.recorded_at - step.recorded_at < QUIET
        told_at[step.number] = newer.at if waited and newer is not None else step.at
        newer = step if not waited else newer
    return told_at


def _is_of_a_visit(step: Explained) -> bool:
    return _by_browser(step) or (step.fact is not None and step.fact.name in TOLD_BY_A_SERVER)


def _by_browser(step: Explained) -> bool:
    return step.fact is not None and step.fact.source == Sender.SITE


def _visit_of(step: Explained, made: Sequence[VisitMade]) -> VisitMade | None:
    """That of its own record goes before another's, a later one before an earlier one."""
    at = step.at if _by_browser(step) else step.at + AHEAD
    going_on = [one for one in made if one.started_at <= at and step.at < one.last_at + QUIET]
    return next((one for one in going_on if one.record == step.record), next(iter(going_on), None))


def _stay(visit: VisitMade | None, steps: Sequence[Explained]) -> Stay:
    if visit is None or (steps[0].at <= visit.started_at and steps[-1].at >= visit.last_at):
        return Stay(visit, tuple(steps))
    return Stay(visit, tuple(steps), max(0, visit.events - len(steps)))


def _place(part: Part, told_at: Mapping[int, Instant]) -> tuple[Instant, int]:
    last = part.steps[-1] if isinstance(part, Stay) else part
    return told_at[last.number], last.number


def _without_the_cut(parts: Sequence[Part], steps: Sequence[Explained]) -> Sequence[Explained]:
    """All steps, or those before the visit that goes on beyond the page; never fewer than half."""
    numbers = next((found for part in parts if steps[-1].number in (found := _numbers_of_a_cut(part))), [])
    kept = [step for step in steps if step.number > max(numbers, default=0)]
    return kept if numbers and 2 * len(kept) >= len(steps) else steps


def _numbers_of_a_cut(part: Part) -> list[int]:
    """Of a visit that had begun before what is shown of it."""
    if isinstance(part, Stay) and part.visit is not None and part.steps[0].at > part.visit.started_at:
        return [step.number for step in part.steps]
    return []
