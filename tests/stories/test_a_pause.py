"""A shop that has to close for the summer stops the clocks: nothing that its members hold runs out meanwhile."""

from regulars.kernel.adopt import adopt
from regulars.kernel.effects import LevelEnding, LevelKept
from regulars.kernel.facts import SpendingReversed
from regulars.kernel.recalled import Memory
from tests.kernel.test_returns import Till
from tests.shop import Shop, at, expired, moves, program

WHY = "No festivals this summer: nothing of yours runs out."
SUMMER = (
    "pauses: [{from: 2026-04-01, to: 2026-09-01, stops: [expiry, tier_reset, streaks],"
    ' why: "No festivals this summer: nothing of yours runs out."}]\n'
)
YEAR = "points: {expire: {after: 12 months}}\n"
LEVELS = "tiers: {by: spend, over: calendar_year, warn: 30 days, levels: [{id: silver, at: 500}]}\n"
ROLLING = LEVELS.replace("calendar_year", "rolling 12 months")


def publishes(shop: Shop, rules: str, when: str) -> list[str]:
    """A new program, which the customer adopts at once; what followed in sentences."""
    new, moment = program(rules), at(when)
    shop.sees(when)
    shop.state, effects = adopt(shop.state, shop.program, new, shop.facts, moment)
    shop.program = new
    shop.effects += effects
    return shop.sentences(effects)


def ends(shop: Shop) -> list[str]:
    return [shop.wall(lot.expires_at) for lot in shop.state.consequences.available]


def test_what_is_due_on_30_june_expires_on_30_november() -> None:
    shop = Shop(YEAR + SUMMER)
    earned = shop.buys("2025-06-30 12:00", "10.00")
    assert shop.sentences(earned)[0].endswith(
        "they last until the end of 2026-11-30 (No festivals this summer: nothing of yours runs out.)."
    )
    assert shop.sees("2026-11-30 23:59:59") == []
    assert expired(shop.sees("2026-12-01 00:00")) == [10]


def test_the_program_says_it_of_itself() -> None:
    assert (
        "From 2026-04-01 to the end of 2026-08-31 nothing expires, no level is lost and no streak breaks: what would end later "
        "ends 153 days later. No festivals this summer: nothing of yours runs out."
        in program(SUMMER).program.describe()
    )


def test_a_pause_that_is_published_moves_what_there_is_and_says_why() -> None:
    shop = Shop(YEAR)
    shop.buys("2025-06-30 12:00", "10.00")
    assert publishes(shop, YEAR + SUMMER, "2026-03-01 12:00") == [
        "10 points were to last until the end of 2026-06-30.",
        f"10 points last until the end of 2026-11-30 now, by what days are paused. {WHY}",
    ]
    assert shop.sees("2026-11-30 23:59") == []
    assert expired(shop.sees("2026-12-01 00:00")) == [10]


def test_a_pause_is_lengthened_and_cut_short() -> None:
    shop = Shop(YEAR + SUMMER)
    shop.buys("2025-06-30 12:00", "10.00")
    publishes(shop, YEAR + SUMMER.replace("2026-09-01", "2026-10-01"), "2026-08-15 12:00")
    assert ends(shop) == ["2026-12-31 00:00"]
    publishes(shop, YEAR + SUMMER.replace("2026-09-01", "2026-08-21"), "2026-08-20 12:00")
    assert ends(shop) == ["2026-11-20 00:00"]


def test_two_pauses_that_overlap_count_once() -> None:
    both = YEAR + SUMMER.replace("}]", "}, {from: 2026-08-01, to: 2026-09-11, stops: expiry}]")
    shop = Shop(YEAR + SUMMER)
    shop.buys("2025-06-30 12:00", "10.00")
    publishes(shop, both, "2026-08-15 12:00")
    assert ends(shop) == ["2026-12-11 00:00"]


def test_days_that_were_paused_stay_so_though_nobody_names_them_any_more() -> None:
    """Taken out while it goes on, the pause is over; taken out when it is over, nothing changes."""
    shop = Shop(YEAR + SUMMER)
    shop.buys("2025-06-30 12:00", "10.00")
    publishes(shop, YEAR, "2026-04-11 12:00")
    assert ends(shop) == ["2026-07-11 00:00"]
    later = Shop(YEAR + SUMMER)
    later.buys("2025-06-30 12:00", "10.00")
    assert publishes(later, YEAR, "2026-10-01 12:00") == []


def test_what_comes_back_from_a_spending_has_not_grown_older_meanwhile() -> None:
    shop = Till(YEAR)
    shop.buys("2025-06-30 12:00", "10.00")
    spent = shop.spends("2026-03-01 12:00", 4)
    old = shop.program
    publishes(shop, YEAR + SUMMER, "2026-03-02 12:00")
    by_version = {one.version: one for one in (old, shop.program)}
    shop.memory = Memory(by_version.__getitem__)
    shop.memory.take(shop.facts[-1], spent, old.version)
    moment = at("2026-10-01 12:00")
    shop.takes(SpendingReversed("back", "ada", moment, moment, "test", shop.facts[-1].id))
    assert (ends(shop), shop.available) == (["2026-12-01 00:00"], 10)


def test_points_earned_during_the_pause_begin_to_count_when_it_is_over() -> None:
    shop = Shop("points: {expire: {after: 10 days}}\n" + SUMMER)
    shop.buys("2026-06-01 12:00", "10.00")
    assert ends(shop) == ["2026-09-12 00:00"]


def test_a_level_is_lost_as_many_days_later_and_can_be_kept_meanwhile() -> None:
    """1 January 2027 and 153 days are 3 June."""
    shop = Shop(LEVELS + SUMMER)
    shop.buys("2026-02-01 12:00", "500.00")
    kept = [one for one in shop.sees("2027-01-01 00:00") if isinstance(one, LevelKept)]
    assert shop.sentences(list(kept)) == [
        "silver holds until the end of 2027-06-02, by what days are paused. No festivals this summer: nothing of yours runs out."
    ]
    [warned] = shop.sees("2027-06-02 23:59")
    assert isinstance(warned, LevelEnding)
    assert shop.wall(warned.effective_at) == "2027-05-04 00:00"
    assert moves(shop.sees("2027-06-03 00:00")) == [("silver", None)]
    again = Shop(LEVELS + SUMMER)
    again.buys("2026-02-01 12:00", "500.00")
    again.buys("2027-03-01 12:00", "500.00")
    assert moves(again.sees("2027-12-31 00:00")) == []
    assert again.tier == "silver"


def test_in_trailing_months_a_level_ends_as_many_days_later() -> None:
    shop = Shop(ROLLING + SUMMER)
    shop.buys("2025-06-29 12:00", "500.00")
    plain = Shop(ROLLING)
    plain.buys("2025-06-29 12:00", "500.00")
    [lost] = [one for one in plain.sees("2026-08-01 00:00") if moves([one])]
    assert shop.wall(lost.effective_at) == "2026-06-30 00:00"
    assert moves(shop.sees("2026-11-29 23:59")) == []
    assert moves(shop.sees("2026-11-30 00:00")) == [("silver", None)]


def test_a_pause_that_is_lengthened_keeps_levels_longer() -> None:
    shop = Shop(LEVELS + SUMMER)
    shop.buys("2026-02-01 12:00", "500.00")
    longer = LEVELS + SUMMER.replace("2026-09-01", "2026-09-11")
    publishes(shop, longer, "2026-08-15 12:00")
    assert moves(shop.sees("2027-06-12 00:00")) == []
    assert moves(shop.sees("2027-06-13 00:00")) == [("silver", None)]
    late = Shop(LEVELS + SUMMER)
    late.buys("2026-02-01 12:00", "500.00")
    publishes(late, longer, "2027-02-01 12:00")
    assert moves(late.sees("2027-06-12 00:00")) == []
    assert moves(late.sees("2027-06-13 00:00")) == [("silver", None)]


def test_a_level_stays_though_the_pause_is_taken_out_when_it_is_over() -> None:
    for day in ("2026-10-01 12:00", "2027-02-01 12:00"):
        shop = Shop(LEVELS + SUMMER)
        shop.buys("2026-02-01 12:00", "500.00")
        publishes(shop, LEVELS, day)
        assert moves(shop.sees("2027-06-02 00:00")) == []
        assert moves(shop.sees("2027-06-03 00:00")) == [("silver", None)]
