"""`regulars extend`, as a person would call it."""

import json
from pathlib import Path

from tests.cli.test_liability import ORDERS, PROGRAM, founded, place
from tests.cli.test_segments import says

__all__ = ["place"]

LOYAL = "segments: {loyal: {did: Order Completed, at_least: 2}}\n"
CLOCK = ("--clock", "2017-03-26T12:00:00-04:00")


def test_points_of_a_segment_last_longer_once(place: Path) -> None:
    assert "ada,2" in ORDERS
    founded(place, PROGRAM + LOYAL)
    words = ("extend", "--segment", "loyal", "--until", "2017-12-31", "--reason", "We were closed", *CLOCK)
    assert says(*words).stdout == "140 leaves of 1 customer last through 2017-12-31 now.\n"
    assert says(*words).stdout == (
        "0 leaves of 0 customers last through 2017-12-31 now.\n1 customer had been extended before.\n"
    )
    later = says("liability", "--json", "--clock", "2017-03-27T12:00:00-04:00").stdout
    owed = {one["month"]: one["available"] + one["pending"] for one in json.loads(later)["owed"]}
    assert owed == {"2017-05": 10, "2017-12": 140}


def test_what_cannot_be_says_how_to_mend_it(place: Path) -> None:
    founded(place, PROGRAM + LOYAL)
    reason = ("--reason", "We were closed", *CLOCK)
    told = says("extend", "--segment", "loyl", "--until", "2017-12-31", *reason, code=1)
    assert "the program in force has no segment “loyl”" in told.stderr
    told = says("extend", "--segment", "loyal", "--until", "soon", *reason, code=1)
    assert "--until: write the day as 2026-12-31" in told.stderr
    told = says("extend", "--segment", "loyal", "--until", "2017-03-25", *reason, code=1)
    assert "--until: that day is past" in told.stderr
