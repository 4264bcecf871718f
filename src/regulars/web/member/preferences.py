"""The preference page, and the second click of a double opt-in.

Links are looked at by machines before people see them, so GET changes nothing: what is to happen stands on a button. The link is
its bearer's word; a form that comes from another site is not taken all the same.
"""

from asyncio import to_thread
from http import HTTPStatus
from typing import Final

from litestar import Response, get, post
from litestar.params import FromPath

from regulars.kernel.calendar import Calendar
from regulars.service import preferences, programs
from regulars.service.consents import ConsentView
from regulars.service.preferences import Known
from regulars.web.admin import telling
from regulars.web.admin.gate import fields, from_here, see_other
from regulars.web.admin.rendering import UTC, Asked, now_of, shop_of
from regulars.web.member import words
from regulars.web.member.saying import over, page, said

EVERYTHING: Final = "everything"


@get("/{token:str}", sync_to_thread=True)
def preference_page(request: Asked, token: FromPath[str]) -> Response[str]:
    known = preferences.by_token(shop_of(request), token, now_of(request))
    return over(request) if known is None else _shown(request, token, known)


@post("/{token:str}", status_code=200)
async def change(request: Asked, token: FromPath[str]) -> Response[str]:
    form = await fields(request)
    if not from_here(request):
        return await to_thread(said, request, words.NOT_DONE, words.ELSEWHERE, HTTPStatus.FORBIDDEN)
    return await to_thread(_change, request, token, form)


@get("/confirm/{token:str}", sync_to_thread=True)
def confirmation_page(request: Asked, token: FromPath[str]) -> Response[str]:
    consent = preferences.to_confirm(shop_of(request), token, now_of(request))
    if consent is None:
        return over(request)
    return page(request, "confirm.html.j2", purpose=words.PURPOSES[consent.purpose], token=token)


@post("/confirm/{token:str}", status_code=200)
async def confirm(request: Asked, token: FromPath[str]) -> Response[str]:
    if not from_here(request):
        return await to_thread(said, request, words.NOT_DONE, words.ELSEWHERE, HTTPStatus.FORBIDDEN)
    return await to_thread(_confirm, request, token)


def _change(request: Asked, token: str, form: dict[str, str]) -> Response[str]:
    asked, granted = form.get("purpose", ""), form.get("granted") == "yes"
    if asked not in (*words.PURPOSES, EVERYTHING) or (asked == EVERYTHING and granted):
        return said(request, words.NOT_DONE, words.NOT_UNDERSTOOD, HTTPStatus.BAD_REQUEST)
    purposes = tuple(words.PURPOSES) if asked == EVERYTHING else (asked,)
    try:
        changed = preferences.change(shop_of(request), token, purposes, granted, words.WORDING, now_of(request))
    except preferences.Nameless:
        changed = None
    return over(request) if changed is None else see_other(f"/preferences/{token}?done={_done(changed, granted)}")


def _confirm(request: Asked, token: str) -> Response[str]:
    try:
        outcome = preferences.confirm(shop_of(request), token, words.WORDING, now_of(request))
    except preferences.Nameless:
        outcome = None
    return over(request) if outcome is None else said(request, *words.OUTCOMES[outcome.value])


def _done(changed: tuple[str, ...], granted: bool) -> str:
    return f"{'on' if granted else 'off'}.{'.'.join(changed)}" if changed else "nothing"


def _shown(request: Asked, token: str, known: Known) -> Response[str]:
    program = programs.in_force(shop_of(request))
    calendar = program.calendar if program else UTC
    standing = {one.purpose: one for one in known.standings}
    choices = [_choice(standing[purpose], calendar) for purpose in words.PURPOSES if purpose in standing]
    done = _says(request.query_params.get("done", ""))
    return page(request, "preferences.html.j2", token=token, choices=choices, done=done, everything=EVERYTHING)


def _choice(one: ConsentView, calendar: Calendar) -> dict[str, object]:
    """`says` of a choice that is made can be turned to `granted` by the button; where there is none, nothing can."""
    said = words.PURPOSES[one.purpose]
    bound = one.ground == "contract"
    is_on = one.standing in ("granted", "assumed", "unconfirmed")
    return {
        "purpose": one.purpose,
        "title": said.title,
        "sentence": said.sentence,
        "is_on": is_on,
        "says": words.CONTRACT if bound else words.STANDINGS[one.standing],
        "recorded": _recorded(one, calendar),
        "button": "" if bound else said.off if is_on else said.on,
        "granted": "no" if is_on else "yes",
    }


def _recorded(one: ConsentView, calendar: Calendar) -> str:
    if one.since is None:
        return ""
    when = telling.moment(one.since, calendar).striptags()
    return words.recorded(one.standing != "withdrawn", when, one.place, one.wording)


def _says(done: str) -> str:
    """What the address says was done; the page itself shows how things stand."""
    if done == "nothing":
        return words.NOTHING_CHANGED
    way, *purposes = done.split(".")
    titles = [words.PURPOSES[one].title for one in purposes if one in words.PURPOSES]
    return words.changed(titles, way == "on") if way in ("on", "off") and titles else ""


handlers: Final = [preference_page, change, confirmation_page, confirm]
