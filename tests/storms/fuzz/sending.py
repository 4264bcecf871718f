"""A client without manners: bytes over a socket, and whatever comes back."""

import contextlib
import socket
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from tests.storms.fuzz.mutating import Spoilt

SECONDS = 30
MOST_ANSWER_BYTES = 32 << 20


class NoAnswer(AssertionError):
    """A request that was whole got none."""


@dataclass(frozen=True)
class Answer:
    """`headers` by small letters, the last of a name. A status of 0: the server hung up, which only half a request may suffer."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


HUNG_UP = Answer(0)


class Wire:
    """One connection, opened again whenever it is closed."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        assert place.hostname is not None
        assert place.port is not None
        self._place = place.hostname, place.port
        self._socket: socket.socket | None = None
        self._left = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def sends(self, one: Spoilt) -> Answer:
        if self._socket is None:
            return self._exchange(one, fresh=True)
        answer = self._exchange(one, fresh=False)
        return self._exchange(one, fresh=True) if answer is HUNG_UP and one.is_whole else answer

    def _exchange(self, one: Spoilt, *, fresh: bool) -> Answer:
        """A connection that was open may have been closed meanwhile: then the request is sent again over a fresh one."""
        if fresh:
            self._close()
            self._socket = socket.create_connection(self._place, timeout=SECONDS)
        assert self._socket is not None
        try:
            with contextlib.suppress(OSError):
                self._socket.sendall(one.sent)
                if not one.is_whole:
                    self._socket.shutdown(socket.SHUT_WR)
            answer = self._read(one.method)
        except ConnectionError:
            answer = HUNG_UP
        except TimeoutError:
            self._close()
            raise NoAnswer(f"no answer within {SECONDS} s") from None
        if answer is HUNG_UP or not one.is_whole or answer.headers.get("connection", "").lower() == "close":
            self._close()
        return answer

    def _read(self, method: str) -> Answer:
        while True:
            status, headers = self._read_head()
            if not status:
                return HUNG_UP
            if status != 100:
                break
        bodiless = method == "HEAD" or status in (204, 304)
        return Answer(status, headers, b"" if bodiless else self._read_body(headers))

    def _read_head(self) -> tuple[int, dict[str, str]]:
        while b"\r\n\r\n" not in self._left:
            if not self._more():
                return 0, {}
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        return int(first.split(" ", 2)[1]), headers

    def _read_body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(iter(self._read_chunk, b""))
        return self._take(int(headers.get("content-length", "0")))

    def _read_chunk(self) -> bytes:
        while b"\r\n" not in self._left:
            if not self._more():
                raise ConnectionResetError
        size, _, self._left = self._left.partition(b"\r\n")
        chunk = self._take(int(size, 16))
        self._take(2)
        return chunk

    def _take(self, size: int) -> bytes:
        assert size <= MOST_ANSWER_BYTES, f"an answer of {size:,} bytes"
        while len(self._left) < size:
            if not self._more():
                raise ConnectionResetError
        taken, self._left = self._left[:size], self._left[size:]
        return taken

    def _more(self) -> bool:
        assert self._socket is not None
        got = self._socket.recv(1 << 16)
        self._left += got
        return bool(got)

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._left = None, b""
