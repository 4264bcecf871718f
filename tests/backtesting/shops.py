"""Small shops for the tests of the report: their orders, their programs, and what a backtest makes of them."""

from datetime import UTC, datetime
from fractions import Fraction

from regulars.backtesting.outcome import CustomerOutcome, Month, Outcome, PointsTotals, Seconds
from regulars.backtesting.run import run
from regulars.kernel.calendar import Duration, Zone
from regulars.kernel.effects import TierChanged
from regulars.kernel.facts import Line, OrderCompleted
from regulars.kernel.program import (
    CalendarYear,
    Expiry,
    Fixed,
    Goods,
    Level,
    Multiplier,
    OneOf,
    PerAmount,
    PointsPolicy,
    Program,
    Tiers,
    When,
)
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.terms import Currency, PointsName
from regulars.wire.history import fact_id, fact_order

HOSTILE = """<script>alert(1)</script>"&'</style></title>{{7*7}}<img src=x onerror=alert(2)>"""
LONG = "Zażółćgęśląjaźńİstanbulşekerçiğdemöğütücü" * 6

NEW_YORK_IN_WINTER = Zone("America/New_York", (0,), (-5 * 3600,))
DOLLARS = Currency("USD", 2)
PURCHASE = PerAmount("purchase", Fraction(1), 100)
WEEKEND = Multiplier("weekend", "Order Completed", Fraction(2), When((5, 6)))
FRESH = Fixed("fresh", "Order Completed", Fraction(5), Goods(only=(OneOf("category", ("fruit",)),)))
LEVELS = (Level("silver", 5_000), Level("gold", 20_000, Fraction(6, 5)))


def program(
    name="corner-shop",
    *,
    currency=DOLLARS,
    worth=Fraction(1),
    points=("star", "stars"),
    earning=(PURCHASE, WEEKEND, FRESH),
    levels=LEVELS,
    months=2,
    version="0123456789abcdef",
):
    policy = PointsPolicy(PointsName(*points), worth, None, Expiry(Duration(months, "months")) if months else None)
    tiers = Tiers("spend", CalendarYear(), levels) if levels else None
    return Rulebook(Program(name, currency, "everyone", NEW_YORK_IN_WINTER, policy, earning, tiers), version)


def order(customer, when, amount_minor, *, order_id=None, category="bread"):
    """`when` as `2017-03-04T15:30`, in UTC."""
    at = int(datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp()) * 1_000_000
    order_id = order_id or f"{customer}-{when}"
    line = Line(amount_minor, 1, {"category": category})
    return OrderCompleted(fact_id("till", order_id), customer, at, at, "till", order_id, (line,), amount_minor)


class Till:
    """A history in memory."""

    name = "till.csv"
    refusals = ()

    def __init__(self, *orders, left_out_orders=0):
        self.orders = sorted(orders, key=fact_order)
        self.left_out_orders = left_out_orders
        self.rows = len(orders)
        self.customer_count = len({one.customer for one in orders})
        self.last_happened_at = max((one.happened_at for one in orders), default=None)

    def open(self, **_):
        return self

    def customers(self, part=0, parts=1, only=None):
        for number, customer in enumerate(sorted({one.customer for one in self.orders}, key=str.encode)):
            if number % parts == part and only in (None, customer):
                yield customer, tuple(one for one in self.orders if one.customer == customer)


def backtest(till, *programs):
    return run(till, programs, history=till, stopwatch=lambda: 0.0)


def corner_shop():
    """Ada buys every week and a lot on weekends, Bob now and then, Cem once and only gum."""
    weeks = [f"2017-{month:02}-{day:02}" for month in range(1, 7) for day in (4, 11, 18, 25)]
    ada = [order("ada", f"{day}T15:30", 1_250 + 700 * number % 2_900) for number, day in enumerate(weeks)]
    ada += [order("ada", "2017-03-05T17:00", 8_000, category="fruit")]
    bob = [order("bob", f"{day}T16:00", 2_000 + 37 * number) for number, day in enumerate(weeks[::3])]
    others = [
        order(f"guest-{number:02}", f"{weeks[number]}T18:00", 300 + 250 * number, category="fruit")
        for number in range(20)
    ]
    return Till(*ada, *bob, *others, order("cem", "2017-02-07T12:00", 60))


def many_customers(count):
    """An outcome as a big shop would have it, without the fold."""
    customers = tuple(
        CustomerOutcome(f"c{number:06}", 12, number * 7, number // 3, number // 9, number // 3 - number // 9, "silver")
        for number in range(count)
    )
    issued = sum(one.issued for one in customers)
    expired = sum(one.expired for one in customers)
    revenue = sum(one.spend_minor for one in customers)
    months = tuple(
        Month(
            f"{2008 + number // 12}-{number % 12 + 1:02}", 10, revenue // 120, issued // 120, expired // 120, 1, 1, {}
        )
        for number in range(120)
    )
    return Outcome(
        program="corner-shop",
        version="0123456789abcdef",
        source="big.parquet",
        until=1_514_764_800_000_000,
        orders=12 * count,
        revenue_minor=revenue,
        points=PointsTotals(issued, 0, expired, 0, issued - expired),
        liability_minor=issued - expired,
        tiers={"none": 0, "silver": count, "gold": 0},
        by_rule={"purchase": issued},
        months=months,
        customers=customers,
        left_out_orders=0,
        seconds=Seconds(0.0, 0.0),
    )


def tier_changes(examples):
    return [effect for one in examples for effect in one.effects if isinstance(effect, TierChanged)]
