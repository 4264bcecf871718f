"""The door: name and password, or a link that opens it once.

The door's own forms belong to no session yet. They bring along a random word that the page has put into a cookie as well, which
another site can neither read nor set.
"""

import re
from asyncio import to_thread
from http import HTTPStatus
from ipaddress import ip_address
from secrets import token_urlsafe
from typing import Final

from litestar import Response, get, post
from litestar.params import FromPath

from regulars.kernel.calendar import SECOND
from regulars.service import admins
from regulars.web.admin.gate import COOKIE, FIELD, cookie, fields, from_here, named, see_other
from regulars.web.admin.rendering import Asked, answer, now_of, shop_of
from regulars.web.signboard import signboard_of

DOOR_COOKIE: Final = "regulars_door"
HOME: Final = "/overview"
_OURS: Final = re.compile(
    r"/(overview|customers|program|refused|debugger|identification|products|audit)([/?][!-\[\]-~]*)?"
)


@get("/sign-in", sync_to_thread=True)
def sign_in_page(request: Asked) -> Response[str]:
    signboard_of(request).look()
    return _door(request, wanted=request.query_params.get("next", ""))


@post("/sign-in", status_code=200)
async def sign_in(request: Asked) -> Response[str]:
    form = await fields(request)
    if not _is_from_the_door(request, form):
        return _door(request, problem=NO_COOKIE, name=form.get("name", ""), status=HTTPStatus.FORBIDDEN)
    name, password = form.get("name", ""), form.get("password", "")
    outcome = await to_thread(admins.sign_in, shop_of(request), name, password, _address(request), now_of(request))
    wanted = form.get("next", "")
    match outcome:
        case str():
            return enter(request, outcome, ours(wanted))
        case admins.TooSoon():
            problem = f"Too many tries have failed. Try again {_in(outcome.wait_s)}."
            page = _door(request, problem=problem, name=name, wanted=wanted, status=HTTPStatus.TOO_MANY_REQUESTS)
            page.headers["Retry-After"] = str(outcome.wait_s)
            return page
        case admins.Wrong():
            return _door(request, problem=WRONG, name=name, wanted=wanted, status=HTTPStatus.UNAUTHORIZED)


@get("/sign-in/link/{token:str}", sync_to_thread=True)
def link_page(request: Asked, token: FromPath[str]) -> Response[str]:
    """Shows a button only: whatever looks at links before people do must not use them up."""
    signboard_of(request).look()
    return _door(request, link=token)


@post("/sign-in/link/{token:str}", status_code=200)
async def redeem_link(request: Asked, token: FromPath[str]) -> Response[str]:
    if not _is_from_the_door(request, await fields(request)):
        return _door(request, link=token, problem=NO_COOKIE, status=HTTPStatus.FORBIDDEN)
    session = await to_thread(admins.redeem_link, shop_of(request), token, now_of(request))
    if session is None:
        return _door(request, problem=USED_UP, status=HTTPStatus.GONE)
    return enter(request, session, HOME)


@post("/sign-out", status_code=200, sync_to_thread=True)
def sign_out(request: Asked) -> Response[str]:
    admins.sign_out(shop_of(request), request.cookies[named(request, COOKIE)])
    return see_other("/sign-in", cookie(request, COOKIE, "", 0))


WRONG: Final = "Name and password do not belong together."
NO_COOKIE: Final = "This form was open for too long, or this browser keeps no cookies. Please try once more."
USED_UP: Final = (
    "This link has been used, or its fifteen minutes are over. Sign in with your password, or ask for another."
)


def ours(wanted: str) -> str:
    """Where to go after signing in: to one of our own pages, whatever was asked for."""
    return wanted if _OURS.fullmatch(wanted) else HOME


def _door(
    request: Asked, *, problem: str = "", name: str = "", wanted: str = "", link: str = "", status: int = HTTPStatus.OK
) -> Response[str]:
    word = token_urlsafe(32)
    page = answer(
        request,
        "sign_in.html.j2",
        status=status,
        problem=problem,
        name=name,
        wanted=wanted if _OURS.fullmatch(wanted) else "",
        link=link,
        word=word,
    )
    page.set_cookie(cookie(request, DOOR_COOKIE, word))
    return page


def _is_from_the_door(request: Asked, form: dict[str, str]) -> bool:
    word = request.cookies.get(named(request, DOOR_COOKIE), "")
    return bool(word) and admins.same(form.get(FIELD, ""), word) and from_here(request)


def enter(request: Asked, token: str, path: str) -> Response[str]:
    seconds = admins.LONGEST_SESSION // SECOND
    return see_other(path, cookie(request, COOKIE, token, seconds), cookie(request, DOOR_COOKIE, "", 0))


def _address(request: Asked) -> str:
    """Where a try came from: the word of a proxy counts where it runs on this machine."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for", "").rsplit(",", 1)[-1].strip()
    return forwarded if forwarded and _is_here(peer) else peer


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _in(seconds: int) -> str:
    if seconds < 60:
        return f"in {seconds} {'second' if seconds == 1 else 'seconds'}"
    minutes = -(-seconds // 60)
    return f"in {minutes} {'minute' if minutes == 1 else 'minutes'}"


handlers: Final = [sign_in_page, sign_in, link_page, redeem_link]
