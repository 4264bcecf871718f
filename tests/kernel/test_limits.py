"""Limits: how often a rule gives, and how many points."""

from collections.abc import Mapping

import pytest
from hypothesis import given

from regulars.kernel.effects import Effect, Entry, Posted, Refused
from regulars.kernel.facts import Behaved, Fact
from regulars.kernel.limits import ORDER
from regulars.kernel.merging import Owned, merge, part
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import MOST_PERIODS, MOST_VALUES, rebuilt
from regulars.wire.records import Step, decode_effects, encode_effects
from tests.kernel.test_laws import histories
from tests.kernel.test_laws_of_points import lived, lives, programs
from tests.kernel.test_returns import Till, returned
from tests.shop import Shop, earned, refused

REVIEWS = "earning: [{id: review, on: Product Reviewed, points: 50, limit: {times: 3, per: month}}]"
FOLLOWS = "earning: [{id: follow, on: Social Followed, points: 25, limit: {times: 1, per: network}}]"
CAPPED = "earning: [{{id: purchase, on: Order Completed, per: 1.00, points: 1, limit: {{points: 100, per: {per}, over: {over}}}}}]"
TOGETHER = """
points: {{limit: {{points: 100, per: {per}, over: {over}}}}}
earning:
  - {{id: purchase, on: Order Completed, per: 1.00, points: 1}}
  - {{id: visit, on: Order Completed, points: 30}}
  - {{id: review, on: Product Reviewed, points: 50}}
"""


def does(shop: Shop, name: str, when: str, properties: Mapping[str, str]) -> list[Effect]:
    at = shop.at(when)
    return shop.takes(Behaved(f"deed-{len(shop.facts)}", "ada", at, at, "test", name, properties))


def test_three_reviews_a_month_by_the_shops_own_calendar() -> None:
    """The last hour of January in New York is February in Greenwich."""
    shop = Shop(REVIEWS)
    for when in ("2017-01-01 00:00", "2017-01-15 12:00", "2017-01-31 22:00"):
        assert earned(shop.does("Product Reviewed", when)) == {"review": 50}
    fourth = shop.does("Product Reviewed", "2017-01-31 23:59")
    assert refused(fourth) == {"review": "limit_reached"}
    assert shop.sentences(fourth) == ["No points by “review”: it gives at most 3 times a month."]
    assert earned(shop.does("Product Reviewed", "2017-02-01 00:00")) == {"review": 50}


def test_what_comes_late_counts_in_the_month_in_which_it_happened() -> None:
    shop = Shop(REVIEWS)
    for when in ("2017-01-01 12:00", "2017-01-02 12:00", "2017-02-01 12:00", "2017-01-03 12:00"):
        assert earned(shop.does("Product Reviewed", when)) == {"review": 50}
    assert refused(shop.does("Product Reviewed", "2017-01-04 12:00")) == {"review": "limit_reached"}
    assert earned(shop.does("Product Reviewed", "2017-02-02 12:00")) == {"review": 50}


def test_a_follow_counts_once_per_network_however_it_is_written() -> None:
    shop = Shop(FOLLOWS)
    assert earned(does(shop, "Social Followed", "2017-01-01 12:00", {"network": "Instagram"})) == {"follow": 25}
    again = does(shop, "Social Followed", "2018-01-01 12:00", {"network": " instagram"})
    assert shop.sentences(again) == ["No points by “follow”: it gives at most once for each network."]
    assert earned(does(shop, "Social Followed", "2018-01-01 12:00", {"network": "TikTok"})) == {"follow": 25}
    assert earned(does(shop, "Social Followed", "2018-01-01 12:00", {})) == {"follow": 25}
    assert refused(does(shop, "Social Followed", "2018-01-02 12:00", {})) == {"follow": "limit_reached"}


def test_all_limits_of_a_rule_hold() -> None:
    shop = Shop(
        FOLLOWS.replace("limit: {times: 1, per: network}", "limit: [{times: 1, per: network}, {times: 2, per: day}]")
    )
    for number in range(3):
        does(shop, "Social Followed", "2017-01-01 12:00", {"network": str(number)})
    assert shop.available == 50
    assert earned(does(shop, "Social Followed", "2017-01-02 12:00", {"network": "2"})) == {"follow": 25}


@pytest.mark.parametrize(
    ("over", "given", "reason", "said"),
    [
        (
            "clamp",
            {"purchase": 40},
            "cut_to_limit",
            "20 points less by “purchase”: it gives at most 100 points a week.",
        ),
        (
            "refuse",
            {},
            "over_limit",
            "No points by “purchase”: 60 points would be more than is left of its limit, 100 points a week",
        ),
    ],
)
def test_points_beyond_a_limit_are_cut_off_or_refused_as_the_rule_says(
    over: str, given: dict[str, int], reason: str, said: str
) -> None:
    shop = Shop(CAPPED.format(per="week", over=over))
    shop.buys("2017-03-06 12:00", "60.00")
    beyond = shop.buys("2017-03-12 23:59", "60.00")
    assert (earned(beyond), refused(beyond)) == (given, {"purchase": reason})
    assert said in " ".join(shop.sentences(beyond))
    assert earned(shop.buys("2017-03-13 00:00", "60.00")) == {"purchase": 60}


def test_a_limit_per_order_needs_no_counter() -> None:
    shop = Shop(CAPPED.format(per="order", over="clamp"))
    assert earned(shop.buys("2017-03-06 12:00", "500.00")) == {"purchase": 100}
    assert earned(shop.buys("2017-03-06 12:00", "500.00")) == {"purchase": 100}
    assert shop.state.consequences.counts == {}


def test_what_a_rule_gives_at_most_in_all() -> None:
    shop = Shop(CAPPED.format(per="lifetime", over="clamp"))
    shop.buys("2010-03-06 12:00", "60.00")
    assert earned(shop.buys("2017-03-06 12:00", "60.00")) == {"purchase": 40}
    assert refused(shop.buys("2019-03-06 12:00", "60.00")) == {"purchase": "limit_reached"}


@pytest.mark.parametrize("per", ["order", "month"])
def test_all_rules_together_take_what_is_left_in_their_order(per: str) -> None:
    shop = Shop(TOGETHER.format(per=per, over="clamp"))
    first = shop.buys("2017-03-06 12:00", "80.00")
    assert earned(first) == {"purchase": 80, "visit": 20}
    assert "10 points less by “visit”: all rules together give at most 100 points" in " ".join(shop.sentences(first))
    review = shop.does("Product Reviewed", "2017-03-07 12:00")
    assert earned(review) == ({"review": 50} if per == "order" else {})
    assert refused(review) == ({} if per == "order" else {"review": "cap_reached"})
    assert earned(shop.does("Product Reviewed", "2017-04-01 12:00")) == {"review": 50}


def test_all_rules_together_may_refuse_too() -> None:
    shop = Shop(TOGETHER.format(per="month", over="refuse"))
    first = shop.buys("2017-03-06 12:00", "80.00")
    assert (earned(first), refused(first)) == ({"purchase": 80}, {"visit": "over_cap"})
    assert earned(shop.buys("2017-03-07 12:00", "5.00")) == {"purchase": 5}


def test_an_order_that_came_to_nothing_uses_up_nothing() -> None:
    """In the period of the order, however late it goes back; the time itself is free again only when nothing is left of it."""
    rules = (
        CAPPED.format(per="month", over="clamp")
        .replace("limit: {", "limit: [{times: 2, per: year}, {")
        .replace("}}]", "}]}]")
    )
    shop = Till(rules)
    shop.buys("2017-03-06 12:00", "80.00", id="A")
    shop.refunds("2017-03-07 12:00", "A", 30_00)
    assert earned(shop.buys("2017-03-08 12:00", "80.00", id="B")) == {"purchase": 50}
    assert refused(shop.buys("2017-04-01 12:00", "1.00")) == {"purchase": "limit_reached"}
    shop.refunds("2017-05-07 12:00", "A")
    assert earned(shop.buys("2017-03-09 12:00", "80.00", id="C")) == {"purchase": 50}
    assert rebuilt(shop.effects) == shop.state.consequences


def test_points_that_stay_with_the_rule_stay_counted() -> None:
    shop = Till(CAPPED.format(per="month", over="clamp").replace("points: 1,", "points: 1, on_return: keep,"))
    shop.buys("2017-03-06 12:00", "100.00", id="A")
    shop.refunds("2017-03-07 12:00", "A")
    assert refused(shop.buys("2017-03-08 12:00", "80.00")) == {"purchase": "limit_reached"}


def test_what_was_cut_off_does_not_go_back() -> None:
    """A share of what was given: 100 for 300.00, so a third for a third."""
    shop = Till(CAPPED.format(per="order", over="clamp"))
    shop.buys("2017-03-06 12:00", "300.00", id="A")
    assert [returned(shop.refunds("2017-03-07 12:00", "A", 100_00))[0][1] for _ in range(3)] == [33, 33, 34]


@given(programs(), lives())
def test_no_customer_ever_holds_more_than_a_limit_gives(program: Rulebook, facts: list[Fact]) -> None:
    state, effects = lived(program, facts)
    limits = program.earning.limits
    for rule, limit in [(rule, one) for rule, own in [*limits.own.items(), ("", limits.all)] for one in own]:
        for times, points in state.consequences.counts.get(limit.key(rule), {}).values():
            assert limit.times is None or times <= limit.times
            assert limit.points is None or points <= limit.points
        given: dict[str, int] = {}
        for effect in effects:
            if isinstance(effect, Posted) and effect.reckoning is not None and rule in ("", effect.because.rule):
                fact = effect.because.fact or ""
                given[fact] = given.get(fact, 0) + effect.points
        of_orders = [points for fact, points in given.items() if fact.startswith("order")]
        if limit.per == ORDER:
            assert all(points <= (limit.points or 0) for points in of_orders)


@given(programs(), lives())
def test_what_is_counted_is_written_down_and_read_again(program: Rulebook, facts: list[Fact]) -> None:
    _, effects = lived(program, facts)
    for effect in effects:
        if not isinstance(effect, Posted):
            because = effect.because
            step = Step(because.fact, effect.recorded_at, because.version)
            if because.fact is not None:
                assert decode_effects(encode_effects([effect]), step) == [effect]


def test_counters_stay_small() -> None:
    """Of periods the latest are kept: what is older gives nothing more. Of values no more than there is room for."""
    shop = Shop(REVIEWS.replace("per: month", "per: day"))
    for day in range(40):
        shop.does("Product Reviewed", f"2017-{3 + day // 28:02}-{1 + day % 28:02} 12:00")
    assert len(shop.state.consequences.counts["review:day"]) == MOST_PERIODS
    assert refused(shop.does("Product Reviewed", "2017-03-02 13:00")) == {"review": "limit_reached"}
    follower = Shop(FOLLOWS)
    for number in range(MOST_VALUES + 1):
        does(follower, "Social Followed", "2017-03-01 12:00", {"network": str(number)})
    assert follower.available == 25 * MOST_VALUES


def test_who_is_merged_has_used_up_what_both_did_and_parted_what_is_their_own() -> None:
    ada, bob = Shop(FOLLOWS), Shop(FOLLOWS)
    does(ada, "Social Followed", "2017-03-01 12:00", {"network": "a"})
    does(bob, "Social Followed", "2017-03-01 12:00", {"network": "b"})
    at = ada.at("2017-03-02 12:00")
    moved = merge(ada.state, bob.state, ada.program, at, at)
    ada.state = moved.into
    assert rebuilt([*ada.effects, *moved.into_effects]) == moved.into.consequences
    assert refused(does(ada, "Social Followed", "2017-03-03 12:00", {"network": "b"})) == {"follow": "limit_reached"}
    owned = Owned(frozenset(["none"]), 0, {})
    gone = part(ada.state, moved.other, owned, ada.facts, bob.facts, ada.program, at, at)
    assert list(gone.into.consequences.counts.values()) == list(Shop(FOLLOWS).state.consequences.counts.values()) or (
        len(gone.into.consequences.counts["follow=network"]) == 1
    )


@given(programs(), histories())
def test_what_is_kept_back_is_the_difference(program: Rulebook, facts: list[Fact]) -> None:
    """A cut and what was given beside it are what the rule came to."""
    _, effects = lived(program, facts)
    for effect in effects:
        if isinstance(effect, Refused) and effect.reason in (
            "cut_to_limit",
            "cut_to_cap",
            "over_limit",
            "over_cap",
            "outdone",
        ):
            assert effect.points > 0
    for effect in effects:
        if isinstance(effect, Posted) and effect.entry is Entry.EARN and effect.reckoning is not None:
            assert effect.points > 0
