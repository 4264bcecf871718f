"""Lives that customers lead, and whoever leads them.

What a customer does is folded by the live engine itself, under a published program, and written down as the live service
writes it: state, steps and postings. So many lives are folded one by one; each of them is then led by many customers, who
differ in their ids and in those of their facts and orders. The ids are put into what was written down, in places of the same
length. Everything follows from the seed.
"""

from collections.abc import Sequence
from random import Random
from typing import Final

from msgspec import Struct

from regulars.boot import new_id
from regulars.kernel.calendar import DAY, HOUR, MINUTE
from regulars.kernel.facts import FOREVER, Behaved, Fact, Instant, Line, MemberJoined, OrderCompleted, Trust
from regulars.kernel.rulebook import Rulebook
from regulars.service.record import Customer, Journal
from regulars.store.transaction import CustomerRow, EntryRow, JournalRow

FACTS: Final = 10
ORDERS: Final = 5
FACTS_OF_A_DEVICE: Final = 2
MOST_LIVES: Final = 20_000
LED_BY: Final = 50
"""Customers for each life, or more."""

LENGTH: Final = 26
OWN: Final = "whoever leads this life".ljust(LENGTH, "#")
"""Where the part of a fact's id stands that is its customer's own; six digits follow."""
OWN_BYTES: Final = OWN.encode()

CATEGORIES: Final = ("GROCERY", "DAIRY", "PRODUCE", "MEAT", "BAKERY", "CIGARETTES", "DRUG GM", "FLORAL")
DEEDS: Final = ("Product Viewed", "Product Added", "Products Searched", "Product Reviewed")
LASTING: Final = 730 * DAY


class Life(Struct, frozen=True):
    """What is written down of whoever leads it."""

    row: CustomerRow
    steps: tuple[JournalRow, ...]
    entries: tuple[EntryRow, ...]


class Lives(Struct, frozen=True):
    """`of_customers` and `of_devices` are shared out by number, in turn. Everybody was brought to `opened`."""

    of_customers: tuple[Life, ...]
    of_devices: tuple[Life, ...]
    opened: Instant


def lived(rulebook: Rulebook, customers: int, opened: Instant, seed: int = 1) -> Lives:
    number = max(1, min(MOST_LIVES, customers // LED_BY))
    draw = Random(seed)
    return Lives(
        tuple([life_of(rulebook, _customer_facts(draw, opened), opened, known=True) for _ in range(number)]),
        tuple(
            [life_of(rulebook, _device_facts(draw, opened), opened, known=False) for _ in range(max(1, number // 4))]
        ),
        opened,
    )


def own_of(id: str) -> str:
    """The part of a fact's id that is its customer's own."""
    return id[-LENGTH:]


def customer_row(row: CustomerRow, id: str) -> CustomerRow:
    assert row.state is not None
    return row._replace(id=id, state=row.state.replace(OWN_BYTES, own_of(id).encode()))


def step_row(step: JournalRow, id: str, own: str) -> JournalRow:
    _, seq, fact_id, name, source, happened_at, recorded_at, version, amount_minor, fact, effects, via = step
    if fact_id is not None:
        fact_id = own + fact_id[LENGTH:]
    if amount_minor is not None and fact is not None:
        fact = fact.replace(OWN_BYTES, own.encode())
    return id, seq, fact_id, name, source, happened_at, recorded_at, version, amount_minor, fact, effects, via


def entry_row(entry: EntryRow, id: str, own: str) -> EntryRow:
    _, seq, ordinal, kind, points, source, target, lot_fact, *rest = entry
    return (id, seq, ordinal, kind, points, source, target, own + lot_fact[LENGTH:], *rest)  # type: ignore[return-value]


# --- a life ----------------------------------------------------------------------------------------------------------


def life_of(rulebook: Rulebook, facts: Sequence[Fact], opened: Instant, *, known: bool) -> Life:
    """That of somebody with these facts, brought to `opened`. They bear the ids that `fact_id` gives."""
    first = facts[0].happened_at
    row = CustomerRow(OWN, known, None, rulebook.version, 0, 0, 0, 0, 0, None, None, None, FOREVER, first, first)
    customer = Customer(row, rulebook.new_state(), known, 0, 0, first, first, None)
    journal = Journal(new_id)
    journal.take(customer, facts, rulebook)
    journal.wake(customer, rulebook, opened)
    return Life(journal.customers[OWN], tuple(journal.steps), tuple(journal.entries))


def _customer_facts(draw: Random, opened: Instant) -> list[Fact]:
    """Somebody joins, buys five times, and does this and that in between."""
    joined = opened - 30 * DAY - draw.randrange(LASTING - 60 * DAY)
    moments = sorted([joined + HOUR + draw.randrange(opened - joined - 2 * HOUR) for _ in range(FACTS - 1)])
    buys = set(draw.sample(range(FACTS - 1), ORDERS))
    facts: list[Fact] = [MemberJoined(fact_id(0), OWN, joined, joined, "shop")]
    for place, moment in enumerate(moments):
        id = fact_id(place + 1)
        facts.append(_order(draw, id, moment) if place in buys else _deed(draw, id, moment, Trust.SHOP))
    return facts


def _device_facts(draw: Random, opened: Instant) -> list[Fact]:
    """A visit before anybody signs in."""
    came = opened - DAY - draw.randrange(LASTING)
    return [_deed(draw, fact_id(place), came + place * MINUTE, Trust.WEAK) for place in range(FACTS_OF_A_DEVICE)]


def _order(draw: Random, id: str, at: Instant) -> OrderCompleted:
    lines = tuple(
        [
            Line(draw.randrange(99, 9_999), 1, {"category": draw.choice(CATEGORIES), "product": f"{place}{id[-6:]}"})
            for place in range(draw.randrange(1, 4))
        ]
    )
    return OrderCompleted(id, OWN, at, at, "shop", f"A-{id}", lines, sum([line.amount_minor for line in lines]))


def _deed(draw: Random, id: str, at: Instant, trust: Trust) -> Behaved:
    name = draw.choice(DEEDS)
    source = "shop" if trust is Trust.SHOP else "site"
    return Behaved(id, OWN, at, at, source, name, {"category": draw.choice(CATEGORIES)}, trust)


def fact_id(place: int) -> str:
    return f"{OWN}{place:06d}"
