"""Other systems are told who asked for something that is there now, in the transaction in which the new program reaches them; of
those who did not ask nothing is told.
"""

from collections.abc import Callable, Sequence
from typing import Final

from regulars.kernel.effects import Opened
from regulars.service.memberships import names_of
from regulars.service.telling import Message, enqueue, is_anybody_listening
from regulars.store.transaction import Transaction

PERK_OPENED: Final = "perk.opened"


def tell_opened(tx: Transaction, opened: Sequence[tuple[str, Opened]], new_id: Callable[[], str]) -> None:
    if not opened or not is_anybody_listening(tx, (PERK_OPENED,)):
        return
    names = names_of(tx, {customer for customer, _ in opened})
    now = max([effect.recorded_at for _, effect in opened])
    enqueue(tx, [_message(customer, effect, names.get(customer)) for customer, effect in opened], now, new_id)


def _message(customer: str, effect: Opened, user_id: str | None) -> Message:
    data = {"customer_id": customer, "user_id": user_id, "perk": effect.offer}
    return Message(PERK_OPENED, data, effect.recorded_at, customer)
