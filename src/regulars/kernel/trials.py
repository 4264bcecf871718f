"""Trials: to whom a rule or a perk is given, from whom it is withheld, and what is written down of both.

Who is drawn is a pure function of the customer's name and the salt: the same share that segments draw. *Exposed* is whoever did
something for which the rule would have given something, whatever their arm: from that fact on they count, in the arm that is
written down then (`Assigned`), for ever. A draw that comes out otherwise later, since a share was changed or the customer is known
by another name, changes nobody's arm.

    holdout   stands above everything: whoever is in it gets only what is exempt, and takes part in no trial
    arm       a rule for one arm is withheld from the others; whoever takes no part in the trial does not get it either, and
              nothing is written down of that
    share     a rule for a share of a segment is withheld from the rest of that segment

What is withheld is reckoned by the very rules that give: once without what this customer does not get, then again with each of it
in turn. So what was given and what was withheld sum to what everybody would get if the trial's lines were not there.
"""

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from typing import Final

from msgspec import Struct

from regulars.kernel.clubs import Club
from regulars.kernel.effects import JOINT, Assigned, Because, Counted, Effect, Entry, Posted, Withheld
from regulars.kernel.experiments import (
    EVERYBODY_ELSE,
    GIVEN,
    HELD_OUT,
    HOLDOUT,
    Arm,
    ForArm,
    ForShare,
    OnlyFor,
    Trial,
    trial_of,
)
from regulars.kernel.facts import Fact, Instant
from regulars.kernel.games.rules import Game
from regulars.kernel.perks import Perk
from regulars.kernel.program import EarningRule, Multiplier, Program
from regulars.kernel.segments.live.rules import SegmentRules
from regulars.kernel.segments.meaning import PLACES, place_of
from regulars.kernel.state import Consequences, Exposure, State

NOTHING_CLOSED: Final[frozenset[str]] = frozenset()

Reckon = Callable[[frozenset[str]], list[Effect]]
"""What follows from a fact where these rules are closed."""


class Gate(Struct, frozen=True):
    """What stands before a rule or a perk: it is withheld from the holdout unless it is `exempt`, and perhaps only for some."""

    id: str
    only_for: OnlyFor | None
    exempt: bool


class Verdict(Struct, frozen=True):
    """Whether it is given, and in which arm of which trial that counts."""

    trial: str
    arm: str
    given: bool


class Trials:
    """The trials of a program, compiled. `segments` is set by whoever has them."""

    def __init__(self, program: Program) -> None:
        self.segments: SegmentRules | None = None
        self.by_name = {trial.id: trial for trial in trials_of(program)}
        self.gates = {one.id: one for one in gates_of(program)}
        rules = sorted(program.earning, key=lambda rule: isinstance(rule, Multiplier))
        self._of_event: dict[str, list[Gate]] = {}
        for rule in rules:
            gate = self.gates.get(rule.id)
            if gate is not None:
                self._of_event.setdefault(rule.on, []).append(gate)

    def of_event(self, name: str) -> Sequence[Gate]:
        """Of what gives points for it: rules first, then what multiplies them."""
        return self._of_event.get(name, ())

    def needs_a_name(self, held: Consequences) -> bool:
        """Whether anything is left to be drawn for this customer."""
        return any(name not in held.arms for name in self.by_name)

    def verdict(self, gate: Gate, state: State, drawn_by: str) -> Verdict | None:
        """None where it is not theirs, and nothing is to be written down of that."""
        open_to_all = None
        if HOLDOUT in self.by_name and not gate.exempt:
            arm = self._arm(HOLDOUT, state.consequences, drawn_by)
            if arm == HELD_OUT:
                return None if gate.only_for else Verdict(HOLDOUT, HELD_OUT, False)
            open_to_all = Verdict(HOLDOUT, EVERYBODY_ELSE, True)
        match gate.only_for:
            case ForArm(trial, wanted):
                arm = self._arm(trial, state.consequences, drawn_by)
                return None if arm is None else Verdict(trial, arm, arm == wanted)
            case ForShare(segment=segment):
                if segment is not None and not self._is_in(segment, state):
                    return None
                arm = self._arm(gate.id, state.consequences, drawn_by)
                assert arm is not None, "everybody takes part in a share"
                return Verdict(gate.id, arm, arm == GIVEN)
        return open_to_all

    def _arm(self, name: str, held: Consequences, drawn_by: str) -> str | None:
        """As it is written down; else as it is drawn."""
        trial, exposure = self.by_name[name], held.arms.get(name)
        if exposure is not None and trial.arm(exposure.arm) is not None:
            return exposure.arm
        return drawn(trial, drawn_by)

    def _is_in(self, segment: str, state: State) -> bool:
        return self.segments is not None and segment in self.segments.of(state.segments)


def trials_of(program: Program) -> list[Trial]:
    """All that can be looked at: the holdout, the trials, and what is for a share."""
    found = []
    if program.holdout is not None:
        share = program.holdout.share
        arms = (Arm(HELD_OUT, share), Arm(EVERYBODY_ELSE, 1 - share))
        found.append(Trial(HOLDOUT, Fraction(1), arms, program.holdout.salt))
    found += program.trials
    shares = [(one.id, one.only_for) for one in _gated(program)]
    return found + [trial_of(id, only_for) for id, only_for in shares if isinstance(only_for, ForShare)]


def gates_of(program: Program) -> list[Gate]:
    """Of whatever is not simply open to all."""
    every = [Gate(one.id, one.only_for, one.exempt) for one in _gated(program)]
    return [one for one in every if one.only_for is not None or (program.holdout is not None and not one.exempt)]


def _gated(program: Program) -> list[EarningRule | Perk | Game | Club]:
    return [*program.earning, *program.perks, *program.games.every, *program.clubs]


def drawn(trial: Trial, drawn_by: str) -> str | None:
    """The arm of a customer by this name; None for whoever takes no part."""
    place, end = place_of(drawn_by, trial.salt), Fraction(0)
    for arm in trial.arms:
        end += trial.share * arm.share * PLACES
        if place < end:
            return arm.id
    return None


def try_out(
    state: State, fact: Fact, at: Instant, version: str, trials: Trials, by: str, reckon: Reckon
) -> list[Effect]:
    """What follows from `fact` for this customer, who is drawn `by` that name: what they get, and what is withheld from them."""
    gates = trials.of_event(fact.name)
    if not gates:
        return reckon(NOTHING_CLOSED)
    verdicts = [(gate.id, trials.verdict(gate, state, by)) for gate in gates]
    closed = frozenset([id for id, verdict in verdicts if verdict is None or not verdict.given])
    given = reckon(closed)
    exposed = {one.trial: (one.arm, id) for id, one in reversed(verdicts) if one and one.given and _gave(id, given)}
    withheld: list[Effect] = []
    points = _points(given)
    for id, verdict in verdicts:
        if verdict is None or verdict.given:
            continue
        closed -= {id}
        more = reckon(closed)
        if _gave(id, more):
            exposed.setdefault(verdict.trial, (verdict.arm, id))
            because = Because(id, version, fact.id)
            more_points = _points(more)
            withheld.append(Withheld(verdict.trial, verdict.arm, more_points - points, at, fact.recorded_at, because))
            withheld += [
                one for one in more if isinstance(one, Counted) and one.because.rule == id and one.key[:1] != ":"
            ]
            points = more_points
    assigned = [
        Assigned(trial, arm, fact.happened_at, at, fact.recorded_at, Because(id, version, fact.id))
        for trial, (arm, id) in sorted(exposed.items())
        if not _is_known(trial, arm, state.consequences)
    ]
    return [*assigned, *given, *withheld]


def carried(own: Exposure | None, came: Exposure) -> Exposure | None:
    """Where two customers turn out to be one: the arm of the one that stays, or that which came where it has none. None where
    nothing changes.
    """
    if own is None:
        return Exposure(came.arm, came.since, 0, came.crossed)
    merged = Exposure(own.arm, own.since, own.withheld, own.crossed or came.crossed or own.arm != came.arm)
    if own.arm == came.arm and came.since < own.since:
        merged = Exposure(own.arm, came.since, own.withheld, merged.crossed)
    return None if merged == own else merged


def _is_known(trial: str, arm: str, held: Consequences) -> bool:
    return trial in held.arms and held.arms[trial].arm == arm


def _gave(id: str, effects: Collection[Effect]) -> bool:
    return any([isinstance(one, Posted) and _is_by(id, one) for one in effects])


def _is_by(id: str, posted: Posted) -> bool:
    factors = posted.reckoning.factors if posted.reckoning is not None else ()
    return posted.because.rule == id or any([id in one.id.split(JOINT) for one in factors])


def _points(effects: Collection[Effect]) -> int:
    return sum([one.points for one in effects if isinstance(one, Posted) and one.entry is Entry.EARN])
