"""`regulars books`, as a bookkeeper and as a script would call it."""

import csv
import json
from pathlib import Path

import pytest

from tests.cli.test_liability import PROGRAM, place, rows
from tests.cli.test_segments import says

__all__ = ["place"]
CLOCK = ("--clock", "2017-03-31T12:00:00-04:00")


@pytest.fixture
def shop(place: Path) -> Path:
    (place / "tea.yaml").write_text(PROGRAM)
    says("apply", "tea.yaml", "--yes", *CLOCK)
    says("import", "orders", "orders.csv", *CLOCK)
    return place


def test_a_month_is_told_with_what_customers_held_before_and_after(shop: Path) -> None:
    said = says("books", "2017-03", *CLOCK).stdout

    assert said.startswith("tea, what was written down in 2017-03 (America/New_York): open.\n")
    assert rows(said)[:3] == [
        ["pending", "available", "reserved", "owed by them"],
        ["when it began", "0", "0", "0", "0"],
        ["when it ended", "50", "100", "0", "0"],
    ]
    assert ["earn", "program", "pending", "3", "150"] in rows(said)


def test_every_posting_goes_into_a_file(shop: Path) -> None:
    said = says("books", "2017-03", "--to", "march.csv", "--json", *CLOCK)
    lines = list(csv.DictReader((shop / "march.csv").read_text().splitlines()))

    assert "postings written to march.csv" in said.stderr
    answer = json.loads(said.stdout)
    assert sum(int(one["points"]) for one in lines if one["entry"] == "earn") == 150
    assert len(lines) == sum(one["postings"] for one in answer["movements"])
    assert (shop / "march.csv").stat().st_mode & 0o077 == 0
    assert answer["closing"] == {"pending": 50, "available": 100, "reserved": 0, "debt": 0, "worth_minor": 150}


def test_a_month_is_closed_when_it_is_over(shop: Path) -> None:
    assert "It is not over" in says("books", "2017-03", "--close", *CLOCK, code=1).stderr
    april = ("--clock", "2017-04-02T12:00:00-04:00")

    assert "closed by command line at 2017-04-02T16:00:0" in says("books", "2017-03", "--close", *april).stdout
    assert ["2017-03", "closed"] in [[row[0], row[-1]] for row in rows(says("books", *april).stdout)]


def test_what_cannot_be_told_is_complained_of_in_words(shop: Path) -> None:
    assert "MONTH: Write the month as 2017-03." in says("books", "march", code=1).stderr
    assert "MONTH: That month is yet to come." in says("books", "2017-04", *CLOCK, code=1).stderr
    assert "say which month" in says("books", "--close", code=1).stderr
