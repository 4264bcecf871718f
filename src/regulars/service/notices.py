"""Other systems are told that points of a customer end soon, in the transaction in which the kernel finds it due.

Whoever is woken late is told once, of the nearest notice, and not of points that have ended meanwhile.
"""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from regulars.kernel.effects import ExpiryNoticed
from regulars.kernel.facts import Instant
from regulars.service.memberships import names_of
from regulars.service.telling import Message, enqueue, is_anybody_listening
from regulars.store.transaction import Transaction
from regulars.wire.instants import rfc3339

EXPIRING_SOON: Final = "points.expiring_soon"


class Notice(Struct, frozen=True):
    customer: str
    effect: ExpiryNoticed


def tell(tx: Transaction, notices: Sequence[Notice], new_id: Callable[[], str]) -> None:
    if not notices or not is_anybody_listening(tx, (EXPIRING_SOON,)):
        return
    nearest: dict[tuple[str, Instant], Notice] = {}
    for one in notices:
        effect, key = one.effect, (one.customer, one.effect.expires_at)
        if effect.expires_at > effect.recorded_at and (key not in nearest or effect.days < nearest[key].effect.days):
            nearest[key] = one
    if nearest:
        names = names_of(tx, {customer for customer, _ in nearest})
        told = [_message(nearest[key], names.get(key[0])) for key in sorted(nearest)]
        enqueue(tx, told, max([one.effect.recorded_at for one in notices]), new_id)


def _message(notice: Notice, user_id: str | None) -> Message:
    effect = notice.effect
    data = {
        "customer_id": notice.customer,
        "user_id": user_id,
        "points": effect.points,
        "expires_at": rfc3339(effect.expires_at),
        "days": effect.days,
    }
    return Message(EXPIRING_SOON, data, effect.effective_at, notice.customer)
