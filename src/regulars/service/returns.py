"""Returns: the shop says that goods or money of an order went back, and points follow (`kernel.returns`).

By line, by quantity, by amount or whole, in any number; more than there is left of the order is refused, with nothing done.
"""

from collections.abc import Sequence

from msgspec import Struct

from regulars.kernel.effects import Effect, Returned
from regulars.kernel.facts import ORDER_CANCELLED, ORDER_REFUNDED, Instant, OrderReturned, ReturnedLine
from regulars.kernel.recalled import Ordered
from regulars.kernel.returns import Asked, BadReturn, all_of, by_amount, by_lines, completed
from regulars.service.commands import Command, Done, Hands, NotPossible, carry_out
from regulars.service.recalling import owner_of
from regulars.service.record import Customer
from regulars.service.shop import Shop
from regulars.wire.answers import BalanceAnswer, ReturnAnswer, ReturnedByRuleAnswer
from regulars.wire.instants import rfc3339


class Return(Struct, frozen=True):
    """What of an order went back: these lines, or so much of it (`amount_minor`), or all that is left where neither is said.
    `happened_at` None is now.
    """

    order_id: str
    lines: tuple[Asked, ...] = ()
    amount_minor: int | None = None
    is_cancelled: bool = False
    happened_at: Instant | None = None


def take_back(shop: Shop, asked: Return, command: Command, now: Instant) -> Done:
    """Answers a ReturnAnswer. NotPossible for `unknown_order`, `nothing_left` and `more_than_the_order`."""

    def act(hands: Hands) -> ReturnAnswer:
        record = owner_of(hands.tx.core, asked.order_id)
        if record is None:
            raise NotPossible("unknown_order", "No order is known under this id. Send the order first.")
        [customer] = hands.customers(record)
        blank = OrderReturned(
            hands.id,
            record,
            min(asked.happened_at or now, now),
            now,
            hands.source,
            ORDER_CANCELLED if asked.is_cancelled else ORDER_REFUNDED,
            asked.order_id,
            0,
            (),
            0,
        )
        memory = hands.recall(customer, blank)
        known = memory.order(asked.order_id)
        if known is None:
            raise NotPossible("unknown_order", "No order is known under this id. Send the order first.")
        lines = lines_of(known, asked.lines, asked.amount_minor)
        fact = completed(blank, known.order, known.returns, lines)
        effects = hands.take(customer, fact, memory, record)
        hands.write_down("returned", customer, f"order {asked.order_id}")
        return _answer(fact, effects, customer)

    return carry_out(shop, command, now, act)


def lines_of(known: Ordered, lines: tuple[Asked, ...], amount_minor: int | None) -> tuple[ReturnedLine, ...]:
    """What goes back of each line. NotPossible where there is not so much left."""
    order, returns = known.order, known.returns
    if known.is_gone():
        raise NotPossible("nothing_left", "All of this order went back before.")
    try:
        if lines:
            return by_lines(order, returns, lines)
        if amount_minor is not None:
            return by_amount(order, returns, amount_minor)
    except BadReturn as error:
        place = f"`lines[{error.line}]`: " if error.line is not None else ""
        raise NotPossible("more_than_the_order", f"{place}{error}") from None
    return all_of(order, returns)


def _answer(fact: OrderReturned, effects: Sequence[Effect], customer: Customer) -> ReturnAnswer:
    by_rule = [one for one in effects if isinstance(one, Returned)]
    return ReturnAnswer(
        id=fact.id,
        order_id=fact.order_id,
        amount_minor=fact.told_minor,
        is_whole=fact.is_whole,
        points=sum([one.points for one in by_rule]),
        rules=tuple(
            [
                ReturnedByRuleAnswer(one.because.rule, one.points, one.taken, one.lapsed, one.charged, one.short)
                for one in by_rule
            ]
        ),
        balance=balance_of(customer),
        at=rfc3339(fact.happened_at),
    )


def balance_of(customer: Customer) -> BalanceAnswer:
    held = customer.state.consequences
    return BalanceAnswer(
        available=sum([lot.points for lot in held.available]),
        pending=sum([lot.points for lot in held.pending]),
        reserved=held.held_back(),
        owed=held.debt,
        tier=held.tier,
    )
