"""Rows as JSON lines: each line one object, either a row as in CSV or, of orders, a whole one with its `lines`.

Rows need not all have the same keys, so whether a column is missing from the file is known only at its end.
"""

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final, Generic

import msgspec

from regulars.kernel.facts import ORDER_COMPLETED
from regulars.wire.orders.cells import text_of
from regulars.wire.orders.columns import OrdersError
from regulars.wire.orders.rows import LONGEST_LINE, Asking, Broken, L, Lines, Row, not_utf8, too_long
from regulars.wire.refusals import RefusalReason

_NEVER: Final = "(?!)"
MOST_KNOWN: Final = 1_000
"""Sets of keys whose layout is remembered; files have a few."""


def jsonl_rows(file: BinaryIO, asking: Asking[L]) -> Iterator[Row[L] | Broken]:
    lines, layouts = Lines(file), _Layouts(asking)
    names = "|".join(map(re.escape, asking.order_names()))
    order_key = re.compile(rf'"(?:{names})"\s*:\s*"?([^",{{}}\s]+)' if names else _NEVER)
    while raw := lines.next():
        if len(raw) > LONGEST_LINE:
            text = raw.decode(errors="replace")
            yield too_long(lines.number, text, order=_first(order_key, text))
        elif raw.strip():
            yield from _rows(lines.number, raw, layouts, order_key)
    if lines.number == 0:
        raise OrdersError("The file is empty.")
    layouts.check()


class _Layouts(Generic[L]):
    """One layout for each set of keys met, and what they have in common with the names we need."""

    def __init__(self, asking: Asking[L]) -> None:
        self.asking = asking
        self._known: dict[tuple[tuple[str, ...], tuple[str, ...]], L] = {}
        self._places: dict[tuple[str, ...], tuple[int, int]] = {}
        self._columns: dict[str, None] = {}
        self._found: set[str] = set()

    def of(self, row: Mapping[str, object], line: Mapping[str, object] | None = None) -> L:
        keys = tuple(row), tuple(line or ())
        layout = self._known.get(keys)
        if layout is None:
            layout = self.asking.layout(keys[0], keys[1])
            if len(self._known) < MOST_KNOWN:
                self._known[keys] = layout
            self._columns.update(dict.fromkeys(keys[0] + keys[1]))
            self._found.update(layout.found())
        return layout

    def places_of_lines_and_event(self, row: Mapping[str, object]) -> tuple[int, int]:
        keys = tuple(row)
        places = self._places.get(keys)
        if places is None:
            places = self.asking.places_of_lines_and_event(keys)
            if len(self._places) < MOST_KNOWN:
                self._places[keys] = places
        return places

    def check(self) -> None:
        if self._columns:
            self.asking.check(list(self._columns), self._found)


def _rows(number: int, raw: bytes, layouts: _Layouts[L], order_key: re.Pattern[str]) -> Iterator[Row[L] | Broken]:
    try:
        row = msgspec.json.decode(raw)
    except UnicodeDecodeError:
        text = raw.decode(errors="replace").strip()
        yield not_utf8(number, text, _first(order_key, text))
        return
    except (msgspec.DecodeError, RecursionError) as error:
        yield _not_json(number, raw, f"The line is not JSON ({error}).", order_key)
        return
    if not isinstance(row, dict):
        yield _not_json(number, raw, "The line is JSON, but not an object.", order_key)
        return
    cells = [*row.values(), None]
    lines, event = layouts.places_of_lines_and_event(row)
    if lines < 0 or text_of(cells[event]) not in ("", ORDER_COMPLETED):
        yield Row(number, layouts.of(row), cells)
    else:
        yield from _order_lines(number, row, cells[:-1], list(row)[lines], layouts)


def _order_lines(
    number: int, row: Mapping[str, object], cells: list[object], key: str, layouts: _Layouts[L]
) -> Iterator[Row[L] | Broken]:
    lines = row[key]
    if isinstance(lines, list) and lines and all(isinstance(line, dict) and line for line in lines):
        for line in lines:
            yield Row(number, layouts.of(row, line), [*cells, *line.values(), None])
        return
    order = layouts.of(row).order
    message = (
        f"`{key}` is not a list of at least one object. Write one object with an `amount` for each line of the order."
    )
    value = msgspec.json.encode(lines).decode()
    known = text_of(cells[order]) if order >= 0 else None
    yield Broken(number, value, RefusalReason.BAD_LINES, message, column=key, order=known or "")


def _not_json(number: int, raw: bytes, what: str, order_key: re.Pattern[str]) -> Broken:
    text = raw.decode(errors="replace").strip()
    message = f"{what} Write one object on one line, with its keys in double quotes."
    return Broken(number, text, RefusalReason.BAD_JSON, message, order=_first(order_key, text))


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""
