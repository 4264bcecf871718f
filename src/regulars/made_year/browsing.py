"""What a browser says of a visit: pages, searches, products, baskets, orders gone through; by whom, as far as it knows.

A visit is a walk: a first page that goes with where somebody came from, then searches, lists and products. What is done is drawn
first, with the pause before each act; then the acts are set on the clock. Where an order was planned the walk leads past what is
bought, and is stretched so that it ends with the order.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from regulars.made_year import campaigns, mails
from regulars.made_year.buying import order_seen
from regulars.made_year.calendar import SECOND, date_of
from regulars.made_year.catalogue import SITE, Product, as_product, picked, price_on, products
from regulars.made_year.draws import Draws, running
from regulars.made_year.life import Life, Named
from regulars.made_year.model import Browsing, Model
from regulars.made_year.plan import Person, Plan, Purchase
from regulars.made_year.saying import NOTHING, Door, Page, Said
from regulars.made_year.visiting import Seat

MILLISECOND: Final = 1_000
MOST_PAGES: Final = 12
BANNER: Final = "banner-3"
FORM: Final = {"form": "newsletter"}
_ANALYTICS: Final = {"purpose": "analytics", "wording": BANNER, "place": "banner"}
_PER_VISIT: Final = 4
"""Parcels have numbers of their own in each visit, of which at most three are used."""


class Act(NamedTuple):
    """Something done `after` so many seconds. Acts with a `name` are of Segment's track."""

    after: int
    type: str
    name: str
    page: Page
    properties: Mapping[str, Any]


def told(model: Model, seed: int, plan: Plan, seats: Sequence[Seat]) -> Iterator[Said]:
    life, person = plan.life, plan.person
    clicked = mails.clicked_visits(model, seed, life, person) if life.named_at is not None else {}
    for seat in seats:
        draws = Draws(seed, "visit", life.number, seat.place)
        landing = _landing(model, draws, life, person, seat, clicked.get(seat.place, ""))
        timed = _timed(model, draws, plan, seat, landing)
        first = seat.place * _PER_VISIT + 1
        parcels = 1 + draws.below(3) if len(timed) > 3 else 1
        for which, (at, act) in enumerate(timed):
            is_named = seat.named_at is not None and at >= seat.named_at
            yield Said(
                at,
                Door.BROWSER,
                act.type,
                act.name,
                first + which * parcels // len(timed),
                seat.becomes if is_named else seat.user_id,
                seat.device,
                act.page,
                act.properties,
                agreed=life.agreed,
            )


def _timed(model: Model, draws: Draws, plan: Plan, seat: Seat, landing: Page) -> list[tuple[int, Act]]:
    """In order of time."""
    welcome = _welcome(model, plan, seat, landing)
    begins_at = seat.begins_at + (welcome[-1][0] - seat.begins_at if len(welcome) > 1 else 0)
    day = plan.life.visits[seat.place].day
    if seat.purchase is not None:
        return welcome + _ordering(model.browsing, draws, plan, seat, begins_at, seat.purchase)
    walk = _walk(model.browsing, draws, plan, day)
    if seat.named_at is not None and seat.becomes:
        welcome += _registering(seat.named_at)
        begins_at = seat.named_at + 2 * SECOND
    timed = list(welcome)
    at = begins_at
    for act in walk:
        at += act.after * SECOND
        if at > seat.ends_by:
            break
        timed.append((at, act))
    return timed


def _welcome(model: Model, plan: Plan, seat: Seat, landing: Page) -> list[tuple[int, Act]]:
    """The first page, and what happens on it whatever comes after."""
    life, begins_at = plan.life, seat.begins_at
    found = [(begins_at, Act(0, "page", landing.title, landing, NOTHING))]
    if landing.path.startswith("/products/"):
        seen = _by_path()[landing.path]
        properties = _seen(seen.number, price_on(seen, life.visits[seat.place].day))
        found.append((begins_at + SECOND // 2, Act(0, "track", "Product Viewed", landing, properties)))
    if seat.signs_in:
        found.append((begins_at + SECOND, Act(0, "identify", "", landing, NOTHING)))
    if seat.is_first_use and _agrees(life, life.visits[seat.place].day):
        found.append((begins_at + 3 * SECOND, Act(0, "track", "Consent Granted", landing, _ANALYTICS)))
    at = begins_at + 4 * SECOND
    for exposure in plan.exposures.get(seat.place, ()):
        for name, properties in campaigns.sights(model, exposure):
            found.append((at, Act(0, "track", name, landing, properties)))
            at += 2 * SECOND
    if seat.place == 0 and life.saw_form:
        found.append((begins_at + 15 * SECOND, Act(0, "track", "Form Shown", landing, FORM)))
        if life.visits[0].naming is Named.FORM and seat.named_at is not None:
            found.append((seat.named_at, Act(0, "track", "Form Submitted", landing, FORM)))
    return found


def _agrees(life: Life, day: int) -> bool:
    """Whoever took their consent back does not give it again to the banner of another device."""
    return life.agreed and (life.withdrew is None or day < life.withdrew)


def _registering(named_at: int) -> list[tuple[int, Act]]:
    """Not before the first page is done with: `named_at` leaves it 45 seconds."""
    page = _page("/account/new", "Make an account")
    opened = (named_at - 12 * SECOND, Act(0, "page", page.title, page, NOTHING))
    return [opened, (named_at + SECOND, Act(0, "identify", "", page, NOTHING))]


def _walk(browsing: Browsing, draws: Draws, plan: Plan, day: int) -> list[Act]:
    """What is done after the first page in a visit without an order."""
    is_shopper = plan.life.kind != 0
    if draws.chance(browsing.leaves_at_once if is_shopper else browsing.leaves_at_once_passing):
        return []
    mean = browsing.further_pages if is_shopper else browsing.further_pages_passing
    basket = browsing.basket if is_shopper else browsing.basket_passing
    acts: list[Act] = []
    taken: list[tuple[Page, Mapping[str, Any]]] = []
    for _ in range(1 + min(draws.poisson(mean), MOST_PAGES - 2)):
        looked = _looks(browsing, draws, plan.person, day, acts)
        if looked is None:
            continue
        page, seen = looked
        if draws.chance(basket):
            taken.append(looked)
            acts.append(Act(draws.between(10, 60), "track", "Product Added", page, {**seen, "quantity": 1}))
        elif is_shopper and draws.chance(browsing.wishes):
            acts.append(Act(draws.between(5, 30), "track", "Product Added to Wishlist", page, seen))
    if taken:
        _leaves_basket(browsing, draws, taken, acts)
    return acts


def _looks(
    browsing: Browsing, draws: Draws, person: Person, day: int, acts: list[Act]
) -> tuple[Page, Mapping[str, Any]] | None:
    """At the next page: what stands on it, where it is a product's."""
    pause = draws.between(8, 120)
    share = draws.share()
    seen = picked(draws, date_of(day).month, person.category if share < 0.9 else "", person.bargains)
    if share < browsing.searches:
        page = _search_page(seen.title.rpartition(" ")[0])
        acts.append(Act(pause, "page", "Search", page, NOTHING))
        acts.append(Act(1, "track", "Products Searched", page, _searched(seen.title.rpartition(" ")[0])))
        return None
    if share < browsing.searches + browsing.lists:
        page = _list_page(seen.category.name)
        acts.append(Act(pause, "page", page.title, page, NOTHING))
        acts.append(Act(1, "track", "Product List Viewed", page, _listed(seen.category.name)))
        return None
    page, properties = _product_page(seen.number), _seen(seen.number, price_on(seen, day))
    acts.append(Act(pause, "page", page.title, page, NOTHING))
    acts.append(Act(1, "track", "Product Viewed", page, properties))
    return page, properties


def _leaves_basket(
    browsing: Browsing, draws: Draws, taken: Sequence[tuple[Page, Mapping[str, Any]]], acts: list[Act]
) -> None:
    basket = _page("/basket", "Basket")
    inside = [{**seen, "quantity": 1} for _, seen in taken]
    acts.append(Act(draws.between(5, 40), "page", basket.title, basket, NOTHING))
    acts.append(Act(1, "track", "Cart Viewed", basket, {"products": inside}))
    if draws.chance(browsing.removed):
        acts.append(Act(draws.between(5, 40), "track", "Product Removed", basket, inside[0]))
        inside = inside[1:]
    if inside and draws.chance(browsing.checkout):
        checkout = _page("/checkout", "Checkout")
        acts.append(Act(draws.between(5, 60), "page", checkout.title, checkout, NOTHING))
        acts.append(Act(1, "track", "Checkout Started", checkout, {"products": inside}))


def _ordering(
    browsing: Browsing, draws: Draws, plan: Plan, seat: Seat, begins_at: int, bought: Purchase
) -> list[tuple[int, Act]]:
    """From the first page to the thanks. The server names whoever has no account yet in the last seconds before the order."""
    acts = _to_the_order(browsing, draws, plan, bought)
    whole = sum([act.after for act in acts])
    span = (bought.at - 8 * SECOND - begins_at) // MILLISECOND
    timed, done = [], 0
    for act in acts:
        done += act.after
        timed.append((begins_at + span * done // whole * MILLISECOND, act))
    thanks = _page("/checkout/thanks", "Thank you")
    seen = order_seen(bought)
    timed.append((bought.at + 2 * SECOND, Act(0, "page", thanks.title, thanks, NOTHING)))
    if seat.named_at is not None and seat.becomes != seat.user_id:
        timed.append((bought.at + 2 * SECOND + SECOND // 2, Act(0, "identify", "", thanks, NOTHING)))
    timed.append((bought.at + 3 * SECOND, Act(0, "track", "Order Completed", thanks, seen)))
    return timed


def _to_the_order(browsing: Browsing, draws: Draws, plan: Plan, bought: Purchase) -> list[Act]:
    acts: list[Act] = []
    for _ in range(draws.poisson(browsing.further_pages / 2)):
        _looks(browsing, draws, plan.person, bought.day, acts)
    inside = []
    for line in bought.lines:
        page, seen = _product_page(line.product), _seen(line.product, line.price_minor)
        acts.append(Act(draws.between(10, 120), "page", page.title, page, NOTHING))
        acts.append(Act(1, "track", "Product Viewed", page, seen))
        inside.append({**seen, "quantity": line.quantity})
        acts.append(Act(draws.between(10, 60), "track", "Product Added", page, inside[-1]))
    basket, checkout = _page("/basket", "Basket"), _page("/checkout", "Checkout")
    acts.append(Act(draws.between(5, 40), "page", basket.title, basket, NOTHING))
    acts.append(Act(1, "track", "Cart Viewed", basket, {"products": inside}))
    acts.append(Act(draws.between(5, 30), "page", checkout.title, checkout, NOTHING))
    acts.append(Act(1, "track", "Checkout Started", checkout, {"order_id": bought.order_id, "products": inside}))
    if bought.code:
        coupon = {"order_id": bought.order_id, "coupon_id": bought.code, "coupon_name": bought.code}
        acts.append(Act(draws.between(10, 30), "track", "Coupon Applied", checkout, coupon))
    paid = {"order_id": bought.order_id, "payment_method": "card" if draws.chance(0.4) else "ideal"}
    acts.append(Act(draws.between(30, 90), "track", "Payment Info Entered", checkout, paid))
    return acts


def _landing(model: Model, draws: Draws, life: Life, person: Person, seat: Seat, mail: str) -> Page:
    """The first page, with where somebody came from on it."""
    shares = model.browsing.sources if life.kind else model.browsing.sources_passing
    source = SOURCES[_NEWSLETTER] if mail else SOURCES[draws.place(_running(shares))]
    seen = picked(draws, date_of(life.visits[seat.place].day).month, person.category)
    page = _lands_on(source, draws, seen)
    if not source.medium:
        return page if not source.referrer else Page(page.path, page.title, source.referrer)
    name = mail or source.campaigns[life.visits[seat.place].day // 92 % len(source.campaigns)]
    search = f"?utm_source={source.name}&utm_medium={source.medium}&utm_campaign={name}"
    if source.click:
        search += f"&{source.click}={source.prefix}{draws.below(1 << 48):012x}"
    campaign = {"source": source.name, "medium": source.medium, "name": name}
    return Page(page.path, page.title, source.referrer, search, campaign)


class Source(NamedTuple):
    """`medium` "" for whatever is not paid for: then the referrer alone says it. `click` is the parameter of a click's id.
    `lands` says how often the first page is home, a list, or a product."""

    name: str
    medium: str
    referrer: str
    click: str
    prefix: str
    campaigns: tuple[str, ...]
    lands: tuple[float, float, float]


SOURCES: Final = (
    Source("direct", "", "", "", "", (), (0.75, 0.90, 1.0)),
    Source("google", "", "https://www.google.com/", "", "", (), (0.35, 0.65, 1.0)),
    Source(
        "google", "cpc", "https://www.google.com/", "gclid", "EAIaIQobChMI",
        ("new-year", "spring-search", "summer-search", "brand"), (0.20, 0.60, 1.0),
    ),
    Source(
        "instagram", "paid_social", "https://l.instagram.com/", "", "",
        ("winter-mood", "spring-dresses", "linen-days", "long-evenings"), (0.10, 0.45, 1.0),
    ),
    Source("stylefinder", "affiliate", "https://www.stylefinder.example/", "", "", ("partner-feed",), (0.10, 0.25, 1.0)),
    Source("homeblog", "", "https://www.homeblog.example/", "", "", (), (0.30, 0.60, 1.0)),
    Source("pinterest", "", "https://www.pinterest.com/", "", "", (), (0.15, 0.30, 1.0)),
    Source("newsletter", "email", "", "", "", (), (0.30, 0.80, 1.0)),
)  # fmt: skip
"""In the order of the model's shares; the newsletter stands behind them, since a click says where it is from."""
_NEWSLETTER: Final = len(SOURCES) - 1


def _lands_on(source: Source, draws: Draws, seen: Product) -> Page:
    share = draws.share()
    if share < source.lands[0]:
        return _page("/", "Hearth & Hem", False)
    page = _list_page(seen.category.name) if share < source.lands[1] else _product_page(seen.number)
    return Page(page.path, page.title)


@cache
def _running(shares: tuple[float, ...]) -> tuple[float, ...]:
    return running(shares)


@cache
def _page(path: str, title: str, is_inner: bool = True) -> Page:
    return Page(path, title, f"{SITE}/" if is_inner else "")


@cache
def _list_page(category: str) -> Page:
    return _page(f"/{category.lower()}", category)


@cache
def _product_page(number: int) -> Page:
    product = products()[number]
    return _page(product.path, product.title)


@cache
def _search_page(words: str) -> Page:
    return Page("/search", "Search", f"{SITE}/", f"?q={words.lower().replace(' ', '+')}")


@cache
def _searched(words: str) -> Mapping[str, Any]:
    return {"query": words.lower()}


@cache
def _listed(category: str) -> Mapping[str, Any]:
    return {"list_id": category.lower(), "category": category}


@cache
def _seen(number: int, price_minor: int) -> Mapping[str, Any]:
    return as_product(products()[number], price_minor)


@cache
def _by_path() -> Mapping[str, Product]:
    return {product.path: product for product in products()}
