"""Tombstones: late messages do not bring back whoever was erased.

Of an identity only a keyed hash is kept, which nobody can turn back without the shop's own secret. A message that is named by an
erased identity (its user id, its device, or the e-mail that it comes under) is let go without a trace, whenever it happened. An
e-mail that is told beside another user id is let go only if that was said before the erasure: people may come back as somebody
new. Staff may lift a tombstone.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from secrets import token_bytes
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, delete, insert, select

from regulars.kernel.facts import Instant
from regulars.kernel.program import IdentityKind
from regulars.service.known import Told
from regulars.service.people import ANONYMOUS_ID, USER_ID
from regulars.store.schema import secrets, tombstones
from regulars.store.transaction import IdentityKey, QuarantineRow, Transaction
from regulars.wire.events import Arrival
from regulars.wire.events.identities import external_ids, told_in

SECRET: Final = "tombstones"
_FOUND: Final = select(tombstones.c.hash).where(tombstones.c.hash.in_(bindparam("hashes", expanding=True)))


def without_the_erased(tx: Transaction, told: list[Told]) -> list[Told]:
    """Those that nobody erased has a part in, and of the others what is left."""
    if not told or tx.core.execute(select(tombstones.c.hash).limit(1)).first() is None:
        return told
    secret = _secret(tx.core)
    keys = {key: _hash(secret, key) for one in told for key in _keys_of(one.arrival)}
    asked = select(tombstones).where(tombstones.c.hash.in_(sorted(set(keys.values()))))
    times = {bytes(hash): at for hash, at in tx.core.execute(asked)}
    erased = {key: times[hash] for key, hash in keys.items() if hash in times}
    left = [(one, _left_of(one.arrival, erased)) for one in told] if erased else None
    if left is None:
        return told
    return [replace(one, arrival=arrival) for one, arrival in left if arrival is not None]


def without_words_of_the_erased(
    tx: Transaction, rows: list[QuarantineRow], kinds: Sequence[IdentityKind]
) -> list[QuarantineRow]:
    """Refused events of whoever was erased lose what they said; that there was one is kept."""
    if not rows or tx.core.execute(select(tombstones.c.hash).limit(1)).first() is None:
        return rows
    secret = _secret(tx.core)
    named = [(row, [_hash(secret, key) for key in keys_in(row[6], kinds)]) for row in rows]
    hashes = sorted({hash for _, hashes in named for hash in hashes})
    buried = {bytes(hash) for hash in tx.core.execute(_FOUND, {"hashes": hashes}).scalars()} if hashes else set()
    return [(*row[:5], None, b"") if any(hash in buried for hash in hashes) else row for row, hashes in named]


def bury(tx: Transaction, keys: Iterable[IdentityKey], now: Instant) -> None:
    secret = _secret(tx.core)
    hashes = {_hash(secret, key) for key in keys}
    there = {
        bytes(hash)
        for hash in tx.core.execute(select(tombstones.c.hash).where(tombstones.c.hash.in_(hashes))).scalars()
    }
    rows = [{"hash": hash, "erased_at": now} for hash in sorted(hashes - there)]
    if rows:
        tx.core.execute(insert(tombstones), rows)


def lift(tx: Transaction, key: IdentityKey) -> bool:
    """Whether there was one: from now on this identity may be somebody again."""
    return tx.core.execute(delete(tombstones).where(tombstones.c.hash == _hash(_secret(tx.core), key))).rowcount > 0


def is_buried(connection: Connection, key: IdentityKey) -> bool:
    secret = _secret_in(connection)
    if secret is None:
        return False
    asked = select(tombstones.c.hash).where(tombstones.c.hash == _hash(secret, key))
    return connection.execute(asked).first() is not None


def _keys_of(one: Arrival) -> list[IdentityKey]:
    user = [] if one.user_id is None else [(USER_ID, one.user_id)]
    devices = [(ANONYMOUS_ID, id) for id in (one.anonymous_id, one.previous_id) if id is not None]
    return [*user, *devices, *one.told]


def keys_in(raw: bytes, kinds: Sequence[IdentityKind]) -> list[IdentityKey]:
    """The identities that a refused event names, as far as it can be read: as it came, or as it was understood."""
    try:
        said = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    if type(said) is not dict:
        return []
    context = said.get("context")
    around = context if type(context) is dict else {}
    traits = [said.get("traits"), around.get("traits"), external_ids(around.get("externalIds"))]
    ids = [
        (USER_ID, said.get("userId", said.get("user_id"))),
        (ANONYMOUS_ID, said.get("anonymousId", said.get("anonymous_id"))),
        (ANONYMOUS_ID, said.get("previousId", said.get("previous_id"))),
    ]
    told = said.get("told")
    pairs = [tuple(pair) for pair in told if type(pair) is list and len(pair) == 2] if type(told) is list else []
    named = [(kind, str(id).strip()) for kind, id in ids if id is not None]
    return [*named, *[(str(kind), str(value)) for kind, value in pairs], *told_in(kinds, *traits)]


def _left_of(one: Arrival, erased: dict[IdentityKey, Instant]) -> Arrival | None:
    """None where nothing may be left."""
    if one.user_id is not None and (USER_ID, one.user_id) in erased:
        return None
    if one.user_id is None and any(key in erased for key in one.told):
        return None
    device, before = one.anonymous_id, one.previous_id
    if device is not None and (ANONYMOUS_ID, device) in erased:
        device = None
    if before is not None and (ANONYMOUS_ID, before) in erased:
        before = None
    told = tuple([key for key in one.told if one.happened_at > erased.get(key, one.happened_at - 1)])
    if one.user_id is None and device is None and not told:
        return None
    return replace(one, anonymous_id=device, previous_id=before, told=told)


def _secret(connection: Connection) -> bytes:
    found = _secret_in(connection)
    if found is None:
        found = token_bytes(32)
        connection.execute(insert(secrets).values(name=SECRET, value=found))
    return found


def _secret_in(connection: Connection) -> bytes | None:
    value = connection.execute(select(secrets.c.value).where(secrets.c.name == SECRET)).scalar()
    return None if value is None else bytes(value)


def _hash(secret: bytes, key: IdentityKey) -> bytes:
    return blake2b("\0".join(key).encode("utf-8", "surrogatepass"), key=secret, digest_size=32).digest()
