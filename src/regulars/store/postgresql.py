"""The record on a PostgreSQL server, where several processes write at once.

Rows travel as one array per column (`unnest`), so that a statement is one round trip however many rows there are.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from regulars.store.transaction import (
    TRUSTS,
    CustomerRow,
    EntryRow,
    IdentityKey,
    IdentityRow,
    JournalRow,
    Known,
    Links,
    MembershipRow,
    MoveRow,
    QuarantineRow,
    SourceKeyRow,
    links_of,
)


def _insert(table: str, columns: dict[str, str], and_then: str = "") -> str:
    """An insert of as many rows as the arrays have, one array per column."""
    arrays = ", ".join([f"%b::{type}[]" for type in columns.values()])
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays}) {and_then}"


CUSTOMER_COLUMNS: Final = {
    "id": "text",
    "known": "boolean",
    "state": "bytea",
    "version": "text",
    "seq": "bigint",
    "facts": "bigint",
    "available": "bigint",
    "pending": "bigint",
    "lifetime": "bigint",
    "tier": "text",
    "tier_since": "bigint",
    "member_since": "bigint",
    "due_at": "bigint",
    "first_seen_at": "bigint",
    "last_seen_at": "bigint",
    "person": "text",
}
JOURNAL_COLUMNS: Final = {
    "customer": "text",
    "seq": "bigint",
    "fact_id": "text",
    "name": "text",
    "source": "text",
    "happened_at": "bigint",
    "recorded_at": "bigint",
    "version": "text",
    "amount_minor": "bigint",
    "fact": "bytea",
    "effects": "bytea",
    "via": "text",
}
ENTRY_COLUMNS: Final = {
    "customer": "text",
    "seq": "bigint",
    "ordinal": "integer",
    "entry": "text",
    "points": "bigint",
    "source": "text",
    "target": "text",
    "lot_fact": "text",
    "lot_ordinal": "integer",
    "rule": "text",
    "by_fact": "boolean",
    "effective_at": "bigint",
    "active_at": "bigint",
    "expires_at": "bigint",
    "qualifies_on": "integer",
    "reckoning": "bytea",
}
IDENTITY_COLUMNS: Final = {
    "kind": "text",
    "value": "text",
    "record": "text",
    "customer": "text",
    "trust": "text",
    "first_at": "bigint",
    "first_fact": "text",
    "how": "text",
}
QUARANTINE_COLUMNS: Final = {
    "received_at": "bigint",
    "source": "text",
    "position": "integer",
    "reason": "text",
    "message": "text",
    "message_id": "text",
    "raw": "bytea",
}
MEMBERSHIP_COLUMNS: Final = {"segment": "text", "customer": "text", "since": "bigint"}
MOVE_COLUMNS: Final = {
    "segment": "text",
    "customer": "text",
    "at": "bigint",
    "recorded_at": "bigint",
    "entered": "boolean",
    "fact_id": "text",
    "version": "text",
    "why": "text",
    "quiet": "boolean",
}
KEY_COLUMNS: Final = {"key": "text", "fact_id": "text", "content": "bytea"}

PROGRAM_LOCK: Final = 7_265_617_574
"""An advisory lock: whoever relies on the program in force shares it, whoever publishes another has it alone."""

ACTIVE_VERSION: Final = f"""
SELECT pg_advisory_xact_lock_shared({PROGRAM_LOCK}); SELECT version FROM publications ORDER BY id DESC LIMIT 1"""
HOLD_PROGRAMS: Final = f"SELECT pg_advisory_xact_lock({PROGRAM_LOCK})"
ADD_KEYS: Final = _insert("source_keys", KEY_COLUMNS, "ON CONFLICT DO NOTHING RETURNING key")
KNOWN_KEYS: Final = "SELECT key, fact_id, content FROM source_keys WHERE key = ANY(%b::text[])"
IDENTITIES: Final = """
SELECT kind, value, record, customer, trust, first_at, first_fact
FROM unnest(%b::text[], %b::text[]) AS asked (kind, value) JOIN identities USING (kind, value)"""
HOLD_IDENTITIES: Final = """
SELECT pg_advisory_xact_lock(hashtextextended(value, hashtext(kind)))
FROM (SELECT * FROM unnest(%b::text[], %b::text[]) AS asked (kind, value) ORDER BY kind, value) AS held"""
EARLIER: Final = "(excluded.first_at, excluded.first_fact) < (identities.first_at, identities.first_fact)"
ADD_IDENTITIES: Final = _insert(
    "identities",
    IDENTITY_COLUMNS,
    f"""ON CONFLICT (kind, value, record) DO UPDATE SET
trust = CASE WHEN position(excluded.trust IN '{TRUSTS}') > position(identities.trust IN '{TRUSTS}')
THEN excluded.trust ELSE identities.trust END,
how = CASE WHEN {EARLIER} THEN excluded.how ELSE identities.how END,
first_fact = CASE WHEN {EARLIER} THEN excluded.first_fact ELSE identities.first_fact END,
first_at = least(excluded.first_at, identities.first_at)""",
)
LEAD_IDENTITIES: Final = """
UPDATE identities SET customer = new.customer FROM unnest(%b::text[], %b::text[]) AS new (record, customer)
WHERE identities.record = new.record"""
LEAD_CUSTOMERS: Final = """
UPDATE customers SET person = nullif(new.customer, new.record) FROM unnest(%b::text[], %b::text[]) AS new (record, customer)
WHERE customers.id = new.record"""
ADD_CUSTOMERS: Final = _insert("customers", CUSTOMER_COLUMNS, "ON CONFLICT DO NOTHING")
LOCK_CUSTOMERS: Final = f"""
SELECT {", ".join(CUSTOMER_COLUMNS)} FROM customers WHERE id = ANY(%b::text[]) ORDER BY id FOR UPDATE"""
SAVED: Final = [name for name in CUSTOMER_COLUMNS if name != "id"]
SAVE_CUSTOMERS: Final = f"""
UPDATE customers SET {", ".join([f"{name} = new.{name}" for name in SAVED])}
FROM unnest({", ".join([f"%b::{type}[]" for type in CUSTOMER_COLUMNS.values()])}) AS new ({", ".join(CUSTOMER_COLUMNS)})
WHERE customers.id = new.id"""
ADD_JOURNAL: Final = _insert("journal", JOURNAL_COLUMNS)
ADD_ENTRIES: Final = _insert("entries", ENTRY_COLUMNS)
ADD_QUARANTINE: Final = _insert("quarantine", QUARANTINE_COLUMNS)

ADD_MEMBERSHIPS: Final = _insert("memberships", MEMBERSHIP_COLUMNS, "ON CONFLICT DO NOTHING")
DROP_MEMBERSHIPS: Final = """
DELETE FROM memberships USING unnest(%b::text[], %b::text[]) AS gone (segment, customer)
WHERE memberships.segment = gone.segment AND memberships.customer = gone.customer"""
ADD_SEGMENT_MOVES: Final = _insert("segment_moves", MOVE_COLUMNS)


class PostgresqlTransaction:
    shared = True

    def __init__(self, core: Connection) -> None:
        self.core = core
        connection = core.connection.dbapi_connection
        assert connection is not None
        self._cursor: Any = connection.cursor()

    def active_version(self) -> str | None:
        """Two statements in one round trip: the second sees what was committed while the first waited."""
        self._cursor.execute(ACTIVE_VERSION).nextset()
        row = self._cursor.fetchone()
        return str(row[0]) if row else None

    def hold_programs(self) -> None:
        self._cursor.execute(HOLD_PROGRAMS)

    def claim(self, rows: Sequence[SourceKeyRow]) -> dict[str, Known]:
        """Where another process has taken one of them and not yet committed, this waits for it."""
        if not rows:
            return {}
        taken = {key for (key,) in self._cursor.execute(ADD_KEYS, _columns(rows))}
        known = [key for key, _, _ in rows if key not in taken]
        if not known:
            return {}
        return {key: Known(fact_id, content) for key, fact_id, content in self._cursor.execute(KNOWN_KEYS, (known,))}

    def identities(self, keys: Iterable[IdentityKey]) -> Links:
        asked = list(keys)
        return links_of(self._cursor.execute(IDENTITIES, _columns(asked))) if asked else {}

    def hold_identities(self, keys: Sequence[IdentityKey]) -> None:
        if keys:
            self._cursor.execute(HOLD_IDENTITIES, _columns(keys))

    def add_identities(self, rows: Sequence[IdentityRow]) -> None:
        self._insert(ADD_IDENTITIES, rows)

    def lead(self, records: Sequence[tuple[str, str]]) -> None:
        self._insert(LEAD_IDENTITIES, records)
        self._insert(LEAD_CUSTOMERS, records)

    def add_customers(self, rows: Sequence[CustomerRow]) -> None:
        self._insert(ADD_CUSTOMERS, rows)

    def lock_customers(self, ids: Sequence[str]) -> dict[str, CustomerRow]:
        return {row[0]: CustomerRow._make(row) for row in self._cursor.execute(LOCK_CUSTOMERS, (list(ids),))}

    def save_customers(self, rows: Sequence[CustomerRow]) -> None:
        self._insert(SAVE_CUSTOMERS, rows)

    def add_journal(self, rows: Sequence[JournalRow]) -> None:
        self._insert(ADD_JOURNAL, rows)

    def add_entries(self, rows: Sequence[EntryRow]) -> None:
        self._insert(ADD_ENTRIES, rows)

    def add_quarantine(self, rows: Sequence[QuarantineRow]) -> None:
        """A message may quote what was sent, and a text of this server cannot hold a NUL."""
        self._insert(ADD_QUARANTINE, [(*row[:4], row[4].replace("\0", "\ufffd"), *row[5:]) for row in rows])

    def add_memberships(self, rows: Sequence[MembershipRow]) -> None:
        self._insert(ADD_MEMBERSHIPS, rows)

    def drop_memberships(self, rows: Sequence[tuple[str, str]]) -> None:
        self._insert(DROP_MEMBERSHIPS, rows)

    def add_segment_moves(self, rows: Sequence[MoveRow]) -> None:
        self._insert(ADD_SEGMENT_MOVES, rows)

    def _insert(self, statement: str, rows: Sequence[Any]) -> None:
        if rows:
            self._cursor.execute(statement, _columns(rows))


def _columns(rows: Sequence[Any]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
