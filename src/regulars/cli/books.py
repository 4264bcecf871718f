"""`regulars books`: the ledger by when it was written down, month by month, for whoever keeps the books."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from regulars.cli.inputs import complaint
from regulars.cli.output import print_json
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Wiring

if TYPE_CHECKING:
    from regulars.kernel.rulebook import Rulebook
    from regulars.service.books import Books, Listed

WHO = "command line"


@click.command("books")
@click.argument("month", required=False)
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Write every posting to this file, as CSV.")
@click.option("--close", "closes", is_flag=True, help="Close the month: from then on the ledger is held against it.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@record_options
@click.pass_obj
def books(wiring: Wiring, month: str | None, to: Path | None, closes: bool, as_json: bool, record: Record) -> None:
    """What was written into the ledger in MONTH, as 2017-03, on the shop's wall; without it, which months there are.

    A posting counts for the month in which it was written down, whenever it took effect, so a month that is over never changes.
    """
    import msgspec

    from regulars.service import books as keeping
    from regulars.wire.books import write_csv

    if month is None and (to is not None or closes):
        raise complaint("say which month, as 2017-03")
    with open_record(record, wiring) as (shop, clock):
        rulebook = shop.rulebooks.in_force()
        if rulebook is None:
            raise complaint("no program is in force yet: regulars apply PROGRAM")
        calendar, now = rulebook.calendar, clock()
        if month is None:
            listed = keeping.listed(shop, calendar, now)
            if as_json:
                print_json(msgspec.to_builtins(listed))
            else:
                _print_list(listed, rulebook)
            return
        try:
            found = (
                keeping.close(shop, month, calendar, WHO, now) if closes else keeping.books(shop, month, calendar, now)
            )
        except keeping.BadMonth as bad:
            raise complaint(f"MONTH: {bad}") from None
        except keeping.NotYet as no:
            raise complaint(str(no)) from None
        written = None
        if to is not None:
            to.touch(mode=0o600)
            to.chmod(0o600)
            with to.open("w", encoding="utf-8", newline="") as file:
                written = write_csv(keeping.entered(shop, month, calendar), file)
    if as_json:
        print_json(msgspec.to_builtins(keeping.answer_of(found, rulebook.program)))
    else:
        _print(found, rulebook)
    if written is not None:
        click.echo(f"{written:,} postings written to {to}, which only you can read", err=as_json)


def _print_list(listed: "list[Listed]", rulebook: "Rulebook") -> None:
    from rich.console import Console
    from rich.table import Table

    if not listed:
        click.echo("Nothing has been written into the ledger yet.")
        return
    table = Table(title=f"The books of {rulebook.program.name}", title_justify="left")
    table.add_column("month")
    table.add_column("postings", justify="right")
    table.add_column("")
    for one in listed:
        table.add_row(one.month, f"{one.postings:,}", "closed" if one.closed else "open")
    Console(highlight=False, markup=False).print(table)


def _print(found: "Books", rulebook: "Rulebook") -> None:
    from rich.console import Console
    from rich.table import Table

    program, name = rulebook.program, rulebook.program.points.name
    click.echo(f"{program.name}, what was written down in {found.month} ({program.zone.name}): {standing(found)}")
    table = Table(title=f"What customers hold, in {name.other}", title_justify="left")
    for column in ("", "pending", "available", "reserved", "owed by them"):
        table.add_column(column, justify="right" if column else "left")
    for title, held in (("when it began", found.opening), ("when it ended", found.closing)):
        figures = (held.pending, held.available, held.reserved, held.debt)
        table.add_row(title, *[f"{figure:,}" for figure in figures])
    moved = Table(title="What moved", title_justify="left")
    for column in ("entry", "from", "to", "postings", name.other):
        moved.add_column(column, justify="right" if column in ("postings", name.other) else "left")
    for one in found.movements:
        moved.add_row(one.entry, one.source, one.target, f"{one.postings:,}", f"{one.points:,}")
    console = Console(highlight=False, markup=False)
    console.print(table)
    if found.movements:
        console.print(moved)


def standing(found: "Books") -> str:
    from regulars.wire.instants import rfc3339

    if found.closed is None:
        return "open."
    if not found.closed.holds:
        return "closed, and CHANGED since: run `regulars doctor`."
    return f"closed by {found.closed.who} at {rfc3339(found.closed.at)}."
