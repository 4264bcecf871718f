"""Backtests that somebody at a page has asked for: one at a time, in a thread, the last few results kept in memory.

A process knows its own only. Where several serve one shop, a page that asks another one is told so and may begin anew.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from secrets import token_urlsafe
from threading import Lock
from typing import Final

from msgspec import Struct

from regulars.kernel.facts import Instant
from regulars.web.problems import where_it_failed

log: Final = logging.getLogger(__name__)

KEPT: Final = 5


class Backtest(Struct, frozen=True):
    """`report` gives the page of the report when it is done."""

    id: str
    program: str
    begun_at: Instant
    report: "Future[str]"

    @property
    def has_failed(self) -> bool:
        return self.report.done() and self.report.exception() is not None

    @property
    def is_done(self) -> bool:
        return self.report.done() and not self.has_failed


class Backtests:
    """For the life of a process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Backtest] = OrderedDict()
        self._lock = Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="backtest")

    def begin(self, program: str, job: Callable[[], str], now: Instant) -> Backtest:
        one = Backtest(token_urlsafe(12), program, now, self._worker.submit(_logged, job))
        with self._lock:
            self._kept[one.id] = one
            while len(self._kept) > KEPT:
                _, oldest = self._kept.popitem(last=False)
                oldest.report.cancel()
        return one

    def get(self, id: str) -> Backtest | None:
        with self._lock:
            return self._kept.get(id)


def _logged(job: Callable[[], str]) -> str:
    try:
        return job()
    except Exception as error:
        log.error("A backtest failed: %s", where_it_failed(error))
        raise
