"""Webhooks: which other systems are told what happens, what became of each message, and what can be done about it."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeAlias, cast

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from regulars.backtesting.report import words
from regulars.service import outbox, webhooks
from regulars.service.networks import Networks
from regulars.service.outbox import Delivery, Standing
from regulars.service.webhooks import TYPES, Endpoint, NoSuchWebhook, WebhookRefused
from regulars.web.admin import telling
from regulars.web.admin.gate import see_other
from regulars.web.admin.rendering import Asked, Desk, answer, desk_of, form_of

A_PAGE: Final = 20
TYPE: Final = "type:"
"""A field of the form for each type, since of several fields of one name only the last is read."""
STANDINGS: Final = {
    Standing.WAITING: "Waiting",
    Standing.DELIVERED: "Delivered",
    Standing.FAILED: "Given up",
}

Done: TypeAlias = str
"""What the page says of what was done, by a word that stands in its address."""
SAID: Final[Mapping[Done, str]] = {
    "changed": "From now on it holds.",
    "tested": "A test message is on its way. Load the page again to see what became of it.",
    "disabled": "Nothing of what happens from now on is told there.",
    "enabled": "It is told again, and what waited goes on.",
    "again": "It is sent once more.",
    "nothing": "There was nothing to send: it was delivered meanwhile, or is on its way.",
    "removed": "It is told nothing any more.",
}


@get("/webhooks", sync_to_thread=True)
def webhooks_page(request: Asked) -> Response[str]:
    return _all(request, {})


@post("/webhooks", status_code=200, sync_to_thread=True)
def add(request: Asked) -> Response[str]:
    """The page of the new one, with its secret, which no other page shows."""
    desk, form = desk_of(request), form_of(request)
    name, url = form.get("name", "").strip(), form.get("url", "").strip()
    try:
        secret = webhooks.register(desk.shop, name, url, _types(form), _allowed(request), desk.session.name, desk.now)
    except WebhookRefused as refused:
        return _all(request, form, refused)
    return _one(request, name, {}, secret=secret)


@get("/webhooks/{name:str}", sync_to_thread=True)
def webhook_page(request: Asked, name: FromPath[str]) -> Response[str]:
    return _one(request, name, {})


@post("/webhooks/{name:str}", status_code=200, sync_to_thread=True)
def change(request: Asked, name: FromPath[str]) -> Response[str]:
    desk, form = desk_of(request), form_of(request)
    url = form.get("url", "").strip()
    try:
        webhooks.change(desk.shop, name, url, _types(form), _allowed(request), desk.session.name, desk.now)
    except NoSuchWebhook:
        raise NotFoundException from None
    except WebhookRefused as refused:
        return _one(request, name, form, refused=refused)
    return _on(name, "changed")


@post("/webhooks/{name:str}/secret", status_code=200, sync_to_thread=True)
def rotate(request: Asked, name: FromPath[str]) -> Response[str]:
    desk, at_once = desk_of(request), "at_once" in form_of(request)
    try:
        secret = webhooks.rotate(desk.shop, name, desk.session.name, desk.now, at_once=at_once)
    except NoSuchWebhook:
        raise NotFoundException from None
    return _one(request, name, {}, secret=secret)


@post("/webhooks/{name:str}/{deed:str}", status_code=200, sync_to_thread=True)
def do(request: Asked, name: FromPath[str], deed: FromPath[str]) -> Response[str]:
    if deed not in DEEDS:
        raise NotFoundException
    try:
        done = DEEDS[deed](desk_of(request), name, form_of(request))
    except NoSuchWebhook:
        raise NotFoundException from None
    except WebhookRefused as refused:
        return _one(request, name, {}, refused=refused)
    return see_other("/webhooks?done=removed") if done == "removed" else _on(name, done)


# --- what is done ----------------------------------------------------------------------------------------------------


def _test(desk: Desk, name: str, _: Mapping[str, str]) -> Done:
    webhooks.send_test(desk.shop, name, desk.now)
    return "tested"


def _disable(desk: Desk, name: str, _: Mapping[str, str]) -> Done:
    webhooks.disable(desk.shop, name, desk.session.name, desk.now)
    return "disabled"


def _enable(desk: Desk, name: str, _: Mapping[str, str]) -> Done:
    webhooks.enable(desk.shop, name, desk.session.name, desk.now)
    return "enabled"


def _remove(desk: Desk, name: str, _: Mapping[str, str]) -> Done:
    webhooks.remove(desk.shop, name, desk.session.name, desk.now)
    return "removed"


def _again(desk: Desk, name: str, form: Mapping[str, str]) -> Done:
    id = form.get("id", "").replace("\0", "")[:100] or None
    return "again" if webhooks.send_again(desk.shop, name, id, desk.session.name, desk.now) else "nothing"


DEEDS: Final[Mapping[str, Callable[[Desk, str, Mapping[str, str]], Done]]] = {
    "test": _test,
    "disable": _disable,
    "enable": _enable,
    "remove": _remove,
    "again": _again,
}


def _types(form: Mapping[str, str]) -> list[str]:
    """What is ticked; all of them is everything, also what is to come."""
    ticked = [name.removeprefix(TYPE) for name in form if name.startswith(TYPE)]
    return [] if set(ticked) == set(TYPES) else ticked


def _allowed(request: Asked) -> Networks:
    return cast("Networks", request.app.state["networks"])


def _on(name: str, done: Done) -> Response[str]:
    return see_other(f"/webhooks/{name}?done={done}")


# --- what is shown ---------------------------------------------------------------------------------------------------


def _all(request: Asked, form: Mapping[str, str], refused: WebhookRefused | None = None) -> Response[str]:
    desk = desk_of(request)
    found = webhooks.endpoints(desk.shop)
    return answer(
        request,
        "webhooks.html.j2",
        "webhooks",
        program=desk.program,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
        as_of=telling.as_of(desk.now, desk.calendar),
        webhooks=[_told(one, desk) for one in found],
        done=_said(request),
        types=_choices(_types(form) if form else []),
        name=form.get("name", "")[:60],
        url=form.get("url", "")[: webhooks.MOST_URL_CHARACTERS],
        trouble=_trouble(refused),
    )


def _one(
    request: Asked,
    name: str,
    form: Mapping[str, str],
    *,
    secret: str = "",
    refused: WebhookRefused | None = None,
) -> Response[str]:
    desk, asked = desk_of(request), request.query_params
    standing = _standing(asked.get("state"))
    older = asked.get("older")
    try:
        one = webhooks.endpoint(desk.shop, name)
    except NoSuchWebhook:
        raise NotFoundException from None
    page = outbox.deliveries(desk.shop, one.id, older, A_PAGE, standing)
    return answer(
        request,
        "webhook.html.j2",
        "webhooks",
        program=desk.program,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
        as_of=telling.as_of(desk.now, desk.calendar),
        webhook=_told(one, desk),
        secret=secret,
        done=_said(request),
        types=_choices(_types(form) if form else list(one.types)),
        url=form.get("url", one.url)[: webhooks.MOST_URL_CHARACTERS],
        trouble=_trouble(refused),
        deliveries=[_delivery(each, desk) for each in page.deliveries],
        standings=[(each.value, said) for each, said in STANDINGS.items()],
        standing=standing.value if standing else "",
        older=_address(name, standing, page.next) if page.next else "",
        newest=_address(name, standing, None),
        is_first=older is None,
    )


def _told(one: Endpoint, desk: Desk) -> dict[str, object]:
    figures = one.figures
    return {
        "name": one.name,
        "path": f"/webhooks/{one.name}",
        "url": one.url,
        "types": ", ".join([TYPES.get(type, type) for type in one.types]) or "everything that happens",
        "is_on": one.disabled_at is None,
        "disabled": telling.moment(one.disabled_at, desk.calendar) if one.disabled_at is not None else "",
        "why": one.disabled_why,
        "rests": _rests(one, desk),
        "waiting": words.count(figures.waiting),
        "failed": words.count(figures.failed),
        "has_failed": figures.failed > 0,
        "delivered": telling.moment(figures.delivered_at, desk.calendar) if figures.delivered_at is not None else "",
    }


def _rests(one: Endpoint, desk: Desk) -> str:
    """Until when it is left alone; "" where it is not."""
    until = one.rests_until
    if one.disabled_at is not None or until is None or until <= desk.now:
        return ""
    return telling.moment(until, desk.calendar)


def _delivery(one: Delivery, desk: Desk) -> dict[str, object]:
    return {
        "id": one.id,
        "what": words.capitalized(TYPES.get(one.type, "a test message")),
        "when": telling.moment(one.created_at, desk.calendar),
        "standing": STANDINGS[one.standing],
        "has_failed": one.standing is Standing.FAILED,
        "fate": _fate(one, desk),
        "trouble": one.trouble,
        "body": one.body.decode(),
        "may_be_sent": one.standing is not Standing.DELIVERED and one.attempts > 0,
    }


def _fate(one: Delivery, desk: Desk) -> str:
    if not one.attempts:
        return "It goes out at once."
    attempts = "1 attempt" if one.attempts == 1 else f"{words.count(one.attempts)} attempts"
    at = one.due_at if one.ended_at is None else one.ended_at
    assert at is not None, "a message waits for its time, or has ended"
    moment = telling.moment(at, desk.calendar)
    if one.standing is Standing.WAITING:
        return f"{words.capitalized(attempts)} so far; the next " + moment
    return ("Delivered " if one.standing is Standing.DELIVERED else "Given up ") + moment + f", after {attempts}"


def _choices(asked: list[str]) -> list[tuple[str, str, bool]]:
    """Nothing asked for is everything."""
    return [(TYPE + type, says, not asked or type in asked) for type, says in TYPES.items()]


def _trouble(refused: WebhookRefused | None) -> dict[str, str]:
    """By the field at fault, what is wrong."""
    return {refused.place: f"{words.capitalized(refused.words)}."} if refused else {}


def _said(request: Asked) -> str:
    return SAID.get(request.query_params.get("done", ""), "") if request.method == "GET" else ""


def _standing(written: str | None) -> Standing | None:
    return Standing(written) if written in [one.value for one in STANDINGS] else None


def _address(name: str, standing: Standing | None, older: str | None) -> str:
    asked = [f"{key}={value}" for key, value in (("state", standing), ("older", older)) if value]
    return f"/webhooks/{name}{'?' if asked else ''}{'&'.join(asked)}"


handlers: Final = [webhooks_page, add, webhook_page, change, rotate, do]
