"""What is wrong with the trials, the holdout and the perks of a program document although every single place can be read."""

from collections.abc import Iterator
from typing import Any, Final

from regulars.kernel.experiments import HOLDOUT
from regulars.wire.document import did_you_mean, nearest, quoted
from regulars.wire.game_reading import GAME_KINDS
from regulars.wire.shapes import Given

MOST_TRIALS: Final = 100
MOST_ARMS: Final = 20
MOST_PERKS: Final = 200


def check_trials(program: Given) -> None:
    trials: dict[str, Given] = dict(program["trials"] or ())
    perks: dict[str, Given] = dict(program["perks"] or ())
    for name, trial in trials.items():
        _check_trial(name, trial, program["holdout"])
    for what, most in (("trials", MOST_TRIALS), ("perks", MOST_PERKS)):
        if len(program[what] or ()) > most:
            program.at(what).wrong(f"there are at most {most} {what}")
    segments = [id for id, _ in program["segments"] or ()]
    named = {HOLDOUT: "the holdout", **{name: f"the trial on line {one.place.line}" for name, one in trials.items()}}
    for id, one in _those_for_some(program):
        _check_for(one["for"], trials, segments)
        if one["for"].has("share") and id in named:
            one.at("for").wrong(
                f"a share is a trial of its own, by the name of {quoted(id)}, which is that of {named[id]}"
            )
        elif one["for"].has("share") and id is not None:
            named[id] = f"what is for a share on line {one.place.line}"
    for perk in perks.values():
        _check_perk(perk)
    for level in _levels(program):
        _check_levels_perks(level, perks)


def _levels(program: Given) -> tuple[Given, ...]:
    tiers: Given | None = program["tiers"]
    return tuple((tiers["levels"] if tiers else None) or ())


def _those_for_some(program: Given) -> Iterator[tuple[str | None, Given]]:
    for rule in program["earning"] or ():
        if rule["for"] is not None:
            yield rule["id"], rule
    games: Given | None = program["games"]
    played = [one for kind in GAME_KINDS for one in games[kind] or ()] if games else []
    for id, one in (*(program["perks"] or ()), *played, *(program["clubs"] or ())):
        if one["for"] is not None:
            yield id, one


def _check_trial(name: str, trial: Given, holdout: Given | None) -> None:
    if name == HOLDOUT:
        trial.place.wrong(
            f"{quoted(HOLDOUT)} is the name of what stands above all trials; call this one something else"
        )
    if trial["share"] == 0:
        trial.at("share").wrong("a share of 0 % is nobody: leave the trial out")
    if holdout is not None and holdout["salt"] is not None and holdout["salt"] == (trial["salt"] or name):
        trial.at("salt").wrong(
            "the holdout is drawn by the same salt, so this would draw of those whom it leaves; take another one"
        )
    arms: tuple[Any, ...] | None = trial["arms"]
    if arms is None:
        return
    names = _names(arms)
    if len(names) < 2 and len(names) == len(trial.at("arms").node.items or names):
        trial.at("arms").wrong("a trial has two arms or more, so that there is something to hold one against")
    if len(names) > MOST_ARMS:
        trial.at("arms").wrong(f"a trial has at most {MOST_ARMS} arms")
    if len(set(names)) < len(names):
        trial.at("arms").wrong("two arms bear one name")
    shares = [one[1] for one in arms if isinstance(one, tuple)]
    if shares and sum(shares) != 1:
        trial.at("arms").wrong("the shares of the arms are of those who take part, and sum to 100 %")
    elif 0 in shares:
        trial.at("arms").wrong("an arm of 0 % is nobody: leave it out")


def _names(arms: tuple[Any, ...]) -> list[str]:
    return [one[0] if isinstance(one, tuple) else one for one in arms]


def _check_for(given: Given, trials: dict[str, Given], segments: list[str]) -> None:
    if given.has("trial") == given.has("share"):
        given.place.wrong("“for” names a “trial” with its “arm”, or else a “share”")
        return
    if given.has("share"):
        if given.has("arm"):
            given.at("arm").wrong("“arm” goes with “trial”")
        segment = given["segment"]
        if segment is not None and segment not in segments:
            given.at("segment").wrong(
                f"there is no segment {quoted(segment)} in this program{did_you_mean(nearest(segment, segments))}"
            )
        return
    for other in ("segment", "salt"):
        if given.has(other):
            given.at(other).wrong(f"{quoted(other)} goes with “share”")
    if not given.has("arm"):
        given.place.wrong("“arm” is missing: which arm of the trial gets it")
    _check_arm(given, trials)


def _check_arm(given: Given, trials: dict[str, Given]) -> None:
    trial, arm = given["trial"], given["arm"]
    if trial is None:
        return
    if trial not in trials:
        given.at("trial").wrong(
            f"there is no trial {quoted(trial)} in this program{did_you_mean(nearest(trial, list(trials)))}"
        )
        return
    arms = _names(trials[trial]["arms"] or ())
    if arm is not None and arms and arm not in arms:
        given.at("arm").wrong(f"the trial {quoted(trial)} has no arm {quoted(arm)}{did_you_mean(nearest(arm, arms))}")


def _check_perk(perk: Given) -> None:
    _check_asked_first(perk)
    window: Given | None = perk["window"]
    opens: Given | None = perk["opens"]
    end = window["to"] if window else None
    if window is not None:
        start = window["from"]
        if start is not None and end is not None and (end.day, end.minute) <= (start.day, start.minute):
            window.at("to").wrong("“to” is the first moment at which it no longer holds, and must come after “from”")
        if opens is not None and window.has("from"):
            window.at("from").wrong("“opens” says from when on it holds; leave “from” out")
    if opens is not None and opens["at"] is not None and end is not None:
        at = opens["at"]
        if (end.day, end.minute) <= (at.day, at.minute):
            opens.at("at").wrong("everybody may only after it is over; “to” must come after that")


def _check_asked_first(perk: Given) -> None:
    window: Given | None = perk["window"]
    if perk.has("asked_first") and not perk.has("opens") and (window is None or not window.has("from")):
        perk.at("asked_first").wrong("“asked_first” is before some moment: “opens”, or “from” of “window”")


def _check_levels_perks(level: Given, perks: dict[str, Given]) -> None:
    for perk in level["perks"] or ():
        if perk not in perks:
            level.at("perks").wrong(
                f"there is no perk {quoted(perk)} in this program{did_you_mean(nearest(perk, list(perks)))}"
            )
