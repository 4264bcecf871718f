"""Who is who, in the simplest honest form: who vouches for a link decides what may follow from it."""

from regulars.service.customers import find, search
from regulars.wire.events import Sender
from tests.service.town import Town, did, order


def whose(town: Town, anonymous_id: str) -> str | None:
    """The shop's id of whoever an anonymous id points at."""
    customer = town.customer(anonymous_id, kind="anonymous_id")
    return next((one.value for one in customer.identities if one.kind == "user_id"), None)


def identify(user: str, **more: object) -> dict[str, object]:
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
    assert town.customer("ada").facts == 3


def test_a_link_by_the_shop_is_firm(town: Town) -> None:
    town.applies()
    town.hears(identify("ada", anonymousId="tablet"))
    town.hears(did("Product Reviewed", anonymousId="tablet"))
    assert town.points("ada") == 50
    town.hears(did("Product Reviewed", anonymousId="tablet"), sender=Sender.SITE)
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
    town.hears(identify("ada", traits={"email": "Ada@Example.com"}))
    town.hears(identify("bob", traits={"email": "ada@example.com"}))
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
