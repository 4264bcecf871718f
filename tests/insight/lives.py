"""Shoppers of the made year as the analytic tables have them: when they come, what they order, when the shop learns their name."""

from functools import cache
from random import Random

from msgspec.structs import replace

from regulars.kernel.calendar import Calendar
from regulars.kernel.facts import Behaved, Fact, Line, OrderCompleted, Trust
from regulars.kernel.segments.meaning import Known
from regulars.made_year.calendar import ZONE, midnight, moment
from regulars.made_year.life import Life, lead
from regulars.made_year.model import Coming, Model
from regulars.wire.zones import zone_named

SEED = 7
MODEL = replace(Model(), coming=Coming(shoppers=1.0))
CALENDAR = Calendar(zone_named(ZONE))


@cache
def shoppers(number: int) -> tuple[Known, ...]:
    """Of so many lives those that give a name. What they did on a device in the thirty days before that is theirs, too."""
    lives = [lead(MODEL, SEED, one) for one in range(number)]
    return tuple([known(f"shopper-{one.number:05}", facts_of(one)) for one in lives if one.named_at is not None])


@cache
def strangers_to_habit(seed: int, number: int = 900) -> tuple[Known, ...]:
    """Everybody orders and looks around as the dice fall, whatever they did before."""
    random = Random(seed)
    return tuple([known(f"gambler-{one:04}", _gambled(f"gambler-{one:04}", random)) for one in range(number)])


def known(id: str, facts: list[Fact], *, profiling: bool = True) -> Known:
    return Known(id, CALENDAR, tuple(facts), allows=frozenset(["profiling"] if profiling else []))


def facts_of(life: Life) -> list[Fact]:
    id, facts = f"shopper-{life.number:05}", list[Fact]()
    named = life.named_at
    assert named is not None
    since = life.visits[named].day - 30 if named >= 0 else 0
    if named < 0:
        facts.append(behaved(id, "Identified", midnight(0), Trust.SHOP))
    for place, visit in enumerate(life.visits):
        at = moment(visit.day, visit.minute)
        if visit.day >= since:
            facts.append(behaved(id, "Product Viewed", at, Trust.WEAK))
        if place == named:
            facts.append(behaved(id, "Identified", at, Trust.SHOP))
        if visit.orders:
            facts.append(ordered(id, at, 2_000 + 100 * ((life.number + place) % 60)))
    return facts


def behaved(id: str, name: str, at: int, trust: Trust) -> Behaved:
    return Behaved(f"{id}-{name}-{at}", id, at, at, "site", name, {}, trust)


def ordered(id: str, at: int, amount_minor: int = 5_000) -> OrderCompleted:
    return OrderCompleted(f"{id}-{at}", id, at, at, "shop", f"{id}-{at}", (Line(amount_minor, 1, {}),), amount_minor)


def _gambled(id: str, random: Random) -> list[Fact]:
    facts: list[Fact] = [behaved(id, "Identified", midnight(0), Trust.SHOP)]
    for day in range(300):
        at = midnight(day) + random.randrange(10, 20) * 3_600_000_000
        if random.random() < 0.004:
            facts.append(ordered(id, at, random.randrange(1_000, 9_000)))
        if random.random() < 0.03:
            facts.append(behaved(id, "Product Viewed", at, Trust.WEAK))
    return facts
