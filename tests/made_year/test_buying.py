"""Orders of the made year: they add up, and as many go wrong as the model says."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from regulars.made_year import buying, catalogue
from regulars.made_year.calendar import DAYS, ZONE, midnight
from regulars.made_year.draws import Draws
from regulars.made_year.life import Kind, Life, Visit, lead
from regulars.made_year.people import person
from regulars.made_year.plan import Exposure, Person, Purchase
from tests.made_year.lives import MODEL, SEED, holds, plans

DAY = 86_400_000_000


def wall(moment: int) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)).astimezone(ZoneInfo(ZONE))


@pytest.fixture(scope="module")
def shoppers() -> list[tuple[Life, Person]]:
    lives = [lead(MODEL, SEED, number) for number in range(8_000)]
    return [(life, person(MODEL, SEED, life)) for life in lives if life.kind is not Kind.PASSER_BY]


@pytest.fixture(scope="module")
def bought(shoppers) -> list[tuple[Person, Purchase]]:
    return [(one, purchase) for life, one in shoppers for purchase in buying.purchases(MODEL, SEED, life, one, {})]


def test_each_visit_with_an_order_has_one_and_each_visit_that_a_campaign_turned():
    for plan in plans():
        ordering = {place for place, visit in enumerate(plan.life.visits) if visit.orders}
        caused = {place for place, met in plan.exposures.items() if any(one.causes_order for one in met)}
        places = [one.visit for one in plan.purchases if one.visit is not None]

        assert sorted(places) == sorted(ordering | caused)
        assert {one.visit for one in plan.purchases if one.caused_by} == caused


def test_what_an_order_is_worth_is_what_its_lines_cost_less_what_was_taken_off(bought):
    for _, one in bought:
        assert one.total_minor == sum(line.price_minor * line.quantity - line.discount_minor for line in one.lines)
        assert one.total_minor > 0
        assert len({line.product for line in one.lines}) == len(one.lines) <= 6


def test_a_code_takes_its_part_off_every_line():
    life = Life(1, Kind.KNOWN, True, 0, 0.01, 0.01, 365.0, None, False, (Visit(260, 600, True),))
    met = {0: (Exposure("autumn-offer", "a", True, True, "AUTUMN15", False, 1.0),)}
    (one,) = [p for p in buying.purchases(MODEL, SEED, life, person(MODEL, SEED, life), met) if p.visit == 0]

    assert one.code == "AUTUMN15"
    assert all(line.discount_minor == line.price_minor * line.quantity * 15 // 100 for line in one.lines)


def test_a_campaign_that_makes_orders_larger_by_a_seventh_does_so_on_the_average(shoppers):
    plain = larger = 0
    for life, one in shoppers:
        met = {place: (Exposure("gift", "a", True, False, "", False, 1.15),) for place in range(len(life.visits))}
        plain += sum(p.total_minor for p in buying.purchases(MODEL, SEED, life, one, {}) if p.visit is not None)
        larger += sum(p.total_minor for p in buying.purchases(MODEL, SEED, life, one, met) if p.visit is not None)

    assert larger / plain == pytest.approx(1.15, abs=0.06)


def test_as_many_are_cancelled_and_sent_back_as_the_model_says(bought):
    on_site = [one for _, one in bought if one.visit is not None]
    holds(sum(one.cancelled_at is not None for one in on_site), len(on_site), MODEL.buying.cancelled)
    arrived = [one for one in on_site if one.delivered_at is not None]
    for is_fashion, share in ((True, MODEL.buying.returned_fashion), (False, MODEL.buying.returned_home)):
        lines = [
            place in one.returned_lines
            for one in arrived
            for place, line in enumerate(one.lines)
            if catalogue.products()[line.product].category.is_fashion is is_fashion
        ]
        holds(sum(lines), len(lines), share)


def test_what_becomes_of_an_order_comes_in_its_order(bought):
    for _, one in bought:
        assert (one.delivered_at is None) == (one.cancelled_at is not None or one.visit is None)
        assert (one.returned_at is None) == (one.returned_lines == ())
        if one.cancelled_at is not None:
            assert one.at < one.cancelled_at < one.at + DAY
        if one.delivered_at is not None:
            assert one.at < one.delivered_at - DAY
        if one.returned_at is not None:
            assert one.delivered_at is not None
            assert one.delivered_at < one.returned_at <= one.delivered_at + 30 * DAY


def test_only_holders_of_a_card_buy_at_the_till_while_it_is_open(bought):
    at_the_till = [(one, purchase) for one, purchase in bought if purchase.visit is None]

    assert len(at_the_till) > 50
    for one, purchase in at_the_till:
        at = wall(purchase.at)
        assert one.card
        assert at.weekday() != 6
        assert 10 <= at.hour < 18


def test_whoever_is_loyal_to_one_category_buys_nothing_else(bought):
    loyal = [(one, purchase) for one, purchase in bought if one.category]

    assert len(loyal) > 50
    for one, purchase in loyal:
        assert {catalogue.products()[line.product].category.name for line in purchase.lines} == {one.category}


def test_bargain_hunters_buy_on_sale_in_january_and_july(bought):
    def share_on_sale(bargains: bool) -> float:
        lines = [
            catalogue.products()[line.product].price_minor > line.price_minor
            for one, purchase in bought
            if one.bargains is bargains and wall(purchase.at).month in catalogue.SALE_MONTHS
            for line in purchase.lines
        ]
        return sum(lines) / len(lines)

    assert share_on_sale(True) > share_on_sale(False) + 0.2
    assert not any(
        catalogue.products()[line.product].price_minor != line.price_minor
        for _, purchase in bought
        if wall(purchase.at).month not in catalogue.SALE_MONTHS
        for line in purchase.lines
    )


def test_candles_are_bought_before_christmas_and_dresses_in_summer(bought):
    by_season = Counter(
        (catalogue.products()[line.product].category.name, wall(purchase.at).month in (5, 6, 7))
        for one, purchase in bought
        if not one.category and wall(purchase.at).month in (5, 6, 7, 11, 12)
        for line in purchase.lines
    )

    assert by_season["Dresses", True] > by_season["Candles", True] * 3
    assert by_season["Candles", False] > by_season["Candles", True]


def test_orders_have_ids_of_their_own(bought):
    ids = [purchase.order_id for _, purchase in bought]

    assert len(ids) == len(set(ids))


def test_what_would_come_after_the_year_does_not_happen():
    end = midnight(DAYS)
    for plan in plans():
        for one in plan.purchases:
            assert all(
                moment is None or moment < end for moment in (one.delivered_at, one.cancelled_at, one.returned_at)
            )


def test_the_catalogue_has_a_hundred_and_sixty_products_each_with_a_page_of_its_own():
    products = catalogue.products()

    assert len(products) == 160
    assert len({one.path for one in products}) == len({one.id for one in products}) == 160
    assert all(one.price_minor % 100 == 95 for one in products)
    assert 0.25 < sum(one.sale_percent > 0 for one in products) / len(products) < 0.55


def test_what_is_sought_most_stands_first_and_the_month_counts():
    draws = Draws(SEED, "test")
    december = Counter(catalogue.picked(draws, 12, "").category.name for _ in range(4_000))
    lamps = Counter(catalogue.picked(draws, 12, "Lamps").number for _ in range(4_000))

    weights = {one.name: one.share * one.months[11] for one in catalogue.CATEGORIES}
    holds(december["Candles"], 4_000, weights["Candles"] / sum(weights.values()))
    assert lamps.most_common(1)[0][0] == min(lamps)
