"""A real grocer's year, imported live, is to the lot what the backtest says: on either database, whatever happened on the way."""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import func, select

from regulars.backtesting.replay import replay
from regulars.backtesting.run import open_history
from regulars.boot import new_id
from regulars.kernel.facts import Fact, Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State
from regulars.service.shop import open_shop
from regulars.service.waking import wake_some
from regulars.store.database import Store
from regulars.store.schema import customers, identities, journal
from regulars.wire.complete_journey import CompleteJourney
from regulars.wire.program import load_program
from regulars.wire.records import decode_state
from regulars.wire.sources import parse_instant
from tests.databases import fresh_database
from tests.live import complaints_of_the_doctor, process, says, set_up

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CORNER_SHOP = ROOT / "programs/corner-shop/program.yaml"
THIRTY_RULES = ROOT / "bench/thirty-rules.yaml"
CLOCK = "2018-01-01"
NOON = parse_instant(CLOCK, "America/New_York")
CUSTOMERS = 2_469
ORDERS = 155_848
KILLS = 3
SECONDS = 400
"""However slow the machine: an import that takes longer has hung."""


class Kept(NamedTuple):
    """What a customer holds. Lots are (id, points, earned_at, active_at, expires_at)."""

    pending: list[Any]
    available: list[Any]
    tier: str | None
    issued: int
    expired: int


class Year(NamedTuple):
    database: str
    program: Path


@pytest.fixture(
    scope="module",
    params=[("sqlite", CORNER_SHOP), ("postgresql", CORNER_SHOP), ("sqlite", THIRTY_RULES)],
    ids=["sqlite", "postgresql", "thirty-rules"],
)
def year(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    """The year on record, as the command imports it; nobody has been woken yet."""
    kind, program = request.param
    folder = tmp_path_factory.mktemp("year")
    if kind == "sqlite":
        yield _imported(f"sqlite:///{folder / 'regulars.db'}", program, folder)
        shutil.rmtree(folder)
    else:
        with fresh_database(request.getfixturevalue("postgresql_server")) as url:
            yield _imported(url, program, folder)


def _imported(database: str, program: Path, folder: Path) -> Year:
    set_up(database, program.read_text("utf-8"))
    importing = process("import", "complete-journey", "--database", database, "--clock", CLOCK, output=folder / "log")
    try:
        assert importing.wait(SECONDS) == 0, (folder / "log").read_text()
    finally:
        importing.kill()
        importing.wait()
    return Year(database, program)


def test_what_was_imported_and_woken_is_what_the_backtest_says(
    year: Year, record_property: Callable[[str, object], None]
) -> None:
    """Before midnight of the new year is the backtest's end; a waking at midnight includes what falls due at that very instant."""
    rulebook = load_program(year.program)
    began = time.monotonic()
    woken = _wake_all(year.database)
    record_property("wakings", f"{woken:,} in {time.monotonic() - began:.1f} s")
    found, expected = _on_record(year.database), _by_backtest(rulebook)
    assert len(found) == len(expected) == CUSTOMERS
    assert [name for name in expected if found[name] != expected[name]] == []
    assert complaints_of_the_doctor(year.database) == []
    assert _asked(year, "recorded") == _asked(year, "complete-journey")


def _wake_all(database: str) -> int:
    shop = open_shop(database, new_id)
    try:
        woken = 0
        while due := wake_some(shop, NOON):
            woken += due
        return woken
    finally:
        shop.close()


def _on_record(database: str) -> dict[str, Kept]:
    """By the shop's own id."""
    columns = customers.c
    told = select(identities.c.value, columns.state, columns.available, columns.pending, columns.lifetime, columns.tier)
    store = Store(database)
    try:
        with store.reading() as connection:
            rows = connection.execute(told.join(customers, columns.id == identities.c.customer)).all()
    finally:
        store.close()
    found = {}
    for name, record, available, pending, lifetime, tier in rows:
        state = decode_state(record)
        found[name] = kept = _kept(state)
        sums = sum([lot.points for lot in kept.available]), sum([lot.points for lot in kept.pending])
        assert (available, pending, lifetime, tier) == (*sums, kept.issued, kept.tier), (
            "columns say what the state says"
        )
    return found


def _by_backtest(rulebook: Rulebook) -> dict[str, Kept]:
    history = open_history(CompleteJourney(), [rulebook])
    return {name: _kept(_replayed(facts, rulebook)) for name, facts in history.customers()}


def _replayed(facts: tuple[Fact, ...], rulebook: Rulebook) -> State:
    until: Instant = NOON + 1
    return replay([one for one in facts if one.happened_at < until], rulebook, until)[0]


def _kept(state: State) -> Kept:
    held = state.consequences
    return Kept(held.pending, held.available, held.tier, held.issued, held.expired)


def _asked(year: Year, orders: str) -> dict[str, Any]:
    words = ("backtest", str(year.program), "--database", year.database, "--orders", orders)
    answer = says(*words, "--until", "2018-01-01T00:00:00.000001-05:00")
    assert (answer["orders"], answer["customers"]) == (ORDERS, CUSTOMERS)
    return {name: value for name, value in answer.items() if name not in ("source", "seconds")}


def test_an_import_that_was_killed_and_started_again_doubles_nothing(
    sqlite: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Killed three times on the way, each time further on, and at last let through, it ends as if nothing had happened."""
    set_up(sqlite, CORNER_SHOP.read_text("utf-8"))
    words = ("import", "complete-journey", "--database", sqlite, "--clock", CLOCK)
    seen = 0
    for kill in range(KILLS):
        importing = process(*words, output=tmp_path / f"log-{kill}")
        try:
            _wait_for(sqlite, seen + ORDERS // (KILLS + 2), importing)
            importing.send_signal(signal.SIGKILL)
        finally:
            importing.kill()
            importing.wait()
        before, seen = seen, _orders(sqlite)
        assert before < seen < ORDERS
    record_property("facts when it was killed last", f"{seen:,}")
    answer = says(*words)
    assert (answer["facts"], answer["new"], answer["known"], answer["contradicted"]) == (ORDERS, ORDERS - seen, seen, 0)
    assert _orders(sqlite) == ORDERS
    _wake_all(sqlite)
    assert _on_record(sqlite) == _by_backtest(load_program(CORNER_SHOP))
    assert complaints_of_the_doctor(sqlite) == []


def _wait_for(database: str, orders: int, importing: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + SECONDS
    while _orders(database) < orders:
        assert importing.poll() is None, "it ended before it was killed"
        assert time.monotonic() < deadline, "nothing more came in"
        time.sleep(0.02)


def _orders(database: str) -> int:
    store = Store(database)
    try:
        with store.reading() as connection:
            facts = select(func.count()).where(journal.c.fact_id.is_not(None))
            return connection.execute(facts.where(journal.c.name == "Order Completed")).scalar_one()
    finally:
        store.close()
