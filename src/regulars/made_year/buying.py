"""What is bought, for how much, and what becomes of it; and the words in which the shop's server tells it.

An order is worth what its goods cost after discounts; shipping stands beside that. A campaign that makes orders larger by a part p
makes people take one more of each line with probability p: so the mean grows by exactly that, and prices stay the shop's.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from regulars.made_year import campaigns
from regulars.made_year.calendar import DAYS, FIRST, MINUTE, SECOND, date_of, moment
from regulars.made_year.catalogue import CURRENCY, Product, as_product, money, picked, price_on, products
from regulars.made_year.draws import Draws
from regulars.made_year.life import Life
from regulars.made_year.model import Buying, Model
from regulars.made_year.people import account_at, second_user_id
from regulars.made_year.plan import Exposure, Line, Person, Plan, Purchase
from regulars.made_year.saying import Device, Door, Said
from regulars.made_year.visiting import Seat, begins, ends_by, second_at

HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
STORE: Final = "Utrecht store"
_SUNDAY: Final = 6
_MOST_FURTHER: Final = 5
_TAX_PERCENT: Final = 21


def purchases(
    model: Model, seed: int, life: Life, person: Person, exposures: Mapping[int, tuple[Exposure, ...]]
) -> tuple[Purchase, ...]:
    """In order of time."""
    places = [
        place
        for place, visit in enumerate(life.visits)
        if visit.orders or any(exposure.causes_order for exposure in exposures.get(place, ()))
    ]
    if not places and not person.card:
        return ()
    draws = Draws(seed, "buying", life.number)
    account = account_at(model, seed, life)
    starts = begins(seed, life) if places else ()
    found = []
    for place in places:
        is_guest = account is None or place < account
        at = _at(model.buying, draws, starts, place)
        found.append(_on_site(model, draws, life, person, place, at, exposures.get(place, ()), is_guest))
    if person.card:
        found += _at_the_till(model, Draws(seed, "till", life.number), life, person)
    found.sort(key=lambda one: one.at)
    return tuple([_numbered(life.number, which, one) for which, one in enumerate(found, 1)])


def told(model: Model, seed: int, plan: Plan, seats: Sequence[Seat]) -> Iterator[Said]:
    """By the server: orders, and what became of them. An order names the device where it is the first word of a guest."""
    if not plan.purchases:
        return
    second = second_at(seed, plan.life, plan.person, plan.purchases, account_at(model, seed, plan.life))
    for bought in plan.purchases:
        if bought.visit is None:
            ids = [{"id": plan.person.card, "type": "card", "collection": "users", "encoding": "none"}]
            yield Said(
                bought.at,
                Door.SERVER,
                "track",
                "Order Completed",
                properties={**_order(model, bought), "affiliation": STORE},
                context={"externalIds": ids},
            )
        else:
            seat = seats[bought.visit]
            is_first_word = bought.is_guest and plan.life.named_at == bought.visit and plan.life.agreed
            device = seat.device if is_first_word else None
            is_second = second is not None and bought.visit >= second
            yield from _of_order(model, plan.person, bought, device, is_second)


def order_seen(bought: Purchase) -> dict[str, Any]:
    """What the page of thanks says of it: less than the server."""
    return {
        "order_id": bought.order_id,
        "revenue": money(bought.total_minor),
        "currency": CURRENCY,
        "products": [_line(line) for line in bought.lines],
    }


def _at(buying: Buying, draws: Draws, starts: Sequence[int], place: int) -> int:
    most = min(buying.minutes_most, (ends_by(starts, place) - starts[place]) // MINUTE - 2)
    return starts[place] + draws.between(buying.minutes_least, most) * MINUTE + draws.below(60) * SECOND


def _on_site(
    model: Model,
    draws: Draws,
    life: Life,
    person: Person,
    place: int,
    at: int,
    met: Sequence[Exposure],
    is_guest: bool,
) -> Purchase:
    buying, day = model.buying, life.visits[place].day
    code = next((exposure.code for exposure in met if exposure.code), "")
    times = 1.0
    for exposure in met:
        times *= exposure.value_times
    lines = _lines(buying, draws, person, day, times, campaigns.percent_off(model, code) if code else 0)
    cancelled_at = at + draws.between(10, 300) * MINUTE if draws.chance(buying.cancelled) else None
    delivered_at = moment(day + draws.between(2, 5), 9 * 60 + draws.below(9 * 60)) if cancelled_at is None else None
    returned = _returned(buying, draws, lines) if delivered_at is not None else ()
    return Purchase(
        "",
        place,
        day,
        at,
        lines,
        sum([line.price_minor * line.quantity - line.discount_minor for line in lines]),
        code,
        next((exposure.campaign for exposure in met if exposure.causes_order), ""),
        is_guest,
        delivered_at,
        cancelled_at,
        delivered_at + draws.between(1, 29) * DAY if returned and delivered_at is not None else None,
        returned,
    )


def _at_the_till(model: Model, draws: Draws, life: Life, person: Person) -> list[Purchase]:
    """On weekdays from ten to six, while they are customers."""
    last = min(int(life.stayed), DAYS - 1)
    number = draws.poisson(model.buying.till_per_order * life.orders_a_day * (last + 1))
    found = []
    for _ in range(number):
        day = draws.between(0, last)
        at = moment(day, 10 * 60 + draws.below(8 * 60)) + draws.below(60) * SECOND
        lines = _lines(model.buying, draws, person, day, 1.0, 0)
        if (day + FIRST.weekday()) % 7 == _SUNDAY:
            continue
        total_minor = sum([line.price_minor * line.quantity for line in lines])
        found.append(Purchase("", None, day, at, lines, total_minor, "", "", False, None, None, None))
    return found


def _lines(
    buying: Buying, draws: Draws, person: Person, day: int, value_times: float, percent_off: int
) -> tuple[Line, ...]:
    month = date_of(day).month
    chosen: list[Product] = []
    for _ in range(1 + min(draws.poisson(buying.further_lines), _MOST_FURTHER)):
        wants_sale = person.bargains and draws.chance(buying.on_sale)
        one = picked(draws, month, person.category, wants_sale)
        if one not in chosen:
            chosen.append(one)
    return tuple([_bought(buying, draws, one, day, value_times, percent_off) for one in chosen])


def _bought(buying: Buying, draws: Draws, product: Product, day: int, value_times: float, percent_off: int) -> Line:
    quantity = 2 if draws.chance(buying.two_of_it) else 1
    if value_times != 1.0:
        quantity *= 2 if draws.chance(value_times - 1) else 1
    price_minor = price_on(product, day)
    return Line(product.number, quantity, price_minor, quantity * price_minor * percent_off // 100)


def _returned(buying: Buying, draws: Draws, lines: Sequence[Line]) -> tuple[int, ...]:
    return tuple(
        [
            place
            for place, line in enumerate(lines)
            if draws.chance(
                buying.returned_fashion if products()[line.product].category.is_fashion else buying.returned_home
            )
        ]
    )


def _numbered(number: int, which: int, bought: Purchase) -> Purchase:
    return Purchase(
        f"H{number:07d}-{which:02d}",
        bought.visit,
        bought.day,
        bought.at,
        bought.lines,
        bought.total_minor,
        bought.code,
        bought.caused_by,
        bought.is_guest,
        bought.delivered_at,
        bought.cancelled_at,
        bought.returned_at,
        bought.returned_lines,
    )


def _of_order(model: Model, person: Person, bought: Purchase, device: Device | None, is_second: bool) -> Iterator[Said]:
    user_id = "" if bought.is_guest else second_user_id(person) if is_second else person.user_id
    traits = {"email": person.second_email if is_second else person.email}

    def says(at: int, name: str, properties: Mapping[str, Any], device: Device | None = None) -> Said:
        return Said(
            at, Door.SERVER, "track", name, user_id=user_id, device=device, properties=properties, traits=traits
        )

    id = {"order_id": bought.order_id}
    yield says(bought.at, "Order Completed", _order(model, bought), device)
    if bought.cancelled_at is not None:
        yield says(bought.cancelled_at, "Order Cancelled", {**id, "reason": "customer"})
    if bought.delivered_at is not None:
        yield says(_shipped_at(bought, bought.delivered_at), "Order Updated", {**id, "status": "shipped"})
        yield says(bought.delivered_at, "Order Updated", {**id, "status": "delivered"})
    if bought.returned_at is not None:
        yield says(bought.returned_at, "Order Refunded", {**id, **_refund(bought)})


def _shipped_at(bought: Purchase, delivered_at: int) -> int:
    """A day before, and up to two hours more."""
    return delivered_at - DAY - bought.at // SECOND % 7_200 * SECOND


def _order(model: Model, bought: Purchase) -> dict[str, Any]:
    """As the server tells it; `total` is what is paid, with shipping; prices hold the tax already."""
    discount_minor = sum([line.discount_minor for line in bought.lines])
    shipping_minor = 0
    if bought.visit is not None and bought.total_minor < model.buying.free_shipping_from_minor:
        shipping_minor = model.buying.shipping_minor
    total_minor = bought.total_minor + shipping_minor
    order: dict[str, Any] = {
        "order_id": bought.order_id,
        "subtotal": money(bought.total_minor),
        "revenue": money(bought.total_minor),
        "shipping": money(shipping_minor),
        "tax": money(total_minor * _TAX_PERCENT // (100 + _TAX_PERCENT)),
        "total": money(total_minor),
        "discount": money(discount_minor),
        "currency": CURRENCY,
        "products": [_line(line) for line in bought.lines],
    }
    if bought.code:
        order["coupon"] = bought.code
    return order


def _refund(bought: Purchase) -> dict[str, Any]:
    lines = [bought.lines[place] for place in bought.returned_lines]
    paid_minor = sum([line.price_minor * line.quantity - line.discount_minor for line in lines])
    return {"revenue": money(paid_minor), "currency": CURRENCY, "products": [_line(line) for line in lines]}


def _line(line: Line) -> dict[str, Any]:
    return {**as_product(products()[line.product], line.price_minor), "quantity": line.quantity}
