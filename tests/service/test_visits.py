"""Visits as they are kept while events come in: which belong together, whose they are, and what is left out."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from sqlalchemy import select, text

from regulars.boot import new_id
from regulars.service.ingest import ingest
from regulars.service.shop import open_shop
from regulars.service.traits import traits_of
from regulars.service.visits import MOST_NAMED, Enrichment, EnrichmentRefused, enrichment_of, visit_id
from regulars.store.schema import identities, traits, visits
from regulars.wire.enrichment import PlacesError
from regulars.wire.events import Sender, understand
from regulars.wire.events.surroundings import Sent
from tests.service.town import Town, did, order
from tests.shop import at
from tools.made_up_places import database as places_of

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 "
    "Mobile/15E148 Safari/604.1"
)
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
ALBANY, DAYTON, LUND = "192.0.2.10", "192.0.2.200", "198.51.100.7"


@pytest.fixture
def shop(database, tmp_path):
    """A town that knows places, a host of its own, and a robot that it sends itself."""
    (tmp_path / "places.mmdb").write_bytes(places_of())
    enrichment = enrichment_of(tmp_path / "places.mmdb", ["Pay.Example.net"], ["CornerShopTester"])
    town = Watched(database, enrichment)
    town.applies()
    yield town
    town.close()


class Watched(Town):
    """A town that says from where its browsers come."""

    def __init__(self, url, enrichment):
        super().__init__(url)
        super().close()
        self.shop = open_shop(url, new_id, enrichment=enrichment)
        self._messages = count()

    def sees(self, when, device=None, agent=DESK, address="", url="https://shop.example/", referrer="", **more):
        """A page that somebody looks at."""
        event = {"type": "page", "anonymousId": device, "messageId": f"seen-{next(self._messages)}", **more}
        event["context"] = {"page": {"url": url, "referrer": referrer}, **more.get("context", {})}
        return self.hear(Sender.SITE, Sent(address, agent), when, event)

    def hear(self, sender, sent, when, *events):
        rulebook = self.shop.rulebooks.in_force()
        assert rulebook is not None
        program = rulebook.program
        moment = at(when)
        batch = [self._event(dict(event)) for event in events]
        body = json.dumps({"batch": batch}).encode()
        understood = understand(body, None, sender, moment, program.currency, new_id, program.kinds(), sent)
        return ingest(self.shop, understood, sender, moment, program.currency.code).result(timeout=30)

    def visits(self, device=None, user=None):
        """Of a device's own record, or of a user's; the earliest first."""
        record = self.record("anonymous_id", device) if device else self.record("user_id", user)
        with self.shop.store.reading() as connection:
            found = connection.execute(select(visits).where(visits.c.record == record).order_by(visits.c.started_at))
            return found.all() if record else []

    def record(self, kind, value):
        asked = select(identities.c.record).where(identities.c.kind == kind, identities.c.value == value)
        if kind == "anonymous_id":
            asked = asked.where(identities.c.trust == "visitor")
        with self.shop.store.reading() as connection:
            return connection.execute(asked).scalar()

    def observed(self, kind, value):
        with self.shop.store.reading() as connection:
            found = traits_of(connection, [self.record(kind, value)])
        return {one.name: one.value for one in found if one.origin == "observed"}


def spans(found):
    return [(one.started_at, one.last_at, one.events, one.pages) for one in found]


def test_half_an_hour_of_quiet_ends_a_visit(shop):
    for when in ("2017-03-01 10:00", "2017-03-01 10:29", "2017-03-01 10:58", "2017-03-01 11:28"):
        shop.sees(when, "laptop")

    assert spans(shop.visits("laptop")) == [
        (at("2017-03-01 10:00"), at("2017-03-01 10:58"), 3, 3),
        (at("2017-03-01 11:28"), at("2017-03-01 11:28"), 1, 1),
    ]


def test_midnight_on_the_shops_wall_ends_a_visit_and_not_that_in_utc(shop):
    for when in ("2017-03-01 18:50", "2017-03-01 19:10", "2017-03-01 23:50", "2017-03-02 00:00"):
        shop.sees(when, "laptop")

    assert [one.events for one in shop.visits("laptop")] == [2, 1, 1]


def test_a_new_campaign_begins_a_visit_and_the_shops_own_host_does_not(shop):
    shop.sees("2017-03-01 10:00", "laptop", referrer="https://www.google.com/")
    shop.sees("2017-03-01 10:05", "laptop", referrer="https://pay.example.net/done")
    shop.sees("2017-03-01 10:10", "laptop", url="https://shop.example/?utm_source=news&utm_medium=email")

    found = shop.visits("laptop")
    assert [(one.channel, one.traffic_source, one.events) for one in found] == [
        ("organic_search", "google", 2),
        ("email", "news", 1),
    ]


def test_a_visit_says_from_where_and_with_what(shop):
    locale = {"context": {"locale": "sv-SE"}}
    shop.sees("2017-03-01 10:00", "phone", PHONE, LUND, **locale)

    (found,) = shop.visits("phone")
    assert (found.device, found.system, found.browser, found.language) == ("phone", "iOS", "Safari", "sv")
    assert (found.country, found.region, found.city, found.bot) == ("SE", "Skåne", "Lund", None)
    assert found.id == visit_id(shop.record("anonymous_id", "phone"), at("2017-03-01 10:00"))


def test_neither_the_address_nor_the_user_agent_is_written_anywhere(shop):
    shop.sees("2017-03-01 10:00", "phone", PHONE, LUND, userId="ada")

    with shop.shop.store.reading() as connection:
        names = connection.execute(text(_TABLES[shop.shop.store.is_sqlite])).scalars().all()
        everything = " ".join(
            str([_plain(cell) for cell in row])
            for name in names
            for row in connection.execute(text(f"SELECT * FROM {name}"))
        )
    assert "phone" in everything
    assert LUND not in everything
    assert "AppleWebKit" not in everything


_TABLES = {
    True: "SELECT name FROM sqlite_master WHERE type = 'table'",
    False: "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


def _plain(cell):
    return bytes(cell).decode("latin-1") if isinstance(cell, bytes | memoryview) else cell


def test_a_robot_has_a_visit_with_a_label_and_no_traits_unless_the_shop_sends_it(shop):
    shop.sees("2017-03-01 10:00", "crawler", ROBOT)
    shop.sees("2017-03-01 10:00", "ours", "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0 CornerShopTester/1")

    assert shop.visits("crawler")[0].bot is not None
    assert shop.observed("anonymous_id", "crawler") == {}
    assert shop.visits("ours")[0].bot is None


def test_a_late_event_grows_the_visit_that_it_would_have_begun_and_no_other(shop):
    shop.sees("2017-03-01 10:00", "laptop")
    shop.sees("2017-03-01 12:00", "laptop")
    late = {"type": "page", "anonymousId": "laptop", "at": "2017-03-01 11:45"}
    shop.hear(Sender.SITE, Sent("", DESK), "2017-03-01 12:01", late)
    over = {"type": "page", "anonymousId": "laptop", "at": "2017-03-01 10:10"}
    shop.hear(Sender.SITE, Sent("", DESK), "2017-03-01 12:02", over)

    found = shop.visits("laptop")
    assert spans(found) == [
        (at("2017-03-01 10:00"), at("2017-03-01 10:00"), 1, 1),
        (at("2017-03-01 11:45"), at("2017-03-01 12:00"), 2, 2),
    ]
    assert found[1].id == visit_id(found[1].record, at("2017-03-01 12:00"))


def test_a_campaign_of_the_moment_that_was_the_beginning_finds_its_id_taken_and_loses_no_event(shop):
    campaign = "https://shop.example/?utm_source=news&utm_medium=email"
    shop.sees("2017-03-01 10:20", "laptop")
    late = {"type": "page", "anonymousId": "laptop", "at": "2017-03-01 10:10"}
    shop.hear(Sender.SITE, Sent("", DESK), "2017-03-01 10:21", late)
    told = {"type": "page", "anonymousId": "laptop", "at": "2017-03-01 10:20", "context": {"page": {"url": campaign}}}
    shop.hear(Sender.SITE, Sent("", DESK), "2017-03-01 10:22", told)

    assert spans(shop.visits("laptop")) == [(at("2017-03-01 10:10"), at("2017-03-01 10:20"), 3, 3)]


def test_a_resend_is_no_second_page_view(shop):
    page = {"type": "page", "anonymousId": "laptop", "messageId": "one", "at": "2017-03-01 10:00"}
    for _ in range(2):
        shop.hear(Sender.SITE, Sent("", DESK), "2017-03-01 10:01", page)

    assert spans(shop.visits("laptop")) == [(at("2017-03-01 10:00"), at("2017-03-01 10:00"), 1, 1)]


# --- whose ---------------------------------------------------------------------------------------------------------------


def test_a_visit_stays_with_the_device_when_somebody_says_their_name_in_the_midst_of_it(shop):
    shop.sees("2017-03-01 10:00", "laptop")
    shop.sees("2017-03-01 10:05", "laptop", userId="ada")
    shop.sees("2017-03-01 10:06", "laptop")

    assert spans(shop.visits("laptop")) == [(at("2017-03-01 10:00"), at("2017-03-01 10:06"), 3, 3)]
    assert shop.visits(user="ada") == []


def test_a_device_without_a_record_of_its_own_gives_its_visits_to_the_customer(shop):
    shop.sees("2017-03-01 10:00", "laptop", userId="ada")

    assert shop.visits("laptop") == []
    assert len(shop.visits(user="ada")) == 1


def test_what_somebody_does_under_their_name_on_a_shared_device_is_their_own_visit(shop):
    shop.sees("2017-03-01 09:00", "kiosk")
    for number in range(6):
        shop.sees(f"2017-03-01 10:{number:02}", "kiosk", userId=f"shopper-{number}")
    shop.sees("2017-03-01 10:30", "kiosk", userId="ada")

    assert len(shop.visits(user="ada")) == 1


def test_a_server_that_says_where_gives_visits_and_one_that_does_not_gives_none(shop):
    with_page = {"context": {"page": {"url": "https://shop.example/"}, "userAgent": DESK}}
    shop.hears(did("Product Reviewed", userId="ada", **with_page))
    shop.hears(did("Product Reviewed", userId="bob", context={"library": {"name": "a server's"}}))
    shop.hears(order("cleo", "1001", 10))

    assert len(shop.visits(user="ada")) == 1
    assert shop.visits(user="bob") == []
    assert shop.visits(user="cleo") == []


# --- consent -------------------------------------------------------------------------------------------------------------


def test_whoever_withdrew_consent_to_analytics_has_no_further_visits_on_any_of_their_devices(shop):
    shop.sees("2017-03-01 10:00", "laptop")
    shop.sees("2017-03-01 10:01", "laptop", userId="ada")
    shop.sees("2017-03-01 10:02", "phone", PHONE)
    shop.sees("2017-03-01 10:03", "phone", PHONE, userId="ada")
    withdraws(shop, "ada", "2017-03-01 11:00")

    shop.sees("2017-03-02 10:00", "laptop", userId="ada")
    shop.sees("2017-03-02 10:10", "laptop")
    shop.sees("2017-03-02 10:20", "phone", PHONE)
    shop.sees("2017-03-02 10:30", "another")

    assert len(shop.visits("laptop")) == len(shop.visits("phone")) == len(shop.visits("another")) == 1


def test_whoever_gave_it_again_has_visits_again(shop):
    shop.sees("2017-03-01 10:00", "laptop", userId="ada")
    withdraws(shop, "ada", "2017-03-01 11:00")
    shop.sees("2017-03-02 10:00", "laptop", userId="ada")
    assert len(shop.visits(user="ada")) == 1
    withdraws(shop, "ada", "2017-03-02 11:00", granted=True)
    shop.sees("2017-03-03 10:00", "laptop", userId="ada")

    assert len(shop.visits(user="ada")) == 2


def test_a_withdrawal_under_a_card_that_was_registered_later_holds(shop):
    card = {"externalIds": [{"type": "card", "id": "4711"}]}
    no_thanks = {"event": "Consent Withdrawn", "properties": {"purpose": "analytics"}, "context": card}
    shop.hears(no_thanks, now="2017-03-01 09:00")
    shop.sees("2017-03-02 10:00", "laptop", userId="ada")
    shop.hears(did("Registered", userId="ada", context=card), now="2017-03-02 11:00")
    shop.sees("2017-03-03 10:00", "laptop", userId="ada")

    assert len(shop.visits(user="ada")) == 1


def withdraws(shop, user, when, granted=False):
    name = "Consent Granted" if granted else "Consent Withdrawn"
    shop.hears({"event": name, "userId": user, "properties": {"purpose": "analytics"}}, now=when)


# --- what was seen of people ---------------------------------------------------------------------------------------------


def test_what_is_seen_at_the_beginning_of_a_visit_is_known_of_the_person(shop):
    shop.sees("2017-03-01 10:00", "phone", PHONE, LUND, userId="ada", context={"locale": "sv-SE"})

    assert shop.observed("user_id", "ada") == {
        "country": "SE",
        "region": "Skåne",
        "city": "Lund",
        "device": "phone",
        "language": "sv",
    }


def test_what_is_seen_is_written_when_it_changes_and_never_over_what_was_declared(shop):
    shop.hears({"type": "identify", "userId": "ada", "traits": {"city": "Dayton"}})
    shop.sees("2017-03-01 10:00", "laptop", DESK, ALBANY, userId="ada")
    shop.sees("2017-03-02 10:00", "laptop", DESK, ALBANY, userId="ada")
    shop.sees("2017-03-03 10:00", "laptop", DESK, DAYTON, userId="ada")

    with shop.shop.store.reading() as connection:
        record = shop.record("user_id", "ada")
        holds = {one.name: (one.value, one.origin) for one in traits_of(connection, [record])}
        asked = select(traits.c.name, traits.c.value, traits.c.happened_at).where(traits.c.origin == "observed")
        rows = {name: (value, at) for name, value, at in connection.execute(asked)}
    assert holds["city"] == ("Dayton", "declared")
    assert rows["city"] == ("Dayton", at("2017-03-03 10:00"))
    assert rows["country"] == ("US", at("2017-03-01 10:00"))


def test_what_is_seen_on_a_persons_device_without_a_name_is_the_persons(shop):
    shop.sees("2017-03-01 10:00", "phone", PHONE)
    shop.sees("2017-03-01 10:01", "phone", PHONE, userId="ada")
    shop.sees("2017-03-02 10:00", "phone", PHONE, LUND)

    assert shop.observed("user_id", "ada")["city"] == "Lund"


# --- together ------------------------------------------------------------------------------------------------------------


def test_one_batch_or_many_give_the_same_visits(shop):
    pages = [f"2017-03-01 10:{minute:02}" for minute in (0, 5, 10, 50, 55)]
    for when in pages:
        shop.sees(when, "alone")
    batch = [{"type": "page", "anonymousId": "together", "at": when} for when in pages]
    shop.hear(Sender.SITE, Sent("", DESK), "2017-03-01 11:00", *batch)

    assert spans(shop.visits("alone")) == spans(shop.visits("together"))
    assert len(shop.visits("together")) == 2


def test_two_processes_at_once_lose_no_event_and_begin_no_visit_twice(postgresql):
    """Named and nameless events of the same devices, told to two processes: a storm over ten minutes of each device's day."""
    first, second = Watched(postgresql, Enrichment()), None
    first.applies()
    second = Watched(postgresql, Enrichment())
    draw = random.Random(5)
    devices = [f"device-{number}" for number in range(6)]
    for device in devices:
        first.sees("2017-03-01 10:00", device)

    def storm(town, seed):
        for number in range(40):
            device = draw.choice(devices)
            named = {"userId": f"user-of-{device}"} if (number + seed) % 3 == 0 else {}
            page = {"type": "page", "anonymousId": device, "messageId": f"{seed}-{number}", **named}
            town.hear(Sender.SITE, Sent("", DESK), f"2017-03-01 10:{number % 10:02}", page)

    try:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(storm, [first, second], [1, 2]))
        found = [visit for device in devices for visit in first.visits(device)]
        assert len(found) == len(devices)
        assert sum([one.events for one in found]) == len(devices) + 80
    finally:
        first.close()
        second.close()


# --- what the shop says of itself ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hosts", "testers"),
    [
        (["https://shop.example"], []),
        (["shop.example:8000"], []),
        (["localhost"], []),
        ([f"h{n}.example" for n in range(MOST_NAMED + 1)], []),
        ([], ["ab"]),
        ([], ["x" * 201]),
        ([], ["tester"] * (MOST_NAMED + 1)),
    ],
)
def test_what_cannot_be_a_host_or_a_tester_is_refused(hosts, testers):
    with pytest.raises(EnrichmentRefused):
        enrichment_of(None, hosts, testers)


def test_a_file_that_is_no_database_of_places_is_refused(tmp_path):
    with pytest.raises(PlacesError):
        enrichment_of(tmp_path / "none.mmdb", [], [])


def test_hosts_are_put_in_small_letters():
    assert enrichment_of(None, [" Shop.Example "], ["Tester"]) == Enrichment(None, ("shop.example",), ("Tester",))
