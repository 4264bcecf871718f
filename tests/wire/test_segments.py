"""Segments in the program document: what they mean, and how every mistake is told."""

from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace

from regulars.kernel.calendar import Duration
from regulars.kernel.changes import changes
from regulars.kernel.program import Program
from regulars.kernel.segments.tree import (
    All,
    AnyOf,
    BetweenAgo,
    Dates,
    Did,
    Distinct,
    InOrder,
    InSegment,
    InShare,
    InTier,
    IsMember,
    KnownBy,
    NoneOf,
    Points,
    Same,
    Segment,
    Since,
    Step,
    Sum,
    Trailing,
    Trait,
)
from regulars.kernel.segments.values import Bounds, IsDate, IsNumber, IsOneOf, Property
from regulars.wire.document import DocumentError
from regulars.wire.program import load_program, parse_program, version_of
from regulars.wire.records import decode_program, encode_program
from tests.wire.documents import PLAIN

TIERS = (
    "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 1}, {id: gold, at: 2}, {id: platinum, at: 3}]}\n"
)
CORNER_SHOP = Path(__file__).parents[2] / "programs/corner-shop"
ORDER = "Order Completed"


def document(*segments: str) -> str:
    return PLAIN + TIERS + "segments:\n" + "".join([f"  {segment}\n" for segment in segments])


def segment(written: str):
    """The condition of a segment, which stands beside one that makes it somebody's."""
    (one,) = parse_program(document(f"asked: {{all: [{{known_by: email}}, {written}]}}")).program.segments
    assert isinstance(one.condition, All)
    return one.condition.conditions[1]


def mistakes(*segments: str) -> list[str]:
    with pytest.raises(DocumentError) as refused:
        parse_program(document(*segments), "p")
    return [f"{one.line}: {one.path}: {one.message}" for one in refused.value.problems]


def mistake(written: str) -> str:
    (only,) = mistakes(f"asked: {written}")
    return only.removeprefix("8: segments.asked").removeprefix(".").removeprefix(": ")


# --- what it means -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{did: Order Completed}", Did(ORDER)),
        (
            "{did: Order Completed, at_least: 2, within: 60 days, where: {category: [shoes], amount: {at_least: 50}}}",
            Did(
                ORDER,
                bounds=Bounds(Fraction(2)),
                window=Trailing(Duration(60, "days")),
                where=(
                    Property("products.category", IsOneOf(("shoes",))),
                    Property("amount", IsNumber(Bounds(Fraction(5_000)))),
                ),
            ),
        ),
        (
            "{did: Product Viewed, same: product_id, exactly: 3}",
            Did("Product Viewed", Same("product_id"), Bounds(Fraction(3), Fraction(3))),
        ),
        (
            "{sum: {of: amount, in: Order Completed}, at_least: 100.00}",
            Did(ORDER, Sum("amount"), Bounds(Fraction(10_000))),
        ),
        ("{sum: {of: stars, in: Rated}, at_least: 2.5}", Did("Rated", Sum("stars"), Bounds(Fraction(5, 2)))),
        (
            "{distinct: {of: category, in: Order Completed, from: 2017-01-01}, at_most: 1}",
            Did(ORDER, Distinct("products.category"), Bounds(None, Fraction(1)), Dates(17_167)),
        ),
        (
            "{did: Order Completed, between: {older: 60 days, newer: 1 week}}",
            Did(ORDER, window=BetweenAgo(Duration(60, "days"), Duration(1, "weeks"))),
        ),
        ("{since_last: Order Completed, more_than: 60 days}", Since(ORDER, "last", Duration(60, "days"))),
        ("{since_first: Order Completed, less_than: 1 year}", Since(ORDER, "first", None, Duration(1, "years"))),
        (
            "{in_order: [{did: Viewed}, {not: Order Completed, within: 24 hours}], within: 7 days}",
            InOrder((Step("Viewed"), Step(ORDER, (), Duration(24, "hours"), True)), Duration(7, "days")),
        ),
        ("{trait: city, is: [Lund, Malmö]}", Trait("city", IsOneOf(("Lund", "Malmö")))),
        ("{trait: born, after: 1970-01-01, before: 1980-01-01}", Trait("born", IsDate(1, 3_652))),
        ("{tier: {at_least: gold}}", InTier(("gold", "platinum"))),
        ("{tier: {at_most: silver}}", InTier(("silver",), True)),
        ("{tier: none}", InTier((), True)),
        ("{points: {available: {at_least: 100}}}", Points("available", Bounds(Fraction(100)))),
        (
            "{points: {available: {at_least: 1}, lifetime: {at_most: 9}}}",
            All((Points("available", Bounds(Fraction(1))), Points("lifetime", Bounds(None, Fraction(9))))),
        ),
        ("{member: no}", IsMember(False)),
        ("{share: 12.5%, salt: x}", InShare(Fraction(1, 8), "x")),
        (
            "{any: [{member: yes}], none: [{known_by: card}]}",
            All((AnyOf((IsMember(),)), NoneOf((KnownBy("card"),)))),
        ),
    ],
)
def test_what_is_said_is_what_is_meant(written, meant):
    assert segment(written) == meant


def test_segments_may_use_those_that_stand_below_them():
    program = parse_program(document("one: {in: two}", "two: {known_by: email}")).program

    assert program.segments[0] == Segment("one", InSegment("two"))


def test_the_corner_shop_with_segments_is_the_corner_shop_otherwise():
    with_segments = load_program(CORNER_SHOP / "with-segments.yaml").program
    without = load_program(CORNER_SHOP / "program.yaml")

    assert len(with_segments.segments) == 14
    assert version_of(replace(with_segments, segments=())) == without.version
    assert replace(with_segments, segments=()) == without.program


def test_the_order_of_segments_and_of_what_is_in_them_changes_no_version():
    one = parse_program(document("a: {all: [{known_by: email}, {tier: [silver, gold]}]}", "b: {member: yes}"))
    other = parse_program(
        document("b: {any: [{member: yes}]}", "a: {all: [{tier: [gold, silver]}, {known_by: email}]}")
    )
    third = parse_program(document("b: {member: yes}", "a: {all: [{tier: [gold, silver]}, {known_by: phone}]}"))

    assert one.version == other.version
    assert third.version != one.version


def test_what_was_published_is_read_again_as_it_was():
    rulebook = load_program(CORNER_SHOP / "with-segments.yaml")

    assert decode_program(encode_program(rulebook), rulebook.version).program == rulebook.program


def test_plans_tell_of_segments():
    def program(*segments: str) -> Program:
        return parse_program(document(*segments)).program

    before = program("regulars: {did: Order Completed, at_least: 3}", "gone: {member: yes}")
    after = program("regulars: {did: Order Completed, at_least: 4, within: 90 days}", "new: {known_by: email}")

    assert changes(before, after) == [
        "The segment “gone” is gone: Those who are members.",
        "New segment “new”: Those who are known by email.",
        (
            "The segment “regulars” is now: Those who did “Order Completed” at least 4 times in the last 90 days. "
            "Before: Those who did “Order Completed” at least 3 times."
        ),
    ]


# --- every mistake -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{did: Order Completed, at_least: 3, at_most: 2}", "at_most: nothing is at least 3 and at most 2; swap them"),
        ("{did: Order Completed, exactly: 3, at_most: 2}", "exactly: “exactly” goes without “at_least” and “at_most”"),
        ("{did: Order Completed, at_least: 1.5}", "at_least: expected a whole number, 0 or more; found “1.5”"),
        ("{did: Order Completed, within: 0 days}", "within: expected a duration above 0; found “0 days”"),
        (
            "{did: Order Completed, between: {older: 30 days, newer: 60 days}}",
            "between.newer: nothing lies within the last 30 days and not within the last 60 days; “newer” must be the shorter time",
        ),
        (
            "{did: Order Completed, from: 2017-05-01, to: 2017-05-01}",
            "to: “to” is the first day that no longer counts, and must come after “from”",
        ),
        (
            "{did: Order Completed, within: 3 days, from: 2017-05-01}",
            "from: “within” and “from” both say when; keep one of them",
        ),
        (
            "{did: Order Completed, sum: {of: amount, in: Order Completed}, at_least: 3}",
            "sum: “did” and “sum” are two conditions; put each into a table of its own, in a list under “all”",
        ),
        (
            "{all: [{member: yes}], did: Order Completed}",
            "did: “all” and “did” are two conditions; put each into a table of its own, in a list under “all”",
        ),
        ("{all: [{member: yes}], within: 3 days}", "within: “within” does not go with “all”"),
        ("{member: yes, within: 3 days}", "within: “within” does not go with “member”"),
        (
            "{since_last: Order Completed, at_least: 3}",
            "at_least: “at_least” does not go with “since_last”; there is “more_than”, “less_than” and “where”",
        ),
        (
            "{since_last: Order Completed}",
            "“since_last” needs “more_than” or “less_than”, such as more_than: 60 days",
        ),
        (
            "{since_last: Order Completed, more_than: 60 days, less_than: 30 days}",
            "less_than: nothing is more than 60 days ago and less than 30 days; “less_than” must be the longer time",
        ),
        (
            "{sum: {of: amount, in: Order Completed}}",
            "“sum” needs a number to be held against: “at_least”, “at_most” or “exactly”",
        ),
        (
            "{sum: {of: amount, in: Order Completed}, at_least: 1.005}",
            "at_least: an amount in USD has at most 2 decimals; found “1.005”",
        ),
        (
            "{did: Order Complete}",
            "did: “Order Complete” is nearly an event that is known, but not letter by letter; did you mean “Order Completed”?",
        ),
        (
            "{did: Product Viewed, where: {products.category: tea}}",
            "where: only “Order Completed” has products; write “category”",
        ),
        ("{did: Member Joined, where: {a: b}}", "where: “Member Joined” has no properties; leave “where” out"),
        (
            "{did: Rated, where: {stars: {at_least: 3, contains: a}}}",
            (
                "where.stars.at_least: “contains” and “at_least” are two tests; "
                "put each into a condition of its own, in a list under “all”"
            ),
        ),
        ("{tier: {at_least: glod}}", "tier: there is no level “glod”; did you mean “gold”?"),
        ("{tier: [gold, nine]}", "tier: there is no level “nine”; did you mean “none”?"),
        ("{tier: {at_least: gold, at_most: silver}}", "tier.at_most: no level is at least “gold” and at most “silver”"),
        (
            "{trait: birthday, within_next: 3 hours}",
            "within_next: days have no hours: expected days, weeks, months or years; found “3 hours”",
        ),
        (
            "{trait: birthday, after: 2017-01-01, before: 2017-01-02}",
            "before: no day is after the one and before the other; swap “after” and “before”",
        ),
        ("{in: else}", "in: there is no segment “else”"),
        (
            "{known_by: emial}",
            "known_by: “emial” is no kind of identity, nor declared under “identities”; did you mean “email”?",
        ),
        ("{share: 10%}", "“share” needs “salt”: any word; shares with the same salt draw the same customers"),
        ("{share: 100%, salt: x}", "share: expected a share above 0 % and below 100 %; found “100%”"),
        ("{share: 10, salt: x}", "share: expected a share such as “10%”; found “10”; did you mean “10%”?"),
        ("{in_order: [{not: Viewed}]}", "in_order[0].not: what did not happen is the last step, after one that did"),
        (
            "{in_order: [{did: Viewed, within: 1 day}, {did: Added}]}",
            "in_order[0].within: “within” counts from the step before, and this is the first",
        ),
        ("{in_order: [{within: 1 day}]}", "in_order[0]: a step says “did” or “not”, and only one of them"),
        ("{did: Order Completed, at_lest: 3}", "at_lest: there is no “at_lest” here; did you mean “at_least”?"),
        ("{score: engagement}", "score: “score” is not yet supported; leave it out for now"),
        ("{all: []}", "all: expected a list of conditions; found an empty list"),
    ],
)
def test_a_mistake_is_told_where_it_stands_and_how_to_mend_it(written, told):
    assert mistake(written) == told


def test_whoever_says_nothing_is_told_what_there_is_to_say():
    assert mistake("{within: 3 days}").startswith("a condition says “did”, “sum”, ")
    assert mistake("{trait: city}").startswith("“trait” needs a test: “is”, ")


@pytest.mark.parametrize(
    "written",
    [
        "{none: [{did: Order Completed}]}",
        "{did: Order Completed, exactly: 0}",
        "{any: [{did: Order Completed}, {none: [{known_by: email}]}]}",
        "{none: [{share: 10%, salt: x}]}",
        "{tier: none}",
    ],
)
def test_a_segment_of_those_who_have_not_is_refused(written):
    assert mistake(written) == (
        "“asked” says only what somebody did not do or has not: it would hold every visitor of whom nothing is known; "
        "add under “all” what they did or are, such as {known_by: email}"
    )


def test_a_segment_of_those_who_have_not_and_are_somebody_is_not():
    assert parse_program(document("asked: {all: [{known_by: email}], none: [{did: Order Completed}]}")).version
    assert parse_program(document("asked: {share: 10%, salt: x}")).version


def test_segments_that_go_round_in_a_circle_are_told_once():
    assert mistakes("a: {in: b}", "b: {all: [{in: c}]}", "c: {in: a}", "d: {in: a}") == [
        "10: segments.c.in: segments go round in a circle: “a” is in “b” is in “c” is in “a”"
    ]
    assert mistakes("a: {in: a}") == ["8: segments.a.in: segments go round in a circle: “a” is in “a”"]


def test_there_is_an_end_to_how_deep_how_many_and_how_much():
    deep = "{none: [" * 9 + "{member: yes}" + "]}" * 9
    assert mistake(deep).endswith(
        "a condition stands at most 8 deep within others; make a segment of a part of it, and say {in: that-segment}"
    )
    many = f"{{any: [{', '.join(['{member: yes}'] * 101)}]}}"
    assert mistake(many) == "a segment has at most 100 conditions; this has 101"
    segments = [f"s{number}: {{member: yes}}" for number in range(201)]
    assert mistakes(*segments) == ["8: segments: a program has at most 200 segments; this has 201"]


def test_conditions_within_conditions_by_alias_have_an_end_too():
    """What an alias brings in is as deep as if it were written out."""
    chain = ["s0: &a0 {member: yes}"] + [f"s{n}: &a{n} {{any: [*a{n - 1}]}}" for n in range(1, 150)]

    assert "at most 8 deep" in mistakes(*chain)[0]


def test_a_level_needs_tiers():
    with pytest.raises(DocumentError) as refused:
        parse_program(PLAIN + "segments: {a: {tier: gold}}")
    assert [one.message for one in refused.value.problems] == ["the program has no tiers"]
