"""The client: as cheap as it can be, so that it is the server that is measured.

`python -m bench.ingest.load ADDRESS FILE IN_FLIGHT WARM_UP REQUESTS EVENTS_PER_REQUEST` sends the first REQUESTS
of FILE, so many at a time, and prints what it saw as JSON. The first WARM_UP of them are sent before the time runs.

Each connection is a thread with a socket that stays open; what goes over it was made before. A thread takes the next request
when the last one is answered.
"""

import pickle
import socket
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from time import perf_counter, process_time
from typing import Final
from urllib.request import urlopen

import msgspec
from msgspec import Struct

MOST_SECONDS: Final = 60.0
"""For one answer."""

RECEIVED: Final = 1 << 16


class Loaded(Struct, frozen=True):
    """What was acknowledged while the time ran. `groups` and `events` are the server's own count of them."""

    seconds: float
    client_cpu_seconds: float
    requests: int
    events: int
    groups: int
    largest_group: int
    latencies_ms: list[float]


def _take(address: str, requests: Sequence[bytes], in_flight: int, warm_up: int, events_per_request: int) -> Loaded:
    host, _, port = address.removeprefix("http://").partition(":")
    expected = b'"accepted":%d' % events_per_request
    connections = [_Connection(host, int(port), expected) for _ in range(in_flight)]
    with ThreadPoolExecutor(in_flight) as threads:

        def send(some: Sequence[bytes]) -> list[float]:
            waiting = _Shared(some)
            return [ms for sent in threads.map(lambda one: one.send_all(waiting), connections) for ms in sent]

        send(requests[:warm_up])
        before = _counted(address)
        cpu, started = process_time(), perf_counter()
        latencies_ms = send(requests[warm_up:])
        seconds, cpu = perf_counter() - started, process_time() - cpu
        after = _counted(address)
    return Loaded(
        seconds,
        cpu,
        len(latencies_ms),
        after["regulars_group_events"] - before["regulars_group_events"],
        after["regulars_groups"] - before["regulars_groups"],
        after["regulars_group_largest_events"],
        latencies_ms,
    )


class _Shared:
    """Requests that several threads take from."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self._next: Iterator[bytes] = iter(requests)
        self._lock = Lock()

    def take(self) -> bytes | None:
        with self._lock:
            return next(self._next, None)


class _Connection:
    def __init__(self, host: str, port: int, expected: bytes) -> None:
        self._socket = socket.create_connection((host, port), timeout=MOST_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expected = expected

    def send_all(self, waiting: _Shared) -> list[float]:
        """Milliseconds of each; stops the run where an event was not accepted."""
        latencies_ms = []
        while (request := waiting.take()) is not None:
            started = perf_counter()
            self._socket.sendall(request)
            answer = self._answer()
            latencies_ms.append((perf_counter() - started) * 1000)
            if self._expected not in answer:
                raise SystemExit(f"not accepted: {answer.decode(errors='replace')}")
        return latencies_ms

    def _answer(self) -> bytes:
        answer = self._socket.recv(RECEIVED)
        while not _is_whole(answer):
            more = self._socket.recv(RECEIVED)
            if not more:
                raise SystemExit("the server closed the connection")
            answer += more
        return answer


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    _, _, rest = head.lower().partition(b"content-length:")
    return len(body) >= int(rest.split(b"\r\n", 1)[0])


def _counted(address: str) -> dict[str, int]:
    with urlopen(f"{address}/metrics", timeout=MOST_SECONDS) as answer:
        lines = answer.read().decode().splitlines()
    pairs = [line.split() for line in lines if line.startswith("regulars_group") and " " in line]
    return {name.removesuffix("_total"): int(float(value)) for name, value in pairs}


if __name__ == "__main__":
    address, file, in_flight, warm_up, number, events_per_request = sys.argv[1:]
    requests = pickle.loads(Path(file).read_bytes())[: int(number)]
    loaded = _take(address, requests, int(in_flight), int(warm_up), int(events_per_request))
    sys.stdout.buffer.write(msgspec.json.encode(loaded))
