"""The columns of a feed: what each is called here, and by which names a feed may call it, the foremost first."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from regulars.wire.catalogue.refusals import CatalogueError


class Column(Struct, frozen=True):
    """`attributes` are names of Google's product data; `synonyms` are understood in CSV besides."""

    name: str
    attributes: tuple[str, ...]
    synonyms: tuple[str, ...]
    needed: bool
    holds: str


COLUMNS: Final = (
    Column("id", ("id",), ("sku", "product_id", "item_id"), True, "the product's id, as orders and events name it"),
    Column("title", ("title",), ("name", "product_name"), True, "its name"),
    Column(
        "category",
        ("product_type", "google_product_category"),
        ("product_category",),
        False,
        "the shop's own category, or else Google's",
    ),
    Column("brand", ("brand",), ("manufacturer", "vendor"), False, "who makes it"),
    Column("url", ("link",), ("product_url",), False, "the address of its page"),
    Column("image_url", ("image_link",), ("image",), False, "the address of its picture"),
    Column("price", ("price",), ("amount",), True, "its price, with or without the currency behind"),
    Column("sale_price", ("sale_price",), ("special_price",), False, "the lower price for which it is sold now"),
    Column("available", ("availability",), ("in_stock",), False, "whether it is in stock; it is where nothing is said"),
    Column("group_id", ("item_group_id",), ("parent_id",), False, "the id that variants of one product share"),
)

OF_ATTRIBUTE: Final[Mapping[str, tuple[str, int]]] = {
    attribute: (column.name, rank) for column in COLUMNS for rank, attribute in enumerate(column.attributes)
}
"""Our column of Google's attribute, and how foremost it is there: 0 goes before 1."""


def places_of(columns: Sequence[str], mapping: Mapping[str, str]) -> dict[str, list[int]]:
    """Where each of our columns may stand, the foremost first. CatalogueError where a needed one is nowhere.

    The mapping wins, then our own name, then Google's, then synonyms. Case, blanks, hyphens and a `g:` do not count.
    """
    for name, column in mapping.items():
        if name not in {one.name for one in COLUMNS}:
            raise CatalogueError(f"There is no “{name}” to map. There is {_listed([one.name for one in COLUMNS])}")
        if column not in columns:
            raise CatalogueError(f"There is no column “{column}” to be `{name}`. The columns are: {_listed(columns)}")
    plain = [_plain(column) for column in columns]
    found = {column.name: _places(column, columns, plain, mapping) for column in COLUMNS}
    missing = [column.name for column in COLUMNS if column.needed and not found[column.name]]
    if missing:
        lacking = " and ".join([f"`{name}`" for name in missing])
        raise CatalogueError(f"There is no column for {lacking}; map one to it. The columns are: {_listed(columns)}")
    return found


def _places(column: Column, columns: Sequence[str], plain: Sequence[str], mapping: Mapping[str, str]) -> list[int]:
    if column.name in mapping:
        return [columns.index(mapping[column.name])]
    names = dict.fromkeys((column.name, *column.attributes, *column.synonyms))
    return [plain.index(name) for name in names if name in plain]


def _plain(text: str) -> str:
    return text.strip().casefold().removeprefix("g:").replace(" ", "_").replace("-", "_")


def _listed(columns: Sequence[str]) -> str:
    return f"{', '.join(columns[:40])}{', …' if len(columns) > 40 else ''}."
