"""Thirty segments over a real grocer's year, imported by the command: who is in them live is who is in them by what they mean, by
either database at once, and by the examples' own reckoning.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import select

from regulars.boot import new_id
from regulars.insight import segments as at_once
from regulars.insight.engines import Engine, PostgresqlEngine, duckdb_file
from regulars.insight.moments import Moment
from regulars.kernel.consents import PROFILING
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.meaning import is_in
from regulars.kernel.segments.tree import Condition, InSegment, InShare, inside_of
from regulars.service.refreshing import passing_file, passing_schema
from regulars.service.segments import portion
from regulars.service.shop import Shop, open_shop
from regulars.service.waking import wake_some
from regulars.store.schema import memberships
from tests.databases import fresh_database
from tests.live import complaints_of_the_doctor, process, set_up
from tests.storms.test_year import CLOCK, CUSTOMERS, NOON, SECONDS
from tools.program_examples import EXPECTED_SIZES, THIRTY_SEGMENTS

pytestmark = pytest.mark.slow

Inside = Mapping[str, set[str]]
"""By segment, the customers in it."""


class Year(NamedTuple):
    """On record, everybody woken to the end of the year; `live` is what the rows say then."""

    shop: Shop
    rulebook: Rulebook
    live: Inside


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def year(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    folder = tmp_path_factory.mktemp("segments")
    if request.param == "sqlite":
        with closing(_imported(f"sqlite:///{folder / 'regulars.db'}", folder)) as shop:
            yield _woken(shop)
        shutil.rmtree(folder)
    else:
        with (
            fresh_database(request.getfixturevalue("postgresql_server")) as url,
            closing(_imported(url, folder)) as shop,
        ):
            yield _woken(shop)


def test_live_is_what_the_segments_mean(year: Year) -> None:
    found: dict[str, set[str]] = {one.id: set() for one in year.rulebook.program.segments}
    after, seen = "", 0
    with year.shop.store.one_moment(), year.shop.store.reading() as connection:
        while people := list(portion(year.shop, connection, year.rulebook, NOON, after)):
            for person in people:
                for one in year.rulebook.program.segments:
                    if PROFILING in person.known.allows and is_in(one.condition, person.known, NOON):
                        found[one.id].add(person.known.id)
            after, seen = people[-1].known.id, seen + len(people)
    assert seen == CUSTOMERS
    assert _differing(year.live, found) == []


def test_live_is_what_duckdb_says_of_everybody_at_once(year: Year, tmp_path: Path) -> None:
    with passing_file(year.shop, tmp_path, NOON) as path, duckdb_file(path) as engine:
        assert _differing(year.live, _by(engine, year.rulebook)) == []


def test_live_is_what_postgresql_says_of_everybody_at_once(year: Year) -> None:
    if year.shop.store.is_sqlite:
        pytest.skip("this record is a file")
    with passing_schema(year.shop, NOON) as connection:
        assert _differing(year.live, _by(PostgresqlEngine(connection), year.rulebook)) == []


def test_live_has_the_sizes_of_the_examples(year: Year) -> None:
    """A share draws by customers' ids, which are the households' numbers there and our own here."""
    expected: dict[str, int] = json.loads(EXPECTED_SIZES[THIRTY_SEGMENTS].read_text("utf-8"))
    conditions = {one.id: one.condition for one in year.rulebook.program.segments}
    compared = [id for id, condition in conditions.items() if not _draws(condition, conditions)]
    assert len(compared) >= 28
    assert {id: len(year.live[id]) for id in compared} == {id: expected[id] for id in compared}


def test_the_doctor_has_nothing_to_say(year: Year) -> None:
    assert complaints_of_the_doctor(year.shop.store.url.render_as_string(hide_password=False)) == []


def _imported(database: str, folder: Path) -> Shop:
    set_up(database, THIRTY_SEGMENTS.read_text("utf-8"))
    words = ("import", "complete-journey", "--database", database, "--clock", CLOCK)
    importing = process(*words, output=folder / "log")
    try:
        assert importing.wait(3 * SECONDS) == 0, (folder / "log").read_text()
    finally:
        importing.kill()
        importing.wait()
    return open_shop(database, new_id)


def _woken(shop: Shop) -> Year:
    while wake_some(shop, NOON):
        pass
    rulebook = shop.rulebooks.in_force()
    assert rulebook is not None
    live: dict[str, set[str]] = {one.id: set() for one in rulebook.program.segments}
    with shop.store.reading() as connection:
        for segment, customer in connection.execute(select(memberships.c.segment, memberships.c.customer)):
            live[segment].add(customer)
    return Year(shop, rulebook, live)


def _by(engine: Engine, rulebook: Rulebook) -> Inside:
    segments = rulebook.program.segments
    moment = Moment(NOON, rulebook.calendar, {one.id: one.condition for one in segments})
    found: dict[str, set[str]] = {one.id: set() for one in segments}
    for one in at_once.memberships(engine, segments, moment):
        for id in one.segments:
            found[id].add(one.customer.id)
    return found


def _differing(one: Inside, other: Inside) -> list[tuple[str, str]]:
    """(segment, customer) of those who are in it by one of the two alone."""
    assert one.keys() == other.keys()
    return sorted([(id, customer) for id in one for customer in one[id] ^ other[id]])


def _draws(condition: Condition, conditions: Mapping[str, Condition]) -> bool:
    if isinstance(condition, InSegment):
        return _draws(conditions[condition.id], conditions)
    return isinstance(condition, InShare) or any(_draws(one, conditions) for one in inside_of(condition))
