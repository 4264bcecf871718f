"""A shop with one customer: the words in which kernel tests and stories are told.

Times are read off the shop's wall: `"2017-03-04 18:00"`. Amounts are in major units: `"45.80"`.
"""

from collections.abc import Mapping
from decimal import Decimal

from regulars.kernel.because import sentence
from regulars.kernel.effects import Effect, Entry, Posted, Refused, TierChanged
from regulars.kernel.facts import Behaved, Fact, Instant, LevelSet, Line, MemberJoined, OrderCompleted
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State
from regulars.kernel.step import advance, step
from regulars.wire.program import parse_program
from regulars.wire.sources import parse_instant

HEADER = """
program: test
currency: USD
time_zone: {zone}
"""

STAR_A_DOLLAR = "earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]"


def program(body: str = STAR_A_DOLLAR, *, zone: str = "America/New_York") -> Rulebook:
    """A program of a star a dollar, or what `body` says, without what every program must say."""
    earning = "" if "earning:" in body else STAR_A_DOLLAR
    return parse_program(f"{HEADER.format(zone=zone)}{earning}\n{body}")


def at(written: str, zone: str = "America/New_York") -> Instant:
    return parse_instant(written, zone)


def line(amount: str, properties: Mapping[str, str] | None = None, exponent: int = 2) -> Line:
    return Line(int(Decimal(amount).scaleb(exponent)), 1, dict(properties or {}))


def order(happened_at: Instant, *lines: Line, id: str = "", recorded_at: Instant | None = None) -> OrderCompleted:
    name = id or f"order-{happened_at}"
    total = sum([one.amount_minor for one in lines])
    return OrderCompleted(name, "ada", happened_at, recorded_at or happened_at, "test", name, lines, total)


class Shop:
    """Ada, under one program, and everything that followed so far."""

    def __init__(self, rules: str | Rulebook = STAR_A_DOLLAR, *, zone: str = "America/New_York") -> None:
        self.program = program(rules, zone=zone) if isinstance(rules, str) else rules
        self.zone = self.program.program.zone.name
        self.state: State = self.program.new_state()
        self.facts: list[Fact] = []
        self.effects: list[Effect] = []

    def at(self, when: str) -> Instant:
        return at(when, self.zone)

    def buys(self, when: str, *amounts: str | Line, id: str = "") -> list[Effect]:
        """An order; an amount alone is a line without properties. Gives what followed."""
        lines = [one if isinstance(one, Line) else line(one) for one in amounts]
        return self.takes(order(self.at(when), *lines, id=id or f"order-{len(self.facts)}"))

    def joins(self, when: str) -> list[Effect]:
        moment = self.at(when)
        return self.takes(MemberJoined(f"join-{len(self.facts)}", "ada", moment, moment, "test"))

    def does(self, name: str, when: str) -> list[Effect]:
        moment = self.at(when)
        return self.takes(Behaved(f"deed-{len(self.facts)}", "ada", moment, moment, "test", name, {}))

    def sets(self, level: str | None, when: str, until: str | None = None) -> list[Effect]:
        """A level by the shop's own word."""
        moment, end = self.at(when), self.at(until) if until else None
        return self.takes(LevelSet(f"set-{len(self.facts)}", "ada", moment, moment, "test", level, end))

    def takes(self, fact: Fact) -> list[Effect]:
        self.facts.append(fact)
        self.state, effects = step(self.state, fact, self.program)
        self.effects += effects
        return effects

    def sees(self, when: str) -> list[Effect]:
        """Time passes, up to and at `when`."""
        moment = self.at(when)
        self.state, effects = advance(self.state, moment, self.program, moment)
        self.effects += effects
        return effects

    @property
    def pending(self) -> int:
        return sum([lot.points for lot in self.state.consequences.pending])

    @property
    def available(self) -> int:
        return sum([lot.points for lot in self.state.consequences.available])

    @property
    def tier(self) -> str | None:
        return self.state.consequences.tier

    def wall(self, instant: Instant) -> str:
        return self.program.calendar.wall_clock(instant)

    def sentences(self, effects: list[Effect]) -> list[str]:
        return [sentence(effect, self.program) for effect in effects]


def earned(effects: list[Effect]) -> dict[str, int]:
    """Points by rule."""
    return {one.because.rule: one.points for one in effects if isinstance(one, Posted) and one.entry is Entry.EARN}


def expired(effects: list[Effect]) -> list[int]:
    return [one.points for one in effects if isinstance(one, Posted) and one.entry is Entry.EXPIRE]


def refused(effects: list[Effect]) -> dict[str, str]:
    """Reasons by rule."""
    return {one.because.rule: one.reason.value for one in effects if isinstance(one, Refused)}


def moves(effects: list[Effect]) -> list[tuple[str | None, str | None]]:
    """Tiers, before and after."""
    return [(one.before, one.after) for one in effects if isinstance(one, TierChanged)]
