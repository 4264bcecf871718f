"""The times that something happened, as conditions see them: which pass tests, and the values that they have."""

from functools import reduce
from operator import and_
from typing import Any, Final

from ibis.expr.types import Table

from regulars.insight.moments import Moment
from regulars.insight.numbers import wide
from regulars.insight.passing import number_passes, passing_texts
from regulars.insight.tables import table
from regulars.kernel.facts import ORDER_COMPLETED
from regulars.kernel.segments.values import AMOUNT, LINE_AMOUNT, LINE_QUANTITY, OF_LINES, IsSet, Property

Where = tuple[Property, ...]
OF_A_LINE: Final = {LINE_AMOUNT: "amount", LINE_QUANTITY: "quantity"}
"""What a line has a number of its own for."""


def times_of(event: str, where: Where, moment: Moment) -> Table:
    """Of happenings those of this event that pass; an order passes line tests if one line passes all of them."""
    happenings = table("happenings")
    times = happenings.filter(happenings.event == event)
    if event != ORDER_COMPLETED:
        return _with_properties(times, "happening", where, moment)
    times, of_lines = _of_orders(times, where)
    if of_lines:
        times = times.filter(times.happening.isin(_lines(of_lines, moment).happening))
    return times


def values_of(event: str, where: Where, of: str, moment: Moment) -> Table:
    """Of each time its values: `person`, `happening`, `happened_at`, and the `value`, a whole number or a text."""
    if event != ORDER_COMPLETED:
        times = times_of(event, where, moment)
        return _texts(times, times.happening, of)
    if of == AMOUNT:
        times = times_of(event, where, moment)
        return _values(times, times.amount)
    lines = _lines_of(where, moment)
    if of in OF_A_LINE:
        return _values(lines, lines[OF_A_LINE[of]])
    return _texts(lines, lines.line, of.removeprefix(OF_LINES))


def numbers_of(event: str, where: Where, of: str, moment: Moment) -> Table:
    """The same for the values that are numbers, each as `whole` and `part`; there is no part where all are whole."""
    found = values_of(event, where, of, moment)
    if are_whole(event, of):
        return found.mutate(whole=wide(found.value))
    told = table("texts")
    told = told.filter(told.whole.notnull()).select("text", "whole", "part")
    return found.join(told, found.value == told.text)


def are_whole(event: str, of: str) -> bool:
    return event == ORDER_COMPLETED and (of == AMOUNT or of in OF_A_LINE)


def _lines_of(where: Where, moment: Moment) -> Table:
    """The lines that pass, of the orders that pass."""
    happenings = table("happenings")
    orders = happenings.filter(happenings.event == ORDER_COMPLETED)
    passing, of_lines = _of_orders(orders, where)
    lines = _lines(of_lines, moment)
    return lines if len(of_lines) == len(where) else lines.filter(lines.happening.isin(passing.happening))


def _of_orders(orders: Table, where: Where) -> tuple[Table, Where]:
    """Orders that pass what is asked of orders; and what is asked of their lines."""
    of_order = [number_passes(one.test, orders.amount) for one in where if one.name == AMOUNT]
    passing = orders.filter(reduce(and_, of_order)) if of_order else orders
    return passing, tuple([one for one in where if one.name != AMOUNT])


def _lines(where: Where, moment: Moment) -> Table:
    lines = table("lines")
    for one in where:
        if one.name in OF_A_LINE:
            lines = lines.filter(number_passes(one.test, lines[OF_A_LINE[one.name]]))
    of_texts = [Property(one.name.removeprefix(OF_LINES), one.test) for one in where if one.name not in OF_A_LINE]
    return _with_properties(lines, "line", tuple(of_texts), moment)


def _with_properties(items: Table, item: str, where: Where, moment: Moment) -> Table:
    for one in where:
        named = _properties(one.name)
        if isinstance(one.test, IsSet) and not one.test.wanted:
            items = items.filter(items[item].notin(named.item))
        else:
            items = items.filter(items[item].isin(passing_texts(one.test, named, moment).item))
    return items


def _properties(name: str) -> Table:
    properties = table("properties")
    return properties.filter(properties.name == name)


def _values(rows: Table, value: Any) -> Table:
    return rows.select("person", "happening", "happened_at", value=value)


def _texts(rows: Table, item: Any, name: str) -> Table:
    named = _properties(name)
    return rows.join(named, item == named.item).select("person", "happening", "happened_at", value=named.text)
