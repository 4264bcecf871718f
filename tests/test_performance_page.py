"""The page on performance says what was measured, and every measurement says what it is held against."""

import json

import pytest

from bench.page import PAGE, page
from bench.results import RESULTS, read_results

ENTRIES = json.loads(RESULTS.read_text())["entries"]


def test_the_page_is_what_the_results_say():
    assert PAGE.read_text(encoding="utf-8") == page(read_results())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_every_entry_says_what_it_is_held_against_and_whether_it_holds(entry):
    assert entry["value"] > 0
    assert entry["unit"]
    assert entry["limit"] is not None or entry.get("floor") is not None or entry["peer"] is not None
    assert entry["spread"]["min"] <= entry["spread"]["median"] <= entry["spread"]["max"]
    assert entry["spread"]["repetitions"] >= 5
    limit, floor = entry["limit"], entry.get("floor")
    assert entry["held"] is ((limit is None or entry["value"] <= limit) and (floor is None or entry["value"] >= floor))
