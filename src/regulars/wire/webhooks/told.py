"""What a platform told: the result of reading a delivery, or a page of orders."""

from enum import StrEnum

from msgspec import Struct

from regulars.wire.events.arrivals import Arrival
from regulars.wire.webhooks.refusals import RefusedWebhook


class PrivacyKind(StrEnum):
    DATA_REQUEST = "data_request"
    """A customer asks for what is known of them; it goes to the shop within 30 days."""
    CUSTOMER_REDACT = "customer_redact"
    """A customer is to be erased, within 30 days."""
    SHOP_REDACT = "shop_redact"
    """The shop left the platform 48 hours ago: all that came from it is to be erased."""


class PrivacyAsked(Struct, frozen=True):
    """Whose data is asked for or to be erased. At least one of `customer_id`, `email` and `phone` is there, except where the
    whole shop is meant; both addresses are normalised as those of an arrival are. `order_ids` may be empty."""

    kind: PrivacyKind
    customer_id: str | None = None
    email: str | None = None
    phone: str | None = None
    order_ids: tuple[str, ...] = ()


class Told(Struct, frozen=True):
    """One delivery. `delivery_id`, `topic` and `shop` are as the headers say them, "" where they do not.

    A delivery says the same thing twice under two ids, and two things under one: `delivery_id` is for logs only. What was
    heard before is known by the arrival's own id. Of `arrivals`, `refusals` and `asked` one at least says something, except
    that a customer may be told of who consents to nothing. `read_again` is the id of an order that was named without being
    told: whoever can ask the platform should.
    """

    delivery_id: str = ""
    topic: str = ""
    shop: str = ""
    arrivals: tuple[Arrival, ...] = ()
    refusals: tuple[RefusedWebhook, ...] = ()
    asked: PrivacyAsked | None = None
    read_again: str | None = None


class Page(Struct, frozen=True):
    """Every order of a page that was asked for is in one of the lists, once, and both are in the page's order."""

    arrivals: tuple[Arrival, ...] = ()
    refusals: tuple[RefusedWebhook, ...] = ()
