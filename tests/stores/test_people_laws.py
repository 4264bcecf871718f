"""Who is who in the end hangs on what was said, and not on when, how often, or in how many requests it was heard.

A world is some messages about a few people on a few devices, each with its own moment. It is heard once message by message, and
once more as a network may bring it: shuffled, doubled, delayed, in requests and transactions of any size. Both must end in the
same links, the same people, the same facts and observations of each; and in the same points, as far as those may not hang on
the order. Customers have other ids each time, so each record goes by its own name: the identity under which it keeps its facts.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select

from regulars.boot import new_id
from regulars.kernel.calendar import DAY
from regulars.kernel.facts import Instant
from regulars.kernel.program import DeviceLimit
from regulars.service import timeline
from regulars.service.devices import device_times
from regulars.service.doctor import examine
from regulars.service.group import IngestGroup
from regulars.service.known import Request
from regulars.service.people import ITSELF, USER_ID, leads_to
from regulars.store import schema
from regulars.store.schema import customers, identities, journal
from regulars.store.transaction import IdentityKey, links_of
from regulars.wire.events import Sender, understand
from regulars.wire.instants import rfc3339
from regulars.wire.records import decode_state
from tests.databases import fresh_database
from tests.service.town import Town
from tests.shop import at

START = at("2017-03-01 12:00")
NOW = at("2017-06-01 12:00")
SHARED = "shared_device: {people: 2, within: 7 days}\n"
PLAIN = f"""
{SHARED}
points: {{name: {{one: star, other: stars}}, worth: 0.01}}
earning:
  - {{id: purchase, on: Order Completed, per: 1.00, points: 1}}
  - {{id: review, on: Product Reviewed, points: 5}}
tiers: {{by: spend, over: calendar_year, levels: [{{id: silver, at: 50}}]}}
"""
RICH = f"""
{SHARED}
points: {{hold: 5 days, expire: {{after: 1 month}}}}
earning:
  - {{id: purchase, on: Order Completed, per: 1.00, points: 1}}
  - {{id: review, on: Product Reviewed, points: 5}}
tiers:
  by: spend
  over: calendar_year
  levels: [{{id: silver, at: 20}}, {{id: gold, at: 60, earn: 2}}]
"""
WRITTEN = ("source_keys", "identities", "customers", "journal", "entries", "quarantine", "traits", "merges", "orders")
LIMIT = DeviceLimit(2, 7)

Name = tuple[str, str]
"""The identity under which a record keeps its facts."""


class Message(NamedTuple):
    """What is said, by whom. `about` tells whose it is where everybody keeps to their own things."""

    sender: Sender
    said: dict[str, Any]
    about: str = ""


class Sent(NamedTuple):
    """A message on its way. Where `request` or `transaction` is true, a new one begins with it."""

    message: Message
    request: bool
    transaction: bool


# --- what is said --------------------------------------------------------------------------------------------------------

PEOPLE = ("ada", "ben", "cia", "dan", "eva")
DEVICES = ("desk", "phone", "tablet")
anybody = st.sampled_from(PEOPLE[:2]) | st.sampled_from(PEOPLE)
days = st.sampled_from([0, 1, 2, 3, 6, 7, 8, 20, 31, 45, 80]) | st.integers(0, 80)
moments = st.tuples(days, st.sampled_from([0, 0, 1, 12])).map(lambda one: START + one[0] * DAY + one[1] * 3_600_000_000)
contested: dict[str, st.SearchStrategy[str]] = {
    "email": st.sampled_from(["a@example.com", "b@example.com"]),
    "phone": st.just("+4670123456"),
    "card": st.sampled_from(["1", "2"]),
}
KINDS = st.sampled_from(
    ["identify", "identify", "order", "order", "till", "guest", "deed", "look", "alias", "group", "confirm"]
)


@st.composite
def messages(draw: st.DrawFn, own_things: bool = False) -> list[Message]:
    """In the order of their numbers. With `own_things` nobody names the address, number or card of somebody else."""
    told = [draw(_said(own_things)) for _ in range(draw(st.integers(2, 10)))]
    for number, message in enumerate(told):
        message.said["messageId"] = f"message-{number}"
        message.said["timestamp"] = rfc3339(draw(moments))
        if "properties" in message.said:
            message.said["properties"]["order_id"] = f"order-{number}"
    return told


@st.composite
def _said(draw: st.DrawFn, own_things: bool) -> Message:
    user, kind = draw(anybody), draw(KINDS)
    if own_things:
        things = {
            "email": f"{user}@example.com",
            "phone": f"+467012345{PEOPLE.index(user)}",
            "card": str(1 + PEOPLE.index(user)),
        }
    else:
        things = {name: draw(value) for name, value in contested.items()}
    some = {name: things[name] for name in sorted(draw(st.sets(st.sampled_from(sorted(things)))))}
    device: dict[str, Any] = draw(st.sampled_from([{}, *({"anonymousId": one} for one in DEVICES)]))
    sender = draw(st.sampled_from([Sender.SHOP, Sender.SHOP, Sender.SITE]))
    who = {"userId": user, **device}
    match kind:
        case "identify":
            return Message(sender, {"type": "identify", **who, "traits": some}, user)
        case "order":
            return Message(Sender.SHOP, {**_bought(draw), **who, "context": {"traits": some}}, user)
        case "till" | "guest":
            named = {"card": things["card"]} if kind == "till" else some or {"email": things["email"]}
            return Message(Sender.SHOP, {**_bought(draw), **device, "context": {"traits": named}}, user)
        case "deed":
            return Message(sender, {"type": "track", "event": "Product Reviewed", **who}, user)
        case "look":
            return Message(sender, {"type": "page", "anonymousId": draw(st.sampled_from(DEVICES))}, "")
        case "alias":
            return Message(
                sender, {"type": "alias", "userId": user, "previousId": draw(st.sampled_from(DEVICES))}, user
            )
        case "group":
            return Message(sender, {"type": "group", "groupId": "club", **who}, user)
    name = draw(st.sampled_from(["email", "phone"]))
    confirmed = {"type": "track", "event": f"{name.capitalize()} Confirmed", "userId": user}
    return Message(sender, {**confirmed, "context": {"traits": {name: things[name]}}}, user)


def _bought(draw: st.DrawFn) -> dict[str, Any]:
    amount = draw(st.sampled_from([1, 7, 25, 60]))
    return {
        "type": "track",
        "event": "Order Completed",
        "properties": {"revenue": amount, "products": [{"price": amount}]},
    }


# --- how it comes --------------------------------------------------------------------------------------------------------


@st.composite
def deliveries(draw: st.DrawFn, own_things: bool = False) -> tuple[list[Message], list[Sent]]:
    """Some messages, and how a network may bring them. With `own_things` whatever is about one person stays in its order."""
    told = draw(messages(own_things))
    order = draw(st.permutations(told))
    if own_things:
        by_person = {person: [one for one in told if one.about == person] for person in {one.about for one in told}}
        taking = {person: iter(those) for person, those in by_person.items()}
        order = [next(taking[one.about]) for one in order]
    again = draw(st.lists(st.tuples(st.sampled_from(told), st.integers(0, 20)), max_size=4))
    for message, place in again:
        first = order.index(message)
        order.insert(max(place, first + 1), message)
    cuts = draw(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=len(order), max_size=len(order)))
    return told, [Sent(message, *cut) for message, cut in zip(order, cuts, strict=True)]


def one_by_one(told: Sequence[Message]) -> list[Sent]:
    return [Sent(message, True, True) for message in told]


def first_of(sent: Sequence[Sent]) -> list[Message]:
    """Without what is heard again."""
    first: list[Message] = []
    for one in sent:
        if one.message not in first:
            first.append(one.message)
    return first


# --- hearing it ----------------------------------------------------------------------------------------------------------


class World:
    """A town that is empty at the beginning of each history, under its program."""

    def __init__(self, url: str, program: str) -> None:
        self.town = Town(url)
        self.town.applies(program)
        self._group = IngestGroup(self.town.shop.rulebooks, new_id)

    def hears(self, sent: Sequence[Sent]) -> "Seen":
        with self.town.shop.store.writing() as tx:
            for name in WRITTEN:
                tx.core.execute(delete(schema.metadata.tables[name]))
        transactions: list[list[Request]] = []
        for place, (begins, request) in enumerate(_requests(sent)):
            if begins or not transactions:
                transactions.append([])
            transactions[-1].append(self._request(request, NOW + place * 60_000_000))
        for requests in transactions:
            self.town.shop.writer.run(lambda tx, requests=requests: self._group.store(tx, requests))  # type: ignore[misc]
        with self.town.shop.store.reading() as connection:
            return Seen.of(self.town, connection)

    def is_good(self) -> bool:
        return all(one.good for one in examine(self.town.shop, NOW) if one.what in ("facts", "ledger"))

    def _request(self, told: Sequence[Message], now: Instant) -> Request:
        """Sent when it is received, so that the moments are those that the messages name."""
        rulebook = self.town.shop.rulebooks.in_force()
        assert rulebook is not None
        sender = told[0].sender
        body = json.dumps({"batch": [one.said for one in told], "sentAt": rfc3339(now)}).encode()
        kinds, currency = rulebook.program.kinds(), rulebook.program.currency
        understood = understand(body, None, sender, now, currency, new_id, kinds)
        assert not understood.refusals
        return Request(understood.arrivals, (), sender.value, now, currency.code)


def _requests(sent: Sequence[Sent]) -> list[tuple[bool, list[Message]]]:
    """Whether a transaction begins with it, and its messages, all by one sender."""
    requests: list[tuple[bool, list[Message]]] = []
    for one in sent:
        if not requests or one.request or one.transaction or requests[-1][1][0].sender is not one.message.sender:
            requests.append((one.transaction, []))
        requests[-1][1].append(one.message)
    return requests


class Seen(NamedTuple):
    """A history's end. `leads` says whom each identity leads to, `links` to which records it is tied, how and since when;
    `people` which records are one person; `times` from when to when which device was whose; `facts` what happened to whom, all
    on the timeline; `through` the record that each fact came through.
    """

    leads: dict[IdentityKey, Name | None]
    links: dict[IdentityKey, set[tuple[Any, ...]]]
    people: set[frozenset[Name]]
    times: dict[Name, list[tuple[Name, Instant, Instant]]]
    facts: dict[Name, list[str]]
    through: dict[str, Name]
    observations: dict[Name, Any]
    points: dict[Name, int]
    consequences: dict[Name, Any]

    @classmethod
    def of(cls, town: Town, connection: Connection) -> "Seen":
        columns = identities.c
        rows = connection.execute(select(*[column for column in columns if column.name != "how"])).all()
        own = {row.record: (row.kind, row.value) for row in rows if row.kind == USER_ID or row.trust == ITSELF}
        found = connection.execute(select(customers)).all()
        assert {row.id for row in found} == own.keys(), "every record has a name, and every name a record"
        persons = {row.id: row.person or row.id for row in found}
        assert {row.record: row.customer for row in rows}.items() <= persons.items()
        records: dict[str, list[Name]] = {}
        for id, person in persons.items():
            records.setdefault(person, []).append(own[id])
        name = {person: min(names) for person, names in records.items()}
        links = links_of([tuple(row) for row in rows])
        leads = {key: leads_to(key[0], those, LIMIT) for key, those in links.items()}
        states = {row.id: decode_state(row.state) for row in found if row.state is not None}
        assert states.keys() == persons.keys() or not rows
        return cls(
            {key: None if id is None else name[persons[id]] for key, id in leads.items()},
            {key: {(own[one.record], *one[2:]) for one in those} for key, those in links.items()},
            {frozenset(names) for names in records.values()},
            {
                name[id]: sorted(
                    [(own[record], start, end) for record, start, end in device_times(connection, id, LIMIT)]
                )
                for id in records
            },
            {name[id]: sorted(_facts(town, id)) for id in records},
            {
                row.fact_id: own[row.via or row.customer]
                for row in connection.execute(select(journal).where(journal.c.fact_id.is_not(None)))
            },
            {name[id]: states[id].observations for id in records},
            {name[id]: states[id].consequences.outstanding() for id in records},
            {own[id]: (states[id].consequences, states[id].clock, states[id].observations) for id in states},
        )

    def without_points(self) -> "Seen":
        return self._replace(points={}, consequences={})

    def without_lots(self) -> "Seen":
        return self._replace(consequences={})


def _facts(town: Town, id: str) -> Iterator[str]:
    cursor: str | None = None
    while True:
        page = timeline.explain(town.shop, id, cursor, 100)
        yield from [step.fact.id for step in page.steps if step.fact is not None]
        cursor = page.next
        if cursor is None:
            return


@pytest.fixture(scope="module")
def sqlite_worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    """One under the plain program, and one under the rich one."""
    folder = tmp_path_factory.mktemp("people")
    plain, rich = (World(f"sqlite:///{folder / name}.db", rules) for name, rules in (("plain", PLAIN), ("rich", RICH)))
    yield plain, rich
    plain.town.close()
    rich.town.close()


@pytest.fixture(scope="module")
def postgresql_worlds(postgresql_server: str) -> Iterator[tuple[World, World]]:
    with fresh_database(postgresql_server) as one, fresh_database(postgresql_server) as other:
        plain, rich = World(one, PLAIN), World(other, RICH)
        yield plain, rich
        plain.town.close()
        rich.town.close()


# --- the laws ------------------------------------------------------------------------------------------------------------

MANY = settings(max_examples=max(settings().max_examples // 4, 4))
FEWER = settings(max_examples=max(settings().max_examples // 20, 1))
"""Each example is two histories of many transactions: in the slow lane 500 of them, and 100 on a server."""


def check_people(worlds: tuple[World, World], told: list[Message], sent: list[Sent]) -> None:
    """Under a plain program, where each order is worth its points whoever places it, points do not hang on the order either."""
    plain, _ = worlds
    expected = plain.hears(one_by_one(told))
    assert plain.hears(sent).without_lots() == expected.without_lots()
    assert plain.is_good()


def check_points(worlds: tuple[World, World], told: list[Message], sent: list[Sent]) -> None:
    """To the lot, for every customer and whoever was merged into one, as if heard one by one in this very order."""
    _, rich = worlds
    expected = rich.hears(one_by_one(first_of(sent)))
    assert rich.hears(sent) == expected
    assert rich.is_good()


def check_points_of_each(worlds: tuple[World, World], told: list[Message], sent: list[Sent]) -> None:
    """What somebody has hangs on the order of what is told of this person alone."""
    _, rich = worlds
    expected = rich.hears(one_by_one(told))
    assert rich.hears(sent) == expected
    assert rich.is_good()


@MANY
@given(deliveries())
def test_who_is_who_in_the_end_hangs_on_what_was_said_alone(
    sqlite_worlds: tuple[World, World], delivery: tuple[list[Message], list[Sent]]
) -> None:
    check_people(sqlite_worlds, *delivery)


@MANY
@given(deliveries())
def test_points_are_those_of_one_message_after_the_other(
    sqlite_worlds: tuple[World, World], delivery: tuple[list[Message], list[Sent]]
) -> None:
    check_points(sqlite_worlds, *delivery)


@MANY
@given(deliveries(own_things=True))
def test_what_is_told_of_others_in_between_changes_nobodys_points(
    sqlite_worlds: tuple[World, World], delivery: tuple[list[Message], list[Sent]]
) -> None:
    check_points_of_each(sqlite_worlds, *delivery)


@FEWER
@given(deliveries())
def test_who_is_who_on_a_server(
    postgresql_worlds: tuple[World, World], delivery: tuple[list[Message], list[Sent]]
) -> None:
    check_people(postgresql_worlds, *delivery)


@FEWER
@given(deliveries())
def test_points_on_a_server(postgresql_worlds: tuple[World, World], delivery: tuple[list[Message], list[Sent]]) -> None:
    check_points(postgresql_worlds, *delivery)


@FEWER
@given(deliveries(own_things=True))
def test_points_of_each_on_a_server(
    postgresql_worlds: tuple[World, World], delivery: tuple[list[Message], list[Sent]]
) -> None:
    check_points_of_each(postgresql_worlds, *delivery)
