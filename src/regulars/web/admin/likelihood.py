"""Who is likely to order within thirty days, of those without an order in the last thirty: the top tenth, and how far to trust it.
What the night's work found is shown; whoever may be spoken of no more since then is left out.
"""

from functools import lru_cache
from typing import Any, Final, cast

from litestar import Response, get
from markupsafe import Markup

from regulars.backtesting.report import charts, words
from regulars.backtesting.report.parts import Column, Figure, Row, Table
from regulars.insight.likelihood.figures import Figures, Grades, Tenth
from regulars.insight.likelihood.findings import (
    ENOUGH_DAYS,
    ENOUGH_TO_LEARN,
    ENOUGH_TO_TEST,
    Candidate,
    Latest,
    Likelihood,
)
from regulars.kernel.calendar import date_of
from regulars.service.likelihood import LIKELY_TO_CONVERT, may_be_shown
from regulars.web.admin import telling
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of
from regulars.web.admin.segments import shown

A_PAGE: Final = 25
WANTED: Final = {"days": ENOUGH_DAYS, "learn": ENOUGH_TO_LEARN, "test": ENOUGH_TO_TEST}


@get("/likely", sync_to_thread=True)
def likely_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    if desk.program is None:
        return answer(request, "no_program.html.j2", "segments", as_of=telling.as_of(desk.now, desk.calendar))
    latest = latest_of(request)
    found = latest.likelihood
    return answer(
        request,
        "likelihood.html.j2",
        "segments",
        program=desk.program,
        as_of=telling.as_of(desk.now if found is None else desk.calendar.start_of_day(found.day), desk.calendar),
        missing=f"{words.capitalized(str(latest.too_little))}." if latest.too_little else "",
        list=LIKELY_TO_CONVERT,
        wanted=WANTED,
        found=found is not None,
        **({} if found is None else _told(found, desk, _place(request))),
    )


def latest_of(request: Asked) -> Latest:
    return cast("Latest", request.app.state["likelihood"])


def _told(found: Likelihood, desk: Desk, first: int) -> dict[str, Any]:
    top, figures, model = found.top_tenth, found.waiting, found.model
    return {
        "headline": _headline(len(top)),
        "lead": _lead(figures),
        "table": _customers(top[first : first + A_PAGE], desk),
        "first": first,
        "next": first + A_PAGE if first + A_PAGE < len(top) else None,
        "calibration": _calibration(figures.tenths),
        "against": _against("Without an order in the 30 days before", figures),
        "against_everybody": _against("Everybody", found.everybody),
        "model": model.version,
        "learned": f"{_spoken(model.from_day)} to {_spoken(model.to_day)}",
        "tested": f"{_spoken(model.to_day)} to {_spoken(found.day)}",
        "people": words.count(figures.people),
        "ordered": words.count(figures.ordered),
    }


def _headline(number: int) -> Markup:
    return Markup("<strong>{}</strong> are the top tenth of those without an order in the last 30 days.").format(
        words.customers(number)
    )


def _lead(figures: Figures) -> str:
    ours, theirs = _share(figures.model.in_top_tenth), _share(figures.rule.in_top_tenth)
    return (
        f"When the model was tested, {ours} of those who then ordered were in its top tenth; by “most recent buyers first” it was "
        f"{theirs}. {_VERDICT[figures.beats_rule]}"
    )


_VERDICT: Final = {
    True: "The model puts orderers before others more often than that rule does.",
    False: "These figures do not show that the model is better than that rule.",
}


def _customers(candidates: tuple[Candidate, ...], desk: Desk) -> Table | None:
    names = may_be_shown(desk.shop, [one.id for one in candidates])
    rows = [
        Row([telling.customer_link(one.id, shown(names[one.id], one.id)), _figure(one.probability)])
        for one in candidates
        if one.id in names
    ]
    columns = [Column("Customer"), Column("Probability of an order within 30 days", "%")]
    return Table("The most probable first", columns, rows) if rows else None


@lru_cache(maxsize=4)
def _calibration(tenths: tuple[Tenth, ...]) -> Figure:
    """Kept until the figures are others: drawing takes far longer than writing."""
    named = [(f"Tenth {number}", one) for number, one in enumerate(reversed(tenths), 1)]
    groups = [
        charts.Group(
            name,
            [
                charts.Bar(_thousandths(one.predicted), f"{_share(one.predicted)} predicted", charts.SOFT),
                charts.Bar(_thousandths(one.observed), f"{_share(one.observed)} ordered", charts.ACCENT),
            ],
        )
        for name, one in named
    ]
    described = (
        f"Two bars for each tenth of customers, the most probable first: what was predicted, and how many ordered. "
        f"First tenth: {_share(tenths[-1].predicted)} predicted, {_share(tenths[-1].observed)} ordered; "
        f"last: {_share(tenths[0].predicted)} and {_share(tenths[0].observed)}."
    )
    columns = [Column("Tenth"), Column("People"), Column("Ordered"), Column("Predicted", "%"), Column("Observed", "%")]
    rows = [
        Row([name, words.count(one.people), words.count(one.ordered), _figure(one.predicted), _figure(one.observed)])
        for name, one in named
    ]
    drawing = charts.bars(groups, described, names_beside=True)
    return Figure("What was predicted, and what came about", drawing, Table("Calibration", columns, rows))


def _against(who: str, figures: Figures) -> Table:
    columns = [
        Column("By"),
        Column("Orderers in the top tenth", "%"),
        Column("AUC"),
        Column("Brier score"),
    ]
    rows = [_row("The model", figures.model), _row("Most recent buyers first", figures.rule)]
    return Table(f"{who}: {words.count(figures.people)}, of whom {words.count(figures.ordered)} ordered", columns, rows)


def _row(name: str, grades: Grades) -> Row:
    return Row([name, _figure(grades.in_top_tenth), f"{grades.auc:.3f}", f"{grades.brier:.4f}"])


def _place(request: Asked) -> int:
    """From which place on; what is no place is the first."""
    asked = request.query_params.get("from", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else 0


def _spoken(day: int) -> str:
    date = date_of(day).isoformat()
    return f"{int(date[8:])} {words.month(date)}"


def _thousandths(share: float) -> int:
    return round(share * 1000)


def _share(share: float) -> str:
    return words.share(_thousandths(share), 1000)


def _figure(share: float) -> str:
    return words.share_figure(_thousandths(share), 1000)


handlers: Final = [likely_page]
