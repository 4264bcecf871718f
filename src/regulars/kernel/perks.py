"""Perks: what a member may do that others may not. Nothing is given for them; somebody asks whether they hold (`entitlements`)."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.calendar import EXACT_UNITS, Calendar, Day, Duration, date_of
from regulars.kernel.experiments import OnlyFor
from regulars.kernel.facts import DAWN, FOREVER, Instant
from regulars.kernel.terms import listed

DAYS_IN: Final = {"days": 1, "weeks": 7}


class Wall(Struct, frozen=True):
    """A day and a minute of it on the shop's wall."""

    day: Day
    minute: int = 0

    def describe(self) -> str:
        time = f" {self.minute // 60:02}:{self.minute % 60:02}" if self.minute else ""
        return f"{date_of(self.day).isoformat()}{time}"


class Opening(Struct, frozen=True):
    """Everybody may from `at` on; those who have the perk so much earlier."""

    at: Wall
    before_others: Duration

    def describe(self) -> str:
        return f"{self.before_others.describe()} before everybody may, on {self.at.describe()}"

    def earlier(self, calendar: Calendar) -> Instant:
        return before(instant_of(self.at, calendar), self.before_others, calendar)


class Perk(Struct, frozen=True):
    """`start` and `end`, which is exclusive, are on the shop's wall; `days` and `products` say what it is about. A perk that is
    `interest_only` is offered, and held by nobody yet.
    """

    id: str
    title: str = ""
    start: Wall | None = None
    end: Wall | None = None
    opens: Opening | None = None
    days: int | None = None
    products: tuple[str, ...] = ()
    only_for: OnlyFor | None = None
    exempt: bool = False
    interest_only: bool = False
    asked_first: Duration | None = None
    """So much earlier those may who asked for it while it was only offered."""

    def canonical(self) -> "Perk":
        return replace(self, products=tuple(sorted(set(self.products))))

    def what(self, levels: tuple[str, ...]) -> str:
        parts = [f"for {listed(levels)}" if levels else "for every member"]
        if self.title:
            parts.insert(0, f"“{self.title}”")
        if self.opens is not None:
            parts.append(self.opens.describe())
        if self.start is not None:
            parts.append(f"from {self.start.describe()}")
        if self.end is not None:
            parts.append(f"until before {self.end.describe()}")
        if self.days is not None:
            parts.append(f"{self.days} days")
        if self.products:
            parts.append(f"on {listed(self.products)}")
        if self.only_for is not None:
            parts.append(self.only_for.describe())
        if self.exempt:
            parts.append("the holdout too")
        if self.interest_only:
            parts.append("so far only to show interest in")
        if self.asked_first is not None:
            parts.append(f"{self.asked_first.describe()} earlier for whoever had asked for it")
        return ", ".join(parts)

    def describe(self, levels: tuple[str, ...]) -> str:
        return f"Perk “{self.id}”: {self.what(levels)}."


class Window(Struct, frozen=True):
    """From when to when, exclusive, those who have the perk may; `for_all` is from when on everybody may."""

    start: Instant
    end: Instant
    for_all: Instant


def window_of(perk: Perk, calendar: Calendar) -> Window:
    start, end = DAWN if perk.start is None else instant_of(perk.start, calendar), FOREVER
    if perk.end is not None:
        end = instant_of(perk.end, calendar)
    if perk.opens is None:
        return Window(start, end, FOREVER)
    return Window(perk.opens.earlier(calendar), end, instant_of(perk.opens.at, calendar))


def before(moment: Instant, by: Duration, calendar: Calendar) -> Instant:
    """So much earlier: days at the same time on the wall."""
    if by.unit in EXACT_UNITS:
        return moment - by.count * EXACT_UNITS[by.unit]
    day = calendar.day_of(moment)
    minute = int(calendar.wall_clock(moment)[-5:-3]) * 60 + int(calendar.wall_clock(moment)[-2:])
    return instant_of(Wall(day - by.count * DAYS_IN[by.unit], minute), calendar)


def first_for(perk: Perk, window: Window, calendar: Calendar) -> Instant:
    """From when on those may who had asked for it."""
    if perk.asked_first is None or window.start == DAWN:
        return window.start
    return before(window.start, perk.asked_first, calendar)


def instant_of(wall: Wall, calendar: Calendar) -> Instant:
    return calendar.first_at(wall.day, wall.minute)
