"""The shop at a glance: what is owed, what was sold and given by week, who stands where, what arrives."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from litestar import Response, get
from markupsafe import Markup

from regulars.backtesting.report import charts, words
from regulars.backtesting.report.parts import Column, Definition, Definitions, Figure, Row, Section, Table
from regulars.backtesting.report.shared import cost_minor
from regulars.kernel.program import Program
from regulars.service import overview as overviews
from regulars.service.overview import Overview, TierCount, Week
from regulars.web.admin import telling
from regulars.web.admin.gate import see_other
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of


@get("/", sync_to_thread=False)
def home() -> Response[str]:
    return see_other("/overview")


@get("/overview", sync_to_thread=True)
def overview_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    seen = overviews.overview(desk.shop, desk.now)
    if desk.program is None or seen is None or not seen.orders:
        return _first_steps(request, desk, seen)
    program = desk.program.program
    return answer(
        request,
        "overview.html.j2",
        "overview",
        program=desk.program,
        as_of=telling.as_of(seen.as_of, desk.calendar),
        headline=_headline(seen, program),
        lead=_lead(seen, program),
        account=_account(seen, program),
        facts=_facts(seen, program),
        sections=[
            one
            for one in (_weeks(seen.weeks, program), _tiers(seen.tiers, program), _arrivals(seen), _reading(program))
            if one is not None
        ],
    )


def _first_steps(request: Asked, desk: Desk, seen: Overview | None) -> Response[str]:
    return answer(
        request,
        "first_steps.html.j2",
        "overview",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        program_name=desk.program.program.name if desk.program else "",
        currency=desk.program.program.currency.code if desk.program else "USD",
        base=str(request.base_url).rstrip("/"),
        events_today=seen.events_today if seen else 0,
        refused_today=seen.refused_today if seen else 0,
    )


# --- the head ------------------------------------------------------------------------------------------------------------


def _headline(seen: Overview, program: Program) -> Markup:
    held = words.points(seen.available + seen.pending, program.points.name)
    if not seen.available + seen.pending:
        return Markup("Nobody holds any {}: the shop owes <strong>nothing</strong>.").format(program.points.name.other)
    if not program.points.worth_minor:
        return Markup("Customers hold <strong>{}</strong>.").format(held)
    owed = words.money(seen.liability_minor, program.currency)
    return Markup("The shop owes its customers <strong>{}</strong>: the worth of <strong>{}</strong>.").format(
        owed, held
    )


def _lead(seen: Overview, program: Program) -> str:
    name = program.points.name
    ready = f"{words.capitalized(words.points(seen.available, name))} can be spent now"
    waiting = (
        f", {words.about(seen.pending)} {'is' if seen.pending == 1 else 'are'} still pending" if seen.pending else ""
    )
    return f"{ready}{waiting}."


def _account(seen: Overview, program: Program) -> Table:
    """Given, less what has gone, is what is owed. Money is floored after each line, so that the column sums exactly."""
    outstanding = seen.available + seen.pending
    gone = seen.issued - seen.expired - outstanding
    lines = [("Given", "given", seen.issued, cost_minor(seen.issued, program))]
    left = seen.issued
    for title, defined, number in (("Expired", "expired", seen.expired), ("Spent or taken back", "", gone)):
        if number or defined:
            worth = cost_minor(left - number, program) - cost_minor(left, program)
            lines.append((title, defined, -number, worth))
            left -= number
    lines.append(("Owed", "owed", outstanding, seen.liability_minor))
    rows = [
        Row(
            [title, words.count(number), words.amount(worth, program.currency)],
            defined=defined,
            total=title == "Owed",
        )
        for title, defined, number, worth in lines
    ]
    unit = program.currency.code
    columns = [Column("Entry"), Column(words.capitalized(program.points.name.other)), Column("Worth", unit)]
    return Table("The account as of now", columns, rows)


def _facts(seen: Overview, program: Program) -> list[tuple[str, str]]:
    people = words.count(seen.customers)
    if seen.members != seen.customers:
        people += f", of whom {words.count(seen.members)} {'is a member' if seen.members == 1 else 'are members'}"
    return [
        ("Customers", people),
        ("Visitors", f"{words.count(seen.visitors)} without a name"),
        ("Orders", words.count(seen.orders)),
        ("Sales", words.money(seen.sales_minor, program.currency)),
    ]


# --- by week -------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _weeks(weeks: tuple[Week, ...], program: Program) -> Section | None:
    """Kept until the figures are others: drawing takes far longer than writing."""
    name, currency = program.points.name, program.currency
    if not weeks:
        return None
    best = max(weeks, key=lambda one: one.sales_minor)
    says = [
        f"Most was sold in the week from {_monday(best.starts_on)}: {words.money(best.sales_minor, currency)}.",
        "A week runs from Monday to Sunday; the last one here may not be over.",
    ]
    table = _week_table(weeks, program)
    if len(weeks) == 1:
        return Section("weeks", "By week", says[1:], [table])
    keys = [one.starts_on for one in weeks]
    sales, given = [one.sales_minor for one in weeks], [one.issued for one in weeks]
    sold = charts.Series("sales", charts.ACCENT, sales, words.amount(sales[-1], currency))
    described = _course("Columns by week: sales", keys, [words.money(one, currency) for one in sales], sales)
    first = Figure(
        f"Sales by week, {currency.code}", charts.columns(keys, [sold], charts.paid(currency), described), table
    )
    series = [charts.Series("given", charts.ACCENT, given, words.count(given[-1]))]
    if any(one.expired for one in weeks):
        gone = [-one.expired for one in weeks]
        series.append(charts.Series("expired", charts.SOFT, gone, words.count(gone[-1])))
    down = " upwards, expired downwards" if len(series) > 1 else ""
    described = _course(f"Columns by week: {name.other} given{down}", keys, [words.count(one) for one in given], given)
    title = f"{words.capitalized(name.other)} given{' and expired' if down else ''}, by week"
    return Section(
        "weeks", "By week", says, [first, Figure(title, charts.columns(keys, series, charts.counted, described), table)]
    )


def _week_table(weeks: Sequence[Week], program: Program) -> Table:
    name, currency = program.points.name.other, program.currency
    columns = [
        Column("Week from"),
        Column("Orders"),
        Column("Sales", currency.code),
        Column("Given", name),
        Column("Expired", name),
    ]
    rows = [
        Row(
            [
                _short_monday(one.starts_on),
                words.count(one.orders),
                words.amount(one.sales_minor, currency),
                words.count(one.issued),
                words.count(one.expired),
            ]
        )
        for one in weeks
    ]
    return Table("Week by week", columns, rows)


def _monday(starts_on: str) -> str:
    """`6 March 2017` for `2017-03-06`."""
    return f"{int(starts_on[8:])} {words.month(starts_on)}"


def _short_monday(starts_on: str) -> str:
    return f"{int(starts_on[8:])} {words.short_month(starts_on)}"


def _course(measure: str, keys: Sequence[str], texts: Sequence[str], values: Sequence[int]) -> str:
    """How a measure runs, for those who cannot see it."""
    top = max(range(len(values)), key=values.__getitem__)
    return (
        f"{measure}. {texts[0]} in the week from {_monday(keys[0])}, {texts[-1]} in that from {_monday(keys[-1])}; "
        f"most in that from {_monday(keys[top])}, {texts[top]}."
    )


# --- tiers and arrivals --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _tiers(counts: tuple[TierCount, ...], program: Program) -> Section | None:
    if program.tiers is None or not counts:
        return None
    levels = [level.id for level in program.tiers.levels]
    held = sum([one.customers for one in counts if one.tier is not None])
    everyone = sum([one.customers for one in counts])
    groups, rows = [], []
    for one in reversed(counts):
        share = words.share(one.customers, everyone)
        colour = charts.ranked(levels.index(one.tier), len(levels)) if one.tier in levels else charts.SOFT
        text = f"{words.count(one.customers)}, {share}"
        groups.append(charts.Group(one.tier or "no tier", [charts.Bar(one.customers, text, colour)]))
        rows.append(
            Row([one.tier or "no tier", words.count(one.customers), words.share_figure(one.customers, everyone)])
        )
    described = "A bar for each tier. " + "; ".join(f"{row.cells[0]}: {row.cells[1]} customers" for row in rows) + "."
    columns = [Column("Tier"), Column("Customers"), Column("Of customers", "%")]
    title = "Customers by tier"
    says = [f"{words.customers(held)} of {words.count(everyone)} {'holds' if held == 1 else 'hold'} a tier."]
    drawing = charts.bars(groups, described, names_beside=True)
    return Section("tiers", "Tiers", says, [Figure(title, drawing, Table(title, columns, rows))])


def _arrivals(seen: Overview) -> Section:
    arrived = "event has" if seen.events_today == 1 else "events have"
    number = words.count(seen.events_today) if seen.events_today else "No"
    says = [f"{number} {arrived} been recorded since midnight on the shop’s wall."]
    if not seen.refused_today:
        says.append("None was refused today.")
    rows = [
        Row(["Recorded today", words.count(seen.events_today)]),
        Row(["In the last hour", words.count(seen.events_last_hour)]),
        Row(["A minute, in that hour", _tenths(seen.events_last_hour, 60)]),
        Row([Markup('<a href="/refused">Refused today</a>'), words.count(seen.refused_today)]),
        *[Row([_reason(one.reason), words.count(one.events)]) for one in seen.refused_reasons],
    ]
    return Section("today", "Today", says, [Table("What arrived", [Column("What"), Column("Events")], rows)])


def _reason(reason: str) -> str:
    return f"– {reason.replace('_', ' ')}"


def _tenths(part: int, whole: int) -> str:
    tenths = words.parts_of(10, part, whole)
    return f"{tenths // 10:,}.{tenths % 10}"


def _reading(program: Program) -> Section:
    name = program.points.name.other
    terms = [
        Definition("given", "Given", f"All {name} that were earned since the beginning, pending ones included."),
        Definition("expired", "Expired", f"{words.capitalized(name)} whose time ran out. They cost nothing."),
        Definition(
            "owed",
            "Owed, liability",
            (
                f"{words.capitalized(name)} that customers hold, pending ones included, times what one costs the shop by the "
                "program. It is what they would cost if all were spent at once. Many will expire, so it is the most that "
                "can be owed."
            ),
        ),
        Definition(
            "pending",
            "Pending",
            f"{words.capitalized(name)} that wait until the time for returns is over, and cannot be spent before.",
        ),
        Definition(
            "customers",
            "Customers and visitors",
            "A customer is known by the shop’s own id. A visitor has been seen in a browser only and has no name yet.",
        ),
    ]
    return Section("reading", "How to read this", ["What the words mean."], [Definitions(terms)])


handlers: Final = [home, overview_page]
