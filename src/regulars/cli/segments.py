"""`regulars segments`: how many customers are in each segment of the program in force, or who is in one."""

from typing import TYPE_CHECKING

import click

from regulars.cli.inputs import complaint
from regulars.cli.output import print_json
from regulars.cli.progress import counting
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Wiring

if TYPE_CHECKING:
    from regulars.service.segments import Sizes
    from regulars.service.shop import Shop


@click.command()
@click.option("--list", "listed", metavar="ID", help="Who is in this segment: one customer a line.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@record_options
@click.pass_obj
def segments(wiring: Wiring, listed: str | None, as_json: bool, record: Record) -> None:
    """Who is in which segment now. Visitors without a name are in none, and whoever does not allow profiling."""
    with open_record(record, wiring) as (shop, clock):
        if listed is None:
            _print_sizes(shop, clock(), as_json)
        else:
            _print_members(shop, listed, clock(), as_json)


def _print_sizes(shop: "Shop", now: int, as_json: bool) -> None:
    from regulars.service.segments import sizes

    with counting("Looking at", "customers", quiet=as_json) as progress:
        found = sizes(shop, now, progress)
    if found is None:
        raise complaint("no program is in force yet: regulars apply PROGRAM")
    if as_json:
        print_json(_as_json(found))
    elif not found.segments:
        click.echo("The program in force has no segments.")
    else:
        _print_table(found)


def _print_table(found: "Sizes") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{found.customers:,} customers", title_justify="left")
    table.add_column("segment")
    table.add_column("customers", justify="right")
    table.add_column("who")
    for segment in found.segments:
        table.add_row(segment.id, f"{segment.customers:,}", segment.who)
    Console(highlight=False, markup=False).print(table)
    if found.without_profiling:
        click.echo(f"{found.without_profiling:,} do not allow profiling and are in no segment.")


def _print_members(shop: "Shop", id: str, now: int, as_json: bool) -> None:
    from regulars.service.segments import NoSuchSegment, members

    try:
        with counting("Looking at", "customers", quiet=as_json) as progress:
            names = list(members(shop, id, now, progress))
    except NoSuchSegment:
        raise complaint(_no_such(shop, id)) from None
    if as_json:
        print_json({"segment": id, "as_of": _moment(now), "customers": names})
        return
    for name in names:
        click.echo(name)


def _no_such(shop: "Shop", id: str) -> str:
    from regulars.wire.document import did_you_mean, nearest, quoted

    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        return "no program is in force yet: regulars apply PROGRAM"
    known = [segment.id for segment in rulebook.program.segments]
    return f"the program in force has no segment {quoted(id)}{did_you_mean(nearest(id, known))}"


def _as_json(found: "Sizes") -> dict[str, object]:
    import msgspec

    return {**msgspec.to_builtins(found), "as_of": _moment(found.as_of)}


def _moment(now: int) -> str:
    from regulars.wire.instants import rfc3339

    return rfc3339(now)
