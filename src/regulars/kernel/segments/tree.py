"""What can be said of a segment: conditions, nested at will. Values: nothing here counts or decides.

A condition that has been read means the same in whatever order its parts stand; `canonical` puts them into one.
"""

from fractions import Fraction
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.calendar import Day, Duration, date_of
from regulars.kernel.facts import ORDER_COMPLETED
from regulars.kernel.segments.values import AMOUNTS, Bounds, Property, Test, canonical_test
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
    All | AnyOf | NoneOf | Did | Since | InOrder | Trait | KnownBy | Consented | InTier | IsMember | Points
    | ExpiringPoints | InSegment | InShare
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
        case Did() | Since():
            return replace(condition, where=_where_in_one_order(condition.where))
        case InOrder():
            steps = [replace(step, where=_where_in_one_order(step.where)) for step in condition.steps]
            return replace(condition, steps=tuple(steps))
        case Trait():
            return replace(condition, test=canonical_test(condition.test))
        case InTier():
            return replace(condition, levels=tuple(sorted(set(condition.levels))))
        case _:
            return condition


def inside_of(condition: Condition) -> tuple[Condition, ...]:
    """The conditions of which it is made; none for a leaf."""
    return condition.conditions if isinstance(condition, All | AnyOf | NoneOf) else ()


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


def _named(of: str) -> str:
    return of.removeprefix("products.")


def _is_money(event: str, counted: Counted) -> bool:
    return event == ORDER_COMPLETED and isinstance(counted, Sum | Average | Least | Greatest) and counted.of in AMOUNTS


def _joined(inside: "tuple[Condition, ...]", joint: str, words: Words) -> str:
    """Parts that are themselves joined stand in parentheses."""
    told = [f"({one.describe(words)})" if inside_of(one) else one.describe(words) for one in inside]
    return f" {joint} ".join(told) if told else "are anybody"
