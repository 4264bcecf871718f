"""Webhooks of another system, read by the maps of a program: what they say, and what is refused in which words."""

import hmac
import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import to_builtins

from regulars.kernel.program import IdentityKind, JsonPath, MappedSource, Signature
from regulars.wire.events.arrivals import Arrival, ConsentSaid, Did
from regulars.wire.events.clock import instant_of
from regulars.wire.events.refusals import MOST_BODY_BYTES, MOST_EVENT_BYTES, MOST_EVENTS, EventReason, RefusedEvent
from regulars.wire.history import fact_id
from regulars.wire.mapping import MOST_DEPTH, NO_MAP, is_signed, map_webhook, source_name
from regulars.wire.mapping.paths import parse_path, value_at
from regulars.wire.program import parse_program
from tests.wire.documents import PLAIN

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/sources.md").read_text(encoding="utf-8")
NOW = instant_of("2026-03-02T10:00:00Z") or 0
SECRET = "a secret of the shop's"


def source_of(document: str) -> MappedSource:
    (source,) = parse_program(PLAIN + document).program.sources
    return source


def shipped(name: str) -> MappedSource:
    return source_of((ROOT / f"programs/mappings/{name}.yaml").read_text(encoding="utf-8"))


SUPPORT, MAILER = shipped("support-cases"), shipped("message-answers")
PLAIN_MAP = source_of("""
sources:
  - id: plain
    signature: {header: X-Signature}
    maps:
      - event: Something Happened
        message_id: $.id
        at: $.at
        identify: {user_id: $.user, anonymous_id: $.visitor, email: $.email, card: $.card}
        properties: {value: $.value, first: "$.list[0].name", shop: main}
""")


def read(source: MappedSource, payload: Any, **given: Any) -> Arrival | RefusedEvent:
    """The one thing that the payload comes to."""
    understood = map_webhook(source, given.pop("headers", {}), as_body(payload), NOW, **given)
    assert len(understood.arrivals) + len(understood.refusals) == 1
    return understood.arrivals[0] if understood.arrivals else understood.refusals[0]


def arrived(source: MappedSource, payload: Any, **given: Any) -> Arrival:
    one = read(source, payload, **given)
    assert isinstance(one, Arrival), one
    return one


def refused(source: MappedSource, payload: Any, **given: Any) -> tuple[EventReason, str]:
    one = read(source, payload, **given)
    assert isinstance(one, RefusedEvent)
    return one.reason, one.message


def as_body(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


# --- support cases -------------------------------------------------------------------------------------------------------

OPENED = {
    "id": "evt-7001",
    "type": "ticket.opened",
    "created_at": "2026-03-02T09:15:00+01:00",
    "requester": {"external_id": "ada", "email": "Ada@Example.com", "name": "Ada"},
    "ticket": {"id": 4711, "topic": "delivery", "subject": "Where is my parcel?"},
    "via": {"channel": "chat"},
    "assignee": {"id": 12},
}


def test_ada_opens_a_support_case():
    """The requester's name and the subject stand in no map, and so are not kept."""
    case = arrived(SUPPORT, OPENED)

    assert (case.source, case.message_id) == ("webhook:support", "evt-7001")
    assert case.id == fact_id("webhook:support", "evt-7001")
    assert case.happened_at == instant_of("2026-03-02T08:15:00Z")
    assert (case.user_id, case.anonymous_id, case.told) == ("ada", None, (("email", "ada@example.com"),))
    assert case.deed == Did(
        "Support Case Opened", {"case": "4711", "topic": "delivery", "channel": "chat", "agent": "12"}
    )
    assert case.consents == ()


def test_an_agent_answers_her_and_closes_the_case():
    answered = {**OPENED, "type": "ticket.commented", "comment": {"by": "agent", "public": True, "author": {"id": 12}}}
    note = {**answered, "comment": {"by": "agent", "public": False, "author": {"id": 12}}}

    assert arrived(SUPPORT, answered).deed.name == "Support Case Answered"  # type: ignore[union-attr]
    assert refused(SUPPORT, note)[0] is NO_MAP
    for end in ("ticket.solved", "ticket.closed"):
        assert arrived(SUPPORT, {**OPENED, "type": end}).deed.name == "Support Case Closed"  # type: ignore[union-attr]


def test_the_page_shows_what_a_payload_says():
    payload, said = [json.loads(block.partition("```")[0]) for block in PAGE.split("```json\n")[1:]]

    case = arrived(SUPPORT, payload)
    assert to_builtins(case.deed) == said
    assert (case.user_id, case.told) == ("ada", (("email", "ada@example.com"),))


# --- what became of a message --------------------------------------------------------------------------------------------


def message(event: str, **more: str) -> dict[str, Any]:
    of_message = {"message-id": "m-1@shop.example", "campaign": "spring"}
    data = {"event": event, "id": f"n-{event}", "timestamp": 1772445600.5, "recipient": "ada@example.com", **more}
    return {"event-data": data | of_message}


@pytest.mark.parametrize(
    ("event", "more", "name", "consents"),
    [
        ("opened", {}, "Message Opened", ()),
        ("clicked", {}, "Message Clicked", ()),
        ("failed", {"severity": "temporary"}, "Message Bounced", ()),
        (
            "failed",
            {"severity": "permanent"},
            "Message Bounced",
            (ConsentSaid("email", granted=False, place="webhook:mailer, hard bounce"),),
        ),
        (
            "unsubscribed",
            {},
            "Message Unsubscribed",
            (ConsentSaid("email", granted=False, place="webhook:mailer, unsubscribed"),),
        ),
        (
            "complained",
            {},
            "Message Unsubscribed",
            (ConsentSaid("email", granted=False, place="webhook:mailer, unsubscribed"),),
        ),
    ],
)
def test_what_became_of_a_message_and_what_follows_for_consent(event, more, name, consents):
    answer = arrived(MAILER, message(event, **more))

    assert isinstance(answer.deed, Did)
    assert (answer.deed.name, answer.deed.properties["message"]) == (name, "m-1@shop.example")
    assert answer.consents == consents
    assert (answer.user_id, answer.told) == (None, (("email", "ada@example.com"),))


def test_whoever_answers_stop_to_a_text_message_stops_text_messages():
    maps = "{event: Message Unsubscribed, identify: {phone: $.from}, properties: {channel: SMS}}"
    texter = source_of(f"sources:\n  - id: texter\n    signature: {{header: X-Signature}}\n    maps:\n      - {maps}\n")

    assert [one.purpose for one in arrived(texter, {"from": "+46 70 123 45 67"}).consents] == ["sms"]


# --- who, when, which message --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "moment"),
    [
        ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        (1772445600, "2026-03-02T10:00:00Z"),
        (1772445599.25, "2026-03-02T09:59:59.25Z"),
        (1772445599250, "2026-03-02T09:59:59.25Z"),
        (None, "2026-03-02T10:00:00Z"),
        ("", "2026-03-02T10:00:00Z"),
        ("2026-03-02T10:00:01Z", "2026-03-02T10:00:00Z"),
        (99_999_999_999, "2026-03-02T10:00:00Z"),
    ],
)
def test_a_time_is_written_out_or_counted_from_1970_and_never_in_the_future(at, moment):
    arrival = arrived(PLAIN_MAP, {"user": "ada", "at": at})

    assert arrival.happened_at == instant_of(moment)
    assert arrival.is_timed is bool(at)


@pytest.mark.parametrize("at", ["yesterday", 5, True, [1], 1e300, 10**18, -1.5])
def test_a_time_that_is_none_is_refused(at):
    assert refused(PLAIN_MAP, {"user": "ada", "at": at})[0] is EventReason.BAD_TIMESTAMP


def test_a_payload_is_known_by_its_id_and_else_by_its_bytes():
    one, again, other = [arrived(PLAIN_MAP, {"user": "ada", "value": value}) for value in (1, 1, 2)]

    assert one.id == again.id != other.id
    assert one.message_id == again.message_id
    assert len(one.message_id) == 32
    assert arrived(PLAIN_MAP, {"user": "ada", "id": 17}).id == fact_id("webhook:plain", "17")


@pytest.mark.parametrize("id", ["x" * 101, ["a"], {"a": 1}, "a\u0000b", "   "])
def test_an_id_that_is_none_is_refused(id):
    assert refused(PLAIN_MAP, {"user": "ada", "id": id})[0] is EventReason.BAD_MESSAGE_ID


def test_the_content_is_the_same_however_it_travelled():
    one = arrived(PLAIN_MAP, b'{"user": "ada", "value": 1, "id": "a", "attempt": 1}')
    again = arrived(PLAIN_MAP, b'{"attempt": 2, "id": "a", "value": 1, "user": "ada"}')
    other = arrived(PLAIN_MAP, b'{"attempt": 2, "id": "a", "value": 2, "user": "ada"}')

    assert (one.id, one.content) == (again.id, again.content)
    assert one.content != other.content


def test_values_that_identify_nobody_are_left_out():
    kinds = (IdentityKind("card", "digits", blocked=("0000",)), IdentityKind("email", "lower"))
    payload = {"user": "null", "email": "no address", "card": "00-00", "visitor": "v1"}

    assert arrived(PLAIN_MAP, payload, kinds=kinds).told == ()
    assert arrived(PLAIN_MAP, payload, kinds=kinds).user_id is None
    told = arrived(PLAIN_MAP, {"email": "A@b.se", "card": "12-34"}, kinds=kinds).told
    assert told == (("card", "1234"), ("email", "a@b.se"))


def test_a_payload_about_nobody_is_refused_with_what_was_looked_for():
    assert refused(PLAIN_MAP, {"value": 1, "email": "nobody"}) == (
        EventReason.MISSING_IDENTITY,
        (
            "It names nobody: `user_id`, `anonymous_id`, `email`, `card` are missing, blocked or of no usable form."
            " Correct the paths of “identify”."
        ),
    )
    assert refused(PLAIN_MAP, {"user": {"id": 1}})[0] is EventReason.BAD_IDENTITY


def test_a_property_is_one_value_of_the_payload_or_a_fixed_text():
    """A list or an object is no single value, and a way that ends before is nothing."""
    deed = arrived(PLAIN_MAP, {"user": "ada", "value": [1, 2], "list": [{"name": 1.50}]}).deed
    assert deed == Did("Something Happened", {"first": "1.5", "shop": "main"})


# --- which map -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "said", "fits"),
    [
        ("5", 5, True),
        ("5", "5", True),
        ("5", 5.0, True),
        ("5", 6, False),
        ("true", True, True),
        ("true", "true", True),
        ("true", 1, False),
        ("null", None, False),
        ("a", ["a"], False),
        ("[a, b]", "b", True),
        ("[a, b]", "c", False),
    ],
    ids=repr,
)
def test_a_value_fits_by_its_text(written, said, fits):
    maps = f'{{when: {{"$.a": {json.dumps(written) if written == "null" else written}}}, event: One, identify: {{user_id: $.u}}}}'
    one = source_of(f"sources:\n  - id: s\n    signature: {{header: X-S}}\n    maps:\n      - {maps}\n")

    assert isinstance(read(one, {"a": said, "u": "ada"}), Arrival) == fits


def test_of_the_maps_the_first_that_fits_counts():
    maps = """
      - {when: {"$.a": x, "$.b": y}, event: Both, identify: {user_id: $.u}}
      - {when: {"$.a": x}, event: First, identify: {user_id: $.u}}
      - {event: Rest, identify: {user_id: $.u}}
"""
    one = source_of(f"sources:\n  - id: s\n    signature: {{header: X-S}}\n    maps:{maps}")

    def name(**payload: str) -> str:
        deed = arrived(one, {**payload, "u": "ada"}).deed
        assert isinstance(deed, Did)
        return deed.name

    assert [name(a="x", b="y"), name(a="x", b="z"), name(a="z", b="y")] == ["Both", "First", "Rest"]


def test_a_payload_that_fits_no_map_is_refused_by_name():
    assert refused(SUPPORT, {"type": "ticket.merged"}) == (
        NO_MAP,
        (
            "No map of the source “support” fits the payload: look at `$.type`, `$.comment.by`, `$.comment.public`,"
            " or add a map for it."
        ),
    )


# --- what cannot be read -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", EventReason.BAD_JSON),
        (b"payload=%7B%7D", EventReason.BAD_JSON),
        (b'{"a": NaN}', EventReason.BAD_JSON),
        (b'{"a": "\xff"}', EventReason.BAD_JSON),
        (b"[" * 100_000, EventReason.BAD_JSON),
        (b'{"a":' * 100_000, EventReason.BAD_JSON),
        (b'{"a": ' + b"9" * 5_000 + b"}", EventReason.BAD_JSON),
        (b"17", EventReason.NOT_AN_OBJECT),
        (b'"text"', EventReason.NOT_AN_OBJECT),
        (b" " * (MOST_BODY_BYTES + 1), EventReason.TOO_LARGE),
    ],
)
def test_a_body_that_cannot_be_read_is_a_refusal(body, reason):
    assert refused(PLAIN_MAP, body)[0] is reason


def nested(levels: int) -> dict[str, Any]:
    payload: dict[str, Any] = {"user": "ada"}
    inner: Any = 1
    for level in range(levels - 1):
        inner = [inner] if level % 2 else {"a": inner}
    return {**payload, "deep": inner}


def test_twenty_levels_are_read_and_one_more_is_not():
    assert isinstance(read(PLAIN_MAP, nested(MOST_DEPTH)), Arrival)
    assert refused(PLAIN_MAP, nested(MOST_DEPTH + 1)) == (
        EventReason.BAD_JSON,
        "The payload is nested deeper than 20 levels. Have less sent with it.",
    )


def test_the_largest_body_is_read():
    empty = as_body({"user": "ada", "more": ""})
    body = as_body({"user": "ada", "more": "x" * (MOST_BODY_BYTES - len(empty))})

    assert len(body) == MOST_BODY_BYTES
    assert isinstance(read(PLAIN_MAP, body), Arrival)


def test_a_packed_body_is_refused_for_what_it_is():
    reason, said = refused(PLAIN_MAP, b"\x1f\x8b", headers={"content-encoding": "gzip"})

    assert (reason, said) == (EventReason.BAD_JSON, "The body comes packed (“gzip”). Have it sent as plain JSON.")


def test_one_bad_payload_of_a_list_does_not_sink_the_others():
    understood = map_webhook(PLAIN_MAP, {}, b'[{"user": "ada"}, 5, {"user": []}, {"user": "ben"}]', NOW)

    assert [(one.position, one.user_id) for one in understood.arrivals] == [(0, "ada"), (3, "ben")]
    assert [(one.position, one.reason.value) for one in understood.refusals] == [
        (1, "not_an_object"),
        (2, "bad_identity"),
    ]
    assert [one.raw for one in understood.refusals] == [b"5", b'{"user": []}']


def test_a_list_has_an_end():
    payloads = as_body([{"user": "a"}] * (MOST_EVENTS + 2))
    understood = map_webhook(PLAIN_MAP, {}, payloads, NOW)

    assert len(understood.arrivals) == MOST_EVENTS
    assert [one.reason for one in understood.refusals] == [EventReason.TOO_MANY_EVENTS] * 2


def test_of_a_large_payload_that_is_refused_the_beginning_is_kept():
    one = read(PLAIN_MAP, {"value": "x" * 100_000})

    assert isinstance(one, RefusedEvent)
    assert len(one.raw) == MOST_EVENT_BYTES


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(list("abu")) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)
FIELDS = ("id", "at", "user", "visitor", "email", "card", "value", "list")


@given(st.one_of(st.binary(max_size=200), st.dictionaries(st.sampled_from(FIELDS), JSON), JSON))
@example({"user": "ada", "at": 1e22})
@example({"user": 10**400})
def test_whatever_comes_every_payload_is_an_arrival_or_a_refusal(payload):
    body = as_body(payload)
    understood = map_webhook(PLAIN_MAP, {}, body, NOW)

    count = len(payload) if isinstance(payload, list) else 1
    positions = [one.position for one in understood.arrivals] + [one.position for one in understood.refusals]
    assert sorted(positions) == list(range(count)) or (isinstance(payload, bytes | list) and positions == [0])
    for arrival in understood.arrivals:
        assert arrival.happened_at <= NOW
        assert arrival.user_id or arrival.anonymous_id or arrival.told


# --- paths ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "steps"),
    [
        ("$.a", ("a",)),
        ("$.a.b[0].c", ("a", "b", 0, "c")),
        ("$[3]", (3,)),
        ("$.event-data.x_1", ("event-data", "x_1")),
        ("$" + ".a" * 20, ("a",) * 20),
    ],
)
def test_a_path_is_names_and_places(written, steps):
    assert parse_path(written) == JsonPath(steps)
    assert JsonPath(steps).describe() == written


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "$",
            "a",
            "$.",
            "$..a",
            "$.*",
            "$.a[*]",
            "$.a[-1]",
            "$.a[1:2]",
            "$.a[?(@.b)]",
            "$['a']",
            "$.a()",
            "$.a\n",
        ),
        *("$" + ".a" * 21, "$.a[1000]", "$.1", "$.a b", "$.å"),
    ],
)
def test_nothing_else_is_a_path(written):
    assert parse_path(written) is None


@given(JSON, st.lists(st.text(max_size=3) | st.integers(0, 3), max_size=4))
def test_a_way_that_ends_before_leads_to_nothing(payload, steps):
    walked = payload
    for step in steps:
        try:
            walked = walked[step] if isinstance(walked, dict | list) else None
        except (KeyError, IndexError, TypeError):
            walked = None
    assert value_at(JsonPath(tuple(steps)), payload) == walked


# --- signatures ----------------------------------------------------------------------------------------------------------

HEX = Signature("X-Signature", prefix="sha256=")
BASE64 = Signature("X-Signature", encoding="base64")


@given(st.binary(max_size=300), st.text(min_size=1, max_size=40))
def test_who_has_the_secret_can_sign_and_nothing_else_passes(body, secret):
    digest = hmac.new(secret.encode(), body, sha256).digest()
    in_hex, in_base64 = f"sha256={digest.hex()}", b64encode(digest).decode()

    assert is_signed(HEX, {"x-signature": in_hex}, body, [secret])
    assert is_signed(HEX, {"X-SIGNATURE": f" sha256={digest.hex().upper()} "}, body, [secret])
    assert is_signed(BASE64, {"X-Signature": in_base64}, body, ["", f"not {secret}", secret])
    assert not is_signed(HEX, {"X-Signature": in_hex}, body + b" ", [secret])
    assert not is_signed(HEX, {"X-Signature": in_hex}, body, [secret + "x"])
    assert not is_signed(HEX, {"X-Signature": in_hex}, body, [])
    assert not is_signed(HEX, {"X-Signature": digest.hex()}, body, [secret])
    assert not is_signed(HEX, {"X-Signature": f"SHA256={digest.hex()}"}, body, [secret])
    assert not is_signed(BASE64, {"X-Signature": in_base64.swapcase()}, body, [secret])
    assert not is_signed(BASE64, {"X-Other": in_base64}, body, [secret])


@pytest.mark.parametrize("said", ["", "sha256=", "sha256=é", "sha256=\ud800", "x" * 10_000])
def test_what_is_no_signature_is_none(said):
    assert not is_signed(HEX, {"X-Signature": said}, b"{}", [SECRET])


def test_an_empty_secret_signs_nothing():
    digest = hmac.new(b"", b"{}", sha256).hexdigest()
    assert not is_signed(HEX, {"X-Signature": f"sha256={digest}"}, b"{}", [""])


def test_a_source_has_a_name_of_its_own():
    assert source_name(SUPPORT) == "webhook:support"
