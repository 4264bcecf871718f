"""One product: from the texts that a feed has for it to what they mean, or a `ProductRefused` that says what is wrong."""

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from regulars.kernel.terms import Currency
from regulars.wire.catalogue.refusals import ProductReason, refuse
from regulars.wire.orders.cells import CellRefused, amount_minor
from regulars.wire.refusals import shown

MOST_CHARACTERS: Final = 200
MOST_URL_CHARACTERS: Final = 2_000

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BLANKS: Final = re.compile(r"\s+")
_URL: Final = re.compile(r"https?://[^\s/?#@]+([/?#]\S*)?", re.IGNORECASE)
_PRICE: Final = re.compile(r"(?:([A-Za-z]{3}) ?)?([^A-Za-z ]+)(?: ?([A-Za-z]{3}))?")

IN_STOCK: Final = frozenset({"", "in_stock", "limited_availability", "available", "yes", "true", "1"})
NOT_IN_STOCK: Final = frozenset(
    {"out_of_stock", "preorder", "pre_order", "backorder", "back_order", "sold_out", "discontinued", "no", "false", "0"}
)


class Product(Struct, frozen=True, gc=False):
    """What is for sale. Prices in minor units of the shop's currency; texts are "" where the feed has none.

    `available` is in stock now. `group_id` is the same for the variants of one product.
    """

    id: str
    title: str
    category: str
    brand: str
    url: str
    image_url: str
    price_minor: int
    sale_price_minor: int | None
    available: bool
    group_id: str


def product_of(said: Mapping[str, str], currency: Currency) -> Product:
    """`said` has texts by our names of columns; one that is not there is "". Of a long text the first 200 characters stay."""
    return Product(
        id=_id(said, "id")
        or refuse(ProductReason.MISSING_ID, "", "The product has no id. Give it the one of its orders."),
        title=_text(said, "title") or refuse(ProductReason.MISSING_TITLE, "", "The product has no title. Fill it in."),
        category=_text(said, "category"),
        brand=_text(said, "brand"),
        url=_url(said, "url", ProductReason.BAD_URL),
        image_url=_url(said, "image_url", ProductReason.BAD_IMAGE_URL),
        price_minor=_price(said.get("price", ""), currency, ProductReason.BAD_PRICE),
        sale_price_minor=_sale_price(said.get("sale_price", ""), currency),
        available=_available(said.get("available", "")),
        group_id=_id(said, "group_id"),
    )


def _id(said: Mapping[str, str], column: str) -> str:
    id = said.get(column, "").strip()
    if len(id) > MOST_CHARACTERS or _CONTROL.search(id):
        message = f"`{column}` has more than {MOST_CHARACTERS} characters, or control characters. Correct it."
        refuse(ProductReason.BAD_ID, id, message)
    return id


def _text(said: Mapping[str, str], column: str) -> str:
    text = _CONTROL.sub(" ", said.get(column, ""))
    return _BLANKS.sub(" ", text).strip()[:MOST_CHARACTERS].rstrip()


def _url(said: Mapping[str, str], column: str, reason: ProductReason) -> str:
    url = said.get(column, "").strip()
    if not url or (len(url) <= MOST_URL_CHARACTERS and _URL.fullmatch(url) and not _CONTROL.search(url)):
        return url
    message = (
        f"“{shown(url)}” is not an address for a shop window. Write it whole, with http:// or https://, without blanks, "
        f"user or password, at most {MOST_URL_CHARACTERS:,} characters."
    )
    refuse(reason, url, message)


def _sale_price(text: str, currency: Currency) -> int | None:
    return _price(text, currency, ProductReason.BAD_SALE_PRICE) if text.strip() else None


def _price(text: str, currency: Currency, reason: ProductReason) -> int:
    """`15.00 SEK`, `SEK 15.00` or `15.00`, which is in the shop's currency."""
    match = _PRICE.fullmatch(text.strip())
    if match is None:
        refuse(
            reason,
            text,
            f"“{shown(text)}” is not a price. Write a plain decimal number and the currency: 15.00 {currency.code}.",
        )
    code = (match[1] or match[3] or currency.code).upper()
    if code != currency.code:
        message = f"“{shown(text)}” is not in the shop's currency, {currency.code}. Give the price in {currency.code}."
        refuse(ProductReason.WRONG_CURRENCY, text, message)
    try:
        minor = amount_minor(match[2], currency.exponent)
    except CellRefused as refused:
        refuse(reason, text, refused.message)
    if minor < 0:
        refuse(reason, text, f"“{shown(text)}” is below 0. Write what the product costs.")
    return minor


def _available(text: str) -> bool:
    word = text.strip().casefold().replace(" ", "_").replace("-", "_")
    if word in IN_STOCK:
        return True
    if word not in NOT_IN_STOCK:
        message = (
            f"“{shown(text)}” does not say whether it is in stock. Write in_stock, out_of_stock, preorder or backorder."
        )
        refuse(ProductReason.BAD_AVAILABILITY, text, message)
    return False
