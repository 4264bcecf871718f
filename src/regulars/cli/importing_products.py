"""The command that brings a catalogue in: a feed or a table, whole or not at all."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from regulars.cli.importing_rows import AS_JSON, DRY_RUN, MAPPING, in_force, writing
from regulars.cli.inputs import complaint, keep_apart
from regulars.cli.output import print_json
from regulars.cli.progress import counting
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Wiring

if TYPE_CHECKING:
    from regulars.service.catalogue import Kept
    from regulars.wire.catalogue import FeedFormat, Product, Refusal

FORMATS: Final = ("google_xml", "google_tsv", "csv")
ENDINGS: Final = {".xml": "google_xml", ".tsv": "google_tsv", ".txt": "google_tsv", ".csv": "csv"}
SHOWN_REFUSALS: Final = 20


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, exists=True))
@record_options
@click.option("--format", "format", type=click.Choice(FORMATS), help="What it is. [default: by the file’s ending]")
@MAPPING
@click.option(
    "--refusals",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where refused products are written.",
)
@DRY_RUN
@AS_JSON
@click.pass_obj
def products(
    wiring: Wiring,
    record: Record,
    file: str,
    format: "FeedFormat | None",
    mapping: tuple[str, ...],
    refusals: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """The catalogue from FILE: a product feed as Google takes it, as XML or TSV, or CSV. `docs/sources.md` has the columns.

    Nothing comes in of a feed that breaks off. Products that are not in the feed stay.
    """
    from regulars.service.catalogue import keep_feed
    from regulars.wire.catalogue import CatalogueError, read_products
    from regulars.wire.orders.columns import OrdersError, parse_mapping

    keep_apart([file], [refusals])
    read_as = format or _by_ending(file)
    found: list[Refusal] = []
    with open_record(record, wiring) as (shop, clock):
        currency = in_force(shop).program.currency
        try:
            ours = parse_mapping(mapping)
            with counting("Importing", "products", quiet=as_json) as progress:

                def read() -> "Iterator[Product | Refusal]":
                    return read_products(file, read_as, currency, ours)

                kept = keep_feed(
                    shop,
                    read,
                    f"feed:{Path(file).name}"[:200],
                    clock(),
                    dry_run=dry_run,
                    refused=found.append,
                    progress=progress,
                )
        except (CatalogueError, OrdersError) as error:
            raise complaint(f"{error} Nothing came in.") from None
    _write(found, refusals)
    _tell(kept, found, file, dry_run=dry_run, as_json=as_json)


def _by_ending(file: str) -> "FeedFormat":
    ending = Path(file.lower().removesuffix(".gz")).suffix
    if ending not in ENDINGS:
        raise complaint(f"how to read {file}? Say --format {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    format: FeedFormat = ENDINGS[ending]  # type: ignore[assignment]
    return format


def _write(found: "Sequence[Refusal]", path: Path | None) -> None:
    from regulars.wire.refusals import without_formula

    with writing(path) as stream:
        if stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(("line", "column", "value", "reason", "message"))
            for one in found:
                writer.writerow((one.line, one.column, without_formula(one.value), one.reason.value, one.message))


def _tell(kept: "Kept", found: "Sequence[Refusal]", file: str, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        print_json({name: getattr(kept, name) for name in kept.__struct_fields__} | {"dry_run": dry_run})
        return
    for one in found[:SHOWN_REFUSALS]:
        click.echo(f"{file}:{one.line}: {one.message} [{one.reason.value}]", err=True)
    if len(found) > SHOWN_REFUSALS:
        click.echo(f"… and {len(found) - SHOWN_REFUSALS:,} more", err=True)
    come = "would be new" if dry_run else "new"
    click.echo(
        f"{Path(file).name}: {kept.new:,} products {come}, {kept.changed:,} changed, {kept.unchanged:,} unchanged, "
        f"{kept.refused:,} refused"
    )
