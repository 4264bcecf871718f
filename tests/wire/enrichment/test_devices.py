"""Who looks at the shop, and on what."""

from functools import partial
from timeit import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.wire.enrichment import Device, device_of
from regulars.wire.enrichment.devices import MOST_NAME_CHARACTERS, MOST_REMEMBERED, SYSTEMS, _client, _language
from regulars.wire.enrichment.robots import ROBOTS, robot_in
from regulars.wire.events.arrivals import Surroundings
from tests.wire.enrichment.user_agents import PEOPLE
from tests.wire.enrichment.user_agents import ROBOTS as ROBOT_STRINGS

WINDOWS_CHROME = PEOPLE[0][0]
ANDROID_PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
)
BRAVE = '"Not/A)Brand";v="8", "Chromium";v="126", "Brave";v="126"'


def device(user_agent: str = "", **said) -> Device:
    return device_of(Surroundings(user_agent=user_agent, **said))


@pytest.mark.parametrize(
    ("user_agent", "kind", "system", "browser"), PEOPLE, ids=[person[0] or "nothing" for person in PEOPLE]
)
def test_a_person_holds_a_device_and_is_no_robot(user_agent, kind, system, browser):
    assert device(user_agent) == Device(kind, system, browser, "", None)


@pytest.mark.parametrize(("user_agent", "bot"), ROBOT_STRINGS, ids=[robot[0] for robot in ROBOT_STRINGS])
def test_a_robot_is_labelled(user_agent, bot):
    assert device(user_agent).bot == bot


def test_every_kind_of_robot_is_met_in_these_tests():
    assert {bot for _, bot in ROBOT_STRINGS} == {robot.value for robot, _ in ROBOTS}


@pytest.mark.parametrize("user_agent", ["A6-Indexer", "Xenu Link Sleuth/1.3.8", "Swisscows Favicons"])
def test_a_robot_that_only_the_library_knows_is_a_crawler(user_agent):
    assert robot_in(user_agent) is None
    assert device(user_agent).bot == "crawler"


def test_a_headless_browser_gives_itself_away_by_its_brand():
    brands = '"HeadlessChrome";v="126", "Chromium";v="126"'

    assert device(WINDOWS_CHROME, brands=brands).bot == "headless"


def test_a_robots_name_is_its_browser():
    assert device("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)").browser == "Googlebot"


def test_the_shops_own_checkout_testers_count_as_people():
    surroundings = Surroundings(user_agent=f"{WINDOWS_CHROME} CornerShopCheck/1 HeadlessChrome")

    assert device_of(surroundings).bot == "headless"
    assert device_of(surroundings, testers=("CornerShopCheck",)).bot is None
    assert device_of(surroundings, testers=("OtherCheck", "")).bot == "headless"


def test_a_hint_goes_before_the_user_agent():
    """Brave calls itself Chrome in its user agent; a Chromebook may call itself anything."""
    brave = device(WINDOWS_CHROME, brands=BRAVE, platform='"Chrome OS"', mobile=False)

    assert (brave.kind, brave.system, brave.browser) == ("desktop", "Chrome OS", "Brave")


@pytest.mark.parametrize(
    ("brands", "browser"),
    [
        ('"Google Chrome";v="126", "Chromium";v="126", "Not.A/Brand";v="24"', "Chrome"),
        ('"Chromium";v="126", "Microsoft Edge";v="126"', "Edge"),
        ('"Chromium";v="126", "Not-A.Brand";v="99"', "Chromium"),
        ('"Somebody";v="1"', "Chrome"),
        ("no brands at all", "Chrome"),
        ("", "Chrome"),
    ],
)
def test_the_first_brand_that_is_known_names_the_browser(brands, browser):
    assert device(WINDOWS_CHROME, brands=brands).browser == browser


@pytest.mark.parametrize(
    ("user_agent", "mobile", "platform", "kind"),
    [
        (WINDOWS_CHROME, True, "", "phone"),
        (WINDOWS_CHROME, None, "Windows", "desktop"),
        (WINDOWS_CHROME, False, '"Android"', "tablet"),
        (ANDROID_PHONE, None, "", "phone"),
        (ANDROID_PHONE, None, "Android", "phone"),
        (ANDROID_PHONE, False, "", "tablet"),
        (ANDROID_PHONE, False, "Linux", "desktop"),
        (ANDROID_PHONE, None, "Fuchsia", "phone"),
        ("", True, "", "phone"),
        ("", False, "", "other"),
        ("", False, "macOS", "desktop"),
    ],
)
def test_what_hints_say_of_the_kind(user_agent, mobile, platform, kind):
    assert device(user_agent, mobile=mobile, platform=platform).kind == kind


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("sv-SE", "sv"),
        ("en", "en"),
        ("EN_us", "en"),
        ("zh-Hant-TW", "zh"),
        ("fil-PH", "fil"),
        ("en-US,en;q=0.9", "en"),
        ("de_DE.UTF-8", "de"),
        (" fr ", "fr"),
        ("", ""),
        ("C", ""),
        ("*", ""),
        ("english", ""),
        ("ada@example.org", ""),
        ("sv-" + "x" * MOST_NAME_CHARACTERS, ""),
    ],
)
def test_the_language_is_the_first_part_of_the_locale(locale, language):
    assert device(locale=locale).language == language


def test_a_long_user_agent_is_read_as_far_as_its_first_512_characters():
    long = WINDOWS_CHROME + " x" * 512

    assert device(long + " Googlebot/2.1").bot is None
    assert device(long[:500] + " Googlebot/2.1") == device(long[:500] + " Googlebot/2.1" + "x" * 9_000)
    assert device(long[:500] + "Googlebot/2.1").bot == "crawler"


def test_what_is_remembered_is_bounded():
    for number in range(MOST_REMEMBERED + 50):
        device(f"app {number}", locale=f"en-{number}")

    assert _client.cache_info().currsize == _language.cache_info().currsize == MOST_REMEMBERED


anything = st.text(st.characters(exclude_categories=()))


@given(anything, anything, st.sampled_from([None, True, False]), anything, anything)
def test_whatever_comes_there_is_an_answer_within_bounds(user_agent, brands, mobile, platform, locale):
    found = device(user_agent, brands=brands, mobile=mobile, platform=platform, locale=locale)

    assert found.kind in ("phone", "tablet", "desktop", "other")
    assert found.system in (*SYSTEMS, "other", "")
    assert len(found.browser) <= MOST_NAME_CHARACTERS
    assert found.browser.isprintable()
    assert len(found.language) <= 3


@pytest.mark.slow
def test_who_was_seen_before_costs_next_to_nothing():
    """It stands on the way of every event: about 0.4 us where an event costs 50; the bound leaves room for a busy machine."""
    surroundings = Surroundings(
        user_agent=WINDOWS_CHROME, brands=BRAVE, mobile=False, platform="Windows", locale="sv-SE"
    )

    assert min(repeat(lambda: device_of(surroundings), number=10_000, repeat=7)) / 10_000 < 5e-6


@pytest.mark.parametrize(
    "piece", ["a@", "a.b-", "compatible; ", "bot", "https:/", "yandex", "x-user", "Mozilla/5.0 (", " " * 8]
)
def test_no_user_agent_keeps_us_busy(piece):
    """Cut at 512 characters, none takes a hundredth of a second, however it is made."""
    for number in range(3):
        user_agent = (piece * (600 // len(piece)) + str(number))[-512:]
        assert min(repeat(partial(_client.__wrapped__, user_agent, "", None, ""), number=1, repeat=3)) < 0.01
