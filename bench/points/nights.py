"""Nights: a million lots that expire at one midnight, and a thousand members who are due among a million."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from msgspec import Struct

from bench.ingest.databases import PostgresqlDatabases, postgresql_server
from bench.measure import figure, rounded, run_module, spread
from bench.results import Entry, Figure

EXPIRING, ONE, DUE, FEW_DUE = "expiring", "one", "due", "few_due"
"""Who the members of a database are: see `bench.points.members`."""

SEVERAL: Final = 5
MEMBERS_WITH_LOTS: Final = 200_000
LOTS_OF_ONE: Final = 10_000
FLOOR: Final = 16_667.0
"""A million in a minute."""

THOUSAND: Final = 1_000
MEMBERS: Final = 1_000_000
NIGHTS: Final = 12
"""The first only warms up."""
LIMIT: Final = 2.0

EXPIRING_MEANING: Final = (
    f"{MEMBERS_WITH_LOTS:,} customers have bought {SEVERAL} times in one month, so that {MEMBERS_WITH_LOTS * SEVERAL:,} lots "
    "expire at one midnight. Whoever is due is woken as `regulars serve` does it: read, locked, brought to that instant, and "
    "written down with the new state, the step, and a posting of each lot; 200 customers are one transaction, which is on the "
    "disk before the next begins. The floor is a million lots in a minute. The repetitions are the fifths of one night."
)
ONE_CORE: Final = "Everything, the database's server too, runs on one core."
ONE_MEANING: Final = (
    f"*One customer*: the same night with a single customer who has {LOTS_OF_ONE:,} lots, which is one transaction."
)
NIGHTS_MEANING: Final = (
    f"How much longer a night takes where a thousand of {MEMBERS:,} members are due than where there are only that thousand. "
    f"In both each of the thousand loses one lot every night, for {NIGHTS - 1} nights after one to warm up; in the larger "
    "database they stand as far apart as they can, and everybody else has points that expire later. A night is to ask who is due "
    "next, to wake everyone who is, and to ask again. The two take turns, in one process; the figure is the median of the ratios "
    "of neighbours. What is left of a ratio is that a thousand rows lie on as many pages where they lay on a few: all of them "
    "are read, and written when the database brings its log into its file, which some of the nights pay for."
)


class Expired(Struct, frozen=True):
    """`rates` are lots a second, fifth by fifth of the customers."""

    lots: int
    seconds: float
    rates: list[float]


class Nights(Struct, frozen=True):
    """Seconds of each night, among few members and among many."""

    few: list[float]
    many: list[float]


def measured() -> list[Entry]:
    with TemporaryDirectory(prefix="regulars-night-") as folder:
        with _on_one_core():
            sqlite = _expired(f"sqlite:///{folder}/expiring.db"), _expired(f"sqlite:///{folder}/one.db", ONE)
        nights = _nights(f"sqlite:///{folder}/few.db", f"sqlite:///{folder}/many.db")
    with _on_one_core(), _server() as databases:
        server = _expired(databases.named("expiring")), _expired(databases.named("one"), ONE)
    with _server() as databases:
        nights_there = _nights(databases.named("few"), databases.named("many"))
    return [
        _expiring("", "SQLite", *sqlite),
        _expiring("_postgresql", "PostgreSQL", *server),
        _due("", "SQLite", nights),
        _due("_postgresql", "PostgreSQL", nights_there),
    ]


@contextmanager
def _server() -> Iterator[PostgresqlDatabases]:
    with TemporaryDirectory(prefix="regulars-night-") as folder, postgresql_server(Path(folder)) as url:
        yield PostgresqlDatabases(url)


@contextmanager
def _on_one_core() -> Iterator[None]:
    """This process and all that it starts meanwhile, where the system can hold them to it."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _expired(url: str, who: str = EXPIRING) -> Expired:
    run_module("bench.points.members", url, who, str(LOTS_OF_ONE if who == ONE else MEMBERS_WITH_LOTS))
    return msgspec.json.decode(run_module("bench.points.night", url).output, type=Expired)


def _nights(few: str, many: str) -> Nights:
    run_module("bench.points.members", few, DUE, str(THOUSAND))
    run_module("bench.points.members", many, FEW_DUE, str(MEMBERS))
    return msgspec.json.decode(run_module("bench.points.night", few, many).output, type=Nights)


def _expiring(suffix: str, where: str, many: Expired, one: Expired) -> Entry:
    rates = spread(many.rates)
    return Entry(
        f"expire_lots_per_s{suffix}",
        f"Lots that expire at midnight, on one core, {where}",
        rates.median,
        "lots/s",
        rates,
        None,
        None,
        rates.median >= FLOOR,
        [EXPIRING_MEANING, ONE_CORE, ONE_MEANING],
        [
            Figure("The whole night", rounded(many.seconds), "s"),
            Figure("Lots", many.lots, "lots"),
            Figure("One customer", rounded(one.lots / one.seconds), "lots/s"),
        ],
        floor=FLOOR,
    )


def _due(suffix: str, where: str, nights: Nights) -> Entry:
    ratios = [many / few for few, many in zip(nights.few, nights.many, strict=True)]
    return Entry(
        f"night_due_over_members{suffix}",
        f"A night with a million members of whom a thousand are due, over one with the thousand alone, {where}",
        rounded(median(ratios)),
        "times",
        spread(ratios),
        LIMIT,
        figure("with the thousand alone", [seconds * 1000 for seconds in nights.few], "ms"),
        median(ratios) <= LIMIT,
        [NIGHTS_MEANING],
        [
            figure("With a million", [seconds * 1000 for seconds in nights.many], "ms"),
            Figure("All nights together, one over the other", rounded(sum(nights.many) / sum(nights.few)), "times"),
        ],
    )
