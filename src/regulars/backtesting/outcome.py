"""What a backtest found: whole numbers, for the shop, by month, by rule and by customer."""

from msgspec import Struct

from regulars.backtesting.reach import Reached
from regulars.kernel.facts import Instant
from regulars.wire.instants import rfc3339


class PointsTotals(Struct, frozen=True):
    """`outstanding` = issued - reversed - spent - expired; pending points are in `issued` and in `outstanding`."""

    issued: int
    reversed: int
    expired: int
    spent: int
    outstanding: int


class Month(Struct, frozen=True):
    """One calendar month in the shop's zone, `month` as `2017-03`; what stands at its end, or at the end of the backtest."""

    month: str
    orders: int
    revenue_minor: int
    issued: int
    expired: int
    outstanding: int
    liability_minor: int
    tiers: dict[str, int]


class CustomerOutcome(Struct, frozen=True):
    customer: str
    orders: int
    spend_minor: int
    issued: int
    expired: int
    outstanding: int
    tier: str | None


class ArmOutcome(Struct, frozen=True):
    """What the customers of one arm of a trial did since they count in it, and which points were withheld from them."""

    trial: str
    arm: str
    customers: int
    orders: int
    revenue_minor: int
    points: int
    withheld: int


class Seconds(Struct, frozen=True):
    """Time spent reading and building the facts, and folding them; in several processes, of the longest."""

    read: float
    fold: float


class Outcome(Struct, frozen=True):
    """`until` is exclusive: facts and dues at that instant have not happened. Customers are in bytewise order."""

    program: str
    version: str
    source: str
    until: Instant
    orders: int
    revenue_minor: int
    points: PointsTotals
    liability_minor: int
    tiers: dict[str, int]
    by_rule: dict[str, int]
    months: tuple[Month, ...]
    customers: tuple[CustomerOutcome, ...]
    left_out_orders: int
    seconds: Seconds
    trials: tuple[ArmOutcome, ...] = ()
    reach: tuple[Reached, ...] = ()

    def until_utc(self) -> str:
        """`until` as RFC 3339."""
        return rfc3339(self.until)
