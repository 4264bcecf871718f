"""A relay between a client and the shop: it remembers what passed, says it again, and can lose an answer on its way back.

What it loses has been stored: the client knows nothing of it, and must tell it again.
"""

import gzip
import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

LONGEST_SECONDS: Final = 30
KEPT_BACK: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


class Passed(NamedTuple):
    """One request, with the names of its headers in small letters, and how it was answered."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer: bytes

    def said(self) -> Any:
        packed = self.headers.get("content-encoding") == "gzip"
        return json.loads(gzip.decompress(self.body) if packed else self.body)


class Relay:
    """Listens at `address` as long as it stands."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)
        self.passed: list[Passed] = []
        self.answers_to_lose = 0
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def told(self) -> list[Passed]:
        """What passed to the tracking routes."""
        return [one for one in self.passed if one.method == "POST"]

    def says_again(self, passed: Passed, body: Any, **headers: str) -> dict[str, Any]:
        """Sends it once more, with another body, plain; the headers given replace those that there were."""
        kept = {name: value for name, value in passed.headers.items() if name not in ("content-encoding", "host")}
        again = self.forward("POST", passed.path, {**kept, **headers}, json.dumps(body).encode())
        assert again.status == 200, again.answer
        return dict(json.loads(again.answer))

    def forward(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Passed:
        return self._forward(method, path, headers, body)[0]

    def takes(self, request: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.rfile.read(int(headers.get("content-length", 0)))
        passed, answered = self._forward(request.command, request.path, headers, body)
        with self._lock:
            self.passed.append(passed)
            lost = self.answers_to_lose > 0 and passed.method == "POST"
            self.answers_to_lose -= lost
        if lost:
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
        else:
            _answer(request, passed, answered)

    def _forward(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[Passed, list[tuple[str, str]]]:
        connection = http.client.HTTPConnection(self.upstream.netloc, timeout=LONGEST_SECONDS)
        sent = {name: value for name, value in headers.items() if name not in KEPT_BACK}
        try:
            connection.request(method, path, body or None, sent)
            with connection.getresponse() as answer:
                said = answer.read()
                answered = [(name, value) for name, value in answer.getheaders() if name.lower() not in KEPT_BACK]
                return Passed(method, path, dict(headers), body, answer.status, said), answered
        finally:
            connection.close()

    @contextmanager
    def standing(self) -> Iterator["Relay"]:
        thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def _handler(relay: Relay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = LONGEST_SECONDS

        def do_POST(self) -> None:
            relay.takes(self)

        do_GET = do_OPTIONS = do_POST

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _answer(request: BaseHTTPRequestHandler, passed: Passed, headers: list[tuple[str, str]]) -> None:
    request.send_response_only(passed.status)
    for name, value in headers:
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(passed.answer)))
    # Over a connection that was used before a browser asks again by itself, and its page never learns of it.
    request.send_header("Connection", "close")
    request.end_headers()
    request.wfile.write(passed.answer)
