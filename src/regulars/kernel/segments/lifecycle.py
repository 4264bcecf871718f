"""Where customers stand with the shop, by their own rhythm: each stage is a name for a condition, so nothing else need know of it.

    new         the first order is not older than `new`
    lost        else, and they have stayed away for more than `lost` times their usual gap
    at_risk     else, for more than `at_risk` times
    slipping    else, for more than `slipping` times
    won_back    else, and had stayed away for more than `lost` times their usual gap before they came back with the last order
    active      everybody else who ever ordered

So whoever ever ordered is in one stage at a time, and whoever never did in none. Whoever has ordered on fewer than three days has
no usual gap yet: for them it is `usual_gap_days`.
"""

from fractions import Fraction
from typing import Final

from msgspec import Struct

from regulars.kernel.calendar import Duration
from regulars.kernel.facts import ORDER_COMPLETED
from regulars.kernel.segments.tree import All, Condition, Rhythm, Since


class Lifecycle(Struct, frozen=True):
    """Where orders come at random, 13.5, 5.0 and 0.25 % of gaps are longer than two, three and six times the usual one."""

    new: Duration = Duration(30, "days")
    usual_gap_days: int = 30
    slipping: Fraction = Fraction(2)
    at_risk: Fraction = Fraction(3)
    lost: Fraction = Fraction(6)


STAGES: Final = ("new", "active", "slipping", "at_risk", "lost", "won_back")


def stage(name: str, said: Lifecycle) -> Condition:
    """One of `STAGES` as a condition."""
    if name == "new":
        return Since(ORDER_COMPLETED, "first", less_than=said.new)
    return All((Since(ORDER_COMPLETED, "first", more_than=said.new), *_later(name, said)))


def _later(name: str, said: Lifecycle) -> tuple[Condition, ...]:
    usual = said.usual_gap_days
    in_time = Rhythm("open_gap", None, said.slipping, usual)
    match name:
        case "lost":
            return (Rhythm("open_gap", said.lost, None, usual),)
        case "at_risk":
            return (Rhythm("open_gap", said.at_risk, said.lost, usual),)
        case "slipping":
            return (Rhythm("open_gap", said.slipping, said.at_risk, usual),)
        case "won_back":
            return in_time, Rhythm("last_gap", said.lost, None, usual)
        case _:
            return in_time, Rhythm("last_gap", None, said.lost, usual)
