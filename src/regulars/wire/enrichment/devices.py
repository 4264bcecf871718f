"""Devices: on what somebody looks at the shop, and whether it is somebody at all.

Client hints go before the user agent wherever they say something known. What neither says is `other` or "": nothing is guessed.
An iPad that asks for desktop pages calls itself a Mac, and is taken at its word.

A robot is labelled, never dropped: whoever counts decides whether it counts.
"""

import re
from collections.abc import Collection
from functools import cache, lru_cache
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from ua_parser import Domain, PartialResult
from ua_parser.loaders import load_builtins
from ua_parser.regex import Resolver

from regulars.wire.enrichment.robots import MOST_CHARACTERS, Robot, is_person, robot_in
from regulars.wire.events.arrivals import Surroundings
from regulars.wire.events.texts import CONTROL

Kind: TypeAlias = Literal["phone", "tablet", "desktop", "other"]

MOST_BRANDS_CHARACTERS: Final = 512
MOST_PLATFORM_CHARACTERS: Final = 40
MOST_NAME_CHARACTERS: Final = 40
MOST_REMEMBERED: Final = 4_096

DESKTOPS: Final = ("Windows", "macOS", "Linux", "Chrome OS")
SYSTEMS: Final = (*DESKTOPS, "Android", "iOS")
"""The systems that are told apart; any other is "other", and "" where none is named."""


class Device(Struct, frozen=True, gc=False):
    """`system` is one of `SYSTEMS`, "other" or ""; `browser` has no version and at most 40 characters, a robot's is its name.

    `language` is the primary subtag of the locale, in small letters. `bot` is what kind of `Robot` it is; None is a person.
    """

    kind: Kind
    system: str
    browser: str
    language: str
    bot: str | None


def device_of(surroundings: Surroundings, testers: Collection[str] = ()) -> Device:
    """`testers` are pieces of user agents, as they are written, of robots that the shop sends itself: they count as people."""
    user_agent = surroundings.user_agent
    if len(user_agent) > MOST_CHARACTERS:
        user_agent = user_agent[:MOST_CHARACTERS]
    brands, platform = surroundings.brands, surroundings.platform
    if len(brands) > MOST_BRANDS_CHARACTERS or len(platform) > MOST_PLATFORM_CHARACTERS:
        brands, platform = brands[:MOST_BRANDS_CHARACTERS], platform[:MOST_PLATFORM_CHARACTERS]
    kind, system, browser, bot = _client(user_agent, brands, surroundings.mobile, platform)
    if bot is not None and testers and any(tester in user_agent for tester in testers if tester):
        bot = None
    locale = surroundings.locale
    return Device(kind, system, browser, _language(locale) if len(locale) <= MOST_NAME_CHARACTERS else "", bot)


@lru_cache(maxsize=MOST_REMEMBERED)
def _client(user_agent: str, brands: str, mobile: bool | None, platform: str) -> tuple[Kind, str, str, str | None]:
    reader = next((name for proxy, name in _READERS if proxy in user_agent), None)
    if reader:
        return "other", "", reader, None
    read = _resolver()(CONTROL.sub(" ", user_agent), Domain.ALL)
    system = _PLATFORMS.get(platform.strip(' "').lower()) or _system(read)
    browser = _browser_by_hints(brands) or _browser(read)
    return _kind(user_agent, mobile, system), system, browser, _bot(user_agent, brands, read)


@lru_cache(maxsize=MOST_REMEMBERED)
def _language(locale: str) -> str:
    found = _PRIMARY.match(locale)
    return found[1].lower() if found else ""


def _bot(user_agent: str, brands: str, read: PartialResult) -> str | None:
    if is_person(user_agent.lower()):
        return None
    robot = robot_in(user_agent) or (Robot.HEADLESS if "headless" in brands.lower() else None)
    if robot is None and read.device is not None and read.device.family == "Spider":
        robot = Robot.CRAWLER
    return robot.value if robot else None


def _kind(user_agent: str, mobile: bool | None, system: str) -> Kind:
    """A hint that says "not mobile" leaves tablets and desktops; the system tells them apart."""
    if mobile:
        return "phone"
    if system in DESKTOPS:
        return "other" if _SCREENS.search(user_agent) else "desktop"
    if system == "Android":
        if _SCREENS.search(user_agent):
            return "other"
        return "phone" if mobile is None and _HANDHELD.search(user_agent) else "tablet"
    if system == "iOS":
        return "tablet" if "iPad" in user_agent else "phone"
    return "phone" if _PHONES.search(user_agent) and not _SCREENS.search(user_agent) else "other"


def _system(read: PartialResult) -> str:
    """By the library's name for it; distributions of Linux are Linux."""
    family = read.os.family if read.os else ""
    if not family:
        return ""
    return _FAMILIES.get(family, "other")


def _browser_by_hints(brands: str) -> str:
    """The first brand that is known; the engine's own only where nobody else puts a name to it."""
    named = [_BRANDS[brand] for brand in _QUOTED.findall(brands) if brand in _BRANDS]
    return next((name for name in named if name != "Chromium"), named[0] if named else "")


def _browser(read: PartialResult) -> str:
    family = read.user_agent.family if read.user_agent else ""
    return _BROWSERS.get(family) or CONTROL.sub(" ", family).strip()[:MOST_NAME_CHARACTERS]


@cache
def _resolver() -> Resolver:
    """Takes a third of a second, so only when somebody asks."""
    return Resolver(load_builtins())


_PRIMARY: Final = re.compile(r"\s*([A-Za-z]{2,3})(?=[-_.,;]|\s*$)")
_QUOTED: Final = re.compile(r'"([^"]*)"')
_HANDHELD: Final = re.compile(r"Mobile\b(?! VR)|Opera Mini")
_PHONES: Final = re.compile(r"Mobile|Phone|BlackBerry|BB10|KAIOS|Opera Mini|MIDP")
_SCREENS: Final = re.compile(
    r"\bTV\b|SmartTV|SMART-TV|GoogleTV|Android TV|AFT[A-Z]|BRAVIA|CrKey|Tizen [\d.]+\) .*TV|Web0S|NetCast|HbbTV|Roku|AppleTV"
    r"|PlayStation|Xbox|Nintendo|OculusBrowser|Quest|Watch"
)
_READERS: Final = (("GoogleImageProxy", "Gmail"), ("YahooMailProxy", "Yahoo Mail"))
"""Proxies through which people read mail: on what, nobody can tell."""

_PLATFORMS: Final = {
    "windows": "Windows",
    "win32": "Windows",
    "macos": "macOS",
    "macintel": "macOS",
    "linux": "Linux",
    "chrome os": "Chrome OS",
    "chromeos": "Chrome OS",
    "chromium os": "Chrome OS",
    "android": "Android",
    "ios": "iOS",
    "iphone": "iOS",
    "ipad": "iOS",
}
_FAMILIES: Final = {
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Mac OS": "macOS",
    "iOS": "iOS",
    "Android": "Android",
    "Chrome OS": "Chrome OS",
    "Arch Linux": "Linux",
    "CentOS": "Linux",
    "Debian": "Linux",
    "Fedora": "Linux",
    "Gentoo": "Linux",
    "Linux": "Linux",
    "Linux Mint": "Linux",
    "Mageia": "Linux",
    "Red Hat": "Linux",
    "SUSE": "Linux",
    "Slackware": "Linux",
    "Ubuntu": "Linux",
    "openSUSE": "Linux",
}
_BRANDS: Final = {
    "Google Chrome": "Chrome",
    "Chromium": "Chromium",
    "HeadlessChrome": "Chrome",
    "Microsoft Edge": "Edge",
    "Opera": "Opera",
    "Opera GX": "Opera",
    "Opera Mobile": "Opera",
    "OperaMobile": "Opera",
    "Brave": "Brave",
    "Vivaldi": "Vivaldi",
    "Samsung Internet": "Samsung Internet",
    "YaBrowser": "Yandex Browser",
    "Yandex": "Yandex Browser",
    "DuckDuckGo": "DuckDuckGo",
    "Huawei Browser": "Huawei Browser",
    "HuaweiBrowser": "Huawei Browser",
    "MiuiBrowser": "MiuiBrowser",
    "Avast Secure Browser": "Avast Secure Browser",
    "Whale": "Whale",
}
_BROWSERS: Final = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "HeadlessChrome": "Chrome",
    "Edge Mobile": "Edge",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Opera Mobile": "Opera",
    "Opera Mini": "Opera",
    "Opera Touch": "Opera",
    "Opera GX": "Opera",
    "DuckDuckGo Mobile": "DuckDuckGo",
    "IE": "Internet Explorer",
    "IE Mobile": "Internet Explorer",
    "Other": "",
}
