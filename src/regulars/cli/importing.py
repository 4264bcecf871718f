"""Commands that bring history in, through the service and not around it."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from msgspec import Struct

from regulars.cli.importing_products import products
from regulars.cli.importing_rows import AS_JSON, COMMANDS, DRY_RUN, in_force
from regulars.cli.inputs import OrdersOptions, complaint, open_orders_for_import
from regulars.cli.output import print_json
from regulars.cli.progress import counting
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Clock, Wiring

if TYPE_CHECKING:
    from concurrent.futures import Future

    from regulars.kernel.facts import Fact
    from regulars.service.group import Ingested
    from regulars.service.shop import Shop
    from regulars.wire.history import History

USUAL_PROPERTIES: Final = frozenset({"product", "category", "brand"})
"""Kept of each line beside what the program in force asks for, so that the next program may ask for them."""

PORTION: Final = 500
"""Facts that are handed in together, at least; a customer's are never parted."""

MOST_UNDER_WAY: Final = 4


class Imported(Struct):
    """What an import did, or would do."""

    customers: int = 0
    facts: int = 0
    new: int = 0
    known: int = 0
    refused_rows: int = 0
    left_out_orders: int = 0
    in_the_future: int = 0
    contradicted: int = 0
    failed: int = 0


@click.group("import")
def importing() -> None:
    """Bring history in. Killed and started again, nothing is doubled; nothing is sent to anybody for history."""


KEEP = click.option(
    "--keep",
    multiple=True,
    metavar="PROPERTY",
    help="A property of the lines to keep, beside product, category, brand and what the program asks for.",
)


@importing.command("complete-journey")
@record_options
@KEEP
@DRY_RUN
@AS_JSON
@click.pass_obj
def complete_journey(wiring: Wiring, record: Record, keep: Sequence[str], dry_run: bool, as_json: bool) -> None:
    """A real grocer's year: 155,848 orders of 2,469 households, and what 801 of these told of themselves."""
    options = OrdersOptions("complete-journey", (), None, None, False, None)
    _import(wiring, record, options, keep, dry_run, as_json)


@importing.command()
@click.argument("file", type=click.Path(dir_okay=False, exists=True))
@record_options
@click.option(
    "--map", "mapping", multiple=True, metavar="OURS=YOURS", help="Which column is which: --map customer=client_no"
)
@click.option("--times-in", metavar="ZONE", help="The time zone of times without an offset, such as UTC.")
@click.option("--skip-bad", is_flag=True, help="Go on without the rows that are refused.")
@click.option(
    "--refused", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where refused rows are written."
)
@KEEP
@DRY_RUN
@AS_JSON
@click.pass_obj
def orders(
    wiring: Wiring,
    record: Record,
    file: str,
    mapping: tuple[str, ...],
    times_in: str | None,
    skip_bad: bool,
    refused: Path | None,
    keep: Sequence[str],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Orders and other events from FILE: CSV, JSON lines or Parquet."""
    _import(wiring, record, OrdersOptions(file, mapping, times_in, None, skip_bad, refused), keep, dry_run, as_json)


def _import(
    wiring: Wiring, record: Record, options: OrdersOptions, keep: Sequence[str], dry_run: bool, as_json: bool
) -> None:
    with open_record(record, wiring) as (shop, clock):
        rulebook = in_force(shop)
        properties = USUAL_PROPERTIES.union(keep)
        history = open_orders_for_import(options, rulebook, properties)
        imported = bring_in(shop, history, clock, dry_run=dry_run, quiet=as_json)
        households = bring_in_households(shop, history, clock, dry_run=dry_run)
        if not dry_run:
            learn_products(shop)
    if as_json:
        told = {} if households is None else {"households": households}
        print_json({name: getattr(imported, name) for name in imported.__struct_fields__} | told | {"dry_run": dry_run})
    else:
        tell(imported, history.name, dry_run)
        if households is not None:
            click.echo(f"{households:,} households told of themselves: age, income, home and whom they live with")
    _tell_failures(imported)


def bring_in(shop: "Shop", history: "History", clock: Clock, *, dry_run: bool, quiet: bool) -> Imported:
    """Every customer's facts, each customer's in one transaction, so that nothing wakes the customer in between.

    What lies in the future of the shop's clock has not happened: it is left out, and counted.
    """
    imported = Imported(refused_rows=len(history.refusals), left_out_orders=history.left_out_orders)
    now = clock()
    under_way: deque[Future[Ingested]] = deque()
    waiting: list[Fact] = []
    with counting("Importing", "customers", quiet=quiet) as progress:
        for _, facts in history.customers():
            imported.customers += 1
            imported.facts += len(facts)
            happened = [fact for fact in facts if fact.happened_at <= now]
            imported.in_the_future += len(facts) - len(happened)
            waiting += happened
            if len(waiting) >= PORTION:
                _hand_in(shop, waiting, clock, dry_run, imported, under_way)
                waiting = []
                progress(imported.customers, history.customer_count)
        _hand_in(shop, waiting, clock, dry_run, imported, under_way)
        while under_way:
            _count(imported, under_way.popleft())
    return imported


def bring_in_households(shop: "Shop", history: "History", clock: Clock, *, dry_run: bool) -> int | None:
    """How many households of The Complete Journey told of themselves; None for any other history."""
    from regulars.service.importing import import_rows
    from regulars.wire.complete_journey import NAME
    from regulars.wire.imports.households import households_of
    from regulars.wire.sorted_history import SortedHistory

    if history.name != NAME or not isinstance(history, SortedHistory):
        return None
    return import_rows(shop, households_of(history, clock()), clock, dry_run=dry_run).rows


def learn_products(shop: "Shop") -> None:
    """What the orders say of the products, into the catalogue."""
    from regulars.service.catalogue import learn

    learn(shop)


def tell(imported: Imported, name: str, dry_run: bool) -> None:
    come = "would come" if dry_run else "came"
    read = f"{imported.facts:,} events of {imported.customers:,} customers"
    click.echo(f"{name}: {read}; {imported.new:,} {come} in, {imported.known:,} were known")
    if imported.in_the_future:
        said = "lie in the future of the shop's clock and were left out (is a date mistyped? --clock sets another time)"
        click.echo(f"{imported.in_the_future:,} {said}")
    if imported.contradicted:
        said = "say something else than what is on record; the first word stands (see the page of what was refused)"
        click.echo(f"{imported.contradicted:,} {said}")


def _tell_failures(imported: Imported) -> None:
    if imported.failed:
        said = "could not be kept, which is our fault; each is set aside and can be looked at on the page of what was refused"
        raise complaint(f"{imported.failed:,} events {said}")


def _hand_in(
    shop: "Shop",
    facts: Sequence["Fact"],
    clock: Clock,
    dry_run: bool,
    imported: Imported,
    under_way: "deque[Future[Ingested]]",
) -> None:
    from regulars.service.ingest import already_known, ingest_history

    if not facts:
        return
    if dry_run:
        known = already_known(shop, facts)
        imported.known += known
        imported.new += len(facts) - known
        return
    under_way.append(ingest_history(shop, facts, clock()))
    if len(under_way) >= MOST_UNDER_WAY:
        _count(imported, under_way.popleft())


def _count(imported: Imported, done: "Future[Ingested]") -> None:
    from regulars.wire.events import EventReason

    ingested = done.result()
    imported.new += ingested.stored
    imported.known += ingested.known
    failed = sum([refusal.reason is EventReason.FAILED for refusal in ingested.refusals])
    imported.failed += failed
    imported.contradicted += len(ingested.refusals) - failed


for command in (*COMMANDS, products):
    importing.add_command(command)
