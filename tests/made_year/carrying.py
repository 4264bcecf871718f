"""Lines of a made year carried to a shop over HTTP, whose clock is that of their arrival; and what its record then says."""

import json
from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from litestar.testing import TestClient
from sqlalchemy import func, select

from regulars.boot import new_id
from regulars.service import programs
from regulars.service.keys import create_key
from regulars.service.shop import Shop, open_shop
from regulars.store.schema import identities, journal, merges, quarantine
from regulars.store.schema import metadata as tables
from regulars.web.app import create_app
from regulars.wire.sources import parse_instant

PROGRAM = """
program: made
currency: EUR
time_zone: Europe/Amsterdam
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
"""


def carry(database: str, lines: Iterable[bytes]) -> Shop:
    """A shop that was told all of it. The caller closes it."""
    shop = open_shop(database, new_id)
    programs.publish(shop, PROGRAM, "a test", 0)
    keys = {"server": create_key(shop.store, "secret", "t", 0), "browser": create_key(shop.store, "public", "t", 0)}
    now = 0
    with TestClient(create_app(shop, lambda: now, new_id)) as client:
        for (received_at, channel, _), group in groupby(map(json.loads, lines), key=_request):
            now = parse_instant(received_at, "UTC")
            body = json.dumps({"batch": [_sent(event) for event in group]})
            client.post("/v1/batch", content=body, auth=(keys[channel], "")).raise_for_status()
    return shop


def recorded(shop: Shop) -> dict[str, object]:
    """What the truths' counts say too, by the same names."""
    with shop.store.reading() as connection:

        def number(table, *conditions):
            return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()

        reasons = Counter(connection.execute(select(quarantine.c.reason)).scalars())
        impersonal = tables.tables["impersonal"].c.number
        return {
            "facts": number(journal, journal.c.fact_id.is_not(None)),
            "unstored": connection.execute(select(func.coalesce(func.sum(impersonal), 0))).scalar_one(),
            "refused": dict(sorted(reasons.items())),
            "merges": number(merges),
            "accounts": number(identities, identities.c.kind == "user_id"),
            "orders": number(journal, journal.c.amount_minor.is_not(None)),
        }


def happened(event) -> int:
    """As the receiver has it: what the sender's clock has against ours stands in both of its times."""
    said = event.get("originalTimestamp") or event["timestamp"]
    came, sent = parse_instant(event["receivedAt"], "UTC"), parse_instant(event["sentAt"], "UTC")
    return came - (sent - parse_instant(said, "UTC"))


def is_timed(event) -> bool:
    """Some broken ones are not."""
    return event.get("originalTimestamp", event.get("timestamp", ""))[:2] == "20"


def _request(event):
    return event["receivedAt"], event["context"]["channel"], event["request"]


def _sent(event):
    """What the shop is sent does not say when it arrives, nor in which request."""
    return {name: value for name, value in event.items() if name not in ("receivedAt", "request")}
