"""Shopify: a delivery's headers and bytes, or a page of its REST orders, as arrivals, a request for privacy, or a refusal.

Every topic about orders carries the whole order as it stands, and so does a page of `orders.json`: all are read alike, and the
service keeps the one with the newest `updated_at`.

What an order's goods cost is, for each line, in the shop's own currency (`shop_money`)

    price x quantity - discount_allocations                where the line has any, else - total_discount
                     - tax_lines                           where the order says `taxes_included`

without shipping, tips and duties. What of it went back is told line by line: over all refunds, each line's share by the quantity
in its `refund_line_items` (by their `subtotal` where that is all they say), less `order_adjustments` of the kind
`refund_discrepancy`: what was given beside the goods' worth (money without goods, a pending refund) goes off all lines, and a
little less for a scratched cup stays with the cup. Shipping given back takes nothing off the goods.

`refunds/create` is heard without effect. It carries a refund and not the order, whose customer and amounts it does not know;
and Shopify sends `orders/updated` with every refund, which tells both. Two words for one refund would only have to be kept from
counting twice.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from msgspec import Raw, Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from regulars.kernel.facts import Bill, Instant, Line
from regulars.kernel.program import USUAL_KINDS, IdentityKind
from regulars.kernel.terms import Currency
from regulars.wire.bills import bill_of
from regulars.wire.events import texts
from regulars.wire.events.arrivals import Arrival, ConsentSaid, Sender
from regulars.wire.events.refusals import cut
from regulars.wire.webhooks.amounts import amount_in, minors_of
from regulars.wire.webhooks.arriving import (
    CANCELLED,
    PAID,
    PARTLY_REFUNDED,
    PLACED,
    REFUNDED,
    Heard,
    Who,
    as_far_as_told,
    consent_arrival,
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
from regulars.wire.webhooks.headers import SHOPIFY, header
from regulars.wire.webhooks.reading import page_of, told_by
from regulars.wire.webhooks.refunding import Back, Refunds
from regulars.wire.webhooks.refusals import WebhookReason, WebhookRefused
from regulars.wire.webhooks.told import Page, PrivacyAsked, PrivacyKind, Told

_ORDERS: Final = frozenset(
    {
        "orders/create",
        "orders/updated",
        "orders/paid",
        "orders/cancelled",
        "orders/fulfilled",
        "orders/partially_fulfilled",
    }
)
_CUSTOMERS: Final = frozenset({"customers/create", "customers/update"})
_CONSENTS: Final = frozenset({"customers_email_marketing_consent/update", "customers_marketing_consent/update"})
_PRIVACY: Final = {
    "customers/data_request": PrivacyKind.DATA_REQUEST,
    "customers/redact": PrivacyKind.CUSTOMER_REDACT,
    "shop/redact": PrivacyKind.SHOP_REDACT,
}
_OF_NO_EFFECT: Final = {
    "refunds/create": "A refund alone is not the order; `orders/updated` tells the order with it.",
    "customers/delete": "An account that ends is no request to forget; `customers/redact` is.",
}

_STATUSES: Final = {
    "pending": PLACED,
    "authorized": PLACED,
    "partially_paid": PLACED,
    "unpaid": PLACED,
    "expired": PLACED,
    "voided": CANCELLED,
    "paid": PAID,
    "partially_refunded": PARTLY_REFUNDED,
    "refunded": REFUNDED,
}

_CHANNELS: Final = (
    ("email_marketing_consent", "email", "email"),
    ("sms_marketing_consent", "sms", "phone"),
)
_GRANTED: Final = {"subscribed": True, "unsubscribed": False, "redacted": False}
"""Other states (`not_subscribed`, `pending`, `invalid`) say neither yes nor no."""


class _Orders(Struct):
    orders: list[Raw]


class _Good(Struct, frozen=True):
    """One line of an order that is no tip, what was paid for it in major units without tax, and its properties; `discount` is what
    was taken off, without the tax that there would be on it (`discount_tax`).
    """

    id: str | None
    quantity: int
    worth: Fraction
    properties: Mapping[str, str]
    discount: Fraction
    tax: Fraction
    discount_tax: Fraction


_PAGE: Final = Decoder(_Orders)


def understand_shopify(
    headers: Mapping[str, str],
    body: bytes,
    received_at: Instant,
    currency: Currency,
    kinds: Sequence[IdentityKind] = USUAL_KINDS,
) -> Told:
    """`currency` and `kinds` are the program's. The signature is not looked at: `is_signed_by_shopify` comes first."""
    delivery_id, topic, shop = [header(headers, SHOPIFY, name) for name in ("Webhook-Id", "Topic", "Shop-Domain")]
    heard = Heard(Sender.SHOPIFY, 0, received_at, tuple(kinds))
    return told_by(Told(delivery_id, topic, shop), body, lambda told: _told(told, body, heard, currency))


def understand_shopify_page(
    body: bytes, received_at: Instant, currency: Currency, kinds: Sequence[IdentityKind] = USUAL_KINDS
) -> Page:
    """A page of `orders.json`: every order in it is what its webhook would have been."""

    def order(position: int, said: Said) -> Arrival:
        return _order(said, Heard(Sender.SHOPIFY, position, received_at, tuple(kinds)), currency)

    return page_of(body, lambda body: _PAGE.decode(body).orders, order)


def _told(told: Told, body: bytes, heard: Heard, currency: Currency) -> Told:
    if told.topic in _OF_NO_EFFECT:
        raise WebhookRefused(WebhookReason.NO_EFFECT, _OF_NO_EFFECT[told.topic])
    if told.topic in _ORDERS:
        return replace(told, arrivals=(_order(object_of(body), heard, currency),))
    if told.topic in _CUSTOMERS:
        return replace(told, arrivals=_customer(object_of(body), heard))
    if told.topic in _CONSENTS:
        return replace(told, arrivals=tuple(_consenting(object_of(body), heard)))
    if told.topic in _PRIVACY:
        return replace(told, asked=_asked(_PRIVACY[told.topic], object_of(body), heard))
    message = f"Nothing is known of the topic “{cut(told.topic)}”. Its subscription can be taken back."
    raise WebhookRefused(WebhookReason.UNKNOWN_TOPIC, message)


def _order(said: Said, heard: Heard, currency: Currency) -> Arrival:
    order_id = needed_id_in(said)
    if said.get("test") is True:
        raise WebhookRefused(WebhookReason.TEST_ORDER, "The order was paid by a test gateway. It is not counted.")
    check_currency(said.get("currency"), currency.code, "currency")
    goods = _goods(said, currency)
    amounts = minors_of([good.worth for good in goods], currency.exponent)
    lines = tuple([Line(amount, good.quantity, good.properties) for amount, good in zip(amounts, goods, strict=True)])
    back = _back(said, goods, lines, currency)
    updated_at = needed_instant_in(said, "updated_at")
    bill = as_far_as_told(lambda: _bill(said, goods, amounts, currency))
    order = told_order(order_id, _status(said), lines, back, updated_at, bill)
    return order_arrival(heard, _buyer(said, heard), order, needed_instant_in(said, "processed_at", "created_at"))


def _goods(said: Said, currency: Currency) -> list[_Good]:
    included = said.get("taxes_included") is True
    of_order = _of_order(said)
    lines = enumerate(objects_in(said, "line_items", WebhookReason.BAD_LINES))
    goods = [
        _good(line, f"line_items[{place}].", included, of_order, currency) for place, line in lines if not _is_tip(line)
    ]
    return [good for good in goods if good.quantity]


def _is_tip(line: Said) -> bool:
    return any(line.get(name) for name in ("tip", "tip_payment_gateway", "tip_payment_method"))


def _good(line: Said, within: str, included: bool, of_order: Mapping[str, str], currency: Currency) -> _Good:
    quantity = quantity_in(line, WebhookReason.BAD_LINES, within)
    worth = _worth(line, quantity, within, included, currency)
    if worth < 0:
        message = f"`{within}price` is less than what is taken off it. A line is worth 0 or more."
        raise WebhookRefused(WebhookReason.BAD_AMOUNT, message)
    id = id_in(line, "id", WebhookReason.BAD_LINES, within)
    off = sum(_discounts(line, within, currency), Fraction(0))
    tax = sum(_moneys(line, "tax_lines", "price", within, currency), Fraction(0))
    rate = _rate(line, within)
    discount = off / (1 + rate) if included else off
    return _Good(id, quantity, worth, _properties(line, of_order), discount, tax, discount * rate)


def _worth(line: Said, quantity: int, within: str, included: bool, currency: Currency) -> Fraction:
    worth = _money(line, "price", within, currency) * quantity
    taxes = _moneys(line, "tax_lines", "price", within, currency) if included else []
    return worth - sum(_discounts(line, within, currency)) - sum(taxes)


def _discounts(said: Said, within: str, currency: Currency) -> list[Fraction]:
    discounts = _moneys(said, "discount_allocations", "amount", within, currency)
    if not discounts and said.get("total_discount"):
        discounts = [_money(said, "total_discount", within, currency)]
    return discounts


def _rate(said: Said, within: str) -> Fraction:
    """Of all its taxes, as far as they tell theirs."""
    taxes = objects_in(said, "tax_lines", WebhookReason.BAD_AMOUNT, within)
    told = [
        amount_in(tax, "rate", f"{within}tax_lines[{place}].") for place, tax in enumerate(taxes) if tax.get("rate")
    ]
    return sum(told, Fraction(0))


def _bill(said: Said, goods: Sequence[_Good], amounts: Sequence[int], currency: Currency) -> Bill | None:
    """What was taken off, tax, shipping, and what was paid by gift card where the order tells its transactions. Where prices
    include tax, what was paid, what was taken off and the taxes of both add up to price times quantity.
    """
    off, tax, off_tax = [
        minors_of(part, currency.exponent)
        for part in (
            [good.discount for good in goods],
            [good.tax for good in goods],
            [good.discount_tax for good in goods],
        )
    ]
    included = said.get("taxes_included") is True
    if included:
        whole = minors_of(
            [good.worth + good.tax + good.discount + good.discount_tax for good in goods], currency.exponent
        )
        parts = zip(whole, amounts, off, tax, off_tax, strict=True)
        off_tax = [all - net - less - taxed if more else 0 for all, net, less, taxed, more in parts]
    shipping = [_shipping(one, f"shipping_lines[{place}].", included, currency) for place, one in _shipped(said)]
    paid, less, taxed = [sum(parts, Fraction(0)) for parts in zip(*shipping, strict=True)] or [Fraction(0)] * 3
    return bill_of(
        discounts=off,
        taxes=tax,
        discount_taxes=off_tax,
        shipping_minor=round(paid * 10**currency.exponent),
        shipping_discount_minor=round(less * 10**currency.exponent),
        shipping_tax_minor=round(taxed * 10**currency.exponent),
        gift_card_minor=round(sum(_by_gift_card(said, currency), Fraction(0)) * 10**currency.exponent),
    )


def _shipped(said: Said) -> list[tuple[int, Said]]:
    return list(enumerate(objects_in(said, "shipping_lines", WebhookReason.BAD_AMOUNT)))


def _shipping(line: Said, within: str, included: bool, currency: Currency) -> tuple[Fraction, Fraction, Fraction]:
    """What was paid for it without tax, what was taken off, and the tax."""
    off = sum(_discounts(line, within, currency), Fraction(0))
    tax = sum(_moneys(line, "tax_lines", "price", within, currency), Fraction(0))
    cost = _money(line, "price", within, currency) - off - (tax if included else 0)
    return cost, off / (1 + _rate(line, within)) if included else off, tax


def _by_gift_card(said: Said, currency: Currency) -> list[Fraction]:
    """Shopify tells payments only to whoever asks for an order with its transactions."""
    payments = enumerate(objects_in(said, "transactions", WebhookReason.BAD_AMOUNT))
    return [
        _money(one, "amount", f"transactions[{place}].", currency)
        for place, one in payments
        if one.get("gateway") == "gift_card"
        and one.get("kind") in ("sale", "capture")
        and one.get("status") == "success"
    ]


def _moneys(line: Said, name: str, of: str, within: str, currency: Currency) -> list[Fraction]:
    parts = objects_in(line, name, WebhookReason.BAD_AMOUNT, within)
    return [_money(part, of, f"{within}{name}[{place}].", currency) for place, part in enumerate(parts)]


def _money(said: Said, name: str, within: str, currency: Currency) -> Fraction:
    """In the shop's currency: out of the set where there is one, for the other half of it is what the customer saw."""
    both = object_in(said, f"{name}_set", WebhookReason.BAD_AMOUNT, within)
    shops = object_in(both, "shop_money", WebhookReason.BAD_AMOUNT, f"{within}{name}_set.")
    if not shops:
        return amount_in(said, name, within)
    inside = f"{within}{name}_set.shop_money."
    check_currency(shops.get("currency_code"), currency.code, f"{inside}currency_code")
    return amount_in(shops, "amount", inside)


def _properties(line: Said, of_order: Mapping[str, str]) -> dict[str, str]:
    """`product_type` stands only where an app puts it; Shopify's own lines leave it out."""
    return texts.of_product(
        {
            "product_id": line.get("product_id"),
            "sku": line.get("sku"),
            "category": line.get("product_type"),
            "brand": line.get("vendor"),
            "name": line.get("title"),
            "variant": line.get("variant_title"),
            "gift_card": line.get("gift_card") or None,
        },
        of_order,
    )


def _of_order(said: Said) -> dict[str, str]:
    """What every line bears of its order: its first discount code, what was taken off, and the sales channel."""
    codes = objects_in(said, "discount_codes", WebhookReason.BAD_AMOUNT)
    coupon = codes[0].get("code") if codes else None
    off = texts.taken_off(said.get("total_discounts"))
    return texts_of(order_coupon=coupon, order_discount=off, channel=said.get("source_name"))


def _back(said: Said, goods: Sequence[_Good], lines: Sequence[Line], currency: Currency) -> Back:
    """What has gone back of each line. A line that is not named, and one that is no goods, takes nothing off the goods."""
    places = {good.id: place for place, good in enumerate(goods) if good.id}
    refunds = Refunds(lines)
    scale = 10**currency.exponent
    for number, refund in enumerate(objects_in(said, "refunds", WebhookReason.BAD_REFUNDS)):
        within = f"refunds[{number}]."
        counts: dict[int, int] = {}
        money: dict[int, Fraction] = {}
        for line_id, count, subtotal in _returned(refund, within, currency):
            if line_id in places:
                place = places[line_id]
                share = Fraction(lines[place].amount_minor * count, lines[place].quantity)
                counts[place] = counts.get(place, 0) + count
                money[place] = money.get(place, Fraction(0)) + (share if count else subtotal * scale)
        beside = -sum(_discrepancies(refund, within, currency), Fraction(0)) * scale
        refunds.take(money, counts, beside)
    return refunds.back()


def _returned(refund: Said, within: str, currency: Currency) -> list[tuple[str, int, Fraction]]:
    """The lines that are named, how many of each, and the money where it is not said how many."""
    items = objects_in(refund, "refund_line_items", WebhookReason.BAD_REFUNDS, within)
    found: list[tuple[str, int, Fraction]] = []
    for number, item in enumerate(items):
        place = f"{within}refund_line_items[{number}]."
        line_id = id_in(item, "line_item_id", WebhookReason.BAD_REFUNDS, place)
        count = quantity_in(item, WebhookReason.BAD_REFUNDS, place)
        has_money = not count and (item.get("subtotal") or item.get("subtotal_set"))
        subtotal = _money(item, "subtotal", place, currency) if has_money else Fraction(0)
        if line_id:
            found.append((line_id, count, subtotal))
    return found


def _discrepancies(refund: Said, within: str, currency: Currency) -> list[Fraction]:
    adjustments = objects_in(refund, "order_adjustments", WebhookReason.BAD_REFUNDS, within)
    return [
        _money(adjustment, "amount", f"{within}order_adjustments[{place}].", currency)
        for place, adjustment in enumerate(adjustments)
        if adjustment.get("kind") == "refund_discrepancy"
    ]


def _status(said: Said) -> str:
    if instant_in(said, "cancelled_at") is not None:
        return CANCELLED
    status = said.get("financial_status")
    if status is None:
        return PLACED
    if type(status) is str and status in _STATUSES:
        return _STATUSES[status]
    found = f"“{cut(status)}” is" if type(status) is str else "It is"
    message = f"`financial_status` is one of {', '.join(_STATUSES)}. {found} none of them."
    raise WebhookRefused(WebhookReason.BAD_STATUS, message)


def _buyer(said: Said, heard: Heard) -> Who:
    """An account's own addresses, or a guest's as they stand on the order: on an account's order they may be somebody else's."""
    customer = object_in(said, "customer", WebhookReason.BAD_CUSTOMER)
    user_id = id_in(customer, "id", WebhookReason.BAD_CUSTOMER, "customer.")
    address = object_in(customer, "default_address", WebhookReason.BAD_CUSTOMER, "customer.")
    address = address or object_in(said, "billing_address", WebhookReason.BAD_CUSTOMER)
    addresses = [customer] if user_id else [said, {"email": said.get("contact_email")}]
    return who_is(heard, user_id, _traits(customer, address), *addresses)


def _traits(customer: Said, address: Said) -> dict[str, str]:
    return texts_of(
        first_name=customer.get("first_name") or address.get("first_name"),
        last_name=customer.get("last_name") or address.get("last_name"),
        company=address.get("company"),
        city=address.get("city"),
        postal_code=address.get("zip"),
        state=address.get("province_code") or address.get("province"),
        country=address.get("country_code") or address.get("country"),
    )


def _customer(said: Said, heard: Heard) -> tuple[Arrival, ...]:
    address = object_in(said, "default_address", WebhookReason.BAD_CUSTOMER)
    who = who_is(heard, needed_id_in(said), _traits(said, address), said)
    return customer_arrival(heard, who, needed_instant_in(said, "updated_at", "created_at")), *_consents(said, heard, 1)


def _consenting(said: Said, heard: Heard) -> list[Arrival]:
    """The topics about consent alone name the customer in words of their own."""
    user_id, email = said.get("customer_id") or said.get("id"), said.get("email_address") or said.get("email")
    return _consents({**said, "id": user_id, "email": email}, heard, 0)


def _consents(said: Said, heard: Heard, position: int) -> list[Arrival]:
    """Each in an arrival of its own, as old as the consent is: every word about a customer says their consents again."""
    user_id = needed_id_in(said)
    arrivals: list[Arrival] = []
    for field, purpose, kind in _CHANNELS:
        consent = object_in(said, field, WebhookReason.BAD_CUSTOMER)
        state = texts.text(consent.get("state")).lower()
        if state in _GRANTED:
            place = replace(heard, position=position + len(arrivals))
            who = who_is(heard, user_id, {}, {kind: said.get(kind)})
            said_at = instant_in(consent, "consent_updated_at", f"{field}.")
            how = texts.text(consent.get("opt_in_level")).lower()
            word = ConsentSaid(purpose, _GRANTED[state], wording=how, place="Shopify", imported=said_at is None)
            arrivals.append(consent_arrival(place, who, word, said_at))
    return arrivals


def _asked(kind: PrivacyKind, said: Said, heard: Heard) -> PrivacyAsked:
    customer = object_in(said, "customer", WebhookReason.BAD_REQUEST)
    customer_id = id_in(customer, "id", WebhookReason.BAD_REQUEST, "customer.")
    told = dict(who_is(heard, customer_id, {}, customer).told)
    if kind is not PrivacyKind.SHOP_REDACT and customer_id is None and not told:
        message = "`customer` has neither `id` nor a usable `email` or `phone`. Find out whose data is meant."
        raise WebhookRefused(WebhookReason.BAD_REQUEST, message)
    return PrivacyAsked(kind, customer_id, told.get("email"), told.get("phone"), _order_ids(said))


def _order_ids(said: Said) -> tuple[str, ...]:
    """Those that are ids: what else stands among them names no order."""
    listed = said.get("orders_requested") or said.get("orders_to_redact")
    return tuple([str(one) for one in listed if type(one) is int and one > 0]) if type(listed) is list else ()
