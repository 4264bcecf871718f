"""From one program to the next: planned, published, adopted."""

import pytest

from regulars.service import programs
from regulars.service.waking import waiting_to_adopt
from regulars.wire.document import DocumentError
from tests.service.town import RULES, Town, order
from tests.shop import HEADER

TIERS = RULES + "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 40}]}\n"


def document(rules: str, currency: str = "USD") -> str:
    return HEADER.format(zone="America/New_York").replace("USD", currency) + rules


def test_a_fact_is_judged_by_the_program_in_force_when_it_is_recorded(town: Town) -> None:
    town.applies()
    town.hears(order("ada", "1", 10))
    town.applies(RULES.replace("points: 1", "points: 3"))
    town.hears(order("ada", "2", 10, at="2017-02-01 12:00"))
    assert [entry.points for entry in town.ledger("ada")] == [10, 30]
    assert len({entry.version for entry in town.ledger("ada")}) == 2
    assert town.ledger("ada")[0].sentence.startswith("10 stars by “purchase”: 10 × 1.00 USD in 10.00 USD, 1 star each")


def test_a_plan_says_what_would_change_and_changes_nothing(town: Town) -> None:
    first = programs.plan(town.shop, document(RULES))
    assert first.changes[0] == "Every customer is a member."
    town.applies()
    assert programs.plan(town.shop, document(RULES)).changes == ()
    assert "New: Tiers go by" in programs.plan(town.shop, document(TIERS)).changes[0]
    assert len(programs.publications(town.shop)) == 1
    with pytest.raises(DocumentError):
        programs.plan(town.shop, document("earning: []\ntires: {}"))


def test_what_is_new_is_counted_over_the_facts_that_are_there(town: Town) -> None:
    """The first program counts no spending; the second finds it in the customer's facts."""
    town.applies()
    town.hears(order("ada", "1", 45), order("bob", "2", 5))
    town.applies(TIERS)
    assert waiting_to_adopt(town.shop) == 2
    assert town.customer("ada").tier.id is None
    town.adopts("2017-03-01 13:00")
    assert waiting_to_adopt(town.shop) == 0
    assert (town.customer("ada").tier.id, town.customer("bob").tier.id) == ("silver", None)
    assert town.story("ada")[-1].what == "a new program"


def test_whoever_comes_by_first_adopts_at_the_door(town: Town) -> None:
    town.applies()
    town.hears(order("ada", "1", 39), order("bob", "2", 39))
    town.applies(TIERS)
    town.hears(order("ada", "3", 1))
    assert town.customer("ada").tier.id == "silver"
    assert waiting_to_adopt(town.shop) == 1


def test_publishing_what_is_in_force_changes_nothing(town: Town) -> None:
    assert town.applies().number == town.applies().number == 1
    assert town.applies(TIERS).number == 2
    assert town.applies().number == 3
    assert [one.number for one in programs.publications(town.shop)] == [3, 2, 1]
    newest = programs.publications(town.shop)[0]
    assert programs.document(town.shop, newest.version) == document(RULES)


def test_a_shop_keeps_its_currency(town: Town) -> None:
    town.applies()
    programs.publish(town.shop, document(RULES, "EUR"), "a test", 0)
    town.hears(order("ada", "1", 10))
    with pytest.raises(programs.ProgramRefused, match="EUR"):
        programs.plan(town.shop, document(RULES))
    with pytest.raises(programs.ProgramRefused, match="EUR"):
        programs.publish(town.shop, document(RULES), "a test", 0)
