"""Whoever is nobody: programs that walk the shop's pages, each under the name by which it calls itself.

A crawl is a device of its own: programs keep no cookies. What is told of it comes crawl after crawl, in order of the days.
"""

from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from typing import Any, Final

from msgspec import Struct

from regulars.made_year.calendar import DAYS, SECOND, moment
from regulars.made_year.catalogue import CATEGORIES, as_product, picked, price_on, products
from regulars.made_year.draws import Draws, running
from regulars.made_year.model import Model
from regulars.made_year.people import as_uuid
from regulars.made_year.saying import NOTHING, Device, Door, Page, Said


class Bot(Struct, frozen=True):
    """`share` is that of its crawls, in hundredths; `most_pages` what it looks at in one, at most. `kind` is the trade's word."""

    name: str
    kind: str
    share: int
    most_pages: int
    user_agent: str


BOTS: Final = (
    Bot("Googlebot", "crawler", 22, 12, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    Bot("bingbot", "crawler", 12, 8, "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    Bot("AhrefsBot", "crawler", 8, 12, "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"),
    Bot(
        "GPTBot", "crawler", 8, 10,
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    ),
    Bot("PriceSpy", "crawler", 12, 12, "Mozilla/5.0 (compatible; PriceSpyBot/1.0; +https://pricespy.example/bot)"),
    Bot("facebookexternalhit", "preview", 8, 1, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
    Bot("Slackbot", "preview", 3, 1, "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),
    Bot(
        "Pingdom", "monitor", 12, 1,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 "
        "PingdomTMS/1.0",
    ),
    Bot(
        "Lighthouse", "monitor", 3, 3,
        "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
        "Mobile Safari/537.36 Chrome-Lighthouse",
    ),
    Bot(
        "HeadlessChrome", "headless", 9, 10,
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
    ),
    Bot("python-requests", "library", 3, 3, "python-requests/2.32.3"),
)  # fmt: skip
_SHARES: Final = running([bot.share for bot in BOTS])
_PAGES: Final = sum(bot.share * (1 + bot.most_pages) / 2 for bot in BOTS) / sum(bot.share for bot in BOTS)
"""Of a crawl, on the average."""


class Crawl(Struct, frozen=True):
    number: int
    bot: Bot
    day: int
    begins_at: int
    pages: int
    device: Device


def told(model: Model, seed: int, days: int, customers: int) -> Iterator[Said]:
    for crawl in crawls(model, seed, days, customers):
        draws = Draws(seed, "crawling", crawl.number)
        at = crawl.begins_at
        for _ in range(crawl.pages):
            page, properties = _looks(draws, crawl.day)
            yield Said(at, Door.BROWSER, "page", page.title, crawl.number, device=crawl.device, page=page)
            if properties:
                yield Said(
                    at + SECOND,
                    Door.BROWSER,
                    "track",
                    "Product Viewed",
                    crawl.number,
                    device=crawl.device,
                    page=page,
                    properties=properties,
                )
            at += draws.between(2, 30) * SECOND


def truths(model: Model, seed: int, days: int, customers: int) -> Iterator[dict[str, Any]]:
    """One of each crawl, in the order in which they are told."""
    for crawl in crawls(model, seed, days, customers):
        yield {
            "name": crawl.bot.name,
            "kind": crawl.bot.kind,
            "anonymous_id": crawl.device.anonymous_id,
            "day": crawl.day,
            "pages": crawl.pages,
        }


def crawls(model: Model, seed: int, days: int, customers: int) -> Iterator[Crawl]:
    """Bots know no seasons, and never cross a midnight."""
    share = model.bots.share
    pages_a_day = customers * model.bots.pages_per_customer / DAYS * share / (1 - share)
    number = 0
    for day in range(days):
        draws = Draws(seed, "crawls", day)
        for _ in range(draws.poisson(pages_a_day / _PAGES)):
            number += 1
            yield _crawl(seed, draws, day, number)


def _crawl(seed: int, draws: Draws, day: int, number: int) -> Crawl:
    bot = BOTS[draws.place(_SHARES)]
    digest = blake2b(f"{seed}\x1fcrawl\x1f{number}".encode(), digest_size=16).hexdigest()
    address = f"192.0.2.{1 + draws.below(254)}" if draws.chance(0.5) else f"198.51.100.{1 + draws.below(254)}"
    begins_at = moment(day, 3 * 60 + 30 + draws.below(20 * 60)) + draws.below(60) * SECOND
    device = Device(as_uuid(digest), bot.user_agent, address, "en-US")
    return Crawl(number, bot, day, begins_at, draws.between(1, bot.most_pages), device)


def _looks(draws: Draws, day: int) -> tuple[Page, Any]:
    if draws.chance(0.3):
        return _list(CATEGORIES[draws.below(len(CATEGORIES))].name), NOTHING
    product = picked(draws, 1 + draws.below(12), "")
    return _product(product.number), as_product(product, price_on(product, day))


@cache
def _list(category: str) -> Page:
    return Page(f"/{category.lower()}", category)


@cache
def _product(number: int) -> Page:
    return Page(products()[number].path, products()[number].title)
