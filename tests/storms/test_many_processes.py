"""Four processes on one PostgreSQL database, and a crowd that sends to all of them, much of it to two at once."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from regulars.boot import new_id
from regulars.service import programs
from regulars.service.shop import open_shop
from regulars.service.waking import adopt_all
from regulars.wire.history import fact_id
from tests.live import Keys, Live, complaints_of_the_doctor, set_up
from tests.shop import HEADER
from tests.storms.crowd import BEGIN, Crowd, make_events, send
from tests.storms.recorded import recorded

pytestmark = pytest.mark.slow

PROGRAM = HEADER.format(zone="America/New_York") + (
    "earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]\n"
    "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 100}, {id: gold, at: 1000}]}\n"
)
SERVERS = 4
CLIENTS = 12
REQUESTS = 60
"""By each client."""
EVENTS = 10
SHARED = 40


@pytest.mark.parametrize(("seed", "publications"), [(1, 0), (2, 8)], ids=["calm", "while programs change"])
def test_nothing_is_lost_doubled_or_stuck(
    postgresql: str,
    go_live: Callable[[str, Keys], Live],
    record_property: Callable[[str, object], None],
    seed: int,
    publications: int,
) -> None:
    """The programs differ in their levels alone, so that it does not matter by which of them an order was judged."""
    keys = set_up(postgresql, PROGRAM)
    servers = [go_live(postgresql, keys) for _ in range(SERVERS)]
    crowd = Crowd()
    began = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(_publish, postgresql, publications)
        asyncio.run(_storm(crowd, [one.url for one in servers], keys.secret, seed))
        publishing.result()
    seconds = time.monotonic() - began
    assert crowd.wrong == []
    assert [server.kill().told().count("failed") for server in servers] == [0] * SERVERS
    found = recorded(postgresql)
    assert sorted(found.fact_ids) == sorted([fact_id("shop", id) for id in crowd.told])
    assert found.counted == len(found.fact_ids)
    assert found.points == crowd.dollars()
    assert found.devices == {device: device.removeprefix("device-of-") for device in found.devices}
    assert found.quarantined == 0
    assert complaints_of_the_doctor(postgresql) == []
    rate = f"{len(crowd.waits) / seconds:,.0f} requests and {len(crowd.told) / seconds:,.0f} new events a second"
    record_property(
        "four processes", f"p99 {crowd.p99_milliseconds():,.0f} ms, {rate}, {crowd.busy} told to come again"
    )


def _publish(database: str, times: int) -> None:
    """One program after the other; each is adopted by everybody."""
    shop = open_shop(database, new_id)
    try:
        for number in range(times):
            program = PROGRAM if number % 2 else PROGRAM.replace("at: 1000", "at: 500")
            programs.publish(shop, program, "a test", number)
            adopt_all(shop, BEGIN)
    finally:
        shop.close()


async def _storm(crowd: Crowd, urls: Sequence[str], key: str, seed: int) -> None:
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=CLIENTS * 2)) as client:
        await asyncio.gather(*[_client(crowd, client, urls, key, seed, number) for number in range(CLIENTS)])


async def _client(
    crowd: Crowd, client: httpx.AsyncClient, urls: Sequence[str], key: str, seed: int, number: int
) -> None:
    """Every third request goes to two processes at once, with the same message ids."""
    draw = random.Random(f"{seed}-{number}")
    for request in range(REQUESTS):
        events, told = make_events(draw, f"{number}-{request}", EVENTS, SHARED)
        chosen = draw.sample(list(urls), 2 if request % 3 == 0 else 1)
        await asyncio.gather(*[send(crowd, client, url, key, _shuffled(draw, events)) for url in chosen])
        crowd.told.update({one.message_id: one for one in told})


def _shuffled(draw: random.Random, events: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    return draw.sample(list(events), len(events))
