"""What a page says when it cannot be shown. What was asked for is not repeated, and nothing of how we are built is told."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from litestar import Response
from litestar.exceptions import HTTPException

from regulars.service.timeline import BadCursor
from regulars.service.writer import Busy
from regulars.store.database import is_unavailable
from regulars.web.admin.rendering import Asked, answer
from regulars.web.problems import where_it_failed

log: Final = logging.getLogger(__name__)

AGAIN: Final = "Go back, load the page again, and send it once more."
WORDS: Final = {
    HTTPStatus.FORBIDDEN: (
        "This was not done.",
        f"The form did not come from a page of this session: it may have been open for too long. {AGAIN}",
    ),
    HTTPStatus.NOT_FOUND: ("There is no such page.", "The address may be mistyped, or what stood here is gone."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("There is no such page.", "This address does not take what was sent to it."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("That is too much.", "There is more in the form than it may hold."),
    HTTPStatus.BAD_REQUEST: ("That could not be understood.", AGAIN),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "The shop is too busy at this moment.",
        "Nothing was changed. Wait a little and try again.",
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "Something went wrong here.",
        "It is written in the log of the server. What you sent may or may not have been done: look before you send it again.",
    ),
}


def told(request: Asked, status: HTTPStatus, headers: Mapping[str, str] | None = None) -> Response[str]:
    headline, advice = WORDS[status]
    page = answer(request, "error.html.j2", status=status, status_code=int(status), headline=headline, advice=advice)
    page.headers.update(headers or {})
    return page


def error_page(request: Asked, error: Exception) -> Response[str]:
    """Whatever was raised, as a page of the same look."""
    if isinstance(error, Busy) or is_unavailable(error):
        return told(request, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "2"})
    if isinstance(error, BadCursor):
        return told(request, HTTPStatus.NOT_FOUND)
    if isinstance(error, HTTPException) and error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        status = HTTPStatus(error.status_code)
        return told(request, status if status in WORDS else HTTPStatus.BAD_REQUEST)
    log.error("A page failed: %s", where_it_failed(error))
    return told(request, HTTPStatus.INTERNAL_SERVER_ERROR)


EXCEPTION_HANDLERS: Final[dict[Any, Any]] = {Exception: error_page}
