"""A condition as a form, and back: nothing is lost, whatever the document can say; and what else the document says stays."""

from pathlib import Path

import pytest

from regulars.wire.document_writing import NotWritable
from regulars.wire.program import parse_program
from regulars.wire.segment_checks import GO_WITH
from regulars.wire.segment_form import (
    LEAVES,
    ROOT,
    TESTS_OF_A_VALUE,
    Draft,
    drafted,
    joined,
    parts_of,
    read_form,
    split,
    written,
)
from regulars.wire.segment_trial import tried, without
from regulars.wire.segment_writing import segments_in, with_segment
from regulars.wire.vocabulary.segments import CONDITION

PROGRAMS = Path(__file__).parents[2] / "programs/corner-shop"
DOCUMENT = """\
program: test
currency: USD
time_zone: UTC
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
tiers: {by: spend, over: rolling 12 months, levels: [{id: silver, at: 50}, {id: gold, at: 500}]}
scores: {zeal: {adds: {Order Completed: 50}, levels: [{id: keen, at: 80}]}}
interests: {drawn: {of: category, adds: {Order Completed: 1}}}
"""
EVERY_KIND = """\
segments:
  a: {did: Order Completed, at_least: 2, within: 60 days, where: {category: [shoes, "boots, high"], price: {at_least: 5}}}
  b: {did: Product Viewed, same: product_id, at_least: 3, between: {older: 60 days, newer: 30 days}}
  c: {sum: {of: amount, in: Order Completed, from: 2017-11-01, to: 2017-12-01}, at_least: 100.00, at_most: 200}
  d: {average: {of: amount, in: Order Completed}, at_most: 15}
  e: {all: [{least: {of: amount, in: Order Completed}, at_least: 5}, {greatest: {of: amount, in: Order Completed}, exactly: 9}]}
  f: {distinct: {of: products.category, in: Order Completed, within: 365 days}, exactly: 1}
  g: {since_last: Order Completed, more_than: 60 days, where: {category: tea}}
  h: {since_first: Product Viewed, more_than: 2 days, less_than: 30 days}
  i: {share_of: {in: Order Completed, where: {category: tea}, within: 12 months, at_least: 30%}}
  j: {rhythm: {of: last_gap, more_than: 2, at_most: 3, presumed: 30 days}}
  k: {lifecycle: [new, active]}
  l: {rfm: champions}
  m: {rfm: {r: 4-5, f: 3-5}}
  n:
    in_order:
      - {did: Product Viewed, where: {category: tea}}
      - {did: Product Added, within: 2 hours}
      - {not: Order Completed, within: 24 hours}
    within: 7 days
  o: {trait: city, is: [Lund, "Malmö, C"]}
  p: {trait: age, at_least: 18, at_most: 65}
  q: {trait: birthday, anniversary_within: 7 days}
  r: {trait: since, after: 2017-01-01, before: 2018-01-01}
  s: {visit: {device: phone, city: {starts_with: L}}}
  t: {first_visit: {channel: [paid_search, paid_social]}}
  u: {near: {latitude: 55.7, longitude: -13.19, within: 25 km, traits: {latitude: lat, longitude: lng}}}
  v: {all: [{list: [vip, friends]}, {tier: {at_least: silver, at_most: gold}}]}
  w: {all: [{known_by: email}, {tier: [silver, none]}]}
  x: {points: {available: {at_least: 100}, lifetime: {exactly: 3}}}
  y: {expiring_points: {within: 30 days, at_least: 50}}
  z: {all: [{member: yes}, {consent: email}, {in: a}, {known_by: email}]}
  aa: {score: zeal, at_least: 80}
  ab: {score: zeal, level: keen}
  ac: {interest: drawn, value: tea, top: 1}
  ad: {all: [{share: 10%, salt: spring}, {known_by: email}]}
  ae: {any: [{in: a}, {none: [{in: b}, {in: c}], all: [{in: d}]}], include: friends, exclude: [staff, "a, b"]}
  af: {include: [vip, "x"], exclude: staff}
  ag: {all: [{did: Order Completed}], none: [{trait: city, is_not: Lund}, {trait: city, set: no}]}
"""


def test_whatever_a_document_says_comes_back_from_the_form_and_means_the_same() -> None:
    document = DOCUMENT + EVERY_KIND
    after = document
    for id, said in segments_in(document).items():
        wrote = written(read_form(form_of(drafted(said))))
        assert (id, wrote.troubles) == (id, {})
        after = with_segment(after, id, wrote.said, id)
    assert after != document
    assert meanings(after) == meanings(document)


@pytest.mark.parametrize("name", ["with-segments.yaml", "thirty-segments.yaml"])
def test_a_shops_own_document_comes_back_and_only_the_lines_of_that_segment_are_written_anew(name: str) -> None:
    document = (PROGRAMS / name).read_text("utf-8")
    after = document
    for id, said in segments_in(document).items():
        before, after = after, with_segment(after, id, written(drafted(said)).said, id)
        kept = [line for line in before.splitlines() if line in after.splitlines()]
        assert len(kept) >= len(before.splitlines()) - 8
    assert meanings(after) == meanings(document)
    comments = [line for line in document.splitlines() if line.lstrip().startswith("#")]
    assert [line for line in after.splitlines() if line.lstrip().startswith("#")] == comments


def test_the_examples_above_leave_no_kind_of_condition_out() -> None:
    kinds = {kind for kind in LEAVES if f"{{{kind}:" in EVERY_KIND or f"    {kind}:" in EVERY_KIND}
    assert kinds == set(LEAVES)
    assert set(CONDITION.keys) >= set(GO_WITH)


@pytest.mark.parametrize("test", TESTS_OF_A_VALUE)
def test_every_test_of_a_value_comes_back(test: str) -> None:
    fields = {"trait": "x", "tested.test": test, "tested.value": "1", "tested.other": "2" if " " in test else ""}
    said = written(Draft("all", {}, (Draft("trait", fields),))).said
    back = drafted(said).inside[0].fields
    assert {name: one for name, one in back.items() if one} == {name: one for name, one in fields.items() if one}


def test_what_is_wrong_is_told_of_the_field_that_says_it() -> None:
    form = {
        "c:kind": "all",
        "c.0:kind": "sum",
        "c.0:sum.of": "amount",
        "c.0:sum.in": "Order Complete",
        "c.0:at_least": "ten",
        "c.1:kind": "any",
        "c.1.0:kind": "did",
        "c.1.0:did": "Order Completed",
        "c.1.0:where.3.property": "price",
        "c.1.0:where.3.test": "at_least",
        "c.1.0:where.3.value": "much",
        "c.1.1:kind": "",
    }
    wrote = written(read_form(form))
    faults = tried(DOCUMENT, "new", wrote.said).faults
    told = {wrote.field_of(fault.place or ""): fault.message for fault in faults}
    assert "did you mean “Order Completed”?" in told["c.0:sum.in"]
    assert told["c.0:at_least"].startswith("expected a number")
    assert told["c.1.0:where.3.value"].startswith("expected a number")
    assert told["c.1.1:kind"].startswith("expected a condition")


def test_a_property_that_is_tested_twice_and_a_level_said_in_two_ways_are_told_by_the_form() -> None:
    twice = {"where.0.property": "a", "where.0.value": "1", "where.1.property": "a", "where.1.value": "2"}
    wrote = written(
        Draft(
            "all", {}, (Draft("did", {"did": "X", **twice}), Draft("tier", {"tier": "gold", "tier.at_least": "gold"}))
        )
    )
    assert set(wrote.troubles) == {"c.0:where.1.property", "c.1:tier.at_least"}


def test_a_bad_name_and_one_that_is_taken_are_refused() -> None:
    document = DOCUMENT + "segments: \n  a: {did: X}\n"
    [fault] = tried(document, "Gold Sleepers", {"did": "X"}).faults
    assert (fault.place, fault.message.endswith("did you mean “gold-sleepers”?")) == ("name", True)
    [fault] = tried(document, "a", {"did": "X"}).faults
    assert fault.place == "name"
    assert tried(document, "b", {"did": "X"}, "a").program is not None


def test_values_with_commas_stand_in_quotation_marks() -> None:
    for values in (["a"], ["a", "b c"], ["a, b", "c"], ['say "x"', "y"], ["ünï"]):
        assert split(joined(values)) == values


def test_a_first_segment_gets_its_section_and_the_last_one_takes_it_away() -> None:
    said = {"did": "Order Completed"}
    after = with_segment(DOCUMENT, "buyers", said)
    assert after == DOCUMENT + "\nsegments:\n  buyers: {did: Order Completed}\n"
    assert without(after, "buyers").document.rstrip("\n") == DOCUMENT.rstrip("\n")


def test_a_document_that_cannot_be_changed_piece_by_piece_is_left_alone() -> None:
    for document in (
        DOCUMENT + "segments: {a: {did: X}}\n",
        DOCUMENT + "segments:\n  a: &x {did: X}\n  b: {all: [*x]}\n",
    ):
        with pytest.raises(NotWritable):
            with_segment(document, "a", {"did": "Y"}, "a")
    [fault] = tried(DOCUMENT + "segments: {a: {did: X}}\n", "b", {"did": "Y"}).faults
    assert fault.message.endswith("change it on the page of the program.")


@pytest.mark.parametrize(
    "text", ["a: b", "#x", "null", "- y", "“ü”", "a\\b", '"', "{", "yes", "'", "1_000", "😀", "a #b"]
)
def test_any_text_can_be_said(text: str) -> None:
    after = with_segment(DOCUMENT, "a", {"trait": "x", "is": text})
    assert segments_in(after) == {"a": {"trait": "x", "is": text}}


def meanings(document: str) -> dict[str, object]:
    """Each segment's condition, in one order whatever stands first."""
    return {one.id: one.canonical().condition for one in parse_program(document).program.segments}


def form_of(draft: Draft, node: str = ROOT) -> dict[str, str]:
    """As a browser would send it."""
    form = {f"{node}:kind": draft.kind, **{f"{node}:{path}": value for path, value in draft.fields.items()}}
    for number, one in enumerate(draft.inside):
        form |= form_of(one, f"{node}.{number}")
    return form


def test_every_field_of_a_condition_belongs_to_a_part_that_the_builder_shows() -> None:
    for id, said in segments_in(DOCUMENT + EVERY_KIND).items():
        for draft in drafted(said).inside:
            shown = [part.path for part in parts_of(draft.kind)] + ["include", "exclude"]
            hidden = [
                path for path in draft.fields if not any(path == one or path.startswith(f"{one}.") for one in shown)
            ]
            assert (id, hidden) == (id, [])
