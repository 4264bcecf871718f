"""Once a day it is said who is likely to order: at the start, and when the day on the shop's wall is another."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from regulars.insight.likelihood.findings import Latest, Reason
from regulars.kernel.calendar import DAY, HOUR
from regulars.kernel.facts import Line, OrderCompleted
from regulars.service import refreshing
from regulars.service.ingest import ingest_history
from regulars.service.likelihood import Kept
from regulars.workers import likelihood as worker
from regulars.workers.behind import Stopped
from regulars.workers.likelihood import Foreteller
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
def times(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Each time that the tables were written."""
    found: list[Path] = []
    written = refreshing.passing_file

    def counted(*arguments: Any) -> Any:
        found.append(arguments[1])
        return written(*arguments)

    monkeypatch.setattr(worker, "passing_file", counted)
    return found


def test_a_young_shop_is_told_what_is_missing_once_a_day(town: Town, times: list[Path], tmp_path: Path) -> None:
    clock, latest = Clock("2017-03-05 23:00"), Latest()
    foreteller = Foreteller(town.shop, tmp_path, clock, latest)
    assert foreteller.look() is None
    assert not times, "no program is in force yet"

    town.applies()
    town.hears(order("ada", "1", 45))
    assert foreteller.look() is None
    assert latest.likelihood is None
    assert latest.too_little is not None
    assert (latest.too_little.reason, latest.too_little.found) == (Reason.SHORT_HISTORY, 4)
    foreteller.look()
    assert len(times) == 1

    clock.now += HOUR
    foreteller.look()
    assert len(times) == 2
    assert latest.too_little.found == 5
    assert list(tmp_path.glob(".insight-*")) == [], "nothing is left lying about"


def test_it_ends_between_two_portions(town: Town, tmp_path: Path) -> None:
    town.applies()
    town.hears(order("ada", "1", 45))
    foreteller = Foreteller(town.shop, tmp_path, Clock("2017-03-05 23:00"), Latest())
    foreteller.start()
    foreteller.stop()

    with pytest.raises(Stopped):
        foreteller.look()


def test_two_processes_say_the_same_once(town: Town, tmp_path: Path) -> None:
    """Each at its start, and neither again on that day."""
    town.applies()
    ingest_history(town.shop, [*a_year_of_orders()], at("2018-01-01 00:00")).result()
    clock, latest, other = Clock("2018-01-01 03:00"), Latest(), Latest()
    first = Foreteller(town.shop, tmp_path, clock, latest)

    kept = first.look()
    assert latest.likelihood is not None
    assert latest.too_little is None
    assert kept == Kept(len(latest.likelihood.top_tenth), 0)
    clock.now += HOUR
    assert first.look() is None
    assert Foreteller(town.shop, tmp_path, clock, other).look() == Kept(0, 0)
    assert other.likelihood == latest.likelihood


def a_year_of_orders(number: int = 100) -> Iterator[OrderCompleted]:
    """Every third customer comes every month or so, the others three times a year."""
    random = Random(5)
    for one in range(number):
        day = 0.0
        while (day := day + random.expovariate(1 / (30 if one % 3 == 0 else 120))) < 365:
            when, id = at("2017-01-01 00:00") + int(day * DAY), f"{one}-{day}"
            yield OrderCompleted(id, f"c{one}", when, when, "till", id, (Line(4_200, 1, {}),), 4_200)
