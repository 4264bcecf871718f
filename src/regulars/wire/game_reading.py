"""What a program document says of games and clubs gets its meaning."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from regulars.kernel.clubs import Club
from regulars.kernel.facts import ORDER_COMPLETED
from regulars.kernel.games.rules import Chosen, Deed, Game, Games, Gift, Kind
from regulars.kernel.terms import Currency
from regulars.wire.shapes import Given
from regulars.wire.trial_reading import only_for

GAME_KINDS: Final[Mapping[str, Kind]] = {
    "challenges": "challenge",
    "streaks": "streak",
    "stamps": "stamps",
    "milestones": "milestone",
}
"""The tables of games in a document."""


def read_games(given: Given | None, currency: Currency) -> Games:
    if given is None:
        return Games()
    every = [_game(kind, id, one, currency) for table, kind in GAME_KINDS.items() for id, one in given[table] or ()]
    return Games(tuple(every), given["time_zones"] or ())


def read_clubs(given: tuple[tuple[str, Given], ...] | None, currency: Currency) -> tuple[Club, ...]:
    return tuple([_club(id, one, currency) for id, one in given or ()])


def _game(kind: Kind, id: str, given: Given, currency: Currency) -> Game:
    said: dict[str, Any] = {}
    if kind == "challenge":
        deeds = tuple([_deed(one) for one in deeds_of(given)])
        said = {"within_days": given["within"], "again": given["again"] == "yes"}
    elif kind == "milestone":
        deeds = (_milestone(given, currency),)
    else:
        deeds = (_deed(given),)
        said = {"again": True}
    if kind == "streak":
        said = {"run": given["run"], "every": given["every"], "again": given["again"] == "yes"}
    gives = given["gives"]
    gift = Gift(gives["points"] or 0, gives["badge"] or "", gives["perk"], gives["within"])
    span = {"first_day": given["from"], "end_day": given["to"]}
    return Game(kind, id, deeds, gift, given["title"] or "", **said, **span, **_whom(given, id))


def deeds_of(challenge: Given) -> Sequence[Given]:
    """What it asks to be done: a list, or one thing alone."""
    do = challenge["do"]
    return [do] if isinstance(do, Given) else do or ()


def _deed(given: Given) -> Deed:
    chosen = _chosen(given["only"]), _chosen(given["except"])
    return Deed(given["on"] or ORDER_COMPLETED, given["times"] or 1, given["counts"] or "times", *chosen)


def _milestone(given: Given, currency: Currency) -> Deed:
    by, at = given["by"], given["at"]
    if by == "spend":
        return Deed(ORDER_COMPLETED, int(at * 10**currency.exponent), "spend")
    return Deed(ORDER_COMPLETED, int(at), "times" if by == "orders" else "points")


def _club(id: str, given: Given, currency: Currency) -> Club:
    return Club(
        id,
        int(given["price"] * 10**currency.exponent),
        given["term"],
        given["title"] or "",
        given["perks"] or (),
        given["earn"] or Fraction(1),
        given["level"],
        **_whom(given, id),
    )


def _whom(given: Given, id: str) -> dict[str, Any]:
    return {
        "only_for": only_for(given["for"], id),
        "exempt": given["holdout"] is not None,
        "interest_only": given["interest_only"] == "yes",
    }


def _chosen(pairs: tuple[tuple[str, tuple[str, ...]], ...] | None) -> Chosen:
    return tuple([(name, tuple(values)) for name, values in pairs or ()])
