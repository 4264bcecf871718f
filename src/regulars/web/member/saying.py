"""A page for a customer as an answer. No script runs on it, nothing of it is kept or listed, and its address is told nobody."""

import logging
from http import HTTPStatus
from typing import Any, Final

from litestar import Response
from litestar.exceptions import HTTPException

from regulars.service import programs
from regulars.service.writer import Busy
from regulars.store.database import is_unavailable
from regulars.web.admin import rendering
from regulars.web.admin.rendering import Asked, shop_of
from regulars.web.member import words
from regulars.web.problems import where_it_failed
from regulars.web.signboard import signboard_of

log: Final = logging.getLogger(__name__)

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {"Content-Security-Policy": POLICY, "X-Robots-Tag": "noindex, nofollow"}


def page(request: Asked, template: str, status: int = HTTPStatus.OK, **values: Any) -> Response[str]:
    program = programs.in_force(shop_of(request))
    signboard_of(request).look()
    answer = rendering.answer(request, f"member/{template}", program=program, status=status, words=words, **values)
    answer.headers.update(_HEADERS)
    return answer


def said(request: Asked, headline: str, lead: str, status: int = HTTPStatus.OK) -> Response[str]:
    return page(request, "said.html.j2", status, headline=headline, lead=lead)


def over(request: Asked) -> Response[str]:
    """Forged, expired, for something else, or of somebody who was erased: which of them is not told."""
    return said(request, words.OVER, words.OVER_SAYS, HTTPStatus.NOT_FOUND)


def error_page(request: Asked, error: Exception) -> Response[str]:
    if isinstance(error, Busy | TimeoutError) or is_unavailable(error):
        busy = rendering.answer(
            request,
            "member/said.html.j2",
            status=HTTPStatus.SERVICE_UNAVAILABLE,
            words=words,
            headline=words.NOT_DONE,
            lead=words.BUSY,
        )
        busy.headers.update({**_HEADERS, "Retry-After": "2"})
        return busy
    if isinstance(error, HTTPException) and error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        gone = error.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
        return over(request) if gone else said(request, words.NOT_DONE, words.NOT_UNDERSTOOD, error.status_code)
    log.error("A page for customers failed: %s", where_it_failed(error))
    return said(request, words.NOT_DONE, words.FAILED, HTTPStatus.INTERNAL_SERVER_ERROR)
