"""From one shop to the shop next door, without signing in again: for two shops that one command serves.

The way is a link that signs in once, made in the other shop's record. Nobody sees it, so it is used without a further click; but
only where the browser says that its page came from this machine, and only by a server that has a neighbour.
"""

from asyncio import to_thread
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from regulars.service import admins
from regulars.service.neighbours import Neighbour
from regulars.web.admin.gate import COOKIE, named, see_other
from regulars.web.admin.rendering import Asked, form_of, now_of, shop_of
from regulars.web.admin.signing_in import HOME, enter, ours
from regulars.web.signboard import signboard_of

BESIDE = ("same-site", "same-origin")
"""What a browser says of a page from another port of this host."""


@post("/next-door", status_code=200, sync_to_thread=True)
def next_door(request: Asked) -> Response[str]:
    """To the same page over there."""
    there = _neighbour(request)
    token, wanted = there.link(), quote(ours(form_of(request).get("next", "")), safe="")
    return see_other(
        f"{there.address}/sign-in" if token is None else f"{there.address}/sign-in/next-door/{token}?next={wanted}"
    )


@get("/sign-in/next-door/{token:str}")
async def from_next_door(request: Asked, token: FromPath[str]) -> Response[Any]:
    """Whoever has a session here keeps it; the link is then left to run out."""
    _neighbour(request)
    wanted = ours(request.query_params.get("next", HOME))
    if request.headers.get("sec-fetch-site") not in BESIDE:
        return see_other(f"/sign-in/link/{quote(token, safe='')}")
    if await to_thread(_session, request) is not None:
        return see_other(wanted)
    session = await to_thread(admins.redeem_link, shop_of(request), token, now_of(request))
    return see_other("/sign-in") if session is None else enter(request, session, wanted)


def _neighbour(request: Asked) -> Neighbour:
    found = signboard_of(request).neighbour
    if found is None:
        raise NotFoundException
    return found


def _session(request: Asked) -> admins.Session | None:
    held = request.cookies.get(named(request, COOKIE))
    return admins.session(shop_of(request), held, now_of(request)) if held else None
