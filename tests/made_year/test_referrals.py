"""Customers who bring customers, and some who bring themselves."""

import pytest

from regulars.made_year import referrals, telling
from regulars.made_year.by_server import known_from
from regulars.made_year.calendar import DAYS, midnight
from regulars.made_year.life import Kind, Life, lead
from regulars.made_year.model import Model
from regulars.made_year.people import person
from regulars.made_year.plan import Plan
from regulars.made_year.referrals import OWN_DEVICE, SAME_MAILBOX
from regulars.made_year.truths import Referral
from tests.made_year.crowd import MODEL, SEED, crowd, holds

MANY = 6_000


def test_a_true_friend_has_an_advocate_who_shared_a_link_before():
    true = [(plan, one) for plan, one in told_of(2_000) if one.is_true]

    assert len(true) > 20
    for plan, one in true:
        advocate = referrals.advocate_of(MODEL, SEED, plan.life.number)
        assert advocate is not None
        assert advocate.number < plan.life.number
        assert one.advocate == person(MODEL, SEED, advocate).user_id
        shared = referrals.shared_at(MODEL, SEED, advocate)
        assert shared is not None
        assert shared < one.joined_at
        assert one.joined_at > (known_from(SEED, plan.life) or 0)
        assert one.friend in (plan.person.user_id, plan.person.email)


def test_a_false_friend_is_the_advocate_under_a_further_address():
    false = [(plan, one) for plan, one in told_of(4_000) if not one.is_true]

    assert {one.why for _, one in false} == {OWN_DEVICE, SAME_MAILBOX}
    for plan, one in false:
        assert one.advocate == plan.person.user_id
        assert one.friend not in (plan.person.email, plan.person.second_email)
        name, host = plan.person.email.split("@")
        if one.why == SAME_MAILBOX:
            assert one.friend == f"{name}+friend@{host}"
        elif plan.life.agreed:
            assert one.device == plan.person.devices[0].anonymous_id


def test_no_message_of_a_referral_claims_a_device():
    for plan, _ in told_of(2_000):
        assert all(one.device is None for one in referrals.said(MODEL, SEED, plan))


def test_the_advocate_is_rewarded_once_the_friends_order_has_stayed():
    rewarded = 0
    for plan, one in told_of(2_000):
        told = [said for said in referrals.said(MODEL, SEED, plan) if said.name == "Referral Rewarded"]
        if one.rewarded_at is not None:
            rewarded += 1
            [said] = [said for said in told if said.properties["referral"] == one.referral]
            assert (said.user_id, said.at) == (one.advocate, one.rewarded_at)
            [bought] = [bought for bought in plan.purchases if bought.order_id == one.order_id]
            assert bought.cancelled_at is None
    assert rewarded > 10


def test_without_anybody_before_there_is_no_advocate():
    assert referrals.advocate_of(MODEL, SEED, 0) is None


def test_among_many_who_pass_by_the_advocate_is_found_as_well():
    model = Model()
    found = referrals.advocate_of(model, SEED, 3_000)

    assert found is not None
    assert found.kind is Kind.KNOWN
    assert not any(
        referrals.shared_at(model, SEED, lead(model, SEED, between)) for between in range(found.number + 1, 3_000)
    )


def test_what_would_come_after_the_last_day_is_not_said():
    for number in range(300):
        plan = telling.plan_of(MODEL, SEED, number, 60)
        assert all(one.at < midnight(60) for one in referrals.said(MODEL, SEED, plan, 60))


@pytest.mark.slow
def test_the_shares_are_found_again():
    known = [plan.life for plan in crowd(MANY) if plan.life.kind is Kind.KNOWN]
    advocates = [life for life in known if referrals.shared_at(MODEL, SEED, life) is not None]
    named = [plan for plan in crowd(MANY) if plan.life.kind is Kind.NEW and _named_late(plan.life)]
    told = [one for _, one in told_of(MANY)]
    false = [one for one in told if not one.is_true]
    expected = referrals.truth(MODEL)

    holds(len(advocates), len(known), expected.advocates)
    holds(len(told) - len(false), len(named), expected.referred)
    holds(len(false), len(advocates), expected.false)
    holds(sum(one.why == SAME_MAILBOX for one in false), len(false), expected.same_mailbox)


def _named_late(life: Life) -> bool:
    known = known_from(SEED, life)
    return known is not None and midnight(MODEL.referrals.shared_until) <= known < midnight(DAYS)


def told_of(size: int) -> list[tuple[Plan, Referral]]:
    return [(plan, one) for plan in crowd(size) for one in referrals.told_of(MODEL, SEED, plan)]
