"""A feed as a table: CSV with a comma, a semicolon or a tab between cells, or TSV as Google takes it. Quotes are as in RFC 4180.

A quote that is never closed would swallow the rest of the file. So whatever spans lines and does not come out right is
refused on its first line, and reading goes on with the next.
"""

import csv
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

from regulars.wire.catalogue.columns import places_of
from regulars.wire.catalogue.refusals import CatalogueError, ProductReason, Refusal
from regulars.wire.orders.rows import LONGEST_LINE, Lines
from regulars.wire.refusals import shown

CSV_DELIMITERS: Final = ",;\t"
MOST_LINES: Final = 1_000


def table_rows(
    file: BinaryIO, delimiters: str, mapping: Mapping[str, str]
) -> Iterator[tuple[int, dict[str, str]] | Refusal]:
    """The line and the texts of each row, by our names of columns. CatalogueError where there is no header to go by."""
    lines = Lines(file)
    header = _header(lines)
    delimiter = max(delimiters, key=lambda candidate: len(_cells(header, candidate) or ()))
    columns = [column.strip() for column in _cells(header, delimiter) or ()]
    places = places_of(columns, mapping)
    while raw := lines.next():
        line = lines.number
        row = _row(raw, lines, delimiter, len(columns))
        if isinstance(row, list):
            yield line, {name: next(filter(str.strip, [row[place] for place in at]), "") for name, at in places.items()}
        elif row is not None:
            reason, message = row
            yield Refusal(line, "", shown(raw[:400].decode(errors="replace").strip()), reason, message)


def _header(lines: Lines) -> str:
    raw = lines.next()
    while raw and not raw.strip():
        raw = lines.next()
    if not raw:
        raise CatalogueError("The feed is empty. It needs a header that names its columns.")
    try:
        text = raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise CatalogueError("The header is not UTF-8. Save the feed as UTF-8.") from None
    if len(raw) > LONGEST_LINE or "\0" in text:
        raise CatalogueError("The first line is not the header of a table: it should name the columns.")
    return text


def _row(raw: bytes, lines: Lines, delimiter: str, width: int) -> list[str] | tuple[ProductReason, str] | None:
    """Its cells, or why there are none; None for an empty row."""
    if len(raw) > LONGEST_LINE:
        return ProductReason.LINE_TOO_LONG, "The line is longer than 1 MB. Shorten it, or take it out."
    text = raw.decode(errors="replace")
    if not text.strip(delimiter + " \t\r\n"):
        return None
    cells = _cells(text, delimiter)
    if cells is None and text.count('"') % 2:
        cells, more = _over_lines(raw, lines, delimiter, width)
        raw += more
    if cells is None:
        return (
            ProductReason.BAD_QUOTES,
            'The quotes do not pair up. Close the cell, and write a quote inside it twice: "5"" pipe".',
        )
    if len(cells) != width:
        return ProductReason.WRONG_NUMBER_OF_CELLS, f"The row has {len(cells)} cells, the header {width}."
    if not _is_utf8(raw):
        return ProductReason.BAD_ENCODING, "The row is not UTF-8: a letter stands there in another encoding."
    return cells


def _over_lines(raw: bytes, lines: Lines, delimiter: str, width: int) -> tuple[list[str] | None, bytes]:
    """The cells of a row whose quote closes on a later line, and the bytes of those lines. They come again if it does not."""
    taken: list[bytes] = []
    left = LONGEST_LINE - len(raw)
    while left >= 0 and len(taken) < MOST_LINES and (more := lines.next()):
        taken.append(more)
        left -= len(more)
        if more.count(b'"') % 2:
            break
    rest = b"".join(taken)
    cells = _cells((raw + rest).decode(errors="replace"), delimiter)
    if cells is None or len(cells) != width:
        lines.back(taken)
        return None, b""
    return cells, rest


def _cells(text: str, delimiter: str) -> list[str] | None:
    """None where its quotes are wrong."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
