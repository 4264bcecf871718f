"""What is to be told to other systems, written down by the transaction in which it happens; `service.outbox` sends it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, insert, select

from regulars.kernel.facts import Instant
from regulars.store.schema import outbox, webhooks
from regulars.store.transaction import Transaction
from regulars.wire.standard_webhooks import body_of


class Message(Struct, frozen=True):
    """What happened, `at` what moment. `data` is small: it names things. `customer` is whom it is about: it goes with them."""

    type: str
    data: Mapping[str, Any]
    at: Instant
    customer: str | None = None


def enqueue(tx: Transaction, messages: Sequence[Message], now: Instant, new_id: Callable[[], str]) -> int:
    """One row for each endpoint that asks for a message's type; how many. Hand it all that a transaction has to tell at once: it
    looks once who listens, within the transaction, so that no endpoint is missed that was there when it began."""
    listening = _listening(tx.core) if messages else []
    rows = []
    for message in messages:
        those = [id for id, types in listening if not types or message.type in types]
        body = _body(message) if those else b""
        rows += [_row(new_id(), id, message, body, now) for id in those]
    if rows:
        tx.core.execute(insert(outbox), rows)
    return len(rows)


def is_anybody_listening(tx: Transaction, types: Sequence[str]) -> bool:
    """Whether a message of one of these types would go anywhere."""
    return any(not asked or not set(types).isdisjoint(asked) for _, asked in _listening(tx.core))


def enqueue_for(tx: Transaction, endpoint: str, message: Message, now: Instant, new_id: Callable[[], str]) -> str:
    """For this endpoint alone, whatever it asks for; the message's id."""
    row = _row(new_id(), endpoint, message, _body(message), now)
    tx.core.execute(insert(outbox).values(row))
    return str(row["id"])


def _listening(connection: Connection) -> list[tuple[str, list[str]]]:
    """Those that are not disabled, each with the types it asks for; none means all."""
    asked = select(webhooks.c.id, webhooks.c.types).where(webhooks.c.disabled_at.is_(None)).order_by(webhooks.c.id)
    return [(row.id, msgspec.json.decode(row.types, type=list[str])) for row in connection.execute(asked)]


def _body(message: Message) -> bytes:
    return body_of(message.type, message.at, message.data)


def _row(id: str, endpoint: str, message: Message, body: bytes, now: Instant) -> dict[str, Any]:
    what = {"id": f"msg_{id}", "endpoint": endpoint, "type": message.type, "customer": message.customer, "body": body}
    return {**what, "created_at": now, "due_at": now, "attempts": 0}
