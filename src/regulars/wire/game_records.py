"""What games and clubs brought about, as it is written down beside the other effects."""

from typing import Any, Final

import msgspec

from regulars.kernel.effects import (
    Because,
    ClubEnded,
    ClubTermSet,
    GameReached,
    GamesMoved,
    GameTakenBack,
    InterestNoted,
    Opened,
    PerkUsed,
)
from regulars.kernel.facts import Instant
from regulars.kernel.games.standing import Played, Playing

GAME_REACHED, GAME_TAKEN_BACK, PERK_USED, CLUB_TERM_SET, CLUB_ENDED, GAMES_MOVED = range(70, 76)
INTEREST_NOTED, OPENED = range(76, 78)
PLAYING: Final = range(70, 78)


def playing_written(effect: Playing) -> tuple[int, Any, Any]:
    """Its kind, and what it says in two parts."""
    match effect:
        case GameReached(game, day, given, points, lot, badge, perk, perk_until):
            return GAME_REACHED, game, (day, given, points, lot, badge, perk, perk_until)
        case GameTakenBack(game, fact):
            return GAME_TAKEN_BACK, game, fact
        case PerkUsed(perk, fact):
            return PERK_USED, perk, fact
        case ClubTermSet(club, until, why):
            return CLUB_TERM_SET, club, (until, why)
        case ClubEnded(club, why):
            return CLUB_ENDED, club, why
        case InterestNoted(offer):
            return INTEREST_NOTED, offer, None
        case Opened(offer):
            return OPENED, offer, None
        case GamesMoved(played):
            return GAMES_MOVED, played, None


def playing_read(kind: int, one: Any, other: Any, at: Instant, recorded_at: Instant, because: Because) -> Playing:
    told = at, recorded_at, because
    if kind == GAME_REACHED:
        day, given, points, lot, badge, perk, perk_until = other
        return GameReached(one, day, given, points, lot, badge, perk, perk_until, *told)
    if kind == GAME_TAKEN_BACK:
        return GameTakenBack(one, other, *told)
    if kind == PERK_USED:
        return PerkUsed(one, other, *told)
    if kind == CLUB_TERM_SET:
        until, why = other
        return ClubTermSet(one, until, why, *told)
    if kind == CLUB_ENDED:
        return ClubEnded(one, other, *told)
    if kind == INTEREST_NOTED:
        return InterestNoted(one, *told)
    if kind == OPENED:
        return Opened(one, *told)
    assert kind == GAMES_MOVED, f"an effect of kind {kind}"
    return GamesMoved(msgspec.convert(one, Played), *told)
