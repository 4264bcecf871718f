"""What is taken away as a file, however large: put together beside the memory, and sent piece by piece."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import Final, TypeAlias
from weakref import finalize

from litestar.response import Stream

from regulars.kernel.calendar import Calendar
from regulars.kernel.facts import Instant
from regulars.service.audit import write_down
from regulars.service.books import entered
from regulars.service.rights import write_person
from regulars.service.segment_lists import members
from regulars.service.shop import Shop
from regulars.wire.books import write_csv
from regulars.wire.instants import rfc3339
from regulars.wire.refusals import without_formula

HELD_BYTES: Final = 1 << 20
"""Beyond that it goes to a temporary file, which has no name and is gone with the answer."""
PIECE_BYTES: Final = 1 << 18
MEMBERS_AT_ONCE: Final = 1_000

File: TypeAlias = SpooledTemporaryFile[bytes]


def person_file(shop: Shop, id: str, who: str, now: Instant, headers: Mapping[str, str]) -> Stream:
    """Complete, and in the audit trail, before the first byte is sent: who reads slowly holds up nobody. NobodyThere where there
    is none."""
    return _sent(lambda file: write_person(shop, id, who, now, file), "application/json", headers)


def segment_file(shop: Shop, segment: str, who: str, now: Instant, headers: Mapping[str, str]) -> Stream:
    """CSV: who is in it, by our id and by what the shop knows them best, and since when. In the audit trail, too; nothing in it is
    a formula to a spreadsheet.
    """

    def write(file: File) -> None:
        number = _write_members(shop, segment, file)
        details = f"{segment}: {number} customer{'' if number == 1 else 's'}"
        shop.writer.run(lambda tx: write_down(tx, now, who, "segment_exported", None, details))

    return _sent(write, "text/csv; charset=utf-8", headers)


def month_file(
    shop: Shop, month: str, calendar: Calendar, who: str, now: Instant, headers: Mapping[str, str]
) -> Stream:
    """CSV: every posting that was written down in the month. In the audit trail, too. BadMonth for what is none."""

    def write(file: File) -> None:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        number = write_csv(entered(shop, month, calendar), text)
        text.detach()
        details = f"{month}: {number} posting{'' if number == 1 else 's'}"
        shop.writer.run(lambda tx: write_down(tx, now, who, "month_exported", None, details))

    return _sent(write, "text/csv; charset=utf-8", headers)


def _write_members(shop: Shop, segment: str, file: File) -> int:
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(("customer_id", "name", "since"))
    number, after = 0, None
    with shop.store.one_moment():
        while True:
            page = members(shop, segment, after, MEMBERS_AT_ONCE)
            rows.writerows([(one.id, without_formula(one.name), rfc3339(one.since)) for one in page.members])
            number, after = number + len(page.members), page.next
            if after is None:
                break
    text.detach()
    return number


def _sent(write: Callable[[File], None], media_type: str, headers: Mapping[str, str]) -> Stream:
    with ExitStack() as failing:
        file = failing.enter_context(SpooledTemporaryFile(HELD_BYTES))
        write(file)
        failing.pop_all()
    size = file.tell()
    file.seek(0)
    pieces = _pieces(file)
    # Whoever asked may be gone before the first piece: then nobody begins to read, and nobody would close it.
    finalize(pieces, file.close)
    return Stream(pieces, media_type=media_type, headers={**headers, "Content-Length": str(size)})


def _pieces(file: File) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece
