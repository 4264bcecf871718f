"""Segments: the outbox, which tells other systems what happens, and whom."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_WAITING = sa.text("due_at IS NOT NULL")
IS_DELIVERED = sa.text("delivered_at IS NOT NULL")
HAS_FAILED = sa.text("failed_at IS NOT NULL")
IS_ABOUT = sa.text("customer IS NOT NULL")


def upgrade() -> None:
    _publications()
    _memberships()
    _segment_moves()
    _segment_audits()
    _webhooks()
    _outbox()


def _publications() -> None:
    op.add_column("publications", sa.Column("announced", sa.Boolean(), nullable=False, server_default=sa.text("false")))


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("segment", ID, nullable=False),
        sa.Column("customer", ID, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("segment", "customer"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_memberships_customer", "memberships", ["customer", "segment"])


def _segment_moves() -> None:
    op.create_table(
        "segment_moves",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("segment", ID, nullable=False),
        sa.Column("customer", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("entered", sa.Boolean(), nullable=False),
        sa.Column("fact_id", ID, nullable=True),
        sa.Column("version", ID, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_segment_moves_segment", "segment_moves", ["segment", "recorded_at", "id"])
    op.create_index("ix_segment_moves_customer", "segment_moves", ["customer", "id"])


def _segment_audits() -> None:
    op.create_table(
        "segment_audits",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("version", ID, nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("compared", sa.BigInteger(), nullable=False),
        sa.Column("drifts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "segment_drifts",
        sa.Column("audit", NUMBER, nullable=False),
        sa.Column("segment", ID, nullable=False),
        sa.Column("customer", ID, nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("audit", "segment", "customer"),
        sqlite_with_rowid=False,
    )


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("rests_until", sa.BigInteger(), nullable=True),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("disabled_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="uq_webhooks_name"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("endpoint", ID, nullable=False),
        sa.Column("type", ID, nullable=False),
        sa.Column("customer", ID, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("ix_outbox_due", ["endpoint", "due_at", "id"], IS_WAITING)
    _index("ix_outbox_delivered", ["endpoint", "delivered_at"], IS_DELIVERED)
    _index("ix_outbox_failed", ["endpoint", "failed_at"], HAS_FAILED)
    _index("ix_outbox_customer", ["customer"], IS_ABOUT)
    op.create_index("ix_outbox_endpoint", "outbox", ["endpoint", "id"])


def _index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, "outbox", columns, postgresql_where=where, sqlite_where=where)
