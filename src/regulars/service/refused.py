"""What was refused and why: kept for thirty days, so that a shop can mend it and send it again."""

import re
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Row, delete, select
from sqlalchemy.sql.functions import count

from regulars.kernel.calendar import DAY
from regulars.kernel.facts import Instant
from regulars.service.customers import BadCursor
from regulars.service.shop import Shop
from regulars.store.schema import quarantine

KEPT_DAYS: Final = 30
CURSOR: Final = re.compile(r"[0-9]{1,18}")


class RefusedEvent(Struct, frozen=True):
    """`raw` is text for people, at most 32 KB: the event as it came, or, where it was refused only while it was stored
    (`message_id_reused`, `order_reused`, `failed`), what was understood of it.
    """

    id: int
    received_at: Instant
    source: str
    position: int
    reason: str
    message: str
    message_id: str | None
    raw: str


class RefusedPage(Struct, frozen=True):
    """Newest first. `next` is the cursor of the page after this one, None on the last."""

    events: tuple[RefusedEvent, ...]
    next: str | None
    total: int


def refused(shop: Shop, cursor: str | None, limit: int) -> RefusedPage:
    """BadCursor for a cursor that we did not give."""
    asked = select(quarantine).order_by(quarantine.c.id.desc()).limit(limit + 1)
    if cursor is not None:
        if not CURSOR.fullmatch(cursor):
            raise BadCursor(cursor)
        asked = asked.where(quarantine.c.id < int(cursor))
    with shop.store.reading() as connection:
        rows = connection.execute(asked).all()
        total = connection.execute(select(count()).select_from(quarantine)).scalar_one()
    shown = tuple([_shown(row) for row in rows[:limit]])
    return RefusedPage(shown, str(shown[-1].id) if len(rows) > limit else None, total)


def forget_old(shop: Shop, now: Instant) -> None:
    """Takes out what is older than thirty days."""
    old = delete(quarantine).where(quarantine.c.received_at < now - KEPT_DAYS * DAY)
    shop.writer.run(lambda tx: tx.core.execute(old))


def _shown(row: Row[Any]) -> RefusedEvent:
    raw = row.raw.decode("utf-8", "replace")
    return RefusedEvent(row.id, row.received_at, row.source, row.position, row.reason, row.message, row.message_id, raw)
