"""Visits of the made year: when they are, on what, and what a browser says in them."""

import itertools
from collections import Counter

from regulars.made_year import people, visiting
from regulars.made_year.calendar import DAYS, FIRST_MINUTE, LAST_MINUTE, MINUTE, SECOND, midnight, moment
from regulars.made_year.life import Kind, Life, Named, Visit
from regulars.made_year.plan import Plan
from regulars.made_year.saying import Door, Said
from regulars.wire.enrichment import traffic_of
from regulars.wire.events import Surroundings
from tests.made_year.lives import MODEL, SEED, holds, plans, told

QUIET = 30 * MINUTE


def of_browser(said: tuple[Said, ...]) -> list[Said]:
    return [one for one in said if one.door is Door.BROWSER]


def visits_of(plan: Plan, said: tuple[Said, ...]) -> list[tuple[visiting.Seat, list[Said]]]:
    seats = visiting.seats(MODEL, SEED, plan)
    starts = [seat.begins_at for seat in seats] + [midnight(DAYS)]
    browser = of_browser(said)
    return [
        (seat, [one for one in browser if start <= one.at < following])
        for seat, start, following in zip(seats, starts, starts[1:], strict=False)
    ]


def test_every_visit_begins_with_a_page_and_is_over_before_midnight_and_before_the_next():
    for plan, said in told():
        for seat, one in visits_of(plan, said):
            day = plan.life.visits[seat.place].day
            assert one[0].type == "page"
            assert one[0].at == seat.begins_at
            assert one[-1].at <= seat.ends_by
            assert moment(day, FIRST_MINUTE) <= one[0].at
            assert one[-1].at < midnight(day + 1)
            assert {message.device for message in one} == {seat.device}


def test_half_an_hour_of_quiet_is_between_two_visits_and_never_within_one():
    for plan, said in told():
        visits = visits_of(plan, said)
        for (_, one), (_, following) in itertools.pairwise(visits):
            assert following[0].at - one[-1].at > QUIET
        for _, one in visits:
            assert all(later.at - earlier.at < QUIET for earlier, later in itertools.pairwise(one))


def test_many_visits_on_one_evening_all_find_their_place():
    evening = tuple(Visit(9, LAST_MINUTE - 60, False) for _ in range(6))
    life = Life(1, Kind.NEW, True, 9, 0.1, 0.1, 9.0, None, False, evening)

    starts = visiting.begins(SEED, life)

    assert all(later - earlier > 44 * MINUTE for earlier, later in itertools.pairwise(starts))
    assert visiting.ends_by(starts, 5) < midnight(10)


def test_nobody_uses_another_device_before_they_have_an_account():
    used = 0
    for plan in plans():
        account = people.account_at(MODEL, SEED, plan.life)
        for seat in visiting.seats(MODEL, SEED, plan):
            if seat.device is not plan.person.devices[0]:
                used += 1
                assert account is not None
                assert seat.place > account
    assert used > 50


def test_the_first_use_of_a_device_by_an_account_is_signed_in_a_second_before_the_first_page():
    signed = 0
    for plan, said in told():
        if not plan.life.agreed:
            continue
        claimed: dict[str, str] = {}
        firm = sorted((one for one in said if one.device and one.door is Door.SERVER), key=lambda one: one.at)
        for seat in visiting.seats(MODEL, SEED, plan):
            for one in firm:
                if one.device and one.at < seat.begins_at:
                    claimed[one.device.anonymous_id] = one.user_id
            if seat.user_id:
                assert claimed[seat.device.anonymous_id] == seat.user_id
            if seat.signs_in:
                signed += 1
                (word,) = [one for one in firm if one.name == "Signed In" and one.at == seat.begins_at - SECOND]
                assert (word.user_id, word.device) == (seat.user_id, seat.device)
    assert signed > 50


def test_on_the_households_tablet_every_visit_is_signed_in_and_two_never_meet():
    plans_by_number = {plan.life.number: plan for plan in plans()}
    spans: dict[str, list[tuple[int, int, int]]] = {}
    for plan, said in told():
        for seat, one in visits_of(plan, said):
            if seat.device is plan.person.shared:
                assert seat.signs_in
                spans.setdefault(seat.device.anonymous_id, []).append((one[0].at, one[-1].at, plan.life.number))
    assert sum(len({number for *_, number in found}) == 2 for found in spans.values()) >= 1
    for found in spans.values():
        found.sort()
        assert all(later[0] - earlier[1] > QUIET for earlier, later in itertools.pairwise(found))
        assert all(plans_by_number[number].life.agreed for *_, number in found)


def test_a_browser_says_who_is_signed_in_from_the_moment_on_in_which_it_knows():
    for plan, said in told():
        for seat, one in visits_of(plan, said):
            for message in one:
                known = seat.named_at is not None and message.at >= seat.named_at
                assert message.user_id == (seat.becomes if known else seat.user_id)


def test_the_form_is_shown_and_answered_where_the_life_says_so():
    for plan, said in told():
        names = Counter(one.name for one in said if one.door is Door.BROWSER)
        answered = any(visit.naming is Named.FORM for visit in plan.life.visits)
        assert names["Form Shown"] == (1 if plan.life.saw_form else 0)
        assert names["Form Submitted"] == (1 if answered else 0)


def test_what_is_bought_was_looked_at_and_put_into_the_basket_before():
    orders = 0
    for plan, said in told():
        for seat, one in visits_of(plan, said):
            if seat.purchase is None:
                continue
            orders += 1
            before = [message for message in one if message.at < seat.purchase.at]
            added = {message.properties["product_id"] for message in before if message.name == "Product Added"}
            (thanks,) = [message for message in one if message.name == "Order Completed"]
            assert {line["product_id"] for line in thanks.properties["products"]} == added
            assert [message.name for message in before].count("Checkout Started") == 1
            assert thanks.at > seat.purchase.at
    assert orders > 100


def test_of_baskets_that_are_left_as_many_came_to_the_checkout_as_the_model_says():
    baskets = [
        Counter(message.name for message in one)
        for plan, said in told()
        for seat, one in visits_of(plan, said)
        if seat.purchase is None
    ]
    full = [names for names in baskets if names["Product Added"] > names["Product Removed"] and names["Cart Viewed"]]

    holds(sum(names["Checkout Started"] > 0 for names in full), len(full), MODEL.browsing.checkout)


def test_a_campaign_is_seen_only_by_those_to_whom_it_was_shown():
    seen = 0
    for plan, said in told():
        for seat, one in visits_of(plan, said):
            names = {message.properties["promotion_id"] for message in one if message.name == "Promotion Viewed"}
            shown = {met.campaign for met in plan.exposures.get(seat.place, ()) if met.shown}
            seen += len(names)
            assert names <= shown
    assert seen > 20


def test_where_they_come_from_is_read_as_it_was_meant():
    found: Counter[str] = Counter()
    among = 0
    for plan, said in told():
        if plan.life.kind is not Kind.PASSER_BY:
            continue
        for _, one in visits_of(plan, said):
            page = one[0].page
            assert page is not None
            campaign = tuple((page.campaign or {}).items())
            seen = Surroundings(
                url=f"https://shop.example{page.path}{page.search}", referrer=page.referrer, campaign=campaign
            )
            found[traffic_of(seen).channel] += 1
            among += 1
    direct, organic, paid, social, partner, blog, pins = MODEL.browsing.sources_passing
    for channel, share in (
        ("direct", direct),
        ("organic_search", organic),
        ("paid_search", paid),
        ("paid_social", social),
        ("affiliate", partner),
        ("referral", blog),
        ("organic_social", pins),
    ):
        holds(found[channel], among, share)


def test_a_visit_that_a_mail_began_comes_from_the_newsletter():
    sources = [
        message.page.campaign["source"]
        for plan, said in told()
        for _, one in visits_of(plan, said)
        for message in one[:1]
        if plan.life.named_at is not None and message.page and message.page.campaign
    ]
    clicks = sum(one.name == "Message Clicked" for _, said in told() for one in said)

    assert 0 < sources.count("newsletter") <= clicks


def test_a_visit_travels_in_at_most_three_parcels_none_of_which_spans_two_visits():
    for plan, said in told():
        seen: set[int] = set()
        for _, one in visits_of(plan, said):
            parcels = [message.parcel for message in one]
            assert parcels == sorted(parcels)
            assert 1 <= len(set(parcels)) <= 3
            assert not seen & set(parcels)
            seen |= set(parcels)
