"""A server with stopwatches in it: what each stage of an event's way costs its thread.

`python -m bench.ingest.stages FILE WARM_UP EVENTS serve ...` is `regulars serve ...`, and leaves its `Watched` in FILE as JSON.
What is counted is what happens between the group that stores event number WARM_UP and the one that stores number EVENTS.

A stage's time is its own, without that of stages within it. *Processor time* is the thread's; the *clock on the wall* runs on
while the thread waits for the disk, the database, the other thread that holds the interpreter, or its turn on a core.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from pathlib import Path
from threading import get_ident, main_thread
from time import clock_gettime_ns, perf_counter_ns, process_time_ns, pthread_getcpuclockid, thread_time_ns
from typing import Any, Final

import msgspec
from msgspec import Struct

ELSEWHERE: Final = "the rest of the writer's work"
HTTP: Final = "HTTP, framework and answers"
OTHER_THREADS: Final = "sockets and whoever wakes customers"
IDLE: Final = "nothing to do"
UNDERSTANDING: Final = "understanding the bytes"

STAGES: Final = {
    UNDERSTANDING: ["web.api.tracking:understand"],
    "who is who": ["service.group:IngestGroup._people"],
    "visits": ["service.group:keep_visits"],
    "traits and consents": ["service.group:note", "service.group:without_the_erased"],
    "reading states (bytes to objects)": ["service.record:decode_state"],
    "the fold": ["service.record:fold_each"],
    "writing states (objects to bytes)": ["service.record:encode_state"],
    "writing facts and effects": ["service.record:encode_fact", "service.record:encode_effects"],
    "rows of the ledger": ["service.record:Journal._split"],
    "rows of customers and of the journal": ["service.record:Journal.take"],
    IDLE: ["service.writer:Writer._take"],
}
STATEMENTS: Final = {
    "SQL: source keys": ["claim"],
    "SQL: identities": ["identities", "hold_identities", "add_identities", "lead"],
    "SQL: reading customers": ["add_customers", "lock_customers"],
    "SQL: writing customers": ["save_customers"],
    "SQL: writing the journal": ["add_journal"],
    "SQL: writing the ledger": ["add_entries"],
}
BEGIN: Final = "SQL: beginning, the program in force"
COMMIT: Final = "commit"


class Stage(Struct, frozen=True):
    """Nanoseconds of processor time and by the clock on the wall."""

    name: str
    thread: str
    cpu_ns: int
    wall_ns: int


class Watched(Struct, frozen=True):
    events: int
    wall_ns: int
    cpu_ns: int
    stages: list[Stage]


class Stopwatch:
    """One per thread: whatever time passes belongs to the stage entered last."""

    def __init__(self, rest: str) -> None:
        self.cpu_ns: dict[str, int] = defaultdict(int)
        self.wall_ns: dict[str, int] = defaultdict(int)
        self._inside = [rest]
        self._cpu, self._wall = thread_time_ns(), perf_counter_ns()

    def enter(self, stage: str) -> None:
        self._split()
        self._inside.append(stage)

    def leave(self) -> None:
        self._split()
        self._inside.pop()

    def _split(self) -> None:
        cpu, wall = thread_time_ns(), perf_counter_ns()
        stage = self._inside[-1]
        self.cpu_ns[stage] += cpu - self._cpu
        self.wall_ns[stage] += wall - self._wall
        self._cpu, self._wall = cpu, wall


class Watch:
    """The stopwatches of a process. Each thread has its own, which it makes at its first stage."""

    def __init__(self) -> None:
        self._by_thread: dict[int, Stopwatch] = {}

    def mine(self) -> Stopwatch:
        ident = get_ident()
        if ident not in self._by_thread:
            self._by_thread[ident] = Stopwatch(HTTP if ident == main_thread().ident else ELSEWHERE)
        return self._by_thread[ident]

    def watched(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def timed(*arguments: Any, **named: Any) -> Any:
            mine = self.mine()
            mine.enter(stage)
            try:
                return call(*arguments, **named)
            finally:
                mine.leave()

        return timed

    def told(self, events: int) -> Watched:
        """What has passed so far; asked by the writer, between two groups."""
        writer, loop = self.mine(), self._by_thread[main_thread().ident or 0]
        writer.enter(ELSEWHERE)
        writer.leave()
        whole_ns = process_time_ns()
        loop_ns = clock_gettime_ns(pthread_getcpuclockid(main_thread().ident or 0))
        writer_ns = sum(writer.cpu_ns.values())
        understood_ns = loop.cpu_ns[UNDERSTANDING]
        stages = [Stage(name, "writer", ns, writer.wall_ns[name]) for name, ns in writer.cpu_ns.items()]
        stages += [
            Stage(UNDERSTANDING, "event loop", understood_ns, loop.wall_ns[UNDERSTANDING]),
            Stage(HTTP, "event loop", loop_ns - understood_ns, 0),
            Stage(OTHER_THREADS, "others", whole_ns - loop_ns - writer_ns, 0),
        ]
        return Watched(events, perf_counter_ns(), whole_ns, stages)


def _install(file: Path, warm_up: int, events: int) -> None:
    from regulars.service import shop
    from regulars.service.writer import Writer
    from regulars.store.database import Store
    from regulars.store.postgresql import PostgresqlTransaction
    from regulars.store.sqlite import SqliteTransaction

    watch = Watch()
    for stage, places in STAGES.items():
        for place in places:
            _replace(watch, stage, place)
    for transaction in (SqliteTransaction, PostgresqlTransaction):
        setattr(transaction, "active_version", watch.watched(BEGIN, transaction.active_version))  # noqa: B010
        for stage, methods in STATEMENTS.items():
            for method in methods:
                setattr(transaction, method, watch.watched(stage, getattr(transaction, method)))

    class WatchedStore(Store):
        @contextmanager
        def writing(self) -> Iterator[Any]:
            block = super().writing()
            tx = watch.watched(BEGIN, block.__enter__)()
            try:
                yield tx
            except BaseException:
                if not block.__exit__(*sys.exc_info()):
                    raise
            else:
                watch.watched(COMMIT, block.__exit__)(None, None, None)

    vars(shop)["Store"] = WatchedStore
    answer, at_start = Writer._answer, []

    def answered(writer: Writer, taken: Any) -> None:
        answer(writer, taken)
        if writer.statistics.events == warm_up:
            at_start.append(watch.told(warm_up))
        elif writer.statistics.events == events:
            file.write_bytes(msgspec.json.encode(_between(at_start[0], watch.told(events))))

    setattr(Writer, "_answer", answered)  # noqa: B010


def _replace(watch: Watch, stage: str, place: str) -> None:
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: Any = import_module(f"regulars.{module}")
    for one in owners:
        owner = getattr(owner, one)
    setattr(owner, name, watch.watched(stage, getattr(owner, name)))


def _between(start: Watched, end: Watched) -> Watched:
    before = {(one.name, one.thread): one for one in start.stages}
    stages = []
    for one in end.stages:
        earlier = before.get((one.name, one.thread), Stage(one.name, one.thread, 0, 0))
        stages.append(Stage(one.name, one.thread, one.cpu_ns - earlier.cpu_ns, one.wall_ns - earlier.wall_ns))
    return Watched(end.events - start.events, end.wall_ns - start.wall_ns, end.cpu_ns - start.cpu_ns, stages)


if __name__ == "__main__":
    from regulars.boot import main

    file, warm_up, events = sys.argv[1:4]
    del sys.argv[1:4]
    _install(Path(file), int(warm_up), int(events))
    main()
