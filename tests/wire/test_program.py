"""The program document: what it may say, what it means, how every mistake is told, and when two documents mean the same."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel import program as kernel
from regulars.kernel.calendar import Duration, Zone
from regulars.kernel.clubs import Club
from regulars.kernel.experiments import Arm, Trial
from regulars.kernel.games.rules import Deed, Game, Gift
from regulars.kernel.pauses import Pause
from regulars.kernel.perks import Perk
from regulars.kernel.program import (
    CalendarYear,
    DeviceLimit,
    EventMap,
    Expiry,
    Fixed,
    IdentityKind,
    JsonPath,
    Level,
    MappedSource,
    Match,
    Multiplier,
    OneOf,
    PerAmount,
    PurposeRule,
    Retention,
    Rolling,
    Signature,
    Tiers,
)
from regulars.kernel.scores.tree import Action, InterestProfile, Score
from regulars.kernel.segments.tree import KnownBy, Segment
from regulars.kernel.segments.values import IsOneOf, Property
from regulars.kernel.terms import Currency
from regulars.kernel.worth import TENDERS
from regulars.wire import program as wire_program
from regulars.wire.document import DocumentError
from regulars.wire.program import parse_program, version_of
from regulars.wire.vocabulary.program import NOT_YET
from tests.wire.documents import PLAIN, documents, layouts

CORNER_SHOP = (Path(__file__).parents[2] / "programs/corner-shop/program.yaml").read_text()
HEADER = PLAIN.partition("earning")[0]
WEEKDAYS = "“monday”, “tuesday”, “wednesday”, “thursday”, “friday”, “saturday” or “sunday”"
A_HOLD = "a duration such as “14 days”, “12 months” or “P12M”, or a table such as {until: fulfilment, at_most: 30 days}"
ENDS = "“end_of_week”, “end_of_month”, “end_of_quarter”, “end_of_half_year” or “end_of_year”"

OVER = (
    "“calendar_year”, “since_joining”, “lifetime” or months such as “rolling 12 months”,"
    " or a table such as {year_from: 04-01} or {since_entry: 12 months}"
)
BY = "“spend”, “points”, “orders”, “visits” or “referrals”, or a table such as {times: Store Visited}"


def mistakes(document: str) -> list[str]:
    with pytest.raises(DocumentError) as refused:
        parse_program(document, "p")
    return [f"{one.path}: {one.message}" for one in refused.value.problems]


def rules(*lines: str) -> str:
    return HEADER + "earning:\n" + "".join([f"  - {line}\n" for line in lines])


def source(*maps: str) -> str:
    lines = "".join([f"      - {line}\n" for line in maps])
    return f"{PLAIN}sources:\n  - id: support\n    signature:\n      header: X-Signature\n    maps:\n{lines}"


# --- every mistake at once -----------------------------------------------------------------------------------------------

TWELVE = """\
program: corner-shop
currency: USD
time_zone: Europe/Stokholm
points:
  worht: 0.01
  hold: 14 dyas
earning:
  - id: purchase
    on: Order Completed
    per: 1.005
    points: 1
  - {id: purchase, on: Member Joined, points: 1.5}
  - {id: late, on: Birthday, per: 10, points: 5}
  - {id: march, on: Order Completed, multiply: 2, when: {from: 2017-04-01, to: 2017-03-01}}
  - {id: days, on: Order Completed, multiply: 2, when: {weekday: satruday}}
tiers:
  by: spend
  over: calender_year
  levels:
    - {id: silver, at: 1500}
    - {id: gold, at: 500}
rewards: []
"""


def test_a_document_with_twelve_mistakes_is_told_twelve_things_in_order():
    with pytest.raises(DocumentError) as refused:
        parse_program(TWELVE, "shop.yaml")

    assert str(refused.value).splitlines() == [
        (
            "shop.yaml:3:12: time_zone: expected a time zone such as “Europe/Stockholm”; found “Europe/Stokholm”;"
            " did you mean “Europe/Stockholm”?"
        ),
        "shop.yaml:5:3: points.worht: there is no “worht” here; did you mean “worth”?",
        (f"shop.yaml:6:9: points.hold: expected {A_HOLD}; found “14 dyas”; did you mean “14 days”?"),
        "shop.yaml:10:10: earning[0].per: an amount in USD has at most 2 decimals; found “1.005”",
        "shop.yaml:12:10: earning[1].id: the rule “purchase” stands here a second time; the first is on line 8",
        "shop.yaml:12:47: earning[1].points: expected a whole number where there is no “per”; found “1.5”",
        "shop.yaml:13:35: earning[2].per: “per” counts money, and only “Order Completed” brings some; leave it out",
        "shop.yaml:14:80: earning[3].when.to: “to” is the first day that no longer counts, and must come after “from”",
        f"shop.yaml:15:66: earning[4].when.weekday: expected {WEEKDAYS}; found “satruday”; did you mean “saturday”?",
        (f"shop.yaml:18:9: tiers.over: expected {OVER}; found “calender_year”; did you mean “calendar_year”?"),
        "shop.yaml:21:22: tiers.levels[1].at: levels stand in ascending order; this must be more than the 1500 of the one before",
        "shop.yaml:22:1: rewards: “rewards” is not yet supported; leave it out for now",
    ]


def test_a_key_that_is_misspelt_is_read_all_the_same():
    """So neither is it missing, nor do the mistakes inside it wait for the next time."""
    document = (
        HEADER.replace("currency", "curency") + "eaning:\n  - {id: a, on: Order Completed, per: 1.001, pionts: 0}\n"
    )

    assert mistakes(document) == [
        "curency: there is no “curency” here; did you mean “currency”?",
        "eaning: there is no “eaning” here; did you mean “earning”?",
        "eaning[0].per: an amount in USD has at most 2 decimals; found “1.001”",
        "eaning[0].pionts: there is no “pionts” here; did you mean “points”?",
        "eaning[0].pionts: expected a number above 0; found “0”",
    ]


def test_what_cannot_be_known_without_another_mistake_is_not_guessed():
    """Without a currency nobody knows its decimals; without a readable rule nobody knows what is multiplied."""
    document = HEADER.replace("USD", "XYZQ") + "earning:\n  - purchase\n  - {id: b, on: Order Completed, multiply: 2}\n"

    assert mistakes(document + "tiers: {by: spend, over: calendar_year, levels: [{id: gold, at: 5.0001}]}") == [
        "currency: expected an ISO 4217 currency code such as “USD”; found “XYZQ”",
        "earning[0]: expected a rule: a table with “id”, “on” and “points” or “multiply”; found “purchase”",
    ]


@pytest.mark.parametrize("missing", ["program", "currency", "time_zone"])
def test_what_every_program_says_is_missed(missing):
    lines = [line for line in PLAIN.splitlines() if not line.startswith(missing)]

    (mistake,) = mistakes("\n".join(lines))
    assert mistake.startswith(f": “{missing}” is missing: the ")


A = "{id: a, on: Order Completed, per: 1, points: 1}"


@pytest.mark.parametrize(
    ("document", "mistake"),
    [
        # the program
        (PLAIN.replace("corner-shop", "'  '"), "program: expected a name of at most 100 characters, in one line; found “  ”"),
        (PLAIN.replace("corner-shop", '"a\\e[31m"'),
         "program: expected a name of at most 100 characters, in one line; found “a�[31m”"),
        (PLAIN.replace("corner-shop", '"\\uD800"'), "program: expected a name of at most 100 characters, in one line; found “�”"),
        (PLAIN.replace("USD", "usd"),
         "currency: expected an ISO 4217 currency code such as “USD”; found “usd”; did you mean “USD”?"),
        (PLAIN.replace("USD", "XXX"), "currency: expected a currency that people pay with; found “XXX”"),
        (PLAIN.replace("America/New_York", "New York"),
         "time_zone: expected a time zone such as “Europe/Stockholm”; found “New York”; did you mean “America/New_York”?"),
        (PLAIN.replace("America/New_York", "+02:00"), "time_zone: expected a time zone such as “Europe/Stockholm”; found “+02:00”"),
        (PLAIN + "members: member\n", "members: expected “everyone” or “those_who_join”; found “member”"),
        # points
        (PLAIN + "points: {name: star}\n", "points.name: expected a table such as {one: star, other: stars}; found “star”"),
        (PLAIN + "points: {name: {one: star}}\n", "points.name: “other” is missing: what several points are called"),
        (PLAIN + "points: {worth: $0.01}\n",
         "points.worth: expected an amount of 0 or more, such as 0.01; found “$0.01”; did you mean “0.01”?"),
        (PLAIN + "points: {worth: -1}\n", "points.worth: expected an amount of 0 or more, such as 0.01; found “-1”"),
        (PLAIN + "points: {hold: 14}\n",
         f"points.hold: expected {A_HOLD}; found “14”; did you mean “14 days”?"),
        (PLAIN + "points: {hold: 2 fortnights}\n",
         f"points.hold: expected {A_HOLD}; found “2 fortnights”"),
        (PLAIN + "points: {hold: 0 days}\n", "points.hold: expected a duration above 0; found “0 days”"),
        (PLAIN + "points: {hold: 101 years}\n", "points.hold: expected a duration of at most 100 years; found “101 years”"),
        (PLAIN + "points: {hold: -3 days}\n",
         f"points.hold: expected {A_HOLD}; found “-3 days”"),
        (PLAIN + "points: {expire: 12 months}\n",
         ("points.expire: expected “never”, or a table such as {after: 12 months, until: end_of_month}; found “12 months”;"
         " did you mean “{after: 12 months}”?")),
        (PLAIN + "points: {expire: no}\n",
         ("points.expire: expected “never”, or a table such as {after: 12 months, until: end_of_month}; found “no”;"
         " did you mean “never”?")),
        (PLAIN + "points: {expire: {until: end_of_month}}\n",
         "points.expire: “after” is missing: how long points last, from the day on which they were earned"),
        (PLAIN + "points: {expire: {after: 1 year, until: month}}\n", f"points.expire.until: expected {ENDS}; found “month”"),
        (PLAIN + "points: {hold: 2 months, expire: {after: 60 days}}\n",
         "points.hold: points are pending for 2 months and expire after 60 days: too soon to spend them"),
        (PLAIN + "points: {hold: 60 minutes, expire: {after: 1 hour}}\n",
         "points.hold: points are pending for 60 minutes and expire after 1 hour: too soon to spend them"),
        # earning
        (HEADER + "earning: []\n", "earning: expected a list of rules; found an empty list"),
        (HEADER + "earning: {purchase: 1}\n", "earning: expected a list of rules; found a table of keys"),
        (rules("{id: Big Spender, on: Order Completed, per: 1, points: 1}"),
         ("earning[0].id: expected a name of small letters, digits, “-” and “_”, such as “weekend-doubles”; found “Big Spender”;"
         " did you mean “big-spender”?")),
        (rules("{id: a, on: Order Complete, per: 1, points: 1}"),
         ("earning[0].on: “Order Complete” is nearly an event that is known, but not letter by letter;"
         " did you mean “Order Completed”?")),
        (rules("{id: a, on: member joined, points: 1}"),
         ("earning[0].on: “member joined” is nearly an event that is known, but not letter by letter;"
         " did you mean “Member Joined”?")),
        (rules("{id: a, on: Order Completed}"), "earning[0]: a rule gives “points” or says “multiply”; this does neither"),
        (rules("{id: a, on: Order Completed, per: 1}"), "earning[0]: “points” is missing: how many, for each “per”"),
        (rules("{id: a, on: Order Completed, per: -1, points: 1}"),
         "earning[0].per: expected an amount above 0, such as 1.00; found “-1”"),
        (rules("{id: a, on: Order Completed, per: 1e3, points: 1}"),
         "earning[0].per: expected an amount above 0, such as 1.00; found “1e3”; did you mean “1000”?"),
        (rules("{id: a, on: Order Completed, per: '1,50', points: 1}"),
         "earning[0].per: expected an amount above 0, such as 1.00; found “1,50”; did you mean “1.50”?"),
        (rules("{id: a, on: Order Completed, per: 1_000, points: 1}"),
         "earning[0].per: expected an amount above 0, such as 1.00; found “1_000”; did you mean “1000”?"),
        (rules("{id: a, on: Order Completed, per: 0x10, points: 1}"),
         "earning[0].per: expected an amount above 0, such as 1.00; found “0x10”"),
        (rules("{id: a, on: Order Completed, per: .inf, points: 1}"),
         "earning[0].per: expected an amount above 0, such as 1.00; found “.inf”"),
        (rules("{id: a, on: Order Completed, per: 1234567890123, points: 1}"),
         "earning[0].per: expected a number of at most 12 digits before the point and 12 behind it; found “1234567890123”"),
        (rules("{id: a, on: Order Completed, per: ten, points: 1}"),
         "earning[0].per: expected an amount above 0, such as 1.00; found “ten”"),
        (rules(A, "{id: b, on: Order Completed, multiply: 2, points: 3}"),
         "earning[1].points: “multiply” goes without “points”: it multiplies all that other rules give for the event"),
        (rules(A, "{id: b, on: Order Completed, multiply: 0}"),
         "earning[1].multiply: expected a number above 0, such as 1.5; found “0”"),
        (rules(A, "{id: b, on: Birthday, multiply: 2}"),
         "earning[1].multiply: this multiplies nothing: no rule gives points on “Birthday”"),
        (rules("{id: a, on: Order Completed, multiply: 1,5}", A.replace("id: a", "id: b")),
         "earning[0].5: “5” stands alone; is the comma before it a decimal one? Write a point"),
        (rules("{id: a, on: Birthday, points: 1, only: {category: tea}}"),
         "earning[0].only: only “Order Completed” has lines to choose from; leave “only” out"),
        (rules("{id: a, on: Birthday, points: 1, basis: {of: items}}"),
         "earning[0].basis: “basis” says which money “per” counts, and this rule has no “per”"),
        (rules("{id: a, on: Order Completed, per: 1, points: 1, basis: {of: lines}}"),
         "earning[0].basis.of: expected “items” or “order”; found “lines”; did you mean “items”?"),
        (rules("{id: a, on: Order Completed, per: 1, points: 1, only: {size: []}}"),
         "earning[0].only.size: expected a value, or a list of values; found an empty list"),
        (rules("{id: a, on: Order Completed, per: 1, points: 1, only: tea}"),
         ("earning[0].only: expected a table from a property of the order's lines to values, such as {category: [gift-cards]};"
         " found “tea”")),
        (rules('{id: a, on: Order Completed, per: 1, points: 1, only: {"a\\tb": tea}}'),
         "earning[0].only.a\tb: expected a name of at most 100 characters, none of them a control character"),
        (rules("{id: a, on: Order Completed, per: 1, points: 1, only: {size: [S]}, except: {size: [S, M]}}"),
         "earning[0].except: “except” takes out every “size” that “only” lets in: nothing is left to count"),
        (rules("{id: a, on: Order Completed, per: 1, points: 1, when: {}}"),
         ("earning[0].when: expected a table such as {weekday: [saturday, sunday]} or {from: 2017-11-01, to: 2017-12-01};"
         " found an empty table")),
        (rules("{id: a, on: Order Completed, per: 1, points: 1, when: {from: 2017-02-30}}"),
         "earning[0].when.from: expected a day that is in the calendar; found “2017-02-30”"),
        (rules("{id: a, on: Order Completed, per: 1, points: 1, when: {from: 2017/2/3}}"),
         "earning[0].when.from: expected a date such as 2017-11-01; found “2017/2/3”; did you mean “2017-02-03”?"),
        (rules("{id: a, on: Order Completed, per: 1, points: 1, when: {to: 0001-01-01}}"),
         "earning[0].when.to: expected a day of the years 1970 to 2199; found “0001-01-01”"),
        (rules("{id: a, on: Order Completed, per: 1, points: 1, when: {from: 2017-03-01, to: 2017-03-01}}"),
         "earning[0].when.to: “to” is the first day that no longer counts, and must come after “from”"),
        # tiers
        (PLAIN + "tiers: {by: spending, over: calendar_year, levels: [{id: gold, at: 5}]}\n",
         f"tiers.by: expected {BY}; found “spending”; did you mean “spend”?"),
        (PLAIN + "tiers: {by: spend, over: rolling year, levels: [{id: gold, at: 5}]}\n",
         (f"tiers.over: expected {OVER}; found “rolling year”;"
         " did you mean “rolling 12 months”?")),
        (PLAIN + "tiers: {by: spend, over: rolling 37 months, levels: [{id: gold, at: 5}]}\n",
         "tiers.over: expected “rolling” and 1 to 36 months; found “rolling 37 months”"),
        (PLAIN + "tiers: {by: spend, over: year, levels: [{id: gold, at: 5}]}\n",
         (f"tiers.over: expected {OVER}; found “year”;"
         " did you mean “calendar_year”?")),
        (PLAIN + "tiers: {by: spend, over: rolling 3 months, keep: {until: end_of_next_year}, levels: [{id: gold, at: 5}]}\n",
         ("tiers.keep: “keep” goes with years: “calendar_year”, “year_from” or “since_joining”; here no year ends to keep a"
          " level beyond")),
        (PLAIN + "tiers: {by: visits, over: lifetime, levels: [{id: gold, at: 5.5}]}\n",
         "tiers.levels[0].at: expected a whole number of times; found “5.5”"),
        (PLAIN + "tiers: {by: {times: order completed}, over: lifetime, levels: [{id: gold, at: 5}]}\n",
         "tiers.by.times: orders are counted by “by: orders”"),
        (PLAIN + "tiers: {by: {times: Member Joined}, over: lifetime, levels: [{id: gold, at: 5}]}\n",
         "tiers.by.times: nobody joins more than once"),
        (PLAIN + "tiers: {by: spend, over: since_joining, levels: [{id: gold, at: 5}]}\n",
         "tiers.over: “since_joining” needs “members: those_who_join”: nobody else has a day of joining"),
        (PLAIN + "tiers: {by: spend, over: {year_from: 02-30}, levels: [{id: gold, at: 5}]}\n",
         "tiers.over.year_from: expected a month and a day that are in the calendar; found “02-30”"),
        (PLAIN + "tiers: {by: spend, over: {since_entry: 37 months}, levels: [{id: gold, at: 5}]}\n",
         "tiers.over.since_entry: expected months or years, 1 to 36 months; found “37 months”"),
        (PLAIN + "tiers: {by: spend, over: {year_from: 04-01, since_entry: 1 year}, levels: [{id: gold, at: 5}]}\n",
         "tiers.over: “year_from” and “since_entry” are two different times; there can be one"),
        (PLAIN + "tiers: {by: spend, over: lifetime, keep: {until: end_of_next_year}, levels: [{id: gold, at: 5}]}\n",
         ("tiers.keep: “keep” goes with years: “calendar_year”, “year_from” or “since_joining”; "
          "here no year ends to keep a level beyond")),
        (PLAIN + "tiers: {by: spend, over: rolling 3 months, up: at_next_period, levels: [{id: gold, at: 5}]}\n",
         "tiers.up: “at_next_period” goes with years: “calendar_year”, “year_from” or “since_joining”"),
        (PLAIN + "tiers: {by: spend, over: calendar_year, up: at_next_period, keep: {until: end_of_next_year},"
         " levels: [{id: gold, at: 5}]}\n",
         "tiers.keep: a level that is given when the next year begins is kept to its end anyway; leave “keep” out"),
        (PLAIN + "tiers: {by: spend, over: rolling 3 months, down: {by: one}, levels: [{id: gold, at: 5}]}\n",
         "tiers.down: rolling months look at a level every day; one level after the other would be lost at once"),
        (PLAIN + "tiers: {by: spend, over: lifetime, down: never, levels: [{id: gold, at: 5}]}\n",
         "tiers.down: no level is ever lost by time here; leave “down” out"),
        (PLAIN + "tiers: {by: spend, over: calendar_year, down: never, grace: 30 days, levels: [{id: gold, at: 5}]}\n",
         "tiers.grace: no level is ever lost by time here; leave “grace” out"),
        (PLAIN + "tiers: {by: spend, over: calendar_year, grace: 1 month, levels: [{id: gold, at: 5}]}\n",
         "tiers.grace: expected days or weeks, 365 days at most; found “1 month”"),
        (PLAIN + "tiers: {by: spend, over: rolling 1 month, warn: 28 days, levels: [{id: gold, at: 5}]}\n",
         "tiers.warn: a level would end sooner than that after it was reached; warn later"),
        (PLAIN + "tiers: {by: spend, over: {since_entry: 1 year}, after_return: at_once, levels: [{id: gold, at: 5}]}\n",
         ("tiers.after_return: “at_once” needs levels that are held by what was earned alone; "
          "it goes without “down” and “since_entry”")),
        (PLAIN + "tiers: {by: spend, over: calendar_year, levels: [{id: gold, at: 5, gives: {points: 1.5}}]}\n",
         "tiers.levels[0].gives.points: expected a whole number of points; found “1.5”"),
        (PLAIN + "tiers: {by: spend, over: calendar_year}\n", "tiers: “levels” is missing: the levels, the lowest first"),
        (PLAIN + "tiers: {by: spend, over: calendar_year, levels: [{id: gold, at: 5.005}]}\n",
         "tiers.levels[0].at: an amount in USD has at most 2 decimals; found “5.005”"),
        (PLAIN + "tiers: {by: points, over: calendar_year, levels: [{id: gold, at: 5.5}]}\n",
         "tiers.levels[0].at: expected a whole number of points; found “5.5”"),
        (PLAIN + "tiers: {by: spend, over: calendar_year, levels: [{id: a, at: 5}, {id: b, at: 9}, {id: a, at: 11}]}\n",
         "tiers.levels[2].id: the level “a” stands here a second time; the first is on line 6"),
        (PLAIN + "tiers: {by: spend, over: calendar_year, levels: [{id: a, at: 5}, {id: b, at: 5}]}\n",
         "tiers.levels[1].at: levels stand in ascending order; this must be more than the 5 of the one before"),
        (PLAIN + "tiers: {by: spend, over: calendar_year, levels: [{id: none, at: 5}]}\n",
         "tiers.levels[0].id: “none” is what having no level is called; choose another name"),
        (PLAIN + "points: {hold: 1 month}\n"
         "tiers: {by: spend, over: calendar_year, levels: [{id: a, at: 5, points_expire: {after: 28 days}}]}\n",
         "tiers.levels[0].points_expire: points are pending for 1 month and expire after 28 days: too soon to spend them"),
        # who people are
        (PLAIN + "identities: {}\n",
         ("identities: expected a table from kinds of identities to what holds for them, such as {card: {at_most: 3}};"
          " found an empty table")),
        (PLAIN + "identities: {user_id: {at_most: 2}}\n",
         ("identities.user_id: expected a kind other than user_id, anonymous_id, id, which are there anyway;"
          " found “user_id”")),
        (PLAIN + "identities: {Loyalty Card: {at_most: 2}}\n",
         ("identities.Loyalty Card: expected a kind of identity: small letters, digits and “_”, at most 40;"
          " found “Loyalty Card”; did you mean “loyalty_card”?")),
        (PLAIN + "identities: {card: {at_most: 0}}\n",
         "identities.card.at_most: expected a whole number from 1 to 1,000; found “0”"),
        (PLAIN + "identities: {card: {normalize: digit}}\n",
         "identities.card.normalize: expected “digits”, “lower”, “upper” or “none”; found “digit”; did you mean “digits”?"),
        (PLAIN + "identities: {card: {block: [none at all]}}\n",
         "identities.card.block: “none at all” can be no “card”, so there is nothing to block"),
        (PLAIN + "identities: {email: {block: everybody}}\n",
         "identities.email.block: “everybody” can be no “email”, so there is nothing to block"),
        (PLAIN + "identities: {email: {normalize: upper}}\n",
         "identities.email.normalize: “email” is always kept as small letters; leave “normalize” out"),
        (PLAIN + "shared_device: {people: 0}\n",
         "shared_device.people: expected a whole number from 1 to 1,000; found “0”"),
        (PLAIN + "shared_device: {within: 1 month}\n",
         "shared_device.within: expected days or weeks, 365 days at most; found “1 month”"),
        (PLAIN + "shared_device: {within: 53 weeks}\n",
         "shared_device.within: expected days or weeks, 365 days at most; found “53 weeks”"),
        # what may be done
        (PLAIN + "consent: {push: {ground: consent}}\n",
         "consent.push: there is no “push” here; there is analytics, profiling, email, sms and ads"),
        (PLAIN + "consent: {email: {ground: opt-in}}\n",
         "consent.email.ground: expected “consent”, “contract” or “legitimate_interest”; found “opt-in”"),
        (PLAIN + "consent: {email: {double_opt_in: true}}\n",
         "consent.email.double_opt_in: expected “yes” or “no”; found “true”"),
        (PLAIN + "consent: {analytics: {double_opt_in: yes}}\n",
         ("consent.analytics.double_opt_in: “double_opt_in” confirms a consent,"
          " and “analytics” is allowed by “legitimate_interest”")),
        # how long it is kept
        (PLAIN + "retention: {behaviour: 36 hours}\n",
         "retention.behaviour: expected days, weeks, months or years; found “36 hours”"),
        (PLAIN + "retention: {visits: 25 mnths}\n",
         ("retention.visits: expected a duration such as “30 days” or “25 months”, or “never”; found “25 mnths”;"
          " did you mean “25 months”?")),
        (PLAIN + "retention: {consents: never}\n",
         "retention.consents: there is no “consents” here; there is behaviour, visits and refused"),
        # sources
        (source("{event: Case Opened, identify: {email: $.a}}").replace("header: X-Signature", 'prefix: "sha256="'),
         "sources[0].signature: “header” is missing: the header in which the signature comes"),
        (source("{event: Case Opened, identify: {email: $.a}}").replace("X-Signature", "X Signature"),
         "sources[0].signature.header: expected the name of a header, such as “X-Signature”; found “X Signature”"),
        (source("{event: Case Opened, identify: {email: requester.email}}"),
         ("sources[0].maps[0].identify.email: expected a path such as “$.ticket.id”: names behind points, places as [0],"
          " 20 at most; found “requester.email”; did you mean “$.requester.email”?")),
        (source("{event: Case Opened, identify: {email: $..a}}"),
         ("sources[0].maps[0].identify.email: expected a path such as “$.ticket.id”: names behind points, places as [0],"
          " 20 at most; found “$..a”")),
        (source("{event: Case Opened, identify: {email: $" + ".a" * 21 + "}}"),
         ("sources[0].maps[0].identify.email: expected a path such as “$.ticket.id”: names behind points, places as [0],"
          f" 20 at most; found “${'.a' * 21}”")),
        (source("{event: Case Opened, identify: {mail: $.a}}"),
         ("sources[0].maps[0].identify: “mail” is no kind of identity, nor declared under “identities”;"
          " did you mean “email”?")),
        (source("{event: Case Opened}"),
         "sources[0].maps[0]: “identify” is missing: who did it, by one kind of identity or more"),
        (source("{event: Order Completed, identify: {email: $.a}}"),
         ("sources[0].maps[0].event: “Order Completed” needs the shop's own word;"
          " a mapped webhook can say any other event")),
        (source("{event: Case Opened, identify: {email: $.a}, properties: {First Name: $.b}}"),
         ("sources[0].maps[0].properties: “First Name” would say who somebody is, and is never kept;"
          " leave it out, or put it under “identify”")),
        (source('{when: {"$.a": [b, c]}, event: One, identify: {email: $.a}}',
                '{when: {"$.a": c, "$.d": e}, event: Two, identify: {email: $.a}}'),
         "sources[0].maps[1]: nothing comes to this map: what fits it fits the one on line 11 first"),
        (source("{event: One, identify: {email: $.a}}", "{event: Two, identify: {email: $.a}}"),
         "sources[0].maps[1]: nothing comes to this map: what fits it fits the one on line 11 first"),
        (source("{event: One, identify: {email: $.a}}") + source("{event: Two, identify: {email: $.a}}").partition("sources:\n")[2],
         "sources[1].id: the source “support” stands here a second time; the first is on line 7"),
        (PLAIN.replace("USD", "JPY").replace("1.00", "100.5"), "earning[0].per: an amount in JPY has no decimals; found “100.5”"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_once_and_alone(document, mistake):
    assert mistakes(document) == [mistake]


@pytest.mark.parametrize("part", NOT_YET)
def test_parts_that_are_still_to_come_are_refused_by_name(part):
    assert mistakes(f"{PLAIN}{part}: {{anything: 1}}") == [
        f"{part}: “{part}” is not yet supported; leave it out for now"
    ]


@pytest.mark.parametrize(
    ("document", "mistake"),
    [
        (PLAIN + "tiers: {by: {score: engagement}, over: calendar_year, levels: [{id: gold, at: 5}]}",
         "tiers.by.score: “score” is not yet supported; leave it out for now"),
        (PLAIN + "reward: []", "reward: “rewards” is not yet supported; leave it out for now"),
    ],
)  # fmt: skip
def test_words_that_are_still_to_come_are_refused_by_name_too(document, mistake):
    assert mistakes(document) == [mistake]


@pytest.mark.parametrize("hold", ["1000 years", "99999 days", "0 monts", "101 yeers", "99999 w"])
def test_what_was_meant_may_be_wrong_itself(hold):
    (mistake,) = mistakes(f"{PLAIN}points: {{hold: {hold}}}")
    assert mistake.startswith("points.hold: expected a duration ")


# --- what a document means -----------------------------------------------------------------------------------------------


def test_the_corner_shop_as_values():
    program = parse_program(CORNER_SHOP).program
    purchase, weekend, welcome = program.earning

    assert (program.name, program.currency, program.members) == ("corner-shop", Currency("USD", 2), "everyone")
    assert program.zone.name == "America/New_York"
    assert program.points.worth_minor == 1
    assert program.points.hold == Duration(14, "days")
    assert program.points.expire == Expiry(Duration(12, "months"), "month")
    assert isinstance(purchase, PerAmount)
    assert (int(purchase.points), purchase.per_minor) == (1, 100)
    assert isinstance(weekend, Multiplier)
    assert (int(weekend.factor), weekend.when.weekdays) == (2, (5, 6))
    assert isinstance(welcome, Fixed)
    assert (welcome.on, int(welcome.points)) == ("Member Joined", 100)
    assert program.tiers is not None
    assert program.tiers.over == CalendarYear(keep_next_year=True)
    assert [(one.id, one.at, one.earn, one.points_expire) for one in program.tiers.levels] == [
        ("silver", 500_00, 1, None),
        ("gold", 1500_00, Fraction(6, 5), None),
        ("platinum", 4000_00, Fraction(17, 10), "never"),
    ]


def test_numbers_are_exact_and_words_are_what_is_written():
    """`NO` stays Norway, 1.10 stays 1.10, and a store may be called 010; a number in quotation marks is a number."""
    rule = rules(
        '{id: no, on: Order Completed, per: "0.30", points: 1.1, only: {country: [NO, yes, 010, 1.10, null], x: ""}}'
    )
    assert mistakes(rule) == [
        "earning[0].only.country[4]: expected a text or a number of at most 200 characters; found nothing",
        "earning[0].only.x: expected a text or a number of at most 200 characters; found “”",
    ]
    (only,) = parse_program(rule.replace(', null], x: ""', "]")).program.earning

    assert isinstance(only, PerAmount)
    assert (only.id, only.per_minor, only.points) == ("no", 30, Fraction(11, 10))
    assert only.goods.only[0].values == ("NO", "yes", "010", "1.10")


@pytest.mark.parametrize(
    ("written", "duration"),
    [
        ("1 day", Duration(1, "days")),
        ("3 weeks", Duration(3, "weeks")),
        ("90 minutes", Duration(90, "minutes")),
        ("P12M", Duration(12, "months")),
        ("PT36H", Duration(36, "hours")),
        ("P2Y", Duration(2, "years")),
    ],
)
def test_durations_in_words_and_in_iso_8601(written, duration):
    assert parse_program(f"{PLAIN}points: {{hold: {written}}}").program.points.hold == duration


@pytest.mark.parametrize(
    ("hold", "after"),
    [("14 days", "1 month"), ("1 hour", "61 minutes"), ("23 hours", "1 day"), ("364 days", "12 months")],
)
def test_points_that_can_be_spent_for_a_moment_are_fine(hold, after):
    points = parse_program(f"{PLAIN}points: {{hold: {hold}, expire: {{after: {after}}}}}").program.points

    assert points.expire is not None
    assert (points.hold and points.hold.describe(), points.expire.after.describe()) == (hold, after)


@pytest.mark.parametrize("months", [1, 36])
def test_tiers_may_roll_over_up_to_three_years(months):
    tiers = f"tiers: {{by: points, over: rolling {months} months, levels: [{{id: gold, at: 0}}]}}"
    program = parse_program(PLAIN + tiers).program

    assert program.tiers is not None
    assert program.tiers.over == Rolling(months)


def test_amounts_have_the_decimals_of_their_currency():
    in_currency = {"JPY": "100", "USD": "1.25", "BHD": "1.255"}
    minor = {}
    for code, amount in in_currency.items():
        (rule,) = parse_program(PLAIN.replace("USD", code).replace("1.00", amount)).program.earning
        assert isinstance(rule, PerAmount)
        minor[code] = rule.per_minor

    assert minor == {"JPY": 100, "USD": 125, "BHD": 1255}


def test_kinds_of_identities_stand_in_their_order_and_the_usual_ones_follow():
    said = """
identities:
  badge: {at_most: 1}
  card: {at_most: 3, block: ["0000-0000"]}
  email: {block: [Info@Example.com, test@test.com]}
shared_device: {people: 3, within: 2 weeks}
"""
    program = parse_program(PLAIN + said).program

    assert program.identities == (
        IdentityKind("badge", "none", 1),
        IdentityKind("card", "digits", 3, ("00000000",)),
        IdentityKind("email", "lower", 5, ("info@example.com", "test@test.com")),
    )
    assert [one.kind for one in program.kinds()] == ["badge", "card", "email", "phone"]
    assert program.shared_device == DeviceLimit(3, 14)
    assert program.describe()[-2:] == [
        (
            "Customers are known by their own id, then by badge (at most 1 each), then by card (digits only, at most 3 each,"
            " never by 00000000), then by email (in small letters, at most 5 each, never by info@example.com or test@test.com),"
            " then by phone (at most 5 each)."
        ),
        "A device that more than 3 people use within 14 days is a shared one and identifies nobody.",
    ]


@pytest.mark.parametrize(
    ("normalize", "value", "normal"),
    [("digits", "12-34 b5", "12345"), ("lower", " AbÅ ", "abå"), ("upper", "ab1", "AB1"), ("none", " Ab ", "Ab")],
)
def test_a_value_is_compared_in_the_form_of_its_kind(normalize, value, normal):
    (kind,) = parse_program(f"{PLAIN}identities: {{badge: {{normalize: {normalize}}}}}").program.identities

    assert kind.normal(value) == normal


def test_every_purpose_has_a_rule_whether_one_is_said_or_not():
    said = "consent: {email: {double_opt_in: yes}, analytics: {ground: consent}, sms: {ground: contract}}"
    program = parse_program(f"{PLAIN}{said}").program

    assert program.consent == (
        PurposeRule("analytics", "consent"),
        PurposeRule("profiling", "legitimate_interest"),
        PurposeRule("email", "consent", double_opt_in=True),
        PurposeRule("sms", "contract"),
        PurposeRule("ads", "consent"),
    )
    assert program.describe()[-1] == (
        "Analytics needs consent; profiling is a legitimate interest, until somebody objects;"
        " email needs consent, confirmed by a second click; sms is part of the contract; ads needs consent."
    )


def test_what_is_kept_for_ever_and_what_is_not():
    program = parse_program(f"{PLAIN}retention: {{behaviour: 25 months, refused: never}}").program

    assert program.retention == Retention(Duration(25, "months"), None, None)
    assert parse_program(PLAIN).program.retention == Retention(None, None, Duration(30, "days"))
    assert program.describe()[-1] == (
        "Behaviour is kept for 25 months, visits are kept for ever, what was refused is kept for ever."
    )


def test_a_source_as_values():
    document = source(
        '{when: {"$.type": [opened, 5]}, event: Case Opened, message_id: $.id, at: $.at, identify: {email: "$.to[0].mail"},'
        " properties: {topic: $.topic, desk: first}}"
    )
    (support,) = parse_program(document).program.sources

    assert support == MappedSource(
        "support",
        Signature("X-Signature", "hmac_sha256", "hex", ""),
        (
            EventMap(
                "Case Opened",
                (Match(JsonPath(("type",)), ("opened", "5")),),
                (("email", JsonPath(("to", 0, "mail"))),),
                (("topic", JsonPath(("topic",))), ("desk", "first")),
                JsonPath(("id",)),
                JsonPath(("at",)),
            ),
        ),
    )
    assert support.describe() == (
        "Webhooks of “support”, signed by HMAC-SHA256 (hex) in X-Signature, say: “Case Opened” where $.type is opened or 5"
        " by email $.to[0].mail with topic $.topic and desk “first” at the time in $.at as message $.id."
    )


# --- versions ------------------------------------------------------------------------------------------------------------


@given(st.data())
def test_layout_comments_and_the_order_of_keys_do_not_change_the_version(data):
    tree = data.draw(documents())
    one, other = parse(data.draw(layouts(tree)), tree), parse(data.draw(layouts(tree)), tree)

    assert one.version == other.version


@given(documents(), st.data())
def test_any_change_of_meaning_changes_the_version(tree, data):
    """One field, anywhere in the program, gets another value; the version follows."""
    program = parse(data.draw(layouts(tree)), tree).program
    path, changed = data.draw(st.sampled_from(list(changed_programs(program))))

    assert version_of(changed) != version_of(program), path


@given(documents(), documents())
def test_two_programs_have_one_version_only_if_they_say_the_same(one, other):
    first, second = parse(str(one), one), parse(str(other), other)

    assert (first.version == second.version) == (first.program.canonical() == second.program.canonical())


def test_the_version_hangs_on_the_engine_too(monkeypatch):
    before = parse_program(PLAIN).version
    monkeypatch.setattr(wire_program, "ENGINE", kernel.ENGINE + 1)

    assert parse_program(PLAIN).version != before


def test_a_document_from_before_these_sections_keeps_its_version(monkeypatch):
    """In UTC, whose clocks never change; reckoned by the engine that knew none of them."""
    monkeypatch.setattr(wire_program, "ENGINE", 2)
    document = PLAIN.replace("America/New_York", "UTC").replace("corner-shop", "a")
    usual = "consent: {email: {ground: consent}}\nretention: {refused: 30 days}\nshared_device: {people: 5}\n"

    assert parse_program(document).version == "7ad1859ba900e0a9b554d882c93f0803bc88d00ccd7f9d4a1ff94c16ea114e73"
    assert parse_program(document + usual).version == parse_program(document).version


@pytest.mark.parametrize(
    "section",
    [
        "identities: {badge: {}}",
        "shared_device: {people: 4}",
        "consent: {ads: {ground: contract}}",
        "retention: {visits: 1 year}",
        source("{event: One, identify: {email: $.a}}").removeprefix(PLAIN),
    ],
)
def test_each_section_that_says_something_changes_the_version(section):
    assert parse_program(PLAIN + section).version != parse_program(PLAIN).version


def test_of_the_sections_only_the_order_of_kinds_and_of_maps_means_something():
    def version(*lines: str) -> str:
        return parse_program(PLAIN + "\n".join(lines)).version

    one, other = (
        "{when: {$.a: x, $.b: [y, z]}, event: One, identify: {email: $.a, phone: $.b}}",
        "{event: Two, identify: {card: $.a}}",
    )
    same = "{identify: {phone: $.b, email: $.a}, event: One, when: {$.b: [z, y, z], $.a: x}}"
    second = source(other).removeprefix(PLAIN + "sources:\n").replace("support", "mailer")

    assert version("identities: {a: {block: [x, y]}}") == version("identities: {a: {block: [y, x]}}")
    assert version("identities: {a: {}, b: {}}") != version("identities: {b: {}, a: {}}")
    assert parse_program(source(one, other)).version == parse_program(source(same, other)).version
    maps = (
        "{when: {$.a: x}, event: One, identify: {email: $.a}}",
        "{when: {$.a: y}, event: Two, identify: {email: $.a}}",
    )
    assert parse_program(source(*maps)).version != parse_program(source(*reversed(maps))).version
    two = source(one) + second
    turned = PLAIN + "sources:\n" + second + source(one).removeprefix(PLAIN + "sources:\n")
    assert parse_program(two).version == parse_program(turned).version


def test_the_order_of_chosen_values_means_nothing_and_that_of_rules_does():
    one = rules(
        "{id: a, on: Order Completed, per: 1, points: 1, except: {size: [S, M], brand: Acme}}", A.replace("a,", "b,")
    )
    same = rules(
        "{id: a, on: Order Completed, per: 1, points: 1, except: {brand: [Acme], size: [M, S, M]}}",
        A.replace("a,", "b,"),
    )
    *header, first, second = one.splitlines()

    assert parse_program(one).version == parse_program(same).version
    assert parse_program(one).version != parse_program("\n".join([*header, second, first])).version


def parse(text: str, tree: dict[str, Any]):
    """The program; drawn documents may hold points that expire while pending or multiply nothing, and those say so."""
    return parse_program(text if text.startswith("#") else "# json\n" + msgspec.json.encode(tree).decode())


GAME = Game("challenge", "talk", (Deed("Product Reviewed"),), Gift(points=5))
TIERS = Tiers("spend", CalendarYear(), (Level("silver", 100),))


def changed_programs(value: Any, path: str = "program"):
    """Every program that differs in one leaf, with the path to it."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            for inner_path, changed in changed_programs(getattr(value, name), f"{path}.{name}"):
                yield inner_path, msgspec.structs.replace(value, **{name: changed})
    elif isinstance(value, tuple):
        yield f"{path}, longer", (*value, _another_for(value, path))
        for i, item in enumerate(value):
            for inner_path, changed in changed_programs(item, f"{path}[{i}]"):
                yield inner_path, (*value[:i], changed, *value[i + 1 :])
    elif isinstance(value, str):
        yield path, value + "x"
    elif isinstance(value, bool):
        yield path, not value
    elif isinstance(value, int | Fraction):
        yield path, value + 1
    else:
        assert value is None
        yield path, TIERS if path == "program.tiers" else 1


def _another_for(value: tuple[Any, ...], path: str) -> Any:
    """An item that the tuple does not hold yet."""
    if path.endswith(".paid_with"):
        return next(one for one in TENDERS if one not in value)
    if value:
        return next(changed for _, changed in changed_programs(value[-1]))
    if path.endswith(".identities"):
        return IdentityKind("badge")
    if path.endswith(".sources"):
        return MappedSource("support", Signature("X-Signature"), ())
    if path.endswith(".where"):
        return Property("colour", IsOneOf(("red",)))
    if path.endswith(".scores"):
        return Score("pulse", (Action("Product Viewed", 1000),))
    if path.endswith(".interests"):
        return InterestProfile("tastes", "category", (Action("Product Viewed", 1000),))
    if path.endswith(".segments"):
        return Segment("known", KnownBy("email"))
    if path.endswith(".trials"):
        return Trial("doubles", Fraction(1), (Arm("a", Fraction(1)),), "salt")
    if path.endswith("program.perks"):
        return Perk("early")
    if path.endswith("program.clubs"):
        return Club("insiders", 100, Duration(1, "months"))
    if path.endswith("program.pauses"):
        return Pause(10, 20, ("expiry",), "A rest.")
    if path.endswith("games.zones"):
        return Zone("UTC", (0,), (0,))
    if path.endswith("games.every"):
        return GAME
    return OneOf("colour", ("red",)) if path.endswith(("only", "excluded")) else 1


def test_the_name_of_what_is_brought_over_is_taken() -> None:
    written = PLAIN.replace("id: purchase", "id: opening-balance", 1)
    assert written != PLAIN
    with pytest.raises(DocumentError) as refused:
        parse_program(written)
    assert [problem.path for problem in refused.value.problems] == ["earning[0].id"]
