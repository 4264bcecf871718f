"""What is wrong with the scores and interests of a program document although every single place can be read."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from regulars.kernel.facts import MEMBER_JOINED
from regulars.kernel.segments.values import AMOUNT
from regulars.kernel.terms import Currency, plain
from regulars.wire.document import quoted
from regulars.wire.score_reading import cap_of, gifts_of
from regulars.wire.segment_checks import check_where
from regulars.wire.segment_reading import NO_LEVEL
from regulars.wire.shapes import Given

MOST_SCORES: Final = 50
MOST_ACTIONS: Final = 50
"""Of all scores, or all interests, and of one of them."""


def check_scores(program: Given) -> None:
    currency: Currency | None = program["currency"]
    for section in ("scores", "interests"):
        found: tuple[tuple[str, Given], ...] = program[section] or ()
        if len(found) > MOST_SCORES:
            program.at(section).wrong(f"a program has at most {MOST_SCORES} {section}; this has {len(found)}")
        for _, given in found:
            _check_adds(given, currency)
    for id, score in program["scores"] or ():
        _check_levels(id, score)
    for _, profile in program["interests"] or ():
        _check_interest(profile)


def _check_adds(given: Given, currency: Currency | None) -> None:
    gifts = list(gifts_of(given["adds"]))
    if len(gifts) > MOST_ACTIONS:
        given.at("adds").wrong(f"at most {MOST_ACTIONS} kinds of points are added; these are {len(gifts)}")
    for event, gift in gifts:
        if isinstance(gift, Given):
            check_where(gift, event, currency)


def _check_levels(id: str, score: Given) -> None:
    most = _most(gift for _, gift in gifts_of(score["adds"]))
    seen: dict[str, int] = {}
    before: Given | None = None
    for level in score["levels"] or ():
        name, at = level["id"], level["at"]
        if name == NO_LEVEL:
            level.at("id").wrong(f"{quoted(NO_LEVEL)} is what having no level is called; choose another name")
        elif name in seen:
            level.at("id").wrong(
                f"the level {quoted(name)} stands here a second time; the first is on line {seen[name]}"
            )
        elif name is not None:
            seen[name] = level.at("id").line
        if at is None:
            continue
        if before is not None and at <= before["at"]:
            level.at("at").wrong(
                f"levels stand in ascending order; this must be more than the {before.at('at').text} of the one before"
            )
        elif most is not None and at > most:
            level.at("at").wrong(f"nobody reaches this: all that adds to {quoted(id)} is {plain(most)} at most")
        before = level


def _most(gifts: Iterable[Fraction | Given]) -> Fraction | None:
    """The highest that a score can be; None where nothing bounds it, or not all could be read."""
    most = Fraction(0)
    for gift in gifts:
        points: Fraction | None = gift["points"] if isinstance(gift, Given) else gift
        cap = cap_of(gift) if isinstance(gift, Given) else None
        if points is None or (points > 0 and cap is None):
            return None
        if points > 0 and cap is not None:
            most += cap
    return most


def _check_interest(profile: Given) -> None:
    if profile["of"] == AMOUNT:
        profile.at("of").wrong("an amount is nothing to be interested in; name a property such as category or brand")
    if any(event == MEMBER_JOINED for event, _ in gifts_of(profile["adds"])):
        profile.at("adds").wrong(f"{quoted(MEMBER_JOINED)} has no properties, so it shows no interest; leave it out")
