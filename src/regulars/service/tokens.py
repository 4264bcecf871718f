"""Tokens in links that a person gets: signed by the shop, for one purpose, for some days.

    token     base64url of  claims ‖ HMAC-SHA256(key, purpose ‖ NUL ‖ claims)
    claims    MessagePack of [when it ends, in seconds; our own id of the customer; what else the purpose needs]

Whoever has a token has what it is for, and nothing else: a token for one purpose is none for another. What stands in it can be
read by its bearer, so nothing stands there that says who somebody is. The key is made once for a shop; who takes it out of the
table `secrets` ends every link that was ever given.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from enum import StrEnum
from secrets import token_bytes
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from regulars.kernel.calendar import DAY, SECOND
from regulars.kernel.facts import Instant
from regulars.service.shop import Shop
from regulars.store.schema import secrets

SECRET: Final = "links"
MOST_CHARACTERS: Final = 512
_MAC_BYTES: Final = 32


class For(StrEnum):
    """What a token is good for."""

    PREFERENCES = "preferences"
    """To see and change what one has consented to."""
    CONFIRMATION = "confirmation"
    """To confirm one consent, once it was given."""


LASTS: Final = {For.PREFERENCES: 30 * DAY, For.CONFIRMATION: 7 * DAY}


class Claims(Struct, frozen=True, array_like=True):
    """`about` is what else the purpose needs: of a confirmation, to what was consented."""

    ends_at_s: int
    customer: str
    about: str = ""


class Link(Struct, frozen=True):
    token: str
    expires_at: Instant


def issue(shop: Shop, purpose: For, customer: str, about: str, now: Instant) -> Link:
    """A token that is good from now on for as many days as its purpose has; to the second."""
    ends_at_s = (now + LASTS[purpose]) // SECOND
    claims = msgspec.msgpack.encode(Claims(ends_at_s, customer, about))
    signed = claims + _mac(_key(shop), purpose, claims)
    return Link(urlsafe_b64encode(signed).rstrip(b"=").decode(), ends_at_s * SECOND)


def claims_of(connection: Connection, purpose: For, token: str, now: Instant) -> Claims | None:
    """None for a token that is forged, over, or for something else; which of them nobody is told."""
    key = _read(connection)
    signed = _decoded(token)
    if key is None or len(signed) <= _MAC_BYTES:
        return None
    claims, mac = signed[:-_MAC_BYTES], signed[-_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, purpose, claims)):
        return None
    said = msgspec.msgpack.decode(claims, type=Claims)
    return said if now < said.ends_at_s * SECOND else None


def _decoded(token: str) -> bytes:
    """Empty where it is no base64url; and only its one spelling is read, so that a token has no second form."""
    if len(token) > MOST_CHARACTERS or not token.isascii():
        return b""
    try:
        signed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except Error:
        return b""
    return signed if urlsafe_b64encode(signed).rstrip(b"=").decode() == token else b""


def _mac(key: bytes, purpose: For, claims: bytes) -> bytes:
    return hmac.digest(key, purpose.value.encode() + b"\0" + claims, "sha256")


def _key(shop: Shop) -> bytes:
    with shop.store.reading() as connection:
        found = _read(connection)
    return shop.writer.run(lambda tx: _make(tx.core)) if found is None else found


def _make(connection: Connection) -> bytes:
    """Of several processes that make one at the same time, the first made the one."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(secrets).values(name=SECRET, value=token_bytes(32))
    connection.execute(new.on_conflict_do_nothing())
    made = _read(connection)
    assert made is not None
    return made


def _read(connection: Connection) -> bytes | None:
    value = connection.execute(select(secrets.c.value).where(secrets.c.name == SECRET)).scalar()
    return None if value is None else bytes(value)
