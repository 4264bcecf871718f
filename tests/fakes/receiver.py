"""Somebody whom a shop tells what happens: an HTTP server on 127.0.0.1 that answers as it is told to and remembers what came."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any, NamedTuple

from standardwebhooks import Webhook

SECONDS = 20


class Came(NamedTuple):
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """`answers` are given in turn, the last one for ever: a status, or one with headers. `before` is called before each answer."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.came: list[Came] = []
        self.answers: list[int | tuple[int, dict[str, str]]] = [204]
        self.before: Callable[[Came], object] = lambda _: None
        self._changed = Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def ids(self) -> list[str]:
        return [one.id for one in self.came]

    def waits_for(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.came) >= number, SECONDS), f"only {len(self.came)} came"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(SECONDS)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver._take(self, Came(self.path, {k.lower(): v for k, v in self.headers.items()}, body))

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def _take(self, handler: BaseHTTPRequestHandler, came: Came) -> None:
        with self._changed:
            self.came.append(came)
            answer = self.answers[min(len(self.came), len(self.answers)) - 1]
            self._changed.notify_all()
        self.before(came)
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        handler.send_response(status)
        for name, value in {"content-length": "0", **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver(tls)
    try:
        yield receiver
    finally:
        receiver.close()


def verified(came: Came, secret: str) -> Any:
    """What a receiver that follows the specification reads; it raises where the signature is not the secret's."""
    return Webhook(secret).verify(came.body, dict(came.headers))
