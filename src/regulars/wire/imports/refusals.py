"""What is said about a row that was not taken, and the closed list of why.

A file of people is full of personal data, so no refusal quotes what stood in a cell: it names the line and the column, says
what was expected there and how to mend it. Whoever has the file can look; whoever finds the list of refusals learns nothing.
"""

import csv
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NoReturn, TextIO

from msgspec import Struct

from regulars.wire.refusals import without_formula

COLUMNS: Final = ("line", "column", "reason", "words")


class ImportReason(StrEnum):
    """Why a row was refused, and what is said about it. The list is closed."""

    words: str

    def __new__(cls, value: str, words: str) -> "ImportReason":
        reason = str.__new__(cls, value)
        reason._value_ = value
        reason.words = words
        return reason

    WRONG_NUMBER_OF_CELLS = (
        "wrong_number_of_cells",
        "The row has more or fewer cells than the header has columns. Quote cells that hold the delimiter.",
    )
    BAD_QUOTES = "bad_quotes", "The quotes do not pair up. Close the cell, and write a quote inside it twice."
    BAD_ENCODING = "bad_encoding", "The row is not UTF-8. Save the file as UTF-8."
    BAD_JSON = "bad_json", "The line is not one JSON object. Write one object on one line."
    LINE_TOO_LONG = "line_too_long", "The line is longer than 1 MB. Break it up, or take it out."
    MISSING_IDENTITY = (
        "missing_identity",
        "Nobody is named. Fill in the shop’s id, an e-mail, a phone number or a card.",
    )
    BAD_IDENTITY = (
        "bad_identity",
        "This identifies nobody: it is a word for no id at all, too long, or has no usable form. Write a@b.c, +46…, or the id.",
    )
    TAKEN_WITHOUT = (
        "taken_without",
        "The row was taken without this: it identifies nobody. Write an e-mail with one @, a phone number with its country.",
    )
    BAD_ID = "bad_id", "The id of the row is longer than 100 characters, has control characters, or is no id."
    BAD_TIME = (
        "bad_time",
        "The time is missing, is no time, or lies outside the years 1990 to 2100. Write 2017-03-01T12:00:00Z.",
    )
    TIME_WITHOUT_ZONE = (
        "time_without_zone",
        "The time does not say in which zone it is. Write its offset, or name the zone of the file: --times-in Europe/Stockholm.",
    )
    TIME_SKIPPED = "time_skipped", "The clocks were put forward over this time: it never was. Write it with its offset."
    IN_THE_FUTURE = "in_the_future", "This has not happened yet by the shop’s clock. Correct the time."
    MISSING_EVENT = "missing_event", "The event has no name. Fill it in."
    BAD_EVENT = (
        "bad_event",
        "The event’s name has more than 200 characters or control characters, or is nearly one that we know.",
    )
    NOT_HERE = (
        "not_here",
        "Orders come in by `regulars import orders`, balances by `balances`, consents by `consents`. Take the row out.",
    )
    BAD_PROPERTIES = "bad_properties", "This is not an object of names and values. Write one, or a column for each."
    BAD_PURPOSE = "bad_purpose", "This is no purpose that we know: analytics, profiling, email, sms or ads."
    BAD_STATE = "bad_state", "This says neither yes nor no. Write granted or withdrawn."
    BAD_GROUND = "bad_ground", "This is no legal ground that we know: consent, contract or legitimate_interest."
    BAD_POINTS = (
        "bad_points",
        "This is not a whole number from 1 to 1,000,000,000. Write digits only; leave out who has none.",
    )
    EXPIRED = (
        "expired",
        "By this time the points have expired. Correct it, or leave the row out: what has expired is not brought over.",
    )
    EXPIRED_BY_RULE = (
        "expired_by_rule",
        "By the program’s rule, points earned then have expired. Give `expires_at`, if they are to live on.",
    )
    ID_REUSED = (
        "id_reused",
        "An earlier row, of this file or one before, bears this id and says something else. It stands.",
    )
    FAILED = "failed", "The row could not be kept, which is our fault. It is set aside, so that it can be looked at."


class Refusal(Struct, frozen=True, gc=False):
    """One row. `line` is where it begins (in Parquet, the row's number), counted from 1; `column` is the file's name of it."""

    line: int
    column: str
    reason: ImportReason


OF_A_BROKEN_ROW: Final = {reason.value: reason for reason in ImportReason}
"""By the names that the readers of rows have for them."""


class RowRefused(Exception):
    """`place` is where among the cells; -1 for the row as a whole."""

    def __init__(self, reason: ImportReason, place: int = -1) -> None:
        super().__init__(reason, place)
        self.reason = reason
        self.place = place


def refuse(reason: ImportReason, place: int = -1) -> NoReturn:
    raise RowRefused(reason, place)


def written(refusals: Iterable[Refusal], stream: TextIO) -> None:
    """CSV without a header, which `begin` writes; nothing in it is a formula to a spreadsheet."""
    writer = csv.writer(stream, lineterminator="\n")
    for one in refusals:
        writer.writerow((one.line, without_formula(one.column), one.reason.value, one.reason.words))


def begin(stream: TextIO) -> None:
    csv.writer(stream, lineterminator="\n").writerow(COLUMNS)
