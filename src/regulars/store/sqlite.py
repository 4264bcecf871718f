"""The record in one file: SQLite in WAL mode, every commit on the disk (`synchronous=FULL`).

Lists of keys travel as one JSON text, so that a statement stays the same however many there are.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
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

PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=60000",
    # A checkpoint writes each changed page once, however often it changed since the last one: 64 MB of log pay for many groups.
    "PRAGMA wal_autocheckpoint=16000",
    "PRAGMA journal_size_limit=134217728",
    "PRAGMA temp_store=MEMORY",
)

WRITER_CACHE_KIB: Final = 65_536
READER_CACHE_KIB: Final = 8_192
"""For each connection, and there may be dozens: what a reader does not keep, the system does, once for all of them."""

ACTIVE_VERSION: Final = "SELECT version FROM publications ORDER BY id DESC LIMIT 1"
KNOWN_KEYS: Final = "SELECT key, fact_id, content FROM source_keys WHERE key IN (SELECT value FROM json_each(?))"
ADD_KEYS: Final = "INSERT INTO source_keys (key, fact_id, content) VALUES (?, ?, ?)"
IDENTITIES: Final = """
SELECT kind, identities.value, record, customer, trust, first_at, first_fact FROM json_each(?) AS asked
JOIN identities ON kind = asked.value ->> 0 AND identities.value = asked.value ->> 1"""
ADD_IDENTITIES: Final = f"""
INSERT INTO identities (kind, value, record, customer, trust, first_at, first_fact, how) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, value, record) DO UPDATE SET
trust = CASE WHEN instr('{TRUSTS}', excluded.trust) > instr('{TRUSTS}', identities.trust) THEN excluded.trust
ELSE identities.trust END,
how = CASE WHEN (excluded.first_at, excluded.first_fact) < (identities.first_at, identities.first_fact)
THEN excluded.how ELSE identities.how END,
first_fact = CASE WHEN (excluded.first_at, excluded.first_fact) < (identities.first_at, identities.first_fact)
THEN excluded.first_fact ELSE identities.first_fact END,
first_at = min(excluded.first_at, identities.first_at)"""
LEAD_IDENTITIES: Final = "UPDATE identities SET customer = ?2 WHERE record = ?1"
LEAD_CUSTOMERS: Final = "UPDATE customers SET person = nullif(?2, ?1) WHERE id = ?1"
CUSTOMER_COLUMNS: Final = ", ".join(CustomerRow._fields)
_PLACES: Final = ", ".join("?" * len(CustomerRow._fields))
ADD_CUSTOMERS: Final = f"INSERT INTO customers ({CUSTOMER_COLUMNS}) VALUES ({_PLACES}) ON CONFLICT DO NOTHING"
CUSTOMERS: Final = f"SELECT {CUSTOMER_COLUMNS} FROM customers WHERE id IN (SELECT value FROM json_each(?))"
SAVE_CUSTOMERS: Final = """
UPDATE customers SET known = ?2, state = ?3, version = ?4, seq = ?5, facts = ?6, available = ?7, pending = ?8, lifetime = ?9,
tier = ?10, tier_since = ?11, member_since = ?12, due_at = ?13, first_seen_at = ?14, last_seen_at = ?15, person = ?16
WHERE id = ?1"""
ADD_JOURNAL: Final = """
INSERT INTO journal
(customer, seq, fact_id, name, source, happened_at, recorded_at, version, amount_minor, fact, effects, via)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
ADD_ENTRIES: Final = """
INSERT INTO entries
(customer, seq, ordinal, entry, points, source, target, lot_fact, lot_ordinal, rule, by_fact, effective_at, active_at,
expires_at, qualifies_on, reckoning)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
ADD_QUARANTINE: Final = """
INSERT INTO quarantine (received_at, source, position, reason, message, message_id, raw) VALUES (?, ?, ?, ?, ?, ?, ?)"""

ADD_MEMBERSHIPS: Final = "INSERT INTO memberships (segment, customer, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
DROP_MEMBERSHIPS: Final = "DELETE FROM memberships WHERE segment = ? AND customer = ?"
ADD_SEGMENT_MOVES: Final = """
INSERT INTO segment_moves (segment, customer, at, recorded_at, entered, fact_id, version, why, quiet)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""


def prepare(connection: sqlite3.Connection, cache_kib: int) -> None:
    """A new connection: transactions begin when we say so, and only then."""
    connection.isolation_level = None
    for pragma in (*PRAGMAS, f"PRAGMA cache_size=-{cache_kib}"):
        connection.execute(pragma)


class SqliteTransaction:
    shared = False

    def __init__(self, core: Connection) -> None:
        self.core = core
        connection = core.connection.dbapi_connection
        assert connection is not None
        self._execute: Any = connection.execute
        self._many: Any = connection.executemany

    def active_version(self) -> str | None:
        row = self._execute(ACTIVE_VERSION).fetchone()
        return str(row[0]) if row else None

    def hold_programs(self) -> None:
        """The one writer holds everything."""

    def claim(self, rows: Sequence[SourceKeyRow]) -> dict[str, Known]:
        asked = _json([key for key, _, _ in rows])
        known = {key: Known(fact_id, content) for key, fact_id, content in self._execute(KNOWN_KEYS, (asked,))}
        new = [row for row in rows if row[0] not in known] if known else rows
        self._many(ADD_KEYS, new)
        return known

    def identities(self, keys: Iterable[IdentityKey]) -> Links:
        return links_of(self._execute(IDENTITIES, (_json(list(keys)),)))

    def hold_identities(self, keys: Sequence[IdentityKey]) -> None:
        """The one writer holds everything."""

    def add_identities(self, rows: Sequence[IdentityRow]) -> None:
        self._many(ADD_IDENTITIES, rows)

    def lead(self, records: Sequence[tuple[str, str]]) -> None:
        self._many(LEAD_IDENTITIES, records)
        self._many(LEAD_CUSTOMERS, records)

    def add_customers(self, rows: Sequence[CustomerRow]) -> None:
        self._many(ADD_CUSTOMERS, rows)

    def lock_customers(self, ids: Sequence[str]) -> dict[str, CustomerRow]:
        return {row[0]: CustomerRow._make(row) for row in self._execute(CUSTOMERS, (_json(ids),))}

    def save_customers(self, rows: Sequence[CustomerRow]) -> None:
        self._many(SAVE_CUSTOMERS, rows)

    def add_journal(self, rows: Sequence[JournalRow]) -> None:
        self._many(ADD_JOURNAL, rows)

    def add_entries(self, rows: Sequence[EntryRow]) -> None:
        self._many(ADD_ENTRIES, rows)

    def add_quarantine(self, rows: Sequence[QuarantineRow]) -> None:
        self._many(ADD_QUARANTINE, rows)

    def add_memberships(self, rows: Sequence[MembershipRow]) -> None:
        self._many(ADD_MEMBERSHIPS, rows)

    def drop_memberships(self, rows: Sequence[tuple[str, str]]) -> None:
        self._many(DROP_MEMBERSHIPS, rows)

    def add_segment_moves(self, rows: Sequence[MoveRow]) -> None:
        self._many(ADD_SEGMENT_MOVES, rows)


_encode = msgspec.json.Encoder().encode


def _json(value: Any) -> str:
    return _encode(value).decode()
