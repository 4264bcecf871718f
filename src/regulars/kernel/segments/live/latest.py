"""What is remembered as a few moments: the first and the last time, the newest word about a list, the days with an order."""

from bisect import bisect_right

from regulars.kernel.calendar import Calendar
from regulars.kernel.facts import FOREVER, ORDER_COMPLETED, Instant
from regulars.kernel.segments.live.watch import Left, Looked, Memory, Occasion, Watcher, fits_of, only_of
from regulars.kernel.segments.meaning import is_word_of_list
from regulars.kernel.segments.passing import Truth
from regulars.kernel.segments.rhythm import first_day_longer, gap_of, in_rhythm
from regulars.kernel.segments.tree import LIST_JOINED, LIST_LEFT, OnList, Rhythm, Since
from regulars.kernel.segments.windows import day_at, second_of


class Moments(Watcher):
    def __init__(self, since: Since, calendar: Calendar) -> None:
        self.fits = fits_of(since.where, calendar)
        self.only = only_of(since.where)
        self.events = (since.event,)
        self.shares = (since.which, since.event, since.where)
        self.more = Left(since.more_than, calendar) if since.more_than is not None else None
        self.less = Left(since.less_than, calendar) if since.less_than is not None else None

    def size(self, memory: Memory) -> int:
        return 1

    def judge(self, at: Instant, now: Instant) -> tuple[Truth, Instant]:
        longer, shorter, due = True, True, FOREVER
        if self.more is not None:
            end = self.more.of(at)
            longer = now >= end
            due = end if end > now else due
        if self.less is not None:
            end = self.less.of(at)
            shorter = now < end
            due = min(due, end) if end > now else due
        return longer and shorter, due


class First(Moments):
    """Memory: the first moment."""

    def take(self, memory: Memory, occasion: Occasion, now: Instant) -> Memory:
        if (memory is not None and memory <= occasion.at) or not self.fits(occasion.fact):
            return memory
        return occasion.at

    def look(self, memory: Memory, now: Instant) -> Looked:
        if memory is None:
            return None, None, FOREVER
        if second_of(memory) > now:
            return memory, None, second_of(memory)
        return memory, *self.judge(memory, now)


class Last(Moments):
    """Memory: the last moment so far, behind it those that lie ahead."""

    def take(self, memory: Memory, occasion: Occasion, now: Instant) -> Memory:
        if not self.fits(occasion.fact):
            return memory
        held = memory or []
        ahead = [at for at in held if second_of(at) > now]
        past = held[: len(held) - len(ahead)]
        if past and occasion.at <= past[-1]:
            return memory
        if occasion.start > now:
            return sorted([*held, occasion.at])
        return [occasion.at, *ahead]

    def look(self, memory: Memory, now: Instant) -> Looked:
        if memory is None:
            return None, None, FOREVER
        begun = bisect_right([second_of(at) for at in memory], now)
        if begun == 0:
            return memory, None, second_of(memory[0])
        if begun > 1:
            memory = memory[begun - 1 :]
        truth, due = self.judge(memory[0], now)
        return memory, truth, min(due, second_of(memory[1])) if len(memory) > 1 else due


class Words(Watcher):
    """Memory: `[moment, whether they joined]` of the newest word so far, behind it those that lie ahead."""

    events = (LIST_JOINED, LIST_LEFT)

    def __init__(self, on_list: OnList) -> None:
        self.list = on_list.list

    def take(self, memory: Memory, occasion: Occasion, now: Instant) -> Memory:
        if not is_word_of_list(occasion.fact, self.list):
            return memory
        held = [*(memory or ()), [occasion.at, occasion.fact.name == LIST_JOINED]]
        return sorted(held, key=lambda word: int(word[0]))

    def look(self, memory: Memory, now: Instant) -> Looked:
        if memory is None:
            return None, False, FOREVER
        begun = bisect_right([second_of(at) for at, _ in memory], now)
        if begun > 1:
            memory, begun = memory[begun - 1 :], 1
        due = second_of(memory[begun][0]) if begun < len(memory) else FOREVER
        return memory, bool(begun and memory[0][1]), due

    def size(self, memory: Memory) -> int:
        return len(memory)


class Days(Watcher):
    """Memory: `[days with an order so far, moments of those that lie ahead]`, in their order."""

    events = (ORDER_COMPLETED,)

    def __init__(self, rhythm: Rhythm, calendar: Calendar) -> None:
        self.rhythm, self.calendar = rhythm, calendar

    def take(self, memory: Memory, occasion: Occasion, now: Instant) -> Memory:
        days, ahead = memory or ((), ())
        if occasion.start > now:
            return [days, sorted([*ahead, occasion.at])]
        return memory if occasion.day in days else [sorted([*days, occasion.day]), ahead]

    def look(self, memory: Memory, now: Instant) -> Looked:
        days, ahead = memory or ((), ())
        if ahead and second_of(ahead[0]) <= now:
            begun = [day_at(at, self.calendar) for at in ahead if second_of(at) <= now]
            days, ahead = sorted({*days, *begun}), [at for at in ahead if second_of(at) > now]
        due, gap = second_of(ahead[0]) if ahead else FOREVER, gap_of(self.rhythm, days)
        for times in (self.rhythm.more_than, self.rhythm.at_most):
            if gap is not None and times is not None and gap.until is None:
                end = self.calendar.start_of_day(first_day_longer(gap, times))
                due = end if now < end < due else due
        truth = in_rhythm(self.rhythm, days, day_at(now, self.calendar))
        return [days, ahead] if days or ahead else None, truth, due

    def size(self, memory: Memory) -> int:
        return len(memory[0])
