"""The command that makes a year of a shop that never was."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from regulars.cli.inputs import complaint
from regulars.cli.output import print_json
from regulars.cli.progress import counting
from regulars.cli.wiring import Wiring

if TYPE_CHECKING:
    from regulars.made_year.truths import Counts

DAYS: Final = 365
LARGEST_SEED: Final = 2**63 - 1


@click.command("make-year")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="A folder of its own.")
@click.option(
    "--seed", type=click.IntRange(0, LARGEST_SEED), default=7, show_default=True, help="Another one is another year."
)
@click.option(
    "--customers",
    type=click.IntRange(1, 1_000_000),
    default=5_000,
    show_default=True,
    help="Shoppers; for each, some six pass by.",
)
@click.option(
    "--days", type=click.IntRange(1, DAYS), default=DAYS, show_default=True, help="Only the first of the year."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def make_year(wiring: Wiring, out: Path, seed: int, customers: int, days: int, as_json: bool) -> None:
    """Write a year of a small fashion and home shop into DIR: events as the world would send them, and what is true of them.

    Nobody in it is real. The same seed gives the same bytes, everywhere. `docs/made-year.md` says how it is made.
    """
    from regulars.made_year.year import YearRefused
    from regulars.made_year.year import make_year as make

    started = wiring.stopwatch()
    try:
        with counting("Making", "customers", quiet=as_json) as progress:
            counts = make(seed, customers, out, days, progress=progress)
    except YearRefused as error:
        raise complaint(str(error)) from None
    except OSError as error:
        raise complaint(f"{out} cannot be written: {error.strerror}") from None
    _tell(counts, out, wiring.stopwatch() - started, as_json=as_json)


def _tell(counts: "Counts", out: Path, seconds: float, *, as_json: bool) -> None:
    if as_json:
        import msgspec

        print_json({"out": str(out), "seconds": round(seconds, 1), "counts": msgspec.to_builtins(counts)})
        return
    click.echo(
        f"{out}: {counts.messages:,} messages of {counts.shoppers:,} customers, {counts.passing_by:,} who passed by and "
        f"{counts.crawls:,} visits of robots, in {seconds:.0f} s"
    )
    click.echo(f"Take it in with: regulars take-in {out}")
