"""Refusals: what is said about a row that was not understood, and the closed list of why."""

import csv
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, TextIO

from msgspec import Struct

VALUE_CHARACTERS: Final = 80
_PLAIN_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


class RefusalReason(StrEnum):
    """Why a row was refused, in which of our columns ("" where it is not one of them), and what that means.

    The list is closed: a new reason is a change of the published contract.
    """

    column: str
    means: str

    def __new__(cls, value: str, column: str, means: str) -> "RefusalReason":
        reason = str.__new__(cls, value)
        reason._value_ = value
        reason.column = column
        reason.means = means
        return reason

    WRONG_NUMBER_OF_CELLS = "wrong_number_of_cells", "", "the row has more or fewer cells than the header has columns"
    BAD_QUOTES = "bad_quotes", "", "a quoted cell does not end, or goes on after its closing quote"
    BAD_ENCODING = "bad_encoding", "", "the row is not UTF-8"
    BAD_JSON = "bad_json", "", "the line is not one JSON object"
    BAD_LINES = "bad_lines", "", "an order's `lines` are not a list of at least one object"
    LINE_TOO_LONG = "line_too_long", "", "the line is longer than 1 MB"
    MISSING_CUSTOMER = "missing_customer", "customer", "nobody is named"
    BAD_CUSTOMER = "bad_customer", "customer", "the id is too long, has control characters, or is not an id"
    BAD_EVENT = "bad_event", "event", "the name is too long, has control characters, or is nearly one that is known"
    BAD_ID = "bad_id", "id", "the id is too long, has control characters, or is not an id"
    MISSING_ORDER = "missing_order", "order", "no order is named"
    BAD_ORDER = "bad_order", "order", "the id is too long, has control characters, or is not an id"
    BAD_TIME = "bad_time", "happened_at", "the time is missing, is not RFC 3339, or lies outside the years 1990 to 2100"
    TIME_WITHOUT_ZONE = "time_without_zone", "happened_at", "the time has no offset, and the file no `--times-in`"
    TIME_SKIPPED = "time_skipped", "happened_at", "the clocks were put forward over this local time: it never was"
    BAD_AMOUNT = "bad_amount", "amount", "the amount is missing, is not a plain decimal number, or is out of bounds"
    TOO_MANY_DECIMALS = "too_many_decimals", "amount", "the amount is finer than the currency's smallest unit"
    BAD_QUANTITY = "bad_quantity", "quantity", "the quantity is not a whole number from 0 to 999,999,999"
    WRONG_CURRENCY = "wrong_currency", "currency", "the row is in another currency than the program"
    BAD_PROPERTY = "bad_property", "", "a property that the program asks for is a list or an object, not text"
    ORDER_TWICE = "order_twice", "order", "an earlier line holds the same order with its `lines`"
    ORDER_OF_TWO_CUSTOMERS = "order_of_two_customers", "customer", "an earlier row gives the order to another customer"
    ORDER_AT_TWO_TIMES = "order_at_two_times", "happened_at", "an earlier row gives the order another time"
    ID_USED_TWICE = "id_used_twice", "id", "an earlier row of the same event and id says something else"


class Refusal(Struct, frozen=True, gc=False):
    """One bad row. `line` is the physical line where the row begins (in Parquet, the row's number), counted from 1.

    `value` is what stood there, cut at 80 characters; `message` says what was found, what was expected and how to mend it.
    """

    line: int
    column: str
    value: str
    reason: RefusalReason
    message: str


def write_refusals(refusals: Iterable[Refusal], stream: TextIO) -> None:
    """CSV with the columns line, column, value, reason, message; nothing in it is a formula to a spreadsheet."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("line", "column", "value", "reason", "message"))
    for refusal in refusals:
        column, value = without_formula(refusal.column), without_formula(refusal.value)
        writer.writerow((refusal.line, column, value, refusal.reason.value, refusal.message))


def without_formula(text: str) -> str:
    if text.lstrip()[:1] in ("=", "+", "-", "@") and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def shown(value: str) -> str:
    """A value fit to be shown: at most 80 characters."""
    return value if len(value) <= VALUE_CHARACTERS else value[: VALUE_CHARACTERS - 1] + "…"
