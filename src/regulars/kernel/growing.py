"""Growing: something is added to an order after it was judged, or an order that was gone stands again.

    given = what the order deserves as it stands now - what it deserved before

by the rules, rates and multipliers of the program that judged the order, so that what was added earns what it would have earned
had it been there from the start, whatever went back and came again in between. What is added earns once: the difference is reckoned
from the order as it stands, never from the word that told it. Rules that gave nothing, since the order was too small or had nothing
of theirs in it, are looked at again, unless only one of several may give; others that gave nothing are not. A rule that gave less
than it reckons to had come to a limit, and gives no more; where there are limits, what is added gives as far as they let it, and
once that it gave counts as once.

The points are a lot of their own, which waits and expires from when something was added; for levels they count on the day of the
order, like its money.
"""

from collections.abc import Collection, Iterable
from fractions import Fraction

from regulars.kernel.earning import ONE_LOT, Earner
from regulars.kernel.effects import (
    ADDED_LOT,
    AVAILABLE,
    EARN,
    PENDING,
    PROGRAM,
    Because,
    Effect,
    Factor,
    LotId,
    Posted,
    Reckoning,
)
from regulars.kernel.facts import Instant, OrderCompleted, OrderReturned
from regulars.kernel.recalled import Ordered
from regulars.kernel.state import Consequences, State, apply


def in_full(given: Posted, earner: Earner, now: OrderCompleted) -> int:
    """What the rule gives for the order as it stands `now`, and no less than what it had given."""
    assert given.reckoning is not None, "what an order earned was reckoned"
    if earner.basis is None:
        return given.points
    left_minor = earner.basis(now) or 0
    if not earner.per_minor:
        return given.points or (reckoned(given, earner.rate, 1) if left_minor > 0 else 0)
    had = reckoned(given, earner.rate, given.reckoning.units)
    full = reckoned(given, earner.rate, left_minor // earner.per_minor)
    return max(given.points, full) if given.points == had else given.points


def reckoned(given: Posted, rate: Fraction, units: int) -> int:
    assert given.reckoning is not None
    top, bottom = rate.numerator, rate.denominator
    for one in given.reckoning.factors:
        top, bottom = top * one.factor.numerator, bottom * one.factor.denominator
    return max(units * top // bottom, 0)


def missed(known: Ordered, state: State, fact: OrderReturned, drawn_by: str | None) -> list[Posted]:
    """0 points by each rule that gave nothing, as a beginning for what it gives of more."""
    earning = known.rules.earning.of(known.order)
    if earning.choose is not None:
        return []
    rules = [one.because.rule for one in known.refused if one.because.rule in earning.by_id]
    return [_nothing(rule, known, _factors(known, state, fact, drawn_by)) for rule in rules]


def what_is_left(given: Posted, known: Ordered) -> int:
    """Of all that the rule gave for the order, whatever became of the points since."""
    rule = given.because.rule
    grown = sum([one.points for one in known.grown if one.because.rule == rule])
    return given.points + grown - sum([one.points for one in known.returned if one.because.rule == rule])


class Growing:
    """Gives a customer what an order that grew has more, rule by rule; `held` is what they hold with that."""

    def __init__(
        self,
        state: State,
        known: Ordered,
        fact: OrderReturned,
        at: Instant,
        version: str,
        before: OrderCompleted,
        after: OrderCompleted,
    ) -> None:
        self._known, self._fact, self._at, self._version = known, fact, at, version
        self._before, self._after = before, after
        self._tier = state.consequences.tier
        held = state.consequences
        self.held = Consequences(list(held.pending), list(held.available), counts=dict(held.counts))
        self.effects: list[Effect] = []
        self._given = 0

    def follow(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            apply(effect, self.held)

    def give(self, given: Posted, points: int, left: int, by_all: int) -> None:
        """So many more by a rule of which `left` are left, as far as limits let them; `by_all` is what all rules have left."""
        posted = self._posted(given, points)
        limits, order = self._known.rules.earning.limits, self._known.order
        effects: list[Effect] = [posted]
        if limits:
            day = self._known.rules.calendar.day_of(order.happened_at)
            effects = limits.more(posted, self.held, order, day, self._at, left, by_all + self._given)
        self._given += sum([one.points for one in effects if isinstance(one, Posted)])
        self.follow(effects)
        self.effects += effects

    def _posted(self, given: Posted, points: int) -> Posted:
        assert given.reckoning is not None
        fact, at = self._fact, self._at
        earning = self._known.rules.earning.of(self._known.order)
        earner = earning.by_id[given.because.rule]
        active_at, expires_at = earning.lifetimes.of(fact.happened_at, self._tier)
        units, basis_minor = 1, None
        if earner.basis is not None:
            had_minor, basis_minor = earner.basis(self._before) or 0, earner.basis(self._after) or 0
            if earner.per_minor:
                units = basis_minor // earner.per_minor - had_minor // earner.per_minor
            basis_minor -= had_minor
        return Posted(
            EARN,
            (fact.id, ADDED_LOT),
            points,
            PROGRAM,
            PENDING if active_at > at else AVAILABLE,
            at,
            fact.recorded_at,
            Because(earner.id, self._version, fact.id),
            max(active_at, at),
            expires_at,
            given.qualifies_on,
            Reckoning(units, basis_minor, given.reckoning.factors, given.reckoning.currency),
        )


def lots_of(given: Posted, known: Ordered) -> Collection[LotId]:
    """In which the rule's points for the order are."""
    rule = given.because.rule
    return dict.fromkeys([given.lot, *[one.lot for one in known.grown if one.because.rule == rule]])


def _nothing(rule: str, known: Ordered, factors: tuple[Factor, ...]) -> Posted:
    order, calendar = known.order, known.rules.calendar
    return Posted(
        EARN,
        (order.id, ONE_LOT),
        0,
        PROGRAM,
        PENDING,
        order.happened_at,
        order.recorded_at,
        Because(rule, known.rules.version, order.id),
        order.happened_at,
        order.happened_at,
        calendar.day_of(order.happened_at),
        Reckoning(0, 0, factors, known.rules.earning.of(order).currency),
    )


def _factors(known: Ordered, state: State, fact: OrderReturned, drawn_by: str | None) -> tuple[Factor, ...]:
    """What multiplied the order's points; where it had none, what would have by its day and the level held when it first grew."""
    for one in (*known.earned, *known.grown):
        assert one.reckoning is not None, "what an order earned was reckoned"
        return one.reckoning.factors
    earning, order = known.rules.earning.of(known.order), known.order
    closed = earning.outside(state.consequences, fact.happened_at)
    if earning.trials is not None:
        by = drawn_by or fact.customer
        verdicts = [(gate.id, earning.trials.verdict(gate, state, by)) for gate in earning.trials.of_event(order.name)]
        closed |= frozenset([id for id, verdict in verdicts if verdict is None or not verdict.given])
    day = known.rules.calendar.day_of(order.happened_at)
    terms = earning.terms(order, day, state.consequences.tier, closed)
    return terms.factors if terms is not None else ()
