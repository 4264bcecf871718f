"""What a condition means, of one customer at one moment: the reference that every quicker form is held to.

The logic has three values, Kleene's: None is unknown, as where a trait is asked for that nobody has told.

    all     false where one is false, else unknown where one is unknown, else true
    any     true where one is true, else unknown where one is unknown, else false
    none    not any: unknown stays unknown

Who is in a segment is of two values again: in it is whoever its condition is true of, out of it everybody else.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from typing import Final

from msgspec import Struct, field

from regulars.kernel.calendar import Calendar, Day, Duration
from regulars.kernel.effects import Lot
from regulars.kernel.facts import ORDER_COMPLETED, Behaved, Fact, Instant, Trust
from regulars.kernel.scores.interests import interest_in, ranked_at
from regulars.kernel.scores.meaning import level_at, score_at
from regulars.kernel.scores.tree import InterestProfile, Score
from regulars.kernel.segments.distance import is_place, metres_between
from regulars.kernel.segments.happenings import Time, chosen, is_of, values_of
from regulars.kernel.segments.passing import Truth, number_of, passes
from regulars.kernel.segments.rhythm import in_rhythm
from regulars.kernel.segments.tree import (
    LIST,
    LIST_JOINED,
    LIST_LEFT,
    All,
    AnyOf,
    Average,
    Condition,
    Consented,
    Did,
    Distinct,
    ExpiringPoints,
    Greatest,
    InOrder,
    InScoreLevel,
    InSegment,
    InShare,
    InterestIs,
    InTier,
    IsMember,
    IsTopInterest,
    KnownBy,
    Least,
    Near,
    NoneOf,
    OnList,
    Points,
    Ratio,
    Rhythm,
    Same,
    ScoreIs,
    Since,
    Sum,
    Times,
    Trait,
    Visited,
)
from regulars.kernel.segments.values import Property
from regulars.kernel.segments.windows import (
    counts_during,
    day_at,
    left_at,
    lies_ahead,
    second_of,
    whole_second,
)

PLACES: Final = 16**15
"""Into so many places a share divides all customers."""

NOBODY: Final = AnyOf(())


class Known(Struct, frozen=True):
    """What is known of one customer. `facts` in the order in which they happened; `kinds` of identities, `allows` are the purposes
    for which what is known may be used; `lots` those that are pending or available, `lifetime` points of all time. `segments` are
    the program's, by their ids. Of visits only what they say is there, by the names of `VISIT_SAYS`.
    """

    id: str
    calendar: Calendar
    facts: Sequence[Fact] = ()
    traits: Mapping[str, str] = field(default_factory=dict)
    kinds: Collection[str] = ()
    allows: Collection[str] = ()
    tier: str | None = None
    is_member: bool = False
    lots: Sequence[Lot] = ()
    lifetime: int = 0
    segments: Mapping[str, Condition] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    interests: Mapping[str, InterestProfile] = field(default_factory=dict)
    first_visit: Mapping[str, str] = field(default_factory=dict)
    last_visit: Mapping[str, str] = field(default_factory=dict)


def is_in(condition: Condition, known: Known, now: Instant) -> bool:
    """Whether the customer is in a segment of this condition."""
    return holds(condition, known, now) is True


def holds(condition: Condition, known: Known, now: Instant) -> Truth:
    """Of what has happened by `now`; a fact of the same second has."""
    match condition:
        case All(inside):
            return both([holds(one, known, now) for one in inside])
        case AnyOf(inside):
            return either([holds(one, known, now) for one in inside])
        case NoneOf(inside):
            return negated(either([holds(one, known, now) for one in inside]))
        case Did():
            return _did(condition, known, now)
        case Since():
            return _since(condition, known, now)
        case Ratio():
            return _ratio(condition, known, now)
        case Rhythm():
            return in_rhythm(condition, order_days(known, now), day_at(now, known.calendar))
        case InOrder():
            return _in_order(condition, known, now)
        case Trait(name, test):
            return passes(test, known.traits.get(name), known.calendar, now)
        case Visited(which, name, test):
            visit = known.first_visit if which == "first" else known.last_visit
            return passes(test, visit.get(name), known.calendar, now)
        case Near():
            return _near(condition, known.traits)
        case OnList(name):
            return _is_on_list(name, known, now)
        case KnownBy(kind):
            return kind in known.kinds
        case Consented(purpose):
            return purpose in known.allows
        case InTier(levels, or_none):
            return or_none if known.tier is None else known.tier in levels
        case IsMember(wanted):
            return known.is_member is wanted
        case Points(which, bounds):
            return bounds.admit(_points(which, known, now))
        case ExpiringPoints(within, bounds):
            soon = [
                lot for lot in _available(known, now) if _is_in(lies_ahead(lot.expires_at, within, known.calendar), now)
            ]
            return bounds.admit(sum([lot.points for lot in soon]))
        case ScoreIs(id, bounds):
            return bounds.admit(score_at(known.scores[id], known.facts, known.calendar, now))
        case InScoreLevel(id, levels, or_none):
            level = level_at(known.scores[id], known.facts, known.calendar, now)
            return or_none if level is None else level in levels
        case InterestIs(id, value, bounds):
            return bounds.admit(interest_in(value, known.interests[id], known.facts, known.calendar, now))
        case IsTopInterest(id, value, places):
            return value in ranked_at(known.interests[id], known.facts, known.calendar, now)[:places]
        case InSegment(id):
            return is_in(known.segments[id], known, now)
        case InShare(share, salt):
            return place_of(known.id, salt) < share * PLACES


def holds_of_a_stranger(
    condition: Condition,
    calendar: Calendar,
    segments: Mapping[str, Condition],
    scores: Mapping[str, Score],
    interests: Mapping[str, InterestProfile],
) -> bool:
    """Whether somebody of whom nothing at all is known would be in it, other than by a share of everybody."""
    without_shares = {id: _without_shares(one) for id, one in segments.items()}
    stranger = Known("", calendar, segments=without_shares, scores=scores, interests=interests)
    return is_in(_without_shares(condition), stranger, 0)


def both(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return False if False in found else None if None in found else True


def either(truths: Iterable[Truth]) -> Truth:
    found = list(truths)
    return True if True in found else None if None in found else False


def negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


def place_of(id: str, salt: str) -> int:
    """The customer's own place in 16^15: the first 15 hexadecimal digits of SHA-256 over salt, a colon and the id."""
    return int(sha256(f"{salt}:{id}".encode()).hexdigest()[:15], 16)


def _without_shares(condition: Condition) -> Condition:
    if isinstance(condition, InShare):
        return NOBODY
    if isinstance(condition, All | AnyOf | NoneOf):
        return type(condition)(tuple([_without_shares(one) for one in condition.conditions]))
    return condition


# --- what they did -----------------------------------------------------------------------------------------------------


def times_of(event: str, where: Sequence[Property], known: Known, now: Instant) -> list[Time]:
    """The times that it happened, the first one first, whether they lie in a window or not; `where` as it is `now`."""
    found = [chosen(fact, where, known.calendar, now) for fact in known.facts if is_of(fact, event)]
    return sorted([time for time in found if time is not None], key=lambda time: time.fact.happened_at)


def _did(did: Did, known: Known, now: Instant) -> Truth:
    value = _counted(did, _times_within(did, did.where, known, now))
    return None if value is None else did.bounds.admit(value)


def _ratio(ratio: Ratio, known: Known, now: Instant) -> Truth:
    all_of_them = len(_times_within(ratio, (), known, now))
    such = len(_times_within(ratio, ratio.where, known, now))
    return ratio.bounds.admit(Fraction(such, all_of_them)) if all_of_them else None


def _times_within(leaf: Did | Ratio, where: Sequence[Property], known: Known, now: Instant) -> list[Time]:
    return [
        time
        for time in times_of(leaf.event, where, known, now)
        if _is_in(counts_during(time.fact.happened_at, leaf.window, known.calendar), now)
    ]


def _counted(did: Did, times: Sequence[Time]) -> int | Fraction | None:
    match did.counted:
        case Times():
            return len(times)
        case Distinct(of):
            return len({value for time in times for value in values_of(time, of)})
        case Same(of):
            each = [value for time in times for value in set(values_of(time, of))]
            return max([each.count(value) for value in set(each)], default=0)
        case Sum(of):
            return sum(_numbers(times, of), Fraction(0))
        case Average(of):
            numbers = _numbers(times, of)
            return sum(numbers, Fraction(0)) / len(numbers) if numbers else None
        case Least(of):
            return min(_numbers(times, of), default=None)
        case Greatest(of):
            return max(_numbers(times, of), default=None)


def _since(since: Since, known: Known, now: Instant) -> Truth:
    happened = [time.fact.happened_at for time in times_of(since.event, since.where, known, now)]
    happened = [at for at in happened if second_of(at) <= now]
    if not happened:
        return None
    at = happened[0] if since.which == "first" else happened[-1]
    longer = since.more_than is None or now >= left_at(at, since.more_than, known.calendar)
    shorter = since.less_than is None or now < left_at(at, since.less_than, known.calendar)
    return longer and shorter


def order_days(known: Known, now: Instant) -> list[Day]:
    """The days with an order so far, each once."""
    orders = [fact for fact in known.facts if is_of(fact, ORDER_COMPLETED) and second_of(fact.happened_at) <= now]
    return sorted({day_at(fact.happened_at, known.calendar) for fact in orders})


def _in_order(in_order: InOrder, known: Known, now: Instant) -> bool:
    """Step by step: which of all times can be the end of the steps so far."""
    calendar, order = known.calendar, {fact.id: place for place, fact in enumerate(_by_time(known.facts))}
    ends: list[Fact] | None = None
    for step in in_order.steps:
        happened = [time.fact for time in times_of(step.event, step.where, known, now)]
        happened = [fact for fact in happened if second_of(fact.happened_at) <= now]

        def follows(fact: Fact, before: Fact, within: Duration | None = step.within) -> bool:
            in_time = within is None or fact.happened_at < left_at(before.happened_at, within, calendar)
            return order[fact.id] > order[before.id] and in_time

        if step.is_not:
            assert ends is not None, "something comes before what did not happen"
            over = [
                one for one in ends if step.within is None or now >= left_at(one.happened_at, step.within, calendar)
            ]
            return any([not any([follows(fact, one) for fact in happened]) for one in over])
        if in_order.within is not None:
            happened = [fact for fact in happened if now < left_at(fact.happened_at, in_order.within, calendar)]
        ends = happened if ends is None else [fact for fact in happened if any([follows(fact, one) for one in ends])]
    return bool(ends)


def _by_time(facts: Sequence[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: fact.happened_at)


def _numbers(times: Sequence[Time], of: str) -> list[Fraction]:
    found = [number_of(value) for time in times for value in values_of(time, of)]
    return [number for number in found if number is not None]


# --- what they hold ----------------------------------------------------------------------------------------------------


def _points(which: str, known: Known, now: Instant) -> int:
    if which == "lifetime":
        return known.lifetime
    lots = (
        _available(known, now)
        if which == "available"
        else [lot for lot in known.lots if now < whole_second(lot.active_at)]
    )
    return sum([lot.points for lot in lots])


def _available(known: Known, now: Instant) -> list[Lot]:
    return [lot for lot in known.lots if whole_second(lot.active_at) <= now < whole_second(lot.expires_at)]


def _near(near: Near, traits: Mapping[str, str]) -> Truth:
    latitude, longitude = [number_of(traits.get(name, "")) for name in (near.latitude_trait, near.longitude_trait)]
    if latitude is None or longitude is None or not is_place(latitude, longitude):
        return None
    return metres_between((latitude, longitude), (near.latitude, near.longitude)) <= near.metres


def _is_on_list(name: str, known: Known, now: Instant) -> bool:
    words = [fact for fact in known.facts if is_word_of_list(fact, name) and second_of(fact.happened_at) <= now]
    return bool(words) and words[-1].name == LIST_JOINED


def is_word_of_list(fact: Fact, name: str) -> bool:
    """The shop's own word about a list; a browser's says nothing of it."""
    if not isinstance(fact, Behaved) or fact.trust is not Trust.SHOP or fact.name not in (LIST_JOINED, LIST_LEFT):
        return False
    return fact.properties.get(LIST) == name


def _is_in(stretch: tuple[Instant, Instant], now: Instant) -> bool:
    return stretch[0] <= now < stretch[1]
