"""Conditions, compiled once per program version to closures. Nothing that a user wrote is ever evaluated as Python."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from regulars.kernel.calendar import Day, weekday_of
from regulars.kernel.facts import Behaved, Fact, Line, OrderCompleted
from regulars.kernel.program import ALWAYS, Counts, Goods, When
from regulars.kernel.segments.passing import number_of
from regulars.kernel.worth import USUAL_WORTH, BackFirst, Eligible, Worth, counted

OnDay = Callable[[Day], bool]
OfOrder = Callable[[OrderCompleted], int | None]


class Basis(Struct, frozen=True):
    """What of a fact counts. `plain` is the same of an order without a bill, and quicker."""

    of: Callable[[Fact], int | None]
    plain: OfOrder

    def __call__(self, fact: Fact) -> int | None:
        return self.of(fact)


MOST_COUNTED: Final = 10**12


def compile_when(when: When) -> OnDay | None:
    """None stands for always."""
    if when == ALWAYS:
        return None
    weekdays = frozenset(when.weekdays or range(7))
    first = when.first_day
    end = when.end_day

    def holds(day: Day) -> bool:
        return (first is None or day >= first) and (end is None or day < end) and weekday_of(day) in weekdays

    return holds


def compile_basis(goods: Goods, worth: Worth = USUAL_WORTH, back_first: BackFirst = "money") -> Basis:
    """A function from an order to what of it counts in minor units; None where no line is eligible."""
    eligible = _eligible_line(goods) if goods else None
    by_lines = _of_lines(goods)
    plain = _whole_where(by_lines) if worth.of == "order" and goods else by_lines

    def basis(order: Fact) -> int | None:
        if not isinstance(order, OrderCompleted):
            return None
        if order.bill is None:
            return plain(order)
        return counted(order, order.bill, eligible, worth, back_first)

    return Basis(basis, plain)


def compile_counts(counts: Counts) -> Basis:
    """How many whole units there are of a property; None where it is not there, or is no number up to a thousand billion."""

    def units(fact: Fact) -> int | None:
        said = fact.properties.get(counts.property) if isinstance(fact, Behaved) else None
        number = None if said is None else number_of(said)
        return None if number is None or abs(number) > MOST_COUNTED else int(number // counts.each)

    return Basis(units, units)


def _of_lines(goods: Goods) -> OfOrder:
    """The sum of the eligible lines."""
    if not goods:
        return lambda order: order.amount_minor
    if len(goods.excluded) == 1 and not goods.only:
        return _all_but(goods.excluded[0].property, frozenset(goods.excluded[0].values))
    if len(goods.only) == 1 and not goods.excluded:
        return _none_but(goods.only[0].property, frozenset(goods.only[0].values))
    return _eligible(goods)


def _whole_where(by_lines: OfOrder) -> OfOrder:
    """The whole order, where any line is eligible."""
    return lambda order: None if by_lines(order) is None else order.amount_minor


def _all_but(name: str, values: frozenset[str]) -> OfOrder:
    def basis(order: OrderCompleted) -> int | None:
        left_minor, lines_left = order.amount_minor, len(order.lines)
        for line in order.lines:
            if line.properties.get(name) in values:
                left_minor -= line.amount_minor
                lines_left -= 1
        return left_minor if lines_left else None

    return basis


def _none_but(name: str, values: frozenset[str]) -> OfOrder:
    def basis(order: OrderCompleted) -> int | None:
        amount_minor: int | None = None
        for line in order.lines:
            if line.properties.get(name) in values:
                amount_minor = line.amount_minor + (amount_minor or 0)
        return amount_minor

    return basis


def _eligible_line(goods: Goods) -> Eligible:
    only = [(one.property, frozenset(one.values)) for one in goods.only]
    excluded = [(one.property, frozenset(one.values)) for one in goods.excluded]

    def is_eligible(line: Line) -> bool:
        return all([line.properties.get(name) in values for name, values in only]) and not any(
            [line.properties.get(name) in values for name, values in excluded]
        )

    return is_eligible


def _eligible(goods: Goods) -> OfOrder:
    is_eligible = _eligible_line(goods)

    def basis(order: OrderCompleted) -> int | None:
        amounts = [line.amount_minor for line in order.lines if is_eligible(line)]
        return sum(amounts) if amounts else None

    return basis
