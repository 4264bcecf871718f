"""Whether a webhook comes from whom it says: a keyed hash of its raw body, compared in constant time."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hmac import compare_digest, digest

from regulars.kernel.program import Signature


def is_signed(signature: Signature, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
    """`body` as it came, before anything has read it; `secrets` the new one and those it replaced.

    An empty secret signs nothing. A hash in hex may stand in capitals. One header holds one signature.
    """
    said = header(headers, signature.header).strip()
    if signature.encoding == "hex":
        said = said[: len(signature.prefix)] + said[len(signature.prefix) :].lower()
    found = [
        compare_digest(said.encode(errors="replace"), _proof(signature, body, secret)) for secret in secrets if secret
    ]
    return any(found)


def header(headers: Mapping[str, str], name: str) -> str:
    """Whatever the case of its name; "" where it is not there."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")


def _proof(signature: Signature, body: bytes, secret: str) -> bytes:
    proof = digest(secret.encode(), body, "sha256")
    written = proof.hex() if signature.encoding == "hex" else b64encode(proof).decode()
    return f"{signature.prefix}{written}".encode()
