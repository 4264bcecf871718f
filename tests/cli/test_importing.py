"""Importing from the command line, as a person and as a script would: a look, a question, and what came of it."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from regulars.boot import new_id, wiring
from regulars.cli import regulars
from regulars.service import customers
from regulars.service.shop import Shop, open_shop
from regulars.store.schema import journal
from tests.live import process

PROGRAM = """
program: tea
currency: USD
time_zone: America/New_York
points: {name: {one: leaf, other: leaves}, worth: 0.01}
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
"""
NOW = 1_800_000_000_000_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "tea.yaml").write_text(PROGRAM)
    says("apply", "tea.yaml", "--yes")
    return tmp_path


def says(*words: str, code: int = 0, given: str | None = None) -> Result:
    result = CliRunner().invoke(regulars, words, obj=wiring(), input=given)
    assert result.exit_code == code, result.output
    return result


def answers(*words: str) -> Any:
    return json.loads(says("import", *words, "--json").stdout)


def opened(folder: Path) -> Shop:
    return open_shop(f"sqlite:///{folder / 'data/regulars.db'}", new_id)


def test_the_mapping_is_shown_with_people_masked_and_asked_about_before_anything_is_stored(folder: Path) -> None:
    (folder / "people.csv").write_text("nr,mail,Shoe size\n4711,ada@example.com,39\n")
    words = ("import", "customers", "people.csv", "--map", "user_id=nr")
    refused = says(*words, code=1, given="n\n")
    assert "nr         user_id              4•••" in refused.output
    assert "Shoe size  a trait “Shoe size”  3•" in refused.output
    assert "4711" not in refused.output
    assert "ada@" not in refused.output
    assert "nothing came in" in refused.stderr
    assert "add --yes" in says(*words, code=1, given="").stderr
    assert answers(*words[1:], "--dry-run")["new"] == 1
    assert "1 came in" in says(*words, given="y\n").output
    assert answers(*words[1:], "--yes") == {
        "rows": 1,
        "new": 0,
        "known": 1,
        "refused": 0,
        "left_out": 0,
        "why": {},
        "dry_run": False,
    }


def test_what_is_refused_is_counted_and_written_down_without_what_stood_there(folder: Path) -> None:
    rows = ["ada,email,granted,2024-01-01", "null,email,granted,2024-01-01", "bob,secret,granted,2024-01-01"]
    (folder / "consents.csv").write_text("\n".join(["user_id,purpose,state,when", *rows]))
    words = ("import", "consents", "consents.csv", "--times-in", "UTC", "--refusals", "refused.csv")
    said = says(*words, "--dry-run").output
    assert "3 rows; 1 would come in, 0 were known, 2 would be refused" in said
    assert "1 × bad_purpose: This is no purpose that we know" in said
    lines = (folder / "refused.csv").read_text().splitlines()
    assert lines[0] == "line,column,reason,words"
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["3", "user_id", "bad_identity"],
        ["4", "purpose", "bad_purpose"],
    ]
    assert "secret" not in (folder / "refused.csv").read_text()
    assert answers(*words[1:], "--yes")["why"] == {"bad_identity": 1, "bad_purpose": 1}


@pytest.mark.parametrize(
    ("text", "more", "says_so"),
    [
        ("when,event\n", (), "No column says who it is"),
        ("user_id,when,event\n", ("--map", "event=deed"), "There is no column “deed”"),
        ("user_id,when,event\n", ("--map", "event"), "does not map a column"),
        ("user_id,when,event\n", ("--times-in", "Mars"), "is not a time zone"),
    ],
)
def test_a_file_or_an_option_that_cannot_be_understood_is_a_complaint(
    folder: Path, text: str, more: tuple[str, ...], says_so: str
) -> None:
    (folder / "events.csv").write_text(text)
    assert says_so in says("import", "events", "events.csv", "--yes", *more, code=1).stderr


def test_what_is_written_may_not_be_what_is_read_and_json_cannot_ask(folder: Path) -> None:
    (folder / "events.csv").write_text("user_id,when,event\n")
    says("import", "events", "events.csv", "--yes", "--refusals", "events.csv", code=2)
    says("import", "events", "events.csv", "--json", code=2)
    assert (
        "cannot be written" in says("import", "events", "events.csv", "--yes", "--refusals", "no/x.csv", code=1).stderr
    )


def test_without_a_program_nothing_can_be_judged(folder: Path) -> None:
    (folder / "events.csv").write_text("user_id,when,event\n")
    (folder / "products.csv").write_text("id,title,price\n")
    for kind in ("events", "products"):
        words = ("import", kind, f"{kind}.csv", "--data-dir", "elsewhere")
        assert "no shop" in says(*words, code=1).stderr


def test_an_import_that_was_killed_and_started_again_doubles_nothing(folder: Path) -> None:
    number = 6_000
    rows = "".join([f"p{one % 70},5,2024-01-01,{one}\n" for one in range(number)])
    (folder / "balances.csv").write_text(f"user_id,points,earned_at,id\n{rows}")
    words = ("balances", str(folder / "balances.csv"), "--times-in", "UTC", "--yes")
    importing = process("import", *words, "--data-dir", str(folder / "data"), output=folder / "log")
    deadline = time.monotonic() + 60
    while _facts(folder) < 800:
        assert importing.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(importing.pid, signal.SIGKILL)
    importing.wait()
    there = _facts(folder)
    assert 0 < there < number
    done = answers(*words)
    assert (done["new"], done["known"], _facts(folder)) == (number - there, there, number)
    shop = opened(folder)
    try:
        ids = [customers.find(shop, "user_id", f"p{one}") for one in range(70)]
        held = [customers.customer(shop, id, NOW) for id in ids if id]
        assert sum([one.points.available for one in held if one]) == number * 5
    finally:
        shop.close()


class TestProducts:
    TEXT = "id,title,price,category\ntea,Green tea,12.50,Tea\ncup,A cup,much,Cups\n"

    def test_a_table_comes_in_and_says_what_changed(self, folder: Path) -> None:
        (folder / "products.csv").write_text(self.TEXT)
        refused = says("import", "products", "products.csv", "--refusals", "refused.csv")
        assert "1 products new, 0 changed, 0 unchanged, 1 refused" in refused.stdout
        assert "products.csv:3: “much” is not a price." in refused.stderr
        assert "bad_price" in (folder / "refused.csv").read_text()
        (folder / "products.csv").write_text(self.TEXT.replace("much", "5").replace("12.50", "13.00"))
        would = answers("products", "products.csv", "--dry-run")
        assert would == {"new": 1, "changed": 1, "unchanged": 0, "refused": 0, "dry_run": True}
        assert answers("products", "products.csv") == would | {"dry_run": False}
        assert answers("products", "products.csv", "--format", "csv")["unchanged"] == 2

    def test_nothing_of_a_feed_that_breaks_off_comes_in(self, folder: Path) -> None:
        item = "<item><g:id>tea</g:id><title>Tea</title><g:price>5 USD</g:price></item>"
        head = '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>'
        (folder / "feed.xml").write_text(f"{head}{item}<item>")
        assert "Nothing came in." in says("import", "products", "feed.xml", code=1).stderr
        (folder / "feed.xml").write_text(f"{head}{item}</channel></rss>")
        assert answers("products", "feed.xml")["new"] == 1

    def test_a_file_of_no_known_ending_needs_a_format(self, folder: Path) -> None:
        (folder / "products").write_text(self.TEXT)
        assert "--format" in says("import", "products", "products", code=1).stderr
        assert answers("products", "products", "--format", "csv", "--dry-run")["new"] == 1


def test_orders_teach_the_catalogue_when_they_come_in(folder: Path) -> None:
    (folder / "orders.csv").write_text("customer,order,happened_at,amount,product\nada,1,2024-01-01T12:00:00Z,5,tea\n")
    says("import", "orders", "orders.csv")
    (folder / "products.csv").write_text("id,title,price\ntea,Green tea,5\n")
    assert answers("products", "products.csv")["changed"] == 1


def _facts(folder: Path) -> int:
    shop = opened(folder)
    try:
        with shop.store.reading() as connection:
            return connection.execute(select(func.count()).where(journal.c.fact_id.is_not(None))).scalar_one()
    finally:
        shop.close()
