"""The way onto the record: one transaction, and within it the hand-written statements of the hot path, the same for both databases.

Locks are taken in one order, so that nobody waits in a circle: source keys, then identities, then customers, each sorted
bytewise. `SQLite` has one writer at a time, so there the order costs nothing and gives nothing.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from sqlalchemy import Connection

from regulars.kernel.facts import Instant
from regulars.wire.records import EntryWritten

IdentityKey: TypeAlias = tuple[str, str]
"""kind, value"""

SourceKeyRow: TypeAlias = tuple[str, str, bytes]
"""key, fact_id, content"""

IdentityRow: TypeAlias = tuple[str, str, str, str, Instant]
"""kind, value, customer, trust, linked_at"""

JournalRow: TypeAlias = tuple[str, int, str | None, str, str, Instant, Instant, str, int | None, bytes | None, bytes]
"""customer, seq, fact_id, name, source, happened_at, recorded_at, version, amount_minor, fact, effects"""

EntryRow: TypeAlias = EntryWritten
"""As `wire.records.encode_posted` writes it."""

QuarantineRow: TypeAlias = tuple[Instant, str, int, str, str, str | None, bytes]
"""received_at, source, position, reason, message, message_id, raw"""


class Known(NamedTuple):
    """A source key that is there already."""

    fact_id: str
    content: bytes


class Linked(NamedTuple):
    customer: str
    trust: str


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

    def identities(self, keys: Iterable[IdentityKey]) -> dict[IdentityKey, Linked]: ...

    def add_identities(self, rows: Sequence[IdentityRow]) -> None:
        """Those that exist already stay as they are. Sorted by kind and value."""
        ...

    def lock_identities(self, keys: Sequence[IdentityKey]) -> dict[IdentityKey, Linked]:
        """The same, and nobody else changes them until the transaction ends. Sorted."""
        ...

    def link(self, rows: Sequence[IdentityRow]) -> None:
        """Points existing identities, locked before, at another customer, or trusts them more. Sorted by kind and value."""
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
