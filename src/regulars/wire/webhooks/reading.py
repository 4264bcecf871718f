"""Reading: what is the same for a delivery and a page of either platform. Whatever is wrong becomes a refusal."""

from collections.abc import Callable

from msgspec import DecodeError, Raw, ValidationError
from msgspec.structs import replace

from regulars.wire.events.arrivals import Arrival
from regulars.wire.webhooks.fields import Said, check_size, not_json, object_of
from regulars.wire.webhooks.refusals import (
    MOST_OF_A_PAGE,
    MOST_PAGE_BYTES,
    MOST_RAW_BYTES,
    RefusedWebhook,
    WebhookReason,
    WebhookRefused,
)
from regulars.wire.webhooks.told import Page, Told


def told_by(delivery: Told, body: bytes, tell: Callable[[Told], Told]) -> Told:
    """What `tell` makes of the delivery, or the delivery with the refusal it met."""
    try:
        return tell(delivery)
    except WebhookRefused as refused:
        message_id = delivery.delivery_id or None
        return replace(delivery, refusals=(_refused(0, refused, message_id, body),), read_again=refused.read_again)


def page_of(body: bytes, items_of: Callable[[bytes], list[Raw]], order_of: Callable[[int, Said], Arrival]) -> Page:
    """One bad order never sinks its page."""
    arrivals, refusals = [], []
    try:
        items = _items(body, items_of)
    except WebhookRefused as refused:
        return Page((), (_refused(0, refused, None, body),))
    for position, item in enumerate(items):
        try:
            arrivals.append(order_of(position, object_of(item)))
        except WebhookRefused as refused:
            refusals.append(_refused(position, refused, None, item))
    return Page(tuple(arrivals), tuple(refusals))


def _items(body: bytes, items_of: Callable[[bytes], list[Raw]]) -> list[Raw]:
    check_size(body, MOST_PAGE_BYTES)
    try:
        items = items_of(body)
    except ValidationError:
        raise WebhookRefused(WebhookReason.NO_ORDERS, "The page holds no list of orders where one belongs.") from None
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_json(error) from None
    if len(items) > MOST_OF_A_PAGE:
        message = f"The page holds {len(items):,} orders; at most {MOST_OF_A_PAGE} are taken. Ask for fewer at once."
        raise WebhookRefused(WebhookReason.TOO_MANY_ORDERS, message)
    return items


def _refused(position: int, refused: WebhookRefused, message_id: str | None, raw: bytes) -> RefusedWebhook:
    return RefusedWebhook(position, refused.reason, refused.message, message_id, bytes(raw)[:MOST_RAW_BYTES])
