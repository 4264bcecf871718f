"""What went back of an order, line by line: a return is told in products, in money or whole, and becomes a fact when the order is
at hand.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from regulars.kernel.facts import Fact, OrderReturned, ReturnedLine
from regulars.kernel.recalled import Memory, Ordered
from regulars.kernel.returns import as_told, completed, quantities_left
from regulars.wire.events import Deed, Went, WentBack


def told_of(facts: Iterable[Fact], asked: Mapping[str, Deed], memory: Memory | None) -> Iterator[Fact]:
    """The facts, those of returns completed by what the memory knows of the order by then. What is told by an event is never more
    than is left of it.
    """
    for fact in facts:
        deed = asked.get(fact.id)
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
