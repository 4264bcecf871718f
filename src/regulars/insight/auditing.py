"""The batch form for the audit of segments (`service.auditing`): everybody's segments, by a file of the analytic tables."""

from collections.abc import Mapping
from pathlib import Path

from regulars.insight.engines import duckdb_file
from regulars.insight.moments import Moment
from regulars.insight.segments import AT_ONCE, memberships
from regulars.kernel.facts import Instant
from regulars.kernel.rulebook import Rulebook


def segments_by_file(path: Path, rulebook: Rulebook, now: Instant) -> Mapping[str, frozenset[str]]:
    """By our ids, in which of the program's segments everybody is of whom the tables tell. Whoever does not allow profiling is
    left out.
    """
    segments = rulebook.program.segments
    moment = Moment(now, rulebook.calendar, {one.id: one.condition for one in segments})
    found: dict[str, frozenset[str]] = {}
    with duckdb_file(path) as engine:
        for first in range(0, len(segments), AT_ONCE):
            for one in memberships(engine, segments[first : first + AT_ONCE], moment):
                found[one.customer.id] = found.get(one.customer.id, frozenset()).union(one.segments)
    return found
