"""The one writer of a process: group commit, and honest backpressure.

Whatever queued while the last group was committing shares the next transaction: no timer, so a lone request waits for nobody
and a crowd shares the cost of one commit. A request that cannot be queued is told so at once (`Busy`), and one that waits too
long as well; what was answered is on the disk.

A group that fails is tried again request by request, then event by event, so that one culprit does not sink its neighbours.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Condition, Thread
from typing import Any, Final, Generic, Protocol, TypeVar

from msgspec import Struct

from regulars.store.database import Store, is_transient, is_unavailable
from regulars.store.transaction import Transaction

T = TypeVar("T")
Request_ = TypeVar("Request_")
Answer = TypeVar("Answer")

MOST_WAITING: Final = 20_000
"""Events in the queue beyond which nobody more is let in: about a second's work."""

MOST_IN_A_GROUP: Final = 1_000
MOST_TRIES: Final = 50
"""Of a group that gives way to another process each time."""


LONGEST_WAIT_SECONDS: Final = 60


class Unready(Exception):
    """Nothing can be stored now, whatever it is."""


class Busy(Unready):
    """Come again in a moment."""


class Moved(Exception):
    """Another process changed who is who in the meantime: begin again."""


class Group(Protocol[Request_, Answer]):
    """What is done with the requests that share a transaction."""

    def size(self, request: Request_) -> int: ...

    def store(self, tx: Transaction, requests: Sequence[Request_]) -> list[Answer]:
        """One answer per request; nothing may be kept outside of the transaction."""
        ...

    def parts(self, request: Request_) -> Sequence[Request_]:
        """The request event by event."""
        ...

    def whole(self, request: Request_, answers: Sequence[Answer]) -> Answer: ...

    def give_up(self, tx: Transaction, request: Request_, error: Exception) -> Answer:
        """A single event that cannot be stored: set aside."""
        ...


class _Waiting(Struct, Generic[T]):
    future: "Future[T]"
    request: Any = None
    job: Callable[[Transaction], T] | None = None


class Statistics(Struct):
    """Since the process began. `largest` is the largest group, in events."""

    groups: int = 0
    events: int = 0
    largest: int = 0
    retries: int = 0
    failures: int = 0


class Writer:
    """Runs from `start` to `stop`. `submit` and `run` may be called from any thread."""

    def __init__(self, store: Store, group: Group[Any, Any]) -> None:
        self.statistics = Statistics()
        self._store = store
        self._group = group
        self._queue: deque[_Waiting[Any]] = deque()
        self._waiting = 0
        self._changed = Condition()
        self._stopping = False
        self._listener: Callable[[bool], None] | None = None
        self._thread = Thread(target=self._work, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stores what is queued, then ends."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def listen(self, listener: Callable[[bool], None] | None) -> None:
        """`listener` is told when this thread comes to rest, for want of work or for the disk, and when it goes on.

        Only where the database is in this process; a server elsewhere makes it rest at every statement.
        """
        if self._store.is_sqlite:
            self._listener = listener

    @property
    def waiting(self) -> int:
        """Events in the queue."""
        return self._waiting

    def submit(self, request: Any) -> "Future[Any]":
        """The answer comes when the request is on the disk. Raises Busy when there is no room for it."""
        size = self._group.size(request)
        with self._changed:
            if self._stopping or (self._waiting and self._waiting + size > MOST_WAITING):
                raise Busy
            waiting: _Waiting[Any] = _Waiting(Future(), request)
            self._waiting += size
            self._queue.append(waiting)
            self._changed.notify()
        return waiting.future

    def run(self, job: Callable[[Transaction], T]) -> T:
        """Runs `job` in a transaction of its own, in turn with everything else that writes, and waits for it."""
        waiting: _Waiting[T] = _Waiting(Future(), job=job)
        with self._changed:
            if self._stopping:
                raise Busy
            self._queue.append(waiting)
            self._changed.notify()
        try:
            return waiting.future.result(LONGEST_WAIT_SECONDS)
        except TimeoutError:
            if waiting.future.cancel():
                raise Busy from None
            return waiting.future.result()

    def _work(self) -> None:
        while taken := self._take():
            # Whoever gave up while waiting is left out; from here on nobody can.
            wanted = [one for one in taken if one.future.set_running_or_notify_cancel()]
            self._rests(not wanted or wanted[0].job is not None)
            if wanted and wanted[0].job is not None:
                self._run(wanted[0], wanted[0].job)
            elif wanted:
                self._answer(wanted)
            del taken, wanted

    def _take(self) -> list[_Waiting[Any]]:
        """The next job, or as many requests as may share a transaction; nothing when it is time to end."""
        with self._changed:
            while not self._queue:
                if self._stopping:
                    return []
                self._rests(True)
                self._changed.wait()
            taken = [self._queue.popleft()]
            if taken[0].job is not None:
                return taken
            size = self._group.size(taken[0].request)
            while self._queue and self._queue[0].job is None:
                more = self._group.size(self._queue[0].request)
                if size + more > MOST_IN_A_GROUP:
                    break
                size += more
                taken.append(self._queue.popleft())
            self._waiting -= size
            self.statistics.groups += 1
            self.statistics.events += size
            self.statistics.largest = max(self.statistics.largest, size)
            return taken

    def _run(self, waiting: _Waiting[T], job: Callable[[Transaction], T]) -> None:
        try:
            waiting.future.set_result(self._in_transaction(job))
        except Exception as error:  # noqa: BLE001  whoever asked gets it; the writer goes on
            waiting.future.set_exception(Busy() if is_unavailable(error) else error)

    def _answer(self, taken: Sequence[_Waiting[Any]]) -> None:
        requests = [one.request for one in taken]
        try:
            answers = self._stored(requests)
        except Exception as error:  # noqa: BLE001  the edge of the writer: nothing was stored, and everyone is told
            self.statistics.failures += 1
            for one in taken:
                one.future.set_exception(Busy() if is_unavailable(error) else error)
        else:
            for one, answer in zip(taken, answers, strict=True):
                one.future.set_result(answer)

    def _rests(self, resting: bool) -> None:
        listener = self._listener
        if listener is not None:
            listener(resting)

    def _stored(self, requests: Sequence[Any]) -> Sequence[Any]:
        try:
            return self._in_transaction(lambda tx: self._group.store(tx, requests))
        except Unready:
            raise
        except Exception as error:
            if is_unavailable(error):
                raise
            self.statistics.retries += 1
            return self._stored_apart(requests, error)

    def _stored_apart(self, requests: Sequence[Any], error: Exception) -> Sequence[Any]:
        if len(requests) > 1:
            return [self._stored([request])[0] for request in requests]
        [request] = requests
        parts = self._group.parts(request)
        if len(parts) > 1:
            return [self._group.whole(request, [self._stored([part])[0] for part in parts])]
        return [self._in_transaction(lambda tx: self._group.give_up(tx, request, error))]

    def _in_transaction(self, job: Callable[[Transaction], T]) -> T:
        for _ in range(MOST_TRIES):
            try:
                with self._store.writing() as tx:
                    done = job(tx)
                    self._rests(True)
                return done
            except Exception as error:
                if not (isinstance(error, Moved) or is_transient(error)):
                    raise
                self.statistics.retries += 1
        raise Busy
