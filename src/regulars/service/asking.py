"""Asking an API over HTTP: with a bound on size and time, patience where the other side is busy, and never elsewhere.

Only https, or http to 127.0.0.1. Redirects are not followed: what we show to be answered is for this address alone. Nobody's
clock is read here: seconds and waiting are handed in.
"""

import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

MOST_TRIES: Final = 5
LONGEST_SILENCE_SECONDS: Final = 30
LONGEST_ANSWER_SECONDS: Final = 120
LONGEST_PATIENCE_SECONDS: Final = 60
"""What is asked for between two tries beyond that, is not granted."""

_CHUNK_BYTES: Final = 64 << 10
_SECONDS: Final = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_REFUSED: Final = (401, 403)
_MISSING: Final = (404, 410)
_BUSY: Final = 429


class Answer(Struct, frozen=True):
    """`is_there` is false for a 404. Names of headers are in small letters."""

    is_there: bool
    headers: Mapping[str, str]
    body: bytes


class Unanswered(Exception):
    """There is no answer to go on with, in words for whoever runs the shop. They say nothing of what was asked."""


class Asker:
    """`seconds` counts and never goes back. `wait` waits so many seconds; True says that it is time to stop."""

    def __init__(self, seconds: Callable[[], float], wait: Callable[[float], bool]) -> None:
        self._seconds = seconds
        self._wait = wait
        self._tls = ssl.create_default_context()

    def ask(self, url: str, headers: Mapping[str, str], most_bytes: int) -> Answer:
        """Unanswered where there is none, after as many tries as it makes sense to make."""
        patience = 1.0
        for left in reversed(range(MOST_TRIES)):
            try:
                return self._asked(url, headers, most_bytes)
            except _Later as later:
                if not left:
                    raise Unanswered(later.why) from None
                pause = patience if later.seconds is None else min(later.seconds, LONGEST_PATIENCE_SECONDS)
            patience *= 2
            if self._wait(pause):
                break
        raise Unanswered("It was interrupted.")

    def _asked(self, url: str, headers: Mapping[str, str], most_bytes: int) -> Answer:
        parts = urlsplit(url)
        try:
            with closing(self._connection(parts.scheme, parts.netloc)) as connection:
                connection.request("GET", f"{parts.path}?{parts.query}", headers={**_USUAL, **headers})
                with connection.getresponse() as response:
                    said = {name.lower(): value for name, value in response.getheaders()}
                    _check(response.status, said)
                    body = self._body(response.read1, said, most_bytes)
                    return Answer(response.status not in _MISSING, said, body)
        except (OSError, HTTPException) as error:
            raise _Later(f"It cannot be reached ({type(error).__name__}).") from None
        except ValueError:
            raise Unanswered("What we show has characters that no header can bear: copy it once more.") from None

    def _connection(self, scheme: str, host: str) -> HTTPConnection:
        if scheme == "https":
            return HTTPSConnection(host, timeout=LONGEST_SILENCE_SECONDS, context=self._tls)
        assert scheme == "http", "an address is looked at before it is kept"
        assert host.partition(":")[0] == "127.0.0.1", "an address is looked at before it is kept"
        return HTTPConnection(host, timeout=LONGEST_SILENCE_SECONDS)

    def _body(self, read: Callable[[int], bytes], said: Mapping[str, str], most_bytes: int) -> bytes:
        until = self._seconds() + LONGEST_ANSWER_SECONDS
        body = bytearray()
        while chunk := read(_CHUNK_BYTES):
            body += chunk
            if len(body) > most_bytes:
                raise Unanswered(f"Its answer is larger than {most_bytes:,} bytes.")
            if self._seconds() > until:
                raise _Later(f"Its answer takes longer than {LONGEST_ANSWER_SECONDS} seconds.")
        if said.get("content-length", str(len(body))) != str(len(body)):
            raise _Later("Its answer breaks off.")
        return bytes(body)


class _Later(Exception):
    def __init__(self, why: str, seconds: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.seconds = seconds


_USUAL: Final = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Regulars"}


def _check(status: int, said: Mapping[str, str]) -> None:
    if status == 200 or status in _MISSING:
        return
    if status == _BUSY or status >= 500:
        wanted = said.get("retry-after", "")
        raise _Later(
            f"It is busy or broken: it answers {status}.", float(wanted) if _SECONDS.fullmatch(wanted) else None
        )
    if status in _REFUSED:
        message = f"It answers {status}: what we show is wrong, was taken back, or may not read orders. Make a new one."
        raise Unanswered(message)
    if 300 <= status < 400:
        raise Unanswered(f"It sends us elsewhere ({status}), where we do not go. Give the address that it really has.")
    raise Unanswered(f"It answers {status}: see whether the address is that of the shop.")
