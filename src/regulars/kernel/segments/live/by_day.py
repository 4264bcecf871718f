"""What is counted in the last so many days, weeks, months or years: by the day on which it happened, so that one memory does for
windows of every length.
"""

from collections.abc import Sequence
from typing import Any

from regulars.kernel.calendar import EXACT_UNITS, Calendar, Day
from regulars.kernel.facts import FOREVER, Fact, Instant
from regulars.kernel.segments.live.watch import FEW, Left, Looked, Memory, Occasion, Watcher
from regulars.kernel.segments.live.windowed import Windowed
from regulars.kernel.segments.tree import Did, Ratio, Trailing
from regulars.kernel.segments.windows import day_at


class ByDay(Watcher):
    """Memory: `[what counts now, what waits]`, as `windowed` has it with the day in the place of the end. What waits is
    `[from, day, value]`, the soonest first.
    """

    def __init__(self, condition: Did | Ratio, windowed: Windowed, calendar: Calendar) -> None:
        assert isinstance(condition.window, Trailing)
        self.windowed, self.calendar = windowed, calendar
        self.events, self.only, self.has_no_most = windowed.events, windowed.only, windowed.has_no_most
        counted = type(condition.counted if isinstance(condition, Did) else condition).__name__
        self.shares = ("by day", counted, condition.event, windowed.asks)
        self.left = Left(condition.window.duration, calendar)
        self._condition = condition
        self._together: Sequence[ByDay] = (self,)

    def widened(self, others: Sequence[Watcher]) -> Watcher:
        """Whatever any of them still looks at is kept."""
        those = [one for one in others if isinstance(one, ByDay)]
        wide = ByDay(self._condition, max([one.windowed for one in those], key=lambda one: one.enough), self.calendar)
        wide._together = those
        return wide

    def take(self, memory: Memory, occasion: Occasion, now: Instant) -> Memory:
        values = self.windowed.told(occasion)
        if not values:
            return memory
        current, ahead = self._begun(memory or ({}, ()), now)
        if occasion.start > now:
            return [current, sorted([*ahead, *[[occasion.start, occasion.day, value] for value in values]])]
        current = dict(current)
        for value in values:
            self.windowed.add(current, occasion.day, value)
        if len(current) > FEW:
            today = day_at(now, self.calendar)
            current = self._since(current, min([one.left.first_day(today) for one in self._together]))
        return [current, ahead]

    def look(self, memory: Memory, now: Instant) -> Looked:
        if memory is None:
            return None, self.windowed.of_nothing(), FOREVER
        current, ahead = self._begun(memory, now)
        truth, last = self.windowed.judge(self._since(current, self.left.first_day(day_at(now, self.calendar))))
        due = self.left.of_day(last) if last != FOREVER else FOREVER
        return memory, truth, min(due, ahead[0][0]) if ahead else due

    def size(self, memory: Memory) -> int:
        return self.windowed.size(memory)

    def only_adds(self, fact: Fact) -> bool:
        return self.windowed.only_adds(fact)

    def _since(self, current: dict[Any, Any], first: Day) -> dict[Any, Any]:
        """What happened on that day and after it: a day is over when the next one is the first."""
        return self.windowed.without_what_is_over(current, first - 1)

    def _begun(self, memory: Memory, now: Instant) -> tuple[dict[Any, Any], Sequence[Any]]:
        """With what no longer waits."""
        current, ahead = memory
        if ahead and ahead[0][0] <= now:
            current = dict(current)
            for start, day, value in ahead:
                if start <= now:
                    self.windowed.add(current, day, value)
            ahead = [one for one in ahead if one[0] > now]
        return current, ahead


def is_by_day(condition: Did | Ratio) -> bool:
    window = condition.window
    return isinstance(window, Trailing) and window.duration.unit not in EXACT_UNITS
