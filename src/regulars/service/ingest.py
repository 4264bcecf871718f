"""Ingest: hand in what arrived, get an answer when it is on the disk.

History comes in the same way as what happens now, a customer at a time, so that nothing wakes the customer between two facts
that came together: a historical import advances a customer only to its facts.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from hashlib import blake2b

from sqlalchemy import select

from regulars.kernel.facts import (
    BalanceBroughtOver,
    Behaved,
    Fact,
    Instant,
    LevelSet,
    MemberJoined,
    OrderCompleted,
    OrderReturned,
)
from regulars.service.group import Ingested, NoProgram
from regulars.service.known import Request
from regulars.service.orders import order_key
from regulars.service.shop import Shop
from regulars.store.schema import source_keys
from regulars.wire.events import Arrival, Deed, Did, Joined, Ordered, Sender, Understood, WentBack
from regulars.wire.records import encode_fact
from regulars.wire.webhooks import Page
from regulars.wire.webhooks import Told as ToldByPlatform

__all__ = ["Ingested", "NoProgram", "already_known", "ingest", "ingest_history", "ingest_told"]


def ingest(
    shop: Shop, understood: Understood, sender: Sender, now: Instant, currency: str | None = None
) -> "Future[Ingested]":
    """Stores what was understood of a request, in that currency, and sets aside what was refused.

    Raises Busy when there is no room for it; the answer may be Busy, or NoProgram, too: then nothing was stored.
    """
    request = Request(
        understood.arrivals,
        understood.refusals,
        sender.value,
        now,
        currency,
        understood.warnings,
        understood.impersonal,
    )
    return shop.writer.submit(request)


def ingest_told(
    shop: Shop, told: ToldByPlatform | Page, sender: Sender, now: Instant, currency: str
) -> "Future[Ingested]":
    """As `ingest`, for what a platform told. Of what was refused, only what somebody has to mend is set aside."""
    faults = [one for one in told.refusals if one.reason.is_fault]
    return shop.writer.submit(Request(told.arrivals, faults, sender.value, now, currency))


def ingest_history(shop: Shop, facts: Sequence[Fact], now: Instant) -> "Future[Ingested]":
    """Stores the facts of one customer or several, each customer's together and in their order. They keep their ids. Nobody is
    told of segments that somebody enters or leaves by them.
    """
    arrivals = [_arrival(place, fact) for place, fact in enumerate(facts)]
    return shop.writer.submit(Request(arrivals, (), facts[0].source if facts else "", now, is_history=True))


def _arrival(place: int, fact: Fact) -> Arrival:
    content = blake2b(f"{fact.customer}\0{fact.name}\0{fact.happened_at}\0".encode(), digest_size=16)
    content.update(encode_fact(fact) or b"")
    return Arrival(
        place,
        fact.id,
        fact.id,
        fact.source,
        content.digest(),
        fact.happened_at,
        fact.customer,
        None,
        None,
        (),
        _deed(fact),
    )


def _deed(fact: Fact) -> Deed:
    match fact:
        case OrderCompleted():
            return Ordered(fact.order_id, fact.lines, fact.amount_minor, fact.bill)
        case MemberJoined():
            return Joined()
        case Behaved():
            return Did(fact.name, fact.properties)
        case BalanceBroughtOver():
            raise AssertionError("balances come in by service.importing")
        case LevelSet():
            raise AssertionError("levels are set by service.levels")
        case OrderReturned():
            return WentBack(fact.name, fact.order_id, (), None if fact.is_whole else fact.told_minor)
        case _:
            raise AssertionError("what is done with points comes in by commands")


def already_known(shop: Shop, facts: Sequence[Fact]) -> int:
    """How many of these are on record, as messages or as orders."""
    order_keys = {one.id: order_key(one.order_id) for one in facts if isinstance(one, OrderCompleted)}
    asked = [*[one.id for one in facts], *order_keys.values()]
    with shop.store.reading() as connection:
        found = set(connection.execute(select(source_keys.c.key).where(source_keys.c.key.in_(asked))).scalars())
    return sum([one.id in found or order_keys.get(one.id) in found for one in facts])
