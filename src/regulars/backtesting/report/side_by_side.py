"""The report of two programs over the same orders: what the second costs more or less, and who gains and who loses.

In tables and charts they are called A and B, since names may be long, or the same for two versions of one program.
"""

from bisect import bisect_left
from collections.abc import Sequence

from markupsafe import Markup
from msgspec import Struct

from regulars.backtesting.comparison import Comparison, CustomerChange
from regulars.backtesting.examples import Example
from regulars.backtesting.report import charts, shared, words
from regulars.backtesting.report.parts import Column, Figure, Page, Row, Section, Table
from regulars.backtesting.report.shared import cost_minor
from regulars.backtesting.report.single import TOP, cost_shares
from regulars.kernel.program import Program
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.shares import WHOLE, Share
from regulars.kernel.terms import PointsName

COLOURS = (charts.SOFT, charts.ACCENT)


def page_of_two(comparison: Comparison, first: Rulebook, second: Rulebook, examples: Sequence[Example]) -> Page:
    one, other = first.program, second.program
    sections = [
        _by_month(comparison, one, other),
        _cost_by_month(comparison, one, other),
        _who_gains(comparison, one, other),
        _tiers(comparison, one, other),
        _rules(comparison, one, other),
        shared.single_orders(examples, first),
        Section(
            "program",
            "The programs",
            ["Both documents, in their own words."],
            [shared.document(f"A: {one.name}", one), shared.document(f"B: {other.name}", other)],
        ),
        shared.how_to_read(one, compared=True),
    ]
    versions = f"A {shared.short_version(first.version)}, B {shared.short_version(second.version)}"
    return Page(
        title=f"{one.name} against {other.name}: backtest",
        names=[f"A: {one.name}", f"B: {other.name}"],
        headline=_headline(comparison, one, other),
        lead=_lead(comparison, one, other),
        notes=shared.notes(comparison.first),
        account=_account(comparison, one, other),
        facts=[*shared.facts(comparison.first, first), ("Versions", versions)],
        sections=[section for section in sections if section is not None],
    )


def _headline(comparison: Comparison, one: Program, other: Program) -> Markup:
    first, second = comparison.first, comparison.second
    when = words.capitalized(shared.period(first.months))
    costs = [cost_minor(first.points.issued, one), cost_minor(second.points.issued, other)]
    more = costs[1] - costs[0]
    if not costs[0] and not costs[1]:
        return _headline_in_points(comparison, _name(one, other), when)
    if not more:
        return Markup("{} B would have cost <strong>the same</strong> as A: {}.").format(
            when, words.money(costs[0], one.currency)
        )
    difference = Markup("{} B would have cost <strong>{} {}</strong> than A: {} instead of {}").format(
        when,
        words.money(abs(more), one.currency),
        "more" if more > 0 else "less",
        words.money(costs[1], one.currency),
        words.money(costs[0], one.currency),
    )
    if first.revenue_minor <= 0:
        return difference + "."
    return difference + Markup(", <strong>{}</strong> of sales instead of {}.").format(
        words.share(costs[1], second.revenue_minor), words.share(costs[0], first.revenue_minor)
    )


def _headline_in_points(comparison: Comparison, name: PointsName, when: str) -> Markup:
    more = comparison.difference("issued")
    if not more:
        return Markup("{} B would have given <strong>as many {}</strong> as A.").format(when, name.other)
    many = f"{words.points(abs(more), name)} {'more' if more > 0 else 'fewer'}"
    return Markup("{} B would have given <strong>{}</strong> than A.").format(when, many)


def _lead(comparison: Comparison, one: Program, other: Program) -> str:
    winners, losers = len(comparison.winners()), len(comparison.losers())
    same = len(comparison.changes) - winners - losers
    gain, lose = words.customers(winners), words.count(losers)
    said = f"{gain} would gain by B, {lose} would lose, and {words.count(same)} would get the same."
    more = comparison.liability_minor
    if more and one.currency == other.currency:
        said += f" The liability at the end would be {words.money(abs(more), one.currency)} {'higher' if more > 0 else 'lower'}."
    return said


def _account(comparison: Comparison, one: Program, other: Program) -> Table:
    first, second = comparison.first, comparison.second
    name = _name(one, other).other
    rows = []
    for title, figure in (("Given", "issued"), ("Expired", "expired"), ("Outstanding", "outstanding")):
        pair = (int(getattr(first.points, figure)), int(getattr(second.points, figure)))
        cells = [f"{title}, {name}", words.count(pair[0]), words.count(pair[1]), words.signed(pair[1] - pair[0])]
        rows.append(Row(cells, defined=title.lower()))
    costs = (cost_minor(first.points.issued, one), cost_minor(second.points.issued, other))
    owed = (first.liability_minor, second.liability_minor)
    for title, pair, defined in (("Cost", costs, "cost"), ("Liability", owed, "outstanding")):
        cells = [f"{title}, {one.currency.code}", *[words.amount(minor, one.currency) for minor in pair]]
        rows.append(Row([*cells, words.signed_amount(pair[1] - pair[0], one.currency)], defined=defined))
    shares = [words.share(cost, first.revenue_minor) for cost in costs]
    apart = words.share(costs[1] - costs[0], first.revenue_minor)
    rows.append(Row(["Cost, of sales", *shares, f"+{apart}" if costs[1] > costs[0] else apart], defined="share"))
    broken = [Share(one.expired, one.issued).hundredths() for one in (first.points, second.points)]
    cells = [words.share(one, WHOLE) for one in broken]
    more = words.share(broken[1] - broken[0], WHOLE)
    rows.append(
        Row(["Breakage, of what was given", *cells, f"+{more}" if broken[1] > broken[0] else more], defined="expired")
    )
    columns = [Column("Measure"), Column("A"), Column("B"), Column("B less A")]
    return Table("The account at the end, side by side", columns, rows)


# --- by month ------------------------------------------------------------------------------------------------------------


def _by_month(comparison: Comparison, one: Program, other: Program) -> Section | None:
    name, currency = _name(one, other).other, one.currency
    first, second = comparison.first, comparison.second
    if not first.points.issued and not second.points.issued:
        return None
    keys = [month.month for month in first.months]
    pairs = list(zip(first.months, second.months, strict=True))
    given = [
        _Compared(a.issued, b.issued, words.count(a.issued), words.count(b.issued), words.signed(b.issued - a.issued))
        for a, b in pairs
    ]
    parts: list[Figure | Table] = [
        _overlaid(f"{words.capitalized(name)} given, by month", keys, given, charts.counted, name)
    ]
    if one.points.worth_minor or other.points.worth_minor:
        owed = [(a.liability_minor, b.liability_minor) for a, b in pairs]
        liabilities = [
            _Compared(a, b, words.amount(a, currency), words.amount(b, currency), words.signed_amount(b - a, currency))
            for a, b in owed
        ]
        title = f"Liability at the end of each month, {currency.code}"
        parts.append(_overlaid(title, keys, liabilities, charts.paid(currency), currency.code))
    says = [
        f"{words.capitalized(name)} given in {words.month(keys[-1])}: {given[-1].first_text} by A, {given[-1].second_text} by B."
    ]
    return Section("points", "By month", says, parts)


def _cost_by_month(comparison: Comparison, one: Program, other: Program) -> Section | None:
    first, second = comparison.first, comparison.second
    if first.revenue_minor <= 0 or not (one.points.worth_minor or other.points.worth_minor):
        return None
    sold = [
        pair for pair in zip(first.months, second.months, strict=True) if min(one.revenue_minor for one in pair) > 0
    ]
    if not sold:
        return None
    drawn = zip(
        cost_shares([before for before, _ in sold], one), cost_shares([after for _, after in sold], other), strict=True
    )
    shares = []
    for (a, b), (before, after) in zip(drawn, sold, strict=True):
        costs = (cost_minor(before.issued, one), cost_minor(after.issued, other))
        texts = [words.share_figure(minor, before.revenue_minor) for minor in (*costs, costs[1] - costs[0])]
        shares.append(_Compared(a, b, texts[0], texts[1], f"{'+' if costs[1] > costs[0] else ''}{texts[2]}"))
    title = "Cost of what was given, as a share of sales"
    figure = _overlaid(title, [before.month for before, _ in sold], shares, charts.percent, "%", sign=f"{words.THIN}%")
    whole = [
        words.share(cost_minor(each.points.issued, program), each.revenue_minor)
        for each, program in ((first, one), (second, other))
    ]
    return Section(
        "cost", "Cost and sales", [f"Over the whole time A is worth {whole[0]} of sales, and B {whole[1]}."], [figure]
    )


class _Compared(Struct, frozen=True):
    """A measure under both, to be drawn and to be read."""

    first: int
    second: int
    first_text: str
    second_text: str
    apart_text: str


def _overlaid(
    title: str, keys: Sequence[str], months: Sequence[_Compared], unit: charts.Unit, measure: str, *, sign: str = ""
) -> Figure | Table:
    """As two lines, and as the table behind them; of one month there is the table alone."""
    start, end = months[0], months[-1]
    series = [
        charts.Series("A", COLOURS[0], [one.first for one in months], end.first_text + sign),
        charts.Series("B", COLOURS[1], [one.second for one in months], end.second_text + sign),
    ]
    described = (
        f"Two lines by month. A: {start.first_text} in {words.month(keys[0])}, {end.first_text} in {words.month(keys[-1])}. "
        f"B: {start.second_text} and {end.second_text}."
    )
    rows = [
        Row([words.short_month(key), one.first_text, one.second_text, one.apart_text])
        for key, one in zip(keys, months, strict=True)
    ]
    columns = [Column("Month"), Column("A", measure), Column("B", measure), Column("B less A", measure)]
    if len(keys) == 1:
        return Table(title, columns, rows)
    return Figure(title, charts.lines(keys, series, unit, described), Table(title, columns, rows))


# --- customers -----------------------------------------------------------------------------------------------------------


def _who_gains(comparison: Comparison, one: Program, other: Program) -> Section:
    name = _name(one, other).other
    winners, losers = comparison.winners(), comparison.losers()
    if not winners and not losers:
        return Section("customers", "Who gains and who loses", [f"Every customer gets as many {name} by B as by A."])
    same = len(comparison.changes) - len(winners) - len(losers)
    groups = (("gain", winners), ("lose", losers))
    rows = [
        Row(
            [
                title,
                words.count(len(changes)),
                words.share_figure(len(changes), len(comparison.changes)),
                words.signed(sum([change.issued for change in changes])),
                words.signed(_middle(changes)),
            ]
        )
        for title, changes in groups
    ]
    rows.append(
        Row(["stay as they are", words.count(same), words.share_figure(same, len(comparison.changes)), "0", "0"])
    )
    columns = [
        Column("By B they"),
        Column("Customers"),
        Column("Of all", "%"),
        Column("In all", name),
        Column("In the middle", name),
    ]
    parts: list[Figure | Table] = [
        _distribution(comparison, name),
        Table("Who gains and who loses by B", columns, rows),
        *[
            _top_table(f"Who {verb} most by B", changes[:TOP], one, other)
            for verb, changes in (("gains", winners), ("loses", losers))
            if changes
        ],
    ]
    says = [f"{words.customers(len(winners))} gain and {words.count(len(losers))} lose, over the same orders."]
    return Section("customers", "Who gains and who loses", says, parts)


def _middle(changes: Sequence[CustomerChange]) -> int:
    return sorted([change.issued for change in changes])[(len(changes) - 1) // 2] if changes else 0


def _distribution(comparison: Comparison, name: str) -> Figure:
    """Customers by how much they gain or lose, in steps round enough to read."""
    issued = [change.issued for change in comparison.changes if change.issued]
    edges = _edges(max([abs(change) for change in issued]))
    counts = [0] * (2 * len(edges))
    for change in issued:
        place = bisect_left(edges, abs(change))
        counts[len(edges) - 1 - place if change < 0 else len(edges) + place] += 1
    labels = [
        f"{low:,} to {high:,}" if low != high else f"{low:,}"
        for low, high in zip([1, *[e + 1 for e in edges]], edges, strict=False)
    ]
    names = [f"{label} fewer" for label in reversed(labels)] + [f"{label} more" for label in labels]
    same = len(comparison.changes) - len(issued)
    steps = [
        *[(names[i], counts[i], charts.LOSS) for i in range(len(edges))],
        ("no change", same, charts.SOFT),
        *[(names[i], counts[i], charts.GAIN) for i in range(len(edges), len(names))],
    ]
    shown = _without_empty_ends(steps)
    groups = [charts.Group(label, [charts.Bar(number, words.count(number), colour)]) for label, number, colour in shown]
    title = f"Customers by how many {name} more or fewer they get by B"
    described = (
        "A bar for each step. " + "; ".join(f"{label}: {words.count(number)}" for label, number, _ in shown) + "."
    )
    rows = [Row([label, words.count(number)]) for label, number, _ in shown]
    drawing = charts.bars(groups, described, names_beside=True)
    return Figure(title, drawing, Table(title, [Column("Difference", name), Column("Customers")], rows))


def _edges(most: int) -> list[int]:
    """Upper ends 1-2-5 apart, at most six of them."""
    every = [base * 10**power for power in range(18) for base in (1, 2, 5)]
    last = bisect_left(every, most)
    return every[max(0, last - 5) : last + 1]


def _without_empty_ends(steps: Sequence[tuple[str, int, str]]) -> Sequence[tuple[str, int, str]]:
    filled = [number for number, (_, customers, _) in enumerate(steps) if customers]
    return steps[filled[0] : filled[-1] + 1]


def _top_table(title: str, changes: Sequence[CustomerChange], one: Program, other: Program) -> Table:
    name, currency = _name(one, other).other, one.currency
    tiered = one.tiers is not None or other.tiers is not None
    rows = [
        Row(
            [
                change.customer,
                *([_tiers_of(change)] if tiered else []),
                words.amount(change.first.spend_minor, currency),
                words.count(change.first.issued),
                words.count(change.second.issued),
                words.signed(change.issued),
            ],
            tone="gain" if change.issued > 0 else "loss",
        )
        for change in changes
    ]
    columns = [
        Column("Customer"),
        *([Column("Tier", "A → B", words=True)] if tiered else []),
        Column("Sales", currency.code, extra=True),
        Column("A", name),
        Column("B", name),
        Column("B less A", name),
    ]
    return Table(title, columns, rows)


def _tiers_of(change: CustomerChange) -> str:
    before, after = change.first.tier or words.NOTHING, change.second.tier or words.NOTHING
    return before if before == after else f"{before} → {after}"


# --- tiers and rules -----------------------------------------------------------------------------------------------------


def _tiers(comparison: Comparison, one: Program, other: Program) -> Section | None:
    if one.tiers is None and other.tiers is None:
        return None
    first, second = comparison.first, comparison.second
    rows = []
    for tier in reversed(_in_order(list(first.tiers), list(second.tiers))):
        pair = (first.tiers.get(tier, 0), second.tiers.get(tier, 0))
        title = "no tier" if tier == "none" else tier
        rows.append(Row([title, words.count(pair[0]), words.count(pair[1]), words.signed(pair[1] - pair[0])]))
    columns = [
        Column("Tier at the end"),
        Column("A", "customers"),
        Column("B", "customers"),
        Column("B less A", "customers"),
    ]
    parts = [Table("Customers in each tier", columns, rows)]
    if comparison.moves:
        moved = sorted(comparison.moves.items(), key=lambda move: (-move[1], move[0]))
        moves = [Row([_tier_name(before), _tier_name(after), words.count(number)]) for (before, after), number in moved]
        columns = [Column("By A"), Column("By B", words=True), Column("Customers")]
        parts.append(Table("Who ends in another tier", columns, moves))
    says = [f"{words.customers(sum(comparison.moves.values()))} end in another tier by B than by A."]
    return Section("tiers", "Tiers", says, parts)


def _tier_name(tier: str) -> str:
    return "no tier" if tier == "none" else tier


def _rules(comparison: Comparison, one: Program, other: Program) -> Section | None:
    name = _name(one, other).other
    if not comparison.first.points.issued and not comparison.second.points.issued:
        return None
    rules = _in_order(one.giving(), other.giving())
    rows = []
    for rule in rules:
        pair = (comparison.first.by_rule.get(rule, 0), comparison.second.by_rule.get(rule, 0))
        rows.append(Row([rule, words.count(pair[0]), words.count(pair[1]), words.signed(pair[1] - pair[0])]))
    columns = [Column("Rule"), Column("A", name), Column("B", name), Column("B less A", name)]
    says = [
        "What each earning rule gave. What a multiplier or a tier adds is counted with the rule that it multiplies."
    ]
    return Section("rules", "By rule", says, [Table(f"{words.capitalized(name)} given, by rule", columns, rows)])


def _in_order(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """What either has, once; what only the second has stands after what it follows there."""
    merged = list(first)
    for number, one in enumerate(second):
        if one not in merged:
            place = merged.index(second[number - 1]) + 1 if number else 0
            merged.insert(place, one)
    return merged


def _name(one: Program, other: Program) -> PointsName:
    """What the points are called, where both call them the same."""
    return one.points.name if one.points.name == other.points.name else PointsName("point", "points")
