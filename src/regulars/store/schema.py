"""The tables. All instants are microseconds since 1970 UTC, all money is in minor units, all ids are compared bytewise.

The record of what happened is `journal`: one row per step of a customer's state, in the order given by `seq`. A step is a
fact (`fact_id` is there), or time passing, or a newer program. `entries` are its postings, the ledger. `customers` holds the
state that they add up to, and what pages sort and search by.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql

metadata: Final = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s"}
)

Id = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that both databases compare bytewise."""

Number = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits; under this name SQLite makes a primary key the row's own number."""


IS_SALE: Final = sql("amount_minor IS NOT NULL")

source_keys: Final = Table(
    "source_keys",
    metadata,
    Column("key", Id, primary_key=True),
    Column("fact_id", Id, nullable=False),
    Column("content", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""What is known already, for ever: messages by source and id, orders by their id. `content` tells a resend from a reuse."""

identities: Final = Table(
    "identities",
    metadata,
    Column("kind", Id, primary_key=True),
    Column("value", Id, primary_key=True),
    Column("customer", Id, nullable=False, index=True),
    Column("trust", Id, nullable=False),
    Column("linked_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

customers: Final = Table(
    "customers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("known", Boolean, nullable=False),
    Column("state", LargeBinary),
    Column("version", Id, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("facts", BigInteger, nullable=False),
    Column("available", BigInteger, nullable=False),
    Column("pending", BigInteger, nullable=False),
    Column("lifetime", BigInteger, nullable=False),
    Column("tier", Id),
    Column("tier_since", BigInteger),
    Column("member_since", BigInteger),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
)
"""`seq` counts the steps, `facts` those of them that were facts. `due_at` is a lower bound, written only when earlier."""

journal: Final = Table(
    "journal",
    metadata,
    Column("id", Number, Identity(), primary_key=True),
    Column("customer", Id, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("fact_id", Id),
    Column("name", Text, nullable=False),
    Column("source", Id, nullable=False),
    Column("happened_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("version", Id, nullable=False),
    Column("amount_minor", BigInteger),
    Column("fact", LargeBinary),
    Column("effects", LargeBinary, nullable=False),
    UniqueConstraint("customer", "seq"),
    Index("ix_journal_recorded_at", "recorded_at", "source"),
    Index("ix_journal_sales", "happened_at", "amount_minor", postgresql_where=IS_SALE, sqlite_where=IS_SALE),
)
"""`effects` are those that are no postings. `amount_minor` is that of an order."""

entries: Final = Table(
    "entries",
    metadata,
    Column("customer", Id, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("entry", Id, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("source", Id, nullable=False),
    Column("target", Id, nullable=False),
    Column("lot_fact", Id, nullable=False),
    Column("lot_ordinal", Integer, nullable=False),
    Column("rule", Id, nullable=False),
    Column("by_fact", Boolean, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("active_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("qualifies_on", Integer),
    Column("reckoning", LargeBinary),
    sqlite_with_rowid=False,
)
"""The ledger: `points` of one lot moved from the account `source` to the account `target`. It only grows."""

programs: Final = Table(
    "programs",
    metadata,
    Column("version", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("compiled", LargeBinary, nullable=False),
)

publications: Final = Table(
    "publications",
    metadata,
    Column("id", Number, Identity(), primary_key=True),
    Column("version", Id, ForeignKey("programs.version"), nullable=False),
    Column("published_at", BigInteger, nullable=False),
    Column("published_by", Text, nullable=False),
)
"""The last one is in force."""

quarantine: Final = Table(
    "quarantine",
    metadata,
    Column("id", Number, Identity(), primary_key=True),
    Column("received_at", BigInteger, nullable=False, index=True),
    Column("source", Id, nullable=False),
    Column("position", Integer, nullable=False),
    Column("reason", Id, nullable=False),
    Column("message", Text, nullable=False),
    Column("message_id", Text),
    Column("raw", LargeBinary, nullable=False),
)

keys: Final = Table(
    "keys",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("kind", Id, nullable=False),
    Column("label", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)
"""Only hashes of keys: who reads the database cannot use them. `hint` is how a key begins."""

admins: Final = Table(
    "admins",
    metadata,
    Column("id", Number, Identity(), primary_key=True),
    Column("name", Id, nullable=False, unique=True),
    Column("password_hash", Text),
    Column("created_at", BigInteger, nullable=False),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("admin_id", Number, ForeignKey("admins.id"), nullable=False),
    Column("csrf", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

sign_in_links: Final = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("admin_id", Number, ForeignKey("admins.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

sign_in_attempts: Final = Table(
    "sign_in_attempts",
    metadata,
    Column("id", Number, Identity(), primary_key=True),
    Column("name_hash", LargeBinary, nullable=False, index=True),
    Column("address_hash", LargeBinary, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("succeeded", Boolean, nullable=False),
)

secrets: Final = Table(
    "secrets",
    metadata,
    Column("name", Id, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""Made once per shop, known to every process of it."""
