"""The command line: what people and scripts ask, and how it is answered.

Exit codes: 0 done; 1 the program or the orders are refused; 2 the command was called wrongly.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regulars.cli.books import books
from regulars.cli.checking_truths import check_truths
from regulars.cli.connecting import connect, connections, disconnect, reconcile
from regulars.cli.demo import demo
from regulars.cli.demo_made import demo_made_year
from regulars.cli.extending import extend
from regulars.cli.importing import importing
from regulars.cli.inputs import (
    RECORDED,
    OrdersOptions,
    complaint,
    complaint_about,
    instant,
    keep_apart,
    load,
    loaded,
    open_orders,
    orders_options,
)
from regulars.cli.liability import liability
from regulars.cli.likelihood import likely
from regulars.cli.making_year import make_year
from regulars.cli.output import print_json
from regulars.cli.people import compact, person
from regulars.cli.progress import counting
from regulars.cli.record import Record, open_record, place_options
from regulars.cli.running import admin, apply, doctor, keys, name_shop, serve
from regulars.cli.segments import segments
from regulars.cli.taking_in import take_in_year
from regulars.cli.trial import trial
from regulars.cli.webhooks import webhooks
from regulars.cli.wiring import Wiring
from regulars.kernel.rulebook import Rulebook
from regulars.wire.document import DocumentError

if TYPE_CHECKING:
    from regulars.backtesting.comparison import Comparison
    from regulars.backtesting.outcome import Outcome
    from regulars.wire.history import History


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="regulars")
def regulars() -> None:
    """Loyalty that a shop can check before it promises.

    Write the program as a document, then see what it would have done:

    \b
      regulars check my-program.yaml
      regulars backtest my-program.yaml --orders my-orders.csv --html report.html
      regulars explain my-program.yaml --orders my-orders.csv --customer 42

    Then run it:

    \b
      regulars apply my-program.yaml
      regulars keys create --kind secret
      regulars serve

    `regulars demo` shows two shops with a year behind them.
    """


@regulars.command()
@click.argument("program", type=click.Path(dir_okay=False))
@click.option(
    "--orders",
    metavar="complete-journey|FILE",
    help="Also try it over these orders, and warn of levels and games that hardly anybody would have reached, or nearly everybody.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def check(wiring: Wiring, program: str, orders: str | None, as_json: bool) -> None:
    """Read PROGRAM and say everything that is wrong with it, or what it means."""
    try:
        rulebook = load(program)
    except DocumentError as error:
        if not as_json:
            raise complaint_about(error) from None
        problems = [
            {"line": one.line, "column": one.column, "path": one.path, "message": one.message} for one in error.problems
        ]
        print_json({"ok": False, "file": error.file, "problems": problems})
        raise SystemExit(1) from None
    warnings = [] if orders is None else _warnings(rulebook, orders, wiring)
    if as_json:
        found = {} if orders is None else {"warnings": warnings}
        print_json({"ok": True, "version": rulebook.version, "sentences": rulebook.program.describe(), **found})
        return
    click.echo(f"{rulebook.program.name}, version {rulebook.version[:12]}")
    for sentence in rulebook.program.describe():
        click.echo(f"  {sentence}")
    for warning in warnings:
        click.echo(f"Warning: {warning}", err=True)


@regulars.command()
@click.argument("old", type=click.Path(dir_okay=False))
@click.argument("new", type=click.Path(dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def plan(old: str, new: str, as_json: bool) -> None:
    """Say what NEW would change against OLD."""
    from regulars.kernel.changes import changes

    before, after = loaded(old), loaded(new)
    sentences = changes(before.program, after.program)
    if as_json:
        print_json({"old": before.version, "new": after.version, "changes": sentences})
        return
    click.echo(f"{before.version[:12]} -> {after.version[:12]}")
    for sentence in sentences or ["Nothing changes: both say the same."]:
        click.echo(f"  {sentence}")


@regulars.command()
def schema() -> None:
    """Print the JSON Schema of a program, for editors."""
    from regulars.wire.program import program_schema

    print_json(program_schema())


@regulars.command()
@click.argument("program", type=click.Path(dir_okay=False))
@orders_options
@place_options
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
@click.option(
    "--customers", "customers_file", type=click.Path(dir_okay=False), metavar="FILE.csv", help="One row per customer."
)
@click.option("--html", "html_file", type=click.Path(dir_okay=False), metavar="FILE", help="A report to show around.")
@click.option(
    "--compare", "other", type=click.Path(dir_okay=False), metavar="OTHER.yaml", help="A second program, side by side."
)
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="The result is the same.")
@click.pass_obj
def backtest(
    wiring: Wiring,
    program: str,
    orders: OrdersOptions,
    record: Record,
    as_json: bool,
    customers_file: str | None,
    html_file: str | None,
    other: str | None,
    processes: int,
) -> None:
    """What would PROGRAM have done over these orders? To the point: it is the live engine that runs."""
    from regulars.backtesting.comparison import compare
    from regulars.backtesting.run import run
    from regulars.cli.printing import outcome_json, print_outcome

    documents = [path for path in (program, other) if path]
    keep_apart([*documents, orders.orders], [customers_file, html_file, orders.refused])
    programs = [loaded(path) for path in documents]
    started = wiring.stopwatch()
    source, history = open_orders(orders, programs, record.url())
    opened = wiring.stopwatch() - started
    end = instant(orders.until, programs[0])
    with counting("Folding", "customers", quiet=as_json) as progress:
        outcomes = run(
            source,
            programs,
            history=history,
            stopwatch=wiring.stopwatch,
            opened_in_seconds=opened,
            until=end,
            processes=processes,
            progress=progress,
        )
    comparison = compare(*outcomes) if len(outcomes) == 2 else None
    if customers_file:
        _write_customers(customers_file, outcomes[0])
    note = _note(record, wiring) if orders.orders == RECORDED else ""
    if html_file:
        _write_report(html_file, programs, outcomes, comparison, history, note)
    if as_json:
        print_json({**({"note": note} if note else {}), **outcome_json(outcomes[0], comparison)})
    else:
        if note:
            click.echo(note)
        print_outcome(outcomes, comparison, programs, history)
        if html_file:
            click.echo(f"The report: {html_file}")


@regulars.command()
@click.argument("program", type=click.Path(dir_okay=False))
@orders_options
@place_options
@click.option("--customer", required=True, metavar="ID", help="Whose history.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def explain(
    program: str,
    orders: OrdersOptions,
    record: Record,
    customer: str,
    as_json: bool,
) -> None:
    """One customer's history under PROGRAM, entry by entry, each with the reason."""
    from regulars.backtesting.explain import explain as explained
    from regulars.backtesting.run import before, end_of
    from regulars.cli.printing import print_entries

    keep_apart([program, orders.orders], [orders.refused])
    rulebook = loaded(program)
    _, history = open_orders(orders, [rulebook], record.url())
    end = instant(orders.until, rulebook)
    end = end_of(history) if end is None else end
    facts = next((facts for _, facts in history.customers(only=customer)), ())
    if not facts:
        raise complaint(f"{history.name} knows no customer “{customer}”")
    entries = list(explained(before(facts, end), rulebook, end, customer))
    if as_json:
        import msgspec

        print_json({"customer": customer, "version": rulebook.version, "entries": msgspec.to_builtins(entries)})
    else:
        print_entries(customer, entries, rulebook)


def _warnings(rulebook: Rulebook, orders: str, wiring: Wiring) -> list[str]:
    from regulars.backtesting.run import run
    from regulars.cli.printing import warnings_of

    source, history = open_orders(OrdersOptions(orders, (), None, None, False, None), [rulebook])
    [outcome] = run(source, [rulebook], history=history, stopwatch=wiring.stopwatch)
    return warnings_of(outcome)


def _write_report(
    file: str,
    programs: Sequence[Rulebook],
    outcomes: Sequence["Outcome"],
    comparison: "Comparison | None",
    history: "History",
    note: str,
) -> None:
    from regulars.backtesting.examples import choose_examples
    from regulars.backtesting.report import render

    examples = choose_examples(history, programs[0], outcomes[0])
    other = programs[-1] if comparison else None
    _write(file, render(outcomes[0], programs[0], examples, comparison=comparison, other=other, note=note))


def _note(record: Record, wiring: Wiring) -> str:
    """What must be said of the shop whose orders these are."""
    from regulars.service.sign import sign_of

    with open_record(record, wiring, as_it_is=True) as (shop, _):
        return sign_of(shop).note


def _write_customers(file: str, outcome: "Outcome") -> None:
    from regulars.cli.printing import customers_csv

    _write(file, customers_csv(outcome))


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise complaint(f"{file} cannot be written: {error.strerror}") from None


for command in (serve, apply, demo, importing, keys, admin, doctor, person, compact):
    regulars.add_command(command)
for command in (connect, connections, disconnect, reconcile):
    regulars.add_command(command)
regulars.add_command(make_year)
regulars.add_command(take_in_year)
regulars.add_command(check_truths)
regulars.add_command(name_shop)
regulars.add_command(segments)
regulars.add_command(likely)
regulars.add_command(liability)
regulars.add_command(extend)
regulars.add_command(books)
regulars.add_command(trial)
regulars.add_command(webhooks)
regulars.add_command(demo_made_year)
