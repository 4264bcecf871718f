"""Early warning: who is away for longer than they usually are, the most valuable first. Whom to look at is found by the analytic
tables; each of them is looked at again on record, so whoever has ordered since is not shown.
"""

from collections.abc import Mapping
from typing import Final

from litestar import Response, get

from regulars.backtesting.report import words
from regulars.backtesting.report.parts import Column, Row, Table
from regulars.kernel.calendar import date_of
from regulars.kernel.program import Program
from regulars.kernel.terms import plain
from regulars.service.at_risk import AWAY, YEAR_DAYS, Away, still_away
from regulars.service.segment_lists import names_of
from regulars.web.admin import telling
from regulars.web.admin.rendering import Asked, Desk, analytics_of, answer, desk_of
from regulars.web.admin.segments import shown
from regulars.web.analytics import NotMade

MOST_SHOWN: Final = 50
CHOICES: Final = (("slipping", "Slipping"), ("at-risk", "At risk"), ("lost", "Lost"))
SAYS: Final = {
    "slipping": "Away for more than twice, and not more than three times, their usual gap between orders.",
    "at-risk": "Away for more than three times, and not more than six times, their usual gap between orders.",
    "lost": "Away for more than six times their usual gap between orders.",
}
USUAL: Final = "at-risk"


@get("/at-risk", sync_to_thread=True)
def at_risk_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    if desk.program is None:
        return answer(request, "no_program.html.j2", "segments", as_of=telling.as_of(desk.now, desk.calendar))
    asked = request.query_params.get("away", USUAL)
    choice = asked if asked in AWAY else USUAL
    analytics = analytics_of(request)
    as_of = analytics.as_of()
    found: list[str] = []
    first: list[str] = []
    try:
        found = [one.id for one in analytics.members(AWAY[choice], desk.program, desk.now)]
        first = _most_valuable(found, analytics.ordered_since(desk.calendar.day_of(desk.now) - YEAR_DAYS))
    except NotMade:
        as_of = None
    away = still_away(desk.shop, first, AWAY[choice], desk.program, desk.now)
    return answer(
        request,
        "at_risk.html.j2",
        "segments",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        choices=CHOICES,
        choice=choice,
        says=SAYS[choice],
        is_made=as_of is not None,
        tables_as_of=telling.as_of(as_of, desk.calendar) if as_of is not None else "",
        customers=words.customers(len(found)),
        is_cut=len(found) > MOST_SHOWN,
        most=MOST_SHOWN,
        table=_table(away, desk, desk.program.program) if away else None,
    )


def _most_valuable(found: list[str], amounts: Mapping[str, int]) -> list[str]:
    """By what they ordered in a year, then by our ids."""
    return sorted(found, key=lambda id: (-amounts.get(id, 0), id))[:MOST_SHOWN]


def _table(away: tuple[Away, ...], desk: Desk, program: Program) -> Table:
    with desk.shop.store.reading() as connection:
        names = names_of(connection, [one.id for one in away])
    columns = [
        Column("Customer"),
        Column("Ordered in a year", program.currency.code),
        Column("Orders in it", extra=True),
        Column("Usual gap", "days"),
        Column("Away for", "days"),
        Column("Last order", words=True),
    ]
    rows = [
        Row(
            [
                telling.customer_link(one.id, shown(names.get(one.id, one.id), one.id)),
                words.amount(one.amount_minor, program.currency),
                words.count(one.orders),
                plain(round(one.usual, 1)),
                words.count(one.days),
                _spoken(date_of(one.last).isoformat()),
            ]
        )
        for one in away
    ]
    return Table("The most valuable first", columns, rows)


def _spoken(day: str) -> str:
    return f"{int(day[8:])} {words.short_month(day)}"


handlers: Final = [at_risk_page]
