"""What is counted within a window: times, sums, extremes, different values, shares.

What ends together is one bucket. Of what is only counted up to a bound no more is kept than the bound asks for: the longest
lasting.
"""

from collections.abc import Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import Any, Final

from regulars.kernel.calendar import Calendar
from regulars.kernel.facts import FOREVER, Fact, Instant, OrderCompleted
from regulars.kernel.segments.happenings import Time, values_of
from regulars.kernel.segments.live.watch import (
    Looked,
    Memory,
    Occasion,
    Watcher,
    asking,
    chooser_of,
    fits_of,
    only_of,
    stretches_of,
    whole_bounds,
)
from regulars.kernel.segments.passing import Truth, number_of
from regulars.kernel.segments.tree import Did, Greatest, Ratio
from regulars.kernel.segments.values import AMOUNT

SHORT: Final = 40
"""Longer values are remembered by a hash of theirs."""
ONCE: Final = (1,)
NOT_ONCE: Final = (0,)


class Windowed(Watcher):
    """Memory: `[what counts now, what waits]`; what waits is `[from, to, value]`, the soonest first."""

    enough = 0
    """So many are enough to know, where it counts."""

    def __init__(self, did: Did | Ratio, calendar: Calendar) -> None:
        self.events = (did.event,)
        self.choose = chooser_of(did.where, calendar)
        self.only = only_of(did.where) if isinstance(did, Did) else None
        of = getattr(did.counted, "of", "") if isinstance(did, Did) else ""
        self.asks = asking(type(self).__name__, of, did.where)
        self.stretches = stretches_of(did.window, calendar)
        self.bounds = did.bounds
        self.has_no_most = did.bounds.most is None

    def take(self, memory: Memory, occasion: Occasion, now: Instant) -> Memory:
        values = self.told(occasion)
        if not values:
            return memory
        start, end = self.stretches(occasion)
        if end <= now or start >= end:
            return memory
        current, ahead = memory or ({}, ())
        if start > now:
            return [current, sorted([*ahead, *[[start, end, value] for value in values]])]
        current = dict(current)
        for value in values:
            self.add(current, end, value)
        return [current, ahead]

    def look(self, memory: Memory, now: Instant) -> Looked:
        if memory is None:
            return None, self.of_nothing(), FOREVER
        current, ahead = memory
        if ahead and ahead[0][0] <= now:
            current = dict(current)
            for start, end, value in ahead:
                if start <= now < end:
                    self.add(current, end, value)
            ahead = [one for one in ahead if one[0] > now]
            memory = [current, ahead]
        kept = self.without_what_is_over(current, now)
        if kept is not current:
            memory, current = [kept, ahead], kept
        truth, due = self.judge(current)
        if ahead and ahead[0][0] < due:
            due = ahead[0][0]
        return (memory if current or ahead else None), truth, due

    def without_what_is_over(self, current: dict[Any, Any], now: Instant) -> dict[Any, Any]:
        for end in current:
            if end <= now:
                return {end: held for end, held in current.items() if end > now}
        return current

    def size(self, memory: Memory) -> int:
        return len(memory[0]) + len(memory[1])

    def told(self, occasion: Occasion) -> Sequence[Any]:
        """What counts of it; nothing where it is not what was asked for."""
        said = occasion.said.get(self.asks)
        if said is None:
            time = self.choose(occasion.fact)
            said = occasion.said[self.asks] = () if time is None else self.values(time)
        return said

    def of_nothing(self) -> Truth:
        return self.judge({})[0]

    def values(self, time: Time) -> Sequence[Any]:
        raise NotImplementedError

    def add(self, current: dict[Any, Any], end: Instant, value: Any) -> None:
        raise NotImplementedError

    def judge(self, current: dict[Any, Any]) -> tuple[Truth, Instant]:
        raise NotImplementedError


class Counts(Windowed):
    """`{end: how many}`; of the longest lasting only so many as make a difference. For windows that do not end with today."""

    def __init__(self, did: Did, calendar: Calendar) -> None:
        super().__init__(did, calendar)
        self.fits = fits_of(did.where, calendar)
        self.least, self.most, self.enough = whole_bounds(did.bounds)

    def told(self, occasion: Occasion) -> Sequence[Any]:
        return ONCE if self.fits(occasion.fact) else ()

    def only_adds(self, fact: Fact) -> bool:
        return True

    def add(self, current: dict[Any, Any], end: Instant, value: Any) -> None:
        add_to(current, end, self.enough)

    def judge(self, current: dict[Any, Any]) -> tuple[Truth, Instant]:
        count = sum(current.values())
        truth = self.least <= count <= self.most
        for end in sorted(current):
            count -= current[end]
            if (self.least <= count <= self.most) is not truth:
                return truth, end
        return truth, FOREVER


def add_to(current: dict[Instant, int], end: Instant, enough: int) -> None:
    """Counts one more; what is not needed to have enough of the longest lasting goes."""
    current[end] = min(current.get(end, 0) + 1, enough)
    if len(current) > 1:
        spare = sum(current.values()) - enough
        while spare > 0:
            first = min(current)
            if current[first] > spare:
                current[first] -= spare
                return
            spare -= current.pop(first)


class Numbers(Windowed):
    """The numbers under a property."""

    def __init__(self, did: Did, calendar: Calendar) -> None:
        super().__init__(did, calendar)
        self.of: str = did.counted.of  # type: ignore[union-attr]
        self.least, self.most, _ = whole_bounds(did.bounds)

    def values(self, time: Time) -> Sequence[Any]:
        if self.of == AMOUNT and isinstance(time.fact, OrderCompleted):
            return [time.fact.amount_minor]
        found = [number_of(value) for value in values_of(time, self.of)]
        return [written(number) for number in found if number is not None]


def written(number: int | Fraction) -> int | str:
    """As plain data."""
    if isinstance(number, int) or number.denominator == 1:
        return int(number) if -FOREVER < number < FOREVER else f"{int(number)}"
    return f"{number.numerator}/{number.denominator}"


def read(number: int | str) -> int | Fraction:
    return number if isinstance(number, int) else Fraction(number)


class Sums(Numbers):
    """`{end: sum}`."""

    def only_adds(self, fact: Fact) -> bool:
        return self.of == AMOUNT and isinstance(fact, OrderCompleted) and fact.amount_minor >= 0

    def add(self, current: dict[Any, Any], end: Instant, value: Any) -> None:
        held = current.get(end, 0)
        if isinstance(held, int) and isinstance(value, int) and -FOREVER < held + value < FOREVER:
            current[end] = held + value
        else:
            current[end] = written(Fraction(read(held)) + read(value))

    def judge(self, current: dict[Any, Any]) -> tuple[Truth, Instant]:
        total: int | Fraction = sum([read(value) for value in current.values()])
        truth = self._admits(total)
        if (
            not truth
            and self.has_no_most
            and all([isinstance(value, int) and value >= 0 for value in current.values()])
        ):
            return truth, FOREVER
        for end in sorted(current):
            total -= read(current[end])
            if self._admits(total) is not truth:
                return truth, end
        return truth, FOREVER

    def _admits(self, total: int | Fraction) -> bool:
        """Whole numbers are quicker to compare."""
        return self.least <= total <= self.most if isinstance(total, int) else self.bounds.admit(total)


class Averages(Numbers):
    """`{end: [sum, how many]}`."""

    def add(self, current: dict[Any, Any], end: Instant, value: Any) -> None:
        total, number = current.get(end, (0, 0))
        current[end] = [written(Fraction(read(total)) + read(value)), number + 1]

    def judge(self, current: dict[Any, Any]) -> tuple[Truth, Instant]:
        total = sum([Fraction(read(one)) for one, _ in current.values()], Fraction(0))
        number = sum([count for _, count in current.values()])
        truth = self._truth(total, number)
        for end in sorted(current):
            total -= read(current[end][0])
            number -= current[end][1]
            if self._truth(total, number) is not truth:
                return truth, end
        return truth, FOREVER

    def _truth(self, total: Fraction, number: int) -> Truth:
        return self.bounds.admit(total / number) if number else None


class Extremes(Numbers):
    """`{end: value}`: what does not last longer than another and is not more extreme either is never needed."""

    def __init__(self, did: Did, calendar: Calendar) -> None:
        super().__init__(did, calendar)
        self.sign = 1 if isinstance(did.counted, Greatest) else -1

    def add(self, current: dict[Any, Any], end: Instant, value: Any) -> None:
        height = self.sign * read(value)
        if any([other >= end and self.sign * read(held) >= height for other, held in current.items()]):
            return
        for other in [other for other, held in current.items() if other <= end and self.sign * read(held) <= height]:
            del current[other]
        current[end] = value

    def judge(self, current: dict[Any, Any]) -> tuple[Truth, Instant]:
        """The one that ends first is the most extreme."""
        truth: Truth = None
        last = FOREVER
        for place, end in enumerate(sorted(current)):
            now = self.bounds.admit(read(current[end]))
            if place == 0:
                truth = now
            elif now is not truth:
                return truth, last
            last = end
        return truth, last


class Values(Windowed):
    """Different values: `{value: end}`, of those that last longest so many as make a difference."""

    def __init__(self, did: Did, calendar: Calendar) -> None:
        super().__init__(did, calendar)
        self.of: str = did.counted.of  # type: ignore[union-attr]
        self.least, self.most, self.enough = whole_bounds(did.bounds)

    def values(self, time: Time) -> Sequence[Any]:
        return [short(value) for value in sorted(set(values_of(time, self.of)))]

    def only_adds(self, fact: Fact) -> bool:
        return True

    def add(self, current: dict[Any, Any], end: Instant, value: Any) -> None:
        current[value] = max(current.get(value, end), end)
        if len(current) > self.enough:
            del current[min(current, key=lambda value: (current[value], value))]

    def without_what_is_over(self, current: dict[Any, Any], now: Instant) -> dict[Any, Any]:
        for end in current.values():
            if end <= now:
                return {value: end for value, end in current.items() if end > now}
        return current

    def judge(self, current: dict[Any, Any]) -> tuple[Truth, Instant]:
        count = len(current)
        truth = self.least <= count <= self.most
        for end in sorted(current.values()):
            count -= 1
            # Several may end together: then the truth is looked at once more, for nothing.
            if (self.least <= count <= self.most) is not truth:
                return truth, end
        return truth, FOREVER


def short(value: str) -> str:
    return value if len(value) <= SHORT else f"#{blake2b(value.encode(), digest_size=16).hexdigest()}"


class Sames(Values):
    """How often the most frequent value: `{value: {end: how many}}`."""

    def size(self, memory: Memory) -> int:
        return sum([1 + len(held) for held in memory[0].values()]) + len(memory[1])

    def add(self, current: dict[Any, Any], end: Instant, value: Any) -> None:
        held = dict(current.get(value, {}))
        add_to(held, end, self.enough)
        current[value] = held

    def without_what_is_over(self, current: dict[Any, Any], now: Instant) -> dict[Any, Any]:
        if all([end > now for held in current.values() for end in held]):
            return current
        kept = {value: {end: number for end, number in held.items() if end > now} for value, held in current.items()}
        return {value: held for value, held in kept.items() if held}

    def judge(self, current: dict[Any, Any]) -> tuple[Truth, Instant]:
        counts = {value: sum(held.values()) for value, held in current.items()}
        number_with: dict[int, int] = {}
        for count in counts.values():
            number_with[count] = number_with.get(count, 0) + 1
        most = max(number_with, default=0)
        truth = self.least <= most <= self.most
        ends = sorted([(end, value) for value, held in current.items() for end in held])
        for place, (end, value) in enumerate(ends):
            number_with[counts[value]] -= 1
            counts[value] -= current[value][end]
            number_with[counts[value]] = number_with.get(counts[value], 0) + 1
            while most and not number_with.get(most):
                most -= 1
            if place + 1 < len(ends) and ends[place + 1][0] == end:
                continue
            if (self.least <= most <= self.most) is not truth:
                return truth, end
        return truth, FOREVER


class Ratios(Windowed):
    """`{end: [those that fit, all]}`."""

    def __init__(self, ratio: Ratio, calendar: Calendar) -> None:
        super().__init__(ratio, calendar)
        self.fits = fits_of(ratio.where, calendar)

    def told(self, occasion: Occasion) -> Sequence[Any]:
        return ONCE if self.fits(occasion.fact) else NOT_ONCE

    def add(self, current: dict[Any, Any], end: Instant, value: Any) -> None:
        such, number = current.get(end, (0, 0))
        current[end] = [such + value, number + 1]

    def judge(self, current: dict[Any, Any]) -> tuple[Truth, Instant]:
        such, number = sum([one[0] for one in current.values()]), sum([one[1] for one in current.values()])
        truth = self._truth(such, number)
        for end in sorted(current):
            such, number = such - current[end][0], number - current[end][1]
            if self._truth(such, number) is not truth:
                return truth, end
        return truth, FOREVER

    def _truth(self, such: int, number: int) -> Truth:
        return self.bounds.admit(Fraction(such, number)) if number else None
