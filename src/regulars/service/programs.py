"""The program in force, those before it, and the way from one to the next: plan, publish, adopt.

A fact is judged by the version in force when it is recorded. Publishing changes what is in force at once; customers adopt it
at their next touch, and `adopt_all` touches all of them.
"""

from msgspec import Struct
from sqlalchemy import Connection, insert, select
from sqlalchemy.sql.functions import count

from regulars.kernel.changes import changes
from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook
from regulars.service.shop import Shop
from regulars.service.waking import waiting_to_adopt
from regulars.store.schema import customers, journal, programs
from regulars.store.schema import publications as published
from regulars.store.transaction import Transaction
from regulars.wire.program import parse_program
from regulars.wire.records import decode_program, encode_program


class Publication(Struct, frozen=True):
    """`number` counts from 1. `waiting` customers have not adopted it yet (only reckoned for the one in force)."""

    number: int
    version: str
    name: str
    published_at: Instant
    published_by: str
    waiting: int


class Plan(Struct, frozen=True):
    """What would change, in sentences; none when the document says what is in force already. `version` is the document's."""

    version: str
    changes: tuple[str, ...]
    customers: int


class ProgramRefused(Exception):
    """A program that is well written and cannot be put in force here, in words for whoever applies it."""


def in_force(shop: Shop) -> Rulebook | None:
    return shop.rulebooks.in_force()


def document(shop: Shop, version: str) -> str:
    """What the shop wrote; KeyError where no such version was published."""
    with shop.store.reading() as connection:
        written = connection.execute(select(programs.c.document).where(programs.c.version == version)).scalar()
    if written is None:
        raise KeyError(version)
    return str(written)


def publications(shop: Shop) -> tuple[Publication, ...]:
    """Newest first."""
    asked = (
        select(published.c.id, published.c.version, programs.c.name, published.c.published_at, published.c.published_by)
        .join(programs, programs.c.version == published.c.version)
        .order_by(published.c.id.desc())
    )
    with shop.store.reading() as connection:
        rows = connection.execute(asked).all()
    waiting = waiting_to_adopt(shop) if rows else 0
    return tuple([Publication(*row, waiting if row is rows[0] else 0) for row in rows])


def plan(shop: Shop, document: str, name: str = "the document") -> Plan:
    """What publishing `document` would change; DocumentError with every mistake in it, or ProgramRefused."""
    rulebook, held = parse_program(document, name), in_force(shop)
    with shop.store.reading() as connection:
        number = connection.execute(select(count()).select_from(customers)).scalar_one()
        _check(connection, held, rulebook)
    if held is None:
        return Plan(rulebook.version, tuple(rulebook.program.describe()), number)
    return Plan(rulebook.version, tuple(changes(held.program, rulebook.program)), number)


def publish(
    shop: Shop, document: str, by: str, now: Instant, name: str = "the document", *, announce: bool = False
) -> Publication:
    """Puts the program in force, for every fact recorded from now on; publishing what is in force already changes nothing. With
    `announce`, webhooks are told of everybody whom it moves between segments; they are not otherwise.
    """
    rulebook = parse_program(document, name)
    shop.writer.run(lambda tx: _publish(tx, rulebook, document, by, now, announce))
    shop.rulebooks.in_force()
    return publications(shop)[0]


def _publish(tx: Transaction, rulebook: Rulebook, document: str, by: str, now: Instant, announce: bool) -> None:
    tx.hold_programs()
    held = tx.active_version()
    if held == rulebook.version:
        return
    compiled = tx.core.execute(select(programs.c.compiled).where(programs.c.version == held)).scalar() if held else None
    _check(tx.core, decode_program(compiled, held) if compiled and held else None, rulebook)
    if tx.core.execute(select(programs.c.version).where(programs.c.version == rulebook.version)).scalar() is None:
        written = {"version": rulebook.version, "name": rulebook.program.name, "document": document}
        tx.core.execute(insert(programs).values(written | {"compiled": encode_program(rulebook)}))
    row = {"version": rulebook.version, "published_at": now, "published_by": by, "announced": announce}
    tx.core.execute(insert(published).values(row))


def _check(connection: Connection, held: Rulebook | None, new: Rulebook) -> None:
    """One shop, one currency: amounts that are on record cannot be read in another."""
    if held is None or held.program.currency == new.program.currency:
        return
    if connection.execute(select(journal.c.id).limit(1)).scalar() is not None:
        old, other = held.program.currency.code, new.program.currency.code
        raise ProgramRefused(f"What is on record is in {old}, this program in {other}. A shop keeps its currency.")
