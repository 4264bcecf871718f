"""How far a customer is in the games of the program, and their badges and clubs. For the shop's server with its secret key."""

from typing import Any

from litestar import Request, get

from regulars.kernel.facts import FOREVER, Instant
from regulars.kernel.games.progress import Progress
from regulars.service import customers
from regulars.service.games import GamesOf, games_of
from regulars.service.group import NoProgram
from regulars.web.api.auth import need_secret_key
from regulars.web.api.commands import no_program
from regulars.web.api.customers import identity_in_path, not_found
from regulars.web.face import face_of
from regulars.wire.answers import ClubAnswer, GamesAnswer, ProgressAnswer, ProgressPartAnswer, ToUseAnswer
from regulars.wire.instants import rfc3339


@get("/v1/customers/{identity:str}/progress", sync_to_thread=True)
def progress(request: Request[Any, Any, Any]) -> GamesAnswer:
    need_secret_key(request)
    face = face_of(request.scope)
    wanted = identity_in_path(face, request.path_params["identity"])
    id = customers.find(face.shop, wanted.kind, wanted.value)
    if id is None:
        raise not_found()
    now = face.clock()
    try:
        return _shown(id, games_of(face.shop, id, now), now)
    except NoProgram:
        raise no_program() from None


def _shown(id: str, found: GamesOf, now: Instant) -> GamesAnswer:
    titles = {club.id: club.title for club in found.program.program.clubs}
    left = [one for one in found.played.grants if one.until > now]
    return GamesAnswer(
        id,
        rfc3339(now),
        tuple([_progress(one) for one in found.progress]),
        tuple(found.played.badges()),
        tuple([ToUseAnswer(one.perk, None if one.until == FOREVER else rfc3339(one.until)) for one in left]),
        tuple(
            [
                ClubAnswer(club, titles.get(club, ""), rfc3339(term.since), rfc3339(term.until), term.ends)
                for club, term in found.played.clubs.items()
                if term.until > now
            ]
        ),
    )


def _progress(one: Progress) -> ProgressAnswer:
    parts = tuple([ProgressPartAnswer(part.what, part.done, part.needed) for part in one.parts])
    said = one.is_over, one.days_left, one.gives, one.in_words
    return ProgressAnswer(one.game, one.kind, one.title, parts, one.times, *said)
