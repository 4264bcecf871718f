"""The gate before every page for staff: who asks, and whether this form is one of ours.

A form that changes something must bring the token of its session, as a field or, from a script of ours, as a header; and must
not come from another site, by what the browser says of it.
"""

from asyncio import to_thread
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from litestar import Response
from litestar.datastructures import Cookie
from litestar.exceptions import ClientException, InternalServerException

from regulars.service import admins
from regulars.web.admin.errors import told
from regulars.web.admin.rendering import HEADERS, Asked, now_of, shop_of
from regulars.web.signboard import signboard_of

COOKIE: Final = "regulars_session"
FIELD: Final = "csrf"
HEADER: Final = "x-csrf-token"
READING: Final = ("GET", "HEAD", "OPTIONS")


async def gate(request: Asked) -> Response[Any] | None:
    """None lets the request pass, with `session` and, where there is one, `form` in its state."""
    token = request.cookies.get(named(request, COOKIE))
    session = await to_thread(admins.session, shop_of(request), token, now_of(request)) if token else None
    if session is None:
        return _to_the_door(request)
    request.state.session = session
    if request.method in READING:
        return None
    form = await fields(request)
    given = request.headers.get(HEADER) or form.get(FIELD, "")
    if not admins.same(given, session.csrf) or not from_here(request):
        return told(request, HTTPStatus.FORBIDDEN)
    request.state.form = form
    return None


async def fields(request: Asked) -> dict[str, str]:
    """A form's fields as text; the last of several, and no files."""
    try:
        form = await request.form()
    except InternalServerException:
        # What the framework says where the connection was closed before the whole form was here.
        raise ClientException from None
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


def from_here(request: Asked) -> bool:
    """Whether the browser says that the request came from a page of this host; what says nothing is let pass."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return True
    hosts = (request.headers.get("host", ""), request.headers.get("x-forwarded-host", ""))
    host = origin.partition("://")[2]
    return bool(host) and host in hosts


def is_https(request: Asked) -> bool:
    """By the connection, or by the word of a proxy before us: believing it wrongly only makes a cookie stricter."""
    return (
        request.url.scheme == "https" or request.headers.get("x-forwarded-proto", "").split(",")[0].strip() == "https"
    )


def named(request: Asked, key: str) -> str:
    """A cookie as this server calls it."""
    return key + signboard_of(request).cookies


def cookie(request: Asked, key: str, value: str, seconds: int | None = None) -> Cookie:
    """Read by no script, sent to no other host; gone at once where `seconds` is 0."""
    return Cookie(
        key=named(request, key),
        value=value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_https(request),
    )


def see_other(path: str, *cookies: Cookie) -> Response[str]:
    """On to another page, by GET."""
    headers = {**HEADERS, "Location": path}
    return Response(
        "", status_code=HTTPStatus.SEE_OTHER, headers=headers, cookies=list(cookies), media_type="text/html"
    )


def _to_the_door(request: Asked) -> Response[str]:
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    door = (
        "/sign-in" if path in ("/", "/overview") or request.method != "GET" else f"/sign-in?next={quote(path, safe='')}"
    )
    if request.headers.get("hx-request"):
        return Response("", status_code=HTTPStatus.UNAUTHORIZED, headers={**HEADERS, "HX-Redirect": "/sign-in"})
    return see_other(door)
