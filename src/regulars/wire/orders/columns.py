"""The columns of an orders file: what each is called, by which other names it is understood, and where it stands.

Other files with columns of their own are looked at in the same way (`wire.imports`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from shlex import quote
from typing import Final

from msgspec import Struct

from regulars.wire.history import HistoryError


class OrdersError(HistoryError):
    """A file that cannot be read as orders at all; the message says what to do."""


class Column(Struct, frozen=True):
    """`needed`: a file without it cannot be read; `synonyms` may serve unless two of them stand in one needed place."""

    name: str
    synonyms: tuple[str, ...]
    needed: bool
    holds: str


COLUMNS: Final = (
    Column(
        "customer",
        ("customer_id", "customer_number", "client_id", "household_id", "member_id", "user_id"),
        True,
        "the shop's id of the customer, at most 200 characters",
    ),
    Column(
        "order",
        ("order_id", "order_number", "order_no", "basket_id", "transaction_id"),
        True,
        "the shop's id of the order, at most 200 characters; rows with the same id make one order",
    ),
    Column(
        "happened_at",
        ("timestamp", "ordered_at", "created_at", "transaction_timestamp", "order_date", "datetime", "date", "time"),
        True,
        "when the order was placed; the same in all rows of an order",
    ),
    Column(
        "amount",
        ("value", "total", "revenue", "sales_value", "line_total"),
        True,
        "what was paid for the whole line, after discounts, in major units; negative for money given back",
    ),
    Column("quantity", ("qty", "units"), False, "how many, a whole number; 1 when left out"),
    Column("currency", ("currency_code",), False, "must be one of the program's; the program's own when left out"),
    Column(
        "discount", ("discount_amount",), False, "what was taken off the line, in major units; already off its amount"
    ),
    Column("tax", ("tax_amount",), False, "the line's tax, in major units; not in its amount"),
    Column(
        "shipping",
        ("shipping_amount",),
        False,
        "what was paid for shipping, without tax; the same in all rows of an order",
    ),
    Column(
        "paid_gift_card",
        ("gift_card_amount",),
        False,
        "what of the order was paid by gift card; the same in all its rows",
    ),
    Column(
        "paid_points", ("points_amount",), False, "what of it was paid with points, in money; the same in all its rows"
    ),
    Column("event", ("event_name",), False, "what happened; `Order Completed` when left out"),
    Column("id", ("event_id", "message_id"), False, "the id of an event that is not an order"),
    Column("product", ("product_id", "sku"), False, "a line property"),
    Column("category", ("product_category",), False, "a line property"),
    Column(
        "lines", ("line_items",), False, "JSON only: the order's lines, each with `amount` and the optional columns"
    ),
)
BY_NAME: Final[Mapping[str, Column]] = {column.name: column for column in COLUMNS}

ABOUT_THE_EVENT: Final = ("customer", "event", "id", "happened_at")


def parse_mapping(texts: Iterable[str]) -> dict[str, str]:
    """`customer=client_no`, or several with commas between them: our name, then the file's column. OrdersError if unclear."""
    mapping: dict[str, str] = {}
    for pair in (pair for text in texts for pair in text.split(",")):
        name, equals, column = (part.strip() for part in pair.partition("="))
        if not (name and equals and column):
            raise OrdersError(
                f"“{pair.strip()}” does not map a column. Write our name = the file's: customer=client_no"
            )
        if mapping.setdefault(name, column) != column:
            raise OrdersError(f"`{name}` is mapped twice, to “{mapping[name]}” and to “{column}”. Keep one of them.")
    return mapping


def place_of(
    name: str, columns: Sequence[str], mapping: Mapping[str, str], known: Mapping[str, Column] = BY_NAME
) -> int:
    """Where the column of this name stands, or -1. The mapping wins, then the name itself, then its synonyms in order.

    Case, blanks and hyphens do not count: `Order ID` is order_id. OrdersError when two synonyms could be a needed column.
    """
    if name in mapping:
        return columns.index(mapping[name]) if mapping[name] in columns else -1
    if name in columns:
        return columns.index(name)
    column = known.get(name)
    if column is None:
        return -1
    plain = [plain_name(text) for text in columns]
    found = [plain.index(candidate) for candidate in (name, *column.synonyms) if candidate in plain]
    if column.needed and len(found) > 1 and plain[found[0]] != name:
        several = " and ".join(f"“{columns[place]}”" for place in found[:2])
        raise OrdersError(f"Both {several} could be `{name}`. Choose one: {_option(name, columns[found[0]])}.")
    return found[0] if found else -1


def check_columns(columns: Sequence[str], mapping: Mapping[str, str], found: Collection[str]) -> None:
    """OrdersError if the mapping names a column that is nowhere, or a needed column was not found.

    A file with an `event` column need not hold orders, so it may lack `order` and `amount`.
    """
    check_mapping(columns, mapping)
    needed = [column.name for column in COLUMNS if column.needed and column.name not in found]
    if "event" in found:
        needed = [name for name in needed if name in ABOUT_THE_EVENT]
    if needed:
        raise OrdersError(" ".join([*(missing(name, columns) for name in needed), listed_columns(columns)]))


def check_mapping(columns: Sequence[str], mapping: Mapping[str, str]) -> None:
    """OrdersError if the mapping names a column that is nowhere."""
    for name, column in mapping.items():
        if column not in columns:
            near = _nearest(column, columns)
            raise OrdersError(f"There is no column “{column}” to be `{name}`{near} {listed_columns(columns)}")


def missing(name: str, columns: Sequence[str], known: Mapping[str, Column] = BY_NAME) -> str:
    """That a needed column is not there, and which one it may be."""
    near = _near(name, columns, known)
    advice = f" Is it “{near}”? Then say" if near else " Say which one it is:"
    return f"There is no column for `{name}`.{advice} {_option(name, near or 'COLUMN')}."


def _nearest(wanted: str, columns: Sequence[str]) -> str:
    near = get_close_matches(wanted, columns, 1, 0.5)
    return f"; the nearest is “{near[0]}”." if near else "."


def _near(name: str, columns: Sequence[str], known: Mapping[str, Column]) -> str | None:
    """The column whose name is nearest to ours or to one of its synonyms, among those that are not understood already."""
    understood = {text for column in known.values() for text in (column.name, *column.synonyms)}
    plain = {plain_name(column): column for column in columns if plain_name(column) not in understood}
    for candidate in (name, *known[name].synonyms):
        close = [text for text in plain if candidate in text] or get_close_matches(candidate, plain, 1, 0.6)
        if close:
            return plain[close[0]]
    return None


def _option(name: str, column: str) -> str:
    return f"--map {quote(f'{name}={column}')}"


def listed_columns(columns: Sequence[str]) -> str:
    return f"The columns are: {', '.join(columns[:40])}{', …' if len(columns) > 40 else ''}."


def plain_name(text: str) -> str:
    """The form in which names of columns are compared."""
    return text.strip().casefold().replace(" ", "_").replace("-", "_")
