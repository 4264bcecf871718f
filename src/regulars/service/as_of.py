"""What customers held at a moment that is past, from the ledger and the journal alone: effects that had taken effect by then, and
what fell due until then though nobody was woken for it.

Whoever was brought beyond the moment since has all that fell due before it on record, dated when it fell due.
"""

from collections.abc import Collection, Iterator
from typing import Final, cast

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, select

from regulars.kernel.effects import Effect, TierChanged
from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import Consequences, rebuilt
from regulars.kernel.step import advance
from regulars.service.rulebooks import Rulebooks
from regulars.store.schema import customers, entries, journal
from regulars.wire.records import EntryWritten, Step, decode_effects, decode_posted, decode_state

AT_ONCE: Final = 500


class Then(Struct, frozen=True):
    """`due` is what fell due by then and is not on record. `version` is the program that reckoned it, None before anything
    happened; `tier_since` is when the level was last given.
    """

    held: Consequences
    due: tuple[Effect, ...]
    tier_since: Instant | None
    version: str | None


def as_of(
    connection: Connection, rulebooks: Rulebooks, ids: Collection[str], at: Instant
) -> Iterator[tuple[str, Then]]:
    """These records, each by itself, in the order of their ids: whoever was merged meanwhile is told as the record was."""
    waiting = sorted(ids)
    for first in range(0, len(waiting), AT_ONCE):
        portion = waiting[first : first + AT_ONCE]
        steps = _steps(connection, portion, at)
        columns = customers.c
        rows = connection.execute(
            select(columns.id, columns.state, columns.version).where(columns.id.in_(portion)).order_by(columns.id)
        )
        for row in rows:
            effects, version = steps.get(row.id, ([], None))
            yield row.id, _then(row.state, rulebooks.version(row.version, connection), effects, version, at)


def _then(record: bytes | None, rulebook: Rulebook, effects: list[Effect], version: str | None, at: Instant) -> Then:
    held, due = rebuilt(effects), list[Effect]()
    if record is not None:
        state = decode_state(record)
        if state.clock <= at:
            state, due = advance(replace(state, consequences=held), at, rulebook, at)
            held = state.consequences
    changes = [one.effective_at for one in (*effects, *due) if isinstance(one, TierChanged)]
    return Then(held, tuple(due), changes[-1] if changes and held.tier is not None else None, version)


def _steps(connection: Connection, ids: Collection[str], at: Instant) -> dict[str, tuple[list[Effect], str | None]]:
    """By record the effects that had taken effect, in their order, and the version of the last of their steps."""
    posted: dict[tuple[str, int], list[EntryWritten]] = {}
    columns = entries.c
    asked = select(entries).where(columns.customer.in_(ids), columns.effective_at <= at)
    for entry in connection.execute(asked.order_by(columns.customer, columns.seq, columns.ordinal)):
        posted.setdefault((entry.customer, entry.seq), []).append(cast("EntryWritten", entry))
    found: dict[str, tuple[list[Effect], str | None]] = {}
    kept = journal.c
    steps = select(
        kept.customer, kept.seq, kept.fact_id, kept.happened_at, kept.recorded_at, kept.version, kept.effects
    )
    for row in connection.execute(steps.where(kept.customer.in_(ids)).order_by(kept.customer, kept.seq)):
        step = Step(row.fact_id, row.recorded_at, row.version)
        theirs: list[Effect] = [decode_posted(one, step) for one in posted.get((row.customer, row.seq), ())]
        theirs += [one for one in decode_effects(row.effects, step) if one.effective_at <= at]
        effects, _ = found.setdefault(row.customer, ([], None))
        effects += theirs
        if theirs or row.happened_at <= at:
            found[row.customer] = effects, row.version
    return found
