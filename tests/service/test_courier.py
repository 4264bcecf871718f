"""The courier, and somebody to whom messages are carried: what is answered, and where it does not go."""

import asyncio
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from regulars.kernel.calendar import MINUTE, SECOND
from regulars.service.courier import Courier, retry_after
from regulars.service.networks import Networks, networks_of
from regulars.service.outbox import Outcome, Sending
from regulars.wire.standard_webhooks import body_of, secret_of
from tests.fakes.receiver import Receiver, receiving, verified

NOW = time.time_ns() // 1_000
HERE = networks_of("127.0.0.0/8, ::1")
SECRET = secret_of(b"x" * 32)
BODY = body_of("segment.entered", NOW, {"customer": "ada"})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def carry(url: str, networks: Networks = HERE, seconds: float = 10, tls: ssl.SSLContext | None = None) -> Outcome:
    async def carried() -> Outcome:
        async with Courier(networks, lambda: time.time_ns() // 1_000, seconds, tls) as courier:
            return await courier.carry(Sending("msg_1", "crm", url, BODY, 1, (SECRET,)))

    return asyncio.run(carried())


def test_it_is_delivered_with_a_signature_that_verifies(receiver: Receiver) -> None:
    outcome = carry(f"{receiver.url}/hooks?shop=1")
    assert outcome.is_delivered
    [came] = receiver.came
    assert (came.path, came.body, came.id) == ("/hooks?shop=1", BODY, "msg_1")
    assert came.headers["content-type"] == "application/json"
    assert verified(came, SECRET)["data"] == {"customer": "ada"}


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_is_one(receiver: Receiver, status: int) -> None:
    receiver.answers = [status]
    assert carry(receiver.url).is_delivered


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_anything_else_is_none(receiver: Receiver, status: int) -> None:
    receiver.answers = [status]
    outcome = carry(receiver.url)
    assert (outcome.is_delivered, outcome.status) == (False, status)
    assert str(status) in outcome.trouble


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answers = [(302, {"location": "/elsewhere"})]
    outcome = carry(receiver.url)
    assert outcome.status == 302
    assert "give the address that it really has" in outcome.trouble
    assert len(receiver.came) == 1


def test_how_long_to_wait_is_heard(receiver: Receiver) -> None:
    receiver.answers = [(429, {"retry-after": "120"})]
    assert carry(receiver.url).retry_after == 2 * MINUTE


def test_how_long_to_wait_is_seconds_or_a_date() -> None:
    moment = 1_488_369_600 * SECOND  # 2017-03-01 12:00:00 UTC
    assert retry_after(b"5", moment) == 5 * SECOND
    assert retry_after(b"Wed, 01 Mar 2017 12:01:00 GMT", moment) == MINUTE
    assert retry_after(b"Wed, 01 Mar 2017 11:00:00 GMT", moment) is None
    assert [retry_after(one, moment) for one in (b"", b"0", b"-5", b"soon", b"1e9", b"\xff")] == [None] * 6


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("networks", ["", "10.0.0.0/8"])
def test_a_local_address_is_not_connected_to_unless_it_is_allowed(receiver: Receiver, networks: str) -> None:
    outcome = carry(receiver.url, networks_of(networks))
    assert outcome.status is None
    assert "private or local" in outcome.trouble
    assert receiver.came == []


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1"])
def test_nor_under_another_name(receiver: Receiver, host: str) -> None:
    port = receiver.url.rpartition(":")[2]
    assert "private or local" in carry(f"http://{host}:{port}/", Networks()).trouble
    assert receiver.came == []


def test_a_name_is_looked_up_once_and_connected_to_where_it_was_checked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to a public address when it is looked at, and home when it is connected to, leads nobody home."""
    port, asked = receiver.url.rpartition(":")[2], []
    real = socket.getaddrinfo

    def turning(host: Any, *more: Any, **options: Any) -> Any:
        if host != "crm.example.com":
            return real(host, *more, **options)
        asked.append(host)
        return real("192.0.2.1" if len(asked) == 1 else "127.0.0.1", *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", turning)
    assert "private or local" in carry(f"http://crm.example.com:{port}/").trouble
    assert len(asked) == 1
    assert receiver.came == []
    assert carry(f"http://crm.example.com:{port}/").is_delivered
    assert len(asked) == 2


def test_of_several_addresses_only_those_that_may_be_are_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(receiver.url.rpartition(":")[2])
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("10.0.0.1", "127.0.0.1")]
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *more, **how: both if host == "crm.example.com" else real(host, *more, **how),
    )
    assert carry(f"http://crm.example.com:{port}/").is_delivered


def test_without_tls_only_an_allowed_network_is_spoken_to(monkeypatch: pytest.MonkeyPatch) -> None:
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: public)
    assert "private or local" in carry("http://crm.example.com/").trouble


def test_whoever_does_not_answer_is_not_waited_for(receiver: Receiver) -> None:
    ended = Event()
    receiver.before = lambda _: ended.wait(20)
    began = time.monotonic()
    assert carry(receiver.url, seconds=0.2).trouble == "It did not answer within 0.2 seconds."
    assert time.monotonic() - began < 5
    ended.set()


def test_nor_whoever_drips() -> None:
    def dripping(peer: socket.socket) -> None:
        for letter in b"HTTP/1.1 200 OK" * 20:
            peer.sendall(bytes([letter]))
            time.sleep(0.05)

    with speaking(dripping) as url:
        began = time.monotonic()
        assert "within 0.3 seconds" in carry(url, seconds=0.3).trouble
        assert time.monotonic() - began < 5


def test_a_long_answer_is_not_read_to_its_end(receiver: Receiver) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    def endless(peer: socket.socket) -> None:
        peer.sendall(head)
        while True:
            peer.sendall(b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n")

    with speaking(endless) as url:
        assert carry(url).is_delivered


def test_what_is_not_http_is_said_so() -> None:
    with speaking(lambda peer: peer.sendall(b"220 smtp ready\r\n\r\n")) as url:
        assert carry(url).trouble == "What it answered is not HTTP, or breaks off."


def test_nobody_there_is_said_so() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        assert carry(f"http://127.0.0.1:{probe.getsockname()[1]}/").trouble == "It cannot be reached (ConnectError)."


def test_a_certificate_that_nobody_knows_is_not_believed(tmp_path: Path) -> None:
    with over_tls(tmp_path) as (url, trusting):
        assert "Its certificate is not believed" in carry(url).trouble
        assert carry(url, tls=trusting).is_delivered
        assert "Its certificate is not believed" in carry(url.replace("localhost", "127.0.0.1"), tls=trusting).trouble


# --- others who stand there ------------------------------------------------------------------------------------------


class speaking:
    """Somebody on 127.0.0.1 who reads a request and then speaks in words of their own."""

    def __init__(self, speak: Callable[[socket.socket], Any]) -> None:
        self._speak = speak
        self._door = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> str:
        Thread(target=self._stand, daemon=True).start()
        return f"http://127.0.0.1:{self._door.getsockname()[1]}/"

    def __exit__(self, *_: object) -> None:
        self._door.close()

    def _stand(self) -> None:
        try:
            peer, _ = self._door.accept()
            with peer:
                peer.recv(65_536)
                self._speak(peer)
        except OSError:
            pass  # whoever asked has had enough


@contextmanager
def over_tls(folder: Path) -> Iterator[tuple[str, ssl.SSLContext]]:
    """A receiver at `localhost` with a certificate of its own making, and what it takes to trust that."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not here")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([program, *made, *names], check=True, capture_output=True)
    offering = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offering.load_cert_chain(certificate, key)
    with receiving(offering) as receiver:
        port = receiver.url.rpartition(":")[2]
        yield f"https://localhost:{port}/", ssl.create_default_context(cafile=str(certificate))
