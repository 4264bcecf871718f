"""`regulars likely`: who is likely to order within thirty days, and how good the model is that says so."""

from typing import TYPE_CHECKING, Any, Final

import click

from regulars.cli.inputs import complaint
from regulars.cli.output import print_json
from regulars.cli.progress import counting
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Wiring

if TYPE_CHECKING:
    from regulars.insight.likelihood.figures import Figures
    from regulars.insight.likelihood.findings import Likelihood
    from regulars.service.likelihood import Kept

SHOWN: Final = 10


@click.command("likely")
@click.option("--store", is_flag=True, help="Keep the list “likely-to-convert” by it, as is done every night.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@record_options
@click.pass_obj
def likely(wiring: Wiring, store: bool, as_json: bool, record: Record) -> None:
    """Who is likely to order within 30 days, of those who have not in the last 30: the top tenth, and how far to trust it.

    A model is learned from the shop's own past and tested on the part after it. Whoever does not allow profiling is left out.
    """
    from regulars.insight.likelihood.findings import TooLittle
    from regulars.insight.likelihood.model import likelihood_and_list
    from regulars.insight.moments import Moment
    from regulars.service.likelihood import LIKELY_TO_CONVERT, keep_list
    from regulars.service.refreshing import passing_file
    from regulars.service.writer import Unready

    with open_record(record, wiring) as (shop, clock):
        rulebook, now, kept = shop.rulebooks.in_force(), clock(), None
        if rulebook is None:
            raise complaint("no program is in force yet: regulars apply PROGRAM")
        folder = None if record.database else record.data_dir
        try:
            with (
                counting("Looking at", "customers", quiet=as_json) as progress,
                passing_file(shop, folder, now, progress) as path,
            ):
                found, listed = likelihood_and_list(path, Moment(now, rulebook.calendar), LIKELY_TO_CONVERT)
            if store:
                kept = keep_list(shop, found.day, found.model.version, found.probabilities, listed, clock())
        except TooLittle as too_little:
            raise complaint(f"nothing can be said yet: {too_little}") from None
        except Unready:
            raise complaint("the record is too busy to be written to; try again in a moment") from None
    if as_json:
        print_json(_as_json(found, kept))
    else:
        _print(found, kept)


def _print(found: "Likelihood", kept: "Kept | None") -> None:
    from rich.console import Console
    from rich.table import Table

    from regulars.kernel.calendar import date_of

    model, figures, top = found.model, found.waiting, found.top_tenth
    click.echo(
        f"Model {model.version}: learned from {date_of(model.from_day)} to {date_of(model.to_day)}, "
        f"tested from then to {date_of(found.day)} on those without an order in the 30 days before."
    )
    table = Table(title="Calibration", title_justify="left")
    for column in ("people", "ordered", "predicted", "observed"):
        table.add_column(column, justify="right")
    for one in reversed(figures.tenths):
        table.add_row(f"{one.people:,}", f"{one.ordered:,}", f"{one.predicted:.1%}", f"{one.observed:.1%}")
    Console(highlight=False, markup=False).print(table)
    grades = Table(title="Against “most recent buyers first”", title_justify="left")
    for column in ("", "orderers in the top tenth", "AUC", "Brier score"):
        grades.add_column(column, justify="right" if column else "left")
    for name, by in (("the model", figures.model), ("the rule", figures.rule)):
        grades.add_row(name, f"{by.in_top_tenth:.1%}", f"{by.auc:.3f}", f"{by.brier:.4f}")
    Console(highlight=False, markup=False).print(grades)
    click.echo(verdict(figures))
    click.echo(f"{len(top):,} customers are in the top tenth; the first {min(len(top), SHOWN)}:")
    for candidate in top[:SHOWN]:
        click.echo(f"  {candidate.probability:.1%}  {candidate.name}")
    if kept is not None:
        click.echo(f"{kept.joined:,} came onto the list, {kept.left:,} left it.")


def verdict(figures: "Figures") -> str:
    if figures.beats_rule:
        return "The model puts orderers before others more often than the rule does."
    return "These figures do not show that the model is better than the rule."


def _as_json(found: "Likelihood", kept: "Kept | None") -> dict[str, Any]:
    import msgspec

    from regulars.insight.likelihood.columns import FEATURES
    from regulars.kernel.calendar import date_of

    model = found.model
    constant, *coefficients = model.fitted.coefficients
    return {
        "as_of": date_of(found.day).isoformat(),
        "model": {
            "version": model.version,
            "from": date_of(model.from_day).isoformat(),
            "to": date_of(model.to_day).isoformat(),
            "people": model.people,
            "ordered": model.ordered,
            "constant": constant,
            "coefficients": dict(zip(FEATURES, coefficients, strict=True)),
        },
        "everybody": _figures(found.everybody),
        "waiting": _figures(found.waiting),
        "top_tenth": [
            {"id": one.id, "name": one.name, "probability": round(one.probability, 4)} for one in found.top_tenth
        ],
        "stored": None if kept is None else msgspec.to_builtins(kept),
    }


def _figures(figures: "Figures") -> dict[str, Any]:
    import msgspec

    return {**msgspec.to_builtins(figures), "beats_rule": figures.beats_rule}
