"""What a person changes by a link: which token opens what, what a change is recorded as, and what nothing of it undoes."""

import pytest

from regulars.kernel.calendar import DAY, SECOND
from regulars.service import preferences, tokens
from regulars.service.consents import allows, denied
from regulars.service.customers import find
from regulars.service.preferences import KeyReused, Nameless, Outcome
from regulars.service.records import records_of
from regulars.wire.events import ConsentSaid, Sender
from tests.service.town import Town, did, order
from tests.shop import at

NOW = at("2017-03-01 12:00")
DOUBLE = """
consent:
  email: {ground: consent, double_opt_in: yes}
  ads: {ground: contract}
earning: [{id: purchase, on: Order Completed, per: 1.00, points: 1}]
"""


def identify(user: str, **more: object) -> dict[str, object]:
    return {"type": "identify", "userId": user, **more}


def id_of(town: Town, value: str, kind: str = "user_id") -> str:
    found = find(town.shop, kind, value)
    assert found is not None
    return found


def token(town: Town, value: str = "ada", kind: str = "user_id") -> str:
    return preferences.preferences_link(town.shop, id_of(town, value, kind), NOW).token


def stands(town: Town, value: str = "ada") -> dict[str, str]:
    known = preferences.consents_of(town.shop, id_of(town, value))
    assert known is not None
    return {one.purpose: one.standing for one in known.standings}


def changes(town: Town, link: str, *purposes: str, granted: bool, now: int = NOW) -> tuple[str, ...] | None:
    return preferences.change(town.shop, link, purposes, granted, "words-1", now)


# --- links ---------------------------------------------------------------------------------------------------------------


def test_a_link_opens_until_its_second(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"))
    link = preferences.preferences_link(town.shop, id_of(town, "ada"), NOW)
    assert link.expires_at == NOW + 30 * DAY
    assert preferences.by_token(town.shop, link.token, link.expires_at - SECOND) is not None
    assert preferences.by_token(town.shop, link.token, link.expires_at) is None


def test_a_token_that_was_touched_opens_nothing(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"))
    good = token(town)
    for place in range(len(good)):
        other = "A" if good[place] != "A" else "B"
        assert preferences.by_token(town.shop, good[:place] + other + good[place + 1 :], NOW) is None
    for bad in ("", "x", good + "A", good + "=", good[:-1], good * 9, "ä" * 90, "\0"):
        assert preferences.by_token(town.shop, bad, NOW) is None


def test_a_token_for_one_purpose_is_none_for_another(town: Town) -> None:
    town.applies(DOUBLE)
    town.hears(identify("ada"))
    confirming = preferences.confirmation_link(town.shop, id_of(town, "ada"), "email", NOW).token
    assert preferences.by_token(town.shop, confirming, NOW) is None
    assert preferences.to_confirm(town.shop, token(town), NOW) is None
    assert preferences.confirm(town.shop, token(town), "w", NOW) is None
    assert changes(town, confirming, "email", granted=False) is None


def test_before_the_first_link_no_token_is_good(town: Town) -> None:
    town.applies()
    assert preferences.by_token(town.shop, "A" * 120, NOW) is None


def test_a_token_says_nothing_of_the_person(town: Town) -> None:
    town.applies()
    town.hears(identify("ada", traits={"email": "ada@example.com"}))
    raw = tokens._decoded(token(town, "ada@example.com", "email"))
    assert id_of(town, "ada").encode() in raw
    assert b"ada" not in raw.replace(id_of(town, "ada").encode(), b"")


def test_the_same_key_serves_every_link_of_the_shop(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"), identify("bob"))
    first, second = token(town), token(town, "bob")
    assert preferences.by_token(town.shop, first, NOW) is not None
    assert preferences.by_token(town.shop, second, NOW) is not None


def test_a_visitor_without_a_name_gets_no_link(town: Town) -> None:
    town.applies()
    town.hears(did("Product Viewed", anonymousId="tablet"), sender=Sender.SITE)
    with pytest.raises(Nameless):
        preferences.preferences_link(town.shop, id_of(town, "tablet", "anonymous_id"), NOW)


def test_a_link_that_was_given_to_one_of_two_accounts_is_good_for_both_together(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"), {"type": "identify", "traits": {"card": "77"}})
    card = token(town, "77", "card")
    town.hears(identify("ada", traits={"card": "77"}))
    known = preferences.by_token(town.shop, card, NOW)
    assert known is not None
    assert known.customer == id_of(town, "ada")
    assert changes(town, card, "analytics", granted=False) == ("analytics",)
    assert stands(town)["analytics"] == "withdrawn"


# --- changing ------------------------------------------------------------------------------------------------------------


def test_a_change_is_a_fact_with_its_proof(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"))
    link = token(town)

    assert changes(town, link, "email", granted=True) == ("email",)

    known = preferences.by_token(town.shop, link, NOW)
    assert known is not None
    [word] = known.words
    assert (word.purpose, word.granted, word.trust, word.ground) == ("email", True, "shop", "consent")
    assert (word.place, word.wording, word.source) == ("preference page", "words-1", "preferences")
    assert [step.what for step in town.story("ada")][-1] == "Consent Granted"
    assert stands(town)["email"] == "granted"


def test_what_holds_already_is_not_said_again(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"))
    link = token(town)
    assert changes(town, link, "email", "analytics", granted=True) == ("email",)
    assert changes(town, link, "email", granted=True) == ()
    assert changes(town, link, "email", granted=False, now=NOW + 1) == ("email",)
    assert changes(town, link, "email", granted=False, now=NOW + 2) == ()
    known = preferences.by_token(town.shop, link, NOW)
    assert known is not None
    assert [word.granted for word in known.words] == [False, True]


def test_withdrawing_everything_is_one_message_and_leaves_what_is_contract(town: Town) -> None:
    town.applies(DOUBLE)
    town.hears(identify("ada"))
    everything = ("analytics", "profiling", "email", "sms", "ads")
    assert set(changes(town, token(town), *everything, granted=False) or ()) == set(everything) - {"ads"}
    assert stands(town)["ads"] == "assumed"
    assert [step.what for step in town.story("ada")].count("Consent Withdrawn") == 1


def test_somebody_known_by_an_email_alone_can_change_it(town: Town) -> None:
    town.applies()
    town.hears({"type": "identify", "traits": {"email": "guest@example.com"}})
    link = token(town, "guest@example.com", "email")
    assert changes(town, link, "email", granted=True) == ("email",)
    known = preferences.by_token(town.shop, link, NOW)
    assert known is not None
    assert {one.purpose: one.standing for one in known.standings}["email"] == "granted"


def test_a_change_earns_nothing_and_loses_nothing(town: Town) -> None:
    town.applies()
    town.hears(order("ada", "1", 45))
    changes(town, token(town), "email", "sms", "ads", "analytics", "profiling", granted=False)
    town.hears(order("ada", "2", 10))
    assert town.points("ada") == 55


# --- the second click ----------------------------------------------------------------------------------------------------


def test_the_second_click_turns_unconfirmed_into_granted(town: Town) -> None:
    town.applies(DOUBLE)
    town.hears(identify("ada"))
    link = token(town)
    changes(town, link, "email", granted=True)
    assert stands(town)["email"] == "unconfirmed"
    confirming = preferences.confirmation_link(town.shop, id_of(town, "ada"), "email", NOW)

    before = preferences.to_confirm(town.shop, confirming.token, NOW)
    assert before is not None
    assert stands(town)["email"] == "unconfirmed", "looking changes nothing"
    assert preferences.confirm(town.shop, confirming.token, "w", NOW + 1) is Outcome.CONFIRMED

    assert stands(town)["email"] == "granted"
    assert preferences.confirm(town.shop, confirming.token, "w", NOW + 2) is Outcome.ALREADY
    assert preferences.confirm(town.shop, confirming.token, "w", confirming.expires_at) is None


def test_an_old_mail_undoes_no_withdrawal(town: Town) -> None:
    town.applies(DOUBLE)
    town.hears(identify("ada"))
    changes(town, token(town), "email", granted=True)
    confirming = preferences.confirmation_link(town.shop, id_of(town, "ada"), "email", NOW).token
    changes(town, token(town), "email", granted=False, now=NOW + SECOND)
    assert preferences.confirm(town.shop, confirming, "w", NOW + 2 * SECOND) is Outcome.WITHDRAWN
    assert stands(town)["email"] == "withdrawn"


# --- by the shop's server ------------------------------------------------------------------------------------------------


def test_a_word_with_a_key_is_one_word_however_often_it_is_sent(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"))
    said, who = ConsentSaid("email", True, "consent", "newsletter-3", "checkout"), ("user_id", "ada")
    assert preferences.say(town.shop, who, said, "key-1", None, NOW).stored == 1
    assert preferences.say(town.shop, who, said, "key-1", None, NOW + DAY).known == 1
    with pytest.raises(KeyReused):
        preferences.say(town.shop, who, ConsentSaid("email", False), "key-1", None, NOW)
    assert stands(town)["email"] == "granted"


def test_without_a_key_the_moment_tells_a_resend_from_a_new_word(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"))
    said, who = ConsentSaid("email", True), ("user_id", "ada")
    assert preferences.say(town.shop, who, said, None, NOW - DAY, NOW).stored == 1
    assert preferences.say(town.shop, who, said, None, NOW - DAY, NOW + 5).known == 1
    assert preferences.say(town.shop, who, ConsentSaid("email", False), None, None, NOW + 6).stored == 1
    assert preferences.say(town.shop, who, said, None, None, NOW + 7).stored == 1
    assert stands(town)["email"] == "granted"


def test_what_the_server_says_of_a_device_is_not_said_of_whoever_a_browser_calls_its_user(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"))
    town.hears(identify("ada", anonymousId="tablet"), sender=Sender.SITE)
    preferences.say(town.shop, ("anonymous_id", "tablet"), ConsentSaid("email", True), None, None, NOW)
    assert stands(town)["email"] == "missing"


# --- whoever withdrew ----------------------------------------------------------------------------------------------------


def withdrawn(town: Town, *names: tuple[str, str], purpose: str = "analytics") -> set[tuple[str, str]]:
    ids = {id_of(town, value, kind): (kind, value) for kind, value in names}
    with town.shop.store.reading() as connection:
        return {ids[record] for record in denied(connection, set(ids), purpose)}


def test_who_has_withdrawn_is_denied_and_nobody_else(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"), identify("bob"), identify("cy"))
    changes(town, token(town), "analytics", granted=False)
    changes(town, token(town, "bob"), "email", granted=False)
    everybody = [("user_id", name) for name in ("ada", "bob", "cy")]
    assert withdrawn(town, *everybody) == {("user_id", "ada")}
    assert withdrawn(town, *everybody, purpose="email") == {("user_id", "bob")}
    assert withdrawn(town, *everybody, purpose="profiling") == set()

    changes(town, token(town), "analytics", granted=True, now=NOW + 1)

    assert withdrawn(town, *everybody) == set()


def test_a_withdrawal_in_one_account_denies_all_that_belong_together(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"), {"type": "identify", "traits": {"card": "77"}})
    card = id_of(town, "77", "card")
    changes(town, token(town, "77", "card"), "analytics", granted=False)
    assert withdrawn(town, ("user_id", "ada")) == set()

    town.hears(identify("ada", traits={"card": "77"}), now="2017-03-01 12:01")

    assert withdrawn(town, ("user_id", "ada")) == {("user_id", "ada")}
    with town.shop.store.reading() as connection:
        assert denied(connection, {card}, "analytics") == {card}


def test_more_records_than_fit_into_one_question(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"))
    changes(town, token(town), "analytics", granted=False)
    ada = id_of(town, "ada")
    with town.shop.store.reading() as connection:
        assert denied(connection, {ada, *[f"nobody-{n}" for n in range(1_200)]}, "analytics") == {ada}
        assert denied(connection, set(), "analytics") == set()


def test_profiling_can_be_asked_for_before_anything_profiles(town: Town) -> None:
    town.applies()
    town.hears(identify("ada"))
    rulebook = town.shop.rulebooks.in_force()
    assert rulebook is not None
    ada = id_of(town, "ada")
    with town.shop.store.reading() as connection:
        assert allows(connection, records_of(connection, ada), "profiling", rulebook.program)
    changes(town, token(town), "profiling", granted=False)
    with town.shop.store.reading() as connection:
        assert not allows(connection, records_of(connection, ada), "profiling", rulebook.program)
