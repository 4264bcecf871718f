"""Who may look after the shop: accounts, sessions, and links that sign in once.

The record holds no secret as it is: passwords as Argon2id, tokens as SHA-256 (they are 256 random bits), names and addresses of
those who tried as keyed hashes that only this shop can make. Telling who exists takes as long as telling who does not.

Guessing is slowed down in the record itself, so that all processes of a shop share it: a try is written down as failed before
the password is looked at. After some failures the next try must wait, each time twice as long. Whoever waits is not heard, and
does not make the wait longer.
"""

import hmac
from functools import cache
from hashlib import blake2b, sha256
from ipaddress import IPv6Address, ip_address
from secrets import token_bytes, token_urlsafe
from threading import BoundedSemaphore
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct
from sqlalchemy import Column, Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from regulars.kernel.calendar import DAY, HOUR, MINUTE, SECOND
from regulars.kernel.facts import Instant
from regulars.service.shop import Shop
from regulars.store.schema import admins, secrets, sessions, sign_in_attempts, sign_in_links

SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 1_000
LONGEST_NAME: Final = 64

IDLE: Final = 12 * HOUR
LONGEST_SESSION: Final = 7 * DAY
LINK_LASTS: Final = 15 * MINUTE
SEEN_AGAIN_AFTER: Final = MINUTE
"""How often a session's end is moved at most: not every page is a write."""

FREE_FOR_NAME: Final = 5
FREE_FOR_ADDRESS: Final = 20
"""Tries that may fail before the next must wait; behind one address there may be a whole shop."""

FIRST_WAIT: Final = 5 * SECOND
LONGEST_WAIT: Final = 15 * MINUTE
REMEMBERED: Final = DAY

_AT_ONCE: Final = BoundedSemaphore(2)
"""One look at a password takes 64 MiB."""


class AdminRefused(Exception):
    """An account that cannot be made so; the text says why and what to do."""


class Session(Struct, frozen=True):
    """Somebody signed in. `csrf` is what every form of this session must bring along."""

    admin_id: int
    name: str
    csrf: str
    expires_at: Instant


class Wrong(Struct, frozen=True):
    """Name and password do not belong together; which of them is wrong is not said."""


class TooSoon(Struct, frozen=True):
    """Too many tries failed: the next is heard after so many seconds."""

    wait_s: int


def create_admin(shop: Shop, name: str, password: str | None, now: Instant) -> int:
    """The account's number. Without a password it opens by a link only. Raises AdminRefused."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise AdminRefused(f"A name has 1 to {LONGEST_NAME} characters that can be printed.")
    if password is not None and not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AdminRefused(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} characters.")
    password_hash = None if password is None else _hashed(password)

    def create(tx: Any) -> int:
        values = {"name": name, "password_hash": password_hash, "created_at": now}
        return int(tx.core.execute(insert(admins).values(values).returning(admins.c.id)).scalar_one())

    try:
        return shop.writer.run(create)
    except IntegrityError:
        raise AdminRefused(f"There is an account “{name}” already.") from None


def admin_named(shop: Shop, name: str) -> int | None:
    with shop.store.reading() as connection:
        return connection.execute(select(admins.c.id).where(admins.c.name == name.strip())).scalar()


def sign_in(shop: Shop, name: str, password: str, address: str, now: Instant) -> str | Wrong | TooSoon:
    """The token of a new session. `address` is where the try came from."""
    name = name.strip()[: LONGEST_NAME + 1] if name.isprintable() else ""
    attempt = shop.writer.run(lambda tx: _admit(tx.core, name, address, now))
    if isinstance(attempt, TooSoon):
        return attempt
    with shop.store.reading() as connection:
        found = connection.execute(select(admins.c.id, admins.c.password_hash).where(admins.c.name == name)).first()
    known = found is not None and found.password_hash is not None
    right = _is_right(found.password_hash if known and found else _nobodys_hash(), password)
    if not (known and right and found):
        return Wrong()
    admin_id, renewed = found.id, _renewed(found.password_hash, password)

    def enter(tx: Any) -> str:
        tx.core.execute(update(sign_in_attempts).where(sign_in_attempts.c.id == attempt).values(succeeded=True))
        if renewed:
            tx.core.execute(update(admins).where(admins.c.id == admin_id).values(password_hash=renewed))
        return _begin_session(tx.core, admin_id, now)

    return shop.writer.run(enter)


def session(shop: Shop, token: str, now: Instant) -> Session | None:
    """Whose token this is. Being used moves a session's end to twelve hours from now, within seven days of its beginning."""
    token_hash = _token_hash(token)
    with shop.store.reading() as connection:
        found = connection.execute(
            select(sessions, admins.c.name)
            .join(admins, admins.c.id == sessions.c.admin_id)
            .where(sessions.c.token_hash == token_hash, sessions.c.expires_at > now)
        ).first()
    if found is None:
        return None
    expires_at = found.expires_at
    if now - found.last_seen_at >= SEEN_AGAIN_AFTER:
        expires_at = _end(found.created_at, now)
        moved = (
            update(sessions)
            .where(sessions.c.token_hash == token_hash, sessions.c.last_seen_at < now)
            .values(last_seen_at=now, expires_at=expires_at)
        )
        shop.writer.run(lambda tx: tx.core.execute(moved))
    return Session(found.admin_id, found.name, found.csrf, expires_at)


def sign_out(shop: Shop, token: str) -> None:
    ended = delete(sessions).where(sessions.c.token_hash == _token_hash(token))
    shop.writer.run(lambda tx: tx.core.execute(ended))


def create_link(shop: Shop, admin_id: int, now: Instant) -> str:
    """The token of a link that signs this admin in once, within fifteen minutes."""
    token = token_urlsafe(32)
    values = {
        "token_hash": _token_hash(token),
        "admin_id": admin_id,
        "created_at": now,
        "expires_at": now + LINK_LASTS,
        "used_at": None,
    }

    def create(tx: Any) -> None:
        tx.core.execute(delete(sign_in_links).where(sign_in_links.c.expires_at <= now - DAY))
        tx.core.execute(insert(sign_in_links).values(values))

    shop.writer.run(create)
    return token


def redeem_link(shop: Shop, token: str, now: Instant) -> str | None:
    """The token of a new session; None where the link was used, is over, or never was."""

    def redeem(tx: Any) -> str | None:
        admin_id = tx.core.execute(
            update(sign_in_links)
            .where(
                sign_in_links.c.token_hash == _token_hash(token),
                sign_in_links.c.used_at.is_(None),
                sign_in_links.c.expires_at > now,
            )
            .values(used_at=now)
            .returning(sign_in_links.c.admin_id)
        ).scalar()
        return None if admin_id is None else _begin_session(tx.core, admin_id, now)

    return shop.writer.run(redeem)


# --- sessions ------------------------------------------------------------------------------------------------------------


def _begin_session(connection: Connection, admin_id: int, now: Instant) -> str:
    token = token_urlsafe(32)
    connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
    connection.execute(
        insert(sessions).values(
            token_hash=_token_hash(token),
            admin_id=admin_id,
            csrf=token_urlsafe(32),
            created_at=now,
            last_seen_at=now,
            expires_at=_end(now, now),
        )
    )
    return token


def _end(created_at: Instant, now: Instant) -> Instant:
    return min(now + IDLE, created_at + LONGEST_SESSION)


def _token_hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


# --- guessing ------------------------------------------------------------------------------------------------------------


def _admit(connection: Connection, name: str, address: str, now: Instant) -> int | TooSoon:
    """The number of the try, written down as failed; one try at a time, in all processes."""
    key = _key(connection)
    name_hash, address_hash = _keyed(key, "name", name), _keyed(key, "address", _network(address))
    connection.execute(delete(sign_in_attempts).where(sign_in_attempts.c.at <= now - REMEMBERED))
    wait = max(
        _wait(connection, sign_in_attempts.c.name_hash, name_hash, FREE_FOR_NAME, now),
        _wait(connection, sign_in_attempts.c.address_hash, address_hash, FREE_FOR_ADDRESS, now),
    )
    if wait > 0:
        return TooSoon(-(-wait // SECOND))
    written = insert(sign_in_attempts).values(name_hash=name_hash, address_hash=address_hash, at=now, succeeded=False)
    return int(connection.execute(written.returning(sign_in_attempts.c.id)).scalar_one())


def _wait(connection: Connection, column: Column[Any], value: bytes, free: int, now: Instant) -> int:
    """How long the next try must wait, counted from the last that failed since the last that did not."""
    attempts = sign_in_attempts.c
    last_good = select(func.coalesce(func.max(attempts.id), 0)).where(column == value, attempts.succeeded)
    failures, last = connection.execute(
        select(func.count(), func.max(attempts.at)).where(column == value, attempts.id > last_good.scalar_subquery())
    ).one()
    if failures < free:
        return 0
    wait = min(LONGEST_WAIT, FIRST_WAIT << min(failures - free, 20))
    return max(0, int(last) + int(wait) - now)


def _key(connection: Connection) -> bytes:
    """The shop's own key for hashes of names and addresses. Its row, locked, lets one try pass at a time."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(secrets).values(name="sign_in", value=token_bytes(32))
    connection.execute(new.on_conflict_do_nothing())
    value = connection.execute(select(secrets.c.value).where(secrets.c.name == "sign_in").with_for_update())
    return bytes(value.scalar_one())


def _keyed(key: bytes, kind: str, value: str) -> bytes:
    return blake2b(f"{kind}\0{value}".encode("utf-8", "surrogatepass"), key=key, digest_size=16).digest()


def _network(address: str) -> str:
    """One household has one IPv4 address, and 2⁶⁴ of the newer kind."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or int(parsed) >> 64)
    return str(parsed)


# --- passwords -----------------------------------------------------------------------------------------------------------


@cache
def _hasher() -> PasswordHasher:
    """Argon2id with the second set of RFC 9106: 3 passes over 64 MiB."""
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return _hashed(token_urlsafe(32))


def _hashed(password: str) -> str:
    with _AT_ONCE:
        return _hasher().hash(_bytes(password))


def _is_right(password_hash: str, password: str) -> bool:
    """Takes as long for whoever has no password here."""
    with _AT_ONCE:
        try:
            return _hasher().verify(password_hash, _bytes(password[:LONGEST_PASSWORD]))
        except (VerificationError, InvalidHashError):
            return False


def _renewed(password_hash: str, password: str) -> str | None:
    """Hashed anew where today's settings ask for more than those of the day it was made."""
    return _hashed(password) if _hasher().check_needs_rehash(password_hash) else None


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def same(one: str, other: str) -> bool:
    """Compared without telling by the time how much of it is right."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
