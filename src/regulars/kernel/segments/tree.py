"""What can be said of a segment: conditions, nested at will. Values: nothing here counts or decides.

A condition that has been read means the same in whatever order its parts stand; `canonical` puts them into one.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.calendar import Day, Duration, date_of
from regulars.kernel.facts import ORDER_COMPLETED
from regulars.kernel.segments.values import (
    AMOUNT,
    AMOUNTS,
    LINE_AMOUNT,
    LINE_QUANTITY,
    OF_LINES,
    Bounds,
    Property,
    Test,
    canonical_test,
)
from regulars.kernel.terms import Currency, PointsName, listed, plain


class Words(Struct, frozen=True):
    """What a shop calls its money and its points."""

    currency: Currency
    points: PointsName


# --- when --------------------------------------------------------------------------------------------------------------


class Always(Struct, frozen=True, tag="always"):
    def describe(self) -> str:
        return ""


class Trailing(Struct, frozen=True, tag="trailing"):
    """Up to now: exactly for minutes and hours, else today and so many days, weeks, months or years before it."""

    duration: Duration

    def describe(self) -> str:
        return f" in the last {self.duration.describe()}"


class Dates(Struct, frozen=True, tag="dates"):
    """From `first_day` on, up to but not including `end_day`, on the shop's wall; None is open."""

    first_day: Day | None = None
    end_day: Day | None = None

    def describe(self) -> str:
        first = f" from {date_of(self.first_day).isoformat()}" if self.first_day is not None else ""
        end = f" until the end of {date_of(self.end_day - 1).isoformat()}" if self.end_day is not None else ""
        return first + end


class BetweenAgo(Struct, frozen=True, tag="between"):
    """In the last `older`, and not in the last `newer`."""

    older: Duration
    newer: Duration

    def describe(self) -> str:
        return f" in the last {self.older.describe()} but not in the last {self.newer.describe()}"


Window: TypeAlias = Always | Trailing | Dates | BetweenAgo


# --- what is counted ---------------------------------------------------------------------------------------------------


class Times(Struct, frozen=True, tag="times"):
    """How often it happened."""


class Sum(Struct, frozen=True, tag="sum"):
    """The numbers under a property added up; 0 where there is none."""

    of: str


class Average(Struct, frozen=True, tag="average"):
    """Unknown where there is no number; so are the least and the greatest."""

    of: str


class Least(Struct, frozen=True, tag="least"):
    of: str


class Greatest(Struct, frozen=True, tag="greatest"):
    of: str


class Distinct(Struct, frozen=True, tag="distinct"):
    """How many different values a property had."""

    of: str


class Same(Struct, frozen=True, tag="same"):
    """How often the most frequent value of a property was there, once for each time that it happened."""

    of: str


Counted: TypeAlias = Times | Sum | Average | Least | Greatest | Distinct | Same
ONCE_AT_LEAST: Final = Bounds(least=Fraction(1))

LIST_JOINED: Final = "List Joined"
LIST_LEFT: Final = "List Left"
LIST: Final = "list"
"""The property that names the list."""

VISIT_SAYS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("device", "system", "browser", "language"), "with"),
    **dict.fromkeys(("channel", "source", "medium", "campaign"), "through"),
    **dict.fromkeys(("country", "region", "city"), "from"),
}
"""What is kept of a visit, and how one says it."""

COUNTED_AS: Final = {
    Sum: "the sum of {} over",
    Average: "the average of {} over",
    Least: "the least {} over",
    Greatest: "the greatest {} over",
    Distinct: "the number of different values of {} over",
}


# --- conditions --------------------------------------------------------------------------------------------------------


class Did(Struct, frozen=True, tag="did"):
    """What is counted of an event lies within bounds. `where` chooses among the times that it happened: all must hold."""

    event: str
    counted: Counted = Times()
    bounds: Bounds = ONCE_AT_LEAST
    window: Window = Always()
    where: tuple[Property, ...] = ()

    def describe(self, words: Words) -> str:
        event = f"“{self.event}”{_where(self.event, self.where, words)}"
        when = self.window.describe()
        if isinstance(self.counted, Times | Same):
            often = "" if self.bounds == ONCE_AT_LEAST else f" {_times(self.bounds)}"
            same = f" with one and the same {_named(self.counted.of)}" if isinstance(self.counted, Same) else ""
            return f"did {event}{often}{same}{when}"
        what = COUNTED_AS[type(self.counted)].format(_named(self.counted.of))
        money = words.currency if _is_money(self.event, self.counted) else None
        return f"have {self.bounds.describe(money)} as {what} {event}{when}"


class Since(Struct, frozen=True, tag="since"):
    """The first or the last time that it happened is longer ago than `more_than`, or no longer than `less_than`. Unknown for
    whoever never did it.
    """

    event: str
    which: Literal["first", "last"]
    more_than: Duration | None = None
    less_than: Duration | None = None
    where: tuple[Property, ...] = ()

    def describe(self, words: Words) -> str:
        parts = [f"more than {self.more_than.describe()} ago"] if self.more_than else []
        parts += [f"not more than {self.less_than.describe()} ago"] if self.less_than else []
        return f"did “{self.event}”{_where(self.event, self.where, words)} for the {self.which} time {listed(parts)}"


class Ratio(Struct, frozen=True, tag="ratio"):
    """Of the times that it happened in the window, the share that passes `where` lies within bounds, from 0 to 1. Unknown where it
    never happened in the window.
    """

    event: str
    where: tuple[Property, ...]
    bounds: Bounds
    window: Window = Always()

    def describe(self, words: Words) -> str:
        share = Bounds(_percent(self.bounds.least), _percent(self.bounds.most)).describe()
        those = _where(self.event, self.where, words).strip(" ()")
        return f"did “{self.event}”{self.window.describe()}, {share} % of the times one {those}"


class Rhythm(Struct, frozen=True, tag="rhythm"):
    """A gap between days with an order is longer than `more_than` times the customer's usual gap, not longer than `at_most` times.

    `open_gap` lasts from the last order day to today. `last_gap` lay between the last two order days, and is what `open_gap` was on
    the last one, before that counted. The usual gap is the average between the order days before the gap, of three days or more;
    of fewer it is `presumed_days`, or unknown. With `presumed_days`, whoever ordered on one day only came back after 0 days.
    """

    of: Literal["open_gap", "last_gap"] = "open_gap"
    more_than: Fraction | None = None
    at_most: Fraction | None = None
    presumed_days: int | None = None

    def describe(self, words: Words) -> str:
        parts = [f"more than {plain(self.more_than)} times" if self.more_than is not None else ""]
        parts += [f"at most {plain(self.at_most)} times" if self.at_most is not None else ""]
        gap = f"{listed([part for part in parts if part])} their usual gap between orders"
        if self.presumed_days is not None:
            gap += f" ({Duration(self.presumed_days, 'days').describe()} as long as they have none)"
        return f"last ordered {gap} ago" if self.of == "open_gap" else f"placed their last order after {gap}"


class Step(Struct, frozen=True):
    """`within`: at most so long after the step before. With `is_not`, nothing of the kind came after it: within that time, which
    must be over, or at all.
    """

    event: str
    where: tuple[Property, ...] = ()
    within: Duration | None = None
    is_not: bool = False

    def describe(self, words: Words) -> str:
        within = f" within {self.within.describe()}" if self.within else ""
        return f"{'did not do' if self.is_not else 'did'} “{self.event}”{_where(self.event, self.where, words)}{within}"


class InOrder(Struct, frozen=True, tag="in_order"):
    """One after the other. Only the last step may be one that did not happen, and never the first. The others lie in the last
    `within`.
    """

    steps: tuple[Step, ...]
    within: Duration | None = None

    def describe(self, words: Words) -> str:
        within = f", all in the last {self.within.describe()}" if self.within else ""
        return f"{', then '.join([step.describe(words) for step in self.steps])}{within}"


class Trait(Struct, frozen=True, tag="trait"):
    name: str
    test: Test

    def describe(self, words: Words) -> str:
        return f"have a {self.name} that {self.test.describe()}"


class Visited(Struct, frozen=True, tag="visit"):
    """A test of their first or last visit to the site, as far as it is kept. Unknown where there was none, or it does not say."""

    which: Literal["first", "last"]
    name: str
    test: Test

    def describe(self, words: Words) -> str:
        return f"{self.which} visited {VISIT_SAYS[self.name]} a {self.name} that {self.test.describe()}"


class Near(Struct, frozen=True, tag="near"):
    """Within so many metres of a place, by two traits that say where they are in degrees. Unknown where these are no place."""

    latitude: Fraction
    longitude: Fraction
    metres: int
    latitude_trait: str = "latitude"
    longitude_trait: str = "longitude"

    def describe(self, words: Words) -> str:
        far = f"{plain(Fraction(self.metres, 1000))} km" if self.metres >= 1000 else f"{self.metres} m"
        by = f"{self.latitude_trait} and {self.longitude_trait}"
        return f"are, by their {by}, within {far} of {plain(self.latitude)}, {plain(self.longitude)}"


class OnList(Struct, frozen=True, tag="list"):
    """The newest word of the shop's own about a list and them is that they joined it; of words of the same instant the one that was
    recorded last. Never unknown.
    """

    list: str

    def describe(self, words: Words) -> str:
        return f"are on list “{self.list}”"


class KnownBy(Struct, frozen=True, tag="known_by"):
    """There is an identity of this kind."""

    kind: str

    def describe(self, words: Words) -> str:
        return f"are known by {self.kind}"


class Consented(Struct, frozen=True, tag="consent"):
    """That may be done with what is known of them, by whatever ground the program gives."""

    purpose: str

    def describe(self, words: Words) -> str:
        return f"allow {self.purpose}"


class InTier(Struct, frozen=True, tag="tier"):
    """One of these levels; with `or_none`, no level will do as well."""

    levels: tuple[str, ...]
    or_none: bool = False

    def describe(self, words: Words) -> str:
        return (
            f"have {listed([*(['no level'] if self.or_none else []), *[f'level {one}' for one in self.levels]], 'or')}"
        )


class IsMember(Struct, frozen=True, tag="member"):
    wanted: bool = True

    def describe(self, words: Words) -> str:
        return "are members" if self.wanted else "are no members"


class Points(Struct, frozen=True, tag="points"):
    """As of the moment: what is pending becomes available, and what is available expires."""

    which: Literal["available", "pending", "lifetime"]
    bounds: Bounds

    def describe(self, words: Words) -> str:
        which = "of all time" if self.which == "lifetime" else self.which
        return f"have {self.bounds.describe()} {words.points.other} {which}"


class ExpiringPoints(Struct, frozen=True, tag="expiring"):
    """Points available now that expire within the next `within`."""

    within: Duration
    bounds: Bounds

    def describe(self, words: Words) -> str:
        return (
            f"have {self.bounds.describe()} {words.points.other} that expire within the next {self.within.describe()}"
        )


class InSegment(Struct, frozen=True, tag="in"):
    """Membership is never unknown: who is not in it is out of it."""

    id: str

    def describe(self, words: Words) -> str:
        return f"are in segment “{self.id}”"


class InShare(Struct, frozen=True, tag="share"):
    """A share of all customers, the same ones for ever: by a hash of the salt and the customer's id."""

    share: Fraction
    salt: str

    def describe(self, words: Words) -> str:
        return f"are among {plain(self.share * 100)} % of all customers, drawn by “{self.salt}”"


class ScoreIs(Struct, frozen=True, tag="score"):
    """A score lies within bounds, which are in thousandths. Never unknown: of nothing it is 0."""

    score: str
    bounds: Bounds

    def describe(self, words: Words) -> str:
        return f"have {_in_thousandths(self.bounds)} as score “{self.score}”"


class InScoreLevel(Struct, frozen=True, tag="score_level"):
    """By a score, they are in one of these levels; with `or_none`, below all of them will do as well."""

    score: str
    levels: tuple[str, ...]
    or_none: bool = False

    def describe(self, words: Words) -> str:
        levels = [*(["no level"] if self.or_none else []), *[f"level {one}" for one in self.levels]]
        return f"have {listed(levels, 'or')} by score “{self.score}”"


class InterestIs(Struct, frozen=True, tag="interest"):
    """An interest in a value lies within bounds, which are in thousandths. Never unknown: of nothing it is 0."""

    profile: str
    value: str
    bounds: Bounds

    def describe(self, words: Words) -> str:
        return f"have {_in_thousandths(self.bounds)} as interest “{self.profile}” in “{self.value}”"


class IsTopInterest(Struct, frozen=True, tag="top_interest"):
    """A value is among their so many strongest interests."""

    profile: str
    value: str
    places: int = 1

    def describe(self, words: Words) -> str:
        among = "as their strongest" if self.places == 1 else f"among their {self.places} strongest"
        return f"have “{self.value}” {among} interest{'s' if self.places > 1 else ''} “{self.profile}”"


class All(Struct, frozen=True, tag="all"):
    conditions: "tuple[Condition, ...]"

    def describe(self, words: Words) -> str:
        return _joined(self.conditions, "and", words)


class AnyOf(Struct, frozen=True, tag="any"):
    conditions: "tuple[Condition, ...]"

    def describe(self, words: Words) -> str:
        return _joined(self.conditions, "or", words)


class NoneOf(Struct, frozen=True, tag="none"):
    conditions: "tuple[Condition, ...]"

    def describe(self, words: Words) -> str:
        inside = [one.describe(words) for one in self.conditions]
        return f"are not among those who {' nor among those who '.join(inside)}"


Condition: TypeAlias = (
    All | AnyOf | NoneOf | Did | Since | Ratio | Rhythm | InOrder | Trait | Visited | Near | OnList | KnownBy | Consented
    | InTier | IsMember | Points | ExpiringPoints | ScoreIs | InScoreLevel | InterestIs
    | IsTopInterest | InSegment | InShare
)  # fmt: skip


class Segment(Struct, frozen=True):
    id: str
    condition: Condition

    def canonical(self) -> "Segment":
        return Segment(self.id, canonical(self.condition))

    def describe(self, words: Words) -> str:
        return f"Segment “{self.id}”: {self.who(words)}."

    def who(self, words: Words) -> str:
        return f"those who {self.condition.describe(words)}"


def canonical(condition: Condition) -> Condition:
    """The same condition, with what counts in whatever order put into one, and without what says nothing."""
    match condition:
        case All(inside):
            flat = [part for one in inside for part in _parts(canonical(one), All)]
            return _in_one_order(All, flat)
        case AnyOf(inside):
            flat = [part for one in inside for part in _parts(canonical(one), AnyOf)]
            return _in_one_order(AnyOf, flat)
        case NoneOf(inside):
            flat = [part for one in inside for part in _parts(canonical(one), AnyOf)]
            return NoneOf(_sorted(flat))
        case Did() | Since() | Ratio():
            return replace(condition, where=_where_in_one_order(condition.where))
        case InOrder():
            steps = [replace(step, where=_where_in_one_order(step.where)) for step in condition.steps]
            return replace(condition, steps=tuple(steps))
        case Trait() | Visited():
            return replace(condition, test=canonical_test(condition.test))
        case InTier() | InScoreLevel():
            return replace(condition, levels=tuple(sorted(set(condition.levels))))
        case _:
            return condition


def inside_of(condition: Condition) -> tuple[Condition, ...]:
    """The conditions of which it is made; none for a leaf."""
    return condition.conditions if isinstance(condition, All | AnyOf | NoneOf) else ()


def events_of(condition: Condition) -> set[str]:
    """The events at which it looks; not those of other segments, scores and interests that it names."""
    match condition:
        case Did() | Since() | Ratio():
            return {condition.event}
        case InOrder():
            return {step.event for step in condition.steps}
        case Rhythm():
            return {ORDER_COMPLETED}
        case OnList():
            return {LIST_JOINED, LIST_LEFT}
        case _:
            return {event for one in inside_of(condition) for event in events_of(one)}


def line_properties_of(condition: Condition) -> frozenset[str]:
    """The properties of orders' lines for which it asks, without their prefix."""
    asked: list[Did | Since | Ratio | Step] = []
    match condition:
        case Did() | Since() | Ratio():
            asked = [condition]
        case InOrder(steps):
            asked = list(steps)
        case _:
            return frozenset().union(*[line_properties_of(one) for one in inside_of(condition)])
    of_orders = [one for one in asked if one.event == ORDER_COMPLETED]
    names = {test.name for one in of_orders for test in one.where}
    names |= {one.counted.of for one in of_orders if isinstance(one, Did) and not isinstance(one.counted, Times)}
    return frozenset([name.removeprefix(OF_LINES) for name in names - {AMOUNT, LINE_AMOUNT, LINE_QUANTITY}])


def _parts(condition: Condition, kind: type[All] | type[AnyOf]) -> tuple[Condition, ...]:
    return condition.conditions if isinstance(condition, kind) else (condition,)


def _in_one_order(kind: type[All] | type[AnyOf], inside: list[Condition]) -> Condition:
    ordered = _sorted(inside)
    return ordered[0] if len(ordered) == 1 else kind(ordered)


def _sorted(inside: list[Condition]) -> tuple[Condition, ...]:
    """Each once."""
    by_words = {repr(one): one for one in inside}
    return tuple([by_words[words] for words in sorted(by_words)])


def _where_in_one_order(where: tuple[Property, ...]) -> tuple[Property, ...]:
    return tuple(sorted({one.canonical() for one in where}, key=repr))


def _times(bounds: Bounds) -> str:
    told = f"{bounds.describe()} times"
    return f"{told.removesuffix('1 times')}once" if told.endswith(" 1 times") else told


def _where(event: str, where: tuple[Property, ...], words: Words) -> str:
    money = words.currency if event == ORDER_COMPLETED else None
    return f" (whose {listed([one.describe(money) for one in where])})" if where else ""


def _in_thousandths(bounds: Bounds) -> str:
    least, most = [None if one is None else one / 1000 for one in (bounds.least, bounds.most)]
    return Bounds(least, most).describe()


def _percent(share: Fraction | None) -> Fraction | None:
    return None if share is None else share * 100


def _named(of: str) -> str:
    return of.removeprefix("products.")


def _is_money(event: str, counted: Counted) -> bool:
    return event == ORDER_COMPLETED and isinstance(counted, Sum | Average | Least | Greatest) and counted.of in AMOUNTS


def _joined(inside: "tuple[Condition, ...]", joint: str, words: Words) -> str:
    """Parts that are themselves joined stand in parentheses."""
    told = [f"({one.describe(words)})" if inside_of(one) else one.describe(words) for one in inside]
    return f" {joint} ".join(told) if told else "are anybody"
