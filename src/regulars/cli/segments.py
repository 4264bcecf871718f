"""`regulars segments`: how many customers are in each segment of the program in force, or who is in one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import click

from regulars.cli.inputs import complaint
from regulars.cli.output import print_json
from regulars.cli.progress import counting
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Wiring

if TYPE_CHECKING:
    from regulars.insight.engines import Engine
    from regulars.kernel.rulebook import Rulebook
    from regulars.service.auditing import Audit
    from regulars.service.segments import Sizes
    from regulars.service.shop import Shop

ENGINES: Final = ("duckdb", "postgresql", "reference")


@click.command()
@click.option("--list", "listed", metavar="ID", help="Who is in this segment: one customer a line.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default=ENGINES[0],
    show_default=True,
    help="By what it is worked out: of everybody at once, or customer by customer. All say the same.",
)
@click.option("--audit", is_flag=True, help="Hold what is on record of some customers against DuckDB's answer.")
@click.option("--all", "everybody", is_flag=True, help="With --audit: of all customers.")
@record_options
@click.pass_obj
def segments(
    wiring: Wiring,
    listed: str | None,
    as_json: bool,
    engine: str,
    audit: bool,
    everybody: bool,
    record: Record,
) -> None:
    """Who is in which segment now. Visitors without a name are in none, and whoever does not allow profiling.

    With --audit: whether the record lists in each segment those who are in it. Exit code 1 where it does not.
    """
    if everybody and not audit:
        raise click.UsageError("--all belongs to --audit")
    if audit:
        if listed is not None or engine != ENGINES[0]:
            raise click.UsageError("--audit stands alone, or with --all and --json")
        _audit(wiring, record, everybody, as_json)
        return
    with open_record(record, wiring) as (shop, clock):
        if engine == "postgresql" and shop.store.is_sqlite:
            raise complaint("this shop's record is a file: --engine postgresql wants one that is kept in PostgreSQL")
        started, now = wiring.stopwatch(), clock()
        with _answering(engine, shop, record, now, as_json) as answers:
            sizes = answers.sizes() if listed is None else None
            names = _members(shop, answers, listed) if listed is not None else []
        seconds = wiring.stopwatch() - started
    took = _Took(engine, round(seconds, 3))
    if listed is None:
        _print_sizes(sizes, took, as_json)
    else:
        _print_members(names, listed, now, took, as_json)
    if not as_json:
        click.echo(f"Worked out in {seconds:.1f} s ({engine}).", err=True)


class _Took(NamedTuple):
    engine: str
    seconds: float


class _Answers(Protocol):
    def sizes(self) -> "Sizes | None":
        """None while no program is in force."""
        ...

    def members(self, id: str) -> list[str]:
        """NoSuchSegment."""
        ...


@contextmanager
def _answering(engine: str, shop: "Shop", record: Record, now: int, quiet: bool) -> Iterator[_Answers]:
    rulebook = shop.rulebooks.in_force()
    with counting("Looking at", "customers", quiet=quiet) as progress:
        if engine == "reference" or rulebook is None:
            yield _OneByOne(shop, now, progress)
        elif engine == "duckdb":
            from regulars.insight.engines import duckdb_file
            from regulars.service.refreshing import passing_file

            folder = None if record.database else record.data_dir
            with passing_file(shop, folder, now, progress) as path, duckdb_file(path) as database:
                yield _AtOnce(database, rulebook, now)
        else:
            from regulars.insight.engines import PostgresqlEngine
            from regulars.service.refreshing import passing_schema

            with passing_schema(shop, now, progress) as connection:
                yield _AtOnce(PostgresqlEngine(connection), rulebook, now)


class _OneByOne:
    """By what a condition means, customer by customer."""

    def __init__(self, shop: "Shop", now: int, progress: Callable[[int, int], None]) -> None:
        self._asked = (shop, now, progress)

    def sizes(self) -> "Sizes | None":
        from regulars.service.segments import sizes

        return sizes(*self._asked)

    def members(self, id: str) -> list[str]:
        from regulars.service.segments import members

        shop, now, progress = self._asked
        return list(members(shop, id, now, progress))


class _AtOnce:
    """By the analytic tables."""

    def __init__(self, engine: "Engine", rulebook: "Rulebook", now: int) -> None:
        from regulars.insight.moments import Moment

        program = rulebook.program
        self._engine = engine
        self._program = program
        self._moment = Moment(now, rulebook.calendar, {one.id: one.condition for one in program.segments})

    def sizes(self) -> "Sizes":
        from regulars.insight.segments import everybody, sizes
        from regulars.service.segments import SegmentSize, Sizes

        counts, all_of_them = sizes(self._engine, self._program.segments, self._moment), everybody(self._engine)
        words = self._program.words()
        told = [SegmentSize(one.id, counts[one.id], one.who(words)) for one in self._program.segments]
        return Sizes(self._moment.now, all_of_them.customers, all_of_them.without_profiling, tuple(told))

    def members(self, id: str) -> list[str]:
        from regulars.insight.segments import members
        from regulars.service.segments import NoSuchSegment

        condition = self._moment.segments.get(id)
        if condition is None:
            raise NoSuchSegment(id)
        return [customer.name for customer in members(self._engine, condition, self._moment)]


def _print_sizes(found: "Sizes | None", took: _Took, as_json: bool) -> None:
    if found is None:
        raise complaint("no program is in force yet: regulars apply PROGRAM")
    if as_json:
        print_json({**_as_json(found), **took._asdict()})
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


def _print_members(names: list[str], id: str, now: int, took: _Took, as_json: bool) -> None:
    if as_json:
        print_json({"segment": id, "as_of": _moment(now), "customers": names, **took._asdict()})
        return
    for name in names:
        click.echo(name)


def _members(shop: "Shop", answers: _Answers, id: str) -> list[str]:
    from regulars.service.segments import NoSuchSegment

    try:
        return answers.members(id)
    except NoSuchSegment:
        raise complaint(_no_such(shop, id)) from None


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


# --- is what is on record right? -----------------------------------------------------------------------------------------


def _audit(wiring: Wiring, record: Record, everybody: bool, as_json: bool) -> None:
    from regulars.insight.auditing import segments_by_file
    from regulars.service.auditing import SAMPLE, audit

    with open_record(record, wiring) as (shop, clock):
        folder = None if record.database else record.data_dir
        with counting("Auditing", "customers", quiet=as_json) as progress:
            done = audit(shop, folder, clock, segments_by_file, None if everybody else SAMPLE, progress)
    if done is None:
        raise complaint("no program with segments is in force yet: regulars apply PROGRAM")
    if as_json:
        print_json(_audit_as_json(done))
    else:
        _print_audit(done)
    if done.drifts:
        raise SystemExit(1)


def _audit_as_json(done: "Audit") -> dict[str, object]:
    import msgspec

    return {**msgspec.to_builtins(done), "at": _moment(done.at)}


def _print_audit(done: "Audit") -> None:
    click.echo(f"{done.compared:,} of {done.customers:,} customers compared as of {_moment(done.at)}.")
    if done.drifts:
        click.echo(f"{done.drifts:,} rows are wrong. Tell us: this must not happen.")
        for one in done.found:
            what = "listed, but not in it" if one.listed else "in it, but not listed"
            click.echo(f"  {one.segment}  {one.customer}  {what}")
    elif done.compared or not done.customers:
        click.echo("The record lists in each segment those who are in it.")
    else:
        click.echo("They have not adopted the program in force yet, or this clock is behind the record.")
