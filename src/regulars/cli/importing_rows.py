"""Commands that bring people in, and what is known of them: a look at the file first, then row after row."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from regulars.cli.inputs import complaint, keep_apart
from regulars.cli.output import print_json
from regulars.cli.progress import counting
from regulars.cli.record import Record, open_record, record_options
from regulars.cli.wiring import Clock, Wiring

if TYPE_CHECKING:
    from regulars.kernel.rulebook import Rulebook
    from regulars.service.importing import Imported
    from regulars.service.shop import Shop
    from regulars.wire.imports import ImportFile, Refusal
    from regulars.wire.imports.preview import Preview

SHOWN_REASONS: Final = 20
BYTES_AT_ONCE: Final = 1 << 20

ABOUT: Final = {
    "customers": "Customers from FILE: who they are, and what they have told of themselves.",
    "consents": "Consents from FILE: who, to what, when, and by which words. They never lift a withdrawal.",
    "events": "What people did, from FILE. Nothing is sent to anybody for it.",
    "balances": "Points that customers bring over from a former program, from FILE.",
}

DRY_RUN = click.option("--dry-run", is_flag=True, help="Only say what would come in.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
MAPPING = click.option(
    "--map", "mapping", multiple=True, metavar="OURS=YOURS", help="Which column is which: --map user_id=client_no"
)
YES = click.option("--yes", is_flag=True, help="Do not ask.")
REFUSALS = click.option(
    "--refusals",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where refused rows are written: line, column, reason, words. Nothing of what stood there.",
)


def importing_command(kind: str) -> click.Command:
    @click.command(kind, help=f"{ABOUT[kind]}\n\nCSV, JSON lines or Parquet; `docs/import.md` has the columns.")
    @click.argument("file", type=click.Path(dir_okay=False, exists=True))
    @record_options
    @MAPPING
    @click.option("--times-in", metavar="ZONE", help="The time zone of times without an offset, such as UTC.")
    @REFUSALS
    @DRY_RUN
    @YES
    @AS_JSON
    @click.pass_obj
    def command(
        wiring: Wiring,
        record: Record,
        file: str,
        mapping: tuple[str, ...],
        times_in: str | None,
        refusals: Path | None,
        dry_run: bool,
        yes: bool,
        as_json: bool,
    ) -> None:
        if as_json and not (yes or dry_run):
            raise click.UsageError("--json cannot ask: add --yes or --dry-run")
        keep_apart([file], [refusals])
        with open_record(record, wiring) as (shop, clock):
            rulebook = in_force(shop)
            named = _file(file, kind, mapping, times_in, rulebook)
            _look(named, quiet=as_json)
            if not (yes or dry_run):
                _ask()
            imported = _import(shop, named, rulebook, clock, refusals, dry_run=dry_run, quiet=as_json)
        _tell(imported, named, refusals, dry_run=dry_run, as_json=as_json)

    return command


def in_force(shop: "Shop") -> "Rulebook":
    rulebook = shop.rulebooks.in_force()
    if rulebook is None:
        raise complaint("no program is in force yet, so nothing can be judged: regulars apply PROGRAM")
    return rulebook


def _ask() -> None:
    try:
        agreed = click.confirm("Bring it in?")
    except click.Abort:
        raise complaint("nobody answered, so nothing came in: add --yes to go on without asking") from None
    if not agreed:
        raise complaint("nothing came in")


@contextmanager
def writing(path: Path | None) -> Iterator[TextIO | None]:
    """The file for what is refused, or None."""
    if path is None:
        yield None
        return
    try:
        stream = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise complaint(f"{path} cannot be written: {error.strerror}; name another with --refusals") from None
    with stream:
        yield stream


def _file(file: str, kind: str, mapping: Sequence[str], times_in: str | None, rulebook: "Rulebook") -> "ImportFile":
    from regulars.wire.imports import ImportFile, Kind
    from regulars.wire.orders.columns import OrdersError, parse_mapping

    try:
        ours = parse_mapping(mapping)
    except OrdersError as error:
        raise complaint(str(error)) from None
    return ImportFile(Path(file), Kind(kind), ours, times_in, tuple(rulebook.program.kinds()))


def _look(file: "ImportFile", *, quiet: bool) -> None:
    """What is about to happen, before anything is stored."""
    from regulars.wire.imports.preview import preview
    from regulars.wire.orders import zone_named
    from regulars.wire.orders.columns import OrdersError

    try:
        zone_named(file.times_in)
        seen = preview(file)
    except OrdersError as error:
        raise complaint(str(error)) from None
    if not quiet:
        _show(seen, file)


def _show(seen: "Preview", file: "ImportFile") -> None:
    click.echo(f"{file.path.name}, as {file.kind.value}. The first rows, with people masked:\n")
    table = [("column", "is", *[f"row {number}" for number in range(1, len(seen.rows) + 1)])]
    for place, one in enumerate(seen.goes):
        table.append((one.column, one.to or "ignored", *[row[place] for row in seen.rows]))
    widths = [max([len(line[place]) for line in table]) for place in range(len(table[0]))]
    for line in table:
        click.echo("  " + "  ".join([text.ljust(width) for text, width in zip(line, widths, strict=True)]).rstrip())
    click.echo()


def _import(
    shop: "Shop",
    file: "ImportFile",
    rulebook: "Rulebook",
    clock: Clock,
    refusals: Path | None,
    *,
    dry_run: bool,
    quiet: bool,
) -> "Imported":
    from regulars.service.importing import expiry_by_rule, import_rows
    from regulars.service.writer import Busy
    from regulars.wire.imports import read_rows
    from regulars.wire.imports.refusals import begin, written
    from regulars.wire.orders.columns import OrdersError

    with writing(refusals) as stream, counting("Importing", "rows", quiet=quiet) as progress:
        if stream:
            begin(stream)

        def refused(some: "Sequence[Refusal]") -> None:
            if stream:
                written(some, stream)

        total = about(file.path)
        rows = read_rows(file, clock(), expiry_by_rule(rulebook))
        try:
            return import_rows(
                shop, rows, clock, dry_run=dry_run, refused=refused, progress=lambda done: progress(done, total)
            )
        except OrdersError as error:
            raise complaint(f"{error} What came in before stays; mend the file and run it again.") from None
        except Busy:
            raise complaint("the database is busy; run it again: what came in already is not doubled") from None


def _tell(imported: "Imported", file: "ImportFile", refusals: Path | None, *, dry_run: bool, as_json: bool) -> None:
    why = sorted(imported.why.items(), key=lambda one: (-one[1], one[0].value))
    if as_json:
        numbers: dict[str, Any] = {
            name: getattr(imported, name) for name in ("rows", "new", "known", "refused", "left_out")
        }
        print_json({**numbers, "why": {reason.value: number for reason, number in why}, "dry_run": dry_run})
        return
    come = "would come" if dry_run else "came"
    click.echo(
        f"{file.path.name}: {imported.rows:,} rows; {imported.new:,} {come} in, {imported.known:,} were known, "
        f"{imported.refused:,} {'would be' if dry_run else 'were'} refused"
    )
    for reason, number in why[:SHOWN_REASONS]:
        click.echo(f"  {number:,} × {reason.value}: {reason.words}")
    if why:
        click.echo(f"Which lines: {refusals}" if refusals else "Which lines, says --refusals FILE.")


def about(path: Path) -> int:
    """How many rows there are, roughly: for the bar only."""
    if path.suffix.lower() in (".parquet", ".pq"):
        from pyarrow import parquet

        return int(parquet.read_metadata(path).num_rows)
    import gzip

    with path.open("rb") as raw:
        file: Any = gzip.open(raw) if path.suffix.lower() == ".gz" else raw  # noqa: SIM115  closed with what it reads
        try:
            return sum([block.count(b"\n") for block in iter(lambda: file.read(BYTES_AT_ONCE), b"")])
        except (EOFError, OSError):
            return 0


COMMANDS: Final = tuple([importing_command(kind) for kind in ABOUT])
