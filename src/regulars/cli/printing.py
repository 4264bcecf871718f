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
from regulars.kernel.program import Program
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.shares import Share
from regulars.wire.complete_journey import NAME as COMPLETE_JOURNEY
from regulars.wire.history import History
from regulars.wire.refusals import without_formula

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
    console = Console(soft_wrap=True)
    first, program = outcomes[0], programs[0].program
    as_of = programs[0].calendar.wall_clock(first.until - 1)
    console.print(
        f"[bold]{_safe(first.program)}[/] over {_safe(first.source)}: {_count(first.orders, 'order')} of"
        f" {_count(len(first.customers), 'customer')}, as of {as_of} ({program.zone.name})",
        highlight=False,
    )
    if first.left_out_orders:
        console.print(f"Left out, since rows were refused: {_count(first.left_out_orders, 'order')}", highlight=False)
    if first.source == COMPLETE_JOURNEY and program.currency.code != "USD":
        console.print(f"[yellow]These orders are in USD; they are read as {program.currency.code}[/]", highlight=False)
    for name in getattr(history, "absent_properties", ()):
        console.print(f"[yellow]No line has a property “{_safe(name)}”, which the program asks for[/]", highlight=False)
    if program.members == "those_who_join" and not first.points.issued:
        said = "Nothing was earned: the program is for those who join, so the history needs “Member Joined” events"
        console.print(f"[yellow]{said}[/]", highlight=False)
    console.print(_outcome_table(outcomes, program))
    for outcome, rulebook in zip(outcomes, programs, strict=True):
        if outcome.trials:
            console.print(_arms_table(outcome, rulebook.program))
        if outcome.reach:
            console.print(_reach_table(outcome))
            for warning in warnings_of(outcome):
                console.print(f"[yellow]{_safe(warning)}[/]", highlight=False)
    if comparison is not None:
        _print_comparison(console, comparison, programs)
    read, folded = first.seconds.read, sum([outcome.seconds.fold for outcome in outcomes])
    console.print(f"Read in {read:.1f} s, folded in {folded:.1f} s", style="dim", highlight=False)


def print_entries(customer: str, entries: Sequence[Explained], program: Rulebook) -> None:
    """The history as a ledger: one line of figures per entry, and under it the reasons."""
    console = Console(soft_wrap=True)
    name = program.program.points.name
    console.print(f"Customer [bold]{_safe(customer)}[/] under {_safe(program.program.name)}", highlight=False)
    for entry in entries:
        points = f"{entry.points:+,} {name.one if abs(entry.points) == 1 else name.other}" if entry.points else "–"
        balance = f"available {entry.available:,}" + (f", pending {entry.pending:,}" if entry.pending else "")
        tier = f", {entry.tier}" if entry.tier else ""
        line = f"[bold]{entry.at}[/]  {_safe(entry.what)}  [bold]{_safe(points)}[/]  [dim]{balance}{_safe(tier)}[/]"
        console.print(line, highlight=False)
        for why in entry.why:
            console.print(f"    {_safe(why)}", highlight=False)


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
        **({"trials": msgspec.to_builtins(outcome.trials)} if outcome.trials else {}),
        **({"reach": msgspec.to_builtins(outcome.reach)} if outcome.reach else {}),
        "left_out_orders": outcome.left_out_orders,
        "seconds": {"read": round(outcome.seconds.read, 3), "fold": round(outcome.seconds.fold, 3)},
    }


def _side(changes: Sequence[CustomerChange]) -> dict[str, int]:
    return {"customers": len(changes), "points": sum([change.issued for change in changes])}


def _outcome_table(outcomes: Sequence[Outcome], program: Program) -> Table:
    currency, name = program.currency, _safe(program.points.name.other)
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("")
    for outcome in outcomes:
        table.add_column(f"{_safe(outcome.program)} {outcome.version[:12]}", justify="right")
    if len(outcomes) == 2:
        table.add_column("difference", justify="right")
    points = [outcome.points for outcome in outcomes]
    _row(table, f"sales, {currency.code}", [one.revenue_minor for one in outcomes], currency.amount)
    _row(table, f"{name} issued", [one.issued for one in points])
    if any(one.reversed for one in points):
        _row(table, f"{name} taken back", [one.reversed for one in points])
    _row(table, f"{name} expired", [one.expired for one in points])
    _row(table, "breakage, % of issued", [Share(one.expired, one.issued).hundredths() for one in points], _percent)
    _row(table, f"{name} outstanding", [one.outstanding for one in points])
    _row(table, f"liability, {currency.code}", [one.liability_minor for one in outcomes], currency.amount)
    for tier in dict.fromkeys(tier for outcome in outcomes for tier in outcome.tiers):
        _row(table, f"customers in {_safe(tier)}", [outcome.tiers.get(tier, 0) for outcome in outcomes])
    return table


def _arms_table(outcome: Outcome, program: Program) -> Table:
    """What each arm of each trial would have cost."""
    name, currency = _safe(program.points.name.other), program.currency
    table = Table(show_edge=False, pad_edge=False)
    table.add_column(f"trials of {_safe(outcome.program)}")
    for column in ("customers", "orders", f"sales, {currency.code}", name, f"cost, {currency.code}", "withheld"):
        table.add_column(column, justify="right")
    for one in outcome.trials:
        cost = currency.amount(program.points.liability_minor(one.points))
        figures = (f"{one.customers:,}", f"{one.orders:,}", currency.amount(one.revenue_minor), f"{one.points:,}", cost)
        table.add_row(_safe(f"{one.trial}: {one.arm}"), *figures, f"{one.withheld:,}")
    return table


def warnings_of(outcome: Outcome) -> list[str]:
    """What hardly anybody, or nearly everybody, would have reached."""
    return [warning for one in outcome.reach if (warning := one.warning()) is not None]


def _reach_table(outcome: Outcome) -> Table:
    """Who would have reached what."""
    table = Table(show_edge=False, pad_edge=False)
    table.add_column(f"{_count(outcome.reach[0].members, 'member')} of the year")
    for column in ("reached", "%", "median days", "within a tenth"):
        table.add_column(column, justify="right")
    for one in outcome.reach:
        days = "–" if one.median_days is None else f"{one.median_days:,}"
        share = _percent(one.share.hundredths())
        table.add_row(_safe(f"{one.kind} {one.id}"), f"{one.reached:,}", share, days, f"{one.near:,}")
    return table


def _row(table: Table, name: str, figures: Sequence[int], written: Any = "{:,}".format) -> None:
    difference = (
        [f"{'+' if figures[1] > figures[0] else ''}{written(figures[1] - figures[0])}"] if len(figures) == 2 else []
    )
    table.add_row(name, *[written(figure) for figure in figures], *difference)


def _print_comparison(console: Console, comparison: Comparison, programs: Sequence[Rulebook]) -> None:
    before, after = [one.program.points for one in programs]
    if before.worth_minor != after.worth_minor:
        console.print("[yellow]A point is not worth the same in both; who gains goes by points[/]", highlight=False)
    for verb, changes in (("gain", comparison.winners()), ("lose", comparison.losers())):
        side = _side(changes)
        who = f"1 customer {verb}s" if len(changes) == 1 else f"{len(changes):,} customers {verb}"
        if not changes:
            console.print(f"No customer {verb}s", highlight=False)
            continue
        most = ", ".join([f"{_safe(one.customer)} ({one.issued:+,})" for one in changes[:SHOWN_CUSTOMERS]])
        console.print(f"{who}, {side['points']:+,} {_safe(after.name.other)} in all; most: {most}", highlight=False)
    for (held, holds), count in comparison.moves.items():
        console.print(f"{count:,} end in {_safe(holds)} instead of {_safe(held)}", highlight=False)


def _percent(hundredths: int) -> str:
    return f"{'-' if hundredths < 0 else ''}{abs(hundredths) // 100}.{abs(hundredths) % 100:02}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _safe(text: str) -> str:
    """Without anything that a terminal or the table would take for a command."""
    visible = "".join([character if character.isprintable() else "�" for character in text])
    return visible.replace("[", "\\[")
