"""Rows as Parquet: read in batches, only the columns needed; a row's line is its number in the file."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, repeat
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from regulars.wire.orders.columns import OrdersError
from regulars.wire.orders.rows import Asking, Broken, L, Row

ROWS_AT_ONCE: Final = 1 << 15


def parquet_rows(path: Path, asking: Asking[L]) -> Iterator[Row[L] | Broken]:
    try:
        file = parquet.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise OrdersError(f"The file is not Parquet: {error}") from None
    except IsADirectoryError:
        raise
    except OSError as error:
        raise OrdersError(f"The file cannot be read as Parquet: {error}") from None
    columns = file.schema_arrow.names
    layout = asking.layout(columns)
    asking.check(columns, layout.found())
    needed = [columns[place] for place in layout.needed()]
    return _rows(file, needed, asking.layout(needed))


def _rows(file: Any, needed: Sequence[str], layout: L) -> Iterator[Row[L]]:
    numbers = count(1)
    for batch in _batches(file, needed):
        columns = [_cells(batch.column(name)) for name in needed]
        for cells in zip(*columns, repeat(None, batch.num_rows), strict=True):
            yield Row(next(numbers), layout, cells)


def _batches(file: Any, needed: Sequence[str]) -> Iterator[Any]:
    try:
        yield from file.iter_batches(ROWS_AT_ONCE, columns=needed)
    except (OSError, pa.ArrowException) as error:
        raise OrdersError(f"The file is damaged: {error}") from None


def _cells(column: Any) -> list[object]:
    if pa.types.is_timestamp(column.type):
        return _times(column)
    return list(column.to_pylist())


def _times(column: Any) -> list[object]:
    """Timestamps cut to microseconds; what no calendar holds stays a bare number. Arrow's own way would load pandas."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC if column.type.tz else None)
    micros = column.cast(pa.timestamp("us", column.type.tz), safe=False).view(pa.int64()).to_pylist()
    return [None if micro is None else _time(epoch, micro) for micro in micros]


def _time(epoch: datetime, micro: int) -> datetime | int:
    try:
        return epoch + timedelta(microseconds=micro)
    except OverflowError:
        return micro
