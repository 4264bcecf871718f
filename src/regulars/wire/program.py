"""The program document: YAML 1.2 to a typed program, its JSON Schema, and its version.

The whole vocabulary stands here. What the document may one day say and cannot yet is refused by name.
"""

from collections.abc import Mapping
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
from iso4217 import Currency as IsoCurrency

from regulars.kernel.calendar import WEEKDAYS, Duration
from regulars.kernel.facts import MEMBER_JOINED, ORDER_COMPLETED
from regulars.kernel.program import (
    ENGINE,
    NEVER,
    CalendarYear,
    EarningRule,
    Expiry,
    Fixed,
    Goods,
    Level,
    Multiplier,
    OneOf,
    PerAmount,
    PointsPolicy,
    Program,
    Rolling,
    Tiers,
    When,
)
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import QUALIFYING_DAYS
from regulars.kernel.terms import Currency, PointsName
from regulars.wire.document import DocumentError, Place, Problem, did_you_mean, open_document, quoted
from regulars.wire.shapes import (
    DATE_SHAPE,
    DURATION_SHAPE,
    Either,
    Key,
    ListOf,
    MapOf,
    Schema,
    Table,
    Word,
    number,
    text,
)
from regulars.wire.zones import known_zones, zone_named

Values = Mapping[str, Any]
Places = Mapping[str, Place]

MAX_ROLLING_MONTHS: Final = QUALIFYING_DAYS // 366 * 12


def load_program(path: str | Path) -> Rulebook:
    """The program in this file, ready to run. DocumentError with every mistake in it; OSError where it cannot be read."""
    file = Path(path)
    try:
        written = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(str(path), [Problem(1, 1, "", f"this is not UTF-8 text (byte {error.start})")]) from None
    return parse_program(written, str(path))


def parse_program(written: str, file: str = "program") -> Rulebook:
    """The program in this text. DocumentError names `file` and every mistake."""
    problems: list[Problem] = []
    program = PROGRAM.read(open_document(written, file, problems))
    if problems:
        raise DocumentError(file, problems)
    assert isinstance(program, Program)
    return Rulebook(program, version_of(program))


def version_of(program: Program) -> str:
    """The program's content as 64 hexadecimal digits: the document's meaning, the zone's transitions, the engine's number."""
    content = msgspec.json.Encoder(enc_hook=_encode_fraction, order="sorted").encode((ENGINE, program))
    return sha256(content).hexdigest()


def program_schema() -> Schema:
    """The JSON Schema (2020-12) of a program document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Regulars program",
        **PROGRAM.schema(),
    }


def _encode_fraction(value: Any) -> str:
    assert isinstance(value, Fraction)
    return f"{value.numerator}/{value.denominator}"


# --- money, names, zones -----------------------------------------------------------------------------------------------


class _CurrencyCode(msgspec.Struct, frozen=True):
    """An ISO 4217 code. Amounts that are read afterwards know it from the document's context."""

    expected: str = "an ISO 4217 currency code such as “USD”"

    def read(self, place: Place) -> Currency | None:
        codes = [one.code for one in IsoCurrency]
        if place.text not in codes:
            near = did_you_mean(place.text, codes) if place.text else ""
            place.wrong(f"expected {self.expected}; found {place.found}{near}")
            return None
        exponent = IsoCurrency(place.text).exponent
        if exponent is None:
            place.wrong(f"{quoted(place.text)} is not money that can be spent")
            return None
        place.context["currency"] = Currency(place.text, exponent)
        return Currency(place.text, exponent)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^[A-Z]{3}$"}


class _ZoneName(msgspec.Struct, frozen=True):
    expected: str = "an IANA time zone such as “Europe/Stockholm”"

    def read(self, place: Place) -> Any:
        if place.text not in known_zones():
            near = did_you_mean(place.text, known_zones()) if place.text else ""
            place.wrong(f"expected {self.expected}; found {place.found}{near}")
            return None
        return zone_named(place.text)

    def schema(self) -> Schema:
        return {"type": "string", "description": self.expected}


def _minor(amount: Fraction | None, place: Place) -> int | None:
    """An amount in major units as minor ones; more decimals than the currency has are refused."""
    currency: Currency | None = place.context.get("currency")
    if amount is None or currency is None:
        return None
    minor = amount * 10**currency.exponent
    if minor.denominator != 1:
        decimals = "no decimals" if currency.exponent == 0 else f"at most {currency.exponent} decimals"
        place.wrong(f"an amount in {currency.code} has {decimals}; found {place.found}")
        return None
    return int(minor)


_ID = text("a name of small letters, digits, “-” and “_”, such as “weekend-doubles”", r"[a-z0-9][a-z0-9_-]{0,63}")
_WORDS = text("a text of at most 100 characters")
_EVENT = text("the name of an event, such as “Order Completed”")


# --- points ------------------------------------------------------------------------------------------------------------


def _expiry(values: Values, places: Places, place: Place) -> Expiry | None:
    after: Duration | None = values["after"]
    until: str | None = values["until"]
    return None if after is None else Expiry(after, until.removeprefix("end_of_") if until else None)  # type: ignore[arg-type]


EXPIRE = Either(
    Word((NEVER,)),
    Table(
        {
            "after": Key(DURATION_SHAPE, "how long points last from the day they were earned", required=True),
            "until": Key(
                Word(("end_of_week", "end_of_month", "end_of_quarter", "end_of_half_year", "end_of_year")),
                "points last to the end of the period in which that time is over",
            ),
        },
        _expiry,
        "a table such as {after: 12 months, until: end_of_month}",
        not_yet={"on": "after", "inactive_for": "after"},
    ),
)


def _points(values: Values, places: Places, place: Place) -> PointsPolicy:
    expire = values["expire"] if isinstance(values["expire"], Expiry) else None
    currency: Currency | None = place.context.get("currency")
    worth_minor = (values["worth"] or Fraction(0)) * 10 ** (currency.exponent if currency else 0)
    _spendable(values["hold"], expire, places.get("hold", place))
    return PointsPolicy(values["name"] or PointsName("point", "points"), worth_minor, values["hold"], expire)


def _spendable(hold: Duration | None, expire: Expiry | None, place: Place) -> None:
    if hold is not None and expire is not None and hold.days_at_most() >= expire.after.days_at_least():
        place.wrong(
            f"points would be pending for {hold.describe()} and expire {expire.describe()}: they could never be spent"
        )


POINTS = Table(
    {
        "name": Key(
            Table(
                {
                    "one": Key(_WORDS, "one point", required=True),
                    "other": Key(_WORDS, "several points", required=True),
                },
                lambda values, places, place: PointsName(values["one"] or "", values["other"] or ""),
                "a table such as {one: star, other: stars}",
            ),
            "what points are called",
        ),
        "worth": Key(number("an amount of 0 or more, such as 0.01", at_least=0), "what one point costs the shop"),
        "hold": Key(DURATION_SHAPE, "how long points are pending, until the return window has closed"),
        "expire": Key(EXPIRE, "how long points last; they never expire where nothing is said"),
    },
    _points,
    "a table of how points live",
    not_yet={"debt": ""},
)


# --- earning -----------------------------------------------------------------------------------------------------------


def _when(values: Values, places: Places, place: Place) -> When:
    weekdays = tuple(sorted({WEEKDAYS.index(day) for day in values["weekday"] or ()}))
    first, end = values["from"], values["to"]
    if first is not None and end is not None and end <= first:
        places["to"].wrong("“to” is the first day that no longer counts and must come after “from”")
    return When(weekdays, first, end)


WHEN = Table(
    {
        "weekday": Key(
            ListOf(Word(WEEKDAYS), "a weekday, or a list of them", or_one=True), "weekdays in the shop's zone"
        ),
        "from": Key(DATE_SHAPE, "the first day, in the shop's zone"),
        "to": Key(DATE_SHAPE, "the first day that no longer counts"),
    },
    _when,
    "a table such as {weekday: [saturday, sunday]} or {from: 2017-11-01, to: 2017-12-01}",
)

GOODS = MapOf(
    ListOf(text("a text or number", r"[\s\S]{1,200}"), "a value, or a list of them", or_one=True),
    "a table from a property of the order's lines to values, such as {category: [gift-cards]}",
)


BASIS = Table(
    {
        "of": Key(Word(("items",), not_yet=("order",)), "what counts: the lines of the order"),
        "discounts": Key(Word(("after",), not_yet=("before",)), "amounts after discounts"),
        "tax": Key(Word(("no",), not_yet=("yes",)), "tax does not count"),
        "shipping": Key(Word(("no",), not_yet=("yes",)), "shipping does not count"),
    },
    lambda values, places, place: None,
    "a table such as {of: items, discounts: after, tax: no, shipping: no}",
)


def _rule(values: Values, places: Places, place: Place) -> EarningRule | None:
    _check_event(values["on"], places)
    place.context.setdefault("rule ids", []).append((values["id"], places.get("id")))
    if "multiply" in places:
        place.context.setdefault("multipliers", []).append((values["on"], places["multiply"]))
        return _multiplier(values, places)
    if "points" not in places:
        place.wrong("a rule gives “points” or says “multiply”; this one does neither")
        return None
    goods = _goods(values)
    when = values["when"] or When()
    if "per" in places:
        return _per_amount(values, places, goods, when)
    if "basis" in places:
        places["basis"].wrong("“basis” says what “per” counts; this rule has no “per”")
    if goods and values["on"] not in (ORDER_COMPLETED, None):
        places["only" if "only" in places else "except"].wrong(
            f"only {quoted(ORDER_COMPLETED)} has lines to choose from"
        )
    points: Fraction | None = values["points"]
    if points is not None and points.denominator != 1:
        places["points"].wrong(
            f"expected a whole number of points for a rule without “per”; found {places['points'].found}"
        )
    if None in (values["id"], values["on"], points):
        return None
    return Fixed(values["id"], values["on"], points or Fraction(0), goods, when)


def _multiplier(values: Values, places: Places) -> Multiplier | None:
    for other in ("points", "per", "basis", "only", "except"):
        if other in places:
            places[other].wrong(
                f"“multiply” multiplies what all other rules give for the fact and takes no {quoted(other)};"
                " to favour some goods, give them points in a rule of their own"
            )
    if None in (values["id"], values["on"], values["multiply"]):
        return None
    return Multiplier(values["id"], values["on"], values["multiply"], values["when"] or When())


def _per_amount(values: Values, places: Places, goods: Goods, when: When) -> PerAmount | None:
    if values["on"] not in (ORDER_COMPLETED, None):
        places["per"].wrong(f"“per” counts money, which only {quoted(ORDER_COMPLETED)} brings")
    per_minor = _minor(values["per"], places["per"])
    if None in (values["id"], per_minor, values["points"]):
        return None
    return PerAmount(values["id"], values["points"], per_minor or 0, goods, when)


def _goods(values: Values) -> Goods:
    return Goods(
        tuple([OneOf(name, chosen) for name, chosen in values["only"] or ()]),
        tuple([OneOf(name, chosen) for name, chosen in values["except"] or ()]),
    )


def _check_event(event: str | None, places: Places) -> None:
    for known in (ORDER_COMPLETED, MEMBER_JOINED):
        if event is not None and event != known and event.casefold() == known.casefold():
            places["on"].wrong(f"events are named letter by letter; did you mean {quoted(known)}?")


RULE = Table(
    {
        "id": Key(_ID, "the rule's name, which explanations show", required=True),
        "on": Key(_EVENT, "the event that it looks at, such as “Order Completed” or “Member Joined”", required=True),
        "points": Key(number("a number above 0", above=0), "points for each “per”, or each time"),
        "per": Key(number("an amount above 0, such as 1.00", above=0), "points for each whole such amount spent"),
        "multiply": Key(number("a number above 0", above=0), "multiplies what all other rules give for the same event"),
        "basis": Key(BASIS, "which money counts"),
        "only": Key(GOODS, "only lines with all of these properties count"),
        "except": Key(GOODS, "lines with any of these properties do not count"),
        "when": Key(WHEN, "the days on which the rule holds, by when the event happened"),
    },
    _rule,
    "an earning rule: a table with “id”, “on” and “points” or “multiply”",
    not_yet={"limit": "", "for": ""},
)


# --- tiers -------------------------------------------------------------------------------------------------------------


def _over(written: str) -> CalendarYear | Rolling | None:
    words = written.split()
    if written == "calendar_year":
        return CalendarYear()
    if len(words) == 3 and words[0] == "rolling" and words[2] in ("month", "months") and words[1].isdecimal():
        months = int(words[1])
        return Rolling(months) if 1 <= months <= MAX_ROLLING_MONTHS else None
    return None


class _Over(msgspec.Struct, frozen=True):
    expected: str = f"“calendar_year” or “rolling 12 months” (1 to {MAX_ROLLING_MONTHS})"

    def read(self, place: Place) -> CalendarYear | Rolling | None:
        if place.text == "since_joining":
            place.wrong(f"“since_joining” is not yet supported; there is {self.expected}")
            return None
        over = _over(place.text) if place.text else None
        if over is None:
            place.wrong(f"expected {self.expected}; found {place.found}")
        return over

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^(calendar_year|rolling [0-9]{1,2} months?)$"}


class _Threshold(msgspec.Struct, frozen=True):
    """Read as a number first; whether it is money is known only once the tiers are."""

    expected: str = "a number of 0 or more"

    def read(self, place: Place) -> tuple[Fraction, Place] | None:
        value = number(self.expected, at_least=0).read(place)
        return None if value is None else (value, place)

    def schema(self) -> Schema:
        return {"type": "number", "minimum": 0}


def _level(values: Values, places: Places, place: Place) -> tuple[Values, Places]:
    if values["id"] == "none":
        places["id"].wrong("“none” is what having no level is called; choose another name")
    return values, places


LEVEL = Table(
    {
        "id": Key(_ID, "the level's name", required=True),
        "at": Key(_Threshold(), "money or points from which it is reached", required=True),
        "earn": Key(
            number("a number above 0, such as 1.2", above=0), "multiplies what is earned in it", default=Fraction(1)
        ),
        "points_expire": Key(EXPIRE, "how long points last that are earned in it"),
    },
    _level,
    "a level: a table with “id” and “at”",
    not_yet={"perks": ""},
)


def _tiers(values: Values, places: Places, place: Place) -> Tiers | None:
    over: CalendarYear | Rolling | None = values["over"]
    if values["keep"] is not None:
        if isinstance(over, CalendarYear):
            over = CalendarYear(keep_next_year=True)
        elif over is not None:
            places["keep"].wrong(
                "“keep” goes with “over: calendar_year”; rolling months keep nothing beyond themselves"
            )
    levels = _levels(values["levels"] or (), values["by"], place)
    if over is None or values["by"] is None or not levels:
        return None
    return Tiers(values["by"], over, tuple(levels))


def _levels(read: tuple[tuple[Values, Places], ...], by: str | None, place: Place) -> list[Level]:
    levels: list[Level] = []
    _refuse_repeated([(values["id"], places.get("id")) for values, places in read], "level")
    for values, _ in read:
        at = _at(values["at"], by)
        if at is None or values["id"] is None:
            continue
        if levels and at <= levels[-1].at:
            values["at"][1].wrong(
                f"levels stand in ascending order; this must be more than that of {quoted(levels[-1].id)}"
            )
        levels.append(Level(values["id"], at, values["earn"] or Fraction(1), values["points_expire"]))
    return levels


def _at(threshold: tuple[Fraction, Place] | None, by: str | None) -> int | None:
    if threshold is None or by is None:
        return None
    value, place = threshold
    if by == "spend":
        return _minor(value, place)
    if value.denominator != 1:
        place.wrong(f"expected a whole number of points; found {place.found}")
        return None
    return int(value)


TIERS = Table(
    {
        "by": Key(Word(("spend", "points"), not_yet=("orders",)), "what levels go by", required=True),
        "over": Key(_Over(), "the time over which it is summed", required=True),
        "keep": Key(
            Table(
                {"until": Key(Word(("end_of_next_year",)), "how long a level reached is kept", required=True)},
                lambda values, places, place: values["until"],
                "a table such as {until: end_of_next_year}",
            ),
            "a level reached is kept beyond its own year",
        ),
        "levels": Key(ListOf(LEVEL, "a list of levels in ascending order"), "the levels, lowest first", required=True),
    },
    _tiers,
    "a table with “by”, “over” and “levels”",
)


# --- the program -------------------------------------------------------------------------------------------------------


def _program(values: Values, places: Places, place: Place) -> Program | None:
    rules: tuple[EarningRule, ...] = values["earning"] or ()
    _refuse_repeated(place.context.get("rule ids", []), "rule")
    _refuse_idle_multipliers(rules, place.context.get("multipliers", []))
    tiers: Tiers | None = values["tiers"]
    points: PointsPolicy = values["points"] or PointsPolicy(PointsName("point", "points"), Fraction(0))
    for level in tiers.levels if tiers else ():
        if isinstance(level.points_expire, Expiry):
            _spendable(points.hold, level.points_expire, places["tiers"])
    if None in (values["program"], values["currency"], values["members"], values["time_zone"]):
        return None
    return Program(values["program"], values["currency"], values["members"], values["time_zone"], points, rules, tiers)


def _refuse_repeated(ids: list[tuple[str | None, Place | None]], what: str) -> None:
    first: dict[str, int] = {}
    for name, place in ids:
        if name is None or place is None:
            continue
        if name in first:
            place.wrong(f"the {what} {quoted(name)} stands here a second time; the first is on line {first[name]}")
        first.setdefault(name, place.line)


def _refuse_idle_multipliers(rules: tuple[EarningRule, ...], multipliers: list[tuple[str, Place]]) -> None:
    giving = {rule.on for rule in rules if not isinstance(rule, Multiplier)}
    for event, place in multipliers:
        if event not in giving:
            place.wrong(f"this multiplies nothing: no rule gives points on {quoted(event)}")


PROGRAM: Final = Table(
    {
        "program": Key(_WORDS, "the program's name", required=True),
        "currency": Key(_CurrencyCode(), "the currency of all amounts", required=True),
        "members": Key(
            Word(("everyone", "those_who_join")), "who takes part; everyone where nothing is said", default="everyone"
        ),
        "time_zone": Key(_ZoneName(), "the shop's time zone; every calendar rule is read in it", required=True),
        "points": Key(POINTS, "how points are called and live"),
        "earning": Key(ListOf(RULE, "a list of earning rules"), "what earns points", required=True),
        "tiers": Key(TIERS, "levels of members"),
    },
    _program,
    "a program: a table with “program”, “currency”, “time_zone” and “earning”",
    not_yet=dict.fromkeys(
        (
            "rewards",
            "scores",
            "segments",
            "coupons",
            "holdout",
            "trials",
            "pauses",
            "referral",
            "campaigns",
            "surveys",
            "journeys",
        ),
        "",
    ),
)
