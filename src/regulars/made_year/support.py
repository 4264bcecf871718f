"""Cases at the help desk: opened by customers, answered and closed by agents in their hours."""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from regulars.made_year.by_server import HOUR, by_day, day_of, known_from, made_id, says, voice_of
from regulars.made_year.calendar import DAYS, MINUTE, SECOND, date_of, midnight
from regulars.made_year.draws import Draws, running
from regulars.made_year.life import Kind
from regulars.made_year.model import Model, Support
from regulars.made_year.plan import Plan, Purchase
from regulars.made_year.saying import Said

OPENS: Final = 9 * 60
CLOSES: Final = 18 * 60
SATURDAY: Final = 5
_FIRST_HOUR, _LAST_HOUR = 8, 21
"""Between which people write."""


class Case(Struct, frozen=True, gc=False):
    """`about` is the order's id; "" for a question before buying."""

    case: str
    about: str
    topic: str
    channel: str
    agent: str
    opened_at: int
    answered_at: int
    closed_at: int


class SupportTruth(Struct, frozen=True):
    """Of orders that were sent and not cancelled; by the day of the delivery, before the shift and since."""

    shift_day: int
    cases_per_order_before: float
    cases_per_order_after: float
    about_delivery_before: float
    about_delivery_after: float
    """Of these cases."""
    topics: dict[str, float]
    channels: dict[str, float]
    answer_median_hours: dict[str, float]


def cases(model: Model, seed: int, plan: Plan, days: int = DAYS) -> tuple[Case, ...]:
    """Those that are opened in the first `days`, after orders and then before."""
    known = known_from(seed, plan.life)
    if known is None or not plan.person.email:
        return ()
    draws = Draws(seed, "support", plan.life.number)
    found = []
    for purchase in plan.purchases:
        found += _after(model, seed, draws, purchase)
    found += _before(model, seed, draws, plan)
    return tuple([case for case in found if known < case.opened_at < midnight(days)])


def said(model: Model, seed: int, plan: Plan, days: int = DAYS) -> Iterator[Said]:
    opened, end = cases(model, seed, plan, days), midnight(days)
    if not opened:
        return
    voice = voice_of(model, seed, plan)
    for case in opened:
        about: dict[str, Any] = {"case": case.case, "topic": case.topic, "channel": case.channel}
        if case.about:
            about["order_id"] = case.about
        yield says(voice, case.opened_at, "Support Case Opened", about)
        about = {**about, "agent": case.agent}
        if case.answered_at < end:
            yield says(voice, case.answered_at, "Support Case Answered", about)
        if case.closed_at < end:
            yield says(voice, case.closed_at, "Support Case Closed", about)


def truth(model: Model) -> SupportTruth:
    support = model.support
    usual = dict(support.topics)["delivery"]
    both = support.after_order + support.late_parcel
    return SupportTruth(
        model.surveys.shift_day,
        support.after_order,
        both,
        usual,
        (support.after_order * usual + support.late_parcel) / both,
        dict(support.topics),
        dict(support.channels),
        dict(support.answer_hours),
    )


def person_truth(model: Model, seed: int, plan: Plan, days: int = DAYS) -> dict[str, Any] | None:
    opened = cases(model, seed, plan, days)
    if not opened:
        return None
    return {"cases": [{"case": case.case, "topic": case.topic, "order_id": case.about} for case in opened]}


def _after(model: Model, seed: int, draws: Draws, purchase: Purchase) -> list[Case]:
    """At most one of each kind for an order that was sent."""
    support, found = model.support, []
    usual, late = draws.chance(support.after_order), draws.chance(support.late_parcel)
    topic = _weighted(draws, support.topics)
    if purchase.delivered_at is None or purchase.cancelled_at is not None:
        return []
    delivered = day_of(purchase.delivered_at)
    if usual:
        found.append(_case(support, seed, draws, delivered + draws.below(5), purchase.order_id, topic))
    if late and delivered >= model.surveys.shift_day:
        found.append(_case(support, seed, draws, delivered, purchase.order_id, "delivery", "late"))
    return found


def _before(model: Model, seed: int, draws: Draws, plan: Plan) -> list[Case]:
    life, named, found = plan.life, plan.life.named_at, []
    if named is None or life.kind is Kind.PASSER_BY:
        return []
    for place in range(named + 1, len(life.visits)):
        visit = life.visits[place]
        asks = draws.chance(model.support.without_order)
        if asks and not visit.orders and not any(one.causes_order for one in plan.exposures.get(place, ())):
            found.append(_case(model.support, seed, draws, visit.day, f"visit {life.number} {place}", "product"))
    return [Case(one.case, "", *_rest(one)) for one in found]


def _case(support: Support, seed: int, draws: Draws, day: int, about: str, topic: str, why: str = "usual") -> Case:
    minute = draws.between(_FIRST_HOUR * 60, _LAST_HOUR * 60)
    opened_at = by_day(day, minute) + draws.below(60) * SECOND
    channel = _weighted(draws, support.channels)
    if channel != "email":
        opened_at = at_work(opened_at)
    hours = draws.log_normal(dict(support.answer_hours)[channel], support.answer_sigma)
    answered_at = at_work(opened_at + 10 * SECOND + int(hours * 3600) * SECOND)
    closed_at = at_work(answered_at + MINUTE + int(draws.exponential(support.close_hours) * 3600) * SECOND)
    id = made_id("case-", seed, about, why)
    return Case(id, about, topic, channel, draws.one_of(support.agents), opened_at, answered_at, closed_at)


def at_work(at: int) -> int:
    """That moment, or the next at which somebody sits at the desk."""
    day, minutes = day_of(at), (at - midnight(day_of(at))) // MINUTE
    if date_of(day).weekday() < SATURDAY and OPENS <= minutes < CLOSES:
        return at
    if minutes >= OPENS:
        day += 1
    while date_of(day).weekday() >= SATURDAY:
        day += 1
    return by_day(day, OPENS) + at % HOUR


def _weighted(draws: Draws, weights: tuple[tuple[str, float], ...]) -> str:
    return weights[draws.place(running([weight for _, weight in weights]))][0]


def _rest(case: Case) -> tuple[str, str, str, int, int, int]:
    return case.topic, case.channel, case.agent, case.opened_at, case.answered_at, case.closed_at
