"""Entitlements: whether a customer may make use of a perk at a moment, and if not, why.

Of several reasons the first in this order is told: what the perk is (there is none, it is over), then who asks (no member, of
another level, not among those it is for, withheld), then that it is only offered, when, and what for. From the moment at which
everybody may, nobody is asked who they are.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from regulars.kernel.effects import Assigned, Because, Effect, Withheld
from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.games.standing import NOTHING_PLAYED
from regulars.kernel.perks import Perk, Window, first_for, window_of
from regulars.kernel.program import Program
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.state import State, apply
from regulars.kernel.trials import Verdict


class PerkReason(StrEnum):
    """A closed set. With the first two somebody is entitled, with the others not."""

    ENTITLED = "entitled"
    OPEN_TO_ALL = "open_to_all"
    NO_SUCH_PERK = "no_such_perk"
    UNKNOWN_CUSTOMER = "unknown_customer"
    WINDOW_OVER = "window_over"
    INTEREST_ONLY = "interest_only"
    NOT_A_MEMBER = "not_a_member"
    NOT_YOUR_LEVEL = "not_your_level"
    NOT_IN_THE_CLUB = "not_in_the_club"
    NOT_EARNED = "not_earned"
    NOT_FOR_THEM = "not_for_them"
    WITHHELD = "withheld"
    NOT_YET_OPEN = "not_yet_open"
    NOT_THIS_PRODUCT = "not_this_product"


YES = frozenset({PerkReason.ENTITLED, PerkReason.OPEN_TO_ALL})


class Entitlement(Struct, frozen=True):
    """`opens_at` is there where it is not open yet, for them or for all; `until` is how long a yes surely holds, None without end.
    `counts` is in which arm of a trial it counts that they asked, `perk` None where there is no such perk.
    """

    id: str
    reason: PerkReason
    perk: Perk | None = None
    opens_at: Instant | None = None
    until: Instant | None = None
    counts: Verdict | None = None

    @property
    def entitled(self) -> bool:
        return self.reason in YES


def entitlement(
    id: str, state: State | None, program: Rulebook, at: Instant, drawn_by: str, product: str | None = None
) -> Entitlement:
    """Of the customer whose state this is, brought to the program and to `at`; None where nobody knows who asks."""
    perk = next((one for one in offers_of(program) if one.id == id), None)
    if perk is None:
        return Entitlement(id, PerkReason.NO_SUCH_PERK)
    window, holders = window_of(perk, program.calendar), Holders(program.program, id)
    opens_at = window.for_all if at < window.for_all < FOREVER else None

    def no(reason: PerkReason, opens_at: Instant | None = opens_at, counts: Verdict | None = None) -> Entitlement:
        return Entitlement(id, reason, perk, opens_at, counts=counts)

    if at >= window.end:
        return no(PerkReason.WINDOW_OVER, None)
    is_theirs = not perk.products or product is None or product in perk.products
    if at >= window.for_all and not perk.interest_only:
        if not is_theirs:
            return no(PerkReason.NOT_THIS_PRODUCT)
        return Entitlement(id, PerkReason.OPEN_TO_ALL, perk, until=_end(window, None))
    if state is None:
        return no(PerkReason.UNKNOWN_CUSTOMER)
    if not program.is_member(state):
        return no(PerkReason.NOT_A_MEMBER)
    ends = holders.until(state, at)
    if ends is None and not holders.is_club:
        return no(holders.reason)
    counts = _verdict(perk, state, program, drawn_by)
    is_paid = holders.is_club and ends is not None
    if counts is None and perk.only_for is not None and not is_paid:
        return no(PerkReason.NOT_FOR_THEM)
    has_asked = id in (state.consequences.played or NOTHING_PLAYED).asked
    start = first_for(perk, window, program.calendar) if has_asked else window.start
    is_open = at >= start or perk.interest_only
    if counts is not None and not counts.given and not is_paid:
        return no(PerkReason.WITHHELD, counts=counts if is_open and is_theirs else None)
    if perk.interest_only:
        return no(PerkReason.INTEREST_ONLY, None, counts)
    if ends is None:
        return no(holders.reason, None, counts)
    if not is_open:
        return no(PerkReason.NOT_YET_OPEN, start)
    if not is_theirs:
        return no(PerkReason.NOT_THIS_PRODUCT)
    until = _end(window, ends)
    return Entitlement(id, PerkReason.ENTITLED, perk, until=until, counts=counts)


def entitlements(state: State | None, program: Rulebook, at: Instant, drawn_by: str) -> list[Entitlement]:
    """Of every perk, in the order of the document."""
    games = {game.id for game in program.program.games.every if not game.interest_only}
    return [entitlement(one.id, state, program, at, drawn_by) for one in offers_of(program) if one.id not in games]


def offers_of(program: Rulebook) -> tuple[Perk, ...]:
    """The perks, and the clubs and games that one may ask for as for a perk: those for some, and those only offered."""
    clubs = [
        Perk(one.id, one.title, only_for=one.only_for, exempt=one.exempt, interest_only=one.interest_only)
        for one in program.program.clubs
    ]
    games = [
        Perk(one.id, one.title, only_for=one.only_for, exempt=one.exempt, interest_only=one.interest_only)
        for one in program.program.games.every
    ]
    return (*program.program.perks, *clubs, *games)


class Holders:
    """Who has a perk: those in a level or a club that names it, whoever was given it once; or everybody, where nothing names it. A
    club is had by who is in it.
    """

    def __init__(self, program: Program, perk: str) -> None:
        self._perk, self._levels, self._clubs = perk, program.levels_with(perk), program.clubs_with(perk)
        self.is_club = any([club.id == perk for club in program.clubs])
        if self.is_club:
            self._clubs = (perk,)
        self._given = bool(program.games_with(perk))
        self.reason = PerkReason.NOT_YOUR_LEVEL
        if not self._levels:
            self.reason = PerkReason.NOT_IN_THE_CLUB if self._clubs else PerkReason.NOT_EARNED

    def until(self, state: State, at: Instant) -> Instant | None:
        """How long they surely have it; None where they have not."""
        if not self._levels and not self._clubs and not self._given:
            return FOREVER
        held, ends = state.consequences, []
        if held.tier in self._levels:
            ends.append(state.tier_due_at)
        played = held.played or NOTHING_PLAYED
        ends += [term.until for id, term in played.clubs.items() if id in self._clubs and term.since <= at < term.until]
        grant = played.grant_of(self._perk, at)
        if grant is not None:
            ends.append(grant.until)
        return max(ends, default=None)


def asked(state: State, found: Entitlement, program: Rulebook, at: Instant, recorded_at: Instant) -> Sequence[Effect]:
    """What is written down because somebody asked, once for each trial: in which arm they count from now on, and what was
    withheld. `state` is the caller's own, and changed. Nothing where the perk is on no trial.
    """
    counts = found.counts
    if counts is None or not _is_new(counts, state):
        return []
    because = Because(found.id, program.version)
    effects: list[Effect] = [Assigned(counts.trial, counts.arm, at, at, recorded_at, because)]
    if not counts.given:
        effects.append(Withheld(counts.trial, counts.arm, 0, at, recorded_at, because))
    for effect in effects:
        apply(effect, state.consequences)
    return effects


def _verdict(perk: Perk, state: State | None, program: Rulebook, drawn_by: str) -> Verdict | None:
    trials = program.trials
    if state is None or trials is None or perk.id not in trials.gates:
        return None
    return trials.verdict(trials.gates[perk.id], state, drawn_by)


def _is_new(counts: Verdict, state: State) -> bool:
    known = state.consequences.arms.get(counts.trial)
    return known is None or known.arm != counts.arm


def _end(window: Window, ends: Instant | None) -> Instant | None:
    """A level may be lost before the window is over, and a club's term may end."""
    end = window.end if ends is None else min(window.end, ends)
    return None if end >= FOREVER else end


def sentence(found: Entitlement, program: Rulebook) -> str:
    """Whether they may, in words; moments on the shop's wall, to the minute."""
    wall = program.calendar.wall_clock
    if found.entitled:
        until = "" if found.until is None else f", until {wall(found.until)}"
        return f"Yes{until}." if found.reason is PerkReason.ENTITLED else f"Yes, as everybody may{until}."
    later = "" if found.opens_at is None else f"; everybody may from {wall(found.opens_at)}"
    if found.reason is PerkReason.NOT_YET_OPEN and found.opens_at is not None:
        return f"From {wall(found.opens_at)} on."
    return f"{_NO[found.reason]}{later}."


_NO: Final = {
    PerkReason.NO_SUCH_PERK: "There is no such perk",
    PerkReason.UNKNOWN_CUSTOMER: "Nobody knows who asks",
    PerkReason.WINDOW_OVER: "It is over",
    PerkReason.INTEREST_ONLY: "Only to show interest in so far",
    PerkReason.NOT_A_MEMBER: "Not a member",
    PerkReason.NOT_YOUR_LEVEL: "Not at this level",
    PerkReason.NOT_IN_THE_CLUB: "Not in the club",
    PerkReason.NOT_EARNED: "Not earned, or used already",
    PerkReason.NOT_FOR_THEM: "Not among those it is for",
    PerkReason.WITHHELD: "Withheld, for a trial",
    PerkReason.NOT_THIS_PRODUCT: "Not on this product",
}
