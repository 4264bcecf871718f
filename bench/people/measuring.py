"""A million customers and ten million facts behind a server: how long its pages take, and what that says."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from msgspec import Struct, field

from bench.ingest.databases import postgresql_server
from bench.ingest.serving import PLAIN, server
from bench.measure import figure, rounded, run_module, spread
from bench.people.asking import ORDERS, Desk, resident_mb
from bench.people.picks import Filled
from bench.results import Entry, Figure

CUSTOMERS: Final = 1_000_000
NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
TURNS: Final = 300
LIST_TURNS: Final = 40
WARM_UP: Final = 20
FRESH: Final = 10
OVERVIEWS: Final = 3
ROUNDS: Final = 6
ROUND_TURNS: Final = 100
"""After all questions were asked once, they are asked again in so many rounds: does the server's memory stay what it is?"""

SEARCH_LIMIT_MS: Final = 50.0
PAGE_LIMIT_MS: Final = 100.0
LAST_OVER_FIRST_LIMIT: Final = 1.5
MEMORY_LIMIT: Final = 1.25


class Taken(Struct):
    """Milliseconds, by what was asked. `fresh` are those of the first question that a fresh process was asked."""

    searches: list[float] = field(default_factory=list)
    beginnings: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    lookups: list[float] = field(default_factory=list)
    firsts: dict[str, list[float]] = field(default_factory=dict)
    middles: dict[str, list[float]] = field(default_factory=dict)
    lasts: dict[str, list[float]] = field(default_factory=dict)
    overviews: list[float] = field(default_factory=list)
    fresh: dict[str, list[float]] = field(default_factory=dict)
    memory_mb: list[float] = field(default_factory=list)
    """Before the questions, after they were asked once, and after each further round."""


def measured(kind: str = "sqlite", number: int = CUSTOMERS) -> list[Entry]:
    with TemporaryDirectory(prefix="regulars-people-") as folder, _database(kind, Path(folder)) as url:
        filled = msgspec.json.decode(run_module("bench.people.filling", url, str(number)).output, type=Filled)
        return entries(kind, filled, taken(url, Path(folder), filled))


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'record' / 'regulars.db'}"
        return
    with postgresql_server(folder) as url:
        yield url


# --- asking ----------------------------------------------------------------------------------------------------------


def taken(url: str, folder: Path, filled: Filled) -> Taken:
    times = Taken()
    with _desk(url, folder, filled) as desk:
        _ask(desk, filled, Taken(), WARM_UP, WARM_UP // 4)
        times.memory_mb.append(resident_mb())
        _ask(desk, filled, times, TURNS, LIST_TURNS)
        times.memory_mb.append(resident_mb())
        for _ in range(ROUNDS):
            _ask(desk, filled, Taken(), ROUND_TURNS, ROUND_TURNS // 10)
            times.memory_mb.append(resident_mb())
        times.overviews = [desk.looks_over() for _ in range(OVERVIEWS)]
    for turn in range(FRESH):
        for what, ask in _questions(filled, turn).items():
            _forget(url)
            with _desk(url, folder, filled) as desk:
                times.fresh.setdefault(what, []).append(ask(desk))
    return times


@contextmanager
def _desk(url: str, folder: Path, filled: Filled) -> Iterator[Desk]:
    with server(PLAIN, url, folder) as address:
        desk = Desk(address, filled.doors)
        try:
            yield desk
        finally:
            desk.close()


def _ask(desk: Desk, filled: Filled, times: Taken, turns: int, list_turns: int) -> None:
    """Different customers each time, one kind of question after the other, so that whatever slows the machine slows all."""
    picks = filled.picks if turns > WARM_UP else tuple(reversed(filled.picks))
    for place in range(turns):
        pick, other, third = [picks[(place + part * turns) % len(picks)] for part in range(3)]
        times.searches.append(desk.searches(pick.email, pick.user_id))
        times.pages.append(desk.opens(other))
        times.lookups.append(desk.looks_up(third))
    for place in range(list_turns):
        pick = picks[place % len(picks)]
        times.beginnings.append(desk.searches(pick.email[:3], "/customers/"))
        for order in ORDERS:
            times.firsts.setdefault(order, []).append(desk.lists(order))
            times.middles.setdefault(order, []).append(desk.lists_beside(order, pick))
            times.lasts.setdefault(order, []).append(desk.lists(order, "&before="))


def _questions(filled: Filled, turn: int) -> dict[str, Callable[[Desk], float]]:
    pick = filled.picks[-1 - turn]
    return {
        "a search": lambda desk: desk.searches(pick.email, pick.user_id),
        "a customer's page": lambda desk: desk.opens(pick),
        "the list's last page": lambda desk: desk.lists(ORDERS[turn % len(ORDERS)], "&before="),
    }


def _forget(url: str) -> None:
    """The system no longer keeps what it read of the file; of a server's files, that is the server's."""
    if not url.startswith("sqlite:///"):
        return
    file = os.open(url.removeprefix("sqlite:///"), os.O_RDONLY)
    try:
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(file)


# --- what is said of it ----------------------------------------------------------------------------------------------


def entries(kind: str, filled: Filled, times: Taken) -> list[Entry]:
    ratios = [median(times.lasts[order]) / median(times.firsts[order]) for order in ORDERS]
    return [
        _entry(
            "people_search_ms",
            f"A search by e-mail among {filled.customers:,} customers, 99 of 100, {NAMES[kind]}",
            times.searches,
            SEARCH_LIMIT_MS,
            [*_meaning(kind, filled), SEARCH_MEANING],
            [
                *_more("A search", times.searches),
                *_more("A search for the first three letters", times.beginnings),
                *_more("A look-up by e-mail over the API", times.lookups),
                _fresh("a search", times),
            ],
        ),
        _entry(
            "people_page_ms",
            f"A customer's page among {filled.customers:,} customers, 99 of 100, {NAMES[kind]}",
            times.pages,
            PAGE_LIMIT_MS,
            [PAGE_MEANING],
            [
                *_more("A page", times.pages),
                _fresh("a customer's page", times),
                figure("The overview, which adds everything up", times.overviews, "ms"),
            ],
        ),
        Entry(
            name="people_list_last_over_first",
            what=f"The last page of a list of {filled.customers:,} customers, to the first, {NAMES[kind]}",
            value=rounded(max(ratios)),
            unit="times",
            spread=spread(ratios),
            limit=LAST_OVER_FIRST_LIMIT,
            peer=None,
            held=max(ratios) <= LAST_OVER_FIRST_LIMIT,
            meaning=[LIST_MEANING],
            more=[*_lists(times), _fresh("the list's last page", times)],
        ),
        _memory(kind, filled, times.memory_mb),
    ]


def _memory(kind: str, filled: Filled, taken_mb: Sequence[float]) -> Entry:
    before, once, *later = taken_mb
    grown = [mb / once for mb in later]
    return Entry(
        name="people_memory_over_warm",
        what=f"Memory of a server over {filled.customers:,} customers after {ROUNDS} further rounds, {NAMES[kind]}",
        value=rounded(grown[-1]),
        unit="times",
        spread=spread(grown),
        limit=MEMORY_LIMIT,
        peer=None,
        held=grown[-1] <= MEMORY_LIMIT,
        meaning=[MEMORY_MEANING],
        more=[
            Figure("Memory before the questions", rounded(before), "MB"),
            Figure("Memory after they were asked once", rounded(once), "MB"),
            figure("Memory after each further round", later, "MB"),
        ],
    )


def _entry(name: str, what: str, took: Sequence[float], limit: float, meaning: list[str], more: list[Figure]) -> Entry:
    value = rounded(_quantile(took, 0.99))
    return Entry(name, what, value, "ms", spread(took), limit, None, value <= limit, meaning, more)


def _meaning(kind: str, filled: Filled) -> Iterator[str]:
    yield (
        f"A shop made for the purpose on {NAMES[kind]}: {filled.customers:,} customers under `programs/corner-shop` with ten facts "
        f"each, {filled.facts:,} facts with those of {filled.devices:,} devices that were seen before anybody signed in, and all "
        "postings, states, identities, consents and traits that belong to them. The engine itself folded twenty thousand lives; "
        "each of them is led by fifty customers, who differ in their ids. It was written in bulk in "
        f"{filled.seconds:,.0f} s."
    )


SEARCH_MEANING: Final = (
    f"`regulars serve` in a process of its own, and a client that asks one thing after another: {TURNS} e-mail addresses drawn "
    "at random, searched for by hand on the page of the customers; the time is that of the whole answer. What is held against "
    "the limit is the slowest but one of a hundred; the spread beside it is of all of them. A *fresh* process answers its first "
    "question; where the record is one file, the system had let go of what it had read of it."
)
PAGE_MEANING: Final = (
    f"The shop and the manner are those of `people_search_ms`: the pages of {TURNS} customers drawn at random, signed in: who "
    "somebody is, what is held, the last of the ledger and of the history."
)
LIST_MEANING: Final = (
    "The shop and the manner are those of `people_search_ms`. Of each of the four orders the first page, a page at a random place, "
    f"and the last, in turn, {LIST_TURNS} times. A ratio is that of the medians of one order; the worst is what counts, the "
    "spread is over the orders."
)

MEMORY_MEANING: Final = (
    "The shop and the manner are those of `people_search_ms`: once all questions were asked, they are asked again, of others, in "
    f"{ROUNDS} rounds of {ROUND_TURNS} each. What the server's process holds in memory afterwards, to what it held before these "
    "rounds; the spread is over the rounds. What it learns of products from orders, once an hour, may fall among them."
)


def _more(what: str, took: Sequence[float]) -> list[Figure]:
    return [figure(f"{what}, median", took, "ms"), Figure(f"{what}, 99 of 100", rounded(_quantile(took, 0.99)), "ms")]


def _fresh(what: str, times: Taken) -> Figure:
    return figure(f"The first answer of a fresh process: {what}", times.fresh[what], "ms")


def _lists(times: Taken) -> Iterator[Figure]:
    for title, by_order in (("first", times.firsts), ("random", times.middles), ("last", times.lasts)):
        for order in ORDERS:
            yield from _more(f"A {title} page by `{order}`", by_order[order])


def _quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
