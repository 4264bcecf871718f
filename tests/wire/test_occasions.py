"""What a document may say of money, currencies, hours and the like, and what it may not."""

import pytest

from regulars.wire.document import DocumentError
from regulars.wire.program import parse_program
from tests.shop import HEADER

ORDER = "{{id: a, on: Order Completed, points: 5, when: {{{when}}}}}"
PER = "{{id: a, on: Order Completed, per: {per}, points: 1}}"
LEVELS = "\ntiers: {by: spend, over: calendar_year, levels: [{id: gold, at: 5}]}\nsegments: {vip: {member: yes}}\n"


def mistakes(rule: str, more: str = "") -> list[str]:
    try:
        parse_program(f"{HEADER.format(zone='America/New_York')}earning: [{rule}]\n{more}")
    except DocumentError as error:
        return [f"{problem.path}: {problem.message}" for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("when", "mistake"),
    [
        ('hours: "17:00-17:00"', "hours that begin and end at two times"),
        ('hours: "25:00-26:00"', "hours from 00:00 to 24:00"),
        ("hours: evening", "hours such as “17:00-20:00”"),
        ('recurs: "FREQ=MONTHLY;COUNT=3"', "for COUNT say “to”"),
        ('recurs: "FREQ=WEEKLY"', "these days are counted from a first one; say it as “from”"),
        ('recurs: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"', "no day is ever like that"),
        ('recurs: "FREQ=WEEKLY;BYDAY=MO", weekday: tuesday', "no day is ever like that"),
        ("segment: vips", "there is no segment “vips” in this program; did you mean “vip”?"),
        ("tier: golden", "there is no tier “golden” among the levels; did you mean “gold”?"),
        ("currency: EUR", "no order in EUR earns anything"),
        ("at_least: 0.001", "an amount in USD has at most 2 decimals"),
        ("where: {amount: {at_least: much}}", "expected"),
    ],
)
def test_what_can_never_be_or_is_not_there(when: str, mistake: str) -> None:
    [only] = mistakes(ORDER.format(when=when), LEVELS)
    assert mistake in only, only


@pytest.mark.parametrize(
    ("per", "mistake"),
    [
        ("{EUR: 0.90}", "there is no rate for USD, the program's own currency"),
        ("{USD: 1, EURO: 1}", "“EURO” is no ISO 4217 currency"),
        ("{USD: 1, JPY: 0.5}", "an amount in JPY has no decimals; found “0.5”"),
        ("{USD: 1, BHD: 0.0005}", "an amount in BHD has at most 3 decimals"),
        ("{property: km, each: 5}", "a property is counted of what is done; of “Order Completed” “per” counts money"),
    ],
)
def test_rates(per: str, mistake: str) -> None:
    [only] = mistakes(PER.format(per=per))
    assert mistake in only, only


def test_what_is_no_order_has_no_money() -> None:
    rule = "{id: a, on: Workout Logged, points: 5, when: {at_least: 5, currency: USD}}"
    assert [one.partition(": ")[2] for one in mistakes(rule)] == [
        "only “Order Completed” brings money; leave “at_least” out",
        "only “Order Completed” brings money; leave “currency” out",
    ]
    [only] = mistakes("{id: a, on: Member Joined, per: {property: km, each: 5}, points: 5}")
    assert "“Member Joined” says nothing that could be counted" in only


def test_what_is_said_in_another_order_is_the_same() -> None:
    def version(rule: str) -> str:
        return parse_program(f"{HEADER.format(zone='UTC')}earning: [{rule}]\n{LEVELS}").version

    one = ORDER.format(when='hours: ["08:00-09:00", "17:00-18:00"], tier: [gold, none], store: [b, a]')
    other = ORDER.format(when='store: [a, b], tier: [none, gold], hours: ["17:00-18:00", "8:00-9:00"]')
    assert version(one) == version(other) != version(ORDER.format(when="tier: gold"))
    assert version(PER.format(per="{USD: 1.00, EUR: 0.9}")) == version(PER.format(per="{EUR: 0.90, USD: 1}"))
    usual = (
        PER.format(per="1.00")[:-1] + ", basis: {of: items, discounts: after, tax: no, shipping: no, paid_with: money}}"
    )
    assert version(usual) == version(PER.format(per="1.00"))
