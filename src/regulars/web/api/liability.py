"""What the shop owes in points as JSON, for the shop's server with its secret key: the same figures as on the page."""

from typing import Any
from urllib.parse import parse_qs

from litestar import Request, get

from regulars.service import liability as owing
from regulars.service.liability import BadDay
from regulars.web.api.auth import need_secret_key
from regulars.web.face import face_of
from regulars.web.problems import Code, Problem
from regulars.wire.answers import LiabilityAnswer


@get("/v1/liability", sync_to_thread=True)
def liability(request: Request[Any, Any, Any]) -> LiabilityAnswer:
    need_secret_key(request)
    face = face_of(request.scope)
    rulebook = face.shop.rulebooks.in_force()
    if rulebook is None:
        raise no_program()
    try:
        at = owing.moment_of(_on(request.scope["query_string"]), rulebook.calendar, face.clock())
    except BadDay as bad:
        raise Problem(Code.BAD_PERIOD, str(bad)) from None
    found = owing.liability(face.shop, at)
    if found is None:
        raise no_program()
    return owing.answer_of(found, rulebook.program)


def _on(query: bytes) -> str | None:
    given = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("on", [])
    if len(given) > 1:
        raise Problem(Code.BAD_PERIOD, "Send `on` once, as 2017-03-31.")
    return given[0] if given else None


def no_program() -> Problem:
    return Problem(
        Code.NO_PROGRAM,
        "Put a program in force first: it says what a point costs, and in which zone the shop's days are.",
        {"Retry-After": "30"},
    )
