"""What is remembered of a member's games and clubs, bounded in size. A fold of effects, as all consequences are.

`times` is how often a game was finished; `marks` are the last of them, so that what goes back can take them back.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from regulars.kernel.effects import (
    ClubEnded,
    ClubTermSet,
    GameReached,
    GamesMoved,
    GameTakenBack,
    InterestNoted,
    Opened,
    PerkUsed,
)
from regulars.kernel.facts import FOREVER, Instant

MOST_MARKS: Final = 8
"""How many of the last times can be taken back."""
MOST_GRANTS: Final = 100
MOST_ASKED: Final = 50


class Mark(Struct, frozen=True, array_like=True):
    """One time: `day` is counted in the game's own periods, `fact` finished it, `lot` and `points` are what it gave."""

    day: int
    fact: str
    lot: int = 0
    points: int = 0


class Standing(Struct, frozen=True, omit_defaults=True):
    times: int = 0
    marks: tuple[Mark, ...] = ()
    badge: str = ""


class Grant(Struct, frozen=True, array_like=True):
    """A perk that may be used once, before `until`; the game and the fact that gave it."""

    perk: str
    until: Instant
    game: str
    fact: str


class ClubTerm(Struct, frozen=True, omit_defaults=True):
    """Paid for from `since` to `until`, exclusive, by `fact`; `before` is how far it was paid before the last term."""

    since: Instant
    until: Instant
    fact: str
    before: Instant | None = None
    ends: bool = False


class Played(Struct, frozen=True, omit_defaults=True):
    """`asked` is what the customer asked for while it was only offered, the last so many."""

    games: dict[str, Standing] = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()
    clubs: dict[str, ClubTerm] = field(default_factory=dict)
    asked: tuple[str, ...] = ()

    def badges(self) -> list[str]:
        return [one.badge for one in self.games.values() if one.badge and one.times]

    def grant_of(self, perk: str, at: Instant) -> Grant | None:
        """The one that ends first."""
        left = [one for one in self.grants if one.perk == perk and one.until > at]
        return min(left, key=lambda one: (one.until, one.fact, one.game), default=None)

    def in_clubs(self, at: Instant) -> list[str]:
        return [id for id, term in self.clubs.items() if term.since <= at < term.until]


NO_STANDING: Final = Standing()
NOTHING_PLAYED: Final = Played()

Playing = GameReached | GameTakenBack | PerkUsed | ClubTermSet | ClubEnded | InterestNoted | Opened | GamesMoved


def played_after(effect: Playing, played: Played) -> Played:
    if isinstance(effect, GameReached):
        return _reached(effect, played)
    if isinstance(effect, GameTakenBack):
        return _taken_back(effect, played)
    if isinstance(effect, PerkUsed):
        used = next(one for one in played.grants if (one.perk, one.fact) == (effect.perk, effect.fact))
        left = list(played.grants)
        left.remove(used)
        return replace(played, grants=tuple(left))
    if isinstance(effect, ClubTermSet):
        return replace(played, clubs={**played.clubs, effect.club: _term(effect, played.clubs.get(effect.club))})
    if isinstance(effect, ClubEnded):
        return replace(played, clubs={id: term for id, term in played.clubs.items() if id != effect.club})
    if isinstance(effect, InterestNoted):
        return replace(played, asked=(*played.asked, effect.offer)[-MOST_ASKED:])
    if isinstance(effect, Opened):
        return played
    moved: Played = effect.played
    return moved


def after_one_more(standing: Standing, mark: Mark, badge: str = "") -> Standing:
    return Standing(standing.times + 1, (*standing.marks, mark)[-MOST_MARKS:], badge or standing.badge)


def after_one_less(standing: Standing) -> Standing:
    times = max(standing.times - 1, 0)
    return Standing(times, standing.marks[:-1], standing.badge if times else "")


def next_club_due(played: Played | None) -> Instant:
    if played is None or not played.clubs:
        return FOREVER
    return min([term.until for term in played.clubs.values()])


def joined(own: Played, came: Played) -> Played:
    """Both are one person: what was finished under either name was, and of two memberships of a club the longer one counts."""
    games = dict(own.games)
    for id, other in came.games.items():
        mine = games.get(id, NO_STANDING)
        marks = tuple(sorted((*mine.marks, *other.marks), key=_by_day)[-MOST_MARKS:])
        games[id] = Standing(mine.times + other.times, marks, mine.badge or other.badge)
    clubs = dict(own.clubs)
    for id, term in came.clubs.items():
        if id not in clubs or term.until > clubs[id].until:
            clubs[id] = term
    asked = tuple(dict.fromkeys((*own.asked, *came.asked)))[-MOST_ASKED:]
    return Played(games, (*own.grants, *came.grants)[-MOST_GRANTS:], clubs, asked)


def parted(both: Played, other: Played, facts: Iterable[str]) -> tuple[Played, Played]:
    """What stays with the one, and what the other has who goes with these facts. `other` is what it had when they were joined."""
    theirs = frozenset(facts)
    stays, goes = dict(both.games), dict(other.games)
    for id, standing in both.games.items():
        gone = tuple([mark for mark in standing.marks if mark.fact in theirs])
        if gone or id in other.games:
            had = other.games.get(id, NO_STANDING)
            new = [mark for mark in gone if mark not in had.marks]
            goes[id] = Standing(had.times + len(new), (*had.marks, *new)[-MOST_MARKS:], had.badge or standing.badge)
            left = max(standing.times - goes[id].times, 0)
            kept = tuple([mark for mark in standing.marks if mark.fact not in theirs])[-left:] if left else ()
            stays[id] = Standing(left, kept, standing.badge if left else "")
    clubs_of_theirs = {id: term for id, term in both.clubs.items() if term.fact in theirs}
    clubs_left = {id: term for id, term in both.clubs.items() if id not in clubs_of_theirs}
    grants = tuple([one for one in both.grants if one.fact in theirs])
    grants_left = tuple([one for one in both.grants if one.fact not in theirs])
    stays = {id: one for id, one in stays.items() if one.times}
    return Played(stays, grants_left, clubs_left, both.asked), Played(goes, grants, clubs_of_theirs, other.asked)


def _by_day(mark: Mark) -> int:
    return mark.day


def _reached(effect: GameReached, played: Played) -> Played:
    fact = effect.because.fact or ""
    mark = Mark(effect.day, fact, effect.lot, effect.points)
    standing = played.games.get(effect.game, NO_STANDING)
    games = {**played.games, effect.game: after_one_more(standing, mark, effect.badge if effect.given else "")}
    grants = played.grants
    if effect.perk is not None and effect.given:
        grants = tuple([one for one in grants if one.until > effect.effective_at])
        grants = (*grants, Grant(effect.perk, effect.perk_until, effect.game, fact))[-MOST_GRANTS:]
    return replace(played, games=games, grants=grants)


def _taken_back(effect: GameTakenBack, played: Played) -> Played:
    standing = after_one_less(played.games[effect.game])
    games = {id: one for id, one in played.games.items() if id != effect.game}
    if standing.times:
        games[effect.game] = standing
    grants = list(played.grants)
    given = next((one for one in grants if (one.game, one.fact) == (effect.game, effect.fact)), None)
    if given is not None:
        grants.remove(given)
    return replace(played, games=games, grants=tuple(grants))


def _term(effect: ClubTermSet, known: ClubTerm | None) -> ClubTerm:
    if effect.why == "cancelled":
        assert known is not None
        return replace(known, ends=True)
    if effect.why == "refunded":
        assert known is not None
        return replace(known, until=effect.until, before=None)
    fact = effect.because.fact or ""
    if known is None:
        return ClubTerm(effect.effective_at, effect.until, fact)
    return ClubTerm(known.since, effect.until, fact, known.until)
