"""An order out of `Order Completed`: what was bought, and what was paid for it.

What an order is worth here is what its goods cost after discounts, without shipping and tax: its *net*. That is the first of

    subtotal
    revenue
    what the products cost - discount
    total - tax - shipping             where no product has a price

Lines come from `products`, each price x quantity, rounded to the minor unit (half-even) before anything is added. Then

    net < what they cost     the difference is taken off the lines, in proportion
    net > what they cost     products without a price share what is left, in proportion to quantity;
                             where every product has a price, the products are the truth

Shares are whole minor units by largest remainder, at equal remainders the earlier line first: so the lines always add up, and
none falls below 0. No float takes part; a JSON number is taken at its shortest decimal text.

What a line costs less than its price is its discount; `tax` is spread over the lines by what was paid for them, `shipping` is the
order's, and `paid_with` says how much of all was paid with `money`, a `gift_card` or `points`, each in money.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from operator import add, sub
from typing import Final, NoReturn

from regulars.kernel.facts import ORDER_CANCELLED, Bill, Line
from regulars.kernel.terms import Currency
from regulars.kernel.worth import TENDERS
from regulars.wire.bills import bill_of, currency_named, put_abroad
from regulars.wire.events import texts
from regulars.wire.events.arrivals import Ordered, Went, WentBack
from regulars.wire.events.identities import identifier
from regulars.wire.events.refusals import EventReason, EventRefused, cut
from regulars.wire.orders.cells import MOST_MINOR, MOST_QUANTITY

_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_MOST_NUMBER_CHARACTERS: Final = 40
_EXACT: Final = Context(prec=400)
_WHOLE: Final = re.compile(r"([0-9]{1,9})(\.0*)?")


def ordered(properties: object, shop: Currency) -> Ordered:
    """Refused for `bad_order`, `wrong_currency`, `bad_products` or `bad_amount`."""
    said: Mapping[str, object] = properties if type(properties) is dict else {}
    order_id = _order_id(said)
    currency = _currency(said.get("currency"), shop)
    products = _products(said.get("products"))
    quantities = [_quantity(product.get("quantity"), place) for place, product in enumerate(products)]
    prices = [
        _price_minor(product.get("price"), quantities[place], place, currency.exponent)
        for place, product in enumerate(products)
    ]
    net_minor = _net_minor(said, prices, currency)
    amounts = amounts_of(net_minor, prices, quantities) if products else [net_minor]
    amount_minor = sum(amounts)
    bill = _bill(said, amounts, prices, currency)
    if amount_minor >= MOST_MINOR:
        _refuse_amount(
            "The order's amount is out of bounds: it has at most 12 digits, those behind the point included."
        )
    lines = _lines(said, products or [{}], quantities or [1], amounts)
    if currency.code != shop.code:
        lines, bill = put_abroad(lines, bill, currency)
        amount_minor = 0
    return Ordered(order_id, lines, amount_minor, bill)


def went_back(name: str, properties: object, shop: Currency) -> WentBack:
    """What of an order went back: its `products`, else so much of it (`refund`, `amount`, `value`, `revenue` or `total`), else all
    that is left; a cancelled order is gone whole. Refused like an order.
    """
    said: Mapping[str, object] = properties if type(properties) is dict else {}
    order_id = _order_id(said)
    if name == ORDER_CANCELLED:
        return WentBack(name, order_id)
    shop = _currency(said.get("currency"), shop)
    goods = [_went(product, place, shop) for place, product in enumerate(_products(said.get("products")))]
    if goods:
        return WentBack(name, order_id, tuple(goods))
    amounts = [_amount_minor(said, field, shop) for field in ("refund", "amount", "value", "revenue", "total")]
    return WentBack(name, order_id, (), next((one for one in amounts if one is not None), None))


def _went(product: Mapping[str, object], place: int, shop: Currency) -> Went:
    names = [texts.text(product[field]) for field in ("product_id", "sku", "product", "variant") if field in product]
    if not any(names):
        _refuse_products(f"`properties.products[{place}]` does not say which product: send its `product_id` or `sku`.")
    amount = product.get("refund", product.get("amount"))
    minor = None if amount is None or amount == "" else _minor_of(amount, 1, shop.exponent)
    if (minor is not None and minor < 0) or (amount not in (None, "") and minor is None):
        _refuse_products(f"`properties.products[{place}].refund` {_EXPECTED}")
    quantity = None if product.get("quantity") in (None, "") else _quantity(product.get("quantity"), place)
    return Went(next(filter(None, names)), quantity, minor)


def amounts_of(net_minor: int, prices: Sequence[int | None], quantities: Sequence[int]) -> list[int]:
    """What was paid for each line; a price None is unknown."""
    known = [price or 0 for price in prices]
    left = net_minor - sum(known)
    if left < 0:
        return list(map(sub, known, _shared(-left, known)))
    if left == 0 or None not in prices:
        return known
    unpriced = [quantity if price is None else 0 for price, quantity in zip(prices, quantities, strict=True)]
    return list(map(add, known, _shared(left, unpriced)))


def _order_id(said: Mapping[str, object]) -> str:
    for field in ("order_id", "orderId"):
        order_id = identifier(said.get(field), f"properties.{field}", EventReason.BAD_ORDER)
        if order_id is not None:
            return order_id
    message = "`properties.order_id` is missing. An order needs the id under which the shop knows it."
    raise EventRefused(EventReason.BAD_ORDER, message)


def _currency(currency: object, shop: Currency) -> Currency:
    """The order's, which is the shop's where nothing is said."""
    if currency is None or currency == "" or currency == shop.code:
        return shop
    code = currency.strip().upper() if isinstance(currency, str) else ""
    other = currency_named(code) if shop.takes_others else None
    if code != shop.code and other is None:
        found = f" “{cut(currency)}”" if isinstance(currency, str) else ""
        message = f"`properties.currency`{found} is not the shop's, {shop.code}. Convert the order's amounts."
        raise EventRefused(EventReason.WRONG_CURRENCY, message)
    return shop if other is None else other


def _products(products: object) -> list[dict[str, object]]:
    if products is None:
        return []
    if type(products) is not list:
        _refuse_products("`properties.products` is not a list. Send a list of objects, or leave it out.")
    for place, product in enumerate(products):
        if type(product) is not dict:
            _refuse_products(f"`properties.products[{place}]` is not an object. Send one object for each product.")
    return products


def _quantity(quantity: object, place: int) -> int:
    if type(quantity) is int and 0 < quantity <= MOST_QUANTITY:
        return quantity
    if quantity is None or quantity == "":
        return 1
    if type(quantity) is float or type(quantity) is str:
        whole = _WHOLE.fullmatch(str(quantity).strip())
        if whole and int(whole[1]) > 0:
            return int(whole[1])
    _refuse_products(
        f"`properties.products[{place}].quantity` is not a whole number from 1 to {MOST_QUANTITY:,}. "
        "Leave out products that were not bought."
    )


def _price_minor(price: object, quantity: int, place: int, exponent: int) -> int | None:
    """Price x quantity; None when there is no price."""
    if price is None or price == "":
        return None
    minor = _minor_of(price, quantity, exponent)
    if minor is None or minor < 0:
        _refuse_products(f"`properties.products[{place}].price` {_EXPECTED}")
    return minor


def _net_minor(said: Mapping[str, object], prices: Sequence[int | None], shop: Currency) -> int:
    for name in ("subtotal", "revenue"):
        net_minor = _amount_minor(said, name, shop)
        if net_minor is not None:
            return net_minor
    known = [price for price in prices if price is not None]
    if known:
        return max(0, sum(known) - (_amount_minor(said, "discount", shop) or 0))
    total_minor = _amount_minor(said, "total", shop)
    if total_minor is None:
        _refuse_amount("The order does not say what it cost. Send `products` with prices, `subtotal` or `revenue`.")
    beside = (_amount_minor(said, "tax", shop) or 0) + (_amount_minor(said, "shipping", shop) or 0)
    return max(0, total_minor - beside)


def _amount_minor(said: Mapping[str, object], name: str, shop: Currency, within: str = "") -> int | None:
    amount = said.get(name)
    if amount is None or amount == "":
        return None
    minor = _minor_of(amount, 1, shop.exponent)
    if minor is None or minor < 0:
        _refuse_amount(f"`properties.{within}{name}` {_EXPECTED}")
    return minor


def _bill(
    said: Mapping[str, object], amounts: Sequence[int], prices: Sequence[int | None], currency: Currency
) -> Bill | None:
    """What was taken off each line, and what the order tells of tax, shipping and how it was paid."""
    tax, shipping = [_amount_minor(said, name, currency) or 0 for name in ("tax", "shipping")]
    paid = said.get("paid_with")
    if paid is not None and type(paid) is not dict:
        _refuse_amount("`properties.paid_with` is not an object. Send amounts as `money`, `gift_card` and `points`.")
    told = paid or {}
    money, gift_card, points = [_amount_minor(told, name, currency, "paid_with.") for name in TENDERS]
    if not (tax or shipping or paid) and sum(amounts) == sum([price or 0 for price in prices]):
        return None
    return bill_of(
        discounts=[max((price or 0) - amount, 0) for price, amount in zip(prices, amounts, strict=False)],
        taxes=_shared(tax, amounts) if sum(amounts) else [tax] + [0] * (len(amounts) - 1),
        shipping_minor=shipping,
        money_minor=money,
        gift_card_minor=gift_card or 0,
        points_minor=points or 0,
    )


def _lines(
    said: Mapping[str, object], products: list[dict[str, object]], quantities: list[int], amounts: list[int]
) -> tuple[Line, ...]:
    of_order = _of_order(said)
    properties = [texts.of_product(product, of_order) for product in products]
    return tuple(map(Line, amounts, quantities, properties))


def _of_order(said: Mapping[str, object]) -> dict[str, str]:
    """What every line bears of its order."""
    of_order = {}
    for field, name, read in _ON_EVERY_LINE:
        text = read(said[field]) if field in said else ""
        if text:
            of_order[name] = text
    return of_order


_ON_EVERY_LINE: Final = (
    ("coupon", "order_coupon", texts.text),
    ("discount", "order_discount", texts.taken_off),
    ("affiliation", "store", texts.text),
)


def _shared(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """`amount_minor` in proportion to `weights`, of which one at least is above 0."""
    whole = sum(weights)
    shares = [amount_minor * weight // whole for weight in weights]
    left = amount_minor - sum(shares)
    if left:
        remainders = [amount_minor * weight % whole for weight in weights]
        for place in sorted(range(len(weights)), key=remainders.__getitem__, reverse=True)[:left]:
            shares[place] += 1
    return shares


_EXPECTED: Final = (
    "is not an amount from 0 up to 12 digits. Write a plain decimal number: 12.50, without currency sign or commas."
)


def _minor_of(amount: object, times: int, exponent: int) -> int | None:
    """Minor units of `times` a decimal amount in major units, rounded half-even; None when it is none or out of bounds."""
    if type(amount) is float:
        return _minor_of_number(amount, times, exponent)
    if type(amount) is int:
        return _minor_of_number(amount, times, exponent) if -MOST_MINOR < amount < MOST_MINOR else None
    if type(amount) is str and len(amount) <= _MOST_NUMBER_CHARACTERS and _NUMBER.fullmatch(amount.strip()):
        return _minor_of_number(amount.strip(), times, exponent)
    return None


@lru_cache(maxsize=1 << 14)
def _minor_of_number(number: float | str, times: int, exponent: int) -> int | None:
    minor = _EXACT.scaleb(_EXACT.multiply(Decimal(str(number)), times), exponent)
    return int(minor.to_integral_value(ROUND_HALF_EVEN, _EXACT)) if abs(minor) < MOST_MINOR else None


def _refuse_products(message: str) -> NoReturn:
    raise EventRefused(EventReason.BAD_PRODUCTS, message)


def _refuse_amount(message: str) -> NoReturn:
    raise EventRefused(EventReason.BAD_AMOUNT, message)
