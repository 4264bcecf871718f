"""Commands: what was answered to each key, adjustments that wait for a second look, and orders by the fact that they became."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_SALE = sa.text("amount_minor IS NOT NULL")
IS_OPEN = sa.text("decided_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "commands",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", ID, nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "adjustments",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer", ID, nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_adjustments_asked_at", "adjustments", ["asked_at"], postgresql_where=IS_OPEN, sqlite_where=IS_OPEN
    )
    op.create_index("ix_journal_orders", "journal", ["fact_id"], postgresql_where=IS_SALE, sqlite_where=IS_SALE)
