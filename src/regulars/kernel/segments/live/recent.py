"""How often something happened until today: what is remembered is when it last did, as many times as make a difference."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from regulars.kernel.calendar import Calendar
from regulars.kernel.facts import FOREVER, Fact, Instant
from regulars.kernel.segments.live.watch import (
    FEW,
    Left,
    Looked,
    Memory,
    Occasion,
    Watcher,
    fits_of,
    only_of,
    whole_bounds,
)
from regulars.kernel.segments.tree import Did, Trailing
from regulars.kernel.segments.windows import second_of


class Recent(Watcher):
    """Memory: moments in their order; of those that lie ahead all. The count of a window is how many of them still lie in it, no
    more than are enough to know.
    """

    def __init__(self, did: Did, calendar: Calendar) -> None:
        self.events = (did.event,)
        self.fits, self.only = fits_of(did.where, calendar), only_of(did.where)
        self.shares = ("recent", did.event, did.where)
        self.left = Left(did.window.duration, calendar) if isinstance(did.window, Trailing) else None
        self.least, self.most, self.enough = whole_bounds(did.bounds)
        self.kept = self.enough
        self.has_no_most = did.bounds.most is None
        self.needs = self.least if self.has_no_most else 0
        self.longest = self.left.longest if self.left is not None else FOREVER
        self._of = did, calendar

    def widened(self, others: Sequence[Watcher]) -> Watcher:
        wide = Recent(*self._of)
        those = [one for one in others if isinstance(one, Recent)]
        wide.kept = max([one.enough for one in those])
        wide.longest = max([one.longest for one in those])
        return wide

    def take(self, memory: Memory, occasion: Occasion, now: Instant) -> Memory:
        if not self.fits(occasion.fact):
            return memory
        at = occasion.at
        if not memory:
            return [at]
        if memory[-1] <= at:
            found = [*memory, at]
        else:
            found = list(memory)
            found.insert(bisect_right(found, at), at)
        spare = self._begun(found, now) - self.kept
        if spare > 0:
            del found[:spare]
        over = now - self.longest
        if len(found) > FEW and found[0] <= over:
            del found[: bisect_right(found, over)]
        return found

    def look(self, memory: Memory, now: Instant) -> Looked:
        number = self._begun(memory, now) if memory else 0
        due = second_of(memory[number]) if memory and number < len(memory) else FOREVER
        if self.most == FOREVER:
            if self.least <= 0:
                return memory, True, FOREVER
            if number < self.least:
                return memory, False, due
            at = memory[number - self.least]
            is_in = self.left is None or at >= self.left.since(now)
            return (memory, True, min(due, self._end(at))) if is_in else (memory, False, due)
        inside = (
            [end for end in map(self._end, memory[max(0, number - self.enough) : number]) if end > now]
            if memory
            else []
        )
        count = len(inside)
        truth = self.least <= count <= self.most
        for end in inside:
            count -= 1
            if (self.least <= count <= self.most) is not truth:
                return memory, truth, min(due, end)
        return memory, truth, due

    def only_adds(self, fact: Fact) -> bool:
        return True

    def size(self, memory: Memory) -> int:
        return len(memory)

    def _end(self, at: Instant) -> Instant:
        return self.left.of(at) if self.left is not None else FOREVER

    def _begun(self, memory: Any, now: Instant) -> int:
        """How many have happened by now."""
        if second_of(memory[-1]) <= now:
            return len(memory)
        return len([at for at in memory if second_of(at) <= now])
