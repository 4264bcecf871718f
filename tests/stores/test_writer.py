"""The one writer of a process: who shares a transaction, who waits, and who is told what when something breaks."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from regulars.service import writer as writers
from regulars.service.writer import Busy, Moved, Writer
from regulars.store import sqlite as dialect
from regulars.store.database import Store
from regulars.store.schema import quarantine
from regulars.store.transaction import Transaction
from tests.databases import disconnect_everybody

SECONDS = 30
"""What should be answered at once is not waited for longer."""


class Notes:
    """A group of another trade: a request is a list of words, and each word becomes a row."""

    def __init__(self) -> None:
        self.spoils: Callable[[Transaction, str], None] = lambda _tx, _word: None
        self.gate = Event()
        self.gate.set()
        self.entered = Event()
        self.transactions: list[list[str]] = []

    def size(self, request: Sequence[str]) -> int:
        return len(request)

    def store(self, tx: Transaction, requests: Sequence[Sequence[str]]) -> list[int]:
        self.transactions.append([word for request in requests for word in request])
        self.entered.set()
        assert self.gate.wait(SECONDS)
        for request in requests:
            for word in request:
                self.spoils(tx, word)
            tx.add_quarantine([(0, "", 0, "", word, None, b"") for word in request])
        return [len(request) for request in requests]

    def parts(self, request: Sequence[str]) -> Sequence[Sequence[str]]:
        return [[word] for word in request]

    def whole(self, request: Sequence[str], answers: Sequence[int]) -> int:
        return sum(answers)

    def give_up(self, tx: Transaction, request: Sequence[str], error: Exception) -> int:
        tx.add_quarantine([(0, "", 0, "set aside", word, None, b"") for word in request])
        return 0


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def writer(store: Store, notes: Notes) -> Iterator[Writer]:
    writer = Writer(store, notes)
    writer.start()
    yield writer
    notes.gate.set()
    writer.stop()


def written(store: Store) -> list[str]:
    """The words on record, those that were set aside in parentheses."""
    columns = quarantine.c
    with store.reading() as connection:
        rows = connection.execute(select(columns.reason, columns.message).order_by(columns.id)).all()
    return [f"({word})" if reason else word for reason, word in rows]


@contextmanager
def held_up(writer: Writer, notes: Notes) -> Iterator["Future[int]"]:
    """The writer is in the midst of a transaction; whatever is handed in meanwhile waits."""
    notes.entered.clear()
    notes.gate.clear()
    first = writer.submit(["first"])
    assert notes.entered.wait(SECONDS)
    try:
        yield first
    finally:
        notes.gate.set()


def test_whatever_waits_while_one_commits_shares_the_next_transaction(
    store: Store, writer: Writer, notes: Notes
) -> None:
    with held_up(writer, notes):
        others = [writer.submit([f"{number}a", f"{number}b"]) for number in range(5)]
    assert [one.result(SECONDS) for one in others] == [2] * 5
    assert [len(words) for words in notes.transactions] == [1, 10]
    assert (writer.statistics.groups, writer.statistics.events, writer.statistics.largest) == (2, 11, 10)
    assert writer.waiting == 0


def test_a_group_has_an_end(store: Store, writer: Writer, notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request is never parted, though: one that is larger than a group is a group of its own."""
    monkeypatch.setattr(writers, "MOST_IN_A_GROUP", 4)
    with held_up(writer, notes):
        asked = [writer.submit([str(number)] * size) for number, size in enumerate([2, 2, 1, 9, 1])]
    assert [one.result(SECONDS) for one in asked] == [2, 2, 1, 9, 1]
    assert [len(words) for words in notes.transactions] == [1, 4, 1, 9, 1]


def test_who_finds_no_room_is_told_so_at_once(
    store: Store, writer: Writer, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "MOST_WAITING", 4)
    with held_up(writer, notes):
        taken = writer.submit(["a", "b", "c"])
        with pytest.raises(Busy):
            writer.submit(["d", "e"])
        last = writer.submit(["f"])
    assert (taken.result(SECONDS), last.result(SECONDS)) == (3, 1)
    assert writer.submit(["d", "e"]).result(SECONDS) == 2
    assert written(store) == ["first", "a", "b", "c", "f", "d", "e"]


def test_a_request_larger_than_the_queue_still_gets_in(
    store: Store, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "MOST_WAITING", 2)
    assert writer.submit(["a", "b", "c"]).result(SECONDS) == 3


def test_jobs_and_requests_take_turns(store: Store, writer: Writer, notes: Notes) -> None:
    """A job has a transaction of its own, and its place in the queue: nobody is overtaken."""

    def job(tx: Transaction) -> str:
        notes.transactions.append(["job"])
        tx.add_quarantine([(0, "", 0, "", "job", None, b"")])
        return "done"

    with ThreadPoolExecutor(1) as pool:
        with held_up(writer, notes):
            before = writer.submit(["before"])
            asked = pool.submit(writer.run, job)
            while len(writer._queue) < 2:
                pass
            after = writer.submit(["after"])
        assert (before.result(SECONDS), asked.result(SECONDS), after.result(SECONDS)) == (1, "done", 1)
    assert notes.transactions == [["first"], ["before"], ["job"], ["after"]]
    assert written(store) == ["first", "before", "job", "after"]


def nothing(_tx: Transaction) -> None:
    pass


def test_a_job_that_fails_fails_for_whoever_asked(store: Store, writer: Writer) -> None:
    def job(tx: Transaction) -> None:
        tx.add_quarantine([(0, "", 0, "", "job", None, b"")])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        writer.run(job)
    assert writer.submit(["next"]).result(SECONDS) == 1
    assert written(store) == ["next"]


def refused_by_us(_tx: Transaction, _word: str) -> None:
    raise ValueError


def refused_by_the_database(tx: Transaction, _word: str) -> None:
    """On the hot path the driver's own errors come up, not SQLAlchemy's."""
    row: Any = (0, "", 0, "", None, None, b"")
    tx.add_quarantine([row])


def too_large_for_the_database(tx: Transaction, _word: str) -> None:
    """SQLite's driver finds it out itself, PostgreSQL tells."""
    tx.add_quarantine([(2**70, "", 0, "", "", None, b"")])


def too_deep(_tx: Transaction, _word: str) -> None:
    raise RecursionError


@pytest.mark.parametrize("trouble", [refused_by_us, refused_by_the_database, too_large_for_the_database, too_deep])
def test_a_culprit_is_set_aside_and_its_neighbours_are_kept(
    store: Store, writer: Writer, notes: Notes, trouble: Callable[[Transaction, str], None]
) -> None:
    def spoils(tx: Transaction, word: str) -> None:
        if word == "culprit":
            trouble(tx, word)

    notes.spoils = spoils
    with held_up(writer, notes):
        asked = [writer.submit(words) for words in (["a", "b"], ["c", "culprit", "d"], ["e"])]
    assert [one.result(SECONDS) for one in asked] == [2, 2, 1]
    assert written(store) == ["first", "a", "b", "c", "(culprit)", "d", "e"]


def test_whoever_gives_way_begins_again(store: Store, writer: Writer, notes: Notes) -> None:
    given_way: list[str] = []

    def spoils(tx: Transaction, word: str) -> None:
        if len(given_way) < 3:
            given_way.append(word)
            raise Moved

    notes.spoils = spoils
    assert writer.submit(["a", "b"]).result(SECONDS) == 2
    assert written(store) == ["a", "b"]
    assert writer.statistics.retries == 3


def test_whoever_gives_way_for_ever_is_told_to_come_again(store: Store, writer: Writer, notes: Notes) -> None:
    def spoils(tx: Transaction, word: str) -> None:
        raise Moved

    notes.spoils = spoils
    with pytest.raises(Busy):
        writer.submit(["a"]).result(SECONDS)
    assert written(store) == []


def test_a_server_that_goes_away_is_no_reason_to_set_anything_aside(postgresql: str, notes: Notes) -> None:
    """Whoever was under way is told to come again, and finds an open door."""
    store = Store(postgresql)
    store.migrate()
    writer = Writer(store, notes)
    writer.start()
    try:
        with held_up(writer, notes) as first:
            waiting = writer.submit(["a", "b"])
            disconnect_everybody(postgresql)
        with pytest.raises(Busy):
            first.result(SECONDS)
        assert waiting.result(SECONDS) == 2
        assert written(store) == ["a", "b"]
    finally:
        notes.gate.set()
        writer.stop()
        store.close()


def test_a_file_that_another_process_holds_is_no_reason_either(sqlite_with_little_patience: str, notes: Notes) -> None:
    store = Store(sqlite_with_little_patience)
    store.migrate()
    writer = Writer(store, notes)
    writer.start()
    other = sqlite3.connect(sqlite_with_little_patience.removeprefix("sqlite:///"), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy):
            writer.submit(["a"]).result(SECONDS)
        with pytest.raises(Busy):
            writer.run(nothing)
        other.execute("ROLLBACK")
        assert writer.submit(["a"]).result(SECONDS) == 1
        assert written(store) == ["a"]
    finally:
        other.close()
        writer.stop()
        store.close()


@pytest.fixture
def sqlite_with_little_patience(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> str:
    patience = [one if "busy_timeout" not in one else "PRAGMA busy_timeout=20" for one in dialect.PRAGMAS]
    monkeypatch.setattr(dialect, "PRAGMAS", tuple(patience))
    return sqlite


def test_what_is_queued_is_stored_before_the_end(store: Store, writer: Writer, notes: Notes) -> None:
    with held_up(writer, notes):
        asked = [writer.submit([f"{number}"]) for number in range(3)]
        with writer._changed:
            writer._stopping = True
        with pytest.raises(Busy):
            writer.submit(["late"])
        with pytest.raises(Busy):
            writer.run(nothing)
    writer.stop()
    assert [one.result(0) for one in asked] == [1, 1, 1]
    assert written(store) == ["first", "0", "1", "2"]


def test_whoever_no_longer_waits_does_no_harm(store: Store, writer: Writer, notes: Notes) -> None:
    """It was handed in, so it is stored; that nobody takes the answer must not end the writer."""
    with held_up(writer, notes):
        gone, other = writer.submit(["gone"]), writer.submit(["other"])
        gone.cancel()
    assert other.result(SECONDS) == 1
    assert writer.submit(["next"]).result(SECONDS) == 1
