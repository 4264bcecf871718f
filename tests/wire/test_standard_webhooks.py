"""What is sent to other systems: a receiver that follows the specification believes it, and believes nothing else."""

import json
from base64 import b64decode
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from regulars.wire.standard_webhooks import MOST_BODY_BYTES, body_of, headers_of, secret_of

OLD, NEW, ANOTHER = (secret_of(bytes([n]) * 32) for n in (1, 2, 3))
ENTERED = body_of("segment.entered", 0, {"customer": "ada", "segment": "at-risk"})


@pytest.fixture
def now() -> int:
    """A receiver looks at its own clock."""
    return int(datetime.now(UTC).timestamp()) * 1_000_000


def test_a_receiver_with_the_secret_reads_it(now: int) -> None:
    headers = headers_of("msg_1", now, ENTERED, [NEW])
    assert Webhook(NEW).verify(ENTERED, headers) == {
        "type": "segment.entered",
        "timestamp": "1970-01-01T00:00:00Z",
        "data": {"customer": "ada", "segment": "at-risk"},
    }


def test_while_a_secret_is_changed_the_old_and_the_new_one_verify(now: int) -> None:
    headers = headers_of("msg_1", now, ENTERED, [NEW, OLD])
    for secret in (OLD, NEW):
        assert json.loads(ENTERED) == Webhook(secret).verify(ENTERED, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(ANOTHER).verify(ENTERED, headers)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "body"])
def test_whatever_is_changed_on_the_way_is_not_believed(now: int, name: str) -> None:
    headers, body = headers_of("msg_1", now, ENTERED, [NEW]), ENTERED
    if name == "body":
        body = body.replace(b"ada", b"eve")
    else:
        headers[name] = {"webhook-id": "msg_2", "webhook-timestamp": str(now // 1_000_000 + 1)}[name]
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body, headers)


def test_it_is_signed_for_the_moment_of_the_attempt(now: int) -> None:
    long_ago = headers_of("msg_1", now - 3_600_000_000, ENTERED, [NEW])
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(ENTERED, long_ago)


def test_a_secret_is_shown_as_the_specification_has_it() -> None:
    assert NEW.startswith("whsec_")
    assert b64decode(NEW.removeprefix("whsec_")) == bytes([2]) * 32
    with pytest.raises(AssertionError):
        secret_of(b"too short")


def test_a_message_is_small() -> None:
    with pytest.raises(AssertionError):
        body_of("segment.entered", 0, {"customer": "a" * MOST_BODY_BYTES})
