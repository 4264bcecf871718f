"""What every answer bears, whoever gives it: a request id, security headers, and CORS where a route is meant for browsers.

It stands around the whole application, so that addresses that do not exist and errors of the framework go through it, too.
HEAD is answered as GET without its body. What a handler says itself (its own policy, its own caching) stays.

Requests are counted by their address here, before anything is read, unless the address is one for keys: those are counted where
the key is looked at. Whoever asks whether the process is well is not counted.
"""

import logging
import re
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from regulars.web.face import client_address, face_of
from regulars.web.limits import network_of
from regulars.web.problems import MEDIA_TYPE, Code, Problem, failure, render

log: Final = logging.getLogger(__name__)

UNCOUNTED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
FOR_KEYS: Final = ("/v1/", "/sourceConfig")
MOST_PATH_BYTES: Final = 2_048
MOST_ORIGIN_BYTES: Final = 512

SECURITY: Final[Mapping[bytes, bytes]] = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
ALLOWED_HEADERS: Final = "Authorization, AnonymousId, SentAt, Content-Type, Content-Encoding, X-Retry-Count"
EXPOSED_HEADERS: Final = "Retry-After, X-Regulars-Rejected, X-Request-Id"
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_ORIGIN: Final = re.compile(rb"[\x21-\x7e]+")

Headers = list[tuple[bytes, bytes]]


class Envelope:
    """`open_to_browsers` are the route templates with CORS, each with the methods that a page of another origin may use."""

    def __init__(self, app: ASGIApp, open_to_browsers: Mapping[str, str]) -> None:
        self._app = app
        self._open = open_to_browsers
        self._hinted = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            exchange = _Exchange(scope, self._open)
            await exchange.run(self._app, receive, send)
            if exchange.is_limited_as_if_unproxied() and not self._hinted:
                self._hinted = True
                log.warning(PROXY_HINT)
        else:
            await self._app(scope, receive, send)


PROXY_HINT: Final = (
    "Requests are refused because too many come from one address, and they bear X-Forwarded-For. "
    "If a proxy stands before this server, start it with --trust-proxy 1; otherwise all visitors are counted as one."
)


class _Exchange:
    """One request and its answer. The inner scope is the one that the router writes its findings into."""

    def __init__(self, scope: HTTPScope, open_to_browsers: Mapping[str, str]) -> None:
        self._face = face_of(scope)
        self._bodiless = scope["method"] == "HEAD"
        self._scope: Any = dict(scope, method="GET") if self._bodiless else scope
        self._open = open_to_browsers
        self._asked: dict[bytes, bytes] = dict(scope["headers"])
        self._request_id = self._named() or self._face.new_id()
        self._scope["state"]["request_id"] = self._request_id
        self._started_at = time.perf_counter()
        self._status = 0

    async def run(self, app: ASGIApp, receive: Receive, send: Send) -> None:
        async def outward(message: Message) -> None:
            await send(self._sealed(message))

        try:
            if len(self._scope["path"]) > MOST_PATH_BYTES:
                raise Problem(Code.PATH_TOO_LONG, f"An address has at most {MOST_PATH_BYTES} characters.")
            self._admit()
            await app(self._scope, receive, outward)
        except Exception as error:  # noqa: BLE001 - the edge of the process
            problem = error if isinstance(error, Problem) else failure(error, self._scope)
            if not self._status:
                await _say(problem, self._request_id, outward)
        finally:
            self._count()

    def is_limited_as_if_unproxied(self) -> bool:
        """Whether it was refused as too much, and somebody says that it came from elsewhere."""
        return (
            self._status == HTTPStatus.TOO_MANY_REQUESTS
            and not self._face.proxies
            and b"x-forwarded-for" in self._asked
        )

    def _admit(self) -> None:
        path = self._scope["path"]
        if path in UNCOUNTED or (path.startswith(FOR_KEYS) and self._scope["method"] != "OPTIONS"):
            return
        self._face.limiter.page(network_of(client_address(self._scope)))

    def _sealed(self, message: Message) -> Message:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message["headers"] = self._headers(message["headers"])
        elif self._bodiless and message["type"] == "http.response.body":
            message["body"] = b""
        return message

    def _headers(self, given: Iterable[tuple[bytes, bytes]]) -> Headers:
        headers: Headers = [
            (name.lower(), _with_head(value) if name.lower() == b"allow" else value) for name, value in given
        ]
        said = {name for name, _ in headers}
        allowed = self._open.get(self._scope.get("path_template", ""))
        extra: dict[bytes, bytes] = {**SECURITY, b"x-request-id": self._request_id.encode()}
        if allowed:
            extra |= self._cors(allowed)
        headers.extend((name, value) for name, value in extra.items() if name not in said)
        return headers

    def _cors(self, methods: str) -> dict[bytes, bytes]:
        """A page of any origin may send; none may send along what its browser remembers (no credentials)."""
        headers = {b"vary": b"Origin", b"cross-origin-resource-policy": b"cross-origin"}
        origin = self._asked.get(b"origin", b"")
        if len(origin) > MOST_ORIGIN_BYTES or not _ORIGIN.fullmatch(origin):
            return headers
        headers[b"access-control-allow-origin"] = origin
        headers[b"access-control-expose-headers"] = EXPOSED_HEADERS.encode()
        if self._scope["method"] == "OPTIONS" and b"access-control-request-method" in self._asked:
            headers[b"access-control-allow-methods"] = methods.encode()
            headers[b"access-control-allow-headers"] = ALLOWED_HEADERS.encode()
            headers[b"access-control-max-age"] = b"86400"
        return headers

    def _named(self) -> str | None:
        """The id that a proxy gave the request, if it is fit for a header and a log."""
        given = self._asked.get(b"x-request-id", b"")
        return given.decode("ascii") if _REQUEST_ID.fullmatch(given) else None

    def _count(self) -> None:
        route = self._scope.get("path_template", "(none)")
        seconds = time.perf_counter() - self._started_at
        self._face.meters.answered(route, self._scope["method"], self._status, seconds)


async def _say(problem: Problem, request_id: str, send: Send) -> None:
    body = render(problem, request_id)
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    await send({"type": "http.response.start", "status": problem.code.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _with_head(allow: bytes) -> bytes:
    methods = {method.strip() for method in allow.split(b",")}
    return b", ".join(sorted(methods | ({b"HEAD"} if b"GET" in methods else set())))
