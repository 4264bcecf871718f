"""What members read of the program, and what they do not."""

from datetime import date

from regulars.kernel.calendar import Day, day_of_date
from regulars.kernel.how_it_works import how_it_works
from regulars.wire.program import load_program, parse_program

DOCUMENT = """\
program: corner-shop
currency: USD
members: those_who_join
time_zone: America/New_York
points:
  name: {one: star, other: stars}
  worth: 0.0137
  redeemed: 80%
  hold: 14 days
  expire: {after: 12 months, until: end_of_month}
  debt: unlimited
  second_look_above: 77
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1, holdout: exempt}
  - {id: tried, on: Order Completed, points: 33, for: {trial: stars, arm: many}}
  - {id: quiet, on: Order Completed, points: 44, when: {segment: at-risk}}
  - {id: summer, on: Order Completed, multiply: 2, when: {from: 2018-06-01, to: 2018-09-01}}
tiers:
  by: spend
  over: calendar_year
  levels:
    - {id: silver, at: 500}
    - {id: gold, at: 1500, earn: 1.2, perks: [early, hidden]}
perks:
  early: {title: Early access, opens: {at: 2018-11-27T09:00, before_others: 4 hours}}
  hidden: {title: A secret, for: {share: 10%}}
  wished: {title: Not yet, interest_only: yes}
holdout: {share: 5%, salt: corner-2026}
trials:
  stars: {arms: [few, many]}
segments: {at-risk: {did: Order Completed, at_least: 2}}
pauses:
  - {from: 2018-04-01, to: 2018-05-01, stops: [expiry], why: "We are closed."}
"""


def told(on: str) -> dict[str, str]:
    day: Day = day_of_date(date.fromisoformat(on))
    return {one.id: " ".join(one.sentences) for one in how_it_works(parse_program(DOCUMENT).program, day)}


def test_what_earns_how_long_it_lasts_levels_perks_and_pauses() -> None:
    assert told("2018-01-01") == {
        "members": "Whoever joins takes part.",
        "earning": "1 star for each whole 1.00 USD spent. 2 times the stars from 2018-06-01 until the end of 2018-08-31.",
        "points": "Stars are pending for 14 days. Stars expire after 12 months, at the end of that month. "
        "While stars are pending they cannot be spent yet.",
        "levels": "Levels go by what is spent in a calendar year. Silver from 500.00 USD. "
        "Gold from 1,500.00 USD, 1.2 times the stars, with Early access.",
        "perks": "“Early access”, for gold, 4 hours before everybody may, on 2018-11-27 09:00.",
        "pauses": "From 2018-04-01 to the end of 2018-04-30 nothing expires: what would end later ends 30 days later. "
        "We are closed.",
    }


def test_what_is_only_for_some_and_what_is_the_shops_business_is_not_told() -> None:
    said = " ".join(told("2018-01-01").values())

    for secret in (
        "33",
        "44",
        "at-risk",
        "secret",
        "Not yet",
        "0.0137",
        "80",
        "held out",
        "holdout",
        "trial",
        "77",
        "owed",
    ):
        assert secret not in said


def test_what_there_is_to_do_and_the_clubs_are_told_by_what_members_call_them() -> None:
    program = load_program("programs/tea-club/program.yaml").program

    said = {one.id: " ".join(one.sentences) for one in how_it_works(program, day_of_date(date(2018, 1, 1)))}

    assert "“Tell us”: “Product Reviewed” 2 times within 10 days gives 25 leaves" in said["games"]
    assert "with Free shipping" in said["clubs"]
    assert "free-shipping" not in said["clubs"]


def test_what_is_over_is_not_told() -> None:
    later = told("2018-09-01")

    assert "2 times" not in later["earning"]
    assert "pauses" not in later
    assert "2 times" in told("2018-08-31")["earning"]
