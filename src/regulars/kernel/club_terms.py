"""Who is in a club, and until when: by what the shop says of subscriptions.

    started, renewed   another term is paid, from the end of what is paid already, or from now
    cancelled, lapsed  there will be no other term; what is paid goes on to its end
    refunded           the last term is paid back: the club ends where the term before ended, or now

Whoever paid is in the club, whatever arm of a trial they are in: what is withheld by a trial is the offer. A level that goes with a
club is given as by hand (`given_levels`), for as long as is paid.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from regulars.kernel.clubs import CLUB_PROPERTY, REFUNDED, RENEWED, STARTED, SUBSCRIPTIONS, Club
from regulars.kernel.effects import CLUB, Because, ClubEnded, ClubTermSet, Effect
from regulars.kernel.facts import WEAK, Behaved, Fact, Instant
from regulars.kernel.games.standing import NOTHING_PLAYED
from regulars.kernel.given_levels import given
from regulars.kernel.state import NO_FOOTING, Consequences, State
from regulars.kernel.tiers import given_over

if TYPE_CHECKING:
    from regulars.kernel.rulebook import Rulebook

OVER: Final = "over"
REFUND: Final = "refunded"
CANCEL: Final = "cancelled"


def club_of(fact: Fact, clubs: Mapping[str, Club]) -> Club | None:
    """The club of whose subscription the fact speaks."""
    if not isinstance(fact, Behaved) or fact.name not in SUBSCRIPTIONS or fact.trust is WEAK:
        return None
    named = fact.properties.get(CLUB_PROPERTY)
    if named is None and len(clubs) == 1:
        return next(iter(clubs.values()))
    return clubs.get(named or "")


def subscribed(state: State, fact: Behaved, club: Club, at: Instant, program: "Rulebook") -> list[Effect]:
    term = (state.consequences.played or NOTHING_PLAYED).clubs.get(club.id)
    because = Because(f"{CLUB}{club.id}", program.version, fact.id)
    told = at, fact.recorded_at, because
    if fact.name in (STARTED, RENEWED):
        paid_from = fact.happened_at if term is None else term.until - 1
        until = program.calendar.end_of(paid_from, club.term)
        if until <= at:
            return []
        effects: list[Effect] = [ClubTermSet(club.id, until, "renewed" if term else "started", *told)]
        return effects + _level(state, club, until, program, *told)
    if term is None:
        return []
    if fact.name != REFUNDED:
        return [] if term.ends else [ClubTermSet(club.id, term.until, CANCEL, *told)]
    if term.before is not None and term.before > at:
        effects = [ClubTermSet(club.id, term.before, REFUND, *told)]
        return effects + _level(state, club, term.before, program, *told, instead_of=term.until)
    effects = [ClubEnded(club.id, REFUND, *told)]
    footing = state.consequences.footing or NO_FOOTING
    if club.level is not None and (footing.given, footing.given_until) == (club.level, term.until):
        effects += given_over(state, at, fact.recorded_at, because)
    return effects


def end_terms(held: Consequences, due: Instant, at: Instant, recorded_at: Instant, version: str) -> list[Effect]:
    """Every club whose paid time is over at `due`."""
    clubs = (held.played or NOTHING_PLAYED).clubs
    over = [id for id, term in clubs.items() if term.until <= due]
    return [ClubEnded(id, OVER, at, recorded_at, Because(f"{CLUB}{id}", version)) for id in over]


def _level(
    state: State,
    club: Club,
    until: Instant,
    program: "Rulebook",
    at: Instant,
    recorded_at: Instant,
    because: Because,
    instead_of: Instant | None = None,
) -> list[Effect]:
    """A higher one that the shop gave, or one for longer, stays."""
    rules = program.tiers
    if rules is None or club.level is None or club.level not in rules.rank_of or not program.is_member(state):
        return []
    footing = state.consequences.footing or NO_FOOTING
    had = rules.rank_of.get(footing.given, 0) if footing.given is not None else 0
    is_own = (footing.given, footing.given_until) == (club.level, instead_of)
    if not is_own and (had, footing.given_until) >= (rules.rank_of[club.level], until):
        return []
    return given(state, club.level, until, rules, at, recorded_at, because)
