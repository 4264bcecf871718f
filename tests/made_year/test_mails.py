"""Who is written to, and what people and machines do with the shop's mails."""

import pytest

from regulars.made_year import mails
from regulars.made_year.by_server import known_from
from regulars.made_year.calendar import DAYS, MINUTE, SECOND, date_of, midnight
from regulars.made_year.life import Kind, Named
from regulars.made_year.plan import Plan
from regulars.made_year.saying import Said
from regulars.made_year.visiting import begins
from regulars.wire.enrichment import machine_open
from tests.made_year.crowd import MODEL, SEED, crowd, holds

MANY = 6_000
THURSDAY = 3


def test_the_newsletter_comes_on_twelve_thursdays_one_in_each_month():
    days = [date_of(day) for day in MODEL.mails.newsletters]

    assert [day.month for day in days] == list(range(1, 13))
    assert {day.weekday() for day in days} == {THURSDAY}


def test_nobody_is_written_to_before_they_agreed_and_the_word_is_told_once():
    for plan in crowd(400):
        agreed, told = mails.subscription(MODEL, SEED, plan.life, plan.person), said(plan)
        assert [one.name for one in told].count("Consent Granted") == (agreed is not None)
        if agreed is None:
            assert told == []
        else:
            assert agreed.at > (known_from(SEED, plan.life) or 0)
            assert min(one.at for one in told) == agreed.at
            assert told[0].properties["purpose"] == "email"


def test_whoever_answered_the_form_gets_the_newsletter():
    by_form = [
        plan
        for plan in crowd(1_000)
        if plan.life.kind is Kind.NEW and Named.FORM in [visit.naming for visit in plan.life.visits]
    ]

    assert by_form
    for plan in by_form:
        agreed = mails.subscription(MODEL, SEED, plan.life, plan.person)
        assert agreed is not None
        assert agreed.place == "newsletter form"


def test_after_unsubscribing_or_a_hard_bounce_no_further_mail_comes():
    ended = 0
    for plan in crowd(2_000):
        written = letters(plan)
        for letter in written:
            if letter.left_at is not None or letter.bounced == "hard":
                ended += 1
                assert letter is written[-1]
                until = letter.left_at or letter.sent_at + MINUTE
                agreed = mails.subscription(MODEL, SEED, plan.life, plan.person)
                assert not mails.may_write(agreed, written, until + SECOND)
                assert mails.may_write(agreed, written, letter.sent_at - SECOND)
    assert ended > 5


def test_a_click_is_just_before_a_visit_that_is_the_first_of_its_day():
    clicked = [(plan, letter) for plan in crowd(2_000) for letter in letters(plan) if letter.place is not None]

    assert len(clicked) > 20
    for plan, letter in clicked:
        place, opened_at = letter.place, letter.opened_at
        assert place is not None
        assert opened_at is not None
        assert letter.clicked_at == begins(SEED, plan.life)[place] - 3 * SECOND
        assert letter.clicked_at > opened_at
        assert mails.clicked_visits(MODEL, SEED, plan.life, plan.person)[place]
        assert place == 0 or plan.life.visits[place - 1].day < plan.life.visits[place].day


def test_machines_are_known_by_their_names_or_their_haste_and_people_are_not_taken_for_them():
    found: set[str] = set()
    for plan in crowd(600):
        machines = {letter.message: letter.machine for letter in letters(plan)}
        delivered: dict[str, int] = {}
        for one in said(plan):
            message = one.properties.get("message", "")
            if one.name == "Message Delivered":
                delivered[message] = one.at
            if one.name in ("Message Opened", "Message Clicked"):
                after_s = (one.at - delivered[message]) // SECOND
                reason = machine_open(one.properties["user_agent"], "", after_s)
                assert (reason is not None) == (after_s < 5)
                found.add(reason or "a person")
                machine = machines[message]
                assert reason in (None, "microsoft" if machine == "gateway" else machine)

    assert found == {"a person", "apple_privacy", "microsoft", "at_once"}


def test_a_gateway_clicks_every_link_and_apple_clicks_none():
    for plan in crowd(600):
        links = [
            one.properties["link"]
            for one in said(plan)
            if one.name == "Message Clicked" and one.properties["user_agent"] in (mails.SAFELINKS, mails.LIKE_A_BROWSER)
        ]
        arrived = [letter for letter in letters(plan) if not letter.bounced]
        gateway = [letter for letter in arrived if letter.machine in ("gateway", "at_once")]
        assert len([link for link in links if link == "link-4"]) >= len(gateway)


def test_what_would_come_after_the_last_day_is_not_said():
    for plan in crowd(300):
        short = list(mails.said(MODEL, SEED, plan, 40))
        assert short == [one for one in said(plan) if one.at < midnight(40)]


def test_a_persons_truth_counts_what_is_said_of_them():
    for plan in crowd(400):
        told = mails.person_truth(MODEL, SEED, plan)
        names = [one.name for one in said(plan)]
        if told is None:
            assert names == []
            continue
        assert names.count("Message Sent") == told["sent"]
        assert names.count("Message Delivered") == told["delivered"]
        assert names.count("Message Bounced") == told["bounced"]
        assert names.count("Message Opened") == told["opened"] + told["opened_by_machine"]
        assert names.count("Message Clicked") == told["clicked"] + told["clicked_by_machine"]
        assert names.count("Message Unsubscribed") == (told["left_on"] is not None)


@pytest.mark.slow
def test_what_becomes_of_mails_is_found_again():
    """Opens are counted up to a day on which all of them have come."""
    expected, end = mails.truth(MODEL), midnight(DAYS - 3)
    written = [letter for plan in crowd(MANY) for letter in letters(plan) if letter.sent_at < end]
    reaching = [letter for letter in written if letter.bounced != "hard"]
    arrived = [letter for letter in written if not letter.bounced]
    read = [letter for letter in arrived if letter.opened_at is not None]

    clicked = [letter for letter in arrived if letter.clicked_at is not None]

    assert 0.015 < len(clicked) / len(arrived) < 0.03
    holds(len(reaching) - len(arrived), len(reaching), expected.bounced_soft)
    holds(len(read), len(arrived), expected.opened)
    holds(sum(letter.left_at is not None for letter in read), len(read), expected.unsubscribes)


@pytest.mark.slow
def test_how_many_agree_and_what_their_mail_programs_are_is_found_again():
    known = [plan for plan in crowd(MANY) if plan.life.kind is Kind.KNOWN]
    agreed = [plan for plan in known if mails.subscription(MODEL, SEED, plan.life, plan.person)]
    holds(len(agreed), len(known), MODEL.mails.agree_before)

    first = [letters(plan)[0] for plan in crowd(MANY) if letters(plan)]
    arriving = [letter.machine for letter in first if letter.bounced != "hard" and letter.bounced != "soft"]
    expected = mails.truth(MODEL)
    holds(sum(machine != "" for machine in arriving), len(arriving), expected.opened_by_machine)
    holds(sum(machine in ("gateway", "at_once") for machine in arriving), len(arriving), expected.clicked_by_machine)
    holds(len([letter for letter in first if letter.bounced == "hard"]), len(first), expected.addresses_that_bounce)


def letters(plan: Plan) -> tuple[mails.Letter, ...]:
    return mails.letters(MODEL, SEED, plan.life, plan.person)


def said(plan: Plan) -> list[Said]:
    return sorted(mails.said(MODEL, SEED, plan), key=lambda one: one.at)
