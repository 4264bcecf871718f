"""What a program says of games, as typed values that describe themselves.

challenge   do these, so many times each, within so many days
streak      do this so many days, weeks or months in a row
stamps      every so many times
milestone   so many orders, so much money or so many points, ever
"""

from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.calendar import Day, Zone, date_of
from regulars.kernel.experiments import OnlyFor
from regulars.kernel.facts import ORDER_COMPLETED
from regulars.kernel.segments.tree import Words
from regulars.kernel.terms import listed

Kind = Literal["challenge", "streak", "stamps", "milestone"]
Counts = Literal["times", "items", "spend", "points"]
Every = Literal["day", "week", "month"]
Chosen = tuple[tuple[str, tuple[str, ...]], ...]
"""Properties with the values that are meant, sorted."""

UNNAMED: Final = ""


class Deed(Struct, frozen=True):
    """`needed` of what `counts` says: how often it was done, how many items were bought, minor units, or points ever earned. `only`
    and `excluded` look at the lines of an order, and at the properties of any other event.
    """

    on: str
    needed: int = 1
    counts: Counts = "times"
    only: Chosen = ()
    excluded: Chosen = ()

    def what(self, words: Words) -> str:
        goods = "".join([f", only {name} {listed(values, 'or')}" for name, values in self.only])
        goods += "".join([f", no {name} {listed(values, 'or')}" for name, values in self.excluded])
        if self.counts == "points":
            return f"{words.points.points(self.needed)} ever"
        if self.counts == "spend":
            return f"{words.currency.money(self.needed)} spent{goods}"
        if self.counts == "items":
            return f"{_times(self.needed, 'item')} bought{goods}"
        if self.on == ORDER_COMPLETED:
            return f"{_times(self.needed, 'order')}{goods}"
        return f"“{self.on}” {'once' if self.needed == 1 else f'{self.needed:,} times'}{goods}"


class Gift(Struct, frozen=True):
    """What a game gives each time. The perk may be used once, within so many days."""

    points: int = 0
    badge: str = ""
    perk: str | None = None
    perk_days: int | None = None

    def describe(self, words: Words) -> str:
        parts = [words.points.points(self.points)] if self.points else []
        parts += [f"the badge “{self.badge}”"] if self.badge else []
        if self.perk:
            within = f" within {_times(self.perk_days, 'day')}" if self.perk_days else ""
            parts.append(f"“{self.perk}” once{within}")
        return listed(parts) if parts else "nothing but the name"


class Game(Struct, frozen=True):
    """`run` is how many of `every` in a row, of a streak; `within_days` is of a challenge. What is done before `first_day` or from
    `end_day` on does not count.
    """

    kind: Kind
    id: str
    deeds: tuple[Deed, ...]
    gives: Gift
    title: str = UNNAMED
    run: int = 0
    every: Every = "day"
    within_days: int | None = None
    first_day: Day | None = None
    end_day: Day | None = None
    again: bool = False
    only_for: OnlyFor | None = None
    exempt: bool = False
    interest_only: bool = False

    @property
    def is_windowed(self) -> bool:
        """Whether it matters when things were done, beside that they were."""
        return self.kind == "streak" or self.within_days is not None

    def canonical(self) -> "Game":
        deeds = [replace(one, only=_sorted(one.only), excluded=_sorted(one.excluded)) for one in self.deeds]
        return replace(self, deeds=tuple(deeds))

    def task(self, words: Words) -> str:
        if self.kind == "streak":
            return f"{self.deeds[0].what(words)} each {self.every}, {_times(self.run, self.every)} in a row"
        done = listed([deed.what(words) for deed in self.deeds])
        within = f" within {_times(self.within_days, 'day')}" if self.within_days else ""
        return f"{'every ' if self.kind == 'stamps' else ''}{done}{within}"

    def what(self, words: Words) -> str:
        dates = f", from {date_of(self.first_day).isoformat()} on" if self.first_day is not None else ""
        dates += f", until before {date_of(self.end_day).isoformat()}" if self.end_day is not None else ""
        again = " each time" if self.again and self.kind != "stamps" else ""
        whom = f", {self.only_for.describe()}" if self.only_for else ""
        whom += ", the holdout too" if self.exempt else ""
        whom += ", so far only to show interest in" if self.interest_only else ""
        return f"{self.task(words)}{dates} gives {self.gives.describe(words)}{again}{whom}"

    def describe(self, words: Words) -> str:
        return f"{self.kind.capitalize()} “{self.id}”: {self.what(words)}."


class Games(Struct, frozen=True):
    """`zones` are those in which a member's days may be read, who tells one; else they are the shop's."""

    every: tuple[Game, ...] = ()
    zones: tuple[Zone, ...] = ()

    def canonical(self) -> "Games":
        games = sorted([game.canonical() for game in self.every], key=lambda game: game.id)
        return Games(tuple(games), tuple(sorted(self.zones, key=lambda zone: zone.name)))


def _times(count: int | None, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _sorted(chosen: Chosen) -> Chosen:
    return tuple(sorted([(name, tuple(sorted(set(values)))) for name, values in chosen]))
