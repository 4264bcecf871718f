"""Which key a request shows, and so how far its word is trusted.

Tracking clients show their key in one of three places, looked at in this order: the user name of Basic, the body's `writeKey`,
a Bearer token. A token that is no key of ours (another system's OAuth) does no harm beside a `writeKey`. A header that cannot
be read is one that is not there.

Only a key that nobody knows yet costs a look into the record, and that look is on the account of the address: whoever shows
unknown keys again and again is soon not looked up any more. A key that is good pays nothing for having been looked up.
"""

import asyncio
import binascii
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Final

from litestar import Request
from msgspec import Struct

from regulars.web.face import Face, client_address, face_of
from regulars.web.limits import Limiter, network_of
from regulars.web.problems import Code, Problem
from regulars.wire.events import Sender

MOST_KEY_CHARACTERS: Final = 200
MOST_KEYS: Final = 1_000
LOOKED_AT_AGAIN_AFTER: Final = 1_000_000_000
"""In nanoseconds: how long a good key is taken to be good."""
_MOST_HEADER_BYTES: Final = 4_096
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="Regulars"'}
"""Not Basic: a browser would ask its user for a password."""


class Credentials(Struct, frozen=True):
    """What the Authorization header shows: the user name of Basic or the token of Bearer."""

    user: str | None = None
    token: str | None = None


def credentials_of(headers: Iterable[tuple[bytes, bytes]]) -> Credentials:
    """Two Authorization headers are a `Problem`: which of them counts would be a guess."""
    shown = [value for name, value in headers if name == b"authorization"]
    if len(shown) > 1:
        raise Problem(Code.TWO_AUTHORIZATIONS, "Send one Authorization header.")
    if not shown or len(shown[0]) > _MOST_HEADER_BYTES:
        return Credentials()
    scheme, _, rest = shown[0].strip().partition(b" ")
    match scheme.lower():
        case b"basic":
            return Credentials(user=_user_of(rest.strip()))
        case b"bearer":
            return Credentials(token=_text(rest.strip()))
        case _:
            return Credentials()


class Caller(Struct, frozen=True):
    """Who asks: how far its word is trusted, and by what it is counted."""

    sender: Sender
    key: bytes
    address: str


async def admit(request: Request[Any, Any, Any], key: str | None) -> Caller:
    """Whoever holds the key, counted as one request; a `Problem` (401) where there is none or nobody does, 429 where it is too
    much."""
    caller = await _caller(request, key)
    _count(face_of(request.scope), caller)
    return caller


def admit_events(face: Face, caller: Caller, events: int) -> None:
    """Counts what a request brings; a `Problem` (429) where that is too much, and then none of it may be taken."""
    if caller.sender is Sender.SITE:
        face.limiter.site_sends(caller.address, caller.key, events)
    else:
        face.limiter.shop_sends(caller.key, events)


@contextmanager
def unknown_yet(request: Request[Any, Any, Any], token: str | None) -> Iterator[None]:
    """Within it a body is read that may hold the key: on the account of the address, which gets it back when the body could
    be read. A token that is a good key stands surety."""
    face, address = face_of(request.scope), _network(request)
    if token is not None and face.keyring.remembered(_hash(token)) is not None:
        yield
        return
    face.limiter.stranger(address)
    yield
    face.limiter.not_a_stranger(address)


async def is_public_key(request: Request[Any, Any, Any], key: str) -> bool:
    """Counted; for what is fetched by an address. A secret key does not belong there, and is as good as unknown."""
    face, address = face_of(request.scope), _network(request)
    sender = await face.keyring.sender_of(key, address)
    if sender is Sender.SITE:
        face.limiter.site_asks(address, _hash(key))
    elif sender is not None:
        face.limiter.stranger(address)
    return sender is Sender.SITE


async def need_public_key(request: Request[Any, Any, Any], key: str | None) -> str:
    """The key; a `Problem` (401) where it is no public one."""
    if key is None:
        raise _needed(request)
    if not await is_public_key(request, key):
        raise _unknown()
    return key


def need_secret_key(request: Request[Any, Any, Any]) -> None:
    """For whatever reads what is stored: 401 without a key, 403 with a public one. It may look into the record, so it is not
    for the event loop."""
    face, address, shown = face_of(request.scope), _network(request), credentials_of(request.scope["headers"])
    key = shown.token or shown.user
    if key is None:
        raise _needed(request)
    sender = face.keyring.look(key, address)
    if sender is None:
        raise _unknown()
    _count(face, Caller(sender, _hash(key), address))
    if sender is not Sender.SHOP:
        raise Problem(
            Code.SECRET_KEY_NEEDED, "A public key stands in everybody's browser; it may send, but never read."
        )


class Keyring:
    """The keys that are good. One in use is looked up again every second, while those who come meanwhile are let pass; one that
    was never good is looked up whenever it is shown, as often as `limiter` allows its address to be a stranger."""

    def __init__(self, look_up: Callable[[str], Sender | None], limiter: Limiter, tick: Callable[[], int]) -> None:
        self._look_up = look_up
        self._limiter = limiter
        self._tick = tick
        self._good: dict[bytes, tuple[Sender, int]] = {}
        self._looking: dict[bytes, asyncio.Task[Sender | None]] = {}

    def remembered(self, hash: bytes) -> Sender | None:
        """None where it must be looked up."""
        sender, until = self._good.get(hash, (None, 0))
        return sender if self._tick() < until else None

    def look(self, key: str, address: str) -> Sender | None:
        """None for a key that is none; the address has paid for it. Takes as long as the record takes."""
        hash = _hash(key)
        sender = self.remembered(hash)
        return sender if sender is not None else self._look(key, hash, self._pays(hash, address))

    async def sender_of(self, key: str, address: str) -> Sender | None:
        """The same, while the event loop goes on. Those who show the same key meanwhile wait for the one look."""
        hash = _hash(key)
        sender = self.remembered(hash)
        if sender is not None:
            return sender
        under_way = self._looking.get(hash)
        if under_way is not None:
            sender = await asyncio.shield(under_way)
            if sender is None:
                self._limiter.stranger(address)
            return sender
        looking = asyncio.create_task(asyncio.to_thread(self._look, key, hash, self._pays(hash, address)))
        self._looking[hash] = looking
        looking.add_done_callback(lambda task: self._looked(hash, task))
        return await asyncio.shield(looking)

    def _pays(self, hash: bytes, address: str) -> str | None:
        """Which address has paid for the look. For a key that was good it is free, and whoever else shows it need not wait."""
        known = self._good.get(hash)
        if known is None:
            self._limiter.stranger(address)
            return address
        self._good[hash] = (known[0], self._tick() + LOOKED_AT_AGAIN_AFTER)
        return None

    def _look(self, key: str, hash: bytes, paid_by: str | None) -> Sender | None:
        sender = self._look_up(key) if is_plausible(key) else None
        if sender is None:
            self._good.pop(hash, None)
            return None
        if len(self._good) >= MOST_KEYS:
            self._good.clear()
        self._good[hash] = (sender, self._tick() + LOOKED_AT_AGAIN_AFTER)
        if paid_by is not None:
            self._limiter.not_a_stranger(paid_by)
        return sender

    def _looked(self, hash: bytes, task: "asyncio.Task[Sender | None]") -> None:
        """Whoever waited is told what went wrong; if nobody waited any more, nobody is."""
        self._looking.pop(hash, None)
        if not task.cancelled():
            task.exception()


def is_plausible(key: str) -> bool:
    return 0 < len(key) <= MOST_KEY_CHARACTERS and key.isascii() and key.isprintable()


async def _caller(request: Request[Any, Any, Any], key: str | None) -> Caller:
    if key is None:
        raise _needed(request)
    keyring, address, hash = face_of(request.scope).keyring, _network(request), _hash(key)
    sender = keyring.remembered(hash) or await keyring.sender_of(key, address)
    if sender is None:
        raise _unknown()
    return Caller(sender, hash, address)


def _count(face: Face, caller: Caller) -> None:
    if caller.sender is Sender.SITE:
        face.limiter.site_asks(caller.address, caller.key)
    else:
        face.limiter.shop_asks(caller.key)


def _network(request: Request[Any, Any, Any]) -> str:
    return network_of(client_address(request.scope))


def _hash(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def _needed(request: Request[Any, Any, Any]) -> Problem:
    """What is asked without a key is counted as well."""
    face_of(request.scope).limiter.stranger(_network(request))
    return Problem(Code.KEY_NEEDED, "Send a key as the user name of Basic or as a Bearer token.", _CHALLENGE)


def _unknown() -> Problem:
    return Problem(Code.KEY_UNKNOWN, "`regulars keys create` makes one.", _CHALLENGE)


def _user_of(encoded: bytes) -> str | None:
    """Old clients leave the colon away, some the padding."""
    try:
        decoded = b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        return None
    return _text(decoded.partition(b":")[0])


def _text(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8") or None
    except UnicodeDecodeError:
        return None
