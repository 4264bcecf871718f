"""Who is who: who vouches for a link decides what may follow from it, and the earliest word of the shop whom it leads to."""

from typing import Any

import pytest

from regulars.kernel.facts import Instant
from regulars.service.customers import find
from regulars.service.listing import search
from regulars.service.refused import refused
from regulars.wire.events import Sender
from tests.service.town import RULES, Town, did, order
from tests.shop import at


def whose(town: Town, anonymous_id: str) -> str | None:
    """The shop's id of whoever an anonymous id points at."""
    customer = town.customer(anonymous_id, kind="anonymous_id")
    return next((one.value for one in customer.identities if one.kind == "user_id"), None)


def identify(user: str | None, **more: object) -> dict[str, object]:
    return {"type": "identify", "userId": user, **more}


def test_a_visitor_is_somebody_of_whom_nothing_is_known(town: Town) -> None:
    town.applies()
    town.hears(did("Product Viewed", anonymousId="tablet"), sender=Sender.SITE)
    visitor = town.customer("tablet", kind="anonymous_id")
    assert (visitor.known, visitor.facts, visitor.points.lifetime) == (False, 1, 0)


def test_who_is_named_by_the_shop_is_known(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"), sender=Sender.SITE)
    assert not town.customer("ada").known
    town.hears(identify("ada"))
    assert town.customer("ada").known
    town.hears(identify("ada"), sender=Sender.SITE)
    assert town.customer("ada").known


def test_a_link_by_a_browser_is_weak_and_what_comes_through_it_earns_nothing(town: Town) -> None:
    town.applies()
    town.hears(order("ada", "1", 45))
    town.hears(identify("ada", anonymousId="tablet"), sender=Sender.SITE)
    assert whose(town, "tablet") == "ada"
    town.hears(did("Product Reviewed", anonymousId="tablet"))
    assert town.points("ada") == 45
    assert "Product Reviewed" in [step.what for step in town.story("ada")]


def test_what_is_done_without_a_name_earns_nothing_whoever_says_so(town: Town) -> None:
    """Whose device it was may come to light later, and points must not hang on when."""
    town.applies()
    town.hears(identify("ada", anonymousId="tablet"))
    for sender in (Sender.SHOP, Sender.SITE):
        town.hears(did("Product Reviewed", anonymousId="tablet"), sender=sender)
    assert town.points("ada") == 0
    assert [step.what for step in town.story("ada")].count("Product Reviewed") == 2
    town.hears(did("Product Reviewed", anonymousId="tablet", userId="ada"))
    assert town.points("ada") == 50


def test_a_browser_cannot_loosen_what_the_shop_has_tied(town: Town) -> None:
    town.applies()
    town.hears(identify("ada", anonymousId="tablet"))
    town.hears(identify("eve", anonymousId="tablet"), sender=Sender.SITE)
    assert whose(town, "tablet") == "ada"
    town.hears(identify("eve", anonymousId="tablet"))
    assert whose(town, "tablet") == "eve"


def test_the_last_to_sign_in_has_the_tablet_where_only_browsers_say_so(town: Town) -> None:
    town.applies()
    town.hears(identify("ada", anonymousId="tablet"), identify("bob", anonymousId="tablet"), sender=Sender.SITE)
    assert whose(town, "tablet") == "bob"


def test_an_alias_links_like_an_identify(town: Town) -> None:
    town.applies()
    town.hears({"type": "alias", "previousId": "tablet", "userId": "ada"})
    assert whose(town, "tablet") == "ada"


def test_an_email_is_kept_on_the_shops_word_and_stays_with_whoever_had_it_first(town: Town) -> None:
    town.applies()
    town.hears(identify("ada", traits={"email": "Ada@Example.com"}), now="2017-03-01 12:00")
    town.hears(identify("bob", traits={"email": "ada@example.com"}), now="2017-03-01 12:01")
    town.hears(identify("eve", traits={"email": "eve@example.com"}), sender=Sender.SITE)
    assert find(town.shop, "email", "ada@example.com") == town.customer("ada").id
    assert find(town.shop, "email", "eve@example.com") is None


def test_staff_find_a_customer_by_how_an_identity_begins(town: Town) -> None:
    town.applies()
    town.hears(identify("ada", traits={"email": "countess@example.com"}), identify("adam"), identify("bob"))
    assert [one.shop_id for one in search(town.shop, "ada", 10)] == ["ada", "adam"]
    assert [one.shop_id for one in search(town.shop, "countess@", 10)] == ["ada"]
    assert search(town.shop, "%", 10) == ()
    assert len(search(town.shop, "", 2)) == 2


# --- devices -----------------------------------------------------------------------------------------------------------


def looks(at: str, device: str = "tablet") -> dict[str, Any]:
    return did("Product Viewed", anonymousId=device, at=at)


def deeds(town: Town, user: str) -> list[Instant]:
    """When this customer looked at something without saying who it is."""
    return [step.at for step in town.story(user) if step.what == "Product Viewed"]


def test_what_is_done_on_a_device_belongs_to_whoever_had_signed_in_on_it_last(town: Town) -> None:
    """And what was done within thirty days before anybody had, to the first. The device keeps its own record."""
    town.applies()
    evening = [looks(f"2017-03-01 {hour}:00") for hour in (18, 20, 22)]
    town.hears(looks("2017-01-30 12:00"), looks("2017-01-31 12:00"), now="2017-02-01 12:00")
    town.hears(*evening, sender=Sender.SITE, now="2017-03-01 23:00")
    town.hears(
        identify("ada", anonymousId="tablet", at="2017-03-01 19:00"),
        identify("ben", anonymousId="tablet", at="2017-03-01 21:00"),
        now="2017-03-01 23:00",
    )
    ada = ["2017-01-31 12:00", "2017-03-01 18:00", "2017-03-01 20:00"]
    assert deeds(town, "ada") == [at(moment) for moment in ada]
    assert deeds(town, "ben") == [at("2017-03-01 22:00")]
    assert (town.customer("ada").facts, town.customer("ben").facts) == (1, 1)
    assert whose(town, "tablet") == "ben"


def test_a_device_that_too_many_share_is_nobodys(town: Town) -> None:
    town.applies(RULES + "shared_device: {people: 2, within: 7 days}\n")
    kiosk = [
        identify(user, anonymousId="kiosk", at=f"2017-03-0{day} 12:00") for day, user in ((1, "a"), (8, "b"), (9, "c"))
    ]
    town.hears(*kiosk, now="2017-03-10 12:00")
    town.hears(looks("2017-03-09 13:00", "kiosk"), sender=Sender.SITE, now="2017-03-10 12:00")
    assert whose(town, "kiosk") == "c", "two within seven days are no crowd"
    assert deeds(town, "c") == [at("2017-03-09 13:00")]
    town.hears(identify("d", anonymousId="kiosk", at="2017-03-10 12:00"), now="2017-03-10 12:00")
    assert find(town.shop, "anonymous_id", "kiosk") != town.customer("d").id
    assert [deeds(town, user) for user in "abcd"] == [[], [], [], []]
    devices = [one for one in town.customer("c").identities if one.kind == "anonymous_id"]
    assert [(one.shared, one.leads) for one in devices] == [(True, False)]


# --- cards, addresses, numbers -------------------------------------------------------------------------------------------


def sold(id: str, amount: float, when: str, **who: str) -> dict[str, Any]:
    """An order without an account: at the till with a card, or by a guest."""
    return order("", id, amount, userId=None, context={"traits": who}, at=when)


def test_a_card_that_was_used_at_the_till_comes_with_its_points_to_whoever_registers_it(town: Town) -> None:
    town.applies()
    town.hears(sold("1", 30, "2017-02-01 12:00", card="77"), order("ada", "2", 5, at="2017-02-02 12:00"))
    assert (town.points("ada"), town.customer("77", kind="card").points.available) == (5, 30)
    town.hears(identify("ada", traits={"card": "77"}, at="2017-02-03 12:00"))
    town.hears(sold("3", 100, "2017-02-04 12:00", card="77"))
    assert town.customer("77", kind="card").id == town.customer("ada").id
    assert (town.points("ada"), town.customer("ada").points.brought) == (135, 30)
    assert [step.what for step in town.story("ada") if step.what.startswith("order")] == [
        "order 1 of 30.00 USD",
        "order 2 of 5.00 USD",
        "order 3 of 100.00 USD",
    ]


def test_an_earlier_claim_that_comes_late_takes_the_card_and_what_it_earned_along(town: Town) -> None:
    town.applies()
    town.hears(sold("1", 30, "2017-02-01 12:00", card="77"), order("ada", "2", 5), order("ben", "3", 7))
    town.hears(identify("ada", traits={"card": "77"}, at="2017-02-03 12:00"))
    town.hears(sold("4", 100, "2017-02-04 12:00", card="77"))
    assert (town.points("ada"), town.points("ben")) == (135, 7)
    town.hears(identify("ben", traits={"card": "77"}, at="2017-02-02 12:00"))
    assert (town.points("ada"), town.points("ben")) == (5, 137)
    assert town.customer("77", kind="card").id == town.customer("ben").id
    assert ("77", False) not in [(one.value, one.leads) for one in town.customer("ada").identities]


@pytest.mark.parametrize(("kind", "value"), [("email", "ada@example.com"), ("phone", "+4670123456")])
def test_what_a_guest_bought_waits_until_the_address_is_confirmed(town: Town, kind: str, value: str) -> None:
    """Anybody could have given it."""
    town.applies()
    town.hears(sold("1", 30, "2017-02-01 12:00", **{kind: value}))
    town.hears(identify("ada", traits={kind: value}, at="2017-02-02 12:00"))
    assert (find(town.shop, kind, value), town.points("ada")) == (town.customer("ada").id, 0)
    confirmed = did(f"{kind.capitalize()} Confirmed", userId="ada", context={"traits": {kind: value}})
    town.hears(confirmed | {"at": "2017-02-03 12:00"}, sender=Sender.SITE)
    assert town.points("ada") == 0, "a browser confirms nothing"
    town.hears(confirmed | {"at": "2017-02-03 12:00"})
    assert town.points("ada") == 30
    town.hears(sold("2", 12, "2017-02-04 12:00", **{kind: value}))
    assert town.points("ada") == 42


def test_two_names_of_the_shops_own_are_never_one_person_by_what_they_share(town: Town) -> None:
    town.applies()
    shared = {"email": "home@example.com", "phone": "+4670123456", "card": "77"}
    town.hears(
        identify("ada", traits=shared, anonymousId="tablet"), identify("ben", traits=shared, anonymousId="tablet")
    )
    assert town.customer("ada").id != town.customer("ben").id


def test_there_is_room_for_so_many_of_a_kind_and_the_event_is_taken_without_the_next(town: Town) -> None:
    town.applies(RULES + "identities: {card: {normalize: digits, at_most: 2}}\n")
    told = [identify("ada", traits={"card": str(number)}) for number in (1, 2, 3, 1)]
    assert town.hears(*told).stored == 4
    assert [find(town.shop, "card", card) is not None for card in "123"] == [True, True, False]
    assert [one.reason for one in refused(town.shop, None, 10).events] == ["too_many_identities"]
