"""Signatures: is this body, to the byte, what the platform sent?

Both platforms sign alike: base64 of the HMAC-SHA256 of the raw body. Both let a secret be changed while deliveries are under
way, so several secrets count at once, and all are tried however early one fits.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hmac import compare_digest, digest
from typing import Final

from regulars.wire.webhooks.headers import SHOPIFY, WOOCOMMERCE, header

_ENTITY: Final = re.compile(r"&(?:(lt)|(gt)|(amp)|(quot)|#0*(60|62|38|34|39)|#[xX]0*(22|26|27));")


def is_signed_by_shopify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
    """`secrets` are the app's client secrets, the new one and those it replaced."""
    return is_signed(body, header(headers, SHOPIFY, "Hmac-Sha256"), secrets)


def is_signed_by_woocommerce(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
    """`secrets` are as the shop's settings page shows them."""
    return is_signed(body, header(headers, WOOCOMMERCE, "Signature"), [woocommerce_key(secret) for secret in secrets])


def is_signed(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Takes equally long whether it is or not. An empty secret signs nothing; whatever is no signature is simply not one."""
    said = signature.encode("ascii", "replace")
    found = [compare_digest(_signature(body, secret), said) for secret in secrets if secret]
    return any(found)


def woocommerce_key(secret: str) -> str:
    """What WooCommerce signs with: WordPress takes a secret for text out of a page, and undoes the escapes it finds in it."""
    return _ENTITY.sub(_character, secret)


def _signature(body: bytes, secret: str) -> bytes:
    return b64encode(digest(secret.encode(), body, "sha256"))


def _character(entity: re.Match[str]) -> str:
    less, greater, ampersand, quote, decimal, hexadecimal = entity.groups()
    if decimal or hexadecimal:
        return chr(int(decimal) if decimal else int(hexadecimal, 16))
    return (less and "<") or (greater and ">") or (ampersand and "&") or (quote and '"') or ""
