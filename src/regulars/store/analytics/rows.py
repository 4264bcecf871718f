"""What is known of customers, as rows of the analytic tables. Whatever hangs on the shop's calendar, or on what a text says, is
worked out here, once, by the kernel's own functions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from regulars.kernel.calendar import Calendar, Day, date_of, last_day_of
from regulars.kernel.consents import PROFILING
from regulars.kernel.facts import (
    SAYING,
    BalanceBroughtOver,
    Behaved,
    Instant,
    LevelSet,
    MemberJoined,
    OfPoints,
    OrderCompleted,
    Trust,
)
from regulars.kernel.scores.interests import interest_in, ranked_at, shown_by
from regulars.kernel.scores.meaning import level_of, score_at
from regulars.kernel.scores.tree import InterestProfile, Score, Thousandths
from regulars.kernel.segments.happenings import is_of
from regulars.kernel.segments.meaning import Known
from regulars.kernel.segments.passing import TRUTHS, day_of_text, number_of
from regulars.kernel.segments.windows import day_at, second_of
from regulars.store.analytics.tables import PLACES_BEHIND, TABLES

Row: TypeAlias = tuple[Any, ...]
Columns: TypeAlias = Sequence[Sequence[Any]]
"""Of a table, in the order of `tables.TABLES`; all are equally long."""


class Rows:
    """Rows that wait to be written. Customers, happenings and lines are numbered from those given on."""

    def __init__(self, calendar: Calendar, person: int = 0, item: int = 0) -> None:
        self._calendar = calendar
        self._days: dict[Day, tuple[Day, int, int]] = {}
        self.person = person
        self.item = item
        self._waiting: dict[str, list[list[Any]]] = {}
        self.take()

    def take(self) -> Mapping[str, Columns]:
        """By table. They wait no longer."""
        taken, self._waiting = self._waiting, {name: [[] for _ in columns] for name, columns in TABLES.items()}
        return taken

    def add(self, known: Known, name: str, now: Instant, person: int | None = None) -> None:
        """Scores and interests are as of `now`. `person` is the number that the customer has already."""
        if person is None:
            self.person += 1
            person = self.person
        profiling = PROFILING in known.allows
        self._add("people", person, known.id, name, profiling, known.tier, known.is_member, known.lifetime)
        for kind in sorted(known.kinds):
            self._add("kinds", person, kind)
        for purpose in sorted(known.allows):
            self._add("allows", person, purpose)
        self._add_texts("traits", (person,), known.traits)
        self._add_texts("visits", (person, "first"), known.first_visit)
        self._add_texts("visits", (person, "last"), known.last_visit)
        for score in known.scores.values():
            self._add("scores", person, score.id, *_score(score, known, now))
        for profile in known.interests.values():
            for interest in _interests(profile, known, now):
                self._add("interests", person, profile.id, *interest)
        for lot in known.lots:
            self._add("lots", person, lot.points, lot.active_at, lot.expires_at)
        for fact in sorted(known.facts, key=lambda one: one.happened_at):
            if not isinstance(fact, BalanceBroughtOver | LevelSet) and is_of(fact, fact.name):
                self._add_happening(person, fact)

    def __len__(self) -> int:
        return sum([len(columns[0]) for columns in self._waiting.values()])

    def _add_happening(self, person: int, fact: OrderCompleted | MemberJoined | Behaved | OfPoints) -> None:
        self.item += 1
        happening = self.item
        at = fact.happened_at
        amount = fact.amount_minor if isinstance(fact, OrderCompleted) else None
        by_shop = not isinstance(fact, Behaved) or fact.trust is Trust.SHOP
        told = (person, fact.name, at, second_of(at), *self._day_of(at), amount, by_shop)
        self._add("happenings", happening, *told)
        if isinstance(fact, OrderCompleted):
            self._add_lines(person, happening, fact)
        elif isinstance(fact, SAYING):
            self._add_texts("properties", (happening,), fact.properties)

    def _add_lines(self, person: int, happening: int, order: OrderCompleted) -> None:
        for line in order.lines:
            self.item += 1
            self._add("lines", self.item, happening, person, order.happened_at, line.amount_minor, line.quantity)
            self._add_texts("properties", (self.item,), line.properties)

    def _add(self, table: str, *cells: Any) -> None:
        for column, cell in zip(self._waiting[table], cells, strict=True):
            column.append(cell)

    def _add_texts(self, table: str, whose: Row, texts: Mapping[str, str]) -> None:
        """A row for each, with its name."""
        *owners, names, values = self._waiting[table]
        for column, cell in zip(owners, whose, strict=True):
            column.extend([cell] * len(texts))
        names.extend(texts)
        values.extend(texts.values())

    def _day_of(self, at: int) -> tuple[Day, int, int]:
        day = day_at(at, self._calendar)
        if day not in self._days:
            self._days[day] = (day, month_day(day), month_end(day))
        return self._days[day]


def _score(score: Score, known: Known, now: Instant) -> tuple[Thousandths, str | None]:
    value = score_at(score, known.facts, known.calendar, now)
    return value, level_of(score, value)


def _interests(profile: InterestProfile, known: Known, now: Instant) -> Iterator[tuple[str, Thousandths, int | None]]:
    shown = {value for _, value, _ in shown_by(profile, known.facts, known.calendar)}
    ranked = ranked_at(profile, known.facts, known.calendar, now)
    for value in sorted(shown):
        place = ranked.index(value) + 1 if value in ranked else None
        yield value, interest_in(value, profile, known.facts, known.calendar, now), place


def month_day(day: Day) -> int:
    date = date_of(day)
    return (date.year * 12 + date.month - 1) * 32 + date.day


def month_end(day: Day) -> int:
    """As if every month's last day were its 31st."""
    return month_day(day) | 31 if day == last_day_of("month", day) else month_day(day)


def year_day(day: Day) -> int:
    date = date_of(day)
    return date.month * 32 + date.day


def columns_of_texts(texts: Iterable[str], calendar: Calendar) -> Columns:
    """Of those that are more than text."""
    found = [_row_of_text(text, calendar) for text in texts]
    told = [row for row in found if any(cell is not None for cell in row[1:])]
    return list(zip(*told, strict=True)) or [()]


def _row_of_text(text: str, calendar: Calendar) -> Row:
    number, day = number_of(text), day_of_text(text, calendar)
    whole = None if number is None else number.numerator // number.denominator
    part = None if number is None or whole is None else int((number - whole) * 10**PLACES_BEHIND)
    truth = TRUTHS.get(text.strip().lower())
    return text, truth, whole, part, day, None if day is None else year_day(day)
