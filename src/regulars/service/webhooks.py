"""Endpoints: the addresses of other systems that this shop tells what happens, and what is done with them by hand.

What is told goes through the outbox (`service.outbox`). A disabled endpoint is told nothing that happens meanwhile; what waited
for it goes on when it is enabled again.
"""

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.sql.functions import count

from regulars.kernel.facts import Instant
from regulars.kernel.terms import listed
from regulars.service import audit, outbox
from regulars.service.networks import Networks
from regulars.service.outbox import Figures
from regulars.service.shop import Shop
from regulars.service.telling import Message, enqueue_for
from regulars.service.webhook_secrets import Key, new_secret, replaced, sealed
from regulars.store.schema import webhooks
from regulars.store.transaction import Transaction
from regulars.wire.document import did_you_mean, nearest

TYPES: Final = {
    "segment.entered": "a customer came into a segment",
    "segment.left": "a customer left a segment",
    "points.expiring_soon": "points of a customer end soon",
    "perk.opened": "what a customer had asked for is there now",
}
"""What this shop tells."""
TEST: Final = "webhook.test"

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
MOST_ENDPOINTS: Final = 50
MOST_URL_CHARACTERS: Final = 2_000
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
_HOST: Final = re.compile(r"[A-Za-z0-9._:-]+")


class WebhookRefused(Exception):
    """It cannot be done so. `place` is the field at fault, "" where it is none; `words` repeat nothing of what was given."""

    def __init__(self, place: str, words: str) -> None:
        super().__init__(words)
        self.place = place
        self.words = words


class NoSuchWebhook(WebhookRefused):
    def __init__(self) -> None:
        super().__init__("name", "there is no webhook of that name")


class Endpoint(Struct, frozen=True):
    """`types` are those it asks for; none means all, also those to come. `disabled_why` says why it is told nothing."""

    id: str
    name: str
    url: str
    types: tuple[str, ...]
    created_at: Instant
    rests_until: Instant | None
    disabled_at: Instant | None
    disabled_why: str
    figures: Figures


def endpoints(shop: Shop) -> list[Endpoint]:
    """By their names."""
    with shop.store.one_moment(), shop.store.reading() as connection:
        rows = connection.execute(select(webhooks).order_by(webhooks.c.name)).all()
        return [_endpoint(connection, row) for row in rows]


def endpoint(shop: Shop, name: str) -> Endpoint:
    """NoSuchWebhook where there is none."""
    with shop.store.one_moment(), shop.store.reading() as connection:
        return _endpoint(connection, _found(connection, name))


# --- what is done with them; each stands in the audit trail ----------------------------------------------------------


def register(shop: Shop, name: str, url: str, types: Sequence[str], allowed: Networks, who: str, now: Instant) -> str:
    """The secret that its messages are signed with, which is shown this once. WebhookRefused where it cannot be."""
    if not NAME.fullmatch(name):
        words = "a name has 1 to 60 small letters, digits, “-” and “_”, and begins with none of the last two"
        raise WebhookRefused("name", words)
    secret = new_secret()
    row = {
        "id": shop.new_id(),
        "name": name,
        "url": checked_url(url, allowed),
        "types": _written(types),
        "secrets": sealed(Key(secret)),
        "created_at": now,
    }

    def registered(tx: Transaction) -> None:
        if tx.core.execute(select(webhooks.c.id).where(webhooks.c.name == name)).first():
            raise WebhookRefused("", "there is a webhook of that name: change that one, or choose another name")
        if tx.core.execute(select(count()).select_from(webhooks)).scalar_one() >= MOST_ENDPOINTS:
            raise WebhookRefused("", f"a shop has at most {MOST_ENDPOINTS} webhooks: remove one first")
        tx.core.execute(insert(webhooks).values(row))
        audit.write_down(tx, now, who, "webhook_added", None, name)

    shop.writer.run(registered)
    return secret


def change(
    shop: Shop, name: str, url: str | None, types: Sequence[str] | None, allowed: Networks, who: str, now: Instant
) -> None:
    """What is None stays. Messages that wait go to the new address."""
    values: dict[str, Any] = {}
    if url is not None:
        values |= {"url": checked_url(url, allowed), "rests_until": None}
    if types is not None:
        values["types"] = _written(types)
    if values:
        _change(shop, name, values, "webhook_changed", who, now)


def rotate(shop: Shop, name: str, who: str, now: Instant, *, at_once: bool = False) -> str:
    """The new secret, which is shown this once. For a day both sign; `at_once`, for an old one in wrong hands, it alone does."""
    secret = new_secret()

    def rotated(tx: Transaction) -> None:
        row = _held(tx, name)
        after = replaced(bytes(row.secrets), secret, now, at_once=at_once)
        tx.core.execute(update(webhooks).where(webhooks.c.id == row.id).values(secrets=after))
        audit.write_down(tx, now, who, "webhook_secret_changed", None, name)

    shop.writer.run(rotated)
    return secret


def disable(shop: Shop, name: str, who: str, now: Instant) -> None:
    """Nothing that happens from now on is told there; what waits goes on waiting, for thirty days."""
    values = {"disabled_at": now, "disabled_why": f"It was disabled by {who}."}
    _change(shop, name, values, "webhook_disabled", who, now)


def enable(shop: Shop, name: str, who: str, now: Instant) -> None:
    values = {"disabled_at": None, "disabled_why": None, "rests_until": None}
    _change(shop, name, values, "webhook_enabled", who, now)


def remove(shop: Shop, name: str, who: str, now: Instant) -> None:
    """With its secrets; what waited is not told any more, and soon forgotten."""

    def removed(tx: Transaction) -> None:
        tx.core.execute(delete(webhooks).where(webhooks.c.id == _held(tx, name).id))
        audit.write_down(tx, now, who, "webhook_removed", None, name)

    shop.writer.run(removed)


def send_test(shop: Shop, name: str, now: Instant) -> str:
    """A message of type `webhook.test`, whatever the endpoint asks for; its id."""

    def tested(tx: Transaction) -> str:
        row = _held(tx, name)
        if row.disabled_at is not None:
            raise WebhookRefused("", "it is disabled: enable it first")
        return enqueue_for(tx, row.id, Message(TEST, {"webhook": name}, now), now, shop.new_id)

    return shop.writer.run(tested)


def send_again(shop: Shop, name: str, id: str | None, who: str, now: Instant) -> int:
    """Has a message sent once more, or all that were given up; how many. A message that is being sent is left to that."""

    def again(tx: Transaction) -> int:
        number = outbox.send_again(tx, _held(tx, name).id, id, now)
        if number:
            audit.write_down(tx, now, who, "webhook_sent_again", None, f"{name}: {number}")
        return number

    return shop.writer.run(again)


# --- what was given ---------------------------------------------------------------------------------------------------


def checked_url(written: str, allowed: Networks) -> str:
    """An address that messages may be sent to, as far as can be said without asking for it; WebhookRefused for any other.

    Where a name leads is looked at each time that it is connected to.
    """
    if len(written) > MOST_URL_CHARACTERS or not _PRINTABLE.fullmatch(written):
        most = f"an address has 1 to {MOST_URL_CHARACTERS:,} letters, digits and signs, none of them a space"
        raise WebhookRefused("url", f"{most}: a name with other letters is written as xn--…")
    parts, port = _parts(written)
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(host) or port == 0:
        raise WebhookRefused("url", "write the address as https://crm.example.com/hooks")
    if parts.username is not None or parts.password is not None or "#" in written:
        raise WebhookRefused("url", "the address holds a password, or a # and what follows it: leave that away")
    if parts.scheme == "http" and not allowed:
        raise WebhookRefused("url", "the address must begin with https://, so that nobody reads along")
    if not allowed.may_lead_to(host):
        raise WebhookRefused("url", f"the address is a private or local one: {Networks.MEND}")
    return written


def _parts(written: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(written)
        return parts, parts.port
    except ValueError:
        raise WebhookRefused("url", "write the address as https://crm.example.com/hooks") from None


def _written(types: Sequence[str]) -> str:
    for one in types:
        if one not in TYPES:
            meant = did_you_mean(nearest(one, list(TYPES)))
            there = f"{' There are' if meant else ': there are'} {listed(list(TYPES))}"
            raise WebhookRefused("types", f"one of the types is none{meant}{there}")
    return msgspec.json.encode(sorted(set(types))).decode()


def _change(shop: Shop, name: str, values: dict[str, Any], what: str, who: str, now: Instant) -> None:
    def changed(tx: Transaction) -> None:
        row = _held(tx, name)
        tx.core.execute(update(webhooks).where(webhooks.c.id == row.id).values(values))
        audit.write_down(tx, now, who, what, None, name)

    shop.writer.run(changed)


def _held(tx: Transaction, name: str) -> Row[Any]:
    """The endpoint, which nobody else changes until the transaction ends."""
    return _found(tx.core, name, hold=tx.shared)


def _found(connection: Connection, name: str, *, hold: bool = False) -> Row[Any]:
    if not NAME.fullmatch(name):
        raise NoSuchWebhook
    asked = select(webhooks).where(webhooks.c.name == name)
    row = connection.execute(asked.with_for_update() if hold else asked).first()
    if row is None:
        raise NoSuchWebhook
    return row


def _endpoint(connection: Connection, row: Row[Any]) -> Endpoint:
    return Endpoint(
        row.id,
        row.name,
        row.url,
        tuple(msgspec.json.decode(row.types, type=list[str])),
        row.created_at,
        row.rests_until,
        row.disabled_at,
        row.disabled_why or "",
        outbox.figures(connection, row.id),
    )
