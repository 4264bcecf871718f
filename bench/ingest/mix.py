"""The mix of an ordinary day: mostly people who look around without a name, some who are known, a few carts, now and then an order.

Of a hundred events 80 are page views of visitors without a name, 15 page views of customers who are signed in, 4 are carts and 1
is an order. A visitor looks at some ten pages; the client says where it was made as browsers do.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

import msgspec

SECOND: Final = 1_000_000
APART: Final = SECOND // 5_000
"""One event happens so long after another."""

PAGES_PER_VISITOR: Final = 10
PATHS: Final = ("/", "/tea", "/tea/assam", "/coffee", "/coffee/espresso", "/offers", "/about", "/cart")
AGENTS: Final = (
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
        "Mobile/15E148 Safari/604.1"
    ),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
)
REFERRERS: Final = ("", "https://www.google.com/", "https://l.instagram.com/", "https://example.org/blog")


def mixed_events(orders: Sequence[bytes], customers: Sequence[str], opened: int, number: int) -> Iterator[bytes]:
    """So many events as a client would send them, one after the other from `opened`; orders are taken as they are written."""
    dice, waiting = Random(2017), iter(orders)
    visitors = max(1, number * 84 // 100 // PAGES_PER_VISITOR)
    for place in range(number):
        share = dice.random()
        moment = opened + place * APART
        visitor = dice.randrange(visitors)
        if share >= 0.99:
            yield next(waiting)
        elif share >= 0.95:
            properties = {"product_id": str(dice.randrange(500)), "price": 4.5, "quantity": 1, "category": "tea"}
            yield _event(place, moment, visitor, {"type": "track", "event": "Product Added", "properties": properties})
        elif share >= 0.80:
            yield _event(place, moment, visitor, {"type": "page", "userId": dice.choice(customers)}, known=True)
        else:
            yield _event(place, moment, visitor, {"type": "page"})


def _event(place: int, moment: int, visitor: int, said: dict[str, Any], *, known: bool = False) -> bytes:
    path = PATHS[(place + visitor) % len(PATHS)]
    device = f"device-of-{said['userId']}" if known else f"device-{visitor}"
    context = {
        "library": {"name": "bench", "version": "1"},
        "locale": "en-US",
        "ip": f"198.51.100.{visitor % 250}",
        "userAgent": AGENTS[visitor % len(AGENTS)],
        "page": {
            "path": path,
            "url": f"https://shop.example{path}",
            "referrer": REFERRERS[visitor % len(REFERRERS)],
            "title": "A page of the shop",
        },
    }
    event = {
        **said,
        "messageId": f"mixed-{place}",
        "anonymousId": device,
        "timestamp": datetime.fromtimestamp(moment / SECOND, UTC),
        "context": context,
        "integrations": {},
    }
    return msgspec.json.encode(event)
