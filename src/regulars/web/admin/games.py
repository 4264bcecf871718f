"""Games and clubs of a customer, on their page: the goals in reach as bars, and how every game stands."""

from typing import Final

from markupsafe import Markup

from regulars.backtesting.report.parts import Column, Row, Table
from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.games.progress import Progress, nearest_goals
from regulars.kernel.terms import capitalized, listed
from regulars.service.games import GamesOf
from regulars.web.admin import telling

GOALS_SHOWN: Final = 3


def games_shown(found: GamesOf, now: Instant) -> dict[str, object] | None:
    """None where the program has neither games nor clubs."""
    if found.program.games is None:
        return None
    return {
        "says": Markup(" ").join(_had(found, now)) or "Nothing yet.",
        "goals": [_goal(one) for one in nearest_goals(list(found.progress), GOALS_SHOWN)],
        "every": _table(found.progress),
    }


def _had(found: GamesOf, now: Instant) -> list[Markup]:
    calendar, played = found.program.calendar, found.played
    badges = played.badges()
    said = [Markup("{}: {}.").format("Badge" if len(badges) == 1 else "Badges", listed(badges))] if badges else []
    for grant in [one for one in played.grants if one.until > now]:
        if grant.until == FOREVER:
            said.append(Markup("“{}” may be used once.").format(grant.perk))
        else:
            last = telling.last_day(grant.until, calendar)
            said.append(Markup("“{}” may be used once, until the end of {}.").format(grant.perk, last))
    for id, term in played.clubs.items():
        how = "ends after" if term.ends else "is paid until the end of"
        said.append(Markup("The club “{}” {} {}.").format(id, how, telling.last_day(term.until, calendar)))
    return said


def _goal(one: Progress) -> dict[str, object]:
    return {
        "title": f"{one.title or capitalized(one.game)}: {one.gives}",
        "have": sum([part.done for part in one.parts]),
        "at": sum([part.needed for part in one.parts]),
        "says": f"{capitalized(one.in_words)}.",
    }


def _table(every: tuple[Progress, ...]) -> Table:
    rows = [
        Row(
            [
                one.title or one.game,
                listed([part.what for part in one.parts]),
                capitalized(one.in_words),
                f"{one.times:,}",
            ]
        )
        for one in every
    ]
    columns = [
        Column("Game"),
        Column("What it asks", words=True, extra=True),
        Column("How far", words=True),
        Column("Finished", "times"),
    ]
    return Table("Games", columns, rows)
