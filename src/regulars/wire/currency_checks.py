"""What is wrong with what “per” counts: amounts finer than their currency, currencies that there are not, properties of orders."""

from fractions import Fraction

from regulars.kernel.facts import MEMBER_JOINED, ORDER_COMPLETED
from regulars.kernel.terms import Currency
from regulars.wire.bills import currency_named
from regulars.wire.document import Place, quoted
from regulars.wire.shapes import Given


def refuse_fine(amount: Fraction, place: Place, currency: Currency) -> None:
    if (amount * 10**currency.exponent).denominator != 1:
        decimals = f"at most {currency.exponent} decimals" if currency.exponent else "no decimals"
        place.wrong(f"an amount in {currency.code} has {decimals}; found {place.found}")


def check_rates(rule: Given, currency: Currency) -> None:
    """Of a rule by amount: one rate, or a rate for each of several currencies, among which is the program's own."""
    per, place = rule["per"], rule.at("per")
    if isinstance(per, Fraction):
        refuse_fine(per, place, currency)
        return
    places = {name: value for name, _, value in place.entries()}
    for code, amount in per:
        named = currency_named(code)
        if named is None:
            places[code].wrong(f"{quoted(code)} is no ISO 4217 currency that people pay with, such as “USD”")
        else:
            refuse_fine(amount, places[code], named)
    if currency.code not in dict(per):
        place.wrong(
            f"there is no rate for {currency.code}, the program's own currency, so most orders would earn nothing"
        )


def check_counts(rule: Given, event: str | None) -> None:
    """Of a rule by a property of what was done."""
    if event == ORDER_COMPLETED:
        rule.at("per").wrong(f"a property is counted of what is done; of {quoted(ORDER_COMPLETED)} “per” counts money")
    elif event == MEMBER_JOINED:
        rule.at("per").wrong(f"{quoted(MEMBER_JOINED)} says nothing that could be counted; leave “per” out")
    if rule.has("basis"):
        rule.at("basis").wrong("“basis” says which money “per” counts, and this “per” counts no money")
