"""The list of those who are likely to order: who comes onto it and who leaves it is said once, and segments ask for it."""

from collections.abc import Iterable, Mapping

import pytest
from sqlalchemy import func, select

from regulars.insight import segments as at_once
from regulars.insight.engines import duckdb_file
from regulars.insight.moments import Moment
from regulars.kernel.facts import Behaved
from regulars.kernel.segments.tree import OnList
from regulars.service import joining
from regulars.service.likelihood import LIKELY_TO_CONVERT, Kept, keep_list
from regulars.service.refreshing import passing_file
from regulars.service.segment_lists import members as written
from regulars.service.segments import members
from regulars.store.facts import facts_where
from regulars.store.schema import journal
from tests.service.town import RULES, Town, order
from tests.shop import at

SEGMENTS = f"{RULES}segments: {{likely: {{list: {LIKELY_TO_CONVERT}}}}}\n"
FIRST = 17_226
"""1 March 2017, as days are counted."""


@pytest.fixture
def town(database: str) -> Iterable[Town]:
    town = Town(database)
    town.applies(SEGMENTS)
    town.hears(order("ada", "1", 45), order("ben", "2", 10), order("cleo", "3", 20))
    yield town
    town.close()


def on_list(town: Town, now: str) -> list[str]:
    """By what a condition means, live, and at once: all three say the same."""
    rulebook, moment = town.shop.rulebooks.in_force(), at(now)
    assert rulebook is not None
    with passing_file(town.shop, None, moment) as path, duckdb_file(path) as engine:
        found = list(at_once.members(engine, OnList(LIKELY_TO_CONVERT), Moment(moment, rulebook.calendar)))
    names = [one.name for one in found]
    assert names == list(members(town.shop, "likely", moment))
    assert [one.id for one in found] == [one.id for one in written(town.shop, "likely", None, 100).members]
    return sorted(names)


def keeps(
    town: Town, chosen: Mapping[str, float], listed: Iterable[str], now: str, *, day: int = FIRST, model: str = "m1"
) -> Kept:
    ids = {name: town.customer(name).id for name in {*chosen, *listed}}
    probabilities = {ids[name]: probability for name, probability in chosen.items()}
    return keep_list(town.shop, day, model, probabilities, {ids[name] for name in listed}, at(now))


def words(town: Town) -> int:
    """How often somebody came or went."""
    asked = select(func.count()).where(journal.c.name.in_(["List Joined", "List Left"]))
    with town.shop.store.reading() as connection:
        return connection.execute(asked).scalar_one()


def test_whoever_comes_onto_the_list_is_in_the_segment_live_and_at_once(town: Town) -> None:
    assert keeps(town, {"ada": 0.4567891, "ben": 0.3}, [], "2017-03-01 03:00") == Kept(2, 0)
    assert on_list(town, "2017-03-01 12:00") == ["ada", "ben"]

    assert keeps(town, {"ada": 0.4, "cleo": 0.3}, ["ada", "ben"], "2017-03-02 03:00", day=FIRST + 1) == Kept(1, 1)
    assert on_list(town, "2017-03-02 12:00") == ["ada", "cleo"]


def test_a_word_has_its_date_its_model_and_its_probability(town: Town) -> None:
    keeps(town, {"ada": 0.4567891}, [], "2017-03-01 03:00")
    with town.shop.store.reading() as connection:
        [fact] = facts_where(connection, journal.c.name == "List Joined")
    assert isinstance(fact, Behaved)
    assert (fact.happened_at, fact.source, str(fact.trust)) == (at("2017-03-01 03:00"), "regulars", "shop")
    assert fact.properties == {"list": LIKELY_TO_CONVERT, "model": "m1", "probability": "0.4568"}


def test_what_was_said_on_a_day_is_not_said_twice(town: Town) -> None:
    """Neither by whoever knows the list, nor by whoever read it before anything was said."""
    keeps(town, {"ada": 0.4, "ben": 0.3}, ["cleo"], "2017-03-01 03:00")
    said = words(town)

    assert keeps(town, {"ada": 0.4, "ben": 0.3}, ["cleo"], "2017-03-01 09:00") == Kept(0, 0)
    assert keeps(town, {"ada": 0.4, "ben": 0.3}, ["ada", "ben"], "2017-03-01 10:00") == Kept(0, 0)
    assert words(town) == said == 3
    assert keeps(town, {}, ["ada"], "2017-03-02 03:00", day=FIRST + 1) == Kept(0, 1)
    assert keeps(town, {"ada": 0.4}, [], "2017-03-03 03:00", day=FIRST + 2) == Kept(1, 0)
    assert on_list(town, "2017-03-03 12:00") == ["ada", "ben"]


def test_nothing_is_said_of_whoever_took_profiling_back(town: Town) -> None:
    """Though the tables were written before."""
    keeps(town, {"ben": 0.4}, [], "2017-03-01 03:00")
    withdrawn = {"purpose": "profiling", "wording": "terms-1", "place": "preferences"}
    for user in ("ada", "ben"):
        town.hears({"userId": user, "event": "Consent Withdrawn", "properties": withdrawn}, now="2017-03-01 12:00")

    assert keeps(town, {"ada": 0.5}, ["ben"], "2017-03-02 03:00", day=FIRST + 1) == Kept(0, 0)
    assert words(town) == 1
    assert on_list(town, "2017-03-02 12:00") == []


def test_whoever_has_no_account_is_found_by_another_name(town: Town) -> None:
    town.hears({**order("", "9", 12), "userId": None, "context": {"traits": {"email": "eve@example.org"}}})
    eve = town.customer("eve@example.org", kind="email").id

    assert keep_list(town.shop, FIRST, "m1", {eve: 0.2}, (), at("2017-03-01 13:00")) == Kept(1, 0)
    assert on_list(town, "2017-03-01 14:00") == [eve]


def test_merged_accounts_are_one(town: Town) -> None:
    joining.merge(town.shop, town.customer("ben").id, town.customer("ada").id, "staff", "one", at("2017-03-01 12:00"))

    assert keeps(town, {"ben": 0.4}, [], "2017-03-02 03:00") == Kept(1, 0)
    assert on_list(town, "2017-03-02 12:00") == ["ada"]


def test_many_are_said_in_portions(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regulars.service.likelihood.AT_ONCE", 2)
    assert keeps(town, {"ada": 0.4, "ben": 0.3, "cleo": 0.2}, [], "2017-03-01 03:00") == Kept(3, 0)
    assert on_list(town, "2017-03-01 12:00") == ["ada", "ben", "cleo"]
