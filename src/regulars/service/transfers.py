"""Transfers: one customer gives points to another. What goes keeps its age and its expiry; only what can be spent can be given."""

from regulars.kernel.effects import TRANSFER_OUT, Posted
from regulars.kernel.facts import FOREVER, Instant, PointsReceived, PointsSent, SentLot
from regulars.service.commands import Command, Done, Hands, NotPossible, carry_out
from regulars.service.shop import Shop
from regulars.service.spending import movement
from regulars.wire.answers import LotAnswer, TransferAnswer
from regulars.wire.history import fact_id
from regulars.wire.instants import rfc3339


def transfer(shop: Shop, sender: str, receiver: str, points: int, reason: str, command: Command, now: Instant) -> Done:
    """Answers a TransferAnswer. NotPossible for `unknown_customer`, `same_customer`, `not_enough_points`, `not_a_member`."""

    def act(hands: Hands) -> TransferAnswer:
        one, other = hands.customers(sender, receiver)
        if one is other:
            raise NotPossible("same_customer", "Both are the same customer.")
        if not (hands.rulebook.is_member(one.state) and hands.rulebook.is_member(other.state)):
            raise NotPossible("not_a_member", "Both must be members: points go from member to member.")
        sent = hands.take(one, PointsSent(hands.id, sender, now, now, hands.source, points, reason), None, sender)
        lots = [
            SentLot(effect.lot, effect.points, effect.earned_at or 0, effect.expires_at)
            for effect in sent
            if isinstance(effect, Posted) and effect.entry is TRANSFER_OUT
        ]
        id = fact_id("received", hands.id)
        came = PointsReceived(id, receiver, now, now, hands.source, tuple(lots), reason)
        received = hands.take(other, came, None, receiver)
        hands.write_down("transferred", one, f"{points} points to {other.row.id}")
        return TransferAnswer(
            hands.id,
            points,
            tuple(
                [
                    LotAnswer(
                        one.points,
                        rfc3339(one.earned_at),
                        rfc3339(now),
                        None if one.expires_at == FOREVER else rfc3339(one.expires_at),
                        False,
                    )
                    for one in lots
                ]
            ),
            movement(hands.id, one, sent, now),
            movement(id, other, received, now),
        )

    return carry_out(shop, command, now, act)
