"""Who is in which segment, live: what is on record after every message is what the meaning says of the whole record."""

import random
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, select, update

from regulars.kernel.facts import OrderCompleted
from regulars.service import joining, programs, rights, webhooks
from regulars.service.ingest import ingest_history
from regulars.service.joining import NotPossible
from regulars.service.networks import Networks
from regulars.service.segments import members
from regulars.store.schema import customers, identities, memberships, outbox, segment_moves
from regulars.store.transaction import Transaction
from regulars.wire.events import Sender
from regulars.wire.instants import rfc3339
from regulars.wire.records import decode_state, encode_state
from tests.service.town import RULES, Town, did, order
from tests.shop import HEADER, at

SEGMENTS = (
    RULES
    + """
tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 50}]}
segments:
  twice: {did: Order Completed, at_least: 2, within: 30 days}
  slipping: {since_last: Order Completed, more_than: 30 days}
  interested:
    {did: Product Viewed, same: category, at_least: 2, within: 60 minutes}
  keen: {all: [{in: interested}], none: [{in: slipping}]}
  lookers: {did: Product Viewed, at_least: 2, within: 7 days}
  of-lund: {trait: city, is: Lund}
  silver: {tier: silver}
  rich: {points: {available: {at_least: 40}}}
  known: {known_by: email}
  by-mail: {all: [{consent: email}, {did: Order Completed}]}
  drawn: {all: [{share: 50%, salt: tea}, {did: Order Completed}]}
"""
)
OTHER = SEGMENTS.replace("within: 7 days", "within: 3 days").replace("at: 50}", "at: 90}") + "  new: {did: Signed Up}\n"


def rows(town: Town) -> dict[str, set[str]]:
    """By segment, those who are in it by the rows, by the shop's own id if they have one."""
    asked = select(memberships.c.segment, memberships.c.customer)
    named = select(identities.c.customer, identities.c.value).where(identities.c.kind == "user_id")
    with town.shop.store.reading() as connection:
        names: dict[str, str] = dict(sorted([tuple(row) for row in connection.execute(named)], reverse=True))
        found: dict[str, set[str]] = {}
        for segment, customer in connection.execute(asked):
            found.setdefault(segment, set()).add(names.get(customer, customer))
    return found


def meant(town: Town, now: str) -> dict[str, set[str]]:
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    found: dict[str, set[str]] = {}
    for one in rulebook.program.segments:
        those = set(members(town.shop, one.id, at(now)))
        if those:
            found[one.id] = those
    return found


def moves(town: Town) -> list[tuple[str, str, bool, bool]]:
    asked = select(segment_moves.c.segment, segment_moves.c.customer, segment_moves.c.entered, segment_moves.c.quiet)
    with town.shop.store.reading() as connection:
        return [tuple(row) for row in connection.execute(asked.order_by(segment_moves.c.id))]


def told(town: Town) -> list[str]:
    """The messages of the outbox."""
    with town.shop.store.reading() as connection:
        return [bytes(body).decode() for body in connection.execute(select(outbox.c.body)).scalars()]


def view(category: str, **who: Any) -> dict[str, Any]:
    return {"event": "Product Viewed", "properties": {"category": category}, **who}


def test_in_one_answer_somebody_leaves_one_segment_and_enters_another(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(order("ada", "1", 45, at="2017-03-01 12:00"))
    town.wakes("2017-04-20 12:00")
    assert rows(town)["slipping"] == {"ada"}
    first = town.hears(view("cake", userId="ada"), sender=Sender.SITE, now="2017-04-20 12:00")
    assert first.moves == ()
    answer = town.hears(view("cake", userId="ada"), order("ada", "2", 5), sender=Sender.SHOP, now="2017-04-20 12:01")

    told = [(move.segment, move.entered, move.why) for move in answer.moves]
    assert (
        "interested",
        True,
        "They did “Product Viewed” at least 2 times with one and the same category in the last 60 minutes.",
    ) in told
    assert (
        "slipping",
        False,
        "It is not so that they did “Order Completed” for the last time more than 30 days ago.",
    ) in told
    assert [move.fact is not None for move in answer.moves] == [True] * len(answer.moves)
    assert rows(town) == meant(town, "2017-04-20 12:01")


def test_somebody_leaves_at_the_very_second_and_nobody_looks(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(order("ada", "1", 5, at="2017-03-01 12:00"), view("tea", userId="ada"), view("tea", userId="ada"))
    assert "interested" in rows(town)
    assert town.wakes("2017-03-01 12:59") == 0
    town.wakes("2017-03-01 13:00")
    assert "interested" not in rows(town)
    left = [move for move in moves(town) if move[0] == "interested"]
    assert [entered for _, _, entered, _ in left] == [True, False]


def test_what_was_done_on_a_device_counts_once_its_owner_is_known(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(view("tea", anonymousId="phone"), view("tea", anonymousId="phone"), sender=Sender.SITE)
    assert rows(town) == {}
    town.hears({"type": "identify", "userId": "ada", "anonymousId": "phone"}, now="2017-03-01 12:10")
    assert rows(town)["interested"] == {"ada"}
    town.hears(
        view("cake", anonymousId="phone"), view("cake", anonymousId="phone"), sender=Sender.SITE, now="2017-03-01 13:30"
    )
    assert rows(town) == meant(town, "2017-03-01 13:30")
    assert rows(town)["interested"] == {"ada"}


def test_a_program_that_is_published_moves_people_without_a_word(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 60), {"type": "identify", "userId": "ada", "traits": {"city": "Lund"}})
    town.applies(SEGMENTS, "2017-03-02 12:00")
    town.adopts("2017-03-02 12:00")

    assert rows(town) == meant(town, "2017-03-02 12:00")
    assert "of-lund" in rows(town)
    assert {quiet for _, _, _, quiet in moves(town)} == {True}


def test_a_program_may_be_announced(town: Town) -> None:
    town.applies(RULES)
    town.hears(order("ada", "1", 60))
    programs.publish(
        town.shop, HEADER.format(zone="America/New_York") + SEGMENTS, "a test", at("2017-03-02 12:00"), announce=True
    )
    town.adopts("2017-03-02 12:00")

    assert {quiet for _, _, _, quiet in moves(town)} == {False}


def test_whoever_is_erased_is_in_nothing(town: Town) -> None:
    town.applies(SEGMENTS)
    town.hears(order("ada", "1", 60))
    rights.erase(town.shop, town.customer("ada").id, "a test", at("2017-03-02 12:00"))

    assert rows(town) == {} == meant(town, "2017-03-02 12:00")


def test_what_is_to_be_told_of_somebody_goes_with_them(town: Town) -> None:
    town.applies(SEGMENTS)
    moment = at("2017-03-01 12:00")
    webhooks.register(town.shop, "crm", "https://crm.example/", ("segment.entered",), Networks(), "a test", moment)
    town.hears(order("ada", "1", 60), order("home", "2", 60), order("ben", "3", 60))
    joining.merge(town.shop, town.customer("home").id, town.customer("ada").id, "staff", "one", moment)
    for name in ("ada", "home", "ben"):
        assert any(f'"{name}"' in body for body in told(town))

    rights.erase(town.shop, town.customer("ada").id, "a test", at("2017-03-02 12:00"))
    assert told(town)
    assert all('"ben"' in body for body in told(town))


def test_nobody_is_told_of_what_history_brings_about(town: Town) -> None:
    town.applies(SEGMENTS)
    now = at("2017-03-01 12:00")
    webhooks.register(town.shop, "crm", "https://crm.example/", (), Networks(), "a test", now)
    past = [
        OrderCompleted(f"f-{number}", "ada", now - number, now, "import", f"{number}", (), 60_00) for number in (2, 1)
    ]
    ingest_history(town.shop, past, now).result(timeout=30)
    assert rows(town)["twice"] == {"ada"}
    assert {quiet for _, _, _, quiet in moves(town)} == {True}
    assert told(town) == []

    town.hears(order("ada", "3", 60), view("tea", userId="ada"), view("tea", userId="ada"))
    assert ['"interested"' in body for body in told(town)].count(True) == 1


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_what_is_meant_whatever_happens(town: Town, seed: int) -> None:
    _storm(town, random.Random(seed), 25)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 115))
def test_rows_are_what_is_meant_whatever_happens_often(town: Town, seed: int) -> None:
    _storm(town, random.Random(seed), 60)


def _storm(town: Town, draw: random.Random, length: int) -> None:
    """Messages late, twice and out of order, of people, devices, guests; merges; programs; time."""
    town.applies(SEGMENTS)
    minutes = 0
    sent: list[dict[str, Any]] = []
    for number in range(length):
        minutes += draw.choice([0, 1, 20, 60, 600, 3_000, 9_000])
        now = _wall(minutes)
        kind = draw.random()
        if kind < 0.08:
            town.applies(draw.choice([SEGMENTS, OTHER]), now)
            if draw.random() < 0.7:
                town.adopts(now)
        elif kind < 0.14:
            _join_or_part(town, draw, now)
        else:
            batch = [_message(draw, number, place, minutes) for place in range(draw.choice([1, 1, 2, 4]))]
            batch += [dict(draw.choice(sent))] if sent and draw.random() < 0.1 else []
            sent += batch
            by_shop = [one for one in batch if one.pop("by_shop")]
            others = [one for one in batch if one not in by_shop]
            for one in batch:
                one.pop("by_shop", None)
            for events, sender in ((by_shop, Sender.SHOP), (others, Sender.SITE)):
                if events:
                    town.hears(*[dict(one) for one in events], sender=sender, now=now)
            for one in batch:
                one["by_shop"] = one in by_shop
        town.wakes(now)
        if draw.random() < 0.5:
            town.adopts(now)
            town.wakes(now)
            assert rows(town) == meant(town, now), f"step {number}, {now}"
            assert _summed(town) == rows_by_id(town), "moves add up"


def rows_by_id(town: Town) -> set[tuple[str, str]]:
    with town.shop.store.reading() as connection:
        asked = select(memberships.c.segment, memberships.c.customer)
        return {tuple(row) for row in connection.execute(asked)}


def _summed(town: Town) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for segment, customer, entered, _ in moves(town):
        assert ((segment, customer) in found) is not entered
        (found.add if entered else found.remove)((segment, customer))
    return found


def _message(draw: random.Random, number: int, place: int, minutes: int) -> dict[str, Any]:
    who: dict[str, Any] = {}
    if draw.random() < 0.7:
        who["userId"] = draw.choice(["ada", "ben", "cleo"])
    if draw.random() < 0.6 or not who:
        who["anonymousId"] = draw.choice(["phone", "desk", "tablet"])
    late = draw.choice([0, 0, 0, 5, 300, 5_000])
    said = {**who, "messageId": f"m-{number}-{place}", "timestamp": rfc3339(at(_wall(minutes - late)))}
    said["by_shop"] = draw.random() < 0.5
    match draw.choice(["view", "view", "view", "order", "order", "identify", "consent", "sign"]):
        case "view":
            return {**view(draw.choice(["tea", "cake"])), **said}
        case "order":
            made = order("", f"{number}-{place}", draw.choice([5, 30, 60]))
            return {**made, "userId": "ada", **said} if "userId" in who else {**view("tea"), **said}
        case "identify":
            traits = draw.choice([{"city": "Lund"}, {"city": "Malmo"}, {"email": f"{who.get('userId', 'x')}@shop.se"}])
            return {"type": "identify", "traits": traits, **said}
        case "consent":
            properties = {"purposes": [draw.choice(["email", "profiling"])]}
            name = draw.choice(["Consent Granted", "Consent Withdrawn"])
            return {"type": "track", "event": name, "properties": properties, **said}
        case _:
            return {**did("Signed Up"), **said}


def _join_or_part(town: Town, draw: random.Random, now: str) -> None:
    asked = select(customers.c.id, customers.c.person).where(customers.c.known).order_by(customers.c.id)
    with town.shop.store.reading() as connection:
        there: list[Any] = list(connection.execute(asked))
    if len(there) < 2:
        return
    one, other = draw.sample(there, 2)
    try:
        if one.person is not None:
            joining.part(town.shop, one.id, "a test", at(now))
        else:
            joining.merge(town.shop, one.id, other.id, "a test", "they say so", at(now))
    except NotPossible:
        pass


def _wall(minutes: int) -> str:
    days, rest = divmod(minutes + 12 * 60, 24 * 60)
    day = 1 + days
    month = 3
    for length in (31, 30, 31, 30, 31, 31, 30, 31):
        if day <= length:
            break
        day, month = day - length, month + 1
    return f"2017-{month:02}-{max(day, 1):02} {rest // 60:02}:{rest % 60:02}"


def test_a_state_of_before_segments_were_kept_is_brought_to_them_at_its_next_touch(town: Town) -> None:
    """A release that knew no memberships wrote it down, under the very program that is in force."""
    town.applies(SEGMENTS)
    town.hears(order("ada", "1", 60), {"type": "identify", "userId": "ada", "traits": {"city": "Lund"}})

    def forget(tx: Transaction) -> None:
        written = tx.core.execute(select(customers.c.state)).scalar_one()
        old = encode_state(replace(decode_state(written), segments=None))
        tx.core.execute(update(customers).values(state=old))
        tx.core.execute(delete(memberships))
        tx.core.execute(delete(segment_moves))

    town.shop.writer.run(forget)
    town.hears(order("ada", "2", 60), now="2017-03-02 12:00")

    assert rows(town) == meant(town, "2017-03-02 12:00")
    assert {"twice", "of-lund", "silver"} <= rows(town).keys()
