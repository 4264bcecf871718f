"""What an interest means, of one customer at one moment: the reference that the live form is held to.

An interest fades as a score does. Which of two is the stronger does not change by that: both fade alike. So they are ranked as of
the last time that something counted, and waiting changes no rank; what was read as nothing then is no interest.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import fsum

from regulars.kernel.calendar import SECOND, Calendar
from regulars.kernel.facts import Fact, Instant
from regulars.kernel.scores.fading import Fading, Second, faded, read
from regulars.kernel.scores.meaning import next_crossing, time_of
from regulars.kernel.scores.tree import InterestProfile, Thousandths, half_life_s
from regulars.kernel.segments.happenings import values_of

Shown = tuple[Second, str, Thousandths]
"""When an interest was shown, in which value, and how much."""


def interest_in(
    value: str, profile: InterestProfile, facts: Iterable[Fact], calendar: Calendar, now: Instant
) -> Thousandths:
    shown = [one for one in shown_by(profile, facts, calendar) if one[0] <= now // SECOND and one[1] == value]
    return read(_left(profile, shown, now // SECOND))


def crossed_at(
    value: str,
    profile: InterestProfile,
    facts: Iterable[Fact],
    calendar: Calendar,
    now: Instant,
    borders: Sequence[Thousandths],
) -> Instant:
    """The next moment at which it has crossed one of the borders, if nothing happens but `facts`; FOREVER where it stays."""
    shown = [one for one in shown_by(profile, facts, calendar) if one[1] == value]
    second, half_life = now // SECOND, half_life_s(profile.half_life)
    left = _left(profile, [one for one in shown if one[0] <= second], second)
    ahead = [(at, [float(points)]) for at, _, points in shown if at > second]
    return next_crossing(Fading((left,), (None,), half_life), second, ahead, borders)


def ranked_at(profile: InterestProfile, facts: Iterable[Fact], calendar: Calendar, now: Instant) -> list[str]:
    """The strongest first; what is equally strong, bytewise by its text."""
    shown = [one for one in shown_by(profile, facts, calendar) if one[0] <= now // SECOND]
    newest = max([second for second, _, _ in shown], default=0)
    values = {value for _, value, _ in shown}
    return ranked({value: _left(profile, [one for one in shown if one[1] == value], newest) for value in values})


def ranked(strengths: Mapping[str, float]) -> list[str]:
    read_off = {value: read(strength) for value, strength in strengths.items()}
    return sorted(
        [value for value, strength in read_off.items() if strength], key=lambda one: (-read_off[one], one.encode())
    )


def shown_by(profile: InterestProfile, facts: Iterable[Fact], calendar: Calendar) -> list[Shown]:
    """Earliest first, what lies ahead included."""
    return sorted(
        [(fact.happened_at // SECOND, *shown) for fact in facts for shown in shown_in(fact, profile, calendar)]
    )


def shown_in(fact: Fact, profile: InterestProfile, calendar: Calendar) -> list[tuple[str, Thousandths]]:
    """In which values the fact shows an interest, and how much."""
    times = [(action, time_of(action, fact, calendar)) for action in profile.actions]
    return [
        (value, action.points)
        for action, time in times
        if time is not None
        for value in sorted(set(values_of(time, profile.property_of(action.event))))
    ]


def _left(profile: InterestProfile, shown: Iterable[Shown], now: Second) -> float:
    half_life = half_life_s(profile.half_life)
    return fsum([faded(points, now - second, half_life) for second, _, points in shown])
