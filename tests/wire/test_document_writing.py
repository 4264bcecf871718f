"""A document is made to say something else, and nothing else about it changes."""

from copy import deepcopy
from difflib import ndiff
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.wire.document_writing import NotWritable, flow, plain_of, rewritten

DOCUMENT = """\
# Our program.
program: corner-shop

earning:            # what gives points
  - id: purchase
    on: Order Completed
    per: 1.00       # whole units only
    points: 1
  # At the weekend.
  - id: weekend
    on: Order Completed
    when: {weekday: [saturday, sunday]}    # on the shop's wall
    multiply: 2

tiers:
  by: spend
  levels:
    - {id: silver, at: 500}
    - {id: gold, at: 1500, earn: 1.2, perks: [early]}   # the good ones
"""


def changed(change: Any, document: str = DOCUMENT) -> list[str]:
    """The lines that go and those that come, after what `change` did to the plain values."""
    wanted: Any = deepcopy(plain_of(document))
    change(wanted)
    written = rewritten(document, wanted)
    assert plain_of(written) == wanted
    return [line for line in ndiff(document.split("\n"), written.split("\n")) if line[0] in "+-"]


def test_what_says_so_already_is_left_as_it_is() -> None:
    assert rewritten(DOCUMENT, plain_of(DOCUMENT)) == DOCUMENT


def test_a_value_changes_and_its_comment_stays() -> None:
    assert changed(lambda said: said["earning"][0].update(per="2.50")) == [
        "-     per: 1.00       # whole units only",
        "+     per: 2.50       # whole units only",
    ]


def test_a_list_in_brackets_changes_within_its_line() -> None:
    assert changed(lambda said: said["earning"][1]["when"].update(weekday=["friday"])) == [
        "-     when: {weekday: [saturday, sunday]}    # on the shop's wall",
        "+     when: {weekday: [friday]}    # on the shop's wall",
    ]


def test_a_key_is_put_behind_the_others_and_another_is_taken_out() -> None:
    def change(said: Any) -> None:
        del said["earning"][0]["per"]
        said["earning"][0]["when"] = {"from": "2026-01-01"}

    assert changed(change) == [
        "-     per: 1.00       # whole units only",
        "+     when: {from: 2026-01-01}",
    ]


def test_a_rule_that_goes_takes_the_comment_above_it_along() -> None:
    assert changed(lambda said: said["earning"].pop(1)) == [
        "-   # At the weekend.",
        "-   - id: weekend",
        "-     on: Order Completed",
        "-     when: {weekday: [saturday, sunday]}    # on the shop's wall",
        "-     multiply: 2",
    ]


def test_what_is_new_is_written_as_those_beside_it_are() -> None:
    def change(said: Any) -> None:
        said["earning"].append({"id": "review", "on": "Product Reviewed", "points": "50"})
        said["tiers"]["levels"].insert(1, {"id": "middle", "at": "700"})
        said["perks"] = {"early": {"title": "Early: access"}}

    assert changed(change) == [
        "+   - id: review",
        "+     on: Product Reviewed",
        "+     points: 50",
        "+     - {id: middle, at: 700}",
        "+ perks:",
        '+   early: {title: "Early: access"}',
        "+ ",
    ]


def test_out_of_a_table_in_braces() -> None:
    assert changed(lambda said: said["tiers"]["levels"][1].pop("perks")) == [
        "-     - {id: gold, at: 1500, earn: 1.2, perks: [early]}   # the good ones",
        "+     - {id: gold, at: 1500, earn: 1.2}   # the good ones",
    ]
    assert changed(lambda said: said["tiers"]["levels"][1].pop("at"))[1] == (
        "+     - {id: gold, earn: 1.2, perks: [early]}   # the good ones"
    )


def test_what_an_alias_shares_is_left_to_people() -> None:
    document = "one: &it {a: 1}\nother: *it\n"
    wanted: Any = {"one": {"a": "1"}, "other": {"a": "2"}}

    with pytest.raises(NotWritable, match="page of the program"):
        rewritten(document, wanted)


WORDS = st.text("abc: #-{}[]'\"\\,&*!|>%@`~01\t", max_size=6)
NAMES = st.sampled_from(["a", "b", "c", "on", "1"])
SAID: st.SearchStrategy[Any] = st.recursive(
    WORDS | st.none(),
    lambda inside: st.lists(inside, min_size=1, max_size=4) | st.dictionaries(NAMES, inside, min_size=1, max_size=4),
    max_leaves=12,
)
WHOLE = st.dictionaries(NAMES, SAID, min_size=1, max_size=4)


@given(WHOLE, WHOLE)
def test_whatever_is_wanted_is_said_or_refused_and_never_something_else(before: Any, wanted: Any) -> None:
    document = "# Kept.\n" + "".join([f"{flow(name)}: {flow(value)}\n" for name, value in before.items()])
    try:
        written = rewritten(document, wanted)
    except NotWritable:
        return

    assert plain_of(written) == wanted
    assert "# Kept.\n" in written


@given(st.sampled_from(sorted(Path("programs").glob("*/program.yaml"))), st.data())
def test_any_value_of_a_real_program_can_be_changed_without_losing_a_comment(path: Path, data: st.DataObject) -> None:
    document = path.read_text("utf-8")
    wanted: Any = deepcopy(plain_of(document))
    inside: Any = wanted
    while True:
        key = data.draw(st.sampled_from(sorted(inside) if isinstance(inside, dict) else range(len(inside))))
        if not isinstance(inside[key], dict | list) or not inside[key]:
            break
        inside = inside[key]
    inside[key] = "x y"

    written = rewritten(document, wanted)

    assert plain_of(written) == wanted
    assert written.count("#") == document.count("#")
    assert written.count("\n") == document.count("\n")
