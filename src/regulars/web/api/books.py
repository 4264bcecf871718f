"""The books of a month as JSON, for the shop's server with its secret key: the same figures as on the page."""

from typing import Any

from litestar import Request, get
from litestar.params import FromPath

from regulars.service import books as keeping
from regulars.service.books import BadMonth
from regulars.web.api.auth import need_secret_key
from regulars.web.api.liability import no_program
from regulars.web.face import face_of
from regulars.web.problems import Code, Problem
from regulars.wire.answers import BooksAnswer


@get("/v1/books/{month:str}", sync_to_thread=True)
def books(request: Request[Any, Any, Any], month: FromPath[str]) -> BooksAnswer:
    need_secret_key(request)
    face = face_of(request.scope)
    rulebook = face.shop.rulebooks.in_force()
    if rulebook is None:
        raise no_program()
    try:
        found = keeping.books(face.shop, month, rulebook.calendar, face.clock())
    except BadMonth as bad:
        raise Problem(Code.BAD_PERIOD, str(bad)) from None
    return keeping.answer_of(found, rulebook.program)
