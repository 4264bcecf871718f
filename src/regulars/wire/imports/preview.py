"""A look at a file before anything is stored: which column goes where, what is ignored, and a few rows with people masked."""

from collections.abc import Mapping
from itertools import islice
from typing import Final

from msgspec import Struct

from regulars.wire.imports import ImportFile, rows_in
from regulars.wire.imports.columns import EVERYTHING_ELSE, Kind, Layout
from regulars.wire.orders.cells import text_of
from regulars.wire.orders.rows import Broken, Row

LOOKED_AT: Final = 1_000
"""Rows: those of JSON lines need not all have the same keys."""
SAMPLES: Final = 3
SHOWN_CHARACTERS: Final = 24
OPENLY: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.CUSTOMERS: frozenset({"created_at", "updated_at", "language", "country"}),
    Kind.CONSENTS: frozenset({"purpose", "state", "happened_at", "ground"}),
    Kind.EVENTS: frozenset({"event", "happened_at"}),
    Kind.BALANCES: frozenset({"points", "earned_at", "expires_at"}),
}
"""Columns that say nothing about who somebody is; all others are masked."""


class Goes(Struct, frozen=True):
    """One column of the file, and what it is taken for; `ignored` where it is taken for nothing."""

    column: str
    to: str
    ignored: bool = False


class Preview(Struct, frozen=True):
    """`rows` have a text for each of `goes`."""

    goes: tuple[Goes, ...]
    rows: tuple[tuple[str, ...], ...]


def preview(file: ImportFile) -> Preview:
    """ImportsError where a column that is needed is nowhere among the first rows."""
    goes: dict[str, Goes] = {}
    samples: list[dict[str, str]] = []
    asked = file.asked()
    found: dict[str, None] = {}
    for row in islice(rows_in(file), LOOKED_AT):
        if isinstance(row, Broken):
            continue
        if len(goes) < len(row.layout.columns) or any(column not in goes for column in row.layout.columns):
            goes |= {one.column: one for one in _goes(row.layout, file.kind)}
            found |= dict.fromkeys(row.layout.at)
        if len(samples) < SAMPLES:
            samples.append(_sample(row, file.kind))
    if goes:
        asked.check(list(goes), found)
    rows = [tuple([sample.get(column, "") for column in goes]) for sample in samples]
    return Preview(tuple(goes.values()), tuple(rows))


def _goes(layout: Layout, kind: Kind) -> list[Goes]:
    by_place = {place: name for name, place in layout.at.items()}
    other = EVERYTHING_ELSE.get(kind)
    return [
        Goes(column, by_place[place])
        if place in by_place
        else Goes(column, f"{other} “{column}”" if other else "", other is None)
        for place, column in enumerate(layout.columns)
        if column
    ]


def _sample(row: Row[Layout], kind: Kind) -> dict[str, str]:
    layout = row.layout
    openly = {place for name, place in layout.at.items() if name in OPENLY[kind]}
    return {
        column: _shown(row.cells[place]) if place in openly else masked(row.cells[place])
        for place, column in enumerate(layout.columns)
        if column
    }


def _shown(cell: object) -> str:
    text = text_of(cell)
    text = "{…}" if text is None else "".join([sign if sign.isprintable() else " " for sign in text])
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def masked(cell: object) -> str:
    """The first letter, and how long it is: enough to see that a column is the right one."""
    text = text_of(cell)
    if text is None:
        return "{…}"
    if not text:
        return ""
    kept = text[0] if text[0].isprintable() else "?"
    name, at, _ = text.partition("@")
    return f"{kept}…@…" if at and name else f"{kept}{'•' * min(len(text) - 1, 7)}"
