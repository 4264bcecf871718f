"""Games and clubs of one customer: how far they are, and what they have of them. Looking is no fact and changes nothing."""

from msgspec import Struct

from regulars.kernel.facts import Instant
from regulars.kernel.games.progress import Progress, progress
from regulars.kernel.games.standing import NOTHING_PLAYED, Played
from regulars.kernel.rulebook import Rulebook
from regulars.kernel.step import advance
from regulars.service.forecast import state_of
from regulars.service.group import NoProgram
from regulars.service.shop import Shop


class GamesOf(Struct, frozen=True):
    program: Rulebook
    progress: tuple[Progress, ...]
    played: Played


def games_of(shop: Shop, customer: str, now: Instant) -> GamesOf:
    """Of the customer of this id, as of now, by the program in force. NoProgram before there is one."""
    with shop.store.one_moment(), shop.store.reading() as connection:
        rulebook = shop.rulebooks.in_force()
        if rulebook is None:
            raise NoProgram
        held = state_of(shop, connection, customer, rulebook, now)
    if held is None:
        return GamesOf(rulebook, (), NOTHING_PLAYED)
    state, _ = advance(held, max(now, held.clock), rulebook, now)
    played = state.consequences.played or NOTHING_PLAYED
    return GamesOf(rulebook, tuple(progress(state, rulebook, now)), played)
