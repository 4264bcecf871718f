"""Robots of the made year: known for what they are, each crawl by itself, a twentieth of all pages."""

from collections import Counter
from ipaddress import ip_address, ip_network

import pytest

from regulars.made_year import bots
from regulars.wire.enrichment import device_of
from regulars.wire.events import Surroundings
from tests.made_year.lives import MODEL, SEED, told

CUSTOMERS = 400


@pytest.mark.parametrize("bot", bots.BOTS, ids=lambda bot: bot.name)
def test_a_robot_is_read_as_what_it_is(bot):
    assert device_of(Surroundings(user_agent=bot.user_agent)).bot == bot.kind


def test_what_is_told_of_them_is_what_the_truths_say():
    pages = Counter(
        one.device.anonymous_id
        for one in bots.told(MODEL, SEED, 60, CUSTOMERS)
        if one.type == "page" and one.device is not None
    )
    truths = {one["anonymous_id"]: one["pages"] for one in bots.truths(MODEL, SEED, 60, CUSTOMERS)}

    assert len(truths) > 20
    assert pages == truths


def test_fewer_days_are_the_beginning_of_more():
    few, more = [list(bots.truths(MODEL, SEED, days, CUSTOMERS)) for days in (20, 40)]

    assert more[: len(few)] == few


def test_the_messages_of_a_crawl_travel_together_and_stand_together():
    parcels = [one.parcel for one in bots.told(MODEL, SEED, 60, CUSTOMERS)]

    assert parcels == sorted(parcels)


def test_they_come_from_nowhere():
    made_up = ip_network("192.0.2.0/24"), ip_network("198.51.100.0/24")
    for crawl in bots.crawls(MODEL, SEED, 60, CUSTOMERS):
        assert any(ip_address(crawl.device.address) in network for network in made_up)


def test_about_a_twentieth_of_all_pages_is_theirs():
    customers = sum(plan.life.kind > 0 for plan, _ in told())
    people = sum(one.type == "page" for _, said in told() for one in said)
    theirs = sum(one.type == "page" for one in bots.told(MODEL, SEED, 365, customers))

    assert theirs / (theirs + people) == pytest.approx(MODEL.bots.share, abs=0.02)
