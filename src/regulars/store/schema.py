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
IS_OPEN: Final = sql("decided_at IS NULL")
IS_EARNED_OR_EXPIRED: Final = sql("entry IN ('earn', 'expire')")
HAS_DETOUR: Final = sql("via IS NOT NULL")
IS_MERGED: Final = sql("person IS NOT NULL")
IS_WAITING: Final = sql("due_at IS NOT NULL")
IS_DELIVERED: Final = sql("delivered_at IS NOT NULL")
HAS_FAILED: Final = sql("failed_at IS NOT NULL")
IS_ABOUT: Final = sql("customer IS NOT NULL")
IS_LISTED: Final = sql("known AND person IS NULL")
"""Pages list whom the shop knows; visitors without a name come and go too often for an index."""

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
    Column("record", Id, primary_key=True),
    Column("customer", Id, nullable=False),
    Column("trust", Id, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("first_fact", Id, nullable=False),
    Column("how", Id, nullable=False),
    Index("ix_identities_customer", "customer", "kind"),
    Index("ix_identities_record", "record"),
    sqlite_with_rowid=False,
)
"""With which records an identity was named. `trust` says how: it is that record's own name (`visitor`), or a browser (`weak`) or
the shop (`shop`) said so first at `first_at`, in the message `first_fact`, by `how`. `customer` is who the record belongs to
now: itself, or the one that it was merged into. Who an identity leads to is worked out from its rows (`service.people`).
"""

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
    Column("person", Id),
    Index("ix_customers_person", "person", postgresql_where=IS_MERGED, sqlite_where=IS_MERGED),
    *[
        Index(f"ix_customers_by_{name}", name, "id", postgresql_where=IS_LISTED, sqlite_where=IS_LISTED)
        for name in ("last_seen_at", "first_seen_at", "available", "lifetime")
    ],
)
"""`seq` counts the steps, `facts` those of them that were facts. `due_at` is a lower bound, written only when earlier.
`person` is the customer that this one was merged into, NULL for everybody else.
"""

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
    Column("via", Id),
    UniqueConstraint("customer", "seq"),
    Index("ix_journal_via", "via", "id", postgresql_where=HAS_DETOUR, sqlite_where=HAS_DETOUR),
    Index("ix_journal_recorded_at", "recorded_at", "source"),
    Index("ix_journal_orders", "fact_id", postgresql_where=IS_SALE, sqlite_where=IS_SALE),
    Index("ix_journal_sales", "happened_at", "amount_minor", postgresql_where=IS_SALE, sqlite_where=IS_SALE),
)
"""`effects` are those that are no postings. `amount_minor` is that of an order. `via` is the record that a fact came through,
where that is another one than the customer: one that was merged into it.
"""

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
    Index(
        "ix_entries_effective_at",
        "effective_at",
        "entry",
        "points",
        postgresql_where=IS_EARNED_OR_EXPIRED,
        sqlite_where=IS_EARNED_OR_EXPIRED,
    ),
    sqlite_with_rowid=False,
)
"""The ledger: `points` of one lot moved from the account `source` to the account `target`. It only grows."""

commands: Final = Table(
    "commands",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Id, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("answered_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""What was answered to each key, so that the same is answered again. Its hash of what was asked stands in `source_keys`."""

adjustments: Final = Table(
    "adjustments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("customer", Id, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("expires_at", BigInteger),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", BigInteger),
    Column("approved", Boolean),
    Index("ix_adjustments_asked_at", "asked_at", postgresql_where=IS_OPEN, sqlite_where=IS_OPEN),
)
"""Points by hand that want a second member of staff, and what became of them."""

closed_months: Final = Table(
    "closed_months",
    metadata,
    Column("month", Id, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("closed_at", BigInteger, nullable=False),
    Column("closed_by", Text, nullable=False),
    Column("digest", Id, nullable=False),
    Column("closing", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Months whose books are closed: `closing` is what customers held at their end, `digest` is of the postings written in them."""

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
    Column("announced", Boolean, nullable=False, server_default=sql("false")),
)
"""The last one is in force. Where it is `announced`, others are told of everybody whom it moves between segments."""

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

traits: Final = Table(
    "traits",
    metadata,
    Column("record", Id, primary_key=True),
    Column("name", Id, primary_key=True),
    Column("origin", Id, primary_key=True),
    Column("value", Text, nullable=False),
    Column("source", Id, nullable=False),
    Column("happened_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""What is known about a person, each with its origin: `declared`, `observed`, `computed` or `imported`. The last word of each."""

consents: Final = Table(
    "consents",
    metadata,
    Column("fact_id", Id, primary_key=True),
    Column("purpose", Id, primary_key=True),
    Column("record", Id, nullable=False, index=True),
    Column("granted", Boolean, nullable=False),
    Column("trust", Id, nullable=False),
    Column("ground", Id, nullable=False),
    Column("wording", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("source", Id, nullable=False),
    Column("imported", Boolean, nullable=False),
    Column("happened_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Every word about a consent, with its proof. It only grows; what holds now is worked out from it (`kernel.consents`)."""

merges: Final = Table(
    "merges",
    metadata,
    Column("id", Number, Identity(), primary_key=True),
    Column("record", Id, nullable=False, index=True),
    Column("into", Id, nullable=False, index=True),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("merged_at", BigInteger, nullable=False),
    Column("parted_at", BigInteger),
    Column("parted_by", Text),
)
"""Who went up in whom. `by` is `identity` where an identity brought it about, else the member of staff or the key."""

tombstones: Final = Table(
    "tombstones",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("erased_at", BigInteger, nullable=False),
)
"""Keyed hashes of the identities of whoever was erased: late messages do not bring anybody back."""

audit: Final = Table(
    "audit",
    metadata,
    Column("id", Number, Identity(), primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("what", Id, nullable=False),
    Column("customer", Id, index=True),
    Column("details", Text, nullable=False),
)
"""What staff and keys did to people: merged, parted, exported, erased. `details` never say who somebody is."""

visits: Final = Table(
    "visits",
    metadata,
    Column("id", Id, primary_key=True),
    Column("record", Id, nullable=False),
    Column("started_at", BigInteger, nullable=False, index=True),
    Column("last_at", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("channel", Id, nullable=False),
    Column("traffic_source", Text, nullable=False),
    Column("medium", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("device", Id, nullable=False),
    Column("system", Text, nullable=False),
    Column("browser", Text, nullable=False),
    Column("language", Id, nullable=False),
    Column("country", Id, nullable=False),
    Column("region", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("bot", Text),
    Index("ix_visits_record", "record", "started_at"),
)
"""Sessions, by the record of the device that they were made with, or of the customer where no device is known."""

impersonal: Final = Table(
    "impersonal",
    metadata,
    Column("day", Integer, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
"""How often something was done by people who did not consent to being told apart; days are the shop's own."""

orders: Final = Table(
    "orders",
    metadata,
    Column("order_id", Id, primary_key=True),
    Column("record", Id),
    Column("status", Id, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("refunded_minor", BigInteger, nullable=False),
    Column("placed_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False, index=True),
    Column("source", Id, nullable=False),
    Column("fact_id", Id),
    Index("ix_orders_record", "record"),
)
"""How each order stands by the newest word of the shop's platform. `fact_id` is the fact that it became once it was paid."""

products: Final = Table(
    "products",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("brand", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("image_url", Text, nullable=False),
    Column("price_minor", BigInteger),
    Column("sale_price_minor", BigInteger),
    Column("available", Boolean, nullable=False),
    Column("group_id", Id, nullable=False),
    Column("source", Id, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Index("ix_products_category", "category", "id"),
)
"""The catalogue: from orders, a feed or a file. A feed's word goes before an order's."""

connections: Final = Table(
    "connections",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Id, nullable=False),
    Column("secrets", LargeBinary, nullable=False),
    Column("settings", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("heard_at", BigInteger),
    Column("polled_at", BigInteger),
    Column("cursor", Text),
)
"""Platforms and other systems whose signed webhooks are believed, and which are asked for what never arrived."""

memberships: Final = Table(
    "memberships",
    metadata,
    Column("segment", Id, primary_key=True),
    Column("customer", Id, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Index("ix_memberships_customer", "customer", "segment"),
    sqlite_with_rowid=False,
)
"""Who is in which segment, of those who are listed: what their states say (`kernel.segments.live`)."""

segment_moves: Final = Table(
    "segment_moves",
    metadata,
    Column("id", Number, Identity(), primary_key=True),
    Column("segment", Id, nullable=False),
    Column("customer", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("entered", Boolean, nullable=False),
    Column("fact_id", Id),
    Column("version", Id, nullable=False),
    Column("why", Text, nullable=False),
    Column("quiet", Boolean, nullable=False),
    Index("ix_segment_moves_segment", "segment", "recorded_at", "id"),
    Index("ix_segment_moves_customer", "customer", "id"),
)
"""Every entering and leaving, with its because; they add up to `memberships`. Of a quiet one nobody was told."""

segment_audits: Final = Table(
    "segment_audits",
    metadata,
    Column("id", Number, Identity(), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("version", Id, nullable=False),
    Column("customers", BigInteger, nullable=False),
    Column("compared", BigInteger, nullable=False),
    Column("drifts", BigInteger, nullable=False),
)
"""Each time that rows of `memberships` were held against the batch form: of how many `customers` how many were `compared`."""

segment_drifts: Final = Table(
    "segment_drifts",
    metadata,
    Column("audit", Number, primary_key=True),
    Column("segment", Id, primary_key=True),
    Column("customer", Id, primary_key=True),
    Column("listed", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""What an audit found: somebody who is `listed` in a segment and should not be, or the other way round."""

webhooks: Final = Table(
    "webhooks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Id, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("types", Text, nullable=False),
    Column("secrets", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("rests_until", BigInteger),
    Column("disabled_at", BigInteger),
    Column("disabled_why", Text),
)
"""Endpoints: where this shop tells what happens. Nothing is sent to one before `rests_until`: it said that it was too much."""

outbox: Final = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("endpoint", Id, nullable=False),
    Column("type", Id, nullable=False),
    Column("customer", Id),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("status", Integer),
    Column("trouble", Text),
    Column("delivered_at", BigInteger),
    Column("failed_at", BigInteger),
    Index("ix_outbox_due", "endpoint", "due_at", "id", postgresql_where=IS_WAITING, sqlite_where=IS_WAITING),
    Index("ix_outbox_delivered", "endpoint", "delivered_at", postgresql_where=IS_DELIVERED, sqlite_where=IS_DELIVERED),
    Index("ix_outbox_failed", "endpoint", "failed_at", postgresql_where=HAS_FAILED, sqlite_where=HAS_FAILED),
    Index("ix_outbox_customer", "customer", postgresql_where=IS_ABOUT, sqlite_where=IS_ABOUT),
    Index("ix_outbox_endpoint", "endpoint", "id"),
)
"""What is to be told to whom, written by the transaction in which it happened. `due_at` is there until it was delivered or given
up; while somebody sends it, it is the moment from which another may. `status` is the last answer's, NULL where there was none.
An endpoint that was removed leaves its rows behind for a while. `customer` is whom it is about, so that it goes with them.
"""
