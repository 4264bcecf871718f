"""What the made shop sells: fashion, and things for the home. The same in every year.

Prices are log-normal within a category, ended on .95. Within a category few products are sought by many: the weight of the one
that stands at place k is 1 / (k + 2). What is sought goes with the months.
"""

from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import Any, Final

from msgspec import Struct

from regulars.made_year.calendar import date_of
from regulars.made_year.draws import Draws, running


class Category(Struct, frozen=True):
    """`share` is its part of what is bought in an average month, in hundredths; `months` is what that is multiplied by."""

    name: str
    is_fashion: bool
    share: int
    median_minor: int
    spread: float
    months: tuple[float, ...]
    things: tuple[str, ...]


class Product(Struct, frozen=True):
    """`sale_percent` is what is taken off in January and July; 0 for what is never on sale."""

    number: int
    id: str
    title: str
    category: Category
    brand: str
    price_minor: int
    sale_percent: int
    path: str


SALE_MONTHS: Final = (1, 7)
SITE: Final = "https://www.hearth-and-hem.example"
CURRENCY: Final = "EUR"
CATEGORIES: Final = (
    Category(
        "Dresses", True, 13, 7_995, 0.35, (0.6, 0.7, 1.0, 1.3, 1.6, 1.6, 1.4, 1.1, 0.8, 0.6, 0.6, 0.8),
        ("Wrap Dress", "Linen Dress", "Shirt Dress", "Midi Dress", "Slip Dress", "Pinafore", "Tunic", "Jersey Dress"),
    ),
    Category(
        "Knitwear", True, 12, 6_995, 0.30, (1.5, 1.2, 0.9, 0.7, 0.4, 0.3, 0.3, 0.5, 1.1, 1.6, 1.8, 1.7),
        ("Lambswool Jumper", "Cardigan", "Roll Neck", "Cable Jumper", "Fine Knit", "Knitted Vest", "Scarf", "Beanie"),
    ),
    Category(
        "Shirts", True, 14, 4_495, 0.30, (0.9, 0.9, 1.0, 1.1, 1.2, 1.2, 1.2, 1.0, 1.0, 0.9, 0.8, 0.8),
        ("Oxford Shirt", "Linen Shirt", "Breton Shirt", "Blouse", "Denim Shirt", "Cotton Top", "Polo", "T-Shirt"),
    ),
    Category(
        "Trousers", True, 12, 6_495, 0.30, (1.0, 1.0, 1.1, 1.0, 1.0, 0.9, 0.8, 1.0, 1.2, 1.1, 1.0, 0.9),
        ("Chinos", "Wide Trousers", "Corduroys", "Jeans", "Culottes", "Shorts", "Linen Trousers", "Leggings"),
    ),
    Category(
        "Shoes", True, 11, 9_495, 0.40, (0.8, 0.8, 1.1, 1.2, 1.2, 1.0, 0.9, 0.9, 1.2, 1.2, 1.0, 0.7),
        ("Sneakers", "Loafers", "Sandals", "Ankle Boots", "Clogs", "Espadrilles", "Wellingtons", "Slippers"),
    ),
    Category(
        "Bags", True, 7, 7_495, 0.45, (0.8, 0.8, 1.0, 1.0, 1.1, 1.1, 1.0, 1.0, 1.0, 0.9, 1.1, 1.3),
        ("Tote", "Crossbody Bag", "Rucksack", "Weekend Bag", "Purse", "Shopper", "Belt Bag", "Washbag"),
    ),
    Category(
        "Bedding", False, 9, 6_995, 0.45, (1.2, 1.0, 0.9, 0.9, 0.8, 0.8, 0.9, 0.9, 1.0, 1.2, 1.3, 1.1),
        ("Duvet Cover", "Pillowcases", "Linen Sheet", "Quilt", "Wool Blanket", "Bedspread", "Cushion", "Throw"),
    ),
    Category(
        "Lamps", False, 6, 8_995, 0.45, (1.1, 1.0, 0.9, 0.8, 0.7, 0.6, 0.6, 0.7, 1.0, 1.4, 1.7, 1.5),
        ("Table Lamp", "Floor Lamp", "Pendant", "Reading Lamp", "Paper Shade", "Wall Light", "Lantern", "Night Light"),
    ),
    Category(
        "Kitchen", False, 10, 2_995, 0.50, (0.9, 0.9, 1.0, 1.0, 1.0, 0.9, 0.8, 0.8, 0.9, 1.0, 1.3, 1.5),
        ("Bowl", "Plates", "Teapot", "Carafe", "Chopping Board", "Mugs", "Apron", "Tea Towels"),
    ),
    Category(
        "Candles", False, 6, 1_995, 0.40, (0.8, 0.9, 0.7, 0.6, 0.6, 0.5, 0.5, 0.6, 0.9, 1.4, 2.0, 2.5),
        ("Pillar Candle", "Scented Candle", "Tapers", "Tealights", "Candlestick", "Beeswax Candle", "Diffuser", "Holder"),
    ),
)  # fmt: skip
SHARES: Final = running([category.share for category in CATEGORIES])
BRANDS: Final = ("Noordhout", "Lisse & Daughters", "Atelier Merel", "Havenkade", "Plain Tide", "Oda Strand", "Veldwerk")
_COLOURS: Final = ("Ink", "Sand", "Moss", "Brick", "Chalk", "Plum", "Slate", "Ochre")
_BOTH: Final = 2
"""Colours in which each thing is sold."""


@cache
def products() -> tuple[Product, ...]:
    return tuple(
        [
            _product(number, category, thing)
            for number, (category, thing) in enumerate(
                [(category, thing) for category in CATEGORIES for thing in category.things for _ in range(_BOTH)]
            )
        ]
    )


def price_on(product: Product, day: int) -> int:
    """In minor units."""
    if not product.sale_percent or date_of(day).month not in SALE_MONTHS:
        return product.price_minor
    return product.price_minor * (100 - product.sale_percent) // 100


def picked(draws: Draws, month: int, category: str, wants_sale: bool = False) -> Product:
    """What somebody looks at or buys; `category` "" leaves that to the month, counted from 1."""
    place = _PLACES[category] if category else draws.place(_by_month()[month - 1])
    numbers, weights = _on_sale()[place] if wants_sale and month in SALE_MONTHS else _all()[place]
    return products()[numbers[draws.place(weights)]]


def rows() -> Iterator[tuple[str, ...]]:
    """Of the feed of products, the header first."""
    yield "id", "title", "category", "brand", "url", "price", "available"
    for one in products():
        yield (
            one.id,
            one.title,
            one.category.name,
            one.brand,
            SITE + one.path,
            f"{money(one.price_minor)} {CURRENCY}",
            "yes",
        )


def money(minor: int) -> str:
    """As it is written in a message: 12.50."""
    return f"{minor // 100}.{minor % 100:02d}"


def as_product(product: Product, price_minor: int) -> dict[str, Any]:
    """As events of the shop's pages have it."""
    return {
        "product_id": product.id,
        "name": product.title,
        "category": product.category.name,
        "brand": product.brand,
        "price": money(price_minor),
        "currency": CURRENCY,
    }


def _product(number: int, category: Category, thing: str) -> Product:
    draws = Draws("catalogue", number)
    colour = _COLOURS[(number // _BOTH + number % _BOTH * 3) % len(_COLOURS)]
    raw_minor = int(draws.log_normal(category.median_minor, category.spread))
    price_minor = max(raw_minor // 500 * 500 + 495, 495)
    title = f"{thing} {colour}"
    sale_percent = draws.one_of((20, 30, 40, 50)) if draws.chance(0.4) else 0
    path = f"/products/{title.lower().replace(' ', '-')}"
    return Product(number, f"P{1001 + number}", title, category, draws.one_of(BRANDS), price_minor, sale_percent, path)


@cache
def _by_month() -> tuple[tuple[float, ...], ...]:
    return tuple([running([one.share * one.months[month] for one in CATEGORIES]) for month in range(12)])


@cache
def _all() -> tuple[tuple[tuple[int, ...], tuple[float, ...]], ...]:
    return tuple([_weighted([one for one in products() if one.category is category]) for category in CATEGORIES])


@cache
def _on_sale() -> tuple[tuple[tuple[int, ...], tuple[float, ...]], ...]:
    """Where nothing of a category is, the whole of it."""
    found = []
    for category in CATEGORIES:
        of_it = [one for one in products() if one.category is category]
        found.append(_weighted([one for one in of_it if one.sale_percent] or of_it))
    return tuple(found)


def _weighted(some: list[Product]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    weights = [1 / (place + 2) for place in range(len(some))]
    return tuple([one.number for one in some]), tuple(accumulate(weights))


_PLACES: Final = {category.name: place for place, category in enumerate(CATEGORIES)}
