"""What a program document says of trials, the holdout and perks gets its meaning."""

from fractions import Fraction
from typing import Any

from regulars.kernel.experiments import Arm, ForArm, ForShare, Holdout, OnlyFor, Trial
from regulars.kernel.perks import Opening, Perk
from regulars.wire.shapes import Given


def only_for(given: Given | None, id: str) -> OnlyFor | None:
    """Of the rule or perk of this name."""
    if given is None:
        return None
    if given.has("trial"):
        return ForArm(given["trial"], given["arm"])
    return ForShare(given["share"], given["salt"] or id, given["segment"])


def read_holdout(given: Given | None) -> Holdout | None:
    return Holdout(given["share"], given["salt"]) if given else None


def read_trials(given: tuple[tuple[str, Given], ...] | None) -> tuple[Trial, ...]:
    return tuple([_trial(id, one) for id, one in given or ()])


def read_perks(given: tuple[tuple[str, Given], ...] | None) -> tuple[Perk, ...]:
    return tuple([_perk(id, one) for id, one in given or ()])


def _trial(id: str, given: Given) -> Trial:
    written: tuple[Any, ...] = given["arms"]
    even = Fraction(1, len(written))
    arms = [Arm(*one) if isinstance(one, tuple) else Arm(one, even) for one in written]
    return Trial(id, Fraction(1) if given["share"] is None else given["share"], tuple(arms), given["salt"] or id)


def _perk(id: str, given: Given) -> Perk:
    window, opens = given["window"], given["opens"]
    return Perk(
        id,
        given["title"] or "",
        window["from"] if window else None,
        window["to"] if window else None,
        Opening(opens["at"], opens["before_others"]) if opens else None,
        given["days"],
        given["products"] or (),
        only_for(given["for"], id),
        given["holdout"] is not None,
        given["interest_only"] == "yes",
        given["asked_first"],
    )
