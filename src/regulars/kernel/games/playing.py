"""Games: what a fact brings about.

A game is finished as often as what was counted says; what was given before is compared with that. So a late fact finishes what
it finishes, and what goes back takes back what it had finished, as far as it is remembered and unused.

    counted    stamps, milestones, challenges without a time: floor(done / needed) of what was ever done, the least of its parts
    windowed   challenges within days, streaks: the first period after the last time in which they hold; what counted for the last
               time counts for no other

What is given comes of the fact that finished it, and counts for no level.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from regulars.kernel.calendar import Calendar, Day
from regulars.kernel.effects import (
    AVAILABLE,
    EARN,
    EARN_REVERSAL,
    GAME,
    GAME_LOTS,
    PENDING,
    PROGRAM,
    Assigned,
    Because,
    Effect,
    GameReached,
    GameTakenBack,
    PerkUsed,
    Posted,
    Withheld,
)
from regulars.kernel.facts import FOREVER, ORDER_COMPLETED, WEAK, Behaved, Fact, Instant, OrderReturned
from regulars.kernel.games.interest import offered_by
from regulars.kernel.games.rules import Game
from regulars.kernel.games.standing import (
    NO_STANDING,
    NOTHING_PLAYED,
    Mark,
    Standing,
    after_one_less,
    after_one_more,
)
from regulars.kernel.games.watching import GameWatch, ZoneWatch, days_of, observe_game
from regulars.kernel.pauses import Stopped, stopped
from regulars.kernel.state import Buckets, Consequences, State
from regulars.kernel.trials import Verdict

if TYPE_CHECKING:
    from regulars.kernel.program import Program
    from regulars.kernel.recalled import Memory
    from regulars.kernel.rulebook import Rulebook

PERK_USED: Final = "Perk Used"
"""The event by which the shop says that a perk was used that may be used once; its property `perk` says which."""
PERK: Final = "perk"
MOST_AT_ONCE: Final = 100
"""How often one fact can finish one game. A rest waits for the next fact that counts."""
LONG_BEFORE: Final = -(2**40)

IsPaused = Callable[[int, str], bool]
"""Whether this period, by its number and unit, is one in which a streak does not break."""


class Play(Struct, frozen=True):
    """A game, compiled: its place in the program, and the watch of each part by its key; None for points, which the state holds."""

    game: Game
    place: int
    watches: tuple[tuple[str, GameWatch] | None, ...]

    @property
    def id(self) -> str:
        return self.game.id


class GameRules:
    """A program's games, compiled."""

    def __init__(self, program: "Program", calendar: Calendar) -> None:
        games = program.games
        zones = tuple(sorted(games.zones, key=lambda zone: zone.name))
        walls = (calendar, *[Calendar(zone) for zone in zones])
        self.calendar = calendar
        still = stopped(program.pauses, "streaks")
        self.is_paused: IsPaused = _never if still is None else partial(_is_paused, still)
        self.zone = ZoneWatch("ever", 1, False, "", names=tuple([zone.name for zone in zones])) if zones else None
        self.zone_key = self.zone.key() if self.zone is not None else ""
        members_only = program.members == "those_who_join"
        self.plays: list[Play] = []
        for place, game in enumerate(games.every):
            watches = [_watch(game, i, members_only, program.zone.name, walls) for i in range(len(game.deeds))]
            keyed = tuple([None if one is None else (one.key(), one) for one in watches])
            self.plays.append(Play(game, place, keyed))
        self.offered = offered_by(program)
        self.by_event: dict[str, list[Play]] = {}
        self.watched: dict[str, list[tuple[str, GameWatch]]] = {}
        self.of_points = [one for one in self.plays if None in one.watches]
        for play in self.plays:
            for name in sorted({deed.on for deed in play.game.deeds if deed.counts != "points"}):
                self.by_event.setdefault(name, []).append(play)
        watches_by_key = {key: watch for one in self.plays for key, watch in _keyed(one)}
        for key, game_watch in watches_by_key.items():
            self.watched.setdefault(game_watch.deed.on, []).append((key, game_watch))
        self.watches: list[tuple[str, GameWatch | ZoneWatch]] = list(watches_by_key.items())
        if self.zone is not None:
            self.watches.append((self.zone_key, self.zone))

    def zone_of(self, state: State) -> int:
        return state.observations[self.zone_key].get(0, 0) if self.zone is not None else 0


def observe_games(state: State, fact: Fact, rules: GameRules, memory: "Memory | None") -> None:
    """Counts the fact for the games."""
    if rules.zone is not None:
        told = rules.zone.told(fact)
        if told is not None:
            state.observations[rules.zone_key] = {0: told}
    watched = rules.watched.get(ORDER_COMPLETED if isinstance(fact, OrderReturned) else fact.name)
    if not watched:
        return
    zone, since = rules.zone_of(state), state.consequences.member_since
    for key, watch in watched:
        observe_game(state.observations[key], watch, fact, zone, since, memory)


def play(state: State, fact: Fact, at: Instant, program: "Rulebook", by: str | None) -> list[Effect]:
    """What games follow from a fact that was counted; `by` is the name by which the customer is drawn."""
    rules = program.games
    assert rules is not None
    touched = rules.by_event.get(ORDER_COMPLETED if isinstance(fact, OrderReturned) else fact.name, ())
    plays = [*touched, *rules.of_points] if rules.of_points else touched
    effects: list[Effect] = []
    if plays and program.is_member(state):
        moves = _Moves(state, fact, at, program, by or fact.customer)
        for one in plays:
            effects += moves.of(one)
    return effects


def use_perk(held: Consequences, fact: Fact, at: Instant, version: str) -> list[Effect]:
    """A perk that was given once is used up by the shop's word."""
    if not isinstance(fact, Behaved) or fact.name != PERK_USED or fact.trust is WEAK or held.played is None:
        return []
    grant = held.played.grant_of(fact.properties.get(PERK, ""), at)
    if grant is None:
        return []
    because = Because(f"{GAME}{grant.game}", version, fact.id)
    return [PerkUsed(grant.perk, grant.fact, at, fact.recorded_at, because)]


def reached(play: Play, state: State, standing: Standing, is_paused: IsPaused) -> int | None:
    """The period in which the game is finished once more, 0 where periods do not matter; None where it is not."""
    game = play.game
    if standing.times and not game.again:
        return None
    if not game.is_windowed:
        return 0 if times_ever(play, state) > standing.times else None
    return first_day(play, state, since_of(standing), is_paused)


def times_ever(play: Play, state: State) -> int:
    """How often what was ever done is enough."""
    return min([max(done, 0) // deed.needed for done, deed in zip(sums(play, state), play.game.deeds, strict=True)])


def sums(play: Play, state: State) -> list[int]:
    """What was ever done of each part."""
    return [
        state.consequences.lifetime() if one is None else sum(state.observations[one[0]].values())
        for one in play.watches
    ]


def first_day(play: Play, state: State, since: int, is_paused: IsPaused) -> int | None:
    """The first period after `since` in which the game is finished by what was done after it."""
    parts = [state.observations[one[0]] for one in play.watches if one is not None]
    if play.game.kind == "streak":
        run = runs(play, parts[0], since, is_paused)
        return next((number for number, length in run if length >= play.game.run), None)
    within = play.game.within_days or 0
    needed = [deed.needed for deed in play.game.deeds]
    for number in sorted({one for part in parts for one in part if one > since}):
        first = max(since + 1, number - within + 1)
        done = [done_between(part, first, number) for part in parts]
        if all([so_much >= enough for so_much, enough in zip(done, needed, strict=True)]):
            return number
    return None


def done_between(part: Buckets, first: int, last: int) -> int:
    return sum([amount for number, amount in part.items() if first <= number <= last])


def runs(play: Play, part: Buckets, since: int, is_paused: IsPaused) -> list[tuple[int, int]]:
    """Each period after `since` in which enough was done, and how many in a row that makes it."""
    found: list[tuple[int, int]] = []
    needed = play.game.deeds[0].needed
    for number in sorted([one for one, amount in part.items() if one > since and amount >= needed]):
        goes_on = bool(found) and unbroken(found[-1][0], number, play.game.every, is_paused)
        found.append((number, found[-1][1] + 1 if goes_on else 1))
    return found


def unbroken(before: int, number: int, unit: str, is_paused: IsPaused) -> bool:
    """Whether nothing but pauses lies between these periods."""
    return number == before + 1 or all(is_paused(one, unit) for one in range(before + 1, number))


class _Moves:
    """What follows for game after game; an arm of a trial is written down once."""

    def __init__(self, state: State, fact: Fact, at: Instant, program: "Rulebook", by: str) -> None:
        self._state, self._fact, self._at, self._program, self._by = state, fact, at, program, by
        self._held = state.consequences
        self._assigned: set[str] = set()
        assert program.games is not None
        self._is_paused = program.games.is_paused

    def of(self, play: Play) -> list[Effect]:
        standing = (self._held.played or NOTHING_PLAYED).games.get(play.id, NO_STANDING)
        effects: list[Effect] = []
        if isinstance(self._fact, OrderReturned):
            while standing.times and not self._still_holds(play, standing):
                effects += self._take_back(play, standing)
                standing = after_one_less(standing)
        if play.game.interest_only:
            return effects
        for _ in range(MOST_AT_ONCE):
            day = reached(play, self._state, standing, self._is_paused)
            if day is None:
                break
            verdict = self._verdict(play)
            if verdict is None and not self._is_theirs(play):
                break
            effects += self._finish(play, day, verdict)
            standing = after_one_more(standing, Mark(day, self._fact.id))
        return effects

    def _still_holds(self, play: Play, standing: Standing) -> bool:
        if not play.game.is_windowed:
            return times_ever(play, self._state) >= standing.times
        if not standing.marks:
            return True
        last = standing.marks[-1].day
        day = first_day(play, self._state, since_of(after_one_less(standing)), self._is_paused)
        return day is not None and day <= last

    def _take_back(self, play: Play, standing: Standing) -> list[Effect]:
        because = Because(f"{GAME}{play.id}", self._program.version, self._fact.id)
        mark = standing.marks[-1] if standing.marks else Mark(0, "")
        at, recorded_at = self._at, self._fact.recorded_at
        effects: list[Effect] = []
        for lots, account in ((self._held.pending, PENDING), (self._held.available, AVAILABLE)):
            for lot in lots:
                if mark.points and lot.id == (mark.fact, mark.lot):
                    points = min(lot.points, mark.points)
                    ends = lot.active_at, lot.expires_at
                    effects.append(
                        Posted(EARN_REVERSAL, lot.id, points, account, PROGRAM, at, recorded_at, because, *ends)
                    )
        return [*effects, GameTakenBack(play.id, mark.fact, at, recorded_at, because)]

    def _finish(self, play: Play, day: int, verdict: Verdict | None) -> list[Effect]:
        fact, at, gives = self._fact, self._at, play.game.gives
        because = Because(f"{GAME}{play.id}", self._program.version, fact.id)
        told = at, fact.recorded_at, because
        is_given = verdict is None or verdict.given
        lot = GAME_LOTS + play.place
        effects: list[Effect] = []
        if verdict is not None and self._is_new(verdict):
            self._assigned.add(verdict.trial)
            effects.append(Assigned(verdict.trial, verdict.arm, fact.happened_at, *told))
        until = self._perk_until(gives.perk_days)
        points = gives.points if is_given else 0
        effects.append(GameReached(play.id, day, is_given, points, lot, gives.badge, gives.perk, until, *told))
        if verdict is not None and not is_given:
            effects.append(Withheld(verdict.trial, verdict.arm, gives.points, *told))
        elif gives.points:
            lifetimes = self._program.earning.lifetimes
            active_at, expires_at = lifetimes.of(fact.happened_at, self._held.tier)
            target = PENDING if active_at > at else AVAILABLE
            ends = max(active_at, at), expires_at
            effects.append(Posted(EARN, (fact.id, lot), gives.points, PROGRAM, target, *told, *ends))
        return effects

    def _perk_until(self, days: int | None) -> Instant:
        if days is None:
            return FOREVER
        calendar = self._program.calendar
        return calendar.start_of_day(calendar.day_of(self._at) + days + 1)

    def _verdict(self, play: Play) -> Verdict | None:
        trials = self._program.trials
        if trials is None or play.id not in trials.gates:
            return None
        return trials.verdict(trials.gates[play.id], self._state, self._by)

    def _is_theirs(self, play: Play) -> bool:
        trials = self._program.trials
        return trials is None or play.id not in trials.gates

    def _is_new(self, verdict: Verdict) -> bool:
        known = self._held.arms.get(verdict.trial)
        return verdict.trial not in self._assigned and (known is None or known.arm != verdict.arm)


def since_of(standing: Standing) -> int:
    """The last period that counted for the game: what comes after it counts for the next time."""
    return standing.marks[-1].day if standing.marks else LONG_BEFORE


def _watch(game: Game, place: int, members_only: bool, zone: str, walls: Sequence[Calendar]) -> GameWatch | None:
    deed = game.deeds[place]
    if deed.counts == "points":
        return None
    unit, keep = "ever", 1
    if game.kind == "streak":
        unit, keep = game.every, 2 * game.run
    elif game.within_days is not None:
        unit, keep = "day", 2 * game.within_days
    names = tuple([wall.zone.name for wall in walls[1:]])
    return GameWatch(
        "ever",
        keep,
        members_only,
        zone,
        deed=deed,
        unit=unit,
        first_day=game.first_day,
        end_day=game.end_day,
        zone_names=names,
        walls=tuple(walls),
    )


def _keyed(play: Play) -> list[tuple[str, GameWatch]]:
    return [one for one in play.watches if one is not None]


def _never(number: int, unit: str) -> bool:
    return False


def _is_paused(still: Stopped, number: int, unit: str) -> bool:
    """One day of it is enough."""
    return still.between(*days_of(number, unit)) > 0


def local_day(state: State, rules: GameRules, at: Instant) -> Day:
    """The day on the member's wall."""
    walls = next((watch.walls for _, watch in rules.watches if isinstance(watch, GameWatch)), (rules.calendar,))
    zone = rules.zone_of(state)
    return walls[zone if zone < len(walls) else 0].day_of(at)
