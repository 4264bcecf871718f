"""Edge cases of time: late events, wrong clocks, and whose day it is.

Every test bears the number of its case and says in its docstring what Regulars does; `docs/cases.md` is written from that.
"""

from collections.abc import Iterator

import pytest

from tests.service.town import did, order
from tests.shop import at
from tests.stories.corner import Corner, identify, says

WEEKEND = """
points: {name: {one: star, other: stars}, worth: 0.01, expire: {after: 10 days}}
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: weekend, on: Order Completed, multiply: 2, when: {weekday: [saturday, sunday]}}
"""


@pytest.fixture
def at_weekends(database: str) -> Iterator[Corner]:
    """Points count twice on Saturdays and Sundays, and last ten days."""
    with Corner(database, WEEKEND) as corner:
        yield corner


def page(device: str = "laptop", **more: object) -> dict[str, object]:
    return {"type": "page", "anonymousId": device, **more}


def lots(corner: Corner, user: str) -> list[tuple[int, int | None]]:
    """Points and when they expire, the latest expiry last."""
    return [(lot.points, lot.expires_at) for lot in corner.customer(user, corner.now).lots]


def test_case_07_an_order_that_comes_three_days_late(at_weekends: Corner) -> None:
    """It is kept with the moment it happened, and with the moment it came. Points are given at once and dated by the order: the
    weekend on which it was made counts, and they expire from then. What the customer has already is not touched.
    """
    at_weekends.tells(order("ada", "2", 10))
    at_weekends.tells(order("ada", "1", 45, at="2017-02-26 12:00"))

    late = at_weekends.story("ada")[-1]
    assert late.fact is not None
    assert (late.fact.happened_at, late.fact.recorded_at) == (at("2017-02-26 12:00"), at("2017-03-01 12:00"))
    assert lots(at_weekends, "ada") == [(90, at("2017-03-09 00:00")), (10, at("2017-03-12 00:00"))]


def test_case_07_an_order_so_late_that_its_points_have_expired(at_weekends: Corner) -> None:
    """Points that have expired by the time their order comes are given and taken in one step: the ledger tells the whole story."""
    at_weekends.tells(order("ada", "2", 10))
    at_weekends.tells(order("ada", "1", 45, at="2017-02-12 12:00"))

    assert [(one.entry, one.points) for one in at_weekends.ledger("ada")] == [
        ("earn", 10),
        ("earn", 90),
        ("expire", 90),
    ]
    assert at_weekends.points("ada") == 10


def test_case_08_a_device_whose_clock_is_wrong_by_a_year(corner: Corner) -> None:
    """A clock is wrong by the same amount when something happens and when it is sent: happened = received - (sent - said). The
    moment is put right before anything looks at it; what the device said is not kept beside.
    """
    for year in ("2016", "2018"):
        said, sent = f"{year}-03-01T16:50:00Z", f"{year}-03-01T16:55:00Z"
        corner.browses(did("Product Viewed", anonymousId="laptop", timestamp=said, sentAt=sent))

    assert corner.deeds("laptop", kind="anonymous_id") == [at("2017-03-01 11:55")] * 2


def test_case_08_nothing_happens_in_the_future(corner: Corner) -> None:
    """What would lie ahead, by any amount, happened when it came: there is no tolerance in which points could be dated ahead."""
    ahead = ["2017-03-01T17:00:01Z", "2018-03-01T17:00:00Z"]
    corner.tells(*[did("Product Viewed", userId="ada", timestamp=when) for when in ahead])

    assert corner.deeds("ada") == [at("2017-03-01 12:00")] * 2


def test_case_09_a_server_that_sends_old_events_without_sent_at(corner: Corner) -> None:
    """A server's word is taken as it stands. A time without a zone is read as UTC and not refused (`wire.events.clock`): an event
    that is some hours off is worth more than none. A file of orders must say its zone (`--times-in`).
    """
    written = ["2016-03-01T12:00:00-05:00", "2016-03-01T18:00:00+01:00", "2016-03-01T17:00:00Z", "2016-03-01T17:00:00"]
    corner.tells(*[did("Product Viewed", userId="ada", timestamp=when) for when in written])

    assert corner.deeds("ada") == [at("2016-03-01 12:00")] * 4
    assert {step.recorded_at for step in corner.story("ada")} == {at("2017-03-01 12:00")}


def test_case_18_a_withdrawal_that_comes_late_counts_from_when_it_was_said(corner: Corner) -> None:
    """Words are ordered by when they were said, not by when they came: a late no does not undo the yes that was said after it, and
    a late yes does not undo the no.
    """
    corner.tells(
        says(True, "email", userId="ada", at="2017-02-03 12:00"),
        says(False, "sms", userId="ada", at="2017-02-03 12:00"),
    )
    corner.tells(
        says(False, "email", userId="ada", at="2017-02-02 12:00"),
        says(True, "sms", userId="ada", at="2017-02-02 12:00"),
    )

    assert (corner.may("ada", "email"), corner.may("ada", "sms")) == (True, False)


def test_case_21_whose_weekend_it_is(at_weekends: Corner) -> None:
    """Points go by the shop's wall at the moment of the order, wherever the customer is and whatever offset the time is written
    in. Here New York: Sunday 23:30 there is Monday in Greenwich and in Auckland.
    """
    at_weekends.now = "2017-03-07 12:00"
    at_weekends.tells(
        order("greenwich", "1", 10, timestamp="2017-03-06T04:30:00Z"),
        order("auckland", "2", 10, timestamp="2017-03-06T17:30:00+13:00"),
        order("too-late", "3", 10, timestamp="2017-03-06T05:00:00Z"),
    )

    assert [at_weekends.points(one) for one in ("greenwich", "auckland", "too-late")] == [20, 20, 10]


def test_case_22_a_visit_over_both_clock_changes(corner: Corner) -> None:
    """Half an hour of quiet is half an hour, whatever the wall says: 01:50 and 03:10 are twenty minutes apart when the clocks go
    forward, 01:50 and 01:10 when they go back; and 01:10 and 01:10 may be an hour.
    """
    forward, back = ["2017-03-12T06:50:00Z", "2017-03-12T07:10:00Z"], ["2017-11-05T05:50:00Z", "2017-11-05T06:10:00Z"]
    corner.now = "2017-11-30 12:00"
    corner.browses(*[page(timestamp=when) for when in forward + back])
    corner.browses(*[page("tablet", timestamp=when) for when in ("2017-11-05T05:10:00Z", "2017-11-05T06:10:00Z")])

    assert [one.events for one in corner.visits("laptop")] == [2, 2]
    assert [one.events for one in corner.visits("tablet")] == [1, 1]


def test_case_22_days_of_23_and_25_hours(at_weekends: Corner) -> None:
    """A day ends at the shop's midnight: ten days over a clock change are ten dates, and points expire at midnight on the wall."""
    for number, (when, over) in enumerate(
        (("2017-03-08 23:59", "2017-03-19 00:00"), ("2017-11-01 00:00", "2017-11-12 00:00"))
    ):
        at_weekends.now = when
        at_weekends.tells(order(f"customer-{number}", f"{number}", 10))
        assert lots(at_weekends, f"customer-{number}") == [(10, at(over))]


def test_case_23_a_birthday_is_a_trait(corner: Corner) -> None:
    """It is kept as the shop says it, also 29 February, with its origin."""
    corner.tells(identify("ada", traits={"birthday": "1988-02-29"}))

    assert [(one.name, one.value, one.origin) for one in corner.customer("ada").traits] == [
        ("birthday", "1988-02-29", "declared")
    ]
    assert corner.points("ada") == 0
