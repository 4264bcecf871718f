"""What every answer bears, and the one shape of every "no"."""

import logging

import pytest

from regulars.web.api.auth import credentials_of
from regulars.web.problems import Code, Problem

EVERYWHERE = ["/healthz", "/no/such/address", "/v1/track", "/v1/customers/ada", "/docs", "/openapi.json", "/metrics"]


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_is_sealed(api, method, path):
    answer = api.client.request(method, path)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-request-id"]


def test_a_problem(api):
    answer = api.client.get("/no/such/address", headers={"X-Request-Id": "from-the-proxy-1"})

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:regulars:problem:not_found",
        "title": "There is nothing at this address",
        "status": 404,
        "detail": "Compare the address with the ones in /openapi.json.",
        "code": "not_found",
        "instance": "urn:regulars:request:from-the-proxy-1",
    }


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with blanks in it", "<script>alert", "-leading-dash"])
def test_a_request_id_that_is_not_fit_for_a_log_is_replaced(api, given):
    answer = api.client.get("/healthz", headers={"X-Request-Id": given})

    assert answer.headers["x-request-id"] not in ("", given)


def test_a_mistyped_address_in_a_browser_is_a_page(api):
    assert "text/html" in api.client.get("/no/such/page", headers={"Accept": "text/html"}).headers["content-type"]
    answer = api.client.get("/v1/no/such", headers={"Accept": "text/html"})
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/track", "OPTIONS, POST"),
        ("HEAD", "/v1/track", "OPTIONS, POST"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
        ("DELETE", "/v1/customers/ada", "GET, HEAD, OPTIONS"),
        ("GET", "/v1/customers/lookup", "OPTIONS, POST"),
        ("TRACE", "/healthz", "GET, HEAD, OPTIONS"),
        ("BREW", "/healthz", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method(api, method, path, allow):
    answer = api.client.request(method, path)

    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert method == "HEAD" or answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/v1/customers/nobody"])
def test_head_is_get_without_a_body(api, path):
    headers = {"Authorization": f"Bearer {api.secret}"}
    got, head = api.client.get(path, headers=headers), api.client.head(path, headers=headers)

    assert head.content == b""
    assert head.status_code == got.status_code
    assert head.headers["content-length"] == got.headers["content-length"]


def test_options_names_the_methods(api):
    answer = api.client.options("/v1/customers/ada")

    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


def test_our_own_failure_says_nothing_of_what_failed(api, monkeypatch, caplog):
    def fails(*_):
        raise RuntimeError("ada@example.com could not be read from 10.0.0.7")

    monkeypatch.setattr("regulars.service.customers.find", fails)
    with caplog.at_level(logging.ERROR):
        answer = api.reads("/v1/customers/ada")

    assert (answer.status_code, answer.json()["code"]) == (500, "failed")
    assert "ada" not in answer.text
    assert "RuntimeError" not in answer.text
    assert "RuntimeError" in caplog.text
    assert "fails" in caplog.text
    assert answer.headers["x-request-id"] in caplog.text
    assert "ada@example.com" not in caplog.text
    assert "/v1/customers/{identity}" in caplog.text


def test_no_key_and_no_person_is_logged(api, caplog):
    with caplog.at_level(logging.DEBUG):
        api.tracks("Seen", userId="ada-lovelace")
        api.reads("/v1/customers/ada-lovelace")
        api.reads("/v1/customers/ada-lovelace%00")

    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]
    assert not any(word in line for line in ours for word in ("lovelace", api.secret))


def test_two_authorizations_are_one_too_many():
    with pytest.raises(Problem) as caught:
        credentials_of([(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")])

    assert caught.value.code is Code.TWO_AUTHORIZATIONS


def test_a_token_that_is_no_text_is_none():
    assert credentials_of([(b"authorization", b"Bearer \xff")]).token is None
