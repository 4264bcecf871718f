"""The command line: what people and scripts ask, and how it is answered.

Exit codes: 0 done; 1 the program or the orders are refused; 2 the command was called wrongly.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from regulars.kernel.rulebook import Rulebook
from regulars.wire.document import DocumentError

if TYPE_CHECKING:
    from regulars.backtesting.comparison import Comparison
    from regulars.backtesting.outcome import Outcome
    from regulars.wire.history import History, Source

SHOWN_REFUSALS: Final = 20


class Wiring(NamedTuple):
    """What the world hands in: a stopwatch in seconds."""

    stopwatch: Callable[[], float]


class OrdersOptions(NamedTuple):
    orders: str
    mapping: tuple[str, ...]
    times_in: str | None
    skip_bad: bool
    refused: Path | None


def orders_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that tell which orders, and how to read them."""
    for option in reversed(
        [
            click.option(
                "--orders",
                required=True,
                metavar="complete-journey|FILE",
                help="A real grocer's year that comes with the demo, or your own orders as CSV, JSON lines or Parquet.",
            ),
            click.option(
                "--map",
                "mapping",
                multiple=True,
                metavar="OURS=YOURS",
                help="Which column of the file is which: --map customer=client_no,order=basket_no",
            ),
            click.option("--times-in", metavar="ZONE", help="The time zone of times without an offset, such as UTC."),
            click.option("--skip-bad", is_flag=True, help="Go on without the rows that are refused."),
            click.option(
                "--refused",
                type=click.Path(dir_okay=False, path_type=Path),
                metavar="FILE",
                help="Where refused rows are written, with line and reason. [default: FILE.refused.csv]",
            ),
            click.option(
                "--until", metavar="INSTANT", help="Only what happens before it: 2017-07-01, or 2017-07-01T12:00:00Z."
            ),
        ]
    ):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="regulars")
def regulars() -> None:
    """Loyalty that a shop can check before it promises.

    Write the program as a document, then see what it would have done:

    \b
      regulars check my-program.yaml
      regulars backtest my-program.yaml --orders my-orders.csv --html report.html
      regulars explain my-program.yaml --orders my-orders.csv --customer 42
    """


@regulars.command()
@click.argument("program", type=click.Path(dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def check(program: str, as_json: bool) -> None:
    """Read PROGRAM and say everything that is wrong with it, or what it means."""
    try:
        rulebook = _load(program)
    except DocumentError as error:
        if not as_json:
            raise _refused(error) from None
        problems = [
            {"line": one.line, "column": one.column, "path": one.path, "message": one.message} for one in error.problems
        ]
        _print_json({"ok": False, "problems": problems})
        raise SystemExit(1) from None
    if as_json:
        _print_json({"ok": True, "version": rulebook.version, "sentences": rulebook.program.describe()})
        return
    click.echo(f"{rulebook.program.name}, version {rulebook.version[:12]}")
    for sentence in rulebook.program.describe():
        click.echo(f"  {sentence}")


@regulars.command()
@click.argument("old", type=click.Path(dir_okay=False))
@click.argument("new", type=click.Path(dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def plan(old: str, new: str, as_json: bool) -> None:
    """Say what NEW would change against OLD."""
    from regulars.kernel.changes import changes

    before, after = _loaded(old), _loaded(new)
    sentences = changes(before.program, after.program)
    if as_json:
        _print_json({"old": before.version, "new": after.version, "changes": sentences})
        return
    click.echo(f"{before.version[:12]} -> {after.version[:12]}")
    for sentence in sentences or ["Nothing changes: both say the same."]:
        click.echo(f"  {sentence}")


@regulars.command()
def schema() -> None:
    """Print the JSON Schema of a program, for editors."""
    from regulars.wire.program import program_schema

    _print_json(program_schema())


@regulars.command()
@click.argument("program", type=click.Path(dir_okay=False))
@orders_options
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
    orders: str,
    mapping: tuple[str, ...],
    times_in: str | None,
    skip_bad: bool,
    refused: Path | None,
    until: str | None,
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

    programs = [_loaded(path) for path in (program, other) if path]
    started = wiring.stopwatch()
    source, history = _open(OrdersOptions(orders, mapping, times_in, skip_bad, refused), programs)
    opened = wiring.stopwatch() - started
    end = _instant(until, programs[0])
    with _progress("Folding", quiet=as_json) as progress:
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
    if html_file:
        _write_report(html_file, programs, outcomes, comparison, history)
    if as_json:
        _print_json(outcome_json(outcomes[0], comparison))
    else:
        print_outcome(outcomes, comparison, programs, history)
        if html_file:
            click.echo(f"The report: {html_file}")


@regulars.command()
@click.argument("program", type=click.Path(dir_okay=False))
@orders_options
@click.option("--customer", required=True, metavar="ID", help="Whose history.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def explain(
    program: str,
    orders: str,
    mapping: tuple[str, ...],
    times_in: str | None,
    skip_bad: bool,
    refused: Path | None,
    until: str | None,
    customer: str,
    as_json: bool,
) -> None:
    """One customer's history under PROGRAM, entry by entry, each with the reason."""
    from regulars.backtesting.explain import explain as explained
    from regulars.backtesting.run import before, end_of
    from regulars.cli.printing import print_entries

    rulebook = _loaded(program)
    _, history = _open(OrdersOptions(orders, mapping, times_in, skip_bad, refused), [rulebook])
    end = _instant(until, rulebook)
    end = end_of(history) if end is None else end
    facts = next((facts for _, facts in history.customers(only=customer)), ())
    if not facts:
        raise _complaint(f"{history.name} knows no customer “{customer}”")
    entries = list(explained(before(facts, end), rulebook, end))
    if as_json:
        import msgspec

        _print_json({"customer": customer, "version": rulebook.version, "entries": msgspec.to_builtins(entries)})
    else:
        print_entries(customer, entries, rulebook)


# --- reading what was named ----------------------------------------------------------------------------------------------


def _load(path: str) -> Rulebook:
    from regulars.wire.program import load_program

    try:
        return load_program(path)
    except OSError as error:
        raise _complaint(f"{path} cannot be read: {error.strerror}") from None


def _loaded(path: str) -> Rulebook:
    try:
        return _load(path)
    except DocumentError as error:
        raise _refused(error) from None


def _open(options: OrdersOptions, programs: Sequence[Rulebook]) -> tuple["Source", "History"]:
    from regulars.backtesting.run import RowsRefused, open_history
    from regulars.wire.history import HistoryError
    from regulars.wire.orders_columns import parse_mapping
    from regulars.wire.sources import source_named

    try:
        source = source_named(options.orders, parse_mapping(options.mapping), options.times_in)
        history = open_history(source, programs, skip_bad=options.skip_bad)
    except HistoryError as error:
        raise _complaint(str(error)) from None
    except RowsRefused as error:
        _report_refusals(error.history, options)
        raise _complaint("nothing was folded; mend the rows, or go on without them: --skip-bad") from None
    if history.refusals:
        _report_refusals(history, options)
    if history.last_happened_at is None:
        raise _complaint(f"{history.name} holds no orders")
    return source, history


def _report_refusals(history: "History", options: OrdersOptions) -> None:
    from regulars.wire.orders_refusals import write_refusals

    for refusal in history.refusals[:SHOWN_REFUSALS]:
        where = f"{refusal.column}: " if refusal.column else ""
        click.echo(f"{options.orders}:{refusal.line}: {where}{refusal.message} [{refusal.reason.value}]", err=True)
    more = len(history.refusals) - SHOWN_REFUSALS
    if more > 0:
        click.echo(f"… and {more:,} more", err=True)
    file = options.refused or Path(f"{Path(options.orders).name}.refused.csv")
    with file.open("w", encoding="utf-8", newline="") as stream:
        write_refusals(history.refusals, stream)
    rows = f"{len(history.refusals):,} of {history.rows:,} rows refused"
    click.echo(f"{rows}, {history.left_out_orders:,} orders left out whole; all of them in {file}", err=True)


def _instant(until: str | None, program: Rulebook) -> int | None:
    from regulars.wire.sources import parse_instant

    try:
        return None if until is None else parse_instant(until, program.program.zone.name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--until") from None


def _refused(error: DocumentError) -> click.ClickException:
    for problem in error.problems:
        click.echo(problem.describe(error.file), err=True)
    count = len(error.problems)
    return _complaint(f"{error.file} is refused: {count} {'mistake' if count == 1 else 'mistakes'}")


def _complaint(message: str) -> click.ClickException:
    return click.ClickException(message)


# --- answering -----------------------------------------------------------------------------------------------------------


@contextmanager
def _progress(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on the terminal, with customers a second and time left; none where nobody is looking."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("customers"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _write_report(
    file: str,
    programs: Sequence[Rulebook],
    outcomes: Sequence["Outcome"],
    comparison: "Comparison | None",
    history: "History",
) -> None:
    from regulars.backtesting.examples import choose_examples
    from regulars.backtesting.report import render

    examples = choose_examples(history, programs[0], outcomes[0])
    page = render(outcomes[0], programs[0], examples, comparison=comparison, other=programs[-1] if comparison else None)
    _write(file, page)


def _write_customers(file: str, outcome: "Outcome") -> None:
    from regulars.cli.printing import customers_csv

    _write(file, customers_csv(outcome))


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise _complaint(f"{file} cannot be written: {error.strerror}") from None


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
