"""Every public route under nonsense, over sockets: it answers, it takes no more than it should, and it forgets what it refused.

Each family of routes is asked for REGULARS_FUZZ_SECONDS (20 unless said otherwise; `make fuzz` takes ten minutes in all), with
good requests spoilt at random. REGULARS_FUZZ_SEED draws others; what failed names the seed and the number of the request, and
is written to the test's folder.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import httpx
import pytest
from sqlalchemy import create_engine, func, select

from regulars.boot import new_id
from regulars.service.connections import Kind, connect
from regulars.service.shop import open_shop
from regulars.store.schema import segment_audits
from regulars.web.problems import Code
from tests.live import set_up
from tests.storms.fuzz.believed import complaints, facts
from tests.storms.fuzz.corpus import EVENTS, MORE, PROGRAM, SECRET, Doors, families
from tests.storms.fuzz.mutating import Spoilt, plain, spoilt
from tests.storms.fuzz.sending import HUNG_UP, Answer, NoAnswer, Wire
from tests.storms.fuzz.watched import Watched

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc"),
]

SECONDS = float(os.environ.get("REGULARS_FUZZ_SECONDS", "20"))
SEED = os.environ.get("REGULARS_FUZZ_SEED", "1")
FAMILIES = ("tracking", "batch", "settings", "webhooks", "preferences", "customers", "segments", "people", "rest")
WARM_UP = 0.4
"""The part of the time after which memory is read for the first time: until then caches fill."""
TIMES = 3
"""What is loaded or kept once grows once: a leak grows every time."""
MOST_GROWTH_MB = 16
MOST_GROWTH_BLOCKS = 10_000
"""However many requests there are: what they leave behind is a block for each small object, and most families send more."""
LEFT_UNREAD = 8_192
"""Bytes of a request. Where nobody asks for the body, the answer to a longer one may be lost as the connection is closed."""
MINUTE = 60_000_000
AUDIT_SECONDS = 30


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Watched, str, Doors]]:
    """A shop with a connection of each kind, two customers and two devices."""
    folder = tmp_path_factory.mktemp("fuzz")
    database = f"sqlite:///{folder / 'regulars.db'}"
    now = time.time_ns() // 1000
    keys = set_up(database, PROGRAM, now)
    shop = open_shop(database, new_id)
    try:
        for name, kind in (("main", Kind.SHOPIFY), ("wc", Kind.WOOCOMMERCE), ("support", Kind.WEBHOOK)):
            connect(shop.store, name, kind, SECRET, now)
    finally:
        shop.close()
    with Watched(database, folder) as server:
        doors = _doors(server, keys.secret, keys.public)
        _audited(database, time.monotonic() + AUDIT_SECONDS)
        yield server, database, doors


def _audited(database: str, deadline: float) -> None:
    """The first audit is behind it, and so is all that is loaded once for what works at night: no request is to blame for that.
    (In the first hours of a night none is due; then it may come in the middle.)
    """
    with create_engine(database).connect() as connection:
        while connection.execute(select(func.count()).select_from(segment_audits)).scalar() == 0:
            if time.monotonic() > deadline:
                return
            connection.rollback()
            time.sleep(0.1)


def _doors(server: Watched, secret: str, public: str) -> Doors:
    as_bearer = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=server.url, headers=as_bearer, timeout=60) as client:
        client.post("/v1/batch", json={"batch": [*EVENTS.values(), *MORE]}).raise_for_status()
        ids = [client.get(f"/v1/customers/{name}").raise_for_status().json()["id"] for name in ("ada", "grace")]
        ada = {"kind": "user_id", "value": "ada"}
        asked = (
            ("customers/preferences-link", ada),
            ("consents/confirmation-link", {"customer": ada, "purpose": "email"}),
        )
        links = [client.post(f"/v1/{path}", json=body).raise_for_status().json()["url"] for path, body in asked]
    return Doors(secret, public, tuple([link.rpartition("/")[2] for link in links]), tuple(ids))


@pytest.mark.parametrize("family", FAMILIES)
def test_no_request_does_harm(
    family: str, there: tuple[Watched, str, Doors], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    server, database, doors = there
    draw = Random(f"{family} {SEED}")
    corpus = families(doors)[family]
    told: Counter[int] = Counter()

    def asks(wire: Wire, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            one = spoilt(draw.choice(corpus), draw)
            told[_told(server, wire, one, tmp_path, f"seed {SEED}, request {told.total()} of {family}")] += 1

    with Wire(server.url) as wire:
        asks(wire, SECONDS * WARM_UP)
        grown: list[str] = []
        while len(grown) < TIMES:
            warm, until_warm = server.held(), told.total()
            asks(wire, SECONDS * (1 - WARM_UP))
            held, since = server.held(), told.total() - until_warm
            blocks, megabytes = held.blocks - warm.blocks, held.megabytes - warm.megabytes
            grown.append(f"of {since:,} requests by {blocks:,} blocks and {megabytes:.1f} MB to {held.megabytes:.0f}")
            if megabytes < MOST_GROWTH_MB and blocks < MOST_GROWTH_BLOCKS:
                break
        else:
            raise AssertionError(f"it grew every time: {grown}")
    record_property(family, f"{told.total():,} requests: {dict(sorted(told.items()))}; it grew {grown[-1]}")

    assert any(status < 400 for status in told if status), "nothing was let through: the corpus is no good"
    assert server.is_running()
    assert "Traceback" not in server.told()
    assert complaints(database, time.time_ns() // 1000 + MINUTE) == []
    _answers_as_ever(server, database, doors)


def _told(server: Watched, wire: Wire, one: Spoilt, folder: Path, where: str) -> int:
    try:
        answer = wire.sends(one)
        problem = _wrong(one, answer)
    except (NoAnswer, ConnectionError) as error:
        answer, problem = HUNG_UP, f"{type(error).__name__}: {error}"
    if problem:
        (folder / "request.bin").write_bytes(one.sent)
        said = "\n".join(server.told().splitlines()[-30:])
        raise AssertionError(f"{where} ({folder / 'request.bin'}): {problem}\n{answer.body[:500]!r}\n{said}")
    return answer.status


def _wrong(one: Spoilt, answer: Answer) -> str:
    """Why this is no answer that we give; empty where it is one."""
    if answer is HUNG_UP:
        return "the server hung up" if one.is_whole and len(one.sent) < LEFT_UNREAD else ""
    if answer.status == 503 and "retry-after" in answer.headers:
        return ""
    if answer.status >= 500:
        return f"it was answered with {answer.status}"
    if b"Traceback" in answer.body or b"sqlalchemy" in answer.body.lower():
        return "the answer tells how the program is built"
    if answer.headers.get("content-type", "").startswith("application/problem+json") and answer.body:
        return _wrong_problem(answer)
    return ""


def _wrong_problem(answer: Answer) -> str:
    said = json.loads(answer.body)
    known = any(code == said.get("code") and code.status == said["status"] == answer.status for code in Code)
    return "" if known else "the problem is none of the table's"


def _answers_as_ever(server: Watched, database: str, doors: Doors) -> None:
    before = facts(database)
    event = {"type": "track", "event": "Product Reviewed", "userId": "linus", "messageId": new_id(), "properties": {}}
    answer = httpx.post(f"{server.url}/v1/batch", json={"batch": [event]}, auth=(doors.secret, ""), timeout=60)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "accepted": 1, "rejected": []})
    assert facts(database) == before + 1
    assert httpx.get(f"{server.url}/readyz", timeout=60).status_code == 200


def test_what_is_not_spoilt_is_served(there: tuple[Watched, str, Doors]) -> None:
    """Else the fuzzing would knock at walls."""
    server, _, doors = there
    with Wire(server.url) as wire:
        for family, corpus in families(doors).items():
            for good in corpus:
                if family in ("tracking", "batch", "webhooks", "customers", "segments"):
                    assert wire.sends(plain(good)).status in (200, 404), (family, good.method, good.path)
