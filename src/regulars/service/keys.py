"""Keys: a public one stands in every page and speaks for a browser; a secret one is the shop's own word.

Only hashes are stored. A key has 160 bits of chance, so a plain hash cannot be tried out, and looking it up by its hash tells
nobody how near a guess was.
"""

from hashlib import sha256
from secrets import token_hex
from typing import Final, Literal, cast

from msgspec import Struct
from sqlalchemy import insert, or_, select, update

from regulars.kernel.facts import Instant
from regulars.store.database import Store
from regulars.store.schema import keys
from regulars.wire.events import Sender

Kind = Literal["public", "secret"]
PREFIX: Final[dict[Kind, str]] = {"public": "rpk_", "secret": "rsk_"}
SENDER: Final = {"public": Sender.SITE, "secret": Sender.SHOP}
MOST_REMEMBERED: Final = 1_000
MOST_CHARACTERS: Final = 200
HINT_CHARACTERS: Final = 10
_UNREAD: Final = object()


class Keys:
    """Remembers which keys are good and which are none, until somebody says `forget`: the workers do, every few seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[bytes, Sender | None] = {}

    def sender_of(self, key: str) -> Sender | None:
        """How far whoever bears this key is trusted; None for a key that is none."""
        if not key or len(key) > MOST_CHARACTERS:
            return None
        hash = _hash(key)
        known = self._known
        found = known.get(hash, _UNREAD)
        if found is _UNREAD:
            if len(known) >= MOST_REMEMBERED:
                known.clear()
            found = known[hash] = self._read(hash)
        return cast("Sender | None", found)

    def forget(self) -> None:
        self._known.clear()

    def _read(self, hash: bytes) -> Sender | None:
        with self._store.reading() as connection:
            kind = connection.execute(
                select(keys.c.kind).where(keys.c.hash == hash, keys.c.revoked_at.is_(None))
            ).scalar()
        return SENDER[kind] if kind else None


def create_key(store: Store, kind: Kind, label: str, now: Instant) -> str:
    """A new key, which is shown this once."""
    key = PREFIX[kind] + token_hex(20)
    row = {"hash": _hash(key), "kind": kind, "label": label, "hint": key[:HINT_CHARACTERS], "created_at": now}
    with store.writing() as tx:
        tx.core.execute(insert(keys).values(row))
    return key


class KeyUnknown(Exception):
    """No key, or several, in words for whoever named it."""


class KeyBrief(Struct, frozen=True):
    hint: str
    kind: str
    label: str
    created_at: Instant
    revoked: bool


def all_keys(store: Store) -> tuple[KeyBrief, ...]:
    """The oldest first."""
    columns = keys.c
    asked = select(columns.hint, columns.kind, columns.label, columns.created_at, columns.revoked_at)
    with store.reading() as connection:
        rows = connection.execute(asked.order_by(columns.created_at, columns.hint)).all()
    return tuple(
        [KeyBrief(hint, kind, label, created, revoked is not None) for hint, kind, label, created, revoked in rows]
    )


def revoke_key(store: Store, beginning: str, now: Instant) -> None:
    """Takes back the key, given whole or by its hint. KeyUnknown where no key in use, or more than one, begins so."""
    named = or_(keys.c.hash == _hash(beginning), keys.c.hint == beginning)
    with store.writing() as tx:
        found = tx.core.execute(select(keys.c.hash).where(named, keys.c.revoked_at.is_(None))).scalars().all()
        if len(found) != 1:
            raise KeyUnknown(
                f"{len(found) or 'no'} keys in use begin with “{beginning[:HINT_CHARACTERS]}”: see `regulars keys list`."
            )
        tx.core.execute(update(keys).where(keys.c.hash == found[0]).values(revoked_at=now))


def _hash(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()
