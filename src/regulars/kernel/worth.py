"""What of an order counts: four switches, and what it was paid with.

    of         items: the lines that a rule chooses; order: all of an order of which the rule chooses a line
    discounts  after: what was left to pay; before: with what was taken off
    tax        no: without; yes: with the tax of whatever counts
    shipping   no: without; yes: with it, of which lines have their shares by what was paid for them

Whatever concerns the order as a whole is spread in whole minor units by largest remainder, at equal remainders to the earlier line,
so that shares always add up. What was paid with points, or with a gift card, counts only where a rule says so: of every part of the
order the same share does. An order that does not tell its tax has none, and so for all the rest.

When something goes back, its discount, its tax and its share of the shipping go with it. Which of what was paid comes back first is
the program's to say: money as far as it goes, points, or each in proportion.
"""

from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias, get_args

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.facts import Bill, Line, OrderCompleted, ReturnedLine
from regulars.kernel.terms import listed

Tender = Literal["money", "gift_card", "points"]
BackFirst = Literal["money", "points", "in_proportion"]
TENDERS: Final[tuple[Tender, ...]] = get_args(Tender)

Eligible: TypeAlias = Callable[[Line], bool]


class Worth(Struct, frozen=True):
    """Which money counts. As it stands it is what was paid in money for the chosen lines, without tax and shipping."""

    of: Literal["items", "order"] = "items"
    discounts: Literal["after", "before"] = "after"
    tax: bool = False
    shipping: bool = False
    paid_with: tuple[Tender, ...] = ("money",)

    def describe(self) -> str:
        """Two sentences; none for what is usual."""
        if self == USUAL_WORTH:
            return ""
        what = "all of an order" if self.of == "order" else "the lines"
        discounts = f"{self.discounts} discounts"
        tax = f"{'with' if self.tax else 'without'} tax"
        shipping = f"{'with' if self.shipping else 'without'} shipping"
        paid = ""
        if self.paid_with != USUAL_WORTH.paid_with:
            paid = f", as far as they are paid with {listed([_WORDS[one] for one in self.paid_with], 'or')}"
        words = f" What counts is {what} {discounts}, {tax} and {shipping}{paid}."
        assumed = ["tax"] * self.tax + ["shipping"] * self.shipping + ["discount"] * (self.discounts == "before")
        return words + (f" An order that tells no {listed(assumed, 'or')} is taken to have none." if assumed else "")

    def canonical(self) -> "Worth":
        return replace(self, paid_with=tuple([one for one in TENDERS if one in self.paid_with]))


USUAL_WORTH: Final = Worth()
_WORDS: Final = {"money": "money", "gift_card": "gift cards", "points": "points"}


def counted(
    order: OrderCompleted, bill: Bill, eligible: Eligible | None, worth: Worth, back_first: BackFirst
) -> int | None:
    """What of the order counts, in minor units of its own currency; None where no line is eligible (None: every one is)."""
    chosen = [place for place, line in enumerate(order.lines) if eligible is None or eligible(line)]
    if not chosen and eligible is not None:
        return None
    nets = amounts_of(order)
    top, bottom = _share_that_counts(order, bill, worth, back_first)
    by_line, shipping = _by_line(nets, bill, worth, top, bottom)
    if worth.of == "order" or eligible is None:
        return sum(by_line) + shipping
    amount = sum([by_line[place] for place in chosen])
    if shipping:
        shares = spread(shipping, [max(net, 0) for net in nets])
        amount += sum([shares[place] for place in chosen])
    return amount


def amounts_of(order: OrderCompleted) -> list[int]:
    """What was paid for each line, in the order's own currency."""
    if order.bill is not None and order.bill.amounts:
        return list(order.bill.amounts)
    return [line.amount_minor for line in order.lines]


def is_worth_something(order: OrderCompleted) -> bool:
    """In whichever currency."""
    return order.amount_minor > 0 or (order.bill is not None and sum(order.bill.amounts) > 0)


def in_its_currency(order: OrderCompleted) -> OrderCompleted:
    """The order with the amounts of its own currency on its lines, whichever that is: for what looks at it alone, and adds it to
    nothing else.
    """
    if order.bill is None or not order.bill.amounts:
        return order
    lines = tuple(
        [replace(line, amount_minor=minor) for line, minor in zip(order.lines, order.bill.amounts, strict=True)]
    )
    return replace(order, lines=lines, amount_minor=sum(order.bill.amounts), bill=replace(order.bill, amounts=()))


def bill_left(order: OrderCompleted, bill: Bill, gone: Sequence[int], went: Sequence[ReturnedLine]) -> Bill:
    """The bill when `gone` went back of each line, in all, by these returned lines."""
    nets = amounts_of(order)
    counts = [0] * len(nets)
    for line in went:
        counts[line.line] += line.quantity
    parts = [
        (min(minor, net), net) if net > 0 else (min(count, line.quantity), line.quantity)
        for minor, net, count, line in zip(gone, nets, counts, order.lines, strict=True)
    ]
    goods, back = sum([max(net, 0) for net in nets]), sum([minor for minor in gone if minor > 0])
    back = min(back, goods)
    return replace(
        bill,
        amounts=tuple([net - minor for net, minor in zip(nets, gone, strict=True)]) if bill.amounts else (),
        discounts=_less_each(bill.discounts, parts),
        taxes=_less_each(bill.taxes, parts),
        discount_taxes=_less_each(bill.discount_taxes, parts),
        shipping_minor=_less(bill.shipping_minor, back, goods),
        shipping_discount_minor=_less(bill.shipping_discount_minor, back, goods),
        shipping_tax_minor=_less(bill.shipping_tax_minor, back, goods),
        paid_minor=paid_in_all(order, bill),
        back_minor=paid_in_all(order, bill) * back // goods if goods else 0,
    )


def more_on(bill: Bill, added: Sequence[Line]) -> Bill:
    """The bill of an order to which these lines came, in its currency: without tax and discount, paid in money."""
    none = (0,) * len(added)
    more = sum([line.amount_minor for line in added])
    return replace(
        bill,
        amounts=(*bill.amounts, *[line.amount_minor for line in added]) if bill.amounts else (),
        discounts=(*bill.discounts, *none) if bill.discounts else (),
        taxes=(*bill.taxes, *none) if bill.taxes else (),
        discount_taxes=(*bill.discount_taxes, *none) if bill.discount_taxes else (),
        money_minor=bill.money_minor + more if bill.money_minor is not None else None,
        paid_minor=bill.paid_minor + more if bill.paid_minor else 0,
    )


def paid_in_all(order: OrderCompleted, bill: Bill) -> int:
    """Everything that was paid, with whatever; where it is not told, what the parts come to."""
    if bill.paid_minor:
        return bill.paid_minor
    other = bill.gift_card_minor + bill.points_minor
    if bill.money_minor is not None:
        return bill.money_minor + other
    return max(sum(amounts_of(order)) + sum(bill.taxes) + bill.shipping_minor + bill.shipping_tax_minor, other)


def tenders_left(order: OrderCompleted, bill: Bill, back_first: BackFirst) -> dict[Tender, int]:
    """What is left of each thing that was paid with, when `back_minor` came back of all of it."""
    whole, back = paid_in_all(order, bill), bill.back_minor
    paid: dict[Tender, int] = {
        "money": whole - bill.gift_card_minor - bill.points_minor,
        "gift_card": bill.gift_card_minor,
        "points": bill.points_minor,
    }
    if back_first == "in_proportion":
        shares = spread(back, [max(paid[one], 0) for one in TENDERS]) if back else [0] * len(TENDERS)
        return {one: paid[one] - share for one, share in zip(TENDERS, shares, strict=True)}
    for one in TENDERS if back_first == "money" else reversed(TENDERS):
        taken = min(back, paid[one])
        paid[one], back = paid[one] - taken, back - taken
    return paid


def spread(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """The amount in proportion to weights of 0 or more, by largest remainder; all of it on the first where there is no weight."""
    whole = sum(weights)
    if not whole:
        return [amount_minor] + [0] * (len(weights) - 1) if weights else []
    return _scaled(weights, amount_minor, whole, amount_minor)


def _by_line(nets: Sequence[int], bill: Bill, worth: Worth, top: int, bottom: int) -> tuple[list[int], int]:
    """What counts of each line, and of the shipping."""
    none = [0] * len(nets)
    taxes, discounts, discount_taxes = [
        list(told) or none for told in (bill.taxes, bill.discounts, bill.discount_taxes)
    ]
    paid = [*nets, *taxes, bill.shipping_minor, bill.shipping_tax_minor]
    off = [*discounts, *discount_taxes, bill.shipping_discount_minor]
    if top != bottom:
        paid, off = [_scaled(one, top, bottom, sum(one) * top // bottom) for one in (paid, off)]
    count = len(nets)
    by_line, shipping = paid[:count], paid[-2]
    if worth.tax:
        by_line = [one + tax for one, tax in zip(by_line, paid[count : 2 * count], strict=True)]
        shipping += paid[-1]
    if worth.discounts == "before":
        by_line = [one + discount for one, discount in zip(by_line, off[:count], strict=True)]
        shipping += off[-1]
        if worth.tax:
            by_line = [one + tax for one, tax in zip(by_line, off[count : 2 * count], strict=True)]
    return by_line, shipping if worth.shipping else 0


def _share_that_counts(order: OrderCompleted, bill: Bill, worth: Worth, back_first: BackFirst) -> tuple[int, int]:
    if not (bill.points_minor or bill.gift_card_minor):
        return 1, 1
    left = tenders_left(order, bill, back_first)
    whole, counting = sum(left.values()), sum([left[one] for one in worth.paid_with])
    return (counting, whole) if whole > 0 and counting > 0 else (0, 1)


def _scaled(parts: Sequence[int], top: int, bottom: int, total: int) -> list[int]:
    """Each part times top / bottom, in whole units that come to `total`, which is not below the sum of their floors."""
    scaled = [part * top // bottom for part in parts]
    remainders = [part * top % bottom for part in parts]
    left = total - sum(scaled)
    for place in sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)[:left]:
        scaled[place] += 1
    return scaled


def _less_each(told: Sequence[int], parts: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    return tuple([_less(one, *part) for one, part in zip(told, parts, strict=True)]) if told else ()


def _less(amount_minor: int, part: int, whole: int) -> int:
    return amount_minor - amount_minor * part // whole if whole else amount_minor
