"""The sums of a backtest, customer by customer. Sums of parts add up to the sums of the whole, in any order."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct, field

from regulars.backtesting.outcome import CustomerOutcome
from regulars.backtesting.reach import Goal, Reach, ReachSums
from regulars.kernel.calendar import Day, date_of
from regulars.kernel.comparing import ArmSums, since
from regulars.kernel.effects import ACTIVATE, EARN, EXPIRE, Effect, Posted, TierChanged
from regulars.kernel.facts import FOREVER, Fact, Instant, OrderCompleted
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import Exposure, State

MonthKey = tuple[int, int]
"""(year, month) on the shop's wall."""


class MonthSums(Struct):
    """`otherwise` is what customers hold more or less by all else than earning and expiry; `tiers`: who entered the tier in
    this month, less those who left it.
    """

    orders: int = 0
    revenue_minor: int = 0
    issued: int = 0
    expired: int = 0
    otherwise: int = 0
    tiers: Counter[str] = field(default_factory=Counter)


OpenMonth = tuple[MonthSums, Instant, Instant]
"""A month's sums, and from when to when whatever happens surely belongs to it; exclusive."""


class Tally(Struct):
    months: dict[MonthKey, MonthSums] = field(default_factory=dict)
    by_rule: Counter[str] = field(default_factory=Counter)
    reversed: int = 0
    spent: int = 0
    customers: list[CustomerOutcome] = field(default_factory=list)
    arms: dict[tuple[str, str], ArmSums] = field(default_factory=dict)
    """By trial and arm."""
    members: int = 0
    """Those of the last year."""
    reach: dict[Goal, ReachSums] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Takes in the tally of other customers."""
        for key, sums in other.months.items():
            mine = self.months.setdefault(key, MonthSums())
            mine.orders += sums.orders
            mine.revenue_minor += sums.revenue_minor
            mine.issued += sums.issued
            mine.expired += sums.expired
            mine.otherwise += sums.otherwise
            mine.tiers.update(sums.tiers)
        self.by_rule.update(other.by_rule)
        self.reversed += other.reversed
        self.spent += other.spent
        self.customers += other.customers
        for arm, arm_sums in other.arms.items():
            self.arms.setdefault(arm, ArmSums()).add(arm_sums)
        self.members += other.members
        for goal, reach_sums in other.reach.items():
            self.reach.setdefault(goal, ReachSums()).add(reach_sums)


NO_MONTH: Final[OpenMonth] = MonthSums(), FOREVER, FOREVER


class Bookkeeper:
    """Fills a tally for one program."""

    def __init__(self, program: Rulebook, end: Instant = FOREVER) -> None:
        self.tally = Tally()
        self._reach = Reach(program, end)
        self._calendar = program.calendar
        self._month_of_day: dict[Day, OpenMonth] = {}

    def customer_done(self, customer: str, facts: Sequence[Fact], effects: Sequence[Effect], state: State) -> None:
        """Counts one customer: the facts folded, everything that followed, and what is left at the end."""
        orders, spend_minor = self._count_orders(facts)
        self._count_effects(effects)
        held = state.consequences
        self.tally.reversed += held.reversed
        self.tally.spent += held.spent
        self.tally.customers.append(
            CustomerOutcome(customer, orders, spend_minor, held.issued, held.expired, held.outstanding(), held.tier)
        )

        if held.arms:
            self._count_arms(facts, effects, held.arms)
        if self._reach.goals:
            self.tally.members += self._reach.take(facts, effects, state, self.tally.reach)

    def _count_arms(self, facts: Iterable[Fact], effects: Iterable[Effect], arms: dict[str, Exposure]) -> None:
        happened_at = {fact.id: fact.happened_at for fact in facts}
        earned = [effect for effect in effects if isinstance(effect, Posted) and effect.entry is EARN]
        given = [(happened_at[one.because.fact or ""], one.points) for one in earned]
        orders = [(fact.happened_at, fact.amount_minor) for fact in facts if isinstance(fact, OrderCompleted)]
        for trial, exposure in arms.items():
            did = since(exposure.since, orders, given)
            sums = self.tally.arms.setdefault((trial, exposure.arm), ArmSums())
            sums.take(did, exposure.withheld, exposure.crossed)

    def _count_orders(self, facts: Iterable[Fact]) -> tuple[int, int]:
        """How many they are, and what they are worth."""
        orders = spend_minor = 0
        month, start, end = NO_MONTH
        for fact in facts:
            if isinstance(fact, OrderCompleted):
                if not start <= fact.happened_at < end:
                    month, start, end = self._month(fact.happened_at)
                amount_minor = fact.amount_minor
                month.orders += 1
                month.revenue_minor += amount_minor
                orders += 1
                spend_minor += amount_minor
        return orders, spend_minor

    def _count_effects(self, effects: Iterable[Effect]) -> None:
        by_rule = self.tally.by_rule
        month, start, end = NO_MONTH
        for effect in effects:
            if isinstance(effect, Posted):
                entry = effect.entry
                if entry is ACTIVATE:
                    continue
                if not start <= effect.effective_at < end:
                    month, start, end = self._month(effect.effective_at)
                if entry is EARN:
                    month.issued += effect.points
                    by_rule[effect.because.rule] += effect.points
                elif entry is EXPIRE:
                    month.expired += effect.points
                else:
                    month.otherwise += effect.gain()
            elif isinstance(effect, TierChanged):
                self._tier_changed(effect)

    def _tier_changed(self, effect: TierChanged) -> None:
        tiers = self._month(effect.effective_at)[0].tiers
        if effect.before is not None:
            tiers[effect.before] -= 1
        if effect.after is not None:
            tiers[effect.after] += 1

    def _month(self, instant: Instant) -> OpenMonth:
        """Leafing through them is dear beside counting, so whoever counts stays on one page as long as it lasts."""
        day = self._calendar.today(instant).day
        month = self._month_of_day.get(day)
        if month is None:
            date = date_of(day)
            sums = self.tally.months.setdefault((date.year, date.month), MonthSums())
            month = self._month_of_day[day] = sums, *self._calendar.month_around(instant)
        return month
