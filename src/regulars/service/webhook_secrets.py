"""The secrets of an endpoint: which of them sign, and how one takes the place of another.

A signature is made with the secret itself, so a secret is kept as it is: whoever reads the database can sign as this shop. It is
shown once, when it is made. For a day after a change both sign, so that the receiver has time to learn the new one.
"""

from secrets import token_bytes
from typing import Final

import msgspec
from msgspec import Struct

from regulars.kernel.calendar import DAY
from regulars.kernel.facts import Instant
from regulars.wire.standard_webhooks import secret_of

KEY_BYTES: Final = 32
BOTH_SIGN_FOR: Final = DAY


class Key(Struct, frozen=True):
    """`until` is when it signs no more; None while nothing took its place."""

    secret: str
    until: Instant | None = None

    def __repr__(self) -> str:
        return f"Key(until={self.until})"


def new_secret() -> str:
    return secret_of(token_bytes(KEY_BYTES))


def sealed(*keys: Key) -> bytes:
    return msgspec.msgpack.encode(keys)


def signing(stored: bytes, now: Instant) -> tuple[str, ...]:
    """The secrets that sign now, the newest first."""
    return tuple([key.secret for key in _keys(stored) if key.until is None or now < key.until])


def replaced(stored: bytes, secret: str, now: Instant, *, at_once: bool) -> bytes:
    """The newest one signs for another day beside `secret`; where it got into wrong hands, `at_once` no more. Older ones end."""
    newest = _keys(stored)[0]
    return sealed(Key(secret)) if at_once else sealed(Key(secret), Key(newest.secret, now + BOTH_SIGN_FOR))


def _keys(stored: bytes) -> tuple[Key, ...]:
    return msgspec.msgpack.decode(stored, type=tuple[Key, ...])
