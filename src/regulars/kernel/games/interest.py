"""What is only offered so far: who asks for it is remembered, and told first when it opens.

Only the shop's own word is remembered; what a browser says is counted, and nothing of value follows from it. *Opened* is what a
program no longer marks as `interest_only` that the one before it did.
"""

from typing import TYPE_CHECKING, Final

from regulars.kernel.effects import Because, Effect, InterestNoted, Opened
from regulars.kernel.facts import WEAK, Behaved, Fact, Instant
from regulars.kernel.games.standing import NOTHING_PLAYED
from regulars.kernel.state import Consequences

if TYPE_CHECKING:
    from regulars.kernel.program import Program

INTEREST_SHOWN: Final = "Interest Shown"
"""The event by which somebody asks for what is only offered; its property `perk` says for which perk, club or game."""
OFFER: Final = "perk"
INTEREST: Final = "interest"
"""Stands where a rule's id does."""


def offered_by(program: "Program") -> frozenset[str]:
    """What the program only offers."""
    return frozenset([id for id, is_offer in _offers(program).items() if is_offer])


def note_interest(held: Consequences, fact: Fact, offered: frozenset[str], at: Instant, version: str) -> list[Effect]:
    """Once for each."""
    if not isinstance(fact, Behaved) or fact.name != INTEREST_SHOWN or fact.trust is WEAK:
        return []
    offer = fact.properties.get(OFFER, "")
    if offer not in offered or offer in (held.played or NOTHING_PLAYED).asked:
        return []
    return [InterestNoted(offer, at, fact.recorded_at, Because(INTEREST, version, fact.id))]


def opened(
    held: Consequences, old: "Program", new: "Program", at: Instant, recorded_at: Instant, version: str
) -> list[Effect]:
    """What this customer asked for and the new program opens."""
    if held.played is None or not held.played.asked:
        return []
    was, now = offered_by(old), _offers(new)
    opening = [offer for offer in held.played.asked if offer in was and now.get(offer) is False]
    return [Opened(offer, at, recorded_at, Because(INTEREST, version)) for offer in opening]


def _offers(program: "Program") -> dict[str, bool]:
    found = {perk.id: perk.interest_only for perk in program.perks}
    found |= {club.id: club.interest_only for club in program.clubs}
    return found | {game.id: game.interest_only for game in program.games.every}
