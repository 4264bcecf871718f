"""The customer-loyalty program scores as its story reckons: what is left of all that was done, and who is in which segment."""

import re
from fractions import Fraction
from functools import cache
from pathlib import Path

from regulars.kernel.calendar import HOUR, SECOND
from regulars.kernel.facts import Fact
from regulars.kernel.scores.interests import ranked_at
from regulars.kernel.scores.meaning import borders_of_levels, crossed_at, explained, level_of
from regulars.kernel.segments.meaning import Known, is_in
from regulars.wire.orders import OrdersFile
from regulars.wire.program import load_program
from regulars.wire.sources import parse_instant
from tests.test_programs import table
from tools.program_examples import PROGRAMS

FOLDER = PROGRAMS / "customer-loyalty"
RULEBOOK = load_program(FOLDER / "program.yaml")
PROGRAM, CALENDAR = RULEBOOK.program, RULEBOOK.calendar
(ENGAGEMENT,) = PROGRAM.scores
NOON = parse_instant("2026-03-31 12:00", "Europe/Berlin")
CODES = {"most-active": "20 %", "engaged": "15 %", "the-rest": "none"}


@cache
def histories() -> dict[str, list[Fact]]:
    asked = frozenset({"category", "brand"})
    history = OrdersFile(Path(FOLDER / "orders.jsonl")).open(currency="EUR", currency_exponent=2, properties=asked)
    return {customer: list(facts) for customer, facts in history.customers()}


def known(customer: str) -> Known:
    return Known(
        customer,
        CALENDAR,
        histories()[customer],
        kinds={"user_id"},
        segments={one.id: one.condition for one in PROGRAM.segments},
        scores={one.id: one for one in PROGRAM.scores},
        interests={one.id: one for one in PROGRAM.interests},
    )


def reckoned(written: str) -> Fraction:
    """`50 + 50 / 4`, and what stands behind a comma is a word about it."""
    return sum([_term(term) for term in written.partition(",")[0].split(" + ")], Fraction(0))


def _term(written: str) -> Fraction:
    given, _, parts = written.partition(" / ")
    return Fraction(given) / Fraction(parts or "1")


def test_what_is_left_in_the_story_is_its_reckoning():
    rows = table(FOLDER, "scored")

    assert [reckoned(row["reckoning"]) for row in rows] == [Fraction(row["left"]) for row in rows]


def test_the_scores_are_those_of_the_story_each_action_apart():
    found = {customer: explained(ENGAGEMENT, facts, CALENDAR, NOON) for customer, facts in histories().items()}
    left = {
        (customer, part.action.event): Fraction(part.left - part.over, 1000)
        for customer, why in found.items()
        for part in why.parts
    }

    assert left == {(row["scored"], row["for"]): Fraction(row["left"]) for row in table(FOLDER, "scored")}
    assert {customer: Fraction(why.value, 1000) for customer, why in found.items()} == {
        row["person"]: Fraction(row["score"]) for row in table(FOLDER, "person")
    }


def test_each_is_in_the_segment_of_the_story_and_in_no_other_that_has_a_code():
    by_code = [segment for segment in PROGRAM.segments if segment.id in CODES]
    rows = {row["person"]: row for row in table(FOLDER, "person")}

    for customer in histories():
        mine = [segment.id for segment in by_code if is_in(segment.condition, known(customer), NOON)]
        assert mine == [rows[customer]["segment"]]
        assert rows[customer]["code"] == CODES[mine[0]]


def test_ada_is_most_active_for_as_long_as_the_story_says():
    facts, borders = histories()["ada"], borders_of_levels(ENGAGEMENT)
    first = crossed_at(ENGAGEMENT, facts, CALENDAR, NOON, borders)
    second = crossed_at(ENGAGEMENT, facts, CALENDAR, first, borders)
    told = re.search(r"most active for ([\d.]+) hours", (FOLDER / "story.md").read_text(encoding="utf-8"))

    assert told is not None
    assert abs((first - NOON) / HOUR - float(told[1])) < 0.05
    assert level_of(ENGAGEMENT, explained(ENGAGEMENT, facts, CALENDAR, first - SECOND).value) == "most-active"
    assert level_of(ENGAGEMENT, explained(ENGAGEMENT, facts, CALENDAR, first).value) == "engaged"
    assert CALENDAR.wall_clock(second).startswith("2026-04-28")


def test_what_each_is_drawn_to_is_told_by_category_and_by_brand():
    categories, brands = PROGRAM.interests

    assert {customer: ranked_at(categories, facts, CALENDAR, NOON)[0] for customer, facts in histories().items()} == {
        "ada": "tea",
        "ben": "cake",
        "cleo": "cups",
        "dan": "tea",
    }
    assert ranked_at(brands, histories()["ada"], CALENDAR, NOON) == ["Leafhouse", "Kiln", "Oven"]


def test_the_comment_of_the_program_tells_the_codes_of_the_story():
    told = dict(re.findall(r"#   (most-active|engaged|the-rest) +(\d+ %|none)", (FOLDER / "program.yaml").read_text()))

    assert told == CODES
