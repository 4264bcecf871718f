"""What is remembered where a test moves with time, such as “whose delivery is within the next 3 days”: all that it looks at."""

from bisect import insort
from typing import Any

from regulars.kernel.calendar import Calendar
from regulars.kernel.facts import (
    FOREVER,
    MEMBER_JOINED,
    SAYING,
    Behaved,
    Fact,
    Instant,
    Line,
    MemberJoined,
    OrderCompleted,
)
from regulars.kernel.segments.changing import moments
from regulars.kernel.segments.live.watch import Looked, Memory, Occasion, Watcher
from regulars.kernel.segments.meaning import Known, holds
from regulars.kernel.segments.tree import Did, InOrder, Ratio, Since, Times
from regulars.kernel.segments.values import OF_LINES
from regulars.kernel.segments.windows import second_of


class Remembered(Watcher):
    """Memory: what the condition looks at of each fact of its events; it means then what it means of the facts themselves."""

    def __init__(self, condition: Did | Ratio | Since | InOrder, calendar: Calendar) -> None:
        self.condition, self.calendar = condition, calendar
        parts = condition.steps if isinstance(condition, InOrder) else (condition,)
        self.events = tuple(sorted({part.event for part in parts}))
        named = {one.name for part in parts for one in part.where}
        if isinstance(condition, Did) and not isinstance(condition.counted, Times):
            named.add(condition.counted.of)
        self.named = frozenset([name.removeprefix(OF_LINES) for name in named])

    def take(self, memory: Memory, occasion: Occasion, now: Instant) -> Memory:
        fact = occasion.fact
        said: Any = None
        if isinstance(fact, OrderCompleted):
            lines = [[line.amount_minor, line.quantity, self._asked(line.properties)] for line in fact.lines]
            said = [fact.amount_minor, lines]
        elif isinstance(fact, SAYING):
            said = self._asked(fact.properties)
        held = list(memory or ())
        insort(held, [occasion.at, fact.name, said], key=lambda one: one[0])
        return held

    def look(self, memory: Memory, now: Instant) -> Looked:
        facts = [self._fact(place, *one) for place, one in enumerate(memory or ())]
        known = Known("", self.calendar, facts)
        ahead = [second_of(fact.happened_at) for fact in facts if second_of(fact.happened_at) > now]
        due = next(iter(moments(self.condition, known, now)), FOREVER)
        return memory, holds(self.condition, known, now), min([due, *ahead])

    def size(self, memory: Memory) -> int:
        """A fact is more than a moment."""
        return 10 * len(memory)

    def _asked(self, properties: Any) -> dict[str, str]:
        return {name: value for name, value in properties.items() if name in self.named}

    def _fact(self, place: int, at: Instant, name: str, said: Any) -> Fact:
        id = f"{place:09}"
        if isinstance(said, list | tuple):
            amount, lines = said
            return OrderCompleted(id, "", at, at, "", id, tuple([Line(*line) for line in lines]), amount)
        if name == MEMBER_JOINED:
            return MemberJoined(id, "", at, at, "")
        return Behaved(id, "", at, at, "", name, said or {})
