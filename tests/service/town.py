"""A running shop as its developer meets it: what is sent, what a customer then has, and why.

Times are read off the shop's wall; every sending moves the clock to its moment, unless told otherwise.
"""

import itertools
import json
from typing import Any

from regulars.boot import new_id
from regulars.kernel.calendar import HOUR
from regulars.kernel.facts import Instant
from regulars.service import customers, programs, timeline, waking
from regulars.service.customers import Customer
from regulars.service.group import Ingested
from regulars.service.ingest import ingest
from regulars.service.shop import open_shop
from regulars.service.timeline import Explained, LedgerEntry
from regulars.wire.events import Sender, understand
from regulars.wire.instants import rfc3339
from tests.shop import HEADER, at

RULES = """
points: {name: {one: star, other: stars}, worth: 0.01}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: review, on: Product Reviewed, points: 50}
"""


class Town:
    def __init__(self, url: str) -> None:
        self.shop = open_shop(url, new_id)
        self._numbers = itertools.count()

    def close(self) -> None:
        self.shop.close()

    def applies(self, rules: str = RULES, when: str = "2017-01-01 00:00") -> programs.Publication:
        return programs.publish(self.shop, HEADER.format(zone="America/New_York") + rules, "a test", at(when))

    def hears(self, *events: dict[str, Any], sender: Sender = Sender.SHOP, now: str = "2017-03-01 12:00") -> Ingested:
        """A batch, sent now; an event without `at` happened now."""
        rulebook = self.shop.rulebooks.in_force()
        assert rulebook is not None, "a town applies a program first"
        moment = at(now)
        batch = [self._event(dict(event)) for event in events]
        body = json.dumps({"batch": batch}).encode()
        currency = rulebook.program.currency
        understood = understand(body, None, sender, moment, currency, new_id, rulebook.program.kinds())
        return ingest(self.shop, understood, sender, moment, currency.code).result(timeout=30)

    def wakes(self, now: str) -> int:
        """How many customers were due."""
        woken = 0
        while due := waking.wake_some(self.shop, at(now)):
            woken += due
        return woken

    def adopts(self, now: str) -> None:
        waking.adopt_all(self.shop, at(now))

    def customer(self, value: str, now: str = "2017-03-01 12:00", kind: str = "user_id") -> Customer:
        id = customers.find(self.shop, kind, value)
        assert id is not None, f"nobody knows {kind} {value}"
        found = customers.customer(self.shop, id, at(now))
        assert found is not None
        return found

    def points(self, value: str, now: str = "2017-03-01 12:00") -> int:
        return self.customer(value, now).points.available

    def ledger(self, value: str) -> list[LedgerEntry]:
        """All entries, the oldest first, fetched two by two."""
        return list(
            reversed(_pages(lambda cursor: timeline.ledger(self.shop, self.customer(value).id, cursor, 2), "entries"))
        )

    def story(self, value: str, kind: str = "user_id") -> list[Explained]:
        """Everything that happened, the oldest first."""
        id = self.customer(value, kind=kind).id
        return list(reversed(_pages(lambda cursor: timeline.explain(self.shop, id, cursor, 2), "steps")))

    def _event(self, event: dict[str, Any]) -> dict[str, Any]:
        event.setdefault("type", "track")
        event.setdefault("messageId", f"message-{next(self._numbers)}")
        if "at" in event:
            event["timestamp"] = rfc3339(at(event.pop("at")))
        return event


def order(user: str, id: str, amount: float, **more: Any) -> dict[str, Any]:
    properties = {"order_id": id, "revenue": amount, "products": [{"product_id": "tea", "price": amount}]}
    return {"userId": user, "event": "Order Completed", "properties": properties, **more}


def did(name: str, **who: Any) -> dict[str, Any]:
    return {"event": name, "properties": {}, **who}


def wall(instant: Instant) -> str:
    """As `at` reads it; the town's zone is five hours behind, four in summer."""
    for hours in (4, 5):
        text = rfc3339(instant - hours * HOUR)[:16].replace("T", " ")
        if at(text) == instant - instant % 60_000_000:
            return text
    raise AssertionError(instant)


def _pages(fetch: Any, name: str) -> list[Any]:
    found, cursor = [], None
    while True:
        page = fetch(cursor)
        found += getattr(page, name)
        cursor = page.next
        if cursor is None:
            return found
