"""Several currencies in one program: each has rates of its own, and nothing is ever converted.

For an order in another currency the program is read as if that were its own: a rule by amount has its rate there, or gives nothing
and says why. What counts by money beyond that (levels by spend, sums of sales) counts the program's own currency alone.
"""

from msgspec.structs import replace

from regulars.kernel.facts import Fact, OrderCompleted
from regulars.kernel.program import EarningRule, PerAmount, Program


def currency_of(fact: Fact) -> str:
    """The code of an order's currency, where it is another than the program's; else nothing."""
    return fact.bill.currency if isinstance(fact, OrderCompleted) and fact.bill is not None else ""


def in_currency(program: Program, code: str) -> Program:
    """The program for orders in that currency: rules that have no rate for it are not there."""
    rules: list[EarningRule] = []
    for rule in program.earning:
        if isinstance(rule, PerAmount):
            rates = {rate.currency.code: rate.per_minor for rate in rule.rates}
            if code in rates:
                rules.append(replace(rule, per_minor=rates[code], rates=()))
        elif code in codes_of(program):
            rules.append(rule)
    return replace(program, earning=tuple(rules))


def without_rate(program: Program, event: str, code: str) -> list[str]:
    """The rules for the event that give nothing in that currency."""
    there = {rule.id for rule in in_currency(program, code).earning}
    return [rule.id for rule in program.earning if rule.on == event and rule.id not in there]


def codes_of(program: Program) -> frozenset[str]:
    """The other currencies for which some rule has a rate."""
    rules = [rule for rule in program.earning if isinstance(rule, PerAmount)]
    return frozenset([rate.currency.code for rule in rules for rate in rule.rates])
