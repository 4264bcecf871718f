"""The courier: carries one message to an endpoint and says what came of it.

It never goes elsewhere: redirects are not followed, no proxy is asked, and a name is looked up once and connected to at an address
that was held against `service.networks`. An attempt has fifteen seconds in all, however slowly the other side drips.
"""

import asyncio
import re
import ssl
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final, Self

import httpcore
from httpcore import SOCKET_OPTION

from regulars.kernel.calendar import SECOND
from regulars.kernel.facts import Instant
from regulars.service import outbox
from regulars.service.networks import Address, Networks, address_of
from regulars.service.outbox import Outcome, Sending
from regulars.service.shop import Shop
from regulars.wire.standard_webhooks import headers_of

LONGEST_ATTEMPT_SECONDS: Final = 15.0
MOST_ANSWER_BYTES: Final = 16 << 10
"""Nobody reads an answer's body; so much of it is taken in, that the connection can be used again."""
KEPT_OPEN_SECONDS: Final = 10.0
MOST_KEPT_OPEN: Final = 50
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS: Final = re.compile(r"[0-9]{1,9}")


class Courier:
    """To be entered in the event loop that it works in. `longest_seconds` is for tests that cannot wait."""

    def __init__(
        self,
        networks: Networks,
        clock: Callable[[], Instant],
        longest_seconds: float = LONGEST_ATTEMPT_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._clock = clock
        self._longest_seconds = longest_seconds
        tls = tls or ssl.create_default_context()
        self._pools = {
            "https": _pool(_Guarded(networks.let), tls),
            "http": _pool(_Guarded(networks.let_plain), tls),
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for pool in self._pools.values():
            await pool.aclose()

    async def carry(self, sending: Sending) -> Outcome:
        now = self._clock()
        headers = headers_of(sending.id, now, sending.body, sending.secrets)
        try:
            async with asyncio.timeout(self._longest_seconds):
                return await self._carried(sending, headers, now)
        except TimeoutError:
            return Outcome(sending, None, f"It did not answer within {self._longest_seconds:g} seconds.")
        except _Forbidden:
            return Outcome(sending, None, f"Its address is a private or local one: {Networks.MEND}.")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            return Outcome(sending, None, _why(error))

    async def _carried(self, sending: Sending, headers: dict[str, str], now: Instant) -> Outcome:
        pool = self._pools[sending.url.partition(":")[0].lower()]
        async with pool.stream("POST", sending.url, headers=list(headers.items()), content=sending.body) as answer:
            said = {name.lower(): value for name, value in answer.headers}
            size = 0
            async for chunk in answer.aiter_stream():
                size += len(chunk)
                if size > MOST_ANSWER_BYTES:
                    break
        trouble = "" if 200 <= answer.status < 300 else _words(answer.status)
        return Outcome(sending, answer.status, trouble, retry_after(said.get(b"retry-after", b""), now))


def deliver(
    shop: Shop, id: str, networks: Networks, clock: Callable[[], Instant], tls: ssl.SSLContext | None = None
) -> Outcome | None:
    """Sends this message now and waits for what comes of it; None where somebody else is at it."""
    sending = shop.writer.run(lambda tx: outbox.take(tx, id, clock()))
    if sending is None:
        return None
    outcome = asyncio.run(_carry(sending, Courier(networks, clock, tls=tls)))
    shop.writer.run(lambda tx: outbox.settle(tx, [outcome], clock()))
    return outcome


def retry_after(written: bytes, now: Instant) -> Instant | None:
    """How long we are asked to wait, in seconds or as a date; None where nothing sensible is asked."""
    text = written.decode("latin-1").strip()
    if _SECONDS.fullmatch(text):
        return int(text) * SECOND or None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - _EPOCH) // timedelta(microseconds=1) - now, 0) or None


async def _carry(sending: Sending, courier: Courier) -> Outcome:
    async with courier:
        return await courier.carry(sending)


# --- the way ---------------------------------------------------------------------------------------------------------


class _Forbidden(Exception):
    """None of the addresses of a host may be connected to."""


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to a host at an address that it was found at and that may be connected to."""

    def __init__(self, let: Callable[[Address], bool]) -> None:
        self._let = let
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failed: Exception = _Forbidden()
        for address in await self._found(host, port):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _found(self, host: str, port: int) -> list[str]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)
        written = dict.fromkeys([str(one[4][0]) for one in found])
        addresses = [(one, address_of(one)) for one in written]
        return [one for one, address in addresses if address is not None and self._let(address)]


def _pool(backend: httpcore.AsyncNetworkBackend, tls: ssl.SSLContext) -> httpcore.AsyncConnectionPool:
    return httpcore.AsyncConnectionPool(
        ssl_context=tls,
        max_connections=None,
        max_keepalive_connections=MOST_KEPT_OPEN,
        keepalive_expiry=KEPT_OPEN_SECONDS,
        network_backend=backend,
    )


def _words(status: int) -> str:
    if status == outbox.GONE:
        return "It answered 410: it wants no more."
    if 300 <= status < 400:
        return f"It sends us elsewhere ({status}), where we do not go: give the address that it really has."
    if status in (401, 403):
        return f"It answered {status}: does it verify with this webhook’s secret?"
    return f"It answered {status}."


def _why(error: Exception) -> str:
    causes = [error, error.__cause__, error.__context__]
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in causes):
        return "Its certificate is not believed: it is out of date, for another name, or signed by nobody known."
    if any(isinstance(one, OSError) and type(one).__name__ == "gaierror" for one in causes):
        return "Its name leads nowhere."
    if isinstance(error, httpcore.ProtocolError):
        return "What it answered is not HTTP, or breaks off."
    return f"It cannot be reached ({type(error).__name__})."
