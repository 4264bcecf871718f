"""What a command was given: a program, orders, a moment; or a complaint in words and exit code 1."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from regulars.kernel.rulebook import Rulebook
from regulars.wire.document import DocumentError

if TYPE_CHECKING:
    from regulars.wire.history import History, Source

SHOWN_REFUSALS: Final = 20
RECORDED: Final = "recorded"


class OrdersOptions(NamedTuple):
    orders: str
    mapping: tuple[str, ...]
    times_in: str | None
    until: str | None
    skip_bad: bool
    refused: Path | None


def orders_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that tell which orders and how to read them; the command gets them as one `orders`."""

    @wraps(command)
    def with_orders(*arguments: Any, **options: Any) -> Any:
        orders = OrdersOptions(**{name: options.pop(name) for name in OrdersOptions._fields})
        return command(*arguments, orders=orders, **options)

    for option in reversed(ORDERS_OPTIONS):
        with_orders = option(with_orders)
    return with_orders


ORDERS_OPTIONS: Final = (
    click.option(
        "--orders",
        required=True,
        metavar="complete-journey|recorded|FILE",
        help="A real grocer's year that comes with the demo, what a shop has on record (--data-dir), or your own orders as CSV, "
        "JSON lines or Parquet.",
    ),
    click.option(
        "--map",
        "mapping",
        multiple=True,
        metavar="OURS=YOURS",
        help="Which column of the file is which: --map customer=client_no,order=basket_no",
    ),
    click.option("--times-in", metavar="ZONE", help="The time zone of times without an offset, such as UTC."),
    click.option(
        "--until", metavar="INSTANT", help="Only what happens before it: 2017-07-01, or 2017-07-01T12:00:00Z."
    ),
    click.option("--skip-bad", is_flag=True, help="Go on without the rows that are refused."),
    click.option(
        "--refused",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Where refused rows are written, with line and reason. [default: FILE.refused.csv]",
    ),
)


def load(path: str) -> Rulebook:
    from regulars.wire.program import load_program

    try:
        return load_program(path)
    except OSError as error:
        raise complaint(f"{path} cannot be read: {error.strerror}") from None


def loaded(path: str) -> Rulebook:
    try:
        return load(path)
    except DocumentError as error:
        raise complaint_about(error) from None


def open_orders(
    options: OrdersOptions, programs: Sequence[Rulebook], record: str = "", keep: frozenset[str] = frozenset()
) -> tuple["Source", "History"]:
    """The orders that the options name, `recorded` in the database `record`; of each line `keep` and what the programs ask for."""
    from regulars.backtesting.run import RowsRefused, open_history
    from regulars.wire.history import HistoryError
    from regulars.wire.orders.columns import parse_mapping
    from regulars.wire.sources import source_named

    try:
        source = (
            _recorded(record)
            if options.orders == RECORDED
            else source_named(options.orders, parse_mapping(options.mapping), options.times_in)
        )
        history = open_history(source, programs, skip_bad=options.skip_bad, keep=keep)
    except HistoryError as error:
        raise complaint(str(error)) from None
    except RowsRefused as error:
        _report_refusals(error.history, options)
        raise complaint("nothing was taken; mend the rows, or go on without them: --skip-bad") from None
    if history.refusals:
        _report_refusals(history, options)
    if history.last_happened_at is None:
        left = ": all of them were refused" if history.refusals else ""
        raise complaint(f"{history.name} holds no orders{left}")
    return source, history


def open_orders_for_import(options: OrdersOptions, rulebook: Rulebook, keep: frozenset[str]) -> "History":
    return open_orders(options, [rulebook], keep=keep)[1]


def _recorded(url: str) -> "Source":
    from regulars.store.history import Recorded

    return Recorded(url)


def _report_refusals(history: "History", options: OrdersOptions) -> None:
    from regulars.wire.refusals import write_refusals

    for refusal in history.refusals[:SHOWN_REFUSALS]:
        where = f"{refusal.column}: " if refusal.column else ""
        click.echo(f"{options.orders}:{refusal.line}: {where}{refusal.message} [{refusal.reason.value}]", err=True)
    more = len(history.refusals) - SHOWN_REFUSALS
    if more > 0:
        click.echo(f"… and {more:,} more", err=True)
    file = options.refused or Path(f"{Path(options.orders).name}.refused.csv")
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            write_refusals(history.refusals, stream)
    except OSError as error:
        raise complaint(f"{file} cannot be written: {error.strerror}; name another with --refused") from None
    rows = f"{len(history.refusals):,} of {history.rows:,} rows refused"
    click.echo(f"{rows}, {history.left_out_orders:,} orders left out whole; all of them in {file}", err=True)


def keep_apart(inputs: Sequence[str], outputs: Sequence[str | Path | None]) -> None:
    """Refuses to write over what is read, or two things to one file."""
    taken = {Path(name).resolve() for name in inputs}
    for output in outputs:
        if output is not None and Path(output).resolve() in taken:
            raise click.UsageError(f"{output} would be written over; give each output a file of its own")
        if output is not None:
            taken.add(Path(output).resolve())


def instant(until: str | None, program: Rulebook) -> int | None:
    from regulars.wire.sources import parse_instant

    try:
        return None if until is None else parse_instant(until, program.program.zone.name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--until") from None


def complaint_about(error: DocumentError) -> click.ClickException:
    for problem in error.problems:
        click.echo(problem.describe(error.file), err=True)
    count = len(error.problems)
    return complaint(f"{error.file} is refused: {count} {'mistake' if count == 1 else 'mistakes'}")


def complaint(message: str) -> click.ClickException:
    return click.ClickException(message)
