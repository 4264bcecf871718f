"""What a decision needs of the past and a bounded state cannot hold: an order with what it earned and what of it went back, and
what was paid with points.

A memory is filled with steps, a fact and what followed from it, in their order. Whoever folds fills it beforehand from the
record, as far as the facts to come ask for it (`asked_of`); a replay fills it as it goes.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from regulars.kernel.effects import (
    EARN,
    EXPIRE,
    REDEEM,
    REDEEM_REVERSAL,
    Effect,
    LotId,
    Posted,
    Reason,
    Refused,
    Returned,
)
from regulars.kernel.facts import (
    ORDER_FULFILLED,
    Behaved,
    Fact,
    Line,
    OrderCompleted,
    OrderReturned,
    PointsSpent,
    SpendingReversed,
)
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.worth import bill_left, in_its_currency, more_on


class Ordered(Struct):
    """An order on record, with the amounts of its own currency. `rules` is the program that judged it, `earned` what its rules
    gave: no reward for entering a level. `refused` is what they would have given of more, and `grown` what they gave since for
    what was added.
    """

    order: OrderCompleted
    rules: Rulebook
    earned: list[Posted]
    returns: list[OrderReturned] = field(default_factory=list)
    returned: list[Returned] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    grown: list[Posted] = field(default_factory=list)

    def now(self) -> OrderCompleted:
        """The order as it stands: what went back is taken off its lines."""
        return without(self.order, self.returns)

    def lines(self) -> tuple[Line, ...]:
        return lines_of(self.order, self.returns)

    def is_gone(self) -> bool:
        return is_gone(self.returns)


class Paid(Struct):
    """What was spent by one fact, lot by lot, and what of it came back."""

    spent: list[Posted] = field(default_factory=list)
    came_back: list[Posted] = field(default_factory=list)


class Memory:
    """`rules_of` gives the program of a version."""

    def __init__(self, rules_of: Callable[[str], Rulebook]) -> None:
        self._rules_of = rules_of
        self._orders: dict[str, Ordered] = {}
        self._spendings: dict[str, Paid] = {}
        self._lapsed: dict[LotId, int] = {}

    def order(self, order_id: str) -> Ordered | None:
        return self._orders.get(order_id)

    def spending(self, fact_id: str) -> Paid | None:
        return self._spendings.get(fact_id)

    def rules(self, version: str) -> Rulebook:
        return self._rules_of(version)

    def lapsed(self, lot: LotId) -> int:
        """What of it expired."""
        return self._lapsed.get(lot, 0)

    def take(self, fact: Fact | None, effects: Iterable[Effect], version: str) -> None:
        """A step, judged under that program."""
        for effect in effects:
            if isinstance(effect, Posted) and effect.entry is EXPIRE:
                self._lapsed[effect.lot] = self._lapsed.get(effect.lot, 0) + effect.points
        if isinstance(fact, OrderCompleted):
            earned = [one for one in effects if isinstance(one, Posted) and one.entry is EARN and one.reckoning]
            refused = [one for one in effects if isinstance(one, Refused) and one.reason in WITH_MORE]
            rules = self._rules_of(version)
            self._orders.setdefault(fact.order_id, Ordered(in_its_currency(fact), rules, earned, refused=refused))
        elif isinstance(fact, OrderReturned) and fact.order_id in self._orders:
            known = self._orders[fact.order_id]
            known.returns.append(fact)
            known.returned += [one for one in effects if isinstance(one, Returned)]
            known.grown += [one for one in effects if isinstance(one, Posted) and one.entry is EARN and one.reckoning]
        elif isinstance(fact, PointsSpent):
            paid = self._spendings.setdefault(fact.id, Paid())
            paid.spent += [one for one in effects if isinstance(one, Posted) and one.entry is REDEEM]
        elif isinstance(fact, SpendingReversed) and fact.spending in self._spendings:
            paid = self._spendings[fact.spending]
            paid.came_back += [one for one in effects if isinstance(one, Posted) and one.entry is REDEEM_REVERSAL]


WITH_MORE: Final = (Reason.NOTHING_ELIGIBLE, Reason.BELOW_ONE_UNIT)
"""Why a rule gave nothing that would have given something for a larger order."""

LOOKING_BACK: Final = (OrderReturned, SpendingReversed)


def looks_back(facts: Iterable[Fact], program: Rulebook) -> bool:
    """Whether any of these can be judged only with a memory."""
    return any([isinstance(fact, LOOKING_BACK) or _is_awaited(fact, program) for fact in facts])


def _is_awaited(fact: Fact, program: Rulebook) -> bool:
    return program.waits_for_fulfilment and isinstance(fact, Behaved) and fact.name in ORDER_FULFILLED


def lines_of(order: OrderCompleted, returns: Sequence[OrderReturned]) -> tuple[Line, ...]:
    """Every line that the order ever had: its own, then what was added to it."""
    added = [line for one in returns for line in one.added]
    return (*order.lines, *added) if added else order.lines


def is_gone(returns: Iterable[OrderReturned]) -> bool:
    """Whether nothing of the order is left: it went back whole, and nothing was added since."""
    gone = False
    for one in returns:
        gone = one.is_whole or (gone and not one.added)
    return gone


def without(order: OrderCompleted, returns: Sequence[OrderReturned]) -> OrderCompleted:
    """The order less what went back of it, line by line; a line of which nothing is left is worth nothing."""
    order = _with_added(order, returns)
    gone = [0] * len(order.lines)
    for one in returns:
        for line in one.lines:
            gone[line.line] += line.amount_minor
    lines = tuple([_less(line, minor) for line, minor in zip(order.lines, gone, strict=True)])
    bill = order.bill
    if bill is not None and returns:
        bill = bill_left(order, bill, gone, [line for one in returns for line in one.lines])
    return replace(order, lines=lines, amount_minor=sum([line.amount_minor for line in lines]), bill=bill)


def _with_added(order: OrderCompleted, returns: Sequence[OrderReturned]) -> OrderCompleted:
    """Of what is added, nothing is told but its lines: it has no tax and no discount, and is paid with money."""
    lines = lines_of(order, returns)
    if lines is order.lines:
        return order
    added = lines[len(order.lines) :]
    bill = more_on(order.bill, added) if order.bill is not None else None
    return replace(order, lines=lines, amount_minor=sum([line.amount_minor for line in lines]), bill=bill)


def _less(line: Line, gone_minor: int) -> Line:
    return replace(line, amount_minor=line.amount_minor - gone_minor) if gone_minor else line
