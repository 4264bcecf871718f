"""What went back of an order, line by line: a return is told in products, in money or whole, and becomes a fact when the order is
at hand.

A platform tells no return: it tells how the order stands. What follows is the difference to how it stood by the platform's
own word before, product by product:

    less     goes back, as far as there is more left than the platform has: what the shop had told us itself is not taken twice
    more     is added, and earns (`kernel.growing`)

A word that changes nothing is no return: it stays what somebody did.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from msgspec.structs import replace

from regulars.kernel.facts import Behaved, Fact, Line, OrderReturned, ReturnedLine
from regulars.kernel.recalled import Memory, Ordered
from regulars.kernel.returns import all_of, as_told, completed, quantities_left
from regulars.wire.events import Deed, Stands, Went, WentBack

Product: TypeAlias = tuple[str, ...]
NONE: Final = (0, 0)


def told_of(facts: Iterable[Fact], asked: Mapping[str, Deed], memory: Memory | None) -> Iterator[Fact]:
    """The facts, those of returns completed by what the memory knows of the order by then. What is told by an event is never more
    than is left of it.
    """
    for fact in facts:
        deed = asked.get(fact.id)
        if isinstance(fact, OrderReturned) and isinstance(deed, Stands):
            known = memory.order(fact.order_id) if memory is not None else None
            yield fact if known is None else _standing(fact, deed, known)
            continue
        if memory is not None and isinstance(fact, OrderReturned) and isinstance(deed, WentBack):
            known = memory.order(fact.order_id)
            yield fact if known is None else _told(fact, deed, known)
        else:
            yield fact


def _told(fact: OrderReturned, deed: WentBack, known: Ordered) -> OrderReturned:
    order, returns = known.order, known.returns
    if deed.goods and not known.is_gone():
        return completed(fact, order, returns, _of_goods(deed.goods, known))
    whole = deed.amount_minor is None
    return as_told(replace(fact, amount_minor=deed.amount_minor or 0, is_whole=whole), order, returns)


def _standing(fact: OrderReturned, deed: Stands, known: Ordered) -> Fact:
    order, returns = known.order, known.returns
    if order.source != fact.source:
        if deed.is_gone or deed.gone_minor > 0:
            minor = 0 if deed.is_gone else deed.gone_minor
            return as_told(replace(fact, amount_minor=minor, is_whole=deed.is_gone), order, returns)
        return _no_change(fact, deed)
    if deed.is_gone or (known.lines() and not _is_anything_left(deed)):
        if known.is_gone():
            return _no_change(fact, deed)
        return completed(fact, order, returns, all_of(order, returns), is_whole=True)
    lines, added = _difference(deed, known, [one for one in returns if one.source == fact.source])
    if not lines and not added:
        return _no_change(fact, deed)
    revives = bool(added) and not any(line.amount_minor > 0 for line in known.now().lines)
    revives = revives and any(line.amount_minor > 0 for line in added)
    back = completed(fact, order, returns, lines)
    is_ours = order.bill is None or not order.bill.currency
    more = sum([line.amount_minor for line in added]) if is_ours else 0
    return replace(back, is_whole=back.is_whole and not added, added=added, added_minor=more, revives=revives)


def _is_anything_left(deed: Stands) -> bool:
    return any(line.amount_minor > minor or line.quantity > count for line, (minor, count) in _with_back(deed))


def _no_change(fact: OrderReturned, deed: Stands) -> Behaved:
    amount, back = sum([line.amount_minor for line in deed.lines]), sum([minor for minor, _ in deed.back])
    properties = {"order_id": deed.order_id, "amount_minor": str(amount), "refunded_minor": str(back)}
    return Behaved(fact.id, fact.customer, fact.happened_at, fact.recorded_at, fact.source, deed.name, properties)


def _difference(
    deed: Stands, known: Ordered, own: Sequence[OrderReturned]
) -> tuple[tuple[ReturnedLine, ...], tuple[Line, ...]]:
    """What is less of each product goes off its last lines first; what is more of one comes as a line of its own."""
    every, now, counts = known.lines(), known.now().lines, quantities_left(known.order, known.returns)
    before = _by_product(_as_they_told(known, own))
    there: dict[Product, list[int]] = {}
    for place, line in enumerate(every):
        there.setdefault(product_of(line), []).append(place)
    told = [(line, line.amount_minor - minor, line.quantity - n) for line, (minor, n) in _with_back(deed)]
    after = _by_product(told)
    last = {product_of(line): line for line in deed.lines}
    back: dict[int, tuple[int, int]] = {}
    added: list[Line] = []
    for product in dict.fromkeys([*there, *after]):
        places = there.get(product, [])
        left = sum([max(now[place].amount_minor, 0) for place in places]), sum([counts[place] for place in places])
        wanted = [_wanted(*one) for one in zip(left, before.get(product, NONE), after.get(product, NONE), strict=True)]
        less, more = (
            [max(a - b, 0) for a, b in zip(left, wanted, strict=True)],
            [max(b - a, 0) for a, b in zip(left, wanted, strict=True)],
        )
        for place in reversed(places):
            minor, count = min(max(now[place].amount_minor, 0), less[0]), min(counts[place], less[1])
            less = [less[0] - minor, less[1] - count]
            if minor or count:
                back[place] = minor, count
        if any(more):
            added.append(Line(more[0], more[1], last[product].properties))
    return tuple([ReturnedLine(place, *back[place]) for place in sorted(back)]), tuple(added)


def _wanted(left: int, before: int, after: int) -> int:
    """`before` and `after` are the platform's word; what the shop told us of its own accord stands beside it."""
    return left + (after - before) if after >= before else min(left, after)


def _as_they_told(known: Ordered, own: Sequence[OrderReturned]) -> list[tuple[Line, int, int]]:
    """The order by the platform's word alone: its lines, and what is left of each."""
    every = known.lines()
    counts, minors = [line.quantity for line in every], [max(line.amount_minor, 0) for line in every]
    for one in own:
        for line in one.lines:
            minors[line.line] -= line.amount_minor
            counts[line.line] -= line.quantity
    return list(zip(every, minors, counts, strict=True))


def _with_back(deed: Stands) -> Iterator[tuple[Line, tuple[int, int]]]:
    return zip(deed.lines, deed.back, strict=True)


def _by_product(lines: Iterable[tuple[Line, int, int]]) -> dict[Product, tuple[int, int]]:
    found: dict[Product, tuple[int, int]] = {}
    for line, minor, count in lines:
        had = found.get(product_of(line), NONE)
        found[product_of(line)] = had[0] + minor, had[1] + count
    return found


def product_of(line: Line) -> Product:
    """Lines of one product are one: which of them went back, nobody can tell."""
    return tuple([line.properties.get(name, "") for name in ("product", "sku", "variant", "name")])


def _of_goods(goods: Iterable[Went], known: Ordered) -> tuple[ReturnedLine, ...]:
    """Off the first lines that are of the product and of which there is something left."""
    order, lines = known.order, known.now().lines
    counts = quantities_left(order, known.returns)
    money = [max(line.amount_minor, 0) for line in lines]
    back: dict[int, tuple[int, int]] = {}
    for one in goods:
        wanted = one.quantity
        minor = one.amount_minor
        for place, line in enumerate(lines):
            if one.product not in [line.properties.get(name) for name in ("product", "product_id", "sku", "variant")]:
                continue
            count = counts[place] if wanted is None else min(wanted, counts[place])
            paid = money[place] - money[place] * (counts[place] - count) // counts[place] if counts[place] else 0
            paid = paid if minor is None else min(minor, money[place])
            had = back.get(place, (0, 0))
            back[place] = had[0] + paid, had[1] + count
            counts[place] -= count
            money[place] -= paid
            wanted = None if wanted is None else wanted - count
            minor = None if minor is None else minor - paid
            if wanted == 0 or minor == 0:
                break
    return tuple([ReturnedLine(place, *back[place]) for place in sorted(back) if any(back[place])])
