"""`regulars trial`: what came of a trial, arm by arm."""

from typing import TYPE_CHECKING

import click

from regulars.cli.inputs import complaint
from regulars.cli.output import print_json
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Wiring

if TYPE_CHECKING:
    from rich.table import Table

    from regulars.kernel.program import Program
    from regulars.service.trials import TrialResult


@click.command("trial")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@record_options
@click.pass_obj
def trial(wiring: Wiring, name: str | None, as_json: bool, record: Record) -> None:
    """What came of the trial NAME: customers, orders, sales and points of each arm, and the difference with its interval.

    Without NAME: which trials there are. `holdout` is the name of the one over everything.
    """
    import msgspec

    from regulars.service.trials import answer_of, result, trials_in_force

    with open_record(record, wiring) as (shop, clock):
        rulebook = shop.rulebooks.in_force()
        if rulebook is None:
            raise complaint("no program is in force yet: regulars apply PROGRAM")
        there = trials_in_force(shop)
        if name is None:
            _list([(one.id, one.what()) for one in there], as_json)
            return
        found = result(shop, name, clock())
    if found is None:
        names = ", ".join([one.id for one in there])
        raise complaint(
            f"the program has no trial “{name}”; there is {names}" if names else "the program has no trials"
        )
    if as_json:
        print_json(msgspec.to_builtins(answer_of(found)))
    else:
        _print(found, rulebook.program)


def _list(trials: list[tuple[str, str]], as_json: bool) -> None:
    if as_json:
        print_json({"trials": [{"id": id, "says": says} for id, says in trials]})
        return
    for id, says in trials:
        click.echo(f"{id}: {says}.")
    if not trials:
        click.echo("The program tries nothing: it has neither trials nor a holdout.")


def _print(found: "TrialResult", program: "Program") -> None:
    from rich.console import Console

    from regulars.service.trials import said

    console = Console(highlight=False, markup=False, soft_wrap=True)
    click.echo(f"{found.trial.id}: {found.trial.what()}.")
    if not found.customers:
        click.echo("Nobody counts yet: nothing happened so far for which anybody would have got something.")
        return
    console.print(_arms(found, program))
    for sentence in said(found, program):
        click.echo(sentence)


def _arms(found: "TrialResult", program: "Program") -> "Table":
    from rich.table import Table

    table = Table(show_edge=False, pad_edge=False)
    table.add_column("")
    name, currency = program.points.name.other, program.currency
    for column in ("customers", "orders", f"sales, {currency.code}", name, "withheld", "ordered again"):
        table.add_column(column, justify="right")
    for arm in found.arms:
        sums = arm.sums
        low, high = sums.came_back.interval()
        again = f"{_percent(sums.came_back.hundredths())} ({_percent(low)} to {_percent(high)})"
        figures = (f"{sums.customers:,}", f"{sums.orders.total:,}", currency.amount(sums.revenue_minor.total))
        table.add_row(arm.id, *figures, f"{sums.points.total:,}", f"{sums.withheld:,}", again)
    return table


def _percent(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02} %"
