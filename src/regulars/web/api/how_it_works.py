"""How the program works, in sentences for its members, as JSON: for pages of the shop's own."""

from typing import Any

from litestar import Request, get

from regulars.web.api.auth import need_secret_key
from regulars.web.face import face_of
from regulars.web.member.how_it_works import chapters
from regulars.web.problems import Code, Problem
from regulars.wire.answers import ChapterAnswer, HowItWorksAnswer
from regulars.wire.instants import rfc3339


@get("/v1/program/how-it-works", sync_to_thread=True)
def how_it_works(request: Request[Any, Any, Any]) -> HowItWorksAnswer:
    need_secret_key(request)
    face = face_of(request.scope)
    rulebook = face.shop.rulebooks.in_force()
    if rulebook is None:
        raise Problem(Code.NO_PROGRAM, "Apply one: `regulars apply PROGRAM`.", {"Retry-After": "5"})
    now = face.clock()
    told = tuple([ChapterAnswer(one.id, one.title, one.sentences) for one in chapters(rulebook, now)])
    return HowItWorksAnswer(rulebook.program.name, told, rfc3339(now))
