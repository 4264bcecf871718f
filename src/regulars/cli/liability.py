"""`regulars liability`: what the shop owes in points, as of any day."""

from typing import TYPE_CHECKING

import click

from regulars.cli.inputs import complaint
from regulars.cli.output import print_json
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Wiring

if TYPE_CHECKING:
    from rich.table import Table

    from regulars.kernel.program import Program
    from regulars.kernel.rulebook import Rulebook
    from regulars.service.liability import Liability


@click.command("liability")
@click.option("--on", metavar="DAY", help="At the end of that day, as 2017-03-31, on the shop's wall.  [default: now]")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@record_options
@click.pass_obj
def liability(wiring: Wiring, on: str | None, as_json: bool, record: Record) -> None:
    """What the shop owes in points: by when they expire, by tier, and what became of each month's.

    Everything is read from the ledger. What a point costs says the program in force, whatever the day.
    """
    import msgspec

    from regulars.service.liability import BadDay, answer_of, moment_of
    from regulars.service.liability import liability as owed

    with open_record(record, wiring) as (shop, clock):
        rulebook = shop.rulebooks.in_force()
        if rulebook is None:
            raise complaint("no program is in force yet: regulars apply PROGRAM")
        try:
            found = owed(shop, moment_of(on, rulebook.calendar, clock()))
        except BadDay as bad:
            raise complaint(f"--on: {bad}") from None
    assert found is not None, "a program is in force"
    if as_json:
        print_json(msgspec.to_builtins(answer_of(found, rulebook.program)))
    else:
        _print(found, rulebook)


def _print(found: "Liability", rulebook: "Rulebook") -> None:
    from rich.console import Console

    program, console = rulebook.program, Console(highlight=False, markup=False)
    as_of = rulebook.calendar.wall_clock(found.at)
    click.echo(f"{program.name}, as of {as_of} ({program.zone.name}): {headline(found, program)}")
    if found.owed:
        console.print(_by_expiry(found, program))
    if found.cohorts:
        console.print(_by_earning(found, program))


def headline(found: "Liability", program: "Program") -> str:
    from regulars.kernel.terms import plain

    points, money = program.points, program.currency.money
    held = f"{points.name.points(found.points)} held"
    if not points.worth_minor:
        return f"{held}; the program does not say what one {points.name.one} costs (points: worth)."
    most, expected = money(found.most_minor), money(found.expected_minor)
    if points.redeemed == 1:
        return f"{held}, which would cost {most} if all of them are spent."
    share = plain(points.redeemed * 100)
    return f"{held}, which would cost at most {most}; {expected} is expected, if {share} % of them are spent."


def _by_expiry(found: "Liability", program: "Program") -> "Table":
    """The money of each line is floored, so that together they may be less than the whole."""
    from rich.table import Table

    amount, worth = program.currency.amount, program.points.liability_minor
    has_tiers = program.tiers is not None or any(one.tier for one in found.owed)
    table = Table(title=f"Held {program.points.name.other}, by when they expire", title_justify="left")
    table.add_column("expire in")
    if has_tiers:
        table.add_column("tier")
    kinds = ["available", "pending", *(["reserved"] if found.reserved else [])]
    for column in (*kinds, f"worth, {program.currency.code}"):
        table.add_column(column, justify="right")
    for one in found.owed:
        figures = [f"{getattr(one, kind):,}" for kind in kinds]
        table.add_row(
            _month(one.month), *([one.tier or "none"] if has_tiers else []), *figures, amount(worth(one.points))
        )
    table.add_section()
    figures = [f"{getattr(found, kind):,}" for kind in kinds]
    table.add_row("in all", *([""] if has_tiers else []), *figures, amount(found.most_minor))
    if found.debt:
        table.caption = f"Customers owe {program.points.name.points(found.debt)}, which the next ones fill."
    return table


def _by_earning(found: "Liability", program: "Program") -> "Table":
    from rich.table import Table

    from regulars.backtesting.report.words import share_figure

    table = Table(title=f"What became of {program.points.name.other}, by when they were earned", title_justify="left")
    table.add_column("earned in")
    has_reversed = any(one.reversed for one in found.cohorts)
    for column in ("given", "expired", "used", *(["taken back"] if has_reversed else []), "held", "expired, %"):
        table.add_column(column, justify="right")
    for one in found.cohorts:
        reversed_ = [one.reversed] if has_reversed else []
        counts = [f"{number:,}" for number in (one.issued, one.expired, one.used, *reversed_, one.held)]
        table.add_row(_month(one.month), *counts, share_figure(one.expired, one.issued))
    return table


def _month(key: str | None) -> str:
    from regulars.backtesting.report.words import month

    return "never" if key is None else month(key)
