"""Bills: what an order tells beside its goods, and orders in another currency than the program's."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from iso4217 import Currency as IsoCurrency
from msgspec.structs import replace

from regulars.kernel.facts import NO_BILL, Bill, Line
from regulars.kernel.terms import Currency


@lru_cache(maxsize=256)
def currency_named(code: str) -> Currency | None:
    """By its ISO 4217 code; None where there is none that people pay with."""
    try:
        exponent = IsoCurrency(code).exponent
    except ValueError:
        return None
    return None if exponent is None else Currency(code, exponent)


def bill_of(**told: Any) -> Bill | None:
    """None where nothing is told. Sums by line that are all 0 are none."""
    said: dict[str, Any] = {
        name: () if isinstance(value, Sequence) and not any(value) else value for name, value in told.items()
    }
    said = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    bill = Bill(**said)
    return None if bill == NO_BILL else bill


def put_abroad(lines: tuple[Line, ...], bill: Bill | None, currency: Currency) -> tuple[tuple[Line, ...], Bill]:
    """An order in another currency: its lines are worth nothing in the program's, and its amounts stand on the bill."""
    amounts = tuple([line.amount_minor for line in lines])
    return tuple([replace(line, amount_minor=0) for line in lines]), replace(
        bill or NO_BILL, currency=currency.code, amounts=amounts
    )
