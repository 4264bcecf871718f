"""Earning: what a fact is worth under a program's rules.

    units  = floor(basis / per), or 1 for a fixed rule
    points = floor(units x points x product of all multipliers)

in exact fractions, with one floor per rule and order. The basis is the sum of the eligible lines in minor units; a negative
one earns nothing. The multipliers are the program's multiplier rules for the same kind of fact, and that of the tier held
before the fact. Windows and weekdays look at the day on which the fact happened, in the shop's zone.

A balance brought over from a former program is earned by no rule: it is one lot of exactly those points, to be spent at once,
which counts for no level, and that no multiplier touches.
"""

from fractions import Fraction
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from regulars.kernel.calendar import Calendar, Day
from regulars.kernel.circumstances import OPEN, Circumstances, Least, least_of, on_day
from regulars.kernel.conditions import Basis, OnDay, compile_basis, compile_counts
from regulars.kernel.currencies import currency_of, in_currency, without_rate
from regulars.kernel.effects import (
    AVAILABLE,
    CLUB,
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
from regulars.kernel.facts import WEAK, BalanceBroughtOver, Behaved, Fact, Instant, OrderCompleted
from regulars.kernel.limits import Limits
from regulars.kernel.membership import was_member
from regulars.kernel.program import Fixed, Goods, Multiplier, OnReturn, PerAmount, Program
from regulars.kernel.stacking import Stack, Weighing, chosen, stacked
from regulars.kernel.state import Consequences, State
from regulars.kernel.trials import NOTHING_CLOSED, Trials, gates_of, try_out
from regulars.kernel.worth import USUAL_WORTH, Worth

ONE_LOT: Final = 0
"""Whatever the rules give for one fact has one lifetime, that of its day and tier, and so is one lot."""

OPENING_BALANCE: Final = "opening-balance"
"""Stands where a rule's id does, for points that were brought over. No rule of a program should bear it."""

NOT_TRUSTED: Final = Reason.NOT_TRUSTED
NOT_A_MEMBER: Final = Reason.NOT_A_MEMBER
NOTHING_ELIGIBLE: Final = Reason.NOTHING_ELIGIBLE
BELOW_ONE_UNIT: Final = Reason.BELOW_ONE_UNIT


class Earner(Struct, frozen=True):
    """A rule that gives points, compiled. `per_minor` is 0 and `basis` may be None for a fixed rule."""

    id: str
    rate: Fraction
    per_minor: int
    basis: Basis | None
    holds: OnDay | None
    on_return: OnReturn = "share"
    least: Least | None = None


class Multiplying(Struct, frozen=True):
    factor: Factor
    holds: OnDay | None
    stack: Stack = "multiplies"


class Term(Struct, frozen=True):
    """A rule that holds, with all multipliers in its rate; `basis` is the place of its own among those of the terms."""

    rule: str
    numerator: int
    denominator: int
    per_minor: int
    basis: int | None


class Terms(Struct, frozen=True):
    """What holds for one kind of fact, on one day, for those in one tier. Each basis is reckoned once for all its rules."""

    rules: list[Term]
    bases: list[Basis]
    factors: tuple[Factor, ...]
    lifetime: tuple[Instant, Instant] | None


class EarningRules:
    """A program's earning rules, compiled. Keeps the terms once `drawn_up`; apart from that a value."""

    def __init__(self, program: Program, version: str, calendar: Calendar) -> None:
        self.version = version
        self.members_only = program.members == "those_who_join"
        self.lifetimes = Lifetimes(program, calendar)
        back_first = program.points.back_first
        bases = {one: compile_basis(*one, back_first) for one in _all_chosen(program)}
        self.earners: dict[str, list[Earner]] = {}
        self.multipliers: dict[str, list[Multiplying]] = {}
        for rule in program.earning:
            if isinstance(rule, Multiplier):
                multiplying = Multiplying(Factor(rule.id, rule.factor), on_day(rule), rule.stack)
                self.multipliers.setdefault(rule.on, []).append(multiplying)
            else:
                self.earners.setdefault(rule.on, []).append(_compiled(rule, bases, program))
        giving = [rule for rule in program.earning if not isinstance(rule, Multiplier)]
        self.limits = Limits({rule.id: rule.limits for rule in giving}, program.points.limits)
        self.choose = chosen({rule.id: rule.stack for rule in giving})
        self.is_bounded = bool(self.limits) or self.choose is not None
        levels = program.tiers.levels if program.tiers else ()
        self.by_id = {one.id: one for earners in self.earners.values() for one in earners}
        self.tier_factors = {level.id: Factor(level.id, level.earn) for level in levels if level.earn != 1}
        self.drawn_up: dict[tuple[str, Day, str | None, frozenset[str]], Terms] = {}
        self.trials = Trials(program) if gates_of(program) else None
        self.circumstances = Circumstances(program, version, calendar)
        self.program, self.calendar, self.currency = program, calendar, ""
        self.club_factors = [Factor(f"{CLUB}{club.id}", club.earn) for club in program.clubs if club.earn != 1]
        self._abroad: dict[str, EarningRules] = {}

    def of(self, fact: Fact) -> "EarningRules":
        """The rules for a fact: for an order in another currency those with its rates."""
        code = currency_of(fact)
        if not code or self.currency:
            return self
        if code not in self._abroad:
            abroad = self._abroad[code] = EarningRules(in_currency(self.program, code), self.version, self.calendar)
            abroad.trials, abroad.currency = self.trials, code
            abroad.circumstances.segments = self.circumstances.segments
        return self._abroad[code]

    def outside(self, held: Consequences, at: Instant) -> frozenset[str]:
        """The factors of those clubs in which the customer is not."""
        inside = held.played.in_clubs(at) if held.played is not None else []
        return frozenset([one.id for one in self.club_factors if one.id.removeprefix(CLUB) not in inside])

    def terms(self, fact: Fact, day: Day, tier: str | None, closed: frozenset[str]) -> Terms | None:
        """None for a kind of fact that earns nothing; it is not kept, since anyone may name one."""
        if fact.name not in self.earners:
            return None
        terms = self.drawn_up[fact.name, day, tier, closed] = self._draw_up(fact, day, tier, closed)
        return terms

    def _draw_up(self, fact: Fact, day: Day, tier: str | None, closed: frozenset[str]) -> Terms:
        multipliers = self.multipliers.get(fact.name, ())
        multipliers = [one for one in multipliers if one.factor.id not in closed]
        factors = stacked(
            [Weighing(one.factor, one.stack) for one in multipliers if one.holds is None or one.holds(day)]
        )
        if tier in self.tier_factors:
            factors.append(self.tier_factors[tier])
        factors += [factor for factor in self.club_factors if factor.id not in closed]
        product = Fraction(1)
        for one in factors:
            product *= one.factor
        earners = [one for one in self.earners[fact.name] if one.id not in closed]
        earners = [one for one in earners if one.holds is None or one.holds(day)]
        bases = list(dict.fromkeys([one.basis for one in earners if one.basis is not None]))
        rules = [_term(earner, earner.rate * product, bases) for earner in earners]
        lifetime = self.lifetimes.of(fact.happened_at, tier) if self.lifetimes.by_day else None
        return Terms(rules, bases, tuple(factors), lifetime)


def earn(
    state: State, fact: Fact, day: Day, at: Instant, rules: EarningRules, drawn_by: str | None = None
) -> list[Effect]:
    """What `fact`, which happened on `day`, earns; the effects bear `at`. For trials the customer is drawn by that name, or else
    by the id that the fact bears.
    """
    code = currency_of(fact)
    if code and not rules.currency:
        there = earn(state, fact, day, at, rules.of(fact), drawn_by)
        return [_without_money(one) for one in there] + _no_rate(fact, at, rules, code)
    outside = rules.outside(state.consequences, at) if rules.club_factors else NOTHING_CLOSED
    shut = rules.circumstances.shut(state, fact, day, at) if rules.circumstances else OPEN
    if shut is not OPEN:
        outside |= shut.rules
    if rules.trials is None:
        return [*_earn(state, fact, day, at, rules, outside), *shut.refused]

    def reckon(closed: frozenset[str]) -> list[Effect]:
        return _earn(state, fact, day, at, rules, closed | outside if outside else closed)

    return [
        *try_out(state, fact, at, rules.version, rules.trials, drawn_by or fact.customer, reckon),
        *shut.refused,
    ]


def _earn(state: State, fact: Fact, day: Day, at: Instant, rules: EarningRules, closed: frozenset[str]) -> list[Effect]:
    """As if the `closed` rules were not there."""
    tier = state.consequences.tier
    terms = rules.drawn_up.get((fact.name, day, tier, closed)) or rules.terms(fact, day, tier, closed)
    if terms is None:
        return []
    if isinstance(fact, Behaved) and fact.trust is WEAK:
        return _all_refused(NOT_TRUSTED, at, fact, terms, rules)
    if rules.members_only and not was_member(state.consequences.member_since, fact.happened_at):
        return _all_refused(NOT_A_MEMBER, at, fact, terms, rules)
    active_at, expires_at = terms.lifetime or rules.lifetimes.of(fact.happened_at, tier)
    target = AVAILABLE
    if active_at > at:
        target = PENDING
    else:
        active_at = at
    id, recorded_at, version = fact.id, fact.recorded_at, rules.version
    lot = id, ONE_LOT
    amounts: list[int | None] = []
    if isinstance(fact, OrderCompleted) and fact.bill is None:
        for basis in terms.bases:
            amounts.append(basis.plain(fact))
    else:
        for basis in terms.bases:
            amounts.append(basis.of(fact))
    effects: list[Effect] = []
    for term in terms.rules:
        basis_minor, units = None, 1
        if term.basis is not None:
            basis_minor = amounts[term.basis]
            if basis_minor is None:
                effects.append(Refused(NOTHING_ELIGIBLE, None, at, recorded_at, Because(term.rule, version, id)))
                continue
            if term.per_minor:
                units = basis_minor // term.per_minor
        points = units * term.numerator // term.denominator
        if points <= 0:
            effects.append(Refused(BELOW_ONE_UNIT, basis_minor, at, recorded_at, Because(term.rule, version, id)))
            continue
        effects.append(
            Posted(
                EARN,
                lot,
                points,
                PROGRAM,
                target,
                at,
                recorded_at,
                Because(term.rule, version, id),
                active_at,
                expires_at,
                day,
                Reckoning(units, basis_minor, terms.factors, rules.currency),
            )
        )
    if rules.is_bounded and effects:
        return rules.limits.hold(effects, state.consequences, fact, day, at, rules.choose)
    return effects


def bring_over(state: State, fact: BalanceBroughtOver, at: Instant, rules: EarningRules) -> Posted:
    """The lot. Where the fact does not say when it expires, the program does, from the moment at which it was earned."""
    expires_at = fact.expires_at
    if expires_at is None:
        expires_at = rules.lifetimes.of(fact.happened_at, state.consequences.tier)[1]
    else:
        expires_at = rules.lifetimes.named(expires_at, at)
    because = Because(OPENING_BALANCE, rules.version, fact.id)
    return Posted(
        EARN,
        (fact.id, ONE_LOT),
        fact.points,
        PROGRAM,
        AVAILABLE,
        at,
        fact.recorded_at,
        because,
        at,
        expires_at,
        earned_at=fact.happened_at,
    )


def _no_rate(fact: Fact, at: Instant, rules: EarningRules, code: str) -> list[Effect]:
    return [
        Refused(Reason.NO_RATE, None, at, fact.recorded_at, Because(id, rules.version, fact.id))
        for id in without_rate(rules.program, fact.name, code)
    ]


def _without_money(effect: Effect) -> Effect:
    """What is refused tells amounts in the program's currency alone."""
    return replace(effect, basis_minor=None) if isinstance(effect, Refused) else effect


def _all_refused(reason: Reason, at: Instant, fact: Fact, terms: Terms, rules: EarningRules) -> list[Effect]:
    return [
        Refused(reason, None, at, fact.recorded_at, Because(term.rule, rules.version, fact.id)) for term in terms.rules
    ]


def _all_chosen(program: Program) -> list[tuple[Goods, Worth]]:
    return [_chosen(rule) for rule in program.earning if not isinstance(rule, Multiplier)]


def _chosen(rule: PerAmount | Fixed) -> tuple[Goods, Worth]:
    """Which of an order's lines count, and what of them."""
    return rule.goods, rule.worth if isinstance(rule, PerAmount) else USUAL_WORTH


def _compiled(rule: PerAmount | Fixed, bases: dict[tuple[Goods, Worth], Basis], program: Program) -> Earner:
    if isinstance(rule, PerAmount):
        basis, least = bases[_chosen(rule)], least_of(rule, program)
        return Earner(rule.id, rule.points, rule.per_minor, basis, on_day(rule), rule.on_return, least)
    if rule.counts is not None:
        return Earner(rule.id, rule.points, 1, compile_counts(rule.counts), on_day(rule), rule.on_return)
    basis_or_none = bases[_chosen(rule)] if rule.goods else None
    return Earner(rule.id, rule.points, 0, basis_or_none, on_day(rule), rule.on_return, least_of(rule, program))


def _term(earner: Earner, rate: Fraction, bases: list[Basis]) -> Term:
    basis = None if earner.basis is None else bases.index(earner.basis)
    return Term(earner.id, rate.numerator, rate.denominator, earner.per_minor, basis)
