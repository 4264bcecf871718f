"""Which shop a command is about: its data folder or its database, and what time it is there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from regulars.cli.inputs import complaint
from regulars.cli.wiring import Clock, Wiring

if TYPE_CHECKING:
    from regulars.service.shop import Shop
    from regulars.service.visits import Enrichment

DATABASE_VARIABLE: Final = "REGULARS_DATABASE_URL"


class Record(NamedTuple):
    """`clock` is what was asked for; None is the machine's own."""

    data_dir: Path
    database: str | None
    clock: str | None = None

    def url(self) -> str:
        from regulars.store.database import url_of

        return url_of(self.data_dir, self.database)

    def shown(self) -> str:
        """Where it is, without a password."""
        from sqlalchemy import make_url

        return make_url(self.url()).render_as_string(hide_password=True)


def place_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that name a shop; the command gets them as one `record`."""

    @wraps(command)
    def with_record(*arguments: Any, **options: Any) -> Any:
        record = Record(options.pop("data_dir"), options.pop("database"), options.pop("clock", None))
        return command(*arguments, record=record, **options)

    for option in reversed(PLACE_OPTIONS):
        with_record = option(with_record)
    return with_record


def record_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same, and the time that it is there."""
    clock = click.option("--clock", metavar="INSTANT", help="Another time than now; it starts there and runs.")
    return clock(place_options(command))


PLACE_OPTIONS: Final = (
    click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        default="regulars-data",
        show_default=True,
        envvar="REGULARS_DATA_DIR",
        metavar="FOLDER",
        help="Where the shop's record is kept.",
    ),
    click.option(
        "--database",
        envvar=DATABASE_VARIABLE,
        metavar="URL",
        help=f"A PostgreSQL server instead: postgresql://USER:PASSWORD@HOST/NAME. Better set as {DATABASE_VARIABLE}.",
    ),
)


@contextmanager
def open_record(
    record: Record,
    wiring: Wiring,
    *,
    new: bool = False,
    as_it_is: bool = False,
    enrichment: "Enrichment | None" = None,
) -> Iterator[tuple["Shop", Clock]]:
    """The shop, open, and its clock; `new` makes the folder where there is none, `as_it_is` leaves old tables as they are.

    Complaints in words where the database cannot be used.
    """
    from sqlalchemy.exc import DBAPIError

    from regulars.service.shop import open_shop
    from regulars.service.visits import NO_ENRICHMENT
    from regulars.store.database import FILE_NAME, StoreError

    if not (new or record.database or (record.data_dir / FILE_NAME).exists()):
        raise complaint(
            f"there is no shop in {record.data_dir} yet: regulars apply PROGRAM --data-dir {record.data_dir}"
        )
    try:
        shop = open_shop(record.url(), wiring.new_id, migrate=not as_it_is, enrichment=enrichment or NO_ENRICHMENT)
    except OSError as error:
        raise complaint(f"{record.data_dir} cannot be made: {error.strerror}") from None
    except StoreError as error:
        raise complaint(str(error)) from None
    except DBAPIError as error:
        raise complaint(f"{record.shown()} cannot be used: {_first_line(error)}") from None
    try:
        yield shop, clock_of(record, wiring, shop)
    finally:
        shop.close()


def clock_of(record: Record, wiring: Wiring, shop: "Shop") -> Clock:
    """The machine's clock, or one that starts where it was asked to and runs."""
    from regulars.wire.sources import parse_instant

    if record.clock is None:
        return wiring.clock
    rulebook = shop.rulebooks.in_force()
    try:
        start = parse_instant(record.clock, rulebook.program.zone.name if rulebook else "UTC")
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--clock") from None
    return running_from(start, wiring)


def running_from(start: int, wiring: Wiring) -> Clock:
    began = wiring.stopwatch()
    return lambda: start + int((wiring.stopwatch() - began) * 1_000_000)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).strip().partition("\n")[0]
