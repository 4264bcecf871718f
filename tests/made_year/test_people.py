"""People of the made year: nobody is real, and they are as many of each kind as the model says."""

from functools import cache
from ipaddress import ip_address, ip_network

import pytest

from regulars.made_year.life import Kind, Life, lead
from regulars.made_year.people import DESKTOPS, PHONES, TABLETS, account_at, household_of, person, second_user_id
from regulars.made_year.plan import Person
from regulars.wire.enrichment import device_of
from regulars.wire.events import Surroundings
from tests.made_year.lives import MODEL, SEED, holds

PEOPLE = MODEL.people


@cache
def everybody() -> tuple[tuple[Life, Person], ...]:
    lives = [lead(MODEL, SEED, number) for number in range(12_000)]
    return tuple((life, person(MODEL, SEED, life)) for life in lives)


@cache
def shoppers() -> tuple[tuple[Life, Person], ...]:
    return tuple((life, one) for life, one in everybody() if life.kind is not Kind.PASSER_BY)


def test_somebody_hangs_on_the_seed_and_the_number_alone():
    life, one = shoppers()[40]

    assert person(MODEL, SEED, lead(MODEL, SEED, life.number)) == one
    assert person(MODEL, SEED + 1, life) != one


def test_no_two_have_the_same_id_address_number_card_or_device():
    for words in (
        [one.user_id for _, one in shoppers()] + [second_user_id(one) for _, one in shoppers() if one.second_email],
        [one.email for _, one in everybody() if one.email]
        + [one.second_email for _, one in shoppers() if one.second_email],
        [one.phone for _, one in shoppers() if one.phone],
        [one.card for _, one in shoppers() if one.card],
        [device.anonymous_id for _, one in everybody() for device in one.devices],
    ):
        assert words
        assert len(words) == len(set(words))


def test_nobody_can_be_reached():
    made_up = ip_network("2001:db8::/32")
    for _, one in everybody():
        assert one.email.partition("@")[2] in ("", "example.com", "example.org", "example.net")
        assert one.email.isascii()
        assert one.phone == "" or one.phone.startswith("+3160")
        assert all(ip_address(device.address) in made_up for device in one.devices)


def test_whoever_passes_by_has_an_address_only_if_they_gave_it():
    for life, one in everybody():
        if life.kind is Kind.PASSER_BY:
            assert (one.email != "") == (life.named_at is not None)
            assert (one.user_id, len(one.devices), one.shared) == ("", 1, None)


def test_they_are_as_many_of_each_as_the_model_says():
    people = [one for _, one in shoppers()]
    known = [one for life, one in shoppers() if life.kind is Kind.KNOWN]

    holds(sum(one.bargains for one in people), len(people), PEOPLE.bargains)
    holds(sum(one.category != "" for one in people), len(people), PEOPLE.one_category)
    holds(sum(len(one.devices) == 2 for one in people), len(people), PEOPLE.second_device)
    holds(sum(one.phone != "" for one in people), len(people), PEOPLE.phone)
    holds(sum(one.birthday != "" for one in people), len(people), PEOPLE.birthday)
    holds(sum(one.card != "" for one in known), len(known), PEOPLE.card)
    may = [one for life, one in shoppers() if life.withdrew is None]
    holds(sum(one.second_email != "" for one in may), len(may), PEOPLE.second_account)
    assert not any(one.card for life, one in shoppers() if life.kind is Kind.NEW)


def test_clocks_are_wrong_as_often_as_the_model_says_and_never_by_more():
    devices = [device for _, one in everybody() for device in one.devices]
    wrong = [device.wrong_by for device in devices if device.wrong_by]

    holds(len(wrong), len(devices), MODEL.travel.wrong_clocks)
    most = MODEL.travel.most_wrong_days * 86_400_000_000
    assert all(120_000_000 <= abs(by) <= most for by in wrong)
    assert min(wrong) < 0 < max(wrong)
    assert max(wrong) > most / 50


def test_about_one_shopper_in_ten_shares_a_tablet_and_each_knows_of_the_other():
    by_number = {life.number: (life, one) for life, one in everybody()}
    sharing = [(life, one) for life, one in shoppers() if one.shares_with is not None]

    assert 0.08 < len(sharing) / len(shoppers()) < 0.12
    for life, one in sharing:
        assert one.shares_with is not None
        other_life, other = by_number[one.shares_with]
        assert other.shares_with == life.number
        assert other.shared == one.shared
        assert (other.country, other.city) == (one.country, one.city)
        for each in (life, other_life):
            assert each.kind is not Kind.PASSER_BY
            assert each.agreed
            assert each.withdrew is None
            account = account_at(MODEL, SEED, each)
            assert account is not None
            assert len(each.visits) > account + PEOPLE.household_visits


def test_who_shares_is_found_by_number_alone_in_any_order():
    numbers = [life.number for life, _ in shoppers()][:60]
    before = [household_of(MODEL, SEED, number) for number in numbers]

    assert [household_of(MODEL, SEED, number) for number in reversed(numbers)] == before[::-1]


@pytest.mark.parametrize(
    ("sort", "kind"),
    [(PHONES, "phone"), (DESKTOPS, "desktop"), (TABLETS, "tablet")],
    ids=["phones", "desktops", "tablets"],
)
def test_what_they_hold_is_read_as_what_it_is_and_never_as_a_robot(sort, kind):
    for _, user_agent in sort:
        seen = device_of(Surroundings(user_agent=user_agent))

        assert (seen.kind, seen.bot) == (kind, None), user_agent
        assert "" not in (seen.browser, seen.system)
