"""Opens and clicks of mail that nobody made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.wire.enrichment import MachineReason, machine_open
from regulars.wire.enrichment.machines import AT_ONCE_S

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


@pytest.mark.parametrize(
    ("user_agent", "reason"),
    [
        ("Mozilla/5.0", "apple_privacy"),
        (" Mozilla/5.0 ", "apple_privacy"),
        (f"{CHROME} BingPreview/1.0b", "microsoft"),
        ("Microsoft Office Existence Discovery", "microsoft"),
        ("Microsoft Office Protocol Discovery", "microsoft"),
        (f"{CHROME} SafeLinks", "microsoft"),
        ("Mimecast-Link-Protect", "mimecast"),
        ("Proofpoint URL Defense", "proofpoint"),
        ("Barracuda Sentinel (EE)", "barracuda"),
        ("CiscoSecureEmail/1.0", "gateway"),
        ("python-requests/2.32.3", "robot"),
        (CHROME.replace("Chrome", "HeadlessChrome"), "robot"),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "robot"),
    ],
)
def test_a_machine_that_says_so(user_agent, reason):
    assert machine_open(user_agent, seconds_after_delivery=3_600) == reason


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("40.94.3.4", "microsoft"),
        ("52.103.255.255", "microsoft"),
        ("170.10.129.124", "mimecast"),
        ("67.231.152.7", "proofpoint"),
        ("::ffff:67.231.152.7", "proofpoint"),
        ("209.222.80.1", "barracuda"),
    ],
)
def test_a_browser_that_sits_in_a_gateways_network(address, reason):
    assert machine_open(CHROME, address, 3_600) == reason


@pytest.mark.parametrize("address", ["", "nonsense", "198.51.100.7", "67.231.160.0", "2001:db8::1", "9" * 5_000])
def test_any_other_address_says_nothing(address):
    assert machine_open(CHROME, address, 3_600) is None


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(None, None), (-1, "at_once"), (0, "at_once"), (AT_ONCE_S - 1, "at_once"), (AT_ONCE_S, None)],
)
def test_nobody_reads_within_seconds_of_the_delivery(seconds, reason):
    assert machine_open(CHROME, seconds_after_delivery=seconds) == reason


def test_nobody_clicks_every_link():
    assert machine_open(CHROME, "198.51.100.7", 3_600, every_link_clicked=True) == "every_link"


def test_what_says_more_goes_first():
    assert machine_open("Barracuda Sentinel (EE)", "67.231.152.7", 0, every_link_clicked=True) == "barracuda"
    assert machine_open(CHROME, "67.231.152.7", 0, every_link_clicked=True) == "proofpoint"
    assert machine_open(CHROME, "", 0, every_link_clicked=True) == "every_link"


@pytest.mark.parametrize(
    "user_agent", [GMAIL, "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"]
)
def test_through_gmails_proxy_a_person_reads(user_agent):
    assert machine_open(user_agent, "66.102.9.1", 1) is None


@pytest.mark.parametrize(
    "user_agent",
    [
        "",
        CHROME,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.12.0",
        "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17628; Pro)",
        "Outlook-iOS/728.4253.prod.iphone (4.2424.0)",
        "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    ],
)
def test_mail_programs_are_people(user_agent):
    assert machine_open(user_agent, "198.51.100.7", 60) is None


anything = st.text(st.characters(exclude_categories=()))


@given(anything, anything, st.none() | st.integers(), st.booleans())
def test_the_answer_is_from_a_closed_list(user_agent, address, seconds, every):
    assert machine_open(user_agent, address, seconds, every) in (None, *MachineReason)
