"""Regulars from Python: the same as the commands, as functions."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from time import perf_counter

from regulars.backtesting.outcome import Outcome
from regulars.backtesting.run import Progress, open_history, run
from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook
from regulars.wire.history import Source
from regulars.wire.sources import parse_instant, source_named


def backtest(
    program: Rulebook,
    orders: str | Path | Source,
    *,
    until: str | date | None = None,
    processes: int = 1,
    mapping: Mapping[str, str] | None = None,
    times_in: str | None = None,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """What `program` would have done over `orders`: `"complete-journey"`, or a CSV, JSON lines or Parquet file.

    `until` is exclusive: an aware datetime, a date, or RFC 3339 text (a time without an offset, or a date alone, is read in
    the program's zone); by default just after the last fact. `mapping` and `times_in` tell how to read a file, as the page on
    orders says. `progress(done, customers)` is called as customers are done. With `processes` above 1 the calling script
    needs the `if __name__ == "__main__":` that multiprocessing asks for.

    Raises RowsRefused where rows of the file are refused and `skip_bad` was not asked for, HistoryError where nothing can be
    read at all, ValueError for an `until` that is no moment, or `processes` below 1.
    """
    if processes < 1:
        raise ValueError("`processes` is at least 1")
    source = source_named(orders, mapping, times_in) if isinstance(orders, str | Path) else orders
    started = perf_counter()
    history = open_history(source, [program], skip_bad=skip_bad)
    outcomes = run(
        source,
        [program],
        history=history,
        stopwatch=perf_counter,
        opened_in_seconds=perf_counter() - started,
        until=_instant(until, program),
        processes=processes,
        progress=progress,
    )
    return outcomes[0]


def _instant(until: str | date | None, program: Rulebook) -> Instant | None:
    if until is None:
        return None
    if isinstance(until, str):
        return parse_instant(until, program.program.zone.name)
    if isinstance(until, datetime) and until.tzinfo is None:
        raise ValueError("`until` needs a time zone: an aware datetime, or text")
    return parse_instant(until.isoformat(), program.program.zone.name)
