"""The server is killed twenty times under load: what was acknowledged is there, once, and it starts again by itself."""

import asyncio
import random
import time
from collections.abc import Callable

import httpx
import pytest

from regulars.wire.history import fact_id
from tests.live import Keys, Live, complaints_of_the_doctor, set_up
from tests.shop import HEADER
from tests.storms.crowd import Crowd, make_events, send
from tests.storms.recorded import recorded

pytestmark = pytest.mark.slow

PROGRAM = HEADER.format(zone="America/New_York") + (
    "points: {hold: 2 days, expire: {after: 1 month}}\n"
    "earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]\n"
)
CLOCK = "2017-03-20"
"""Points of early orders have become available, so that waking goes on while events come in."""
KILLS = 20
CLIENTS = 6
EVENTS = 10
SHARED = 25


def test_what_was_acknowledged_is_there_once(
    database: str, go_live: Callable[..., Live], record_property: Callable[[str, object], None]
) -> None:
    keys = set_up(database, PROGRAM)
    began = time.monotonic()
    server = go_live(database, keys, CLOCK)
    crowd = Crowd()
    asyncio.run(_storm(crowd, server, keys))
    assert crowd.wrong == []
    assert crowd.lost > 0, "the kills hit nobody"
    server.kill()
    found = recorded(database)
    assert sorted(found.fact_ids) == sorted([fact_id("shop", id) for id in crowd.told])
    assert found.counted == len(found.fact_ids)
    assert found.points == crowd.dollars()
    assert found.quarantined == 0
    assert complaints_of_the_doctor(database) == []
    told = f"{len(crowd.told):,} events acknowledged, {crowd.lost:,} requests cut off"
    record_property("twenty kills", f"{told}, {time.monotonic() - began:.0f} s")


async def _storm(crowd: Crowd, server: Live, keys: Keys) -> None:
    """Clients send until the last kill is over; each sends again what was not acknowledged."""
    ending = asyncio.Event()
    async with httpx.AsyncClient(timeout=60) as client:
        clients = [
            asyncio.create_task(_client(crowd, client, server.url, keys.secret, number, ending))
            for number in range(CLIENTS)
        ]
        draw = random.Random("kills")
        for _ in range(KILLS):
            await _acknowledged(crowd, len(crowd.waits) + draw.randrange(1, 60), clients)
            server.kill()
            await asyncio.to_thread(server.start)
        await _acknowledged(crowd, len(crowd.waits) + CLIENTS, clients)
        ending.set()
        await asyncio.gather(*clients)


async def _client(
    crowd: Crowd, client: httpx.AsyncClient, url: str, key: str, number: int, ending: asyncio.Event
) -> None:
    draw, request = random.Random(f"client-{number}"), 0
    while not ending.is_set():
        request += 1
        events, told = make_events(draw, f"{number}-{request}", EVENTS, SHARED)
        await send(crowd, client, url, key, events)
        crowd.told.update({one.message_id: one for one in told})


async def _acknowledged(crowd: Crowd, number: int, clients: "list[asyncio.Task[None]]") -> None:
    """Waits for so many answers; a client that failed is not waited for."""
    while len(crowd.waits) < number and not crowd.wrong:
        assert not any(one.done() for one in clients), "a client gave up"
        await asyncio.sleep(0.001)
