"""The sums of a backtest, customer by customer. Sums of parts add up to the sums of the whole, in any order."""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from regulars.backtesting.outcome import CustomerOutcome
from regulars.kernel.calendar import date_of
from regulars.kernel.effects import EARN, EXPIRE, Effect, Posted, TierChanged
from regulars.kernel.facts import Fact, Instant, OrderCompleted
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State

MonthKey = tuple[int, int]
"""(year, month) on the shop's wall."""


class MonthSums(Struct):
    """`tiers`: customers who entered the tier in this month, less those who left it."""

    orders: int = 0
    revenue_minor: int = 0
    issued: int = 0
    expired: int = 0
    tiers: Counter[str] = field(default_factory=Counter)


class Tally(Struct):
    months: dict[MonthKey, MonthSums] = field(default_factory=dict)
    by_rule: Counter[str] = field(default_factory=Counter)
    customers: list[CustomerOutcome] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Takes in the tally of other customers."""
        for key, sums in other.months.items():
            mine = self.months.setdefault(key, MonthSums())
            mine.orders += sums.orders
            mine.revenue_minor += sums.revenue_minor
            mine.issued += sums.issued
            mine.expired += sums.expired
            mine.tiers.update(sums.tiers)
        self.by_rule.update(other.by_rule)
        self.customers += other.customers


class Bookkeeper:
    """Fills a tally for one program."""

    def __init__(self, program: Rulebook) -> None:
        self.tally = Tally()
        self._today = program.calendar.today
        self._month_of_day: dict[int, MonthSums] = {}

    def customer_done(self, customer: str, facts: Sequence[Fact], effects: Iterable[Effect], state: State) -> None:
        """Counts one customer: the facts folded, everything that followed, and what is left at the end."""
        month_of = self._month
        orders = spend_minor = 0
        for fact in facts:
            if isinstance(fact, OrderCompleted):
                month = month_of(fact.happened_at)
                month.orders += 1
                month.revenue_minor += fact.amount_minor
                orders += 1
                spend_minor += fact.amount_minor
        for effect in effects:
            if isinstance(effect, Posted):
                if effect.entry is EARN:
                    month_of(effect.effective_at).issued += effect.points
                    self.tally.by_rule[effect.because.rule] += effect.points
                elif effect.entry is EXPIRE:
                    month_of(effect.effective_at).expired += effect.points
            elif isinstance(effect, TierChanged):
                self._tier_changed(effect)
        held = state.consequences
        self.tally.customers.append(
            CustomerOutcome(customer, orders, spend_minor, held.issued, held.expired, held.outstanding(), held.tier)
        )

    def _tier_changed(self, effect: TierChanged) -> None:
        tiers = self._month(effect.effective_at).tiers
        if effect.before is not None:
            tiers[effect.before] -= 1
        if effect.after is not None:
            tiers[effect.after] += 1

    def _month(self, instant: Instant) -> MonthSums:
        day = self._today(instant).day
        month = self._month_of_day.get(day)
        if month is None:
            date = date_of(day)
            month = self._month_of_day[day] = self.tally.months.setdefault((date.year, date.month), MonthSums())
        return month
