"""Visits, kept while events are stored: when somebody was there, from where they came and with what; and what was seen of them.

A visit is kept by the record of the device (the anonymous id's own), so that whose it is can be worked out at any later time
(`service.people.owner_at`). It is kept by the record that the event came through where there is no such record yet, where no
device is known, and where somebody says their name on a shared device. What belongs together says `wire.enrichment.next_visit`.

Whoever writes a visit holds the lock of its record's row in `customers`, so nobody else grows or begins one of that record at the
same time. An event that belongs to a visit that was over when it came changes nothing. Ids are hashes of record and beginning:
the same events in the same order give the same visits.

Robots have visits, with a label, and whoever counts leaves them out. A person who has withdrawn consent to analytics has none.
The network address and the user agent are read here and never written.
"""

from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from re import compile as pattern
from typing import Any, Final, NamedTuple, Protocol

import msgspec
from msgspec import Struct

from regulars.kernel.calendar import Calendar
from regulars.kernel.facts import Instant
from regulars.kernel.program import Program
from regulars.service.consents import allows
from regulars.service.known import Told
from regulars.service.notes import OBSERVED
from regulars.service.people import ANONYMOUS_ID, ITSELF, People, Whose, is_shared, own_of, owner_at
from regulars.service.records import records_of
from regulars.store.transaction import Transaction
from regulars.wire.enrichment import Channel, Place, Places, Traffic, Visit, device_of, next_visit, traffic_of
from regulars.wire.events import Arrival, Did, Sender, Surroundings

PAGES: Final = ("Page Viewed", "Screen Viewed")
ANALYTICS: Final = "analytics"
MOST_NAMED: Final = 100
"""Hosts, and testers, that a shop may name."""
SHORTEST_TESTER: Final = 3
LONGEST_TESTER: Final = 200


class EnrichmentRefused(Exception):
    """What the shop said of itself cannot be used; the text says what and how to mend it."""


class Enrichment(Struct, frozen=True):
    """What the shop supplies: a database of places, its further hosts in small letters, and pieces of the user agents of robots
    that it sends itself, which count as people.
    """

    places: Places | None = None
    own_hosts: tuple[str, ...] = ()
    testers: tuple[str, ...] = ()

    def close(self) -> None:
        if self.places is not None:
            self.places.close()


NO_ENRICHMENT: Final = Enrichment()


class Seen(NamedTuple):
    """Of whom an event is a sight: the record that its visit is kept by, the record of the person as far as that is known (else
    the same), and the customer that this one belongs to now; None for a device that is nobody's.
    """

    record: str
    person: str
    customer: str | None


class Sight(Protocol):
    """An event that was kept, and of whom it is a sight, if of anybody."""

    @property
    def told(self) -> Told: ...
    @property
    def seen(self) -> Seen | None: ...


def enrichment_of(places: Path | None, own_hosts: Sequence[str], testers: Sequence[str]) -> Enrichment:
    """Raises EnrichmentRefused, or PlacesError."""
    hosts = tuple([host.strip().lower() for host in own_hosts])
    if len(hosts) > MOST_NAMED or len(testers) > MOST_NAMED:
        raise EnrichmentRefused(f"At most {MOST_NAMED} own hosts and {MOST_NAMED} testers can be named.")
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise EnrichmentRefused(
            "An own host is a name alone, as in checkout.example.com: no https://, no port, no path."
        )
    if not all(SHORTEST_TESTER <= len(tester) <= LONGEST_TESTER for tester in testers):
        raise EnrichmentRefused(
            f"A tester is a piece of its user agent, of {SHORTEST_TESTER} to {LONGEST_TESTER} characters."
        )
    return Enrichment(Places(places) if places is not None else None, hosts, tuple(testers))


def seen_by(one: Arrival, whose: Whose, people: People) -> Seen | None:
    """None for what was done in no browser: by the shop's server, without a word about where."""
    around = one.surroundings
    if around is None or (one.source != Sender.SITE and not around.user_agent and not around.url):
        return None
    itself = Seen(whose.record, whose.record, whose.customer)
    if one.anonymous_id is None:
        return itself
    links = people.links.get((ANONYMOUS_ID, one.anonymous_id), ())
    own = links[0] if len(links) == 1 and links[0].trust == ITSELF else own_of(ANONYMOUS_ID, links)
    if own is None:
        return itself
    if whose.record != own.record:
        return itself if is_shared(links, people.limit) else Seen(own.record, whose.record, whose.customer)
    owner = owner_at(links, one.happened_at, people.limit) if len(links) > 1 else None
    if owner is None:
        return Seen(own.record, own.record, None)
    return Seen(own.record, owner.record, people.root(owner.record))


def keep_visits(
    tx: Transaction, steps: Iterable[Sight], program: Program, calendar: Calendar, enrichment: Enrichment
) -> set[str]:
    """After the steps' consents were written down, and with the rows of all records locked. The records of which a visit began."""
    sights = [(step.told.arrival, step.seen) for step in steps if step.seen is not None]
    if not sights:
        return set()
    unwilling = _unwilling(tx, {seen for _, seen in sights}, program)
    if unwilling:
        sights = [(one, seen) for one, seen in sights if seen not in unwilling]
    if not sights:
        return set()
    diary = Diary(_latest(tx, sorted({seen.record for _, seen in sights})), calendar, enrichment)
    for one, seen in sights:
        diary.take(one, seen)
    diary.save(tx)
    return diary.began()


class Kept(Struct):
    """A visit as it will be written."""

    id: str
    record: str
    visit: Visit
    events: int
    pages: int
    began_at: Instant
    about: tuple[Any, ...] | None = None
    """Of a new one: device, system, browser, language, country, region, city, bot."""


class Diary:
    """The latest visit of each record of a group, and what the group adds to them."""

    def __init__(self, latest: dict[str, Kept], calendar: Calendar, enrichment: Enrichment) -> None:
        self._latest, self._calendar, self._enrichment = latest, calendar, enrichment
        self._changed: dict[str, Kept] = {}
        self._observed: dict[tuple[str, str], tuple[str, str, Instant]] = {}
        """By record and name: value, source, when."""

    def take(self, one: Arrival, seen: Seen) -> None:
        around = one.surroundings
        assert around is not None, "without surroundings nobody was seen"
        kept = self._latest.get(seen.record)
        traffic = traffic_of(around, self._enrichment.own_hosts)
        judged = next_visit(kept.visit if kept else None, one.happened_at, traffic, self._calendar)
        if judged.verdict == "earlier":
            return
        if kept is None or judged.verdict == "new":
            kept = self._latest[seen.record] = self._begun(one, around, seen, judged.visit)
        kept.visit = judged.visit
        kept.events += 1
        if isinstance(one.deed, Did) and one.deed.name in PAGES:
            kept.pages += 1
        self._changed[kept.id] = kept

    def save(self, tx: Transaction) -> None:
        changed = self._changed.values()
        new = [_row(one) for one in changed if one.about is not None]
        grown = [one for one in changed if one.about is None]
        same = [
            (one.visit.last_at, one.events, one.pages, one.id) for one in grown if one.visit.started_at == one.began_at
        ]
        sooner = [
            (one.visit.started_at, one.visit.last_at, one.events, one.pages, one.id)
            for one in grown
            if one.visit.started_at != one.began_at
        ]
        observed = [(record, name, OBSERVED, *self._observed[record, name]) for record, name in sorted(self._observed)]
        for statement, rows in ((_GROW, same), (_GROW_BACK, sooner), (_ADD, new), (_OBSERVE, observed)):
            if rows:
                _write(tx, statement, rows)

    def began(self) -> set[str]:
        """Records of which a visit is new, or begins sooner than it did."""
        changed = self._changed.values()
        return {one.record for one in changed if one.about is not None or one.visit.started_at != one.began_at}

    def _begun(self, one: Arrival, around: Surroundings, seen: Seen, visit: Visit) -> Kept:
        device = device_of(around, self._enrichment.testers)
        places = self._enrichment.places
        place = (places.place_of(around.address) if places is not None else None) or _NOWHERE
        if device.bot is None:
            told = (place.country, place.region, place.city, device.kind, device.language)
            for name, value in zip(_TRAITS, told, strict=True):
                if value and self._observed.get((seen.person, name), _NEVER)[2] <= one.happened_at:
                    self._observed[seen.person, name] = (value, one.source, one.happened_at)
        about = (device.kind, device.system, device.browser, device.language, *_where(place), device.bot)
        id = visit_id(seen.record, visit.started_at)
        return Kept(id, seen.record, visit, 0, 0, visit.started_at, about)


def visit_id(record: str, started_at: Instant) -> str:
    return blake2b(f"{record}\0{started_at}".encode(), digest_size=16).hexdigest()


def _row(one: Kept) -> tuple[Any, ...]:
    visit, traffic = one.visit, one.visit.traffic
    came = (traffic.channel.value, traffic.source, traffic.medium, traffic.campaign)
    return (one.id, one.record, visit.started_at, visit.last_at, one.events, one.pages, *came, *(one.about or ()))


def _where(place: Place) -> tuple[str, str, str]:
    return place.country, place.region, place.city


def _latest(tx: Transaction, records: Sequence[str]) -> dict[str, Kept]:
    latest: dict[str, Kept] = {}
    for id, record, started_at, last_at, events, pages, channel, *named in _read(tx, _LATEST, records):
        visit = Visit(started_at, last_at, Traffic(_CHANNELS[channel], *named))
        latest[record] = Kept(id, record, visit, events, pages, started_at)
    return latest


def _unwilling(tx: Transaction, seen: Collection[Seen], program: Program) -> set[Seen]:
    """Those of a person who has withdrawn consent to analytics. One question, and more only where somebody did."""
    people = {one.customer for one in seen if one.customer is not None}
    records = {id for one in seen for id in (one.record, one.person)} | people
    denied = list(_read(tx, _DENIED, sorted(records), sorted(people)))
    if not denied:
        return set()
    doubtful = {id for both in denied for id in both}
    return {
        one
        for one in seen
        if not doubtful.isdisjoint(one) and not allows(tx.core, _records(tx, one), ANALYTICS, program)
    }


def _records(tx: Transaction, one: Seen) -> list[str]:
    """All of the person, and the device's."""
    theirs = records_of(tx.core, one.customer) if one.customer is not None else []
    return sorted({one.record, one.person, *theirs})


# --- statements: lists travel as one JSON text to SQLite, as arrays to PostgreSQL ----------------------------------------


class _Both(NamedTuple):
    sqlite: str
    postgresql: str


def _read(tx: Transaction, statement: _Both, *asked: Sequence[str]) -> Iterable[Any]:
    if tx.shared:
        return tx.core.exec_driver_sql(statement.postgresql, tuple([list(one) for one in asked])).all()
    return tx.core.exec_driver_sql(statement.sqlite, tuple([_json(one).decode() for one in asked])).all()


def _write(tx: Transaction, statement: _Both, rows: Sequence[tuple[Any, ...]]) -> None:
    if tx.shared:
        tx.core.exec_driver_sql(statement.postgresql, tuple([list(column) for column in zip(*rows, strict=True)]))
    else:
        tx.core.exec_driver_sql(statement.sqlite, list(rows))


def _adding(table: str, columns: dict[str, str], and_then: str) -> _Both:
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    arrays = ", ".join([f"%s::{type}[]" for type in columns.values()])
    return _Both(
        f"INSERT INTO {table} ({names}) VALUES ({places}) {and_then}",
        f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) {and_then}",
    )


def _setting(columns: dict[str, str]) -> _Both:
    """Of visits, by the id that stands last."""
    sets = ", ".join([f"{name} = ?" for name in columns])
    new = ", ".join([f"{name} = new.{name}" for name in columns])
    arrays = ", ".join([f"%s::{type}[]" for type in (*columns.values(), "text")])
    return _Both(
        f"UPDATE visits SET {sets} WHERE id = ?",
        f"UPDATE visits SET {new} FROM unnest({arrays}) AS new ({', '.join(columns)}, id) WHERE visits.id = new.id",
    )


_json: Final = msgspec.json.Encoder().encode
_HOST: Final = pattern(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_NOWHERE: Final = Place("")
_NEVER: Final = ("", "", -(2**63))
_TRAITS: Final = ("country", "region", "city", "device", "language")
_CHANNELS: Final = {channel.value: channel for channel in Channel}
_COUNTS: Final = {"last_at": "bigint", "events": "integer", "pages": "integer"}
_COLUMNS: Final = {
    "id": "text",
    "record": "text",
    "started_at": "bigint",
    **_COUNTS,
    "channel": "text",
    "traffic_source": "text",
    "medium": "text",
    "campaign": "text",
    **dict.fromkeys(("device", "system", "browser", "language", "country", "region", "city", "bot"), "text"),
}
_READ: Final = ", ".join([f"visits.{name}" for name in list(_COLUMNS)[:10]])
_NEWEST: Final = "ORDER BY started_at DESC LIMIT 1"
_LATEST: Final = _Both(
    f"SELECT {_READ} FROM json_each(?) AS asked CROSS JOIN visits "
    f"ON visits.rowid = (SELECT rowid FROM visits WHERE record = asked.value {_NEWEST})",
    f"SELECT {_READ} FROM unnest(%s::text[]) AS asked (record) "
    f"CROSS JOIN LATERAL (SELECT * FROM visits WHERE record = asked.record {_NEWEST}) AS visits",
)
_SAID_NO: Final = f"purpose = '{ANALYTICS}' AND NOT granted"
_DENIED: Final = _Both(
    f"""SELECT record, record FROM json_each(?) AS asked CROSS JOIN consents ON record = asked.value WHERE {_SAID_NO}
UNION SELECT record, person FROM json_each(?) AS asked CROSS JOIN customers ON person = asked.value
CROSS JOIN consents ON record = customers.id WHERE {_SAID_NO}""",
    f"""SELECT record, record FROM consents WHERE record = ANY(%s::text[]) AND {_SAID_NO}
UNION SELECT record, person FROM customers JOIN consents ON record = customers.id WHERE person = ANY(%s::text[]) AND {_SAID_NO}""",
)
"""Of these records, and of what was merged into these customers: the record, and the asked one that it belongs to."""
_ADD: Final = _adding(
    "visits",
    _COLUMNS,
    "ON CONFLICT (id) DO UPDATE SET events = visits.events + excluded.events, pages = visits.pages + excluded.pages, "
    "last_at = CASE WHEN excluded.last_at > visits.last_at THEN excluded.last_at ELSE visits.last_at END",
)
"""Where a beginning was told late, a campaign of the very moment that had been the beginning finds its id taken."""
_GROW: Final = _setting(_COUNTS)
_GROW_BACK: Final = _setting({"started_at": "bigint", **_COUNTS})
_OBSERVE: Final = _adding(
    "traits",
    {**dict.fromkeys(("record", "name", "origin", "value", "source"), "text"), "happened_at": "bigint"},
    "ON CONFLICT (record, name, origin) DO UPDATE SET value = excluded.value, source = excluded.source, "
    "happened_at = excluded.happened_at WHERE excluded.happened_at > traits.happened_at AND excluded.value <> traits.value",
)
