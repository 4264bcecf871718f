"""What is said about a delivery of which nothing came, and what about one that is no fault at all.

Messages are for whoever runs the shop: which field, what is wrong with it, how to mend it. They quote field names, topics,
currencies and statuses, cut at 40 characters; never who someone is.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

MOST_DELIVERY_BYTES: Final = 2 << 20
"""Of one order with every line a shop can sell at once there are some hundred kilobytes."""
MOST_PAGE_BYTES: Final = 32 << 20
MOST_OF_A_PAGE: Final = 250
"""What Shopify hands over at once; WooCommerce stops at 100."""
MOST_LINES: Final = 1_000
MOST_RAW_BYTES: Final = 32 << 10


class WebhookReason(StrEnum):
    """Why nothing came of a delivery or of an order, and what that means. The list is closed.

    `is_fault` tells a thing that somebody has to mend, and that is set aside for them, from one that only leaves us cold.
    Both are answered 200: a platform that hears anything else sends the same again and in the end gives the shop up.
    """

    means: str
    is_fault: bool

    def __new__(cls, value: str, means: str, is_fault: bool = True) -> "WebhookReason":
        reason = str.__new__(cls, value)
        reason._value_ = value
        reason.means = means
        reason.is_fault = is_fault
        return reason

    SETUP_PING = "setup_ping", "the platform asks whether anyone is there", False
    UNKNOWN_TOPIC = "unknown_topic", "nothing is known of this topic", False
    NO_EFFECT = "no_effect", "the topic is known, and another one bears what it says", False
    ONLY_AN_ID = "only_an_id", "the order is named and not told; it has to be read again", False
    TEST_ORDER = "test_order", "the order was made to try the shop", False
    DRAFT = "draft", "the order was not placed yet", False
    NOBODY = (
        "nobody",
        "the order names no customer: neither an account, nor an e-mail address, nor a phone number",
        False,
    )
    TOO_LARGE = "too_large", "a delivery is larger than 2 MB, or a page larger than 32 MB"
    NOT_JSON = "not_json", "the body is not JSON, not UTF-8, or nested too deep to be read"
    NOT_AN_OBJECT = "not_an_object", "the body, or the item of a page, is not a JSON object"
    NO_ORDERS = "no_orders", "the page holds no list of orders"
    TOO_MANY_ORDERS = "too_many_orders", "the page holds more than 250 orders"
    BAD_ID = "bad_id", "the order or the customer has no id, or one that is no whole number above 0"
    BAD_TIME = "bad_time", "a time is missing, not ISO 8601, or outside the years 1990 to 2100"
    BAD_STATUS = "bad_status", "the order's status is missing or unknown"
    BAD_CUSTOMER = (
        "bad_customer",
        "the customer, an address or a consent is not an object with the fields it should have",
    )
    WRONG_CURRENCY = "wrong_currency", "the order is in another currency than the shop"
    BAD_LINES = "bad_lines", "the lines are no list of at most 1,000 objects, or one has a quantity that is none"
    BAD_AMOUNT = "bad_amount", "an amount is missing, no plain number, below 0 or out of bounds"
    BAD_REFUNDS = "bad_refunds", "the refunds are no list of objects with whole quantities"
    BAD_REQUEST = "bad_request", "a request for somebody's data does not say whose"


class WebhookRefused(Exception):
    def __init__(self, reason: WebhookReason, message: str, read_again: str | None = None) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message
        self.read_again = read_again


class RefusedWebhook(Struct, frozen=True, gc=False):
    """`position` counts from 0 and is always 0 for a delivery; `message_id` is the delivery's id, for a look into the platform's
    own log; `raw` is what was read, its first 32 KB."""

    position: int
    reason: WebhookReason
    message: str
    message_id: str | None
    raw: bytes
