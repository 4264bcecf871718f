"""A whole life in messages: what is planned, then all that is said of it; and what is true of it."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from regulars.made_year import (
    accounts,
    browsing,
    buying,
    campaigns,
    mails,
    people,
    referrals,
    support,
    surveys,
    visiting,
)
from regulars.made_year.calendar import DAYS, SECOND, midnight
from regulars.made_year.life import Kind, lead
from regulars.made_year.model import Model
from regulars.made_year.people import second_user_id
from regulars.made_year.plan import Plan, Purchase
from regulars.made_year.saying import Said


def plan_of(model: Model, seed: int, number: int, days: int = DAYS) -> Plan:
    """What somebody does in the first `days`. Purchases come in order of time."""
    life = lead(model, seed, number, days)
    person = people.person(model, seed, life)
    exposures = campaigns.exposures(model, seed, life, person)
    end = midnight(days)
    bought = [one for one in buying.purchases(model, seed, life, person, exposures) if one.at < end]
    return Plan(life, person, exposures, tuple([_until(one, end) for one in bought]))


def told(model: Model, seed: int, plan: Plan, days: int = DAYS) -> Iterator[Said]:
    """All that is said of it before the end of the days, in no order."""
    end = midnight(days)
    return (said for said in _told(model, seed, plan, days) if said.at < end)


def truth(model: Model, seed: int, plan: Plan, days: int = DAYS) -> dict[str, Any] | None:
    """None for whoever passes by and leaves no address. Days count from 0; those on which something was never are None."""
    life, person = plan.life, plan.person
    if life.kind is Kind.PASSER_BY and not person.email:
        return None
    seats = visiting.seats(model, seed, plan)
    named_at = life.named_at
    return {
        "number": life.number,
        "kind": life.kind.name.lower(),
        "agreed": life.agreed,
        "arrived_on": life.arrived,
        "named_on": None if named_at is None else 0 if named_at < 0 else life.visits[named_at].day,
        "named_by": "list"
        if named_at == -1
        else None
        if named_at is None
        else life.visits[named_at].naming.name.lower(),
        "orders_a_day": life.orders_a_day,
        "leaves_a_day": life.leaves_a_day,
        "left_on": life.arrived + int(life.stayed) if life.kind and life.arrived + life.stayed < days else None,
        "withdrew_on": life.withdrew if life.agreed else None,
        "visits": len(life.visits),
        "email": person.email if named_at is not None else None,
        "card": person.card or None,
        "bargains": person.bargains,
        "one_category": person.category or None,
        "accounts": _accounts(plan, seats),
        "household": _household(plan, seats),
        "orders": [_order(one) for one in plan.purchases],
        "campaigns": campaigns.person_truth(plan),
        "mails": mails.person_truth(model, seed, plan, days),
        "surveys": surveys.person_truth(model, seed, plan, days),
    }


def _until(bought: Purchase, end: int) -> Purchase:
    """What would have come after the end does not happen."""
    delivered, cancelled, returned = [
        moment if moment is not None and moment < end else None
        for moment in (bought.delivered_at, bought.cancelled_at, bought.returned_at)
    ]
    if (delivered, cancelled, returned) == (bought.delivered_at, bought.cancelled_at, bought.returned_at):
        return bought
    lines = () if returned is None else bought.returned_lines
    return replace(bought, delivered_at=delivered, cancelled_at=cancelled, returned_at=returned, returned_lines=lines)


def _told(model: Model, seed: int, plan: Plan, days: int) -> Iterator[Said]:
    seats = visiting.seats(model, seed, plan)
    yield from accounts.told(seed, plan, seats)
    yield from browsing.told(model, seed, plan, seats)
    if plan.life.named_at is None:
        return
    yield from buying.told(model, seed, plan, seats)
    yield from mails.said(model, seed, plan, days)
    yield from surveys.said(model, seed, plan, days)
    yield from support.said(model, seed, plan, days)
    yield from referrals.said(model, seed, plan, days)


def _accounts(plan: Plan, seats: list[visiting.Seat]) -> list[dict[str, Any]]:
    """Each of their accounts, or the one record of an e-mail address, with the devices that end up as its own by the shop's word,
    and how many visits were made under it, that in which it was made included. A tablet that two share stands under `household`.
    """
    named_at = plan.life.named_at
    if named_at is None:
        return []
    owners = _owners(plan, seats)
    under = [seat.becomes for seat in seats if seat.place >= named_at]
    ids = list(dict.fromkeys([user_id for user_id in _user_ids(plan, seats) if user_id])) or [""]
    return [
        {
            "user_id": user_id or None,
            "email": plan.person.second_email if user_id == second_user_id(plan.person) else plan.person.email,
            "devices": sorted(device for device, owner in owners.items() if owner == user_id),
            "visits": under.count(user_id),
        }
        for user_id in ids
    ]


def _owners(plan: Plan, seats: list[visiting.Seat]) -> dict[str, str]:
    """Who claimed a device last, by account; "" is the e-mail address alone."""
    owners: dict[str, str] = {}
    if not plan.life.agreed:
        return owners
    for seat in seats:
        is_claimed = seat.signs_in or seat.named_at is not None
        if is_claimed and seat.device is not plan.person.shared:
            owners[seat.device.anonymous_id] = seat.becomes
    return owners


def _user_ids(plan: Plan, seats: list[visiting.Seat]) -> Iterator[str]:
    if plan.life.kind is Kind.KNOWN:
        yield plan.person.user_id
    for seat in seats:
        yield seat.becomes


def _household(plan: Plan, seats: list[visiting.Seat]) -> dict[str, Any] | None:
    """The tablet that lies at home, with whom they live there, and when they themselves signed in on it, under which account: maybe
    never. What the other did stands with the other. Moments are microseconds since 1970 UTC."""
    shared = plan.person.shared
    if shared is None:
        return None
    signed_in = [
        {"at": seat.begins_at - SECOND, "user_id": seat.user_id}
        for seat in seats
        if seat.device is shared and seat.signs_in
    ]
    return {"with": plan.person.shares_with, "device": shared.anonymous_id, "signed_in": signed_in}


def _order(bought: Purchase) -> dict[str, Any]:
    return {
        "order_id": bought.order_id,
        "at": bought.at,
        "total_minor": bought.total_minor,
        "code": bought.code or None,
        "caused_by": bought.caused_by or None,
        "at_the_till": bought.visit is None,
    }
