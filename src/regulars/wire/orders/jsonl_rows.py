"""Orders as JSON lines: each line one object, either a row as in CSV or a whole order with its `lines`.

Rows need not all have the same keys, so whether a column is missing from the file is known only at its end.
"""

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

import msgspec

from regulars.kernel.facts import ORDER_COMPLETED
from regulars.wire.orders.cells import text_of
from regulars.wire.orders.columns import BY_NAME, OrdersError, check_columns, place_of
from regulars.wire.orders.rows import LONGEST_LINE, Broken, Layout, Lines, Row, Wanted, layout_of, not_utf8, too_long
from regulars.wire.refusals import RefusalReason

MOST_KNOWN: Final = 1_000
"""Sets of keys whose layout is remembered; files have a few."""


def jsonl_rows(file: BinaryIO, wanted: Wanted) -> Iterator[Row | Broken]:
    lines, layouts = Lines(file), _Layouts(wanted)
    order_key = re.compile(rf'"(?:{"|".join(map(re.escape, _order_names(wanted)))})"\s*:\s*"?([^",{{}}\s]+)')
    while raw := lines.next():
        if len(raw) > LONGEST_LINE:
            text = raw.decode(errors="replace")
            yield too_long(lines.number, text, order=_first(order_key, text))
        elif raw.strip():
            yield from _rows(lines.number, raw, layouts, order_key)
    if lines.number == 0:
        raise OrdersError("The file is empty.")
    layouts.check()


class _Layouts:
    """One layout for each set of keys met, and what they have in common with the names we need."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._known: dict[tuple[tuple[str, ...], tuple[str, ...]], Layout] = {}
        self._places: dict[tuple[str, ...], tuple[int, int]] = {}
        self._columns: dict[str, None] = {}
        self._found: set[str] = set()

    def of(self, row: Mapping[str, object], line: Mapping[str, object] | None = None) -> Layout:
        keys = tuple(row), tuple(line or ())
        layout = self._known.get(keys)
        if layout is None:
            layout = layout_of(keys[0], self.wanted, keys[1])
            if len(self._known) < MOST_KNOWN:
                self._known[keys] = layout
            self._columns.update(dict.fromkeys(keys[0] + keys[1]))
            self._found.update(layout.found())
        return layout

    def places_of_lines_and_event(self, row: Mapping[str, object]) -> tuple[int, int]:
        keys = tuple(row)
        places = self._places.get(keys)
        if places is None:
            lines, event = (place_of(name, keys, self.wanted.mapping) for name in ("lines", "event"))
            places = lines, event
            if len(self._places) < MOST_KNOWN:
                self._places[keys] = places
        return places

    def check(self) -> None:
        if self._columns:
            check_columns(list(self._columns), self.wanted.mapping, self._found)


def _rows(number: int, raw: bytes, layouts: _Layouts, order_key: re.Pattern[str]) -> Iterator[Row | Broken]:
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
    number: int, row: Mapping[str, object], cells: list[object], key: str, layouts: _Layouts
) -> Iterator[Row | Broken]:
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


def _order_names(wanted: Wanted) -> tuple[str, ...]:
    mapped = wanted.mapping.get("order")
    return (mapped,) if mapped else ("order", *BY_NAME["order"].synonyms)


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""
