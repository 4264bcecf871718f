"""WooCommerce: a delivery's headers and bytes, or a page of its REST orders, as arrivals or a refusal.

An order's topics carry the whole order as it stands, except `order.deleted`, which names it by its id alone: such an order is
read again from the shop, where one in the trash still stands (`status=trash`).

What an order's goods cost is each line's `total`: after discounts, without tax. Shipping and fees are no goods. Of its refunds
an order tells only what was given back, in one sum. It is taken for goods with their tax, until there are no more of them: that
is exact where goods alone went back at one rate of tax, and for a whole refund; where shipping went back too, it is too much
by that.

The refunds themselves (`/orders/ID/refunds`) say it line by line, and whoever reads the shop's orders puts them in their place
(`with_refunds`). Each line's `total` is what went back of it; what was given beyond lines, shipping and fees with their
tax is money without goods. Such a word says more at the same stamp: it counts as a microsecond newer, and so sets right what
the sum alone had come to.

Delivery ids are no use: two orders in one second share one. The setup ping is a form, unsigned, and wants exactly 200.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from msgspec import DecodeError, Raw, Struct, ValidationError
from msgspec.json import Decoder, decode, encode
from msgspec.structs import replace

from regulars.kernel.facts import Bill, Instant, Line
from regulars.kernel.program import USUAL_KINDS, IdentityKind
from regulars.kernel.terms import Currency
from regulars.wire.bills import bill_of
from regulars.wire.events import texts
from regulars.wire.events.arrivals import Arrival, Sender
from regulars.wire.events.refusals import cut
from regulars.wire.webhooks.amounts import amount_in, minors_of
from regulars.wire.webhooks.arriving import (
    CANCELLED,
    PAID,
    PLACED,
    REFUNDED,
    Heard,
    Who,
    as_far_as_told,
    customer_arrival,
    order_arrival,
    texts_of,
    told_order,
    who_is,
)
from regulars.wire.webhooks.fields import (
    Said,
    check_currency,
    id_in,
    instant_in,
    needed_id_in,
    needed_instant_in,
    object_in,
    object_of,
    objects_in,
    quantity_in,
)
from regulars.wire.webhooks.headers import WOOCOMMERCE, header
from regulars.wire.webhooks.reading import page_of, told_by
from regulars.wire.webhooks.refunding import Back, Refunds
from regulars.wire.webhooks.refusals import WebhookReason, WebhookRefused
from regulars.wire.webhooks.told import Page, Told

_ORDERS: Final = frozenset({"order.created", "order.updated", "order.restored"})
_CUSTOMERS: Final = frozenset({"customer.created", "customer.updated"})

_STATUSES: Final = {
    "pending": PLACED,
    "on-hold": PLACED,
    "processing": PAID,
    "completed": PAID,
    "cancelled": CANCELLED,
    "failed": CANCELLED,
    "trash": CANCELLED,
    "refunded": REFUNDED,
}
"""`processing` and `completed` are what WooCommerce itself takes for paid. A `failed` payment may have counted before."""

_DRAFTS: Final = frozenset({"checkout-draft", "auto-draft", "draft", "new"})
_PING: Final = re.compile(rb"webhook_id=[0-9]{1,20}")

_PAGE: Final = Decoder(list[Raw])


def is_woocommerce_ping(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the shop only asks if anyone is there. Nobody signs that: it is looked for before the signature is."""
    return not header(headers, WOOCOMMERCE, "Topic") and _PING.fullmatch(body.strip()) is not None


def understand_woocommerce(
    headers: Mapping[str, str],
    body: bytes,
    received_at: Instant,
    currency: Currency,
    kinds: Sequence[IdentityKind] = USUAL_KINDS,
) -> Told:
    """`currency` and `kinds` are the program's. The signature is not looked at: `is_signed_by_woocommerce` comes first."""
    delivery_id, topic, shop = [header(headers, WOOCOMMERCE, name) for name in ("Delivery-ID", "Topic", "Source")]
    heard = Heard(Sender.WOOCOMMERCE, 0, received_at, tuple(kinds))

    def tell(told: Told) -> Told:
        if is_woocommerce_ping(headers, body):
            raise WebhookRefused(WebhookReason.SETUP_PING, "The webhook was made just now. There is nothing in it.")
        return _told(told, body, heard, currency)

    return told_by(Told(delivery_id, topic, shop), body, tell)


def understand_woocommerce_page(
    body: bytes, received_at: Instant, currency: Currency, kinds: Sequence[IdentityKind] = USUAL_KINDS
) -> Page:
    """A page of `/wp-json/wc/v3/orders`: every order in it is what its webhook would have been."""

    def order(position: int, said: Said) -> Arrival:
        return _order(said, Heard(Sender.WOOCOMMERCE, position, received_at, tuple(kinds)), currency)

    return page_of(body, _PAGE.decode, order)


class _Refunded(Struct):
    id: int
    refunds: list[Raw] = []


_REFUNDED: Final = Decoder(_Refunded)


def with_refunds(body: bytes, refunds_of: Callable[[int], bytes | None]) -> bytes:
    """The page, with the refunds of each order that has any as the shop tells them one by one (None: not to be had). A page that
    cannot be read stays as it is.
    """
    try:
        orders = _PAGE.decode(body)
    except (DecodeError, ValidationError, UnicodeDecodeError, RecursionError):
        return body
    return b"[" + b",".join([_with_its_refunds(bytes(one), refunds_of) for one in orders]) + b"]"


def _with_its_refunds(raw: bytes, refunds_of: Callable[[int], bytes | None]) -> bytes:
    try:
        order = _REFUNDED.decode(raw)
        told = refunds_of(order.id) if order.refunds else None
        refunds = decode(told) if told is not None else None
        if type(refunds) is not list or len(refunds) < len(order.refunds):
            return raw
        return encode({**decode(raw), "refunds": refunds})
    except (DecodeError, ValidationError, UnicodeDecodeError, RecursionError):
        return raw


def _told(told: Told, body: bytes, heard: Heard, currency: Currency) -> Told:
    if told.topic in _ORDERS:
        return replace(told, arrivals=(_order(object_of(body), heard, currency),))
    if told.topic in _CUSTOMERS:
        return replace(told, arrivals=(_customer(object_of(body), heard),))
    if told.topic == "order.deleted":
        message = "The order was deleted, or put into the trash. Its id is all that is told."
        raise WebhookRefused(WebhookReason.ONLY_AN_ID, message, needed_id_in(object_of(body)))
    if told.topic == "customer.deleted":
        message = (
            "An account that ends is no request to forget. Whoever wants to be forgotten is erased from the admin."
        )
        raise WebhookRefused(WebhookReason.NO_EFFECT, message)
    message = f"Nothing is known of the topic “{cut(told.topic)}”. Its webhook can be deleted."
    raise WebhookRefused(WebhookReason.UNKNOWN_TOPIC, message)


def _order(said: Said, heard: Heard, currency: Currency) -> Arrival:
    order_id = needed_id_in(said)
    status = _status(said)
    check_currency(said.get("currency"), currency.code, "currency")
    lines = _lines(said, currency)
    updated_at = needed_instant_in(said, "date_modified_gmt", "date_created_gmt")
    refunds = objects_in(said, "refunds", WebhookReason.BAD_REFUNDS)
    if refunds and all(map(_is_itemised, refunds)):
        back, updated_at = _back_by_lines(said, refunds, lines, currency), updated_at + 1
    else:
        back = _back_by_sum(said, refunds, lines)
    order = told_order(order_id, status, lines, back, updated_at, as_far_as_told(lambda: _bill(said, currency)))
    return order_arrival(
        heard, _buyer(said, heard), order, needed_instant_in(said, "date_created_gmt", "date_modified_gmt")
    )


def _status(said: Said) -> str:
    """A status that a plugin brought is paid where the order bears the day it was paid on."""
    status = said.get("status")
    if type(status) is not str or not status:
        raise WebhookRefused(WebhookReason.BAD_STATUS, "`status` is missing, or no text.")
    if status in _DRAFTS:
        raise WebhookRefused(WebhookReason.DRAFT, "The order is a draft. It is told again when it was placed.")
    if status in _STATUSES:
        return _STATUSES[status]
    return PLACED if instant_in(said, "date_paid_gmt") is None else PAID


def _lines(said: Said, currency: Currency) -> tuple[Line, ...]:
    of_order = _of_order(said)
    items = objects_in(said, "line_items", WebhookReason.BAD_LINES)
    quantities = [
        quantity_in(item, WebhookReason.BAD_LINES, f"line_items[{place}].") for place, item in enumerate(items)
    ]
    amounts = minors_of([_total(item, place) for place, item in enumerate(items)], currency.exponent)
    lines = map(Line, amounts, quantities, [_properties(item, of_order) for item in items])
    return tuple([line for line in lines if line.quantity])


def _bill(said: Said, currency: Currency) -> Bill | None:
    """What was taken off, tax and shipping; what was paid by gift card as WooCommerce's own extension tells it."""
    items = [
        one for one in enumerate(objects_in(said, "line_items", WebhookReason.BAD_LINES)) if one[1].get("quantity")
    ]
    off, tax, off_tax = [
        minors_of(part, currency.exponent)
        for part in (
            [
                max(_subtotal(item, place, "subtotal", _total) - _total(item, place), Fraction(0))
                for place, item in items
            ],
            [_tax(item, place) for place, item in items],
            [
                max(_subtotal(item, place, "subtotal_tax", _tax) - _tax(item, place), Fraction(0))
                for place, item in items
            ],
        )
    ]
    cards = enumerate(objects_in(said, "gift_cards", WebhookReason.BAD_AMOUNT))
    given = sum([amount_in(card, "amount", f"gift_cards[{place}].") for place, card in cards], Fraction(0))
    shipping, shipping_tax = [
        round(amount_in(said, name) * 10**currency.exponent) if said.get(name) else 0
        for name in ("shipping_total", "shipping_tax")
    ]
    return bill_of(
        discounts=off,
        taxes=tax,
        discount_taxes=off_tax,
        shipping_minor=shipping,
        shipping_tax_minor=shipping_tax,
        gift_card_minor=round(given * 10**currency.exponent),
    )


def _subtotal(item: Said, place: int, name: str, otherwise: Callable[[Said, int], Fraction]) -> Fraction:
    """Before discounts; as after them, where it is not told."""
    return amount_in(item, name, f"line_items[{place}].") if item.get(name) else otherwise(item, place)


def _total(item: Said, place: int) -> Fraction:
    total = amount_in(item, "total", f"line_items[{place}].")
    if total < 0:
        message = f"`line_items[{place}].total` is below 0. A line is worth 0 or more."
        raise WebhookRefused(WebhookReason.BAD_AMOUNT, message)
    return total


def _properties(item: Said, of_order: Mapping[str, str]) -> dict[str, str]:
    """0 is no product: one that was deleted since."""
    return texts.of_product(
        {
            "product_id": item.get("product_id") or None,
            "sku": item.get("sku"),
            "name": item.get("parent_name") or item.get("name"),
            "variant": item.get("variation_id") or None,
        },
        of_order,
    )


def _of_order(said: Said) -> dict[str, str]:
    """What every line bears of its order: its first coupon, what was taken off, and how the order was made."""
    coupons = objects_in(said, "coupon_lines", WebhookReason.BAD_AMOUNT)
    coupon = coupons[0].get("code") if coupons else None
    off = texts.taken_off(said.get("discount_total"))
    return texts_of(order_coupon=coupon, order_discount=off, channel=said.get("created_via"))


def _back_by_sum(said: Said, refunds: Sequence[Said], lines: Sequence[Line]) -> Back:
    """The goods' part of what was given back, off all lines. A refund's `total` is negative."""
    totals = [amount_in(refund, "total", f"refunds[{place}].") for place, refund in enumerate(refunds)]
    back = sum(map(abs, totals), Fraction(0))
    with_tax = _with_tax(said) if back else Fraction(0)
    found = Refunds(lines)
    if with_tax > 0:
        found.take_money(sum([line.amount_minor for line in lines]) * min(back / with_tax, Fraction(1)))
    return found.back()


def _is_itemised(refund: Said) -> bool:
    return type(refund.get("line_items")) is list and refund.get("amount") is not None


def _back_by_lines(said: Said, refunds: Sequence[Said], lines: Sequence[Line], currency: Currency) -> Back:
    items = [item for item in objects_in(said, "line_items", WebhookReason.BAD_LINES) if item.get("quantity")]
    places = {id_in(item, "id", WebhookReason.BAD_LINES): place for place, item in enumerate(items)}
    goods_tax, scale = _with_tax(said), 10**currency.exponent
    found = Refunds(lines)
    for number, refund in enumerate(refunds):
        within = f"refunds[{number}]."
        money: dict[int, Fraction] = {}
        counts: dict[int, int] = {}
        beside = abs(amount_in(refund, "amount", within))
        for name in ("line_items", "shipping_lines", "fee_lines"):
            for item_number, item in enumerate(objects_in(refund, name, WebhookReason.BAD_REFUNDS, within)):
                inside = f"{within}{name}[{item_number}]."
                total = abs(amount_in(item, "total", inside))
                beside -= total + (abs(amount_in(item, "total_tax", inside)) if item.get("total_tax") else 0)
                place = places.get(_refunded_item(item)) if name == "line_items" else None
                if place is not None:
                    money[place] = money.get(place, Fraction(0)) + total * scale
                    counts[place] = counts.get(place, 0) + _count_back(item, inside)
        found.take(money, counts)
        if beside > 0 and goods_tax > 0:
            found.take_money(sum([line.amount_minor for line in lines]) * min(beside / goods_tax, Fraction(1)))
    return found.back()


def _refunded_item(item: Said) -> str | None:
    """Which line of the order it was: a refund's lines have ids of their own."""
    for meta in objects_in(item, "meta_data", WebhookReason.BAD_REFUNDS):
        if meta.get("key") == "_refunded_item_id":
            return id_in({"id": _whole(meta.get("value"))}, "id", WebhookReason.BAD_REFUNDS)
    return None


def _whole(value: object) -> object:
    return int(value) if type(value) is str and value.isascii() and value.isdigit() and len(value) < 19 else value


def _count_back(item: Said, within: str) -> int:
    """Below 0, as WooCommerce writes it; 0 where money alone went back."""
    quantity = item.get("quantity")
    counted = -quantity if type(quantity) is int and quantity < 0 else quantity
    return quantity_in({"quantity": counted}, WebhookReason.BAD_REFUNDS, within)


def _with_tax(said: Said) -> Fraction:
    """What the goods cost with their tax."""
    items = enumerate(objects_in(said, "line_items", WebhookReason.BAD_LINES))
    costs = [_total(item, place) + _tax(item, place) for place, item in items]
    return sum(costs, Fraction(0))


def _tax(item: Said, place: int) -> Fraction:
    return amount_in(item, "total_tax", f"line_items[{place}].") if item.get("total_tax") else Fraction(0)


def _buyer(said: Said, heard: Heard) -> Who:
    billing = object_in(said, "billing", WebhookReason.BAD_CUSTOMER)
    user_id = id_in(said, "customer_id", WebhookReason.BAD_CUSTOMER)
    return who_is(heard, user_id, _traits(billing, billing), billing)


def _customer(said: Said, heard: Heard) -> Arrival:
    billing = object_in(said, "billing", WebhookReason.BAD_CUSTOMER)
    who = who_is(heard, needed_id_in(said), _traits(said, billing), said, billing)
    return customer_arrival(heard, who, needed_instant_in(said, "date_modified_gmt", "date_created_gmt"))


def _traits(person: Said, billing: Said) -> dict[str, str]:
    return texts_of(
        first_name=person.get("first_name") or billing.get("first_name"),
        last_name=person.get("last_name") or billing.get("last_name"),
        company=billing.get("company"),
        city=billing.get("city"),
        postal_code=billing.get("postcode"),
        state=billing.get("state"),
        country=billing.get("country"),
    )
