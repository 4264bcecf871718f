"""What games and clubs brought about, in words."""

from regulars.kernel.calendar import Calendar, date_of
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
from regulars.kernel.games.standing import Playing
from regulars.kernel.program import Program


def game_sentence(effect: Playing, program: Program, calendar: Calendar) -> str:
    match effect:
        case GameReached(given=False):
            return f"{_game(effect.game, program)} finished; what it gives is withheld."
        case GameReached():
            return _finished(effect, program, calendar)
        case GameTakenBack(game):
            return f"{_game(game, program)} is not finished any more, since something of it went back."
        case PerkUsed(perk):
            return f"“{perk}” was used."
        case ClubTermSet():
            return _term(effect, calendar)
        case ClubEnded(club, why):
            since = "it was paid back" if why == "refunded" else "the time that was paid for is over"
            return f"No longer in the club “{club}”: {since}."
        case InterestNoted(offer):
            return f"Asked for “{offer}”, which is only offered so far."
        case Opened(offer):
            return f"“{offer}” is there now, for which they had asked."
        case GamesMoved():
            return "What was played under both names is counted together, or apart again."


def _finished(effect: GameReached, program: Program, calendar: Calendar) -> str:
    parts = [f" The badge “{effect.badge}” is theirs."] if effect.badge else []
    if effect.perk is not None:
        until = "" if effect.perk_until == FOREVER else f", until the end of {_last_day(effect.perk_until, calendar)}"
        parts.append(f" “{effect.perk}” may be used once{until}.")
    return f"{_game(effect.game, program)} finished.{''.join(parts)}"


def _term(effect: ClubTermSet, calendar: Calendar) -> str:
    until = f"until the end of {_last_day(effect.until, calendar)}"
    return {
        "started": f"Joined the club “{effect.club}”, paid {until}.",
        "renewed": f"The club “{effect.club}” goes on, paid {until}.",
        "cancelled": f"The club “{effect.club}” will not go on; what is paid lasts {until}.",
        "refunded": f"The last term of the club “{effect.club}” was paid back; it lasts {until}.",
    }[effect.why]


def _game(id: str, program: Program) -> str:
    game = next((one for one in program.games.every if one.id == id), None)
    return f"{game.kind.capitalize()} “{id}”" if game is not None else f"“{id}”"


def _last_day(end: Instant, calendar: Calendar) -> str:
    return date_of(calendar.day_of(end - 1)).isoformat()
