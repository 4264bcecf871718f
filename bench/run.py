"""`make bench`: measures everything, writes results.json and the page docs/performance.md. Takes a quarter of an hour."""

import sys

from bench import backtest_over_read, fold_per_event, fold_profile, segments_batch, segments_due, segments_live, year
from bench.ingest import measuring
from bench.measure import machine
from bench.page import write_page
from bench.people import measuring as people
from bench.results import Entry, Results, write_results


def main() -> int:
    """1 where a limit is not held; results and page are written all the same."""
    before = machine()
    entries = [
        _told(backtest_over_read.measured()),
        _told(fold_per_event.measured()),
        *[_told(entry) for entry in year.measured()],
    ]
    ingested, ingest_profiles = measuring.measured()
    entries += [_told(entry) for entry in ingested]
    entries += [_told(entry) for entry in people.measured()]
    for segments in (segments_batch, segments_live, segments_due):
        entries += [_told(entry) for entry in segments.measured()]
    results = Results(before, entries, fold_profile.measured(), ingest_profiles)
    write_results(results)
    write_page(results)
    return 0 if all(entry.held for entry in entries) else 1


def _told(entry: Entry) -> Entry:
    verdict = "" if entry.held else ", NOT HELD"
    limits = [f", at most {entry.limit:g}" if entry.limit is not None else ""]
    limits += [f", at least {entry.floor:g}" if entry.floor is not None else ""]
    print(f"{entry.name}: {entry.value:g} {entry.unit}{''.join(limits)}{verdict}", flush=True)
    return entry


if __name__ == "__main__":
    sys.exit(main())
