"""The commands as a person or a script meets them: what they print, what they write, and how they end."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from regulars.boot import wiring
from regulars.cli import regulars

PROGRAM = """
program: tea-corner
currency: USD
time_zone: America/New_York
points: {name: {one: star, other: stars}, worth: 0.05, expire: {after: 1 month}}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1, except: {category: gift-cards}}
  - {id: weekend, on: Order Completed, multiply: 2, when: {weekday: [saturday, sunday]}}
  - {id: welcome, on: Member Joined, points: 5}
tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 50}]}
"""
ORDERS = """customer,order,happened_at,amount,category,event
ada,1,2017-03-04T17:00:00Z,45.80,tea,
ada,2,2017-03-06T17:00:00Z,10.00,cake,
ada,2,2017-03-06T17:00:00Z,20.00,gift-cards,
ben,3,2017-03-10T17:00:00Z,0.50,tea,
ben,,2017-03-01T17:00:00Z,,,Member Joined
cleo,4,2017-05-01T17:00:00Z,7.00,tea,
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.yaml").write_text(PROGRAM)
    (tmp_path / "orders.csv").write_text(ORDERS)
    return tmp_path


def says(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(regulars, words, obj=wiring())
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def test_a_backtest_answers_scripts_with_one_object(shop: Path) -> None:
    """Ada: 45 doubled on Saturday, then 10; Ben: 5 for joining; Cleo: 7. What Ada and Ben earned in March is gone by May."""
    answer = json.loads(says("backtest", "program.yaml", "--orders", "orders.csv", "--json").stdout)
    assert answer["program"] == "tea-corner"
    assert (answer["orders"], answer["customers"], answer["revenue_minor"]) == (4, 3, 8330)
    assert answer["points"] == {"issued": 112, "reversed": 0, "expired": 105, "spent": 0, "outstanding": 7}
    assert answer["liability_minor"] == 35
    assert answer["tiers"] == {"none": 2, "silver": 1}
    assert answer["by_rule"] == {"purchase": 107, "welcome": 5}
    assert answer["until"] == "2017-05-01T17:00:00.000001Z"
    assert set(answer["seconds"]) == {"read", "fold"}
    assert [month["month"] for month in answer["months"]] == ["2017-03", "2017-04", "2017-05"]
    assert [month["outstanding"] for month in answer["months"]] == [105, 0, 7]


def test_until_bounds_facts_and_dues_alike(shop: Path) -> None:
    """Ada's Saturday points last through 4 April; at the very instant they end they have not yet ended."""
    ask = ("backtest", "program.yaml", "--orders", "orders.csv", "--json", "--until")
    at_the_end = json.loads(says(*ask, "2017-04-05T00:00:00-04:00").stdout)
    just_after = json.loads(says(*ask, "2017-04-05T00:00:00.000001-04:00").stdout)
    assert (at_the_end["points"]["expired"], just_after["points"]["expired"]) == (5, 95)
    at_the_order = json.loads(says(*ask, "2017-03-06T17:00:00Z").stdout)
    assert (at_the_order["orders"], at_the_order["customers"]) == (1, 2)
    by_date = json.loads(says(*ask, "2017-04-05").stdout)
    assert by_date["until"] == "2017-04-05T04:00:00Z"


def test_customers_are_written_one_per_row(shop: Path) -> None:
    says("backtest", "program.yaml", "--orders", "orders.csv", "--customers", "customers.csv")
    assert list(csv.reader((shop / "customers.csv").read_text().splitlines())) == [
        ["customer", "points_issued", "points_outstanding", "tier", "spend_minor"],
        ["ada", "100", "0", "silver", "7580"],
        ["ben", "5", "0", "none", "50"],
        ["cleo", "7", "7", "none", "700"],
    ]


def test_a_backtest_answers_people_with_a_table(shop: Path) -> None:
    said = says("backtest", "program.yaml", "--orders", "orders.csv").stdout
    assert "tea-corner over orders.csv: 4 orders of 3 customers, as of 2017-05-01 13:00 (America/New_York)" in said
    for words in ("stars issued", "112", "liability, USD", "0.35", "customers in silver"):
        assert words in said


def test_the_result_is_the_same_in_two_processes_to_the_byte(shop: Path) -> None:
    answers = []
    for processes in ("1", "2"):
        file = f"customers-{processes}.csv"
        said = says(
            "backtest",
            "program.yaml",
            "--orders",
            "orders.csv",
            "--json",
            "--customers",
            file,
            "--processes",
            processes,
        )
        answers.append({**json.loads(said.stdout), "seconds": None, "customers file": (shop / file).read_bytes()})
    assert answers[0] == answers[1]


def test_two_programs_are_compared_and_agree_with_their_single_runs(shop: Path) -> None:
    (shop / "other.yaml").write_text(PROGRAM.replace("points: 1,", "points: 2,").replace("points: 5}", "points: 1}"))
    ask = ("backtest", "--orders", "orders.csv", "--json")
    both = json.loads(says(*ask, "program.yaml", "--compare", "other.yaml").stdout)
    single, other = (json.loads(says(*ask, name).stdout) for name in ("program.yaml", "other.yaml"))
    for figure in ("version", "points", "liability_minor", "tiers", "months"):
        assert both[figure] == single[figure]
        assert both["compared_with"][figure] == other[figure]
    difference = both["difference"]
    assert difference["points"]["issued"] == other["points"]["issued"] - single["points"]["issued"] == 103
    assert (difference["gain"], difference["lose"]) == ({"customers": 2, "points": 107}, {"customers": 1, "points": -4})
    assert difference["unchanged"] == 0
    said = says("backtest", "program.yaml", "--orders", "orders.csv", "--compare", "other.yaml").stdout
    assert "2 customers gain, +107 stars in all; most: ada (+100), cleo (+7)" in said
    assert "1 customer loses, -4 stars in all; most: ben (-4)" in said


def test_programs_in_two_currencies_are_not_compared(shop: Path) -> None:
    (shop / "other.yaml").write_text(PROGRAM.replace("USD", "SEK"))
    said = says("backtest", "program.yaml", "--orders", "orders.csv", "--compare", "other.yaml", code=1).stderr
    assert "one currency" in said


def test_bad_rows_stop_everything_until_it_is_asked_to_go_on(shop: Path) -> None:
    (shop / "bad.csv").write_text(ORDERS + "dan,5,yesterday,1.00,tea,\ndan,6,2017-03-01T17:00:00Z,1.005,tea,\n")
    ask = ("backtest", "program.yaml", "--orders", "bad.csv", "--json")
    said = says(*ask, code=1)
    assert said.stdout == ""
    assert "bad.csv:8: happened_at:" in said.stderr
    assert "nothing was taken" in said.stderr
    rows = list(csv.DictReader((shop / "bad.csv.refused.csv").read_text().splitlines()))
    assert [(row["line"], row["reason"]) for row in rows] == [("8", "bad_time"), ("9", "too_many_decimals")]
    answer = json.loads(says(*ask, "--skip-bad", "--refused", "elsewhere.csv").stdout)
    assert (answer["orders"], answer["left_out_orders"]) == (4, 2)
    assert (shop / "elsewhere.csv").read_text() == (shop / "bad.csv.refused.csv").read_text()


def test_an_order_with_its_lines_is_one_row(shop: Path) -> None:
    one = '{"customer": "ada", "order": %d, "happened_at": "2017-03-04T17:00:00Z", "lines": [{"amount": "1.00"}, {"amount": "%s"}]}'
    (shop / "orders.jsonl").write_text(f"{one % (1, '2.00')}\n{one % (2, 'much')}\n")
    said = says("backtest", "program.yaml", "--orders", "orders.jsonl", "--skip-bad").stderr
    assert "1 of 2 rows refused, 1 orders left out whole" in said


def test_a_refused_program_says_everything_at_once(shop: Path) -> None:
    (shop / "bad.yaml").write_text(
        PROGRAM.replace("currency: USD", "currency: DOLLAR").replace("per: 1.00", "per: 1.005")
    )
    for command in (
        ("check", "bad.yaml"),
        ("backtest", "bad.yaml", "--orders", "orders.csv"),
        ("plan", "program.yaml", "bad.yaml"),
    ):
        said = says(*command, code=1).stderr
        assert "bad.yaml:3:11: currency:" in said
        assert "bad.yaml is refused" in said
    answer = json.loads(says("check", "bad.yaml", "--json", code=1).stdout)
    assert (answer["ok"], answer["file"]) == (False, "bad.yaml")
    assert answer["problems"][0]["path"] == "currency"


def test_check_tells_what_the_program_means(shop: Path) -> None:
    said = says("check", "program.yaml").stdout
    assert "1 star for each whole 1.00 USD spent, except on category gift-cards." in said
    answer = json.loads(says("check", "program.yaml", "--json").stdout)
    assert answer["ok"]
    assert said.startswith(f"tea-corner, version {answer['version'][:12]}")


def test_plan_tells_what_would_change(shop: Path) -> None:
    (shop / "new.yaml").write_text(PROGRAM.replace("multiply: 2", "multiply: 3"))
    said = says("plan", "program.yaml", "new.yaml").stdout
    assert "The rule “weekend” is now: 3 times the stars on Saturdays and Sundays." in said
    assert "Nothing changes" in says("plan", "program.yaml", "program.yaml").stdout
    answer = json.loads(says("plan", "program.yaml", "new.yaml", "--json").stdout)
    assert len(answer["changes"]) == 1
    assert answer["old"] != answer["new"]


def test_explain_tells_a_customers_history_with_reasons(shop: Path) -> None:
    ask = ("explain", "program.yaml", "--orders", "orders.csv", "--customer")
    said = says(*ask, "ada").stdout
    assert "2017-03-04 12:00  order 1 of 45.80 USD  +90 stars  available 90" in said
    assert "45 × 1.00 USD in 45.80 USD, 1 star each, times 2 (“weekend”)" in said
    assert "Reached silver" in said
    entries = json.loads(says(*ask, "ada", "--json").stdout)["entries"]
    assert [entry["points"] for entry in entries] == [90, 10, -90, -10]
    assert [entry["available"] for entry in entries] == [90, 100, 10, 0]
    early = json.loads(says(*ask, "ada", "--json", "--until", "2017-03-05").stdout)["entries"]
    assert early == entries[:1]
    assert "knows no customer “zoe”" in says(*ask, "zoe", code=1).stderr
    assert "Nothing in the program looks at this" not in said


def test_what_the_program_asks_for_and_no_row_has_is_said(shop: Path) -> None:
    (shop / "other.yaml").write_text(PROGRAM.replace("category", "colour"))
    said = says("backtest", "other.yaml", "--orders", "orders.csv").stdout
    assert "No line has a property “colour”" in said


def test_a_program_for_those_who_join_says_why_nobody_earned(shop: Path) -> None:
    (shop / "other.yaml").write_text("members: those_who_join" + PROGRAM)
    (shop / "plain.csv").write_text("\n".join([row for row in ORDERS.splitlines() if "Joined" not in row]))
    assert "needs “Member Joined” events" in says("backtest", "other.yaml", "--orders", "plain.csv").stdout
    assert "needs “Member Joined” events" not in says("backtest", "other.yaml", "--orders", "orders.csv").stdout


def test_nothing_that_is_read_is_written_over(shop: Path) -> None:
    ask = ("backtest", "program.yaml", "--orders", "orders.csv")
    for option, file in (("--refused", "orders.csv"), ("--html", "./orders.csv"), ("--customers", "program.yaml")):
        assert "would be written over" in says(*ask, option, file, code=2).stderr
    assert "would be written over" in says(*ask, "--html", "one", "--customers", "one", code=2).stderr
    assert ((shop / "orders.csv").read_text(), (shop / "program.yaml").read_text()) == (ORDERS, PROGRAM)
    assert not (shop / "one").exists()


def test_refusals_that_cannot_be_written_are_complained_about(shop: Path) -> None:
    (shop / "bad.csv").write_text(ORDERS + "dan,5,yesterday,1.00,tea,\n")
    said = says("backtest", "program.yaml", "--orders", "bad.csv", "--refused", "no/where.csv", code=1).stderr
    assert "no/where.csv cannot be written" in said


def test_a_damaged_parquet_file_is_complained_about(shop: Path) -> None:
    (shop / "folder.parquet").mkdir()
    assert "cannot be read" in says("backtest", "program.yaml", "--orders", "folder.parquet", code=1).stderr
    table = pa.table({"customer": ["ada"] * 500, "order": [str(n) for n in range(500)], "amount": ["1.00"] * 500})
    table = table.append_column("happened_at", pa.array(["2017-03-04T17:00:00Z"] * 500))
    parquet.write_table(table, shop / "damaged.parquet")
    written = bytearray((shop / "damaged.parquet").read_bytes())
    written[40:400] = b"x" * 360
    (shop / "damaged.parquet").write_bytes(written)
    assert "damaged" in says("backtest", "program.yaml", "--orders", "damaged.parquet", code=1).stderr


def test_programs_in_two_time_zones_are_compared_month_by_month(shop: Path) -> None:
    """On New Year's Eve in New York it is January in Tokyo already."""
    (shop / "eve.csv").write_text("customer,order,happened_at,amount\nada,1,2017-12-31T20:00:00-05:00,10.00\n")
    (shop / "tokyo.yaml").write_text(PROGRAM.replace("America/New_York", "Asia/Tokyo"))
    ask = (
        "backtest",
        "program.yaml",
        "--orders",
        "eve.csv",
        "--compare",
        "tokyo.yaml",
        "--html",
        "report.html",
        "--json",
    )
    answer = json.loads(says(*ask).stdout)
    for months, issued in ((answer["months"], [20, 0]), (answer["compared_with"]["months"], [0, 10])):
        assert [month["month"] for month in months] == ["2017-12", "2018-01"]
        assert [month["issued"] for month in months] == issued


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("check", "nowhere.yaml"), 1, "cannot be read"),
        (("check", "."), 2, "is a directory"),
        (("backtest", "program.yaml", "--orders", "nowhere.csv"), 1, "cannot be opened"),
        (("backtest", "program.yaml"), 2, "--orders"),
        (("backtest", "program.yaml", "--orders", "orders.csv", "--until", "soon"), 2, "--until"),
        (("backtest", "program.yaml", "--orders", "orders.csv", "--map", "customer"), 1, "does not map"),
        (("backtest", "program.yaml", "--orders", "orders.csv", "--times-in", "Mars/Base"), 1, "not a time zone"),
        (("backtest", "program.yaml", "--orders", "orders.csv", "--processes", "0"), 2, "--processes"),
        (
            ("backtest", "program.yaml", "--orders", "orders.csv", "--customers", "no/such/folder.csv"),
            1,
            "cannot be written",
        ),
        (("backtest", "program.yaml", "--orders", "empty.csv"), 1, ""),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(shop: Path, words: tuple[str, ...], code: int, complaint: str) -> None:
    (shop / "empty.csv").write_text(ORDERS.splitlines()[0] + "\n")
    said = says(*words, code=code).stderr
    assert complaint in said
    assert "Error: " in said


def test_schema_is_json(shop: Path) -> None:
    assert json.loads(says("schema").stdout)["type"] == "object"


def test_help_teaches() -> None:
    said = says("--help").stdout
    for command in ("backtest", "check", "explain", "plan", "schema"):
        assert command in said
    for option in (
        "--orders",
        "--map",
        "--until",
        "--json",
        "--customers",
        "--html",
        "--compare",
        "--processes",
        "--skip-bad",
    ):
        assert option in says("backtest", "--help").stdout


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_the_installed_command_says_the_same_for_every_hash_seed(shop: Path, seed: str) -> None:
    call = "from regulars.boot import main; main()"
    words = ["backtest", "program.yaml", "--orders", "orders.csv", "--json", "--customers", f"customers-{seed}.csv"]
    done = subprocess.run(
        [sys.executable, "-c", call, *words],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        check=True,
    )
    answer = json.loads(done.stdout) | {"seconds": None}
    here = json.loads(says(*words).stdout) | {"seconds": None}
    assert answer == here
