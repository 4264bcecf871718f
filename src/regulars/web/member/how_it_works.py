"""How the program works, for whoever asks: without a sign-in and without a script, as long as a program is in force."""

from http import HTTPStatus
from typing import Final

from litestar import Response, get
from msgspec.structs import replace

from regulars.kernel.facts import Instant
from regulars.kernel.how_it_works import Chapter, how_it_works
from regulars.kernel.rulebook import Rulebook
from regulars.service import programs
from regulars.web.admin import telling
from regulars.web.admin.rendering import Asked, now_of, shop_of
from regulars.web.member import words
from regulars.web.member.saying import page, said


@get("/", sync_to_thread=True)
def how_it_works_page(request: Asked) -> Response[str]:
    program = programs.in_force(shop_of(request))
    if program is None:
        return said(request, words.NO_PROGRAM, words.NO_PROGRAM_SAYS, HTTPStatus.NOT_FOUND)
    now = now_of(request)
    answer = page(
        request, "how_it_works.html.j2", chapters=chapters(program, now), as_of=telling.day(now, program.calendar)
    )
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers.pop("X-Robots-Tag", None)
    return answer


def chapters(program: Rulebook, now: Instant) -> tuple[Chapter, ...]:
    """Days as one says them."""
    found = how_it_works(program.program, program.calendar.day_of(now))
    return tuple([replace(one, sentences=tuple(map(telling.with_spoken_days, one.sentences))) for one in found])


handlers: Final = [how_it_works_page]
