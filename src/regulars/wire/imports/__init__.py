"""People and what is known of them, from a file: customers, consents, events and opening balances, one row each.

Files are CSV, JSON lines or Parquet, read as `wire.orders` reads them, row by row and never held: a file of a million rows
takes no more memory than one of a thousand. A row that is not understood is refused, with its line, its column and one named
reason, and the rest is read on. docs/import.md tells a shop how.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.program import USUAL_KINDS, IdentityKind
from regulars.wire.events import Arrival
from regulars.wire.imports.cells import Cells, Terms
from regulars.wire.imports.columns import Asked, ImportsError, Kind, Layout, asked_of
from regulars.wire.imports.refusals import OF_A_BROKEN_ROW, ImportReason, Refusal, RowRefused
from regulars.wire.imports.rows import READERS, BroughtOver, arrivals
from regulars.wire.orders import rows_of, zone_named
from regulars.wire.orders.columns import OrdersError
from regulars.wire.orders.rows import Broken, Row

__all__ = [
    "BroughtOver",
    "ImportFile",
    "ImportReason",
    "ImportsError",
    "Kind",
    "Refusal",
    "Taken",
    "read_rows",
    "rows_in",
]


class ImportFile(Struct, frozen=True):
    """Which file, of which kind. `mapping` is our column names to the file's; `times_in` the zone of times without an offset."""

    path: Path
    kind: Kind
    mapping: Mapping[str, str] = {}
    times_in: str | None = None
    identities: tuple[IdentityKind, ...] = USUAL_KINDS

    def asked(self) -> Asked:
        return asked_of(self.kind, self.identities, self.mapping)


class Taken(Struct, frozen=True, gc=False):
    """One row that was understood. `left_out` are the columns of identities that identify nobody: it was taken without them."""

    line: int
    arrivals: tuple[Arrival, ...]
    left_out: tuple[str, ...]


def read_rows(
    file: ImportFile, now: Instant, expires: Callable[[Instant], Instant] = lambda _: FOREVER
) -> Iterator[Taken | Refusal]:
    """Every row of the file, in its order; ImportsError or OrdersError when there is nothing to be made of it.

    `now` is the shop's clock: nothing happens after it. `expires` is when points earned at a moment expire by the program's rule.
    """
    terms = Terms(file.identities, zone_named(file.times_in), now, expires)
    read = READERS[file.kind]
    for row in rows_in(file):
        if isinstance(row, Broken):
            yield Refusal(row.line, "", OF_A_BROKEN_ROW[row.reason.value])
            continue
        cells = Cells(row.layout, row.cells, terms)
        try:
            who = cells.who()
            told = arrivals(file.kind, row.line, cells, who, read(cells))
        except RowRefused as refused:
            yield Refusal(row.line, _column(row.layout, refused.place), refused.reason)
        else:
            yield Taken(row.line, tuple(told), tuple([_column(row.layout, place) for place in who.left_out]))


def rows_in(file: ImportFile) -> Iterator[Row[Layout] | Broken]:
    """The rows as they stand, under the columns as they were found."""
    try:
        yield from rows_of(file.path, file.asked())
    except ImportsError:
        raise
    except OrdersError as error:
        raise ImportsError(str(error)) from None


def _column(layout: Layout, place: int) -> str:
    return layout.columns[place] if place >= 0 else ""
