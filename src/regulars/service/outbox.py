"""The outbox: what is to be told to other systems, from the transaction in which it happened until it was delivered or given up.

A message is written by the transaction that it tells of, so it is told exactly if that was committed. It goes out at least once:
whoever takes it holds it for a minute, and where nothing is heard of them (they were killed), another may take it. Every attempt
bears the message's id, by which a receiver knows what it had before. There is no order between messages.

An endpoint has at most four messages under way for each process, however many wait, so a slow one holds up only itself.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from functools import partial
from hashlib import sha256
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, delete, or_, select, update
from sqlalchemy.sql.functions import count
from sqlalchemy.sql.functions import max as greatest

from regulars.kernel.calendar import DAY, HOUR, MINUTE, SECOND
from regulars.kernel.facts import Instant
from regulars.service.shop import Shop
from regulars.service.timeline import BadCursor
from regulars.service.webhook_secrets import signing
from regulars.store.schema import outbox, webhooks
from regulars.store.transaction import Transaction

SCHEDULE: Final = (
    0,
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
"""How long each attempt waits after the one before it: over three days in all. After the last the message is given up."""
JITTER: Final = 5
"""A wait is longer by up to a fifth, each message by its own part: what failed together does not come again together."""
LONGEST_RETRY_AFTER: Final = DAY
"""Whoever asks for more patience gets this much."""
LEASE: Final = MINUTE
AT_ONCE: Final = 4
REST: Final = MINUTE
"""An endpoint that says that it is too much, without saying for how long, is left alone so long."""
KEPT: Final = 30 * DAY
PORTION: Final = 500
MOST_TROUBLE_CHARACTERS: Final = 200

_ID: Final = re.compile(r"msg_[0-9a-f-]{1,60}")
TOO_MUCH: Final = (429, 502, 504)
GONE: Final = 410


class Sending(Struct, frozen=True):
    """A message that is ours to send for the next minute. `secrets` are those that sign; `attempt` counts from 1."""

    id: str
    endpoint: str
    url: str
    body: bytes
    attempt: int
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Sending({self.id!r}, attempt={self.attempt})"


class Outcome(Struct, frozen=True):
    """What came of one attempt: the `status` that was answered, or None and the `trouble` in words. `retry_after` is how long we
    were asked to wait."""

    sending: Sending
    status: int | None
    trouble: str = ""
    retry_after: Instant | None = None

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Delivered(Struct):
    """Since the process began. `failed` counts attempts."""

    delivered: int = 0
    failed: int = 0


# --- on the way ------------------------------------------------------------------------------------------------------


def is_any_due(shop: Shop, now: Instant) -> bool:
    """Asked of a reader, so that a shop with nothing to tell writes nothing."""
    with shop.store.reading() as connection:
        return any(_is_due(connection, endpoint.id, now) for endpoint in connection.execute(_awake(now)).all())


def take_due(tx: Transaction, now: Instant, under_way: Mapping[str, Collection[str]]) -> list[Sending]:
    """What is due, the longest due first, as much as each endpoint has room for. `under_way` are, by endpoint, the ids of the
    messages that this process is sending. Whoever else looks at the same time takes others."""
    taken: list[Sending] = []
    for endpoint in tx.core.execute(_awake(now)).all():
        ours = under_way.get(endpoint.id, ())
        free = AT_ONCE - len(ours)
        if free > 0:
            due = (outbox.c.endpoint == endpoint.id, outbox.c.due_at <= now, outbox.c.id.not_in(ours))
            taken += _taken(tx, endpoint, due, free, now)
    return taken


def take(tx: Transaction, id: str, now: Instant) -> Sending | None:
    """This one, if it waits; None where somebody else has it, or it is over, or its endpoint is disabled."""
    row = tx.core.execute(select(outbox.c.endpoint).where(outbox.c.id == id)).first()
    if row is None:
        return None
    asked = select(webhooks).where(webhooks.c.id == row.endpoint, webhooks.c.disabled_at.is_(None))
    endpoint = tx.core.execute(asked).first()
    waiting = (outbox.c.id == id, outbox.c.due_at <= now)
    return next(iter(_taken(tx, endpoint, waiting, 1, now)), None) if endpoint else None


def settle(tx: Transaction, outcomes: Sequence[Outcome], now: Instant) -> None:
    """What came of each attempt is written down. What somebody else took over meanwhile is theirs, unless it was delivered."""
    for outcome in sorted(outcomes, key=lambda one: one.sending.id):
        id, attempt = outcome.sending.id, outcome.sending.attempt
        waiting = update(outbox).where(outbox.c.id == id, outbox.c.delivered_at.is_(None))
        if not outcome.is_delivered:
            waiting = waiting.where(outbox.c.due_at.is_not(None), outbox.c.attempts == attempt)
        tx.core.execute(waiting.values(_settled(outcome, now)))
    for outcome in sorted(outcomes, key=lambda one: one.sending.endpoint):
        _note_endpoint(tx, outcome, now)


def next_attempt(id: str, attempt: int, now: Instant, retry_after: Instant | None) -> Instant | None:
    """When a message whose attempt of this number failed is sent again; None when it is given up."""
    if attempt >= len(SCHEDULE):
        return None
    wait = SCHEDULE[attempt]
    part = int.from_bytes(sha256(f"{id} {attempt}".encode()).digest()[:4], "big")
    wait += wait * part // (JITTER << 32)
    return now + max(wait, min(retry_after or 0, LONGEST_RETRY_AFTER))


def _awake(now: Instant) -> Any:
    rested = or_(webhooks.c.rests_until.is_(None), webhooks.c.rests_until <= now)
    return select(webhooks).where(webhooks.c.disabled_at.is_(None), rested).order_by(webhooks.c.id)


def _is_due(connection: Connection, endpoint: str, now: Instant) -> bool:
    asked = select(outbox.c.id).where(outbox.c.endpoint == endpoint, outbox.c.due_at <= now).limit(1)
    return connection.execute(asked).first() is not None


def _taken(
    tx: Transaction, endpoint: Row[Any], which: Sequence[ColumnElement[bool]], most: int, now: Instant
) -> list[Sending]:
    asked = select(outbox).where(*which).order_by(outbox.c.due_at, outbox.c.id).limit(most)
    rows = tx.core.execute(asked.with_for_update(skip_locked=True) if tx.shared else asked).all()
    held = update(outbox).where(outbox.c.id.in_([row.id for row in rows]))
    if rows:
        tx.core.execute(held.values(due_at=now + LEASE, attempts=outbox.c.attempts + 1))
    secrets = signing(endpoint.secrets, now)
    return [Sending(row.id, endpoint.id, endpoint.url, bytes(row.body), row.attempts + 1, secrets) for row in rows]


def _settled(outcome: Outcome, now: Instant) -> dict[str, Any]:
    said = {"status": outcome.status, "trouble": outcome.trouble[:MOST_TROUBLE_CHARACTERS] or None}
    if outcome.is_delivered:
        return {**said, "due_at": None, "delivered_at": now, "failed_at": None}
    again = None
    if outcome.status != GONE:
        again = next_attempt(outcome.sending.id, outcome.sending.attempt, now, outcome.retry_after)
    return {**said, "due_at": again, "failed_at": now if again is None else None}


def _note_endpoint(tx: Transaction, outcome: Outcome, now: Instant) -> None:
    """Whoever says that it is gone is told no more; whoever says that it is too much is left alone for a while."""
    theirs = update(webhooks).where(webhooks.c.id == outcome.sending.endpoint)
    if outcome.status == GONE:
        why = "It answered 410: it wants no more."
        tx.core.execute(theirs.where(webhooks.c.disabled_at.is_(None)).values(disabled_at=now, disabled_why=why))
    elif not outcome.is_delivered and (outcome.status in TOO_MUCH or outcome.retry_after):
        until = now + min(outcome.retry_after or REST, LONGEST_RETRY_AFTER)
        longer = or_(webhooks.c.rests_until.is_(None), webhooks.c.rests_until < until)
        tx.core.execute(theirs.where(longer).values(rests_until=until))


# --- what became of them ---------------------------------------------------------------------------------------------


class Standing(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(Struct, frozen=True):
    """`due_at` is when it is sent next, `ended_at` when it was delivered or given up. `status` and `trouble` are of the last
    attempt."""

    id: str
    endpoint: str
    type: str
    standing: Standing
    created_at: Instant
    due_at: Instant | None
    ended_at: Instant | None
    attempts: int
    status: int | None
    trouble: str
    body: bytes


class DeliveryPage(Struct, frozen=True):
    """Newest first. `next` is the cursor of the page after this one, None on the last."""

    deliveries: tuple[Delivery, ...]
    next: str | None


class Figures(Struct, frozen=True):
    """Of one endpoint: how many wait and how many were given up, and when one was last delivered."""

    waiting: int
    failed: int
    delivered_at: Instant | None


_STANDS: Final = {
    Standing.WAITING: outbox.c.due_at.is_not(None),
    Standing.DELIVERED: outbox.c.delivered_at.is_not(None),
    Standing.FAILED: outbox.c.failed_at.is_not(None),
}


def deliveries(
    shop: Shop, endpoint: str, cursor: str | None, limit: int, standing: Standing | None = None
) -> DeliveryPage:
    """BadCursor for a cursor that we did not give."""
    asked = select(outbox).where(outbox.c.endpoint == endpoint).order_by(outbox.c.id.desc()).limit(limit + 1)
    if standing is not None:
        asked = asked.where(_STANDS[standing])
    if cursor is not None:
        if not _ID.fullmatch(cursor):
            raise BadCursor(cursor)
        asked = asked.where(outbox.c.id < cursor)
    with shop.store.reading() as connection:
        rows = connection.execute(asked).all()
    return DeliveryPage(tuple([_delivery(row) for row in rows[:limit]]), rows[limit - 1].id if rows[limit:] else None)


def delivery(shop: Shop, id: str) -> Delivery | None:
    with shop.store.reading() as connection:
        row = connection.execute(select(outbox).where(outbox.c.id == id)).first()
    return None if row is None else _delivery(row)


def figures(connection: Connection, endpoint: str) -> Figures:
    theirs = outbox.c.endpoint == endpoint
    number = select(count()).select_from(outbox).where(theirs)
    last = select(greatest(outbox.c.delivered_at)).where(theirs, _STANDS[Standing.DELIVERED])
    return Figures(
        connection.execute(number.where(_STANDS[Standing.WAITING])).scalar_one(),
        connection.execute(number.where(_STANDS[Standing.FAILED])).scalar_one(),
        connection.execute(last).scalar(),
    )


def send_again(tx: Transaction, endpoint: str, id: str | None, now: Instant) -> int:
    """Has a message that failed or waits sent now, with all attempts before it; without an `id` all that failed. How many."""
    which: list[ColumnElement[bool]] = [_STANDS[Standing.FAILED]]
    if id is not None:
        which = [outbox.c.id == id, outbox.c.delivered_at.is_(None), _is_free(now)]
    again = update(outbox).where(outbox.c.endpoint == endpoint, *which)
    return tx.core.execute(again.values(due_at=now, attempts=0, failed_at=None)).rowcount


def _is_free(now: Instant) -> ColumnElement[bool]:
    """Not so close to its time that somebody may be sending it."""
    return or_(outbox.c.due_at.is_(None), outbox.c.due_at <= now, outbox.c.due_at > now + LEASE)


def forget_some(shop: Shop, now: Instant) -> int:
    """Takes out what ended more than thirty days ago, what waits for an endpoint that was disabled as long ago, and what one left
    behind that is gone. A portion; how many, so 0 when there is no more."""
    ids = _old(shop, now - KEPT)
    return shop.writer.run(partial(_take_out, ids=ids)) if ids else 0


def _take_out(tx: Transaction, ids: Sequence[str]) -> int:
    return tx.core.execute(delete(outbox).where(outbox.c.id.in_(ids))).rowcount


def _old(shop: Shop, before: Instant) -> list[str]:
    """Looked for by a reader, who keeps nobody waiting."""
    with shop.store.reading() as connection:
        there = connection.execute(select(webhooks.c.id)).scalars().all()
        given_up = connection.execute(select(webhooks.c.id).where(webhooks.c.disabled_at < before)).scalars().all()
        asked = [
            *[(outbox.c.endpoint == id, outbox.c.delivered_at < before) for id in there],
            *[(outbox.c.endpoint == id, outbox.c.failed_at < before) for id in there],
            *[(outbox.c.endpoint == id, outbox.c.due_at < before) for id in given_up],
            (outbox.c.endpoint.not_in(there),),
        ]
        found: list[str] = []
        for which in asked:
            found += connection.execute(select(outbox.c.id).where(*which).limit(PORTION)).scalars()
    return found[:PORTION]


def _delivery(row: Row[Any]) -> Delivery:
    standing = Standing.DELIVERED if row.delivered_at else Standing.FAILED if row.failed_at else Standing.WAITING
    return Delivery(
        row.id,
        row.endpoint,
        row.type,
        standing,
        row.created_at,
        row.due_at,
        row.delivered_at or row.failed_at,
        row.attempts,
        row.status,
        row.trouble or "",
        bytes(row.body),
    )
