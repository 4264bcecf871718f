"""The example programs find what their stories tell.

The stories are reckoned here from their own tables, in fractions and dates; only then is the engine asked.
"""

import json
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor, prod
from pathlib import Path

import pytest

from regulars.backtesting.outcome import CustomerOutcome, Outcome
from regulars.kernel.program import PerAmount
from regulars.library import backtest
from regulars.wire.program import load_program
from tests.backtesting.by_hand import categories
from tools.program_examples import FOLDERS, OF_THE_YEAR, PROGRAMS, backtested, orders_of

AS_OF = {
    "book-club": date(2026, 4, 2),
    "coffee-cart": date(2026, 1, 5),
    "corner-shop": date(2019, 1, 2),
    "customer-loyalty": date(2026, 3, 31),
    "made-shop": date(2026, 4, 2),
    "tea-club": date(2026, 2, 6),
    "tea-house": date(2026, 3, 1),
}
DECIMALS = {"tea-house": 0}

each_program = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def table(folder: Path, first_column: str) -> list[dict[str, str]]:
    """A table of the story, by the name of its first column."""
    lines = (folder / "story.md").read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    header, _, *rows = [re.split(r" *\| *", line)[1:-1] for line in lines[start : lines.index("", start)]]
    return [dict(zip(header, row, strict=True)) for row in rows]


def outcome_of(folder: Path) -> Outcome:
    return backtest(load_program(folder / "program.yaml"), orders_of(folder))


@each_program
def test_each_point_of_the_story_is_its_reckoning(folder):
    """The factors multiplied and rounded down once: `9 × 1.2` are 10."""
    earned = [row for row in table(folder, "who") if row["reckoning"]]
    assert earned
    for row in earned:
        assert floor(prod(map(Fraction, row["reckoning"].split(" × ")))) == int(row["points"]), row


@each_program
def test_the_totals_of_the_story_are_the_sums_of_its_rows(folder):
    as_of, rows = AS_OF[folder.name], table(folder, "who")
    *customers, everyone = table(folder, "customer")

    for total in customers:
        mine = [row for row in rows if row["who"] == total["customer"] and row["points"] != "0"]
        gone = [row for row in mine if row["last day"] != "never" and date.fromisoformat(row["last day"]) < as_of]
        issued, expired = points(mine), points(gone)
        assert (issued, expired, issued - expired) == figures(total), total
    for column in ("orders", "spend", "issued", "expired", "outstanding"):
        assert sum(Decimal(row[column]) for row in customers) == Decimal(everyone[column]), column


@each_program
def test_the_engine_finds_what_the_story_tells(folder):
    outcome = outcome_of(folder)
    *customers, everyone = table(folder, "customer")
    scale = 10 ** DECIMALS.get(folder.name, 2)

    assert outcome.customers == tuple(
        [
            CustomerOutcome(
                row["customer"], int(row["orders"]), int(Decimal(row["spend"]) * scale), *figures(row),
                None if row["tier"] == "none" else row["tier"],
            )
            for row in customers
        ]
    )  # fmt: skip
    assert (outcome.orders, outcome.revenue_minor) == (int(everyone["orders"]), int(Decimal(everyone["spend"]) * scale))
    assert (outcome.points.issued, outcome.points.expired, outcome.points.outstanding) == figures(everyone)


@each_program
def test_the_engine_gives_the_points_by_the_rules_that_the_story_names(folder):
    rows = [row for row in table(folder, "who") if row["rule"]]
    by_rule = {rule: points([row for row in rows if row["rule"] == rule]) for rule in {row["rule"] for row in rows}}

    assert outcome_of(folder).by_rule == by_rule


@each_program
def test_what_the_shop_owes_is_told_at_the_end(folder):
    owed = re.findall(r"owes? ([\d.]+) ([A-Z]{3})\.$", (folder / "story.md").read_text(encoding="utf-8").strip())
    program = load_program(folder / "program.yaml").program

    assert owed == [(program.currency.amount(outcome_of(folder).liability_minor), program.currency.code)]


@each_program
def test_the_command_prints_what_is_expected(folder):
    printed, customers = backtested(folder, orders_of(folder))

    assert json.loads(printed) == json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    assert printed == (folder / "expected.json").read_text(encoding="utf-8")
    assert customers == (folder / "expected_customers.csv").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_corner_shop_finds_what_is_expected_in_the_real_year():
    printed, _ = backtested(OF_THE_YEAR, "complete-journey")

    assert printed == (OF_THE_YEAR / "expected_year.json").read_text(encoding="utf-8")


def test_the_corner_shop_excludes_categories_that_the_real_year_has():
    (purchase, *_) = load_program(OF_THE_YEAR / "program.yaml").program.earning
    assert isinstance(purchase, PerAmount)
    (excluded,) = purchase.goods.excluded

    assert set(excluded.values) <= categories()


def test_every_program_is_told_of_in_the_readme():
    told = re.findall(
        r"^\| \[(\S+)\]\((\S+)\)", (PROGRAMS / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE
    )

    assert sorted(told) == [(folder.name, f"{folder.name}/story.md") for folder in FOLDERS]


def points(rows: list[dict[str, str]]) -> int:
    return sum([int(row["points"]) for row in rows])


def figures(row: dict[str, str]) -> tuple[int, int, int]:
    return int(row["issued"]), int(row["expired"]), int(row["outstanding"])
