"""Edge cases of time. Every test bears the number of its case among those of points, and says what Regulars does."""

from regulars.kernel.adopt import adopt
from regulars.kernel.step import advance
from tests.shop import Shop, at, earned, expired, moves, program

WEEKEND = """
earning:
  - {id: purchase, on: Order Completed, per: 1.00, points: 1}
  - {id: weekend, on: Order Completed, when: {weekday: [saturday, sunday]}, multiply: 2}
"""


def test_case_01_a_month_from_the_31st_ends_with_the_shorter_month() -> None:
    """A day of the month that does not exist is the month's last: from 31 January points last through 28 February, or the 29th of a
    leap year, on the shop's wall.
    """
    for last, over in (("2017-02-28 23:59", "2017-03-01 00:00"), ("2020-02-29 23:59", "2020-03-01 00:00")):
        shop = Shop("points: {expire: {after: 1 month}}")
        shop.buys(f"{last[:4]}-01-31 12:00", "10.00")
        assert shop.sees(last) == []
        assert expired(shop.sees(over)) == [10]


def test_case_02_the_last_moment_of_31_december() -> None:
    """Ends are exclusive instants: “31 December” is 1 January, 00:00, and pages show the day before. An order at that very instant
    comes too late for them.
    """
    shop = Shop('points: {expire: {on: "12-31"}}')
    effects = shop.buys("2017-03-01 12:00", "10.00")
    assert shop.sentences(effects)[0].endswith("they last until the end of 2017-12-31.")
    assert shop.sees("2017-12-31 23:59:59.999999") == []
    effects = shop.buys("2018-01-01 00:00", "5.00")
    assert (expired(effects), earned(effects), shop.available) == ([10], {"purchase": 5}, 5)


def test_case_03_a_midnight_that_does_not_exist() -> None:
    """It is the first instant of its day. São Paulo, 15 October 2017: the clocks go from 23:59:59 to 01:00."""
    shop = Shop("points: {expire: {after: 1 day}}", zone="America/Sao_Paulo")
    shop.buys("2017-10-13 12:00", "10.00")
    expiry = shop.sees("2017-10-16 00:00")
    assert shop.wall(expiry[0].effective_at) == "2017-10-15 01:00"


def test_case_03_a_midnight_that_comes_twice() -> None:
    """It is the earlier one. Havana, 5 November 2017: at 01:00 the clocks go back to 00:00."""
    shop = Shop("points: {expire: {after: 1 day}}", zone="America/Havana")
    shop.buys("2017-11-03 12:00", "10.00")
    expiry = shop.sees("2017-11-06 00:00")
    assert expiry[0].effective_at == shop.at("2017-11-05T00:00:00-04:00")


def test_case_04_the_shops_wall_counts_wherever_the_member_is() -> None:
    """Points, levels and weekdays are read in the program's zone: it is Saturday in Auckland while it is Friday where Ada is, and
    her points end at Auckland's midnight.
    """
    shop = Shop(f"points: {{expire: {{after: 1 day}}}}\n{WEEKEND}", zone="Pacific/Auckland")
    assert earned(shop.buys("2017-03-03T06:00:00-05:00", "10.00")) == {"purchase": 20}
    [expiry] = shop.sees("2017-03-06 12:00")
    assert expiry.effective_at == at("2017-03-05T06:00:00-05:00")


def test_case_05_the_programs_zone_is_changed() -> None:
    """The ends that points were given stay the instants that they are; what is earned from then on is read off the new wall."""
    rules = "points: {expire: {after: 1 day}}"
    shop = Shop(rules)
    shop.buys("2017-03-01 12:00", "10.00")
    new, moment = program(rules, zone="Pacific/Auckland"), at("2017-03-01 13:00")
    shop.state, effects = adopt(shop.state, shop.program, new, shop.facts, moment)
    assert effects == []
    shop.program = new
    shop.buys("2017-03-01T14:00:00-05:00", "5.00")
    ends = [lot.expires_at for lot in shop.state.consequences.available]
    assert ends == [at("2017-03-03 00:00"), at("2017-03-04 00:00", "Pacific/Auckland")]


def test_case_06_a_year_is_a_calendar_year() -> None:
    """From 1 June 2019 to 1 June 2020 are 366 days, and the points last through the last of them."""
    shop = Shop("points: {expire: {after: 12 months}}")
    shop.buys("2019-06-01 09:00", "10.00")
    assert shop.sees("2020-06-01 23:59") == []
    assert expired(shop.sees("2020-06-02 00:00")) == [10]


def test_case_06_a_year_from_a_leap_day() -> None:
    """29 February 2020 and a year is the last day of February 2021; the points can be spent all of that day."""
    shop = Shop("points: {expire: {after: 1 year}}")
    shop.buys("2020-02-29 15:00", "10.00")
    assert shop.sees("2021-02-28 23:59:59.999999") == []
    assert expired(shop.sees("2021-03-01 00:00")) == [10]


def test_case_11_a_night_that_was_missed_loses_nothing() -> None:
    """Whoever is woken late finds everything that fell due meanwhile, in its order and dated when it fell due; woken twice, nothing
    more.
    """
    rules = (
        "points: {hold: 14 days, expire: {after: 3 months}, notices: 30 days}\n"
        "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 100}]}"
    )
    late, nightly = Shop(rules), Shop(rules)
    for shop in (late, nightly):
        shop.buys("2017-10-15 12:00", "100.00")
    seen = []
    for day in range(16, 110):
        moment = nightly.at("2017-10-01 00:00") + day * 86_400_000_000
        nightly.state, effects = advance(nightly.state, moment, nightly.program, moment)
        seen += effects
    missed = late.sees("2018-02-01 00:00")
    assert [(one.effective_at, type(one)) for one in missed] == [(one.effective_at, type(one)) for one in seen]
    assert [late.wall(one.effective_at) for one in missed] == [
        "2017-10-30 00:00",
        "2017-12-16 00:00",
        "2018-01-01 00:00",
        "2018-01-16 00:00",
    ]
    assert (moves(missed), expired(missed)) == ([("silver", None)], [100])
    assert late.sees("2018-02-01 00:00") == []
