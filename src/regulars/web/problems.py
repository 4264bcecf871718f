"""Every "no" of the HTTP faces: one closed table, one shape (RFC 9457), one place where errors become answers.

`code` and status are the published contract; titles and details are for people and may be reworded. Nothing that a request
said is repeated in a problem, and nothing of how the program is built.
"""

import logging
import traceback
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from regulars.service.writer import Busy
from regulars.store.database import is_unavailable

log: Final = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"


class Code(StrEnum):
    """Why a request was not served, with its status. The list is closed: a new code changes the published contract."""

    status: HTTPStatus
    headline: str

    def __new__(cls, value: str, status: HTTPStatus, headline: str) -> "Code":
        code = str.__new__(cls, value)
        code._value_ = value
        code.status = status
        code.headline = headline
        return code

    BAD_REQUEST = "bad_request", HTTPStatus.BAD_REQUEST, "The request could not be understood"
    BAD_HOST = "bad_host", HTTPStatus.BAD_REQUEST, "The Host header is missing or no host"
    TWO_AUTHORIZATIONS = "two_authorizations", HTTPStatus.BAD_REQUEST, "More than one Authorization header"
    ENCODING_NOT_KNOWN = "encoding_not_known", HTTPStatus.BAD_REQUEST, "The body is packed in a way not known here"
    BAD_GZIP = "bad_gzip", HTTPStatus.BAD_REQUEST, "The body is not sound gzip"
    BODY_CUT_OFF = "body_cut_off", HTTPStatus.BAD_REQUEST, "The body ended before its end"
    TOO_LARGE = "too_large", HTTPStatus.BAD_REQUEST, "The body is too large"
    NOT_UTF8 = "not_utf8", HTTPStatus.BAD_REQUEST, "The body is not UTF-8"
    NOT_JSON = "not_json", HTTPStatus.BAD_REQUEST, "The body is not JSON"
    NOT_AN_OBJECT = "not_an_object", HTTPStatus.BAD_REQUEST, "The body is not a JSON object"
    NO_BATCH = "no_batch", HTTPStatus.BAD_REQUEST, "The body has no list of events"
    BAD_BODY = "bad_body", HTTPStatus.BAD_REQUEST, "The body is not what this route takes"
    BAD_IDENTITY = "bad_identity", HTTPStatus.BAD_REQUEST, "That is no identity"
    IDENTITY_IN_PATH = "identity_in_path", HTTPStatus.BAD_REQUEST, "E-mail and phone do not belong in an address"
    BAD_AMOUNT = "bad_amount", HTTPStatus.BAD_REQUEST, "That is no amount"
    IDEMPOTENCY_KEY_NEEDED = (
        "idempotency_key_needed",
        HTTPStatus.BAD_REQUEST,
        "A command takes a usable Idempotency-Key",
    )
    BAD_CURSOR = "bad_cursor", HTTPStatus.BAD_REQUEST, "That is no cursor of this list"
    BAD_PERIOD = "bad_period", HTTPStatus.BAD_REQUEST, "Those are no days to look at"
    BAD_LIMIT = "bad_limit", HTTPStatus.BAD_REQUEST, "The limit is out of bounds"
    KEY_NEEDED = "key_needed", HTTPStatus.UNAUTHORIZED, "A key is needed"
    KEY_UNKNOWN = "key_unknown", HTTPStatus.UNAUTHORIZED, "The key is not known"
    SIGNATURE_WRONG = "signature_wrong", HTTPStatus.UNAUTHORIZED, "The signature is not that of a secret known here"
    SECRET_KEY_NEEDED = "secret_key_needed", HTTPStatus.FORBIDDEN, "This takes a secret key"
    FORBIDDEN = "forbidden", HTTPStatus.FORBIDDEN, "This is not allowed"
    NOT_FOUND = "not_found", HTTPStatus.NOT_FOUND, "There is nothing at this address"
    SITE_NOT_FOUND = "site_not_found", HTTPStatus.NOT_FOUND, "No such site"
    CUSTOMER_NOT_FOUND = "customer_not_found", HTTPStatus.NOT_FOUND, "No such customer"
    SEGMENT_NOT_FOUND = "segment_not_found", HTTPStatus.NOT_FOUND, "No such segment"
    WEBHOOK_NOT_FOUND = "webhook_not_found", HTTPStatus.NOT_FOUND, "No such webhook"
    UNKNOWN_ORDER = "unknown_order", HTTPStatus.NOT_FOUND, "No such order"
    UNKNOWN_RESERVATION = "unknown_reservation", HTTPStatus.NOT_FOUND, "No such reservation, or it is over"
    UNKNOWN_SPENDING = "unknown_spending", HTTPStatus.NOT_FOUND, "Nothing was spent under this id"
    NOT_POSSIBLE = "not_possible", HTTPStatus.CONFLICT, "That cannot be done as things stand"
    NOTHING_LEFT = "nothing_left", HTTPStatus.CONFLICT, "All of the order went back before"
    MORE_THAN_THE_ORDER = "more_than_the_order", HTTPStatus.CONFLICT, "There is not so much left of the order"
    NOT_ENOUGH_POINTS = "not_enough_points", HTTPStatus.CONFLICT, "There are not enough points that can be spent"
    TOO_MANY_RESERVATIONS = "too_many_reservations", HTTPStatus.CONFLICT, "Too many points are held already"
    REVERSED_ALREADY = "reversed_already", HTTPStatus.CONFLICT, "There is not so much left to bring back"
    SAME_CUSTOMER = "same_customer", HTTPStatus.CONFLICT, "Both are the same customer"
    NOT_A_MEMBER = "not_a_member", HTTPStatus.CONFLICT, "Points go from member to member"
    METHOD_NOT_ALLOWED = "method_not_allowed", HTTPStatus.METHOD_NOT_ALLOWED, "This address does not take that method"
    PATH_TOO_LONG = "path_too_long", HTTPStatus.REQUEST_URI_TOO_LONG, "The address is too long"
    IDEMPOTENCY_KEY_REUSED = (
        "idempotency_key_reused",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The Idempotency-Key was used for something else",
    )
    TOO_MANY_REQUESTS = "too_many_requests", HTTPStatus.TOO_MANY_REQUESTS, "Too many requests"
    FAILED = "failed", HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here"
    BUSY = "busy", HTTPStatus.SERVICE_UNAVAILABLE, "Too busy at this moment"
    NO_PROGRAM = "no_program", HTTPStatus.SERVICE_UNAVAILABLE, "The shop has no program yet"
    NOT_READY = "not_ready", HTTPStatus.SERVICE_UNAVAILABLE, "Not ready"


class ProblemDetails(Struct, frozen=True):
    """`type` is `urn:regulars:problem:` and the code; `instance` names the request, as does the header X-Request-Id."""

    type: str
    title: str
    status: int
    detail: str
    code: Code
    instance: str


class Problem(Exception):
    """Raised where a request cannot be served. `detail` says how to mend it and quotes nothing that the request said."""

    def __init__(self, code: Code, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.headers = headers or {}


def handler(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Whatever was raised, by us or by the framework, as the one shape."""
    if isinstance(error, Problem):
        problem = error
    elif isinstance(error, Busy) or is_unavailable(error):
        problem = Problem(Code.BUSY, "The shop's record cannot be reached. Wait, then try again.", {"Retry-After": "5"})
    elif isinstance(error, HTTPException) and error.status_code != HTTPStatus.INTERNAL_SERVER_ERROR:
        problem = _of_framework(error)
    else:
        problem = failure(error, request.scope)
    body = render(problem, request.scope["state"].get("request_id", ""))
    return Response(body, status_code=problem.code.status, media_type=MEDIA_TYPE, headers=dict(problem.headers))


def render(problem: Problem, request_id: str) -> bytes:
    code = problem.code
    type_, instance = f"urn:regulars:problem:{code.value}", f"urn:regulars:request:{request_id}"
    details = ProblemDetails(type_, code.headline, code.status, problem.detail, code, instance)
    return msgspec.json.encode(details)


def failure(error: BaseException, scope: Mapping[str, Any]) -> Problem:
    """Writes down where it went wrong."""
    request_id = scope["state"].get("request_id", "")
    where = scope.get("path_template", "(no route)")
    log.error("request %s to %s failed: %s", request_id, where, where_it_failed(error))
    return Problem(
        Code.FAILED, "It is our fault and was written down. Try again; name the request id when you ask about it."
    )


def where_it_failed(error: BaseException) -> str:
    """For the log: the type and the frames, but not the error's own words: those may hold what a customer sent."""
    frames = [f"  {one.filename}:{one.lineno} {one.name}" for one in traceback.extract_tb(error.__traceback__)]
    return "\n".join([type(error).__qualname__, *frames])


_OF_STATUS: Final[Mapping[int, tuple[Code, str]]] = {
    HTTPStatus.UNAUTHORIZED: (Code.KEY_NEEDED, "Sign in, or show a key."),
    HTTPStatus.FORBIDDEN: (Code.FORBIDDEN, "Whoever asks may not do this."),
    HTTPStatus.NOT_FOUND: (Code.NOT_FOUND, "Compare the address with the ones in /openapi.json."),
    HTTPStatus.METHOD_NOT_ALLOWED: (Code.METHOD_NOT_ALLOWED, "The header Allow names the methods that it takes."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (Code.TOO_LARGE, "Send less at once."),
    HTTPStatus.TOO_MANY_REQUESTS: (Code.TOO_MANY_REQUESTS, "Wait, then try again."),
    HTTPStatus.SERVICE_UNAVAILABLE: (Code.BUSY, "Wait, then try again."),
}
_KEPT_HEADERS: Final = frozenset({"allow", "retry-after", "www-authenticate", "ratelimit-limit", "ratelimit-reset"})


def _of_framework(error: HTTPException) -> Problem:
    """The framework's own words are left out: some quote the request. Codes have one status, so odd ones become a 400."""
    known = _OF_STATUS.get(error.status_code)
    code, detail = known or (Code.BAD_REQUEST, "A header, the address or the body is not what this route takes.")
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() in _KEPT_HEADERS}
    return Problem(code, detail, headers)
