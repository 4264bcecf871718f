"""A history: what customers did, read from somewhere that is not the live wire.

A `Source` is a description small enough to hand to another process; opening it gives a `History`, which hands over its
customers one at a time, so that no one holds a whole year of facts in memory.

The promise of order, for every history: customers come bytewise by id. One customer's facts come by `fact_order` where the
source is a file, and in the order in which they were recorded where it is a shop's own record.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Protocol, TypeAlias

from regulars.kernel.facts import Fact, Instant, MemberJoined, OrderCompleted, OrderReturned
from regulars.wire.refusals import Refusal

FactOrder: TypeAlias = tuple[Instant, str, bool, str]


class HistoryError(Exception):
    """A source that cannot be read at all, in words for whoever named it."""


class Source(Protocol):
    """Where a history is and how to read it. Picklable: a worker process opens its own."""

    def open(
        self, *, currency_exponent: int, currency: str, properties: frozenset[str], others: bool = False
    ) -> "History":
        """Reads the source, keeping of each line only the named `properties`; `HistoryError` when it cannot."""
        ...


class History(Protocol):
    @property
    def name(self) -> str:
        """What people see: `complete-journey`, or the file's name."""
        ...

    @property
    def refusals(self) -> Sequence[Refusal]:
        """The rows that were not understood, in line order."""
        ...

    @property
    def left_out_orders(self) -> int:
        """Orders left out whole because one of their rows was refused."""
        ...

    @property
    def rows(self) -> int:
        """Rows read, good and bad."""
        ...

    @property
    def customer_count(self) -> int:
        """How many customers there are in all parts together."""
        ...

    @property
    def last_happened_at(self) -> Instant | None:
        """When the latest fact happened; None when there is no fact."""
        ...

    def customers(
        self, part: int = 0, parts: int = 1, only: str | None = None
    ) -> Iterator[tuple[str, tuple[Fact, ...]]]:
        """Every customer once, with all their facts. Parts 0 to parts-1 share the customers out; `only` asks for one."""
        ...


def fact_order(fact: Fact) -> FactOrder:
    """By time; at one moment whoever joins joins first, other behaviours follow by id, then orders by order id, each before what
    goes back of it.
    """
    order_id = fact.order_id if isinstance(fact, OrderCompleted | OrderReturned) else ""
    if isinstance(fact, OrderReturned):
        order_id += "\0"
    return fact.happened_at, order_id, not isinstance(fact, MemberJoined), fact.id


def fact_id(*source_key: str) -> str:
    """The same source key gives the same id for ever. No part but the last may hold a NUL."""
    return blake2b("\0".join(source_key).encode(), digest_size=16).hexdigest()
