"""Signatures of webhooks: over the raw bytes, by any secret that counts, and never an error."""

import hashlib
import hmac
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.wire.webhooks import is_signed, is_signed_by_shopify, is_signed_by_woocommerce, woocommerce_key

BODY = '{"id": 1, "title": "Müsli"}'.encode()


def signature(secret, body=BODY):
    return b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def test_a_signature_as_anyone_can_work_it_out_with_openssl():
    """printf '{"id":1}' | openssl dgst -sha256 -hmac hush -binary | base64"""
    assert is_signed(b'{"id":1}', "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=", ["hush"])


def test_a_body_changed_by_one_byte_is_not_signed():
    assert is_signed(BODY, signature("hush"), ["hush"])
    assert not is_signed(BODY + b"\n", signature("hush"), ["hush"])
    assert not is_signed(BODY, signature("hush"), ["Hush"])


def test_while_a_secret_is_changed_the_old_and_the_new_one_count():
    assert is_signed(BODY, signature("old"), ["new", "old"])
    assert is_signed(BODY, signature("new"), ["new", "old"])
    assert not is_signed(BODY, signature("older"), ["new", "old"])


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nothing_is_signed(secrets):
    assert not is_signed(BODY, signature(""), secrets)


@pytest.mark.parametrize(
    "said",
    ["", "=", "no base64!", "é" * 44, "\ud800", "A" * 100_000, signature("hush")[:-1], " " + signature("hush")],
)
def test_what_is_no_signature_is_simply_not_one(said):
    assert not is_signed(BODY, said, ["hush"])


@given(st.text(), st.binary(), st.text(st.characters(codec="utf-8")))
def test_nothing_that_is_said_for_a_signature_is_an_error(said, body, secret):
    assert is_signed(body, said, [secret]) is (secret != "" and said == signature(secret, body))


@pytest.mark.parametrize("name", ["X-Shopify-Hmac-Sha256", "x-shopify-hmac-sha256", "Shopify-Hmac-Sha256"])
def test_shopify_signs_in_either_family_of_headers(name):
    assert is_signed_by_shopify({name: signature("hush")}, BODY, ["hush"])
    assert not is_signed_by_shopify({name: signature("other")}, BODY, ["hush"])


def test_a_delivery_without_a_signature_is_not_signed():
    assert not is_signed_by_shopify({"X-Shopify-Topic": "orders/create"}, BODY, ["hush"])
    assert not is_signed_by_woocommerce({"X-WC-Webhook-Topic": "order.created"}, BODY, ["hush"])


def test_woocommerce_signs_with_the_secret_after_wordpress_undid_its_escapes():
    headers = {"X-WC-Webhook-Signature": signature("a&b<c>\"d'")}
    assert is_signed_by_woocommerce(headers, BODY, ["a&b<c>\"d'"])
    assert is_signed_by_woocommerce(headers, BODY, ["a&amp;b&lt;c&gt;&quot;d&#039;"])
    assert not is_signed_by_shopify({"X-Shopify-Hmac-Sha256": signature("a&b")}, BODY, ["a&amp;b"])


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("plain", "plain"),
        ("&amp;lt;", "&lt;"),
        ("&#39;&#0039;&#x27;&#X0027;", "''''"),
        ("&#34;&#x22;&#38;&#x26;&#60;&#62;", '""&&<>'),
        ("&copy;&nbsp;&apos;&#65;&#x3c;", "&copy;&nbsp;&apos;&#65;&#x3c;"),
        ("&amp", "&amp"),
    ],
)
def test_wordpress_undoes_five_characters_and_no_others(secret, key):
    assert woocommerce_key(secret) == key
