"""A whole backtest: every customer's history folded under one program or several, in one process or several."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import Any

from msgspec import Struct

from regulars.backtesting.outcome import ArmOutcome, Month, Outcome, PointsTotals, Seconds
from regulars.backtesting.reach import goals_of, reached
from regulars.backtesting.replay import replay
from regulars.backtesting.tally import Bookkeeper, MonthKey, MonthSums, Tally
from regulars.kernel.calendar import date_of
from regulars.kernel.comparing import ArmSums
from regulars.kernel.earning import OPENING_BALANCE
from regulars.kernel.facts import DAWN, Fact, Instant
from regulars.kernel.program import Program
from regulars.kernel.rulebook import Rulebook
from regulars.wire.history import History, HistoryError, Source

Progress = Callable[[int, int], None]
"""Told how many customers are done, of how many."""

Stopwatch = Callable[[], float]
"""Seconds from some start; picklable."""

POLL_SECONDS = 0.1


class Folded(Struct):
    """What one process found: a tally per program, and where its time went."""

    tallies: list[Tally]
    read_seconds: float
    fold_seconds: list[float]


class RowsRefused(Exception):
    """Rows of the history were refused, and it was not asked to go on without them."""

    def __init__(self, history: History) -> None:
        super().__init__(f"{len(history.refusals)} rows of {history.name} were refused")
        self.history = history


def open_history(
    source: Source, programs: Sequence[Rulebook], *, skip_bad: bool = False, keep: frozenset[str] = frozenset()
) -> History:
    """The history with what these programs ask of it, and of each line the properties to `keep`.

    HistoryError if they do not share a currency or nothing can be read; RowsRefused if rows are bad, unless `skip_bad`.
    """
    currencies = {one.program.currency for one in programs}
    others = any(one.program.till.takes_others for one in programs)
    if len(currencies) > 1:
        codes = " and ".join(sorted(currency.code for currency in currencies))
        raise HistoryError(f"programs can be compared in one currency only, these are in {codes}")
    properties = keep.union(*[one.program.line_properties() for one in programs])
    currency = programs[0].program.currency
    history = source.open(
        currency_exponent=currency.exponent, currency=currency.code, properties=properties, others=others
    )
    if history.refusals and not skip_bad:
        raise RowsRefused(history)
    return history


def run(
    source: Source,
    programs: Sequence[Rulebook],
    *,
    history: History,
    stopwatch: Stopwatch,
    opened_in_seconds: float = 0.0,
    until: Instant | None = None,
    processes: int = 1,
    progress: Progress | None = None,
) -> list[Outcome]:
    """One outcome per program, of all facts before `until`; by default until just after the last of them.

    `history` is the opened `source`; each further process opens its own. The result is the same for any number of them.
    """
    end = end_of(history) if until is None else until
    if processes == 1:
        folded = _fold(history, programs, end, 0, 1, stopwatch, _every(progress, history.customer_count))
    else:
        folded = _fold_in_processes(source, programs, end, processes, stopwatch, progress, history.customer_count)
    folded.read_seconds += opened_in_seconds
    months = _months_of_all(programs, folded.tallies, end)
    return [
        _outcome(program, history, end, tally, months, Seconds(folded.read_seconds, seconds))
        for program, tally, seconds in zip(programs, folded.tallies, folded.fold_seconds, strict=True)
    ]


def end_of(history: History) -> Instant:
    """Just after the last fact. HistoryError if there is none."""
    if history.last_happened_at is None:
        raise HistoryError(f"{history.name} holds no orders")
    return history.last_happened_at + 1


def before(facts: Sequence[Fact], until: Instant) -> Sequence[Fact]:
    """The facts that happened before `until`, in whatever order they come."""
    if max([fact.happened_at for fact in facts], default=DAWN) < until:
        return facts
    return [fact for fact in facts if fact.happened_at < until]


def _fold(
    history: History,
    programs: Sequence[Rulebook],
    end: Instant,
    part: int,
    parts: int,
    stopwatch: Stopwatch,
    customer_done: Callable[[], None],
) -> Folded:
    keepers = [Bookkeeper(program, end) for program in programs]
    fold_seconds = [0.0] * len(programs)
    started = stopwatch()
    for customer, all_facts in history.customers(part, parts):
        facts = before(all_facts, end)
        if facts:
            for i, (program, keeper) in enumerate(zip(programs, keepers, strict=True)):
                from_here = stopwatch()
                state, effects = replay(facts, program, end, customer)
                keeper.customer_done(customer, facts, effects, state)
                fold_seconds[i] += stopwatch() - from_here
        customer_done()
    read_seconds = stopwatch() - started - sum(fold_seconds)
    return Folded([keeper.tally for keeper in keepers], read_seconds, fold_seconds)


def _fold_in_processes(
    source: Source,
    programs: Sequence[Rulebook],
    end: Instant,
    processes: int,
    stopwatch: Stopwatch,
    progress: Progress | None,
    customer_count: int,
) -> Folded:
    context = get_context("spawn")
    done = context.Array("q", processes, lock=False)
    documents = [(one.program, one.version) for one in programs]
    with ProcessPoolExecutor(processes, context, initializer=_share, initargs=(done,)) as pool:
        futures = [
            pool.submit(_fold_part, source, documents, end, part, processes, stopwatch) for part in range(processes)
        ]
        _watch(futures, done, progress, customer_count)
        parts = [future.result() for future in futures]
    whole = parts[0]
    for other in parts[1:]:
        for tally, more in zip(whole.tallies, other.tallies, strict=True):
            tally.add(more)
    whole.read_seconds = max(one.read_seconds for one in parts)
    whole.fold_seconds = [max(seconds) for seconds in zip(*[one.fold_seconds for one in parts], strict=True)]
    return whole


def _watch(futures: list[Future[Folded]], done: Any, progress: Progress | None, customer_count: int) -> None:
    while wait(futures, POLL_SECONDS).not_done:
        if progress is not None:
            progress(sum(done), customer_count)
    if progress is not None:
        progress(customer_count, customer_count)


_shared: list[Any] = []
"""In a worker process: where it counts the customers that it has done."""


def _share(done: Any) -> None:
    _shared.append(done)


def _fold_part(
    source: Source, documents: list[tuple[Program, str]], end: Instant, part: int, parts: int, stopwatch: Stopwatch
) -> Folded:
    started = stopwatch()
    programs = [Rulebook(program, version) for program, version in documents]
    history = open_history(source, programs, skip_bad=True)
    opened = stopwatch() - started

    def customer_done() -> None:
        _shared[0][part] += 1

    folded = _fold(history, programs, end, part, parts, stopwatch, customer_done)
    folded.read_seconds += opened
    return folded


def _every(progress: Progress | None, customer_count: int) -> Callable[[], None]:
    done = 0

    def customer_done() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, customer_count)

    return customer_done


def _outcome(
    program: Rulebook, history: History, end: Instant, tally: Tally, months: Sequence[MonthKey], seconds: Seconds
) -> Outcome:
    customers = tuple(sorted(tally.customers, key=lambda one: one.customer))
    issued = sum([one.issued for one in customers])
    expired = sum([one.expired for one in customers])
    outstanding = sum([one.outstanding for one in customers])
    levels = program.program.tiers.levels if program.program.tiers else ()
    held = Counter(one.tier or "none" for one in customers)
    return Outcome(
        program=program.program.name,
        version=program.version,
        source=history.name,
        until=end,
        orders=sum([one.orders for one in customers]),
        revenue_minor=sum([one.spend_minor for one in customers]),
        points=PointsTotals(issued, tally.reversed, expired, tally.spent, outstanding),
        liability_minor=program.program.points.liability_minor(outstanding),
        tiers={tier: held[tier] for tier in ("none", *[level.id for level in levels])},
        by_rule={id: tally.by_rule[id] for id in _rule_ids(program) if id in tally.by_rule},
        months=_months(program, tally, months),
        customers=customers,
        left_out_orders=history.left_out_orders,
        seconds=seconds,
        trials=_arms(program, tally),
        reach=reached(goals_of(program.program), tally.reach, tally.members),
    )


def _arms(program: Rulebook, tally: Tally) -> tuple[ArmOutcome, ...]:
    """Every arm of every trial, in the order of the document, whether somebody counts in it or not."""
    if program.trials is None:
        return ()
    found = []
    for trial in program.trials.by_name.values():
        for arm in trial.arms:
            sums = tally.arms.get((trial.id, arm.id), ArmSums())
            did = sums.orders.total, sums.revenue_minor.total, sums.points.total
            found.append(ArmOutcome(trial.id, arm.id, sums.customers, *did, sums.withheld))
    return tuple(found)


def _rule_ids(program: Rulebook) -> list[str]:
    """In the order of the document; balances that were brought over stand behind, though no rule gave them."""
    return [*program.program.giving(), OPENING_BALANCE]


def _months_of_all(programs: Sequence[Rulebook], tallies: Sequence[Tally], end: Instant) -> list[MonthKey]:
    """Every month from the first that holds anything, on any program's wall, to the one in which the backtest ends."""
    first = min([key for tally in tallies for key in tally.months], default=None)
    if first is None:
        return []
    last = max([date_of(program.calendar.day_of(end - 1)) for program in programs])
    return _month_keys(first, (last.year, last.month))


def _months(program: Rulebook, tally: Tally, keys: Sequence[MonthKey]) -> tuple[Month, ...]:
    months = []
    outstanding = 0
    held: Counter[str] = Counter()
    for year, month in keys:
        sums = tally.months.get((year, month), MonthSums())
        outstanding += sums.issued - sums.expired + sums.otherwise
        held.update(sums.tiers)
        months.append(
            Month(
                month=f"{year:04}-{month:02}",
                orders=sums.orders,
                revenue_minor=sums.revenue_minor,
                issued=sums.issued,
                expired=sums.expired,
                outstanding=outstanding,
                liability_minor=program.program.points.liability_minor(outstanding),
                tiers={tier: held[tier] for tier in sorted(held)},
            )
        )
    return tuple(months)


def _month_keys(first: MonthKey, last: MonthKey) -> list[MonthKey]:
    months = range(first[0] * 12 + first[1] - 1, last[0] * 12 + last[1])
    return [(number // 12, number % 12 + 1) for number in months]
