"""A site's data layer in the words of the contract, and the few lines of script that pass it on."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.kernel.terms import Currency
from regulars.wire.events.data_layer import NAMES, OF_AN_EVENT, OF_AN_ITEM, PARAMETERS, from_data_layer
from regulars.wire.events.orders import ordered

PAGE = (Path(__file__).parents[2] / "docs/sources.md").read_text(encoding="utf-8")
ESPRESSO = {
    "item_id": "E1",
    "item_name": "Espresso",
    "item_category": "coffee",
    "item_brand": "Acme",
    "item_variant": "whole",
    "price": 15.0,
    "quantity": 2,
    "index": 3,
}
AS_A_PRODUCT = {
    "product_id": "E1",
    "name": "Espresso",
    "category": "coffee",
    "brand": "Acme",
    "variant": "whole",
    "price": 15.0,
    "quantity": 2,
    "position": 3,
}


def properties_of(name: str, parameters: Any) -> dict[str, object]:
    read = from_data_layer(name, parameters)
    assert read is not None
    return read[1]


def table(first: str) -> dict[str, str]:
    _, _, rest = PAGE.partition(f"| {first} |")
    rows = [re.findall(r"`([^`]+)`", row) for row in rest.partition("\n\n")[0].splitlines()[2:]]
    return {" of ".join(said): known for *said, known in rows}


def test_the_page_shows_every_name():
    assert table("GA4") == NAMES


def test_the_page_shows_every_parameter_and_which_event_it_is_of():
    purchase = {"value of purchase of refund": "revenue", "method of share": "share_via"}
    assert table("GA4's parameter") == {**PARAMETERS, **purchase}
    assert OF_AN_EVENT == {
        "purchase": {"value": "revenue"},
        "refund": {"value": "revenue"},
        "share": {"method": "share_via"},
    }
    assert table("GA4's item") == OF_AN_ITEM


def test_a_purchase_is_an_order_that_the_shop_could_tell():
    parameters = {
        "transaction_id": "T-1",
        "value": 27.5,
        "tax": 3,
        "shipping": 4.9,
        "coupon": "SPRING",
        "currency": "SEK",
        "items": [ESPRESSO],
    }
    read = from_data_layer("purchase", parameters)

    assert read is not None
    assert read == (
        "Order Completed",
        {
            "order_id": "T-1",
            "revenue": 27.5,
            "tax": 3,
            "shipping": 4.9,
            "coupon": "SPRING",
            "currency": "SEK",
            "products": [AS_A_PRODUCT],
        },
    )
    order = ordered(read[1], Currency("SEK", 2))
    assert (order.order_id, order.amount_minor, order.lines[0].properties["category"]) == ("T-1", 27_50, "coffee")


@pytest.mark.parametrize(
    "name", ["view_item", "select_item", "add_to_cart", "remove_from_cart", "add_to_wishlist", "share"]
)
def test_an_event_about_one_product_bears_its_properties(name):
    said = properties_of(name, {"currency": "SEK", "items": [ESPRESSO]})

    assert said == {**AS_A_PRODUCT, "currency": "SEK", "products": [AS_A_PRODUCT]}


@pytest.mark.parametrize("items", [[], [ESPRESSO, ESPRESSO], ["E1"], None, {"item_id": "E1"}, "E1"], ids=repr)
def test_an_event_about_several_products_or_none_is_about_none_of_them(items):
    assert "product_id" not in properties_of("add_to_cart", {"items": items})


def test_an_event_about_a_list_keeps_its_products_to_themselves():
    assert properties_of("view_cart", {"items": [ESPRESSO]}) == {"products": [AS_A_PRODUCT]}


def test_who_shares_says_how_and_what():
    assert properties_of("share", {"method": "mail", "content_type": "product", "item_id": "E1"}) == {
        "share_via": "mail",
        "content_type": "product",
        "product_id": "E1",
    }
    assert properties_of("login", {"method": "mail"}) == {"method": "mail"}


def test_where_both_styles_are_there_the_words_of_the_contract_hold():
    parameters = {
        "transaction_id": "theirs",
        "order_id": "ours",
        "items": [{"item_id": "theirs", "product_id": "ours"}],
        "value": 1,
        "revenue": 2,
    }
    for said in (parameters, dict(reversed(parameters.items()))):
        assert properties_of("purchase", said) == {
            "order_id": "ours",
            "products": [{"product_id": "ours"}],
            "revenue": 2,
        }
    beside = {"order_id": "beside", "ecommerce": {"transaction_id": "in it", "order_id": "in it", "value": 1}}
    assert properties_of("purchase", beside) == {"order_id": "beside", "revenue": 1}


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_word_of_the_contract_that_says_nothing_gives_way(nothing):
    assert properties_of("purchase", {"order_id": nothing, "transaction_id": "T"}) == {"order_id": "T"}


@pytest.mark.parametrize("name", ["Order Completed", "Product Added", "Purchase", "purchase ", "newsletter_joined", ""])
def test_events_with_other_names_are_not_touched(name):
    assert from_data_layer(name, {"items": [ESPRESSO]}) is None


FIELDS = st.sampled_from([*PARAMETERS, *OF_AN_ITEM, "ecommerce", "method", "value", "x"])
ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner),
    max_leaves=12,
)


@given(st.sampled_from(list(NAMES)), ANYTHING)
def test_whatever_stands_there_nothing_is_lost_but_what_was_said_twice(name, parameters):
    before = json.dumps(parameters)
    said = properties_of(name, parameters)

    assert json.dumps(parameters) == before
    if isinstance(parameters, dict):
        known = {**PARAMETERS, **OF_AN_EVENT.get(name, {}), **OF_AN_ITEM}
        for field in parameters:
            assert field == "ecommerce" or field in said or known[field] in said


# --- in the browser ------------------------------------------------------------------------------------------------------

SNIPPET = re.findall(r"```html\n(.*?)```", PAGE, re.DOTALL)[0]
STUB = """<script>
window.sent = [];
window.fetch = function (url, options) {
  sent.push([url, options.headers.Authorization, JSON.parse(options.body)]);
  return Promise.reject(new Error("offline"));
};
</script>"""
BEFORE = "<script>dataLayer = []; function gtag() { dataLayer.push(arguments); } gtag('event', 'login', {method: 'mail'});</script>"


@pytest.fixture
def shop_page(page, tmp_path):
    """A page of a shop with the snippet; `before` runs ahead of it."""

    def opened(before: str = BEFORE):
        (tmp_path / "shop.html").write_text(f"<title>Shop</title>{STUB}{before}{SNIPPET}", encoding="utf-8")
        page.goto((tmp_path / "shop.html").as_uri())
        return page

    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    assert errors == []


def test_the_snippet_has_at_most_26_lines():
    assert len(SNIPPET.splitlines()) <= 26


def test_what_a_page_pushes_is_passed_on(shop_page):
    """Also what was pushed before the snippet came; the page's own layer and its answers stay as they are."""
    page = shop_page()
    length = page.evaluate("dataLayer.push({event: 'add_to_cart', ecommerce: {items: [{item_id: 'E1'}]}}, {other: 1})")
    page.evaluate(
        "gtag('event', 'search', {search_term: 'tea'}); gtag('config', 'G-1'); dataLayer.push(null, 5, undefined)"
    )

    assert length == 3
    assert page.evaluate("dataLayer.length") == 8
    sent = page.evaluate("sent")
    assert [(event["event"], event["properties"]) for _, _, event in sent] == [
        ("login", {"method": "mail"}),
        ("add_to_cart", {"items": [{"item_id": "E1"}]}),
        ("search", {"search_term": "tea"}),
    ]
    assert {url for url, _, _ in sent} == {"https://regulars.example.com/v1/track"}
    assert {key for _, key, _ in sent} == {"Basic cGtfeW91cl9wdWJsaWNfa2V5Og=="}
    assert len({event["anonymousId"] for _, _, event in sent}) == 1
    assert len({event["messageId"] for _, _, event in sent}) == 3


def test_without_consent_nothing_is_sent_and_nothing_stored(shop_page):
    page = shop_page("<script>localStorage.clear(); regularsConsent = {analytics: false}; dataLayer = [];</script>")
    page.evaluate("dataLayer.push({event: 'purchase', ecommerce: {}})")
    assert page.evaluate("[sent.length, localStorage.length, dataLayer.length]") == [0, 0, 1]

    page.evaluate("regularsConsent = {analytics: true}; dataLayer.push({event: 'purchase', ecommerce: {}})")
    assert page.evaluate("[sent.length, localStorage.length, dataLayer.length]") == [1, 1, 2]


def test_a_page_never_breaks_by_what_it_tells(shop_page):
    page = shop_page("<script>regularsConsent = null;</script>")
    page.evaluate("var round = {}; round.round = round; dataLayer.push({event: 'purchase', ecommerce: round})")
    page.evaluate("window.fetch = null; dataLayer.push({event: 'purchase', ecommerce: {}})")
    page.evaluate(
        "delete window.crypto; Object.defineProperty(window, 'localStorage', {get() { throw new Error('no') }})"
    )
    page.evaluate("dataLayer.push({event: 'purchase', ecommerce: {}})")

    assert page.evaluate("[sent.length, dataLayer.length]") == [0, 3]
