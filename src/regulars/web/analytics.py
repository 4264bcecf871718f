"""The analytic file, asked by pages and by HTTP: how many a condition holds of, who is in two segments at once, what there is to
choose from. Everything is as of the moment that the file tells of, which every answer names.

What asks it is loaded when it is asked for the first time: it takes longer than all the rest of the server.
"""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from regulars.kernel.calendar import Day
from regulars.kernel.facts import ORDER_COMPLETED, Instant
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.segments.tree import LIST, LIST_JOINED, Condition

if TYPE_CHECKING:
    from regulars.insight.engines import DuckdbEngine
    from regulars.insight.moments import Moment
    from regulars.insight.segments import Customer, Overlap, Preview

MOST_CHOICES: Final = 200
SAMPLE: Final = 5


class NotMade(Exception):
    """There is no analytic file yet, or none is kept for this shop."""


class Choices(Struct, frozen=True):
    """What was seen in the record, the most frequent first."""

    events: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


class Analytics:
    """`path` is None for a shop without such a file."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._choices: tuple[Instant, Choices] | None = None
        self._lock = Lock()

    def as_of(self) -> Instant | None:
        """None while there is none."""
        try:
            return self._path.stat().st_mtime_ns // 1000 if self._path is not None else None
        except OSError:
            return None

    def preview(self, condition: Condition, program: Rulebook, sample: int = SAMPLE) -> "tuple[Preview, Instant]":
        from regulars.insight import segments

        with self._asked() as (engine, as_of):
            return segments.preview(engine, condition, moment_of(program, as_of), sample), as_of

    def overlap(self, one: Condition, other: Condition, program: Rulebook) -> "tuple[Overlap, Instant]":
        from regulars.insight import segments

        with self._asked() as (engine, as_of):
            return segments.overlap(engine, one, other, moment_of(program, as_of)), as_of

    def members(self, condition: Condition, program: Rulebook, now: Instant) -> "tuple[Customer, ...]":
        """Those of whom it holds at `now`, by what is known as of the file's moment."""
        from regulars.insight import segments

        with self._asked() as (engine, _):
            return tuple(segments.members(engine, condition, moment_of(program, now)))

    def ordered_since(self, day: Day) -> Mapping[str, int]:
        """What each ordered from that day on, in minor units, by our ids; who ordered nothing is not there."""
        asked = f"""
            SELECT p.id, CAST(sum(h.amount) AS bigint)
            FROM analytics.happenings h JOIN analytics.people p USING (person)
            WHERE h.event = '{ORDER_COMPLETED}' AND h.by_shop AND h.day >= {day} GROUP BY p.id
        """
        with self._asked() as (engine, _):
            return {row[0]: row[1] for row in engine.ask(asked)}

    def choices(self) -> Choices:
        """Nothing while there is no file. Kept until there is a newer one."""
        as_of = self.as_of()
        with self._lock:
            if as_of is None:
                return Choices()
            if self._choices is None or self._choices[0] != as_of:
                self._choices = as_of, self._read_choices()
            return self._choices[1]

    def _read_choices(self) -> Choices:
        often = f"GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {MOST_CHOICES}"
        joined = f"SELECT happening FROM analytics.happenings WHERE event = '{LIST_JOINED}'"
        goods = "'category', 'brand', 'products.category', 'products.brand'"
        asked = (
            f"SELECT event FROM analytics.happenings {often}",
            f"SELECT name FROM analytics.properties {often}",
            f"SELECT text FROM analytics.properties WHERE name IN ({goods}) {often}",
            f"SELECT name FROM analytics.traits {often}",
            f"SELECT text FROM analytics.properties WHERE name = '{LIST}' AND item IN ({joined}) {often}",
        )
        try:
            with self._asked() as (engine, _):
                return Choices(*[tuple([text for (text,) in engine.ask(one)]) for one in asked])
        except NotMade:
            return Choices()

    @contextmanager
    def _asked(self) -> "Iterator[tuple[DuckdbEngine, Instant]]":
        """A question leaves thousands of objects in circles, and the collector comes seldom (`boot`): they are freed at once."""
        as_of = self.as_of()
        if self._path is None or as_of is None:
            raise NotMade
        from regulars.insight.engines import duckdb_file

        try:
            with duckdb_file(self._path) as engine:
                yield engine, as_of
        except FileNotFoundError:
            raise NotMade from None
        finally:
            gc.collect(0)


def moment_of(program: Rulebook, now: Instant) -> "Moment":
    from regulars.insight.moments import Moment

    return Moment(now, program.calendar, {one.id: one.condition for one in program.program.segments})
