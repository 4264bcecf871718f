"""Somebody who is signed in, and a shop's server with its key: they ask over one connection, one thing after another."""

import http.client
import os
import threading
from pathlib import Path
from time import perf_counter, sleep
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from bench.people.picks import Doors, Pick

ORDERS: Final = ("last_seen_at", "first_seen_at", "available", "lifetime")
MOST_SECONDS: Final = 600.0
MOST_SECONDS_TO_LISTEN: Final = 10.0


class Desk:
    """Every question gives the milliseconds until its whole answer was read. Any other answer than 200 ends it all."""

    def __init__(self, address: str, doors: Doors) -> None:
        self._connection = _connected(urlsplit(address).netloc)
        self._page = {"Cookie": f"regulars_session={doors.session}", "Accept": "text/html"}
        self._form = {**self._page, "X-CSRF-Token": doors.csrf, "Content-Type": "application/x-www-form-urlencoded"}
        self._program = {"Authorization": f"Bearer {doors.key}", "Content-Type": "application/json"}

    def searches(self, words: str, found: str) -> float:
        """By hand, on the page of the customers; `found` must be in the answer."""
        return self._asks("POST", "/customers", urlencode({"q": words}), self._form, found)

    def opens(self, pick: Pick) -> float:
        return self._asks("GET", f"/customers/{pick.id}", None, self._page, pick.user_id)

    def lists(self, order: str, place: str = "") -> float:
        """`place` is as `&before=`, which is the last page."""
        return self._asks("GET", f"/customers?order={order}{place}", None, self._page, "/customers/")

    def lists_beside(self, order: str, pick: Pick) -> float:
        return self.lists(order, f"&after={quote(f'{pick.places[ORDERS.index(order)]}.{pick.id}')}")

    def looks_over(self) -> float:
        return self._asks("GET", "/overview", None, self._page, "overview")

    def looks_up(self, pick: Pick) -> float:
        body = msgspec.json.encode({"kind": "email", "value": pick.email}).decode()
        return self._asks("POST", "/v1/customers/lookup", body, self._program, pick.user_id)

    def close(self) -> None:
        self._connection.close()

    def _asks(self, method: str, path: str, body: str | None, headers: dict[str, str], says: str) -> float:
        started = perf_counter()
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        took = (perf_counter() - started) * 1000
        if answer.status != http.client.OK or says.encode() not in text:
            raise SystemExit(f"{method} {path.partition('?')[0]} was answered with {answer.status}, not as it should")
        return took


def _connected(place: str) -> http.client.HTTPConnection:
    """A server may say that it listens a moment before it does."""
    connection = http.client.HTTPConnection(place, timeout=MOST_SECONDS)
    deadline = perf_counter() + MOST_SECONDS_TO_LISTEN
    while True:
        try:
            connection.connect()
        except ConnectionRefusedError:
            if perf_counter() > deadline:
                raise
            sleep(0.01)
        else:
            return connection


def resident_mb() -> float:
    """The memory of the process that this one has started, which is the server."""
    tasks = Path(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/children")
    pids = tasks.read_text().split()
    return sum([_resident_mb(Path(f"/proc/{pid}/status")) for pid in pids])


def _resident_mb(status: Path) -> float:
    line = next((line for line in status.read_text().splitlines() if line.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(line.split()[1]) * 1024 / 1e6
