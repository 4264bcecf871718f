"""The program: what a shop has written down, as typed values.

A program is a value: nothing here counts or decides. Every part can describe itself in plain words, and every screen shows
those words.
"""

from fractions import Fraction
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.calendar import MONTHS, WEEKDAYS, Day, Duration, Period, Zone, date_of
from regulars.kernel.clubs import Club
from regulars.kernel.effects import GAME, WELCOME
from regulars.kernel.experiments import Holdout, OnlyFor, Trial
from regulars.kernel.facts import MEMBER_JOINED, ORDER_COMPLETED
from regulars.kernel.games.rules import Deed, Games
from regulars.kernel.lifespans import HoldUntil, Inactivity, OnDates
from regulars.kernel.limits import Limit, told
from regulars.kernel.occasions import ANY_OCCASION, Occasion
from regulars.kernel.pauses import Pause
from regulars.kernel.perks import Perk
from regulars.kernel.scores.tree import InterestProfile, Score, line_properties_of
from regulars.kernel.segments import tree
from regulars.kernel.segments.tree import Segment, Words
from regulars.kernel.segments.values import OF_LINES
from regulars.kernel.stacking import Stack, said
from regulars.kernel.terms import Currency, PointsName, capitalized, listed, plain
from regulars.kernel.worth import USUAL_WORTH, BackFirst, Worth

ENGINE: Final = 2
"""Raised whenever the same program over the same facts would give other effects. Part of every program's version."""

Members = Literal["everyone", "those_who_join"]
Debt = Literal["only_pending", "within_balance", "unlimited"]
"""To which other points it is charged that points of an order that went back have been spent."""
OnReturn = Literal["share", "reckon_again", "keep"]
"""What of a rule's points an order that went back in part still deserves: the same share of them as is left of its basis; what the
rule would give for what is left; or all of them, whatever goes back.
"""
NEVER: Final = "never"

LeapDay = Literal["feb_28", "mar_1"]
_OCCASIONS: Final = {
    ORDER_COMPLETED: "each order",
    MEMBER_JOINED: "joining",
    "Birthday": "a birthday, once a year",
    "Anniversary": "each anniversary of joining",
    "Profile Completed": "a complete profile, once",
}

Normalize = Literal["none", "digits", "lower", "upper"]
Purpose = Literal["analytics", "profiling", "email", "sms", "ads"]
Ground = Literal["consent", "contract", "legitimate_interest"]


class Expiry(Struct, frozen=True):
    """How long a lot lasts from the day it was earned, optionally to the end of the period in which that ends."""

    after: Duration
    until_end_of: Period | None = None

    def describe(self) -> str:
        rounded = f", at the end of that {self.until_end_of.replace('_', '-')}" if self.until_end_of else ""
        return f"after {self.after.describe()}{rounded}"


class PointsPolicy(Struct, frozen=True):
    name: PointsName
    worth_minor: Fraction
    """What one point costs the shop, in minor units."""
    hold: Duration | None = None
    expire: Expiry | None = None
    redeemed: Fraction = Fraction(1)
    """The share of points that are expected to be spent before they expire: an assumption, which reports name as such."""
    debt: Debt = "within_balance"
    back_first: BackFirst = "money"
    """Of what an order was paid with, what comes back first when a part of it goes back."""
    second_look_above: int | None = None
    """More points than that, given or taken by hand, need a second member of staff."""
    limits: tuple[Limit, ...] = ()
    """On what all rules together give."""
    hold_until: HoldUntil | None = None
    expire_on: OnDates | None = None
    inactive: Inactivity | None = None
    notices: tuple[int, ...] = ()
    """So many days before their last one, whose points end soon is told."""
    spares: tuple[str, ...] = ()
    """Segments of those whose points no date ends."""

    def liability_minor(self, points: int) -> int:
        """What so many points are worth, floored to the minor unit."""
        return points * self.worth_minor.numerator // self.worth_minor.denominator

    def expected_minor(self, points: int) -> int:
        """What so many points are expected to cost, floored to the minor unit."""
        expected = points * self.worth_minor * self.redeemed
        return expected.numerator // expected.denominator

    def describe(self, currency: Currency) -> str:
        worth = plain(self.worth_minor / 10**currency.exponent)
        ends = self.expire or self.expire_on or self.inactive
        kept = f"{capitalized(self.name.other)} expire {ends.describe()}" if ends else "They never expire"
        held = f" They are pending for {self.hold.describe()}." if self.hold else ""
        held = f" They are pending {self.hold_until.describe()}." if self.hold_until else held
        share = (
            f" Of {self.name.other}, {plain(self.redeemed * 100)} % are expected to be spent."
            if self.redeemed != 1
            else ""
        )
        return f"One {self.name.one} costs the shop {worth} {currency.code}.{held} {kept}.{share}{self._of_debt()}"

    def _of_limits(self) -> str:
        limits = told(self.limits, self.name).removeprefix(" At")
        return f" All rules together give at{limits}" if limits else ""

    def _of_debt(self) -> str:
        name = self.name.other
        said = ""
        if self.spares:
            said += f" Time alone does not end them for who is in {listed([f'“{one}”' for one in self.spares], 'or')}."
        if self.notices:
            days = listed([str(days) for days in sorted(self.notices, reverse=True)])
            said += f" That they end soon is told {days} days before." if self.notices != (1,) else _DAY_BEFORE
        if self.debt != "within_balance":
            said += f" Of an order that goes back, {name} that were spent are {_CHARGED[self.debt].format(name=name)}."
        if self.back_first != "money":
            said += _BACK_FIRST[self.back_first]
        if self.second_look_above is not None:
            said += f" More than {self.name.points(self.second_look_above)} by hand need a second member of staff."
        return said + self._of_limits()


_BACK_FIRST: Final = {
    "points": " Of an order that goes back in part, what was paid with points comes back first.",
    "in_proportion": " Of an order that goes back in part, money and points come back in proportion to what was paid with them.",
}
_DAY_BEFORE: Final = " That they end soon is told 1 day before."
_CHARGED: Final = {
    "only_pending": "taken from those that are still pending, and from no others",
    "unlimited": "taken from all others, and what is missing is owed: the next {name} fill it",
}


class When(Struct, frozen=True):
    """Days on the shop's wall: these weekdays (0 is Monday; none means all), from a day on, up to but not including another."""

    weekdays: tuple[int, ...] = ()
    first_day: Day | None = None
    end_day: Day | None = None

    def describe(self) -> str:
        parts = []
        if self.weekdays:
            parts.append("on " + listed([f"{WEEKDAYS[day].capitalize()}s" for day in self.weekdays]))
        if self.first_day is not None:
            parts.append(f"from {date_of(self.first_day).isoformat()}")
        if self.end_day is not None:
            parts.append(f"until the end of {date_of(self.end_day - 1).isoformat()}")
        return " ".join(parts)


class OneOf(Struct, frozen=True, order=True):
    """A line property and the values that it may have."""

    property: str
    values: tuple[str, ...]

    def canonical(self) -> "OneOf":
        return OneOf(self.property, tuple(sorted(set(self.values))))

    def describe(self) -> str:
        return f"{self.property} {listed(self.values, 'or')}"


class Goods(Struct, frozen=True):
    """Which lines of an order count: those that have every `only` property, and none of the `excluded` ones."""

    only: tuple[OneOf, ...] = ()
    excluded: tuple[OneOf, ...] = ()

    def describe(self) -> str:
        only = f" on {listed([one.describe() for one in self.only])}" if self.only else ""
        excluded = f", except on {listed([one.describe() for one in self.excluded], 'or')}" if self.excluded else ""
        return only + excluded

    def __bool__(self) -> bool:
        return bool(self.only or self.excluded)

    def canonical(self) -> "Goods":
        """The same goods, named in one order."""
        return Goods(*[tuple(sorted([one.canonical() for one in chosen])) for chosen in (self.only, self.excluded)])


ALL_GOODS: Final = Goods()
ALWAYS: Final = When()


class Rate(Struct, frozen=True):
    """For each whole so much of another currency."""

    currency: Currency
    per_minor: int

    def describe(self) -> str:
        return self.currency.money(self.per_minor)


class PerAmount(Struct, frozen=True, tag="per_amount"):
    """Points for each whole `per_minor` of an order's eligible lines."""

    id: str
    points: Fraction
    per_minor: int
    goods: Goods = ALL_GOODS
    when: When = ALWAYS
    on: str = ORDER_COMPLETED
    on_return: OnReturn = "share"
    only_for: OnlyFor | None = None
    exempt: bool = False
    """Given to those whom the program holds out as well."""
    limits: tuple[Limit, ...] = ()
    stack: Stack = "adds"
    worth: Worth = USUAL_WORTH
    rates: tuple[Rate, ...] = ()
    """`per_minor` for each other currency; `per_minor` is that of the program's own."""
    occasion: Occasion = ANY_OCCASION

    def describe(self, program: "Program") -> str:
        gain = program.points.name.points(self.points)
        unit = program.currency.money(self.per_minor)
        unit = listed([unit, *[rate.describe() for rate in self.rates]], "or")
        words = f"{gain} for each whole {unit} spent{self.goods.describe()}"
        return (
            _sentence(words, self.when, _whom(self, program))
            + self.worth.describe()
            + _returning(self.on_return, program)
            + _bounds(self, program)
        )


class Counts(Struct, frozen=True):
    """For each whole `each` of a property of what was done; of what is no number nothing."""

    property: str
    each: Fraction

    def describe(self) -> str:
        return f"for each whole {plain(self.each)} “{self.property}” of"


class Fixed(Struct, frozen=True, tag="fixed"):
    """Points each time something happens; for an order with `goods`, once if any of its lines is eligible."""

    id: str
    on: str
    points: Fraction
    goods: Goods = ALL_GOODS
    when: When = ALWAYS
    on_return: OnReturn = "share"
    only_for: OnlyFor | None = None
    exempt: bool = False
    limits: tuple[Limit, ...] = ()
    stack: Stack = "adds"
    occasion: Occasion = ANY_OCCASION
    counts: Counts | None = None

    leap_day: LeapDay = "feb_28"
    """When, in common years, the birthday is of who was born on 29 February."""
    traits: tuple[str, ...] = ()
    """Those that make a profile complete."""
    retroactive: bool = False
    """For joining: given to those, too, who joined before the rule was there."""

    def describe(self, program: "Program") -> str:
        occasion = _OCCASIONS.get(self.on, f"each “{self.on}”")
        if self.traits:
            occasion += f" ({listed(self.traits)})"
        what = f"{self.counts.describe()} {occasion}" if self.counts else f"for {occasion}{self.goods.describe()}"
        words = f"{program.points.name.points(self.points)} {what}"
        return (
            _sentence(words, self.when, _whom(self, program))
            + (" Those who joined before get it too." if self.retroactive else "")
            + (" Who was born on 29 February has 1 March in common years." if self.leap_day == "mar_1" else "")
            + _returning(self.on_return, program)
            + _bounds(self, program)
        )


class Multiplier(Struct, frozen=True, tag="multiplier"):
    """Multiplies what every other rule gives for the same fact."""

    id: str
    on: str
    factor: Fraction
    when: When = ALWAYS
    only_for: OnlyFor | None = None
    exempt: bool = False
    stack: Stack = "multiplies"
    occasion: Occasion = ANY_OCCASION

    def describe(self, program: "Program") -> str:
        occasion = "" if self.on == ORDER_COMPLETED else f" for “{self.on}”"
        words = f"{plain(self.factor)} times the {program.points.name.other}{occasion}"
        return _sentence(words, self.when, _whom(self, program)) + said(self.stack, multiplies=True)


EarningRule: TypeAlias = PerAmount | Fixed | Multiplier


class LevelReward(Struct, frozen=True):
    """Points for entering a level: once, or `again` whenever it is entered."""

    points: int
    again: bool = False

    def describe(self, name: PointsName) -> str:
        return f"{name.points(self.points)} for {'entering it, every time' if self.again else 'entering it, once'}"


class Level(Struct, frozen=True):
    """A level is reached at `at`: minor units of money where the tiers go by spend, else a number of what they go by."""

    id: str
    at: int
    earn: Fraction = Fraction(1)
    points_expire: Expiry | Literal["never"] | None = None
    """Other than the program's expiry, for what is earned while in this level."""
    perks: tuple[str, ...] = ()
    gives: LevelReward | None = None
    points_expire_on: OnDates | None = None

    def describe(self, program: "Program") -> str:
        assert program.tiers is not None
        parts = [f"{self.id} from {program.tiers.measure(self.at, program)}"]
        if self.earn != 1:
            parts.append(f"{plain(self.earn)} times the {program.points.name.other}")
        if self.points_expire == NEVER:
            parts.append(f"{program.points.name.other} earned there never expire")
        elif isinstance(self.points_expire, Expiry):
            parts.append(f"{program.points.name.other} earned there expire {self.points_expire.describe()}")
        elif self.points_expire_on is not None:
            parts.append(f"{program.points.name.other} earned there expire {self.points_expire_on.describe()}")
        if self.perks:
            parts.append(f"with {listed([f'“{perk}”' for perk in self.perks])}")
        if self.gives is not None:
            parts.append(self.gives.describe(program.points.name))
        return ", ".join(parts)


class CalendarYear(Struct, frozen=True, tag="calendar_year"):
    """1 January to 31 December, local. With `keep_next_year`, a level reached lasts through the following year as well."""

    keep_next_year: bool = False

    def describe(self) -> str:
        kept = ", and kept to the end of the next year" if self.keep_next_year else ""
        return f"in a calendar year{kept}"


class Rolling(Struct, frozen=True, tag="rolling"):
    """The trailing months before today, and today."""

    months: int

    def describe(self) -> str:
        return f"in the last {self.months} months" if self.months != 1 else "in the last month"


class ProgramYear(Struct, frozen=True, tag="program_year"):
    """A year from a date of the shop's own to the day before it; 29 February is the 28th where there is none."""

    month: int
    day: int
    keep_next_year: bool = False

    def describe(self) -> str:
        kept = ", and kept to the end of the next one" if self.keep_next_year else ""
        return f"in a year that begins on {self.day} {MONTHS[self.month - 1]}{kept}"


class SinceJoining(Struct, frozen=True, tag="since_joining"):
    """A year from the day of joining, and from each of its anniversaries."""

    keep_next_year: bool = False

    def describe(self) -> str:
        kept = ", and kept to the end of the next one" if self.keep_next_year else ""
        return f"in a year from the day of joining{kept}"


class SinceEntry(Struct, frozen=True, tag="since_entry"):
    """The trailing months, and a level lasts so many months from when it was entered."""

    months: int

    def describe(self) -> str:
        window = "the last month" if self.months == 1 else f"the last {self.months} months"
        return f"in {window}, each level for as long from its entry"


class Lifetime(Struct, frozen=True, tag="lifetime"):
    """All that ever counted."""

    def describe(self) -> str:
        return "over all the time"


Over: TypeAlias = CalendarYear | Rolling | ProgramYear | SinceJoining | SinceEntry | Lifetime
By = Literal["spend", "points", "orders", "visits", "referrals", "times"]

STORE_VISITED: Final = "Store Visited"
REFERRAL_QUALIFIED: Final = "Referral Qualified"


class Tiers(Struct, frozen=True):
    """Levels in ascending order of `at`. `times` is the event that counts where levels go by how often something was done."""

    by: By
    over: Over
    levels: tuple[Level, ...]
    times: str | None = None
    up: Literal["at_once", "at_next_period"] = "at_once"
    down: Literal["earned", "one", "never"] = "earned"
    """At a reset, to the level that the sums reach, or by one level."""
    grace_days: int = 0
    warn_days: int = 0
    after_return: Literal["at_reset", "at_once"] = "at_reset"

    @property
    def keeps(self) -> bool:
        return isinstance(self.over, CalendarYear | ProgramYear | SinceJoining) and self.over.keep_next_year

    def counted(self) -> str | None:
        """The event that is counted, where levels go by one."""
        return {"visits": STORE_VISITED, "referrals": REFERRAL_QUALIFIED}.get(self.by, self.times)

    def measure(self, amount: int, program: "Program") -> str:
        """So much of what levels go by, in words."""
        if self.by == "spend":
            return program.currency.money(amount)
        if self.by == "points":
            return program.points.name.points(amount)
        if self.by == "times":
            return f"{plain(amount)} times “{self.times}”"
        return f"{plain(amount)} {self.by.removesuffix('s') if amount == 1 else self.by}"

    def basis(self, program: "Program") -> str:
        words = {
            "spend": "what is spent",
            "points": f"the {program.points.name.other} earned",
            "orders": "the number of orders",
            "visits": "the number of visits to a store",
            "referrals": "the number of friends who came",
        }
        return f"{words.get(self.by) or f'how often “{self.times}” was done'} {self.over.describe()}"

    def manner(self) -> list[str]:
        """How levels come and go, where that is not as usual."""
        sentences = []
        if self.up == "at_next_period":
            sentences.append("A level is given when the next year begins, for that year.")
        if self.down == "one":
            sentences.append("At a reset a level is lost by one step at most.")
        elif self.down == "never":
            sentences.append("A level is never lost.")
        if self.grace_days:
            sentences.append(
                f"A level that would be lost is kept for {_days(self.grace_days)} more; reaching it within them keeps it."
            )
        if self.warn_days:
            sentences.append(f"The end of a level is told {_days(self.warn_days)} before.")
        if self.after_return == "at_once":
            sentences.append("A level that a return takes back is lost at once.")
        return sentences

    def describe(self, program: "Program") -> str:
        levels = "; ".join(one.describe(program) for one in self.levels)
        return " ".join([f"Tiers go by {self.basis(program)}: {levels}.", *self.manner()])


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


class IdentityKind(Struct, frozen=True):
    """One way of knowing a customer. `blocked` values, in their normal form, never identify anybody."""

    kind: str
    normalize: Normalize = "none"
    at_most: int = 5
    """How many values of the kind one customer may have."""
    blocked: tuple[str, ...] = ()

    def normal(self, value: str) -> str:
        """The form in which values of the kind are kept and compared."""
        match self.normalize:
            case "digits":
                return "".join([sign for sign in value if sign in "0123456789"])
            case "lower":
                return value.strip().lower()
            case "upper":
                return value.strip().upper()
            case _:
                return value.strip()

    def canonical(self) -> "IdentityKind":
        return replace(self, blocked=tuple(sorted(set(self.blocked))))

    def describe(self) -> str:
        form = {"digits": "digits only, ", "lower": "in small letters, ", "upper": "in capitals, "}
        never = f", never by {listed(self.blocked, 'or')}" if self.blocked else ""
        return f"{self.kind} ({form.get(self.normalize, '')}at most {self.at_most} each{never})"


USUAL_KINDS: Final = (
    IdentityKind("email", "lower", 5),
    IdentityKind("phone", "none", 5),
    IdentityKind("card", "digits", 10),
)


class DeviceLimit(Struct, frozen=True):
    """With more people than this within so many days, a device is a shared one and identifies nobody."""

    people: int = 5
    within_days: int = 7

    def describe(self) -> str:
        days = f"{self.within_days} days" if self.within_days != 1 else "one day"
        people = f"{self.people} people" if self.people != 1 else "one person"
        return f"A device that more than {people} use within {days} is a shared one and identifies nobody."


class PurposeRule(Struct, frozen=True):
    """On which ground something may be done with what is known of people. Consent is asked for, anything else objected to."""

    purpose: Purpose
    ground: Ground
    double_opt_in: bool = False

    def describe(self) -> str:
        if self.ground == "consent":
            return f"{self.purpose} needs consent{', confirmed by a second click' if self.double_opt_in else ''}"
        if self.ground == "contract":
            return f"{self.purpose} is part of the contract"
        return f"{self.purpose} is a legitimate interest, until somebody objects"


USUAL_CONSENT: Final = (
    PurposeRule("analytics", "legitimate_interest"),
    PurposeRule("profiling", "legitimate_interest"),
    PurposeRule("email", "consent"),
    PurposeRule("sms", "consent"),
    PurposeRule("ads", "consent"),
)
"""One rule for every purpose; a program's own stand in the same order."""


class Retention(Struct, frozen=True):
    """How long each kind of fact is kept; None is for ever. Orders, points and consents are no such kind: they stay."""

    behaviour: Duration | None = None
    visits: Duration | None = None
    refused: Duration | None = Duration(30, "days")

    def describe(self) -> str:
        times = [time.describe() if time else "ever" for time in (self.behaviour, self.visits, self.refused)]
        return "Behaviour is kept for {}, visits are kept for {}, what was refused is kept for {}.".format(*times)


class JsonPath(Struct, frozen=True, order=True):
    """The way to one value of a JSON payload: names of members and places in lists."""

    steps: tuple[str | int, ...]

    def describe(self) -> str:
        return "$" + "".join([f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.steps])


class Match(Struct, frozen=True):
    """The value at the path is one of these, as text."""

    path: JsonPath
    values: tuple[str, ...]

    def canonical(self) -> "Match":
        return Match(self.path, tuple(sorted(set(self.values))))

    def describe(self) -> str:
        return f"{self.path.describe()} is {listed(self.values, 'or')}"


class EventMap(Struct, frozen=True):
    """How a payload that fits `when` becomes an event. A property is the value at a path, or a fixed text."""

    event: str
    when: tuple[Match, ...]
    identify: tuple[tuple[str, JsonPath], ...]
    properties: tuple[tuple[str, JsonPath | str], ...] = ()
    message_id: JsonPath | None = None
    at: JsonPath | None = None

    def canonical(self) -> "EventMap":
        return replace(
            self,
            when=tuple(sorted([match.canonical() for match in self.when], key=lambda match: match.describe())),
            identify=tuple(sorted(self.identify, key=lambda pair: pair[0])),
            properties=tuple(sorted(self.properties, key=lambda pair: pair[0])),
        )

    def describe(self) -> str:
        parts = [f"“{self.event}”"]
        if self.when:
            parts.append(f"where {listed([match.describe() for match in self.when])}")
        parts.append(f"by {listed([_told(kind, path) for kind, path in self.identify])}")
        if self.properties:
            parts.append(f"with {listed([_told(name, value) for name, value in self.properties])}")
        if self.at:
            parts.append(f"at the time in {self.at.describe()}")
        if self.message_id:
            parts.append(f"as message {self.message_id.describe()}")
        return " ".join(parts)


class Signature(Struct, frozen=True):
    """How the sender proves itself: a keyed hash of the raw body in a header, behind a prefix."""

    header: str
    algorithm: Literal["hmac_sha256"] = "hmac_sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""

    def describe(self) -> str:
        behind = f" behind “{self.prefix}”" if self.prefix else ""
        return f"signed by HMAC-SHA256 ({self.encoding}) in {self.header}{behind}"


class MappedSource(Struct, frozen=True):
    """Webhooks of another system. Of `maps` the first that fits counts."""

    id: str
    signature: Signature
    maps: tuple[EventMap, ...]

    def canonical(self) -> "MappedSource":
        return replace(self, maps=tuple([one.canonical() for one in self.maps]))

    def describe(self) -> str:
        say = "; ".join([one.describe() for one in self.maps])
        return f"Webhooks of “{self.id}”, {self.signature.describe()}, say: {say}."


class Program(Struct, frozen=True):
    name: str
    currency: Currency
    members: Members
    zone: Zone
    points: PointsPolicy
    earning: tuple[EarningRule, ...]
    tiers: Tiers | None = None
    identities: tuple[IdentityKind, ...] = ()
    """What the shop says of kinds of identities, the most telling first; `kinds` are these and the usual ones."""
    shared_device: DeviceLimit = DeviceLimit()
    consent: tuple[PurposeRule, ...] = USUAL_CONSENT
    sources: tuple[MappedSource, ...] = ()
    retention: Retention = Retention()
    segments: tuple[Segment, ...] = ()
    scores: tuple[Score, ...] = ()
    interests: tuple[InterestProfile, ...] = ()
    holdout: Holdout | None = None
    trials: tuple[Trial, ...] = ()
    perks: tuple[Perk, ...] = ()
    pauses: tuple[Pause, ...] = ()
    games: Games = Games()
    clubs: tuple[Club, ...] = ()

    @property
    def till(self) -> Currency:
        """The currency in which orders are heard; orders in others are as well where a rule has rates for them."""
        takes_others = any(isinstance(rule, PerAmount) and rule.rates for rule in self.earning)
        return replace(self.currency, takes_others=True) if takes_others else self.currency

    def giving(self) -> list[str]:
        """Whatever gives points, by the name that postings bear: rules in their order, levels that are entered, then games."""
        levels = self.tiers.levels if self.tiers else ()
        rules = [rule.id for rule in self.earning if not isinstance(rule, Multiplier)]
        games = [f"{GAME}{game.id}" for game in self.games.every if game.gives.points]
        return rules + [f"{WELCOME}{level.id}" for level in levels if level.gives] + games

    def kinds(self) -> tuple[IdentityKind, ...]:
        """All kinds of identities after the shop's own id, the most telling first: those it names, then the usual ones."""
        named = {one.kind for one in self.identities}
        return self.identities + tuple([one for one in USUAL_KINDS if one.kind not in named])

    def describe(self) -> list[str]:
        """The whole program in sentences; of what it does not say, only that there are no tiers."""
        members = "Every customer is a member." if self.members == "everyone" else "Those who join are members."
        sentences = [members, self.points.describe(self.currency)]
        sentences += [rule.describe(self) for rule in self.earning]
        sentences.append(self.tiers.describe(self) if self.tiers else "There are no tiers.")
        sentences += [pause.describe() for pause in self.pauses]
        sentences += [perk.describe(self.holders_of(perk.id)) for perk in self.perks]
        sentences += [game.describe(self.words()) for game in self.games.every]
        sentences += [club.describe(self.words()) for club in self.clubs]
        sentences += [self.holdout.describe()] if self.holdout else []
        sentences += [trial.describe() for trial in self.trials]
        sentences += [score.describe(self.currency) for score in self.scores]
        sentences += [profile.describe(self.currency) for profile in self.interests]
        sentences += [segment.describe(self.words()) for segment in self.segments]
        usual = replace(self, identities=(), shared_device=DeviceLimit(), consent=USUAL_CONSENT, retention=Retention())
        unsaid = usual.about_people()
        sentences += [sentence for name, sentence in self.about_people().items() if sentence != unsaid[name]]
        return sentences + [source.describe() for source in self.sources]

    def levels_with(self, perk: str) -> tuple[str, ...]:
        """The levels that name the perk; one that none names is everybody's."""
        return tuple([level.id for level in self.tiers.levels if perk in level.perks]) if self.tiers else ()

    def clubs_with(self, perk: str) -> tuple[str, ...]:
        """The clubs that have the perk."""
        return tuple([club.id for club in self.clubs if perk in club.perks])

    def games_with(self, perk: str) -> tuple[str, ...]:
        """The games that give the perk, to be used once."""
        return tuple([game.id for game in self.games.every if game.gives.perk == perk])

    def holders_of(self, perk: str) -> tuple[str, ...]:
        """Whose perk it is, in words; it is everybody's where there is none."""
        clubs = [f"the club “{club}”" for club in self.clubs_with(perk)]
        return (*self.levels_with(perk), *clubs, *[f"whoever finishes “{game}”" for game in self.games_with(perk)])

    def words(self) -> Words:
        return Words(self.currency, self.points.name)

    def about_people(self) -> dict[str, str]:
        """A sentence for each section that says what may be known of people, by its name in the document."""
        return {
            "identities": f"Customers are known by their own id, then by {', then by '.join(_each(self.kinds()))}.",
            "shared_device": self.shared_device.describe(),
            "consent": f"{capitalized('; '.join(_each(self.consent)))}.",
            "retention": self.retention.describe(),
        }

    def canonical(self) -> "Program":
        """The same program, with what counts in whatever order put into one."""
        earning = [rule if isinstance(rule, Multiplier) else _canonical(rule) for rule in self.earning]
        return replace(
            self,
            earning=tuple(earning),
            trials=tuple(sorted(self.trials, key=lambda trial: trial.id)),
            pauses=tuple(
                sorted([one.canonical() for one in self.pauses], key=lambda one: (one.first_day, one.end_day))
            ),
            games=self.games.canonical(),
            clubs=tuple(sorted([club.canonical() for club in self.clubs], key=lambda club: club.id)),
            perks=tuple(sorted([perk.canonical() for perk in self.perks], key=lambda perk: perk.id)),
            identities=tuple([one.canonical() for one in self.identities]),
            sources=tuple(sorted([one.canonical() for one in self.sources], key=lambda source: source.id)),
            segments=tuple(sorted([one.canonical() for one in self.segments], key=lambda segment: segment.id)),
            scores=tuple(sorted([one.canonical() for one in self.scores], key=lambda score: score.id)),
            interests=tuple(sorted([one.canonical() for one in self.interests], key=lambda profile: profile.id)),
        )

    def line_properties(self) -> frozenset[str]:
        """The line properties that rules, segments, scores and interests ask for."""
        goods = [rule.goods for rule in self.earning if not isinstance(rule, Multiplier)]
        by_rules = frozenset(one.property for these in goods for one in these.only + these.excluded)
        by_occasion = [
            test.name.removeprefix(OF_LINES)
            for rule in self.earning
            if rule.on == ORDER_COMPLETED
            for test in rule.occasion.where
        ]
        asking: tuple[Score | InterestProfile, ...] = (*self.scores, *self.interests)
        by_rules = by_rules.union(*[_properties_of(rule) for rule in self.earning])
        by_segments = [tree.line_properties_of(segment.condition) for segment in self.segments]
        by_games = [frozenset([name for name, _ in (*deed.only, *deed.excluded)]) for deed in self._deeds()]
        return by_rules.union(by_occasion, *by_games, *by_segments, *[line_properties_of(one) for one in asking])

    def _deeds(self) -> list[Deed]:
        return [deed for game in self.games.every for deed in game.deeds]


def _canonical(rule: EarningRule) -> EarningRule:
    occasion = rule.occasion.canonical()
    if isinstance(rule, Multiplier):
        return replace(rule, occasion=occasion)
    if isinstance(rule, PerAmount):
        return replace(rule, goods=rule.goods.canonical(), occasion=occasion, worth=rule.worth.canonical())
    return replace(rule, goods=rule.goods.canonical(), occasion=occasion)


def _properties_of(rule: "EarningRule") -> list[str]:
    """Of the event itself: what tests, counts and limits look at, and what tells of days that come round."""
    asked = [test.name for test in rule.occasion.where] if rule.on != ORDER_COMPLETED else []
    if isinstance(rule, Multiplier):
        return asked
    if isinstance(rule, Fixed) and rule.counts is not None:
        asked.append(rule.counts.property)
    told = ["born_on", "told"] if rule.on in ("Birthday", "Profile Completed") else []
    return asked + told + [limit.per for limit in rule.limits if limit.by_value]


def _sentence(words: str, when: When, whom: str = "") -> str:
    return f"{capitalized(words)}{' ' if when != ALWAYS else ''}{when.describe()}{whom}."


def _whom(rule: PerAmount | Fixed | Multiplier, program: "Program") -> str:
    only_for = f", {rule.only_for.describe()}" if rule.only_for else ""
    return (
        rule.occasion.describe(program.currency)
        + only_for
        + (", the holdout too" if rule.exempt and program.holdout else "")
    )


def _bounds(rule: PerAmount | Fixed, program: "Program") -> str:
    return told(rule.limits, program.points.name) + said(rule.stack, multiplies=False)


def _returning(on_return: OnReturn, program: "Program") -> str:
    name = program.points.name.other
    return {
        "share": "",
        "reckon_again": " Of an order that goes back in part, it is reckoned again for what is left.",
        "keep": f" The {name} stay, whatever of the order goes back.",
    }[on_return]


def _each(parts: "tuple[IdentityKind, ...] | tuple[PurposeRule, ...]") -> list[str]:
    return [one.describe() for one in parts]


def _told(name: str, value: JsonPath | str) -> str:
    return f"{name} “{value}”" if isinstance(value, str) else f"{name} {value.describe()}"
