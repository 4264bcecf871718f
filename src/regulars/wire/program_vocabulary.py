"""What a program document may say: every key, what it is for and what may stand there.

The tables stand here in the order in which they build on one another; the whole document is the last. What the document may
one day say and cannot yet is refused by name. What no single place shows (rules with one id, levels out of order) is looked
at in `program_checks`.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final, get_args

from iso4217 import Currency as IsoCurrency
from msgspec import Struct

from regulars.kernel.calendar import EXACT_UNITS, WEEKDAYS, Duration
from regulars.kernel.facts import MEMBER_JOINED, ORDER_COMPLETED
from regulars.kernel.occasions import Hours
from regulars.kernel.perks import DAYS_IN, Wall
from regulars.kernel.program import (
    NEVER,
    CalendarYear,
    Debt,
    JsonPath,
    LeapDay,
    Lifetime,
    OnReturn,
    Purpose,
    Rolling,
    SinceJoining,
)
from regulars.kernel.scores.tree import LENGTHS
from regulars.kernel.segments.lifecycle import STAGES
from regulars.kernel.segments.rfm import GRID
from regulars.kernel.stacking import Stack
from regulars.kernel.state import QUALIFYING_DAYS
from regulars.kernel.terms import Currency, plain
from regulars.kernel.worth import TENDERS, BackFirst
from regulars.wire.document import Place, nearest
from regulars.wire.life_vocabulary import DATE_OF_YEAR, EVENT, EXPIRE, HOLD, NOTICES, PAUSE, days_up_to
from regulars.wire.mapping.paths import PATH, parse_path
from regulars.wire.recurrences import LONGEST, parse_recurrence
from regulars.wire.shapes import (
    DATE_SHAPE,
    DURATION_SHAPE,
    Either,
    EitherTable,
    Key,
    Later,
    ListOf,
    MapOf,
    Named,
    Scalar,
    Schema,
    Shared,
    Table,
    Unreadable,
    name,
    number,
    parse_date,
    parse_duration,
    text,
    word,
)
from regulars.wire.zones import known_zones, zone_named

ALWAYS_THERE: Final = ("user_id", "anonymous_id", "id")
"""Kinds of identities that no program declares."""
MOST_VALUES_OF_A_KIND: Final = 1_000
MOST_PEOPLE_ON_A_DEVICE: Final = 1_000
MOST_DAYS_OF_A_DEVICE: Final = 365

MOST_TOP: Final = 100
MOST_SCORE_POINTS: Final = 1_000_000

MAX_ROLLING_MONTHS: Final = QUALIFYING_DAYS // 366 * 12

PURPOSES: Final[tuple[str, ...]] = get_args(Purpose)

NOT_YET: Final = (
    "rewards",
    "coupons",
    "referral",
    "campaigns",
    "surveys",
    "journeys",
)
"""The parts of a program that cannot be written yet."""


# --- words, money, zones -----------------------------------------------------------------------------------------------


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


def _zone_meant(written: str) -> str | None:
    """By the whole name, or by the city alone: `Stockholm`, `new york`."""
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(known_zones(), reverse=True)}
    city = nearest(written.rpartition("/")[2], cities, cutoff=0.8)
    return nearest(written, known_zones(), cutoff=0.8) or (cities[city] if city else None)


OVER_WORDS: Final[Mapping[str, CalendarYear | SinceJoining | Lifetime]] = {
    "calendar_year": CalendarYear(),
    "since_joining": SinceJoining(),
    "lifetime": Lifetime(),
}


def _over(written: str) -> CalendarYear | SinceJoining | Lifetime | Rolling | None:
    if written in OVER_WORDS:
        return OVER_WORDS[written]
    rolling = re.fullmatch(r"rolling (\d{1,4}) months?", written, re.ASCII)
    if rolling is None:
        return None
    if not 1 <= int(rolling[1]) <= MAX_ROLLING_MONTHS:
        raise Unreadable(f"“rolling” and 1 to {MAX_ROLLING_MONTHS} months")
    return Rolling(int(rolling[1]))


def _over_meant(written: str) -> str | None:
    rolling = re.fullmatch(r"\W*rol+ing[\W_]*(?:(\d{1,3})[\W_]*)?(year|month|quarter)s?", written.casefold(), re.ASCII)
    if rolling is not None:
        months = int(rolling[1] or 1) * {"year": 12, "quarter": 3, "month": 1}[rolling[2]]
        return f"rolling {months} months" if 1 <= months <= MAX_ROLLING_MONTHS else None
    if written.casefold() in ("year", "yearly", "calendar"):
        return "calendar_year"
    return nearest(written, [*OVER_WORDS, "rolling 12 months"])


NAME_OF_PROGRAM = text("a name of at most 100 characters, in one line")
NAME_OF_POINTS = text("a word or two, of at most 100 characters")
ID = name("a name of small letters, digits, “-” and “_”, such as “weekend-doubles”")
CURRENCY = Scalar(
    "an ISO 4217 currency code such as “USD”",
    _currency,
    {"type": "string", "pattern": "^[A-Z]{3}$"},
    _currency_meant,
)
ZONE = Scalar(
    "a time zone such as “Europe/Stockholm”",
    lambda written: zone_named(written) if written in known_zones() else None,
    {"type": "string", "pattern": "^[A-Za-z0-9/_+-]+$"},
    _zone_meant,
)
FACTOR = number("a number above 0, such as 1.5", above=0)


# --- points ------------------------------------------------------------------------------------------------------------


def _share(written: str) -> Fraction | None:
    percent = re.fullmatch(r"(\d{1,3}(\.\d{1,4})?) ?%", written, re.ASCII)
    if percent is None:
        return None
    share = Fraction(percent[1]) / 100
    if not 0 < share < 1:
        raise Unreadable("a share above 0 % and below 100 %")
    return share


SHARE = Scalar(
    "a share such as “10%”",
    _share,
    {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,4})? ?%$"},
    lambda written: f"{written}%" if re.fullmatch(r"\d{1,2}(\.\d{1,4})?", written, re.ASCII) else None,
)


def _percent(written: str) -> Fraction | None:
    percent = re.fullmatch(PERCENT_PATTERN, written, re.ASCII)
    if percent is None:
        return None
    if Fraction(percent[1]) > 100:
        raise Unreadable("a share of at most 100 %")
    return Fraction(percent[1]) / 100


def _percent_meant(written: str) -> str | None:
    """Of `0.3` and of `30`."""
    if re.fullmatch(r"0?\.\d{1,4}", written, re.ASCII):
        return f"{plain(Fraction(written) * 100)}%"
    return f"{written}%" if re.fullmatch(r"\d{1,2}(\.\d{1,4})?|100", written, re.ASCII) else None


PERCENT_PATTERN: Final = r"(\d{1,3}(?:\.\d{1,4})?) ?%"
PERCENT = Scalar(
    "a share from “0%” to “100%”",
    _percent,
    {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,4})? ?%$"},
    _percent_meant,
)

POINTS_NAME = Table(
    {
        "one": Key(NAME_OF_POINTS, "what one point is called", required=True),
        "other": Key(NAME_OF_POINTS, "what several points are called", required=True),
    },
    "a table such as {one: star, other: stars}",
)


def _whole(expected: str, least: int, most: int) -> Scalar:
    def parse(written: str) -> int | None:
        count = int(written) if re.fullmatch(r"\d{1,9}", written, re.ASCII) else -1
        return count if least <= count <= most else None

    bounds = {"minimum": least, "maximum": most, "pattern": "^[0-9]{1,9}$"}
    return Scalar(f"{expected} from {least:,} to {most:,}", parse, {"type": ["integer", "string"], **bounds})


MOST_POINTS: Final = 10**12

PER = text("“order”, “day”, “week”, “month”, “quarter”, “year”, “lifetime”, or a property such as “product_id”")

LIMIT = Table(
    {
        "times": Key(_whole("a whole number", 1, 1_000_000), "so often"),
        "points": Key(_whole("a whole number", 1, MOST_POINTS), "so many points, in place of “times”"),
        "per": Key(
            PER,
            "within an order, a period of the shop's own calendar or the customer's `lifetime`, or for each value of a property of "
            "the event: once per `product_id`",
            required=True,
        ),
        "over": Key(
            word(("clamp", "refuse")),
            "with `points`: of what goes beyond, `clamp` gives what is left, and `refuse` nothing",
        ),
    },
    "a table such as {times: 3, per: month} or {points: 500, per: month, over: clamp}",
)
LIMITS = ListOf(LIMIT, "a table such as {times: 3, per: month}, or a list of them", or_one=True)

POINTS = Table(
    {
        "name": Key(POINTS_NAME, "what points are called; “point” and “points” where nothing is said"),
        "worth": Key(
            number("an amount of 0 or more, such as 0.01", at_least=0),
            "what one point costs the shop; the report on liability uses it",
        ),
        "redeemed": Key(
            PERCENT,
            "the share of points that you expect to be spent; the report on liability uses it, 100% where nothing is said",
        ),
        "hold": Key(HOLD, "how long points are pending, until the return window has closed"),
        "expire": Key(EXPIRE, "how long points last; they never expire where nothing is said"),
        "notices": Key(NOTICES, "how long before their last day it is told that points end"),
        "debt": Key(
            word(get_args(Debt)),
            "to what points are charged that an order that goes back had earned and that have been spent: to those that are "
            "still pending; to those that can be spent as well, never below 0, which is so where nothing is said; or without "
            "end, so that the next points fill what is owed",
        ),
        "back_first": Key(
            word(get_args(BackFirst)),
            "what comes back first where a part of an order goes back that was paid partly with points or a gift card: money, as "
            "far as money was paid, which is so where nothing is said; points; or each in proportion",
        ),
        "second_look_above": Key(
            _whole("a whole number", 0, MOST_POINTS), "more points than that by hand need a second member of staff"
        ),
        "limit": Key(
            LIMITS,
            "how many points all rules together give one customer; as many as they come to where nothing is said",
        ),
    },
    "a table that says how points live",
)


# --- trials ------------------------------------------------------------------------------------------------------------

SALT = text("any word of at most 100 characters; another one draws other customers")
EXEMPT = Key(word(("exempt",)), "`exempt`: those whom the program holds out get it too")

FOR = Table(
    {
        "trial": Key(ID, "a trial of the program: only one of its arms gets it, it is withheld from the others"),
        "arm": Key(ID, "with `trial`: the arm that gets it"),
        "share": Key(SHARE, "only that share gets it, always the same customers; it is withheld from the rest"),
        "segment": Key(ID, "with `share`: the share of those in this segment; of all customers where nothing is said"),
        "salt": Key(SALT, "with `share`: what draws them; the name of the rule or perk where nothing is said"),
    },
    "a table such as {trial: weekend-doubles, arm: doubled} or {segment: gold-people, share: 10%}",
    may_be_empty=False,
)


# --- earning -----------------------------------------------------------------------------------------------------------


def _hours(written: str) -> Hours | None:
    found = re.fullmatch(r"(\d{1,2}):(\d{2}) ?[-–] ?(\d{1,2}):(\d{2})", written, re.ASCII)
    if found is None:
        return None
    start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if int(found[2]) > 59 or int(found[4]) > 59 or start >= 24 * 60 or end > 24 * 60:
        raise Unreadable("hours from 00:00 to 24:00")
    if start == end:
        raise Unreadable("hours that begin and end at two times; between these there is nothing")
    return Hours(start, end % (24 * 60))


HOURS = Scalar(
    "hours such as “17:00-20:00”",
    _hours,
    {"type": "string", "pattern": "^[0-9]{1,2}:[0-9]{2} ?[-–] ?[0-9]{1,2}:[0-9]{2}$"},
)
RECURRENCE = Scalar(
    "a recurrence such as “FREQ=MONTHLY;BYDAY=1FR”",
    parse_recurrence,
    {"type": "string", "pattern": "^(RRULE:)?[A-Z]+=.*$", "maxLength": LONGEST},
)
ONE_TEXT = text("a text of at most 200 characters", longest=200)

WHEN = Table(
    {
        "weekday": Key(
            ListOf(word(WEEKDAYS), "a weekday, or a list of weekdays", or_one=True), "only on these weekdays"
        ),
        "from": Key(DATE_SHAPE, "the first day that counts"),
        "to": Key(DATE_SHAPE, "the first day that no longer counts"),
        "hours": Key(
            ListOf(HOURS, "hours such as “17:00-20:00”, or a list of them", or_one=True),
            "only in these hours, half open; where they end before they begin they last over midnight, and what is after it "
            "belongs to the day before",
        ),
        "recurs": Key(
            RECURRENCE, "only on days that come again by RFC 5545; counted from “from” where every other one is meant"
        ),
        "segment": Key(
            ListOf(ID, "a segment, or a list of them", or_one=True), "only for those in one of them at that moment"
        ),
        "tier": Key(
            ListOf(ID, "a level, or a list of levels", or_one=True),
            "only for those who have one of them; “none” is none",
        ),
        "channel": Key(
            ListOf(ONE_TEXT, "a channel, or a list of them", or_one=True), "only where the property `channel` is one"
        ),
        "store": Key(
            ListOf(ONE_TEXT, "a store, or a list of them", or_one=True), "only where the property `store` is one"
        ),
        "currency": Key(ListOf(CURRENCY, "a currency, or a list of them", or_one=True), "only orders in one of them"),
        "where": Key(
            Later(lambda: _tests()),
            "only what passes these tests of its properties; of an order, if one line passes all",
        ),
        "at_least": Key(
            number("an amount above 0, such as 50.00", above=0),
            "only orders of which so much counts for the rule, in the program's currency",
        ),
    },
    "a table such as {weekday: [saturday, sunday]} or {from: 2017-11-01, to: 2017-12-01}",
    may_be_empty=False,
)

GOODS = MapOf(
    ListOf(
        text("a text or a number of at most 200 characters", longest=200), "a value, or a list of values", or_one=True
    ),
    "a table from a property of the order's lines to values, such as {category: [gift-cards]}",
)

BASIS = Table(
    {
        "of": Key(
            word(("items", "order")),
            "the lines that “only” and “except” leave, or all of an order of which they leave a line; items where nothing is said",
        ),
        "discounts": Key(
            word(("after", "before")),
            "what was left to pay, or that with what was taken off; after where nothing is said",
        ),
        "tax": Key(word(("no", "yes")), "whether tax counts; no where nothing is said"),
        "shipping": Key(word(("no", "yes")), "whether shipping counts; no where nothing is said"),
        "paid_with": Key(
            ListOf(word(TENDERS), "“money”, “gift_card” or “points”, or a list of them", or_one=True),
            "what was paid with these counts; money where nothing is said",
        ),
    },
    "a table such as {of: items, discounts: after, tax: no, shipping: no}",
)

RATE = Either(
    number("an amount above 0, such as 1.00", above=0),
    EitherTable(
        Table(
            {
                "property": Key(
                    text("the name of a property"), "a property of what was done, which is a number", required=True
                ),
                "each": Key(
                    number("a number above 0, such as 5", above=0),
                    "“points” for each whole so many of it",
                    required=True,
                ),
            },
            "one such as {property: km, each: 5}",
        ),
        MapOf(
            number("an amount above 0, such as 0.90", above=0),
            "a table from currencies to amounts, such as {USD: 1.00, EUR: 0.90}",
        ),
    ),
    usually_scalar=True,
)

RULE = Table(
    {
        "id": Key(ID, "the rule's name, which every explanation shows", required=True),
        "on": Key(EVENT, "the event that it looks at, such as “Order Completed”", required=True),
        "points": Key(number("a number above 0", above=0), "how many points, for each “per” or each time"),
        "per": Key(
            RATE,
            "“points” for each whole such amount of an order; in several currencies as {USD: 1.00, EUR: 0.90}, each by its own "
            "rate, and an order in any other currency earns nothing; or for each so many of a property of what was done",
        ),
        "multiply": Key(FACTOR, "multiplies what all other rules give for the same event"),
        "basis": Key(BASIS, "which money “per” counts"),
        "only": Key(GOODS, "only lines with all of these properties count"),
        "except": Key(GOODS, "lines with any of these properties do not count"),
        "when": Key(
            WHEN,
            "when the rule holds: on which days and in which hours, by when the event happened, in the shop's time zone; for whom, "
            "where, and from how much on",
        ),
        "on_return": Key(
            word(get_args(OnReturn)),
            "what an order that goes back in part still deserves: its share, which is so where nothing is said; what the rule "
            "gives for what is left; or all, whatever goes back",
        ),
        "for": Key(FOR, "only for an arm of a trial, or for a share of a segment; for all where nothing is said"),
        "holdout": EXEMPT,
        "limit": Key(LIMITS, "how often it gives, or how many points; as often as it holds where nothing is said"),
        "leap_day": Key(
            word(get_args(LeapDay)),
            "with `Birthday`: when who was born on 29 February has it in common years; 28 February where nothing is said",
        ),
        "traits": Key(
            ListOf(
                text("the name of a trait, such as “city”", longest=70), "a list of traits such as [birthday, city]"
            ),
            "with `Profile Completed`: what must have been told of somebody, in any number of parts",
        ),
        "retroactive": Key(
            word(("yes", "no")),
            "with `Member Joined`: `yes` gives it to those, too, who joined before the rule was there",
        ),
        "stack": Key(
            word(get_args(Stack)),
            "how it stands beside other rules that hold for the same event: it adds, as points do where nothing is said; it "
            "multiplies, as “multiply” does; of those that say `best` only the best one counts; or `exclusive`, nothing else does",
        ),
    },
    "a rule: a table with “id”, “on” and “points” or “multiply”",
)


# --- tiers -------------------------------------------------------------------------------------------------------------

MOST_DAYS_OF_A_LEVEL: Final = 365


def _months(written: str) -> int | None:
    duration = parse_duration(written)
    if duration is None:
        return None
    months = duration.count * {"months": 1, "years": 12}.get(duration.unit, 0)
    if not 1 <= months <= MAX_ROLLING_MONTHS:
        raise Unreadable(f"months or years, 1 to {MAX_ROLLING_MONTHS} months")
    return months


MONTHS_LONG = Scalar(
    "a duration such as “12 months”",
    _months,
    {"type": "string", "pattern": DURATION_SHAPE.as_schema["pattern"]},
    DURATION_SHAPE.meant,
)
DAYS_LONG = Scalar(
    "a duration in days or weeks, such as “30 days”",
    days_up_to(MOST_DAYS_OF_A_LEVEL),
    {"type": "string", "pattern": DURATION_SHAPE.as_schema["pattern"]},
    DURATION_SHAPE.meant,
)

GIVES = Table(
    {
        "points": Key(number("a number above 0", above=0), "how many points", required=True),
        "again": Key(word(("yes", "no")), "whether also when it is entered again; only once where nothing is said"),
    },
    "a table such as {points: 100}",
)

LEVEL = Table(
    {
        "id": Key(ID, "the level's name", required=True),
        "at": Key(
            number("an amount or a number, 0 or more", at_least=0),
            "how much of what levels go by it takes: money, points, or a number",
            required=True,
        ),
        "earn": Key(FACTOR, "multiplies what is earned by those in it"),
        "points_expire": Key(EXPIRE, "how long points last that are earned by those in it"),
        "perks": Key(ListOf(ID, "a list of perks"), "the perks that those in it have, by their names under `perks`"),
        "gives": Key(GIVES, "what there is for entering it"),
    },
    "a level: a table with “id” and “at”",
)

KEEP = Table(
    {
        "until": Key(
            word(("end_of_next_year",)), "to the end of the year after that in which it was reached", required=True
        )
    },
    "a table such as {until: end_of_next_year}",
)

BY_TIMES = Table(
    {"times": Key(EVENT, "an event that your server tells of; each time counts", required=True)},
    "a table such as {times: Store Visited}",
    not_yet={"score": "times"},
)

OVER_TIME = Table(
    {
        "year_from": Key(
            DATE_OF_YEAR, "a year of your own begins on this day; 29 February is the 28th where there is none"
        ),
        "since_entry": Key(
            MONTHS_LONG, "what came in the last so many months counts, and a level lasts for as long from its entry"
        ),
    },
    "a table such as {year_from: 04-01} or {since_entry: 12 months}",
    may_be_empty=False,
)

DOWN_BY = Table(
    {"by": Key(word(("earned", "one")), "to the level that was earned, or by one level at most", required=True)},
    "a table such as {by: one}",
)

TIERS = Table(
    {
        "by": Key(
            Either(word(("spend", "points", "orders", "visits", "referrals")), BY_TIMES),
            "what levels are reached by",
            required=True,
        ),
        "over": Key(
            Either(
                Scalar(
                    "“calendar_year”, “since_joining”, “lifetime” or months such as “rolling 12 months”",
                    _over,
                    {
                        "type": "string",
                        "pattern": "^(calendar_year|since_joining|lifetime|rolling ([1-9]|[12][0-9]|3[0-6]) months?)$",
                    },
                    _over_meant,
                ),
                OVER_TIME,
            ),
            "the time over which that is summed",
            required=True,
        ),
        "keep": Key(KEEP, "how long a level is kept beyond its own year"),
        "up": Key(
            word(("at_once", "at_next_period")),
            "when a level is given that is reached: at once, as where nothing is said, or when the next year begins, for that year",
        ),
        "down": Key(
            Either(word((NEVER,)), DOWN_BY),
            "what is lost at a reset; everything but what was earned where nothing is said",
        ),
        "grace": Key(
            DAYS_LONG, "for how long after a reset a level is kept that would be lost; reaching it then keeps it"
        ),
        "warn": Key(DAYS_LONG, "how long before a level ends that is told"),
        "after_return": Key(
            word(("at_reset", "at_once")),
            "when a level is lost that a return takes back: at the reset, as where nothing is said, or at once",
        ),
        "levels": Key(
            ListOf(LEVEL, "a list of levels, the lowest first"), "the levels, the lowest first", required=True
        ),
    },
    "a table with “by”, “over” and “levels”",
)


# --- who people are ----------------------------------------------------------------------------------------------------


class MapBy(Struct, frozen=True):
    """A table whose keys are of a shape, too. Gives pairs in the order written."""

    key: Scalar
    value: Any
    expected: str

    def read(self, place: Place) -> tuple[tuple[Any, Any], ...] | None:
        if not place.is_table or place.is_empty:
            place.wrong(f"expected {self.expected}; found {place.found}")
            return None
        pairs = [(self.key.read(key), self.value.read(value)) for _, key, value in place.entries()]
        return tuple([pair for pair in pairs if None not in pair])

    def schema(self) -> Schema:
        return {
            "type": "object",
            "additionalProperties": self.value.schema(),
            "propertyNames": self.key.as_schema,
            "minProperties": 1,
        }


def _kind(written: str) -> str | None:
    if written in ALWAYS_THERE:
        raise Unreadable(f"a kind other than {', '.join(ALWAYS_THERE)}, which are there anyway")
    return _kind_named(written)


def _kind_named(written: str) -> str | None:
    return written if re.fullmatch(KIND_PATTERN, written) else None


def _kind_meant(written: str) -> str | None:
    plain = re.sub("[^a-z0-9]+", "_", written.casefold()).strip("_")
    return _kind_named(plain) if plain not in ALWAYS_THERE else None


def _days(written: str) -> int | None:
    duration = parse_duration(written)
    if duration is None:
        return None
    days = duration.count * {"days": 1, "weeks": 7}.get(duration.unit, 0)
    if not 0 < days <= MOST_DAYS_OF_A_DEVICE:
        raise Unreadable(f"days or weeks, {MOST_DAYS_OF_A_DEVICE} days at most")
    return days


KIND_PATTERN: Final = "[a-z][a-z0-9_]{0,39}"
KIND = Scalar(
    "a kind of identity: small letters, digits and “_”, at most 40",
    _kind,
    {"type": "string", "pattern": f"^{KIND_PATTERN}$", "not": {"enum": list(ALWAYS_THERE)}},
    _kind_meant,
)

IDENTITY = Table(
    {
        "normalize": Key(
            word(("digits", "lower", "upper", "none")),
            "what of a value counts: its digits, or its letters as small ones or capitals; as it stands where nothing is said",
        ),
        "at_most": Key(
            _whole("a whole number", 1, MOST_VALUES_OF_A_KIND),
            "how many values of the kind one customer may have; 5 where nothing is said, 10 of `card`",
        ),
        "block": Key(
            ListOf(text("a text of at most 200 characters", longest=200), "a value, or a list of values", or_one=True),
            "values that never identify anybody",
        ),
    },
    "a table such as {normalize: digits, at_most: 3}",
)

IDENTITIES = MapBy(
    KIND, IDENTITY, "a table from kinds of identities to what holds for them, such as {card: {at_most: 3}}"
)

DAYS = Scalar(
    "a duration in days or weeks, such as “7 days”",
    _days,
    {"type": "string", "pattern": DURATION_SHAPE.as_schema["pattern"]},
    DURATION_SHAPE.meant,
)

SHARED_DEVICE = Table(
    {
        "people": Key(_whole("a whole number", 1, MOST_PEOPLE_ON_A_DEVICE), "how many people one device may have; 5"),
        "within": Key(DAYS, "within which time; 7 days"),
    },
    "a table such as {people: 5, within: 7 days}",
    may_be_empty=False,
)

PURPOSE = Table(
    {
        "ground": Key(
            word(("consent", "contract", "legitimate_interest")),
            "why it is allowed: somebody agreed, it is part of the contract, or it is a legitimate interest until they object",
        ),
        "double_opt_in": Key(word(("yes", "no")), "whether consent must be confirmed by a second click; it need not"),
    },
    "a table such as {ground: consent, double_opt_in: yes}",
    may_be_empty=False,
)

CONSENT = Table(
    {
        "analytics": Key(PURPOSE, "counting and comparing; `legitimate_interest` where nothing is said"),
        "profiling": Key(PURPOSE, "scores, segments and what is chosen by them; `legitimate_interest`"),
        "email": Key(PURPOSE, "marketing by e-mail; `consent`"),
        "sms": Key(PURPOSE, "marketing by text message; `consent`"),
        "ads": Key(PURPOSE, "lists for advertisers; `consent`"),
    },
    "a table from purposes to grounds, such as {email: {ground: consent}}",
    may_be_empty=False,
)


def _kept_for(written: str) -> Duration | str | None:
    if written == NEVER:
        return written
    duration = parse_duration(written)
    if duration is not None and duration.unit in EXACT_UNITS:
        raise Unreadable("days, weeks, months or years")
    return duration


KEPT = Scalar(
    f"a duration such as “30 days” or “25 months”, or “{NEVER}”",
    _kept_for,
    {"type": "string", "pattern": f"^({NEVER}|{DURATION_SHAPE.as_schema['pattern'][1:-1]})$"},
    lambda written: DURATION_SHAPE.meant(written) or nearest(written, [NEVER]),
)

RETENTION = Table(
    {
        "behaviour": Key(KEPT, f"what people did, orders and joining apart; `{NEVER}` deleted where nothing is said"),
        "visits": Key(KEPT, f"their visits to the site; `{NEVER}`"),
        "refused": Key(KEPT, "events that were refused, as they came; 30 days"),
    },
    "a table such as {behaviour: 25 months, refused: 30 days}",
    may_be_empty=False,
)


# --- sources -----------------------------------------------------------------------------------------------------------


def _path_meant(written: str) -> str | None:
    near = "$." + written.removeprefix("$").removeprefix(".")
    return near if parse_path(near) else None


def _path_or_text(written: str) -> JsonPath | str | None:
    if written.startswith("$"):
        return parse_path(written)
    return FIXED.parse(written)  # type: ignore[no-any-return]


FIXED = text("a text of at most 200 characters", longest=200)
PATH_SHAPE = Scalar(
    "a path such as “$.ticket.id”: names behind points, places as [0], 20 at most",
    parse_path,
    {"type": "string", "pattern": f"^{PATH}$"},
    _path_meant,
)
PATH_OR_TEXT = Scalar(
    "a path such as “$.ticket.topic”, or a fixed text of at most 200 characters",
    _path_or_text,
    {"type": ["string", "number", "boolean"], "minLength": 1, "maxLength": 1_000},
    lambda written: _path_meant(written) if written.startswith("$") else None,
)
HEADER = Scalar(
    "the name of a header, such as “X-Signature”",
    lambda written: written if re.fullmatch("[A-Za-z][A-Za-z0-9_-]{0,99}", written) else None,
    {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,99}$"},
)
PROPERTY = Scalar(
    "the name of a property, of at most 60 characters",
    lambda written: text("", longest=60).parse(written),
    {"type": "string", "minLength": 1, "maxLength": 60},
)
IDENTIFIED_BY = Scalar(
    "a kind of identity, such as “user_id” or “email”", _kind_named, {"type": "string", "pattern": f"^{KIND_PATTERN}$"}
)

SIGNATURE = Table(
    {
        "header": Key(HEADER, "the header in which the signature comes", required=True),
        "algorithm": Key(
            word(("hmac_sha256",)), "a hash of the raw body with the shared secret", default="hmac_sha256"
        ),
        "encoding": Key(word(("hex", "base64")), "how the hash is written; `hex` where nothing is said", default="hex"),
        "prefix": Key(text("a text of at most 100 characters"), "what stands before the hash, such as `sha256=`"),
    },
    "a table such as {header: X-Signature, encoding: hex}",
)

MAP = Table(
    {
        "when": Key(
            MapBy(
                PATH_SHAPE,
                ListOf(FIXED, "a value, or a list of values", or_one=True),
                'a table from paths to values, such as {"$.type": ticket.opened}',
            ),
            "payloads that have one of the values at every path; all where nothing is said",
        ),
        "event": Key(EVENT, "what they say: the name of a behaviour", required=True),
        "message_id": Key(
            PATH_SHAPE, "the id of this message, the same when it is sent again; else a hash of the payload"
        ),
        "at": Key(PATH_SHAPE, "when it happened; else the moment it came"),
        "identify": Key(
            MapBy(
                IDENTIFIED_BY, PATH_SHAPE, "a table from kinds of identities to paths, such as {email: $.user.email}"
            ),
            "who did it, by one kind of identity or more",
            required=True,
        ),
        "properties": Key(
            MapBy(PROPERTY, PATH_OR_TEXT, "a table from properties to paths, such as {topic: $.ticket.topic}"),
            "what else is kept of it",
        ),
    },
    "a map: a table with “event”, “identify” and mostly “when”",
)

SOURCE = Table(
    {
        "id": Key(ID, "the source's name, a part of its address", required=True),
        "signature": Key(SIGNATURE, "how the sender proves itself", required=True),
        "maps": Key(ListOf(MAP, "a list of maps"), "what its payloads mean; the first that fits counts", required=True),
    },
    "a source: a table with “id”, “signature” and “maps”",
)


# --- segments ----------------------------------------------------------------------------------------------------------

BOUND = number("a number, such as 3 or 100.00")
BOUNDS = {
    "at_least": Key(BOUND, "so much or more"),
    "at_most": Key(BOUND, "so much or less"),
    "exactly": Key(BOUND, "just so much"),
}
YES_NO = word(("yes", "no"))
VALUES = ListOf(
    text("a text or a number of at most 200 characters", longest=200), "a value, or a list of values", or_one=True
)
PIECE = text("a text of at most 200 characters", longest=200)

TEST = Table(
    {
        "is": Key(VALUES, "it is one of these, letter by letter"),
        "is_not": Key(VALUES, "it is there, and none of these"),
        "contains": Key(PIECE, "it has this in it"),
        "starts_with": Key(PIECE, "it begins so"),
        "ends_with": Key(PIECE, "it ends so"),
        **BOUNDS,
        "truth": Key(YES_NO, "it says `true` or `yes`, or else `false` or `no`"),
        "before": Key(DATE_SHAPE, "it is a day before this one"),
        "after": Key(DATE_SHAPE, "it is a day after this one"),
        "within_last": Key(DURATION_SHAPE, "it is today or a day of the last days, weeks, months or years"),
        "within_next": Key(DURATION_SHAPE, "it is today or a day of the next"),
        "anniversary_within": Key(DURATION_SHAPE, "its day of the year is today or within the next"),
        "set": Key(YES_NO, "whether there is a value at all"),
    },
    "a test such as {at_least: 50} or {starts_with: tea}",
    may_be_empty=False,
)

TESTED = Shared("test", Either(VALUES, TEST))
WHERE = MapOf(
    TESTED,
    "a table from properties to values or tests, such as {category: [shoes, boots]}",
)


def _tests() -> MapOf:
    return WHERE


BETWEEN = Table(
    {
        "older": Key(DURATION_SHAPE, "in the last so long", required=True),
        "newer": Key(DURATION_SHAPE, "and not in the last so long", required=True),
    },
    "a table such as {older: 60 days, newer: 30 days}",
)
TIMES = {
    "within": Key(DURATION_SHAPE, "in the last so long: today and so many days before it, or to the second"),
    "between": Key(BETWEEN, "in the last so long, and not in the last so long"),
    "from": Key(DATE_SHAPE, "the first day that counts"),
    "to": Key(DATE_SHAPE, "the first day that no longer counts"),
}
OF = text("the name of a property of at most 70 characters, such as “amount” or “products.category”", longest=70)

COUNTING = Table(
    {
        "of": Key(OF, "the property: of an order `amount`, or `products.` and a property of its lines", required=True),
        "in": Key(EVENT, "the event that bears it", required=True),
        "where": Key(WHERE, "only the times that pass these tests; of an order only such lines"),
        **TIMES,
    },
    "a table such as {of: amount, in: Order Completed, within: 365 days}",
)

STEP = Table(
    {
        "did": Key(EVENT, "the event that comes next"),
        "not": Key(EVENT, "the event that does not come; only as the last step"),
        "where": Key(WHERE, "only the times that pass these tests"),
        "within": Key(DURATION_SHAPE, "at most so long after the step before"),
    },
    "a step such as {did: Product Added} or {not: Order Completed, within: 24 hours}",
    may_be_empty=False,
)

LEVELS = Table(
    {
        "at_least": Key(ID, "this level or a higher one"),
        "at_most": Key(ID, "this level, a lower one or none"),
    },
    "a table such as {at_least: gold}",
    may_be_empty=False,
)

BOUNDED = Table(BOUNDS, "a table such as {at_least: 100}", may_be_empty=False)

HELD = Table(
    {
        "available": Key(BOUNDED, "points that can be spent now"),
        "pending": Key(BOUNDED, "points that are held back still"),
        "lifetime": Key(BOUNDED, "points ever given"),
    },
    "a table from “available”, “pending” or “lifetime” to a number's bounds",
    may_be_empty=False,
)

EXPIRING = Table(
    {
        "within": Key(DURATION_SHAPE, "in the next so long: today and so many days after it", required=True),
        **BOUNDS,
    },
    "a table such as {within: 30 days, at_least: 50}",
)


SHARE_OF = Table(
    {
        "in": Key(EVENT, "the event: its times are the whole", required=True),
        "where": Key(WHERE, "only the times that pass these tests are the share", required=True),
        "at_least": Key(PERCENT, "such a share or more"),
        "at_most": Key(PERCENT, "such a share or less"),
        "exactly": Key(PERCENT, "just such a share"),
        **TIMES,
    },
    "a table with “in”, “where”, and “at_least” or “at_most”",
)

MULTIPLE = number("a number above 0, such as 2 or 1.5", above=0)
RHYTHM = Table(
    {
        "of": Key(
            word(("open_gap", "last_gap")),
            "which gap: that since the last order, as where nothing is said, or that before the last order",
            default="open_gap",
        ),
        "more_than": Key(MULTIPLE, "longer than so many times their usual gap"),
        "at_most": Key(MULTIPLE, "not longer than so many times"),
        "presumed": Key(
            DAYS, "the usual gap of whoever has ordered on fewer than three days; unknown where nothing is said"
        ),
    },
    "a table such as {more_than: 2, at_most: 3}",
    may_be_empty=False,
)


def _scores(written: str) -> tuple[int, int] | None:
    scores = re.fullmatch("([1-5])(?:-([1-5]))?", written, re.ASCII)
    if scores is None:
        return None
    lowest, highest = int(scores[1]), int(scores[2] or scores[1])
    if lowest > highest:
        raise Unreadable("scores from the lower to the higher")
    return lowest, highest


def _scores_meant(written: str) -> str | None:
    digits = sorted(re.findall("[1-5]", written))
    return "-".join(dict.fromkeys([digits[0], digits[-1]])) if len(written) < 10 and digits else None


SCORES = Scalar(
    "a score from 1 to 5, or a range such as “4-5”",
    _scores,
    {"type": ["integer", "string"], "minimum": 1, "maximum": 5, "pattern": "^[1-5](-[1-5])?$"},
    _scores_meant,
)
RFM_SCORES = Table(
    {
        "r": Key(SCORES, "recency: how long ago the last order is"),
        "f": Key(SCORES, "frequency: how many orders there were"),
        "m": Key(SCORES, "money: what they sum up to"),
    },
    "a table such as {r: 4-5, f: 3-5}",
    may_be_empty=False,
)

KNOWN_OF_A_VISIT: Final[Mapping[str, str]] = {
    "device": "`phone`, `tablet`, `desktop` or `other`",
    "system": "such as `Android` or `Windows`",
    "browser": "such as `Safari`",
    "language": "such as `en`",
    "channel": "by which way they came, such as `paid_search`",
    "source": "from whom they came, such as `google`",
    "medium": "by what, such as `cpc`",
    "campaign": "by which campaign",
    "country": "where they were, such as `SE`",
    "region": "a part of the country",
    "city": "the city",
}
VISIT = Table(
    {name: Key(TESTED, about) for name, about in KNOWN_OF_A_VISIT.items()},
    "a table such as {device: phone}",
    may_be_empty=False,
)


def _degrees(most: int) -> Scalar:
    def parse(written: str) -> Fraction | None:
        degrees = number("").parse(written)
        return degrees if degrees is not None and abs(degrees) <= most else None

    pattern = number("").as_schema["pattern"]
    schema = {"type": ["number", "string"], "minimum": -most, "maximum": most, "pattern": pattern}
    return Scalar(f"degrees from -{most} to {most}, such as 55.7", parse, schema)


def _metres(written: str) -> int | None:
    distance = re.fullmatch(r"(\d{1,5}(?:\.\d{1,3})?) ?(km|m)", written, re.ASCII)
    if distance is None:
        return None
    metres = Fraction(distance[1]) * {"km": 1000, "m": 1}[distance[2]]
    if metres.denominator != 1 or not 0 < metres <= FARTHEST_KM * 1000:
        raise Unreadable(f"whole metres above 0, and at most {FARTHEST_KM:,} km")
    return int(metres)


FARTHEST_KM: Final = 20_000
DISTANCE = Scalar(
    "a distance such as “25 km” or “500 m”",
    _metres,
    {"type": "string", "pattern": r"^[0-9]{1,5}(\.[0-9]{1,3})? ?(km|m)$"},
    lambda written: f"{written} km" if re.fullmatch(r"\d{1,4}", written, re.ASCII) else None,
)
NAME_OF_TRAIT = text("the name of a trait of at most 70 characters, such as “city”", longest=70)
PLACE_TRAITS = Table(
    {
        "latitude": Key(NAME_OF_TRAIT, "the trait with the latitude in degrees", default="latitude"),
        "longitude": Key(NAME_OF_TRAIT, "the trait with the longitude in degrees", default="longitude"),
    },
    "a table such as {latitude: lat, longitude: lng}",
)
NEAR = Table(
    {
        "latitude": Key(_degrees(90), "of the place", required=True),
        "longitude": Key(_degrees(180), "of the place", required=True),
        "within": Key(DISTANCE, "how far away they are at most", required=True),
        "traits": Key(PLACE_TRAITS, "which traits say where they are; `latitude` and `longitude`"),
    },
    "a table such as {latitude: 55.7, longitude: 13.19, within: 25 km}",
)

LISTS = ListOf(
    text("the name of a list of at most 100 characters, such as “vip”"),
    "a list's name, or a list of names",
    or_one=True,
)
DEEPEST: Final = 8


def _condition() -> Table:
    return CONDITION


INSIDE = ListOf(
    Named(
        "condition",
        lambda: _condition(),
        "a condition",
        DEEPEST,
        "make a segment of a part of it, and say {in: that-segment}",
    ),
    "a list of conditions",
)

CONDITION: Final[Table] = Table(
    {
        "all": Key(INSIDE, "all of these hold"),
        "any": Key(INSIDE, "one of these holds, or several"),
        "none": Key(INSIDE, "none of these holds"),
        "did": Key(EVENT, "how often that happened; once or more where no number is said"),
        "same": Key(OF, "with `did`: so often with one and the same value of this property"),
        "sum": Key(COUNTING, "a property added up"),
        "average": Key(COUNTING, "the average of a property; unknown where there is none"),
        "least": Key(COUNTING, "the least value of a property; unknown where there is none"),
        "greatest": Key(COUNTING, "the greatest value of a property; unknown where there is none"),
        "distinct": Key(COUNTING, "how many different values a property had"),
        "since_last": Key(EVENT, "how long ago that happened last; unknown where it never did"),
        "since_first": Key(EVENT, "how long ago that happened first; unknown where it never did"),
        "more_than": Key(DURATION_SHAPE, "with `since_last` and `since_first`: longer ago than that"),
        "less_than": Key(DURATION_SHAPE, "with `since_last` and `since_first`: within the last so long"),
        "where": Key(WHERE, "only the times that pass these tests"),
        **TIMES,
        "share_of": Key(
            SHARE_OF, "of the times that it happened, the share that passes tests; unknown where it never did"
        ),
        "rhythm": Key(RHYTHM, "a gap between orders, held against their own usual gap; unknown where there is none"),
        "lifecycle": Key(
            ListOf(word(STAGES), f"{word(STAGES).expected}, or a list of them", or_one=True),
            "where they stand, by their own rhythm",
        ),
        "rfm": Key(
            Either(ListOf(word(GRID), "a name such as “champions”, or a list of names", or_one=True), RFM_SCORES),
            "recency, frequency and money of their orders: by name, or by score",
        ),
        "in_order": Key(ListOf(STEP, "a list of steps"), "that happened one after the other"),
        "trait": Key(
            NAME_OF_TRAIT,
            "what is known of the customer under this name; unknown where nothing is",
        ),
        **TEST.keys,
        "visit": Key(VISIT, "how they were last here; unknown where no visit is known"),
        "first_visit": Key(VISIT, "how they first came"),
        "near": Key(NEAR, "where they are, by two traits; unknown where these are not there"),
        "list": Key(LISTS, "the shop has put them on that list, or on one of these"),
        "tier": Key(
            Either(ListOf(ID, "a level, or a list of levels", or_one=True), LEVELS), "the level, or `none` for no level"
        ),
        "points": Key(HELD, "the points held"),
        "expiring_points": Key(EXPIRING, "the points that expire soon"),
        "member": Key(YES_NO, "whether they take part in the program"),
        "in": Key(ID, "they are in that segment"),
        "consent": Key(word(PURPOSES), "that may be done with what is known of them"),
        "known_by": Key(IDENTIFIED_BY, "there is an identity of that kind"),
        "score": Key(ID, "that score of theirs is so high, or at that `level`"),
        "level": Key(
            ListOf(ID, "a level, or a list of levels", or_one=True), "with `score`: a level, `none` for below all"
        ),
        "interest": Key(ID, "an interest of theirs is so strong"),
        "value": Key(PIECE, "with `interest`: what they are interested in, such as a category"),
        "top": Key(_whole("a whole number", 1, MOST_TOP), "with `interest`: it is among so many of their strongest"),
        "share": Key(SHARE, "that share of all customers, always the same ones"),
        "salt": Key(PIECE, "with `share`: another text draws other customers"),
        "include": Key(LISTS, "beside a condition: whoever is on that list, or on one of these, belongs to it as well"),
        "exclude": Key(LISTS, "beside a condition: whoever is on that list, or on one of these, does not"),
    },
    "a condition such as {did: Order Completed, at_least: 2, within: 60 days}",
    may_be_empty=False,
)

LIFECYCLE = Table(
    {
        "new": Key(DURATION_SHAPE, "how long somebody is new after the first order; 30 days"),
        "usual_gap": Key(DAYS, "the usual gap of whoever has ordered on fewer than three days; 30 days"),
        "slipping": Key(MULTIPLE, "from more than so many times the usual gap on; 2"),
        "at_risk": Key(MULTIPLE, "from more than so many times; 3"),
        "lost": Key(MULTIPLE, "from more than so many times; 6"),
    },
    "a table such as {usual_gap: 45 days, lost: 8}",
    may_be_empty=False,
)

RFM = Table(
    {
        "recency": Key(
            ListOf(DURATION_SHAPE, "a list of four durations, the shortest first"),
            "how long ago the last order is at most for 5, 4, 3 and 2; 30, 60, 90 and 180 days",
        ),
        "frequency": Key(
            ListOf(_whole("a whole number", 1, 100_000), "a list of four numbers, the least first"),
            "how many orders there are at least for 2, 3, 4 and 5; 2, 3, 5 and 10",
        ),
        "monetary": Key(
            ListOf(number("an amount above 0, such as 50.00", above=0), "a list of four amounts, the least first"),
            "what they sum up to at least for 2, 3, 4 and 5; 50, 100, 250 and 500 where a currency has two decimals",
        ),
        "within": Key(DURATION_SHAPE, "in which time orders and money count; 12 months"),
    },
    "a table such as {recency: [14 days, 30 days, 60 days, 120 days], within: 6 months}",
    may_be_empty=False,
)

SEGMENTS = MapBy(
    ID, INSIDE.item, "a table from segments to conditions, such as {loyal: {did: Order Completed, at_least: 3}}"
)


# --- scores and interests ----------------------------------------------------------------------------------------------


def _half_life(written: str) -> Duration | None:
    duration = parse_duration(written)
    if duration is not None and duration.unit not in LENGTHS:
        raise Unreadable("minutes, hours, days or weeks, which are always as long")
    return duration


HALF_LIFE = Scalar(
    "a half-life such as “30 days”",
    _half_life,
    {"type": "string", "pattern": DURATION_SHAPE.as_schema["pattern"]},
    DURATION_SHAPE.meant,
)


def _added_event(written: str) -> str | None:
    return None if _event_meant(written) not in (None, written) else EVENT.parse(written)


def _event_meant(written: str) -> str | None:
    return nearest(written, (ORDER_COMPLETED, MEMBER_JOINED), cutoff=0.9)


def _points(expected: str, *, above: int | None = None, but_not_0: bool = False) -> Scalar:
    """Of a score: whole thousandths, and not so many that a sum of them would lose some."""
    any_number = number(expected, above=above)

    def parse(written: str) -> Fraction | None:
        value: Fraction | None = any_number.parse(written)
        if value is None:
            return None
        if value == 0 and but_not_0:
            raise Unreadable("a number other than 0")
        if (value * 1000).denominator != 1 or abs(value) > MOST_SCORE_POINTS:
            raise Unreadable(f"a number of at most 3 decimals, up to {MOST_SCORE_POINTS:,}")
        return value

    bounds = {"minimum": -MOST_SCORE_POINTS, "maximum": MOST_SCORE_POINTS}
    return Scalar(expected, parse, any_number.as_schema | bounds, any_number.meant)


def _adds(gift: Table, points: Scalar, expected: str) -> MapBy:
    gifts = ListOf(Either(points, gift), "a number of points, or a list of tables with “points”", or_one=True)
    return MapBy(ADDED_EVENT, Either(gifts, gift), expected)


ADDED_EVENT = Scalar(EVENT.expected, _added_event, EVENT.as_schema, _event_meant)
GIVEN = _points("a number of points, such as 5 or -2.5", but_not_0=True)
STRENGTH = _points("a number of points above 0, such as 5", above=0)

GIFT = Table(
    {
        "points": Key(GIVEN, "for each time; less than 0 takes away", required=True),
        "where": Key(WHERE, "only the times that pass these tests; of an order, if one line passes all"),
        "at_most": Key(STRENGTH, "all those times together count for no more, or take no more away"),
    },
    "a table such as {points: 1, at_most: 20}",
)

SCORE_LEVEL = Table(
    {
        "id": Key(ID, "the level's name", required=True),
        "at": Key(_points("a number of points, such as 80"), "from so many points on", required=True),
    },
    "a level: a table with “id” and “at”",
)

SCORE = Table(
    {
        "half_life": Key(
            HALF_LIFE, "after that time half of what was given is left; where nothing is said it does not fade"
        ),
        "adds": Key(
            _adds(GIFT, GIVEN, "a table from events to points, such as {Order Completed: 50, Product Viewed: 1}"),
            "what each event gives, or takes away",
            required=True,
        ),
        "levels": Key(
            ListOf(SCORE_LEVEL, "a list of levels, the lowest first"), "names for how high it is, the lowest first"
        ),
    },
    "a score: a table with “adds” and mostly “half_life”",
)

NAMED_SCORES = MapBy(
    ID, SCORE, "a table from scores to what they are made of, such as {engagement: {adds: {Order Completed: 50}}}"
)

SHOWN = Table(
    {
        "points": Key(STRENGTH, "for each time", required=True),
        "where": Key(WHERE, "only the times that pass these tests; of an order only such lines"),
    },
    "a table such as {points: 1}",
)

INTEREST = Table(
    {
        "of": Key(OF, "the property whose values are counted apart, such as `category` or `brand`", required=True),
        "half_life": SCORE.keys["half_life"],
        "adds": Key(
            _adds(SHOWN, STRENGTH, "a table from events to points, such as {Product Viewed: 1, Order Completed: 10}"),
            "what each event gives to the values that it bears",
            required=True,
        ),
    },
    "a table with “of”, “adds” and mostly “half_life”",
)

INTERESTS = MapBy(
    ID,
    INTEREST,
    "a table from interests to what they are made of, such as {categories: {of: category, adds: {Product Viewed: 1}}}",
)


# --- what is tried, and what members may ------------------------------------------------------------------------------


def _moment(written: str) -> Wall | None:
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2}))?", written, re.ASCII)
    day = parse_date(found[1]) if found else None
    if found is None or day is None:
        return None
    hour, minute = int(found[2] or 0), int(found[3] or 0)
    if hour > 23 or minute > 59:
        raise Unreadable("a time from 00:00 to 23:59")
    return Wall(day, hour * 60 + minute)


def _head_start(written: str) -> Duration | None:
    duration = parse_duration(written)
    if duration is not None and duration.unit not in (*EXACT_UNITS, *DAYS_IN):
        raise Unreadable("minutes, hours, days or weeks")
    return duration


HOLDOUT = Table(
    {
        "share": Key(SHARE, "that share of all customers, always the same ones", required=True),
        "salt": Key(SALT, "what draws them; `holdout` where nothing is said", default="holdout"),
    },
    "a table such as {share: 5%, salt: corner-2026}",
)

TRIAL = Table(
    {
        "share": Key(PERCENT, "how many of all customers take part, always the same ones; all where nothing is said"),
        "salt": Key(SALT, "what draws them; the trial's name where nothing is said"),
        "arms": Key(
            Either(
                ListOf(ID, "a list of two arms or more"),
                MapBy(ID, PERCENT, "a table from arms to their share of those who take part"),
            ),
            "the arms among whom those who take part are spread, evenly or by shares; the first is what others are held against",
            required=True,
        ),
    },
    "a trial: a table such as {share: 50%, arms: [plain, doubled]}",
)

TRIALS = MapBy(ID, TRIAL, "a table from trials to their arms, such as {weekend-doubles: {arms: [plain, doubled]}}")

MOMENT = Scalar(
    "a day, with a time or without, such as 2026-11-27T09:00",
    _moment,
    {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2})?$"},
    DATE_SHAPE.meant,
)
HEAD_START = Scalar(
    "a duration such as “4 hours” or “2 days”",
    _head_start,
    {"type": "string", "pattern": DURATION_SHAPE.as_schema["pattern"]},
    DURATION_SHAPE.meant,
)

PERK = Table(
    {
        "title": Key(NAME_OF_POINTS, "what members read"),
        "window": Key(
            Table(
                {
                    "from": Key(MOMENT, "the first moment at which it holds, on the shop's wall"),
                    "to": Key(MOMENT, "the first moment at which it no longer does"),
                },
                "a table such as {from: 2026-11-27T09:00, to: 2026-12-01}",
                may_be_empty=False,
            ),
            "when it holds; always where nothing is said",
        ),
        "opens": Key(
            Table(
                {
                    "at": Key(MOMENT, "when everybody may, on the shop's wall", required=True),
                    "before_others": Key(HEAD_START, "how much earlier those may who have it", required=True),
                },
                "a table such as {at: 2026-11-27T09:00, before_others: 4 hours}",
            ),
            "what is open to all at some moment, and to those who have the perk earlier",
        ),
        "days": Key(_whole("a number of days", 1, 366), "so many days, such as those around a birthday"),
        "products": Key(
            ListOf(PIECE, "a product, or a list of products", or_one=True), "the products that only those may buy"
        ),
        "for": Key(FOR, "only for an arm of a trial, or for a share of a segment"),
        "holdout": EXEMPT,
        "interest_only": Key(YES_NO, "`yes`: it is only offered, to see who asks for it; nobody has it yet"),
        "asked_first": Key(
            HEAD_START,
            "with `opens`, or with `from` of `window`: how much earlier those may who asked while it was only offered",
        ),
    },
    "a perk: a table such as {title: Early access, opens: {at: 2026-11-27T09:00, before_others: 4 hours}}",
)

PERKS = MapBy(ID, PERK, "a table from perks to what they are, such as {free-shipping: {title: Free shipping}}")


# --- games and clubs ---------------------------------------------------------------------------------------------------

MOST_TIMES: Final = 1_000_000
MOST_DAYS_OF_A_GAME: Final = 366
MOST_RUN: Final = 366

_TIMES = _whole("a whole number", 1, MOST_TIMES)


def _days_of_a_game(written: str) -> int | None:
    duration = parse_duration(written)
    days = duration.count * DAYS_IN[duration.unit] if duration is not None and duration.unit in DAYS_IN else 0
    if duration is not None and not 1 <= days <= MOST_DAYS_OF_A_GAME:
        raise Unreadable(f"1 to {MOST_DAYS_OF_A_GAME} days")
    return days or None


DAYS_OF_A_GAME = Scalar(
    "a number of days or weeks, such as “30 days”",
    _days_of_a_game,
    {"type": "string", "pattern": r"^[0-9]{1,3} (day|days|week|weeks)$"},
    DURATION_SHAPE.meant,
)

GAME_GIVES = Table(
    {
        "points": Key(_whole("a whole number", 1, 1_000_000), "so many points each time; they count for no level"),
        "badge": Key(NAME_OF_POINTS, "a badge, by what members read"),
        "perk": Key(ID, "a perk of the program that may be used once"),
        "within": Key(DAYS_OF_A_GAME, "with `perk`: how long it may be used; without end where nothing is said"),
    },
    "a table such as {points: 50, badge: Tea lover}",
    may_be_empty=False,
)

_DEED = {
    "on": Key(EVENT, "the event that counts; `Order Completed` where nothing is said"),
    "only": Key(GOODS, "only lines with all of these properties count, or of another event only such times"),
    "except": Key(GOODS, "lines with any of these properties do not count"),
    "counts": Key(
        word(("times", "items", "spend")),
        "what of an order counts: that there is one, which is so where nothing is said, its items, or its money",
    ),
}
_WHOM = {
    "for": Key(FOR, "only for an arm of a trial, or for a share of a segment"),
    "holdout": EXEMPT,
    "interest_only": Key(YES_NO, "`yes`: it is only offered, to see who asks for it; nothing comes of it yet"),
}
_SPAN = {
    "from": Key(DATE_SHAPE, "the first day that counts; all that is on record where nothing is said"),
    "to": Key(DATE_SHAPE, "the first day that no longer counts"),
}
_TITLE = {"title": Key(NAME_OF_POINTS, "what members read")}

DEED = Table(
    {**_DEED, "times": Key(_TIMES, "how many times, items or minor units; once where nothing is said")},
    "a table such as {on: Product Reviewed, times: 2}",
)

CHALLENGE = Table(
    {
        **_TITLE,
        "do": Key(
            Either(ListOf(DEED, "a list of what is to be done"), DEED), "what is to be done, all of it", required=True
        ),
        "within": Key(DAYS_OF_A_GAME, "all within so many days; whenever where nothing is said"),
        **_SPAN,
        "again": Key(YES_NO, "`yes`: it may be met again and again; what counted once counts no more"),
        "gives": Key(GAME_GIVES, "what there is for it", required=True),
        **_WHOM,
    },
    "a challenge: a table such as {do: {on: Product Reviewed, times: 3}, within: 30 days, gives: {points: 50}}",
)

STREAK = Table(
    {
        **_TITLE,
        **_DEED,
        "times": Key(_TIMES, "how many times in each period; once where nothing is said"),
        "every": Key(word(("day", "week", "month")), "the period in which it is to be done each time", required=True),
        "run": Key(_whole("a whole number", 2, MOST_RUN), "so many periods in a row", required=True),
        **_SPAN,
        "again": Key(YES_NO, "`yes`: so many more give it again"),
        "gives": Key(GAME_GIVES, "what there is for it", required=True),
        **_WHOM,
    },
    "a streak: a table such as {on: Tea Logged, every: day, run: 7, gives: {points: 20}}",
)

STAMPS = Table(
    {
        **_TITLE,
        **_DEED,
        "times": Key(_TIMES, "how many make a card full", required=True),
        **_SPAN,
        "gives": Key(GAME_GIVES, "what there is for each full card", required=True),
        **_WHOM,
    },
    "stamps: a table such as {only: {category: coffee}, counts: items, times: 9, gives: {perk: free-coffee}}",
)

MILESTONE = Table(
    {
        **_TITLE,
        "by": Key(word(("orders", "spend", "points")), "what is counted, over all time", required=True),
        "at": Key(number("a number above 0", above=0), "from how many on, or how much money", required=True),
        **_SPAN,
        "gives": Key(GAME_GIVES, "what there is for it, once", required=True),
        **_WHOM,
    },
    "a milestone: a table such as {by: orders, at: 100, gives: {points: 500}}",
)

GAMES = Table(
    {
        "challenges": Key(MapBy(ID, CHALLENGE, "a table from challenges to what they ask"), "do these, so many times"),
        "streaks": Key(
            MapBy(ID, STREAK, "a table from streaks to what they ask"), "so many days, weeks or months in a row"
        ),
        "stamps": Key(MapBy(ID, STAMPS, "a table from cards of stamps to what they ask"), "every so many times"),
        "milestones": Key(MapBy(ID, MILESTONE, "a table from milestones to what they ask"), "so much ever"),
        "time_zones": Key(
            ListOf(ZONE, "a list of time zones"),
            "zones in which days are read for members who tell theirs, by `time_zone` of any event of the shop's",
        ),
    },
    "a table such as {stamps: {coffee: {times: 9, gives: {perk: free-coffee}}}}",
    may_be_empty=False,
)

CLUB = Table(
    {
        **_TITLE,
        "price": Key(number("an amount of 0 or more", at_least=0), "what a term costs", required=True),
        "term": Key(DURATION_SHAPE, "how long what was paid lasts", required=True),
        "perks": Key(ListOf(ID, "a list of perks", or_one=True), "perks that those in the club have"),
        "earn": Key(FACTOR, "multiplies what those in the club earn"),
        "level": Key(ID, "a level at which those in the club are held at least"),
        **_WHOM,
    },
    "a club: a table such as {price: 49.00, term: 1 year, perks: [free-shipping], earn: 2}",
)

CLUBS = MapBy(ID, CLUB, "a table from clubs to what they are, such as {tea-club: {price: 49.00, term: 1 year}}")


# --- the program -------------------------------------------------------------------------------------------------------

PROGRAM: Final = Table(
    {
        "program": Key(NAME_OF_PROGRAM, "the program's name", required=True),
        "currency": Key(CURRENCY, "the currency of all amounts", required=True),
        "members": Key(
            word(("everyone", "those_who_join")),
            "who takes part: every customer, as where nothing is said, or those who join",
            default="everyone",
        ),
        "time_zone": Key(ZONE, "the shop's time zone; days, months and years are read in it", required=True),
        "points": Key(POINTS, "what points are called, what they cost and how long they live"),
        "earning": Key(ListOf(RULE, "a list of rules"), "the rules that give points", required=True),
        "tiers": Key(TIERS, "the levels that members reach"),
        "perks": Key(PERKS, "what members may; a perk that no level, club or game names is every member's"),
        "pauses": Key(ListOf(PAUSE, "a list of pauses"), "days on which points, levels or streaks do not run out"),
        "games": Key(GAMES, "challenges, streaks, stamps and milestones, and what they give"),
        "clubs": Key(CLUBS, "memberships that are paid for, and what those in them have"),
        "holdout": Key(HOLDOUT, "who gets nothing but what is exempt, so that what the program brings can be seen"),
        "trials": Key(TRIALS, "what is tried on some: a rule, a perk, a game or a club is `for` one arm of a trial"),
        "scores": Key(NAMED_SCORES, "how much customers do, as numbers that fade"),
        "interests": Key(INTERESTS, "what customers are drawn to: how much they do with each value of a property"),
        "segments": Key(SEGMENTS, "who belongs together, by what they did, are and hold"),
        "lifecycle": Key(LIFECYCLE, "what the stages of `lifecycle` mean in segments"),
        "rfm": Key(RFM, "what the scores and names of `rfm` mean in segments"),
        "identities": Key(IDENTITIES, "what customers are known by besides their own id, the most telling first"),
        "shared_device": Key(SHARED_DEVICE, "from when on a device says nothing about who uses it"),
        "consent": Key(CONSENT, "what may be done with what is known of people, and why"),
        "sources": Key(ListOf(SOURCE, "a list of sources"), "webhooks of other systems, and what they say"),
        "retention": Key(RETENTION, "how long what people did is kept"),
    },
    "a program: a table with “program”, “currency”, “time_zone” and “earning”",
    not_yet=dict.fromkeys(NOT_YET, ""),
)
