"""What happened, as conditions and scores see it: which facts are an event, which of them pass tests, and what they say."""

from collections.abc import Sequence

from msgspec import Struct

from regulars.kernel.calendar import Calendar
from regulars.kernel.facts import (
    MEMBER_JOINED,
    ORDER_COMPLETED,
    SAYING,
    Fact,
    Instant,
    Line,
    MemberJoined,
    OrderCompleted,
)
from regulars.kernel.segments.passing import passes
from regulars.kernel.segments.values import AMOUNT, LINE_AMOUNT, LINE_QUANTITY, OF_LINES, Property


class Time(Struct, frozen=True):
    """One time that an event happened, as a condition sees it: of an order only the lines that were asked for."""

    fact: Fact
    lines: tuple[Line, ...] = ()


def is_of(fact: Fact, event: str) -> bool:
    """Orders and joinings are the shop's own word; a browser's of the same name is neither."""
    if event == ORDER_COMPLETED:
        return isinstance(fact, OrderCompleted)
    if event == MEMBER_JOINED:
        return isinstance(fact, MemberJoined)
    return isinstance(fact, SAYING) and fact.name == event


def chosen(fact: Fact, where: Sequence[Property], calendar: Calendar, now: Instant) -> Time | None:
    """None where it is not what was asked for; an unknown property is not."""
    if not isinstance(fact, OrderCompleted):
        said = fact.properties if isinstance(fact, SAYING) else {}
        fits = all([passes(one.test, said.get(one.name), calendar, now) is True for one in where])
        return Time(fact) if fits else None
    of_order = [one for one in where if one.name == AMOUNT]
    of_lines = [one for one in where if one.name != AMOUNT]
    amount = str(fact.amount_minor)
    lines = fact.lines
    if of_lines:
        lines = tuple(
            [
                line
                for line in lines
                if all([passes(one.test, _of_line(line, one.name), calendar, now) is True for one in of_lines])
            ]
        )
    fits = all([passes(one.test, amount, calendar, now) is True for one in of_order]) and (bool(lines) or not of_lines)
    return Time(fact, lines) if fits else None


def values_of(time: Time, of: str) -> list[str]:
    """The values of a property that one time has: of an order as many as it has lines, or its amount."""
    if isinstance(time.fact, OrderCompleted):
        if of == AMOUNT:
            return [str(time.fact.amount_minor)]
        return [value for value in [_of_line(line, of) for line in time.lines] if value is not None]
    said = time.fact.properties.get(of) if isinstance(time.fact, SAYING) else None
    return [] if said is None else [said]


def lines_of(fact: Fact) -> tuple[Line, ...]:
    return fact.lines if isinstance(fact, OrderCompleted) else ()


def _of_line(line: Line, name: str) -> str | None:
    if name == LINE_AMOUNT:
        return str(line.amount_minor)
    if name == LINE_QUANTITY:
        return str(line.quantity)
    return line.properties.get(name.removeprefix(OF_LINES))
