"""Rows as CSV: the header names the columns, a comma, semicolon or tab parts the cells, quotes as in RFC 4180.

A quote that is never closed would swallow the rest of the file. So whatever spans lines and does not come out right is
refused on its first line, and reading goes on with the next.
"""

import csv
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from regulars.wire.orders.columns import OrdersError
from regulars.wire.orders.rows import LONGEST_LINE, Asking, Broken, L, Lines, Places, Row, not_utf8, too_long
from regulars.wire.refusals import RefusalReason

DELIMITERS: Final = ",;\t"
MOST_LINES: Final = 1_000
NO_HEADER: Final = "The first line is not the header of a CSV file: it should name the columns."
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


def csv_rows(file: BinaryIO, asking: Asking[L]) -> Iterator[Row[L] | Broken]:
    lines = Lines(file)
    header = _header(lines)
    delimiter = max(DELIMITERS, key=lambda candidate: len(_cells(header, candidate) or ()))
    columns = [column.strip() for column in _cells(header, delimiter) or ()]
    if not columns:
        raise OrdersError(NO_HEADER)
    layout = asking.layout(columns)
    asking.check(columns, layout.found())
    return _rows(lines, layout, delimiter)


def _header(lines: Lines) -> str:
    raw = lines.next()
    while raw and not raw.strip():
        raw = lines.next()
    if not raw:
        raise OrdersError("The file is empty. It needs a header that names its columns.")
    if raw.startswith(UTF_16):
        raise OrdersError("The file is UTF-16. Save it as “CSV UTF-8”.")
    try:
        text = raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise OrdersError("The header is not UTF-8. Save the file as “CSV UTF-8”.") from None
    if len(raw) > LONGEST_LINE or "\r" in text or "\0" in text:
        raise OrdersError(NO_HEADER)
    return text


def _rows(lines: Lines, layout: L, delimiter: str) -> Iterator[Row[L] | Broken]:
    width, order, blanks = len(layout.columns), layout.order, delimiter + " \t\r\n"
    while raw := lines.next():
        line = lines.number
        text, readable = _decoded(raw)
        if len(raw) > LONGEST_LINE:
            yield too_long(line, text, perhaps=_perhaps(text.split(delimiter, width)[:width], layout))
            continue
        if not text.strip(blanks):
            continue
        cells: list[str] | None = None
        if '"' not in text:
            cells = text.rstrip("\r\n").split(delimiter)
        elif record := _record(text, lines, delimiter, width):
            cells, readable = record.cells, readable and record.readable
        if cells is None:
            yield _badly_quoted(line, text, delimiter, layout)
        elif len(cells) != width:
            yield _wrong_number(line, text, cells, layout)
        elif not readable:
            yield not_utf8(line, text.strip(), cells[order].strip() if order >= 0 else "")
        else:
            yield Row(line, layout, [*cells, None])


def _decoded(raw: bytes) -> tuple[str, bool]:
    try:
        return raw.decode(), True
    except UnicodeDecodeError:
        return raw.decode(errors="replace"), False


def _cells(text: str, delimiter: str) -> list[str] | None:
    """The cells of one record, None when its quotes are wrong."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


class _Record(NamedTuple):
    cells: list[str]
    readable: bool = True


def _record(text: str, lines: Lines, delimiter: str, width: int) -> _Record | None:
    """The record that begins with this line, over further lines while a quote is open; None when its quotes are wrong."""
    cells = _cells(text, delimiter)
    if cells is not None:
        return _Record(cells)
    if text.count('"') % 2 == 0:
        return None
    taken = _until_the_quote_closes(lines, LONGEST_LINE - len(text))
    more, readable = _decoded(b"".join(taken))
    cells = _cells(text + more, delimiter)
    if cells is not None and len(cells) == width:
        return _Record(cells, readable)
    lines.back(taken)
    return None


def _until_the_quote_closes(lines: Lines, most_bytes: int) -> list[bytes]:
    taken: list[bytes] = []
    while most_bytes >= 0 and len(taken) < MOST_LINES and (more := lines.next()):
        taken.append(more)
        most_bytes -= len(more)
        if more.count(b'"') % 2:
            break
    return taken


def _badly_quoted(line: int, text: str, delimiter: str, layout: Places) -> Broken:
    message = 'The quotes do not pair up. Close the quoted cell, and write a quote inside it twice: "5"" pipe".'
    perhaps = _perhaps(text.split(delimiter), layout)
    return Broken(line, text.strip(), RefusalReason.BAD_QUOTES, message, perhaps=perhaps)


def _wrong_number(line: int, text: str, cells: list[str], layout: Places) -> Broken:
    message = (
        f"The row has {len(cells)} cells, the header {len(layout.columns)}. "
        f"{'Put quotes around a cell that holds the delimiter.' if len(cells) > len(layout.columns) else 'Add what lacks.'}"
    )
    reason = RefusalReason.WRONG_NUMBER_OF_CELLS
    return Broken(line, text.strip(), reason, message, perhaps=_perhaps(cells, layout))


def _perhaps(cells: list[str], layout: Places) -> tuple[str, ...]:
    """Whichever cell may be the order's id: cells too many or too few may have shifted it by as many places."""
    if layout.order < 0:
        return ()
    shift = len(cells) - len(layout.columns)
    first = max(layout.order + min(shift, 0), 0)
    return tuple(cell.strip(' "\r\n') for cell in cells[first : layout.order + max(shift, 0) + 1])
