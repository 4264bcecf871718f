"""A made year as files: what the world would send, what is true of it, and what lies beside.

Whole or not at all: it is written into a folder of its own, which takes the name at the end.
"""

import csv
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp
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
from regulars.made_year.holding import holding
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
"""The truths last."""
UNFINISHED: Final = ".making-"
_TITLE: Final = "# A made year\n"
_YEAR_BEGINS: Final = b'{"is":"year",'
_BEGINNINGS: Final = {README: _TITLE.encode(), TRUTHS: _YEAR_BEGINS}
"""By which a file of these names is known for one of a made year's."""

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
    place = _resolved(out)
    check_place(place)
    temporary = _temporary(place)
    try:
        made = temporary / "year"
        made.mkdir()
        counts = _write(_Making(model, seed, customers, days), made, progress or _nothing)
        _put(made, place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return counts


def check_place(out: Path) -> None:
    """YearRefused where anything but a made year is there. What a maker that was broken off has left in it is passed over."""
    if not out.exists():
        return
    if not out.is_dir():
        raise YearRefused(f"{out} is a file. Name a folder that is not there yet.")
    is_year = _begins(out / TRUTHS, _YEAR_BEGINS)
    found = [one for one in out.iterdir() if not one.name.startswith(UNFINISHED)]
    others = sorted([one.name for one in found if not (is_year and _is_of_a_year(one))])
    if others:
        raise YearRefused(
            f"{out} holds something else: {others[0]}. Name a folder that is not there yet, or an empty one."
        )


def _is_of_a_year(file: Path) -> bool:
    return file.name in FILES and _begins(file, _BEGINNINGS.get(file.name, b""))


def _begins(file: Path, beginning: bytes) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(beginning)) == beginning


def _resolved(out: Path) -> Path:
    """A link leads to the folder that is meant."""
    try:
        place = out.resolve()
    except RuntimeError:  # before Python 3.13
        place = out
    if place.is_symlink():
        raise YearRefused(f"{out} is a link that leads in a circle. Name a folder that is not there yet.")
    return place


def _temporary(out: Path) -> Path:
    """Where the year can be moved from without being copied: in the folder, which may lie on a disk of its own, or beside where it
    will be. A place in which nothing may be written is found out here, before the work."""
    if out.exists():
        return Path(mkdtemp(prefix=UNFINISHED, dir=out))
    if not out.parent.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
    return Path(mkdtemp(prefix=f".{out.name}{UNFINISHED}", dir=out.parent))


def _put(made: Path, out: Path) -> None:
    """At once where nothing is. Else file by file, the truths last: whoever reads a year finds out by the digest of the events in
    them whether both are of one. Makers of the same folder take turns."""
    try:
        made.rename(out)
    except OSError:
        check_place(out)
        with holding(out, waits=True):
            check_place(out)
            for name in FILES:
                (made / name).replace(out / name)


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

        digest = sort_into(events, _lines(making, tally, truth, progress), folder)
        counts = tally.counts(digest)
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
    return f"""{_TITLE}
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
