"""What was refused: found again, kept in bounds, and replayed under another program than the one that refused it."""

import json
from typing import Any

import pytest
from sqlalchemy import insert, select

from regulars.kernel.calendar import DAY, HOUR
from regulars.service import replaying
from regulars.service.refused import MOST_KEPT, RefusedEvent, forget_old, keep_bounded, kinds, readable, refused
from regulars.service.replaying import Replay, Result, replay_all, replay_one
from regulars.store.schema import journal, quarantine
from regulars.wire.events import EventReason, Sender
from tests.service.town import RULES, Town, did, order
from tests.shop import at

NOW = at("2017-03-02 12:00")


def all_of(town: Town, **asked: Any) -> list[RefusedEvent]:
    return list(refused(town.shop, None, 50, **asked).events)


def reasons(town: Town) -> list[str]:
    return [one.reason for one in all_of(town)]


def set_aside(
    town: Town, raw: object, reason: EventReason, source: str = "shop", received: str = "2017-03-01 12:00"
) -> int:
    """As an older release, or another program, may have done it."""
    body = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    values = (at(received), source, 3, reason.value, "Words of that day.", None, body)
    names = ("received_at", "source", "position", "reason", "message", "message_id", "raw")
    row = insert(quarantine).values(dict(zip(names, values, strict=True))).returning(quarantine.c.id)
    return int(town.shop.writer.run(lambda tx: tx.core.execute(row).scalar_one()))


def results(replay: Replay) -> list[Result]:
    return [one.result for one in replay.done]


def happened(town: Town) -> list[tuple[str, int]]:
    with town.shop.store.reading() as connection:
        asked = select(journal.c.name, journal.c.happened_at).where(journal.c.fact_id.is_not(None))
        return [(row.name, row.happened_at) for row in connection.execute(asked.order_by(journal.c.id))]


# --- looking -------------------------------------------------------------------------------------------------------------


def test_found_by_reason_and_by_source(town: Town) -> None:
    town.applies()
    town.hears({"userId": "ada", "event": ""}, {"event": "Nobody"})
    town.hears({"anonymousId": "tablet", "event": ""}, sender=Sender.SITE)
    assert kinds(town.shop).reasons == ("missing_event", "missing_identity")
    assert kinds(town.shop).sources == ("shop", "site")
    assert [one.source for one in all_of(town, reason="missing_event")] == ["site", "shop"]
    assert [one.reason for one in all_of(town, source="shop")] == ["missing_identity", "missing_event"]
    page = refused(town.shop, None, 1, "missing_event", None)
    assert (page.total, page.next) == (2, str(page.events[0].id))
    assert [one.source for one in refused(town.shop, page.next, 1, "missing_event", None).events] == ["shop"]
    assert all_of(town, reason="no_map") == []


def test_an_event_is_indented_unless_that_would_be_too_much() -> None:
    assert readable('{"a":[1,"<b>"]}') == '{\n  "a": [\n    1,\n    "<b>"\n  ]\n}'
    for raw in ("not json", '{"a":', "[" * 40 + "]" * 40, "[" * 30 + "1," * 16_000 + "1" + "]" * 30, '{"\ud800":1}'):
        assert readable(raw) == raw
    assert readable('{"price":1e999,"id":12345678901234567890}').count("1e999") == 1


# --- keeping -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("says", "left"), [("", 2), ("retention: {refused: 10 days}", 1), ("retention: {refused: never}", 3)]
)
def test_kept_for_as_long_as_the_program_says(town: Town, says: str, left: int) -> None:
    town.applies(RULES + says)
    for received in ("2017-01-20 12:00", "2017-02-10 12:00", "2017-03-01 12:00"):
        set_aside(town, {}, EventReason.NO_MAP, received=received)
    forget_old(town.shop, NOW)
    assert len(all_of(town)) == left


def test_no_more_are_kept_than_fit(town: Town) -> None:
    town.applies()
    for number in range(7):
        set_aside(town, {"number": number}, EventReason.NO_MAP)
    keep_bounded(town.shop, 7)
    assert len(all_of(town)) == 7
    keep_bounded(town.shop, 3)
    assert [json.loads(one.raw)["number"] for one in all_of(town)] == [6, 5, 4]
    keep_bounded(town.shop, 3)
    assert len(all_of(town)) == 3
    assert MOST_KEPT == 20_000


# --- replaying -----------------------------------------------------------------------------------------------------------


def test_what_is_good_today_is_stored_at_the_moment_it_happened(town: Town) -> None:
    """The client's clock went an hour ahead; it was right about how long ago."""
    town.applies()
    event = {**order("ada", "1", 45), "type": "track", "messageId": "m-1"}
    event |= {"timestamp": "2017-03-01T17:30:00Z", "sentAt": "2017-03-01T18:00:00Z"}
    id = set_aside(town, event, EventReason.BAD_AMOUNT)

    assert results(replay_one(town.shop, id, NOW)) == [Result.STORED]

    assert happened(town) == [("Order Completed", at("2017-03-01 12:00") - HOUR // 2)]
    assert town.points("ada", "2017-03-02 12:00") == 45
    assert reasons(town) == []
    assert town.hears(event).known == 1, "sent again it is the same message"
    assert results(replay_one(town.shop, id, NOW)) == []


def test_it_is_heard_as_from_whoever_sent_it(town: Town) -> None:
    town.applies()
    event = {**order("ada", "1", 45), "type": "track", "messageId": "m-1"}
    id = set_aside(town, event, EventReason.BAD_AMOUNT, source="site")
    assert results(replay_one(town.shop, id, NOW)) == [Result.STORED]
    assert town.points("ada", "2017-03-02 12:00") == 0


def test_what_was_sent_again_meanwhile_is_known(town: Town) -> None:
    town.applies()
    event = {**order("ada", "1", 45), "type": "track", "messageId": "m-1"}
    id = set_aside(town, event, EventReason.BAD_AMOUNT)
    town.hears(event)
    assert results(replay_one(town.shop, id, NOW)) == [Result.KNOWN]
    assert town.points("ada", "2017-03-02 12:00") == 45
    assert reasons(town) == []


def test_an_event_without_any_id_is_the_same_in_every_replay(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.applies()
    id = set_aside(town, {"type": "track", "userId": "ada", "event": "Product Reviewed"}, EventReason.BAD_EVENT)
    with monkeypatch.context() as broken:
        broken.setattr(replaying, "_tidy", lambda *_: None)
        assert results(replay_one(town.shop, id, NOW)) == [Result.STORED]
    assert results(replay_one(town.shop, id, NOW)) == [Result.KNOWN]
    assert town.points("ada", "2017-03-02 12:00") == 50


def test_two_alike_without_any_id_are_two(town: Town) -> None:
    town.applies()
    for _ in range(2):
        set_aside(town, {"type": "track", "userId": "ada", "event": "Product Reviewed"}, EventReason.BAD_EVENT)
    assert results(replay_all(town.shop, None, None, 0, NOW)) == [Result.STORED] * 2
    assert town.points("ada", "2017-03-02 12:00") == 100


def test_what_is_refused_again_stays_with_todays_reason(town: Town) -> None:
    town.applies()
    id = set_aside(town, {"type": "track", "userId": "ada", "event": ""}, EventReason.BAD_TIMESTAMP)

    [done] = replay_one(town.shop, id, NOW).done

    assert done.result is Result.REFUSED
    assert done.message.startswith("`event` is missing.")
    [left] = all_of(town)
    assert (left.id, left.reason, left.message) == (id, "missing_event", done.message)
    assert left.received_at == at("2017-03-01 12:00")


def test_what_contradicts_an_earlier_word_is_set_aside_once(town: Town) -> None:
    town.applies()
    town.hears({**order("ada", "1", 45), "messageId": "m-1"})
    id = set_aside(town, {**order("ada", "1", 99), "type": "track", "messageId": "m-2"}, EventReason.BAD_AMOUNT)
    assert results(replay_one(town.shop, id, NOW)) == [Result.REFUSED]
    assert reasons(town) == ["order_reused"]
    assert results(replay_one(town.shop, all_of(town)[0].id, NOW)) == [Result.NOT_REPLAYABLE]


def test_by_a_route_of_its_own_an_event_says_no_type(town: Town) -> None:
    town.applies()
    good = [
        ({"userId": "ada", "event": "Product Reviewed", "messageId": "1"}, "Product Reviewed"),
        ({"userId": "ada", "traits": {"name": "Ada"}, "messageId": "2"}, "Identified"),
        ({"userId": "ada", "groupId": "staff", "messageId": "3"}, "Grouped"),
        ({"userId": "ada", "previousId": "tablet", "messageId": "4"}, "Aliased"),
    ]
    for raw, _ in good:
        set_aside(town, raw, EventReason.BAD_IDENTITY)
    set_aside(town, {"userId": "ada", "messageId": "5"}, EventReason.BAD_IDENTITY)
    set_aside(town, {"userId": "ada", "event": "x", "messageId": "6"}, EventReason.UNKNOWN_TYPE)

    replay = replay_all(town.shop, None, None, 0, NOW)

    assert results(replay) == [Result.STORED] * 4 + [Result.REFUSED] * 2
    assert [name for name, _ in happened(town)] == [name for _, name in good]
    assert reasons(town) == ["unknown_type", "unknown_type"]


def test_what_its_sender_does_not_want_known_is_only_counted(town: Town) -> None:
    town.applies()
    event = {
        "type": "page",
        "anonymousId": "tablet",
        "context": {"consent": {"categoryPreferences": {"analytics": False}}},
    }
    id = set_aside(town, event, EventReason.BAD_TIMESTAMP, source="site")
    assert results(replay_one(town.shop, id, NOW)) == [Result.COUNTED]
    assert (happened(town), reasons(town)) == ([], [])


def test_what_was_our_fault_is_replayed_from_what_was_understood(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    from regulars.service.group import IngestGroup

    town.applies()
    with monkeypatch.context() as broken:
        broken.setattr(IngestGroup, "_fold", _fails)
        buys = order("ada", "1", 45, at="2017-03-01 09:00", context={"traits": {"card": "77"}})
        town.hears(buys, did("Member Joined", userId="ada"), did("Product Reviewed", userId="ada"))
    assert reasons(town) == ["failed"] * 3
    assert happened(town) == []

    assert results(replay_all(town.shop, "failed", None, 0, NOW)) == [Result.STORED] * 3

    assert town.points("ada", "2017-03-02 12:00") == 95
    assert happened(town)[0] == ("Order Completed", at("2017-03-01 09:00"))
    assert town.customer("77", kind="card").id == town.customer("ada").id
    assert reasons(town) == []


def _fails(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("reason", "source", "raw", "why"),
    [
        (EventReason.JUNK_IDENTITY, "shop", {}, "nothing to replay"),
        (EventReason.TOO_MANY_IDENTITIES, "shop", b"", "nothing to replay"),
        (EventReason.MESSAGE_ID_REUSED, "shop", {}, "another message id"),
        (EventReason.TOO_LARGE, "shop", {}, "Only its beginning"),
        (EventReason.BAD_EVENT, "shop", b"x" * (32 << 10), "Only its beginning"),
        (EventReason.NO_MAP, "webhook", {}, "deliver it again"),
        (EventReason.FAILED, "shop", b'{"position":0}', "cannot be read"),
        (EventReason.FAILED, "shop", b"\xff", "cannot be read"),
    ],
)
def test_what_cannot_be_replayed_is_said_and_stays(
    town: Town, reason: EventReason, source: str, raw: object, why: str
) -> None:
    town.applies()
    id = set_aside(town, raw, reason, source)
    [done] = replay_one(town.shop, id, NOW).done
    assert done.result is Result.NOT_REPLAYABLE
    assert why in done.message
    assert reasons(town) == [reason.value]


@pytest.mark.parametrize("raw", [b"", b"]", b"{}]", b'{"a":NaN}', b"[" * 9_000, b"\xff", b'{},{"type":"track"}'])
def test_what_is_no_event_is_refused_again_whatever_it_is(town: Town, raw: bytes) -> None:
    town.applies()
    id = set_aside(town, raw, EventReason.NOT_AN_OBJECT)
    [done] = replay_one(town.shop, id, NOW).done
    assert done.result in (Result.REFUSED, Result.NOT_REPLAYABLE)
    assert len(all_of(town)) == 1


def test_many_are_replayed_in_portions_the_oldest_first(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.applies()
    monkeypatch.setattr(replaying, "MOST_AT_ONCE", 2)
    bad = {"type": "track", "userId": "ada", "event": ""}
    ids = [set_aside(town, bad, EventReason.BAD_EVENT) for _ in range(3)]
    set_aside(town, bad, EventReason.MESSAGE_ID_REUSED)
    set_aside(town, bad, EventReason.BAD_EVENT, source="site")

    first = replay_all(town.shop, None, "shop", 0, NOW)
    assert ([one.id for one in first.done], first.next) == (ids[:2], ids[1])
    second = replay_all(town.shop, None, "shop", ids[1], NOW)
    assert ([one.id for one in second.done], second.next) == (ids[2:], None)
    assert (first.number(Result.REFUSED), first.number(Result.STORED)) == (2, 0)


def test_an_old_event_keeps_its_moment(town: Town) -> None:
    town.applies()
    event = {"type": "track", "userId": "ada", "event": "Product Reviewed", "messageId": "m-1"}
    replay_one(town.shop, set_aside(town, event, EventReason.BAD_EVENT), NOW + 9 * DAY)
    assert happened(town) == [("Product Reviewed", at("2017-03-01 12:00"))]
