"""`make bench`: measures everything, writes results.json and the page docs/performance.md. Takes twenty minutes.

`python -m bench.run segments` measures only what is named, and keeps what the last run says of the rest.
"""

import sys
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from bench import backtest_over_read, fold_per_event, fold_profile, segments_batch, segments_due, segments_live, year
from bench.ingest import measuring
from bench.measure import machine
from bench.page import write_page
from bench.people import measuring as people
from bench.points import earning, nights
from bench.results import Entry, Results, StageProfile, read_results, write_results


def main(names: list[str]) -> int:
    """1 where a limit is not held; results and page are written all the same."""
    if unknown := [name for name in names if name not in GROUPS]:
        print(f"there is no {unknown[0]}; there is {', '.join(GROUPS)}")
        return 2
    before, profiles = machine(), list[StageProfile]()
    entries = [_told(entry) for name in names or GROUPS for entry in GROUPS[name](profiles)]
    if names:
        results = _with(read_results(), entries)
    else:
        results = Results(before, entries, fold_profile.measured(), profiles)
    write_results(results)
    write_page(results)
    return 0 if all(entry.held for entry in entries) else 1


def _folding(_profiles: list[StageProfile]) -> list[Entry]:
    return [backtest_over_read.measured(), fold_per_event.measured(), *year.measured()]


def _ingest(profiles: list[StageProfile]) -> list[Entry]:
    entries, stages = measuring.measured()
    profiles += stages
    return list(entries)


def _people(_profiles: list[StageProfile]) -> list[Entry]:
    return list(people.measured())


def _segments(_profiles: list[StageProfile]) -> list[Entry]:
    return [*segments_batch.measured(), *segments_live.measured(), *segments_due.measured()]


def _points(_profiles: list[StageProfile]) -> list[Entry]:
    return [*earning.measured(), *nights.measured()]


GROUPS: Final[dict[str, Callable[[list[StageProfile]], list[Entry]]]] = {
    "folding": _folding,
    "ingest": _ingest,
    "people": _people,
    "segments": _segments,
    "points": _points,
}


def _with(results: Results, entries: list[Entry]) -> Results:
    """Those of the same name in the place of the old ones, new ones behind."""
    new = {entry.name: entry for entry in entries}
    kept = [new.pop(entry.name, entry) for entry in results.entries]
    return replace(results, entries=[*kept, *new.values()])


def _told(entry: Entry) -> Entry:
    verdict = "" if entry.held else ", NOT HELD"
    limits = [f", at most {entry.limit:g}" if entry.limit is not None else ""]
    limits += [f", at least {entry.floor:g}" if entry.floor is not None else ""]
    print(f"{entry.name}: {entry.value:g} {entry.unit}{''.join(limits)}{verdict}", flush=True)
    return entry


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
