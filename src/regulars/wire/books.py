"""The books as a file: CSV (RFC 4180), a line for each posting, for whoever keeps them in another program."""

import csv
from collections.abc import Iterable
from typing import IO, Final

from msgspec import Struct

from regulars.kernel.facts import Instant
from regulars.wire.instants import rfc3339
from regulars.wire.refusals import without_formula

COLUMNS: Final = (
    "written_at",
    "effective_at",
    "customer",
    "entry",
    "from",
    "to",
    "points",
    "lot",
    "rule",
    "program_version",
    "fact",
)


class Entered(Struct, frozen=True):
    """A posting as the books have it. `lot`, `customer` and `fact` are our own ids; `fact` is None for what time alone brought
    about.
    """

    written_at: Instant
    effective_at: Instant
    customer: str
    entry: str
    source: str
    target: str
    points: int
    lot: str
    rule: str
    version: str
    fact: str | None


def write_csv(postings: Iterable[Entered], file: IO[str]) -> int:
    """How many lines it wrote below the head. Instants are in UTC; nothing in it is a formula to a spreadsheet."""
    rows = csv.writer(file, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    number = 0
    for one in postings:
        number += 1
        rows.writerow(_line(one))
    return number


def _line(one: Entered) -> tuple[str | int, ...]:
    return (
        rfc3339(one.written_at),
        rfc3339(one.effective_at),
        one.customer,
        one.entry,
        one.source,
        one.target,
        one.points,
        one.lot,
        without_formula(one.rule),
        one.version,
        one.fact or "",
    )
