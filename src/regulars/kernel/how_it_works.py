"""The program as its members read it: the sentences that rules, levels, perks and pauses say of themselves, under a few titles.

What is not for everybody's eyes is left out: what is only for an arm of a trial, for a share or for a segment, the holdout, what a
point costs the shop, and how debts are settled. What is over is left out as well.
"""

from fractions import Fraction
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.calendar import Day
from regulars.kernel.clubs import Club
from regulars.kernel.games.rules import Game
from regulars.kernel.perks import Perk
from regulars.kernel.program import Level, PointsPolicy, Program
from regulars.kernel.terms import capitalized, listed, plain

MEMBERS: Final = {
    "everyone": "Whoever orders takes part, from the first order on.",
    "those_who_join": "Whoever joins takes part.",
}


class Chapter(Struct, frozen=True):
    id: str
    title: str
    sentences: tuple[str, ...]


def how_it_works(program: Program, today: Day) -> tuple[Chapter, ...]:
    """As of a day on the shop's wall. What there is nothing to say of has no chapter."""
    open_to_all = replace(program, holdout=None)
    name = program.points.name
    chapters = [
        Chapter("members", "Who takes part", (MEMBERS[program.members],)),
        Chapter("earning", f"What earns {name.other}", _earning(open_to_all, today)),
        Chapter("points", f"How long {name.other} last", _points(program)),
        Chapter("levels", "Levels", _levels(open_to_all)),
        Chapter("perks", "Perks", _perks(program, today)),
        Chapter("games", "To do", _games(program, today)),
        Chapter("clubs", "Clubs", _clubs(program)),
        Chapter("pauses", "Pauses", tuple([one.describe() for one in program.pauses if one.end_day > today])),
    ]
    return tuple([one for one in chapters if one.sentences])


def _earning(program: Program, today: Day) -> tuple[str, ...]:
    said = []
    for rule in program.earning:
        is_over = rule.when.end_day is not None and rule.when.end_day <= today
        if rule.only_for is None and not rule.occasion.segments and not is_over:
            said.append(rule.describe(program))
    return tuple(said)


def _points(program: Program) -> tuple[str, ...]:
    """What the policy says of itself, without what a point costs and what is the shop's own business."""
    policy: PointsPolicy = replace(
        program.points,
        worth_minor=Fraction(0),
        redeemed=Fraction(1),
        debt="within_balance",
        second_look_above=None,
    )
    name, code = policy.name, program.currency.code
    said = policy.describe(program.currency).removeprefix(f"One {name.one} costs the shop {plain(0)} {code}.").strip()
    if said.startswith("They "):
        said = capitalized(name.other) + said.removeprefix("They")
    waits = f"While {name.other} are pending they cannot be spent yet." if policy.hold or policy.hold_until else ""
    return tuple([one for one in (said, waits) if one])


def _levels(program: Program) -> tuple[str, ...]:
    tiers = program.tiers
    if tiers is None:
        return ()
    levels = [f"{capitalized(_level(level, program))}." for level in tiers.levels]
    return (f"Levels go by {tiers.basis(program)}.", *levels, *tiers.manner())


def _level(level: Level, program: Program) -> str:
    titles = {perk.id: _title(perk) for perk in program.perks if _is_for_all(perk)}
    perks = [titles[id] for id in level.perks if id in titles]
    said = replace(level, perks=()).describe(program)
    return f"{said}, with {listed(perks)}" if perks else said


def _perks(program: Program, today: Day) -> tuple[str, ...]:
    open_to_all = [
        replace(perk, title=perk.title or _title(perk), exempt=False)
        for perk in program.perks
        if _is_for_all(perk) and not (perk.end is not None and perk.end.day < today)
    ]
    return tuple([f"{capitalized(perk.what(program.holders_of(perk.id)))}." for perk in open_to_all])


def _games(program: Program, today: Day) -> tuple[str, ...]:
    words, titles = program.words(), _titles(program)
    open_to_all = [
        game
        for game in program.games.every
        if _is_for_all(game) and not (game.end_day is not None and game.end_day <= today)
    ]
    said = []
    for game in open_to_all:
        gift = replace(game.gives, perk=titles.get(game.gives.perk, game.gives.perk)) if game.gives.perk else game.gives
        told = capitalized(replace(game, gives=gift, exempt=False).what(words))
        said.append(f"“{game.title}”: {told}." if game.title else f"{told}.")
    return tuple(said)


def _clubs(program: Program) -> tuple[str, ...]:
    words, titles = program.words(), _titles(program)
    said = []
    for club in program.clubs:
        if _is_for_all(club):
            perks = tuple([titles.get(perk, perk) for perk in club.perks])
            title = club.title or capitalized(club.id.replace("-", " "))
            said.append(f"{replace(club, title=title, perks=perks, exempt=False).what(words)}.")
    return tuple(said)


def _titles(program: Program) -> dict[str, str]:
    return {perk.id: _title(perk) for perk in program.perks}


def _is_for_all(perk: Perk | Game | Club) -> bool:
    return perk.only_for is None and not perk.interest_only


def _title(perk: Perk) -> str:
    return perk.title or capitalized(perk.id.replace("-", " ").replace("_", " "))
