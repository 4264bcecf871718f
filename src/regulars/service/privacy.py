"""What a platform asks for by law: somebody's data, or to forget somebody, or to forget a shop that left it.

To forget cannot be taken back, so it happens only where there is no doubt who is meant: whoever bears the customer's id, or,
where nobody does, the one person to whom the addresses lead. Where there is doubt, staff decides; the audit trail says so.
A whole shop is never erased by a message.
"""

from contextlib import suppress
from typing import Final

from regulars.kernel.facts import Instant
from regulars.service.audit import write_down
from regulars.service.people import USER_ID
from regulars.service.rights import NobodyThere, erase, find_people
from regulars.service.shop import Shop
from regulars.store.transaction import IdentityKey, Transaction
from regulars.wire.webhooks import PrivacyAsked, PrivacyKind

ASKED: Final = "asked"

DATA: Final = "for the data of this customer, within 30 days: export it and hand it over"
DATA_OF_NOBODY: Final = "for the data of somebody who is not known here"
FORGET: Final = "to forget this customer, which was done"
FORGET_NOBODY: Final = "to forget somebody who is not known here"
FORGET_WHOM: Final = "to forget this customer, but the addresses lead to {several} people: look, and erase who is meant"
FORGET_MORE: Final = (
    "to forget a customer, which was done; this one bears an address of theirs: look whether it is the same"
)
FORGET_SHOP: Final = "to forget all that came from the shop, which left it: nothing was erased; see docs/shopify.md"


def fulfil(shop: Shop, asked: PrivacyAsked, who: str, now: Instant) -> None:
    """All that can be done at once, and an entry in the audit trail for the rest. `who` is the connection that asks."""
    match asked.kind:
        case PrivacyKind.DATA_REQUEST:
            by_id, by_address = _people(shop, asked)
            people = list(dict.fromkeys([*by_id, *by_address]))
            _note(shop, who, now, [(id, DATA) for id in people] or [(None, DATA_OF_NOBODY)])
        case PrivacyKind.CUSTOMER_REDACT:
            _forget(shop, asked, who, now)
        case PrivacyKind.SHOP_REDACT:
            _note(shop, who, now, [(None, FORGET_SHOP)])


def _forget(shop: Shop, asked: PrivacyAsked, who: str, now: Instant) -> None:
    by_id, by_address = _people(shop, asked)
    if not by_id and len(by_address) > 1:
        _note(shop, who, now, [(id, FORGET_WHOM.format(several=len(by_address))) for id in by_address])
        return
    certain = by_id or by_address
    doubtful = [id for id in by_address if id not in certain]
    said: list[tuple[str | None, str]] = [*[(id, FORGET) for id in certain], *[(id, FORGET_MORE) for id in doubtful]]
    for id in certain:
        with suppress(NobodyThere):
            erase(shop, id, who, now)
    _note(shop, who, now, said or [(None, FORGET_NOBODY)])


def _people(shop: Shop, asked: PrivacyAsked) -> tuple[list[str], list[str]]:
    """Who bears the customer's id, and to whom the addresses lead."""
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        return [], []
    named: list[IdentityKey] = [] if asked.customer_id is None else [(USER_ID, asked.customer_id)]
    addresses = [(kind, value) for kind, value in (("email", asked.email), ("phone", asked.phone)) if value]
    with shop.store.reading() as connection:
        limit = rulebook.program.shared_device
        return find_people(connection, named, limit), find_people(connection, addresses, limit)


def _note(shop: Shop, who: str, now: Instant, said: list[tuple[str | None, str]]) -> None:
    def written(tx: Transaction) -> None:
        for customer, details in said:
            write_down(tx, now, who, ASKED, customer, details)

    shop.writer.run(written)
