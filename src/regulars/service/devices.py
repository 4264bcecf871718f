"""Devices of a person: from when to when what was done on each of them without a name was this person's doing."""

from sqlalchemy import Connection, select

from regulars.kernel.calendar import DAY
from regulars.kernel.facts import DAWN, FOREVER, Instant
from regulars.kernel.program import DeviceLimit
from regulars.service.people import ANONYMOUS_ID, BACKFILL_DAYS, claims_of, is_shared, own_of
from regulars.service.records import links_among
from regulars.store.schema import identities
from regulars.store.transaction import Linked


def device_times(connection: Connection, customer: str, limit: DeviceLimit) -> list[tuple[str, Instant, Instant]]:
    """(the device's record, from, to), half-open, of each stretch in which a device was this customer's; of no shared one."""
    named = select(identities.c.value).where(identities.c.customer == customer, identities.c.kind == ANONYMOUS_ID)
    keys = [(ANONYMOUS_ID, value) for value in connection.execute(named.distinct()).scalars()]
    times = []
    for links in links_among(connection, keys).values():
        own = own_of(ANONYMOUS_ID, links)
        if own is not None and own.record != customer and not is_shared(links, limit):
            times += [(own.record, start, end) for start, end in _stretches(links, customer)]
    return times


def _stretches(links: tuple[Linked, ...], customer: str) -> list[tuple[Instant, Instant]]:
    claims = claims_of(links)
    starts = [claim.first_at for claim in claims]
    if starts:
        starts[0] = max(starts[0] - BACKFILL_DAYS * DAY, DAWN)
    return [
        (start, end)
        for claim, start, end in zip(claims, starts, [*starts[1:], FOREVER], strict=True)
        if claim.customer == customer and start < end
    ]
