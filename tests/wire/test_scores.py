"""Scores and interests in the program document: what they mean, how they are told, and how every mistake is."""

from fractions import Fraction

import pytest

from regulars.kernel.calendar import Duration
from regulars.kernel.changes import changes
from regulars.kernel.scores.tree import Action, InterestProfile, Score, ScoreLevel, events_of, line_properties_of
from regulars.kernel.segments.tree import InScoreLevel, InterestIs, IsTopInterest, ScoreIs
from regulars.kernel.segments.values import Bounds, IsNumber, IsOneOf, Property
from regulars.wire.document import DocumentError
from regulars.wire.program import parse_program, version_of
from regulars.wire.records import decode_program, encode_program
from tests.wire.documents import PLAIN

ENGAGEMENT = "scores: {engagement: {adds: {Order Completed: 50}, levels: [{id: warm, at: 10}, {id: hot, at: 20.5}]}}\n"
TASTES = "interests: {tastes: {of: category, adds: {Product Viewed: 1}}}\n"


def score(written: str) -> Score:
    (one,) = parse_program(f"{PLAIN}scores: {{asked: {written}}}").program.scores
    return one


def interest(written: str) -> InterestProfile:
    (one,) = parse_program(f"{PLAIN}interests: {{asked: {written}}}").program.interests
    return one


def condition(written: str):
    (one,) = parse_program(f"{PLAIN}{ENGAGEMENT}{TASTES}segments: {{asked: {written}}}").program.segments
    return one.condition


def mistakes(more: str) -> list[str]:
    with pytest.raises(DocumentError) as refused:
        parse_program(PLAIN + more, "p")
    return [f"{one.line}: {one.path}: {one.message}" for one in refused.value.problems]


# --- what it means -----------------------------------------------------------------------------------------------------


def test_a_number_alone_is_points_for_each_time():
    assert score("{adds: {Order Completed: 50, Order Refunded: -2.5}}") == Score(
        "asked", (Action("Order Completed", 50_000), Action("Order Refunded", -2_500))
    )


def test_a_table_chooses_and_caps_and_several_stand_in_a_list():
    read = score(
        "{half_life: 30 days, levels: [{id: hot, at: 80}], adds: {Order Completed: [20, {points: 5, at_most: 10.125, "
        "where: {category: tea, amount: {at_least: 50}}}], Product Viewed: {points: 1}}}"
    )
    tea = Property("products.category", IsOneOf(("tea",)))
    dear = Property("amount", IsNumber(Bounds(Fraction(5_000))))

    assert read == Score(
        "asked",
        (
            Action("Order Completed", 20_000),
            Action("Order Completed", 5_000, (tea, dear), 10_125),
            Action("Product Viewed", 1_000),
        ),
        Duration(30, "days"),
        (ScoreLevel("hot", 80_000),),
    )


def test_an_interest_names_a_property_with_or_without_its_prefix():
    plain = interest("{of: category, half_life: 12 hours, adds: {Order Completed: 10}}")

    assert plain == interest("{of: products.category, half_life: PT12H, adds: {Order Completed: [{points: 10}]}}")
    assert plain.property_of("Order Completed") == "products.category"
    assert plain.property_of("Product Viewed") == "category"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{score: engagement, at_least: 80.5}", ScoreIs("engagement", Bounds(Fraction(80_500)))),
        ("{score: engagement, level: hot}", InScoreLevel("engagement", ("hot",))),
        (
            "{all: [{known_by: email}, {score: engagement, level: [none, warm]}]}",
            InScoreLevel("engagement", ("warm",), True),
        ),
        (
            "{interest: tastes, value: tea, at_least: 2, at_most: 9}",
            InterestIs("tastes", "tea", Bounds(Fraction(2_000), Fraction(9_000))),
        ),
        ("{interest: tastes, value: tea, top: 3}", IsTopInterest("tastes", "tea", 3)),
    ],
)
def test_segments_ask_for_scores_levels_and_interests(written, meant):
    read = condition(written)

    assert read == meant or read.conditions[1] == meant


def test_the_order_of_what_adds_changes_nothing():
    one = parse_program(f"{PLAIN}scores: {{a: {{adds: {{Viewed: 1, Added: 2}}}}, b: {{adds: {{Viewed: 1}}}}}}")
    other = parse_program(f"{PLAIN}scores: {{b: {{adds: {{Viewed: 1}}}}, a: {{adds: {{Added: 2, Viewed: 1.0}}}}}}")

    assert one.version == other.version
    assert changes(one.program, other.program) == []


def test_scores_come_back_from_the_record():
    with_scores = parse_program(f"{PLAIN}{ENGAGEMENT}{TASTES}")
    back = decode_program(encode_program(with_scores), with_scores.version)

    assert back.program == with_scores.program
    assert version_of(back.program) == with_scores.version != parse_program(PLAIN).version


def test_a_program_names_the_events_and_line_properties_that_its_scores_ask_for():
    asked = score(
        "{adds: {Order Completed: {points: 1, where: {brand: Kiln, products.size: XL, amount: {at_least: 5}}}, "
        "Product Viewed: {points: 1, where: {colour: red}}}}"
    )
    program = parse_program(
        f"{PLAIN}scores: {{asked: {{adds: {{Order Completed: {{points: 1, where: {{brand: Kiln}}}}}}}}}}\n"
        "interests: {tastes: {of: category, adds: {Order Completed: 1}}, looks: {of: colour, adds: {Product Viewed: 1}}}"
    ).program

    assert events_of(asked) == {"Order Completed", "Product Viewed"}
    assert line_properties_of(asked) == {"brand", "size"}
    assert program.line_properties() == {"brand", "category"}


# --- in words ----------------------------------------------------------------------------------------------------------


def test_scores_and_interests_tell_themselves():
    program = parse_program(
        f"{PLAIN}scores: {{pulse: {{half_life: 30 days, levels: [{{id: hot, at: 80}}], adds: {{Order Completed: "
        "[50, {points: -3, at_most: 6, where: {amount: {at_most: 5}}}]}}}\n"
        "interests: {tastes: {of: category, adds: {Product Viewed: 1}}}\n"
        "segments: {warm: {score: pulse, at_least: 1.5}, teas: {interest: tastes, value: tea, top: 1}}"
    ).program

    assert program.describe()[-4:] == [
        (
            "Score “pulse”: 50 for each “Order Completed”; −3 for each “Order Completed” (whose amount is at most 5.00 USD), −6 at "
            "most; half of it is gone after 30 days; hot from 80."
        ),
        "Interests “tastes”: by category, 1 for each “Product Viewed”; it does not fade.",
        "Segment “warm”: those who have at least 1.5 as score “pulse”.",
        "Segment “teas”: those who have “tea” as their strongest interest “tastes”.",
    ]


def test_a_plan_says_what_would_change():
    old = parse_program(f"{PLAIN}{ENGAGEMENT}").program
    new = parse_program(f"{PLAIN}{ENGAGEMENT.replace('50', '60')}{TASTES}").program

    assert changes(old, new) == [
        (
            "The score “engagement” is now: 60 for each “Order Completed”; it does not fade; warm from 10 and hot from 20.5. "
            "Before: 50 for each “Order Completed”; it does not fade; warm from 10 and hot from 20.5."
        ),
        "New interest “tastes”: By category, 1 for each “Product Viewed”; it does not fade.",
    ]


# --- mistakes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{}", "“adds” is missing: what each event gives, or takes away"),
        (
            "{adds: {}}",
            "adds: expected a table from events to points, such as {Order Completed: 50, Product Viewed: 1}; found an empty table",
        ),
        (
            "{adds: {order completed: 5}}",
            (
                "adds.order completed: expected the name of an event, such as “Order Completed”; found “order completed”; did you "
                "mean “Order Completed”?"
            ),
        ),
        ("{adds: {Viewed: 0}}", "adds.Viewed: expected a number other than 0; found “0”"),
        (
            "{adds: {Viewed: 0.0005}}",
            "adds.Viewed: expected a number of at most 3 decimals, up to 1,000,000; found “0.0005”",
        ),
        (
            "{adds: {Viewed: 1000001}}",
            "adds.Viewed: expected a number of at most 3 decimals, up to 1,000,000; found “1000001”",
        ),
        (
            "{adds: {Viewed: {points: 1, at_most: 0}}}",
            "adds.Viewed.at_most: expected a number of points above 0, such as 5; found “0”",
        ),
        (
            "{adds: {Viewed: {points: 1, at_mst: 5}}}",
            "adds.Viewed.at_mst: there is no “at_mst” here; did you mean “at_most”?",
        ),
        (
            "{adds: {Viewed: {points: 1, where: {products.category: tea}}}}",
            "adds.Viewed.where: only “Order Completed” has products; write “category”",
        ),
        ("{adds: {Viewed: 1}, half_life: 0 days}", "half_life: expected a duration above 0; found “0 days”"),
        (
            "{adds: {Viewed: 1}, half_life: 1 month}",
            "half_life: expected minutes, hours, days or weeks, which are always as long; found “1 month”",
        ),
        (
            "{adds: {Viewed: 1}, half_life: 30}",
            "half_life: expected a half-life such as “30 days”; found “30”; did you mean “30 days”?",
        ),
        (
            "{adds: {Viewed: 1}, levels: [{id: a, at: 9}, {id: b, at: 3}]}",
            "levels[1].at: levels stand in ascending order; this must be more than the 9 of the one before",
        ),
        (
            "{adds: {Viewed: 1}, levels: [{id: a, at: 3}, {id: a, at: 9}]}",
            "levels[1].id: the level “a” stands here a second time; the first is on line 6",
        ),
        (
            "{adds: {Viewed: 1}, levels: [{id: none, at: 3}]}",
            "levels[0].id: “none” is what having no level is called; choose another name",
        ),
        (
            "{adds: {Viewed: {points: 1, at_most: 20}, Left: -5}, levels: [{id: a, at: 20.5}]}",
            "levels[0].at: nobody reaches this: all that adds to “asked” is 20 at most",
        ),
    ],
)
def test_a_mistake_in_a_score_is_told_where_it_stands_and_how_to_mend_it(written, told):
    (only,) = mistakes(f"scores: {{asked: {written}}}")

    assert only.removeprefix("6: scores.asked").removeprefix(".").removeprefix(": ") == told


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            "{adds: {Viewed: 1}}",
            "“of” is missing: the property whose values are counted apart, such as `category` or `brand`",
        ),
        (
            "{of: amount, adds: {Viewed: 1}}",
            "of: an amount is nothing to be interested in; name a property such as category or brand",
        ),
        (
            "{of: brand, adds: {Viewed: -1}}",
            "adds.Viewed: expected a number of points above 0, such as 5, or a table such as {points: 1}; found “-1”",
        ),
        (
            "{of: brand, adds: {Viewed: {points: 1, at_most: 5}}}",
            "adds.Viewed.at_most: there is no “at_most” here; there is points and where",
        ),
        (
            "{of: brand, adds: {Member Joined: 1}}",
            "adds: “Member Joined” has no properties, so it shows no interest; leave it out",
        ),
    ],
)
def test_a_mistake_in_an_interest_is_told_where_it_stands_and_how_to_mend_it(written, told):
    (only,) = mistakes(f"interests: {{asked: {written}}}")

    assert only.removeprefix("6: interests.asked").removeprefix(".").removeprefix(": ") == told


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{score: engagment, at_least: 1}", "score: there is no score “engagment”; did you mean “engagement”?"),
        (
            "{score: engagement}",
            "“score” needs a number to be held against, “at_least”, “at_most” or “exactly”, or a “level”",
        ),
        (
            "{score: engagement, level: hot, at_least: 3}",
            "“level” and a number are two tests of a score; keep one of them",
        ),
        ("{score: engagement, level: hott}", "level: score “engagement” has no level “hott”; did you mean “hot”?"),
        ("{score: engagement, at_least: 1.0001}", "at_least: expected at most 3 decimals; found “1.0001”"),
        ("{score: engagement, at_least: 9, at_most: 8}", "at_most: nothing is at least 9 and at most 8; swap them"),
        (
            "{score: engagement, within: 3 days, at_least: 1}",
            "within: “within” does not go with “score”; there is “level”, “at_least”, “at_most” and “exactly”",
        ),
        ("{interest: taste, value: tea, top: 1}", "interest: there is no interest “taste”; did you mean “tastes”?"),
        (
            "{interest: tastes, top: 1}",
            "“interest” needs “value”: the value that they are interested in, such as a category",
        ),
        (
            "{interest: tastes, value: tea, top: 1, at_least: 2}",
            "“top” and a number are two tests of an interest; keep one of them",
        ),
        ("{interest: tastes, value: tea, top: 0}", "top: expected a whole number from 1 to 100; found “0”"),
        (
            "{score: engagement, at_most: 3}",
            (
                "“asked” says only what somebody did not do or has not: it would hold every visitor of whom nothing is known; add "
                "under “all” what they did or are, such as {known_by: email}"
            ),
        ),
    ],
)
def test_a_mistake_in_a_segment_by_scores_is_told(written, told):
    (only,) = mistakes(f"{ENGAGEMENT}{TASTES}segments: {{asked: {written}}}")

    assert only.removeprefix("8: segments.asked").removeprefix(".").removeprefix(": ") == told


def test_without_scores_a_segment_cannot_ask_for_one():
    assert mistakes("segments: {asked: {score: pulse, at_least: 1}}") == [
        "6: segments.asked.score: there is no score “pulse”; the program has no “scores”"
    ]


def test_what_cannot_be_read_is_complained_of_once():
    told = mistakes("scores: {pulse: {adds: {Viewed: much}}}\nsegments: {asked: {score: pulse, at_least: 1}}")

    assert len(told) == 1


@pytest.mark.parametrize(
    "section", ["scores: {s%d: {adds: {Viewed: 1}}}", "interests: {s%d: {of: brand, adds: {Viewed: 1}}}"]
)
def test_there_are_not_too_many(section):
    name, _, one = section.partition(": ")
    many = f"{name}: {{{', '.join([one[1:-1] % number for number in range(51)])}}}"

    assert mistakes(many) == [f"6: {name}: a program has at most 50 {name}; this has 51"]
