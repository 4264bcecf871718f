"""The report of one program: what it would have given, what that costs, who gains, and why."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from regulars.backtesting.examples import Example
from regulars.backtesting.outcome import CustomerOutcome, Month, Outcome
from regulars.backtesting.report import charts, shared, words
from regulars.backtesting.report.parts import Column, Figure, Page, Row, Section, Table
from regulars.backtesting.report.shared import cost_minor
from regulars.kernel.program import Multiplier, Program
from regulars.kernel.rulebook import Rulebook

TOP = 10


def page_of_one(outcome: Outcome, program: Rulebook, examples: Sequence[Example]) -> Page:
    document = program.program
    sections = [
        _points_by_month(outcome, document),
        _cost_by_month(outcome, document),
        _tiers(outcome, document),
        _who_gains(outcome, document),
        _rules(outcome, document),
        _reach(outcome),
        _trials(outcome, document),
        shared.single_orders(examples, program),
        Section("program", "The program", ["The whole document, in its own words."], [shared.document("", document)]),
        shared.how_to_read(document),
    ]
    return Page(
        title=f"{document.name}: backtest",
        names=[document.name],
        headline=_headline(outcome, document),
        lead=_lead(outcome, document, told=bool(examples)),
        notes=shared.notes(outcome),
        account=_account(outcome, document),
        facts=[*shared.facts(outcome, program), ("Version", shared.short_version(program.version))],
        sections=[section for section in sections if section is not None],
    )


def _headline(outcome: Outcome, program: Program) -> Markup:
    name = program.points.name
    when = words.capitalized(shared.period(outcome.months))
    if not outcome.points.issued:
        return Markup("{} this program would have given <strong>no {}</strong>.").format(when, name.other)
    given = words.points(outcome.points.issued, name)
    if not program.points.worth_minor:
        return Markup("{} this program would have given <strong>{}</strong>, which cost the shop nothing.").format(
            when, given
        )
    cost = cost_minor(outcome.points.issued, program)
    worth = Markup("{} this program would have given <strong>{}</strong>, worth <strong>{}</strong>").format(
        when, given, words.money(cost, program.currency)
    )
    if outcome.revenue_minor <= 0:
        return worth + "."
    return worth + Markup(": <strong>{}</strong> of sales.").format(words.share(cost, outcome.revenue_minor))


def _lead(outcome: Outcome, program: Program, *, told: bool) -> str:
    points = outcome.points
    if not points.issued:
        return f"None of its rules gave anything for these orders{': the single orders below say why' if told else ''}."
    if points.outstanding == points.issued:
        owed = f": all {words.money(outcome.liability_minor, program.currency)} were still owed"
        return f"None of them had expired by the end{owed if program.points.worth_minor else ''}."
    gone = f"{words.about(points.expired)} had expired by the end"
    if not points.outstanding:
        return f"{gone}, and none was outstanding."
    owed = (
        f", a liability of {words.money(outcome.liability_minor, program.currency)}"
        if program.points.worth_minor
        else ""
    )
    return f"{gone}; {words.about(points.outstanding)} were still outstanding{owed}."


def _account(outcome: Outcome, program: Program) -> Table:
    """Given, less what was taken back, spent or expired, is outstanding. Money is floored after each line, so that the
    column sums to the liability exactly."""
    points = outcome.points
    lines = [("Given", "given", points.issued, cost_minor(points.issued, program))]
    left = points.issued
    for title, number in (("Taken back", points.reversed), ("Spent", points.spent), ("Expired", points.expired)):
        if number or title == "Expired":
            lines.append(
                (title, title.lower(), -number, cost_minor(left - number, program) - cost_minor(left, program))
            )
            left -= number
    lines.append(("Outstanding", "outstanding", points.outstanding, outcome.liability_minor))
    rows = [
        Row(
            [
                title,
                words.count(number),
                words.amount(worth, program.currency),
                words.share_figure(worth, outcome.revenue_minor),
            ],
            defined=defined if defined in ("given", "expired", "outstanding") else "",
            total=title == "Outstanding",
        )
        for title, defined, number, worth in lines
    ]
    columns = [
        Column("Entry"),
        Column(words.capitalized(program.points.name.other)),
        Column("Worth", program.currency.code),
        Column("Of sales", "%"),
    ]
    return Table("The account at the end", columns, rows)


# --- by month ------------------------------------------------------------------------------------------------------------


def _points_by_month(outcome: Outcome, program: Program) -> Section | None:
    name, months = program.points.name, outcome.months
    if not outcome.points.issued:
        return None
    if len(months) == 1:
        says = [f"All of it happened in {words.month(months[0].month)}, so that there is no course to draw."]
        return Section("points", "By month", says, [month_table(months, program)])
    keys = [one.month for one in months]
    best = max(months, key=lambda one: one.issued)
    says = [f"Most was given in {words.month(best.month)}: {words.count(best.issued)} {name.other}."]
    if outcome.points.expired:
        first = next(one for one in months if one.expired)
        says.append(f"The first to expire did so in {words.month(first.month)}.")
    elif program.points.expire or program.points.expire_on or program.points.inactive:
        says.append("None expired in this time.")
    series = [charts.Series("given", charts.ACCENT, [one.issued for one in months], words.count(months[-1].issued))]
    if outcome.points.expired:
        gone = [-one.expired for one in months]
        series.append(charts.Series("expired", charts.SOFT, gone, words.count(gone[-1])))
    described = (
        f"Columns by month: {name.other} given{' upwards, expired downwards' if outcome.points.expired else ''}. "
        f"{_course('Given', keys, [one.issued for one in months], [words.count(one.issued) for one in months])}"
    )
    given = Figure(
        f"{words.capitalized(name.other)} given{' and expired' if outcome.points.expired else ''}, by month",
        charts.columns(keys, series, charts.counted, described),
        month_table(months, program),
    )
    return Section("points", "By month", says, [given, _outstanding_by_month(months, program)])


def _outstanding_by_month(months: Sequence[Month], program: Program) -> Figure:
    name, currency = program.points.name, program.currency
    keys = [one.month for one in months]
    if program.points.worth_minor:
        values = [one.liability_minor for one in months]
        title = f"Liability at the end of each month, {currency.code}"
        unit, last = charts.paid(currency), words.amount(values[-1], currency)
        described = (
            f"A line by month. {_course('Liability', keys, values, [words.money(value, currency) for value in values])}"
        )
        series = charts.Series("liability", charts.WAITING, values, last)
    else:
        values = [one.outstanding for one in months]
        title = f"{words.capitalized(name.other)} outstanding at the end of each month"
        unit, last = charts.counted, words.count(values[-1])
        described = f"A line by month. {_course('Outstanding', keys, values, [words.count(value) for value in values])}"
        series = charts.Series("outstanding", charts.WAITING, values, last)
    rows = [
        Row([words.short_month(one.month), words.count(one.outstanding), words.amount(one.liability_minor, currency)])
        for one in months
    ]
    columns = [Column("At the end of"), Column("Outstanding", name.other), Column("Liability", currency.code)]
    return Figure(title, charts.lines(keys, [series], unit, described), Table(title, columns, rows))


def month_table(months: Sequence[Month], program: Program) -> Table:
    name, currency = program.points.name.other, program.currency
    columns = [
        Column("Month"),
        Column("Orders", extra=True),
        Column("Sales", currency.code),
        Column("Given", name),
        Column("Expired", name),
        Column("Outstanding", name),
    ]
    rows = [
        Row(
            [
                words.short_month(one.month),
                words.count(one.orders),
                words.amount(one.revenue_minor, currency),
                words.count(one.issued),
                words.count(one.expired),
                words.count(one.outstanding),
            ]
        )
        for one in months
    ]
    return Table("Month by month", columns, rows)


def _cost_by_month(outcome: Outcome, program: Program) -> Section | None:
    if not outcome.points.issued or outcome.revenue_minor <= 0 or len(outcome.months) == 1:
        return None
    if not program.points.worth_minor:
        says = f"By this program one {program.points.name.one} costs the shop nothing, so there is no cost to set against sales."
        return Section("cost", "Cost and sales", [says])
    months, currency = [one for one in outcome.months if one.revenue_minor > 0], program.currency
    if len(months) < 2:
        return None
    keys = [one.month for one in months]
    shares, texts = cost_shares(months, program), [cost_share(one, program) for one in months]
    whole = words.share(cost_minor(outcome.points.issued, program), outcome.revenue_minor)
    said = [f"Over the whole time what was given is worth {whole} of sales."]
    low, high = min(range(len(keys)), key=shares.__getitem__), max(range(len(keys)), key=shares.__getitem__)
    said.append(
        f"It was least in {words.month(keys[low])}, {texts[low]}, and most in {words.month(keys[high])}, {texts[high]}."
    )
    if len(months) < len(outcome.months):
        said.append("Months without sales are left out.")
    described = f"A line by month. {_course('The cost as a share of sales', keys, shares, texts)}"
    series = charts.Series("of sales", charts.ACCENT, shares, texts[-1])
    title = "Cost of what was given, as a share of sales"
    rows = [
        Row(
            [
                words.short_month(one.month),
                words.amount(one.revenue_minor, currency),
                words.amount(cost_minor(one.issued, program), currency),
                words.share_figure(cost_minor(one.issued, program), one.revenue_minor),
            ]
        )
        for one in months
    ]
    columns = [Column("Month"), Column("Sales", currency.code), Column("Cost", currency.code), Column("Of sales", "%")]
    figure = Figure(title, charts.lines(keys, [series], charts.percent, described), Table(title, columns, rows))
    return Section("cost", "Cost and sales", said, [figure])


def cost_shares(months: Sequence[Month], program: Program) -> list[int]:
    """To be drawn: in hundredths of a per cent. Something was sold in each of the months."""
    return [words.parts_of(10_000, cost_minor(one.issued, program), one.revenue_minor) for one in months]


def cost_share(month: Month, program: Program) -> str:
    """To be read."""
    return words.share(cost_minor(month.issued, program), month.revenue_minor)


# --- tiers ---------------------------------------------------------------------------------------------------------------


def _tiers(outcome: Outcome, program: Program) -> Section | None:
    if program.tiers is None:
        return None
    levels = [level.id for level in program.tiers.levels]
    held = sum([outcome.tiers.get(level, 0) for level in levels])
    says = [
        f"At the end {words.customers(held)} of {words.count(len(outcome.customers))} held a tier.",
        "Sales and points are counted with the tier that a customer held at the end.",
    ]
    table = _tier_table(outcome, program, levels)
    if not any(one.tiers.get(level, 0) for one in outcome.months for level in levels):
        return Section("tiers", "Tiers", ["Nobody reached a tier in this time."], [table])
    if len(outcome.months) == 1:
        return Section("tiers", "Tiers", says, [table])
    keys = [one.month for one in outcome.months]
    series = [
        charts.Series(
            level,
            charts.ranked(number, len(levels)),
            [one.tiers.get(level, 0) for one in outcome.months],
            words.count(outcome.months[-1].tiers.get(level, 0)),
        )
        for number, level in enumerate(levels)
    ]
    ends = "; ".join(f"{one.name}: {one.last}" for one in series)
    title = "Customers in each tier at the end of each month"
    described = f"Stacked columns by month, the lowest tier at the bottom. At the end, {ends}."
    rows = [
        Row([words.short_month(one.month), *[words.count(one.tiers.get(level, 0)) for level in levels]])
        for one in outcome.months
    ]
    columns = [Column("At the end of"), *[Column(level) for level in levels]]
    figure = Figure(title, charts.columns(keys, series, charts.counted, described), Table(title, columns, rows))
    return Section("tiers", "Tiers", says, [figure, table])


def _tier_table(outcome: Outcome, program: Program, levels: Sequence[str]) -> Table:
    name, currency = program.points.name.other, program.currency
    groups: dict[str, list[CustomerOutcome]] = {level: [] for level in (*reversed(levels), "")}
    for customer in outcome.customers:
        groups.setdefault(customer.tier or "", []).append(customer)
    rows = []
    for tier, members in groups.items():
        spend, issued = _sums(members)
        rows.append(
            Row(
                [
                    tier or "no tier",
                    words.count(len(members)),
                    words.share_figure(len(members), len(outcome.customers)),
                    words.amount(spend, currency),
                    words.share_figure(spend, outcome.revenue_minor),
                    words.count(issued),
                    words.share_figure(issued, outcome.points.issued),
                ]
            )
        )
    columns = [
        Column("Tier at the end"),
        Column("Customers"),
        Column("Of customers", "%", extra=True),
        Column("Sales", currency.code, extra=True),
        Column("Of sales", "%"),
        Column("Given", name),
        Column(f"Of {name}", "%"),
    ]
    return Table(f"Customers, sales and {name} by tier", columns, rows)


# --- customers -----------------------------------------------------------------------------------------------------------


def _who_gains(outcome: Outcome, program: Program) -> Section | None:
    name, currency, customers = program.points.name, program.currency, outcome.customers
    if not outcome.points.issued:
        return None
    parts: list[Figure | Table] = []
    says = []
    nothing = sum([one.issued == 0 for one in customers])
    middle = sorted([one.issued for one in customers])[(len(customers) - 1) // 2]
    if len(customers) >= 10 and outcome.revenue_minor > 0:
        tenths = tenths_by_spend(customers)
        spend, issued = _sums(tenths[0])
        says.append(
            f"The tenth of customers who spend most bring {words.share(spend, outcome.revenue_minor)} of sales "
            f"and get {words.share(issued, outcome.points.issued)} of the {name.other}."
        )
        parts.append(_tenths_figure(tenths, outcome, program))
    if len(customers) > 1:
        worth = f", worth {words.money(cost_minor(middle, program), currency)}" if program.points.worth_minor else ""
        says.append(f"The customer in the middle gets {words.points(middle, name)}{worth}.")
    says.append(
        f"{words.customers(nothing)} ({words.share(nothing, len(customers))}) got nothing."
        if nothing
        else f"Every customer got some {name.other}."
    )
    parts.append(_top_table(outcome, program))
    return Section("customers", "Who gains", says, parts)


def tenths_by_spend(customers: Sequence[CustomerOutcome]) -> list[list[CustomerOutcome]]:
    """Ten groups as equal in number as can be, those who spent most first; ties go by customer."""
    ranked = sorted(customers, key=lambda one: (-one.spend_minor, one.customer))
    return [ranked[len(ranked) * tenth // 10 : len(ranked) * (tenth + 1) // 10] for tenth in range(10)]


def _tenths_figure(tenths: Sequence[Sequence[CustomerOutcome]], outcome: Outcome, program: Program) -> Figure:
    name, currency = program.points.name, program.currency
    groups, rows = [], []
    for number, members in enumerate(tenths):
        spend, issued = _sums(members)
        of_sales, of_points = words.share(spend, outcome.revenue_minor), words.share(issued, outcome.points.issued)
        named = number == 0
        groups.append(
            charts.Group(
                ordinal(number),
                [
                    charts.Bar(
                        words.parts_of(10_000, spend, outcome.revenue_minor),
                        f"{of_sales} of sales" if named else of_sales,
                        charts.SOFT,
                    ),
                    charts.Bar(
                        words.parts_of(10_000, issued, outcome.points.issued),
                        f"{of_points} of {words.shortened(name.other, 12)}" if named else of_points,
                        charts.ACCENT,
                    ),
                ],
            )
        )
        rows.append(
            Row(
                [
                    ordinal(number),
                    words.count(len(members)),
                    words.amount(spend, currency),
                    words.share_figure(spend, outcome.revenue_minor),
                    words.count(issued),
                    words.share_figure(issued, outcome.points.issued),
                ]
            )
        )
    title = f"Customers by what they spent, in tenths: their share of sales and of {name.other}"
    described = (
        f"Pairs of bars for ten groups of customers, from those who spend most. The first tenth: {rows[0].cells[3]} % of sales, "
        f"{rows[0].cells[5]} % of {name.other}. The last: {rows[-1].cells[3]} and {rows[-1].cells[5]}."
    )
    columns = [
        Column("Tenth"),
        Column("Customers", extra=True),
        Column("Sales", currency.code),
        Column("Of sales", "%"),
        Column("Given", name.other),
        Column(f"Of {name.other}", "%"),
    ]
    return Figure(title, charts.bars(groups, described, names_beside=True), Table(title, columns, rows))


def ordinal(number: int) -> str:
    """`1st, most` … `10th, least`."""
    named = {0: "1st, most", 1: "2nd", 2: "3rd", 9: "10th, least"}
    return named.get(number, f"{number + 1}th")


def _top_table(outcome: Outcome, program: Program) -> Table:
    name, currency = program.points.name.other, program.currency
    top = sorted(outcome.customers, key=lambda one: (-one.issued, one.customer))[:TOP]
    top = [one for one in top if one.issued]
    tiered = program.tiers is not None
    rows = [
        Row(
            [
                one.customer,
                *([one.tier or words.NOTHING] if tiered else []),
                words.count(one.orders),
                words.amount(one.spend_minor, currency),
                words.count(one.issued),
                words.amount(cost_minor(one.issued, program), currency),
            ]
        )
        for one in top
    ]
    columns = [
        Column("Customer"),
        *([Column("Tier", words=True)] if tiered else []),
        Column("Orders"),
        Column("Sales", currency.code),
        Column("Given", name),
        Column("Worth", currency.code, extra=True),
    ]
    return Table(
        f"The {len(rows)} customers with the most {name}" if len(rows) > 1 else f"The customer with the most {name}",
        columns,
        rows,
    )


# --- rules ---------------------------------------------------------------------------------------------------------------


def _rules(outcome: Outcome, program: Program) -> Section | None:
    name, currency, total = program.points.name, program.currency, outcome.points.issued
    given = {rule: outcome.by_rule.get(rule, 0) for rule in program.giving()}
    says = ["What each earning rule gave."]
    if any(isinstance(rule, Multiplier) for rule in program.earning) or program.tiers is not None:
        says = [
            "What each earning rule gave. What a multiplier or a tier adds is counted with the rule that it multiplies."
        ]
    if not total:
        return None
    groups = [
        charts.Group(rule, [charts.Bar(number, f"{words.count(number)}, {words.share(number, total)}", charts.ACCENT)])
        for rule, number in given.items()
    ]
    described = (
        "A bar for each rule. " + "; ".join(f"{rule}: {words.count(number)}" for rule, number in given.items()) + "."
    )
    rows = [
        Row(
            [
                rule,
                words.count(number),
                words.amount(cost_minor(number, program), currency),
                words.share_figure(number, total),
            ]
        )
        for rule, number in given.items()
    ]
    columns = [Column("Rule"), Column("Given", name.other), Column("Worth", currency.code), Column("Of all", "%")]
    title = f"{words.capitalized(name.other)} given, by rule"
    return Section(
        "rules",
        "By rule",
        says,
        [Figure(title, charts.bars(groups, described, names_beside=False), Table(title, columns, rows))],
    )


# --- who would have reached what ------------------------------------------------------------------------------------------


def _reach(outcome: Outcome) -> Section | None:
    if not outcome.reach or not outcome.reach[0].members:
        return None
    rows = [
        Row(
            [
                f"{words.capitalized(one.kind)} {one.id}",
                words.count(one.reached),
                words.share_figure(one.reached, one.members),
                words.NOTHING if one.median_days is None else words.count(one.median_days),
                words.count(one.near),
            ]
        )
        for one in outcome.reach
    ]
    columns = [
        Column("What"),
        Column("Reached", "members"),
        Column("Share", "%"),
        Column("Median", "days"),
        Column("Within a tenth", "members", extra=True),
    ]
    says = [
        f"Of {words.count(outcome.reach[0].members)} members who did something in the last year.",
        "Within a tenth came whoever did not reach it and was once that near.",
    ]
    warnings = [warning for one in outcome.reach if (warning := one.warning()) is not None]
    return Section(
        "reach", "Who would have reached what", [*says, *warnings], [Table("Levels and games", columns, rows)]
    )


# --- trials --------------------------------------------------------------------------------------------------------------


def _trials(outcome: Outcome, program: Program) -> Section | None:
    name, currency = program.points.name.other, program.currency
    if not any(arm.customers for arm in outcome.trials):
        return None
    rows = [
        Row(
            [
                f"{one.trial}: {one.arm}",
                words.count(one.customers),
                words.amount(one.revenue_minor, currency),
                words.count(one.points),
                words.amount(cost_minor(one.points, program), currency),
                words.count(one.withheld),
            ]
        )
        for one in outcome.trials
    ]
    columns = [
        Column("Arm"),
        Column("Customers"),
        Column("Sales", currency.code, extra=True),
        Column("Given", name),
        Column("Worth", currency.code),
        Column("Withheld", name),
    ]
    says = [
        "What each arm would have cost: everybody counts who would have got something, from then on.",
        "These orders know of no trial, so what arms differ in is chance.",
    ]
    return Section("trials", "Trials", says, [Table("By arm", columns, rows)])


# --- sums and words ------------------------------------------------------------------------------------------------------


def _sums(customers: Iterable[CustomerOutcome]) -> tuple[int, int]:
    """(spent in minor units, points given)"""
    spend = issued = 0
    for one in customers:
        spend += one.spend_minor
        issued += one.issued
    return spend, issued


def _course(measure: str, months: Sequence[str], values: Sequence[int], texts: Sequence[str]) -> str:
    """How a measure runs, for those who cannot see it."""
    top = max(range(len(values)), key=values.__getitem__)
    return (
        f"{measure}: {texts[0]} in {words.month(months[0])}, {texts[-1]} in {words.month(months[-1])}; "
        f"most in {words.month(months[top])}, {texts[top]}."
    )
