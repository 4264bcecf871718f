"""A server with nothing to do lets somebody out of a segment at the very second at which time alone ends it, also when it was
killed before; and who views something is told in the answer to that request what they left and entered by it.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from regulars.kernel.calendar import SECOND
from regulars.kernel.facts import Instant
from regulars.store.database import Store
from regulars.store.schema import memberships, segment_moves
from regulars.wire.instants import rfc3339
from regulars.wire.sources import parse_instant
from tests.live import Live, set_up
from tests.service.town import RULES, Town, order
from tests.shop import HEADER, at

pytestmark = pytest.mark.slow

ZONE = "America/New_York"
PROGRAM = (
    HEADER.format(zone=ZONE)
    + RULES
    + """
segments:
  this-week: {did: Product Viewed, where: {category: tea}, within: 7 days}
  right-now: {did: Product Viewed, where: {category: cake}, within: 30 minutes}
  slipping:
    all: [{did: Order Completed}]
    none: [{did: Product Viewed, within: 30 days}, {did: Order Completed, within: 30 days}]
  interested: {did: Product Viewed, same: category, at_least: 2, within: 7 days}
"""
)
MIDNIGHT = at("2017-03-09 00:00")
"""What was viewed on the 1st is no more within seven days."""
HALF_AN_HOUR_LATER = MIDNIGHT + 2 * SECOND
BEFORE = 20 * SECOND
"""A server has started by then."""
PATIENCE_SECONDS = 60
PROMPT = 2 * SECOND
"""However busy the machine."""

GoLive = Callable[..., Live]


def view(user: str, category: str) -> dict[str, Any]:
    return {"type": "track", "userId": user, "event": "Product Viewed", "properties": {"category": category}}


@pytest.mark.parametrize("killed", [False, True], ids=["waiting", "killed before"])
def test_who_falls_due_is_gone_at_the_second(database: str, go_live: GoLive, killed: bool) -> None:
    keys = set_up(database, PROGRAM)
    town = Town(database)
    town.hears(view("ada", "tea"), now="2017-03-01 12:00")
    town.hears(view("bea", "cake"), now="2017-03-08 23:30:02")
    ada, bea = town.customer("ada").id, town.customer("bea").id
    town.close()
    live = go_live(database, keys, clock=rfc3339(MIDNIGHT - BEFORE))
    if killed:
        live.kill().start()

    assert rows(database) == {("this-week", ada), ("right-now", bea)}
    leaves(live, "ada", "this-week", MIDNIGHT)
    assert rows(database) == {("right-now", bea)}, "two seconds are left"
    leaves(live, "bea", "right-now", HALF_AN_HOUR_LATER)
    assert rows(database) == set()
    assert left(database) == [("this-week", ada, MIDNIGHT), ("right-now", bea, HALF_AN_HOUR_LATER)]


def leaves(live: Live, user: str, segment: str, due: Instant) -> None:
    """Asked all the time, they are in it before that second and not from then on; soon after it the rows say so, too."""
    seen_inside, deadline = False, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = live.get(f"/v1/customers/{user}/segments").raise_for_status().json()
        as_of, inside = parse_instant(answer["as_of"], ZONE), [one["segment"] for one in answer["segments"]]
        if as_of >= due:
            assert segment not in inside, answer
            break
        if as_of < due - SECOND:
            assert inside == [segment], answer
            seen_inside = True
        time.sleep(0.02)
    assert seen_inside, "the server had not started in time to be asked before"
    while any(id == segment for id, _ in rows(live.database)):
        assert time.monotonic() < deadline, "nobody was woken"
        time.sleep(0.02)


def rows(database: str) -> set[tuple[str, str]]:
    return {tuple(row) for row in asked(database, select(memberships.c.segment, memberships.c.customer))}


def left(database: str) -> list[tuple[str, str, Instant]]:
    """What was left and when, in that order; each written down at once."""
    columns = segment_moves.c
    found = asked(database, select(segment_moves).where(columns.entered.is_(False)).order_by(columns.id))
    assert [one.recorded_at - one.at < PROMPT for one in found] == [True] * len(found)
    return [(one.segment, one.customer, one.at) for one in found]


def asked(database: str, statement: Any) -> list[Any]:
    store = Store(database)
    try:
        with store.reading() as connection:
            return list(connection.execute(statement))
    finally:
        store.close()


def test_one_answer_says_what_a_customer_left_and_entered(database: str, go_live: GoLive) -> None:
    """Slipping since the ninth of February, she views something new twice, and the answer to that very request says the rest."""
    keys = set_up(database, PROGRAM)
    town = Town(database)
    town.hears(order("ada", "1", 45), now="2017-01-09 12:00")
    town.close()
    live = go_live(database, keys, clock=rfc3339(at("2017-03-01 12:00")))
    assert segments_of(live, "ada") == ["slipping"]

    answer = live.post("batch", {"batch": [view("ada", "cake"), view("ada", "cake")]}).raise_for_status().json()

    said = {(one["segment"], one["move"]): one["because"] for one in answer["segments"]}
    assert said["slipping", "left"] == "They did “Product Viewed” in the last 30 days."
    assert said["interested", "entered"] == (
        "They did “Product Viewed” at least 2 times with one and the same category in the last 7 days."
    )
    assert segments_of(live, "ada") == ["interested", "right-now"]
    assert {segment for segment, _ in rows(database)} == {"interested", "right-now"}


def segments_of(live: Live, user: str) -> list[str]:
    answer = live.get(f"/v1/customers/{user}/segments").raise_for_status().json()
    return [one["segment"] for one in answer["segments"]]
