"""A crowd of clients: what they send, what was acknowledged, and how long they waited."""

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import httpx
from msgspec import Struct, field

from regulars.wire.instants import rfc3339
from tests.shop import at

BEGIN = at("2017-03-01 12:00")
PATIENCE_SECONDS = 60
"""How long a client keeps sending one request again before it complains."""

Event = dict[str, Any]


class Told(NamedTuple):
    """What the shop means by an event: whose it is, and what it is worth in whole dollars; 0 for what is no order."""

    customer: str
    message_id: str
    dollars: int


class Crowd(Struct):
    """Everything that happened to the requests of one storm."""

    told: dict[str, Told] = field(default_factory=dict)
    """Events that were acknowledged, by message id."""
    waits: list[float] = field(default_factory=list)
    """Seconds from sending to the answer, of requests that were answered with 200."""
    busy: int = 0
    """Answers of 503 with a Retry-After."""
    lost: int = 0
    """Requests without an answer: the server was gone."""
    wrong: list[str] = field(default_factory=list)
    """Any other answer, and every refusal."""

    def p99_milliseconds(self) -> float:
        waits = sorted(self.waits)
        return waits[len(waits) * 99 // 100] * 1_000

    def dollars(self) -> dict[str, int]:
        """What each customer has spent by what was acknowledged."""
        spent: dict[str, int] = {}
        for one in self.told.values():
            spent[one.customer] = spent.get(one.customer, 0) + one.dollars
        return spent


def make_events(draw: random.Random, name: str, size: int, shared: int) -> tuple[list[Event], list[Told]]:
    """A request's worth: most of them orders of customers whom all clients share, some of new ones, some that only link."""
    events, told = [], []
    for number in range(size):
        message_id = f"{name}-{number}"
        customer = f"shared-{draw.randrange(shared)}" if draw.random() < 0.8 else f"new-{message_id}"
        dollars = draw.randrange(1, 50) if draw.random() < 0.8 else 0
        event = _order(message_id, dollars) if dollars else {"type": "track", "event": "Product Viewed"}
        # Only links of one's own: of two that claim the same device the last one wins, and which that is nobody can foresee.
        device = {"anonymousId": f"device-of-{customer}"} if draw.random() < 0.2 else {}
        moment = {"timestamp": rfc3339(BEGIN + draw.randrange(10**9))}
        events.append(event | device | moment | {"userId": customer, "messageId": message_id})
        told.append(Told(customer, message_id, dollars))
    return events, told


async def send(crowd: Crowd, client: httpx.AsyncClient, url: str, key: str, events: Sequence[Event]) -> None:
    """Until it is acknowledged."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        began = time.monotonic()
        try:
            answer = await client.post(f"{url}/v1/batch", json={"batch": events}, auth=(key, ""))
        except httpx.TransportError:
            crowd.lost += 1
            await asyncio.sleep(0.2)
            continue
        if answer.status_code == 200:
            crowd.waits.append(time.monotonic() - began)
            if answer.json()["rejected"]:
                crowd.wrong.append(answer.text)
            return
        if answer.status_code != 503 or "Retry-After" not in answer.headers:
            crowd.wrong.append(f"{answer.status_code} {answer.text}")
            return
        crowd.busy += 1
        await asyncio.sleep(0.05)
    crowd.wrong.append("never acknowledged")


def _order(message_id: str, dollars: int) -> Event:
    properties = {"order_id": f"order-{message_id}", "revenue": dollars, "products": [{"price": dollars}]}
    return {"type": "track", "event": "Order Completed", "properties": properties}
