"""Small values that a shop has once, by name, in the table beside its secrets."""

from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from regulars.store.schema import secrets


def read_once(connection: Connection, name: str) -> bytes | None:
    value = connection.execute(select(secrets.c.value).where(secrets.c.name == name)).scalar()
    return None if value is None else bytes(value)


def write_once(connection: Connection, name: str, value: bytes) -> None:
    """In place of what was there."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(secrets).values(name=name, value=value)
    connection.execute(new.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
