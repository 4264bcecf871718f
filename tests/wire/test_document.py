"""A program document as text: whatever somebody hands in, the answer is a program or words that say where and what to mend."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from regulars.wire.document import MAX_CHARACTERS, MAX_DEPTH, DocumentError, nearest, quoted
from regulars.wire.program import load_program, parse_program
from regulars.wire.vocabulary import earning, occasions, points, program, tiers
from tests.wire.documents import PLAIN

TABLES = {
    "program": program.PROGRAM,
    "points": points.POINTS,
    "name": points.POINTS_NAME,
    "earning": earning.RULE,
    "basis": earning.BASIS,
    "when": occasions.WHEN,
    "tiers": tiers.TIERS,
    "levels": tiers.LEVEL,
}
SECTIONS = (
    "program, currency, members, time_zone, points, earning, tiers, perks, pauses, games, clubs, holdout, trials, scores, "
    "interests, segments, lifecycle, rfm, identities, shared_device, consent, sources and retention"
)
CORNER_SHOP = (Path(__file__).parents[2] / "programs/corner-shop/program.yaml").read_text()


def mistakes(text: str) -> list[str]:
    """Everything that is wrong with it, as `line:column: path: message`."""
    with pytest.raises(DocumentError) as refused:
        parse_program(text, "p")
    return [problem.describe("p").removeprefix("p:") for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "1:1: the document is empty"),
        ("# nothing but a comment\n", "1:1: the document is empty"),
        ("currency: USD\n\tmembers: everyone", "2:1: a tab stands here; indent with blanks"),
        ("program: a: b", "1:11: a “:” stands where there can be none; is the line indented wrongly?"),
        ("program: a\n currency: USD", "2:10: a “:” stands where there can be none; is the line indented wrongly?"),
        ("currency: USD\nprogram\nmembers: x", "2:1: this line belongs to no key; is a “:” missing, or the indentation wrong?"),
        ("earning:\n  - id: a\n on: b", "3:2: this line is not indented as those that it belongs to"),
        ('program: "shop', "1:10: a quotation mark is opened and never closed"),
        ("points: {name: x", "1:17: a “,” or the closing “}” of this table is missing"),
        ("points: [a, b", "1:14: a “,” or the closing “]” of this list is missing"),
        ("points: {", "1:10: the document ends in the middle of a list or a table; is a “]” or “}” missing?"),
        ("program: @shop", "1:10: a text that starts with this character needs quotation marks"),
        ("program: a\0b", "1:11: the character U+0000 cannot stand in YAML"),
        ("a: b\nprogram: \x07", "2:10: the character U+0007 cannot stand in YAML"),
        ("program: \ud800", "1:10: the character U+D800 cannot stand in YAML"),
        (PLAIN + "---\n" + PLAIN, "6:1: a second document starts here; a program is one document"),
        (PLAIN + "...\nfoo: bar", "7:1: a second document starts here; a program is one document"),
        ("a: " + "[" * 40_000, f"1:{3 + MAX_DEPTH}: tables and lists are nested deeper than 30 levels here"),
        ("- " * 40_000, f"1:{2 * MAX_DEPTH + 1}: tables and lists are nested deeper than 30 levels here"),
        ("? " * 40_000, f"1:{2 * MAX_DEPTH + 1}: tables and lists are nested deeper than 30 levels here"),
        ("a" * (MAX_CHARACTERS + 1), "1:1: a program has at most 200,000 characters; this has 200,001"),
        ("[" + "a," * 60_000 + "]", "1:1: a program has at most 50,000 values; from here on there are more"),
        ("%YAML 3.0\n---\na: b", "1:1: this is not YAML 1.2: found incompatible YAML document (version 1.* is required)"),
        ('program: "\\UFFFFFFFF"', "1:1: this is not YAML 1.2: Python int too large to convert to C int"),
    ],
)  # fmt: skip
def test_what_is_not_yaml_is_refused_where_it_stops_being_so(text, mistake):
    assert mistakes(text) == [mistake]


@pytest.mark.parametrize(
    ("sixth_line", "mistake"),
    [
        ("members: everyone\nmembers: everyone\n", "7:1: members: “members” stands here a second time; the first is on line 6"),
        ("members: !!str everyone\n", "6:10: the tag “tag:yaml.org,2002:str” is not understood; write the value without it"),
        ("members: !everyone everyone\n", "6:10: the tag “!everyone” is not understood; write the value without it"),
        ("points: !!python/object:os.system {worth: 1}\n",
         "6:9: the tag “tag:yaml.org,2002:python/object:os.system” is not understood; write the value without it"),
        ("members: *everyone\n", "6:10: nothing above is marked “&everyone”, which this stands for"),
        ("points: &own {worth: *own}\n", "6:22: nothing above is marked “&own”, which this stands for"),
        ("<<: {members: everyone}\n", "6:1: <<: “<<” is not known in YAML 1.2; write the keys out"),
        ("? [members, points]\n: everyone\n", "6:3: a key must be a word"),
        ("~: everyone\n", "6:1: a key must be a word"),
        ("17: everyone\n",
         f"6:1: 17: there is no “17” here; there is {SECTIONS}"),
        ("members:\n", "6:1: members: expected “everyone” or “those_who_join”; found nothing"),
        ("members: ~\n", "6:10: members: expected “everyone” or “those_who_join”; found nothing"),
        ("members: [everyone]\n", "6:10: members: expected “everyone” or “those_who_join”; found a list"),
        ("members: {}\n", "6:10: members: expected “everyone” or “those_who_join”; found an empty table"),
        ("points: [worth]\n", "6:9: points: expected a table that says how points live; found a list"),
        ("members: &a every one\npoints: {name: {one: *a, other: *a}}\n",
         "6:10: members: expected “everyone” or “those_who_join”; found “every one”; did you mean “everyone”?"),
    ],
)  # fmt: skip
def test_yaml_that_programs_do_without_is_refused_with_its_place(sixth_line, mistake):
    assert mistakes(PLAIN + sixth_line) == [mistake]


def test_a_yaml_1_1_document_is_refused_since_it_would_read_otherwise():
    assert mistakes(f"%YAML 1.1\n---\n{PLAIN}") == [
        "2:1: a program is written in YAML 1.2; leave out the line that names another version"
    ]


def test_a_list_or_a_word_is_no_program():
    expected = "expected a program: a table with “program”, “currency”, “time_zone” and “earning”"

    assert mistakes("- a\n- b") == [f"1:1: {expected}; found a list"]
    assert mistakes("program") == [f"1:1: {expected}; found “program”"]


def test_what_an_alias_brings_to_three_places_is_one_mistake():
    text = """
      earning:
        - {id: a, on: Order Completed, per: 1, points: 1, when: &days {weekday: [sonday]}}
        - {id: b, on: Order Completed, per: 1, points: 1, when: *days}
        - {id: c, on: Order Completed, multiply: 2, when: *days}
    """
    weekdays = "“monday”, “tuesday”, “wednesday”, “thursday”, “friday”, “saturday” or “sunday”"

    assert mistakes(PLAIN.partition("earning")[0] + text.strip()) == [
        f"5:82: earning[0].when.weekday[0]: expected {weekdays}; found “sonday”; did you mean “sunday”?"
    ]


def test_aliases_that_unfold_to_too_much_are_refused_without_unfolding_them():
    """The billion laughs: nine lists, each of ten times the one before."""
    lines = [
        "a: &a [x]",
        *[f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in zip("abcdefghi", "bcdefghij", strict=True)],
    ]

    assert mistakes("\n".join(lines)) == ["6:4: a program has at most 50,000 values; from here on there are more"]


def test_aliases_and_marks_used_twice_mean_what_they_stand_for():
    rules = """earning:
  - {id: &name one, on: &event Order Completed, per: 1, points: 1}
  - {id: &name two, on: *event, points: 5}
points: {name: {one: *name, other: twos}}
"""
    program = parse_program(PLAIN.partition("earning")[0] + rules).program

    assert [(rule.id, rule.on) for rule in program.earning] == [("one", "Order Completed"), ("two", "Order Completed")]
    assert program.points.name.one == "two"


def test_windows_line_ends_a_byte_order_mark_and_json_are_all_the_same():
    plain = parse_program(CORNER_SHOP).version

    assert parse_program(CORNER_SHOP.replace("\n", "\r\n")).version == plain
    assert parse_program("\ufeff" + CORNER_SHOP).version == plain
    as_json = {"program": "corner-shop", "currency": "USD", "time_zone": "America/New_York"}
    rule = {"id": "purchase", "on": "Order Completed", "per": 1.0, "points": 1}
    assert parse_program(json.dumps(as_json | {"earning": [rule]})).version == parse_program(PLAIN).version


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_a_file_that_is_not_utf_8_is_refused_at_the_byte(tmp_path, mark):
    file = tmp_path / "latin.yaml"
    file.write_bytes(mark + "program: åäö\n# ö: ".encode() + "Åsa\nname: Åsa".encode("latin-1"))

    with pytest.raises(DocumentError, match=r"latin\.yaml:2:6: this is not UTF-8 text; save the file as UTF-8"):
        load_program(file)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_program(tmp_path / "absent.yaml")


def test_long_and_invisible_words_are_cut_and_made_visible():
    assert quoted("a\x1b[31mb\u202e") == "“a�[31mb�”"
    assert quoted("x" * 100) == f"“{'x' * 60}…”"


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("calender_year", ["calendar_year", "rolling"], "calendar_year"),
        ("calendar year", ["calendar_year", "rolling"], "calendar_year"),
        ("USD", ["usd", "USD"], "USD"),
        ("x", ["calendar_year"], None),
        ("calendar_year" * 10, ["calendar_year"], None),
    ],
)
def test_the_nearest_word(word, known, near):
    assert nearest(word, known) == near


# --- whatever somebody hands in ------------------------------------------------------------------------------------------


def answered(text: str) -> None:
    """A program, or problems in the order of the file, each within it, in one line, with words."""
    try:
        parse_program(text, "p")
    except DocumentError as error:
        places = [(one.line, one.column) for one in error.problems]
        assert places
        assert places == sorted(places)
        assert all(1 <= line <= len(text.splitlines()) + 1 and column >= 1 for line, column in places)
        for problem in error.problems:
            assert problem.message
            assert problem.message.isprintable()


@given(st.text(st.characters(codec=None), max_size=80))
@example('"\\x')
@example("!<a>")
@example("%TAG ! a\n--- !b c")
@example("%YAML 99999999999999999999.1\n---\na")
@example("a: |99\n b")
@example("a: !<tag:%ff> b")
def test_any_text_is_answered(text):
    answered(text)


@given(st.text(st.sampled_from("-:?[]{},&*!|>'\"%@`#~ \n\tab01<=./\\uUx\u2028\x85"), max_size=60))
def test_any_heap_of_yaml_signs_is_answered(text):
    answered(text)


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), st.sampled_from(["never", "USD", "1e3"])
)
KEYS = st.sampled_from([*TABLES, *[name for table in TABLES.values() for name in table.keys], "limit", "rewards"])
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=6)),
    max_leaves=25,
)


@given(TREES)
def test_any_tree_is_answered(tree):
    answered(json.dumps(tree))


NEARLY = st.from_regex(
    r"-?[0-9]{0,14}([.,/_-][0-9]{1,4}){0,2} ?(days?|monts|year|h|w|e9|e-9|%|USD)?|rolling [0-9]{0,5} ?(months?|years|yeer)?",
    fullmatch=True,
)
WHOLE = YAML(typ="safe", pure=True).load(CORNER_SHOP.replace("multiply: 2", "multiply: 2\n    only: {size: S}"))


@given(st.data())
def test_the_corner_shop_with_almost_a_value_in_any_place_is_answered(data):
    answered(json.dumps(_with_one_leaf(data, WHOLE, data.draw(NEARLY)), default=str))


def _with_one_leaf(data, tree, leaf):
    if isinstance(tree, dict):
        key = data.draw(st.sampled_from(sorted(tree)))
        return {**tree, key: _with_one_leaf(data, tree[key], leaf)}
    if isinstance(tree, list):
        place = data.draw(st.integers(0, len(tree) - 1))
        return [*tree[:place], _with_one_leaf(data, tree[place], leaf), *tree[place + 1 :]]
    return leaf


@given(st.data())
def test_the_corner_shop_with_anything_in_any_place_is_answered(data):
    """One piece is cut out, doubled, moved or replaced."""
    start = data.draw(st.integers(0, len(CORNER_SHOP)))
    end = data.draw(st.integers(start, min(len(CORNER_SHOP), start + 30)))
    source = data.draw(st.integers(0, len(CORNER_SHOP)))
    other = data.draw(st.one_of(st.just(CORNER_SHOP[source : source + 20]), st.text(max_size=5)))

    answered(CORNER_SHOP[:start] + other + CORNER_SHOP[end:])
