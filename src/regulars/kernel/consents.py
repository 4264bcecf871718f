"""What somebody consents to, worked out from everything that was said about it.

    each record by itself    its last word holds; at one moment a withdrawal goes before a grant
    an imported grant        gives only where nothing has been said: it never lifts a withdrawal
    a browser's grant        counts once it is confirmed, where the purpose must be consented to; its withdrawal counts at once
                             for the browser's own record
    several records          of one person: a withdrawal in any of them holds, until a grant that was given after they had come
                             together; so a merge never widens a consent
    nobody said anything     consent is missing; any other ground holds until somebody objects

It is asked at the moment of use, never kept.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from regulars.kernel.facts import DAWN, Instant
from regulars.kernel.program import PurposeRule

CONFIRMED: Final = "confirmed"
"""The place of a grant that confirms an earlier one, by a link that only its receiver knows."""

PROFILING: Final = "profiling"
"""The purpose without which nobody is in a segment, or reckoned with."""


class Said(Struct, frozen=True):
    """One word about one purpose. `by_shop` is False for what only a browser says; `confirmed` by a second opt-in."""

    record: str
    granted: bool
    by_shop: bool
    imported: bool
    confirmed: bool
    happened_at: Instant
    recorded_at: Instant
    fact: str


class Standing(StrEnum):
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    UNCONFIRMED = "unconfirmed"
    """Granted, and waiting for the second click."""
    ASSUMED = "assumed"
    """Nothing was said, and the ground needs no word."""
    MISSING = "missing"

    @property
    def allows(self) -> bool:
        return self in (Standing.GRANTED, Standing.ASSUMED)


class Consent(Struct, frozen=True):
    """How one purpose stands, and the word that decided it."""

    standing: Standing
    because: Said | None


def standing(rule: PurposeRule, said: Sequence[Said], together_since: Instant = DAWN) -> Consent:
    """`said` is what all records of the person say of the purpose, in any order; they belong together since that moment."""
    lasts = [
        _last(rule, [one for one in said if one.record == record]) for record in sorted({one.record for one in said})
    ]
    words = [one for one in lasts if one is not None]
    denials = [one for one in words if one.because is not None and not one.because.granted]
    grants = [one for one in words if one.because is not None and one.because.granted]
    if denials:
        first = min(denials, key=_moment)
        lifting = [one for one in grants if _lifts(one, denials, together_since)]
        return max(lifting, key=_moment) if lifting else first
    if grants:
        return max(grants, key=lambda one: (one.standing is Standing.GRANTED, _moment(one)))
    return Consent(Standing.MISSING if rule.ground == "consent" else Standing.ASSUMED, None)


def _last(rule: PurposeRule, said: Sequence[Said]) -> Consent | None:
    """One record's last word; None where it said nothing that counts."""
    held: Said | None = None
    confirmed = False
    for one in sorted(said, key=lambda one: (one.happened_at, not one.granted, one.fact)):
        if one.granted and one.imported and held is not None and not held.granted:
            continue
        if one.granted and held is not None and held.granted and (one.confirmed or confirmed):
            confirmed = confirmed or one.confirmed
            held = one if one.confirmed else held
            continue
        held, confirmed = one, one.granted and one.confirmed
    if held is None:
        return None
    if not held.granted:
        return Consent(Standing.WITHDRAWN, held)
    needs = rule.ground == "consent" and not held.imported and (rule.double_opt_in or not held.by_shop)
    return Consent(Standing.UNCONFIRMED if needs and not confirmed else Standing.GRANTED, held)


def _lifts(grant: Consent, denials: Sequence[Consent], together_since: Instant) -> bool:
    word = grant.because
    assert word is not None
    return (
        grant.standing is Standing.GRANTED
        and not word.imported
        and word.recorded_at >= together_since
        and all(one.because is not None and word.happened_at > one.because.happened_at for one in denials)
    )


def _moment(one: Consent) -> tuple[Instant, str]:
    assert one.because is not None
    return one.because.happened_at, one.because.fact
