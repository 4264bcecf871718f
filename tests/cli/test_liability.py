"""`regulars liability`, as a person and as a script would call it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_segments import says

PROGRAM = """
program: tea
currency: USD
time_zone: America/New_York
points:
  {name: {one: leaf, other: leaves}, worth: 0.01, redeemed: 75%, hold: 10 days, expire: {after: 2 months, until: end_of_month}}
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
"""
TIERS = "tiers: {by: spend, over: rolling 12 months, levels: [{id: silver, at: 60}]}\n"
ORDERS = """customer,order,happened_at,amount
ada,1,2017-01-10T17:00:00Z,100.00
ada,2,2017-03-20T17:00:00Z,40.00
bob,3,2017-03-25T17:00:00Z,10.00
"""
CLOCK = ("--clock", "2017-03-31T12:00:00-04:00")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path / "record"))
    (tmp_path / "orders.csv").write_text(ORDERS)
    return tmp_path


def founded(place: Path, program: str) -> None:
    (place / "tea.yaml").write_text(program)
    says("apply", "tea.yaml", "--yes")
    says("import", "orders", "orders.csv")


def told(*words: str) -> str:
    return says("liability", *CLOCK, *words).stdout


def answers(*words: str) -> Any:
    return json.loads(told("--json", *words))


def rows(text: str) -> list[list[str]]:
    lines = [line.replace("┃", "│").strip(" │") for line in text.splitlines()]
    return [[cell.strip() for cell in line.split("│")] for line in lines if "│" in line]


def test_a_person_reads_what_is_held_and_what_became_of_the_rest(place: Path) -> None:
    founded(place, PROGRAM + TIERS)
    said = told()

    assert said.startswith(
        "tea, as of 2017-03-31 12:00 (America/New_York): 150 leaves held, which would cost at most 1.50 USD; "
        "1.12 USD is expected, if 75 % of them are spent.\n"
    )
    assert rows(said) == [
        ["expire in", "tier", "available", "pending", "worth, USD"],
        ["March 2017", "silver", "100", "0", "1.00"],
        ["May 2017", "none", "0", "10", "0.10"],
        ["May 2017", "silver", "40", "0", "0.40"],
        ["in all", "", "140", "10", "1.50"],
        ["earned in", "given", "expired", "used", "held", "expired, %"],
        ["January 2017", "100", "0", "0", "100", "0.0"],
        ["March 2017", "50", "0", "0", "50", "0.0"],
    ]


def test_a_script_is_told_the_same(place: Path) -> None:
    founded(place, PROGRAM + TIERS)
    found = answers()

    assert found["owed"][0] == {"month": "2017-03", "tier": "silver", "available": 100, "pending": 0, "reserved": 0}
    assert found["cohorts"][1] == {"month": "2017-03", "issued": 50, "expired": 0, "used": 0, "reversed": 0, "held": 50}
    assert (found["available"], found["pending"], found["most_minor"], found["expected_minor"]) == (140, 10, 150, 112)
    assert (found["currency"], found["worth"], found["redeemed"]) == ("USD", "0.01", "75%")
    assert found["as_of"].startswith("2017-03-31T16:00:0")


def test_a_day_is_told_as_it_ended(place: Path) -> None:
    founded(place, PROGRAM)
    past = answers("--on", "2017-03-24")

    assert past["as_of"] == "2017-03-25T03:59:59.999999Z"
    assert (past["available"], past["pending"]) == (100, 40)
    assert "as of 2017-03-24 23:59" in told("--on", "2017-03-24")
    expired = says("liability", "--clock", "2017-04-01T00:00:00-04:00").stdout
    assert ["January 2017", "100", "100", "0", "0", "100.0"] in rows(expired)


def test_a_program_without_tiers_or_worth_is_not_asked_for_them(place: Path) -> None:
    founded(
        place,
        PROGRAM.replace("worth: 0.01, redeemed: 75%, ", "").replace(
            "expire: {after: 2 months, until: end_of_month}", ""
        ),
    )
    said = told()

    assert "150 leaves held; the program does not say what one leaf costs (points: worth)." in said
    assert rows(said)[:3] == [
        ["expire in", "available", "pending", "worth, USD"],
        ["never", "140", "10", "0.00"],
        ["in all", "140", "10", "0.00"],
    ]


def test_where_nothing_else_is_assumed_all_of_them_are_spent(place: Path) -> None:
    founded(place, PROGRAM.replace(" redeemed: 75%,", ""))

    assert "150 leaves held, which would cost 1.50 USD if all of them are spent." in told()
    assert told("--on", "2016-12-31").splitlines() == [
        "tea, as of 2016-12-31 23:59 (America/New_York): 0 leaves held, which would cost 0.00 USD if all of them are spent."
    ]


def test_what_cannot_be_told_is_complained_of_in_words(place: Path) -> None:
    assert "there is no shop in" in says("liability", code=1).stderr
    founded(place, PROGRAM)

    assert "--on: Write the day as 2017-03-31." in says("liability", "--on", "march", code=1).stderr
    assert (
        "--on: That day is yet to come: take 2017-03-31"
        in says("liability", *CLOCK, "--on", "2017-04-01", code=1).stderr
    )
    assert "take 1970-01-01 or a later one" in says("liability", "--on", "1969-12-31", code=1).stderr
