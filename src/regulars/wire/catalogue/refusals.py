"""What is said about a product that was not taken, and the closed list of why; and about a feed that cannot be read at all."""

from enum import StrEnum
from typing import NoReturn

from msgspec import Struct

from regulars.wire.refusals import shown


class CatalogueError(Exception):
    """A feed that cannot be read, or not to its end: what came before is no whole catalogue. In words for the shop."""


class ProductReason(StrEnum):
    """Why a product was refused, in which of our columns ("" where it is not one of them), and what that means."""

    column: str
    means: str

    def __new__(cls, value: str, column: str, means: str) -> "ProductReason":
        reason = str.__new__(cls, value)
        reason._value_ = value
        reason.column = column
        reason.means = means
        return reason

    WRONG_NUMBER_OF_CELLS = "wrong_number_of_cells", "", "the row has more or fewer cells than the header has columns"
    BAD_QUOTES = "bad_quotes", "", "a quoted cell does not end, or goes on after its closing quote"
    BAD_ENCODING = "bad_encoding", "", "the row is not UTF-8"
    LINE_TOO_LONG = "line_too_long", "", "the line is longer than 1 MB"
    MISSING_ID = "missing_id", "id", "the product has no id"
    BAD_ID = "bad_id", "id", "the id has more than 200 characters, or control characters"
    MISSING_TITLE = "missing_title", "title", "the product has no title"
    BAD_URL = "bad_url", "url", "the address is not http or https, has blanks in it, or more than 2,000 characters"
    BAD_IMAGE_URL = "bad_image_url", "image_url", "the picture's address is none that `bad_url` lets through"
    BAD_PRICE = "bad_price", "price", "the price is missing, below 0, out of bounds or no plain decimal number"
    BAD_SALE_PRICE = (
        "bad_sale_price",
        "sale_price",
        "there is a sale price, and it is none that `bad_price` lets through",
    )
    WRONG_CURRENCY = "wrong_currency", "price", "a price is in another currency than the shop's"
    BAD_AVAILABILITY = "bad_availability", "available", "the word for whether it is in stock is not known"


class Refusal(Struct, frozen=True, gc=False):
    """One product. `line` is where it begins, counted from 1; `value` is what stood there, cut at 80 characters."""

    line: int
    column: str
    value: str
    reason: ProductReason
    message: str


class ProductRefused(Exception):
    def __init__(self, reason: ProductReason, value: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.value = value
        self.message = message


def refuse(reason: ProductReason, value: str, message: str) -> NoReturn:
    raise ProductRefused(reason, value, message)


def refusal(line: int, refused: ProductRefused) -> Refusal:
    return Refusal(line, refused.reason.column, shown(refused.value), refused.reason, refused.message)
