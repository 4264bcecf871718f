"""Who would have reached what: of last year's members the share that reached each level and game, how long that took, and how many
came near.

A member of last year is whoever is a member and did something within twelve months of the end. They reached it if they did at any
time until then, from their first fact (or from joining) on; a game counts that was withheld, too. *Near* is whoever did not reach
it, and was once within a tenth of it: of a level by the sums that levels go by, of a game by the mean of its parts.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from regulars.kernel.calendar import DAY, add_months
from regulars.kernel.effects import Effect, GameReached, LevelEarned, TierChanged
from regulars.kernel.facts import DAWN, FOREVER, Fact, Instant
from regulars.kernel.games.playing import LONG_BEFORE, Play, done_between, runs, sums
from regulars.kernel.games.watching import GameWatch
from regulars.kernel.program import Lifetime, Program
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.shares import Share
from regulars.kernel.state import LONG_AGO, Buckets, State
from regulars.kernel.tiers import TierRules

NEAR: Final = Fraction(9, 10)
FEW: Final = 100
"""Hundredths of a per cent under which hardly anybody reaches it."""
MANY: Final = 9_000
"""Hundredths of a per cent above which nearly everybody does."""
LEVEL: Final = "level"
A_LIFE: Final = 10_000
A_LIFE_MONTHS: Final = 1_200
"""Longer than any history: so much is kept of what is counted anew."""

Goal = tuple[str, str]
"""Its kind and its name."""


class Reached(Struct, frozen=True):
    """`median_days` is None where nobody reached it."""

    kind: str
    id: str
    members: int
    reached: int
    median_days: int | None
    near: int

    @property
    def share(self) -> Share:
        return Share(self.reached, self.members)

    def warning(self) -> str | None:
        """Where it asks too much or nothing of anybody."""
        if not self.members:
            return None
        share = self.share.hundredths()
        said = f"{share // 100}.{share % 100:02} % of last year's members would have reached"
        if share < FEW:
            return f"Only {said} the {self.kind} “{self.id}”; {self.near:,} came within a tenth of it."
        return f"{said.capitalize()} the {self.kind} “{self.id}”: it asks nothing of them." if share > MANY else None


class ReachSums(Struct):
    """How many reached it after how many days, and how many came near."""

    days: Counter[int] = field(default_factory=Counter)
    near: int = 0

    def add(self, other: "ReachSums") -> None:
        self.days.update(other.days)
        self.near += other.near


class Reach:
    """What there is to be reached in a program, and whether a customer has."""

    def __init__(self, program: Rulebook, end: Instant) -> None:
        self._program = program
        levels = program.program.tiers.levels if program.program.tiers else ()
        self._levels = {level.id: level.at for level in levels if level.at > 0}
        self._plays = program.games.plays if program.games is not None else []
        calendar = program.calendar
        self._year_ago = DAWN if end == FOREVER else calendar.start_of_day(add_months(calendar.day_of(end), -12))
        self.goals = goals_of(program.program)

    def take(self, facts: Sequence[Fact], effects: Iterable[Effect], state: State, found: dict[Goal, ReachSums]) -> int:
        """Adds the customer to `found`; 1 where they are a member of last year, else 0."""
        if not self._program.is_member(state) or max([fact.happened_at for fact in facts]) < self._year_ago:
            return 0
        joined = state.consequences.member_since
        start = min([fact.happened_at for fact in facts]) if joined is None else joined
        reached = self._first_times(effects)
        for goal in self.goals:
            if goal in reached:
                found.setdefault(goal, ReachSums()).days[max(reached[goal] - start, 0) // DAY] += 1
        missing = [goal for goal in self.goals if goal not in reached]
        for goal in self._near(missing, facts, state):
            found.setdefault(goal, ReachSums()).near += 1
        return 1

    def _first_times(self, effects: Iterable[Effect]) -> dict[Goal, Instant]:
        tiers = self._program.tiers
        kinds = {play.id: play.game.kind for play in self._plays}
        first: dict[Goal, Instant] = {}
        for effect in effects:
            if isinstance(effect, TierChanged | LevelEarned) and tiers is not None:
                for level in tiers.ids[1 : tiers.rank_of[effect.after] + 1]:
                    first.setdefault((LEVEL, level or ""), effect.effective_at)
            elif isinstance(effect, GameReached):
                first.setdefault((kinds[effect.game], effect.game), effect.effective_at)
        return first

    def _near(self, goals: Sequence[Goal], facts: Sequence[Fact], state: State) -> list[Goal]:
        near = []
        tiers = self._program.tiers
        if tiers is not None and any(kind == LEVEL for kind, _ in goals):
            best = _best_of_levels(tiers, facts, state, self._program)
            near += [(kind, id) for kind, id in goals if kind == LEVEL and best >= NEAR * self._levels[id]]
        for play in self._plays:
            if (play.game.kind, play.id) in goals and _best_of_game(play, facts, state, self._program) >= NEAR:
                near.append((play.game.kind, play.id))
        return near


def goals_of(program: Program) -> list[Goal]:
    """In the order of the document. A level that is everybody's is reached by nobody."""
    levels = [(LEVEL, level.id) for level in program.tiers.levels if level.at > 0] if program.tiers else []
    return levels + [(game.kind, game.id) for game in program.games.every if not game.interest_only]


def reached(goals: Sequence[Goal], found: dict[Goal, ReachSums], members: int) -> tuple[Reached, ...]:
    every = []
    for kind, id in goals:
        one = found.get((kind, id), ReachSums())
        every.append(Reached(kind, id, members, one.days.total(), _median(one.days), one.near))
    return tuple(every)


def _median(days: Counter[int]) -> int | None:
    """The day by which half of them had reached it."""
    half, seen = (days.total() + 1) // 2, 0
    for day in sorted(days):
        seen += days[day]
        if seen >= half:
            return day
    return None


def _best_of_levels(tiers: TierRules, facts: Sequence[Fact], state: State, program: Rulebook) -> int:
    """The most that the time which counts for levels ever held; where all facts are needed, they are counted anew."""
    watch = tiers.watch
    if watch is None:
        buckets, by_day = state.consequences.qualifying, True
    elif watch.bucket == "day":
        buckets, by_day = replace(watch, keep=A_LIFE_MONTHS).refolded(facts, program.calendar), True
    else:
        buckets, by_day = tiers.sums(state), False
    if isinstance(tiers.tiers.over, Lifetime):
        return sum(buckets.values())
    if not by_day:
        return max(buckets.values(), default=0)
    ends = [day for day in buckets if day != LONG_AGO]
    return max([done_between(buckets, add_months(end, -tiers.looks_back) + 1, end) for end in ends], default=0)


def _best_of_game(play: Play, facts: Sequence[Fact], state: State, program: Rulebook) -> Fraction:
    """From 0 to 1: the most that was ever there of it."""
    game = play.game
    if not game.is_windowed:
        return _share(sums(play, state), [deed.needed for deed in game.deeds])
    parts = [_whole(one[1], facts, program) for one in play.watches if one is not None]
    if game.kind == "streak":
        assert program.games is not None
        longest = max([length for _, length in runs(play, parts[0], LONG_BEFORE, program.games.is_paused)], default=0)
        return _share([longest], [game.run])
    within, needed = game.within_days or 0, [deed.needed for deed in game.deeds]
    ends = sorted({number for part in parts for number in part})
    every = [_share([done_between(part, end - within + 1, end) for part in parts], needed) for end in ends]
    return max(every, default=Fraction(0))


def _whole(watch: GameWatch, facts: Sequence[Fact], program: Rulebook) -> Buckets:
    return replace(watch, keep=A_LIFE).refolded(facts, program.calendar)


def _share(done: Sequence[int], needed: Sequence[int]) -> Fraction:
    shares = [Fraction(min(max(one, 0), enough), enough) for one, enough in zip(done, needed, strict=True)]
    return sum(shares, Fraction(0)) / len(shares)
