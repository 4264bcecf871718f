"""What a program document says of how long things live: what it means, and what is wrong with it."""

import pytest

from regulars.kernel.calendar import Duration
from regulars.kernel.lifespans import HoldUntil, Inactivity, OnDates
from regulars.kernel.pauses import Pause
from regulars.wire.program import parse_program
from tests.wire.documents import PLAIN
from tests.wire.test_program import mistakes

HOLD_ENDS = "“fulfilment”, “returns_end” or a date such as 2026-12-24"
TOO_SOON = (
    "and those of the last days before a date of “on” would expire before that: say “at_least” how long they last"
)
LOYAL = "segments: {loyal: {did: Order Completed, at_least: 2}}\n"


def test_what_is_said_is_what_is_meant() -> None:
    points = parse_program(
        f"{PLAIN}points: {{hold: {{until: fulfilment, at_most: 30 days}}, notices: [7 days, 30 days],"
        ' expire: {on: ["12-31", "06-30"], at_least: 3 months}}'
    ).program.points
    assert points.hold_until == HoldUntil("fulfilment", Duration(30, "days"))
    assert points.expire_on == OnDates(((12, 31), (6, 30)), Duration(3, "months"))
    assert (points.hold, points.expire, points.notices) == (None, None, (30, 7))
    asleep = parse_program(f"{PLAIN}points: {{expire: {{inactive_for: 1 year, counts: Points Spent}}}}").program.points
    assert asleep.inactive == Inactivity(Duration(1, "years"), ("Points Spent",))


def test_a_pause_is_the_same_in_whatever_order_it_is_written() -> None:
    one = parse_program(f"{PLAIN}pauses: [{{from: 1970-01-02, to: 1970-01-04, stops: [streaks, expiry]}}]")
    other = parse_program(f"{PLAIN}pauses: [{{stops: [expiry, streaks], to: 1970-01-04, from: 1970-01-02}}]")
    assert one.version == other.version
    assert one.program.pauses == (Pause(1, 3, ("streaks", "expiry")),)


def test_who_says_nothing_of_it_keeps_their_version() -> None:
    said = parse_program(f"{PLAIN}points: {{worth: 0.01}}").program.points
    assert (said.hold_until, said.expire_on, said.inactive, said.notices, said.spares) == (None, None, None, (), ())


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        (
            "points: {hold: {until: fulfilment}}",
            "points.hold: “at_most” is missing: how long at most, should nobody tell",
        ),
        (
            "points: {hold: {until: returns_end, at_most: 3 days}}",
            "points.hold.at_most: “at_most” does not go with this “until”; write “window”",
        ),
        (
            "points: {hold: {until: fulfillment, at_most: 3 days}}",
            f"points.hold.until: expected {HOLD_ENDS}; found “fulfillment”; did you mean “fulfilment”?",
        ),
        (
            "points: {expire: {after: 1 month, inactive_for: 1 year, counts: Points Spent}}",
            "points.expire.inactive_for: “after” and “inactive_for” are two ways to end; there can be one",
        ),
        (
            "points: {expire: {after: 1 month, at_least: 1 year}}",
            "points.expire.at_least: “at_least” goes with “on”; leave it out",
        ),
        (
            "points: {expire: {inactive_for: 1 year}}",
            "points.expire: “counts” is missing: the events that count as activity, such as [Order Completed, Points Spent]",
        ),
        (
            "points: {expire: {inactive_for: 1 year, counts: Points Redeemed}}",
            "points.expire.counts: there is no “Points Redeemed” here; did you mean “Points Spent”?",
        ),
        (
            "points: {expire: {inactive_for: 12 hours, counts: Points Spent}}",
            "points.expire.inactive_for: expected days, weeks, months or years; found “12 hours”",
        ),
        (
            'points: {expire: {on: "13-31"}}',
            "points.expire.on: expected a month and a day that are in the calendar; found “13-31”",
        ),
        (
            'points: {hold: 14 days, expire: {on: "12-31"}}',
            f"points.hold: points are pending for 14 days, {TOO_SOON}",
        ),
        (
            "points: {notices: 7 days}",
            "points.notices: points never expire here, so there is nothing to tell; leave “notices” out",
        ),
        (
            "points: {expire: {after: 1 month}, notices: 1 month}",
            "points.notices: expected days or weeks, 366 days at most; found “1 month”",
        ),
        (
            "points: {expire: {after: 1 month, spares: loyl}}\n" + LOYAL,
            "points.expire.spares: there is no segment “loyl”; did you mean “loyal”?",
        ),
        (
            "pauses: [{from: 2026-04-01, to: 2026-04-01, stops: expiry}]",
            "pauses[0].to: “to” is the first day that counts again, and must come after “from”",
        ),
        (
            "pauses: [{from: 2026-04-01, to: 2036-04-01, stops: expiry}]",
            "pauses[0].to: a pause is of at most three years; let what should never expire never expire",
        ),
        (
            "pauses: [{from: 2026-04-01, to: 2026-05-01, stops: tier_resets}]",
            "pauses[0].stops: expected “expiry”, “tier_reset” or “streaks”; found “tier_resets”; did you mean “tier_reset”?",
        ),
    ],
)
def test_each_mistake_is_told_once_and_alone(written: str, mistake: str) -> None:
    assert mistakes(f"{PLAIN}{written}\n") == [mistake]
