"""A made year as it travels: its lines gathered into the requests that they came in, and sent one after the other."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from regulars.wire.events import MOST_EVENTS

BROWSER: Final = "browser"
SERVER: Final = "server"
_DOORS: Final = {BROWSER: True, SERVER: False}
MOST_TRIES: Final = 60
MOST_BYTES: Final = 400_000
"""Of one request; the interface takes 512 KB."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_BUSY: Final = (429, 503)
_decode: Final = msgspec.json.Decoder(dict[str, Any]).decode
_encode: Final = msgspec.json.Encoder().encode


class NotTaken(Exception):
    """Why it does not go on, in words for whoever started it."""


class NotAnswered(NotTaken):
    """Nobody is there, or nobody has time: the same may be taken later."""


class Parcel(NamedTuple):
    """One request, and its `name` in the year, "" where it has none. `offset` is where the lines after it begin; `address` and
    `agent` are those of the browser, "" for a server."""

    offset: int
    received_at: int
    door: str
    address: str
    agent: str
    sent_at: str
    name: str
    batch: list[dict[str, Any]]


class Rejected(Struct, frozen=True):
    reason: str


class Answer(Struct, frozen=True):
    accepted: int
    rejected: tuple[Rejected, ...] = ()


def parcels(events: Path, offset: int = 0) -> Iterator[Parcel]:
    """From that byte on. Lines that stand together, and came at one moment by one door from one device in one request, go in one.
    NotTaken for a line that no made year has."""
    with events.open("rb") as file:
        file.seek(offset)
        gathered: Parcel | None = None
        size = 0
        for line in file:
            offset += len(line)
            one = _parcel(line, offset)
            size += len(line)
            together = gathered is not None and gathered[1:7] == one[1:7]
            if gathered is not None and together and len(gathered.batch) < MOST_EVENTS and size < MOST_BYTES:
                gathered.batch.append(one.batch[0])
                gathered = gathered._replace(offset=offset)
                continue
            if gathered is not None:
                yield gathered
            gathered, size = one, len(line)
        if gathered is not None:
            yield gathered


def _parcel(line: bytes, offset: int) -> Parcel:
    """A browser does not know its own address: that is the request's."""
    try:
        event = _decode(line)
        context = event["context"]
        door = context["channel"]
        received_at = (datetime.fromisoformat(event.pop("receivedAt")) - _EPOCH) // _MICROSECOND
        sent_at, name = _word(event.pop("sentAt", "")), _word(event.pop("request", ""))
        is_browser = _DOORS[door]
        address = _word(context.pop("ip", "")) if is_browser else ""
        agent = _word(context.get("userAgent", "")) if is_browser else ""
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError):
        raise NotTaken(f"the line of events.jsonl that ends at byte {offset:,} is none of a made year") from None
    return Parcel(offset, received_at, door, address, agent, sent_at, name, [event])


def _word(said: Any) -> str:
    """ValueError for what no header of a request can hold."""
    if not isinstance(said, str) or not said.isprintable():
        raise ValueError(said)
    said.encode("latin-1")
    return said


class Sender:
    """One connection, kept open; what it sends is answered before the next is sent."""

    def __init__(self, address: str, authorizations: Mapping[str, str], wait: Callable[[float], object]) -> None:
        """`authorizations` are headers by door. `wait` sleeps so many seconds."""
        self._connection = HTTPConnection(address.partition("://")[2], timeout=60)
        self._authorizations = authorizations
        self._wait = wait

    def send(self, parcel: Parcel) -> Answer:
        """NotTaken where it is refused, NotAnswered where nobody is there or has time."""
        body = _encode({"batch": parcel.batch, "sentAt": parcel.sent_at} if parcel.sent_at else {"batch": parcel.batch})
        headers = {"Authorization": self._authorizations[parcel.door], "Content-Type": "application/json"}
        if parcel.address:
            headers["X-Forwarded-For"] = parcel.address
        if parcel.agent:
            headers["User-Agent"] = parcel.agent
        for _ in range(MOST_TRIES):
            status, told, later = self._post(body, headers)
            if status == 200:
                return msgspec.json.decode(told, type=Answer)
            if status not in _BUSY:
                said = told[:500].decode(errors="replace")
                raise NotTaken(f"the shop answered {status} to what came at byte {parcel.offset:,} of the year: {said}")
            self._wait(later)
        raise NotAnswered("the shop has been too busy for too long")

    def close(self) -> None:
        self._connection.close()

    def _post(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, float]:
        """Status, body, and after how many seconds to come again. A connection that was closed meanwhile is opened anew, once."""
        for last in (False, True):
            try:
                self._connection.request("POST", "/v1/batch", body, headers)
                answer = self._connection.getresponse()
                told = answer.read()
            except (OSError, HTTPException) as error:
                self._connection.close()
                if last:
                    raise NotAnswered(f"the shop does not answer: {type(error).__name__}") from None
                continue
            return answer.status, told, float(answer.getheader("Retry-After", "1"))
        raise AssertionError("one of the two has returned or raised")
