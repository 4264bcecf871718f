"""Which key a request shows, and so how far its word is trusted.

Tracking clients show their key in one of three places, looked at in this order: the user name of Basic, the body's `writeKey`,
a Bearer token. A token that is no key of ours (another system's OAuth) does no harm beside a `writeKey`. A header that cannot
be read is one that is not there.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterable
from typing import Any, Final

from litestar import Request
from msgspec import Struct

from regulars.service.shop import Shop
from regulars.web.face import face_of
from regulars.web.problems import Code, Problem
from regulars.wire.events import Sender

MOST_KEY_CHARACTERS: Final = 200
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


def known_sender(shop: Shop, key: str | None) -> Sender:
    """Who holds the key; a `Problem` (401) where there is none or nobody does."""
    if key is None:
        raise Problem(Code.KEY_NEEDED, "Send a key as the user name of Basic or as a Bearer token.", _CHALLENGE)
    sender = shop.keys.sender_of(key) if is_plausible(key) else None
    if sender is None:
        raise _unknown()
    return sender


def need_public_key(shop: Shop, key: str | None) -> str:
    """The key, for what is fetched by an address: a secret one does not belong there, and is as good as unknown."""
    if known_sender(shop, key) is not Sender.SITE or key is None:
        raise _unknown()
    return key


def need_secret_key(request: Request[Any, Any, Any]) -> None:
    """For whatever reads what is stored: 401 without a key, 403 with a public one."""
    shown = credentials_of(request.scope["headers"])
    if known_sender(face_of(request.scope).shop, shown.token or shown.user) is not Sender.SHOP:
        raise Problem(
            Code.SECRET_KEY_NEEDED, "A public key stands in everybody's browser; it may send, but never read."
        )


def is_plausible(key: str) -> bool:
    return 0 < len(key) <= MOST_KEY_CHARACTERS and key.isascii() and key.isprintable()


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
