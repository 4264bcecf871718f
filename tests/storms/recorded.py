"""What stands on record after a storm."""

from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from regulars.store.database import Store
from regulars.store.schema import customers, identities, journal, quarantine


class Recorded(NamedTuple):
    """`points` ever issued, by the shop's own id; `fact_ids` of everything that is stored."""

    fact_ids: list[str]
    counted: int
    points: dict[str, int]
    quarantined: int
    devices: dict[str, str]


def recorded(database: str) -> Recorded:
    store = Store(database)
    named = select(identities.c.value, customers.c.lifetime).join(customers, customers.c.id == identities.c.customer)
    owners = identities.alias()
    devices = select(identities.c.value, owners.c.value).join(owners, owners.c.customer == identities.c.customer)
    try:
        with store.reading() as connection:

            def rows(asked: Select[Any]) -> list[Any]:
                return list(connection.execute(asked).all())

            return Recorded(
                [id for (id,) in rows(select(journal.c.fact_id).where(journal.c.fact_id.is_not(None)))],
                int(rows(select(func.sum(customers.c.facts)))[0][0]),
                dict([tuple(row) for row in rows(named.where(identities.c.kind == "user_id"))]),
                rows(select(func.count()).select_from(quarantine))[0][0],
                dict(
                    [
                        tuple(row)
                        for row in rows(devices.where(identities.c.kind == "anonymous_id", owners.c.kind == "user_id"))
                    ]
                ),
            )
    finally:
        store.close()
