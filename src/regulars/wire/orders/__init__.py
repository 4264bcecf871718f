"""Orders from a file: CSV, JSON lines or Parquet, as docs/orders.md tells a shop.

One row is one line of an order, and rows with the same order id make one order, wherever they stand. A bad row is refused
with one named reason and all bad rows are reported; an order of which any row is refused is left out whole, since half an
order would earn half its points.
"""

import gzip
import zlib
from collections.abc import Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from regulars.wire.orders.columns import OrdersError
from regulars.wire.orders.csv_rows import csv_rows
from regulars.wire.orders.gathering import Gathering
from regulars.wire.orders.jsonl_rows import jsonl_rows
from regulars.wire.orders.parquet_rows import parquet_rows
from regulars.wire.orders.rows import Asking, Broken, L, Row, Wanted
from regulars.wire.sorted_history import SortedHistory
from regulars.wire.zones import clock_named

CSV_ENDINGS: Final = (".csv", ".tsv", ".txt")
JSONL_ENDINGS: Final = (".jsonl", ".ndjson")
PARQUET_ENDINGS: Final = (".parquet", ".pq")


class OrdersFile(Struct, frozen=True):
    """`mapping` is our column names to the file's; `times_in` the IANA zone of times that stand without an offset."""

    path: Path
    mapping: Mapping[str, str] = {}
    times_in: str | None = None

    def open(
        self, *, currency_exponent: int, currency: str, properties: frozenset[str], others: bool = False
    ) -> SortedHistory:
        """Reads the whole file. `OrdersError` when there is nothing to be made of it; bad rows are in `refusals`."""
        wanted = Wanted(self.mapping, tuple(sorted(properties)))
        gathering = Gathering(currency, currency_exponent, zone_named(self.times_in), wanted.properties, others)
        gathering.take(rows_of(self.path, wanted))
        return gathering.history(self.path.name)


def zone_named(name: str | None) -> ZoneInfo | None:
    """OrdersError where there is no such zone."""
    try:
        return clock_named(name) if name else None
    except KeyError:
        raise OrdersError(f"“{name}” is not a time zone. Write its IANA name: --times-in America/New_York.") from None


def rows_of(path: Path, asking: Asking[L]) -> Iterator[Row[L] | Broken]:
    """Every row of a file, good or bad, read as it is asked for; OrdersError when there is nothing to be made of it."""
    try:
        yield from _rows(path, asking)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise OrdersError(f"{path} cannot be opened: {error.strerror}.") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise OrdersError(f"{path} cannot be unpacked: {error}.") from None
    except OrdersError as error:
        raise OrdersError(f"{path}: {error}") from None


def _rows(path: Path, asking: Asking[L]) -> Iterator[Row[L] | Broken]:
    ending = path.name.lower().removesuffix(".gz")
    if path.name.lower().endswith(PARQUET_ENDINGS):
        yield from parquet_rows(path, asking)
    elif ending.endswith(CSV_ENDINGS + JSONL_ENDINGS):
        with _opened(path) as file:
            yield from (csv_rows if ending.endswith(CSV_ENDINGS) else jsonl_rows)(file, asking)
    else:
        raise OrdersError("How to read it? Its name should end in .csv, .csv.gz, .tsv, .jsonl, .ndjson or .parquet.")


def _opened(path: Path) -> BinaryIO:
    return BufferedReader(gzip.open(path)) if path.name.lower().endswith(".gz") else path.open("rb")
