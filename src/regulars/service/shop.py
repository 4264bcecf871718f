"""A running shop: its record, its programs, its writer. Every use case is handed one."""

from collections.abc import Callable

from msgspec import Struct

from regulars.service.group import IngestGroup
from regulars.service.keys import Keys
from regulars.service.rulebooks import Rulebooks
from regulars.service.visits import NO_ENRICHMENT, Enrichment
from regulars.service.writer import Writer
from regulars.store.database import Store


class Shop(Struct, frozen=True):
    """From `open_shop` to `close`. `new_id` gives ids that nobody has had before, and that sort by time."""

    store: Store
    rulebooks: Rulebooks
    keys: Keys
    writer: Writer
    new_id: Callable[[], str]
    enrichment: Enrichment = NO_ENRICHMENT

    def ready(self) -> str | None:
        """None where events can be taken, else what is missing."""
        if not self.store.is_migrated():
            return "The database is not at this release yet: start `regulars serve` or run `regulars doctor`."
        if self.rulebooks.in_force() is None:
            return "No program is in force yet: run `regulars apply PROGRAM`."
        return None

    def close(self) -> None:
        self.writer.stop()
        self.store.close()
        self.enrichment.close()


def open_shop(
    url: str, new_id: Callable[[], str], *, migrate: bool = True, enrichment: Enrichment = NO_ENRICHMENT
) -> Shop:
    """Opens the record, brings its tables to this release unless told not to, and starts the writer.

    StoreError or SQLAlchemy's DBAPIError where the database cannot be reached.
    """
    store = Store(url)
    if migrate:
        store.migrate()
    else:
        store.is_migrated()
    rulebooks = Rulebooks(store)
    writer = Writer(store, IngestGroup(rulebooks, new_id, enrichment))
    writer.start()
    return Shop(store, rulebooks, Keys(store), writer, new_id, enrichment)
