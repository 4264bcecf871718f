"""Edge cases of tiers. Every test bears the number of its case among those of points, and says what Regulars does."""

from collections.abc import Iterator

import pytest

from regulars.kernel.adopt import adopt
from regulars.kernel.calendar import SECOND
from regulars.kernel.effects import Entry, LevelEnding, LevelKept, Posted, TierChanged
from regulars.kernel.merging import merge
from regulars.service import joining, levels
from regulars.service.commands import Command
from regulars.service.levels import LevelWord
from tests.kernel.test_returns import Till
from tests.service.town import RULES, Town, order
from tests.shop import Shop, at, earned, moves, program

LEVELS = "levels: [{id: silver, at: 500, gives: {points: 50}}, {id: gold, at: 1500}]"
YEAR = f"tiers: {{by: spend, over: calendar_year, {LEVELS}}}"
KEPT = YEAR.replace("levels:", "keep: {until: end_of_next_year}, levels:")


@pytest.fixture
def town(database: str) -> Iterator[Town]:
    town = Town(database)
    yield town
    town.close()


def test_case_27_the_order_that_reaches_a_level() -> None:
    """It earns at the rate of the level held before it; the level is there with the order, and the next one earns by it."""
    shop = Shop("tiers: {by: spend, over: calendar_year, levels: [{id: gold, at: 500, earn: 2}]}")
    crossing = shop.buys("2017-03-01 12:00", "600.00")
    assert (earned(crossing), moves(crossing)) == ({"purchase": 600}, [(None, "gold")])
    assert earned(shop.buys("2017-03-01 12:00:01", "10.00")) == {"purchase": 20}


def test_case_28_an_order_that_lifted_somebody_comes_back() -> None:
    """The level stands until the reset: what was enjoyed is not taken back, but for what is unused of the reward for entering. The
    sums are what was kept, so that the reset finds what is true, and the way to the next level is told by them at once.
    """
    shop = Till(KEPT)
    shop.buys("2017-03-01 12:00", "600.00", id="A")
    assert shop.available == 650
    shop.refunds("2017-03-05 12:00", "A", 200_00)
    assert (shop.tier, shop.available) == ("silver", 400)
    assert moves(shop.sees("2018-01-01 00:00")) == [("silver", None)]


def test_case_28_at_once_where_the_program_says_so() -> None:
    """`after_return: at_once` takes the level with the return, and only one that these sums gave: last year's stays."""
    shop = Till(KEPT.replace("levels:", "after_return: at_once, levels:"))
    shop.buys("2017-03-01 12:00", "600.00", id="A")
    back = shop.refunds("2017-03-05 12:00", "A", 200_00)
    assert moves(back) == [("silver", None)]
    assert "No longer silver, for what was sent back no longer counts: no level is left." in shop.sentences(back)
    assert moves(shop.buys("2017-12-09 12:00", "300.00")) == [(None, "silver")]
    shop.buys("2018-03-01 12:00", "600.00", id="B")
    assert moves(shop.refunds("2018-03-05 12:00", "B")) == []


def test_case_29_a_level_would_fall_while_an_order_is_on_its_way() -> None:
    """Orders count from when they are placed, not from when their return window is over. With `grace` a level is kept for some days
    after the reset; an order placed in time that arrives within them counts for its own day, and keeps the level.
    """
    shop = Shop("points: {hold: 14 days}\n" + KEPT.replace("levels:", "grace: 30 days, levels:"))
    shop.buys("2016-06-01 12:00", "500.00")
    shop.buys("2017-06-01 12:00", "480.00")
    (grace,) = [one for one in shop.sees("2018-01-05 12:00") if isinstance(one, LevelKept)]
    assert (shop.wall(grace.until), grace.in_grace) == ("2018-01-31 00:00", True)
    shop.buys("2017-12-31 18:00", "20.00")
    assert moves(shop.sees("2018-12-31 12:00")) == []
    assert shop.tier == "silver"


def test_case_30_what_was_bought_long_ago_drops_out_of_the_window() -> None:
    """A level over rolling months is looked at when the shop's day begins, and at no other time: within a day it falls at most
    once, and whoever reaches it again the same day keeps it. With `warn` the end is told beforehand, once.
    """
    rules = "tiers: {by: spend, over: rolling 3 months, warn: 1 week, levels: [{id: silver, at: 500}]}"
    shop = Shop(rules)
    shop.buys("2017-03-01 18:00", "500.00")
    told = shop.sees("2017-06-02 09:00")
    assert [(type(one).__name__, shop.wall(one.effective_at)) for one in told] == [
        ("LevelEnding", "2017-05-26 00:00"),
        ("TierChanged", "2017-06-02 00:00"),
    ]
    assert moves(shop.buys("2017-06-02 10:00", "500.00")) == [(None, "silver")]
    assert shop.buys("2017-06-02 11:00", "-400.00")
    assert shop.tier == "silver"
    assert moves(shop.sees("2017-06-02 23:59")) == []
    assert moves(shop.sees("2017-06-03 00:00")) == [("silver", None)]


def test_case_31_thresholds_are_changed_while_people_hold_levels() -> None:
    """A new version of the program: whoever reaches a level by it has it at once; whoever no longer does keeps the level to the end
    that it had under the old one.
    """
    shop = Shop(KEPT)
    shop.buys("2017-03-01 12:00", "600.00")
    higher = program(KEPT.replace("at: 500", "at: 700"))
    shop.state, effects = adopt(shop.state, shop.program, higher, shop.facts, shop.state.clock)
    shop.program = higher
    assert [shop.wall(one.until) for one in effects if isinstance(one, LevelKept)] == ["2019-01-01 00:00"]
    assert moves(shop.sees("2018-12-31 23:59")) == []
    assert moves(shop.sees("2019-01-01 00:00")) == [("silver", None)]

    shop = Shop(KEPT)
    shop.buys("2017-03-01 12:00", "600.00")
    lower = program(KEPT.replace("at: 1500", "at: 600"))
    shop.state, effects = adopt(shop.state, shop.program, lower, shop.facts, shop.state.clock)
    assert moves(effects) == [("silver", "gold")]


def test_case_31_a_published_program_takes_no_level_before_its_time(town: Town) -> None:
    """The same in the running shop: everybody is brought to the new program, and the level falls when it would have fallen."""
    rules = RULES + "tiers: {by: spend, over: rolling 2 months, levels: [{id: silver, at: 40}]}\n"
    town.applies(rules)
    town.hears(order("ada", "1", 45), now="2017-03-01 12:00")
    town.applies(rules.replace("at: 40", "at: 50"), "2017-03-10 12:00")
    town.adopts("2017-03-10 12:00")
    assert [town.customer("ada", when).tier.id for when in ("2017-05-01 23:59", "2017-05-02 00:00")] == ["silver", None]


def test_case_32_everything_falls_due_in_one_night() -> None:
    """Points become available, then levels are looked at, then points expire, then levels again. What a level gives for being in it
    is that of the level held before.
    """
    shop = Shop(
        "points: {hold: 31 days, expire: {after: 10 months, until: end_of_year}}\n"
        "tiers: {by: spend, over: calendar_year, warn: 1 day, levels: [{id: silver, at: 500}]}"
    )
    shop.buys("2017-01-10 12:00", "500.00")
    shop.buys("2017-11-30 12:00", "7.00")
    night = [one for one in shop.sees("2018-01-01 00:00") if shop.wall(one.effective_at) == "2018-01-01 00:00"]
    assert [one.entry if isinstance(one, Posted) else type(one) for one in night] == [
        Entry.ACTIVATE,
        TierChanged,
        Entry.EXPIRE,
    ]
    assert shop.available == 7


def test_case_32_a_night_that_nobody_woke_for_is_caught_up_in_its_order() -> None:
    """Each effect bears the moment at which it was due: a warning that was missed stands before the end that it tells of."""
    rules = KEPT.replace("levels:", "warn: 30 days, levels:")
    slept, woke = Shop(rules), Shop(rules)
    for shop in (slept, woke):
        shop.buys("2017-03-01 12:00", "500.00")
    for when in ("2018-12-01 23:00", "2018-12-02 00:00", "2018-12-31 12:00", "2019-01-01 00:00"):
        woke.sees(when)
    slept.sees("2020-06-01 12:00")
    told = [[(type(one), one.effective_at) for one in shop.effects] for shop in (slept, woke)]
    assert told[0] == told[1]
    assert [one for one, _ in told[0]][-2:] == [LevelEnding, TierChanged]


def test_case_33_two_members_turn_out_to_be_one(town: Town) -> None:
    """What counts for a level is added; the higher level is kept to its end, one that was given by hand too; and what both reach
    together is given at once, without a second reward for entering.
    """
    town.applies(RULES + f"{YEAR.replace('500', '40').replace('1500', '60')}\n")
    town.hears(order("work", "1", 45), order("home", "2", 5), now="2017-03-01 12:00")
    work, home = town.customer("work").id, town.customer("home").id
    word = LevelWord(home, "gold", at("2017-06-01 00:00"))
    levels.set_level(town.shop, word, Command("level", None, b"", "eve"), at("2017-03-02 12:00"))
    joining.merge(town.shop, home, work, "eve", "one person", at("2017-03-05 12:00"))
    seen = [
        town.customer("work", when).tier.id for when in ("2017-03-05 12:00", "2017-05-31 23:59", "2017-06-01 00:00")
    ]
    assert seen == ["gold", "gold", "silver"]
    assert town.points("work", "2017-03-05 12:00") == 45 + 50 + 5


def test_case_33_a_level_that_outlasts_its_sums_is_kept_to_the_end_that_it_had() -> None:
    """Somebody's level since entry goes over with its own end, though their orders have left the window meanwhile."""
    rules = "tiers: {by: spend, over: {since_entry: 12 months}, levels: [{id: silver, at: 500}]}"
    one, other = Shop(rules), Shop(rules)
    one.buys("2017-05-01 12:00", "10.00")
    other.buys("2016-08-01 12:00", "400.00")
    other.buys("2017-03-01 12:00", "100.00")
    moment = at("2017-09-01 12:00")
    one.state = merge(one.state, other.state, one.program, moment, moment + SECOND).into
    assert one.tier == "silver"
    assert moves(one.sees("2018-03-01 23:59")) == []
    assert moves(one.sees("2018-03-02 00:00")) == [("silver", None)]
