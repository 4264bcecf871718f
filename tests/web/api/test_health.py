"""For whoever runs it: alive, ready, and in figures that name nobody."""

from litestar.testing import TestClient

from regulars.web.app import create_app
from tests.web.api.conftest import NOW, Ids


def test_alive_and_ready(api):
    assert api.client.get("/healthz").json() == {"status": "alive"}
    assert api.client.get("/readyz").json() == {"status": "ready"}


def test_without_a_program_it_is_alive_but_not_ready(empty_shop):
    with TestClient(create_app(empty_shop, lambda: NOW, Ids())) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert answer.headers["retry-after"] == "5"
    assert "regulars apply" in answer.json()["detail"]


def test_without_a_program_no_event_is_taken(empty_shop):
    from regulars.service.keys import create_key

    key = create_key(empty_shop.store, "public", "", NOW)
    with TestClient(create_app(empty_shop, lambda: NOW, Ids())) as client:
        answer = client.post("/v1/track", json={"userId": "ada", "event": "Seen"}, auth=(key, ""))

    assert (answer.status_code, answer.json()["code"]) == (503, "no_program")
    assert answer.headers["retry-after"] == "5"
    assert "regulars apply PROGRAM" in answer.json()["detail"]


def test_figures(api):
    api.buys("ada", "1001", 45.80)
    api.sends("track", {"userId": "ada", "event": "Seen"}, api.public)
    api.sends("batch", {"batch": [{"type": "dance"}]}, api.public)
    api.reads("/v1/customers/ada")
    api.client.get("/no/such/address")

    lines = api.client.get("/metrics").text.splitlines()

    assert 'regulars_http_requests_total{method="POST",route="/v1/track",status="200"} 2.0' in lines
    assert 'regulars_http_requests_total{method="GET",route="/v1/customers/{identity}",status="200"} 1.0' in lines
    assert 'regulars_http_requests_total{method="GET",route="(none)",status="404"} 1.0' in lines
    assert 'regulars_events_accepted_total{sender="shop"} 1.0' in lines
    assert 'regulars_events_accepted_total{sender="site"} 1.0' in lines
    assert 'regulars_events_refused_total{reason="unknown_type",sender="site"} 1.0' in lines
    assert "regulars_queue_events 0.0" in lines


def test_figures_name_nobody(api):
    api.tracks("Seen", userId="ada-lovelace")
    api.reads("/v1/customers/ada-lovelace")
    api.client.get(f"/v1/projects/{api.public}/settings")
    api.client.request("ADA-LOVELACE", "/v1/customers/ada-lovelace")

    text = api.client.get("/metrics").text

    assert not any(name in text.casefold() for name in ("lovelace", api.public, api.secret))


def test_two_apps_do_not_add_up(shop, api):
    api.client.get("/healthz")
    with TestClient(create_app(shop, lambda: NOW, Ids())) as other:
        assert 'route="/healthz"' not in other.get("/metrics").text
