"""What the report of one program and that of two have in common: the facts above, single orders, definitions below."""

from collections.abc import Sequence
from typing import Final

from regulars.backtesting.examples import Example
from regulars.backtesting.outcome import Month, Outcome
from regulars.backtesting.report import words
from regulars.backtesting.report.parts import Definition, Definitions, Section, Sentences, Stories, Story
from regulars.kernel.program import Program
from regulars.kernel.rulebook import Rulebook

HEX = frozenset("0123456789abcdef")


def cost_minor(points: int, program: Program) -> int:
    """What so many points are worth, as a liability is."""
    return program.points.liability_minor(points)


def short_version(version: str) -> str:
    """Eight digits are enough to tell versions apart, where they are a hash."""
    return version[:8] if len(version) > 12 and HEX.issuperset(version[:12]) else version


def period(months: Sequence[Month]) -> str:
    """`over 2017`; where there are no months, `in this time`."""
    return words.period([one.month for one in months]) if months else "in this time"


def facts(outcome: Outcome, program: Rulebook) -> list[tuple[str, str]]:
    orders = f"{words.count(outcome.orders)}, of {words.customers(len(outcome.customers))}"
    last = outcome.until - 1
    return [
        ("Source", outcome.source),
        ("Orders", orders),
        ("Sales", words.money(outcome.revenue_minor, program.program.currency)),
        (
            "Time",
            words.capitalized(words.span([one.month for one in outcome.months])) if outcome.months else words.NOTHING,
        ),
        (
            "As of",
            f"{words.date(last, program.calendar)}, {words.clock(last, program.calendar)}, {program.program.zone.name}",
        ),
    ]


def notes(outcome: Outcome) -> list[str]:
    if not outcome.left_out_orders:
        return []
    left_out = outcome.left_out_orders
    verb = "was left out, because a row of it" if left_out == 1 else "were left out, because a row of each"
    return [f"{words.orders(left_out)} {verb} could not be read. All figures here are without them."]


def single_orders(examples: Sequence[Example], program: Rulebook) -> Section | None:
    if not examples:
        return None
    says = ["Real orders from this history, and what the program makes of each. Every effect can say why."]
    return Section("orders", "Single orders", says, [Stories([_story(one, program) for one in examples])])


def _story(example: Example, program: Rulebook) -> Story:
    name = program.program.points.name
    when = f"{words.weekday_and_date(example.happened_at, program.calendar)}, {words.clock(example.happened_at, program.calendar)}"
    given = f"{words.count(example.points)} {name.one if example.points == 1 else name.other}"
    titles = {
        "everyday": "An everyday order",
        "multiplied": "An order that was multiplied",
        "most": f"The best order of the customer with the most {name.other}",
        "tier": f"The order that reached {example.tier}",
        "nothing": f"An order that earned no {name.other}",
        "expired": f"{words.capitalized(name.other)} that expired",
    }
    return Story(
        title=titles[example.kind],
        order=f"Order {example.order_id}",
        facts=[
            when,
            f"Customer {example.customer}",
            f"{words.money(example.amount_minor, program.program.currency)} in {words.lines(example.lines)}",
        ],
        result=f"{given} expired" if example.kind == "expired" else given if example.points else f"No {name.other}",
        empty=example.kind in ("expired", "nothing"),
        why=[words.with_spoken_dates(one) for one in example.sentences],
    )


def document(title: str, program: Program) -> Sentences:
    return Sentences(title, [words.with_spoken_dates(one) for one in program.describe()])


def how_to_read(program: Program, *, compared: bool = False) -> Section:
    name = program.points.name.other
    meanings = [*MEANINGS, *([GAINS] if compared else [])]
    definitions = [
        Definition(what, term, meaning.format(name=name, Name=words.capitalized(name)))
        for what, term, meaning in meanings
    ]
    says = ["What the words mean, and what a backtest can and cannot tell."]
    return Section("reading", "How to read this", says, [Definitions(definitions)])


MEANINGS: Final = (
    (
        "backtest",
        "Backtest",
        (
            "The program was run over orders that really happened, by the same engine that runs it live. For these orders"
            " the figures are exact, not a model. But customers who had known of the program would have bought "
            "differently, and nobody can count what they would have bought: read the cost as exact for this history, and "
            "as an estimate for the next."
        ),
    ),
    ("given", "Given", "All {name} that the orders earned, pending ones included."),
    (
        "cost",
        "Cost",
        (
            "{Name} given, times what one costs the shop by the program. It is what the program would cost if every one "
            "of them were spent. What expires is never spent, so the true cost is lower."
        ),
    ),
    ("expired", "Expired", "{Name} whose time ran out before the end of this history. They cost nothing."),
    (
        "outstanding",
        "Outstanding, liability",
        (
            "{Name} given and neither expired nor spent, pending ones included. The liability is what they would cost if "
            "all were spent at once: what the shop owes its customers at that moment. Nothing is spent in a backtest, so "
            "it is the most that could be owed."
        ),
    ),
    (
        "share",
        "Share of sales",
        "The cost over what was paid for the orders of the same time. Shares are rounded once, for display.",
    ),
    (
        "tenth",
        "Tenths",
        "All customers by what they spent, cut into ten groups of equal number: the first tenth spent most.",
    ),
)

GAINS: Final = (
    "gains",
    "Gains and losses",
    (
        "A customer gains who is given more {name} by B than by A over the same orders, and loses who is given fewer."
        " A is the first program, B the second."
    ),
)
