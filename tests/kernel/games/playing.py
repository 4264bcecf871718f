"""A shop with games, and the words in which they are told."""

from regulars.kernel.effects import ClubEnded, ClubTermSet, Effect, GameReached, GameTakenBack
from regulars.kernel.facts import ORDER_CANCELLED, ORDER_REFUNDED, Behaved, Fact, OrderCompleted, OrderReturned
from regulars.kernel.games.progress import progress
from regulars.kernel.games.standing import NOTHING_PLAYED, Played
from regulars.kernel.recalled import Memory
from regulars.kernel.returns import all_of, by_amount, leaves_nothing
from regulars.kernel.step import advance, step
from tests.shop import Shop


class Fair(Shop):
    """Ada, who plays; goods may go back."""

    def __init__(self, rules: str, *, zone: str = "America/New_York") -> None:
        super().__init__(rules, zone=zone)
        self.memory = Memory(lambda _: self.program)

    @property
    def played(self) -> Played:
        return self.state.consequences.played or NOTHING_PLAYED

    def takes(self, fact: Fact) -> list[Effect]:
        self.facts.append(fact)
        self.state, effects = step(self.state, fact, self.program, self.memory)
        self.effects += effects
        return effects

    def tells(self, name: str, when: str, **properties: str) -> list[Effect]:
        moment = self.at(when)
        return self.takes(Behaved(f"told-{len(self.facts)}", "ada", moment, moment, "test", name, properties))

    def returns(self, order_id: str, when: str, amount_minor: int | None = None) -> list[Effect]:
        """The whole order, or so much money of it."""
        moment = self.at(when)
        bought = next(one for one in self.facts if isinstance(one, OrderCompleted) and one.order_id == order_id)
        before = [one for one in self.facts if isinstance(one, OrderReturned) and one.order_id == order_id]
        lines = all_of(bought, before) if amount_minor is None else by_amount(bought, before, amount_minor)
        whole = amount_minor is None or leaves_nothing(bought, before, lines)
        total = sum(line.amount_minor for line in lines)
        name = ORDER_CANCELLED if amount_minor is None else ORDER_REFUNDED
        told = f"return-{len(self.facts)}", "ada", moment, moment, "test"
        return self.takes(OrderReturned(*told, name, order_id, bought.happened_at, lines, total, whole))

    def at_present(self, when: str) -> dict[str, str]:
        """How far she is, by game."""
        moment = self.at(when)
        state, _ = advance(self.state, moment, self.program, moment)
        return {one.game: one.in_words for one in progress(state, self.program, moment)}


def finished(effects: list[Effect]) -> list[str]:
    return [one.game for one in effects if isinstance(one, GameReached)]


def taken_back(effects: list[Effect]) -> list[str]:
    return [one.game for one in effects if isinstance(one, GameTakenBack)]


def terms(fair: Shop, effects: list[Effect]) -> list[tuple[str, str]]:
    """What became of clubs: why, and the last moment of what is paid; or why one ended."""
    said = [(one.why, fair.wall(one.until - 1)) for one in effects if isinstance(one, ClubTermSet)]
    return said + [(one.why, "ended") for one in effects if isinstance(one, ClubEnded)]
