"""Everybody, one row each, with a column for each thing that conditions ask of them.

What is asked of the same rows is gathered in one pass over them, however many conditions and segments ask; so a hundred segments
cost little more than the different rows at which they look.
"""

from collections.abc import Callable, Hashable
from typing import Any, Final

from ibis.expr.types import Table

from regulars.insight.moments import Stretch
from regulars.insight.tables import table

PERSON: Final = "person"
Measure = Callable[[Table], Any]
"""Of the rows of one customer; of the row itself where there is one at most."""


class Sheet:
    """Of everybody, or of those `among` whom it looks: rows of `people`."""

    def __init__(self, among: Table | None = None) -> None:
        self._among = among
        self._sources: dict[Hashable, _Source] = {}

    def column(
        self,
        source: Hashable,
        rows: Callable[[], Table],
        key: Hashable,
        measure: Measure,
        within: Stretch | None = None,
        *,
        single: bool = False,
    ) -> str:
        """The name of the column that holds this measure, NULL for whoever has no rows. Equal sources have the same rows, and of
        one source equal keys are the same measure. It looks `within` this stretch only; None is everywhere. Of `single` rows
        nobody has two.
        """
        if source not in self._sources:
            self._sources[source] = _Source(len(self._sources), rows(), single)
        return self._sources[source].column(key, measure, within)

    def table(self) -> Table:
        people = table("people") if self._among is None else self._among
        for source in self._sources.values():
            found = source.gathered(self._among)
            people = people.left_join(found, people[PERSON] == found[source.person]).drop(source.person)
        return people


class _Source:
    def __init__(self, number: int, rows: Table, single: bool) -> None:
        self.person = f"person_{number}"
        self._prefix = f"of_{number}"
        self._rows = rows
        self._single = single
        self._measures: dict[Hashable, tuple[str, Measure]] = {}
        self._within: list[Stretch | None] = []

    def column(self, key: Hashable, measure: Measure, within: Stretch | None) -> str:
        if key not in self._measures:
            self._measures[key] = (f"{self._prefix}_{len(self._measures)}", measure)
            self._within.append(within)
        return self._measures[key][0]

    def gathered(self, among: Table | None) -> Table:
        rows = self._looked_at()
        if among is not None:
            rows = rows.filter(rows[PERSON].isin(among[PERSON]))
        columns = {name: measure(rows) for name, measure in self._measures.values()}
        person = rows[PERSON].name(self.person)
        return rows.select(person, **columns) if self._single else rows.group_by(person).aggregate(**columns)

    def _looked_at(self) -> Table:
        """Without what lies in nobody's stretch."""
        rows = self._rows
        stretches = [one for one in self._within if one is not None]
        if len(stretches) < len(self._within):
            return rows
        starts, ends = [one.start for one in stretches], [one.end for one in stretches]
        if None not in starts:
            rows = rows.filter(rows.happened_at >= min([start for start in starts if start is not None]))
        if None not in ends:
            rows = rows.filter(rows.happened_at < max([end for end in ends if end is not None]))
        return rows
