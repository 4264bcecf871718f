"""What is said about an event that was not taken, and about a body of which nothing could be taken.

Messages are for the developer of the shop: which field, what is wrong with it, how to mend it. They quote field names, names
of events and ids of orders, cut at 40 characters; never who someone is.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

MOST_EVENT_BYTES: Final = 32 << 10
MOST_BODY_BYTES: Final = 500 << 10
MOST_EVENTS: Final = 2_500
MOST_ITEMS: Final = 10 * MOST_EVENTS
"""Up to which those beyond the limit are refused one by one; no client sends more, and the answer would be larger than they."""
_SHOWN_CHARACTERS: Final = 40


class EventReason(StrEnum):
    """Why an event was refused, and what that means. The list is closed: a new reason changes the published contract."""

    means: str

    def __new__(cls, value: str, means: str) -> "EventReason":
        reason = str.__new__(cls, value)
        reason._value_ = value
        reason.means = means
        return reason

    NOT_AN_OBJECT = "not_an_object", "the item of the batch is not a JSON object"
    BAD_JSON = "bad_json", "it is nested too deep, or a number in it is NaN, infinite or too large"
    TOO_LARGE = "too_large", "an order or a joining is larger than 32 KB, or what a webhook says larger than 500 KB"
    TRUNCATED = (
        "truncated",
        "the event is larger than 32 KB; it was taken with the first of its properties, and says so",
    )
    TOO_MANY_EVENTS = "too_many_events", "it stands behind the first 2,500 events of its batch"
    UNKNOWN_TYPE = "unknown_type", "`type` is not identify, track, page, screen, group or alias"
    BAD_MESSAGE_ID = "bad_message_id", "`messageId` is not a text of 1 to 100 characters without control characters"
    MISSING_IDENTITY = "missing_identity", "neither `userId` nor `anonymousId` is there; an alias needs `userId`"
    BAD_IDENTITY = "bad_identity", "an id of a person or a group is blank or too long"
    JUNK_IDENTITY = (
        "junk_identity",
        "an id is a word for no id at all (`null`, `guest`, …); it was left out, the event was taken",
    )
    MISSING_PREVIOUS_ID = "missing_previous_id", "an alias without `previousId`"
    MISSING_GROUP = "missing_group", "a group event without `groupId`"
    TOO_MANY_IDENTITIES = (
        "too_many_identities",
        "the customer has no room for another of the kind; it was left out, the event was taken",
    )
    BAD_TIMESTAMP = "bad_timestamp", "the time is not RFC 3339, or lies before 1990"
    MISSING_EVENT = "missing_event", "a track event without `event`, its name"
    BAD_EVENT = "bad_event", "`event` is not text, too long, or has control characters"
    BAD_ORDER = "bad_order", "`properties.order_id` is missing or no id"
    WRONG_CURRENCY = "wrong_currency", "the order is in another currency than the shop"
    BAD_PRODUCTS = "bad_products", "`products` is no list of objects, or one has a price or quantity that is none"
    BAD_AMOUNT = "bad_amount", "the order says nowhere what its goods cost, or says it in no plain number"
    NO_MAP = "no_map", "no map of the source fits the payload"
    MESSAGE_ID_REUSED = "message_id_reused", "an earlier event bears this `messageId` and says something else"
    ORDER_REUSED = "order_reused", "an earlier event bears this order id and says something else"
    UNKNOWN_ORDER = "unknown_order", "an order went back that is not known; send the order first, then this again"
    FAILED = "failed", "the event could not be kept; this is our fault"


class EventRefused(Exception):
    def __init__(self, reason: EventReason, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message


class RefusedEvent(Struct, frozen=True, gc=False):
    """`position` counts from 0; `raw` is the event as it was read, its first 32 KB; `message_id` where it bears a usable one."""

    position: int
    reason: EventReason
    message: str
    message_id: str | None
    raw: bytes


class BodyReason(StrEnum):
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    NO_BATCH = "no_batch"


class BodyError(ValueError):
    """The request as a whole cannot be taken: nothing of it was."""

    def __init__(self, reason: BodyReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def cut(text: str) -> str:
    """A text fit to be quoted: at most 40 characters."""
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
