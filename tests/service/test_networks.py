"""Where messages may go: nobody makes this server speak to the network that it stands in, however the address is written."""

from ipaddress import ip_address

import pytest

from regulars.service.networks import Networks, NetworksRefused, is_public, networks_of
from regulars.service.webhooks import WebhookRefused, checked_url

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
NOT_PUBLIC = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "224.0.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "ff0e::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
]
LOCAL = [
    "https://127.0.0.1/",
    "https://[::1]:8443/",
    "https://[::ffff:10.0.0.1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://localhost/",
    "https://LOCALHOST.:443/",
    "https://api.localhost/",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_everybodys_may_be_connected_to(address: str) -> None:
    assert is_public(ip_address(address))
    assert Networks().let(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_nothing_else_may(address: str) -> None:
    assert not is_public(ip_address(address))
    assert not Networks().let(ip_address(address))


def test_unless_whoever_runs_the_server_allows_it() -> None:
    networks = networks_of(" 10.1.0.0/16, 127.0.0.0/8 ,::1")
    allowed = [one for one in [*PUBLIC, *NOT_PUBLIC] if networks.let_plain(ip_address(one))]
    assert allowed == ["127.0.0.1", "127.1.2.3", "::1"]
    assert networks.let(ip_address("10.1.2.3"))
    assert not networks.let(ip_address("10.2.2.3"))


@pytest.mark.parametrize("written", ["10.0.0.0/33", "crm.example.com", "10.0.0.1/8", "all"])
def test_a_setting_that_is_none_is_refused_in_words(written: str) -> None:
    with pytest.raises(NetworksRefused, match=r"REGULARS_WEBHOOK_NETWORKS cannot be read.*127\.0\.0\.0/8"):
        networks_of(written)


@pytest.mark.parametrize("url", LOCAL)
def test_an_address_of_ones_own_is_refused_when_it_is_named(url: str) -> None:
    with pytest.raises(WebhookRefused, match="private or local"):
        checked_url(url, Networks())


@pytest.mark.parametrize(
    "url", ["https://crm.example.com/hooks?shop=1", "https://8.8.8.8:8443/", "https://[2606:4700::1]/"]
)
def test_a_public_one_is_taken(url: str) -> None:
    assert checked_url(url, Networks()) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "crm.example.com",
        "ftp://crm.example.com/",
        "https://",
        "https:///hooks",
        "https://ada:hush@crm.example.com/",
        "https://crm.example.com/#here",
        "https://crm.example.com:0/",
        "https://crm.example.com:99999/",
        "https://crm.example.com:x/",
        "https://crm example.com/",
        "https://crm.example.com/a\r\nx-header: 1",
        "https://żółć.example.com/",
        "https://[::1/",
        "https://8.8.8.8\\@127.0.0.1/",
        "http://crm.example.com/",
        "https://crm.example.com/" + "a" * 2_000,
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(WebhookRefused) as refused:
        checked_url(url, Networks())
    assert refused.value.place == "url"
