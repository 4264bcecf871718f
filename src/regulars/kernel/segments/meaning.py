"""What a condition means, of one customer at one moment: the reference that every quicker form is held to.

The logic has three values, Kleene's: None is unknown, as where a trait is asked for that nobody has told.

    all     false where one is false, else unknown where one is unknown, else true
    any     true where one is true, else unknown where one is unknown, else false
    none    not any: unknown stays unknown

Who is in a segment is of two values again: in it is whoever its condition is true of, out of it everybody else.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from hashlib import sha256
from typing import Final

from msgspec import Struct, field

from regulars.kernel.calendar import Calendar, Day, Duration, date_of, day_of_date
from regulars.kernel.facts import (
    MEMBER_JOINED,
    ORDER_COMPLETED,
    Behaved,
    Fact,
    Instant,
    Line,
    MemberJoined,
    OrderCompleted,
)
from regulars.kernel.segments.tree import (
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
    InSegment,
    InShare,
    InTier,
    IsMember,
    KnownBy,
    Least,
    NoneOf,
    Points,
    Same,
    Since,
    Sum,
    Times,
    Trait,
)
from regulars.kernel.segments.values import (
    AMOUNT,
    LINE_AMOUNT,
    LINE_QUANTITY,
    OF_LINES,
    HasAnniversary,
    HasText,
    IsDate,
    IsNear,
    IsNoneOf,
    IsNumber,
    IsOneOf,
    IsSet,
    IsTrue,
    Property,
    Test,
)
from regulars.kernel.segments.windows import (
    counts_during,
    day_at,
    first_day,
    last_day,
    left_at,
    lies_ahead,
    second_of,
    whole_second,
)
from regulars.kernel.state import Lot

Truth = bool | None

NUMBER: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII)
YEARS: Final = range(1900, 2200)
"""Other years are no dates of a customer."""
TRUTHS: Final = {"true": True, "yes": True, "false": False, "no": False}
PLACES: Final = 16**15
"""Into so many places a share divides all customers."""

NOBODY: Final = AnyOf(())


class Known(Struct, frozen=True):
    """What is known of one customer. `facts` in the order in which they happened; `kinds` of identities, `allows` are the purposes
    for which what is known may be used; `lots` those that are pending or available, `lifetime` points of all time. `segments` are
    the program's, by their ids.
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
        case InOrder():
            return _in_order(condition, known, now)
        case Trait(name, test):
            return passes(test, known.traits.get(name), known.calendar, now)
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
        case InSegment(id):
            return is_in(known.segments[id], known, now)
        case InShare(share, salt):
            return place_of(known.id, salt) < share * PLACES


def holds_of_a_stranger(condition: Condition, calendar: Calendar, segments: Mapping[str, Condition]) -> bool:
    """Whether somebody of whom nothing at all is known would be in it, other than by a share of everybody."""
    stranger = Known("", calendar, segments={id: _without_shares(one) for id, one in segments.items()})
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


class Time(Struct, frozen=True):
    """One time that an event happened, as a condition sees it: of an order only the lines that were asked for."""

    fact: Fact
    lines: tuple[Line, ...] = ()


def times_of(event: str, where: Sequence[Property], known: Known, now: Instant) -> list[Time]:
    """The times that it happened, the first one first, whether they lie in a window or not; `where` as it is `now`."""
    found = [_chosen(fact, where, known.calendar, now) for fact in known.facts if is_of(fact, event)]
    return sorted([time for time in found if time is not None], key=lambda time: time.fact.happened_at)


def is_of(fact: Fact, event: str) -> bool:
    """Orders and joinings are the shop's own word; a browser's of the same name is neither."""
    if event == ORDER_COMPLETED:
        return isinstance(fact, OrderCompleted)
    if event == MEMBER_JOINED:
        return isinstance(fact, MemberJoined)
    return isinstance(fact, Behaved) and fact.name == event


def _did(did: Did, known: Known, now: Instant) -> Truth:
    times = [
        time
        for time in times_of(did.event, did.where, known, now)
        if _is_in(counts_during(time.fact.happened_at, did.window, known.calendar), now)
    ]
    value = _counted(did, times)
    return None if value is None else did.bounds.admit(value)


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


def _chosen(fact: Fact, where: Sequence[Property], calendar: Calendar, now: Instant) -> Time | None:
    """None where it is not what was asked for; an unknown property is not."""
    if not isinstance(fact, OrderCompleted):
        said = fact.properties if isinstance(fact, Behaved) else {}
        fits = all([passes(one.test, said.get(one.name), calendar, now) is True for one in where])
        return Time(fact) if fits else None
    of_order = [one for one in where if one.name == AMOUNT]
    of_lines = [one for one in where if one.name != AMOUNT]
    amount = str(fact.amount_minor)
    lines = [
        line
        for line in fact.lines
        if all([passes(one.test, _of_line(line, one.name), calendar, now) is True for one in of_lines])
    ]
    fits = all([passes(one.test, amount, calendar, now) is True for one in of_order]) and (bool(lines) or not of_lines)
    return Time(fact, tuple(lines)) if fits else None


def values_of(time: Time, of: str) -> list[str]:
    """The values of a property that one time has: of an order as many as it has lines, or its amount."""
    if isinstance(time.fact, OrderCompleted):
        if of == AMOUNT:
            return [str(time.fact.amount_minor)]
        return [value for value in [_of_line(line, of) for line in time.lines] if value is not None]
    said = time.fact.properties.get(of) if isinstance(time.fact, Behaved) else None
    return [] if said is None else [said]


def lines_of(fact: Fact) -> tuple[Line, ...]:
    return fact.lines if isinstance(fact, OrderCompleted) else ()


def _of_line(line: Line, name: str) -> str | None:
    if name == LINE_AMOUNT:
        return str(line.amount_minor)
    if name == LINE_QUANTITY:
        return str(line.quantity)
    return line.properties.get(name.removeprefix(OF_LINES))


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


def _is_in(stretch: tuple[Instant, Instant], now: Instant) -> bool:
    return stretch[0] <= now < stretch[1]


# --- what a value is ---------------------------------------------------------------------------------------------------


def passes(test: Test, value: str | None, calendar: Calendar, now: Instant) -> Truth:
    if isinstance(test, IsSet):
        return (value is not None) is test.wanted
    if value is None:
        return None
    match test:
        case IsOneOf(values):
            return value in values
        case IsNoneOf(values):
            return value not in values
        case HasText("contains", text):
            return text in value
        case HasText("starts_with", text):
            return value.startswith(text)
        case HasText(_, text):
            return value.endswith(text)
        case IsNumber(bounds):
            number = number_of(value)
            return None if number is None else bounds.admit(number)
        case IsTrue(wanted):
            truth = TRUTHS.get(value.strip().lower())
            return None if truth is None else truth is wanted
        case _:
            day = day_of_text(value, calendar)
            return None if day is None else _passes_day(test, day, day_at(now, calendar))


def number_of(value: str) -> Fraction | None:
    return Fraction(value) if NUMBER.fullmatch(value) else None


def day_of_text(value: str, calendar: Calendar) -> Day | None:
    """Of `2017-03-04`, or of a moment with its offset from UTC, read off the shop's wall."""
    if not (DATE.fullmatch(value) or MOMENT.fullmatch(value)) or int(value[:4]) not in YEARS:
        return None
    try:
        if len(value) == 10:
            return day_of_date(date.fromisoformat(value))
        since = datetime.fromisoformat(value) - datetime.fromisoformat("1970-01-01T00:00:00+00:00")
        return day_at((since.days * 86_400 + since.seconds) * 1_000_000, calendar)
    except ValueError:
        return None


def _passes_day(test: Test, day: Day, today: Day) -> bool:
    match test:
        case IsDate(first, end):
            return (first is None or first <= day) and (end is None or day < end)
        case IsNear("last", duration):
            return first_day(today, duration) <= day <= today
        case IsNear(_, duration):
            return today <= day <= last_day(today, duration)
        case HasAnniversary(within):
            years = (date_of(today).year, date_of(today).year + 1)
            return any([today <= anniversary(day, year) <= last_day(today, within) for year in years])
        case _:
            raise AssertionError(f"{test} is about no day")


def anniversary(day: Day, year: int) -> Day:
    """Of a day in another year; 29 February is 28 February where there is none."""
    born = date_of(day)
    try:
        return day_of_date(born.replace(year=year))
    except ValueError:
        return day_of_date(date(year, 2, 28))
