"""The shop's sign: what it is called, and what every page must say of it."""

from typing import Final

import msgspec
from msgspec import Struct

from regulars.service.made import is_made
from regulars.service.once import read_once, write_once
from regulars.service.shop import Shop

LONGEST_NAME: Final = 60
LONGEST_NOTE: Final = 200
MADE: Final = "A made year: nobody in it is real, nothing in it was measured."
_SIGN: Final = "sign"


class Sign(Struct, frozen=True):
    """`name` is "" where the shop has given itself none: then it is called as its program is. `note` is "" where nothing must be
    said."""

    name: str = ""
    note: str = ""


class SignRefused(Exception):
    """A name or a note that cannot be shown; the text says how long it may be."""


def sign_of(shop: Shop) -> Sign:
    """As a page shows it: that a year is made stands before the shop's own note, and is nobody's to take away."""
    with shop.store.reading() as connection:
        given, made = read_once(connection, _SIGN), is_made(connection)
    own = msgspec.json.decode(given, type=Sign) if given else Sign()
    return Sign(own.name, " ".join([note for note in (MADE if made else "", own.note) if note]))


def put_up(shop: Shop, name: str | None, note: str | None) -> None:
    """ "" takes one down, None leaves it as it is. Raises SignRefused."""
    with shop.store.reading() as connection:
        given = read_once(connection, _SIGN)
    own = msgspec.json.decode(given, type=Sign) if given else Sign()
    new = Sign(
        own.name if name is None else _checked("A name", name, LONGEST_NAME),
        own.note if note is None else _checked("A note", note, LONGEST_NOTE),
    )
    shop.writer.run(lambda tx: write_once(tx.core, _SIGN, msgspec.json.encode(new)))


def _checked(what: str, text: str, longest: int) -> str:
    text = text.strip()
    if len(text) > longest or not text.isprintable():
        raise SignRefused(f"{what} has at most {longest} characters that can be printed, on one line.")
    return text
