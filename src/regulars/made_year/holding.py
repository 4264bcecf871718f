"""A folder that one process holds, and no other meanwhile. Nothing lies about for it; whoever dies holds nothing any more."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyHeld(Exception):
    """Another one holds it."""


@contextmanager
def holding(folder: Path, *, waits: bool = False) -> Iterator[None]:
    """The folder must be there. AlreadyHeld, unless it `waits` for its turn; OSError where it cannot be opened."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        except BlockingIOError:
            raise AlreadyHeld(str(folder)) from None
        yield
    finally:
        os.close(descriptor)
