"""Reports against the truths of a small made year that was taken in: they agree, and a planted error is told loudly."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from regulars.boot import new_id
from regulars.made_year.calendar import midnight
from regulars.made_year.year import make_year
from regulars.service.shop import Shop, open_shop
from regulars.truth_checks.checks import checked
from regulars.truth_checks.held import Finding, NoTruths, load
from regulars.truth_checks.identification import most_missed
from tests.live import says

DAYS = 42
NOW = midnight(DAYS)


class Taken:
    """A year in its folder, and the shop that took it in."""

    def __init__(self, year: Path, shop: Path) -> None:
        self.year = year
        self.shop = shop

    def copied(self, to: Path) -> "Taken":
        return Taken(
            Path(shutil.copytree(self.year, to / "year")),
            Path(shutil.copytree(self.shop, to / "shop")),
        )

    @contextmanager
    def open(self) -> Iterator[Shop]:
        shop = open_shop(f"sqlite:///{self.shop / 'regulars.db'}", new_id)
        try:
            yield shop
        finally:
            shop.close()

    def findings(self) -> list[Finding]:
        with self.open() as shop:
            return list(checked(shop, load(self.year), NOW))

    def wrong(self) -> list[str]:
        return [one.what for one in self.findings() if not one.holds]

    def change(self, statement: str, **values: Any) -> None:
        with self.open() as shop:
            shop.writer.run(lambda tx: tx.core.execute(sql(statement), values))

    def tell(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Other truths: `change` is shown each line."""
        file = self.year / "truths.jsonl"
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        for line in lines:
            change(line)
        file.write_text("".join([json.dumps(line) + "\n" for line in lines]))


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Taken:
    folder = tmp_path_factory.mktemp("truths")
    make_year(3, 30, folder / "year", days=DAYS)
    says("take-in", str(folder / "year"), "--data-dir", str(folder / "shop"))
    return Taken(folder / "year", folder / "shop")


@pytest.fixture
def taken(whole, tmp_path) -> Taken:
    """One's own, to be spoilt."""
    return whole.copied(tmp_path)


def test_every_report_agrees_with_the_truths(whole):
    findings = whole.findings()

    assert [one for one in findings if not one.holds] == []
    assert len(findings) > 15


def test_there_is_something_to_find(whole):
    """A check that looks at nothing would always agree."""
    truths = load(whole.year)

    assert truths.counts.refused
    assert truths.counts.duplicates
    assert truths.counts.unstored
    assert truths.crawls
    assert sum(len(account.devices) for account in truths.accounts) >= 10


def test_rates_that_the_model_does_not_have_are_found_out(taken):
    def higher(line):
        if line["is"] == "year":
            told = line["identification"]
            told["days"] = [0.9 for _ in told["days"]]
            told["whole"]["rate"] *= 2.5

    taken.tell(higher)

    assert {"the identification rate by day", "the identification rate of the whole"} <= {*taken.wrong()}


def test_a_shop_that_forgets_whose_devices_are_whose_is_found_out(taken):
    taken.change("DELETE FROM identities WHERE kind = 'anonymous_id' AND trust = 'shop'")

    assert "devices that lead to their user" in taken.wrong()


def test_a_device_that_is_given_to_somebody_else_is_found_out(taken):
    with taken.open() as shop, shop.store.reading() as connection:
        asked = "SELECT customer FROM identities WHERE kind = 'user_id' ORDER BY value LIMIT 2"
        one, other = connection.execute(sql(asked)).scalars()
    taken.change(
        "UPDATE identities SET customer = :other WHERE kind = 'anonymous_id' AND customer = :one", one=one, other=other
    )

    assert "devices that lead to their user" in taken.wrong()


def test_robots_that_are_not_labelled_are_found_out(taken):
    taken.change("UPDATE visits SET bot = NULL")

    found = next(one for one in taken.findings() if one.what == "robots")
    assert not found.holds
    assert found.report == "0"
    assert found.examples


def test_people_who_are_labelled_as_robots_are_found_out(taken):
    taken.change("UPDATE visits SET bot = 'crawler' WHERE id = (SELECT min(id) FROM visits WHERE bot IS NULL)")

    assert "people who are taken for robots" in taken.wrong()


def test_a_fact_that_is_lost_is_found_out(taken):
    taken.change("DELETE FROM journal WHERE fact_id = (SELECT max(fact_id) FROM journal WHERE amount_minor IS NULL)")

    assert "facts" in taken.wrong()


def test_a_merge_that_nobody_planted_is_found_out(taken):
    def fewer(line):
        if line["is"] == "counts":
            line["merges"] += 1

    taken.tell(fewer)

    assert taken.wrong() == ["records that went up in another"]


def test_a_folder_without_truths_says_what_to_do(tmp_path):
    with pytest.raises(NoTruths, match="make-year"):
        load(tmp_path)


def test_truths_that_break_off_are_no_truths(taken):
    file = taken.year / "truths.jsonl"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))

    with pytest.raises(NoTruths, match="breaks off"):
        load(taken.year)


def test_chance_misses_about_one_day_of_fourteen_at_most():
    assert most_missed(1) == 1
    assert 3 <= most_missed(12) <= 5
    assert 36 <= most_missed(365) <= 44


def test_the_command_says_so_and_ends_with_1_where_something_is_wrong(taken):
    words = ("check-truths", str(taken.year), "--data-dir", str(taken.shop))
    assert all(one["holds"] for one in says(*words))

    taken.change("UPDATE visits SET bot = NULL")

    assert [one["what"] for one in says(*words) if not one["holds"]] == ["robots"]
