"""The commands that run a shop, as a person and as a script would call them."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from regulars.boot import wiring
from regulars.cli import regulars

PROGRAM = """
program: tea
currency: USD
time_zone: America/New_York
points: {name: {one: leaf, other: leaves}, worth: 0.01}
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
"""

ORDERS = """customer,order,happened_at,amount,product
ada,1,2017-03-01T17:00:00Z,45.80,green
ada,2,2017-03-02T17:00:00Z,4.20,black
bob,3,2017-03-02T18:00:00Z,9.99,green
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "tea.yaml").write_text(PROGRAM)
    (tmp_path / "orders.csv").write_text(ORDERS)
    return tmp_path


def says(*words: str, code: int = 0, given: str | None = None) -> Result:
    result = CliRunner().invoke(regulars, words, obj=wiring(), input=given)
    assert result.exit_code == code, result.output
    return result


def answers(*words: str, code: int = 0) -> Any:
    return json.loads(says(*words, "--json", code=code).stdout)


def test_a_program_is_shown_and_asked_about_before_it_is_put_in_force(shop: Path) -> None:
    said = says("apply", "tea.yaml", code=1, given="n\n").output
    assert "The first program:\n  Every customer is a member." in said
    assert answers("doctor", code=1)[1]["found"] == "none in force"
    assert "add --yes" in says("apply", "tea.yaml", code=1, given="").stderr
    assert "In force: tea" in says("apply", "tea.yaml", given="y\n").output
    assert "Nothing changes" in says("apply", "tea.yaml").output
    (shop / "tea.yaml").write_text(PROGRAM.replace("points: 1}", "points: 2}"))
    assert answers("apply", "tea.yaml", "--yes")["changes"][0].startswith("The rule “purchase”")


def test_a_program_with_mistakes_is_refused_with_every_one_of_them(shop: Path) -> None:
    (shop / "bad.yaml").write_text(
        PROGRAM.replace("per: 1.00", "pre: 1.00").replace("currency: USD", "currency: DOLLAR")
    )
    said = says("apply", "bad.yaml", "--yes", code=1).stderr
    assert "bad.yaml:3:" in said
    assert "bad.yaml:6:" in said
    says("apply", "missing.yaml", code=1)


def test_a_key_is_printed_alone_and_can_be_taken_back(shop: Path) -> None:
    key = says("keys", "create", "--kind", "secret", "--label", "web shop").output
    assert key.startswith("rsk_")
    assert key.count("\n") == 1
    public = says("keys", "create", "--kind", "public").output.strip()
    assert public.startswith("rpk_")
    assert {(one["kind"], one["label"], one["revoked"]) for one in answers("keys", "list")} == {
        ("secret", "web shop", False),
        ("public", "", False),
    }
    says("keys", "revoke", public)
    assert "no keys in use" in says("keys", "revoke", public, code=1).stderr
    assert public not in says("keys", "list").output


def test_orders_come_in_once(shop: Path) -> None:
    assert "there is no shop in" in says("import", "orders", "orders.csv", code=1).stderr
    says("keys", "create", "--kind", "secret")
    assert "no program is in force" in says("import", "orders", "orders.csv", code=1).stderr
    says("apply", "tea.yaml", "--yes")
    planned = answers("import", "orders", "orders.csv", "--dry-run")
    assert (planned["new"], planned["known"], planned["dry_run"]) == (3, 0, True)
    assert answers("import", "orders", "orders.csv")["new"] == 3
    again = answers("import", "orders", "orders.csv", "--dry-run")
    assert (again["new"], again["known"]) == (0, 3)
    assert answers("import", "orders", "orders.csv")["known"] == 3
    assert {one["what"]: one["found"] for one in answers("doctor")}["facts"] == "3 stored, 3 counted in the states"


def test_an_order_that_changed_in_the_file_is_told_and_the_first_word_stands(shop: Path) -> None:
    says("apply", "tea.yaml", "--yes")
    says("import", "orders", "orders.csv")
    (shop / "orders.csv").write_text(ORDERS.replace("9.99", "99.99"))
    assert "1 say something else than what is on record" in says("import", "orders", "orders.csv").output


def test_what_has_not_happened_yet_is_left_out(shop: Path) -> None:
    says("apply", "tea.yaml", "--yes")
    (shop / "orders.csv").write_text(ORDERS + "dan,4,2062-03-01T17:00:00Z,1.00,green\n")
    said = answers("import", "orders", "orders.csv")
    assert (said["new"], said["in_the_future"]) == (3, 1)


def test_bad_rows_stop_an_import_until_it_is_asked_to_go_on(shop: Path) -> None:
    says("apply", "tea.yaml", "--yes")
    (shop / "orders.csv").write_text(ORDERS + "dan,4,yesterday,1.00,green\n")
    assert "orders.csv:5: happened_at" in says("import", "orders", "orders.csv", code=1).stderr
    assert answers("import", "orders", "orders.csv", "--skip-bad")["new"] == 3


def test_what_is_recorded_is_backtested_and_explained_like_a_file(shop: Path) -> None:
    says("apply", "tea.yaml", "--yes")
    says("import", "orders", "orders.csv")
    from_file = answers("backtest", "tea.yaml", "--orders", "orders.csv")
    recorded = answers("backtest", "tea.yaml", "--orders", "recorded")
    for differing in ("source", "seconds"):
        del from_file[differing], recorded[differing]
    assert recorded == from_file
    two = answers("backtest", "tea.yaml", "--orders", "recorded", "--processes", "2")
    assert two["points"] == from_file["points"]
    explained = answers("explain", "tea.yaml", "--orders", "recorded", "--customer", "ada")
    assert [one["points"] for one in explained["entries"]] == [45, 4]


def test_a_person_is_exported_to_the_screen_or_to_a_file_that_nobody_else_reads(shop: Path) -> None:
    says("apply", "tea.yaml", "--yes")
    says("import", "orders", "orders.csv")
    shown = json.loads(says("person", "export", "ada").stdout)
    assert [fact["amount_minor"] for fact in shown["facts"]] == [4580, 420]
    assert "ada.json" in says("person", "export", "ada", "--to", "ada.json").stdout
    assert (shop / "ada.json").stat().st_mode & 0o777 == 0o600
    written = json.loads((shop / "ada.json").read_bytes())
    assert {**written, "exported_at": ""} == {**shown, "exported_at": ""}


def test_segments_are_counted_and_listed(shop: Path) -> None:
    segments = "segments:\n  twice: {did: Order Completed, at_least: 2}\n  green: {did: Order Completed, where: {product: green}}\n"
    (shop / "tea.yaml").write_text(PROGRAM + segments)
    assert "there is no shop in" in says("segments", code=1).stderr
    says("apply", "tea.yaml", "--yes")
    says("import", "orders", "orders.csv")

    table = says("segments").stdout
    assert "2 customers" in table
    assert "those who did “Order Completed” at least 2 times" in table
    answer = answers("segments", "--clock", "2017-04-01T00:00:00Z")
    assert [(one["id"], one["customers"]) for one in answer["segments"]] == [("twice", 1), ("green", 2)]
    assert answer["as_of"].startswith("2017-04-01T00:00:0")
    assert says("segments", "--list", "green").stdout.split() == ["ada", "bob"]
    assert answers("segments", "--list", "twice")["customers"] == ["ada"]
    assert "no segment “gren”; did you mean “green”?" in says("segments", "--list", "gren", code=1).stderr


def test_what_must_be_said_of_the_shop_is_said_of_its_backtests(shop: Path) -> None:
    says("apply", "tea.yaml", "--yes")
    says("import", "orders", "orders.csv")
    says("name", "Tea House", "--note", "Closed on Sundays.")

    assert says("backtest", "tea.yaml", "--orders", "recorded").stdout.startswith("Closed on Sundays.\n")
    assert answers("backtest", "tea.yaml", "--orders", "recorded")["note"] == "Closed on Sundays."
    assert "note" not in answers("backtest", "tea.yaml", "--orders", "orders.csv")


def test_nothing_recorded_is_said_plainly(shop: Path) -> None:
    assert "no record yet" in says("backtest", "tea.yaml", "--orders", "recorded", code=1).stderr
    says("apply", "tea.yaml", "--yes")
    assert "recorded holds no orders" in says("backtest", "tea.yaml", "--orders", "recorded", code=1).stderr


def test_an_account_signs_in_with_a_password_or_by_a_link(shop: Path) -> None:
    assert "“ada” may" not in says("admin", "link", "ada", code=1).output
    says("admin", "create", "ada", "--password-stdin", given="short\n", code=1)
    says("admin", "create", "ada", "--password-stdin", given="a long enough password\n")
    assert (
        "already" in says("admin", "create", "ada", "--password-stdin", given="a long enough password\n", code=1).stderr
    )
    assert says("admin", "link", "ada").output.startswith("http://127.0.0.1:8000/sign-in/link/")


def test_the_doctor_finds_nothing_wrong_with_a_shop_that_is_in_order(shop: Path) -> None:
    says("apply", "tea.yaml", "--yes")
    says("keys", "create", "--kind", "secret")
    says("import", "orders", "orders.csv")
    assert all(one["good"] for one in answers("doctor"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("doctor", "--database", "mysql://x/y"), "SQLite or PostgreSQL"),
        (("doctor", "--database", "nonsense"), "cannot be read"),
        (("doctor", "--database", "postgresql://u:hidden@127.0.0.1:1/x"), "cannot be used"),
        (("keys", "list", "--clock", "noon"), ""),
        (("import", "orders", "nowhere.csv"), "does not exist"),
    ],
)
def test_what_goes_wrong_is_said_in_words(shop: Path, words: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(regulars, words, obj=wiring())
    assert result.exit_code in (1, 2)
    assert said in result.output
    assert "hidden" not in result.output
    assert not isinstance(result.exception, AssertionError | KeyError)


def test_help_teaches() -> None:
    assert "regulars serve --data-dir my-shop" in says("serve", "--help").output
    for command in ("serve", "apply", "demo", "import", "keys", "admin", "doctor", "backtest"):
        assert f"\n  {command}" in says("--help").output
        says(command, "--help")
