"""People: identities by record, consents and traits with their proof, visits, orders as they stand, the catalogue."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HAS_DETOUR = sa.text("via IS NOT NULL")
IS_MERGED = sa.text("person IS NOT NULL")
IS_LISTED = sa.text("known AND person IS NULL")
IS_EARNED_OR_EXPIRED = sa.text("entry IN ('earn', 'expire')")


def upgrade() -> None:
    _identities()
    _customers()
    op.add_column("journal", sa.Column("via", ID, nullable=True))
    op.create_index("ix_journal_via", "journal", ["via", "id"], postgresql_where=HAS_DETOUR, sqlite_where=HAS_DETOUR)
    op.create_index(
        "ix_entries_effective_at",
        "entries",
        ["effective_at", "entry", "points"],
        postgresql_where=IS_EARNED_OR_EXPIRED,
        sqlite_where=IS_EARNED_OR_EXPIRED,
    )
    _new_tables()


def _identities() -> None:
    """Each link of before was of one record, which is the customer."""
    op.create_table(
        "identities_new",
        sa.Column("kind", ID, nullable=False),
        sa.Column("value", ID, nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("customer", ID, nullable=False),
        sa.Column("trust", ID, nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("first_fact", ID, nullable=False),
        sa.Column("how", ID, nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", "record"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO identities_new (kind, value, record, customer, trust, first_at, first_fact, how) "
        "SELECT kind, value, customer, customer, trust, linked_at, '', '' FROM identities"
    )
    op.drop_table("identities")
    op.rename_table("identities_new", "identities")
    op.create_index("ix_identities_customer", "identities", ["customer", "kind"])
    op.create_index("ix_identities_record", "identities", ["record"])


def _customers() -> None:
    op.add_column("customers", sa.Column("person", ID, nullable=True))
    op.create_index("ix_customers_person", "customers", ["person"], postgresql_where=IS_MERGED, sqlite_where=IS_MERGED)
    for name in ("last_seen_at", "first_seen_at", "available", "lifetime"):
        op.create_index(
            f"ix_customers_by_{name}",
            "customers",
            [name, "id"],
            postgresql_where=IS_LISTED,
            sqlite_where=IS_LISTED,
        )


def _new_tables() -> None:
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", ID, nullable=False),
        sa.Column("customer", ID, nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_customer", "audit", ["customer"], unique=False)
    op.create_table(
        "connections",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", ID, nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=True),
        sa.Column("polled_at", sa.BigInteger(), nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "consents",
        sa.Column("fact_id", ID, nullable=False),
        sa.Column("purpose", ID, nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("trust", ID, nullable=False),
        sa.Column("ground", ID, nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("source", ID, nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fact_id", "purpose"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_consents_record", "consents", ["record"], unique=False)
    op.create_table(
        "impersonal",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "name"),
    )
    op.create_table(
        "merges",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("into", ID, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("merged_at", sa.BigInteger(), nullable=False),
        sa.Column("parted_at", sa.BigInteger(), nullable=True),
        sa.Column("parted_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_merges_into", "merges", ["into"], unique=False)
    op.create_index("ix_merges_record", "merges", ["record"], unique=False)
    op.create_table(
        "orders",
        sa.Column("order_id", ID, nullable=False),
        sa.Column("record", ID, nullable=True),
        sa.Column("status", ID, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("source", ID, nullable=False),
        sa.Column("fact_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("order_id"),
    )
    op.create_index("ix_orders_updated_at", "orders", ["updated_at"], unique=False)
    op.create_index("ix_orders_record", "orders", ["record"])
    op.create_table(
        "products",
        sa.Column("id", ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("image_url", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("sale_price_minor", sa.BigInteger(), nullable=True),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("source", ID, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_products_category", "products", ["category", "id"], unique=False)
    op.create_table(
        "tombstones",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "traits",
        sa.Column("record", ID, nullable=False),
        sa.Column("name", ID, nullable=False),
        sa.Column("origin", ID, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source", ID, nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record", "name", "origin"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "visits",
        sa.Column("id", ID, nullable=False),
        sa.Column("record", ID, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("channel", ID, nullable=False),
        sa.Column("traffic_source", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("device", ID, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("language", ID, nullable=False),
        sa.Column("country", ID, nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("bot", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_visits_record", "visits", ["record", "started_at"], unique=False)
    op.create_index("ix_visits_started_at", "visits", ["started_at"], unique=False)
