"""The identification rate, over visitors of whom it is known beforehand who they are."""

import random

import pytest
from sqlalchemy import insert, select

from regulars.kernel.calendar import DAY, HOUR, day_of_date
from regulars.kernel.shares import Share
from regulars.service import programs
from regulars.service.identification import (
    MOST_DAYS,
    MOST_SOURCES,
    OTHER_SOURCES,
    Band,
    PeriodReason,
    PeriodRefused,
    band_of,
    identification,
)
from regulars.service.people import ANONYMOUS_ID, own_of, owner_at
from regulars.service.visits import Enrichment
from regulars.store.schema import customers, identities, visits
from regulars.store.transaction import links_of
from tests.service.test_visits import DESK, PHONE, ROBOT, Watched
from tests.service.town import RULES, order
from tests.shop import HEADER, at


@pytest.fixture
def shop(database):
    town = Watched(database, Enrichment())
    town.applies()
    yield town
    town.close()


def days(first, last=""):
    from datetime import date

    return tuple([day_of_date(date.fromisoformat(written)) for written in (first, last or first)])


def rate(shop, first="2017-03-01", last="2017-03-07"):
    first_day, last_day = days(first, last)
    found = identification(shop.shop, first_day, last_day, at("2017-06-01 00:00"))
    assert found is not None
    return found


# --- who is a visitor ----------------------------------------------------------------------------------------------------


def test_devices_of_one_person_on_several_days_are_one_visitor(shop):
    for day in ("01", "02", "03"):
        shop.sees(f"2017-03-{day} 10:00", "laptop")
        shop.sees(f"2017-03-{day} 18:00", "phone", PHONE)
    shop.sees("2017-03-03 18:01", "phone", PHONE, userId="ada")
    shop.sees("2017-03-03 20:00", "laptop", userId="ada")
    shop.sees("2017-03-02 09:00", "stranger's")

    found = rate(shop)

    assert found.visitors == Share(1, 2)
    assert found.sessions == Share(7, 8)
    assert [one.visitors for one in found.days][:4] == [Share(1, 1), Share(1, 2), Share(1, 1), Share(0, 0)]


def test_whoever_says_their_name_within_the_period_was_identified_in_all_of_it(shop):
    shop.sees("2017-03-01 10:00", "laptop")
    shop.sees("2017-03-05 10:00", "laptop", userId="ada")

    assert rate(shop).visitors == Share(1, 1)
    assert rate(shop).days[0].visitors == Share(1, 1)


def test_whoever_says_their_name_after_the_period_was_not_identified_in_it(shop):
    shop.sees("2017-03-01 10:00", "laptop")
    shop.sees("2017-03-08 00:00", "laptop", userId="ada")

    assert rate(shop).visitors == Share(0, 1)
    assert rate(shop, "2017-03-01", "2017-03-08").visitors == Share(1, 1)


def test_what_a_device_did_more_than_thirty_days_before_its_first_name_is_nobodys(shop):
    shop.sees("2017-03-01 10:00", "laptop")
    shop.sees("2017-03-07 10:00", "laptop")
    shop.sees("2017-04-05 10:00", "laptop", userId="ada")

    found = rate(shop, "2017-03-01", "2017-04-10")
    assert found.visitors == Share(1, 2)
    assert found.sessions == Share(2, 3)


def test_robots_are_no_visitors(shop):
    shop.sees("2017-03-01 10:00", "crawler", ROBOT)
    shop.sees("2017-03-01 10:00", "laptop")

    assert rate(shop).visitors == rate(shop).sessions == Share(0, 1)


def test_a_kiosk_is_one_unidentified_visitor_and_those_who_said_their_name_at_it_are_people(shop):
    """The sixth person within a week makes it a shared one; from then on a name is worth a visit of its own."""
    shop.sees("2017-03-01 08:00", "kiosk")
    for number in range(7):
        shop.sees(f"2017-03-01 {10 + number}:00", "kiosk", userId=f"shopper-{number}")
    shop.sees("2017-03-02 10:00", "kiosk")
    shop.sees("2017-03-02 11:00", "kiosk", userId="shopper-6")

    assert rate(shop).visitors == Share(2, 3)


def test_a_person_whom_two_cards_made_one_is_one_visitor(shop):
    card = {"externalIds": [{"type": "card", "id": "77"}]}
    context = {"userAgent": DESK, "page": {"url": "https://shop.example/"}}
    shop.hears({"event": "Card Scanned", "properties": {}, "context": {**context, **card}}, now="2017-03-01 10:00")
    shop.sees("2017-03-02 10:00", "laptop", userId="ada")
    assert rate(shop).visitors == Share(2, 2)
    shop.hears({"type": "identify", "userId": "ada", "traits": {"card": "77"}}, now="2017-03-03 10:00")

    assert rate(shop).visitors == Share(1, 1)


@pytest.mark.parametrize(("zone", "first_day"), [("America/New_York", 1), ("Europe/Stockholm", 2)])
def test_days_are_those_of_the_shops_own_wall(database, zone, first_day):
    """22:30 in New York on the 1st is 04:30 in Stockholm on the 2nd."""
    town = Watched(database, Enrichment())
    programs.publish(town.shop, HEADER.format(zone=zone) + RULES, "a test", at("2017-01-01 00:00"))
    town.sees("2017-03-01 22:30", "laptop")

    found = rate(town)

    assert [one.visitors.whole for one in found.days].index(1) + 1 == first_day
    assert found.days[0].day == days("2017-03-01")[0]
    town.close()


def test_a_day_on_which_clocks_change_is_whole(shop):
    """On 12 March 2017 the wall of New York has no hour from two to three."""
    shop.sees("2017-03-12 00:00", "early")
    shop.sees("2017-03-12 23:59", "late")
    shop.sees("2017-03-13 00:00", "next")

    assert [one.visitors.whole for one in rate(shop, "2017-03-12", "2017-03-13").days] == [2, 1]


# --- the other rates -----------------------------------------------------------------------------------------------------


def test_returning_visitors_are_those_who_had_been_there_before_on_any_device_of_theirs(shop):
    shop.sees("2017-02-20 10:00", "laptop")
    shop.sees("2017-02-20 10:01", "laptop", userId="ada")
    shop.sees("2017-02-21 10:00", "old")
    shop.sees("2017-03-01 10:00", "phone", PHONE, userId="ada")
    shop.sees("2017-03-01 10:00", "old")
    shop.sees("2017-03-02 10:00", "new")
    shop.sees("2017-03-03 10:00", "new")
    shop.sees("2017-03-03 11:00", "bobs", userId="bob")

    found = rate(shop)
    assert found.visitors == Share(2, 4)
    assert found.returning == Share(1, 2)


def test_visitors_are_counted_by_source_and_by_device_once_in_each(shop):
    search = {"referrer": "https://www.google.com/"}
    shop.sees("2017-03-01 10:00", "laptop", **search)
    shop.sees("2017-03-02 10:00", "laptop")
    shop.sees("2017-03-02 11:00", "laptop")
    shop.sees("2017-03-02 12:00", "phone", PHONE, userId="ada", **search)

    found = rate(shop)
    assert [(one.channel, one.source, one.visitors) for one in found.sources] == [
        ("organic_search", "google", Share(1, 2)),
        ("direct", "", Share(0, 1)),
    ]
    assert [(one.device, one.visitors) for one in found.devices] == [("desktop", Share(0, 1)), ("phone", Share(1, 1))]


def test_more_sources_than_a_page_can_hold_are_put_together(shop):
    for number in range(MOST_SOURCES + 3):
        shop.sees("2017-03-01 10:00", f"device-{number}", referrer=f"https://site{number}.example/")
    shop.sees("2017-03-01 12:00", "device-0", referrer="https://site1.example/")

    found = rate(shop).sources
    assert len(found) == MOST_SOURCES + 1
    assert (found[-1].source, found[-1].visitors.whole) == (OTHER_SOURCES, 3)


def test_orders_of_customers_with_a_name_among_all(shop):
    shop.hears(order("ada", "1", 10), now="2017-03-01 10:00")
    guest = order("", "2", 10, anonymousId="laptop")
    del guest["userId"]
    shop.hears({**guest, "context": {"traits": {"email": "cleo@example.com"}}}, now="2017-03-02 10:00")
    shop.hears(order("bob", "3", 10), now="2017-03-20 10:00")

    assert rate(shop).orders == Share(2, 2)


def test_each_person_is_brought_once_by_what_named_them_first(shop):
    shop.sees("2017-02-20 10:00", "early", userId="old customer")
    shop.sees("2017-03-01 10:00", "laptop", userId="ada")
    shop.hears({"type": "identify", "userId": "ada", "traits": {"email": "ada@example.com"}}, now="2017-03-02 10:00")
    shop.hears({"type": "identify", "userId": "bob", "traits": {"email": "bob@example.com"}}, now="2017-03-02 11:00")
    shop.hears({"type": "identify", "userId": "eve", "traits": {}}, now="2017-03-02 11:00")
    shop.hears({"type": "identify", "userId": "old customer", "traits": {"email": "o@example.com"}})

    brought = {one.how: one.people for one in rate(shop).brought}
    assert sum(brought.values()) == 3
    assert sorted(brought.values()) == [1, 2]
    assert {how.partition(":")[0] for how in brought} == {"shop", "site"}


# --- against the record, visit by visit ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_the_rate_is_what_looking_at_each_visit_by_itself_gives(shop, seed):
    """Made-up visits of devices that people claimed at any time, weakly and firmly, some shared, some merged."""
    draw = random.Random(seed)
    start, end = at("2017-03-01 00:00"), at("2017-03-29 00:00")
    plant(shop, draw, start - 45 * DAY, end + 20 * DAY)

    found = rate(shop, "2017-03-01", "2017-03-28")

    everybody, known, sessions, before = one_by_one(shop, start, end)
    assert len(everybody) > 30
    assert found.visitors == Share(len(everybody & known), len(everybody))
    assert found.sessions == Share(sum([one in known for one in sessions]), len(sessions))
    assert found.returning == Share(len(before & everybody & known), len(before & everybody))
    assert 0 < found.returning.part < found.returning.whole


def plant(shop, draw, start, end):
    devices = [f"{number:03}" for number in range(60)]
    people = [f"person-{number}" for number in range(30)]
    roots = {one: draw.choice(people[:10]) if draw.random() < 0.2 and one not in people[:10] else one for one in people}
    moment = lambda: draw.randrange(start, end)  # noqa: E731
    known = [
        (ANONYMOUS_ID, one, one, one, "visitor", start, "f", "site: page") for one in devices if draw.random() < 0.9
    ]
    for one in devices[:35]:
        for person in draw.sample(people, draw.choice([1, 1, 1, 2, 3, 8])):
            trust = draw.choice(["weak", "weak", "shop"])
            near = moment() if draw.random() < 0.7 else start + 60 * DAY + draw.randrange(6 * DAY)
            known.append((ANONYMOUS_ID, one, person, roots[person], trust, near, f"f{near}", "site: identify"))
    claims: dict[str, int] = {}
    for _, _, person, _, _, when, *_ in known:
        claims[person] = min(when, claims.get(person, end))
    known += [
        ("user_id", one, one, roots[one], "weak", claims.get(one, moment()), "f", "site: track") for one in people
    ]
    seen = [(draw.choice(devices + people), moment(), draw.random() < 0.05) for _ in range(400)]
    rows = [
        (
            f"{number}",
            record,
            when,
            when + HOUR // 4,
            1,
            1,
            "direct",
            "",
            "",
            "",
            "phone",
            "",
            "",
            "",
            "",
            "",
            "",
            "x" if bot else None,
        )
        for number, (record, when, bot) in enumerate(seen)
    ]
    blank = {"known": False, "version": "", "seq": 0, "facts": 0, "available": 0, "pending": 0, "lifetime": 0}
    times = {"due_at": 2**62, "first_seen_at": start, "last_seen_at": start}
    with shop.shop.store.writing() as tx:
        persons = {
            **dict.fromkeys(devices),
            **{one: roots[one] if roots[one] != one else None for one in people},
        }
        tx.core.execute(
            insert(customers), [{"id": id, "person": person, **blank, **times} for id, person in persons.items()]
        )
        for table, given in ((identities, known), (visits, rows)):
            names = [column.name for column in table.columns]
            tx.core.execute(insert(table), [dict(zip(names, row, strict=True)) for row in given])


def one_by_one(shop, start, end):
    """All visitors of the period, those who are known, whose each visit was, and whoever was there before."""
    limit = shop.shop.rulebooks.in_force().program.shared_device
    with shop.shop.store.reading() as connection:
        rows = connection.execute(select(identities).where(identities.c.first_at < end)).all()
        devices = links_of([row[:7] for row in rows if row.kind == ANONYMOUS_ID])
        named = {row.record: row.customer for row in rows if row.kind != ANONYMOUS_ID}
        seen = connection.execute(select(visits.c.record, visits.c.started_at).where(visits.c.bot.is_(None))).all()
    by_own = {}
    for links in devices.values():
        own = own_of(ANONYMOUS_ID, links)
        if own is not None:
            by_own[own.record] = links

    def visitor(record, when):
        owner = owner_at(by_own[record], when, limit) if record in by_own else None
        return owner.customer if owner else named.get(record, record)

    sessions = [visitor(record, when) for record, when in seen if start <= when < end]
    before = {visitor(record, when) for record, when in seen if when < start}
    return set(sessions), set(named.values()), sessions, before


# --- bands and bounds ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "whole", "band"),
    [
        (1_999, 10_000, Band.BAD),
        (2_000, 10_000, Band.BETWEEN),
        (2_500, 10_000, Band.BETWEEN),
        (2_501, 10_000, Band.GOOD),
        (3_499, 10_000, Band.GOOD),
        (3_500, 10_000, Band.AMAZING),
        (0, 0, None),
    ],
)
def test_the_trades_bands_with_their_holes(part, whole, band):
    assert band_of(Share(part, whole)) is band


def test_a_shop_without_visits_has_no_rate(shop):
    found = rate(shop)

    assert (found.visitors, found.returning, found.sessions, found.orders) == (Share(0, 0),) * 4
    assert found.band is None
    assert found.sources == found.devices == found.brought == ()
    assert len(found.days) == 7


def test_a_shop_without_a_program_has_no_days(database):
    town = Watched(database, Enrichment())
    assert identification(town.shop, 0, 1, 0) is None
    town.close()


@pytest.mark.parametrize(
    ("first", "last", "reason"), [(10, 9, PeriodReason.BACKWARDS), (0, MOST_DAYS, PeriodReason.TOO_LONG)]
)
def test_a_period_that_is_none_is_refused(shop, first, last, reason):
    with pytest.raises(PeriodRefused) as refused:
        identification(shop.shop, first, last, 0)
    assert refused.value.reason is reason
    assert identification(shop.shop, 0, MOST_DAYS - 1, 0) is not None
