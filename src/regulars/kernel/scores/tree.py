"""What a program says of scores and interests. Values: nothing here counts.

Points are whole thousandths. A half-life is an exact time: a day of it is 24 hours, whatever the clocks do.
"""

from fractions import Fraction
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.calendar import DAY, EXACT_UNITS, SECOND, Duration
from regulars.kernel.facts import ORDER_COMPLETED
from regulars.kernel.segments.values import AMOUNT, LINE_AMOUNT, LINE_QUANTITY, OF_LINES, Property
from regulars.kernel.terms import Currency, listed, plain

Thousandths: TypeAlias = int
"""Of a point of a score, or of an interest."""

LENGTHS: Final = {**EXACT_UNITS, "days": DAY, "weeks": 7 * DAY}
"""The units that a half-life may have, in microseconds."""


class Action(Struct, frozen=True):
    """`points` for each time that an event happened and passed `where`, dates being looked at on the day on which it happened. With
    `at_most`, all those times together count for no more than that at any moment, upwards or downwards.
    """

    event: str
    points: Thousandths
    where: tuple[Property, ...] = ()
    at_most: Thousandths | None = None

    def canonical(self) -> "Action":
        return replace(self, where=tuple(sorted({one.canonical() for one in self.where}, key=repr)))

    def what(self, currency: Currency) -> str:
        money = currency if self.event == ORDER_COMPLETED else None
        where = f" (whose {listed([one.describe(money) for one in self.where])})" if self.where else ""
        return f"“{self.event}”{where}"

    def describe(self, currency: Currency) -> str:
        most = f", {told(self.at_most if self.points > 0 else -self.at_most)} at most" if self.at_most else ""
        return f"{told(self.points)} for each {self.what(currency)}{most}"


class ScoreLevel(Struct, frozen=True):
    """Reached at `at`; below the first level is none."""

    id: str
    at: Thousandths

    def describe(self) -> str:
        return f"{self.id} from {told(self.at)}"


class Score(Struct, frozen=True):
    """Without a half-life it does not fade. Levels in ascending order of `at`."""

    id: str
    actions: tuple[Action, ...]
    half_life: Duration | None = None
    levels: tuple[ScoreLevel, ...] = ()

    def canonical(self) -> "Score":
        return replace(self, actions=_in_one_order(self.actions))

    def describe(self, currency: Currency) -> str:
        return f"Score “{self.id}”: {self.what(currency)}."

    def what(self, currency: Currency) -> str:
        levels = f"; {listed([level.describe() for level in self.levels])}" if self.levels else ""
        return f"{_actions(self.actions, currency)}; {_fades(self.half_life)}{levels}"


class InterestProfile(Struct, frozen=True):
    """An interest in each value of a property, such as each category. Of an order it is a property of the lines: each value counts
    once, on however many lines it stands.
    """

    id: str
    of: str
    actions: tuple[Action, ...]
    half_life: Duration | None = None

    def canonical(self) -> "InterestProfile":
        return replace(self, actions=_in_one_order(self.actions))

    def property_of(self, event: str) -> str:
        return f"{OF_LINES}{self.of}" if event == ORDER_COMPLETED else self.of

    def describe(self, currency: Currency) -> str:
        return f"Interests “{self.id}”: {self.what(currency)}."

    def what(self, currency: Currency) -> str:
        return f"by {self.of}, {_actions(self.actions, currency)}; {_fades(self.half_life)}"


def events_of(one: Score | InterestProfile) -> frozenset[str]:
    """The events at which it looks."""
    return frozenset([action.event for action in one.actions])


def line_properties_of(one: Score | InterestProfile) -> frozenset[str]:
    """The properties of orders' lines for which it asks, without their prefix."""
    of_orders = [action for action in one.actions if action.event == ORDER_COMPLETED]
    names = {test.name for action in of_orders for test in action.where} - {AMOUNT, LINE_AMOUNT, LINE_QUANTITY}
    counted = {one.of} if isinstance(one, InterestProfile) and of_orders else set()
    return frozenset(counted | {name.removeprefix(OF_LINES) for name in names})


def half_life_s(half_life: Duration | None) -> int | None:
    return None if half_life is None else half_life.count * LENGTHS[half_life.unit] // SECOND


def told(points: Thousandths) -> str:
    """As a person writes it: `62`, `0.125`, `−3`."""
    sign = "−" if points < 0 else ""
    return f"{sign}{plain(Fraction(abs(points), 1000))}"


def _in_one_order(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    return tuple(sorted([action.canonical() for action in actions], key=repr))


def _actions(actions: tuple[Action, ...], currency: Currency) -> str:
    return "; ".join([action.describe(currency) for action in actions])


def _fades(half_life: Duration | None) -> str:
    return f"half of it is gone after {half_life.describe()}" if half_life else "it does not fade"
