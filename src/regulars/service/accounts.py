"""The accounts that make up a customer: which were merged into it, and through which of them something came in."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import select

from regulars.kernel.facts import Instant
from regulars.service.consents import Word, words
from regulars.service.merging import BY_IDENTITY
from regulars.service.records import records_of
from regulars.service.shop import Shop
from regulars.store.schema import merges


class Account(Struct, frozen=True):
    """An account that went up in `into`. `by` is the member of staff, and `why` their reason; `by` is None where an identity
    brought it about, and `why` its kind.
    """

    record: str
    into: str
    by: str | None
    why: str
    merged_at: Instant


def merged_accounts(shop: Shop, records: Sequence[str]) -> tuple[Account, ...]:
    """Those among a customer's records that were merged, the latest first."""
    columns = merges.c
    asked = select(columns.record, columns.into, columns.by, columns.why, columns.merged_at)
    asked = asked.where(columns.record.in_(records), columns.parted_at.is_(None)).order_by(columns.id.desc())
    with shop.store.reading() as connection:
        rows = connection.execute(asked).all()
    return tuple(
        [
            Account(row.record, row.into, None if row.by == BY_IDENTITY else row.by, row.why, row.merged_at)
            for row in rows
        ]
    )


def everything_said(shop: Shop, customer: str) -> tuple[Word, ...]:
    """Every word about a consent of the customer, newest first."""
    with shop.store.reading() as connection:
        return words(connection, records_of(connection, customer))
