"""Two processes on one PostgreSQL meet: the second one acts exactly between the other's check and use.

Each process is a shop of its own on the same database. `between` halts one of them right before a statement and lets the other
act: to its end or, by `meanwhile`, until the server says that it waits for the first.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, func, select

from regulars.service import doctor, joining, programs, rights
from regulars.service.customers import find
from regulars.service.doctor import examine
from regulars.service.people import ANONYMOUS_ID, FIRM, ITSELF, USER_ID, WEAK
from regulars.service.record import PROGRAM_ADOPTED
from regulars.store.schema import customers, entries, identities, journal
from regulars.store.transaction import Transaction
from regulars.wire.events import EventReason, Sender
from tests.service.town import RULES, Town, did, order
from tests.shop import HEADER, at

MOST_SECONDS = 30
CARD = {"card": "1"}
WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"""
TIERS = RULES + "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 40}]}\n"
HELD = "points: {hold: 14 days, expire: {after: 2 months}}\nearning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]"


@pytest.fixture
def towns(postgresql: str, open_town: Callable[[str], Town]) -> tuple[Town, Town]:
    here, there = open_town(postgresql), open_town(postgresql)
    here.applies()
    return here, there


class _Halted:
    """A transaction that lets somebody else act right before one of its statements."""

    def __init__(self, tx: Transaction, before: str, act: Callable[[], Any]) -> None:
        self._tx = tx
        self._before = before
        self._act = act

    def __getattr__(self, name: str) -> Any:
        if name == self._before:
            self._act()
        return getattr(self._tx, name)


@contextmanager
def between(town: Town, before: str, act: Callable[[], Any]) -> Iterator[list[str]]:
    """The next transaction of `town` that comes to `before` halts there, once. What is handed out tells that it did."""
    store, halts = town.shop.store, list[str]()
    real = store.writing

    def once() -> None:
        if not halts:
            halts.append(before)
            act()

    @contextmanager
    def writing() -> Iterator[Any]:
        with real() as tx:
            yield _Halted(tx, before, once)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "writing", writing)
        yield halts
    assert halts, f"nobody came to {before}"


class Meanwhile:
    """Somebody else's deed."""

    def __init__(self, url: str, pool: ThreadPoolExecutor) -> None:
        self._url = url
        self._pool = pool
        self.answer: Future[Any] = Future()

    def starts(self, deed: Callable[[], Any]) -> None:
        """Returns when the deed is done, or waits for a lock that we hold."""
        self.answer = self._pool.submit(deed)
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self.answer.done():
                row = connection.execute(WAITING).fetchone()
                if row and row[0]:
                    return


@pytest.fixture
def meanwhile(postgresql: str) -> Iterator[Meanwhile]:
    with ThreadPoolExecutor(1) as pool:
        yield Meanwhile(postgresql, pool)


def good(town: Town) -> bool:
    found = {one.what: one.good for one in examine(town.shop, at("2017-03-01 12:00"))}
    return found["facts"] and found["ledger"]


def trusts_of(town: Town, value: str, kind: str = ANONYMOUS_ID) -> list[str]:
    """How the identity is tied, once for each record that it was named with."""
    with town.shop.store.reading() as connection:
        asked = select(identities.c.trust).where(identities.c.kind == kind, identities.c.value == value)
        return sorted(connection.execute(asked).scalars())


def _settle(url: str, asked: list[Future[Any]]) -> None:
    """Returns when each of these deeds is done or waits for a lock."""
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            row = connection.execute(WAITING).fetchone()
            assert row is not None
            if row[0] + sum([one.done() for one in asked]) >= len(asked):
                return


def number_of_customers(town: Town) -> int:
    with town.shop.store.reading() as connection:
        return connection.execute(select(func.count()).select_from(customers)).scalar_one()


def test_the_same_event_in_two_processes_is_one(towns: tuple[Town, Town], meanwhile: Meanwhile) -> None:
    """The second waits for the first, and then knows the event."""
    here, there = towns
    event = order("ada", "1", 45, messageId="m", at="2017-03-01 11:00")
    with between(here, "identities", lambda: meanwhile.starts(lambda: there.hears(event))):
        assert here.hears(event).stored == 1
    again = meanwhile.answer.result(MOST_SECONDS)
    assert (again.stored, again.known, again.refusals) == (0, 1, ())
    assert (here.points("ada"), here.customer("ada").facts, number_of_customers(here)) == (45, 1, 1)
    assert good(here)


def test_whoever_waited_for_one_that_came_to_nothing_stores_the_event(
    towns: tuple[Town, Town], meanwhile: Meanwhile
) -> None:
    """Both held the same event when the first one's transaction was lost; it begins again and finds the event known."""
    here, there = towns
    event = order("ada", "1", 45, messageId="m", at="2017-03-01 11:00")

    def lost() -> None:
        meanwhile.starts(lambda: there.hears(event))
        raise psycopg.errors.SerializationFailure

    with between(here, "lock_customers", lost):
        ours = here.hears(event)
    theirs = meanwhile.answer.result(MOST_SECONDS)
    assert sorted([(ours.stored, ours.known), (theirs.stored, theirs.known)]) == [(0, 1), (1, 0)]
    assert here.points("ada") == 45
    assert good(here)


def test_the_same_order_under_two_message_ids_earns_once(towns: tuple[Town, Town], meanwhile: Meanwhile) -> None:
    here, there = towns
    theirs = order("ada", "1", 45, messageId="theirs")
    with between(here, "identities", lambda: meanwhile.starts(lambda: there.hears(theirs))):
        assert here.hears(order("ada", "1", 45, messageId="ours")).stored == 1
    again = meanwhile.answer.result(MOST_SECONDS)
    assert (again.stored, again.known, again.refusals) == (0, 1, ())
    assert here.points("ada") == 45
    assert good(here)


def test_of_two_words_in_two_processes_the_first_stands(towns: tuple[Town, Town], meanwhile: Meanwhile) -> None:
    here, there = towns
    theirs = order("ada", "1", 99, messageId="theirs")
    with between(here, "identities", lambda: meanwhile.starts(lambda: there.hears(theirs))):
        here.hears(order("ada", "1", 45, messageId="ours"))
    assert [one.reason for one in meanwhile.answer.result(MOST_SECONDS).refusals] == [EventReason.ORDER_REUSED]
    assert here.points("ada") == 45


def test_crossed_batches_do_not_wait_in_a_circle(towns: tuple[Town, Town], meanwhile: Meanwhile) -> None:
    """The same events and customers in opposite order."""
    here, there = towns
    batch = [order(f"user-{number}", f"{number}", 5, messageId=f"m-{number}") for number in range(20)]
    with between(here, "lock_customers", lambda: meanwhile.starts(lambda: there.hears(*reversed(batch)))):
        assert here.hears(*batch).stored == 20
    assert meanwhile.answer.result(MOST_SECONDS).known == 20
    assert good(here)


@pytest.mark.parametrize("statement", ["hold_identities", "add_identities"])
def test_a_customer_whom_two_processes_meet_first_is_one(
    towns: tuple[Town, Town], meanwhile: Meanwhile, statement: str
) -> None:
    """Whoever comes second to a name that is new waits for the first; until then the other may come first."""
    here, there = towns
    with between(here, statement, lambda: meanwhile.starts(lambda: there.hears(order("ada", "2", 5)))):
        here.hears(order("ada", "1", 45))
    meanwhile.answer.result(MOST_SECONDS)
    ada = here.customer("ada")
    assert (ada.points.available, ada.facts, number_of_customers(here)) == (50, 2, 1)
    assert good(here)


def test_a_customer_who_is_being_made_is_waited_for(towns: tuple[Town, Town], meanwhile: Meanwhile) -> None:
    here, there = towns
    with between(here, "lock_customers", lambda: meanwhile.starts(lambda: there.hears(order("ada", "2", 5)))):
        here.hears(order("ada", "1", 45))
    meanwhile.answer.result(MOST_SECONDS)
    ada = here.customer("ada")
    assert (ada.points.available, ada.facts, number_of_customers(here)) == (50, 2, 1)
    assert good(here)


@pytest.mark.parametrize("statement", ["identities", "lock_customers", "save_customers", "add_journal"])
def test_two_purchases_of_one_customer_add_up(towns: tuple[Town, Town], statement: str) -> None:
    """Whoever has locked the customer is waited for; until then the other comes first."""
    here, there = towns
    here.hears(order("ada", "0", 1))
    with ThreadPoolExecutor(1) as pool:
        asked: list[Future[Any]] = []

        def other() -> None:
            asked.append(pool.submit(there.hears, order("ada", "2", 5)))
            if statement in ("identities", "lock_customers"):
                asked[0].result(MOST_SECONDS)

        with between(here, statement, other):
            here.hears(order("ada", "1", 45))
        asked[0].result(MOST_SECONDS)
    assert (here.points("ada"), here.customer("ada").facts) == (51, 3)
    assert good(here)


def test_what_a_visitor_does_goes_to_whom_the_link_points_in_the_end(towns: tuple[Town, Town]) -> None:
    """The link moves between our reading it and our lock."""
    here, there = towns
    here.hears(did("Product Viewed", anonymousId="phone"))

    def moves() -> None:
        there.hears({"type": "identify", "userId": "ada", "anonymousId": "phone"})

    with between(here, "lock_customers", moves):
        here.hears(did("Product Viewed", anonymousId="phone"))
    assert here.customer("phone", kind=ANONYMOUS_ID).id == here.customer("ada").id
    assert [step.what for step in here.story("ada")].count("Product Viewed") == 2
    assert good(here)


@pytest.mark.parametrize("statement", ["identities", "hold_identities", "add_identities", "lock_customers"])
def test_a_weak_link_never_replaces_a_firm_one_also_in_a_race(
    towns: tuple[Town, Town], meanwhile: Meanwhile, statement: str
) -> None:
    """The browser's word is on its way when the shop's own comes in: the phone is Ben's."""
    here, there = towns
    here.hears(order("ben", "0", 1))

    def shop_says() -> None:
        there.hears({"type": "identify", "userId": "ben", "anonymousId": "phone"})

    with between(here, statement, lambda: meanwhile.starts(shop_says)):
        here.hears(did("Product Viewed", userId="ada", anonymousId="phone"), sender=Sender.SITE)
    meanwhile.answer.result(MOST_SECONDS)
    assert here.customer("phone", kind=ANONYMOUS_ID).id == here.customer("ben").id
    assert sorted(trusts_of(here, "phone")) == [FIRM, WEAK]
    assert good(here)


@pytest.mark.parametrize("statement", ["identities", "hold_identities", "add_identities", "lock_customers"])
@pytest.mark.parametrize(("ours", "theirs", "owner"), [("10:00", "11:00", "ada"), ("11:00", "10:00", "ben")])
def test_an_identity_that_two_customers_claim_is_whose_claim_was_earlier(
    towns: tuple[Town, Town], meanwhile: Meanwhile, statement: str, ours: str, theirs: str, owner: str
) -> None:
    """Whoever of the two is stored first."""
    here, there = towns
    traits = {"email": "a@example.com"}

    def other() -> None:
        there.hears({"type": "identify", "userId": "ben", "traits": traits, "at": f"2017-03-01 {theirs}"})

    with between(here, statement, lambda: meanwhile.starts(other)):
        here.hears({"type": "identify", "userId": "ada", "traits": traits, "at": f"2017-03-01 {ours}"})
    meanwhile.answer.result(MOST_SECONDS)
    assert here.customer("a@example.com", kind="email").id == here.customer(owner).id
    assert trusts_of(here, "a@example.com", "email") == [FIRM, FIRM], "both claims are kept"
    assert good(here)


@pytest.mark.parametrize(
    "statement", ["claim", "hold_identities", "add_identities", "lock_customers", "save_customers"]
)
def test_a_card_that_two_register_while_it_is_used_has_one_owner_and_no_points_are_lost(
    postgresql: str, open_town: Callable[[str], Town], statement: str
) -> None:
    """The till sells by the card alone, at the same moment at which two customers register it."""
    here, there, till = (open_town(postgresql) for _ in range(3))
    here.applies()
    here.hears(order("ada", "0", 1), order("ben", "00", 2))

    def registers(town: Town, user: str, when: str) -> Any:
        return town.hears({"type": "identify", "userId": user, "traits": CARD, "at": f"2017-03-01 {when}"})

    def sells(id: str, amount: float) -> Any:
        return till.hears(order("", id, amount, userId=None, context={"traits": CARD}, at="2017-03-01 11:30"))

    sells("before", 4)
    with ThreadPoolExecutor(2) as pool:
        asked: list[Future[Any]] = []

        def others() -> None:
            asked.append(pool.submit(registers, there, "ben", "10:00"))
            asked.append(pool.submit(sells, "meanwhile", 8))
            _settle(postgresql, asked)

        with between(here, statement, others):
            assert registers(here, "ada", "11:00").stored == 1
        assert [one.result(MOST_SECONDS).stored for one in asked] == [1, 1]
    sells("after", 16)
    ben = here.customer("ben")
    assert here.customer("1", kind="card").id == ben.id
    assert (here.points("ada"), ben.points.available) == (1, 2 + 4 + 8 + 16)
    assert trusts_of(here, "1", "card") == [FIRM, FIRM, ITSELF]
    assert good(here)


@pytest.mark.parametrize("statement", ["claim", "lock_customers"])
def test_nobody_goes_back_to_the_program_before(towns: tuple[Town, Town], meanwhile: Meanwhile, statement: str) -> None:
    """A program is published, and adopted by everybody, between our reading which one is in force and our lock.

    The customer is under the new one then, and must not be led back to the old one, where a level that was just reached does not
    exist.
    """
    here, there = towns
    here.hears(order("ada", "1", 50))

    def publishes() -> None:
        there.applies(TIERS, "2017-02-28 00:00")
        there.adopts("2017-02-28 00:00")

    with between(here, statement, lambda: meanwhile.starts(publishes)):
        here.hears(order("ada", "2", 5))
    meanwhile.answer.result(MOST_SECONDS)
    ada = here.customer("ada")
    assert (ada.tier.id, ada.points.available) == ("silver", 55)
    here.adopts("2017-03-01 12:00")
    with here.shop.store.reading() as connection:
        asked = select(journal.c.version).where(journal.c.name == PROGRAM_ADOPTED)
        assert len(connection.execute(asked).all()) == 1, "adopted once, and never back"
    assert good(here)


def test_waking_does_not_lead_back_either(
    postgresql: str, open_town: Callable[[str], Town], meanwhile: Meanwhile
) -> None:
    here, there = open_town(postgresql), open_town(postgresql)
    here.applies(HELD)
    here.hears(order("ada", "1", 50), now="2017-03-01 12:00")

    def publishes() -> None:
        there.applies(HELD + TIERS.replace(RULES, "\n"), "2017-03-20 00:00")
        there.adopts("2017-03-20 00:00")

    with between(here, "lock_customers", lambda: meanwhile.starts(publishes)):
        here.wakes("2017-03-20 00:00")
    meanwhile.answer.result(MOST_SECONDS)
    ada = here.customer("ada", "2017-03-20 00:00")
    assert (ada.tier.id, ada.points.available) == ("silver", 50)
    assert programs.publications(here.shop)[0].waiting == 0


def test_adopting_does_not_lead_back_either(towns: tuple[Town, Town], meanwhile: Meanwhile) -> None:
    here, there = towns
    here.hears(order("ada", "1", 50))
    there.applies(RULES.replace("points: 1", "points: 2"), "2017-02-28 00:00")

    def publishes() -> None:
        there.applies(TIERS, "2017-02-28 01:00")
        there.adopts("2017-02-28 01:00")

    with between(here, "lock_customers", lambda: meanwhile.starts(publishes)):
        here.adopts("2017-03-01 12:00")
    meanwhile.answer.result(MOST_SECONDS)
    assert here.customer("ada").tier.id == "silver"
    assert programs.publications(here.shop)[0].waiting == 0


def test_two_who_publish_the_same_program_publish_it_once(towns: tuple[Town, Town], meanwhile: Meanwhile) -> None:
    here, there = towns
    with between(here, "core", lambda: meanwhile.starts(lambda: there.applies(TIERS))):
        here.applies(TIERS)
    meanwhile.answer.result(MOST_SECONDS)
    assert [one.number for one in programs.publications(here.shop)] == [2, 1]


def test_a_shop_keeps_its_currency_also_in_a_race(
    postgresql: str, open_town: Callable[[str], Town], meanwhile: Meanwhile
) -> None:
    """The first order is stored between the look whether there are any and the publication in another currency."""
    here, there = open_town(postgresql), open_town(postgresql)
    here.applies()
    document = HEADER.format(zone="America/New_York").replace("USD", "SEK") + RULES
    real = programs._check

    def check(*arguments: Any) -> None:
        real(*arguments)
        meanwhile.starts(lambda: there.hears(order("ada", "1", 45)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(programs, "_check", check)
        programs.publish(here.shop, document, "a test", at("2017-03-01 12:00"))
    with here.shop.store.reading() as connection:
        facts = connection.execute(select(func.count()).select_from(journal)).scalar_one()
    rulebook = here.shop.rulebooks.in_force()
    assert rulebook is not None
    assert facts == 0 or rulebook.program.currency.code == "USD"


def test_waking_and_a_purchase_add_up(postgresql: str, open_town: Callable[[str], Town]) -> None:
    """Ada's points become available, and she buys, at once: each is there once."""
    here, there = open_town(postgresql), open_town(postgresql)
    here.applies(HELD)
    here.hears(order("ada", "1", 50), now="2017-03-01 12:00")

    with between(here, "lock_customers", lambda: there.hears(order("ada", "2", 5), now="2017-03-20 12:00")):
        here.wakes("2017-03-20 12:00")
    ada = here.customer("ada", "2017-03-20 12:00")
    assert (ada.points.available, ada.points.pending, ada.facts) == (50, 5, 2)
    with here.shop.store.reading() as connection:
        activations = select(func.count()).select_from(entries).where(entries.c.entry == "activate")
        assert connection.execute(activations).scalar_one() == 1
    assert good(here)


def test_two_who_wake_the_same_customer_wake_it_once(postgresql: str, open_town: Callable[[str], Town]) -> None:
    here, there = open_town(postgresql), open_town(postgresql)
    here.applies(HELD)
    here.hears(order("ada", "1", 50), now="2017-03-01 12:00")
    with between(here, "lock_customers", lambda: there.wakes("2017-06-01 12:00")):
        here.wakes("2017-06-01 12:00")
    assert [(entry.entry, entry.points) for entry in here.ledger("ada")] == [
        ("earn", 50),
        ("activate", 50),
        ("expire", 50),
    ]
    assert good(here)


def test_the_doctor_sees_one_moment(towns: tuple[Town, Town]) -> None:
    """What is stored while the doctor counts is no complaint."""
    here, there = towns
    here.hears(order("ada", "1", 50))
    real, counted = doctor._facts, list[str]()

    class Halting:
        """Somebody buys right after the first count."""

        def __init__(self, connection: Connection) -> None:
            self._connection = connection

        def execute(self, statement: Any) -> Any:
            result = self._connection.execute(statement)
            if not counted:
                counted.append("facts")
                there.hears(order("ada", "2", 5))
            return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doctor, "_facts", lambda connection: real(Halting(connection)))  # type: ignore[arg-type]
        assert good(here)
    assert counted


# --- staff and the law, while events come in -------------------------------------------------------------------------

SAID_IN_PASSING = "looking for a present for Eve"


@pytest.mark.parametrize("statement", ["identities", "lock_customers", "save_customers", "add_journal"])
def test_whoever_is_forgotten_while_an_event_comes_in_stays_forgotten(
    towns: tuple[Town, Town], meanwhile: Meanwhile, statement: str
) -> None:
    """Ada was there, and not yet erased, when the event was looked at first."""
    here, there = towns
    here.hears(order("ada", "1", 45))
    ada = here.customer("ada").id

    def forgets() -> None:
        rights.erase(there.shop, ada, "staff", at("2017-03-01 12:00"))

    said = did("Products Searched", userId="ada", properties={"query": SAID_IN_PASSING})
    with between(here, statement, lambda: meanwhile.starts(forgets)):
        here.hears(said)
    meanwhile.answer.result(MOST_SECONDS)
    assert find(here.shop, USER_ID, "ada") is None
    assert (number_of_customers(here), trusts_of(here, "ada", USER_ID)) == (1, [])
    with here.shop.store.reading() as connection:
        facts = connection.execute(select(journal.c.fact).where(journal.c.fact.is_not(None))).scalars()
        assert not [fact for fact in facts if SAID_IN_PASSING.encode() in fact]
    assert good(here)


@pytest.mark.parametrize("statement", ["identities", "hold_identities", "add_identities", "lock_customers"])
def test_an_address_that_is_forgotten_while_it_is_told_brings_nobody_back(
    towns: tuple[Town, Town], meanwhile: Meanwhile, statement: str
) -> None:
    """A guest's order under an e-mail address that nobody had: the address is held, and looked up among the erased again."""
    here, there = towns
    traits = {"email": "a@example.com"}
    here.hears({"type": "identify", "userId": "ada", "traits": traits})
    ada = here.customer("ada").id
    guest = order("", "2", 5, userId=None, context={"traits": traits}, at="2017-03-01 11:00")

    def forgets() -> None:
        rights.erase(there.shop, ada, "staff", at("2017-03-01 12:00"))

    with between(here, statement, lambda: meanwhile.starts(forgets)):
        here.hears(guest)
    meanwhile.answer.result(MOST_SECONDS)
    assert (find(here.shop, USER_ID, "ada"), find(here.shop, "email", "a@example.com")) == (None, None)
    assert trusts_of(here, "a@example.com", "email") == []
    assert good(here)


@pytest.mark.parametrize(
    ("statement", "when", "begins_again"),
    [
        ("identities", "11:00", 0),
        ("lock_customers", "11:00", 1),
        ("lock_customers", "09:00", 0),
        ("save_customers", "11:00", 0),
        ("add_journal", "11:00", 0),
    ],
)
def test_a_purchase_on_its_way_goes_to_whom_staff_joined_the_account_to(
    towns: tuple[Town, Town], meanwhile: Meanwhile, statement: str, when: str, begins_again: int
) -> None:
    """Whoever has locked the accounts is waited for, and who finds them joined after locking begins again. A late purchase tells
    that Ada was there earlier: staff wait for that before they lock anybody, so nobody waits in a circle.
    """
    here, there = towns
    here.hears(order("ada", "1", 1, at="2017-03-01 10:00"), order("ben", "2", 2, at="2017-03-01 10:00"))
    ada, ben = here.customer("ada").id, here.customer("ben").id

    def joins() -> None:
        joining.merge(there.shop, ada, ben, "staff", "the same person", at("2017-03-01 12:00"))

    with between(here, statement, lambda: meanwhile.starts(joins)):
        assert here.hears(order("ada", "3", 4, at=f"2017-03-01 {when}")).stored == 1
    meanwhile.answer.result(MOST_SECONDS)
    tries = [town.shop.writer.statistics.retries for town in towns]
    assert (here.customer("ada").id, here.points("ben"), tries) == (ben, 1 + 2 + 4, [begins_again, 0])
    assert good(here)


@pytest.mark.parametrize(
    ("statement", "begins_again"), [("identities", 0), ("lock_customers", 1), ("save_customers", 0)]
)
def test_a_purchase_on_its_way_stays_with_the_account_that_staff_part(
    towns: tuple[Town, Town], meanwhile: Meanwhile, statement: str, begins_again: int
) -> None:
    here, there = towns
    here.hears(order("ada", "1", 1, at="2017-03-01 10:00"), order("ben", "2", 2, at="2017-03-01 10:00"))
    ada, ben = here.customer("ada").id, here.customer("ben").id
    joining.merge(here.shop, ada, ben, "staff", "the same person", at("2017-03-01 10:30"))

    def parts() -> None:
        joining.part(there.shop, ada, "staff", at("2017-03-01 12:00"))

    with between(here, statement, lambda: meanwhile.starts(parts)):
        assert here.hears(order("ada", "3", 4, at="2017-03-01 11:00")).stored == 1
    meanwhile.answer.result(MOST_SECONDS)
    tries = [town.shop.writer.statistics.retries for town in towns]
    assert (here.points("ada"), here.points("ben"), tries) == (1 + 4, 2, [begins_again, 0])
    assert good(here)


def test_whom_staff_joined_to_a_card_goes_where_the_card_goes(towns: tuple[Town, Town]) -> None:
    """The card is registered, and so goes up in Ada: what hangs under it by now goes along, also if it was not there at first."""
    here, there = towns
    here.hears(order("", "1", 4, userId=None, context={"traits": CARD}), order("ben", "2", 2), order("ada", "3", 1))
    card, ben = here.customer("1", kind="card").id, here.customer("ben").id

    def joins() -> None:
        joining.merge(there.shop, ben, card, "staff", "ben's card", at("2017-03-01 12:00"))

    with between(here, "lock_customers", joins):
        here.hears({"type": "identify", "userId": "ada", "traits": CARD})
    assert here.shop.writer.statistics.retries == 1
    ada = here.customer("ada")
    assert {here.customer("ben").id, here.customer("1", kind="card").id} == {ada.id}
    assert ada.points.available == 1 + 2 + 4
    assert good(here)
