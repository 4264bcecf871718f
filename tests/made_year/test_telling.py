"""Whole lives of the made year: what is said of them is understood, and what is true of them is what was said."""

from collections import Counter
from itertools import pairwise

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from regulars.kernel.terms import Currency
from regulars.made_year import bots, people, telling, visiting
from regulars.made_year.calendar import DAYS, SECOND, midnight
from regulars.made_year.life import Kind, Named, lead
from regulars.made_year.model import Travel
from regulars.made_year.people import person, second_user_id
from regulars.made_year.plan import Plan
from regulars.made_year.post import post, post_bots
from regulars.made_year.saying import Door
from regulars.made_year.truths import Tally
from regulars.service.customers import find, find_by_name
from regulars.store.schema import visits
from regulars.wire.events import Ordered, Sender, Understood, understand
from regulars.wire.events.clock import instant_of
from tests.made_year.carrying import carry
from tests.made_year.lives import MODEL, SEED, holds, plans, told

CARRIED = range(1_175, 1_260)
EURO = Currency("EUR", 2)
IN_ORDER = msgspec.structs.replace(MODEL, travel=Travel(late=0, out_of_order=0, repeated=0, broken=0))


def read(text: bytes) -> Understood:
    line = msgspec.json.decode(text)
    sender = Sender.SITE if line["context"]["channel"] == "browser" else Sender.SHOP
    received_at = instant_of(line["receivedAt"])
    assert received_at is not None
    return understand(text, line["type"], sender, received_at, EURO, lambda: "made")


def test_everything_that_is_said_is_understood_without_a_refusal_or_a_warning():
    for plan, said in told()[:400]:
        for line in post(IN_ORDER, SEED, plan.life.number, said, Tally()):
            understood = read(line.text)
            assert understood.refusals == []
            assert understood.warnings == []


def test_everything_that_robots_say_is_understood():
    lines = list(post_bots(IN_ORDER, SEED, bots.told(MODEL, SEED, 30, 100), Tally()))

    assert lines
    for line in lines:
        understood = read(line.text)
        assert (understood.refusals, understood.warnings) == ([], [])


def test_every_order_is_worth_to_the_shop_what_was_planned_and_names_who_bought():
    orders = 0
    for plan, said in told():
        planned = {one.order_id: one for one in plan.purchases}
        for line in post(IN_ORDER, SEED, plan.life.number, [one for one in said if one.door is Door.SERVER], Tally()):
            for arrival in read(line.text).arrivals:
                if isinstance(arrival.deed, Ordered):
                    orders += 1
                    one = planned.pop(arrival.deed.order_id)
                    assert arrival.deed.amount_minor == one.total_minor
                    assert sum(each.amount_minor for each in arrival.deed.lines) == one.total_minor
                    if one.visit is None:
                        assert (arrival.user_id, arrival.told) == (None, (("card", plan.person.card),))
                    elif one.is_guest:
                        assert (arrival.user_id, arrival.told) == (None, (("email", plan.person.email),))
                    else:
                        assert arrival.user_id == visiting.user_id_at(MODEL, SEED, plan, one.visit)
        assert planned == {}
    assert orders > 200


def test_a_name_is_given_by_the_shops_word_with_the_device_where_somebody_agreed():
    for plan, said in told():
        place = plan.life.named_at
        if place is None or place < 0:
            continue
        seat = visiting.seats(MODEL, SEED, plan)[place]
        assert seat.named_at is not None
        words = [one for one in said if one.door is Door.SERVER and one.traits.get("email") == plan.person.email]
        first = min(words, key=lambda one: one.at)
        assert seat.named_at <= first.at <= seat.named_at + 2 * SECOND
        assert first.device == (seat.device if plan.life.agreed else None)
        assert (first.user_id != "") == (plan.life.visits[place].naming in (Named.ACCOUNT, Named.ORDER))


def test_only_naming_words_of_the_server_bear_a_device_and_none_bears_a_page():
    for plan, said in told():
        for one in said:
            if one.door is Door.SERVER:
                assert one.page is None
                if one.device is not None:
                    assert plan.life.agreed
                    assert one.type == "identify" or one.name in ("Signed In", "Order Completed")


def test_whoever_was_known_before_is_told_of_in_the_years_first_minutes():
    for plan, said in told():
        if plan.life.kind is Kind.KNOWN:
            first = said[0]
            assert (first.type, first.user_id, first.device) == ("identify", plan.person.user_id, None)
            assert midnight(0) < first.at < midnight(0) + 5 * 60 * SECOND
            assert first.traits.get("card", "") == plan.person.card


def test_consent_is_taken_back_just_after_midnight_of_its_day_by_those_who_had_given_it():
    for plan, said in told():
        withdrawn = [
            one.at for one in said if one.name == "Consent Withdrawn" and one.properties["purpose"] == "analytics"
        ]
        if plan.life.withdrew is None or not plan.life.agreed:
            assert withdrawn == []
        else:
            assert withdrawn == [midnight(plan.life.withdrew) + 300 * SECOND]


def test_whoever_took_consent_back_does_not_give_it_again():
    for plan, said in told():
        withdrew = plan.life.withdrew
        if withdrew is not None:
            after = [one.name for one in said if one.door is Door.BROWSER and one.at >= midnight(withdrew)]
            assert "Consent Granted" not in after


def test_whoever_refused_says_so_with_every_message_of_the_browser():
    for plan, said in told():
        assert {one.agreed for one in said if one.door is Door.BROWSER} == {plan.life.agreed} or not plan.life.visits


def test_guests_make_an_account_later_as_often_as_the_model_says():
    may = made = 0
    for plan in plans():
        place = plan.life.named_at
        if (
            plan.life.kind is not Kind.NEW
            or place is None
            or plan.life.visits[place].naming not in (Named.GUEST, Named.FORM)
        ):
            continue
        account = people.account_at(MODEL, SEED, plan.life)
        may += (len(plan.life.visits) if account is None else account + 1) - place - 1
        made += account is not None
    holds(made, may, MODEL.people.registers)


def test_whoever_has_a_second_account_uses_the_first_no_more_from_some_order_on():
    seen = 0
    for number in range(9_000):
        life = lead(MODEL, SEED, number)
        if life.kind is Kind.PASSER_BY or not person(MODEL, SEED, life).second_email:
            continue
        plan = telling.plan_of(MODEL, SEED, number)
        other = second_user_id(plan.person)
        theirs = [one for one in telling.told(MODEL, SEED, plan) if one.door is Door.BROWSER and one.user_id]
        if not any(one.user_id == other for one in theirs):
            continue
        seen += 1
        since = min(one.at for one in theirs if one.user_id == other)
        assert all(one.user_id == other for one in theirs if one.at >= since)
        truth = telling.truth(MODEL, SEED, plan)
        assert truth is not None
        assert [account["user_id"] for account in truth["accounts"]] == [plan.person.user_id, other]
    assert seen > 5


def test_the_truth_names_for_each_device_the_account_that_the_shops_word_gave_it_last():
    for plan, said in told():
        truth = telling.truth(MODEL, SEED, plan)
        if truth is None:
            continue
        last: dict[str, str] = {}
        for one in said:
            if one.door is Door.SERVER and one.device is not None and one.device is not plan.person.shared:
                last[one.device.anonymous_id] = one.user_id or ""
        named = {device: account["user_id"] or "" for account in truth["accounts"] for device in account["devices"]}
        assert named == last


def test_the_truth_of_a_household_is_when_each_signed_in_on_its_tablet_by_the_shops_word():
    used = 0
    for plan, said in told():
        truth = telling.truth(MODEL, SEED, plan)
        if plan.person.shared is None or truth is None:
            assert truth is None or truth["household"] is None
            continue
        words = [(one.at, one.user_id) for one in said if one.door is Door.SERVER and one.device is plan.person.shared]
        assert [(one["at"], one["user_id"]) for one in truth["household"]["signed_in"]] == words
        assert truth["household"]["with"] == plan.person.shares_with
        used += words != []
    assert used >= 10


def test_the_truth_counts_the_visits_of_each_account():
    """Whoever was known before and bought on the first visit under another address never used the account of the list."""
    model = replace(MODEL, people=replace(MODEL.people, second_account=1.0))
    unused = 0
    for number in range(1_000):
        plan = telling.plan_of(model, SEED, number)
        truth = telling.truth(model, SEED, plan)
        if truth is None or plan.life.kind is Kind.PASSER_BY:
            continue
        under = [visiting.user_id_at(model, SEED, plan, place) for place in range(len(plan.life.visits))]
        for account in truth["accounts"]:
            if account["user_id"]:
                assert account["visits"] == under.count(account["user_id"])
        unused += len(truth["accounts"]) == 2 and truth["accounts"][0]["visits"] == 0
    assert unused > 0


@pytest.mark.slow
def test_most_tablets_are_used_by_both_and_often_by_one_soon_after_the_other():
    """Of some dozens among a thousand customers."""
    tablets: dict[str, list[tuple[int, int]]] = {}
    for number in range(6_500):
        plan = telling.plan_of(MODEL, SEED, number)
        truth = telling.truth(MODEL, SEED, plan) if plan.person.shared else None
        if truth is not None:
            signed_in = [(one["at"], number) for one in truth["household"]["signed_in"]]
            tablets.setdefault(truth["household"]["device"], []).extend(signed_in)
    both = [sorted(found) for found in tablets.values() if len({number for _, number in found}) == 2]
    soon = [found for found in both if any(_changes_hands_within(3, *pair) for pair in pairwise(found))]

    assert len(both) >= 36
    assert len(both) > 0.9 * len(tablets)
    assert len(soon) > len(both) / 3


def test_the_truth_of_a_passer_by_is_told_only_if_they_left_an_address():
    for plan in plans():
        truth = telling.truth(MODEL, SEED, plan)
        if plan.life.kind is Kind.PASSER_BY:
            assert (truth is None) == (plan.life.named_at is None)
        else:
            assert truth is not None
            assert msgspec.json.decode(msgspec.json.encode(truth)) == truth


def test_the_first_days_alone_say_nothing_of_what_comes_after_them():
    for number in range(200):
        plan = telling.plan_of(MODEL, SEED, number, 30)
        assert all(one.at < midnight(30) for one in telling.told(MODEL, SEED, plan, 30))


def test_the_same_is_said_whoever_was_led_before():
    alone = list(telling.told(MODEL, SEED, telling.plan_of(MODEL, SEED, 222)))

    assert alone == list(telling.told(MODEL, SEED, telling.plan_of(MODEL, SEED, 222)))
    assert alone != list(telling.told(MODEL, SEED + 1, telling.plan_of(MODEL, SEED + 1, 222)))


def test_nothing_is_said_after_the_year():
    for _, said in told():
        assert all(midnight(0) <= one.at < midnight(DAYS) for one in said)


def test_a_shop_hears_about_a_hundred_messages_a_year_for_each_customer():
    customers = sum(plan.life.kind > 0 for plan in plans())
    kinds: Counter[Door] = Counter(one.door for _, said in told() for one in said)

    assert 80 < sum(kinds.values()) / customers < 160
    assert kinds[Door.BROWSER] > 5 * kinds[Door.SERVER]


@pytest.mark.slow
def test_a_shop_that_is_told_of_them_sees_every_visit_once_and_knows_whose_each_device_is(database):
    """Among them are two who share a tablet, somebody with a second account, and somebody who takes consent back."""
    chosen = [telling.plan_of(MODEL, SEED, number) for number in CARRIED]
    truths = [telling.truth(MODEL, SEED, plan) for plan in chosen]
    assert sum(one["household"] is not None for one in truths if one) == 2
    assert any(len(one["accounts"]) == 2 for one in truths if one)
    assert any(one["withdrew_on"] is not None for one in truths if one)
    lines = sorted(
        line
        for plan in chosen
        for line in post(MODEL, SEED, plan.life.number, telling.told(MODEL, SEED, plan), Tally(), _tablet(plan))
    )

    shop = carry(database, [line.text for line in lines])

    with shop.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(visits)).scalar_one() == sum(map(_seen, chosen))
    for truth in truths:
        for account in truth["accounts"] if truth else ():
            owner = find(shop, "user_id", account["user_id"]) if account["user_id"] else None
            owner = owner or find_by_name(shop, "email", account["email"])
            assert owner is not None
            assert all(find(shop, "anonymous_id", device) == owner for device in account["devices"])
    shop.close()


def _changes_hands_within(days: int, earlier: tuple[int, int], later: tuple[int, int]) -> bool:
    return earlier[1] != later[1] and later[0] - earlier[0] < days * 86_400 * SECOND


def _tablet(plan: Plan) -> str:
    return plan.person.shared.anonymous_id if plan.person.shared else ""


def _seen(plan: Plan) -> int:
    """Visits that a shop may keep."""
    withdrew = DAYS if plan.life.withdrew is None else plan.life.withdrew
    return sum(visit.day < withdrew for visit in plan.life.visits) if plan.life.agreed else 0
