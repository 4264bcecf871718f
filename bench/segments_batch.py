"""Segments asked of everybody at once, on DuckDB: a hundred over the grocer's year, and one previewed over ten million facts.

`python -m bench.segments_batch year FOLDER` and `... facts FOLDER` are the processes that measure; they print what it took as JSON.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from bench.measure import REPETITIONS, Ran, figure, run_module, spread
from bench.results import Entry

if TYPE_CHECKING:
    from regulars.insight.engines import DuckdbEngine
    from regulars.insight.moments import Moment
    from regulars.kernel.segments.tree import Condition

SEGMENTS: Final = 100
PREVIEWS: Final = 20
CUSTOMERS: Final = 1_000_000
FACTS: Final = 10_000_000
SECONDS_LIMIT: Final = 15.0
PREVIEW_LIMIT_MS: Final = 300.0

OVER_THE_YEAR: Final = (
    f"{SEGMENTS} segments, each of four conditions that all must hold: orders in the last so many days, what was spent on "
    "a category in so many days, the last order so long ago, and a trait; no two alike. Asked over 155,848 orders of 2,469 "
    "customers in 1,469,307 lines, from the typed conditions to all sizes, the making of the query included."
)
OVER_TEN_MILLION: Final = (
    "One preview, how many customers and five of them, of a segment of four conditions: views of a category, what was spent on it, "
    f"the last order, a trait. {CUSTOMERS:,} customers with {FACTS:,} facts, made by DuckDB itself. No two previews ask the same."
)


class Taken(Struct, frozen=True):
    """Seconds: each asking, of how much of it the database worked, and what it took to write the tables."""

    asked: list[float]
    in_database: list[float]
    written: float
    found: int


def measured() -> list[Entry]:
    with TemporaryDirectory(prefix="regulars-segments-") as folder:
        year, _ = _taken("year", folder)
        facts, ran = _taken("facts", folder)
    assert year.found > 0
    assert facts.found > 0
    previews = spread([seconds * 1000 for seconds in facts.asked])
    batch = spread(year.asked)
    return [
        Entry(
            "segments_batch_s",
            f"{SEGMENTS} segments at once over the grocer's year",
            batch.median,
            "s",
            batch,
            SECONDS_LIMIT,
            None,
            batch.median <= SECONDS_LIMIT,
            [OVER_THE_YEAR],
            [
                figure("of which DuckDB works", year.in_database, "s"),
                figure("writing the tables for it, from facts in memory", [year.written], "s"),
            ],
        ),
        Entry(
            "preview_ms",
            "A preview over ten million facts",
            previews.median,
            "ms",
            previews,
            PREVIEW_LIMIT_MS,
            None,
            previews.median <= PREVIEW_LIMIT_MS,
            [OVER_TEN_MILLION],
            [
                figure("of which DuckDB works", [seconds * 1000 for seconds in facts.in_database], "ms"),
                figure("memory of the process that asked, making the facts included", [ran.peak_mb], "MB"),
            ],
        ),
    ]


def _taken(what: str, folder: str) -> tuple[Taken, Ran]:
    ran = run_module("bench.segments_batch", what, folder)
    return msgspec.json.decode(ran.output, type=Taken), ran


# --- in a process of its own -------------------------------------------------------------------------------------------


def year_taken(folder: Path) -> Taken:
    from regulars.insight.moments import Moment
    from regulars.insight.segments import sizes
    from regulars.kernel.segments.tree import Segment
    from regulars.store.analytics.duckdb_file import new_file
    from tools.program_examples import END_OF_THE_YEAR

    path, asked, worked, found = folder / "year.duckdb", [], [], 0
    everybody, calendar = _the_year()
    started = perf_counter()
    with new_file(path) as tables:
        _write(tables, everybody, calendar)
    written = perf_counter() - started
    with _engine(path) as (engine, in_database):
        for turn in range(REPETITIONS):
            segments = [Segment(f"segment-{number}", _of_the_year(number, turn)) for number in range(SEGMENTS)]
            in_database.clear()
            started = perf_counter()
            counts = sizes(engine, segments, Moment(END_OF_THE_YEAR, calendar))
            asked.append(perf_counter() - started)
            worked.append(sum(in_database))
            found += sum(counts.values())
    return Taken(asked, worked, written, found)


def facts_taken(folder: Path) -> Taken:
    from regulars.insight.segments import preview

    path, asked, worked, found = folder / "facts.duckdb", [], [], 0
    started = perf_counter()
    _make_facts(path)
    written = perf_counter() - started
    moment = _moment_of_facts()
    with _engine(path) as (engine, in_database):
        preview(engine, _of_facts(PREVIEWS), moment)
        for turn in range(PREVIEWS):
            in_database.clear()
            started = perf_counter()
            seen = preview(engine, _of_facts(turn), moment)
            asked.append(perf_counter() - started)
            worked.append(sum(in_database))
            found += seen.customers
    return Taken(asked, worked, written, found)


@contextmanager
def _engine(path: Path) -> Iterator[tuple["DuckdbEngine", list[float]]]:
    """With the seconds that the database works at each question."""
    from regulars.insight.engines import DuckdbEngine
    from regulars.store.analytics.duckdb_file import opened

    worked: list[float] = []

    class Measured(DuckdbEngine):
        def ask(self, statement: str) -> Any:
            started = perf_counter()
            try:
                return super().ask(statement)
            finally:
                worked.append(perf_counter() - started)

    with opened(path, read_only=True) as connection:
        yield Measured(connection), worked


def _the_year() -> tuple[list[Any], Any]:
    """Everybody, as segments see them, and the shop's calendar."""
    from regulars.kernel.segments.meaning import Known
    from regulars.wire.complete_journey import CompleteJourney
    from regulars.wire.imports.households import households
    from regulars.wire.program import load_program
    from tools.program_examples import OF_THE_YEAR

    rulebook = load_program(OF_THE_YEAR / "program.yaml")
    history = CompleteJourney().open(
        currency_exponent=2, currency="USD", properties=frozenset({"category", "product", "brand"})
    )
    told = dict(households())
    people = [
        Known(household, rulebook.calendar, facts, told.get(household, {}), {"user_id"}, {"profiling"})
        for household, facts in history.customers()
    ]
    return people, rulebook.calendar


def _write(tables: Any, people: list[Any], calendar: Any) -> None:
    from regulars.store.analytics.rows import Rows

    rows = Rows(calendar)
    for known in people:
        rows.add(known, known.id, 0)
        if len(rows) > 100_000:
            tables.write(rows.take())
    tables.write(rows.take())
    tables.tell_texts(calendar)
    tables.lay_down()


def _of_the_year(number: int, turn: int) -> "Condition":
    categories = (
        "COFFEE",
        "SOFT DRINKS",
        "BEEF",
        "CHEESE",
        "EGGS",
        "FLUID MILK PRODUCTS",
        "ICE CREAM",
        "CANDY - PACKAGED",
    )
    return _four(
        event="Order Completed",
        times=2 + turn,
        category=("category", categories[number % len(categories)]),
        days=30 + number,
        spent=10_00 * (1 + turn) + number,
        trait=("home_ownership", "Homeowner"),
    )


def _of_facts(turn: int) -> "Condition":
    return _four(
        event="Product Viewed",
        times=1,
        category=("category", f"category {turn}"),
        days=60 + turn,
        spent=20_00,
        trait=("city", f"city {turn % 7}"),
    )


def _four(
    event: str, times: int, category: tuple[str, str], days: int, spent: int, trait: tuple[str, str]
) -> "Condition":
    from fractions import Fraction

    from regulars.kernel.calendar import Duration
    from regulars.kernel.segments.tree import All, Did, Since, Sum, Times, Trailing, Trait
    from regulars.kernel.segments.values import Bounds, IsOneOf, Property

    of_category = (Property(f"products.{category[0]}", IsOneOf((category[1],))),)
    is_seen = Property(category[0], IsOneOf((category[1],)))
    of_event = () if event == "Order Completed" else (is_seen,)
    return All(
        (
            Did(event, Times(), Bounds(Fraction(times)), Trailing(Duration(days, "days")), of_event),
            Did(
                "Order Completed",
                Sum("products.amount"),
                Bounds(Fraction(spent)),
                Trailing(Duration(days * 2, "days")),
                of_category,
            ),
            Since("Order Completed", "last", less_than=Duration(days, "days")),
            Trait(trait[0], IsOneOf((trait[1],))),
        )
    )


def _moment_of_facts() -> "Moment":
    from regulars.insight.moments import Moment
    from regulars.kernel.calendar import Calendar
    from regulars.wire.zones import zone_named

    return Moment(YEAR_US, Calendar(zone_named("UTC")))


YEAR_US: Final = 365 * 86_400 * 1_000_000
CATEGORIES: Final = 50
MAKING: Final = f"""
INSERT INTO analytics.people SELECT i, printf('%08d', i), printf('%08d', i), true, NULL, true, 0 FROM range({CUSTOMERS}) r(i);
INSERT INTO analytics.traits SELECT i, 'city', 'city ' || (hash(i) % 40)::INT FROM range({CUSTOMERS}) r(i);
CREATE TEMP TABLE made AS
    SELECT i AS happening, (hash(i) % {CUSTOMERS})::INT AS person, i % 5 = 0 AS is_order,
        (hash(i + 1) % {YEAR_US})::BIGINT AS since, (hash(i + 2) % 9000)::BIGINT AS amount,
        'category ' || (hash(i + 3) % {CATEGORIES})::INT AS category
    FROM range({FACTS}) r(i);
INSERT INTO analytics.happenings
    SELECT happening, person, CASE WHEN is_order THEN 'Order Completed' ELSE 'Product Viewed' END, since,
        since // 1000000 * 1000000,
        (since // 86400000000)::INT, (23640 + since // 86400000000 // 31)::INT * 32, (23640 + since // 86400000000 // 31)::INT * 32,
        CASE WHEN is_order THEN amount END, true
    FROM made;
INSERT INTO analytics.lines SELECT happening + {FACTS}, happening, person, since, amount, 1 FROM made WHERE is_order;
INSERT INTO analytics.properties
    SELECT CASE WHEN is_order THEN happening + {FACTS} ELSE happening END, 'category', category FROM made;
DROP TABLE made;
"""
"""Ten facts for each customer, four views to an order of one line, spread over a year and over fifty categories."""


def _make_facts(path: Path) -> None:
    from regulars.store.analytics.duckdb_file import DuckdbTables, opened

    with opened(path) as connection:
        tables = DuckdbTables(connection)
        for statement in MAKING.split(";"):
            connection.execute(statement)
        tables.lay_down()


if __name__ == "__main__":
    which, folder = {"year": year_taken, "facts": facts_taken}[sys.argv[1]], Path(sys.argv[2])
    sys.stdout.buffer.write(msgspec.json.encode(which(folder)))
