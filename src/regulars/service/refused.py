"""What was refused and why: kept for as long as the program says, so that a shop can mend it, and send or replay it.

Anybody who has the public key can have something refused, so at most 20,000 are kept, the newest: they cannot fill the disk.
"""

import re
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Row, delete, func, select
from sqlalchemy.sql.functions import count

from regulars.kernel.calendar import Calendar, Zone
from regulars.kernel.facts import Instant
from regulars.kernel.program import Retention
from regulars.service.retention import earliest_kept
from regulars.service.shop import Shop
from regulars.service.timeline import BadCursor
from regulars.store.schema import quarantine

MOST_KEPT: Final = 20_000
CURSOR: Final = re.compile(r"[0-9]{1,18}")
_DEEPEST: Final = 32
_MOST_CHARACTERS: Final = 100_000
_UTC: Final = Calendar(Zone("UTC", (0,), (0,)))


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
    """Newest first. `next` is the cursor of the page after this one, None on the last; `total` are those that fit the filter."""

    events: tuple[RefusedEvent, ...]
    next: str | None
    total: int


class Kinds(Struct, frozen=True):
    """Which reasons and sources there are, sorted."""

    reasons: tuple[str, ...]
    sources: tuple[str, ...]


def refused(
    shop: Shop, cursor: str | None, limit: int, reason: str | None = None, source: str | None = None
) -> RefusedPage:
    """BadCursor for a cursor that we did not give."""
    fits = those(reason, source)
    asked = select(quarantine).where(*fits).order_by(quarantine.c.id.desc()).limit(limit + 1)
    if cursor is not None:
        if not CURSOR.fullmatch(cursor):
            raise BadCursor(cursor)
        asked = asked.where(quarantine.c.id < int(cursor))
    with shop.store.reading() as connection:
        rows = connection.execute(asked).all()
        total = connection.execute(select(count()).select_from(quarantine).where(*fits)).scalar_one()
    shown = tuple([_shown(row) for row in rows[:limit]])
    return RefusedPage(shown, str(shown[-1].id) if len(rows) > limit else None, total)


def kinds(shop: Shop) -> Kinds:
    with shop.store.reading() as connection:
        rows = connection.execute(select(quarantine.c.reason, quarantine.c.source).distinct()).all()
    return Kinds(tuple(sorted({row.reason for row in rows})), tuple(sorted({row.source for row in rows})))


def those(reason: str | None, source: str | None) -> list[ColumnElement[bool]]:
    """What a filter says of the table."""
    asked = ((quarantine.c.reason, reason), (quarantine.c.source, source))
    return [column == value for column, value in asked if value is not None]


def kept_for(shop: Shop) -> Retention:
    """What the program in force says; without one what is usual."""
    rulebook = shop.rulebooks.latest()
    return rulebook.program.retention if rulebook else Retention()


def forget_old(shop: Shop, now: Instant) -> None:
    """Takes out what is older than the program says."""
    duration, rulebook = kept_for(shop).refused, shop.rulebooks.latest()
    if duration is None:
        return
    earliest = earliest_kept(rulebook.calendar if rulebook else _UTC, now, duration)
    old = delete(quarantine).where(quarantine.c.received_at < earliest)
    shop.writer.run(lambda tx: tx.core.execute(old))


def keep_bounded(shop: Shop, most: int = MOST_KEPT) -> None:
    """Takes out the oldest of too many. Ids only grow, so between the first and the last there are as many as fit, at most."""
    first, last = func.min(quarantine.c.id), func.max(quarantine.c.id)
    with shop.store.reading() as connection:
        lowest = connection.execute(select(first)).scalar()
        highest = connection.execute(select(last)).scalar()
    if lowest is not None and highest is not None and highest - lowest >= most:
        shop.writer.run(lambda tx: tx.core.execute(delete(quarantine).where(quarantine.c.id <= highest - most)))


def readable(raw: str) -> str:
    """Indented, where it is JSON that stays in bounds so; else as it came."""
    if _depth(raw) > _DEEPEST:
        return raw
    try:
        indented = msgspec.json.format(raw, indent=2)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return raw
    return indented if len(indented) <= _MOST_CHARACTERS else raw


def _depth(raw: str) -> int:
    """How deep brackets nest, at most; those within texts are counted as well."""
    deepest = depth = 0
    for letter in raw:
        depth += (letter in "[{") - (letter in "]}")
        deepest = max(deepest, depth)
    return deepest


def _shown(row: Row[Any]) -> RefusedEvent:
    raw = row.raw.decode("utf-8", "replace")
    return RefusedEvent(row.id, row.received_at, row.source, row.position, row.reason, row.message, row.message_id, raw)
