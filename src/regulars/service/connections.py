"""Connections: platforms and other systems whose signed webhooks are believed, and which are asked for what never arrived.

A signature is made with the secret itself, so a secret must be kept as it is: whoever reads the database can forge this shop's
webhooks. Who does not want that sets `REGULARS_SECRET_NAME`, and `REGULARS_API_NAME`, where the server runs: what stands there
holds alone, and is stored nowhere. A secret is never shown again.

While a secret is changed two are valid: the new one and the one that it replaced.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Row, delete, insert, select, update

from regulars.kernel.calendar import MINUTE
from regulars.kernel.facts import Instant
from regulars.store.database import Store
from regulars.store.schema import connections
from regulars.store.transaction import Transaction
from regulars.wire.events import Sender

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
MOST_SECRETS: Final = 2
MOST_SECRET_CHARACTERS: Final = 1_000
MOST_READ_AGAIN: Final = 1_000
USUAL_MINUTES: Final = 15
HEARD_EVERY: Final = MINUTE
"""`heard_at` is written no more often than that."""

SECRET: Final = "SECRET"
API: Final = "API"
HIGHEST_PORT: Final = 65_535
_SITE: Final = re.compile(r"(?:([a-z]+)://)?([A-Za-z0-9][A-Za-z0-9.-]{0,252})(:([0-9]{1,5}))?((?:/[A-Za-z0-9._~/-]*)?)")


class Kind(StrEnum):
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    WEBHOOK = "webhook"
    """Any other system, read by the maps of the program's source of the same name."""

    @property
    def sender(self) -> Sender:
        return Sender(self.value)


class ConnectionRefused(Exception):
    """It cannot be made so, in words for whoever wanted it."""


class Secrets(Struct, frozen=True):
    """`signing` are valid, the newest first. `api` is what one shows to be answered: Shopify's access token, or WooCommerce's
    consumer key and secret with a colon between."""

    signing: tuple[str, ...] = ()
    api: str = ""

    def __repr__(self) -> str:
        return f"Secrets({len(self.signing)} of them)"


class Settings(Struct, frozen=True):
    """`site` is where the platform's API is; "" where nobody asks it. It is asked every so many minutes."""

    site: str = ""
    every_minutes: int = USUAL_MINUTES


class Asking(Struct, frozen=True):
    """How far the asking has come: all that was changed up to `since`, by the platform's own clock, was told.

    `again` are ids of orders that were named without being told. `missed` is how many orders the asking found of which no
    webhook had told, in all; `trouble` is why the last one failed.
    """

    since: Instant | None = None
    begun_at: Instant | None = None
    again: tuple[str, ...] = ()
    missed: int = 0
    trouble: str = ""


class Connection(Struct, frozen=True):
    name: str
    kind: Kind
    secrets: Secrets
    settings: Settings
    created_at: Instant
    heard_at: Instant | None
    polled_at: Instant | None
    asking: Asking
    from_environment: bool
    """Whether its secret is set there, or nowhere."""

    def is_asked(self) -> bool:
        return bool(self.settings.site and self.secrets.api)

    def next_asking_at(self) -> Instant:
        begun_at = self.asking.begun_at
        return 0 if begun_at is None else begun_at + self.settings.every_minutes * MINUTE


class Connections:
    """Those there are. `environment` is the process's: it goes before what is stored."""

    def __init__(self, store: Store, environment: Mapping[str, str]) -> None:
        self._store = store
        self._environment = environment

    def named(self, name: str) -> Connection | None:
        if not NAME.fullmatch(name):
            return None
        with self._store.reading() as connection:
            row = connection.execute(select(connections).where(connections.c.id == name)).first()
        return None if row is None else self.of(row)

    def all(self) -> list[Connection]:
        """By their names."""
        with self._store.reading() as connection:
            rows = connection.execute(select(connections).order_by(connections.c.id)).all()
        return [self.of(row) for row in rows]

    def held(self, tx: Transaction, name: str) -> Connection | None:
        """The connection, which nobody else changes until the transaction ends."""
        asked = select(connections).where(connections.c.id == name)
        row = tx.core.execute(asked.with_for_update() if tx.shared else asked).first()
        return None if row is None else self.of(row)

    def of(self, row: Row[Any]) -> Connection:
        stored = msgspec.msgpack.decode(row.secrets, type=Secrets)
        signing, api = self._set(SECRET, row.id), self._set(API, row.id)
        return Connection(
            row.id,
            Kind(row.kind),
            Secrets(tuple(signing.split("\n")) if signing else stored.signing, api or stored.api),
            msgspec.json.decode(row.settings, type=Settings),
            row.created_at,
            row.heard_at,
            row.polled_at,
            msgspec.json.decode(row.cursor, type=Asking) if row.cursor else Asking(),
            bool(signing) or not stored.signing,
        )

    def _set(self, what: str, name: str) -> str:
        return self._environment.get(variable(what, name), "").strip("\r\n")


def variable(what: str, name: str) -> str:
    """`REGULARS_SECRET_MAIN`. Two secrets of one connection stand there on two lines."""
    return f"REGULARS_{what}_{name.upper().replace('-', '_')}"


def site_of(written: str) -> str:
    """The address of an API: https, or http to this machine itself. ConnectionRefused for any other."""
    found = _SITE.fullmatch(written)
    if found is None or int(found[4] or 0) > HIGHEST_PORT:
        raise ConnectionRefused("the shop's address is none: write it as https://shop.example.com")
    scheme, host, port, _, path = found.groups(default="")
    if scheme not in ("", "https") and not (scheme == "http" and host == "127.0.0.1"):
        raise ConnectionRefused("the shop's address must begin with https://, so that nobody reads the key on its way")
    return f"{scheme or 'https'}://{host}{port}{path.rstrip('/')}"


# --- making and unmaking -------------------------------------------------------------------------------------------------


def connect(
    store: Store, name: str, kind: Kind, secret: str, now: Instant, api: str = "", settings: Settings | None = None
) -> None:
    """ConnectionRefused where it cannot be. An empty `secret` is set where the server runs."""
    _check(name, secret, api)
    settings = settings or Settings()
    secrets = Secrets((secret,) if secret else (), api)
    with store.writing() as tx:
        for there in tx.core.execute(select(connections.c.id, connections.c.kind)).all():
            _check_beside(name, kind, there.id, there.kind)
        row = {
            "id": name,
            "kind": kind.value,
            "secrets": msgspec.msgpack.encode(secrets),
            "settings": msgspec.json.encode(settings).decode(),
            "created_at": now,
        }
        tx.core.execute(insert(connections).values(row))


def rotate(store: Store, name: str, kind: Kind, secret: str, api: str = "", settings: Settings | None = None) -> None:
    """The new secret is valid from now on, and the one before it still is; the same once more ends that. An empty `secret` or
    `api`, and no `settings`, leave what there is. ConnectionRefused where there is no such connection."""
    _check(name, secret, api)
    with store.writing() as tx:
        asked = select(connections).where(connections.c.id == name, connections.c.kind == kind.value)
        row = tx.core.execute(asked.with_for_update() if tx.shared else asked).first()
        if row is None:
            raise ConnectionRefused(f"there is no {kind.value} connection “{name}”: leave --rotate away to make it")
        before = msgspec.msgpack.decode(row.secrets, type=Secrets)
        after = Secrets(_rotated(before.signing, secret) if secret else before.signing, api or before.api)
        values: dict[str, Any] = {"secrets": msgspec.msgpack.encode(after)}
        if settings is not None:
            values["settings"] = msgspec.json.encode(settings).decode()
        tx.core.execute(update(connections).where(connections.c.id == name).values(values))


def disconnect(store: Store, name: str) -> None:
    """From now on nothing is believed under this name; what was told stays. ConnectionRefused where there is none."""
    with store.writing() as tx:
        if not tx.core.execute(delete(connections).where(connections.c.id == name)).rowcount:
            raise ConnectionRefused(f"there is no connection “{name}”: see `regulars connections`")


def _rotated(before: tuple[str, ...], secret: str) -> tuple[str, ...]:
    return (secret,) if before[:1] == (secret,) else (secret, *before)[:MOST_SECRETS]


def _check(name: str, secret: str, api: str) -> None:
    if not NAME.fullmatch(name):
        raise ConnectionRefused(
            "a name has 1 to 60 small letters, digits, “-” and “_”, and begins with none of the last two"
        )
    if max(len(secret), len(api)) > MOST_SECRET_CHARACTERS:
        raise ConnectionRefused(f"a secret has at most {MOST_SECRET_CHARACTERS:,} characters")


def _check_beside(name: str, kind: Kind, there: str, kind_there: str) -> None:
    if variable("", name) == variable("", there):
        raise ConnectionRefused(f"“{there}” is connected: change its secret with --rotate, or choose another name")
    if kind is Kind.WOOCOMMERCE and kind_there == kind.value:
        message = (
            f"“{there}” is a WooCommerce shop, and two of them number their orders alike: disconnect that one first"
        )
        raise ConnectionRefused(message)


# --- while it lives ------------------------------------------------------------------------------------------------------


def is_news(connection: Connection, now: Instant) -> bool:
    """Whether it is worth writing down that it was heard."""
    return connection.heard_at is None or now - connection.heard_at >= HEARD_EVERY


def note_heard(tx: Transaction, there: Connections, name: str, now: Instant, read_again: str | None) -> None:
    """It was heard; and an order was named that has to be asked for."""
    found = there.held(tx, name)
    if found is None:
        return
    values: dict[str, Any] = {"heard_at": max(now, found.heard_at or now)}
    if read_again is not None and read_again not in found.asking.again:
        again = (*found.asking.again, read_again)[-MOST_READ_AGAIN:]
        values["cursor"] = _written(msgspec.structs.replace(found.asking, again=again))
    tx.core.execute(update(connections).where(connections.c.id == name).values(values))


def begin_asking(tx: Transaction, there: Connections, name: str, now: Instant, *, if_due: bool) -> Connection | None:
    """The connection, whose turn it now is; None where it is not: another process had it."""
    found = there.held(tx, name)
    if found is None or not found.is_asked() or (if_due and now < found.next_asking_at()):
        return None
    _keep(tx, name, msgspec.structs.replace(found.asking, begun_at=now))
    return found


def note_asked(
    tx: Transaction, there: Connections, name: str, now: Instant, since: Instant, missed: int, told: tuple[str, ...]
) -> None:
    """It was asked with success; `told` are those of `again` that need not be asked for any more."""
    found = there.held(tx, name)
    if found is None:
        return
    before = found.asking
    again = tuple([id for id in before.again if id not in told])
    since = max(since, before.since or since)
    _keep(tx, name, Asking(since, before.begun_at, again, before.missed + missed), polled_at=now)


def note_trouble(tx: Transaction, there: Connections, name: str, trouble: str) -> None:
    found = there.held(tx, name)
    if found is not None:
        _keep(tx, name, msgspec.structs.replace(found.asking, trouble=trouble))


def _keep(tx: Transaction, name: str, asking: Asking, **more: Any) -> None:
    tx.core.execute(update(connections).where(connections.c.id == name).values(cursor=_written(asking), **more))


def _written(asking: Asking) -> str:
    return msgspec.json.encode(asking).decode()
