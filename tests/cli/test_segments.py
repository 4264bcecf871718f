"""`regulars segments` says the same by whatever it is worked out, and leaves nothing behind."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from regulars.boot import wiring
from regulars.cli import regulars
from regulars.service.refreshing import FILE_NAME
from regulars.store.database import Store

PROGRAM = """
program: tea
currency: USD
time_zone: America/New_York
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
segments:
  twice: {did: Order Completed, at_least: 2}
  green: {did: Order Completed, where: {product: green}}
  both: {all: [{in: twice}, {in: green}]}
"""

ORDERS = """customer,order,happened_at,amount,product
ada,1,2017-03-01T17:00:00Z,45.80,green
ada,2,2017-03-02T17:00:00Z,4.20,black
bob,3,2017-03-02T18:00:00Z,9.99,green
"""


@pytest.fixture
def place(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    return _founded(tmp_path, database, monkeypatch)


def _founded(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path / "record"))
    if not database.startswith("sqlite"):
        monkeypatch.setenv("REGULARS_DATABASE_URL", database)
    (tmp_path / "tea.yaml").write_text(PROGRAM)
    (tmp_path / "orders.csv").write_text(ORDERS)
    says("apply", "tea.yaml", "--yes")
    says("import", "orders", "orders.csv")
    return tmp_path


@pytest.fixture
def sqlite_place(tmp_path: Path, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    return _founded(tmp_path, sqlite, monkeypatch)


def says(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(regulars, words, obj=wiring())
    assert result.exit_code == code, result.output
    return result


def answers(*words: str) -> Any:
    return json.loads(says("segments", *words, "--clock", "2017-04-01T00:00:00Z", "--json").stdout)


def test_every_engine_says_the_same(place: Path, database: str) -> None:
    engines = ["reference", "duckdb"] if database.startswith("sqlite") else ["reference", "duckdb", "postgresql"]
    before = sorted(place.rglob("*insight*"))

    for engine in engines:
        answer = answers("--engine", engine)
        assert [(one["id"], one["customers"]) for one in answer["segments"]] == [
            ("twice", 1),
            ("green", 2),
            ("both", 1),
        ]
        assert (answer["customers"], answer["without_profiling"], answer["engine"]) == (2, 0, engine)
        assert answer["seconds"] > 0
        assert answers("--engine", engine, "--list", "green")["customers"] == ["ada", "bob"]
        said = says("segments", "--engine", engine, "--list", "both")
        assert said.stdout == "ada\n"
        assert f"s ({engine})." in said.stderr
        assert "did you mean “green”?" in says("segments", "--engine", engine, "--list", "gren", code=1).stderr
    assert sorted(place.rglob("*insight*")) == before == []


def test_a_record_that_is_a_file_has_no_postgresql_to_ask(sqlite_place: Path) -> None:
    said = says("segments", "--engine", "postgresql", code=1).stderr
    assert "this shop's record is a file: --engine postgresql wants one that is kept in PostgreSQL" in said


def rows_of(place: Path, statement: str) -> list[Any]:
    store = Store(f"sqlite:///{place / 'record' / 'regulars.db'}")
    try:
        with store.writing() as tx:
            done = tx.core.execute(text(statement))
            return list(done) if done.returns_rows else []
    finally:
        store.close()


def test_an_audit_finds_what_was_planted_and_ends_with_1(sqlite_place: Path) -> None:
    assert "2 of 2 customers compared" in says("segments", "--audit").stdout
    done = json.loads(says("segments", "--audit", "--all", "--json").stdout)
    assert (done["customers"], done["compared"], done["drifts"], done["found"]) == (2, 2, 0, [])

    rows_of(sqlite_place, "DELETE FROM memberships WHERE segment = 'both'")
    rows_of(sqlite_place, "INSERT INTO memberships VALUES ('twice', 'nobody', 0)")
    done = json.loads(says("segments", "--audit", "--json", code=1).stdout)
    [(ada,)] = rows_of(
        sqlite_place, "SELECT customer FROM memberships WHERE segment = 'twice' AND customer <> 'nobody'"
    )
    assert done["found"] == [
        {"segment": "both", "customer": ada, "listed": False},
        {"segment": "twice", "customer": "nobody", "listed": True},
    ]
    said = says("segments", "--audit", code=1).stdout
    assert "twice  nobody  listed, but not in it" in said
    assert f"both  {ada}  in it, but not listed" in said
    assert "WRONG  segments" in says("doctor", code=1).stdout
    assert sorted((sqlite_place / "record").glob(".insight-*")) == []


def test_an_audit_by_a_clock_that_is_behind_compares_nobody_and_says_so(sqlite_place: Path) -> None:
    said = says("segments", "--audit", "--clock", "2017-04-01").stdout
    assert "0 of 2 customers compared" in said
    assert "this clock is behind the record" in said


def test_an_audit_stands_alone(sqlite_place: Path) -> None:
    for words in (("--all",), ("--audit", "--list", "twice"), ("--audit", "--engine", "reference")):
        assert "--audit" in says("segments", *words, code=2).stderr


def test_whoever_is_erased_is_not_kept_in_the_analytic_file(sqlite_place: Path) -> None:
    (kept := sqlite_place / "record" / FILE_NAME).write_bytes(b"tells of ada")
    says("person", "erase", "user_id:ada", "--yes")
    assert not kept.exists()
    says("person", "erase", "user_id:bob", "--yes")
