"""A made year that a shop was filled with: which, and how much of it has come in.

A shop says so for ever: the row is added before anything of the year comes in, and nothing takes it away. How far it came and
what was answered until there stand in one row, so that whoever goes on counts nothing twice.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct, field
from sqlalchemy import Connection, select

from regulars.service.once import read_once, write_once
from regulars.service.shop import Shop
from regulars.store.schema import customers

_TAKEN_IN: Final = "made_year"


class MadeRefused(Exception):
    """A shop that this year cannot be taken into; the text says why and what to do."""


class TakenIn(Struct, frozen=True):
    """`year` tells one made year from another. Its events were answered up to the byte `offset`, when the shop's clock stood at
    `clock`: so many `requests` with so many `messages`, of which `accepted` were taken, and others `refused` by reason.
    `is_whole` at the end of the year.
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


def taken_in(shop: Shop) -> TakenIn | None:
    """None for a shop into which no made year was taken."""
    with shop.store.reading() as connection:
        return _read(connection)


def begin(shop: Shop, year: str) -> TakenIn:
    """From where to go on. Raises MadeRefused where the shop holds another made year, or people whom none has brought."""

    def mark(tx: Any) -> TakenIn:
        held = _read(tx.core)
        if held is None:
            if tx.core.execute(select(customers.c.id).limit(1)).first():
                raise MadeRefused("this shop has customers of its own: take a made year into an empty folder")
            held = TakenIn(year)
            write_once(tx.core, _TAKEN_IN, msgspec.json.encode(held))
        return held

    held = shop.writer.run(mark)
    if held.year != year:
        raise MadeRefused("this shop holds another made year: take this one into a folder of its own")
    return held


def keep(shop: Shop, so_far: TakenIn) -> None:
    shop.writer.run(lambda tx: write_once(tx.core, _TAKEN_IN, msgspec.json.encode(so_far)))


def _read(connection: Connection) -> TakenIn | None:
    value = read_once(connection, _TAKEN_IN)
    return msgspec.json.decode(value, type=TakenIn) if value else None
