"""A shop that is served, and what it knows of its customers."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.live import Live, set_up

PROGRAM: Final = """
program: corner
currency: USD
time_zone: America/New_York
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
"""
SECONDS: Final = 60


class Served:
    """`address` is where it listens; `public` and `secret` are its keys."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self.address, self.public, self.secret = live.url, live.public, live.secret

    def did(self, customer: str) -> list[str]:
        """The names of all that the customer did, the first told first."""
        return [fact["name"] for fact in self.facts(customer)]

    def facts(self, customer: str) -> list[dict[str, Any]]:
        answer = self._live.get(f"/v1/customers/{customer}/explain?limit=200")
        if answer.status_code == 404:
            return []
        explained = answer.raise_for_status().json()
        assert explained["next"] is None
        return [step["fact"] for step in reversed(explained["steps"]) if step["fact"]]

    def stars(self, customer: str) -> int:
        return int(self._live.customer(customer)["points"]["available"])


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    database = f"sqlite:///{folder / 'regulars.db'}"
    live = Live(database, set_up(database, PROGRAM), folder)
    try:
        yield Served(live.start())
        live.stop()
    finally:
        live.kill()


def until(holds: Callable[[], bool], seconds: float = SECONDS) -> bool:
    """Whether it came to hold in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
