"""What is remembered for one thing after another: every time that a step happened."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from operator import itemgetter

from regulars.kernel.calendar import Calendar
from regulars.kernel.facts import FOREVER, Fact, Instant
from regulars.kernel.segments.live.watch import FEW, Left, Looked, Memory, Occasion, Watcher, fits_of
from regulars.kernel.segments.tree import InOrder
from regulars.kernel.segments.windows import second_of


class Sequences(Watcher):
    """Memory: `[moment, which steps it can be]` of every fact that can be one, in order; the number of a step is its bit. Where all
    of it lies in the last so long, older facts are over: neither can they be a step, nor come after one.
    """

    def __init__(self, in_order: InOrder, calendar: Calendar) -> None:
        self.events = tuple(sorted({step.event for step in in_order.steps}))
        self.shares = ("in order", tuple([(step.event, step.where, step.is_not) for step in in_order.steps]))
        self._of = in_order, calendar
        self.steps = in_order.steps
        self.needed = sum([1 << bit for bit, step in enumerate(self.steps) if not step.is_not])
        """The steps without which it cannot be so."""
        last = max([bit for bit, step in enumerate(self.steps) if not step.is_not])
        self.deciding = sum([1 << bit for bit in range(last, len(self.steps))])
        """The last of these, and what must not follow."""
        self.ending, self.before = 1 << last, 1 << last >> 1
        """The last of these, and the one before it, if there is one."""
        self.fits = [(step.event, fits_of(step.where, calendar)) for step in self.steps]
        self.waits = [Left(step.within, calendar) if step.within is not None else None for step in self.steps]
        wait = self.waits[last]
        self.longest_wait = wait.longest if wait is not None else FOREVER
        self.whole = Left(in_order.within, calendar) if in_order.within is not None else None
        self.longest = self.whole.longest if self.whole is not None else FOREVER

    def take(self, memory: Memory, occasion: Occasion, now: Instant) -> Memory:
        steps = self._steps(occasion.fact)
        if not steps:
            return memory
        if not memory or memory[-1][0] <= occasion.at:
            held = [*(memory or ()), [occasion.at, steps]]
        else:
            held = list(memory)
            held.insert(bisect_right([at for at, _ in held], occasion.at), [occasion.at, steps])
        over = now - self.longest
        if len(held) > FEW and held[0][0] <= over:
            del held[: bisect_right(held, over, key=itemgetter(0))]
        return held

    def follows_nothing(self, memory: Memory, occasion: Occasion, now: Instant) -> bool:
        """A step that another must follow, with none after it yet, changes nothing so far; neither does the last one where the one
        before it is not there, or was too long ago.
        """
        if not memory or memory[-1][0] != occasion.at or occasion.start > now:
            return False
        deciding = memory[-1][1] & self.deciding
        return not deciding or (deciding == self.ending and self.before > 0 and not self._comes_after_one(memory))

    def _comes_after_one(self, memory: Memory) -> bool:
        at = memory[-1][0]
        for place in range(len(memory) - 2, -1, -1):
            before, steps = memory[place]
            if at - before > self.longest_wait:
                return False
            if steps & self.before:
                return True
        return False

    def widened(self, others: Sequence[Watcher]) -> Watcher:
        wide = Sequences(*self._of)
        those = [one for one in others if isinstance(one, Sequences)]
        wide.longest = max([one.longest for one in those])
        wide.longest_wait = max([one.longest_wait for one in those])
        return wide

    def _steps(self, fact: Fact) -> int:
        """As bits."""
        steps = 0
        for bit, (event, fits) in enumerate(self.fits):
            if event == fact.name and fits(fact):
                steps |= 1 << bit
        return steps

    def look(self, memory: Memory, now: Instant) -> Looked:
        """Where it is not so, no fact that grows too old makes it so: only one that comes, or time without one."""
        whole, begun, due = self.whole, memory, FOREVER
        if not memory:
            return memory, False, FOREVER
        if second_of(memory[-1][0]) > now:
            begun = [one for one in memory if second_of(one[0]) <= now]
            due = second_of(memory[len(begun)][0])
        if whole is not None and begun and begun[0][0] < (since := whole.since(now)):
            begun = begun[bisect_left(begun, since, key=itemgetter(0)) :]
        seen = 0
        for _, steps in begun:
            seen |= steps
        if seen & self.needed != self.needed:
            return memory, False, due
        truth, over = self._judge(begun, now)
        due = min(due, over)
        if truth and whole is not None:
            due = min(due, whole.of(begun[0][0]))
        return memory, truth, due

    def _judge(self, begun: Memory, now: Instant) -> tuple[bool, Instant]:
        """Whether it is so; where it may become so without another fact, when."""
        ends: list[int] | None = None
        for bit, (step, wait) in enumerate(zip(self.steps, self.waits, strict=True)):
            those = [place for place, (_, steps) in enumerate(begun) if steps >> bit & 1]
            if step.is_not:
                return self._without(begun, ends or [], those, wait, now)
            ends = those if ends is None else list(self._following(begun, ends, those, wait))
            if not ends:
                return False, FOREVER
        return True, FOREVER

    def size(self, memory: Memory) -> int:
        return len(memory)

    def _following(self, begun: Memory, ends: list[int], those: list[int], wait: Left | None) -> Iterator[int]:
        """Of those the ones that come in time after an end: the last end before each is the one that waits longest."""
        for place in those:
            before = bisect_left(ends, place)
            if before and (wait is None or begun[place][0] < wait.of(begun[ends[before - 1]][0])):
                yield place

    def _without(
        self, begun: Memory, ends: list[int], those: list[int], wait: Left | None, now: Instant
    ) -> tuple[bool, Instant]:
        """Whether an end has had its time and none of those came in it; and when the next one will have had it."""
        truth, due = False, FOREVER
        for end in ends:
            over = wait.of(begun[end][0]) if wait is not None else None
            after = bisect_right(those, end)
            follows = after < len(those) and (over is None or begun[those[after]][0] < over)
            if follows:
                continue
            if over is None or over <= now:
                truth = True
            else:
                due = min(due, over)
        return truth, due
