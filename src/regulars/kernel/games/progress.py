"""How far a member is: of each game, what is done of what is needed, and how long there is for the rest."""

from fractions import Fraction

from msgspec import Struct

from regulars.kernel.facts import Instant
from regulars.kernel.games.playing import (
    GameRules,
    Play,
    done_between,
    local_day,
    runs,
    since_of,
    sums,
    unbroken,
)
from regulars.kernel.games.rules import Kind
from regulars.kernel.games.standing import NO_STANDING, NOTHING_PLAYED, Standing
from regulars.kernel.games.watching import days_of, number_of
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.tree import Words
from regulars.kernel.state import State


class Part(Struct, frozen=True):
    """`done` is at most `needed`."""

    what: str
    done: int
    needed: int


class Progress(Struct, frozen=True):
    """`times` is how often it was finished, `is_over` where it cannot be finished any more. `days_left` is how many days there are,
    today among them: None where there is no end, or nothing is done yet that could run out.
    """

    kind: Kind
    game: str
    title: str
    parts: tuple[Part, ...]
    times: int
    is_over: bool
    days_left: int | None
    gives: str

    @property
    def share(self) -> Fraction:
        """Of the whole, from 0 to 1."""
        return sum([Fraction(part.done, part.needed) for part in self.parts], Fraction(0)) / len(self.parts)

    @property
    def in_words(self) -> str:
        """`3 of 5, 12 days left`."""
        if self.is_over and self.times:
            return "finished"
        if self.is_over:
            return "over"
        parts = [f"{part.done:,} of {part.needed:,}" for part in self.parts]
        days = "1 day left" if self.days_left == 1 else f"{self.days_left} days left"
        return ", ".join(parts if self.days_left is None else [*parts, days])


def progress(state: State, program: Rulebook, at: Instant) -> list[Progress]:
    """Of every game that is played, in the order of the document. `state` is at `at`; who is no member plays none."""
    rules = program.games
    if rules is None or not program.is_member(state):
        return []
    words, today = program.program.words(), local_day(state, rules, at)
    played = state.consequences.played or NOTHING_PLAYED
    return [
        _progress(play, state, rules, today, played.games.get(play.id, NO_STANDING), words)
        for play in rules.plays
        if not play.game.interest_only
    ]


def _progress(play: Play, state: State, rules: GameRules, today: int, standing: Standing, words: Words) -> Progress:
    game = play.game
    is_finished = standing.times > 0 and not game.again
    is_over = is_finished or (game.end_day is not None and today >= game.end_day)
    needed = [game.run] if game.kind == "streak" else [deed.needed for deed in game.deeds]
    if is_finished:
        done, left = needed, None
    elif game.kind == "streak":
        done, left = _of_streak(play, state, rules, today, standing)
    elif game.is_windowed:
        done, left = _of_window(play, state, today, standing)
    else:
        times = standing.times if game.again else 0
        done, left = (
            [max(one - times * deed.needed, 0) for one, deed in zip(sums(play, state), game.deeds, strict=True)],
            None,
        )
    if game.end_day is not None and not is_over:
        left = min(game.end_day - today, left if left is not None else game.end_day - today)
    whats = [f"{game.every}s in a row"] if game.kind == "streak" else [deed.what(words) for deed in game.deeds]
    parts = [Part(*one) for one in zip(whats, map(min, done, needed), needed, strict=True)]
    gives = game.gives.describe(words)
    return Progress(game.kind, game.id, game.title, tuple(parts), standing.times, is_over, left, gives)


def _of_streak(
    play: Play, state: State, rules: GameRules, today: int, standing: Standing
) -> tuple[list[int], int | None]:
    """The run that goes on, and how many days there are for its next period."""
    game, now = play.game, number_of(today, play.game.every)
    (key, _), since = _watch_of(play), since_of(standing)
    found = runs(play, state.observations[key], since, rules.is_paused)
    if not found:
        return [0], None
    number, length = found[-1]
    if number < now - 1 and not unbroken(number, now, game.every, rules.is_paused):
        return [0], None
    following = number + 1 if number >= now else now
    return [length], days_of(following, game.every)[1] - today


def _of_window(play: Play, state: State, today: int, standing: Standing) -> tuple[list[int], int | None]:
    """What counts today, and how many days there are until the first of it does not count any more."""
    within, since = play.game.within_days or 0, since_of(standing)
    parts = [state.observations[one[0]] for one in play.watches if one is not None]
    first = max(since + 1, today - within + 1)
    counting = [number for part in parts for number in part if first <= number <= today]
    return [done_between(part, first, today) for part in parts], min(counting) + within - today if counting else None


def _watch_of(play: Play) -> tuple[str, object]:
    (watch,) = play.watches
    assert watch is not None
    return watch


def nearest_goals(every: list[Progress], most: int) -> list[Progress]:
    """Those in reach, the nearest first: begun, and neither finished nor over."""
    begun = [one for one in every if not one.is_over and one.share]
    return sorted(begun, key=lambda one: (-one.share, one.game))[:most]
