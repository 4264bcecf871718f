"""Amounts: decimal text to exact fractions, and those to whole minor units that add up.

No float takes part: a JSON number is taken at its shortest decimal text. What an order is worth is rounded once, half-even;
its lines are rounded down, and what is then left goes to those that lost most, at equal loss to the earlier one.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import Final

from regulars.wire.orders.cells import MOST_MINOR
from regulars.wire.webhooks.fields import Said
from regulars.wire.webhooks.refusals import WebhookReason, WebhookRefused

_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_MOST_CHARACTERS: Final = 40


def amount_in(said: Said, name: str, within: str = "") -> Fraction:
    """In major units; refused where nothing stands, or no number, or one of more than 40 characters."""
    value = said.get(name)
    text = str(value) if type(value) is int or type(value) is float else value
    if type(text) is str and len(text) <= _MOST_CHARACTERS and _NUMBER.fullmatch(text.strip()):
        return Fraction(text.strip())
    message = f"`{within}{name}` is not an amount. It should be a plain decimal number: 12.50."
    raise WebhookRefused(WebhookReason.BAD_AMOUNT, message)


def minors_of(amounts: Sequence[Fraction], exponent: int) -> list[int]:
    """The amounts in minor units; their sum is the sum of `amounts`, rounded half-even."""
    exact = [amount * 10**exponent for amount in amounts]
    minors = [floor(amount) for amount in exact]
    lost = [amount - minor for amount, minor in zip(exact, minors, strict=True)]
    left = round(sum(exact)) - sum(minors)
    for place in sorted(range(len(lost)), key=lost.__getitem__, reverse=True)[:left]:
        minors[place] += 1
    _check_bounds(sum(map(abs, minors)))
    return minors


def _check_bounds(minor: int) -> None:
    if minor >= MOST_MINOR:
        message = "The order's amount is out of bounds: it has at most 12 digits, those behind the point included."
        raise WebhookRefused(WebhookReason.BAD_AMOUNT, message)
