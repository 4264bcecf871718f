"""When time alone would change something. Live waking, backtests and exports all ask here; there is no other timer."""

from regulars.kernel.expiry import next_lot_due
from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State
from regulars.kernel.tiers import next_tier_due


def next_due(state: State, program: Rulebook) -> Instant:
    """The next instant at which a lot becomes available or expires, something becomes of a level, an occasion comes, or segments
    may change; FOREVER if there is none.
    """
    tier_due = next_tier_due(state, program.tiers) if program.tiers else FOREVER
    segment_due = state.segments.due_at if state.segments is not None else FOREVER
    return min(next_points_due(state, program), tier_due, segment_due)


def next_points_due(state: State, program: Rulebook) -> Instant:
    """Of points alone: what becomes of lots, and occasions that give some."""
    due = next_lot_due(state.consequences)
    if state.celebrations is not None and state.celebrations.due_at < due:
        due = state.celebrations.due_at
    return due if program.endings is None else min(due, program.endings.next_due(state))


def look_ahead(state: State, program: Rulebook, tiers_too: bool) -> None:
    """Writes down when the customer must be woken: never too late, though perhaps for nothing.

    What is bought only puts off the loss of a level, so its due time needs looking at again only when the level changed, when
    a refund lowered a sum, or when it has come.
    """
    if tiers_too:
        state.tier_due_at = next_tier_due(state, program.tiers) if program.tiers else FOREVER
    lot_due, tier_due = next_points_due(state, program), state.tier_due_at
    state.due_at = lot_due if lot_due < tier_due else tier_due
    segments = state.segments
    if segments is not None and segments.due_at < state.due_at:
        state.due_at = segments.due_at
