"""The analytic tables tell of a running shop what its record tells: whoever is in a segment by the one is in it by the other."""

from pathlib import Path

import pytest

from regulars.insight import segments as at_once
from regulars.insight.engines import Engine, duckdb_file
from regulars.insight.engines import postgresql as postgresql_engine
from regulars.insight.moments import Moment
from regulars.service import joining
from regulars.service.refreshing import FILE_NAME, refresh_file, refresh_schema
from regulars.service.segments import members, sizes
from regulars.wire.events import Sender
from tests.service.town import RULES, Town, did, order
from tests.shop import at

SEGMENTS = (
    RULES
    + """
tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 50}]}
segments:
  everybody: {known_by: user_id}
  twice: {did: Order Completed, at_least: 2, within: 30 days}
  tea: {sum: {of: amount, in: Order Completed, where: {product_id: [tea]}}, at_least: 50.00}
  lookers: {did: Product Viewed, at_least: 2}
  looked-then-ordered: {in_order: [{did: Product Viewed}, {did: Order Completed, within: 3 days}]}
  of-lund: {trait: city, is: Lund}
  silver: {tier: silver}
  rich: {points: {available: {at_least: 40}}}
  by-mail: {consent: email}
  known-by-mail: {known_by: email}
  not-silver: {all: [{in: everybody}, {none: [{in: silver}]}]}
  half: {share: 50%, salt: spring}
"""
)


def identify(user: str, **more: object) -> dict[str, object]:
    return {"type": "identify", "userId": user, **more}


def grows_up(town: Town) -> None:
    """Devices that belong to somebody and to nobody, accounts that are merged, and words about consent."""
    town.applies(SEGMENTS)
    for device in ("tablet", "kiosk"):
        views = [did("Product Viewed", anonymousId=device, at=f"2017-03-0{day} 12:00") for day in (1, 2)]
        town.hears(*views, sender=Sender.SITE, now="2017-03-02 12:00")
    town.hears(identify("ada", anonymousId="tablet", traits={"city": "Lund"}), now="2017-03-03 12:00")
    town.hears(order("ada", "1", 45, at="2017-03-03 13:00"), now="2017-03-03 13:00")
    town.hears(order("work", "2", 30, at="2017-03-01 12:00"), order("home", "3", 25, at="2017-03-02 12:00"))
    town.hears(identify("work", traits={"email": "w@example.org"}), identify("ben", traits={"city": "Oslo"}))
    granted = {"purpose": "email", "wording": "terms-1", "place": "checkout"}
    town.hears({"userId": "ben", "event": "Consent Granted", "properties": granted})
    withdrawn = {"purpose": "profiling", "wording": "terms-1", "place": "preferences"}
    town.hears(order("cleo", "4", 90), {"userId": "cleo", "event": "Consent Withdrawn", "properties": withdrawn})
    joining.merge(town.shop, town.customer("home").id, town.customer("work").id, "staff", "one", at("2017-03-04 12:00"))


def moment(town: Town, now: str) -> Moment:
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    return Moment(at(now), rulebook.calendar, {one.id: one.condition for one in rulebook.program.segments})


def agree(town: Town, engine: Engine, now: str) -> dict[str, list[str]]:
    """Who is in which segment: by both the same."""
    asked, found = moment(town, now), {}
    for id, condition in asked.segments.items():
        found[id] = sorted([one.name for one in at_once.members(engine, condition, asked)])
        assert found[id] == sorted(members(town.shop, id, asked.now)), id
    told = sizes(town.shop, asked.now)
    rulebook = town.shop.rulebooks.in_force()
    assert told is not None
    assert rulebook is not None
    assert at_once.sizes(engine, rulebook.program.segments, asked) == {one.id: one.customers for one in told.segments}
    assert at_once.everybody(engine) == at_once.Everybody(told.customers, told.without_profiling)
    return found


@pytest.mark.parametrize("now", ["2017-03-15 12:00", "2017-04-02 00:00", "2018-01-01 00:00"])
def test_a_file_tells_what_the_record_tells(town: Town, tmp_path: Path, now: str) -> None:
    grows_up(town)
    path = tmp_path / FILE_NAME

    assert refresh_file(town.shop, path, at(now))
    with duckdb_file(path) as engine:
        found = agree(town, engine, now)
        assert engine.ask("SELECT current_setting('enable_progress_bar')") == [(False,)]
    assert len(found["everybody"]) == 3
    assert found["lookers"] == found["looked-then-ordered"] == ["ada"]
    assert found["of-lund"] == ["ada"]
    assert found["by-mail"] == ["ben"]


def test_a_schema_beside_the_record_tells_what_the_record_tells(postgresql: str) -> None:
    now = "2017-03-15 12:00"
    town = Town(postgresql)
    grows_up(town)

    assert refresh_schema(town.shop, at(now))
    assert refresh_schema(town.shop, at(now)), "once more"
    with postgresql_engine(town.shop.store.url) as engine:
        found = agree(town, engine, now)
    assert found["tea"] == found["twice"]
    town.close()
