"""A made year as files: what the world would send, what is true of it, and what lies beside.

Whole or not at all: it is written into a folder beside, which takes the name at the end.
"""

import csv
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import asdict

from regulars.made_year import (
    bots,
    campaigns,
    catalogue,
    costs,
    forms,
    mails,
    referrals,
    support,
    surveys,
    telling,
    truths,
)
from regulars.made_year.calendar import DAYS
from regulars.made_year.life import Kind
from regulars.made_year.model import Model
from regulars.made_year.plan import Plan
from regulars.made_year.post import Line, post, post_bots
from regulars.made_year.sorting import sort_into
from regulars.made_year.truths import Counts, Tally

EVENTS: Final = "events.jsonl"
TRUTHS: Final = "truths.jsonl"
PRODUCTS: Final = "products.csv"
COSTS: Final = "costs.csv"
README: Final = "README.md"
FILES: Final = (COSTS, EVENTS, PRODUCTS, README, TRUTHS)

USUAL: Final = Model()

Progress = Callable[[int, int], None]
_Telling = Callable[[str, Mapping[str, Any]], None]


class YearRefused(Exception):
    """The year cannot be made there; the text says why and what to do."""


def make_year(
    seed: int, customers: int, out: Path, days: int = DAYS, model: Model = USUAL, progress: Progress | None = None
) -> Counts:
    """The first `days` of the year of a shop with so many customers, and of all who pass by until the last of these is born.

    Takes the place of a year that was made there before; YearRefused where anything else is there.
    """
    check_place(out)
    beside = out.absolute().with_name(f".{out.absolute().name}.making")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(parents=True)
        counts = _write(_Making(model, seed, customers, days), beside, progress or _nothing)
        _put(beside, out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return counts


def check_place(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise YearRefused(f"{out} is a file. Name a folder that is not there yet.")
    others = sorted([one.name for one in out.iterdir() if one.name not in FILES]) if out.exists() else []
    if others:
        raise YearRefused(
            f"{out} holds something else: {others[0]}. Name a folder that is not there yet, or an empty one."
        )


def _put(made: Path, out: Path) -> None:
    """A year that was there before goes once the new one stands."""
    if not out.exists():
        made.rename(out)
        return
    before = made.with_suffix(".before")
    shutil.rmtree(before, ignore_errors=True)
    out.rename(before)
    made.rename(out)
    shutil.rmtree(before)


class _Making(Struct, frozen=True):
    model: Model
    seed: int
    customers: int
    days: int


def _write(making: _Making, folder: Path, progress: Progress) -> Counts:
    """Truths are written while the lives are led, in their order; messages are sorted on their way to the file."""
    tally = Tally()
    with (folder / EVENTS).open("wb") as events, (folder / TRUTHS).open("wb") as told:
        year = truths.year_truth(making.model, making.seed, making.customers, making.days, _effects(making.model))
        truths.write(told, year)

        def truth(what: str, one: Mapping[str, Any]) -> None:
            truths.write_of(told, what, one)

        sort_into(events, _lines(making, tally, truth, progress), folder)
        counts = tally.counts()
        truths.write(told, counts)
    _write_text(folder / PRODUCTS, _csv(catalogue.rows()))
    _write_text(folder / COSTS, costs.lines(making.model, making.customers, making.days))
    _write_text(folder / README, [_readme(making)])
    return counts


def _lines(making: _Making, tally: Tally, truth: _Telling, progress: Progress) -> Iterator[Line]:
    model, seed, days = making.model, making.seed, making.days
    number = 0
    while tally.shoppers < making.customers:
        plan = telling.plan_of(model, seed, number, days)
        is_shopper = plan.life.kind is not Kind.PASSER_BY
        tally.shoppers += is_shopper
        tally.passing_by += not is_shopper
        shared = plan.person.shared.anonymous_id if plan.person.shared else ""
        yield from post(model, seed, number, telling.told(model, seed, plan, days), tally, shared)
        _tell_of(making, plan, tally, truth)
        number += 1
        if is_shopper:
            progress(tally.shoppers, making.customers)
    yield from post_bots(model, seed, bots.told(model, seed, days, making.customers), tally)
    for one in bots.truths(model, seed, days, making.customers):
        tally.crawls += 1
        truth("bot", one)


def _tell_of(making: _Making, plan: Plan, tally: Tally, truth: _Telling) -> None:
    person = telling.truth(making.model, making.seed, plan, making.days)
    if person is None:
        return
    tally.accounts += sum([account["user_id"] is not None for account in person["accounts"]])
    truth("person", person)
    for one in referrals.told_of(making.model, making.seed, plan, making.days):
        truth("referral", asdict(one))


def _effects(model: Model) -> dict[str, Any]:
    return {
        "forms": forms.truth(model),
        "shoppers": {"one_category": model.people.one_category, "bargains": model.people.bargains},
        "campaigns": campaigns.truth(model),
        "mails": mails.truth(model),
        "surveys": surveys.truth(model),
        "support": support.truth(model),
        "referrals": referrals.truth(model),
    }


def _nothing(_done: int, _of: int) -> None:
    pass


def _write_text(path: Path, lines: Iterable[str]) -> None:
    """The same bytes on every system."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)


def _csv(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(rows)
    yield text.getvalue()


def _readme(making: _Making) -> str:
    return f"""# A made year

Nobody in it is real, and nothing in it was measured. It was made with

    regulars make-year --seed {making.seed} --customers {making.customers} --days {making.days} --out DIR

and whoever makes it again so gets the same bytes.

| file | what it holds |
| --- | --- |
| `{EVENTS}` | what the world would send: events in Segment's words, one a line, in the order in which they arrive |
| `{TRUTHS}` | what is true of it, one JSON object a line: the year first, then people, robots and referrals, the counts last |
| `{PRODUCTS}` | the catalogue |
| `{COSTS}` | what advertising and the rest cost |

Take it in with `regulars take-in DIR`.
"""
