"""Reports against the truths of a small made year that was taken in: they agree, and a planted error is told loudly."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text as sql

from regulars.boot import new_id, wiring
from regulars.cli import regulars
from regulars.kernel.calendar import HOUR
from regulars.made_year.calendar import midnight
from regulars.made_year.truths import SignedIn
from regulars.made_year.year import make_year
from regulars.service.likelihood import keep_list
from regulars.service.people import ANONYMOUS_ID, ITSELF
from regulars.service.shop import Shop, open_shop
from regulars.truth_checks.checks import checked
from regulars.truth_checks.held import Finding, NoTruths, load
from regulars.truth_checks.identification import most_missed
from tests.live import says

DAYS = 42
SEED = 99
"""With a tablet that two use in turn."""
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
    make_year(SEED, 30, folder / "year", days=DAYS)
    says("take-in", str(folder / "year"), "--data-dir", str(folder / "shop"))
    return Taken(folder / "year", folder / "shop")


@pytest.fixture
def taken(whole, tmp_path) -> Taken:
    """One's own, to be spoilt."""
    return whole.copied(tmp_path)


def tablet_in_turn(taken: Taken) -> tuple[SignedIn, ...]:
    """Who signed in on the tablet that two use."""
    used = load(taken.year).tablets.values()
    return next(signed_in for signed_in in used if len({one.user_id for one in signed_in}) == 2)


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
    assert tablet_in_turn(whole)
    assert sum(len(account.devices) for account in truths.accounts) >= 10


def test_whoever_fell_due_while_it_was_taken_in_was_woken_within_the_day(whole):
    """A page that tells a life puts each thing where it was noted."""
    with whole.open() as shop, shop.store.reading() as connection:
        asked = """SELECT journal.recorded_at - entries.effective_at FROM journal JOIN entries
            ON entries.customer = journal.customer AND entries.seq = journal.seq WHERE journal.fact_id IS NULL"""
        waits = connection.execute(sql(asked)).scalars().all()

    assert waits
    assert max(waits) < 24 * HOUR


def test_what_regulars_says_itself_is_none_of_the_years_facts(taken):
    """A shop that was served has lists of its own."""
    with taken.open() as shop, shop.store.reading() as connection:
        ids = connection.execute(sql("SELECT id FROM customers WHERE known AND person IS NULL")).scalars().all()
    with taken.open() as shop:
        assert keep_list(shop, 0, "a-model", dict.fromkeys(ids, 0.5), (), NOW).joined > 0

    assert taken.wrong() == []


def test_rates_that_the_model_does_not_have_are_found_out(taken):
    def higher(line):
        if line["is"] == "year":
            told = line["identification"]
            told["days"] = [0.9 for _ in told["days"]]
            told["whole"]["rate"] = 0.9

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


def test_a_tablet_of_two_that_leads_to_the_other_is_found_out(taken):
    tablet = next(device for device, signed_in in load(taken.year).tablets.items() if signed_in)

    def other_signed_in(line):
        household = line.get("household")
        if household and household["device"] == tablet:
            household["signed_in"].append({"at": NOW, "user_id": "M9999999"})

    taken.tell(other_signed_in)

    assert "tablets of two that lead to who came to them last" in taken.wrong()


def test_a_visit_on_a_tablet_that_is_taken_for_the_others_is_found_out(taken):
    one, other = dict.fromkeys(signed_in.user_id for signed_in in tablet_in_turn(taken))
    owned = "SELECT record FROM identities WHERE kind = 'user_id' AND value ="
    taken.change(f"UPDATE visits SET record = ({owned} :other) WHERE record = ({owned} :one)", one=one, other=other)

    assert taken.wrong() == ["visits on tablets of two that are those of who had signed in"]


def test_a_stranger_to_whom_a_tablet_leads_is_found_out(taken):
    """Nobody signed in on it, say the truths, and yet it leads to somebody."""

    def nobody_signed_in(line):
        if line.get("household"):
            line["household"]["signed_in"] = []

    taken.tell(nobody_signed_in)

    assert taken.wrong() == ["devices of strangers that lead to somebody"]


def test_only_whoever_visits_under_two_accounts_is_two_visitors(taken):
    """Four with a second account: one uses both; one never visited under the first; one refused analytics, so that no visit of
    theirs is kept; one has not been there at all."""
    cases = iter([(True, 3, 2), (True, 0, 1), (False, 3, 2), (True, 0, 0)])

    def with_two_accounts(line):
        if line["is"] == "person" and (case := next(cases, None)):
            line["agreed"], *visits = case
            line["accounts"] = [
                {"user_id": f"{line['number']}-{which}", "email": "", "devices": [], "visits": number}
                for which, number in enumerate(visits)
            ]

    taken.tell(with_two_accounts)
    truths = load(taken.year)

    assert len(truths.second_accounts) == 4
    assert truths.second_visitors == 1


def test_a_second_account_moves_the_rate_of_the_whole_only_if_it_was_visited_under(taken):
    def expected() -> str:
        return next(one.truth for one in taken.findings() if one.what == "the identification rate of the whole")

    def second(visits: int) -> Callable[[dict[str, Any]], None]:
        def with_second_account(line):
            if line["is"] == "person" and line["agreed"] and line["accounts"]:
                first = {**line["accounts"][0], "visits": 1}
                other = {"user_id": f"{line['number']}-2", "email": "", "devices": [], "visits": visits}
                line["accounts"] = [first, other]

        return with_second_account

    before = expected()
    taken.tell(second(0))
    assert expected() == before

    taken.tell(second(1))
    assert float(expected().rstrip("%")) > float(before.rstrip("%"))


def test_robots_that_are_not_labelled_are_found_out(taken):
    taken.change("UPDATE visits SET bot = NULL")

    found = next(one for one in taken.findings() if one.what == "robots")
    assert not found.holds
    assert found.report == "0"
    assert found.examples


def test_people_who_are_labelled_as_robots_are_found_out(taken):
    somebodys = "SELECT min(id) FROM visits JOIN identities USING (record) WHERE bot IS NULL AND kind = :kind AND trust = :trust"
    taken.change(
        f"UPDATE visits SET bot = 'crawler' WHERE id = ({somebodys})",
        kind=ANONYMOUS_ID,
        trust=ITSELF,
    )

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


def test_truths_of_another_year_are_not_held_against_this_one(taken):
    make_year(4, 2, taken.year, days=DAYS)

    answer = CliRunner().invoke(
        regulars, ("check-truths", str(taken.year), "--data-dir", str(taken.shop)), obj=wiring()
    )

    assert answer.exit_code == 1
    assert f"has taken in another year than the one in {taken.year}" in answer.stderr


def test_the_command_says_so_and_ends_with_1_where_something_is_wrong(taken):
    words = ("check-truths", str(taken.year), "--data-dir", str(taken.shop))
    assert all(one["holds"] for one in says(*words))

    taken.change("UPDATE visits SET bot = NULL")

    assert [one["what"] for one in says(*words) if not one["holds"]] == ["robots"]
