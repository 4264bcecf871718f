"""The job that keeps the analytic file fresh: written at the start, and again when it is old and something has changed since; at
once when somebody was erased.

Of several processes on one data folder one writes at a time: who holds the lock file. However large the shop, it rests far longer
than it works, so that events always have most of the machine.
"""

import fcntl
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from regulars.kernel.calendar import MINUTE
from regulars.kernel.facts import Instant
from regulars.service.refreshing import refresh_file
from regulars.service.shop import Shop
from regulars.store.schema import audit, consents, journal, merges, publications, segment_moves, tombstones, traits
from regulars.workers.behind import Behind, logger

OLD_AFTER: Final = 10 * MINUTE
LOOKS_EVERY_SECONDS: Final = 15.0
LONGEST_STOP_SECONDS: Final = 5.0
REST: Final = 9
"""Times as long as the writing took: at most a tenth of the time is spent on it."""


class Refresher(Behind):
    """Runs from `start` to `stop`."""

    def __init__(
        self,
        shop: Shop,
        path: Path,
        clock: Callable[[], Instant],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(
            "refreshing",
            "writing the analytic tables",
            first_after_s=0.0,
            every_s=LOOKS_EVERY_SECONDS,
            rest=REST,
            longest_stop_s=LONGEST_STOP_SECONDS,
            seconds=seconds,
        )
        self._shop, self._path, self._clock = shop, path, clock
        self._written_of: tuple[Any, ...] | None = None
        self._erased = 0
        self._written_at: Instant | None = None

    def look(self) -> bool:
        """Whether the file was written anew."""
        now = self._clock()
        erased = self._erased_so_far()
        if self._written_at is not None and now - self._written_at < OLD_AFTER and erased == self._erased:
            return False
        stands = self._stands()
        if stands == self._written_of and self._path.exists():
            return False
        with locked(self._path.with_name(f"{self._path.name}.lock")) as is_mine:
            if is_mine:
                self._clear()
            if not is_mine or not refresh_file(self._shop, self._path, now, self._looking_up):
                return False
        self._written_of, self._written_at, self._erased = stands, now, erased
        logger.info("the analytic tables were written")
        return True

    def _clear(self) -> None:
        """What a process left that was ended in the middle."""
        for folder in self._path.parent.glob(f".{self._path.name}-*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _erased_so_far(self) -> int:
        with self._shop.store.reading() as connection:
            return connection.execute(select(func.count()).select_from(tombstones)).scalar_one()

    def _stands(self) -> tuple[Any, ...]:
        """Other figures than before where anything that the tables hold may have changed; what time alone changes is written down
        as steps of the journal.
        """
        newest = (journal.c.id, publications.c.id, segment_moves.c.id, audit.c.id, merges.c.id)
        with self._shop.store.one_moment(), self._shop.store.reading() as connection:
            ids = [connection.execute(select(func.max(column))).scalar() for column in newest]
            said = connection.execute(select(func.max(consents.c.recorded_at), func.count())).one()
            known = connection.execute(select(func.max(traits.c.happened_at), func.count())).one()
        return (*ids, *said, *known)


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Whether nobody else holds it; it is let go at the end, and by a process that dies."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a") as file:
        path.chmod(0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
