"""Consents over HTTP: what a shop's server says and reads, what a browser's signals bring about, and links for people."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from regulars.kernel.calendar import DAY
from regulars.service import programs
from regulars.service.shop import Shop
from regulars.store.schema import impersonal, journal
from regulars.wire.instants import rfc3339
from tests.web.api.conftest import NOW, PROGRAM, Speaker

DOUBLE = PROGRAM + "consent: {email: {ground: consent, double_opt_in: yes}}\n"


def stands(api: Speaker, customer: str = "ada") -> dict[str, str]:
    answer = api.reads(f"/v1/customers/{customer}/consents").json()
    return {one["purpose"]: one["standing"] for one in answer["consents"]}


def says(api: Speaker, body: dict[str, Any], who: str = "ada", **headers: str) -> httpx.Response:
    shown = {"Authorization": f"Bearer {api.secret}", **headers}
    return api.client.post(f"/v1/customers/{who}/consents", json=body, headers=shown)


def asks(api: Speaker, path: str, body: Any, key: str | None = None) -> httpx.Response:
    return api.client.post(path, json=body, headers={"Authorization": f"Bearer {key or api.secret}"})


@pytest.fixture
def ada(api: Speaker) -> Speaker:
    """Who is known."""
    api.sends("identify", {"userId": "ada", "traits": {"email": "ada@example.com"}})
    return api


# --- the shop's server ---------------------------------------------------------------------------------------------------


def test_a_word_is_kept_with_its_proof(ada: Speaker) -> None:
    told = {"purpose": "email", "granted": True, "wording": "newsletter-3", "place": "checkout"}

    answer = says(ada, {**told, "happened_at": rfc3339(NOW - DAY)})

    assert answer.status_code == 200
    proof = {"ground": "consent", "source": "shop", "wording": "newsletter-3", "place": "checkout"}
    standing = next(one for one in answer.json()["consents"] if one["purpose"] == "email")
    allowed = {"purpose": "email", "standing": "granted", "allows": True, "since": rfc3339(NOW - DAY)}
    assert standing == {**allowed, **proof}
    [word] = answer.json()["words"]
    assert (word["granted"], word["trust"], word["imported"]) == (True, "shop", False)
    assert (word["happened_at"], word["recorded_at"]) == (rfc3339(NOW - DAY), rfc3339(NOW))
    assert ada.reads("/v1/customers/ada/consents").json() == answer.json()


def test_the_same_key_says_the_same_once_and_nothing_else(ada: Speaker) -> None:
    told = {"purpose": "sms", "granted": True}
    first = says(ada, told, **{"Idempotency-Key": "till-4711"})
    again = says(ada, told, **{"Idempotency-Key": "till-4711"})
    other = says(ada, {**told, "granted": False}, **{"Idempotency-Key": "till-4711"})

    assert first.json() == again.json()
    assert len(again.json()["words"]) == 1
    assert (other.status_code, other.json()["code"]) == (409, "not_possible")
    assert stands(ada)["sms"] == "granted"


def test_without_a_key_and_a_moment_each_is_a_word_of_its_own(ada: Speaker) -> None:
    answers = [says(ada, {"purpose": "sms", "granted": granted}) for granted in (True, False, True)]
    assert len(answers[-1].json()["words"]) == 3


@pytest.mark.parametrize(
    "bad",
    [
        {"purpose": "fax", "granted": True},
        {"purpose": "email"},
        {"purpose": "email", "granted": "yes"},
        {"purpose": "email", "granted": True, "wording": "x" * 201},
        {"purpose": "email", "granted": True, "place": "a\nb"},
        {"purpose": "email", "granted": True, "happened_at": "yesterday"},
        {"purpose": "email", "granted": True, "happened_at": "1970-01-01T00:00:00Z"},
        {"purpose": "email", "granted": True, "ground": "because"},
        {"purpose": "email", "granted": True, "email": "ada@example.com"},
        [],
    ],
)
def test_a_word_that_is_none_is_told_so(ada: Speaker, bad: Any) -> None:
    answer = says(ada, bad)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_body")
    assert ada.reads("/v1/customers/ada/consents").json()["words"] == []


def test_a_key_that_is_none_is_told_so(ada: Speaker) -> None:
    answer = says(ada, {"purpose": "email", "granted": True}, **{"Idempotency-Key": "k" * 101})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_nobody_and_addresses_in_a_path(ada: Speaker) -> None:
    told = {"purpose": "email", "granted": True}
    assert says(ada, told, "nobody").json()["code"] == "customer_not_found"
    assert says(ada, told, "email:ada@example.com").json()["code"] == "identity_in_path"
    assert ada.reads("/v1/customers/nobody/consents").json()["code"] == "customer_not_found"


def test_by_our_own_id_as_well(ada: Speaker) -> None:
    id = ada.reads("/v1/customers/ada").json()["id"]
    assert says(ada, {"purpose": "sms", "granted": True}, f"id:{id}").status_code == 200
    assert stands(ada)["sms"] == "granted"


@pytest.mark.parametrize("path", ["/v1/customers/preferences-link", "/v1/customers/ada/consents"])
def test_a_public_key_neither_speaks_nor_gets_a_link(ada: Speaker, path: str) -> None:
    answer = asks(ada, path, {"kind": "user_id", "value": "ada"}, ada.public)
    assert (answer.status_code, answer.json()["code"]) == (403, "secret_key_needed")


# --- links ---------------------------------------------------------------------------------------------------------------


def test_a_link_leads_to_the_page(ada: Speaker) -> None:
    answer = asks(ada, "/v1/customers/preferences-link", {"kind": "email", "value": "Ada@Example.com"})

    assert answer.status_code == 200
    url = answer.json()["url"]
    assert url.startswith("http://testserver.local/preferences/")
    assert answer.json()["expires_at"] == rfc3339(NOW + 30 * DAY)
    assert "ada" not in url.removeprefix("http://testserver.local/preferences/").lower()
    assert ada.client.get(url).status_code == 200


def test_behind_a_proxy_a_link_is_https(ada: Speaker) -> None:
    shown = {"Authorization": f"Bearer {ada.secret}", "X-Forwarded-Proto": "https", "Host": "club.example.com"}
    answer = ada.client.post("/v1/customers/preferences-link", json={"kind": "user_id", "value": "ada"}, headers=shown)
    assert answer.json()["url"].startswith("https://club.example.com/preferences/")


def test_a_device_is_nobody_and_gets_no_link(ada: Speaker) -> None:
    ada.sends("track", {"event": "Product Viewed", "anonymousId": "tablet"}, ada.public)
    device = {"kind": "anonymous_id", "value": "tablet"}
    assert asks(ada, "/v1/customers/preferences-link", device).json()["code"] == "bad_identity"
    id = ada.reads("/v1/customers/anonymous_id:tablet").json()["id"]
    visitor = asks(ada, "/v1/customers/preferences-link", {"kind": "id", "value": id})
    assert (visitor.status_code, visitor.json()["code"]) == (409, "not_possible")


def test_a_double_opt_in_from_the_first_click_to_the_second(ada: Speaker, shop: Shop) -> None:
    programs.publish(shop, DOUBLE, "test", NOW)
    says(ada, {"purpose": "email", "granted": True, "place": "checkout"})
    assert stands(ada)["email"] == "unconfirmed"
    body = {"customer": {"kind": "user_id", "value": "ada"}, "purpose": "email"}
    url = asks(ada, "/v1/consents/confirmation-link", body).json()["url"]

    assert ada.client.get(url).status_code == 200
    assert ada.client.head(url).status_code == 200
    assert stands(ada)["email"] == "unconfirmed", "link scanners press no button"
    assert "confirmed" in ada.client.post(url).text

    assert stands(ada)["email"] == "granted"
    words = ada.reads("/v1/customers/ada/consents").json()["words"]
    proofs = [(word["place"], word["source"], word["wording"]) for word in words]
    assert sorted(proofs) == [("checkout", "shop", ""), ("confirmed", "preferences", "preferences-1")]


# --- what a browser says -------------------------------------------------------------------------------------------------


def sees(api: Speaker, **more: Any) -> httpx.Response:
    headers = more.pop("headers", {})
    body = {"type": "page", "name": "Home", **more}
    return api.client.post("/v1/page", json=body, auth=(api.public, ""), headers=headers)


def stored(shop: Shop) -> list[str]:
    """Names of what was kept with somebody."""
    with shop.store.reading() as connection:
        asked = select(journal.c.name).where(journal.c.fact_id.is_not(None)).order_by(journal.c.id)
        return list(connection.execute(asked).scalars())


def counted(shop: Shop) -> dict[str, int]:
    with shop.store.reading() as connection:
        return {row.name: row.number for row in connection.execute(select(impersonal))}


def test_global_privacy_control_is_an_objection_to_ads_and_profiling(api: Speaker, shop: Shop) -> None:
    assert sees(api, anonymousId="tablet", headers={"Sec-GPC": "1"}).json()["accepted"] == 1

    standing = stands(api, "anonymous_id:tablet")
    assert (standing["ads"], standing["profiling"], standing["analytics"]) == ("withdrawn", "withdrawn", "assumed")
    words = api.reads("/v1/customers/anonymous_id:tablet/consents").json()["words"]
    assert {word["place"] for word in words} == {"Global Privacy Control"}
    sees(api, anonymousId="tablet", headers={"Sec-GPC": "1"})
    assert len(api.reads("/v1/customers/anonymous_id:tablet/consents").json()["words"]) == len(words)


def test_a_header_that_says_no_control_is_none(api: Speaker) -> None:
    sees(api, anonymousId="tablet", headers={"Sec-GPC": "0"})
    assert stands(api, "anonymous_id:tablet")["ads"] == "missing"


def test_without_analytics_only_a_number_is_left(api: Speaker, shop: Shop) -> None:
    context = {"consent": {"categoryPreferences": {"analytics": False}}, "traits": {"email": "ada@example.com"}}
    answer = sees(api, anonymousId="tablet", userId="ada", context=context)

    assert (answer.status_code, answer.json()["rejected"]) == (200, [])
    assert stored(shop) == []
    assert counted(shop) == {"Page Viewed": 1}
    assert api.reads("/v1/customers/anonymous_id:tablet").status_code == 404
    assert api.reads("/v1/customers/ada").status_code == 404


def test_after_a_withdrawal_a_device_is_only_counted(api: Speaker, shop: Shop) -> None:
    sees(api, anonymousId="tablet")
    withdrawal = {"event": "Consent Withdrawn", "anonymousId": "tablet", "properties": {"purpose": "analytics"}}
    api.sends("track", withdrawal, api.public)

    sees(api, anonymousId="tablet")
    sees(api, anonymousId="phone")

    assert stored(shop) == ["Page Viewed", "Consent Withdrawn", "Page Viewed"]
    assert counted(shop) == {"Page Viewed": 1}


def test_after_a_withdrawal_on_the_page_the_persons_devices_are_only_counted(ada: Speaker, shop: Shop) -> None:
    ada.sends("identify", {"userId": "ada", "anonymousId": "tablet"})
    says(ada, {"purpose": "analytics", "granted": False})
    before = stored(shop)

    assert sees(ada, anonymousId="tablet").json()["accepted"] == 1
    assert sees(ada, anonymousId="tablet", userId="ada").json()["accepted"] == 1

    assert stored(shop) == before
    assert counted(shop) == {"Page Viewed": 2}


def test_orders_and_what_the_shop_says_go_on(ada: Speaker, shop: Shop) -> None:
    says(ada, {"purpose": "analytics", "granted": False})
    ada.buys("ada", "1", 45)
    ada.tracks("Product Reviewed", userId="ada")
    assert ada.reads("/v1/customers/ada").json()["points"]["available"] == 45
    assert stored(shop)[-2:] == ["Order Completed", "Product Reviewed"]
    assert counted(shop) == {}


def test_in_one_batch_the_order_decides(api: Speaker, shop: Shop) -> None:
    def consent(name: str) -> dict[str, Any]:
        return {"type": "track", "event": name, "anonymousId": "tablet", "properties": {"purpose": "analytics"}}

    page = {"type": "page", "anonymousId": "tablet", "name": "Home"}
    batch = [page, consent("Consent Withdrawn"), page, page, consent("Consent Granted"), page]
    api.sends("batch", {"batch": batch}, api.public)

    assert stored(shop) == ["Page Viewed", "Consent Withdrawn", "Consent Granted", "Page Viewed"]
    assert counted(shop) == {"Page Viewed": 2}


def test_a_refusal_that_is_stamped_on_what_is_only_counted_is_heard(api: Speaker, shop: Shop) -> None:
    withdrawal = {"event": "Consent Withdrawn", "anonymousId": "tablet", "properties": {"purpose": "analytics"}}
    api.sends("track", withdrawal, api.public)
    sees(api, anonymousId="tablet", headers={"Sec-GPC": "1"})
    assert stored(shop) == ["Consent Withdrawn"]
    assert stands(api, "anonymous_id:tablet")["ads"] == "withdrawn"
