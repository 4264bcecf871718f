"""Edge cases of people and consent: who somebody is, what follows from a word that anybody could say, and what may be done with it.

Every test bears the number of its case and says in its docstring what Regulars does; `docs/cases.md` is written from that.
"""

import pytest
from sqlalchemy import select

from regulars.kernel.calendar import DAY
from regulars.kernel.segments.meaning import Known, is_in
from regulars.service import joining, preferences, rights
from regulars.service.audit import deeds
from regulars.service.customers import find
from regulars.store.schema import consents, identities, impersonal, journal, quarantine
from regulars.wire.document import DocumentError
from tests.service.town import RULES, did, order
from tests.shop import at, program
from tests.stories.corner import ADA_AT_SHOPIFY, Corner, identify, payload, says


def looks(device: str, when: str, **more: object) -> dict[str, object]:
    return did("Product Viewed", anonymousId=device, at=when, **more)


def bought_by_a_guest(id: str, amount: float, **who: str) -> dict[str, object]:
    return order("", id, amount, userId=None, context={"traits": who})


# --- who is who ----------------------------------------------------------------------------------------------------------


def test_case_01_a_logs_out_b_logs_in_on_the_same_browser(corner: Corner) -> None:
    """Two customers are never merged by a browser. What is done on it belongs to whoever had signed in on it last by then, so what
    A did stays with A. The server gives out no new anonymous id for that: the moment tells the two apart, also where the site
    forgets to call `reset()` on signing out.
    """
    corner.tells(order("ada", "1", 45), order("ben", "2", 20))
    corner.now = "2017-03-01 22:00"
    corner.browses(
        identify("ada", anonymousId="laptop", at="2017-03-01 18:00"),
        looks("laptop", "2017-03-01 18:30"),
        identify("ben", anonymousId="laptop", at="2017-03-01 20:00"),
        looks("laptop", "2017-03-01 20:30"),
    )

    assert corner.customer("ada").id != corner.customer("ben").id
    assert corner.deeds("ada") == [at("2017-03-01 18:30")]
    assert corner.deeds("ben") == [at("2017-03-01 20:30")]
    assert (corner.points("ada"), corner.points("ben")) == (45, 20)


def test_case_02_anonymous_browsing_before_the_first_sign_in(corner: Corner) -> None:
    """What was done on a device within thirty days before the first sign-in belongs to whoever signs in first; what is older stays
    nobody's, and so does what was done under another anonymous id, before the last `reset()`. Nothing of it earns points.
    """
    for when in ("2017-01-29 11:00", "2017-01-30 13:00", "2017-02-20 12:00"):
        corner.now = when
        corner.browses(looks("laptop", when), looks("laptop-before-reset", when))
    corner.browses(did("Product Reviewed", anonymousId="laptop"))
    corner.now = "2017-03-01 12:00"
    corner.tells(identify("ada", anonymousId="laptop"))

    assert corner.deeds("ada") == [at("2017-01-30 13:00"), at("2017-02-20 12:00")]
    assert "Product Reviewed" in [step.what for step in corner.story("ada")]
    assert corner.points("ada") == 0


def test_case_03_a_forwarded_link_shows_consents_and_nothing_else(corner: Corner) -> None:
    """The link of a mail is a token that says nothing of its owner and is over after thirty days. Whoever has it sees how consents
    stand and may change them; no name, no address and no balance.
    """
    corner.tells(
        order("ada", "1", 45), identify("ada", traits={"email": "ada@example.com", "firstName": "Augusta Ada"})
    )
    link = preferences.preferences_link(corner.shop, corner.customer("ada").id, at(corner.now))
    friend = corner.client.get(f"/preferences/{link.token}")

    assert friend.status_code == 200
    assert [word for word in ("ada@example.com", "Augusta", ">45<", " 45 ") if word in friend.text] == []
    assert link.expires_at == at(corner.now) + 30 * DAY
    corner.now = "2017-04-01 12:00"
    assert corner.client.get(f"/preferences/{link.token}").status_code == 404


def test_case_03_a_weak_link_gives_no_balance(corner: Corner) -> None:
    """Whoever opens the shop by somebody else's link is that person to the browser alone. It reads no balance, earns nothing and
    takes no e-mail address along; and an address is looked up in a body only, never in a URL.
    """
    corner.tells(order("ada", "1", 45), identify("ada", traits={"email": "ada@example.com"}))
    corner.browses(
        identify("ada", anonymousId="phone-of-a-friend", traits={"email": "friend@example.com"}),
        did("Product Reviewed", userId="ada", anonymousId="phone-of-a-friend"),
        order("ada", "9", 500, anonymousId="phone-of-a-friend"),
    )

    assert corner.points("ada") == 45
    assert not corner.knows("email", "friend@example.com")
    assert (
        corner.client.get("/v1/customers/ada", headers={"Authorization": f"Bearer {corner.public}"}).status_code == 403
    )
    by_the_shop = {"Authorization": f"Bearer {corner.secret}"}
    assert corner.client.get("/v1/customers/email:ada@example.com", headers=by_the_shop).status_code == 400


def test_case_04_one_account_may_have_two_emails(corner: Corner) -> None:
    """Both addresses are kept and lead to the one account; the second does not push out the first."""
    corner.tells(
        identify("ada", traits={"email": "ada@work.example"}), identify("ada", traits={"email": "ada@home.example"})
    )

    assert find(corner.shop, "email", "ada@work.example") == corner.customer("ada").id
    assert find(corner.shop, "email", "ada@home.example") == corner.customer("ada").id


def test_case_04_two_accounts_of_one_person_are_merged_by_staff_and_parted_again(corner: Corner) -> None:
    """Two of the shop's own ids are never merged by what they share, only by staff. Then the ledgers add up, each entry stays where
    it was written, and a withdrawal in either account holds for both. It can be undone, and the audit trail says who did it.
    """
    shared = {"email": "ada@example.com", "phone": "+46701234567"}
    corner.tells(
        order("work", "1", 30), order("home", "2", 45), identify("work", traits=shared), identify("home", traits=shared)
    )
    corner.tells(says(True, "email", userId="work"), says(False, "email", userId="home"))
    work, home = corner.customer("work").id, corner.customer("home").id
    assert work != home

    joining.merge(corner.shop, home, work, "eve", "she called us", at(corner.now))
    assert (corner.customer("home").id, corner.points("work")) == (work, 75)
    assert not corner.may("work", "email")

    joining.part(corner.shop, home, "eve", at(corner.now))
    assert (corner.points("work"), corner.points("home")) == (30, 45)
    assert (corner.may("work", "email"), corner.may("home", "email")) == (True, False)
    assert [(one.who, one.what) for one in deeds(corner.shop, None, 10).deeds] == [("eve", "parted"), ("eve", "merged")]


def test_case_05_junk_ids(corner: Corner) -> None:
    """A word for no id at all is left out, the event is taken under the id that is left, and the shop is warned. An event that is
    left without any is refused: it would be nobody's. As an e-mail address such a word identifies nobody either.
    """
    words = ["null", "undefined", "guest", 0, "test@test.com", "[object Object]"]
    for junk in words:
        corner.browses(did("Product Viewed", userId=junk, anonymousId="laptop"))
        corner.tells(identify("ada", traits={"email": junk}), did("Product Viewed", userId=junk))

    assert corner.deeds("laptop", kind="anonymous_id") == [at(corner.now)] * len(words)
    assert corner.set_aside() == ["junk_identity", "missing_identity", "junk_identity"] * len(words)
    assert [(kind, junk) for kind in ("user_id", "email") for junk in words if corner.knows(kind, str(junk))] == []


def test_case_06_a_kiosk_that_five_hundred_people_use(corner: Corner) -> None:
    """A device that more people sign in on within a week than the program allows is a shared one. It leads to nobody, what is done
    on it without a name is nobody's, and of the five hundred links no more are kept than it takes to know. It says so itself.
    """
    rulebook = corner.shop.rulebooks.in_force()
    assert rulebook is not None
    allowed = rulebook.program.shared_device.people
    assert allowed == 5
    corner.browses(*[identify(f"person-{number}", anonymousId="kiosk") for number in range(500)])
    corner.browses(looks("kiosk", corner.now))

    with corner.shop.store.reading() as connection:
        kept = len(connection.execute(select(identities).where(identities.c.value == "kiosk")).all())
    assert kept <= 10 * allowed + 2
    assert corner.deeds("kiosk", kind="anonymous_id") == [at(corner.now)]
    assert [corner.deeds(f"person-{number}") for number in (0, 1, 49, 499)] == [[], [], [], []]
    assert [one.shared for one in corner.customer("person-0").identities if one.kind == "anonymous_id"] == [True]


def test_case_33_late_events_of_a_person_who_was_deleted(corner: Corner) -> None:
    """Of every identity a keyed hash stays. What comes late under one of them is let go without a trace, whoever brings it and in
    whatever words; the books still add up.
    """
    corner.tells(order("ada", "1", 45), identify("ada", anonymousId="laptop", traits={"email": "ada@example.com"}))
    rights.erase(corner.shop, corner.customer("ada").id, "eve", at(corner.now))
    with corner.shop.store.reading() as connection:
        before = len(connection.execute(select(journal.c.id)).all())

    assert corner.tells(order("ada", "2", 10), bought_by_a_guest("3", 5, email="ada@example.com"))["rejected"] == []
    corner.browses(
        looks("laptop", corner.now), identify(None, anonymousId="laptop", traits={"email": "ada@example.com"})
    )
    assert [
        corner.knows(kind, value)
        for kind, value in (("user_id", "ada"), ("anonymous_id", "laptop"), ("email", "ada@example.com"))
    ] == [False, False, False]
    with corner.shop.store.reading() as connection:
        assert len(connection.execute(select(journal.c.id)).all()) == before


def test_case_40_a_guest_order_with_the_email_of_a_member(corner: Corner) -> None:
    """The points wait under the address, which anybody could have typed, until the shop says that it is confirmed. A browser
    confirms nothing. Then they are the member's, and so are those of the next order.
    """
    corner.tells(identify("ada", traits={"email": "ada@example.com"}))
    corner.tells(bought_by_a_guest("1", 30, email="Ada@Example.com"))
    assert corner.points("ada") == 0

    confirmed = did("Email Confirmed", userId="ada") | {"properties": {"email": "ada@example.com"}}
    corner.browses(confirmed)
    assert corner.points("ada") == 0

    corner.tells(confirmed)
    corner.tells(bought_by_a_guest("2", 12, email="ada@example.com"))
    assert corner.points("ada") == 42


# --- consent -------------------------------------------------------------------------------------------------------------


def test_case_18_consent_that_is_withdrawn_holds_from_the_next_use_on(corner: Corner) -> None:
    """Consent is worked out when something is to be done with it, never kept: so whatever was planned before is stopped by a
    withdrawal, too. Each purpose stands by itself, the membership and its points go on, and saying no takes one word, also by a
    browser that the shop has tied to the customer. From any other browser it counts for that device alone, or anybody could say no
    for somebody else.
    """
    corner.tells({"type": "identify", "userId": "ada", "anonymousId": "laptop"})
    corner.tells(order("ada", "1", 45), says(True, "email", userId="ada"), says(True, "sms", userId="ada"))
    assert (corner.may("ada", "email"), corner.may("ada", "sms")) == (True, True)

    corner.now = "2017-03-02 12:00"
    corner.browses(says(False, "sms", userId="ada", anonymousId="of-a-stranger"))
    assert corner.may("ada", "sms")
    corner.browses(says(False, "email", userId="ada", anonymousId="laptop"))
    assert (corner.may("ada", "email"), corner.may("ada", "sms")) == (False, True)
    corner.tells(order("ada", "2", 5))
    assert corner.points("ada") == 50


def test_case_18_nobody_is_watched_who_takes_back_consent_to_analytics(corner: Corner) -> None:
    """Of whoever takes back consent to analytics no visit is kept from that word on. What was kept before goes when the program's
    retention is over, or when the person asks for it.
    """
    corner.browses({"type": "page", "userId": "ada", "anonymousId": "laptop"})
    corner.tells(says(False, "analytics", userId="ada"))
    corner.now = "2017-03-02 12:00"
    corner.browses({"type": "page", "userId": "ada", "anonymousId": "laptop"})

    assert [one.started_at for one in corner.visits("laptop")] == [at("2017-03-01 12:00")]


def test_case_19_only_a_new_act_lifts_a_withdrawal(corner: Corner) -> None:
    """An imported consent (here a platform's that does not say when it was given) lifts no withdrawal, and a ticked banner in a
    browser none before it is confirmed. A new act that the shop vouches for does, with its own proof.
    """
    corner.tells(says(True, "email", userId=ADA_AT_SHOPIFY), says(False, "email", userId=ADA_AT_SHOPIFY))
    corner.now = "2017-03-02 12:00"
    imported = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": None}
    corner.shopify("customers/update", payload("shopify/customers_update", email_marketing_consent=imported))
    assert not corner.may(ADA_AT_SHOPIFY, "email")

    corner.now = "2017-03-03 12:00"
    banner = {"consent": {"categoryPreferences": {"email": True}}}
    corner.tells({"type": "identify", "userId": ADA_AT_SHOPIFY, "anonymousId": "laptop"})
    corner.browses(did("Product Viewed", userId=ADA_AT_SHOPIFY, anonymousId="laptop", context=banner))
    assert (corner.stands(ADA_AT_SHOPIFY, "email"), corner.may(ADA_AT_SHOPIFY, "email")) == ("unconfirmed", False)

    corner.now = "2017-03-04 12:00"
    corner.tells(says(True, "email", userId=ADA_AT_SHOPIFY))
    assert corner.may(ADA_AT_SHOPIFY, "email")
    with corner.shop.store.reading() as connection:
        words = connection.execute(
            select(consents.c.imported, consents.c.wording).order_by(consents.c.recorded_at, consents.c.granted.desc())
        )
        assert words.all()[-1] == (False, "newsletter v3")


def test_case_20_nothing_is_stored_of_whoever_has_not_consented(corner: Corner) -> None:
    """What a browser sends that says so is counted by name and day, and nobody is known by it: no device, no visit, no address.
    That holds for what is refused and for what is set aside, too.
    """
    before = {"consent": {"categoryPreferences": {"analytics": False}}}
    corner.browses(
        looks("laptop", corner.now, context=before),
        did("Product Viewed", userId="guest", anonymousId="laptop", context=before),
        {"type": "identify", "anonymousId": "laptop", "traits": {"email": "ada@example.com"}, "context": before},
        {"event": "", "anonymousId": "laptop", "context": before},
    )

    assert not corner.knows("anonymous_id", "laptop")
    assert not corner.knows("email", "ada@example.com")
    with corner.shop.store.reading() as connection:
        counted = {row.name: row.number for row in connection.execute(select(impersonal))}
        assert connection.execute(select(journal)).all() == []
    assert counted == {"Product Viewed": 2, "other": 1}
    assert corner.set_aside() == ["missing_event", "junk_identity"]
    with corner.shop.store.reading() as connection:
        assert connection.execute(select(quarantine.c.raw)).scalars().all() == [b"", b""]


def test_case_36_a_segment_of_those_who_have_not() -> None:
    """Visitors are in no segment, and one that says only what somebody did not do is refused: it needs something that they did or
    are. With that it holds those alone who are somebody and have not.
    """
    never = "none: [{did: Order Completed}]"
    with pytest.raises(DocumentError, match="would hold every visitor of whom nothing is known"):
        program(f"segments: {{never-bought: {{{never}}}}}")
    rulebook = program(f"segments: {{never-bought: {{all: [{{known_by: email}}], {never}}}}}")
    (segment,) = rulebook.program.segments
    ada = Known("ada", rulebook.calendar, kinds={"email"})
    somebody = Known("visitor", rulebook.calendar)

    assert [is_in(segment.condition, one, at("2017-03-01 12:00")) for one in (ada, somebody)] == [True, False]


def test_case_37_a_link_that_a_machine_looks_at(corner: Corner) -> None:
    """Mail gateways open every link, by GET and by HEAD. Neither changes a consent or confirms one: that takes the button,
    a POST.
    """
    corner.applies(RULES + "consent: {email: {ground: consent, double_opt_in: yes}}\n", when="2017-02-01 12:00")
    corner.tells(says(True, "email", userId="ada"))
    id = corner.customer("ada").id
    links = [
        f"/preferences/{preferences.preferences_link(corner.shop, id, at(corner.now)).token}",
        f"/preferences/confirm/{preferences.confirmation_link(corner.shop, id, 'email', at(corner.now)).token}",
    ]
    for link in links:
        corner.client.get(link)
        corner.client.head(link)
    assert corner.stands("ada", "email") == "unconfirmed"

    corner.client.post(links[1])
    assert corner.stands("ada", "email") == "granted"
    corner.client.post(links[0], data={"purpose": "everything", "granted": "no"})
    assert corner.stands("ada", "email") == "withdrawn"
