"""The published table of traffic rules. docs/enrichment.md shows it; `python -m tools.enrichment_page` renews the page.

Rules are read from top to bottom and the first that fits holds. Everything in it is in small letters.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct


class Channel(StrEnum):
    means: str

    def __new__(cls, value: str, means: str) -> "Channel":
        channel = str.__new__(cls, value)
        channel._value_ = value
        channel.means = means
        return channel

    PAID_SEARCH = "paid_search", "an advertisement among search results"
    ORGANIC_SEARCH = "organic_search", "a search result"
    PAID_SOCIAL = "paid_social", "an advertisement in a social network"
    ORGANIC_SOCIAL = "organic_social", "a post or a message in a social network"
    EMAIL = "email", "a mail"
    SMS = "sms", "a text message"
    AFFILIATE = "affiliate", "a partner who is paid for what is bought"
    REFERRAL = "referral", "a link on somebody else's site"
    DISPLAY = "display", "a banner"
    DIRECT = "direct", "nothing is said: typed in, a bookmark, an app"
    INTERNAL = "internal", "the shop itself, or back from paying or signing in"
    OTHER = "other", "a campaign that no rule knows"


class ByMedium(Struct, frozen=True):
    """A campaign of one of these mediums. `of` narrows it to sources of that kind; "" takes any."""

    mediums: tuple[str, ...]
    of: str
    channel: Channel


class ByClick(Struct, frozen=True):
    """A parameter that an advertiser's or a sender's system adds to a link."""

    parameter: str
    source: str
    medium: str


class ByHost(Struct, frozen=True):
    """A referrer's host, or any below it; `name.*` is that name in every country. `kind` is one of `KINDS`."""

    source: str
    kind: str
    hosts: tuple[str, ...]


KINDS: Final = {
    "search": (Channel.ORGANIC_SEARCH, "organic"),
    "social": (Channel.ORGANIC_SOCIAL, "social"),
    "mail": (Channel.EMAIL, "email"),
    "site": (Channel.REFERRAL, "referral"),
    "errand": (Channel.INTERNAL, "internal"),
}
"""What the host of a referrer makes of a visit: its channel and its medium."""

PAID: Final = (
    "cpc",
    "ppc",
    "cpv",
    "paid",
    "sem",
    "paidsearch",
    "paid_search",
    "paid-search",
    "paid search",
    "search_ad",
)
SOCIAL: Final = ("social", "social-network", "social_network", "social-media", "social_media", "social media", "sm")

MEDIUMS: Final = (
    ByMedium(
        ("paidsocial", "paid_social", "paid-social", "paid social", "social_paid", "social-paid"),
        "",
        Channel.PAID_SOCIAL,
    ),
    ByMedium(PAID, "social", Channel.PAID_SOCIAL),
    ByMedium(PAID, "", Channel.PAID_SEARCH),
    ByMedium(
        ("display", "banner", "cpm", "interstitial", "programmatic", "retargeting", "remarketing"), "", Channel.DISPLAY
    ),
    ByMedium(("email", "e-mail", "e_mail", "e mail", "mail", "newsletter"), "", Channel.EMAIL),
    ByMedium(("sms", "mms", "text", "text-message"), "", Channel.SMS),
    ByMedium(("affiliate", "affiliates", "partner", "cpa", "cps"), "", Channel.AFFILIATE),
    ByMedium((*SOCIAL, "organic_social", "organic-social", "organic social"), "", Channel.ORGANIC_SOCIAL),
    ByMedium(("organic",), "social", Channel.ORGANIC_SOCIAL),
    ByMedium(("organic",), "", Channel.ORGANIC_SEARCH),
    ByMedium(("referral", "link", "ref"), "", Channel.REFERRAL),
    ByMedium(("",), "search", Channel.ORGANIC_SEARCH),
    ByMedium(("",), "social", Channel.ORGANIC_SOCIAL),
    ByMedium(("",), "mail", Channel.EMAIL),
)
"""For a campaign's medium, after UTM or a click's id. What fits none is `other`."""

CLICKS: Final = (
    ByClick("gclid", "google", "cpc"),
    ByClick("gbraid", "google", "cpc"),
    ByClick("wbraid", "google", "cpc"),
    ByClick("dclid", "google", "display"),
    ByClick("msclkid", "bing", "cpc"),
    ByClick("yclid", "yandex", "cpc"),
    ByClick("ttclid", "tiktok", "cpc"),
    ByClick("li_fat_id", "linkedin", "cpc"),
    ByClick("twclid", "x", "cpc"),
    ByClick("sccid", "snapchat", "cpc"),
    ByClick("rdt_cid", "reddit", "cpc"),
    ByClick("fbclid", "facebook", "social"),
    ByClick("igsh", "instagram", "social"),
    ByClick("igshid", "instagram", "social"),
    ByClick("srsltid", "google", "organic"),
    ByClick("awc", "awin", "affiliate"),
    ByClick("cjevent", "cj", "affiliate"),
    ByClick("irclickid", "impact", "affiliate"),
    ByClick("mc_cid", "mailchimp", "email"),
    ByClick("_kx", "klaviyo", "email"),
)

HOSTS: Final = (
    ByHost("google", "search", ("google.*", "com.google.android.googlequicksearchbox")),
    ByHost("bing", "search", ("bing.com",)),
    ByHost("duckduckgo", "search", ("duckduckgo.com",)),
    ByHost("yahoo", "search", ("search.yahoo.com", "search.yahoo.co.jp")),
    ByHost("yandex", "search", ("yandex.*", "ya.ru")),
    ByHost("baidu", "search", ("baidu.com",)),
    ByHost("ecosia", "search", ("ecosia.org",)),
    ByHost("qwant", "search", ("qwant.com",)),
    ByHost("startpage", "search", ("startpage.com",)),
    ByHost("brave", "search", ("search.brave.com",)),
    ByHost("kagi", "search", ("kagi.com",)),
    ByHost("naver", "search", ("search.naver.com",)),
    ByHost("daum", "search", ("search.daum.net",)),
    ByHost("seznam", "search", ("search.seznam.cz",)),
    ByHost("sogou", "search", ("sogou.com",)),
    ByHost("so", "search", ("so.com",)),
    ByHost("ask", "search", ("ask.com",)),
    ByHost("aol", "search", ("search.aol.com",)),
    ByHost("petal", "search", ("petalsearch.com",)),
    ByHost("facebook", "social", ("facebook.com", "fb.com", "fb.me", "messenger.com", "com.facebook.katana")),
    ByHost("instagram", "social", ("instagram.com", "com.instagram.android")),
    ByHost("x", "social", ("x.com", "twitter.com", "t.co", "com.twitter.android")),
    ByHost("linkedin", "social", ("linkedin.com", "lnkd.in", "com.linkedin.android")),
    ByHost("pinterest", "social", ("pinterest.*", "pin.it", "com.pinterest")),
    ByHost("reddit", "social", ("reddit.com", "redd.it", "com.reddit.frontpage")),
    ByHost("tiktok", "social", ("tiktok.com", "com.zhiliaoapp.musically")),
    ByHost("youtube", "social", ("youtube.com", "youtu.be", "com.google.android.youtube")),
    ByHost("snapchat", "social", ("snapchat.com", "com.snapchat.android")),
    ByHost("threads", "social", ("threads.net", "threads.com")),
    ByHost("bluesky", "social", ("bsky.app",)),
    ByHost("mastodon", "social", ("mastodon.social",)),
    ByHost("whatsapp", "social", ("whatsapp.com", "wa.me", "com.whatsapp")),
    ByHost("telegram", "social", ("telegram.org", "t.me", "org.telegram.messenger")),
    ByHost("discord", "social", ("discord.com",)),
    ByHost("tumblr", "social", ("tumblr.com",)),
    ByHost("quora", "social", ("quora.com",)),
    ByHost("xing", "social", ("xing.com",)),
    ByHost("vk", "social", ("vk.com", "vk.ru")),
    ByHost("ok", "social", ("ok.ru",)),
    ByHost("weibo", "social", ("weibo.com", "weibo.cn")),
    ByHost("line", "social", ("line.me",)),
    ByHost("nextdoor", "social", ("nextdoor.com",)),
    ByHost("twitch", "social", ("twitch.tv",)),
    ByHost("gmail", "mail", ("mail.google.com", "com.google.android.gm")),
    ByHost("outlook", "mail", ("outlook.live.com", "outlook.office.com", "outlook.office365.com", "outlook.com")),
    ByHost("yahoo mail", "mail", ("mail.yahoo.com", "mail.yahoo.co.jp")),
    ByHost("aol mail", "mail", ("mail.aol.com",)),
    ByHost("proton mail", "mail", ("mail.proton.me",)),
    ByHost("icloud mail", "mail", ("icloud.com",)),
    ByHost("gmx", "mail", ("gmx.*", "deref-gmx.*")),
    ByHost("web.de", "mail", ("web.de", "deref-web.de")),
    ByHost("fastmail", "mail", ("fastmail.com",)),
    ByHost("zoho mail", "mail", ("mail.zoho.com", "mail.zoho.eu")),
    ByHost("mail.ru", "mail", ("e.mail.ru",)),
    ByHost("yandex mail", "mail", ("mail.yandex.*",)),
    ByHost("qq mail", "mail", ("mail.qq.com",)),
    ByHost("google docs", "site", ("docs.google.com", "drive.google.com", "sites.google.com", "classroom.google.com")),
    ByHost("google translate", "site", ("translate.google.com",)),
    ByHost("google", "errand", ("accounts.google.com", "pay.google.com")),
    ByHost("apple", "errand", ("appleid.apple.com",)),
    ByHost("microsoft", "errand", ("login.microsoftonline.com", "login.live.com")),
    ByHost("paypal", "errand", ("paypal.com",)),
    ByHost("stripe", "errand", ("checkout.stripe.com", "hooks.stripe.com")),
    ByHost("klarna", "errand", ("klarna.com",)),
    ByHost("adyen", "errand", ("adyen.com",)),
    ByHost("mollie", "errand", ("mollie.com",)),
    ByHost("shop pay", "errand", ("shop.app",)),
)
"""The longest host that fits holds, and one without a star before one with it; a host that is not here is a `referral`."""

NAMES: Final = {
    "adwords": "search",
    "email": "mail",
    "fb": "social",
    "ig": "social",
    "klaviyo": "mail",
    "mailchimp": "mail",
    "meta": "social",
    "newsletter": "mail",
    "twitter": "social",
}
"""Of which kind a campaign's source is, where shops call it by another name than the table's; a host is looked up as above."""
