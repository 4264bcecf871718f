"""Customers in lists: page by page in an order, or found by an identity.

A page stands beside a value of its order and an id, and is read off the index of that order, forwards or backwards: the last
page costs what the first does, whatever the number of customers. What a filter asks for besides is looked at row by row, and
only so many rows: where that is not enough for a page, the page says so and how to go on.

Whom the shop knows is listed. Visitors without a name are found by their device alone.
"""

import re
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any, Final, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, CompoundSelect, Connection, Row, Select, func, literal, select, tuple_, union_all

from regulars.kernel.facts import Instant
from regulars.kernel.program import DeviceLimit, IdentityKind, Program, Purpose
from regulars.service.consents import allows
from regulars.service.people import ANONYMOUS_ID, USER_ID, leads_to
from regulars.service.records import links_among, records_of
from regulars.service.shop import Shop
from regulars.service.timeline import BadCursor
from regulars.store.schema import IS_LISTED, consents, customers, identities
from regulars.store.transaction import IdentityKey

PORTION: Final = 250
MOST_LOOKED_AT: Final = 5_000
"""Rows that are read for one page."""
MOST_ASKED: Final = 500
"""Of them those whose consents are worked out, each by itself."""
COUNTED_UP_TO: Final = 10_000
MOST_CLAIMS_READ: Final = 4
"""Times what is wanted: a device that many people use is written down with each of them."""
LAST_CHARACTER: Final = "\U0010ffff"
CURSOR: Final = re.compile(r"(-?[0-9]{1,18})\.([0-9A-Za-z-]{1,64})")
WITHOUT_TIER: Final = ""


class Order(StrEnum):
    """The greatest first, so the last seen, the newest, and whoever has most."""

    LAST_SEEN = "last_seen_at"
    FIRST_SEEN = "first_seen_at"
    AVAILABLE = "available"
    LIFETIME = "lifetime"


class Wanted(Struct, frozen=True):
    """Whom to list; None is whoever it may be. `tier` is WITHOUT_TIER for those who have none. `allows` is a purpose for which
    consent or another ground stands now. Guests have an e-mail, a phone number or a card, and no id of the shop's.
    """

    tier: str | None = None
    member: bool | None = None
    allows: Purpose | None = None
    guest: bool | None = None
    seen_since: Instant | None = None


class CustomerBrief(Struct, frozen=True):
    """A line of a list, as it was last written down. `shop_id` is the shop's own id; `name` the most telling identity, by kind and
    value, None for a visitor; `found_by` the identity that a search found.
    """

    id: str
    shop_id: str | None
    name: IdentityKey | None
    known: bool
    available: int
    pending: int
    lifetime: int
    tier: str | None
    last_seen_at: Instant
    first_seen_at: Instant
    found_by: IdentityKey | None = None


class Place(Struct, frozen=True):
    """Beside a customer of the list; None is at its end: before everybody for `after`, behind everybody for `before`."""

    side: Literal["after", "before"] = "after"
    cursor: str | None = None


class Page(Struct, frozen=True):
    """`before` and `after` are the cursors of what lies on either side, None where nothing does. `is_cut` where enough was looked
    at before the page was full: what lies beyond may hold more.
    """

    customers: tuple[CustomerBrief, ...]
    before: str | None
    after: str | None
    looked_at: int
    is_cut: bool


# --- page by page ----------------------------------------------------------------------------------------------------


def page(shop: Shop, wanted: Wanted, order: Order, place: Place, limit: int) -> Page:
    """BadCursor for a cursor that we did not give. Going back, the first page is always a full one."""
    with shop.store.reading() as connection:
        rulebook = shop.rulebooks.latest()
        program = rulebook.program if rulebook else None
        walk = _Walk(connection, program, wanted, order)
        walk.go(place, limit)
        if place.side == "before" and place.cursor is not None and walk.far is None:
            place = Place()
            walk = _Walk(connection, program, wanted, order)
            walk.go(place, limit)
        briefs = _briefs(connection, walk.found, program)
    far, near = walk.far, walk.near if place.cursor is not None else None
    if place.side == "after":
        return Page(briefs, near, far, walk.looked_at, walk.is_cut)
    return Page(tuple(reversed(briefs)), far, near, walk.looked_at, walk.is_cut)


def number(shop: Shop) -> int | None:
    """How many customers are listed; None where there are more than are worth counting."""
    with shop.store.reading() as connection:
        found = connection.execute(counted()).scalar_one()
    return found if found <= COUNTED_UP_TO else None


class _Walk:
    """Along the index from a place on, until a page is full, the list ends, or enough was looked at. `near` and `far` are cursors
    of what was passed first and last; `far` is None where nothing lies beyond.
    """

    def __init__(self, connection: Connection, program: Program | None, wanted: Wanted, order: Order) -> None:
        self._connection, self._program, self._wanted, self._order = connection, program, wanted, order
        self._asked = 0
        self.found: list[Row[Any]] = []
        self.looked_at = 0
        self.near: str | None = None
        self.far: str | None = None
        self.is_cut = False

    def go(self, place: Place, limit: int) -> None:
        cursor = _place_of(place.cursor) if place.cursor is not None else None
        size = limit + 1 if self._wanted == Wanted() else max(limit + 1, PORTION)
        while True:
            rows = self._connection.execute(portion(self._wanted, self._order, place.side, cursor, size)).all()
            self._look_at(rows, limit)
            if len(self.found) > limit:
                self.found.pop()
                self.far = _cursor(self.found[-1], self._order)
                return
            if self.is_cut:
                return
            if len(rows) < size:
                self.far = None
                return
            cursor = rows[-1]._mapping[self._order.value], rows[-1].id

    def _look_at(self, rows: Sequence[Row[Any]], limit: int) -> None:
        """Up to the first that fits beyond the page."""
        fitting = [row for row in rows if _fits(row, self._wanted)]
        if self._wanted.guest is not None:
            fitting = _by_name(self._connection, fitting, self._wanted.guest)
        passing = {row.id for row in fitting}
        silent = _silent(self._connection, self._wanted.allows, fitting) if self._wanted.allows else set()
        for row in rows:
            if self.looked_at >= MOST_LOOKED_AT or self._asked >= MOST_ASKED:
                self.is_cut = True
                return
            self.looked_at += 1
            self.near = self.near or _cursor(row, self._order)
            self.far = _cursor(row, self._order)
            if row.id in passing and self._is_allowed(row.id, silent):
                self.found.append(row)
                if len(self.found) > limit:
                    return

    def _is_allowed(self, id: str, silent: Collection[str]) -> bool:
        purpose, program = self._wanted.allows, self._program
        if purpose is None or program is None:
            return purpose is None
        if id in silent:
            return next(rule.ground != "consent" for rule in program.consent if rule.purpose == purpose)
        self._asked += 1
        return allows(self._connection, records_of(self._connection, id), purpose, program)


def portion(
    wanted: Wanted, order: Order, side: Literal["after", "before"], cursor: tuple[int, str] | None, size: int
) -> Select[Any]:
    """So many rows of the list from a place on, off the index of the order."""
    column, id = customers.c[order.value], customers.c.id
    asked = select(*_COLUMNS).where(IS_LISTED).limit(size)
    if side == "after":
        asked = asked.order_by(column.desc(), id.desc())
    else:
        asked = asked.order_by(column, id)
    if cursor is not None:
        here, there = tuple_(column, id), tuple_(literal(cursor[0]), literal(cursor[1]))
        asked = asked.where(here < there if side == "after" else here > there)
    if wanted.seen_since is not None and order is Order.LAST_SEEN:
        asked = asked.where(column >= wanted.seen_since)
    return asked


_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = tuple(
    [
        customers.c[name]
        for name in (
            "id",
            "known",
            "available",
            "pending",
            "lifetime",
            "tier",
            "member_since",
            "last_seen_at",
            "first_seen_at",
        )
    ]
)


def _fits(row: Row[Any], wanted: Wanted) -> bool:
    return (
        (wanted.tier is None or (row.tier or WITHOUT_TIER) == wanted.tier)
        and (wanted.member is None or (row.member_since is not None) == wanted.member)
        and (wanted.seen_since is None or row.last_seen_at >= wanted.seen_since)
    )


def _by_name(connection: Connection, rows: Sequence[Row[Any]], guest: bool) -> list[Row[Any]]:
    asked = named_by_the_shop([row.id for row in rows])
    named = set(connection.execute(asked).scalars())
    return [row for row in rows if (row.id not in named) == guest]


def named_by_the_shop(ids: Sequence[str]) -> Select[Any]:
    """Those among these customers who have an id of the shop's."""
    return select(identities.c.customer).where(identities.c.customer.in_(ids), identities.c.kind == USER_ID)


def _silent(connection: Connection, purpose: Purpose, rows: Sequence[Row[Any]]) -> set[str]:
    """Those of whom no record ever said a word about the purpose."""
    ids = [row.id for row in rows]
    person_of = {id: id for id in ids} | {row.id: row.person for row in connection.execute(merged_into(ids))}
    spoken = connection.execute(spoke_of(purpose, list(person_of))).scalars()
    return set(ids) - {person_of[record] for record in spoken}


def merged_into(ids: Sequence[str]) -> Select[Any]:
    return select(customers.c.id, customers.c.person).where(customers.c.person.in_(ids))


def spoke_of(purpose: Purpose, records: Sequence[str]) -> Select[Any]:
    return select(consents.c.record).where(consents.c.record.in_(records), consents.c.purpose == purpose)


def counted() -> Select[Any]:
    some = select(literal(1)).select_from(customers).where(IS_LISTED).limit(COUNTED_UP_TO + 1)
    return select(func.count()).select_from(some.subquery())


def _cursor(row: Row[Any], order: Order) -> str:
    return f"{row._mapping[order.value]}.{row.id}"


def _place_of(cursor: str) -> tuple[int, str]:
    found = CURSOR.fullmatch(cursor)
    if found is None:
        raise BadCursor(cursor)
    return int(found[1]), found[2]


# --- found by an identity --------------------------------------------------------------------------------------------


def search(shop: Shop, words: str, limit: int) -> tuple[CustomerBrief, ...]:
    """Customers to whom an identity of any kind leads that is `words`, or our own id, then those of whom one begins so; without
    words those seen last. A device that leads to nobody is found by what was done on it.
    """
    words = words.strip()
    if not words:
        return page(shop, Wanted(), Order.LAST_SEEN, Place(), limit).customers
    with shop.store.reading() as connection:
        rulebook = shop.rulebooks.latest()
        program = rulebook.program if rulebook else None
        found: dict[str, IdentityKey] = {}
        for key, id in _owners(connection, _fitting(connection, words, program, limit), program):
            found.setdefault(id, key)
        own = connection.execute(select(customers.c.id, customers.c.person).where(customers.c.id == words)).first()
        ids = list(dict.fromkeys([*([own.person or own.id] if own else []), *found]))[:limit]
        by_id = {row.id: row for row in connection.execute(select(*_COLUMNS).where(customers.c.id.in_(ids)))}
        return _briefs(connection, [by_id[id] for id in ids], program, found)


def kinds_of(program: Program | None) -> tuple[IdentityKind, ...]:
    """All kinds of identities, in the order in which they are searched."""
    usual = program.kinds() if program else (IdentityKind("email", "lower"), IdentityKind("phone"))
    return (IdentityKind(USER_ID), *usual, IdentityKind(ANONYMOUS_ID))


def _fitting(connection: Connection, words: str, program: Program | None, limit: int) -> list[IdentityKey]:
    """Exact ones of all kinds, then those that begin so, kind by kind."""
    kinds = [(one.kind, one.normal(words)) for one in kinds_of(program)]
    written = [(kind, value) for kind, value in kinds if value]
    if not written:
        return []
    rank = {kind: place for place, (kind, _) in enumerate(kinds)}
    exact = {tuple(row) for row in connection.execute(exactly(written))}
    begun = {tuple(row) for row in connection.execute(beginning(written, limit * MOST_CLAIMS_READ))}
    return [*[key for key in written if key in exact], *sorted(begun, key=lambda key: (rank[key[0]], key[1]))]


def exactly(keys: Sequence[IdentityKey]) -> CompoundSelect[Any]:
    """Those of these identities that there are: one question, however many kinds."""
    kind, value = identities.c.kind, identities.c.value
    return _together([select(kind, value).where(kind == key[0], value == key[1]).limit(1) for key in keys])


def beginning(keys: Sequence[IdentityKey], limit: int) -> CompoundSelect[Any]:
    """Of each of these kinds the first so many rows whose values begin so."""
    kind, value = identities.c.kind, identities.c.value
    return _together(
        [
            select(kind, value)
            .where(kind == key[0], value >= key[1], value < key[1] + LAST_CHARACTER)
            .order_by(value)
            .limit(limit)
            for key in keys
        ]
    )


def _together(parts: Sequence[Select[Any]]) -> CompoundSelect[Any]:
    """Each part within its own bounds."""
    return union_all(*[select(part.subquery()) for part in parts])


def _owners(
    connection: Connection, keys: Sequence[IdentityKey], program: Program | None
) -> list[tuple[IdentityKey, str]]:
    """To whom each leads. A shared device leads to nobody, and is there all the same: as its own record."""
    limit = program.shared_device if program else DeviceLimit()
    asked = list(dict.fromkeys(keys))
    links = links_among(connection, asked)
    owners = [(key, leads_to(key[0], links.get(key, ()), limit)) for key in asked]
    return [(key, owner) for key, owner in owners if owner is not None]


# --- a line ----------------------------------------------------------------------------------------------------------


def _briefs(
    connection: Connection,
    rows: Sequence[Row[Any]],
    program: Program | None,
    found: dict[str, IdentityKey] | None = None,
) -> tuple[CustomerBrief, ...]:
    names = _names(connection, [row.id for row in rows], program)
    return tuple(
        [
            CustomerBrief(
                id=row.id,
                shop_id=names[row.id][1] if row.id in names and names[row.id][0] == USER_ID else None,
                name=names.get(row.id),
                known=bool(row.known),
                available=row.available,
                pending=row.pending,
                lifetime=row.lifetime,
                tier=row.tier,
                last_seen_at=row.last_seen_at,
                first_seen_at=row.first_seen_at,
                found_by=found.get(row.id) if found else None,
            )
            for row in rows
        ]
    )


def _names(connection: Connection, ids: Sequence[str], program: Program | None) -> dict[str, IdentityKey]:
    """The most telling identity of each; devices are no names. The customer's own record goes before what was merged into it."""
    rank = {one.kind: place for place, one in enumerate(kinds_of(program))}
    found: dict[str, tuple[tuple[int, bool, str], IdentityKey]] = {}
    for row in connection.execute(names_of(ids)):
        weight = rank.get(row.kind, len(rank)), row.record != row.customer, row.value
        if row.customer not in found or weight < found[row.customer][0]:
            found[row.customer] = weight, (row.kind, row.value)
    return {id: name for id, (_, name) in found.items()}


def names_of(ids: Sequence[str]) -> Select[Any]:
    columns = identities.c
    asked = select(columns.customer, columns.kind, columns.value, columns.record)
    return asked.where(columns.customer.in_(ids), columns.kind != ANONYMOUS_ID)
