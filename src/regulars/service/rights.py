"""What people may ask for: everything that is known of them, and to be forgotten.

Erasing a person takes away every identity, trait, consent and visit, what refused events said, and of the facts whatever they
said beyond what the books need: of an order its number, its amounts and its goods, of behaviour its name alone. The ledger
stays, under an id that leads to nobody; it still sums. Keyed hashes of the identities stay too, so that late messages do not
bring the person back (`service.tombstones`). What a database file still holds of rows that are gone, `compact` takes out.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, or_, select, update

from regulars.kernel.facts import (
    Behaved,
    Fact,
    Instant,
    Line,
    OrderCompleted,
    PointsAdjusted,
    PointsReceived,
    PointsSent,
    PointsSpent,
)
from regulars.kernel.program import USUAL_KINDS, DeviceLimit, IdentityKind
from regulars.service.audit import write_down
from regulars.service.consents import ConsentView, words
from regulars.service.customers import Customer, Identity, customer
from regulars.service.devices import device_times
from regulars.service.memberships import forget_memberships
from regulars.service.merging import hold_names
from regulars.service.people import claims_of, leads_to, own_of
from regulars.service.record import Journal, brought_to
from regulars.service.records import links_among, records_of
from regulars.service.shop import Shop
from regulars.service.sign import sign_of
from regulars.service.tombstones import bury, keys_in, lift
from regulars.service.traits import Trait, traits_of
from regulars.store.facts import came_through
from regulars.store.schema import (
    audit,
    consents,
    customers,
    entries,
    identities,
    journal,
    merges,
    orders,
    quarantine,
    segment_moves,
    traits,
    visits,
)
from regulars.store.transaction import IdentityKey, Transaction
from regulars.wire.instants import rfc3339
from regulars.wire.records import decode_fact, encode_fact

KEPT_OF_A_LINE: Final = ("product", "product_id", "sku", "category", "brand", "variant")
"""What the books need of goods."""
PORTION: Final = 500
SHORT_CHARACTERS: Final = 6


class Erased(Struct, frozen=True):
    """How much went: `records` of the person, `identities`, `facts` that were stripped, `refusals` thrown away."""

    records: int
    identities: int
    facts: int
    refusals: int


class NobodyThere(Exception):
    """There is no such customer."""


def find_people(connection: Connection, keys: Collection[IdentityKey], limit: DeviceLimit) -> list[str]:
    """The customers to whom these identities lead, and those that bear their names."""
    found: dict[str, None] = {}
    for kind, value in keys:
        links = links_among(connection, [(kind, value)]).get((kind, value), ())
        for id in (leads_to(kind, links, limit), *[link.customer for link in links if own_of(kind, links) == link]):
            if id is not None:
                found[id] = None
    return list(found)


# --- everything that is known --------------------------------------------------------------------------------------------


@contextmanager
def exporting(shop: Shop, id: str, who: str, now: Instant) -> Iterator[Iterator[tuple[str, Any]]]:
    """Everything that is kept of one person, name by name, as values for JSON; instants are RFC 3339 in UTC. What grows with the
    years is an iterator, good until the next name is asked for: nobody's life need fit into memory. NobodyThere where there is
    none; at the end of the block it stands in the audit trail.
    """
    with shop.store.one_moment(), shop.store.reading() as connection:
        known = customer(shop, id, now)
        if known is None:
            raise NobodyThere(id)
        yield _said(shop, connection, known, now)
    shop.writer.run(lambda tx: write_down(tx, now, who, "exported", known.id, ""))


def write_person(shop: Shop, id: str, who: str, now: Instant, file: IO[bytes]) -> None:
    """The same as a JSON object: a line for each name, and for each thing that is written down under it."""
    with exporting(shop, id, who, now) as said:
        file.write(b"{")
        for place, (name, value) in enumerate(said):
            file.write(b",\n" if place else b"\n")
            file.write(_encode(name) + b": ")
            if isinstance(value, Iterator):
                _write_all(value, file)
            else:
                file.write(_encode(value))
        file.write(b"\n}\n")


_encode: Final = msgspec.json.Encoder().encode


def _write_all(things: Iterator[Any], file: IO[bytes]) -> None:
    file.write(b"[")
    for place, thing in enumerate(things):
        file.write(b",\n  " if place else b"\n  ")
        file.write(_encode(thing))
    file.write(b"\n]")


def _said(shop: Shop, connection: Connection, known: Customer, now: Instant) -> Iterator[tuple[str, Any]]:
    records = records_of(connection, known.id)
    devices = device_times(connection, known.id, _limit(shop))
    yield "exported_at", rfc3339(now)
    yield "shop", _name(shop)
    if note := sign_of(shop).note:
        yield "note", note
    yield "id", known.id
    yield "known", known.known
    yield "first_seen_at", rfc3339(known.first_seen_at)
    yield "last_seen_at", rfc3339(known.last_seen_at)
    yield "member_since", None if known.member_since is None else rfc3339(known.member_since)
    yield "tier", known.tier.id
    yield "points", msgspec.to_builtins(known.points)
    yield "identities", [_identity(one) for one in known.identities]
    yield "traits", [_trait(one) for one in traits_of(connection, records)]
    yield "consents", [_consent(one) for one in known.consents]
    yield "consent_history", [_instants(msgspec.to_builtins(one)) for one in words(connection, records)]
    yield "visits", _visits(connection, records, devices)
    yield "orders", _orders(connection, records)
    yield "ledger", _ledger(connection, records)
    yield "segments", _segments(connection, records)
    yield "facts", _facts_said(connection, records, devices)


def _identity(one: Identity) -> dict[str, Any]:
    return {"kind": one.kind, "value": one.value, "trust": one.trust, "since": rfc3339(one.first_at), "how": one.how}


def _trait(one: Trait) -> dict[str, Any]:
    return {
        "name": one.name,
        "value": one.value,
        "origin": one.origin,
        "source": one.source,
        "at": rfc3339(one.at),
    }


def _consent(one: ConsentView) -> dict[str, Any]:
    return {"purpose": one.purpose, "standing": one.standing, "ground": one.ground}


def _facts_said(
    connection: Connection, records: Sequence[str], devices: Sequence[tuple[str, Instant, Instant]]
) -> Iterator[dict[str, Any]]:
    """The rows by their numbers, portion by portion: sorted with all that they say, they would stand in memory at once."""
    on_devices = [
        and_(journal.c.customer == record, journal.c.happened_at >= start, journal.c.happened_at < end)
        for record, start, end in devices
    ]
    theirs = select(journal.c.id).where(or_(came_through(records), *on_devices), journal.c.fact_id.is_not(None))
    in_order = theirs.order_by(journal.c.id)
    numbers = connection.execute(in_order, execution_options={"compiled_cache": None}).scalars().all()
    for start in range(0, len(numbers), PORTION):
        asked = select(journal).where(journal.c.id.in_(numbers[start : start + PORTION])).order_by(journal.c.id)
        for row in connection.execute(asked):
            fact = decode_fact(
                row.fact_id, row.customer, row.name, row.source, row.happened_at, row.recorded_at, row.fact
            )
            yield _fact(fact)


def _fact(fact: Fact) -> dict[str, Any]:
    said: dict[str, Any] = {
        "what": fact.name,
        "source": fact.source,
        "happened_at": rfc3339(fact.happened_at),
        "recorded_at": rfc3339(fact.recorded_at),
    }
    if isinstance(fact, OrderCompleted):
        said["order_id"], said["amount_minor"] = fact.order_id, fact.amount_minor
        said["lines"] = [
            {"amount_minor": line.amount_minor, "quantity": line.quantity, **line.properties} for line in fact.lines
        ]
    elif isinstance(fact, Behaved):
        said["properties"] = dict(fact.properties)
    return said


def _ledger(connection: Connection, records: Sequence[str]) -> Iterator[dict[str, Any]]:
    columns = entries.c
    asked = select(
        columns.entry,
        columns.points,
        columns.source,
        columns.target,
        columns.rule,
        columns.effective_at,
        columns.expires_at,
    ).where(columns.customer.in_(records))
    in_order = asked.order_by(columns.effective_at, columns.customer, columns.seq, columns.ordinal)
    for row in _row_by_row(connection, in_order):
        yield {
            "entry": row.entry,
            "points": row.points,
            "from": row.source,
            "to": row.target,
            "rule": row.rule,
            "at": rfc3339(row.effective_at),
        }


def _segments(connection: Connection, records: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Every entering and leaving; what was entered last and not left is where they are."""
    columns = segment_moves.c
    asked = select(columns.segment, columns.at, columns.entered, columns.why).where(columns.customer.in_(records))
    for row in _row_by_row(connection, asked.order_by(columns.customer, columns.id)):
        move = "entered" if row.entered else "left"
        yield {"segment": row.segment, "move": move, "at": rfc3339(row.at), "because": row.why}


def _orders(connection: Connection, records: Sequence[str]) -> Iterator[dict[str, Any]]:
    asked = select(orders).where(orders.c.record.in_(records)).order_by(orders.c.placed_at)
    for row in _row_by_row(connection, asked):
        yield _instants({name: row._mapping[name] for name in row._mapping if name not in ("record", "fact_id")})


def _in_stretch(record: str, start: Instant, end: Instant) -> ColumnElement[bool]:
    return and_(visits.c.record == record, visits.c.started_at >= start, visits.c.started_at < end)


def _visits(
    connection: Connection, records: Sequence[str], devices: Sequence[tuple[str, Instant, Instant]]
) -> Iterator[dict[str, Any]]:
    theirs = or_(visits.c.record.in_(records), *[_in_stretch(*stretch) for stretch in devices])
    for row in _row_by_row(connection, select(visits).where(theirs).order_by(visits.c.started_at)):
        yield _instants({name: row._mapping[name] for name in row._mapping if name not in ("id", "record")})


def _row_by_row(connection: Connection, asked: Select[Any]) -> Iterator[Row[Any]]:
    """Statements that have a part for each device are as many and as long as people have devices, so none is kept."""
    yield from connection.execute(asked, execution_options={"yield_per": PORTION, "compiled_cache": None})


def _instants(values: Mapping[str, Any]) -> dict[str, Any]:
    """With every instant as a text."""
    return {
        name: rfc3339(value) if name.endswith("_at") and value is not None else value for name, value in values.items()
    }


# --- to be forgotten -----------------------------------------------------------------------------------------------------


def erase(shop: Shop, id: str, who: str, now: Instant) -> Erased:
    """Forgets a person. NobodyThere where there is none; who is erased already is somebody of whom nothing is left."""
    limit, kinds = _limit(shop), kinds_of(shop)

    def forget(tx: Transaction) -> Erased:
        person = tx.core.execute(
            select(func.coalesce(customers.c.person, customers.c.id)).where(customers.c.id == id)
        ).scalar()
        if person is None:
            raise NobodyThere(id)
        stretches = device_times(tx.core, person, limit)
        keys, _ = _keys_of(tx.core, person, records_of(tx.core, person))
        tx.hold_identities(sorted(keys))
        records = records_of(tx.core, person)
        keys, others = _keys_of(tx.core, person, records)
        everything = sorted({*records, *others})
        hold_names(tx, everything)
        _forfeit(tx, shop, everything, now)
        bury(tx, keys, now)
        for kind, value in keys:
            tx.core.execute(delete(identities).where(identities.c.kind == kind, identities.c.value == value))
        tx.core.execute(
            update(merges).where(or_(merges.c.record.in_(everything), merges.c.into.in_(everything))).values(why="")
        )
        tx.core.execute(update(audit).where(audit.c.customer.in_(everything)).values(details=""))
        for table in (identities, traits, consents, visits):
            tx.core.execute(delete(table).where(table.c.record.in_(everything)))
        stripped = _strip(tx.core, came_through(everything))
        for record, start, end in stretches:
            if record not in everything:
                there = and_(journal.c.customer == record, journal.c.happened_at >= start, journal.c.happened_at < end)
                stripped += _strip(tx.core, there)
                tx.core.execute(delete(visits).where(_in_stretch(record, start, end)))
        tx.core.execute(update(customers).where(customers.c.id.in_(everything)).values(known=False))
        forget_memberships(tx, everything)
        refusals = _throw_away(tx.core, keys, kinds)
        write_down(tx, now, who, "erased", person, "")
        return Erased(len(everything), len(keys), stripped, refusals)

    return shop.writer.run(forget)


def readmit(shop: Shop, key: IdentityKey, who: str, now: Instant) -> bool:
    """Lets an identity that was erased be somebody again, who starts anew; whether it had been erased."""

    def lifted(tx: Transaction) -> bool:
        there = lift(tx, key)
        if there:
            write_down(tx, now, who, "readmitted", None, key[0])
        return there

    return shop.writer.run(lifted)


def compact(shop: Shop) -> None:
    """Rewrites the database so that nothing of deleted rows is left in its files. Nobody writes meanwhile; it takes a while.

    On PostgreSQL tables are rewritten, too; its write-ahead log and its backups run by rules of their own.
    """
    shop.store.compact()


def _keys_of(connection: Connection, person: str, records: Sequence[str]) -> tuple[list[IdentityKey], list[str]]:
    """The identities that are this person's alone, and the other records that bear their names: devices, and what a guest did
    under the same address. What others claim with the same right stays theirs.
    """
    named = select(identities.c.kind, identities.c.value).where(identities.c.customer == person)
    keys: list[IdentityKey] = [(kind, value) for kind, value in connection.execute(named.distinct())]
    mine, others = [], []
    for key, links in links_among(connection, keys).items():
        own = own_of(key[0], links)
        if any(link.record not in records for link in claims_of(links) if link != own):
            continue
        mine.append(key)
        if own is not None and own.record not in records:
            others.append(own.record)
    return mine, others


def _strip(connection: Connection, which: Any) -> int:
    """Takes out of the facts what says more than the books need."""
    stripped, after = 0, 0
    while True:
        asked = select(journal).where(which, journal.c.fact.is_not(None), journal.c.id > after).order_by(journal.c.id)
        rows = connection.execute(asked.limit(PORTION)).all()
        for row in rows:
            fact = decode_fact(
                row.fact_id, row.customer, row.name, row.source, row.happened_at, row.recorded_at, row.fact
            )
            connection.execute(update(journal).where(journal.c.id == row.id).values(fact=encode_fact(_stripped(fact))))
        stripped += len(rows)
        if len(rows) < PORTION:
            return stripped
        after = rows[-1].id


def _forfeit(tx: Transaction, shop: Shop, records: Sequence[str], now: Instant) -> None:
    """Locks them, and closes the accounts that hold anything: the ledger stays, and says what became of the points."""
    rows = tx.lock_customers(records)
    version = tx.active_version()
    if version is None:
        return
    rulebook, steps = shop.rulebooks.now_in_force(version, tx.core), Journal(shop.new_id)
    for row in rows.values():
        if row.state is not None and row.person is None:
            steps.close(brought_to(tx, row, rulebook, shop.rulebooks, steps, now), rulebook, now)
    steps.write(tx)


def _stripped(fact: Fact) -> Fact:
    if isinstance(fact, Behaved):
        return replace(fact, properties={})
    if isinstance(fact, OrderCompleted):
        return replace(fact, lines=tuple([_goods(line) for line in fact.lines]))
    if isinstance(fact, PointsAdjusted):
        return replace(fact, reason="", note="")
    if isinstance(fact, PointsSpent):
        return replace(fact, purpose="")
    if isinstance(fact, PointsSent | PointsReceived):
        return replace(fact, reason="")
    return fact


def _goods(line: Line) -> Line:
    kept = {name: line.properties[name] for name in KEPT_OF_A_LINE if name in line.properties}
    return Line(line.amount_minor, line.quantity, kept)


def _throw_away(connection: Connection, keys: Sequence[IdentityKey], kinds: Sequence[IdentityKind]) -> int:
    """Refused events that bear one of these identities, however it is written in them."""
    wanted = [_sought(value.casefold()) for _, value in keys if value]
    if not wanted:
        return 0
    named = set(keys)
    gone, after = 0, 0
    while True:
        asked = select(quarantine.c.id, quarantine.c.raw, quarantine.c.message_id).where(quarantine.c.id > after)
        rows = connection.execute(asked.order_by(quarantine.c.id).limit(PORTION)).all()
        ids = [
            row.id
            for row in rows
            if _bears(row.raw, row.message_id or "", wanted) or not named.isdisjoint(keys_in(row.raw, kinds))
        ]
        if ids:
            connection.execute(delete(quarantine).where(quarantine.c.id.in_(ids)))
        gone += len(ids)
        if len(rows) < PORTION:
            return gone
        after = rows[-1].id


def _sought(value: str) -> str:
    """A short id stands in much that has nothing to do with it, so it is looked for as a text of its own."""
    return value if len(value) >= SHORT_CHARACTERS else f'"{value}"'


def _bears(raw: bytes, message_id: str, wanted: Sequence[str]) -> bool:
    texts = [raw.decode("utf-8", "replace").casefold(), message_id.casefold()]
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        texts.append(msgspec.json.encode(msgspec.json.decode(raw)).decode().casefold())
    return any(value in text for text in texts for value in wanted)


def _limit(shop: Shop) -> DeviceLimit:
    rulebook = shop.rulebooks.in_force()
    return rulebook.program.shared_device if rulebook else DeviceLimit()


def kinds_of(shop: Shop) -> Sequence[IdentityKind]:
    rulebook = shop.rulebooks.in_force()
    return rulebook.program.kinds() if rulebook else USUAL_KINDS


def _name(shop: Shop) -> str:
    rulebook = shop.rulebooks.in_force()
    return rulebook.program.name if rulebook else ""
