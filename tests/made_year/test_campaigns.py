"""What is tried on people, who is held out, and that what it causes is found again in what they do."""

from collections.abc import Iterator
from itertools import pairwise
from math import sqrt

import pytest

from regulars.made_year import campaigns, people
from regulars.made_year.calendar import DAYS, date_of
from regulars.made_year.catalogue import SALE_MONTHS
from regulars.made_year.life import Kind, Life, Named, Visit
from regulars.made_year.model import Campaign, Model
from regulars.made_year.plan import Exposure, Plan, Purchase
from tests.made_year.crowd import MODEL, SEED, crowd, holds

MANY = 6_000
AUTUMN = next(one for one in MODEL.campaigns.all if one.id == "autumn-offer")
CHECKOUT = next(one for one in MODEL.campaigns.all if one.id == "checkout-in-one-page")


def test_the_days_of_no_two_campaigns_that_lift_overlap():
    lifting = sorted((one.first_day, one.last_day) for one in MODEL.campaigns.all if one.lifts)

    assert len(lifting) == 3
    assert all(before[1] < after[0] for before, after in pairwise(lifting))
    assert all(0 < first <= last < DAYS for first, last in lifting)


def test_it_is_met_only_by_those_who_are_known_and_may_be_told_apart():
    for plan, place, one in met_by(crowd(400)):
        life, day = plan.life, plan.life.visits[place].day
        assert life.named_at is not None
        assert place > life.named_at
        if one.campaign != "comeback-coupon":
            assert life.agreed
            assert life.withdrew is None or day < life.withdrew


def test_whoever_passes_by_meets_none_even_under_a_name():
    visits = (Visit(260, 600, False, Named.FORM), Visit(261, 600, False))
    life = Life(1, Kind.PASSER_BY, True, 260, 0.0, 0.0, 0.0, None, True, visits)

    assert campaigns.exposures(MODEL, SEED, life, people.person(MODEL, SEED, life)) == {}


def test_a_person_stays_in_one_arm():
    arms: dict[tuple[int, str], set[str]] = {}
    for plan, _, one in met_by(crowd(400)):
        arms.setdefault((plan.life.number, one.campaign), set()).add(one.arm)

    assert len(arms) > 200
    assert all(len(arm) == 1 for arm in arms.values())


def test_who_is_held_out_sees_no_code_and_is_moved_by_nothing():
    held_out = [one for _, _, one in met_by(crowd(400)) if not one.shown]

    assert held_out
    assert all(
        (one.code, one.causes_order, one.clicked, one.value_times) == ("", False, False, 1.0) for one in held_out
    )


def test_only_a_visit_without_an_order_is_turned_into_one_and_by_one_campaign():
    caused = [(plan, place, one) for plan, place, one in met_by(crowd(1_000)) if one.causes_order]

    assert caused
    for plan, place, one in caused:
        assert not plan.life.visits[place].orders
        assert [other.campaign for other in plan.exposures[place] if other.causes_order] == [one.campaign]
        [bought] = [each for each in plan.purchases if each.visit == place]
        assert (bought.caused_by, bought.code) == (one.campaign, one.code)


def test_where_two_would_cause_the_same_order_the_first_one_does():
    """Two campaigns on the same days that turn every visit into an order."""
    both = tuple(Campaign(id, id, "site", 0, 364, 1.0, id, lifts=1.0, code=id.upper()) for id in ("one", "two"))
    model = Model(campaigns=type(MODEL.campaigns)(all=both))
    life = Life(5, Kind.KNOWN, True, 0, 0.01, 0.01, 400.0, None, False, (Visit(10, 600, False),))
    [one, two] = campaigns.exposures(model, SEED, life, people.person(model, SEED, life))[0]

    assert (one.causes_order, one.code) == (True, "ONE")
    assert (two.causes_order, two.code) == (False, "")


def test_a_banner_is_seen_by_those_who_are_shown_it_and_a_trial_is_told_of_both_pages():
    shown = Exposure("autumn-offer", "shown", True, True, "", False, 1.0)
    held_out = Exposure("autumn-offer", "held_out", False, False, "", False, 1.0)
    as_it_was = Exposure("checkout-in-one-page", "a", False, False, "", False, 1.0)
    mailed = Exposure("comeback-coupon", "shown", True, False, "", False, 1.0)

    assert [name for name, _ in campaigns.sights(MODEL, shown)] == ["Promotion Viewed", "Promotion Clicked"]
    assert campaigns.sights(MODEL, held_out) == ()
    [(name, properties)] = campaigns.sights(MODEL, as_it_was)
    assert (name, properties["variation_id"]) == ("Experiment Viewed", "a")
    assert campaigns.sights(MODEL, mailed) == ()


def test_the_truth_says_what_follows_from_the_model():
    told = {one.id: one for one in campaigns.truth(MODEL)}
    autumn, banner, gift = told["autumn-offer"], told["spring-banner"], told["free-gift"]

    assert autumn.conversion_held_out == pytest.approx(1 / 6)
    assert autumn.conversion_shown == pytest.approx(1 / 6 + 5 / 6 * 0.20)
    assert autumn.first_date == "2025-09-15"
    assert (banner.effect, banner.value_effect) == (0, 1)
    assert (gift.effect, gift.value_effect) == (0, 1.15)
    assert campaigns.percent_off(MODEL, "AUTUMN15") == 15
    assert campaigns.percent_off(MODEL, "") == 0


def test_a_code_makes_orders_smaller_by_how_often_it_is_used():
    """Of six visits one has an order, and bargain hunters, three of ten, use the code in 80 % of these, the others in 35 %: 48.5 %.
    Of the five others the offer turns one into an order, always with the code. So of two orders 1.485 have 15 % off."""
    autumn = next(one for one in campaigns.truth(MODEL) if one.id == "autumn-offer")

    assert autumn.value_times == 1
    assert autumn.value_effect == pytest.approx(1 - 0.15 * 1.485 / 2)


def test_no_code_is_valid_in_months_of_sales():
    """There bargain hunters, who use it more often, buy cheaper goods: what a code does to the value would be another truth."""
    coded = [one for one in MODEL.campaigns.all if one.code]
    months = {date_of(day).month for one in coded for day in range(one.first_day, one.last_day + 1)}

    assert coded
    assert not months & set(SALE_MONTHS)


def test_a_persons_truth_is_their_first_visit_in_the_days():
    plan = next(plan for plan, _, one in met_by(crowd(1_000)) if one.causes_order)
    told = {one["campaign"]: one for one in campaigns.person_truth(plan)}

    assert [one for one in told.values() if one["caused"]]
    assert all(one["ordered"] for one in told.values() if one["caused"])


@pytest.mark.slow
@pytest.mark.parametrize("campaign", MODEL.campaigns.all, ids=lambda one: one.id)
def test_the_conversion_of_each_arm_is_found_again(campaign):
    expected = next(one for one in campaigns.truth(MODEL) if one.id == campaign.id)
    first = [told for plan in crowd(MANY) for told in campaigns.person_truth(plan) if told["campaign"] == campaign.id]
    shown = [told["ordered"] for told in first if told["arm"] in ("shown", "b")]
    held_out = [told["ordered"] for told in first if told["arm"] in ("held_out", "a")]

    holds(len(shown), len(first), campaign.share)
    holds(sum(shown), len(shown), expected.conversion_shown)
    holds(sum(held_out), len(held_out), expected.conversion_held_out)


@pytest.mark.slow
def test_an_effect_that_is_there_stands_out():
    first = [told for plan in crowd(MANY) for told in campaigns.person_truth(plan)]
    for campaign in (AUTUMN, CHECKOUT):
        shown = [one["ordered"] for one in first if one["campaign"] == campaign.id and one["arm"] in ("shown", "b")]
        held_out = [
            one["ordered"] for one in first if one["campaign"] == campaign.id and one["arm"] in ("held_out", "a")
        ]
        p, q = sum(shown) / len(shown), sum(held_out) / len(held_out)
        assert p - q > 2 * sqrt(p * (1 - p) / len(shown) + q * (1 - q) / len(held_out))


@pytest.mark.slow
def test_the_code_is_used_by_those_who_would_have_bought_anyway():
    known = [
        (plan.person.bargains, one.code != "")
        for plan, place, one in met_by(crowd(MANY))
        if one.shown and plan.life.visits[place].orders and one.campaign in ("autumn-offer", "comeback-coupon")
    ]
    for bargains, share in ((False, MODEL.campaigns.uses_code), (True, MODEL.campaigns.uses_code_bargains)):
        used = [code for looks, code in known if looks is bargains]
        holds(sum(used), len(used), share)


@pytest.mark.slow
@pytest.mark.parametrize("campaign", campaigns.truth(MODEL), ids=lambda one: one.id)
def test_the_effect_on_the_value_of_orders_is_found_again(campaign):
    """Shown over held out, by the standard errors of a ratio of two means."""
    values: dict[bool, list[int]] = {True: [], False: []}
    for is_shown, bought in first_orders(campaign.id):
        values[is_shown].append(bought.total_minor)
    shown, held_out = (sum(each) / len(each) for each in (values[True], values[False]))
    error = sqrt(relative_variance(values[True]) + relative_variance(values[False]))

    assert abs(shown / held_out - campaign.value_effect) <= 4 * campaign.value_effect * error


@pytest.mark.slow
@pytest.mark.parametrize("campaign", [one for one in campaigns.truth(MODEL) if one.code], ids=lambda one: one.id)
def test_what_a_code_takes_off_is_found_again_in_what_was_paid(campaign):
    """Of the same orders with and without the discount: so narrow that no effect at all would stand out."""
    paid, priced = [], []
    for is_shown, bought in first_orders(campaign.id):
        if is_shown:
            paid.append(bought.total_minor)
            priced.append(sum([line.price_minor * line.quantity for line in bought.lines]))
    ratio = sum(paid) / sum(priced)
    error = sqrt(sum([(one - ratio * other) ** 2 for one, other in zip(paid, priced, strict=True)])) / sum(priced)

    assert abs(ratio - campaign.value_effect) <= 4 * error
    assert 1 - ratio > 10 * error


@pytest.mark.slow
def test_a_gift_makes_orders_larger_and_no_more_of_them():
    """Standard errors of a ratio of two means."""
    values: dict[bool, list[int]] = {True: [], False: []}
    for plan in crowd(MANY):
        totals = {bought.visit: bought.total_minor for bought in plan.purchases}
        for place, met in plan.exposures.items():
            for one in met:
                if one.campaign == "free-gift" and place in totals:
                    values[one.shown].append(totals[place])
    means = {shown: sum(each) / len(each) for shown, each in values.items()}
    error = sqrt(relative_variance(values[True]) + relative_variance(values[False]))

    ratio = means[True] / means[False]
    assert abs(ratio - 1.15) <= 4 * ratio * error


def first_orders(campaign: str) -> Iterator[tuple[bool, Purchase]]:
    """Whether it was shown, and what was ordered in somebody's first visit in the campaign's days."""
    for plan in crowd(MANY):
        bought = {one.visit: one for one in plan.purchases}
        first = next(((place, one) for _, place, one in met_by((plan,)) if one.campaign == campaign), None)
        if first is not None and first[0] in bought:
            yield first[1].shown, bought[first[0]]


def relative_variance(values: list[int]) -> float:
    """Of their mean."""
    mean = sum(values) / len(values)
    return sum([(value - mean) ** 2 for value in values]) / len(values) ** 2 / mean**2


def met_by(plans: tuple[Plan, ...]) -> Iterator[tuple[Plan, int, Exposure]]:
    for plan in plans:
        for place, met in plan.exposures.items():
            for one in met:
                yield plan, place, one
