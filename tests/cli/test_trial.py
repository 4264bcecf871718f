"""`regulars trial`, as a person and as a script would call it."""

import json
from pathlib import Path

import pytest

from tests.cli.test_segments import says

PROGRAM = """
program: tea
currency: USD
time_zone: America/New_York
points: {name: {one: leaf, other: leaves}, worth: 0.01}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: double, on: Order Completed, multiply: 2, for: {trial: doubles, arm: doubled}}
trials: {doubles: {arms: [plain, doubled]}}
"""
CLOCK = ("--clock", "2017-06-01T12:00:00-04:00")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path / "record"))
    rows = [f"user-{n},{n},2017-03-{1 + n % 28:02}T17:00:00Z,{10 + n % 7}.00" for n in range(60)]
    (tmp_path / "orders.csv").write_text("\n".join(["customer,order,happened_at,amount", *rows]))
    (tmp_path / "tea.yaml").write_text(PROGRAM)
    says("apply", "tea.yaml", "--yes")
    says("import", "orders", "orders.csv")
    return tmp_path


def test_a_person_reads_arms_and_what_they_differ_in(place: Path) -> None:
    said = says("trial", "doubles", *CLOCK).output
    assert "doubles: everybody takes part, drawn by “doubles”; of these are 50 % “plain” and 50 % “doubled”." in said
    assert "ordered again" in said
    assert "“doubled” against “plain”, a customer on the mean: sales, USD" in said
    assert "chance alone may do that" in said
    assert "doubles: everybody takes part" in says("trial", *CLOCK).output


def test_a_script_gets_the_same_as_the_backtest(place: Path) -> None:
    said = json.loads(says("trial", "doubles", "--json", *CLOCK).stdout)
    live = [(one["arm"], one["customers"], one["orders"], one["points"], one["withheld"]) for one in said["arms"]]
    assert sum(one[1] for one in live) == 60
    for orders in ("orders.csv", "recorded"):
        tested = json.loads(says("backtest", "tea.yaml", "--orders", orders, "--json").stdout)["trials"]
        assert live == [(one["arm"], one["customers"], one["orders"], one["points"], one["withheld"]) for one in tested]
    assert "doubles: plain" in says("backtest", "tea.yaml", "--orders", "orders.csv").output


def test_a_trial_that_is_not_there_is_named(place: Path) -> None:
    assert "the program has no trial “others”; there is doubles" in says("trial", "others", *CLOCK, code=1).output
