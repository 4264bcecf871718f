"""The page about the program document and its JSON Schema say what the shapes say."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from regulars.boot import wiring
from regulars.cli import regulars
from regulars.wire.document import DocumentError
from regulars.wire.program import parse_program, program_schema
from regulars.wire.vocabulary.program import NOT_YET
from tests.wire.documents import PLAIN, documents
from tools.program_reference import PAGE, SCHEMA, TABLES, key_table, renewed

TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
PROGRAMS = sorted((Path(__file__).parents[2] / "programs").glob("*/program.yaml"))
VALIDATOR = Draft202012Validator(program_schema())


def accepted(document: str) -> bool:
    """By the schema, as an editor would see the document: YAML 1.2 knows no dates."""
    return VALIDATOR.is_valid(_without_dates(YAML(typ="safe", pure=True).load(document)))


def test_the_tables_of_keys_are_those_of_the_shapes():
    assert renewed(TEXT) == TEXT, "run `python -m tools.program_reference`"


def test_every_table_of_the_document_is_on_the_page():
    assert [name for name in TABLES if key_table(TABLES[name]) not in TEXT] == []


@pytest.mark.parametrize("part", NOT_YET)
def test_every_part_that_is_still_to_come_is_on_the_page(part):
    assert f"`{part}`" in TEXT.partition("Not yet: ")[2].partition(".")[0]


@pytest.mark.parametrize("example", EXAMPLES, ids=map(str, range(len(EXAMPLES))))
def test_the_examples_of_the_page_are_programs(example):
    """Each with what every program says, where it leaves that out."""
    given = {line.split(":")[0] for line in example.splitlines()}
    header = [line for line in PLAIN.splitlines()[:3] if line.split(":")[0] not in given]
    earning = [] if "earning" in given else PLAIN.splitlines()[3:]
    document = "\n".join([*header, *earning, example])

    assert parse_program(document).program.earning
    assert accepted(document)


def test_the_page_shows_a_mistake_as_it_is_told():
    shown = re.search(r"^```text\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    assert shown is not None
    document = "# a shop\n" + PLAIN.replace("America/New_York", "Europe/Stokholm")

    with pytest.raises(DocumentError) as refused:
        parse_program(document, "shop.yaml")
    assert str(refused.value) == shown[1].rstrip()


def test_the_schema_in_docs_is_the_one_that_the_command_prints():
    printed = CliRunner().invoke(regulars, ["schema"], obj=wiring(stopwatch=lambda: 0.0))

    assert printed.exit_code == 0
    assert SCHEMA.read_text(encoding="utf-8") == printed.output, "run `python -m tools.program_reference`"


def test_the_schema_is_one():
    Draft202012Validator.check_schema(program_schema())


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.parent.name)
def test_the_schema_accepts_every_example_program(path):
    assert accepted(path.read_text(encoding="utf-8"))


@given(documents())
def test_the_schema_accepts_what_the_command_accepts(tree):
    parse_program(json.dumps(tree))

    assert VALIDATOR.is_valid(tree)


@pytest.mark.parametrize(
    "document",
    [
        "[]",
        "program: a",
        PLAIN.replace("currency", "curency"),
        PLAIN.replace("USD", "dollars"),
        PLAIN.replace("1.00", "-1"),
        PLAIN.replace("1.00", "ten"),
        PLAIN.replace("1.00", "0"),
        PLAIN.replace("purchase", "Purchase!"),
        PLAIN.partition("earning")[0] + "earning: []",
        PLAIN + "members: nobody",
        PLAIN + "bonus: 3",
        PLAIN + "rewards: []",
        PLAIN + "points: {hold: 14}",
        PLAIN + "points: {hold: 14 dyas}",
        PLAIN + "points: {expire: sometimes}",
        PLAIN + "points: {expire: {until: end_of_month}}",
        PLAIN + "points: {name: {one: star}}",
        PLAIN + "tiers: {by: wishes, over: calendar_year, levels: [{id: a, at: 1}]}",
        PLAIN + "tiers: {by: spend, over: {year_from: 4-1}, levels: [{id: a, at: 1}]}",
        PLAIN + "tiers: {by: spend, over: rolling 37 months, levels: [{id: a, at: 1}]}",
        PLAIN + "tiers: {by: spend, over: calendar_year, levels: [{id: a, at: -1}]}",
        PLAIN + "tiers: {by: spend, over: calendar_year, levels: []}",
        PLAIN.replace("points: 1", "points: 1, when: {}"),
        PLAIN.replace("points: 1", "points: 1, when: {weekday: satruday}"),
        PLAIN.replace("points: 1", "points: 1, when: {from: today}"),
        PLAIN.replace("points: 1", "points: 1, only: {category: []}"),
        PLAIN.replace("points: 1", "points: 1, basis: {tax: perhaps}"),
    ],
)
def test_what_one_value_shows_the_schema_refuses_too(document):
    assert not accepted(document)
    with pytest.raises(DocumentError):
        parse_program(document)


def _without_dates(tree):
    if isinstance(tree, dict):
        return {key: _without_dates(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_without_dates(value) for value in tree]
    return tree.isoformat() if isinstance(tree, date) else tree
