"""Adjusting: points by hand, with a reason that the customer reads and a note for staff alone.

Above the program's threshold a second pair of eyes is wanted: the adjustment waits until somebody else than who asked for it
approves or refuses it. What waits changes nothing.
"""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import func, insert, select, update

from regulars.kernel.facts import Instant, PointsAdjusted
from regulars.service.commands import Command, Done, Hands, NotPossible, carry_out
from regulars.service.shop import Shop
from regulars.service.spending import movement
from regulars.store.schema import adjustments
from regulars.wire.answers import AdjustmentAnswer, MovementAnswer
from regulars.wire.history import fact_id


class Adjustment(Struct, frozen=True):
    """`points` below 0 are taken. `expires_at` is exclusive; None leaves it to the program."""

    record: str
    points: int
    reason: str
    note: str = ""
    expires_at: Instant | None = None


class Waiting(Struct, frozen=True):
    """An adjustment that wants a second member of staff."""

    id: str
    customer: str
    points: int
    reason: str
    note: str
    asked_by: str
    asked_at: Instant


def adjust(shop: Shop, asked: Adjustment, command: Command, now: Instant) -> Done:
    """Answers an AdjustmentAnswer, `done` or `waiting`. NotPossible for `unknown_customer`, `not_enough_points`."""

    def act(hands: Hands) -> AdjustmentAnswer:
        most = hands.rulebook.program.points.second_look_above
        if most is None or abs(asked.points) <= most:
            return _done(hands, asked, hands.id, "", "done")
        [customer] = hands.customers(asked.record)
        row = {
            "id": hands.id,
            "customer": asked.record,
            "points": asked.points,
            "reason": asked.reason,
            "note": asked.note,
            "expires_at": asked.expires_at,
            "asked_by": hands.who,
            "asked_at": now,
        }
        hands.tx.core.execute(insert(adjustments).values(row))
        hands.write_down("adjustment_asked", customer, f"{asked.points} points: {asked.reason}")
        return AdjustmentAnswer(hands.id, customer.row.id, asked.points, asked.reason, "waiting")

    return carry_out(shop, command, now, act)


def decide(shop: Shop, id: str, approved: bool, command: Command, now: Instant) -> Done:
    """Answers an AdjustmentAnswer, `approved` or `refused`. NotPossible for `unknown_adjustment`, `decided_already`,
    `same_person`, and whatever the adjustment itself may come to.
    """

    def act(hands: Hands) -> AdjustmentAnswer:
        asked = select(adjustments).where(adjustments.c.id == id)
        row = hands.tx.core.execute(asked.with_for_update() if hands.tx.shared else asked).first()
        if row is None:
            raise NotPossible("unknown_adjustment", "There is no such adjustment.")
        if row.decided_at is not None:
            raise NotPossible("decided_already", "Somebody has decided this adjustment before.")
        if row.asked_by == hands.who:
            raise NotPossible("same_person", "Somebody else than who asked for it must look at it.")
        decided = update(adjustments).where(adjustments.c.id == id)
        hands.tx.core.execute(decided.values(decided_by=hands.who, decided_at=now, approved=approved))
        wanted = Adjustment(row.customer, row.points, row.reason, row.note, row.expires_at)
        if approved:
            return _done(hands, wanted, fact_id("adjustment", id), row.asked_by, "approved")
        [customer] = hands.customers(row.customer)
        hands.write_down("adjustment_refused", customer, f"{row.points} points: {row.reason}")
        return AdjustmentAnswer(id, customer.row.id, row.points, row.reason, "refused")

    return carry_out(shop, command, now, act)


def number_waiting(shop: Shop) -> int:
    asked = select(func.count()).select_from(adjustments).where(adjustments.c.decided_at.is_(None))
    with shop.store.reading() as connection:
        return connection.execute(asked).scalar_one()


def waiting(shop: Shop, customers: Sequence[str] | None = None) -> list[Waiting]:
    """The oldest first."""
    columns = adjustments.c
    asked = select(
        columns.id,
        columns.customer,
        columns.points,
        columns.reason,
        columns.note,
        columns.asked_by,
        columns.asked_at,
    ).where(columns.decided_at.is_(None))
    if customers is not None:
        asked = asked.where(columns.customer.in_(customers))
    with shop.store.reading() as connection:
        return [Waiting(*row) for row in connection.execute(asked.order_by(columns.asked_at, columns.id))]


def _done(hands: Hands, asked: Adjustment, id: str, asked_by: str, status: str) -> AdjustmentAnswer:
    [customer] = hands.customers(asked.record)
    actor, second = (asked_by, hands.who) if asked_by else (hands.who, "")
    fact = PointsAdjusted(
        id,
        asked.record,
        hands.now,
        hands.now,
        hands.source,
        asked.points,
        asked.reason,
        asked.note,
        actor,
        second,
        asked.expires_at,
    )
    effects = hands.take(customer, fact, None, asked.record)
    moved: MovementAnswer = movement(id, customer, effects, hands.now)
    hands.write_down("adjusted", customer, f"{asked.points} points: {asked.reason}")
    return AdjustmentAnswer(id, customer.row.id, asked.points, asked.reason, status, moved)
