"""Spending: the shop's server holds points for an order, spends them, releases them, and brings back what was spent."""

from collections.abc import Sequence

from msgspec import Struct

from regulars.kernel.effects import Effect, Posted
from regulars.kernel.facts import (
    Instant,
    PointsReleased,
    PointsReserved,
    PointsSpent,
    Spending,
    SpendingReversed,
)
from regulars.service.commands import Command, Done, Hands, carry_out
from regulars.service.recalling import recalled
from regulars.service.record import Customer
from regulars.service.records import records_of
from regulars.service.returns import balance_of
from regulars.service.shop import Shop
from regulars.store.facts import came_through, facts_where
from regulars.wire.answers import MovementAnswer
from regulars.wire.instants import rfc3339


def reserve(shop: Shop, record: str, points: int, until: Instant, command: Command, now: Instant) -> Done:
    """Answers a MovementAnswer, whose id is the reservation. NotPossible for `not_enough_points`, `too_many_reservations`."""

    def act(hands: Hands) -> MovementAnswer:
        return _taken(hands, record, PointsReserved(hands.id, record, now, now, hands.source, points, until))

    return carry_out(shop, command, now, act)


def spend(
    shop: Shop, record: str, points: int, purpose: str, reservation: str | None, command: Command, now: Instant
) -> Done:
    """Answers a MovementAnswer. NotPossible for `not_enough_points`: then a reservation stays as it is."""

    def act(hands: Hands) -> MovementAnswer:
        return _taken(
            hands, record, PointsSpent(hands.id, record, now, now, hands.source, points, purpose, reservation)
        )

    return carry_out(shop, command, now, act)


def release(shop: Shop, record: str, reservation: str, command: Command, now: Instant) -> Done:
    """Answers a MovementAnswer. NotPossible for `unknown_reservation`."""

    def act(hands: Hands) -> MovementAnswer:
        return _taken(hands, record, PointsReleased(hands.id, record, now, now, hands.source, reservation))

    return carry_out(shop, command, now, act)


def bring_back(shop: Shop, record: str, spending: str, points: int | None, command: Command, now: Instant) -> Done:
    """Answers a MovementAnswer. NotPossible for `unknown_spending`, `reversed_already`."""

    def act(hands: Hands) -> MovementAnswer:
        return _taken(hands, record, SpendingReversed(hands.id, record, now, now, hands.source, spending, points))

    return carry_out(shop, command, now, act)


class Spent(Struct, frozen=True):
    """What was spent, and how much of it is `left` to come back."""

    id: str
    at: Instant
    left: int
    purpose: str


def spendings(shop: Shop, customer: str, most: int) -> list[Spent]:
    """The newest of what a customer spent and of which something is left to come back."""
    with shop.store.reading() as connection:
        records = records_of(connection, customer)
        facts = facts_where(connection, came_through(records), names=[PointsSpent.name])
        spent = [fact for fact in reversed(facts) if isinstance(fact, PointsSpent)][:most]
        asked = [SpendingReversed("", customer, 0, 0, "", fact.id) for fact in spent]
        memory = recalled(connection, shop.rulebooks, customer, asked)
    return [
        Spent(fact.id, fact.happened_at, left, fact.purpose)
        for fact in spent
        if (paid := memory.spending(fact.id)) is not None
        and (left := sum([one.points for one in paid.spent]) - sum([one.points for one in paid.came_back]))
    ]


def movement(id: str, customer: Customer, effects: Sequence[Effect], at: Instant) -> MovementAnswer:
    points = sum([one.gain() for one in effects if isinstance(one, Posted) and one.because.fact == id])
    return MovementAnswer(id, customer.row.id, points, balance_of(customer), rfc3339(at))


def _taken(hands: Hands, record: str, fact: Spending) -> MovementAnswer:
    [customer] = hands.customers(record)
    memory = hands.recall(customer, fact) if isinstance(fact, SpendingReversed) else None
    effects = hands.take(customer, fact, memory, record)
    return movement(fact.id, customer, effects, hands.now)
