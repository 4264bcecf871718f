"""`regulars check-truths`: what the reports say of a made year, against what was planted in it."""

from pathlib import Path

import click

from regulars.cli.inputs import complaint
from regulars.cli.output import print_json
from regulars.cli.record import Record, open_record, place_options
from regulars.cli.wiring import Wiring


@click.command("check-truths")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@place_options
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def check_truths(wiring: Wiring, folder: Path, record: Record, as_json: bool) -> None:
    """Hold the reports of a shop against the truths of the made year in FOLDER, which it took in.

    Exit code 1 where one of them does not hold.
    """
    from msgspec import to_builtins

    from regulars.made_year.truths import TruthsError
    from regulars.service.made import taken_in
    from regulars.truth_checks.checks import checked
    from regulars.truth_checks.held import NoTruths, load

    try:
        truths = load(folder)
    except (NoTruths, TruthsError) as error:
        raise complaint(str(error)) from None
    with open_record(record, wiring, as_it_is=True) as (shop, clock):
        came = taken_in(shop)
        if came is not None and came.year != truths.counts.digest:
            raise complaint(f"{record.shown()} has taken in another year than the one in {folder}")
        if came is None or not came.is_whole:
            raise complaint(f"{record.shown()} has not taken this year in whole: regulars take-in {folder}")
        findings = list(checked(shop, truths, clock()))
    if as_json:
        print_json([to_builtins(one) for one in findings])
    else:
        for one in findings:
            click.echo(
                f"{'ok' if one.holds else 'WRONG':6} {one.what}: {one.truth} by the truths, {one.report} by the report"
            )
            for example in one.examples if not one.holds else ():
                click.echo(f"         {example}")
        failed = sum(not one.holds for one in findings)
        click.echo(f"\n{len(findings)} reports were held against the truths; {failed or 'none'} did not hold.")
    if not all(one.holds for one in findings):
        raise SystemExit(1)
