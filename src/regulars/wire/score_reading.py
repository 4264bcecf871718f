"""Scores and interests of a program document without mistakes get their meaning: points become whole thousandths."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from regulars.kernel.scores.tree import Action, InterestProfile, Score, ScoreLevel, Thousandths
from regulars.kernel.segments.values import OF_LINES
from regulars.kernel.terms import Currency
from regulars.wire.segment_reading import read_where
from regulars.wire.shapes import Given


def read_scores(program: Given) -> tuple[Score, ...]:
    """In the order written. The document has been checked."""
    return tuple([_score(id, given, program["currency"]) for id, given in program["scores"] or ()])


def read_interests(program: Given) -> tuple[InterestProfile, ...]:
    """As `read_scores`."""
    return tuple([_profile(id, given, program["currency"]) for id, given in program["interests"] or ()])


def gifts_of(adds: tuple[tuple[str, Any], ...] | None) -> Iterator[tuple[str, Fraction | Given]]:
    """Each event with what it gives: a number alone, or a table."""
    for event, said in adds or ():
        yield from [(event, gift) for gift in (said if isinstance(said, tuple) else [said])]


def cap_of(gift: Given) -> Fraction | None:
    """An interest has none."""
    cap: Fraction | None = gift.values.get("at_most")
    return cap


def _score(id: str, given: Given, currency: Currency) -> Score:
    levels = tuple([ScoreLevel(level["id"], _thousandths(level["at"])) for level in given["levels"] or ()])
    return Score(id, _actions(given, currency), given["half_life"], levels)


def _profile(id: str, given: Given, currency: Currency) -> InterestProfile:
    return InterestProfile(id, given["of"].removeprefix(OF_LINES), _actions(given, currency), given["half_life"])


def _actions(given: Given, currency: Currency) -> tuple[Action, ...]:
    return tuple([_action(event, gift, currency) for event, gift in gifts_of(given["adds"])])


def _action(event: str, gift: Fraction | Given, currency: Currency) -> Action:
    if not isinstance(gift, Given):
        return Action(event, _thousandths(gift))
    cap = cap_of(gift)
    where = read_where(gift, event, currency)
    return Action(event, _thousandths(gift["points"]), where, None if cap is None else _thousandths(cap))


def _thousandths(points: Fraction) -> Thousandths:
    whole = points * 1000
    assert whole.denominator == 1, "score_checks refuses finer points"
    return int(whole)
