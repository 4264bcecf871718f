"""What another program would have done for a few customers, beside the one in force: small enough to be told while one types.

It is the live engine over everything that these customers ever did, as in any backtest; only that there are few of them, and
that it ends when its time is over. Then it tells of those whom it came to, each under both programs.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

from msgspec import Struct

from regulars.backtesting.replay import replay
from regulars.backtesting.run import before as those_before
from regulars.kernel.facts import Fact, Instant, OrderCompleted
from regulars.kernel.rulebook import Rulebook

Stopwatch: TypeAlias = Callable[[], float]

NO_LEVEL = ""


class Side(Struct, frozen=True):
    """What these customers would have been given and would hold now; `members` by level, "" for none."""

    issued: int
    cost_minor: int
    expired: int
    outstanding: int
    liability_minor: int
    members: dict[str, int]


class Difference(Struct, frozen=True):
    """`of` are the customers looked at, the latest of whoever there is; `orders` are theirs."""

    of: int
    orders: int
    now: Side
    then: Side


class _Result(Struct, frozen=True):
    issued: int
    expired: int
    outstanding: int
    tier: str


class Sample:
    """Some customers with their histories, up to `until`, which is exclusive. What a program did for one is reckoned once."""

    def __init__(self, histories: Sequence[tuple[str, Sequence[Fact]]], until: Instant) -> None:
        found = [(customer, tuple(those_before(facts, until))) for customer, facts in histories]
        self._histories = [(customer, facts) for customer, facts in found if facts]
        self._until = until
        self._known: dict[tuple[str, int], _Result] = {}

    def difference(self, now: Rulebook, then: Rulebook, stopwatch: Stopwatch, seconds: float) -> Difference | None:
        """None where there is nobody to look at. At least one customer is, however long that takes."""
        over = stopwatch() + seconds
        pairs: list[tuple[_Result, _Result]] = []
        for number in range(len(self._histories)):
            if pairs and stopwatch() >= over:
                break
            pairs.append((self._result(number, now), self._result(number, then)))
        if not pairs:
            return None
        orders = [isinstance(fact, OrderCompleted) for _, facts in self._histories[: len(pairs)] for fact in facts]
        sides = [_side(program, [pair[side] for pair in pairs]) for side, program in enumerate((now, then))]
        return Difference(len(pairs), sum(orders), *sides)

    def _result(self, number: int, program: Rulebook) -> _Result:
        known = self._known.get((program.version, number))
        if known is None:
            customer, facts = self._histories[number]
            state, _ = replay(facts, program, self._until, customer)
            held = state.consequences
            known = _Result(held.issued, held.expired, held.outstanding(), held.tier or NO_LEVEL)
            self._known[program.version, number] = known
        return known


def _side(program: Rulebook, results: Sequence[_Result]) -> Side:
    points, levels = program.program.points, program.program.tiers.levels if program.program.tiers else ()
    held = Counter([one.tier for one in results])
    issued, outstanding = sum([one.issued for one in results]), sum([one.outstanding for one in results])
    return Side(
        issued,
        points.liability_minor(issued),
        sum([one.expired for one in results]),
        outstanding,
        points.liability_minor(outstanding),
        {level: held[level] for level in (NO_LEVEL, *[one.id for one in levels])},
    )
