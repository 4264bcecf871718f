"""Outgoing webhooks, by the Standard Webhooks specification: what is sent, and how it is signed.

A body is `{"type": …, "timestamp": …, "data": …}`. Signed is `id.timestamp.body` with HMAC-SHA256, once with each key that is
valid, so that whoever has the new or the old one can verify it. The id stays over all attempts, the timestamp is the attempt's.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from hmac import digest
from typing import Any, Final

import msgspec

from regulars.kernel.facts import Instant
from regulars.wire.instants import rfc3339

SECRET_PREFIX: Final = "whsec_"
TYPE: Final = re.compile(r"[a-zA-Z0-9_]+(?:\.[a-zA-Z0-9_]+)*")
MOST_BODY_BYTES: Final = 20_000


def body_of(type: str, at: Instant, data: Mapping[str, Any]) -> bytes:
    """What is sent, to the byte; at most `MOST_BODY_BYTES`. `at` is when it happened."""
    assert TYPE.fullmatch(type), "types of messages are ours to choose"
    body = msgspec.json.encode({"type": type, "timestamp": rfc3339(at), "data": data})
    assert len(body) <= MOST_BODY_BYTES, "a message names things; whoever wants more of them asks"
    return body


def headers_of(id: str, at: Instant, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """`at` is the moment of the attempt; `secrets` are those that are valid, at least one."""
    assert secrets, "a message is signed"
    seconds = str(at // 1_000_000)
    return {
        "content-type": "application/json",
        "user-agent": "Regulars",
        "webhook-id": id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join([_signature(f"{id}.{seconds}.".encode() + body, secret) for secret in secrets]),
    }


def secret_of(key: bytes) -> str:
    """As it is shown: `whsec_` and the key in base64."""
    assert 24 <= len(key) <= 64, "the specification asks for 24 to 64 bytes"
    return SECRET_PREFIX + b64encode(key).decode()


def _signature(signed: bytes, secret: str) -> str:
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    return f"v1,{b64encode(digest(key, signed, 'sha256')).decode()}"
