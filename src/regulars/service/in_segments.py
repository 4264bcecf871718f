"""In which segments somebody is, as of a moment: what falls due until then has happened in the answer, whether they have been
woken for it or not. Visitors without a name are in none.
"""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, select

from regulars.kernel.effects import SegmentEntered
from regulars.kernel.facts import Fact, Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.scores.meaning import Explained, explained
from regulars.kernel.step import advance
from regulars.service.histories import About
from regulars.service.shop import Shop
from regulars.store.schema import IS_LISTED, customers, memberships, segment_moves
from regulars.wire.records import decode_state

AT_ONCE: Final = 500


class In(Struct, frozen=True):
    """`why` is the condition that brought it about, "" where only a new program did."""

    segment: str
    since: Instant
    why: str


class ScoreSeen(Struct, frozen=True):
    id: str
    explained: Explained


def segments_of(shop: Shop, ids: Sequence[str], now: Instant) -> dict[str, tuple[In, ...]]:
    """Of customers by our ids, in the order of segments' ids; of whom is not listed nothing."""
    columns = customers.c
    found: dict[str, tuple[In, ...]] = {}
    wanted = sorted(set(ids))
    with shop.store.one_moment(), shop.store.reading() as connection:
        for first in range(0, len(wanted), AT_ONCE):
            some = wanted[first : first + AT_ONCE]
            rows = _written(connection, some)
            asked = select(columns.id, columns.state, columns.version).where(columns.id.in_(some), IS_LISTED)
            for row in connection.execute(asked):
                rulebook = shop.rulebooks.version(row.version, connection)
                found[row.id] = _segments(row, rulebook, rows.get(row.id, {}), now)
    return found


def _written(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, In]]:
    """By the rows; the newest entering says why."""
    columns, moves = memberships.c, segment_moves.c
    found: dict[str, dict[str, In]] = {}
    for id, segment, since in connection.execute(
        select(columns.customer, columns.segment, columns.since).where(columns.customer.in_(ids))
    ):
        found.setdefault(id, {})[segment] = In(segment, since, "")
    asked = select(moves.customer, moves.segment, moves.at, moves.why).where(moves.customer.in_(ids), moves.entered)
    for id, segment, at, why in connection.execute(asked.order_by(moves.id)):
        if segment in found.get(id, {}) and found[id][segment].since == at:
            found[id][segment] = In(segment, at, why)
    return found


def _segments(row: Any, rulebook: Rulebook, written: dict[str, In], now: Instant) -> tuple[In, ...]:
    if rulebook.segments is None or row.state is None:
        return ()
    state, due = advance(decode_state(row.state), now, rulebook, now)
    entered = {
        effect.segment: In(effect.segment, effect.effective_at, effect.why)
        for effect in due
        if isinstance(effect, SegmentEntered)
    }
    inside = sorted(rulebook.segments.of(state.segments))
    return tuple([entered.get(id) or written.get(id) or In(id, now, "") for id in inside])


def scores_of(shop: Shop, id: str, now: Instant) -> tuple[ScoreSeen, ...]:
    """Every score of the program in force, explained from what they did; of nobody none."""
    rulebook = shop.rulebooks.in_force()
    if rulebook is None or not rulebook.program.scores:
        return ()
    facts = facts_of(shop, id, rulebook)
    return tuple(
        [ScoreSeen(score.id, explained(score, facts, rulebook.calendar, now)) for score in rulebook.program.scores]
    )


def facts_of(shop: Shop, id: str, rulebook: Rulebook) -> tuple[Fact, ...]:
    """What they did, as far as the program's segments and scores look at it."""
    with shop.store.one_moment(), shop.store.reading() as connection:
        return About(connection, [id], rulebook).facts(id)
