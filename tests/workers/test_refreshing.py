"""The analytic file is kept fresh: written at the start, again when it is old and something changed, and never by two at once."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regulars.insight.engines import duckdb_file
from regulars.kernel.calendar import MINUTE
from regulars.service import rights
from regulars.service.refreshing import FILE_NAME, refresh_file
from regulars.workers import refreshing
from regulars.workers.refreshing import OLD_AFTER, Refresher, locked
from tests.service.town import Town, order
from tests.shop import at


class Clock:
    def __init__(self, now: str) -> None:
        self.now = at(now)

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def town(sqlite: str) -> Iterator[Town]:
    town = Town(sqlite)
    yield town
    town.close()


@pytest.fixture
def clock() -> Clock:
    return Clock("2017-03-01 12:00")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / FILE_NAME


def test_it_waits_for_a_program_and_bears_the_moment_that_it_tells_of(town: Town, clock: Clock, path: Path) -> None:
    refresher = Refresher(town.shop, path, clock)
    assert not refresher.look()
    assert not path.exists()
    town.applies()
    assert refresher.look()
    assert path.stat().st_mtime_ns // 1000 == clock.now
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_written_anew_when_it_is_old_and_something_changed(town: Town, clock: Clock, path: Path) -> None:
    town.applies()
    refresher = Refresher(town.shop, path, clock)
    assert refresher.look()
    town.hears(order("ada", "1", 45))
    clock.now += OLD_AFTER - MINUTE
    assert not refresher.look()
    clock.now += MINUTE
    assert refresher.look()
    clock.now += OLD_AFTER
    assert not refresher.look()
    town.hears({"type": "identify", "userId": "ada", "traits": {"city": "Lund"}}, now="2017-03-01 12:30")
    assert refresher.look()


def test_whoever_is_erased_is_gone_from_it_without_waiting(town: Town, clock: Clock, path: Path) -> None:
    town.applies()
    town.hears(order("ada", "1", 45), order("bea", "2", 45))
    refresher = Refresher(town.shop, path, clock)
    assert refresher.look()
    assert names(path) == ["ada", "bea"]
    rights.erase(town.shop, town.customer("ada").id, "a test", clock.now)
    assert refresher.look()
    assert names(path) == ["bea"]
    assert not refresher.look()


def test_what_a_process_left_that_died_is_cleared_away(town: Town, clock: Clock, path: Path) -> None:
    town.applies()
    left = path.parent / f".{FILE_NAME}-left"
    left.mkdir(parents=True)
    assert Refresher(town.shop, path, clock).look()
    assert sorted(os.listdir(path.parent)) == [FILE_NAME, f"{FILE_NAME}.lock"]


def test_while_another_process_writes_this_one_does_not(town: Town, clock: Clock, path: Path) -> None:
    town.applies()
    refresher = Refresher(town.shop, path, clock)
    with locked(path.with_name(f"{FILE_NAME}.lock")) as is_mine:
        assert is_mine
        assert not refresher.look()
    assert refresher.look()


def test_it_stops_in_the_middle_of_the_writing_and_leaves_nothing_behind(
    town: Town, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.applies()
    town.hears(order("ada", "1", 45))
    writing, go_on = threading.Event(), threading.Event()

    def held(shop: Any, where: Path, now: int, progress: Any) -> bool:
        writing.set()
        assert go_on.wait(20)
        return refresh_file(shop, where, now, progress)

    monkeypatch.setattr(refreshing, "refresh_file", held)
    refresher = Refresher(town.shop, path, clock)
    refresher.start()
    assert writing.wait(20)
    refresher._stopping.set()
    go_on.set()
    refresher.stop()
    assert sorted(os.listdir(path.parent)) == [f"{FILE_NAME}.lock"]


def names(path: Path) -> list[str]:
    with duckdb_file(path) as engine:
        return sorted([name for (name,) in engine.ask("SELECT name FROM analytics.people")])
