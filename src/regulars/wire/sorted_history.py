"""A history held as sorted columns: a few flat arrays of numbers, from which facts are made when a customer's turn comes.

Two sorted levels: orders stand by customer, time and order id; lines stand by order, in the order the source gave them.
`first_order[c]` to `first_order[c + 1]` are the orders of customer number c, `first_line` the same for the lines of an order.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regulars.kernel.facts import Bill, Fact, Instant, Line, OrderCompleted, OrderReturned
from regulars.kernel.returns import as_told
from regulars.kernel.worth import in_its_currency
from regulars.wire.history import fact_id, fact_order
from regulars.wire.refusals import Refusal

Numbers: TypeAlias = NDArray[np.int64] | NDArray[np.int32]
PropertiesOf: TypeAlias = Callable[[slice], Iterable[Mapping[str, str]]]


class SortedHistory(Struct, frozen=True):
    """`others` are the facts that are not orders, by customer; whoever has only such facts stands in `ids` too."""

    name: str
    source: str
    ids: Sequence[str]
    first_order: Sequence[int]
    order_ids: Sequence[str]
    happened_at: Numbers
    first_line: Numbers
    amounts_minor: Numbers
    quantities: Numbers
    properties_of: PropertiesOf
    rows: int
    absent_properties: tuple[str, ...] = ()
    others: Mapping[str, Sequence[Fact]] = {}
    refusals: tuple[Refusal, ...] = ()
    left_out_orders: int = 0
    bills: Mapping[str, Bill] = {}

    @property
    def customer_count(self) -> int:
        return len(self.ids)

    @property
    def last_happened_at(self) -> Instant | None:
        moments = [fact.happened_at for facts in self.others.values() for fact in facts]
        if len(self.happened_at):
            moments.append(int(self.happened_at.max()))
        return max(moments, default=None)

    def customers(
        self, part: int = 0, parts: int = 1, only: str | None = None
    ) -> Iterator[tuple[str, tuple[Fact, ...]]]:
        numbers = range(len(self.ids)) if only is None else self._number_of(only)
        for number in numbers:
            if number % parts == part:
                yield self.ids[number], self._facts(number)

    def _number_of(self, customer: str) -> Sequence[int]:
        number = bisect_left(self.ids, customer)
        return [number] if self.ids[number : number + 1] == [customer] else []

    def _facts(self, number: int) -> tuple[Fact, ...]:
        customer = self.ids[number]
        orders = self._orders(customer, self.first_order[number], self.first_order[number + 1])
        others = self.others.get(customer)
        return tuple(_completed(sorted([*orders, *others], key=fact_order))) if others else tuple(orders)

    def _orders(self, customer: str, start: int, stop: int) -> list[OrderCompleted]:
        bounds = self.first_line[start : stop + 1].tolist()
        offset, source = bounds[0], self.source
        which = slice(offset, bounds[-1])
        amounts = self.amounts_minor[which].tolist()
        lines = tuple(map(Line, amounts, self.quantities[which].tolist(), self.properties_of(which)))
        return [
            OrderCompleted(
                fact_id(source, order_id),
                customer,
                at,
                at,
                source,
                order_id,
                lines[first - offset : after - offset],
                sum(amounts[first - offset : after - offset]),
                self.bills.get(order_id),
            )
            for order_id, at, first, after in zip(
                self.order_ids[start:stop], self.happened_at[start:stop].tolist(), bounds, bounds[1:], strict=False
            )
        ]


def _completed(facts: Sequence[Fact]) -> Iterator[Fact]:
    """What goes back of an order says of which lines once the order is at hand."""
    orders: dict[str, OrderCompleted] = {}
    returns: dict[str, list[OrderReturned]] = {}
    for fact in facts:
        if isinstance(fact, OrderCompleted):
            orders[fact.order_id] = in_its_currency(fact)
        elif isinstance(fact, OrderReturned) and fact.order_id in orders:
            before = returns.setdefault(fact.order_id, [])
            before.append(as_told(fact, orders[fact.order_id], before))
            yield before[-1]
            continue
        yield fact
