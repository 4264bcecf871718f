"""A row of a file, whichever the format: its cells, and a layout that says where among them everything stands.

The readers of CSV, JSON lines and Parquet know files of rows, not what is in them: that is the layout's, and whoever asks
(`Asking`) brings a layout of their own. Orders have theirs here; `wire.imports` has others.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import BinaryIO, Final, Generic, NamedTuple, Protocol, TypeVar

from msgspec import Struct

from regulars.wire.orders.columns import ABOUT_THE_EVENT, BY_NAME, COLUMNS, OrdersError, check_columns, place_of
from regulars.wire.refusals import RefusalReason

LONGEST_LINE: Final = 1_000_000
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Places(Protocol):
    """What the readers must know of a layout. `order` is the cell by which a row that is broken is still told apart, or -1."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def order(self) -> int: ...
    def found(self) -> list[str]:
        """Our names of the columns that are there."""
        ...

    def needed(self) -> Sequence[int]:
        """The places that are read at all, where a format can leave columns out; sorted."""
        ...


L = TypeVar("L", bound=Places)
L_co = TypeVar("L_co", bound=Places, covariant=True)


class Asking(Protocol[L_co]):
    """What somebody asks of a file."""

    def layout(self, columns: Sequence[str], line_columns: Sequence[str] = ()) -> L_co:
        """The layout of rows with these columns; OrdersError where that cannot be made out."""
        ...

    def check(self, columns: Sequence[str], found: Collection[str]) -> None:
        """OrdersError where a column that is needed, or one that is mapped, is nowhere."""
        ...

    def places_of_lines_and_event(self, columns: Sequence[str]) -> tuple[int, int]:
        """JSON only: where an object holds a list of rows, and what says of which kind they are; -1 for neither."""
        ...

    def order_names(self) -> Sequence[str]:
        """By which keys a line that is no JSON is still told apart; none where no line needs to be."""
        ...


class Wanted(Struct, frozen=True):
    """What is wanted of an orders file: `mapping` is our names to its columns, `properties` those that a program asks for."""

    mapping: Mapping[str, str]
    properties: tuple[str, ...]

    def layout(self, columns: Sequence[str], line_columns: Sequence[str] = ()) -> "Layout":
        return layout_of(columns, self, line_columns)

    def check(self, columns: Sequence[str], found: Collection[str]) -> None:
        check_columns(columns, self.mapping, found)

    def places_of_lines_and_event(self, columns: Sequence[str]) -> tuple[int, int]:
        lines, event = (place_of(name, columns, self.mapping) for name in ("lines", "event"))
        return lines, event

    def order_names(self) -> Sequence[str]:
        mapped = self.mapping.get("order")
        return (mapped,) if mapped else ("order", *BY_NAME["order"].synonyms)


class Layout(Struct, frozen=True):
    """Places among the cells of a row; -1 is a column that the row lacks.

    `properties` has every property asked for, `said` all that a behaviour says, by the file's own names; `whole` are rows of
    an order that came with all its lines.
    """

    columns: tuple[str, ...]
    customer: int
    event: int
    id: int
    order: int
    happened_at: int
    amount: int
    quantity: int
    currency: int
    discount: int
    tax: int
    shipping: int
    paid_gift_card: int
    paid_points: int
    properties: tuple[int, ...]
    said: tuple[tuple[str, int], ...]
    whole: bool

    def found(self) -> list[str]:
        return [column.name for column in COLUMNS if getattr(self, column.name, -1) >= 0]

    def needed(self) -> Sequence[int]:
        """All, where there may be behaviours: their ids hang on everything that they say."""
        if self.event >= 0:
            return range(len(self.columns))
        about_orders = (self.customer, self.order, self.happened_at, self.amount, self.quantity, self.currency)
        return sorted({*about_orders, *self.on_the_bill(), *self.properties} - {-1})

    def on_the_bill(self) -> tuple[int, ...]:
        return self.discount, self.tax, self.shipping, self.paid_gift_card, self.paid_points


class Row(NamedTuple, Generic[L]):
    """`cells` end with a None beyond the last column, so that place -1 reads as nothing."""

    line: int
    layout: L
    cells: Sequence[object]


class Broken(Struct, frozen=True):
    """A row without cells to speak of. It belongs to `order`, or perhaps to one of `perhaps`, as far as one can see."""

    line: int
    value: str
    reason: RefusalReason
    message: str
    column: str = ""
    order: str = ""
    perhaps: tuple[str, ...] = ()


def layout_of(columns: Sequence[str], wanted: Wanted, line_columns: Sequence[str] = ()) -> Layout:
    """The layout of rows with these columns; of an order that holds its lines, those of the line stand behind its own."""
    check_distinct(columns)

    def of_order(name: str) -> int:
        return place_of(name, columns, wanted.mapping)

    def of_line(name: str) -> int:
        if not line_columns:
            return of_order(name)
        place = place_of(name, line_columns, wanted.mapping)
        return place if place < 0 else place + len(columns)

    of_the_order = ("order", "currency", "shipping", "paid_gift_card", "paid_points")
    places = {name: of_order(name) for name in (*ABOUT_THE_EVENT, *of_the_order)}
    about = [places[name] for name in ABOUT_THE_EVENT]
    return Layout(
        columns=(*columns, *(f"lines.{column}" for column in line_columns)),
        amount=of_line("amount"),
        quantity=of_line("quantity"),
        discount=of_line("discount"),
        tax=of_line("tax"),
        properties=tuple(max(of_line(name), of_order(name)) for name in wanted.properties),
        said=tuple(sorted((name, place) for place, name in enumerate(columns) if place not in about)),
        whole=bool(line_columns),
        **places,
    )


def check_distinct(columns: Sequence[str]) -> None:
    """OrdersError where two columns have one name."""
    named = [column for column in columns if column]
    if len(set(named)) < len(named):
        twice = next(column for place, column in enumerate(named) if column in named[:place])
        raise OrdersError(f"Two columns are called “{twice}”. Rename one of them.")


class Lines:
    """The physical lines of a file, counted from 1, each with its line end; b"" when there are no more.

    Of a line longer than 1 MB only the beginning comes, a little longer than 1 MB.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.number = 0
        self._file = file
        self._waiting: list[bytes] = []

    def next(self) -> bytes:
        raw = self._waiting.pop() if self._waiting else self._read()
        if raw:
            self.number += 1
        return raw

    def back(self, lines: Sequence[bytes]) -> None:
        """These were taken too early: they come again."""
        self._waiting.extend(reversed(lines))
        self.number -= len(lines)

    def _read(self) -> bytes:
        raw = self._file.readline(LONGEST_LINE + 1)
        rest = raw
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = self._file.readline(LONGEST_LINE + 1)
        if self.number == 0 and not self._waiting:
            raw = raw.removeprefix(BYTE_ORDER_MARK) or raw
        return raw


def too_long(line: int, text: str, *, order: str = "", perhaps: tuple[str, ...] = ()) -> Broken:
    message = "The line is longer than 1 MB. Break it up, or take it out."
    return Broken(line, text[:400], RefusalReason.LINE_TOO_LONG, message, order=order, perhaps=perhaps)


def not_utf8(line: int, text: str, order: str) -> Broken:
    message = "The row is not UTF-8: a letter stands there in another encoding. Save the file as UTF-8."
    return Broken(line, text, RefusalReason.BAD_ENCODING, message, order=order)
