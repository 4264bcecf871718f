"""Bills of a file's orders: kept beside the lines, since most files tell none."""

from array import array
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from regulars.kernel.facts import Bill
from regulars.kernel.terms import Currency
from regulars.wire.bills import bill_of
from regulars.wire.orders.cells import CellRefused, amount_minor, currency_of, text_of
from regulars.wire.orders.rows import Layout
from regulars.wire.refusals import RefusalReason


class Said(NamedTuple):
    """What one row says: of its line, and of its order (None where nothing stands there)."""

    discount: int
    tax: int
    of_order: tuple[int | None, int | None, int | None]


NOTHING = Said(0, 0, (None, None, None))


class Bills:
    def __init__(self, currency: str, exponent: int, others: bool) -> None:
        self._own, self._exponent, self._others = currency, exponent, others
        self._orders: dict[str, tuple[Currency | None, tuple[int | None, ...]]] = {}
        self._plain: set[str] = set()
        self._lines: dict[int, tuple[int, Said]] = {}
        self._silent: Layout | None = None

    def currency(self, cell: object) -> Currency | None:
        """Another one than the program's; CellRefused where there may be none."""
        return currency_of(cell, self._own, self._others)

    def read(self, layout: Layout, cells: Sequence[object], exponent: int) -> Said:
        if layout is self._silent:
            return NOTHING
        if max(layout.on_the_bill()) < 0:
            self._silent = layout
            return NOTHING
        found = [_minor(cells[place], exponent) if place >= 0 else None for place in layout.on_the_bill()]
        discount, tax, shipping, gift_card, points = found
        return Said(discount or 0, tax or 0, (shipping, gift_card, points))

    def check(self, order: str, other: Currency | None, said: Said) -> None:
        """CellRefused where the rows of one order are in two currencies, or say two things of the whole order."""
        known = self._orders.get(order)
        if (order in self._plain and other is not None) or (known is not None and known[0] != other):
            message = "Another row of the order is in another currency. Correct one of them, or take it out."
            raise CellRefused(RefusalReason.WRONG_CURRENCY, message)
        if known is not None and any(
            None not in pair and len(set(pair)) > 1 for pair in zip(known[1], said.of_order, strict=True)
        ):
            message = (
                "Another row says something else of the order's shipping, or of how it was paid. Correct one of them."
            )
            raise CellRefused(RefusalReason.BAD_AMOUNT, message)

    def keep(self, order: str, line: int, amount: int, other: Currency | None, said: Said) -> None:
        if other is None and said is NOTHING:
            if self._others:
                self._plain.add(order)
            return
        _, before = self._orders.get(order, (other, NOTHING.of_order))
        merged = tuple([old if new is None else new for old, new in zip(before, said.of_order, strict=True)])
        self._orders[order] = other, merged
        self._lines[line] = amount, said

    def made(self, line_order: "array[int]", orders: Mapping[str, int]) -> dict[str, Bill]:
        """By order; lines stand in the order in which the file gave them."""
        by_number: dict[int, list[tuple[int, Said]]] = {orders[order]: [] for order in self._orders}
        for line, number in enumerate(line_order if by_number else ()):
            if number in by_number:
                by_number[number].append(self._lines.get(line, (0, NOTHING)))
        bills = {}
        for order, (other, (shipping, gift_card, points)) in self._orders.items():
            lines = by_number[orders[order]]
            bill = bill_of(
                currency=other.code if other else "",
                discounts=[said.discount for _, said in lines],
                taxes=[said.tax for _, said in lines],
                shipping_minor=shipping or 0,
                gift_card_minor=gift_card or 0,
                points_minor=points or 0,
            )
            if bill is not None:
                bills[order] = bill if other is None else _with_amounts(bill, [amount for amount, _ in lines])
        return bills


def _with_amounts(bill: Bill, amounts: Sequence[int]) -> Bill:
    return replace(bill, amounts=tuple(amounts))


def _minor(cell: object, exponent: int) -> int | None:
    if text_of(cell) == "":
        return None
    minor = amount_minor(cell, exponent)
    if minor < 0:
        raise CellRefused(
            RefusalReason.BAD_AMOUNT, "Discount, tax, shipping and what was paid are amounts of 0 or more."
        )
    return minor
