"""What the commands print: tables for people, JSON for scripts, CSV for spreadsheets."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from regulars.backtesting.comparison import Comparison, CustomerChange
from regulars.backtesting.explain import Explained
from regulars.backtesting.outcome import Outcome
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.terms import Currency
from regulars.wire.history import History
from regulars.wire.orders_refusals import without_formula

SHOWN_CUSTOMERS = 5


def outcome_json(outcome: Outcome, comparison: Comparison | None) -> dict[str, Any]:
    """The contract of `backtest --json`; with a comparison, the other program's figures and the differences as well."""
    answer = _figures(outcome)
    if comparison is not None:
        answer["compared_with"] = _figures(comparison.second)
        answer["difference"] = {
            "points": {name: comparison.difference(name) for name in ("issued", "expired", "outstanding")},
            "liability_minor": comparison.liability_minor,
            "tiers": {f"{before} -> {after}": count for (before, after), count in comparison.moves.items()},
            "gain": _side(comparison.winners()),
            "lose": _side(comparison.losers()),
            "unchanged": len(comparison.changes) - len(comparison.winners()) - len(comparison.losers()),
        }
    return answer


def customers_csv(outcome: Outcome) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("customer", "points_issued", "points_outstanding", "tier", "spend_minor"))
    for one in outcome.customers:
        customer = without_formula(one.customer)
        writer.writerow((customer, one.issued, one.outstanding, one.tier or "none", one.spend_minor))
    return stream.getvalue()


def print_outcome(
    outcomes: Sequence[Outcome], comparison: Comparison | None, programs: Sequence[Rulebook], history: History
) -> None:
    console = Console()
    first, program = outcomes[0], programs[0].program
    as_of = programs[0].calendar.wall_clock(first.until - 1)
    console.print(
        f"[bold]{_safe(first.program)}[/] over {_safe(first.source)}: {first.orders:,} orders of"
        f" {len(first.customers):,} customers, as of {as_of} ({program.zone.name})",
        highlight=False,
    )
    if first.left_out_orders:
        console.print(f"{first.left_out_orders:,} orders were left out: rows of theirs were refused", highlight=False)
    for name in getattr(history, "absent_properties", ()):
        console.print(f"[yellow]No line has a property “{_safe(name)}”, which the program asks for[/]", highlight=False)
    console.print(_outcome_table(outcomes, program.currency))
    if comparison is not None:
        _print_comparison(console, comparison, programs)
    for outcome in outcomes[:1]:
        seconds = outcome.seconds
        console.print(f"Read in {seconds.read:.1f} s, folded in {seconds.fold:.1f} s", style="dim", highlight=False)


def print_entries(customer: str, entries: Sequence[Explained], program: Rulebook) -> None:
    console = Console()
    name = program.program.points.name.other
    table = Table(title=f"Customer {_safe(customer)} under {_safe(program.program.name)}", title_justify="left")
    for column in ("when", "what and why"):
        table.add_column(column, overflow="fold")
    for column in (f"{_safe(name)} ±", "pending", "available"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("tier")
    for entry in entries:
        words = "\n".join([f"[bold]{_safe(entry.what)}[/]", *[_safe(why) for why in entry.why]])
        points = f"{entry.points:+,}" if entry.points else ""
        table.add_row(entry.at, words, points, f"{entry.pending:,}", f"{entry.available:,}", entry.tier or "none")
    console.print(table)


def _figures(outcome: Outcome) -> dict[str, Any]:
    return {
        "program": outcome.program,
        "version": outcome.version,
        "source": outcome.source,
        "until": outcome.until_utc(),
        "orders": outcome.orders,
        "customers": len(outcome.customers),
        "revenue_minor": outcome.revenue_minor,
        "points": msgspec.to_builtins(outcome.points),
        "liability_minor": outcome.liability_minor,
        "tiers": outcome.tiers,
        "by_rule": outcome.by_rule,
        "months": msgspec.to_builtins(outcome.months),
        "left_out_orders": outcome.left_out_orders,
        "seconds": {"read": round(outcome.seconds.read, 3), "fold": round(outcome.seconds.fold, 3)},
    }


def _side(changes: Sequence[CustomerChange]) -> dict[str, int]:
    return {"customers": len(changes), "points": sum([change.issued for change in changes])}


def _outcome_table(outcomes: Sequence[Outcome], currency: Currency) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("")
    for outcome in outcomes:
        table.add_column(f"{_safe(outcome.program)} {outcome.version[:12]}", justify="right")
    if len(outcomes) == 2:
        table.add_column("difference", justify="right")
    points = [outcome.points for outcome in outcomes]
    _row(table, f"sales, {currency.code}", [one.revenue_minor for one in outcomes], currency.amount)
    _row(table, "points issued", [one.issued for one in points])
    _row(table, "points expired", [one.expired for one in points])
    _row(table, "points outstanding", [one.outstanding for one in points])
    _row(table, f"liability, {currency.code}", [one.liability_minor for one in outcomes], currency.amount)
    for tier in dict.fromkeys(tier for outcome in outcomes for tier in outcome.tiers):
        _row(table, f"customers in {_safe(tier)}", [outcome.tiers.get(tier, 0) for outcome in outcomes])
    return table


def _row(table: Table, name: str, figures: Sequence[int], written: Any = "{:,}".format) -> None:
    difference = (
        [f"{'+' if figures[1] > figures[0] else ''}{written(figures[1] - figures[0])}"] if len(figures) == 2 else []
    )
    table.add_row(name, *[written(figure) for figure in figures], *difference)


def _print_comparison(console: Console, comparison: Comparison, programs: Sequence[Rulebook]) -> None:
    for verb, changes in (("gain", comparison.winners()), ("lose", comparison.losers())):
        side = _side(changes)
        most = ", ".join([f"{_safe(one.customer)} ({one.issued:+,})" for one in changes[:SHOWN_CUSTOMERS]])
        console.print(
            f"{side['customers']:,} customers {verb}, {side['points']:+,} points in all"
            + (f"; most: {most}" if most else ""),
            highlight=False,
        )
    for (before, after), count in comparison.moves.items():
        console.print(f"{count:,} customers end in {_safe(after)} instead of {_safe(before)}", highlight=False)


def _safe(text: str) -> str:
    """Without anything that a terminal or the table would take for a command."""
    visible = "".join([character if character.isprintable() else "�" for character in text])
    return visible.replace("[", "\\[")
