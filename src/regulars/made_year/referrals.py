"""Customers who bring customers, and some who bring themselves.

A friend finds the advocate, never the other way round: it is the nearest lower number that is one. So every life is still told by
itself, whatever the size of the year. A false referral is told by the advocate's own life: its friend is a further e-mail address
of theirs, which does nothing else.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import Struct

from regulars.made_year.by_server import Voice, by_day, known_from, made_id, says, voice_of
from regulars.made_year.calendar import DAYS, MINUTE, SECOND, midnight
from regulars.made_year.draws import Draws
from regulars.made_year.life import Kind, Life, Named, lead
from regulars.made_year.model import Model
from regulars.made_year.people import person as person_of
from regulars.made_year.plan import Plan, Purchase
from regulars.made_year.saying import Door, Said
from regulars.made_year.truths import Referral

DAY: Final = 24 * 60 * MINUTE
REWARD: Final = "10.00"
OWN_DEVICE, SAME_MAILBOX = "own_device", "same_mailbox"


class ReferralTruth(Struct, frozen=True):
    advocates: float
    referred: float
    """Of new shoppers whose name is learned on `from_day` or later, with an advocate of a lower number."""
    false: float
    """Of advocates."""
    same_mailbox: float
    """Of false ones."""
    from_day: int


def shared_at(model: Model, seed: int, life: Life) -> int | None:
    """When somebody shared their link with friends; None for who never did."""
    if life.kind is not Kind.KNOWN:
        return None
    draws = Draws(seed, "advocate", life.number)
    if not draws.chance(model.referrals.advocates):
        return None
    day, minute = draws.below(model.referrals.shared_until), draws.between(9 * 60, 21 * 60)
    return by_day(day, minute)


def told_of(model: Model, seed: int, plan: Plan, days: int = DAYS) -> tuple[Referral, ...]:
    """That by which they came, or the one in which they bring themselves; each in the first `days`."""
    found = _referred(model, seed, plan, days), _false(model, seed, plan, days)
    return tuple([one for one in found if one is not None])


def said(model: Model, seed: int, plan: Plan, days: int = DAYS) -> Iterator[Said]:
    life, shared, told = plan.life, shared_at(model, seed, plan.life), told_of(model, seed, plan, days)
    if shared is None and not told:
        return
    voice = voice_of(model, seed, plan)
    if shared is not None and shared < midnight(days):
        yield says(voice, shared, "Referral Shared", {"code": _code(seed, life.number)})
    for one in told:
        yield _joined(voice, one)
        if one.rewarded_at is not None:
            reward = {"referral": one.referral, "order_id": one.order_id, "amount": REWARD, "currency": "EUR"}
            about = {"code": one.code, "friend": one.friend, **reward}
            yield Said(
                one.rewarded_at, Door.SERVER, "track", "Referral Rewarded", user_id=one.advocate, properties=about
            )


def truth(model: Model) -> ReferralTruth:
    one = model.referrals
    return ReferralTruth(one.advocates, one.referred, one.false, one.same_mailbox, one.shared_until)


def person_truth(model: Model, seed: int, plan: Plan, days: int = DAYS) -> dict[str, Any] | None:
    """The advocate's code, and the referrals that this life tells; each stands in full in `referrals`."""
    shared = shared_at(model, seed, plan.life)
    told = told_of(model, seed, plan, days)
    if (shared is None or shared >= midnight(days)) and not told:
        return None
    code = _code(seed, plan.life.number) if shared is not None else ""
    return {"advocate_code": code, "referrals": [one.referral for one in told]}


def advocate_of(model: Model, seed: int, number: int) -> Life | None:
    """The advocate with the nearest lower number."""
    for lower in range(number - 1, -1, -1):
        life = lead(model, seed, lower)
        if shared_at(model, seed, life) is not None:
            return life
    return None


def _referred(model: Model, seed: int, plan: Plan, days: int) -> Referral | None:
    life, person, known = plan.life, plan.person, known_from(seed, plan.life)
    if life.kind is not Kind.NEW or known is None or known < midnight(model.referrals.shared_until):
        return None
    if known >= midnight(days) or not Draws(seed, "referred", life.number).chance(model.referrals.referred):
        return None
    advocate = advocate_of(model, seed, life.number)
    if advocate is None:
        return None
    order_id, rewarded_at = _reward(model, plan, lambda _: True, days)
    return Referral(
        made_id("ref-", seed, "referral", life.number),
        _code(seed, advocate.number),
        person_of(model, seed, advocate).user_id,
        person.user_id if _has_account(life) else person.email,
        True,
        "",
        known + SECOND,
        person.devices[0].anonymous_id if life.agreed and person.devices else "",
        order_id,
        rewarded_at,
    )


def _false(model: Model, seed: int, plan: Plan, days: int) -> Referral | None:
    life, person = plan.life, plan.person
    shared = shared_at(model, seed, life)
    if shared is None:
        return None
    draws = Draws(seed, "false referral", life.number)
    brings, same = draws.chance(model.referrals.false), draws.chance(model.referrals.same_mailbox)
    joined_at = by_day(draws.between(model.referrals.shared_until, DAYS - 60), draws.between(9 * 60, 21 * 60))
    if not brings or joined_at >= midnight(days):
        return None
    name, _, host = person.email.partition("@")
    order_id, rewarded_at = _reward(model, plan, lambda purchase: purchase.at > joined_at, days)
    return Referral(
        made_id("ref-", seed, "false referral", life.number),
        _code(seed, life.number),
        person.user_id,
        f"{name}+friend@{host}" if same else f"{made_id('f', seed, 'friend', life.number)}@example.org",
        False,
        SAME_MAILBOX if same else OWN_DEVICE,
        joined_at,
        person.devices[0].anonymous_id if not same and life.agreed and person.devices else "",
        order_id,
        rewarded_at,
    )


def _reward(model: Model, plan: Plan, fits: Callable[[Purchase], bool], days: int) -> tuple[str, int | None]:
    """The first order that fits, and when it is rewarded."""
    for purchase in plan.purchases:
        if purchase.visit is not None and fits(purchase):
            if purchase.delivered_at is None or purchase.cancelled_at is not None:
                return purchase.order_id, None
            at = purchase.delivered_at + model.referrals.reward_after_days * DAY
            return purchase.order_id, at if at < midnight(days) else None
    return "", None


def _joined(voice: Voice, one: Referral) -> Said:
    about = {"code": one.code, "referral": one.referral, "advocate": one.advocate}
    if one.device:
        about["device"] = one.device
    if one.is_true:
        return says(voice, one.joined_at, "Referral Joined", about)
    return Said(one.joined_at, Door.SERVER, "track", "Referral Joined", properties=about, traits={"email": one.friend})


def _has_account(life: Life) -> bool:
    """By what gave their name."""
    place = life.named_at
    return place is not None and life.visits[place].naming in (Named.ACCOUNT, Named.ORDER)


def _code(seed: int, number: int) -> str:
    return made_id("", seed, "advocate", number)[:8].upper()
