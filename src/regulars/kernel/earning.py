"""Earning: what a fact is worth under a program's rules.

    units  = floor(basis / per), or 1 for a fixed rule
    points = floor(units x points x product of all multipliers)

in exact fractions, with one floor per rule and order. The basis is the sum of the eligible lines in minor units; a negative
one earns nothing. The multipliers are the program's multiplier rules for the same kind of fact, and that of the tier held
before the fact. Windows and weekdays look at the day on which the fact happened, in the shop's zone.
"""

from fractions import Fraction
from typing import NamedTuple

from regulars.kernel.calendar import Calendar, Day
from regulars.kernel.conditions import Basis, OnDay, compile_basis, compile_when
from regulars.kernel.effects import (
    AVAILABLE,
    EARN,
    PENDING,
    PROGRAM,
    Because,
    Effect,
    Factor,
    Posted,
    Reason,
    Reckoning,
    Refused,
)
from regulars.kernel.expiry import Lifetimes
from regulars.kernel.facts import Fact, Instant, OrderCompleted
from regulars.kernel.program import Fixed, Goods, Multiplier, PerAmount, Program
from regulars.kernel.state import State


class Earner(NamedTuple):
    """A rule that gives points, compiled. `per_minor` is 0 and `basis` may be None for a fixed rule."""

    id: str
    numerator: int
    denominator: int
    per_minor: int
    basis: Basis | None
    holds: OnDay | None


class Multiplying(NamedTuple):
    factor: Factor
    holds: OnDay | None


class Terms(NamedTuple):
    """What holds for one kind of fact, on one day, for those in one tier."""

    earners: list[Earner]
    factors: tuple[Factor, ...]
    numerator: int
    denominator: int
    lifetime: tuple[Instant, Instant] | None


class EarningRules:
    """A program's earning rules, compiled. Keeps the terms that it has once drawn up; apart from that a value."""

    def __init__(self, program: Program, version: str, calendar: Calendar) -> None:
        self.version = version
        self.members_only = program.members == "those_who_join"
        self.lifetimes = Lifetimes(program, calendar)
        bases = {goods: compile_basis(goods) for goods in _all_goods(program)}
        self.earners: dict[str, list[Earner]] = {}
        self.multipliers: dict[str, list[Multiplying]] = {}
        for rule in program.earning:
            if isinstance(rule, Multiplier):
                multiplying = Multiplying(Factor(rule.id, rule.factor), compile_when(rule.when))
                self.multipliers.setdefault(rule.on, []).append(multiplying)
            else:
                self.earners.setdefault(rule.on, []).append(_compiled(rule, bases))
        levels = program.tiers.levels if program.tiers else ()
        self.tier_factors = {level.id: Factor(level.id, level.earn) for level in levels if level.earn != 1}
        self._terms: dict[tuple[str, Day, str | None], Terms] = {}

    def terms(self, fact: Fact, day: Day, tier: str | None) -> Terms:
        key = fact.name, day, tier
        terms = self._terms.get(key)
        if terms is None:
            terms = self._terms[key] = self._drawn_up(fact, day, tier)
        return terms

    def _drawn_up(self, fact: Fact, day: Day, tier: str | None) -> Terms:
        earners = [one for one in self.earners[fact.name] if one.holds is None or one.holds(day)]
        multipliers = self.multipliers.get(fact.name, ())
        factors = [one.factor for one in multipliers if one.holds is None or one.holds(day)]
        if tier in self.tier_factors:
            factors.append(self.tier_factors[tier])
        product = Fraction(1)
        for one in factors:
            product *= one.factor
        lifetime = self.lifetimes.of(fact.happened_at, tier) if self.lifetimes.by_day else None
        return Terms(earners, tuple(factors), product.numerator, product.denominator, lifetime)


def earn(state: State, fact: Fact, day: Day, at: Instant, rules: EarningRules) -> list[Effect]:
    """What `fact`, which happened on `day`, earns; the effects bear `at`."""
    if fact.name not in rules.earners:
        return []
    tier = state.consequences.tier
    terms = rules.terms(fact, day, tier)
    if rules.members_only and not _was_member(state, fact):
        return [_refused(Reason.NOT_A_MEMBER, None, at, fact, earner, rules) for earner in terms.earners]
    active_at, expires_at = terms.lifetime or rules.lifetimes.of(fact.happened_at, tier)
    account = PENDING if active_at > at else AVAILABLE
    effects: list[Effect] = []
    bases: dict[Basis, int | None] = {}
    for earner in terms.earners:
        units, basis_minor = _units(earner, fact, bases)
        points = units * earner.numerator * terms.numerator // (earner.denominator * terms.denominator)
        if points <= 0:
            reason = Reason.NOTHING_ELIGIBLE if earner.basis and basis_minor is None else Reason.BELOW_ONE_UNIT
            effects.append(_refused(reason, basis_minor, at, fact, earner, rules))
            continue
        effects.append(
            Posted(
                EARN,
                (fact.id, len(effects)),
                points,
                PROGRAM,
                account,
                at,
                fact.recorded_at,
                Because(earner.id, rules.version, fact.id),
                active_at if active_at > at else at,
                expires_at,
                day,
                Reckoning(units, basis_minor, terms.factors),
            )
        )
    return effects


def _units(earner: Earner, fact: Fact, bases: dict[Basis, int | None]) -> tuple[int, int | None]:
    """How many times the rule gives its points, and the basis; bases are reckoned once for all rules that share them."""
    basis = earner.basis
    if basis is None:
        return 1, None
    if basis not in bases:
        bases[basis] = basis(fact) if isinstance(fact, OrderCompleted) else None
    basis_minor = bases[basis]
    if basis_minor is None:
        return 0, None
    if earner.per_minor == 0:
        return 1, basis_minor
    return (basis_minor // earner.per_minor if basis_minor > 0 else 0), basis_minor


def _refused(
    reason: Reason, basis_minor: int | None, at: Instant, fact: Fact, earner: Earner, rules: EarningRules
) -> Refused:
    return Refused(reason, basis_minor, at, fact.recorded_at, Because(earner.id, rules.version, fact.id))


def _was_member(state: State, fact: Fact) -> bool:
    since = state.consequences.member_since
    return since is not None and since <= fact.happened_at


def _all_goods(program: Program) -> list[Goods]:
    return [rule.goods for rule in program.earning if not isinstance(rule, Multiplier)]


def _compiled(rule: PerAmount | Fixed, bases: dict[Goods, Basis]) -> Earner:
    numerator, denominator = rule.points.numerator, rule.points.denominator
    if isinstance(rule, PerAmount):
        return Earner(rule.id, numerator, denominator, rule.per_minor, bases[rule.goods], compile_when(rule.when))
    basis = bases[rule.goods] if rule.goods else None
    return Earner(rule.id, numerator, denominator, 0, basis, compile_when(rule.when))
