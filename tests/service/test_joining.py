"""Staff join two accounts of one person, look before they do, and take it back."""

import pytest

from regulars.service import joining
from regulars.service.audit import deeds
from regulars.service.customers import find
from regulars.service.doctor import examine
from regulars.service.joining import NotPossible, Reason
from tests.service.town import RULES, Town, order
from tests.shop import at

NOW = "2017-03-05 12:00"
TIERS = RULES + "tiers: {by: spend, over: calendar_year, levels: [{id: silver, at: 40}, {id: gold, at: 60}]}\n"


def two_accounts(town: Town) -> tuple[str, str]:
    town.applies(TIERS)
    town.hears(order("work", "1", 30), order("home", "2", 45))
    town.hears({"type": "identify", "userId": "work", "traits": {"email": "w@example.com"}})
    return town.customer("work").id, town.customer("home").id


def good(town: Town) -> bool:
    found = {one.what: one.good for one in examine(town.shop, at(NOW))}
    return found["facts"] and found["ledger"]


def consents(town: Town, user: str, event: str, when: str) -> None:
    said = {"type": "track", "userId": user, "event": event, "properties": {"purpose": "email", "wording": "v1"}}
    town.hears(said, now=when)


def test_one_look_before(town: Town) -> None:
    work, home = two_accounts(town)
    seen = joining.preview(town.shop, home, work, at(NOW))
    assert (seen.available, seen.pending, seen.tier) == (75, 0, "gold")
    assert town.points("work") == 30, "nothing is done yet"


def test_what_was_two_is_one(town: Town) -> None:
    work, home = two_accounts(town)
    joining.merge(town.shop, home, work, "eve", "one person, she called", at(NOW))
    ada = town.customer("home", NOW)
    assert (ada.id, ada.points.available, ada.points.brought, ada.tier.id) == (work, 75, 45, "gold")
    assert find(town.shop, "id", home) == work
    assert [step.what for step in town.story("work")].count("order 2 of 45.00 USD") == 1
    assert [one.entry for one in town.ledger("work")] == ["earn", "merge"]
    assert good(town)
    assert [(one.who, one.what) for one in deeds(town.shop, None, 10).deeds] == [("eve", "merged")]


def test_what_comes_through_the_joined_account_later_is_the_persons(town: Town) -> None:
    work, home = two_accounts(town)
    joining.merge(town.shop, home, work, "eve", "one person", at(NOW))
    town.hears(order("home", "3", 10), now="2017-03-06 12:00")
    assert town.customer("work", "2017-03-06 12:00").points.available == 85


def test_it_is_taken_back_with_what_came_since(town: Town) -> None:
    work, home = two_accounts(town)
    joining.merge(town.shop, home, work, "eve", "one person", at(NOW))
    town.hears(order("home", "3", 10), order("work", "4", 1), now="2017-03-06 12:00")
    joining.part(town.shop, home, "eve", at("2017-03-07 12:00"))
    later = "2017-03-07 12:00"
    assert (town.points("work", later), town.points("home", later)) == (31, 55)
    assert town.customer("home", later).id == home
    assert "order 3 of 10.00 USD" in [step.what for step in town.story("home")]
    assert good(town)
    town.hears(order("home", "5", 2), now="2017-03-08 12:00")
    assert town.points("home", "2017-03-08 12:00") == 57


def test_it_can_be_done_again_after_it_was_undone(town: Town) -> None:
    work, home = two_accounts(town)
    for _ in range(2):
        joining.merge(town.shop, home, work, "eve", "one person", at(NOW))
        joining.part(town.shop, home, "eve", at(NOW))
    joining.merge(town.shop, work, home, "eve", "the other way round", at(NOW))
    assert town.points("work", NOW) == 75
    assert good(town)


def test_a_merge_never_widens_a_consent(town: Town) -> None:
    work, home = two_accounts(town)
    consents(town, "work", "Consent Granted", "2017-03-01 13:00")
    consents(town, "home", "Consent Withdrawn", "2017-03-01 12:30")
    seen = joining.preview(town.shop, home, work, at(NOW))
    assert seen.stricter == ("email",)
    joining.merge(town.shop, home, work, "eve", "one person", at(NOW))
    assert standing(town, "work") == "withdrawn"
    consents(town, "work", "Consent Granted", "2017-03-06 12:00")
    assert standing(town, "work") == "granted"


def standing(town: Town, user: str) -> str:
    return next(one.standing for one in town.customer(user).consents if one.purpose == "email")


def test_what_cannot_be_is_refused_with_nothing_done(town: Town) -> None:
    work, home = two_accounts(town)

    def refused(*arguments: object, do: object = joining.merge) -> Reason:
        with pytest.raises(NotPossible) as no:
            do(town.shop, *arguments)  # type: ignore[operator]
        assert no.value.words
        return no.value.reason

    now = at(NOW)
    assert refused(work, work, "eve", "why", now) is Reason.SAME
    assert refused("nobody", work, "eve", "why", now) is Reason.NOT_FOUND
    assert refused(home, work, "eve", "  ", now) is Reason.NO_REASON
    assert refused(home, work, "eve", "x" * 501, now) is Reason.NO_REASON
    assert refused(home, "eve", now, do=joining.part) is Reason.NOT_MERGED
    joining.merge(town.shop, home, work, "eve", "why", now)
    town.hears(order("third", "9", 1))
    third = town.customer("third").id
    assert refused(home, third, "eve", "why", now) is Reason.MERGED_ALREADY
    assert refused(third, home, "eve", "why", now) is Reason.MERGED_ALREADY
    assert (town.points("work"), town.points("third")) == (75, 1)


def test_what_staff_part_an_identity_does_not_join_again(town: Town) -> None:
    town.applies()
    card = {"userId": None, "context": {"traits": {"card": "4242424242"}}}
    town.hears(order("x", "1", 10) | card)
    at_the_till = town.customer("4242424242", kind="card").id
    town.hears({"type": "identify", "userId": "ada", "traits": {"card": "4242424242"}})
    assert town.points("ada") == 10
    joining.part(town.shop, at_the_till, "eve", at(NOW))
    town.hears({"type": "identify", "userId": "ada", "traits": {"card": "4242424242"}}, now="2017-03-06 12:00")
    assert town.points("ada", "2017-03-06 12:00") == 0
    assert good(town)
