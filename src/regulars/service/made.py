"""A made year that a shop was filled with: which, and how much of it has come in.

A shop says so for ever: the row is added before anything of the year comes in, and nothing takes it away. How far it came and
what was answered until there stand in one row, so that whoever goes on counts nothing twice.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct, field
from sqlalchemy import Connection, func, select

from regulars.made_year.holding import AlreadyHeld, holding
from regulars.service.once import read_once, write_once
from regulars.service.shop import Shop
from regulars.store.schema import customers

_TAKEN_IN: Final = "made_year"
_LOCK: Final = 7_265_617_575
"""An advisory lock of PostgreSQL: whoever takes a year in."""


class MadeRefused(Exception):
    """A shop that this year cannot be taken into; the text says why and what to do."""


class TakenIn(Struct, frozen=True):
    """`year` tells one made year from another: the digest of its events. They were answered up to the byte `offset`, when the
    shop's clock stood at `clock`: so many `requests` with so many `messages`, of which `accepted` were taken, and others `refused`
    by reason. `is_whole` at the end of the year.
    """

    year: str
    offset: int = 0
    clock: int = 0
    requests: int = 0
    messages: int = 0
    accepted: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    is_whole: bool = False


def is_made(connection: Connection) -> bool:
    return read_once(connection, _TAKEN_IN) is not None


def is_empty(shop: Shop) -> bool:
    """Whether nobody has ever come."""
    with shop.store.reading() as connection:
        return _is_empty(connection)


def taken_in(shop: Shop) -> TakenIn | None:
    """None for a shop into which no made year was taken."""
    with shop.store.reading() as connection:
        return _read(connection)


@contextmanager
def alone(shop: Shop) -> Iterator[None]:
    """While this holds, nobody else takes a year into this shop: MadeRefused where somebody does. Whoever dies holds nothing."""
    try:
        with holding(Path(shop.store.url.database or "").parent) if shop.store.is_sqlite else _holding_on_server(shop):
            yield
    except AlreadyHeld:
        raise MadeRefused(
            "a year is being taken into this shop: wait until that is done, or end it, and start again"
        ) from None


@contextmanager
def _holding_on_server(shop: Shop) -> Iterator[None]:
    """The lock is the connection's; no transaction stays open with it."""
    with shop.store.reading() as connection:
        is_mine = connection.execute(select(func.pg_try_advisory_lock(_LOCK))).scalar_one()
        connection.commit()
        if not is_mine:
            raise AlreadyHeld(str(_LOCK))
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(_LOCK)))
            connection.commit()


def check(shop: Shop, year: str) -> None:
    """Raises MadeRefused where `begin` would."""
    with shop.store.reading() as connection:
        _begun(connection, year)


def begin(shop: Shop, year: str) -> TakenIn:
    """From where to go on. Raises MadeRefused where the shop holds another made year, or people whom none has brought."""

    def mark(tx: Any) -> TakenIn:
        begun = _begun(tx.core, year)
        write_once(tx.core, _TAKEN_IN, msgspec.json.encode(begun))
        return begun

    return shop.writer.run(mark)


def _begun(connection: Connection, year: str) -> TakenIn:
    held = _read(connection)
    if held is None and not _is_empty(connection):
        raise MadeRefused("this shop has customers of its own: take a made year into an empty folder")
    if held is not None and held.year != year:
        raise MadeRefused("this shop holds another made year: take this one into a folder of its own")
    return held or TakenIn(year)


def keep(shop: Shop, so_far: TakenIn) -> None:
    shop.writer.run(lambda tx: write_once(tx.core, _TAKEN_IN, msgspec.json.encode(so_far)))


def _is_empty(connection: Connection) -> bool:
    return connection.execute(select(customers.c.id).limit(1)).first() is None


def _read(connection: Connection) -> TakenIn | None:
    value = read_once(connection, _TAKEN_IN)
    return msgspec.json.decode(value, type=TakenIn) if value else None
