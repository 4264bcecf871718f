"""Edge cases of birthdays, and of nights that were missed. Every test bears the number of its case among those of points."""

from collections.abc import Iterator

import pytest

from regulars.backtesting.run import open_history, run
from regulars.service import rights
from regulars.store.history import Recorded
from tests.service.town import Town, did
from tests.shop import at
from tests.stories.corner import identify

RULES = """
points: {worth: 0.01}
earning:
  - {id: birthday, on: Birthday, points: 200}
  - {id: anniversary, on: Anniversary, points: 30}
  - {id: profile, on: Profile Completed, points: 40, traits: [birthday, city]}
"""


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    town = Town(database)
    town.applies(RULES)
    yield town
    town.close()


def born(town: Town, user: str, day: str, now: str) -> None:
    town.hears(identify(user, traits={"birthday": day}), now=now)


def test_case_09_born_on_29_february(town: Town) -> None:
    """The birthday is on 28 February in common years, or on 1 March where the rule says `leap_day: mar_1`; once a year, and by time
    alone, when the day begins on the shop's wall.
    """
    born(town, "ada", "1988-02-29", "2017-01-10 12:00")
    assert town.wakes("2017-02-27 23:59") == 0
    assert town.wakes("2017-02-28 00:00") == 1
    assert town.points("ada", "2017-02-28 00:00") == 200
    assert town.wakes("2017-03-02 12:00") == 0
    town.applies(RULES.replace("200}", "200, leap_day: mar_1}"), "2017-06-01 12:00")
    town.adopts("2017-06-01 12:00")
    assert town.wakes("2018-02-28 12:00") == 0
    assert town.wakes("2018-03-01 00:00") == 1
    assert town.points("ada", "2018-03-01 00:00") == 400


def test_case_10_a_birthday_that_is_edited(town: Town) -> None:
    """A birthday may be corrected: the new day counts 30 days after it was told. Each rule gives for it once in 365 days, whatever
    was told meanwhile, and the refusal says so. What a browser says of a birthday is nothing.
    """
    born(town, "ada", "1990-02-01", "2017-01-10 12:00")
    town.wakes("2017-02-01 00:00")
    born(town, "ada", "1990-02-03", "2017-02-02 12:00")
    born(town, "ada", "1990-06-01", "2017-02-04 12:00")
    town.wakes("2017-06-01 00:00")
    assert town.points("ada", "2017-06-01 12:00") == 200
    assert town.story("ada")[-1].why == (
        "No points by “birthday”: they were given for such an occasion before, and not a year ago.",
    )
    town.wakes("2018-06-01 00:00")
    assert town.points("ada", "2018-06-01 12:00") == 400


def test_case_11_a_night_that_was_missed(town: Town) -> None:
    """Every customer bears the moment of the next birthday, and whoever is woken late is given what was due, dated to its day.
    Those of whom no day has come are not looked at.
    """
    born(town, "ada", "1990-06-15", "2017-03-01 12:00")
    born(town, "bob", "1990-12-15", "2017-03-01 12:00")
    assert town.wakes("2017-06-20 03:00") == 1
    assert town.wakes("2017-06-20 03:00") == 0
    assert [(one.points, one.effective_at) for one in town.ledger("ada")] == [(200, at("2017-06-15 00:00"))]
    town.wakes("2020-01-01 03:00")
    assert (town.points("ada", "2020-01-01 12:00"), town.points("bob", "2020-01-01 12:00")) == (600, 600)


def test_a_profile_that_is_complete_and_an_anniversary(town: Town) -> None:
    town.hears(did("Member Joined", userId="ada"), now="2017-01-10 12:00")
    born(town, "ada", "1990-12-31", "2017-01-11 12:00")
    town.hears(identify("ada", traits={"address": {"city": "Lund"}}), now="2017-01-12 12:00")
    assert town.points("ada", "2017-01-12 12:00") == 40
    town.wakes("2018-01-10 00:00")
    assert town.points("ada", "2018-01-10 12:00") == 40 + 200 + 30


def test_who_is_erased_has_no_birthday_any_more(town: Town) -> None:
    born(town, "ada", "1990-06-15", "2017-03-01 12:00")
    rights.erase(town.shop, town.customer("ada").id, "ben", at("2017-03-02 12:00"))
    assert town.wakes("2017-06-16 12:00") == 0


def test_a_backtest_of_the_record_comes_to_what_the_shop_gave(town: Town, database: str) -> None:
    town.hears(did("Member Joined", userId="ada"), now="2017-01-10 12:00")
    born(town, "ada", "1990-06-15", "2017-01-11 12:00")
    town.hears(identify("ada", traits={"address": {"city": "Lund"}}), now="2017-01-12 12:00")
    born(town, "bob", "1988-02-29", "2017-01-11 12:00")
    town.wakes("2019-01-01 00:00")
    rules, source = town.shop.rulebooks.in_force(), Recorded(database)
    assert rules is not None
    history = open_history(source, [rules])
    [outcome] = run(source, [rules], history=history, stopwatch=lambda: 0.0, until=at("2019-01-01 00:00"))
    assert {one.customer: one.outstanding for one in outcome.customers} == {
        name: town.points(name, "2019-01-01 00:00") for name in ("ada", "bob")
    }
    assert outcome.points.outstanding == 40 + 2 * 200 + 30 + 2 * 200
