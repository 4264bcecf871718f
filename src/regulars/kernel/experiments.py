"""What a program says of trials: who is kept out of everything, who tries what, and who is let in first.

A *trial* divides the customers who take part in it into *arms*; a rule or a perk that is `for` one arm is withheld from the others.
The *holdout* stands above all trials: those in it get nothing but what is exempt, and take part in no trial. Whatever is `for` a
share is a trial of its own, which bears its name.
"""

from fractions import Fraction
from typing import Final, TypeAlias

from msgspec import Struct

from regulars.kernel.terms import listed, plain

HOLDOUT: Final = "holdout"
"""The trial in which everybody is who is not exempt; its arms are the next two."""
HELD_OUT: Final = "held-out"
EVERYBODY_ELSE: Final = "everybody-else"

GIVEN: Final = "given"
WITHHELD: Final = "withheld"
"""The arms of a share."""


class Holdout(Struct, frozen=True):
    """A share of all customers, always the same ones."""

    share: Fraction
    salt: str

    def describe(self) -> str:
        return (
            f"Held out, always the same: {percent(self.share)} of all customers, drawn by “{self.salt}”. "
            "They get nothing but what is marked as exempt, and take part in no trial."
        )


class Arm(Struct, frozen=True):
    """`share` is of those who take part."""

    id: str
    share: Fraction


class Trial(Struct, frozen=True):
    """`share` of all customers take part; the first arm is the one with which the others are compared."""

    id: str
    share: Fraction
    arms: tuple[Arm, ...]
    salt: str

    def what(self) -> str:
        who = "everybody takes part" if self.share == 1 else f"{percent(self.share)} of all customers take part"
        arms = listed([f"{percent(one.share)} “{one.id}”" for one in self.arms])
        return f"{who}, drawn by “{self.salt}”; of these are {arms}"

    def describe(self) -> str:
        return f"Trial “{self.id}”: {self.what()}."

    def arm(self, id: str) -> Arm | None:
        return next((one for one in self.arms if one.id == id), None)


class ForArm(Struct, frozen=True, tag="arm"):
    trial: str
    arm: str

    def describe(self) -> str:
        return f"for “{self.arm}” of the trial “{self.trial}”"


class ForShare(Struct, frozen=True, tag="share"):
    """A share of those in a segment, or of everybody."""

    share: Fraction
    salt: str
    segment: str | None = None

    def describe(self) -> str:
        whom = f"those in “{self.segment}”" if self.segment else "all customers"
        return f"for {percent(self.share)} of {whom}, drawn by “{self.salt}”"


OnlyFor: TypeAlias = ForArm | ForShare


def trial_of(id: str, only_for: ForShare) -> Trial:
    """The trial that something is which is for a share. Whom it is withheld from is the arm that others are compared with."""
    arms = (Arm(WITHHELD, 1 - only_for.share), Arm(GIVEN, only_for.share))
    return Trial(id, Fraction(1), arms, only_for.salt)


def percent(share: Fraction) -> str:
    """Of what has no end in decimals the first two."""
    hundredth = share * 10_000
    return f"{plain(Fraction(int(hundredth), 100))} %"
