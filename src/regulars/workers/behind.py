"""A job that looks again and again whether there is something to do, on a thread of its own, from `start` to `stop`."""

import logging
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Final

logger: Final = logging.getLogger("regulars.workers")


class Stopped(Exception):
    """The server ends: what was begun is thrown away, and made up for."""


class Behind:
    """`doing` says what failed where it did; then it is tried again. After every look it rests `every_s` at least, and `rest` times
    as long as the look took.
    """

    def __init__(
        self,
        name: str,
        doing: str,
        *,
        first_after_s: float,
        every_s: float,
        rest: int = 0,
        longest_stop_s: float | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._doing, self._first_after_s, self._every_s, self._rest = doing, first_after_s, every_s, rest
        self._longest_stop_s, self._seconds = longest_stop_s, seconds
        self._stopping = Event()
        self._thread = Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Between two portions of customers."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(self._longest_stop_s)

    def look(self) -> object:
        raise NotImplementedError

    def _work(self) -> None:
        wait = self._first_after_s
        while not self._stopping.wait(wait):
            began = self._seconds()
            try:
                self.look()
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001  the edge of the worker: told, and tried again
                logger.warning("%s failed and is tried again: %s", self._doing, type(error).__name__)
            wait = max(self._every_s, self._rest * (self._seconds() - began))

    def _looking_up(self, _done: int, _of: int) -> None:
        if self._stopping.is_set():
            raise Stopped
