"""From where somebody came, by the published table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.wire.enrichment import Channel, Traffic, traffic_of
from regulars.wire.enrichment.traffic import MOST_CHARACTERS
from regulars.wire.enrichment.traffic_table import CLICKS, HOSTS, KINDS, MEDIUMS
from regulars.wire.events.arrivals import Surroundings

SHOP = "https://www.corner.example/tea"


def came(url: str = SHOP, referrer: str = "", campaign: tuple[tuple[str, str], ...] = (), own=()) -> Traffic:
    return traffic_of(Surroundings(url=url, referrer=referrer, campaign=campaign), own)


def words(traffic: Traffic) -> tuple[str, str, str, str]:
    return traffic.channel.value, traffic.source, traffic.medium, traffic.campaign


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("utm_source=google&utm_medium=cpc&utm_campaign=tea", ("paid_search", "google", "cpc", "tea")),
        ("utm_source=facebook&utm_medium=cpc", ("paid_social", "facebook", "cpc", "")),
        ("utm_source=fb&utm_medium=ppc", ("paid_social", "fb", "ppc", "")),
        ("utm_source=m.facebook.com&utm_medium=paid", ("paid_social", "m.facebook.com", "paid", "")),
        ("utm_source=anywhere&utm_medium=paid_social", ("paid_social", "anywhere", "paid_social", "")),
        ("utm_source=news&utm_medium=display", ("display", "news", "display", "")),
        ("UTM_Source=Klaviyo&utm_medium=Email&utm_campaign=Spring+Tea", ("email", "klaviyo", "email", "spring tea")),
        ("utm_source=klaviyo", ("email", "klaviyo", "", "")),
        ("utm_source=x&utm_medium=sms", ("sms", "x", "sms", "")),
        ("utm_source=awin&utm_medium=affiliate", ("affiliate", "awin", "affiliate", "")),
        ("utm_source=instagram&utm_medium=social", ("organic_social", "instagram", "social", "")),
        ("utm_source=ig", ("organic_social", "ig", "", "")),
        ("utm_source=google&utm_medium=organic", ("organic_search", "google", "organic", "")),
        ("utm_source=reddit&utm_medium=organic", ("organic_social", "reddit", "organic", "")),
        ("utm_source=bing", ("organic_search", "bing", "", "")),
        ("utm_source=blog&utm_medium=referral", ("referral", "blog", "referral", "")),
        ("utm_source=poster&utm_medium=qr", ("other", "poster", "qr", "")),
        ("utm_campaign=tea", ("other", "", "", "tea")),
        ("utm_medium=email", ("email", "", "email", "")),
        ("utm_source=a&utm_source=b&utm_medium=email", ("email", "a", "email", "")),
    ],
)
def test_a_campaigns_parameters_say_it(query, expected):
    assert words(came(f"{SHOP}?{query}#top")) == expected


@pytest.mark.parametrize("click", CLICKS, ids=lambda click: click.parameter)
def test_a_clicks_id_says_it_where_no_campaign_does(click):
    found = came(f"{SHOP}?{click.parameter}=a1B2", referrer="https://blog.example/")

    assert (found.source, found.medium, found.campaign) == (click.source, click.medium, "")
    assert found.channel not in (Channel.OTHER, Channel.DIRECT, Channel.REFERRAL)


def test_the_ids_of_advertisers_are_paid_and_what_facebook_hangs_on_every_link_is_not():
    assert came(f"{SHOP}?gclid=1").channel is Channel.PAID_SEARCH
    assert came(f"{SHOP}?ttclid=1").channel is Channel.PAID_SOCIAL
    assert came(f"{SHOP}?ScCid=1").channel is Channel.PAID_SOCIAL
    assert came(f"{SHOP}?dclid=1").channel is Channel.DISPLAY
    assert came(f"{SHOP}?fbclid=1").channel is Channel.ORGANIC_SOCIAL


def test_a_clicks_id_fills_in_what_the_campaign_leaves_unsaid():
    assert words(came(f"{SHOP}?utm_campaign=tea&gclid=1")) == ("paid_search", "google", "cpc", "tea")
    assert words(came(f"{SHOP}?utm_source=google&gclid=1")) == ("paid_search", "google", "cpc", "")
    assert words(came(f"{SHOP}?utm_source=fb&utm_medium=cpc&fbclid=1")) == ("paid_social", "fb", "cpc", "")


def test_a_clicks_id_says_nothing_of_another_kind_of_source():
    """A newsletter that was shared in a social network stays a newsletter."""
    assert words(came(f"{SHOP}?utm_source=newsletter&fbclid=1")) == ("email", "newsletter", "", "")


def test_the_first_id_of_the_table_holds_and_an_empty_one_does_not():
    assert came(f"{SHOP}?fbclid=1&gclid=2").source == "google"
    assert came(f"{SHOP}?gclid=&fbclid=1").source == "facebook"


def test_what_the_event_says_goes_before_its_url():
    campaign = (("source", "Letter"), ("medium", "email"), ("name", "Tea"))

    assert words(came(f"{SHOP}?utm_source=google&utm_medium=cpc", campaign=campaign)) == (
        "email",
        "letter",
        "email",
        "tea",
    )
    assert words(came(f"{SHOP}?utm_medium=email", campaign=(("source", "letter"),))) == ("email", "letter", "email", "")


def test_a_campaign_goes_before_the_referrer_even_from_the_shop_itself():
    assert came(f"{SHOP}?utm_source=letter&utm_medium=email", referrer=SHOP).channel is Channel.EMAIL


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("https://www.google.com/", ("organic_search", "google", "organic")),
        ("https://www.google.co.uk/search?q=tea", ("organic_search", "google", "organic")),
        ("https://google.com.br/", ("organic_search", "google", "organic")),
        ("https://www.google.de", ("organic_search", "google", "organic")),
        ("HTTPS://WWW.GOOGLE.SE./", ("organic_search", "google", "organic")),
        ("android-app://com.google.android.googlequicksearchbox/", ("organic_search", "google", "organic")),
        ("https://de.search.yahoo.com/", ("organic_search", "yahoo", "organic")),
        ("https://duckduckgo.com/", ("organic_search", "duckduckgo", "organic")),
        ("https://l.facebook.com/l.php?u=x", ("organic_social", "facebook", "social")),
        ("https://t.co/abc", ("organic_social", "x", "social")),
        ("https://www.pinterest.se/", ("organic_social", "pinterest", "social")),
        ("android-app://com.linkedin.android", ("organic_social", "linkedin", "social")),
        ("https://mail.google.com/mail/u/0", ("email", "gmail", "email")),
        ("android-app://com.google.android.gm/", ("email", "gmail", "email")),
        ("https://mail.yandex.ru/", ("email", "yandex mail", "email")),
        ("https://docs.google.com/document/d/1", ("referral", "google docs", "referral")),
        ("https://www.blog.example/tea", ("referral", "blog.example", "referral")),
        ("https://user:secret@blog.example:8443/", ("referral", "blog.example", "referral")),
        ("//blog.example/", ("referral", "blog.example", "referral")),
        ("https://google.blog.example/", ("referral", "google.blog.example", "referral")),
        ("https://notgoogle.com/", ("referral", "notgoogle.com", "referral")),
        ("https://google.com.example.org/", ("referral", "google.com.example.org", "referral")),
        ("https://www.corner.example/cart", ("internal", "", "internal")),
        ("https://corner.example/", ("internal", "", "internal")),
        ("https://checkout.corner.example/", ("internal", "", "internal")),
        ("https://notcorner.example/", ("referral", "notcorner.example", "referral")),
        ("https://example/", ("referral", "example", "referral")),
        ("https://www.paypal.com/checkout", ("internal", "paypal", "internal")),
        ("https://accounts.google.com/", ("internal", "google", "internal")),
        ("", ("direct", "", "")),
        ("about:blank", ("direct", "", "")),
        ("nonsense", ("direct", "", "")),
        ("https://[::1", ("direct", "", "")),
        ("https:///", ("direct", "", "")),
    ],
)
def test_the_referrers_host_says_it_where_nothing_else_does(referrer, expected):
    assert words(came(referrer=referrer))[:3] == expected


def test_the_shop_may_have_more_hosts_than_one():
    assert came(referrer="https://pay.corner-pay.example/").channel is Channel.REFERRAL
    assert came(referrer="https://pay.corner-pay.example/", own=("corner-pay.example",)).channel is Channel.INTERNAL


@pytest.mark.parametrize(
    "value", ["ada@example.org", "ada%40example.org", "ada%2540example.org", "@ada", "Ada <a@b.se>"]
)
def test_a_word_that_would_be_somebodys_address_is_left_out(value):
    assert words(came(f"{SHOP}?utm_source=letter&utm_medium=email&utm_campaign={value}")) == (
        "email",
        "letter",
        "email",
        "",
    )
    assert came(campaign=(("source", value),)).channel is Channel.DIRECT


def test_words_are_clean_and_bounded():
    found = came(campaign=(("source", "  Le\x00tt\u2028er\n"), ("medium", "EMAIL"), ("name", "x" * 101)))

    assert words(found) == ("email", "le tt er", "email", "x" * 100)


def test_only_who_was_sent_comes_by_a_campaign():
    assert [Traffic(channel).is_campaign for channel in (Channel.DIRECT, Channel.INTERNAL)] == [False, False]
    assert all(Traffic(channel).is_campaign for channel in Channel if channel not in (Channel.DIRECT, Channel.INTERNAL))


def test_no_host_stands_in_the_table_twice():
    hosts = [host for entry in HOSTS for host in entry.hosts]

    assert sorted(hosts) == sorted(set(hosts))
    assert {entry.kind for entry in HOSTS} == set(KINDS)


def test_every_rule_for_mediums_can_be_reached():
    reached = [(medium, rule.of) for rule in MEDIUMS for medium in rule.mediums]

    assert len(reached) == len(set(reached))
    for position, rule in enumerate(MEDIUMS):
        before = {medium for other in MEDIUMS[:position] if other.of in ("", rule.of) for medium in other.mediums}
        assert before.isdisjoint(rule.mediums)


URLS = st.text(st.sampled_from("ab:/?#&=@%.[]-utmsourcecgl\x00 é\ud800"), max_size=60) | st.text(max_size=60)


@given(URLS, URLS, st.lists(st.tuples(st.sampled_from(["source", "medium", "name", "term"]), st.text(max_size=150))))
def test_whatever_comes_there_is_an_answer_within_bounds(url, referrer, campaign):
    found = came(url, referrer, tuple(campaign))

    for word in (found.source, found.medium, found.campaign):
        assert len(word) <= MOST_CHARACTERS
        assert "@" not in word
        assert not any(character < " " or "\ud800" <= character <= "\udfff" for character in word)
