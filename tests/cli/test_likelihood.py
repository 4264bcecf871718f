"""`regulars likely` over a shop that knows nothing but orders, and over a made year that was taken in."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from regulars.insight.likelihood.findings import ENOUGH_TO_LEARN
from regulars.kernel.calendar import DAY
from regulars.made_year.calendar import midnight
from regulars.made_year.year import make_year
from regulars.wire.instants import rfc3339
from tests.cli.test_segments import says

PROGRAM = """
program: tea
currency: EUR
time_zone: Europe/Amsterdam
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
segments:
  likely: {list: likely-to-convert}
"""
END = "2026-01-01T12:00:00+01:00"
LATER_THAT_DAY = "2026-01-01T18:00:00+01:00"


def orders_of(number: int) -> str:
    """Every third customer comes every month or so, the others three times a year."""
    random, rows = Random(5), ["customer,order,happened_at,amount"]
    for one in range(number):
        gap, day = (30.0, 0.0) if one % 3 == 0 else (120.0, 0.0)
        while (day := day + random.expovariate(1 / gap)) < 365:
            at = rfc3339(int(midnight(0) + day * DAY))
            rows.append(f"c{one},{len(rows)},{at},{random.randrange(10, 90)}.00")
    return "\n".join(rows) + "\n"


@pytest.fixture
def place(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path / "record"))
    if not database.startswith("sqlite"):
        monkeypatch.setenv("REGULARS_DATABASE_URL", database)
    (tmp_path / "tea.yaml").write_text(PROGRAM)
    (tmp_path / "orders.csv").write_text(orders_of(120))
    says("apply", "tea.yaml", "--yes")
    says("import", "orders", "orders.csv")
    return tmp_path


def answers(*words: str, clock: str = END) -> Any:
    return json.loads(says("likely", "--clock", clock, "--json", *words).stdout)


def members(clock: str) -> set[str]:
    return set(json.loads(says("segments", "--list", "likely", "--clock", clock, "--json").stdout)["customers"])


def test_a_shop_with_nothing_but_orders(place: Path) -> None:
    found = answers()

    assert found["waiting"]["model"]["auc"] > 0.6
    assert 0 < len(found["top_tenth"]) <= 12
    assert found["stored"] is None
    assert members(END) == set()
    often = [one["name"] for one in found["top_tenth"] if int(one["name"][1:]) % 3 == 0]
    assert len(often) > len(found["top_tenth"]) / 2

    table = says("likely", "--clock", END).output
    assert f"Model {found['model']['version']}" in table
    assert "Against “most recent buyers first”" in table
    assert not list((place / "record").glob(".insight*"))


@pytest.mark.slow
def test_the_list_is_kept_once_a_day(place: Path) -> None:
    """Whoever is on it is in the segment; said again, nothing is said; a day later only who came and went."""
    found = answers("--store")
    names = {one["name"] for one in found["top_tenth"]}
    assert found["stored"] == {"joined": len(names), "left": 0}
    assert members(LATER_THAT_DAY) == names

    again = answers("--store", clock=LATER_THAT_DAY)
    assert again["stored"] == {"joined": 0, "left": 0}
    assert again["model"] == found["model"]

    later = "2026-02-15T12:00:00+01:00"
    then = answers("--store", clock=later)
    names_then = {one["name"] for one in then["top_tenth"]}
    assert then["stored"] == {"joined": len(names_then - names), "left": len(names - names_then)}
    assert then["stored"]["joined"] > 0 < then["stored"]["left"]
    assert members("2026-02-15T18:00:00+01:00") == names_then
    assert members(LATER_THAT_DAY) == names


def test_too_little_is_told_with_what_is_wanted(place: Path) -> None:
    early = says("likely", "--clock", "2025-03-01T12:00:00+01:00", code=1).output
    assert "nothing can be said yet: the first order must be 120 days ago; it is " in early
    few = says("likely", "--clock", "2025-05-10T12:00:00+01:00", code=1).output
    assert f"to learn from, {ENOUGH_TO_LEARN} times somebody must have ordered within 30 days; it was " in few


@pytest.mark.slow
def test_over_a_made_year_with_all_that_was_done_on_devices(tmp_path: Path) -> None:
    """By the whole way, as the world would send it: it beats chance, and what it predicts comes about in each fifth, within four
    standard errors of so few."""
    make_year(7, 500, tmp_path / "year")
    shop = ("--data-dir", str(tmp_path / "shop"))
    says("take-in", str(tmp_path / "year"), *shop)

    found = answers(*shop)
    for figures in (found["everybody"], found["waiting"]):
        assert figures["model"]["auc"] > 0.7
        for pair in zip(figures["tenths"][::2], figures["tenths"][1::2], strict=True):
            expected = sum([one["people"] * one["predicted"] for one in pair])
            spread = sum([one["people"] * one["predicted"] * (1 - one["predicted"]) for one in pair]) ** 0.5
            assert abs(expected - sum([one["ordered"] for one in pair])) < 4 * spread
    assert answers(*shop) == found
