"""Limits: how often a rule gives, and how many points, to one customer.

    times    a rule gives so often within a period, or so often for each value of a property (a review per product)
    points   a rule, or all rules together, give so many points an order or within a period; what is beyond is cut off
             (`clamp`), or whatever goes beyond gives nothing (`refuse`)

Periods are those of the shop's own calendar, and a fact counts in the period in which it happened. What counts is written down
as `Counted`, in small counters: a name, a period or a value, how often and how many points. Values are kept as 63 bits of a hash
of the word without its case, since nobody needs to read them again; of periods the latest are kept. Where a counter is full,
what it cannot tell from something new gives nothing.

What a returned order gives back is given back to its limits as well, in the period of the order: the points as they go, the time
when nothing is left of what the rule gave. So an order that came to nothing uses up nothing.

The order for one fact: each rule's own limits, then which rules stand beside each other (`stacking`), then what all rules together
may give. Only what was given in the end is counted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Final, Literal, cast

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.calendar import Day, Period, last_day_of
from regulars.kernel.effects import Because, Counted, Effect, Posted, Reason, Refused
from regulars.kernel.facts import Behaved, Fact, Instant
from regulars.kernel.state import MOST_PERIODS, MOST_VALUES, Consequences
from regulars.kernel.terms import PointsName, listed, plain

Over = Literal["clamp", "refuse"]
ORDER: Final = "order"
LIFETIME: Final = "lifetime"
PERIODS: Final = ("day", "week", "month", "quarter", "year")
PERS: Final = (ORDER, *PERIODS, LIFETIME)
"""What a limit may go by; any other word is a property, whose values are counted apart."""

ALL_RULES: Final = ""
"""Stands where a rule's id does, in the counters of what all rules together give."""

LIMIT_REACHED: Final = Reason.LIMIT_REACHED
CUT_TO_LIMIT: Final = Reason.CUT_TO_LIMIT
OVER_LIMIT: Final = Reason.OVER_LIMIT
CAP_REACHED: Final = Reason.CAP_REACHED
CUT_TO_CAP: Final = Reason.CUT_TO_CAP
OVER_CAP: Final = Reason.OVER_CAP

Choose = Callable[[list[Effect]], list[Effect]]
"""Which of what the rules give stands: the others are refused."""


class Limit(Struct, frozen=True):
    """`times` or `points`, one of them: so often, or so many, per `per`."""

    per: str
    times: int | None = None
    points: int | None = None
    over: Over = "refuse"

    @property
    def by_value(self) -> bool:
        return self.per not in PERS

    def key(self, rule: str) -> str:
        """The counter's name. No rule's id has a colon or an equals sign."""
        return f"{rule}={self.per}" if self.by_value else f"{rule}:{self.per}"

    def describe(self, name: PointsName) -> str:
        per = f"for each {self.per}" if self.by_value else _PER.get(self.per, f"a {self.per}")
        if self.times is not None:
            return f"{_often(self.times)} {per}"
        assert self.points is not None
        most = f"{name.points(self.points)} {per}"
        return most if self.over == "clamp" else f"{most} (what would go beyond gives nothing)"


_PER: Final = {ORDER: "an order", LIFETIME: "in all"}


def _often(times: int) -> str:
    return {1: "once", 2: "twice"}.get(times, f"{plain(times)} times")


def told(limits: Sequence[Limit], name: PointsName) -> str:
    """A sentence behind others; empty where there are none."""
    return f" At most {listed([one.describe(name) for one in limits])}." if limits else ""


class Limits:
    """The limits of a program, compiled: `own` of each rule that has some, and those on what `all` rules together give."""

    def __init__(self, own: Mapping[str, tuple[Limit, ...]], all: tuple[Limit, ...]) -> None:
        self.own, self.all = {id: limits for id, limits in own.items() if limits}, all

    def __bool__(self) -> bool:
        return bool(self.own or self.all)

    def hold(
        self, effects: list[Effect], held: Consequences, fact: Fact, day: Day, at: Instant, choose: Choose | None
    ) -> list[Effect]:
        """What is left of what the rules give for `fact`, which happened on `day`."""
        if self.own:
            effects = self._by_rule(effects, held, fact, day)
        if choose is not None:
            effects = choose(effects)
        if self.all:
            effects = self._together(effects, held, fact, day)
        return self._counted(effects, fact, day, at)

    def more(
        self, posted: Posted, held: Consequences, fact: Fact, day: Day, at: Instant, left: int, by_all: int
    ) -> list[Effect]:
        """What is left of what a rule gives for what was added to an order of that day, of which it has `left` and all rules
        together `by_all`. Where it has some left, it counted as once already.
        """
        rule = posted.because.rule
        effects: list[Effect] = [posted]
        for limits, key, before, why in (
            (self.own.get(rule, ()), rule, left, (LIMIT_REACHED, CUT_TO_LIMIT, OVER_LIMIT)),
            (self.all, ALL_RULES, by_all, (CAP_REACHED, CUT_TO_CAP, OVER_CAP)),
        ):
            if limits and isinstance(effects[0], Posted):
                points: int | None = effects[0].points
                for limit in limits:
                    points = _more(limit, key, held, fact, day, points, left, before) if points else points
                effects = [*_bounded(effects[0], points, *why), *effects[1:]]
        kept = effects[0]
        if isinstance(kept, Posted):
            because, told_at = kept.because, kept.recorded_at
            for name, place in self.counters(rule, fact, day):
                effects.append(Counted(name, place, 0 if left else 1, kept.points, at, told_at, because))
        return effects

    def counters(self, rule: str, fact: Fact, day: Day) -> list[tuple[str, int]]:
        """Where what a rule gives for a fact of that day is counted, in the counters' order; a limit per order needs none."""
        own = [(limit.key(rule), _place(limit, fact, day)) for limit in self.own.get(rule, ()) if limit.per != ORDER]
        every = [(limit.key(ALL_RULES), _place(limit, fact, day)) for limit in self.all if limit.per != ORDER]
        return own + every

    def given_back(
        self,
        rule: str,
        fact: Fact,
        day: Day,
        points: int,
        all_of_it: bool,
        at: Instant,
        because: Because,
        told: Instant,
    ) -> list[Effect]:
        """What an order that goes back takes off the counters again."""
        counters = self.counters(rule, fact, day)
        return [Counted(key, place, -1 if all_of_it else 0, -points, at, told, because) for key, place in counters]

    def _by_rule(self, effects: list[Effect], held: Consequences, fact: Fact, day: Day) -> list[Effect]:
        kept: list[Effect] = []
        for effect in effects:
            limits = self.own.get(effect.because.rule) if isinstance(effect, Posted) else None
            if limits is None:
                kept.append(effect)
                continue
            assert isinstance(effect, Posted)
            rule = effect.because.rule
            left: int | None = effect.points
            for limit in limits:
                left = _left(limit, rule, held, fact, day, left, 0) if left else left
            kept += _bounded(effect, left, LIMIT_REACHED, CUT_TO_LIMIT, OVER_LIMIT)
        return kept

    def _together(self, effects: list[Effect], held: Consequences, fact: Fact, day: Day) -> list[Effect]:
        """Rules take what is left in the order of the document."""
        kept: list[Effect] = []
        given = 0
        for effect in effects:
            if not isinstance(effect, Posted):
                kept.append(effect)
                continue
            left: int | None = effect.points
            for limit in self.all:
                left = _left(limit, ALL_RULES, held, fact, day, left, given) if left else left
            given += left or 0
            kept += _bounded(effect, left, CAP_REACHED, CUT_TO_CAP, OVER_CAP)
        return kept

    def _counted(self, effects: list[Effect], fact: Fact, day: Day, at: Instant) -> list[Effect]:
        counted: list[Effect] = []
        for effect in effects:
            counted.append(effect)
            if isinstance(effect, Posted):
                because, points, told_at = effect.because, effect.points, effect.recorded_at
                for key, place in self.counters(because.rule, fact, day):
                    counted.append(Counted(key, place, 1, points, at, told_at, because))
        return counted


def _left(limit: Limit, rule: str, held: Consequences, fact: Fact, day: Day, points: int, given: int) -> int | None:
    """How many of the points the limit lets through; None where it refuses them because they are too many."""
    if limit.per == ORDER:
        times, before = 0, given
        if isinstance(fact, Behaved):
            return points
    else:
        times, before = so_far(limit, rule, held, fact, day)
        before += given
    if limit.times is not None:
        return points if times < limit.times else 0
    assert limit.points is not None
    left = max(limit.points - before, 0)
    if points <= left:
        return points
    return left if limit.over == "clamp" or not left else None


def _more(
    limit: Limit, rule: str, held: Consequences, fact: Fact, day: Day, points: int, left: int, before: int
) -> int | None:
    if limit.times is not None and left:
        return points
    return _left(limit, rule, held, fact, day, points, before if limit.per == ORDER else 0)


def so_far(limit: Limit, rule: str, held: Consequences, fact: Fact, day: Day) -> tuple[int, int]:
    """How often, and how many points, in the period or for the value of this fact."""
    places = held.counts.get(limit.key(rule))
    if places is None:
        return 0, 0
    place = _place(limit, fact, day)
    if place in places:
        return places[place]
    is_lost = len(places) >= MOST_VALUES if limit.by_value else len(places) >= MOST_PERIODS and place < min(places)
    return (_FULL, _FULL) if is_lost else (0, 0)


_FULL: Final = 2**62


def _bounded(posted: Posted, left: int | None, reached: Reason, cut: Reason, over: Reason) -> list[Effect]:
    if left == posted.points:
        return [posted]
    if left:
        return [replace(posted, points=left), refused(posted, cut, posted.points - left)]
    return [refused(posted, over if left is None else reached, posted.points)]


def refused(posted: Posted, reason: Reason, points: int) -> Refused:
    """So many of what a rule would have given are not."""
    basis_minor = posted.reckoning.basis_minor if posted.reckoning is not None else None
    return Refused(reason, basis_minor, posted.effective_at, posted.recorded_at, posted.because, points)


def _place(limit: Limit, fact: Fact, day: Day) -> int:
    """The day itself, the last day of the period, 0 for all the time, or the value by its hash."""
    if limit.by_value:
        properties: Mapping[str, str] = getattr(fact, "properties", {})
        return _hashed(properties.get(limit.per, ""))
    if limit.per == LIFETIME:
        return 0
    return day if limit.per == "day" else last_day_of(cast(Period, limit.per), day)


@lru_cache(maxsize=8192)
def _hashed(value: str) -> int:
    return int.from_bytes(blake2b(value.strip().casefold().encode(), digest_size=8).digest()) >> 1


def carried_over(
    counts: Mapping[str, Mapping[int, tuple[int, int]]], sign: int, at: Instant, recorded_at: Instant, because: Because
) -> Iterable[Counted]:
    """What a customer's counters hold, for the one that it is merged into, or taken off that one again."""
    for key, places in counts.items():
        for place, (times, points) in places.items():
            yield Counted(key, place, sign * times, sign * points, at, recorded_at, because)
