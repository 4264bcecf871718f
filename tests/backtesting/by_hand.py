"""A loyalty program reckoned a second time, as one would with pencil and paper: slowly, from the start for every question.

Nothing here knows the engine. The tier before an order is asked of all earlier orders anew; an expiry is a date and a date is
compared. Money is whole cents, time is `datetime` with `zoneinfo`, rates are fractions.
"""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from math import floor
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pyarrow import parquet

from regulars.wire.complete_journey import data_folder


class Order(NamedTuple):
    """`cents` by department and category of the lines."""

    placed_at: datetime
    basket: str
    cents: dict[tuple[str | None, str | None], int]


class Rule(NamedTuple):
    """`per_cents` of 0: `points` for each order, whatever it is worth."""

    points: Fraction
    per_cents: int
    counts: Callable[[str | None, str | None], bool] = lambda _department, _category: True


class Level(NamedTuple):
    name: str
    at: int
    earn: Fraction = Fraction(1)
    lasts: Callable[[date], date] | None = None
    """The last day of what was earned on a day, where it is not as for everyone else; `date.max` for never."""


class Program(NamedTuple):
    zone: ZoneInfo
    rules: list[Rule]
    multipliers: list[tuple[Fraction, Callable[[date], bool]]]
    lasts: Callable[[date], date]
    levels: list[Level]
    by: str
    rolling_months: int | None
    keep: bool


class Result(NamedTuple):
    issued: int
    expired: int
    outstanding: int
    tier: str | None
    spend_cents: int


def reckon(orders: list[Order], program: Program, until: datetime) -> Result:
    """One customer's orders, in order; only what happens before `until` counts."""
    lots: list[tuple[int, date]] = []
    by_day: dict[date, int] = {}
    spend_cents = 0
    for order in orders:
        if order.placed_at >= until:
            break
        today = order.placed_at.astimezone(program.zone).date()
        level = level_on(today, by_day, program)
        figures = points_of(order, today, level, program)
        last_day = level.lasts(today) if level and level.lasts else program.lasts(today)
        lots += [(points, last_day) for points in figures]
        cents = sum(order.cents.values())
        spend_cents += cents
        by_day[today] = by_day.get(today, 0) + (cents if program.by == "spend" else sum(figures))
    last_seen = (until - timedelta(microseconds=1)).astimezone(program.zone).date()
    issued = sum(points for points, _ in lots)
    expired = sum(points for points, last_day in lots if last_day < last_seen)
    level = level_on(last_seen, by_day, program)
    return Result(issued, expired, issued - expired, level.name if level else None, spend_cents)


def points_of(order: Order, today: date, level: Level | None, program: Program) -> list[int]:
    """One figure per rule, each rounded down once."""
    product = level.earn if level else Fraction(1)
    for factor, holds in program.multipliers:
        if holds(today):
            product *= factor
    figures = []
    for rule in program.rules:
        basis = sum(cents for goods, cents in order.cents.items() if rule.counts(*goods))
        units = floor(Fraction(basis, rule.per_cents)) if rule.per_cents else 1
        figures.append(max(0, floor(units * rule.points * product)))
    return figures


def level_on(today: date, by_day: dict[date, int], program: Program) -> Level | None:
    """The level at this moment of `today`. No order takes money back, so within a day or a year sums only grow."""
    if program.rolling_months is not None:
        first = months_later(today, -program.rolling_months)
        best = sum(gained for day, gained in by_day.items() if first <= day <= today)
    else:
        best = sum(gained for day, gained in by_day.items() if day.year == today.year)
        if program.keep:
            best = max(best, sum(gained for day, gained in by_day.items() if day.year == today.year - 1))
    reached = [level for level in program.levels if level.at <= best]
    return reached[-1] if reached else None


def months_later(day: date, months: int) -> date:
    """31 January and a month is the last of February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def end_of_quarter(day: date) -> date:
    return end_of_month(day.replace(day=1, month=(day.month + 2) // 3 * 3))


def the_year() -> dict[str, list[Order]]:
    """Every household's baskets in order, straight from the package's files."""
    folder = data_folder()
    products = parquet.read_table(folder / "products.parquet", columns=["product_id", "department", "product_category"])
    goods = {one["product_id"]: (one["department"], one["product_category"]) for one in products.to_pylist()}
    columns = ["household_id", "basket_id", "product_id", "sales_value", "transaction_timestamp"]
    lines = parquet.read_table(folder / "transactions.parquet", columns=columns)
    table = [lines[column].to_pylist() for column in columns[:4]]
    stamps = lines["transaction_timestamp"].cast("timestamp[us]").to_pylist()
    in_cents: dict[float, int] = {}
    baskets: dict[int, tuple[int, Order]] = {}
    for household, basket, product, dollars, stamp in zip(*table, stamps, strict=True):
        if basket not in baskets:
            baskets[basket] = (household, Order(stamp.replace(tzinfo=UTC), str(basket), {}))
        if dollars not in in_cents:
            in_cents[dollars] = int((Decimal(repr(dollars)) * 100).quantize(Decimal(1), ROUND_HALF_EVEN))
        cents = baskets[basket][1].cents
        bought = goods.get(product, (None, None))
        cents[bought] = cents.get(bought, 0) + in_cents[dollars]
    households: dict[str, list[Order]] = {}
    for household, order in baskets.values():
        households.setdefault(str(household), []).append(order)
    for orders in households.values():
        orders.sort(key=lambda order: (order.placed_at, order.basket))
    return households


def categories() -> set[str | None]:
    """The categories of all goods."""
    products = parquet.read_table(data_folder() / "products.parquet", columns=["product_category"])
    return set(products["product_category"].to_pylist())
