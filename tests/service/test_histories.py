"""What is known of customers when conditions ask: here, how they came and how they were last here."""

import pytest

from regulars.service import joining
from regulars.service.histories import About
from regulars.service.segments import members
from regulars.service.visits import Enrichment
from tests.service.test_visits import DESK, PHONE, ROBOT, Watched
from tests.service.town import RULES
from tests.shop import at

ASKING = "segments: {phones: {any: [{visit: {device: phone}}, {first_visit: {channel: email}}]}}"
FROM_NEWS = "https://shop.example/?utm_source=news&utm_medium=email"


@pytest.fixture
def town(database):
    town = Watched(database, Enrichment())
    town.applies(f"{RULES}{ASKING}")
    yield town
    town.close()


def visits_of(town, user):
    """Of the first and of the last visit what they say."""
    id = town.customer(user).id
    with town.shop.store.reading() as connection:
        return About(connection, [id], town.shop.rulebooks.in_force()).visits(id)


def test_the_first_and_the_last_visit_say_what_is_kept_of_them(town):
    town.sees("2017-03-01 12:00", "tablet", DESK, url=FROM_NEWS)
    town.sees("2017-03-02 12:00", "tablet", DESK, userId="ada")
    town.sees("2017-03-05 12:00", "tablet", PHONE)
    first, last = visits_of(town, "ada")

    assert (first["device"], first["source"], first["medium"], first["channel"]) == (
        "desktop",
        "news",
        "email",
        "email",
    )
    assert (last["device"], last["channel"]) == ("phone", "direct")
    assert "campaign" not in last


def test_who_was_last_here_with_a_phone_or_first_came_by_mail_is_in_the_segment(town):
    town.sees("2017-03-01 12:00", "tablet", DESK, url=FROM_NEWS)
    town.sees("2017-03-02 12:00", "tablet", DESK, userId="ada")
    town.sees("2017-03-02 12:00", "other-tablet", DESK, userId="ben")
    town.hears({"type": "identify", "userId": "ada"}, {"type": "identify", "userId": "ben"}, now="2017-03-02 13:00")
    assert list(members(town.shop, "phones", at("2017-03-03 12:00"))) == ["ada"]

    town.sees("2017-03-05 12:00", "other-tablet", PHONE)
    assert sorted(members(town.shop, "phones", at("2017-03-06 12:00"))) == ["ada", "ben"]


def test_robots_do_not_count_and_whoever_was_never_here_has_no_visit(town):
    town.sees("2017-03-01 12:00", "tablet", DESK, userId="ada")
    town.sees("2017-03-05 12:00", "tablet", ROBOT)
    town.hears({"type": "identify", "userId": "ben"})

    assert [visit["device"] for visit in visits_of(town, "ada")] == ["desktop", "desktop"]
    assert visits_of(town, "ben") == ({}, {})


def test_visits_of_merged_accounts_are_one_persons(town):
    town.sees("2017-03-01 12:00", "laptop", DESK, userId="work")
    town.sees("2017-03-03 12:00", "phone", PHONE, userId="home")
    town.hears({"type": "identify", "userId": "work"}, {"type": "identify", "userId": "home"}, now="2017-03-04 12:00")
    work, home = town.customer("work").id, town.customer("home").id
    joining.merge(town.shop, home, work, "staff", "the same person", at("2017-03-05 12:00"))

    assert [visit["device"] for visit in visits_of(town, "work")] == ["desktop", "phone"]


def test_nothing_is_read_where_no_segment_asks(town):
    town.applies(RULES, "2017-01-02 00:00")
    town.sees("2017-03-01 12:00", "tablet", DESK, userId="ada")

    assert visits_of(town, "ada") == ({}, {})
