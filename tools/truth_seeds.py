"""How often the reports' intervals hold the truth, over many made years, each with a seed of its own.

    python -m tools.truth_seeds [SEEDS]

An interval of 95 % that holds the truth in 930 to 970 of 1,000 years is one; less often it promises too much, more often it says
too little. Each year is a short one of a small shop, taken in over HTTP by a shop of its own, and asked for one figure, so that
the years are independent of each other.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from litestar.testing import TestClient

from regulars.boot import new_id
from regulars.cli.examples import example_program
from regulars.cli.sending import BROWSER, parcels
from regulars.made_year.calendar import FIRST, midnight
from regulars.made_year.truths import Year, read
from regulars.made_year.year import make_year
from regulars.service.identification import identification
from regulars.service.keys import create_key
from regulars.service.programs import publish
from regulars.service.shop import Shop, open_shop
from regulars.truth_checks.identification import holds
from regulars.web.app import create_app

SEEDS: Final = 1_000
CUSTOMERS: Final = 16
DAYS: Final = 14
AT_ONCE: Final = 25
FIRST_DAY: Final = FIRST.toordinal() - date(1970, 1, 1).toordinal()
"""Days since 1970."""


def held(seeds: Sequence[int]) -> list[bool]:
    """Of each seed, whether the identification rate's interval over the whole of its year has the truth in it."""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        return [one for some in pool.map(_held_each, _portions(seeds)) for one in some]


def _portions(seeds: Sequence[int]) -> Iterator[Sequence[int]]:
    for begin in range(0, len(seeds), AT_ONCE):
        yield seeds[begin : begin + AT_ONCE]


def _held_each(seeds: Sequence[int]) -> list[bool]:
    return [_held(seed) for seed in seeds]


def _held(seed: int) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_year(seed, CUSTOMERS, folder / "year", days=DAYS)
        year = next(read(folder / "year" / "truths.jsonl"))
        assert isinstance(year, Year)
        shutil.copytree(_empty().name, folder / "shop")
        shop = open_shop(f"sqlite:///{folder / 'shop' / 'regulars.db'}", new_id, migrate=False)
        try:
            _take_in(shop, folder / "year" / "events.jsonl")
            found = identification(shop, FIRST_DAY, FIRST_DAY + DAYS - 1, midnight(DAYS))
        finally:
            shop.close()
    assert found is not None
    return holds(year.identification.whole.rate, found.visitors)


@cache
def _empty() -> "tempfile.TemporaryDirectory[str]":
    """A shop with its tables, its program and nobody in it, once for each process."""
    folder = tempfile.TemporaryDirectory()
    shop = open_shop(f"sqlite:///{Path(folder.name) / 'regulars.db'}", new_id)
    publish(shop, example_program("made-shop").read_text(encoding="utf-8"), "the seeds", 0)
    shop.close()
    return folder


def _take_in(shop: Shop, events: Path) -> None:
    shop.store.hurry()
    keys = {
        BROWSER: create_key(shop.store, "public", "seeds", 0),
        "server": create_key(shop.store, "secret", "seeds", 0),
    }
    now = midnight(0)
    with TestClient(create_app(shop, lambda: now, new_id)) as client:
        for parcel in parcels(events):
            now = parcel.received_at
            body = msgspec.json.encode({"batch": parcel.batch, "sentAt": parcel.sent_at})
            client.post("/v1/batch", content=body, auth=(keys[parcel.door], "")).raise_for_status()


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    found = sum(held(range(number)))
    print(f"identification rate: the interval of 95 % holds the truth in {found:,} of {number:,} years")


if __name__ == "__main__":
    main()
