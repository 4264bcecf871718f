"""What conditions mean: one customer, one condition as a shopkeeper writes it, one moment."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from regulars.kernel.calendar import SECOND
from regulars.kernel.effects import Lot
from regulars.kernel.facts import FOREVER, Behaved, Fact, MemberJoined, OrderCompleted, Trust
from regulars.kernel.segments.changing import changes_at
from regulars.kernel.segments.distance import metres_between
from regulars.kernel.segments.meaning import Known, holds, place_of
from regulars.kernel.segments.passing import Truth
from regulars.kernel.segments.tree import Condition
from tests.shop import at, line, order, program

TIERS = (
    "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 1}, {id: gold, at: 2}, {id: platinum, at: 3}]}"
)


def read(condition: str) -> dict[str, Condition]:
    """With an e-mail address besides, since a program refuses what would hold of strangers."""
    rulebook = program(f"{TIERS}\nsegments: {{asked: {{all: [{{known_by: email}}, {condition}]}}}}")
    return {segment.id: segment.condition for segment in rulebook.program.segments}


def is_it(condition: str, *facts: Fact, now: str = "2017-03-15 12:00", **more: Any) -> Truth:
    """Of Ada, who has an e-mail address."""
    segments = read(condition)
    ada = Known("ada", program().calendar, facts, kinds={"email"}, segments=segments, **more)
    return holds(segments["asked"], ada, at(now))


def bought(
    when: str, amount: str = "10.00", category: str = "tea", more: Mapping[str, str] | None = None
) -> OrderCompleted:
    return order(at(when), line(amount, {"category": category, **(more or {})}), id=f"order-{when}-{amount}")


def did(name: str, when: str, properties: Mapping[str, str] | None = None, trust: Trust = Trust.SHOP) -> Behaved:
    moment = at(when)
    return Behaved(f"{name}-{when}", "ada", moment, moment, "test", name, properties or {}, trust)


# --- when --------------------------------------------------------------------------------------------------------------


def test_the_last_seven_days_are_today_and_the_seven_before_it():
    week = "{did: Order Completed, within: 7 days}"
    bought_on_the_first = bought("2017-03-01 23:59")

    assert is_it(week, bought_on_the_first, now="2017-03-08 23:59")
    assert not is_it(week, bought_on_the_first, now="2017-03-09 00:00")


def test_hours_are_exact_even_in_the_night_when_clocks_go_forward():
    day = "{did: Order Completed, within: 24 hours}"
    on_saturday = bought("2017-03-11 12:00")

    assert is_it(day, on_saturday, now="2017-03-12 12:59")
    assert not is_it(day, on_saturday, now="2017-03-12 13:00")


def test_a_month_looks_back_from_today():
    month = "{did: Order Completed, within: 1 month}"

    assert is_it(month, bought("2017-01-28 00:00"), now="2017-02-28 12:00")
    assert not is_it(month, bought("2017-01-31 23:59"), now="2017-03-01 00:00")


def test_sixty_to_thirty_days_ago():
    between = "{did: Order Completed, between: {older: 60 days, newer: 30 days}}"

    assert [
        is_it(between, bought("2017-01-01 12:00"), now=now) for now in ("2017-01-31 12:00", "2017-02-01 00:00")
    ] == [
        False,
        True,
    ]
    assert [
        is_it(between, bought("2017-01-01 12:00"), now=now) for now in ("2017-03-02 23:59", "2017-03-03 00:00")
    ] == [
        True,
        False,
    ]


def test_dates_are_the_shops_own_days_the_last_one_not_included():
    march = "{did: Order Completed, from: 2017-03-01, to: 2017-04-01}"

    assert is_it(march, bought("2017-03-01 00:00"), now="2017-05-01 00:00")
    assert is_it(march, bought("2017-03-31 23:59"), now="2017-05-01 00:00")
    assert not is_it(march, bought("2017-04-01 00:00"), now="2017-05-01 00:00")


def test_what_has_not_happened_yet_counts_for_nothing():
    assert not is_it("{did: Order Completed}", bought("2017-03-15 12:01"))


def test_what_happens_counts_from_the_second_in_which_it_happens():
    moment = at("2017-03-15 12:00") + SECOND // 2
    half_past = Behaved("view", "ada", moment, moment, "test", "Product Viewed", {})

    assert is_it("{did: Product Viewed}", half_past)


# --- how often and how much --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("{did: Order Completed, at_least: 3}", True),
        ("{did: Order Completed, at_least: 4}", False),
        ("{did: Order Completed, exactly: 3}", True),
        ("{did: Order Completed, at_most: 2}", False),
        ("{did: Order Completed, where: {category: [tea, cake]}, exactly: 3}", True),
        ("{did: Order Completed, where: {category: cake}, exactly: 1}", True),
        ("{did: Order Completed, where: {amount: {at_least: 20}}, exactly: 2}", True),
        ("{did: Order Completed, where: {products.amount: {at_least: 20}}, exactly: 1}", True),
        ("{sum: {of: amount, in: Order Completed}, exactly: 60.00}", True),
        ("{sum: {of: products.amount, in: Order Completed, where: {category: tea}}, exactly: 40.00}", True),
        ("{sum: {of: amount, in: Order Completed, where: {category: cake}}, exactly: 20.00}", True),
        ("{average: {of: amount, in: Order Completed}, exactly: 20.00}", True),
        ("{least: {of: amount, in: Order Completed}, exactly: 10.00}", True),
        ("{greatest: {of: amount, in: Order Completed}, exactly: 30.00}", True),
        ("{distinct: {of: products.category, in: Order Completed}, exactly: 2}", True),
        ("{did: Order Completed, same: category, exactly: 3}", True),
        ("{sum: {of: products.quantity, in: Order Completed}, exactly: 5}", True),
    ],
)
def test_three_orders_of_sixty_dollars(condition, answer):
    """Tea for 10.00; tea for 10.00 and cake for 10.00; tea for 20.00 and 10.00 more of which nothing is said."""
    tea = {"category": "tea"}
    first = order(at("2017-03-01 12:00"), line("10.00", tea), id="1")
    second = order(at("2017-03-02 12:00"), line("10.00", tea), line("10.00", {"category": "cake"}), id="2")
    third = order(at("2017-03-03 12:00"), line("20.00", tea), line("10.00"), id="3")

    assert is_it(condition, first, second, third) is answer


def test_the_same_thing_looked_at_three_times():
    same = "{did: Product Viewed, same: product_id, at_least: 3}"
    views = [did("Product Viewed", f"2017-03-0{day} 12:00", {"product_id": id}) for day, id in enumerate("ABAB", 1)]

    assert not is_it(same, *views)
    assert is_it(same, *views, did("Product Viewed", "2017-03-09 12:00", {"product_id": "A"}))


def test_numbers_of_other_events_are_taken_as_they_were_sent_and_words_are_no_numbers():
    rated = [
        did("Rated", f"2017-03-0{day} 12:00", {"stars": stars}) for day, stars in enumerate(["4.5", "5", "many"], 1)
    ]

    assert is_it("{average: {of: stars, in: Rated}, exactly: 4.75}", *rated)


def test_a_browsers_word_for_an_order_is_no_order():
    assert not is_it("{did: Order Completed}", did("Order Completed", "2017-03-01 12:00", trust=Trust.WEAK))


def test_joining():
    moment = at("2017-03-01 12:00")

    assert is_it("{did: Member Joined, within: 30 days}", MemberJoined("join", "ada", moment, moment, "test"))


# --- which share of it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bounds", "answer"),
    [("at_least: 33%", True), ("at_least: 33.4%", False), ("at_most: 33.4%", True), ("exactly: 0%", False)],
)
def test_one_order_of_three_was_bought_at_a_discount(bounds, answer):
    share = f"{{share_of: {{in: Order Completed, where: {{order_discount: {{at_least: 0.01}}}}, {bounds}}}}}"
    orders = [bought("2017-01-01 12:00"), bought("2017-02-01 12:00"), bought("2017-03-01 12:00")]
    cheaper = [*orders[:2], bought("2017-03-01 12:00", more={"order_discount": "1.50"})]

    assert is_it(share, *cheaper) is answer


def test_of_nothing_there_is_no_share():
    full_price = (
        "{share_of: {in: Order Completed, where: {order_discount: {at_least: 0.01}}, within: 30 days, at_most: 0%}}"
    )
    order = bought("2017-03-01 12:00")

    assert is_it(full_price) is None
    assert is_it(full_price, order, now="2017-03-31 12:00") is True
    assert is_it(full_price, order, now="2017-04-01 12:00") is None


# --- unknown is neither true nor false ---------------------------------------------------------------------------------


def test_whoever_never_ordered_has_no_last_order():
    longer = "{since_last: Order Completed, more_than: 60 days}"

    assert is_it(longer) is None
    assert is_it(f"{{none: [{longer}]}}") is None
    assert is_it(f"{{any: [{longer}, {{known_by: email}}]}}") is True
    assert is_it(longer, bought("2017-01-14 00:00")) is False
    assert is_it(longer, bought("2017-01-13 23:59")) is True


def test_there_is_no_average_of_nothing_but_a_sum():
    assert is_it("{average: {of: amount, in: Order Completed}, at_least: 1}") is None
    assert is_it("{sum: {of: amount, in: Order Completed}, at_least: 1}") is False


def test_a_trait_that_nobody_told_is_not_false():
    assert is_it("{trait: city, is_not: Lund}") is None
    assert is_it("{none: [{trait: city, is: Lund}]}") is None
    assert is_it("{trait: city, set: no}") is True
    assert is_it("{trait: newsletter, truth: no}") is None


@pytest.mark.parametrize(
    ("value", "test", "answer"),
    [
        ("Lund", "is: Lund", True),
        ("Lund", "is: [Malmö, Lund]", True),
        ("lund", "is: Lund", False),
        ("Lund", "is_not: Malmö", True),
        ("Lund", "starts_with: L", True),
        ("Lund", "ends_with: L", False),
        ("Lund", "contains: un", True),
        ("3", "at_least: 3", True),
        ("3.5", "{at_least: 1, at_most: 3}", False),
        ("three", "at_least: 3", None),
        ("true", "truth: yes", True),
        ("No", "truth: no", True),
        ("perhaps", "truth: yes", None),
        ("1990-05-01", "before: 1990-05-02", True),
        ("1990-05-01", "after: 1990-05-01", False),
        ("2017-03-08", "within_last: 7 days", True),
        ("2017-03-07", "within_last: 7 days", False),
        ("2017-03-15", "within_next: 7 days", True),
        ("2017-03-22", "within_next: 7 days", True),
        ("2017-03-23", "within_next: 7 days", False),
        ("2017-03-15T03:59:00Z", "before: 2017-03-15", True),
        ("1990-03-22", "anniversary_within: 7 days", True),
        ("1990-03-23", "anniversary_within: 7 days", False),
        ("1990-03-14", "anniversary_within: 7 days", False),
        ("some day", "before: 2020-01-01", None),
        ("2017-02-30", "before: 2020-01-01", None),
    ],
)
def test_traits_are_held_against_what_they_are(value, test, answer):
    condition = f"{{trait: it, {test.strip('{}')}}}"

    assert is_it(condition, traits={"it": value}) is answer


def test_whoever_is_born_on_29_february_celebrates_the_28th_where_there_is_none():
    birthday = "{trait: birthday, anniversary_within: 1 day}"
    born = {"birthday": "1996-02-29"}
    days = ["02-26", "02-27", "02-28", "02-29", "03-01"]

    assert [is_it(birthday, now=f"2016-{day} 12:00", traits=born) for day in days] == [False, False, True, True, False]
    assert [is_it(birthday, now=f"2017-{day} 12:00", traits=born) for day in (*days[:3], days[4])] == [
        False,
        True,
        True,
        False,
    ]


# --- one after the other -----------------------------------------------------------------------------------------------

ABANDONED = (
    "{in_order: [{did: Product Viewed}, {did: Product Added, within: 2 hours}, {not: Order Completed, within: 24 hours}],"
    " within: 7 days}"
)


def test_viewed_then_added_then_did_not_order_within_a_day():
    viewed, added = did("Product Viewed", "2017-03-14 12:00"), did("Product Added", "2017-03-14 13:00")

    assert not is_it(ABANDONED, viewed, added, now="2017-03-15 12:59")
    assert is_it(ABANDONED, viewed, added, now="2017-03-15 13:00")
    assert not is_it(ABANDONED, viewed, added, bought("2017-03-15 12:59"), now="2017-03-15 13:00")
    assert is_it(ABANDONED, viewed, added, bought("2017-03-15 13:00"), now="2017-03-15 13:00")
    assert not is_it(ABANDONED, viewed, added, now="2017-03-22 00:00")


def test_steps_out_of_order_or_too_late_are_none():
    viewed = did("Product Viewed", "2017-03-14 12:00")

    assert not is_it(ABANDONED, did("Product Added", "2017-03-14 11:00"), viewed, now="2017-03-16 12:00")
    assert not is_it(ABANDONED, viewed, did("Product Added", "2017-03-14 14:00"), now="2017-03-16 12:00")


# --- what they are and hold --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "tiers"),
    [
        ("{tier: {at_least: gold}}", ["gold", "platinum"]),
        ("{tier: {at_most: silver}}", [None, "silver"]),
        ("{tier: gold}", ["gold"]),
        ("{tier: [gold, none]}", [None, "gold"]),
        ("{tier: none}", [None]),
    ],
)
def test_levels(condition, tiers):
    assert [tier for tier in (None, "silver", "gold", "platinum") if is_it(condition, tier=tier)] == tiers


def test_points_are_those_of_the_moment():
    """A hundred: pending until the 10th, gone with the end of the 20th."""
    lots = (Lot(("order", 0), 100, at("2017-03-01 12:00"), at("2017-03-10 00:00"), at("2017-03-21 00:00")),)
    available = "{points: {available: {at_least: 100}}}"
    soon = "{expiring_points: {within: 3 days, at_least: 1}}"

    days = ["2017-03-09 23:59", "2017-03-10 00:00", "2017-03-20 23:59", "2017-03-21 00:00"]
    assert [is_it(available, now=day, lots=lots) for day in days] == [False, True, True, False]
    assert is_it("{points: {pending: {at_least: 1}}}", now="2017-03-09 23:59", lots=lots)
    assert is_it("{points: {lifetime: {at_least: 1}}}", now="2019-03-09 23:59", lifetime=100)
    days = ["2017-03-16 23:59", "2017-03-17 00:00", "2017-03-20 23:59", "2017-03-21 00:00"]
    assert [is_it(soon, now=day, lots=lots) for day in days] == [False, True, True, False]


def test_who_they_are():
    assert is_it("{member: yes}", is_member=True)
    assert not is_it("{member: yes}")
    assert is_it("{consent: sms}", allows={"sms"})
    assert not is_it("{consent: sms}", allows={"email"})
    assert is_it("{known_by: email}")
    assert not is_it("{known_by: phone}")


def test_how_they_came_and_how_they_were_last_here():
    visits: dict[str, Any] = {
        "first_visit": {"channel": "paid_search", "country": "SE"},
        "last_visit": {"device": "phone"},
    }

    assert is_it("{visit: {device: phone}}", **visits) is True
    assert is_it("{visit: {device: [desktop, tablet]}}", **visits) is False
    assert is_it("{first_visit: {channel: paid_search, country: {is_not: [NO, DK]}}}", **visits) is True
    assert is_it("{first_visit: {campaign: spring}}", **visits) is None
    assert is_it("{visit: {device: {set: no}}}") is True


@pytest.mark.parametrize(
    ("latitude", "longitude", "answer"),
    [
        ("55.7047", "13.1910", True),
        ("55.6050", "13.0038", True),
        ("55.6761", "12.5683", False),
        ("55.7047", "many", None),
        ("95.0", "13.19", None),
    ],
)
def test_within_twenty_kilometres_of_lund(latitude, longitude, answer):
    """Lund itself; Malmö, 16 km away; Copenhagen, 39 km; and two that are no place."""
    near = "{near: {latitude: 55.7047, longitude: 13.1910, within: 20 km, traits: {latitude: lat, longitude: lng}}}"

    assert is_it(near, traits={"lat": latitude, "lng": longitude}) is answer
    assert is_it(near, traits={"lat": latitude}) is None


def test_distances_are_whole_metres_on_a_sphere():
    """A quarter of the equator, a pole from a pole, and a step over the date line; by hand from the radius of 6,371,008.8 m."""
    here = (Fraction(0), Fraction(0))

    assert metres_between(here, here) == 0
    assert metres_between(here, (Fraction(0), Fraction(90))) == 10_007_557
    assert metres_between((Fraction(90), Fraction(0)), (Fraction(-90), Fraction(7))) == 20_015_114
    assert metres_between((Fraction(0), Fraction("179.995")), (Fraction(0), Fraction("-179.995"))) == 1_112


def test_the_shops_newest_word_about_a_list_counts():
    vip = {"list": "vip"}
    joined, left = did("List Joined", "2017-03-01 12:00", vip), did("List Left", "2017-03-02 12:00", vip)
    back = did("List Joined", "2017-03-03 12:00", vip)

    assert is_it("{list: vip}") is False
    assert is_it("{list: vip}", joined) is True
    assert is_it("{list: staff}", joined) is False
    assert is_it("{list: [staff, vip]}", joined) is True
    assert is_it("{list: vip}", joined, left) is False
    assert is_it("{list: vip}", joined, left, back) is True
    assert is_it("{list: vip}", joined, left, back, now="2017-03-02 12:00") is False


def test_what_is_said_of_a_list_at_once_counts_in_the_order_in_which_it_was_recorded():
    moment = "2017-03-01 12:00"
    joined, left = did("List Joined", moment, {"list": "vip"}), did("List Left", moment, {"list": "vip"})

    assert is_it("{list: vip}", left, joined) is True
    assert is_it("{list: vip}", joined, left) is False


def test_a_browser_puts_nobody_on_a_list():
    assert is_it("{list: vip}", did("List Joined", "2017-03-01 12:00", {"list": "vip"}, trust=Trust.WEAK)) is False


def test_whom_a_list_brings_in_and_whom_another_keeps_out():
    asked = "{did: Order Completed, at_least: 2, include: vip, exclude: [staff, resellers]}"
    order, again = bought("2017-03-01 12:00"), bought("2017-03-02 12:00")
    vip, staff = [did("List Joined", "2017-03-01 12:00", {"list": name}) for name in ("vip", "staff")]

    assert is_it(asked, order, again) is True
    assert is_it(asked, order, again, staff) is False
    assert is_it(asked, vip) is True
    assert is_it(asked, vip, staff) is False
    assert is_it(asked, order) is False
    assert is_it("{include: vip}", vip) is True


def test_a_share_draws_the_same_customers_for_ever():
    """The place is what `printf tea:ada | sha256sum | cut -c1-15` says."""
    assert place_of("ada", "tea") == 875_040_214_824_177_085
    drawn = [n for n in range(2_000) if place_of(f"customer-{n}", "tea") < 16**15 // 10]
    assert 150 < len(drawn) < 250


# --- time alone --------------------------------------------------------------------------------------------------------


def test_when_somebody_leaves_because_time_passed_is_told_to_the_second():
    segments = read("{did: Order Completed, within: 7 days}")
    ada = Known("ada", program().calendar, (bought("2017-03-01 23:59"),), kinds={"email"}, segments=segments)

    assert changes_at(segments["asked"], ada, at("2017-03-02 12:00")) == at("2017-03-09 00:00")
    assert changes_at(segments["asked"], ada, at("2017-03-09 00:00")) == FOREVER


def test_ends_are_whole_seconds_rounded_up():
    moment = at("2017-03-01 12:00") + 1
    segments = read("{did: Product Viewed, within: 1 hour}")
    view = Behaved("view", "ada", moment, moment, "test", "Product Viewed", {})
    ada = Known("ada", program().calendar, (view,), kinds={"email"}, segments=segments)

    assert changes_at(segments["asked"], ada, moment) == at("2017-03-01 13:00") + SECOND
