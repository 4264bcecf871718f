"""Currencies, as a program document says them."""

from iso4217 import Currency as IsoCurrency

from regulars.kernel.terms import Currency
from regulars.wire.document import nearest
from regulars.wire.shapes import Scalar, Unreadable


def _currency(written: str) -> Currency | None:
    if written not in _currency_codes():
        return None
    exponent = IsoCurrency(written).exponent
    if exponent is None:
        raise Unreadable("a currency that people pay with")
    return Currency(written, exponent)


def _currency_meant(written: str) -> str | None:
    codes = [code for code in _currency_codes() if IsoCurrency(code).exponent is not None]
    return nearest(written, codes)


def _currency_codes() -> list[str]:
    return [one.code for one in IsoCurrency]


CURRENCY = Scalar(
    "an ISO 4217 currency code such as “USD”",
    _currency,
    {"type": "string", "pattern": "^[A-Z]{3}$"},
    _currency_meant,
)
