"""Celebrations: days that come round by themselves, and a profile that is complete.

    Birthday            the day of the year that the shop told us somebody was born on (`born_on`, as an identification bears it)
    Anniversary         the day of joining, in every later year
    Profile Completed   what a rule asks for was told of somebody, piece by piece, for the first time

A day falls due when it begins on the shop's wall, by time alone: a night that is missed loses nothing, since what was due is done
at the next touch and dated to its day. Who was born on 29 February has the 28th in common years,
or 1 March where the program says so.

A rule gives for a birthday once in 365 days, whatever day somebody says meanwhile, and a day that takes another's place counts 30
days after it was told. What the shop itself sends as `Birthday` is held to the same, of whoever told theirs. A profile is completed
once.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from regulars.kernel.calendar import Calendar, Day, date_of, first_day_of
from regulars.kernel.effects import Because, Counted, Effect, Posted, Reason
from regulars.kernel.facts import FOREVER, WEAK, Behaved, Fact, Instant, MemberJoined
from regulars.kernel.limits import refused
from regulars.kernel.program import Fixed, Program
from regulars.kernel.state import Celebration, Celebrations, Consequences

BIRTHDAY: Final = "Birthday"
ANNIVERSARY: Final = "Anniversary"
PROFILE_COMPLETED: Final = "Profile Completed"
YEARLY: Final = (BIRTHDAY, ANNIVERSARY)
BY_THEMSELVES: Final = (*YEARLY, PROFILE_COMPLETED)

IDENTIFIED: Final = "Identified"
BORN_ON: Final = "born_on"
"""The property in which an identification says the month and the day, `02-29`."""
TOLD: Final = "told"
"""The property in which it says which traits it tells, with blanks between them."""

BETWEEN_TWO: Final = 365
NOTICE_DAYS: Final = 30
LOTS_OF_A_YEAR: Final = 1_000
"""Lots of an occasion are those of the fact that told of it, by the year."""
NOTHING_YET: Final = Celebrations()


class CelebrationRules:
    """What of a program goes by occasions, compiled."""

    def __init__(self, program: Program, calendar: Calendar) -> None:
        giving = [rule for rule in program.earning if isinstance(rule, Fixed)]
        self.calendar = calendar
        self.names = frozenset([rule.on for rule in giving if rule.on in BY_THEMSELVES])
        self.in_march = any([rule.leap_day == "mar_1" for rule in giving])
        self.traits = tuple(sorted({trait for rule in giving for trait in rule.traits}))

    def __bool__(self) -> bool:
        return bool(self.names)

    def is_like(self, other: "CelebrationRules") -> bool:
        return (self.names, self.in_march, self.traits) == (other.names, other.in_march, other.traits)

    def noted(self, known: Celebrations | None, fact: Fact, day: Day, on_clock: Day, who: str) -> Celebrations | None:
        """With what `fact` tells: it happened on `day`, and it is `on_clock` by now. For trials they are drawn by `who`."""
        if isinstance(fact, MemberJoined):
            if ANNIVERSARY not in self.names:
                return known
            date = date_of(day)
            first = max(day + 1, on_clock)
            return self._with(known, ANNIVERSARY, fact, who, (date.month, date.day), first)
        if not isinstance(fact, Behaved) or fact.name != IDENTIFIED or fact.trust is WEAK:
            return known
        born = month_and_day(fact.properties.get(BORN_ON, "")) if BIRTHDAY in self.names else None
        if born is not None:
            had = known.dates.get(BIRTHDAY) if known is not None else None
            if had is None or (had.month, had.day) != born:
                known = self._with(known, BIRTHDAY, fact, who, born, on_clock + (NOTICE_DAYS if had else 0))
        if self.traits:
            told = set(fact.properties.get(TOLD, "").split()) & set(self.traits)
            had_told = known.told if known is not None else ()
            if not told <= set(had_told):
                known = replace(known or NOTHING_YET, told=tuple(sorted({*had_told, *told})))
        return known

    def is_complete(self, known: Celebrations | None) -> bool:
        return PROFILE_COMPLETED in self.names and known is not None and known.told == self.traits

    def refolded(self, facts: Iterable[Fact], first: Day) -> Celebrations | None:
        """From all facts of a customer; what was due before `first` is not made up for."""
        known: Celebrations | None = None
        joined = False
        for fact in facts:
            if not (joined and isinstance(fact, MemberJoined)):
                day = self.calendar.day_of(fact.happened_at)
                known = self.noted(known, fact, day, day, fact.customer)
            joined = joined or isinstance(fact, MemberJoined)
        return self.from_then(known, first)

    def from_then(self, known: Celebrations | None, first: Day) -> Celebrations | None:
        """With nothing due before `first`."""
        if known is None:
            return None
        dates = {name: replace(one, next=self._next(one, max(one.next, first))) for name, one in known.dates.items()}
        return self._due(replace(known, dates=dates))

    def after(self, known: Celebrations, name: str) -> Celebrations:
        """When this one is over."""
        one = known.dates[name]
        return self._due(replace(known, dates={**known.dates, name: replace(one, next=self._next(one, one.next + 1))}))

    def _with(
        self, known: Celebrations | None, name: str, fact: Fact, who: str, on: tuple[int, int], first: Day
    ) -> Celebrations:
        known = known or NOTHING_YET
        one = Celebration(fact.id, who, *on, first)
        return self._due(replace(known, dates={**known.dates, name: replace(one, next=self._next(one, first))}))

    def _next(self, one: Celebration, first: Day) -> Day:
        """The first such day that is not before `first`."""
        year = date_of(first).year
        return next(day for day in [self._in(one, year), self._in(one, year + 1)] if day >= first)

    def _in(self, one: Celebration, year: int) -> Day:
        day = first_day_of(year, one.month, one.day)
        return day + 1 if self.in_march and date_of(day).day != one.day else day

    def _due(self, known: Celebrations) -> Celebrations:
        days = [one.next for one in known.dates.values()]
        return replace(known, due_at=self.calendar.start_of_day(min(days)) if days else FOREVER)


def month_and_day(written: str) -> tuple[int, int] | None:
    """Of `02-29`, or of a whole date such as `1988-02-29`; None where that is no day of the year."""
    parts = written.split("-")[-2:]
    if len(parts) != 2 or not all([part.isascii() and part.isdecimal() and len(part) == 2 for part in parts]):
        return None
    month, day = int(parts[0]), int(parts[1])
    return (month, day) if 1 <= month <= 12 and 1 <= day <= _LONGEST[month - 1] else None


_LONGEST: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def due(known: Celebrations, calendar: Calendar, at: Instant) -> list[str]:
    """Those that have begun, by name."""
    return sorted([name for name, one in known.dates.items() if calendar.start_of_day(one.next) <= at])


def deed_of(name: str, one: Celebration, calendar: Calendar, recorded_at: Instant) -> Behaved:
    """The occasion as something that happened when its day began; rules earn by it."""
    return Behaved(one.fact, one.who, calendar.start_of_day(one.next), recorded_at, "time", name, _NOTHING_SAID)


_NOTHING_SAID: Final[Mapping[str, str]] = {}


def by_time(effects: Iterable[Effect], one: Celebration) -> list[Effect]:
    """No fact brought these about, and their lots are of the year."""
    year = date_of(one.next).year
    followed: list[Effect] = []
    for effect in effects:
        because = Because(effect.because.rule, effect.because.version)
        if isinstance(effect, Posted):
            lot = effect.lot[0], year * LOTS_OF_A_YEAR + effect.lot[1]
            followed.append(replace(effect, because=because, lot=lot))
        else:
            followed.append(replace(effect, because=because))
    return followed


def once(effects: list[Effect], held: Consequences, name: str, day: Day) -> list[Effect]:
    """What each rule gives, unless it gave for such an occasion before: for a birthday within 365 days, for a profile ever."""
    kept: list[Effect] = []
    gone: set[str] = set()
    for effect in effects:
        if isinstance(effect, Counted) and effect.because.rule in gone:
            continue
        kept.append(effect)
        if not isinstance(effect, Posted):
            continue
        rule = effect.because.rule
        key = f"{rule}:{GIVEN}"
        last = max(held.counts.get(key, ()), default=None)
        if last is not None and (name == PROFILE_COMPLETED or abs(day - last) < BETWEEN_TWO):
            gone.add(rule)
            kept[-1] = refused(effect, Reason.GIVEN_ALREADY, effect.points)
        else:
            kept.append(Counted(key, day, 1, effect.points, effect.effective_at, effect.recorded_at, effect.because))
    return kept


GIVEN: Final = "given"


def together(into: Celebrations | None, other: Celebrations | None, rules: CelebrationRules) -> Celebrations | None:
    """Of two customers who are one: their own days go before those that come."""
    if into is None or other is None:
        return into or other
    told = tuple(sorted({*into.told, *other.told}))
    return rules.from_then(Celebrations({**other.dates, **into.dates}, told), 0)
