"""Headers of a delivery, by their last words, in whatever case they come."""

from collections.abc import Mapping
from typing import Final

SHOPIFY: Final = ("Shopify-", "X-Shopify-")
"""Two families of the same headers. The first is that of the platform's newer events, and its own library looks there first."""

WOOCOMMERCE: Final = ("X-WC-Webhook-",)

_MOST_CHARACTERS: Final = 200


def header(headers: Mapping[str, str], families: tuple[str, ...], name: str) -> str:
    """ "" where none of the families has it."""
    wanted = [(family + name).lower() for family in families]
    said = {key.lower(): value for key, value in headers.items() if key.lower() in wanted}
    return next((said[key] for key in wanted if said.get(key)), "").strip()[:_MOST_CHARACTERS]
