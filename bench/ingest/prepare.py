"""The starting point: a shop that has been at it for a while, and the orders that are about to be sent to it.

`python -m bench.ingest.prepare URL FOLDER EVENTS SIZE ...` fills the database behind URL and writes the orders into FOLDER,
once for each SIZE of requests; and once, in requests of the first SIZE, the mix of an ordinary day (`bench.ingest.mix`).
"""

import pickle
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from bench.ingest.mix import APART, mixed_events
from bench.measure import ROOT

if TYPE_CHECKING:
    from regulars.kernel.facts import Fact, OrderCompleted
    from regulars.service.shop import Shop
    from regulars.wire.sorted_history import SortedHistory

PROGRAM: Final = ROOT / "bench/thirty-rules.yaml"
OPENED: Final = "2017-04-05T12:00:00-04:00"
"""What the shop's clock says when its server starts: a Wednesday at noon, after a quarter of the grocer's year."""

SECOND: Final = 1_000_000
ORDERS, MIXED = "orders", "mixed"

SENT_PROPERTIES: Final = {"product_id": "product_id", "name": "product_type", "category": "category", "brand": "brand"}
PORTION: Final = 500
MOST_UNDER_WAY: Final = 4


class Prepared(Struct, frozen=True):
    """`key` is secret. Bytes are those of one event in a request of many."""

    key: str
    customers: int
    events_before: int
    bytes_per_event: float
    lines_per_event: float
    mixed_bytes_per_event: float


def requests_file(folder: Path, size: int, what: str = ORDERS) -> Path:
    """Where the requests of so many events each are: a pickled list of the bytes that go over the connection."""
    return folder / f"requests-{what}-{size}.pickle"


def _take(url: str, folder: Path, events: int, sizes: Sequence[int]) -> Prepared:
    from regulars.boot import new_id
    from regulars.service.keys import create_key
    from regulars.service.programs import publish
    from regulars.service.shop import open_shop
    from regulars.service.waking import wake_some
    from regulars.wire.complete_journey import CompleteJourney

    opened = (datetime.fromisoformat(OPENED) - datetime(1970, 1, 1, tzinfo=UTC)) // datetime.resolution
    history = CompleteJourney().open(
        currency_exponent=2, currency="USD", properties=frozenset([*SENT_PROPERTIES.values(), "product", "store"])
    )
    shop = open_shop(url, new_id)
    publish(shop, PROGRAM.read_text(encoding="utf-8"), "bench", opened)
    key = create_key(shop.store, "secret", "bench", opened)
    customers, before, after = _bring_in(shop, history, opened)
    while wake_some(shop, opened):
        pass
    shop.close()

    written = [_written(order, opened + number * APART) for number, order in enumerate(after[:events])]
    assert len(written) == events, f"there are only {len(written)} orders after {OPENED}"
    for size in sizes:
        requests = [_request(key, written[start : start + size]) for start in range(0, events, size)]
        requests_file(folder, size).write_bytes(pickle.dumps(requests))
    lines = sum([len(order.lines) for order in after[:events]])
    mixed = list(mixed_events(written, sorted({order.customer for order in after}), opened, events))
    requests = [_request(key, mixed[start : start + sizes[0]]) for start in range(0, events, sizes[0])]
    requests_file(folder, sizes[0], MIXED).write_bytes(pickle.dumps(requests))
    return Prepared(
        key, customers, before, sum(map(len, written)) / events, lines / events, sum(map(len, mixed)) / events
    )


def _bring_in(shop: "Shop", history: "SortedHistory", opened: int) -> "tuple[int, int, list[OrderCompleted]]":
    """Stores what happened before `opened`; how many customers and facts that were, and what happens after, in time order."""
    from regulars.service.ingest import ingest_history

    under_way: deque[Future[Any]] = deque()
    customers = stored = 0
    after: list[Any] = []
    for portion in _portions(history):
        facts = [fact for one in portion for fact in one if fact.happened_at < opened]
        after += [fact for one in portion for fact in one if fact.happened_at >= opened]
        customers += len({fact.customer for fact in facts})
        stored += len(facts)
        if facts:
            under_way.append(ingest_history(shop, facts, opened))
        if len(under_way) > MOST_UNDER_WAY:
            under_way.popleft().result()
    for future in under_way:
        future.result()
    return customers, stored, sorted(after, key=lambda order: (order.happened_at, order.order_id))


def _portions(history: "SortedHistory") -> "Iterator[list[Sequence[Fact]]]":
    portion: list[Sequence[Fact]] = []
    for _, facts in history.customers():
        portion.append(facts)
        if sum(map(len, portion)) >= PORTION:
            yield portion
            portion = []
    yield portion


def _written(order: "OrderCompleted", happened_at: int) -> bytes:
    """The order as the shop's server would send it. It happens while it is measured: the data's own time only orders it."""
    products = [
        {
            **{name: line.properties[ours] for name, ours in SENT_PROPERTIES.items() if ours in line.properties},
            "price": round(line.amount_minor / line.quantity) / 100 if line.quantity else line.amount_minor / 100,
            "quantity": line.quantity or 1,
        }
        for line in order.lines
    ]
    return msgspec.json.encode(
        {
            "type": "track",
            "event": "Order Completed",
            "messageId": f"bench-{order.order_id}",
            "userId": order.customer,
            "timestamp": datetime.fromtimestamp(happened_at / SECOND, UTC),
            "context": {"library": {"name": "bench", "version": "1"}},
            "integrations": {},
            "properties": {
                "order_id": order.order_id,
                "affiliation": order.lines[0].properties["store"],
                "currency": "USD",
                "revenue": order.amount_minor / 100,
                "products": products,
            },
        }
    )


def _request(key: str, events: Sequence[bytes]) -> bytes:
    body = b'{"batch":[%b]}' % b",".join(events)
    head = (
        "POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    url, folder, events, *sizes = sys.argv[1:]
    prepared = _take(url, Path(folder), int(events), [int(size) for size in sizes])
    sys.stdout.buffer.write(msgspec.json.encode(prepared))
