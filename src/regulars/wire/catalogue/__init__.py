"""A shop's products, from a feed: Google Merchant as XML (RSS 2.0 or Atom) or TSV, or CSV. docs/sources.md tells a shop how.

A feed is read as it comes and never held: a product that was read is handed over and forgotten. A bad product is refused
with one named reason and the rest is read on; a feed that breaks off is a `CatalogueError`, since half a catalogue would make
every product of the other half seem gone. Whether two products have one id is for whoever keeps them: the later one holds.
"""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from gzip import BadGzipFile, GzipFile
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Literal

from regulars.kernel.terms import Currency
from regulars.wire.catalogue.columns import COLUMNS
from regulars.wire.catalogue.products import Product, product_of
from regulars.wire.catalogue.refusals import CatalogueError, ProductReason, ProductRefused, Refusal, refusal
from regulars.wire.catalogue.table_rows import CSV_DELIMITERS, table_rows
from regulars.wire.catalogue.xml_items import xml_items

__all__ = ["COLUMNS", "CatalogueError", "FeedFormat", "Product", "ProductReason", "Refusal", "read_products"]

FeedFormat = Literal["google_xml", "google_tsv", "csv"]


def read_products(
    feed: str | Path | BinaryIO, format: FeedFormat, currency: Currency, mapping: Mapping[str, str] | None = None
) -> Iterator[Product | Refusal]:
    """Every product of the feed, or why it was refused, in the feed's order. A path that ends in `.gz` is unpacked.

    `mapping` is our names of columns to the table's. `CatalogueError` when the feed cannot be opened, or not be read to its end.
    """
    with _opened(feed) as file:
        try:
            for row in _rows(file, format, mapping or {}):
                yield row if isinstance(row, Refusal) else _product(*row, currency)
        except (EOFError, BadGzipFile, zlib.error) as error:
            raise CatalogueError(f"The feed cannot be unpacked: {error}.") from None


def _rows(
    file: BinaryIO, format: FeedFormat, mapping: Mapping[str, str]
) -> Iterator[tuple[int, dict[str, str]] | Refusal]:
    if format == "google_xml":
        return xml_items(file)
    return table_rows(file, CSV_DELIMITERS if format == "csv" else "\t", mapping)


def _product(line: int, said: Mapping[str, str], currency: Currency) -> Product | Refusal:
    try:
        return product_of(said, currency)
    except ProductRefused as refused:
        return refusal(line, refused)


@contextmanager
def _opened(feed: str | Path | BinaryIO) -> Iterator[BinaryIO]:
    if not isinstance(feed, str | Path):
        yield feed
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(feed).open("rb"))
        except OSError as error:
            raise CatalogueError(f"{feed} cannot be opened: {error.strerror}.") from None
        yield BufferedReader(GzipFile(fileobj=file)) if str(feed).lower().endswith(".gz") else file
