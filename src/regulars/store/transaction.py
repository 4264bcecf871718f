"""The way onto the record: one transaction, and within it the hand-written statements of the hot path, the same for both databases.

Locks are taken in one order, so that nobody waits in a circle: source keys, then identities, then customers, each sorted
bytewise. `SQLite` has one writer at a time, so there the order costs nothing and gives nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol, TypeAlias

from sqlalchemy import Connection

from regulars.kernel.facts import Instant
from regulars.wire.records import EntryWritten

IdentityKey: TypeAlias = tuple[str, str]
"""kind, value"""

SourceKeyRow: TypeAlias = tuple[str, str, bytes]
"""key, fact_id, content"""

IdentityRow: TypeAlias = tuple[str, str, str, str, str, Instant, str, str]
"""kind, value, record, customer, trust, first_at, first_fact, how"""

JournalRow: TypeAlias = tuple[
    str, int, str | None, str, str, Instant, Instant, str, int | None, bytes | None, bytes, str | None
]
"""customer, seq, fact_id, name, source, happened_at, recorded_at, version, amount_minor, fact, effects, via"""

EntryRow: TypeAlias = EntryWritten
"""As `wire.records.encode_posted` writes it."""

MembershipRow: TypeAlias = tuple[str, str, Instant]
"""segment, customer, since"""

MoveRow: TypeAlias = tuple[str, str, Instant, Instant, bool, str | None, str, str, bool]
"""segment, customer, at, recorded_at, entered, fact_id, version, why, quiet"""

QuarantineRow: TypeAlias = tuple[Instant, str, int, str, str, str | None, bytes]
"""received_at, source, position, reason, message, message_id, raw"""


TRUSTS: Final = "visitor weak shop confirmed"
"""How an identity is tied to a record, the greater trust behind the lesser."""


class Known(NamedTuple):
    """A source key that is there already."""

    fact_id: str
    content: bytes


class Linked(NamedTuple):
    """One record that an identity was named with; see `schema.identities`."""

    record: str
    customer: str
    trust: str
    first_at: Instant
    first_fact: str


Links: TypeAlias = dict[IdentityKey, tuple[Linked, ...]]
"""By identity, all its rows, sorted by record."""


def links_of(rows: Iterable[tuple[str, str, str, str, str, Instant, str]]) -> Links:
    """From rows of kind, value, and a Linked's fields."""
    found: dict[IdentityKey, tuple[Linked, ...]] = {}
    for kind, value, *link in rows:
        key, linked = (kind, value), Linked._make(link)
        held = found.get(key)
        found[key] = (linked,) if held is None else tuple(sorted((*held, linked)))
    return found


class CustomerRow(NamedTuple):
    """`state` is None for whoever has just been created."""

    id: str
    known: bool
    state: bytes | None
    version: str
    seq: int
    facts: int
    available: int
    pending: int
    lifetime: int
    tier: str | None
    tier_since: Instant | None
    member_since: Instant | None
    due_at: Instant
    first_seen_at: Instant
    last_seen_at: Instant
    person: str | None = None


class Transaction(Protocol):
    @property
    def core(self) -> Connection:
        """The same transaction for statements off the hot path, in SQLAlchemy's words."""
        ...

    @property
    def shared(self) -> bool:
        """Whether other transactions may write at the same time."""
        ...

    def active_version(self) -> str | None:
        """The program in force, which stays so until the transaction ends."""
        ...

    def hold_programs(self) -> None:
        """Waits for everyone who relies on the program in force, and keeps others from doing so until the transaction ends."""
        ...

    def claim(self, rows: Sequence[SourceKeyRow]) -> dict[str, Known]:
        """Takes these source keys, which are distinct and sorted, for ever; answers which of them were known already."""
        ...

    def identities(self, keys: Iterable[IdentityKey]) -> Links: ...

    def hold_identities(self, keys: Sequence[IdentityKey]) -> None:
        """Nobody else adds to these, or works out who they lead to, until the transaction ends. Sorted."""
        ...

    def add_identities(self, rows: Sequence[IdentityRow]) -> None:
        """A row that exists keeps the earlier `first_at`, with its message, and the greater trust. Sorted, distinct."""
        ...

    def lead(self, records: Sequence[tuple[str, str]]) -> None:
        """(record, customer): who these records belong to from now on, in `identities` and `customers`. Sorted, distinct."""
        ...

    def add_customers(self, rows: Sequence[CustomerRow]) -> None:
        """Those that exist already stay as they are. Sorted by id."""
        ...

    def lock_customers(self, ids: Sequence[str]) -> dict[str, CustomerRow]:
        """The rows of these customers, sorted bytewise, which nobody else changes until the transaction ends."""
        ...

    def save_customers(self, rows: Sequence[CustomerRow]) -> None: ...

    def add_journal(self, rows: Sequence[JournalRow]) -> None: ...

    def add_entries(self, rows: Sequence[EntryRow]) -> None: ...

    def add_quarantine(self, rows: Sequence[QuarantineRow]) -> None: ...

    def add_memberships(self, rows: Sequence[MembershipRow]) -> None: ...

    def drop_memberships(self, rows: Sequence[tuple[str, str]]) -> None:
        """(segment, customer)"""
        ...

    def add_segment_moves(self, rows: Sequence[MoveRow]) -> None: ...
