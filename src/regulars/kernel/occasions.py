"""What a program says of the circumstances under which a rule holds: values that describe themselves."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.recurrences import Recurrence
from regulars.kernel.segments.values import Property
from regulars.kernel.terms import Currency, listed


class Hours(Struct, frozen=True, order=True):
    """Minutes of the day on the shop's wall, half open; over midnight where `end` is not after `start`."""

    start: int
    end: int

    def describe(self) -> str:
        return f"between {_clock(self.start)} and {_clock(self.end)}"


class Occasion(Struct, frozen=True):
    """All that is said must hold; of several values any. `at_least_minor` is money in the program's currency."""

    hours: tuple[Hours, ...] = ()
    recurs: Recurrence | None = None
    segments: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    where: tuple[Property, ...] = ()
    at_least_minor: int = 0

    def canonical(self) -> "Occasion":
        return replace(
            self,
            hours=tuple(sorted(set(self.hours))),
            segments=tuple(sorted(set(self.segments))),
            tiers=tuple(sorted(set(self.tiers))),
            currencies=tuple(sorted(set(self.currencies))),
            where=tuple(sorted([one.canonical() for one in self.where], key=lambda one: (one.name, str(one.test)))),
        )

    def describe(self, money: Currency) -> str:
        """To stand behind what the rule gives and on which days; "" where nothing is said."""
        parts = [listed([one.describe() for one in self.hours], "or")] if self.hours else []
        parts += [self.recurs.describe()] if self.recurs else []
        if self.segments:
            parts.append(f"for those in segment {listed([f'“{one}”' for one in self.segments], 'or')}")
        if self.tiers:
            parts.append(f"for those with {_levels(self.tiers)}")
        if self.currencies:
            parts.append(f"in {listed(self.currencies, 'or')}")
        if self.where:
            parts.append(f"where {listed([one.describe(money) for one in self.where])}")
        if self.at_least_minor:
            parts.append(f"from {money.money(self.at_least_minor)} on")
        return "".join([f", {part}" for part in parts])


ANY_OCCASION: Final = Occasion()


def _levels(tiers: tuple[str, ...]) -> str:
    named = [f"level {one}" for one in tiers if one != "none"]
    return listed(named + ["no level"] * ("none" in tiers), "or")


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
