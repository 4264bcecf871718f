"""Under which circumstances a rule holds, beside its days: hours, days that come again, who buys, where and how, and for how much.

Hours are those of the shop's wall at the moment when the fact happened, whenever we hear of it: half open, and on over midnight
where they end before they begin. What is after midnight then belongs to the day before, in weekdays and dates too. An hour that the
clocks show twice is twice in them, one that they leave out is in none.

Segments and the level are those in which the customer is when we hear of it, before the fact itself counts.
"""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from regulars.kernel.calendar import Calendar, Day
from regulars.kernel.conditions import Basis, OnDay, compile_basis, compile_when
from regulars.kernel.currencies import currency_of
from regulars.kernel.effects import Because, Effect, Reason, Refused
from regulars.kernel.facts import Fact, Instant, OrderCompleted
from regulars.kernel.occasions import ANY_OCCASION, Hours, Occasion
from regulars.kernel.program import ALL_GOODS, EarningRule, Fixed, Multiplier, PerAmount, Program
from regulars.kernel.recurrences import compile_recurrence
from regulars.kernel.segments.happenings import chosen
from regulars.kernel.segments.live.rules import SegmentRules
from regulars.kernel.state import State

NO_LEVEL: Final = "none"


class Shut(Struct, frozen=True):
    """The rules that do not hold for a fact, and those refusals that are worth telling."""

    rules: frozenset[str]
    refused: list[Effect]


OPEN: Final = Shut(frozenset(), [])


class Least(Struct, frozen=True):
    """Of what counts there must be so much."""

    basis: Basis
    minor: int

    def is_there(self, order: OrderCompleted) -> bool:
        return (self.basis(order) or 0) >= self.minor


class Gate(Struct, frozen=True):
    id: str
    given: Occasion
    on_day: Callable[[Day], bool]
    minimum: Basis
    gives: bool


class Circumstances:
    """Those of a program's rules, compiled. `segments` is set by whoever has them."""

    def __init__(self, program: Program, version: str, calendar: Calendar) -> None:
        self.segments: SegmentRules | None = None
        self._version, self._calendar, self._own = version, calendar, program.currency.code
        self._gates: dict[str, list[Gate]] = {}
        for rule in program.earning:
            if rule.occasion == ANY_OCCASION:
                continue
            days = _on_day(compile_when(rule.when), rule.occasion)
            gate = Gate(rule.id, rule.occasion, days, _minimum(rule, program), not isinstance(rule, Multiplier))
            self._gates.setdefault(rule.on, []).append(gate)

    def __bool__(self) -> bool:
        return bool(self._gates)

    def shut(self, state: State, fact: Fact, day: Day, at: Instant) -> Shut:
        gates = self._gates.get(fact.name)
        if not gates:
            return OPEN
        closed, refused = [], list[Effect]()
        segments: frozenset[str] | None = None
        for gate in gates:
            if gate.given.segments and segments is None:
                segments = self.segments.of(state.segments) if self.segments is not None else frozenset()
            if not self._holds(gate, state, fact, day, segments or frozenset()):
                closed.append(gate.id)
                continue
            missed = self._missed(gate, fact)
            if missed is not None:
                closed.append(gate.id)
                if gate.gives:
                    because = Because(gate.id, self._version, fact.id)
                    refused.append(Refused(Reason.BELOW_MINIMUM, missed, at, fact.recorded_at, because))
        return Shut(frozenset(closed), refused) if closed else OPEN

    def _holds(self, gate: Gate, state: State, fact: Fact, day: Day, segments: frozenset[str]) -> bool:
        given = gate.given
        if given.hours:
            days = _window_days(given.hours, self._calendar.minute_of(fact.happened_at), day)
            if not any([gate.on_day(one) for one in days]):
                return False
        elif given.recurs is not None and not gate.on_day(day):
            return False
        if given.tiers and (state.consequences.tier or NO_LEVEL) not in given.tiers:
            return False
        if given.segments and not segments.intersection(given.segments):
            return False
        if given.currencies and (currency_of(fact) or self._own) not in given.currencies:
            return False
        return not given.where or chosen(fact, given.where, self._calendar, fact.happened_at) is not None

    def _missed(self, gate: Gate, fact: Fact) -> int | None:
        """What the order is worth to the rule, where that is not enough."""
        least = gate.given.at_least_minor
        if not least or not isinstance(fact, OrderCompleted):
            return None
        worth = gate.minimum(fact) if not currency_of(fact) else 0
        return None if worth is None or worth >= least else worth


def on_day(rule: EarningRule) -> OnDay | None:
    """On which days it holds, where that can be told of a fact's day alone; None stands for always."""
    return None if rule.occasion.hours else compile_when(rule.when)


def least_of(rule: PerAmount | Fixed, program: Program) -> Least | None:
    minor = rule.occasion.at_least_minor
    return Least(_minimum(rule, program), minor) if minor else None


def _minimum(rule: EarningRule, program: Program) -> Basis:
    """What of an order the least amount is held against: what counts for the rule."""
    if isinstance(rule, PerAmount):
        return compile_basis(rule.goods, rule.worth, program.points.back_first)
    return compile_basis(ALL_GOODS if isinstance(rule, Multiplier) else rule.goods)


def _on_day(when: OnDay | None, given: Occasion) -> Callable[[Day], bool]:
    again = compile_recurrence(given.recurs) if given.recurs is not None else None

    def holds(day: Day) -> bool:
        return (when is None or when(day)) and (again is None or again(day))

    return holds


def _window_days(hours: Sequence[Hours], minute: int, day: Day) -> list[Day]:
    """The days to whose hours this minute belongs: today, or yesterday where they last over midnight."""
    days = []
    for one in hours:
        if one.start < one.end:
            days += [day] if one.start <= minute < one.end else []
        else:
            days += [day] if minute >= one.start else []
            days += [day - 1] if minute < one.end else []
    return days
