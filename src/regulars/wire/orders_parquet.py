"""Orders as Parquet: read in batches, only the columns needed; a row's line is its number in the file."""

from collections.abc import Iterator, Sequence
from itertools import count, repeat
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from regulars.wire.orders_columns import OrdersError, check_columns
from regulars.wire.orders_rows import Broken, Layout, Row, Wanted, layout_of

ROWS_AT_ONCE: Final = 1 << 15


def parquet_rows(path: Path, wanted: Wanted) -> Iterator[Row | Broken]:
    try:
        file = parquet.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise OrdersError(f"The file is not Parquet: {error}") from None
    columns = file.schema_arrow.names
    layout = layout_of(columns, wanted)
    check_columns(columns, wanted.mapping, layout.found())
    needed = [columns[place] for place in _needed(layout)]
    return _rows(file, needed, layout_of(needed, wanted))


def _needed(layout: Layout) -> Sequence[int]:
    """All, where there may be behaviours: their ids hang on everything that they say."""
    if layout.event >= 0:
        return range(len(layout.columns))
    about_orders = (layout.customer, layout.order, layout.happened_at, layout.amount, layout.quantity, layout.currency)
    return sorted({*about_orders, *layout.properties} - {-1})


def _rows(file: Any, needed: Sequence[str], layout: Layout) -> Iterator[Row]:
    numbers = count(1)
    for batch in file.iter_batches(ROWS_AT_ONCE, columns=needed):
        columns = [_cells(batch.column(name)) for name in needed]
        for cells in zip(*columns, repeat(None, batch.num_rows), strict=True):
            yield Row(next(numbers), layout, cells)


def _cells(column: Any) -> list[object]:
    """As Python values; timestamps are cut to microseconds, and one that no calendar holds is a bare number."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", "UTC" if column.type.tz else None), safe=False)
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError):
        return [_cell(scalar) for scalar in column]


def _cell(scalar: Any) -> object:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return scalar.value
