"""One purchase from the wire to the balance, and everything that must not become two."""

from typing import Any

import pytest
from sqlalchemy import func, select

from regulars.service.doctor import examine
from regulars.service.group import NoProgram
from regulars.service.ingest import ingest
from regulars.service.refused import refused
from regulars.store.schema import customers, journal
from regulars.wire.events import EventReason, Sender, Understood
from tests.service.town import Town, did, order
from tests.shop import at


def reasons(town: Town) -> list[str]:
    return [one.reason for one in refused(town.shop, None, 50).events]


def test_a_purchase_is_in_the_balance_when_the_answer_leaves(town: Town) -> None:
    town.applies()
    assert town.hears(order("ada", "1", 45.80)).stored == 1
    ada = town.customer("ada")
    assert (ada.points.available, ada.points.lifetime, ada.known, ada.facts) == (45, 45, True, 1)
    [entry] = town.ledger("ada")
    assert entry.sentence == "45 stars by “purchase”: 45 × 1.00 USD in 45.80 USD, 1 star each; they never expire."
    assert entry.fact is not None
    assert entry.fact.order_id == "1"


def test_without_a_program_nothing_can_be_judged_and_nothing_is_kept(town: Town) -> None:
    future = ingest(town.shop, Understood([], [], None), Sender.SHOP, at("2017-03-01"))
    with pytest.raises(NoProgram):
        future.result()


def test_a_resend_changes_nothing(town: Town) -> None:
    town.applies()
    event = order("ada", "1", 45, messageId="m", at="2017-03-01 11:00")
    assert town.hears(event).stored == 1
    for _ in range(2):
        again = town.hears(event | {"sentAt": "2017-03-01T18:00:00Z", "context": {"library": {"name": "other"}}})
        assert (again.stored, again.known, again.refusals) == (0, 1, ())
    assert town.points("ada") == 45
    assert town.customer("ada").facts == 1


def test_the_same_event_twice_in_one_batch_is_one(town: Town) -> None:
    town.applies()
    event = order("ada", "1", 45, messageId="m", at="2017-03-01 11:00")
    ingested = town.hears(event, event)
    assert (ingested.stored, ingested.known) == (1, 1)
    assert town.points("ada") == 45


def test_the_same_order_under_another_message_id_earns_once(town: Town) -> None:
    town.applies()
    town.hears(order("ada", "1", 45))
    again = town.hears(order("ada", "1", 45), order("ada", "1", 45))
    assert (again.stored, again.known, again.refusals) == (0, 2, ())
    assert town.points("ada") == 45


def test_of_two_words_the_first_stands_and_the_shop_is_told(town: Town) -> None:
    town.applies()
    town.hears(order("ada", "1", 45, messageId="m"))
    again = town.hears(order("ada", "2", 99, messageId="m"), order("bob", "1", 45, messageId="n"))
    assert [one.reason for one in again.refusals] == [EventReason.MESSAGE_ID_REUSED, EventReason.ORDER_REUSED]
    assert town.points("ada") == 45
    assert reasons(town) == ["order_reused", "message_id_reused"]


def test_a_browser_cannot_take_a_message_id_away_from_the_shop(town: Town) -> None:
    """Ids that can be guessed, such as the order's, are no use to whoever guesses them."""
    town.applies()
    town.hears(order("eve", "1", 1, messageId="order-1"), sender=Sender.SITE)
    assert town.hears(order("ada", "1", 45, messageId="order-1")).stored == 1
    assert town.points("ada") == 45
    assert town.points("eve") == 0


def test_a_browser_earns_nothing(town: Town) -> None:
    town.applies()
    town.hears(order("ada", "1", 45), did("Product Reviewed", userId="ada"), sender=Sender.SITE)
    ada = town.customer("ada")
    assert (ada.points.lifetime, ada.known) == (0, False)
    assert [step.why for step in town.story("ada")] == [
        ("No stars by “purchase”: the shop itself has not said so of a customer it knows.",),
        ("No stars by “review”: the shop itself has not said so of a customer it knows.",),
    ]


def test_an_order_without_a_name_is_told_and_earns_nothing(town: Town) -> None:
    """Later, with the name, it is the same order and earns."""
    town.applies()
    told = order("ada", "1", 45)
    town.hears({**told, "userId": None, "anonymousId": "tablet"})
    assert town.customer("tablet", kind="anonymous_id").points.lifetime == 0
    town.hears(told)
    assert town.points("ada") == 45


def test_one_bad_event_does_not_sink_its_batch(town: Town) -> None:
    town.applies()
    ingested = town.hears(order("ada", "1", 45), {"event": "Lost"}, order("bob", "2", 5))
    assert ingested.stored == 2
    assert reasons(town) == ["missing_identity"]


def test_facts_stored_are_facts_counted(town: Town) -> None:
    town.applies()
    for number in range(30):
        town.hears(
            order(f"user-{number % 7}", str(number % 20), 3), did("Product Viewed", anonymousId=f"visitor-{number % 3}")
        )
    with town.shop.store.reading() as connection:
        stored = connection.execute(select(func.count()).where(journal.c.fact_id.is_not(None))).scalar_one()
        counted = connection.execute(select(func.sum(customers.c.facts))).scalar_one()
    assert stored == counted == 50
    assert all(
        one.good for one in examine(town.shop, at("2017-03-01 12:00")) if one.what in ("facts", "ledger", "file")
    )


def test_what_we_cannot_store_is_set_aside_and_its_neighbours_are_kept(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    from regulars.service import group

    real = group._fact

    def broken(one: Any, person: Any, recorded_at: int) -> Any:
        if one.user_id == "mallory":
            raise ValueError("a culprit")
        return real(one, person, recorded_at)

    monkeypatch.setattr(group, "_fact", broken)
    town.applies()
    ingested = town.hears(order("ada", "1", 45), order("mallory", "2", 5), order("bob", "3", 5))
    assert ingested.stored == 2
    assert [(one.position, one.reason) for one in ingested.refusals] == [(1, EventReason.FAILED)]
    assert (town.points("ada"), town.points("bob")) == (45, 5)
    assert reasons(town) == ["failed"]


def test_a_level_is_reached_by_the_purchase_that_reaches_it(town: Town) -> None:
    town.applies(
        "earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]\n"
        "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 50}]}"
    )
    town.hears(order("ada", "1", 49))
    tier = town.customer("ada").tier
    assert tier.id is None
    assert tier.next is not None
    assert (tier.next.id, tier.next.at, tier.next.have) == ("silver", 5000, 4900)
    town.hears(order("ada", "2", 1, at="2017-03-01 11:59"))
    assert town.customer("ada").tier.id == "silver"
    assert town.customer("ada").tier.since == at("2017-03-01 12:00")
