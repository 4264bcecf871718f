"""What is remembered for conditions about scores and interests: the memories of `kernel.scores.live`, one for each condition."""

from collections.abc import Sequence
from typing import TypeAlias

from regulars.kernel.calendar import Calendar
from regulars.kernel.facts import Instant
from regulars.kernel.scores.live import (
    Memory as Kept,
)
from regulars.kernel.scores.live import (
    interest_due,
    interest_of,
    rank_due,
    ranked_of,
    score_due,
    score_of,
    take_interest,
    take_score,
)
from regulars.kernel.scores.meaning import borders_of_levels, level_of
from regulars.kernel.scores.tree import InterestProfile, Score, Thousandths, events_of
from regulars.kernel.segments.changing import borders_of
from regulars.kernel.segments.live.watch import Looked, Memory, Occasion, Watcher
from regulars.kernel.segments.tree import InScoreLevel, InterestIs, IsTopInterest, ScoreIs

AboutScores: TypeAlias = ScoreIs | InScoreLevel
AboutInterests: TypeAlias = InterestIs | IsTopInterest


class Scored(Watcher):
    """Memory: what each action has given so far."""

    def __init__(self, leaf: AboutScores, score: Score, calendar: Calendar) -> None:
        self.leaf, self.score, self.calendar = leaf, score, calendar
        self.events = tuple(sorted(events_of(score)))
        self.borders: Sequence[Thousandths] = (
            borders_of(leaf.bounds) if isinstance(leaf, ScoreIs) else borders_of_levels(score)
        )

    def take(self, memory: Memory, occasion: Occasion, now: Instant) -> Memory:
        kept = _kept(memory)
        take_score(kept, self.score, occasion.fact, self.calendar, now)
        return kept

    def look(self, memory: Memory, now: Instant) -> Looked:
        kept = _kept(memory)
        value = score_of(kept, self.score, now)
        due = score_due(kept, self.score, now, self.borders)
        if isinstance(self.leaf, ScoreIs):
            return memory, self.leaf.bounds.admit(value), due
        level = level_of(self.score, value)
        return memory, self.leaf.or_none if level is None else level in self.leaf.levels, due

    def size(self, memory: Memory) -> int:
        kept = _kept(memory)
        return len(kept.left) + len(kept.ahead)


class Interested(Watcher):
    """Memory: the interest in each value so far."""

    def __init__(self, leaf: AboutInterests, profile: InterestProfile, calendar: Calendar) -> None:
        self.leaf, self.profile, self.calendar = leaf, profile, calendar
        self.events = tuple(sorted(events_of(profile)))

    def take(self, memory: Memory, occasion: Occasion, now: Instant) -> Memory:
        kept = _kept(memory)
        take_interest(kept, self.profile, occasion.fact, self.calendar, now)
        return kept

    def look(self, memory: Memory, now: Instant) -> Looked:
        kept, leaf = _kept(memory), self.leaf
        if isinstance(leaf, IsTopInterest):
            return memory, leaf.value in ranked_of(kept, self.profile, now)[: leaf.places], rank_due(kept, now)
        value = interest_of(kept, self.profile, leaf.value, now)
        due = interest_due(kept, self.profile, leaf.value, now, borders_of(leaf.bounds))
        return memory, leaf.bounds.admit(value), due

    def size(self, memory: Memory) -> int:
        kept = _kept(memory)
        return len(kept.left) + len(kept.ahead)


def _kept(memory: Memory) -> Kept:
    """A copy, from plain data too."""
    if memory is None:
        return Kept()
    left, ahead = (memory.left, memory.ahead) if isinstance(memory, Kept) else memory[:2]
    return Kept(
        {key: (value, at) for key, (value, at) in left.items()}, [(at, key, points) for at, key, points in ahead]
    )
