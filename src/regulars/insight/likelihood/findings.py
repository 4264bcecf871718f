"""What was found about who is likely to order, and how much of a past it takes to find anything."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from regulars.insight.likelihood.columns import FEATURES, PERIOD_DAYS
from regulars.insight.likelihood.figures import TENTHS, Figures
from regulars.insight.likelihood.logistic import Fitted
from regulars.kernel.calendar import Day

ENOUGH_MOMENTS: Final = 3
ENOUGH_DAYS: Final = (ENOUGH_MOMENTS + 1) * PERIOD_DAYS
"""Since the first order: before the first moment, too, something must have happened for thirty days."""
ENOUGH_TO_LEARN: Final = 10 * len(FEATURES)
"""Of each outcome: ten for each feature, an old rule of thumb (Peduzzi and others, Journal of Clinical Epidemiology 49, 1996)."""
ENOUGH_TO_TEST: Final = 30
ENOUGH_WAITING: Final = 10
"""So that a tenth of them is somebody."""


class Reason(StrEnum):
    NO_ORDERS = "no_orders"
    SHORT_HISTORY = "short_history"
    FEW_ORDERED = "few_ordered"
    FEW_DID_NOT = "few_did_not"
    FEW_ORDERED_LATER = "few_ordered_later"
    FEW_DID_NOT_LATER = "few_did_not_later"
    FEW_WAITING = "few_waiting"


class TooLittle(ValueError):
    """Nothing can be said yet, because there is too little of something: `wanted`, and `found`."""

    def __init__(self, reason: Reason, wanted: int, found: int) -> None:
        super().__init__(SAID[reason].format(wanted=wanted, found=found))
        self.reason = reason
        self.wanted = wanted
        self.found = found


SAID: Final = {
    Reason.NO_ORDERS: "nobody who allows profiling has ordered yet; the first order must be {wanted} days ago",
    Reason.SHORT_HISTORY: "the first order must be {wanted} days ago; it is {found}",
    Reason.FEW_ORDERED: "to learn from, {wanted} times somebody must have ordered within 30 days; it was {found} times",
    Reason.FEW_DID_NOT: "to learn from, {wanted} times somebody must not have ordered within 30 days; it was {found} times",
    Reason.FEW_ORDERED_LATER: "to test on, {wanted} times an order must have come after 30 days without one; it was {found} times",
    Reason.FEW_DID_NOT_LATER: "to test on, {wanted} times none must have come after 30 days without one; it was {found} times",
    Reason.FEW_WAITING: "{wanted} customers without an order in the last 30 days are wanted; there are {found}",
}


class Model(Struct, frozen=True):
    """Learned from `people` at moments in `from_day` up to, but not including, `to_day`, of whom `ordered` did."""

    version: str
    from_day: Day
    to_day: Day
    people: int
    ordered: int
    fitted: Fitted


class Candidate(Struct, frozen=True):
    """How probable an order is within thirty days; by our id, and the name by which the shop knows them."""

    id: str
    name: str
    probability: float
    is_waiting: bool


class Likelihood(Struct, frozen=True):
    """As of the beginning of `day`. Tested from `model.to_day` up to `day`. `candidates` are everybody, the most probable first."""

    day: Day
    model: Model
    everybody: Figures
    waiting: Figures
    candidates: tuple[Candidate, ...]

    @property
    def top_tenth(self) -> tuple[Candidate, ...]:
        """Of those without an order in the last thirty days."""
        waiting = [one for one in self.candidates if one.is_waiting]
        return tuple(waiting[: -(-len(waiting) // TENTHS)])

    @property
    def probabilities(self) -> Mapping[str, float]:
        """Of the top tenth, by our ids."""
        return {one.id: one.probability for one in self.top_tenth}


class Latest(Struct):
    """What was found last, for whoever asks: a likelihood, or why there is none; neither before the first time."""

    likelihood: Likelihood | None = None
    too_little: TooLittle | None = None
