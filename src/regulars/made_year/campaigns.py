"""Campaigns on the site, trials of two pages, a coupon by mail: who met which, and what came of it.

A campaign never makes a visit and never gives a name. At the first visit in its days it may turn a visit without an order into one
with; so among such visits the share with an order is p for those held out, and p + (1 - p) lifts for those who were shown it, where
p = 1 / (1 + looks per order). Which orders it caused, and which would have been anyway, is known for each.

A code takes a part off the goods, and who is held out has none. Every order that a campaign caused uses its code; of those that
would have been anyway bargain hunters use it more often. So orders are smaller where it is shown, by what all these together save.
"""

from typing import Any, Final

from msgspec import Struct

from regulars.made_year import mails
from regulars.made_year.arms import is_shown
from regulars.made_year.calendar import date_of
from regulars.made_year.draws import Draws
from regulars.made_year.life import Kind, Life
from regulars.made_year.model import Campaign, Model
from regulars.made_year.plan import Exposure, Person, Plan

Properties = dict[str, str]


class CampaignTruth(Struct, frozen=True):
    """Conversions are of the first visit in the days, of those whose name was known before it. Both days are included.

    `value_effect` is the mean value of the orders of these visits, of those who were shown it over those who were held out: exact
    but for the discount's rounding, by less than a cent a line, and but for months of sales, in which bargain hunters buy other
    goods. `value_times` is what of this is no discount.
    """

    id: str
    kind: str
    first_day: int
    last_day: int
    first_date: str
    last_date: str
    share: float
    conversion_held_out: float
    conversion_shown: float
    effect: float
    value_effect: float
    value_times: float
    code: str
    percent_off: int


def exposures(model: Model, seed: int, life: Life, person: Person) -> dict[int, tuple[Exposure, ...]]:
    """By the place of the visit, in the order in which the campaigns decide."""
    named = life.named_at
    if named is None or life.kind is Kind.PASSER_BY:
        return {}
    found: dict[int, list[Exposure]] = {}
    for campaign in model.campaigns.all:
        places = [
            place
            for place, visit in enumerate(life.visits)
            if place > named and campaign.first_day <= visit.day <= campaign.last_day
        ]
        for place, exposure in _met(model, seed, campaign, life, person, places):
            met = found.setdefault(place, [])
            is_second = exposure.causes_order and any(other.causes_order for other in met)
            met.append(_without_cause(exposure) if is_second else exposure)
    return {place: tuple(met) for place, met in sorted(found.items())}


def percent_off(model: Model, code: str) -> int:
    return next((campaign.percent_off for campaign in model.campaigns.all if code and campaign.code == code), 0)


def sights(model: Model, exposure: Exposure) -> tuple[tuple[str, Properties], ...]:
    """What the browser says of it in that visit: names of events with their properties."""
    campaign = next(one for one in model.campaigns.all if one.id == exposure.campaign)
    if campaign.kind == "trial":
        trial = {"experiment_id": campaign.id, "experiment_name": campaign.name}
        variation = {"variation_id": exposure.arm, "variation_name": _ARMS[exposure.arm]}
        return (("Experiment Viewed", {**trial, **variation}),)
    if campaign.kind == "mail" or not exposure.shown:
        return ()
    promotion = {"promotion_id": campaign.id, "name": campaign.name, "creative": "banner", "position": "home_top"}
    viewed = ("Promotion Viewed", promotion)
    return (viewed, ("Promotion Clicked", promotion)) if exposure.clicked else (viewed,)


def truth(model: Model) -> list[CampaignTruth]:
    anyway = 1 / (1 + model.coming.looks_per_order)
    return [
        CampaignTruth(
            one.id,
            one.kind,
            one.first_day,
            one.last_day,
            date_of(one.first_day).isoformat(),
            date_of(one.last_day).isoformat(),
            one.share,
            anyway,
            anyway + (1 - anyway) * one.lifts,
            (1 - anyway) * one.lifts,
            one.value_times * (1 - one.percent_off / 100 * _code_used(model, one)),
            one.value_times,
            one.code,
            one.percent_off,
        )
        for one in model.campaigns.all
    ]


def person_truth(plan: Plan) -> list[dict[str, Any]]:
    """For each campaign that somebody met: what came of their first visit in its days."""
    told: dict[str, dict[str, Any]] = {}
    for place, met in plan.exposures.items():
        for one in met:
            if one.campaign not in told:
                visit = plan.life.visits[place]
                told[one.campaign] = {
                    "campaign": one.campaign,
                    "arm": one.arm,
                    "day": visit.day,
                    "ordered": visit.orders or any(other.causes_order for other in met),
                    "caused": one.causes_order,
                }
    return list(told.values())


def _code_used(model: Model, campaign: Campaign) -> float:
    """Of the orders in first visits in which it is shown."""
    if not campaign.code:
        return 0.0
    anyway = 1 / (1 + model.coming.looks_per_order)
    caused = (1 - anyway) * campaign.lifts
    bargains = model.people.bargains
    uses = bargains * model.campaigns.uses_code_bargains + (1 - bargains) * model.campaigns.uses_code
    return (anyway * uses + caused) / (anyway + caused)


def _met(
    model: Model, seed: int, campaign: Campaign, life: Life, person: Person, places: list[int]
) -> list[tuple[int, Exposure]]:
    if campaign.kind == "mail":
        return _by_mail(model, seed, campaign, life, person, places) if places else []
    places = [place for place in places if _may_be_told_apart(life, life.visits[place].day)]
    if not places:
        return []
    return _in_visits(model, seed, campaign, life, person, places, is_shown(seed, campaign, life.number), {})


def _may_be_told_apart(life: Life, day: int) -> bool:
    return life.agreed and (life.withdrew is None or day < life.withdrew)


def _by_mail(
    model: Model, seed: int, campaign: Campaign, life: Life, person: Person, places: list[int]
) -> list[tuple[int, Exposure]]:
    """Whom the mail reached, and who was held out of it and would have got it."""
    agreed = mails.subscription(model, seed, life, person)
    if agreed is None:
        return []
    written, shown = mails.letters(model, seed, life, person), is_shown(seed, campaign, life.number)
    if shown and not any(letter.campaign == campaign.id and not letter.bounced for letter in written):
        return []
    if not shown and not mails.may_write(agreed, written, mails.mailed_at(model, campaign, life.number)):
        return []
    clicked = {letter.place: letter.campaign for letter in written if letter.place is not None}
    return _in_visits(model, seed, campaign, life, person, places, shown, clicked)


def _in_visits(
    model: Model,
    seed: int,
    campaign: Campaign,
    life: Life,
    person: Person,
    places: list[int],
    shown: bool,
    clicked: dict[int, str],
) -> list[tuple[int, Exposure]]:
    draws, met = Draws(seed, "campaign", campaign.salt, life.number), []
    uses_code = model.campaigns.uses_code_bargains if person.bargains else model.campaigns.uses_code
    for place in places:
        visit = life.visits[place]
        lifts, uses, clicks = (
            draws.chance(campaign.lifts),
            draws.chance(uses_code),
            draws.chance(model.campaigns.clicks),
        )
        causes = shown and lifts and place == places[0] and not visit.orders
        code = campaign.code if causes or (shown and visit.orders and uses) else ""
        click = clicked.get(place) == campaign.id if campaign.kind == "mail" else shown and (bool(code) or clicks)
        value_times = campaign.value_times if shown else 1.0
        met.append((place, Exposure(campaign.id, _arm(campaign, shown), shown, click, code, causes, value_times)))
    return met


def _arm(campaign: Campaign, shown: bool) -> str:
    if campaign.kind == "trial":
        return "b" if shown else "a"
    return "shown" if shown else "held_out"


def _without_cause(exposure: Exposure) -> Exposure:
    return Exposure(exposure.campaign, exposure.arm, exposure.shown, exposure.clicked, "", False, exposure.value_times)


_ARMS: Final = {"a": "as it was", "b": "new"}
