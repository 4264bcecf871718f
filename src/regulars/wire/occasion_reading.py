"""What stands under `when`, beside days, gets its meaning."""

from fractions import Fraction
from typing import Final

from msgspec.structs import replace

from regulars.kernel.occasions import ANY_OCCASION, Occasion
from regulars.kernel.segments.values import IsOneOf, Property
from regulars.kernel.terms import Currency
from regulars.wire.segment_reading import read_where
from regulars.wire.shapes import Given

AS_PROPERTIES: Final = ("channel", "store")
"""Conditions that are short for a test of a property of that name."""


def read_occasion(given: Given | None, event: str, currency: Currency) -> Occasion:
    if given is None:
        return ANY_OCCASION
    short = [Property(name, IsOneOf(tuple(given[name]))) for name in AS_PROPERTIES if given[name]]
    recurs = given["recurs"]
    if recurs is not None and given["from"] is not None:
        recurs = replace(recurs, start=given["from"])
    least: Fraction = (given["at_least"] or Fraction(0)) * 10**currency.exponent
    return Occasion(
        hours=given["hours"] or (),
        recurs=recurs,
        segments=given["segment"] or (),
        tiers=given["tier"] or (),
        currencies=tuple([one.code for one in given["currency"] or ()]),
        where=(*short, *read_where(given, event, currency)),
        at_least_minor=int(least),
    )
