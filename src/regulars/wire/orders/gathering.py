"""Rows on their way to a history: good ones become numbers in flat arrays, bad ones become refusals."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from regulars.kernel.facts import (
    MEMBER_JOINED,
    ORDER_CANCELLED,
    ORDER_COMPLETED,
    ORDER_REFUNDED,
    Behaved,
    Fact,
    Instant,
    MemberJoined,
    OrderReturned,
)
from regulars.wire.history import fact_id
from regulars.wire.orders.bills import Bills
from regulars.wire.orders.cells import (
    CellRefused,
    amount_minor,
    event_name,
    identifier,
    instant,
    property_text,
    quantity_of,
    text_of,
    value_shown,
)
from regulars.wire.orders.rows import Broken, Layout, Row
from regulars.wire.refusals import Refusal, RefusalReason, shown
from regulars.wire.sorted_history import PropertiesOf, SortedHistory

SOURCE: Final = "orders"


class Gathering:
    def __init__(
        self, currency: str, exponent: int, zone: ZoneInfo | None, asked: Sequence[str], others: bool = False
    ) -> None:
        self._currency, self._exponent, self._zone, self._asked = currency, exponent, zone, asked
        self._bills = Bills(currency, exponent, others)
        self._rows = 0
        self._refusals: list[Refusal] = []
        self._left_out: set[str] = set()
        self._perhaps_left_out: set[str] = set()
        self._customers: dict[str, int] = {}
        self._orders: dict[str, int] = {}
        self._order_customer = array("i")
        self._order_at = array("q")
        self._whole_orders: dict[str, int] = {}
        self._line_order = array("i")
        self._line_amount = array("q")
        self._line_quantity = array("i")
        self._line_property = array("i")
        self._properties: dict[tuple[str, ...], int] = {}
        self._others: dict[str, list[Fact]] = {}
        self._said: dict[str, tuple[str, Instant, str]] = {}

    def take(self, rows: Iterable[Row[Layout] | Broken]) -> None:
        last = 0
        for row in rows:
            # An order's `lines` on one line of the file are one row of it.
            self._rows += row.line != last
            last = row.line
            if isinstance(row, Broken):
                self._refuse(Refusal(row.line, row.column, shown(row.value), row.reason, row.message))
                self._left_out.update([row.order] if row.order else ())
                self._perhaps_left_out.update(row.perhaps)
                continue
            line, layout, cells = row
            name = ORDER_COMPLETED
            try:
                if layout.event >= 0:
                    name = event_name(cells[layout.event])
                if name == ORDER_COMPLETED:
                    self._take_line(line, layout, cells)
                else:
                    self._take_other(layout, cells, name)
            except CellRefused as refused:
                self._refuse_row(line, layout, cells, refused)
                if name == ORDER_COMPLETED and (order := text_of(cells[layout.order])):
                    self._left_out.add(order)

    def history(self, name: str) -> SortedHistory:
        left_out = self._left_out | self._perhaps_left_out.intersection(self._orders)
        kept = np.fromiter((order not in left_out for order in self._orders), bool, len(self._orders))
        order_customer, order_at = np.array(self._order_customer, np.int32), np.array(self._order_at, np.int64)
        ids = self._with_facts(set(order_customer[kept].tolist()))

        customer = self._places_of_customers(ids)[order_customer]
        order_ids = list(self._orders)
        in_order = np.lexsort((_text_ranks(order_ids), order_at, customer))
        in_order = in_order[kept[in_order]]
        place_of_order = np.full(len(order_ids), -1, np.int32)
        place_of_order[in_order] = np.arange(len(in_order), dtype=np.int32)

        line_place = place_of_order[np.array(self._line_order, np.int32)]
        lines = np.argsort(line_place, kind="stable")
        lines = lines[np.searchsorted(line_place[lines], 0) :]
        return SortedHistory(
            name=name,
            source=SOURCE,
            ids=ids,
            first_order=np.searchsorted(customer[in_order], np.arange(len(ids) + 1)).tolist(),
            order_ids=[order_ids[number] for number in in_order.tolist()],
            happened_at=order_at[in_order],
            first_line=np.searchsorted(line_place[lines], np.arange(len(in_order) + 1)),
            amounts_minor=np.array(self._line_amount, np.int64)[lines],
            quantities=np.array(self._line_quantity, np.int32)[lines],
            properties_of=self._properties_of(lines),
            rows=self._rows,
            absent_properties=self._absent(),
            others=self._others,
            bills=self._bills.made(self._line_order, self._orders),
            refusals=tuple(self._refusals),
            left_out_orders=len(left_out),
        )

    def _take_line(self, line: int, layout: Layout, cells: Sequence[object]) -> None:
        """Reads the cells in their order; keeps nothing before all of them are good."""
        customer = cells[layout.customer]
        if type(customer) is not str or customer not in self._customers:
            customer = identifier(customer, "the customer", RefusalReason.MISSING_CUSTOMER, RefusalReason.BAD_CUSTOMER)
        order = cells[layout.order]
        if type(order) is not str or order not in self._orders:
            order = identifier(order, "the order", RefusalReason.MISSING_ORDER, RefusalReason.BAD_ORDER)
        at = instant(cells[layout.happened_at], self._zone)
        exponent, other = self._exponent, None
        if layout.currency >= 0:
            other = self._bills.currency(cells[layout.currency])
            exponent = exponent if other is None else other.exponent
        amount = amount_minor(cells[layout.amount], exponent)
        quantity = quantity_of(cells[layout.quantity]) if layout.quantity >= 0 else 1
        said = self._bills.read(layout, cells, exponent)
        texts = tuple([property_text(cells[place]) for place in layout.properties])
        if layout.whole and self._whole_orders.setdefault(order, line) != line:
            raise _contradiction(RefusalReason.ORDER_TWICE, f"order “{shown(order)}” stands there whole")

        self._bills.check(order, other, said)
        self._line_order.append(self._order_number(order, customer, at))
        self._bills.keep(order, len(self._line_amount), amount, other, said)
        self._line_amount.append(amount if other is None else 0)
        self._line_quantity.append(quantity)
        self._line_property.append(self._properties.setdefault(texts, len(self._properties)))

    def _order_number(self, order: str, customer: str, at: Instant) -> int:
        customer_number = self._customers.setdefault(customer, len(self._customers))
        number = self._orders.setdefault(order, len(self._orders))
        if number == len(self._order_at):
            self._order_customer.append(customer_number)
            self._order_at.append(at)
        if self._order_customer[number] != customer_number:
            message = f"order “{shown(order)}” stands with another customer"
            raise _contradiction(RefusalReason.ORDER_OF_TWO_CUSTOMERS, message)
        if self._order_at[number] != at:
            raise _contradiction(RefusalReason.ORDER_AT_TWO_TIMES, f"order “{shown(order)}” stands with another moment")
        return number

    def _take_other(self, layout: Layout, cells: Sequence[object], name: str) -> None:
        """An event that is not an order. Told twice in the same words it is one."""
        customer = identifier(
            cells[layout.customer], "the customer", RefusalReason.MISSING_CUSTOMER, RefusalReason.BAD_CUSTOMER
        )
        event_id = cells[layout.id]
        if value_shown(event_id):
            event_id = identifier(event_id, "the event's id", RefusalReason.BAD_ID, RefusalReason.BAD_ID)
        at = instant(cells[layout.happened_at], self._zone)
        texts = tuple([property_text(cells[place]) for place in layout.properties])
        said = _said(layout, cells)
        goes_back = name in (ORDER_REFUNDED, ORDER_CANCELLED) and _cell(cells, layout.order) != ""
        if goes_back:
            said = f"{_cell(cells, layout.order)}\0{_cell(cells, layout.amount)}\0{said}"
        if isinstance(event_id, str) and event_id:
            id = fact_id(SOURCE, name, event_id)
        else:
            id = fact_id(SOURCE, customer, name, str(at), said)
        if id in self._said:
            if self._said[id] != (customer, at, said):
                raise _contradiction(RefusalReason.ID_USED_TWICE, f"the id “{event_id}” stands with something else")
            return
        self._said[id] = customer, at, said
        self._properties.setdefault(texts, len(self._properties))
        if goes_back:
            fact: Fact = self._went_back(id, customer, at, layout, cells, name)
        elif name == MEMBER_JOINED:
            fact = MemberJoined(id, customer, at, at, SOURCE)
        else:
            fact = Behaved(id, customer, at, at, SOURCE, name, self._mapping(texts))
        self._others.setdefault(customer, []).append(fact)

    def _went_back(
        self, id: str, customer: str, at: Instant, layout: Layout, cells: Sequence[object], name: str
    ) -> OrderReturned:
        """So much of an order, or all of it where no amount stands there; of which lines is known when the order is at hand."""
        order = identifier(cells[layout.order], "the order", RefusalReason.MISSING_ORDER, RefusalReason.BAD_ORDER)
        amount = cells[layout.amount] if layout.amount >= 0 and name == ORDER_REFUNDED else None
        whole = text_of(amount) == ""
        other = self._bills.currency(cells[layout.currency]) if layout.currency >= 0 else None
        minor = 0 if whole else amount_minor(amount, self._exponent if other is None else other.exponent)
        if minor < 0:
            raise CellRefused(RefusalReason.BAD_AMOUNT, "What went back is an amount above 0, without a minus.")
        return OrderReturned(id, customer, at, at, SOURCE, name, order, at, (), minor, whole)

    def _refuse_row(self, line: int, layout: Layout, cells: Sequence[object], refused: CellRefused) -> None:
        column = refused.reason.column
        if column:
            place = int(getattr(layout, column))
        else:
            place = next(place for place in layout.properties if text_of(cells[place]) is None)
        if place >= 0:
            column = layout.columns[place]
        self._refuse(Refusal(line, column, value_shown(cells[place]), refused.reason, refused.message))

    def _refuse(self, refusal: Refusal) -> None:
        """One refusal for a line, also where a JSON line holds several bad lines of an order."""
        if not self._refusals or self._refusals[-1].line != refusal.line:
            self._refusals.append(refusal)

    def _with_facts(self, buyers: set[int]) -> list[str]:
        """Whoever has an order that was kept, or did something else, bytewise."""
        return sorted({id for id, number in self._customers.items() if number in buyers} | self._others.keys())

    def _places_of_customers(self, ids: Sequence[str]) -> NDArray[np.int32]:
        """By customer's number; one without a fact has any place, since nothing of theirs is kept."""
        place_of = {id: place for place, id in enumerate(ids)}
        return np.array([place_of.get(id, 0) for id in self._customers], np.int32)

    def _absent(self) -> tuple[str, ...]:
        """What was asked for and stands in no row."""
        present = {name for texts in self._properties for name, text in zip(self._asked, texts, strict=True) if text}
        return tuple(name for name in self._asked if name not in present)

    def _properties_of(self, lines: NDArray[np.int64]) -> PropertiesOf:
        mappings = [self._mapping(texts) for texts in self._properties]
        number = np.array(self._line_property, np.int32)[lines]
        return lambda which: map(mappings.__getitem__, number[which].tolist())

    def _mapping(self, texts: Sequence[str]) -> Mapping[str, str]:
        return {name: text for name, text in zip(self._asked, texts, strict=True) if text}


def _said(layout: Layout, cells: Sequence[object]) -> str:
    """All that a behaviour says, as text: two that say the same are the same, whatever a program asks for."""
    texts = {
        name: cells[place] if text_of(cells[place]) is None else text_of(cells[place]) for name, place in layout.said
    }
    return msgspec.json.encode({name: text for name, text in texts.items() if text != ""}).decode()


def _cell(cells: Sequence[object], place: int) -> str:
    return value_shown(cells[place]) if place >= 0 else ""


def _contradiction(reason: RefusalReason, what: str) -> CellRefused:
    return CellRefused(reason, f"In an earlier row {what}. Correct one of them, or take it out.")


def _text_ranks(texts: Sequence[str]) -> NDArray[np.int32]:
    """Each text's place in bytewise order."""
    ranks = np.empty(len(texts), np.int32)
    ranks[sorted(range(len(texts)), key=texts.__getitem__)] = np.arange(len(texts), dtype=np.int32)
    return ranks
