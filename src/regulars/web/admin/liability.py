"""What the shop owes in points, as of any day: by when it would expire, by level, and what became of each month's points."""

from collections.abc import Sequence
from typing import Final

from litestar import Response, get
from markupsafe import Markup

from regulars.backtesting.report import charts, words
from regulars.backtesting.report.parts import Column, Definition, Definitions, Figure, Row, Section, Table
from regulars.backtesting.report.shared import cost_minor
from regulars.kernel.calendar import date_of
from regulars.kernel.program import Program
from regulars.kernel.terms import plain
from regulars.service.liability import BadDay, Cohort, Liability, Owed, liability, moment_of
from regulars.web.admin import telling
from regulars.web.admin.rendering import Asked, answer, desk_of


@get("/liability", sync_to_thread=True)
def liability_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    asked, trouble = request.query_params.get("on") or None, ""
    try:
        moment = moment_of(asked, desk.calendar, desk.now)
    except BadDay as bad:
        moment, trouble = desk.now, str(bad)
    seen = liability(desk.shop, moment)
    if desk.program is None or seen is None:
        return answer(request, "no_program.html.j2", "liability", as_of=telling.as_of(desk.now, desk.calendar))
    program = desk.program.program
    return answer(
        request,
        "liability.html.j2",
        "liability",
        program=desk.program,
        as_of=telling.as_of(moment, desk.calendar),
        on=date_of(desk.calendar.day_of(moment)).isoformat(),
        today=date_of(desk.calendar.day_of(desk.now)).isoformat(),
        trouble=trouble,
        headline=_headline(seen, program, moment == desk.now),
        lead=_lead(program),
        account=_account(seen, program),
        sections=_sections(seen, program) if seen.cohorts else [],
    )


# --- the head ------------------------------------------------------------------------------------------------------------


def _headline(seen: Liability, program: Program, is_now: bool) -> Markup:
    number = words.points(seen.points, program.points.name)
    hold, owes = ("hold", "owes") if is_now else ("held", "owed")
    if not seen.points:
        nobody = Markup("Nobody {} any {}: the shop {} <strong>nothing</strong>.")
        return nobody.format("holds" if is_now else "held", program.points.name.other, owes)
    held = Markup("Customers {} <strong>{}</strong>").format(hold, number)
    if not program.points.worth_minor:
        return held + "."
    expected, most = (words.money(one, program.currency) for one in (seen.expected_minor, seen.most_minor))
    if program.points.redeemed == 1:
        return held + Markup(", which cost <strong>{}</strong> if all are spent.").format(most)
    return held + Markup(", expected to cost <strong>{}</strong>, and {} at most.").format(expected, most)


def _lead(program: Program) -> str:
    name, policy = program.points.name, program.points
    if not policy.worth_minor:
        return f"The program does not say what one {name.one} costs (“worth”), so nothing is said in money."
    if policy.redeemed == 1:
        return "Assumed: every one is spent. If you know better, say in the program what share is (“redeemed”)."
    return f"Assumed: {plain(policy.redeemed * 100)} % of them are spent before they expire, as the program says."


def _account(seen: Liability, program: Program) -> Table:
    """Money is floored after each line, so that the column sums exactly."""
    ready = cost_minor(seen.available, program)
    waiting = cost_minor(seen.available + seen.pending, program) - ready
    lines = [("Can be spent", "spendable", seen.available, ready), ("Pending", "pending", seen.pending, waiting)]
    if seen.reserved:
        lines.append(("Reserved", "reserved", seen.reserved, seen.most_minor - ready - waiting))
    lines.append(("Held", "held", seen.points, seen.most_minor))
    currency = program.currency
    rows = [
        Row([title, words.count(number), words.amount(worth, currency)], total=title == "Held", defined=defined)
        for title, defined, number, worth in lines
    ]
    if program.points.redeemed != 1:
        share = f"Expected, {plain(program.points.redeemed * 100)} %"
        rows.append(Row([share, "", words.amount(seen.expected_minor, currency)], defined="expected"))
    if seen.debt:
        owed = words.amount(cost_minor(seen.debt, program), currency)
        rows.append(Row(["Owed by customers", words.count(seen.debt), owed], defined="debt"))
    columns = [Column("What"), Column(words.capitalized(program.points.name.other)), Column("Worth", currency.code)]
    return Table("What is owed", columns, rows)


# --- by month and level --------------------------------------------------------------------------------------------------


def _sections(seen: Liability, program: Program) -> list[Section]:
    found = [_by_month(seen.owed, program)] if seen.owed else []
    if program.tiers is not None and seen.owed:
        found.append(_by_level(seen.owed, program))
    return [*found, _by_cohort(seen.cohorts, program), _reading(program)]


def _by_month(owed: Sequence[Owed], program: Program) -> Section:
    name, currency = program.points.name, program.currency
    months: dict[str, list[Owed]] = {}
    for one in owed:
        months.setdefault(one.month or "", []).append(one)
    held = {month: sum([one.points for one in those]) for month, those in months.items()}
    has_reserved = any(one.reserved for one in owed)
    rows = [
        Row(
            [
                words.short_month(month) if month else "never",
                words.count(sum([one.available for one in those])),
                words.count(sum([one.pending for one in those])),
                *([words.count(sum([one.reserved for one in those]))] if has_reserved else []),
                words.amount(cost_minor(held[month], program), currency),
            ]
        )
        for month, those in months.items()
    ]
    columns = [Column("Expire in"), Column("Can be spent"), Column("Pending")]
    columns += [Column("Reserved")] if has_reserved else []
    columns += [Column("Worth", currency.code)]
    table = Table("By the month in which they expire", columns, rows)
    keys = _every([month for month in held if month])
    says = [_soonest(held, program)]
    if "" in held:
        says.append(f"{words.capitalized(words.points(held[''], name))} never expire.")
    if len(keys) < 2:
        return Section("expiry", "By expiry", says, [table])
    values = [held.get(key, 0) for key in keys]
    series = charts.Series("held", charts.WAITING, values, words.count(values[-1]))
    top = max(keys, key=lambda key: held.get(key, 0))
    described = (
        f"Columns by month: {name.other} that expire in it. {words.count(values[0])} in {words.month(keys[0])}, "
        f"{words.count(values[-1])} in {words.month(keys[-1])}; most in {words.month(top)}, {words.count(held[top])}."
    )
    title = f"{words.capitalized(name.other)} held, by the month in which they expire"
    figure = Figure(title, charts.columns(keys, [series], charts.counted, described), table)
    return Section("expiry", "By expiry", says, [figure])


def _soonest(held: dict[str, int], program: Program) -> str:
    month = next((month for month in held if month), None)
    if month is None:
        return f"None of these {program.points.name.other} ever expires."
    return f"The next to expire are {words.points(held[month], program.points.name)}, in {words.month(month)}."


def _every(months: Sequence[str]) -> list[str]:
    """The months from the first to the last, none left out; at most five years of them."""
    if not months:
        return []
    year, month = int(months[0][:4]), int(months[0][5:])
    found = [months[0]]
    while found[-1] < months[-1] and len(found) < MOST_MONTHS:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        found.append(f"{year:04}-{month:02}")
    return found


MOST_MONTHS: Final = 60


def _by_level(owed: Sequence[Owed], program: Program) -> Section:
    assert program.tiers is not None
    levels: list[str | None] = [None, *[level.id for level in program.tiers.levels]]
    levels += sorted({one.tier for one in owed if one.tier is not None and one.tier not in levels})
    held = {level: sum([one.points for one in owed if one.tier == level]) for level in levels}
    all = sum(held.values())
    rows = [
        Row(
            [
                level or "no tier",
                words.count(held[level]),
                words.share_figure(held[level], all),
                words.amount(cost_minor(held[level], program), program.currency),
            ]
        )
        for level in reversed(levels)
    ]
    most = max(levels, key=lambda level: held[level])
    says = [f"Most is held by customers {'in ' + most if most else 'without a tier'}: {words.share(held[most], all)}."]
    columns = [
        Column("Tier"),
        Column(words.capitalized(program.points.name.other)),
        Column("Of all", "%"),
        Column("Worth", program.currency.code),
    ]
    return Section("levels", "By tier", says, [Table("By the tier of those who hold them", columns, rows)])


# --- by month of earning -------------------------------------------------------------------------------------------------


def _by_cohort(cohorts: Sequence[Cohort], program: Program) -> Section:
    name = program.points.name.other
    issued, expired = sum([one.issued for one in cohorts]), sum([one.expired for one in cohorts])
    says = [
        f"Of {words.points(issued, program.points.name)} given so far, {words.share(expired, issued)} expired unused."
    ]
    has_used, has_reversed = any(one.used for one in cohorts), any(one.reversed for one in cohorts)
    rows = [
        Row(
            [
                words.short_month(one.month),
                words.count(one.issued),
                words.count(one.expired),
                *([words.count(one.used)] if has_used else []),
                *([words.count(one.reversed)] if has_reversed else []),
                words.count(one.held),
                words.share_figure(one.expired, one.issued),
            ]
        )
        for one in cohorts
    ]
    columns = [Column("Earned in"), Column("Given", name), Column("Expired", name)]
    columns += [Column("Used", name)] if has_used else []
    columns += [Column("Taken back", name)] if has_reversed else []
    columns += [Column("Held", name), Column("Breakage", "%")]
    table = Table("By the month in which they were earned", columns, rows)
    if len(cohorts) == 1:
        return Section("cohorts", "By month of earning", says, [table])
    keys = _every([one.month for one in cohorts][-MOST_MONTHS:])
    by_month = {one.month: one for one in cohorts}
    kinds = [("expired", charts.SOFT, "expired"), ("held", charts.WAITING, "held"), ("used", charts.ACCENT, "used")]
    kinds.append(("reversed", charts.LOSS, "taken back"))
    series = []
    for id, colour, said in kinds:
        values = [getattr(by_month[key], id) if key in by_month else 0 for key in keys]
        if any(values):
            series.append(charts.Series(said, colour, values, words.count(values[-1])))
    ends = "; ".join(f"{one.name}: {words.count(sum(one.values))}" for one in series)
    described = f"Stacked columns by month of earning: what became of the {name} given in it. In all, {ends}."
    title = f"What became of each month’s {name}"
    figure = Figure(title, charts.columns(keys, series, charts.counted, described), table)
    return Section("cohorts", "By month of earning", says, [figure])


def _reading(program: Program) -> Section:
    name = program.points.name.other
    terms = [
        Definition(
            "spendable", "Can be spent", f"{words.capitalized(name)} that are not pending and have not expired."
        ),
        Definition("pending", "Pending", "Still waiting until the time for returns is over."),
        Definition("reserved", "Reserved", "Held for what is being bought, and owed until it is."),
        Definition(
            "debt", "Owed by customers", f"What the next {name} fill; nothing is taken off the liability for it."
        ),
        Definition("reversed", "Taken back", "With orders that went back, by hand, or to fill what was owed."),
        Definition(
            "held", "Held, the liability", "All together, times what one costs the shop by the program in force now."
        ),
        Definition(
            "expected",
            "Expected",
            (
                "The share of that which the program assumes will be spent (“redeemed”), an estimate of your own. The rest is "
                "expected to expire."
            ),
        ),
        Definition(
            "breakage",
            "Breakage",
            f"The share of {name} given in a month that expired unused so far. Young months have not had their time yet.",
        ),
        Definition(
            "asof",
            "As of",
            (
                "Everything is read from the ledger as it stood at that moment, by when postings took effect. What had run out by "
                "then is not owed, whether it was booked yet or not."
            ),
        ),
    ]
    return Section("reading", "How to read this", ["What the words mean."], [Definitions(terms)])


handlers: Final = [liability_page]
