"""What is tried, and what came of it: each arm's customers, orders, sales and points, and how far chance may have moved them."""

from fractions import Fraction
from typing import Final

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from markupsafe import Markup

from regulars.backtesting.report import words
from regulars.backtesting.report.parts import Column, Definition, Definitions, Row, Section, Table
from regulars.kernel.comparing import Difference
from regulars.kernel.experiments import Trial
from regulars.kernel.program import Program
from regulars.service.trials import ArmResult, TrialResult, hundredth, is_on, result, said, trials_in_force
from regulars.web.admin import telling
from regulars.web.admin.rendering import Asked, answer, desk_of


@get("/trials", sync_to_thread=True)
def trials_page(request: Asked) -> Response[str]:
    desk = desk_of(request)
    as_of = telling.as_of(desk.now, desk.calendar)
    if desk.program is None:
        return answer(request, "no_program.html.j2", "trials", as_of=as_of)
    program, there = desk.program.program, trials_in_force(desk.shop)
    listed = [(trial.id, trial.what(), _tried(trial, program)) for trial in there]
    return answer(request, "trials.html.j2", "trials", program=desk.program, as_of=as_of, trials=listed)


@get("/trials/{name:str}", sync_to_thread=True)
def trial_page(request: Asked, name: FromPath[str]) -> Response[str]:
    desk = desk_of(request)
    found = result(desk.shop, name, desk.now)
    if found is None or desk.program is None:
        raise NotFoundException
    program = desk.program.program
    return answer(
        request,
        "trial.html.j2",
        "trials",
        program=desk.program,
        as_of=telling.as_of(desk.now, desk.calendar),
        name=found.trial.id,
        says=f"{words.capitalized(found.trial.what())}.",
        headline=_headline(found),
        tried=_tried(found.trial, program),
        sections=_sections(found, program) if found.customers else [],
    )


def _tried(trial: Trial, program: Program) -> list[str]:
    """What it is about, in the words of the program."""
    rules = [rule.describe(program) for rule in program.earning if is_on(trial.id, rule)]
    perks = [perk.describe(program.holders_of(perk.id)) for perk in program.perks if is_on(trial.id, perk)]
    games = [game.describe(program.words()) for game in program.games.every if is_on(trial.id, game)]
    return rules + perks + games + [club.describe(program.words()) for club in program.clubs if is_on(trial.id, club)]


def _headline(found: TrialResult) -> Markup:
    if not found.customers:
        return Markup("Nobody counts yet.")
    certain = [arm for arm in found.arms[1:] if arm.against and _is_certain(arm.against.revenue_minor)]
    counted = Markup("<strong>{}</strong> count so far; ").format(words.customers(found.customers))
    if not certain:
        return counted + "what arms differ in sales, chance alone may do."
    arm = max(certain, key=lambda one: abs(_mean(one)))
    way = "more" if _mean(arm) > 0 else "less"
    return counted + Markup("“{}” spends <strong>{}</strong> than “{}”, and not by chance.").format(
        arm.id, way, found.arms[0].id
    )


def _is_certain(one: Difference | None) -> bool:
    return one is not None and one.is_certain


def _mean(arm: ArmResult) -> Fraction:
    assert arm.against is not None
    assert arm.against.revenue_minor is not None
    return arm.against.revenue_minor.mean


# --- the sections ------------------------------------------------------------------------------------------------------


def _sections(found: TrialResult, program: Program) -> list[Section]:
    return [
        Section("arms", "The arms", said(found, program), [_totals(found, program), _means(found, program)]),
        Section("reading", "How to read this", ["What the words mean."], [_definitions(program)]),
    ]


def _totals(found: TrialResult, program: Program) -> Table:
    rows = [
        Row(
            [
                arm.id,
                words.count(arm.sums.customers),
                words.count(arm.sums.orders.total),
                words.amount(arm.sums.revenue_minor.total, program.currency),
                words.count(arm.sums.points.total),
                words.count(arm.sums.withheld),
            ]
        )
        for arm in found.arms
    ]
    name = program.points.name.other
    columns = [
        Column("Arm"),
        Column("Customers"),
        Column("Orders", extra=True),
        Column("Sales", program.currency.code),
        Column("Given", name),
        Column("Withheld", name, extra=True),
    ]
    return Table("In all, since they count", columns, rows)


def _means(found: TrialResult, program: Program) -> Table:
    rows = []
    for arm in found.arms:
        low, high = arm.sums.came_back.interval()
        mean = hundredth(arm.sums.revenue_minor.mean / 10**program.currency.exponent)
        again = f"{_percent(arm.sums.came_back.hundredths())} ({_percent(low)}–{_percent(high)})"
        rows.append(Row([arm.id, hundredth(arm.sums.orders.mean), mean, hundredth(arm.sums.points.mean), again]))
    columns = [
        Column("Arm"),
        Column("Orders"),
        Column("Sales", program.currency.code),
        Column("Given", program.points.name.other, extra=True),
        Column("Ordered again", "%, and 95 % interval"),
    ]
    return Table("A customer on the mean", columns, rows)


def _percent(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100 // 10}"


def _definitions(program: Program) -> Definitions:
    name = program.points.name.other
    terms = [
        Definition(
            "counts",
            "Who counts",
            "Everybody of an arm, from the first time that the rule would have given them something, whether it did or not "
            "(intent to treat); with all that they did from then on.",
        ),
        Definition(
            "withheld",
            "Withheld",
            f"{words.capitalized(name)} that they would have got besides, had they not been in this arm.",
        ),
        Definition(
            "again", "Ordered again", "Those who ordered after the moment from which they count. Wilson's interval."
        ),
        Definition(
            "interval",
            "95 % interval",
            "Of the difference of two means, by Welch. Where 0 lies outside, chance alone does that in one of twenty trials "
            "without any effect: look once, at a day set before, and not every day until it looks well.",
        ),
    ]
    return Definitions(terms)


handlers: Final = [trials_page, trial_page]
