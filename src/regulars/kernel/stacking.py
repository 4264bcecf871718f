"""Stacking: what becomes of rules that hold for the same fact.

                 rules that give points                       rules that multiply: 2 and 3 together are
    adds         beside the others; so it is by default       4: what each adds to one is added
    multiplies   -                                            6: by default
    best         of these only the one that gives most        3: of these only the largest
    exclusive    nothing else gives anything, if it does      alone, whatever else would multiply

Of several exclusive ones the one that gives, or multiplies, most stands; of equals the first of the document. A level multiplies
beside all rules: it is no rule.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from regulars.kernel.effects import JOINT, Effect, Factor, Posted, Reason
from regulars.kernel.limits import refused

Stack = Literal["adds", "multiplies", "best", "exclusive"]


class Weighing(Struct, frozen=True):
    """A factor, and how it stands beside others."""

    factor: Factor
    stack: Stack = "multiplies"


def stacked(multiplying: Sequence[Weighing]) -> list[Factor]:
    """The factors that multiply in the end. Those that are added stand as one, which bears all their names."""
    alone = [one.factor for one in multiplying if one.stack == "exclusive"]
    if alone:
        return [_largest(alone)]
    factors = [one.factor for one in multiplying if one.stack == "multiplies"]
    best = [one.factor for one in multiplying if one.stack == "best"]
    if best:
        factors.append(_largest(best))
    adding = [one.factor for one in multiplying if one.stack == "adds"]
    if adding:
        together = 1 + sum([one.factor - 1 for one in adding], Fraction(0))
        factors.append(Factor(JOINT.join([one.id for one in adding]), max(together, Fraction(0))))
    return factors


def chosen(stacks: Mapping[str, Stack]) -> Callable[[list[Effect]], list[Effect]] | None:
    """Which of what rules give stands beside each other; None where all of it always does."""
    if all([stack == "adds" for stack in stacks.values()]):
        return None

    def choose(effects: list[Effect]) -> list[Effect]:
        giving = [one for one in effects if isinstance(one, Posted)]
        if len(giving) < 2:
            return effects
        alone = [one for one in giving if stacks.get(one.because.rule) == "exclusive"]
        best = [one for one in giving if stacks.get(one.because.rule) == "best"]
        if alone:
            staying = [_most(alone)]
        else:
            staying = [one for one in giving if stacks.get(one.because.rule, "adds") == "adds"]
            staying += [_most(best)] if best else []
        rules = {one.because.rule for one in staying}
        return [
            refused(one, Reason.OUTDONE, one.points)
            if isinstance(one, Posted) and one.because.rule not in rules
            else one
            for one in effects
        ]

    return choose


def said(stack: Stack, multiplies: bool) -> str:
    """How a rule stands beside others, where that is not as usual."""
    if multiplies:
        return {
            "multiplies": "",
            "adds": " Beside others that multiply it adds what it has above one.",
            "best": " Of those that go by the best, only the largest multiplies.",
            "exclusive": " Nothing else multiplies then.",
        }[stack]
    return {
        "best": " Of those that go by the best, only the one that gives most gives.",
        "exclusive": " Where it gives, no other rule does.",
    }.get(stack, "")


def _largest(factors: Sequence[Factor]) -> Factor:
    return max(factors, key=lambda one: one.factor)


def _most(giving: Sequence[Posted]) -> Posted:
    return max(giving, key=lambda one: one.points)
