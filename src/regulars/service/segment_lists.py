"""Segments as they stand on record: how many are in each, who, since when, and who entered and left and why. Nothing is changed.

The rows are those that are written as it happens (`service.memberships`); whoever falls due is woken within seconds. What a size
was on an earlier day is reckoned back from the rows of today, so that it always adds up to them.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, case, func, select

from regulars.kernel.calendar import MINUTE, Calendar, Day
from regulars.kernel.facts import Instant
from regulars.service.people import ANONYMOUS_ID, USER_ID
from regulars.service.shop import Shop
from regulars.service.timeline import BadCursor
from regulars.store.schema import identities, memberships, segment_moves

QUARTER: Final = 15 * MINUTE
"""Midnights are at quarters of an hour, whatever the zone."""
ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
AT_ONCE: Final = 1_000


class Standing(Struct, frozen=True):
    """`entered` and `left` are those of whom other systems were told or would have been: not what a back-fill brought."""

    members: int = 0
    entered: int = 0
    left: int = 0


class Member(Struct, frozen=True):
    """`name` is the shop's own id, else the first of what they are known by, else our id."""

    id: str
    name: str
    since: Instant


class Members(Struct, frozen=True):
    """By our ids. `next` is the cursor of the page after this one, None on the last."""

    members: tuple[Member, ...]
    next: str | None


class MoveSeen(Struct, frozen=True):
    """Somebody entered or left; `is_quiet` where nobody was told, as when a new program brought it about."""

    id: int
    segment: str
    customer: str
    name: str
    at: Instant
    entered: bool
    why: str
    is_quiet: bool


class Moves(Struct, frozen=True):
    """Newest first."""

    moves: tuple[MoveSeen, ...]
    next: str | None


class DaySize(Struct, frozen=True):
    """How many were in it at the end of a day on the shop's wall, or now."""

    day: Day
    members: int


def standings(shop: Shop, segments: Collection[str], since: Instant) -> Mapping[str, Standing]:
    """Of each of these segments: how many are in it, and how many entered and left since then."""
    columns = segment_moves.c
    entered = func.sum(case((columns.entered, 1), else_=0))
    moved = select(columns.segment, entered, func.count()).where(
        columns.segment.in_(sorted(segments)), columns.recorded_at >= since, columns.quiet.is_(False)
    )
    with shop.store.one_moment(), shop.store.reading() as connection:
        counts = _counts(connection, segments)
        moves = {id: (int(came), all) for id, came, all in connection.execute(moved.group_by(columns.segment))}
    return {
        id: Standing(counts.get(id, 0), moves.get(id, (0, 0))[0], moves.get(id, (0, 0))[1] - moves.get(id, (0, 0))[0])
        for id in segments
    }


def standing(shop: Shop, segment: str, since: Instant) -> Standing:
    return standings(shop, [segment], since)[segment]


def _counts(connection: Connection, segments: Collection[str]) -> dict[str, int]:
    columns = memberships.c
    asked = select(columns.segment, func.count()).where(columns.segment.in_(sorted(segments))).group_by(columns.segment)
    return {row[0]: row[1] for row in connection.execute(asked)}


def sizes_by_day(
    shop: Shop, segments: Collection[str], calendar: Calendar, days: int, now: Instant
) -> dict[str, tuple[DaySize, ...]]:
    """Of each segment for so many days, the oldest first, today the last: that is the number of rows."""
    today = calendar.day_of(now)
    shown = range(today - days + 1, today + 1)
    start = calendar.start_of_day(shown[0])
    columns = segment_moves.c
    quarter = columns.at // QUARTER
    change = func.sum(case((columns.entered, 1), else_=-1))
    asked = select(columns.segment, quarter, change).where(
        columns.segment.in_(sorted(segments)), columns.recorded_at >= start
    )
    with shop.store.one_moment(), shop.store.reading() as connection:
        counts = _counts(connection, segments)
        changes: dict[tuple[str, Day], int] = {}
        for id, at, number in connection.execute(asked.group_by(columns.segment, quarter)):
            day = min(max(calendar.day_of(int(at) * QUARTER), shown[0]), today)
            changes[id, day] = changes.get((id, day), 0) + int(number)
    found = {}
    for id in segments:
        size, sizes = counts.get(id, 0), []
        for day in reversed(shown):
            sizes.append(DaySize(day, size))
            size -= changes.get((id, day), 0)
        found[id] = tuple(reversed(sizes))
    return found


def members(shop: Shop, segment: str, after: str | None, limit: int) -> Members:
    """BadCursor for a cursor that we did not give."""
    columns = memberships.c
    asked = select(columns.customer, columns.since).where(columns.segment == segment)
    if after is not None:
        if not ID.fullmatch(after):
            raise BadCursor(after)
        asked = asked.where(columns.customer > after)
    with shop.store.one_moment(), shop.store.reading() as connection:
        rows = connection.execute(asked.order_by(columns.customer).limit(limit + 1)).all()
        names = names_of(connection, [row.customer for row in rows[:limit]])
    found = tuple([Member(row.customer, names.get(row.customer, row.customer), row.since) for row in rows[:limit]])
    return Members(found, found[-1].id if len(rows) > limit else None)


def moves(
    shop: Shop, before: str | None, limit: int, *, segment: str | None = None, customer: str | None = None
) -> Moves:
    """Of one segment or of one customer. BadCursor."""
    columns = segment_moves.c
    asked = select(segment_moves).order_by(columns.recorded_at.desc(), columns.id.desc()).limit(limit + 1)
    if segment is not None:
        asked = asked.where(columns.segment == segment)
    if customer is not None:
        asked = asked.where(columns.customer == customer)
    if before is not None:
        recorded_at, id = _place_of(before)
        earlier = (columns.recorded_at < recorded_at) | ((columns.recorded_at == recorded_at) & (columns.id < id))
        asked = asked.where(earlier)
    with shop.store.one_moment(), shop.store.reading() as connection:
        rows = connection.execute(asked).all()
        names = names_of(connection, [row.customer for row in rows[:limit]])
    found = tuple([_seen(row, names) for row in rows[:limit]])
    last = rows[limit - 1] if len(rows) > limit else None
    return Moves(found, f"{last.recorded_at}.{last.id}" if last else None)


def _place_of(cursor: str) -> tuple[int, int]:
    parts = cursor.split(".")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
        raise BadCursor(cursor)
    return int(parts[0]), int(parts[1])


def _seen(row: Any, names: Mapping[str, str]) -> MoveSeen:
    name = names.get(row.customer, row.customer)
    return MoveSeen(row.id, row.segment, row.customer, name, row.at, row.entered, row.why, row.quiet)


def names_of(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """By what the shop knows them best; devices are no names."""
    columns = identities.c
    found: dict[str, tuple[bool, str, str]] = {}
    wanted = sorted(set(ids))
    for first in range(0, len(wanted), AT_ONCE):
        asked = select(columns.customer, columns.kind, columns.value).where(
            columns.customer.in_(wanted[first : first + AT_ONCE]), columns.kind != ANONYMOUS_ID
        )
        for id, kind, value in connection.execute(asked):
            name = (kind != USER_ID, kind, value)
            found[id] = min(found.get(id, name), name)
    return {id: value for id, (_, _, value) in found.items()}
