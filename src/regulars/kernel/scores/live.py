"""Scores and interests kept from one fact to the next: what each action, or each value, has given so far, faded and added up.

In whatever order facts come, a memory reads the same: an older one is faded before it is added. What is dated ahead of the
customer's clock waits aside until its second. The result is that of `meaning` and `interests`, to the thousandth.

What has faded below any reading is forgotten once there are many; whoever keeps the memory says how much of it is written down.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from msgspec import Struct, field

from regulars.kernel.calendar import SECOND, Calendar
from regulars.kernel.facts import FOREVER, Fact, Instant
from regulars.kernel.scores.fading import Fading, Second, faded
from regulars.kernel.scores.interests import ranked, shown_in
from regulars.kernel.scores.meaning import next_crossing, time_of
from regulars.kernel.scores.tree import InterestProfile, Score, Thousandths, half_life_s

MANY_VALUES: Final = 500
FORGOTTEN_BELOW: Final = 1e-6
"""In thousandths; far below what a reading can show."""

Gift = tuple[str, Thousandths]
"""What a fact gives: to a score's action, by its number, or to an interest's value."""


class Memory(Struct, array_like=True):
    """`left` by action or value: how much, as of which second. `ahead`: what waits for its second, earliest first."""

    left: dict[str, tuple[float, Second]] = field(default_factory=dict)
    ahead: list[tuple[Second, str, Thousandths]] = field(default_factory=list)


# --- taking in ---------------------------------------------------------------------------------------------------------


def take_score(memory: Memory, score: Score, fact: Fact, calendar: Calendar, now: Instant) -> None:
    """`now` is the customer's clock: no earlier than at the fact before."""
    gifts = [
        (str(number), action.points) for number, action in enumerate(score.actions) if time_of(action, fact, calendar)
    ]
    _take(memory, gifts, fact, now, half_life_s(score.half_life))


def take_interest(memory: Memory, profile: InterestProfile, fact: Fact, calendar: Calendar, now: Instant) -> None:
    """`now` as in `take_score`."""
    _take(memory, shown_in(fact, profile, calendar), fact, now, half_life_s(profile.half_life))


def _take(memory: Memory, gifts: Sequence[Gift], fact: Fact, now: Instant, half_life: int | None) -> None:
    second = fact.happened_at // SECOND
    for key, points in gifts:
        insort(memory.ahead, (second, key, points))
    while memory.ahead and memory.ahead[0][0] <= now // SECOND:
        second, key, points = memory.ahead.pop(0)
        _add(memory, key, points, second, half_life)


def _add(memory: Memory, key: str, given: float, second: Second, half_life: int | None) -> None:
    left, before = memory.left.get(key, (0.0, second))
    newest = max(before, second)
    sum_of_both = faded(left, newest - before, half_life) + faded(given, newest - second, half_life)
    memory.left[key] = (sum_of_both, newest)
    if len(memory.left) > MANY_VALUES and len(memory.left) % 50 == 0:
        _forget(memory, half_life)


def _forget(memory: Memory, half_life: int | None) -> None:
    newest = _newest(memory.left)
    memory.left = {
        key: (left, second)
        for key, (left, second) in memory.left.items()
        if faded(left, newest - second, half_life) >= FORGOTTEN_BELOW
    }


# --- reading -----------------------------------------------------------------------------------------------------------


def score_of(memory: Memory, score: Score, now: Instant) -> Thousandths:
    return _score(memory, score, now // SECOND).after(0)


def score_due(memory: Memory, score: Score, now: Instant, borders: Sequence[Thousandths]) -> Instant:
    """The next moment at which the score has crossed one of the borders by time alone; FOREVER where it stays. A border is the
    least value above it; they ascend.
    """
    second = now // SECOND
    numbers = range(len(score.actions))
    ahead = [
        (at, [sum([points for _, key, points in those if key == str(number)], 0.0) for number in numbers])
        for at, those in _by_second(memory, second)
    ]
    return next_crossing(_score(memory, score, second), second, ahead, borders)


def interest_of(memory: Memory, profile: InterestProfile, value: str, now: Instant) -> Thousandths:
    return _interest(memory, profile, value, now // SECOND).after(0)


def interest_due(
    memory: Memory, profile: InterestProfile, value: str, now: Instant, borders: Sequence[Thousandths]
) -> Instant:
    """As `score_due`."""
    second = now // SECOND
    ahead = [
        (at, [sum([points for _, key, points in those if key == value], 0.0)])
        for at, those in _by_second(memory, second)
    ]
    return next_crossing(_interest(memory, profile, value, second), second, ahead, borders)


def ranked_of(memory: Memory, profile: InterestProfile, now: Instant) -> list[str]:
    """As `interests.ranked_at`. It changes by time alone only when what waits aside gets its second (`rank_due`)."""
    half_life = half_life_s(profile.half_life)
    values = {key for _, key, _ in _come(memory, now // SECOND)} | memory.left.keys()
    newest = max([_newest(memory.left), *[second for second, _, _ in _come(memory, now // SECOND)]])
    return ranked({value: _left(memory, value, newest, half_life) for value in values})


def rank_due(memory: Memory, now: Instant) -> Instant:
    return min([second * SECOND for second, _, _ in memory.ahead if second > now // SECOND], default=FOREVER)


def _score(memory: Memory, score: Score, now: Second) -> Fading:
    half_life = half_life_s(score.half_life)
    left = [_left(memory, str(number), now, half_life) for number in range(len(score.actions))]
    return Fading(tuple(left), tuple([action.at_most for action in score.actions]), half_life)


def _interest(memory: Memory, profile: InterestProfile, value: str, now: Second) -> Fading:
    half_life = half_life_s(profile.half_life)
    return Fading((_left(memory, value, now, half_life),), (None,), half_life)


def _left(memory: Memory, key: str, now: Second, half_life: int | None) -> float:
    left, second = memory.left.get(key, (0.0, now))
    come = [faded(points, now - at, half_life) for at, one, points in _come(memory, now) if one == key]
    return faded(left, now - second, half_life) + sum(come)


def _come(memory: Memory, now: Second) -> list[tuple[Second, str, Thousandths]]:
    """What waited aside, and has come by now."""
    return [one for one in memory.ahead if one[0] <= now]


def _by_second(memory: Memory, now: Second) -> Iterable[tuple[Second, list[tuple[Second, str, Thousandths]]]]:
    later = [one for one in memory.ahead if one[0] > now]
    return [(second, list(those)) for second, those in groupby(later, key=lambda one: one[0])]


def _newest(left: dict[str, tuple[float, Second]]) -> Second:
    return max([second for _, second in left.values()], default=0)
