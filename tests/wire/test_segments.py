"""Segments in the program document: what they mean, and how every mistake is told."""

import re
from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace

from regulars.kernel.calendar import Duration
from regulars.kernel.changes import changes
from regulars.kernel.program import Program
from regulars.kernel.segments.lifecycle import Lifecycle, stage
from regulars.kernel.segments.rfm import Rfm, named
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
    Near,
    NoneOf,
    OnList,
    Points,
    Ratio,
    Rhythm,
    Same,
    Segment,
    Since,
    Step,
    Sum,
    Trailing,
    Trait,
    Visited,
    Words,
)
from regulars.kernel.segments.values import Bounds, HasText, IsDate, IsNumber, IsOneOf, Property
from regulars.kernel.terms import Currency, PointsName
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
        (
            "{share_of: {in: Order Completed, where: {category: tea}, within: 12 months, at_least: 33.5%}}",
            Ratio(
                ORDER,
                (Property("products.category", IsOneOf(("tea",))),),
                Bounds(Fraction(335, 1000)),
                Trailing(Duration(12, "months")),
            ),
        ),
        (
            "{share_of: {in: Order Completed, where: {amount: {at_least: 50}}, exactly: 100%}}",
            Ratio(ORDER, (Property("amount", IsNumber(Bounds(Fraction(5_000)))),), Bounds(Fraction(1), Fraction(1))),
        ),
        ("{rhythm: {more_than: 2, at_most: 3.5}}", Rhythm("open_gap", Fraction(2), Fraction(7, 2))),
        (
            "{rhythm: {of: last_gap, more_than: 4, presumed: 2 weeks}}",
            Rhythm("last_gap", Fraction(4), None, 14),
        ),
        ("{lifecycle: new}", Since(ORDER, "first", None, Duration(30, "days"))),
        (
            "{lifecycle: lost}",
            All((Since(ORDER, "first", Duration(30, "days")), Rhythm("open_gap", Fraction(6), None, 30))),
        ),
        ("{lifecycle: [new, lost]}", AnyOf((stage("new", Lifecycle()), stage("lost", Lifecycle())))),
        (
            "{rfm: {r: 4-5, f: 3, m: 1-2}}",
            All(
                (
                    Since(ORDER, "last", None, Duration(60, "days")),
                    Did(ORDER, bounds=Bounds(Fraction(3), Fraction(4)), window=Trailing(Duration(12, "months"))),
                    Did(ORDER, Sum("amount"), Bounds(None, Fraction(9_999)), Trailing(Duration(12, "months"))),
                )
            ),
        ),
        ("{rfm: {r: 1}}", Since(ORDER, "last", Duration(180, "days"))),
        ("{rfm: champions}", named("champions", Rfm())),
        ("{rfm: [lost, cannot_lose]}", AnyOf((named("lost", Rfm()), named("cannot_lose", Rfm())))),
        ("{visit: {device: phone}}", Visited("last", "device", IsOneOf(("phone",)))),
        (
            "{first_visit: {channel: [email, referral], campaign: {starts_with: spring}}}",
            All(
                (
                    Visited("first", "channel", IsOneOf(("email", "referral"))),
                    Visited("first", "campaign", HasText("starts_with", "spring")),
                )
            ),
        ),
        (
            "{near: {latitude: 55.7, longitude: -13.19, within: 2.5 km}}",
            Near(Fraction("55.7"), Fraction("-13.19"), 2_500),
        ),
        (
            "{near: {latitude: 0, longitude: 180, within: 500 m, traits: {latitude: lat}}}",
            Near(Fraction(0), Fraction(180), 500, "lat", "longitude"),
        ),
        ("{list: vip}", OnList("vip")),
        ("{list: [vip, staff]}", AnyOf((OnList("vip"), OnList("staff")))),
        (
            "{did: Viewed, include: [vip, press], exclude: staff}",
            All((AnyOf((Did("Viewed"), OnList("vip"), OnList("press"))), NoneOf((OnList("staff"),)))),
        ),
        ("{any: [{member: yes}], include: vip}", AnyOf((AnyOf((IsMember(),)), OnList("vip")))),
        ("{include: vip, exclude: staff}", All((OnList("vip"), NoneOf((OnList("staff"),))))),
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


SHOWN = {
    written: None
    for row in (CORNER_SHOP.parents[1] / "docs/segments.md").read_text(encoding="utf-8").splitlines()
    for written in re.findall(r"`(\{.*?\})`(?=[ ,;]|$)", row.split(" | ")[0])
    if row.startswith("| `{") and "..." not in written
}


@pytest.mark.parametrize("written", SHOWN)
def test_what_the_page_shows_is_a_condition(written):
    others = (
        "scores: {engagement: {adds: {Order Completed: 1}, levels: [{id: most-active, at: 9}]}}\n"
        "interests: {categories: {of: category, adds: {Order Completed: 1}}}\n"
    )
    asked = document(f"asked: {{all: [{{known_by: email}}, {written}]}}", "most-active: {member: yes}")

    assert parse_program(asked + others).version


def test_segments_may_use_those_that_stand_below_them():
    program = parse_program(document("one: {in: two}", "two: {known_by: email}")).program

    assert program.segments[0] == Segment("one", InSegment("two"))


def test_the_shop_says_what_its_stages_and_scores_mean():
    written = PLAIN + (
        "lifecycle: {new: 7 days, usual_gap: 2 weeks, lost: 8}\n"
        "rfm: {recency: [1 week, 2 weeks, 1 month, 2 months], monetary: [10, 20.50, 30, 40], within: 90 days}\n"
        "segments: {gone: {lifecycle: lost}, best: {rfm: {r: 5, m: 5}}, middling: {rfm: {m: 2}}}"
    )
    gone, best, middling = parse_program(written).program.segments

    assert gone.condition == stage("lost", Lifecycle(Duration(7, "days"), 14, lost=Fraction(8)))
    assert best.condition == All(
        (
            Since(ORDER, "last", None, Duration(1, "weeks")),
            Did(ORDER, Sum("amount"), Bounds(Fraction(4_000)), Trailing(Duration(90, "days"))),
        )
    )
    assert middling.condition == All(
        (
            Did(ORDER),
            Did(ORDER, Sum("amount"), Bounds(Fraction(1_000), Fraction(2_049)), Trailing(Duration(90, "days"))),
        )
    )


def test_what_no_segment_uses_changes_no_version():
    plain = parse_program(PLAIN)

    assert parse_program(PLAIN + "lifecycle: {lost: 9}\nrfm: {within: 6 months}").version == plain.version


def test_a_share_a_rhythm_and_a_place_tell_themselves_in_words():
    told = {
        "{share_of: {in: Order Completed, where: {category: tea}, within: 12 months, at_least: 30%}}": (
            "did “Order Completed” in the last 12 months, at least 30 % of the times one whose category is “tea”"
        ),
        "{rhythm: {more_than: 2, at_most: 3, presumed: 30 days}}": (
            "last ordered more than 2 times and at most 3 times their usual gap between orders "
            "(30 days as long as they have none) ago"
        ),
        "{rhythm: {of: last_gap, more_than: 6}}": "placed their last order after more than 6 times their usual gap between orders",
        "{visit: {city: Lund}}": "last visited from a city that is “Lund”",
        "{first_visit: {channel: email}}": "first visited through a channel that is “email”",
        "{near: {latitude: 55.7, longitude: 13.19, within: 2.5 km}}": (
            "are, by their latitude and longitude, within 2.5 km of 55.7, 13.19"
        ),
        "{list: vip}": "are on list “vip”",
    }
    words = Words(Currency("USD", 2), PointsName("star", "stars"))

    assert {written: segment(written).describe(words) for written in told} == told


def test_the_corner_shop_with_segments_is_the_corner_shop_otherwise():
    with_segments = load_program(CORNER_SHOP / "with-segments.yaml").program
    with_thirty = load_program(CORNER_SHOP / "thirty-segments.yaml").program
    without = load_program(CORNER_SHOP / "program.yaml")

    assert [len(one.segments) for one in (with_segments, with_thirty)] == [14, 30]
    assert replace(with_thirty, segments=()) == without.program
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


@pytest.mark.parametrize("name", ["with-segments.yaml", "thirty-segments.yaml"])
def test_what_was_published_is_read_again_as_it_was(name):
    rulebook = load_program(CORNER_SHOP / name)

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
            "{sum: {of: amount, in: Order Completed, within: 200 hours}, at_least: 5}",
            "sum.within: 200 hours are too long to add up to the second (7 days at most); say 9 days",
        ),
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
        (
            "{share_of: {in: Order Completed, where: {category: tea}}}",
            "share_of: “share_of” needs a share to be held against: “at_least”, “at_most” or “exactly”, such as 30%",
        ),
        (
            "{share_of: {in: Order Completed, where: {category: tea}, at_least: 50%, at_most: 30%}}",
            "share_of.at_most: nothing is at least 50% and at most 30%; swap them",
        ),
        (
            "{share_of: {in: Order Completed, where: {category: tea}, at_least: 0.3}}",
            "share_of.at_least: expected a share from “0%” to “100%”; found “0.3”; did you mean “30%”?",
        ),
        (
            "{share_of: {in: Order Completed, where: {category: tea}, at_least: 101%}}",
            "share_of.at_least: expected a share of at most 100 %; found “101%”",
        ),
        (
            "{share_of: {in: Order Complete, where: {category: tea}, at_least: 1%}}",
            (
                "share_of.in: “Order Complete” is nearly an event that is known, but not letter by letter; "
                "did you mean “Order Completed”?"
            ),
        ),
        ("{rhythm: {of: last_gap}}", "rhythm: “rhythm” needs “more_than” or “at_most”, such as more_than: 2"),
        (
            "{rhythm: {more_than: 3, at_most: 3}}",
            "rhythm.at_most: nothing is more than 3 times and at most 3 times; “at_most” must be the greater number",
        ),
        (
            "{rhythm: {of: lastgap, more_than: 3}}",
            "rhythm.of: expected “open_gap” or “last_gap”; found “lastgap”; did you mean “last_gap”?",
        ),
        (
            "{lifecycle: at-risk}",
            (
                "lifecycle: expected “new”, “active”, “slipping”, “at_risk”, “lost” or “won_back”; found “at-risk”; "
                "did you mean “at_risk”?"
            ),
        ),
        ("{rfm: {r: 5-4}}", "rfm.r: expected scores from the lower to the higher; found “5-4”; did you mean “4-5”?"),
        (
            "{rfm: {r: 4 to 5}}",
            ("rfm.r: expected a score from 1 to 5, or a range such as “4-5”; found “4 to 5”; did you mean “4-5”?"),
        ),
        ("{rfm: champions, at_least: 3}", "at_least: “at_least” does not go with “rfm”"),
        (
            "{visit: {device: mobile}}",
            "visit.device: no visit has the device “mobile”; there is phone, tablet, desktop and other",
        ),
        (
            "{visit: {device: {is_not: phones}}}",
            (
                "visit.device: no visit has the device “phones”; there is phone, tablet, desktop and other; did you mean “phone”?"
            ),
        ),
        ("{visit: {devise: phone}}", "visit.devise: there is no “devise” here; did you mean “device”?"),
        (
            "{near: {latitude: 95, longitude: 13, within: 5 km}}",
            "near.latitude: expected degrees from -90 to 90, such as 55.7; found “95”",
        ),
        (
            "{near: {latitude: 55, longitude: 13, within: 5}}",
            "near.within: expected a distance such as “25 km” or “500 m”; found “5”; did you mean “5 km”?",
        ),
        (
            "{near: {latitude: 55, longitude: 13, within: 25000 km}}",
            "near.within: expected whole metres above 0, and at most 20,000 km; found “25000 km”",
        ),
        ("{near: {latitude: 55, within: 5 km}}", "near: “longitude” is missing: of the place"),
        ("{list: []}", "list: expected a list's name, or a list of names; found an empty list"),
        ("{member: yes, include: []}", "include: expected a list's name, or a list of names; found an empty list"),
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
        ("{score: engagement}", "score: there is no score “engagement”; the program has no “scores”"),
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
        "{exclude: staff}",
        "{none: [{list: staff}]}",
        "{visit: {device: {set: no}}}",
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


@pytest.mark.parametrize(
    ("section", "told"),
    [
        (
            "lifecycle: {slipping: 4}",
            (
                "lifecycle.slipping: “at_risk” must be a greater number than “slipping”; “at_risk” is 3 where nothing is said"
            ),
        ),
        (
            "lifecycle: {at_risk: 5, lost: 5}",
            "lifecycle.lost: “lost” must be a greater number than “at_risk”; “at_risk” is 5",
        ),
        ("lifecycle: {usual_gap: 0 days}", "lifecycle.usual_gap: expected a duration above 0; found “0 days”"),
        ("rfm: {frequency: [1, 2, 3]}", "rfm.frequency: expected 4 cut points, which part five scores; found 3"),
        (
            "rfm: {recency: [30 days, 1 month, 90 days, 180 days]}",
            "rfm.recency: cut points ascend; each must be more than the one before",
        ),
        ("rfm: {monetary: [1, 2.005, 3, 4]}", "rfm.monetary: an amount in USD has at most 2 decimals; found “2.005”"),
        (
            "rfm: {frequency: [1, many, 3, 4]}",
            "rfm.frequency[1]: expected a whole number from 1 to 100,000; found “many”",
        ),
    ],
)
def test_stages_and_scores_that_contradict_themselves_are_told(section, told):
    with pytest.raises(DocumentError) as refused:
        parse_program(PLAIN + section, "p")
    assert [f"{one.path}: {one.message}" for one in refused.value.problems] == [told]


def test_a_level_needs_tiers():
    with pytest.raises(DocumentError) as refused:
        parse_program(PLAIN + "segments: {a: {tier: gold}}")
    assert [one.message for one in refused.value.problems] == ["the program has no tiers"]


def test_what_segments_ask_of_the_lines_of_orders_is_named() -> None:
    program = load_program(CORNER_SHOP / "thirty-segments.yaml").program

    assert {"category", "department", "product"} <= program.line_properties()
    assert "amount" not in program.line_properties()
