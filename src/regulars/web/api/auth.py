"""Which key a request shows, and so how far its word is trusted.

Tracking clients show their key in one of three places, looked at in this order: the user name of Basic, the body's `writeKey`,
a Bearer token. A token that is no key of ours (another system's OAuth) does no harm beside a `writeKey`. A header that cannot
be read is one that is not there.

Only a key that nobody knows yet costs a look into the record, and that look is on the account of the address: whoever shows
unknown keys again and again is soon not looked up any more. A key that is good pays nothing for having been looked up.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from litestar import Request
from msgspec import Struct

from regulars.service.keys import HINT_CHARACTERS
from regulars.web.face import Face, client_address, face_of
from regulars.web.keyring import hash_of
from regulars.web.limits import network_of
from regulars.web.problems import Code, Problem
from regulars.wire.events import Sender

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
    if token is not None and face.keyring.remembered(hash_of(token)) is not None:
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
        face.limiter.site_asks(address, hash_of(key))
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
    _count(face, Caller(sender, hash_of(key), address))
    if sender is not Sender.SHOP:
        raise Problem(
            Code.SECRET_KEY_NEEDED, "A public key stands in everybody's browser; it may send, but never read."
        )


def who_asks(request: Request[Any, Any, Any]) -> str:
    """The key, by its beginning: who did it stands in the audit trail."""
    shown = credentials_of(request.scope["headers"])
    return f"key {(shown.token or shown.user or '')[:HINT_CHARACTERS]}"


async def _caller(request: Request[Any, Any, Any], key: str | None) -> Caller:
    if key is None:
        raise _needed(request)
    keyring, address, hash = face_of(request.scope).keyring, _network(request), hash_of(key)
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
