"""Traits of a person: of each the value that holds, and where it comes from."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, select

from regulars.kernel.facts import Instant
from regulars.service.notes import ORIGINS
from regulars.store.schema import traits


class Trait(Struct, frozen=True):
    """`origin` is `declared` to the shop, `imported`, declared on the `site` to a browser, `observed` or `computed`."""

    name: str
    value: str
    origin: str
    source: str
    at: Instant


def traits_of(connection: Connection, records: Sequence[str]) -> tuple[Trait, ...]:
    """By name. What is declared goes before what was only seen; of one origin the latest word holds."""
    found: dict[str, Trait] = {}
    columns = traits.c
    asked = select(columns.name, columns.value, columns.origin, columns.source, columns.happened_at)
    rows = [Trait(*row) for row in connection.execute(asked.where(columns.record.in_(records)))]
    for trait in sorted(rows, key=lambda one: (one.name, ORIGINS.index(one.origin), -one.at, one.value)):
        found.setdefault(trait.name, trait)
    return tuple(found.values())
