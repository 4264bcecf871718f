"""The audit trail: what staff and keys did to people, and whom they had told about them. It says who did what to which account,
never who that account is."""

from msgspec import Struct
from sqlalchemy import insert, select

from regulars.kernel.facts import Instant
from regulars.service.shop import Shop
from regulars.service.timeline import BadCursor
from regulars.store.schema import audit
from regulars.store.transaction import Transaction


class Deed(Struct, frozen=True):
    """`what` is `merged`, `parted`, `exported`, `erased`, `readmitted`, `level_set` or `asked` (a platform asks for their data);
    `segment_exported`, `webhook_added` and its like bear the segment's or the webhook's name in `details`.
    """

    id: int
    at: Instant
    who: str
    what: str
    customer: str | None
    details: str


class Deeds(Struct, frozen=True):
    """Newest first. `next` is the cursor of the page after this one, None on the last."""

    deeds: tuple[Deed, ...]
    next: str | None


def write_down(tx: Transaction, at: Instant, who: str, what: str, customer: str | None, details: str) -> None:
    tx.core.execute(insert(audit).values(at=at, who=who, what=what, customer=customer, details=details))


def deeds(shop: Shop, cursor: str | None, limit: int, customer: str | None = None) -> Deeds:
    """Of everybody, or of one customer. BadCursor for a cursor that we did not give."""
    asked = select(audit).order_by(audit.c.id.desc()).limit(limit + 1)
    if cursor is not None:
        if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
            raise BadCursor(cursor)
        asked = asked.where(audit.c.id < int(cursor))
    if customer is not None:
        asked = asked.where(audit.c.customer == customer)
    with shop.store.reading() as connection:
        rows = [Deed(*row) for row in connection.execute(asked)]
    return Deeds(tuple(rows[:limit]), str(rows[limit - 1].id) if len(rows) > limit else None)
