"""What a score means, of one customer at one moment: the reference that the live form is held to."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from math import fsum

from msgspec import Struct

from regulars.kernel.calendar import SECOND, Calendar
from regulars.kernel.facts import FOREVER, Fact, Instant
from regulars.kernel.scores.fading import Fading, Second, capped, faded, read
from regulars.kernel.scores.tree import Action, Score, Thousandths, half_life_s, told
from regulars.kernel.segments.happenings import Time, chosen, is_of
from regulars.kernel.segments.windows import second_of
from regulars.kernel.terms import Currency, listed

Given = tuple[Second, int]
"""When an action gave its points, and which of a score's actions it was."""


def score_at(score: Score, facts: Iterable[Fact], calendar: Calendar, now: Instant) -> Thousandths:
    """Of what has happened by `now`; a fact counts from the beginning of its second, and so does a moment."""
    return _fading(score, given_by(score, facts, calendar), now // SECOND).after(0)


def level_at(score: Score, facts: Iterable[Fact], calendar: Calendar, now: Instant) -> str | None:
    return level_of(score, score_at(score, facts, calendar, now))


def level_of(score: Score, value: Thousandths) -> str | None:
    """The highest level that is reached."""
    return next((level.id for level in reversed(score.levels) if value >= level.at), None)


def time_of(action: Action, fact: Fact, calendar: Calendar) -> Time | None:
    """The fact as the action sees it, or None where it is nothing to it."""
    return chosen(fact, action.where, calendar, second_of(fact.happened_at)) if is_of(fact, action.event) else None


def given_by(score: Score, facts: Iterable[Fact], calendar: Calendar) -> list[Given]:
    """Earliest first, what lies ahead included."""
    found = [
        (fact.happened_at // SECOND, number)
        for fact in facts
        for number, action in enumerate(score.actions)
        if time_of(action, fact, calendar)
    ]
    return sorted(found)


# --- when it changes ---------------------------------------------------------------------------------------------------


def crossed_at(
    score: Score, facts: Iterable[Fact], calendar: Calendar, now: Instant, borders: Sequence[Thousandths]
) -> Instant:
    """The next moment at which the score has crossed one of the borders, if nothing happens but `facts`; FOREVER where it stays."""
    given, second = given_by(score, facts, calendar), now // SECOND
    return next_crossing(_fading(score, given, second), second, _ahead(score, given, second), borders)


def next_crossing(
    fading: Fading, now: Second, ahead: Sequence[tuple[Second, Sequence[float]]], borders: Sequence[Thousandths]
) -> Instant:
    """`ahead` is what is still to come, by the second, earliest first."""
    side = _side(fading, borders)
    for second, more in ahead:
        after = fading.crosses(borders, second - now)
        if after is not None and now + after < second:
            return (now + after) * SECOND
        fading, now = _later(fading, second - now, more), second
        if _side(fading, borders) != side:
            return second * SECOND
    after = fading.crosses(borders)
    return FOREVER if after is None else (now + after) * SECOND


def borders_of_levels(score: Score) -> list[Thousandths]:
    return [level.at for level in score.levels]


# --- why it is so ------------------------------------------------------------------------------------------------------


class Part(Struct, frozen=True):
    """What one action counts for: how often it happened, what it gave, what of that is left, and what of that is over its cap."""

    action: Action
    times: int
    given: Thousandths
    left: Thousandths
    over: Thousandths


class Explained(Struct, frozen=True):
    """`value` is what the parts gave, less what is over a cap, less what has `faded`."""

    value: Thousandths
    level: str | None
    parts: tuple[Part, ...]
    faded: Thousandths

    def sentence(self, currency: Currency) -> str:
        level = f" ({self.level})" if self.level else ""
        if not self.parts:
            return f"{told(self.value)}{level}: nothing happened that counts."
        gains = [f"{one.times} × {one.action.what(currency)} {_signed(one.given)}" for one in self.parts]
        over = sum([one.over for one in self.parts])
        less = [f"{_signed(-over)} over what is counted"] if over else []
        less += [f"{_signed(-self.faded)} by fading"] if self.faded else []
        return f"{told(self.value)}{level}: {listed([*gains, *less])}."


def explained(score: Score, facts: Iterable[Fact], calendar: Calendar, now: Instant) -> Explained:
    second = now // SECOND
    given = given_by(score, facts, calendar)
    times = Counter(number for at, number in given if at <= second)
    fading = _fading(score, given, second)
    parts = tuple(
        [
            Part(
                action,
                times[number],
                times[number] * action.points,
                read(fading.given[number]),
                read(fading.given[number] - capped(fading.given[number], action.at_most)),
            )
            for number, action in enumerate(score.actions)
            if times[number]
        ]
    )
    value = fading.after(0)
    return Explained(value, level_of(score, value), parts, sum([one.given - one.over for one in parts]) - value)


# --- what was given ----------------------------------------------------------------------------------------------------


def _fading(score: Score, given: Sequence[Given], now: Second) -> Fading:
    half_life = half_life_s(score.half_life)
    left = [
        fsum([faded(action.points, now - at, half_life) for at, which in given if which == number and at <= now])
        for number, action in enumerate(score.actions)
    ]
    return Fading(tuple(left), tuple([action.at_most for action in score.actions]), half_life)


def _ahead(score: Score, given: Sequence[Given], now: Second) -> list[tuple[Second, list[float]]]:
    later = [one for one in given if one[0] > now]
    return [
        (second, [float(action.points * later.count((second, number))) for number, action in enumerate(score.actions)])
        for second in sorted({at for at, _ in later})
    ]


def _later(fading: Fading, seconds: int, more: Sequence[float]) -> Fading:
    left = [faded(given, seconds, fading.half_life) + new for given, new in zip(fading.given, more, strict=True)]
    return Fading(tuple(left), fading.caps, fading.half_life)


def _side(fading: Fading, borders: Sequence[Thousandths]) -> int:
    return bisect_right(borders, fading.after(0))


def _signed(points: Thousandths) -> str:
    return told(points) if points < 0 else f"+{told(points)}"
