"""What browser libraries fetch first: it must point at us, by the name under which they reached us, and at nobody else."""

import pytest


@pytest.fixture
def settings(api):
    def fetch(key=None, **headers):
        return api.client.get(f"/v1/projects/{key or api.public}/settings", headers=headers)

    return fetch


def test_it_points_here(api, settings):
    answer = settings(Host="shop.example:8443").json()

    assert answer["integrations"] == {
        "Segment.io": {"apiKey": api.public, "apiHost": "shop.example:8443/v1", "protocol": "http"}
    }
    assert answer["plan"]["track"]["__default"]["enabled"] is True
    assert answer["metrics"] == {"sampleRate": 0}


@pytest.mark.parametrize(
    ("said", "protocol"), [("https", "https"), ("http", "http"), ("javascript", "http"), ("", "http")]
)
def test_a_proxy_says_by_which_protocol(settings, said, protocol):
    answer = settings(**{"X-Forwarded-Proto": said}).json()

    assert answer["integrations"]["Segment.io"]["protocol"] == protocol


@pytest.mark.parametrize("host", ["[::1]:80", "127.0.0.1", "a", "xn--caf-dma.example"])
def test_hosts(settings, host):
    assert settings(Host=host).json()["integrations"]["Segment.io"]["apiHost"] == f"{host}/v1"


@pytest.mark.parametrize(
    "host", ["", "a b", "evil.example/x", 'a"b', "-a", "a.", "a:port", "a:123456", "x" * 300, "user@a"]
)
def test_a_host_that_is_none_is_not_echoed(settings, host):
    answer = settings(Host=host)

    assert answer.status_code == 400
    assert answer.json()["code"] in ("bad_host", "bad_request")


@pytest.mark.parametrize("key", ["rpk_nobody", "%00", "x" * 300, "%FF"])
def test_an_unknown_key(settings, key):
    answer = settings(key)

    assert (answer.status_code, answer.json()["code"]) == (404, "site_not_found")


def test_a_secret_key_in_an_address_is_answered_like_an_unknown_one(api, settings):
    secret, unknown = settings(api.secret), settings("rpk_nobody")
    by_query, by_user = (
        api.client.get("/sourceConfig/", params={"writeKey": api.secret}),
        api.client.get("/sourceConfig/", auth=(api.secret, "")),
    )
    nobodys = api.client.get("/sourceConfig/", params={"writeKey": "rpk_nobody"})

    assert _without_instance(secret) == _without_instance(unknown)
    assert _without_instance(by_query) == _without_instance(by_user) == _without_instance(nobodys)
    assert by_query.json()["code"] == "key_unknown"


def _without_instance(answer):
    return answer.status_code, {**answer.json(), "instance": ""}


def test_no_cache_on_the_way_may_keep_it(settings):
    assert settings().headers["cache-control"] == "no-store"


def test_the_other_familys_settings(api):
    by_user = api.client.get("/sourceConfig/", auth=(api.public, ""))
    by_query = api.client.get("/sourceConfig/", params={"writeKey": api.public, "p": "npm"})

    assert by_user.json() == by_query.json()
    source = by_user.json()["source"]
    assert (source["writeKey"], source["enabled"], source["destinations"]) == (api.public, True, [])


@pytest.mark.parametrize("key", ["", "rpk_nobody", "%00"])
def test_the_other_familys_settings_without_a_key(api, key):
    answer = api.client.get(f"/sourceConfig/?writeKey={key}" if key else "/sourceConfig/")

    assert answer.status_code == 401
