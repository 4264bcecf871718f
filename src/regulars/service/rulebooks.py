"""Programs as they were published, compiled once per process."""

from sqlalchemy import Connection, select

from regulars.kernel.rulebook import Rulebook
from regulars.store.database import Store
from regulars.store.schema import programs, publications
from regulars.wire.records import decode_program


class Rulebooks:
    """Keeps what it has read: a published version never changes.

    Which one is in force may change at any time; whoever judges a fact asks within its own transaction. `latest` is for those
    to whom a moment's delay does not matter.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_version: dict[str, Rulebook] = {}
        self._latest: Rulebook | None = None

    def latest(self) -> Rulebook | None:
        """The one in force when somebody last looked."""
        return self._latest or self.in_force()

    def in_force(self) -> Rulebook | None:
        with self._store.reading() as connection:
            version = version_in_force(connection)
            return self.now_in_force(version, connection) if version else None

    def now_in_force(self, version: str, connection: Connection) -> Rulebook:
        self._latest = self.version(version, connection)
        return self._latest

    def version(self, version: str, connection: Connection) -> Rulebook:
        """KeyError where no such version was ever published."""
        if version not in self._by_version:
            compiled = connection.execute(select(programs.c.compiled).where(programs.c.version == version)).scalar()
            if compiled is None:
                raise KeyError(version)
            self._by_version[version] = decode_program(compiled, version)
        return self._by_version[version]


def version_in_force(connection: Connection) -> str | None:
    return connection.execute(select(publications.c.version).order_by(publications.c.id.desc()).limit(1)).scalar()
