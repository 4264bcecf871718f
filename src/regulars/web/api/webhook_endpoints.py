"""Webhooks of our own over the interface: which systems are told what, with what secret, and what became of each message.

All of it takes a secret key, and stands in the audit trail under it. A secret is in one answer only, the one that made it.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, TypeVar, cast

import msgspec
from anyio import to_thread
from litestar import Request, get, post, route
from litestar.handlers import HTTPRouteHandler
from msgspec import UNSET, Meta, Struct, UnsetType

from regulars.kernel.facts import Instant
from regulars.service import outbox, webhooks
from regulars.service.networks import Networks
from regulars.service.outbox import Delivery
from regulars.service.timeline import BadCursor
from regulars.service.webhooks import NAME, NoSuchWebhook, WebhookRefused
from regulars.web.api.auth import need_secret_key, who_asks
from regulars.web.api.bodies import read_body
from regulars.web.api.customers import bad_cursor, page_of
from regulars.web.face import Face, face_of
from regulars.web.problems import Code, Problem
from regulars.wire.answers import Moment
from regulars.wire.instants import rfc3339

T = TypeVar("T")

MOST_BYTES: Final = 16 << 10
AT: Final = "/v1/webhook-endpoints"

Name = Annotated[str, Meta(pattern=f"^{NAME.pattern}$")]
Url = Annotated[str, Meta(min_length=1, max_length=webhooks.MOST_URL_CHARACTERS)]
Type = Annotated[str, Meta(extra_json_schema={"enum": list(webhooks.TYPES)})]


class EndpointToAdd(Struct, frozen=True, forbid_unknown_fields=True):
    """`types` are what it is told; none means all, also those to come."""

    name: Name
    url: Url
    types: tuple[Type, ...] = ()


class EndpointChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is left away stays as it is."""

    url: Url | UnsetType = UNSET
    types: tuple[Type, ...] | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class SecretToRotate(Struct, frozen=True, forbid_unknown_fields=True):
    """`at_once`: the old secret is in wrong hands, and signs nothing from now on. Otherwise both sign for a day."""

    at_once: bool = False


class MessageToTest(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing need be said."""


class MessageToRetry(Struct, frozen=True, forbid_unknown_fields=True):
    """`id` is that of one message; without, all that were given up."""

    id: str | None = None


class EndpointAnswer(Struct, frozen=True):
    """`waiting` messages are still to be delivered, `failed` ones were given up in the last thirty days. Where it said that it was
    too much, it is told nothing before `rests_until`."""

    name: str
    url: str
    types: tuple[str, ...]
    created_at: Moment
    rests_until: Moment | None
    disabled_at: Moment | None
    disabled_why: str
    waiting: int
    failed: int
    delivered_at: Moment | None


class EndpointsAnswer(Struct, frozen=True):
    """By their names."""

    endpoints: tuple[EndpointAnswer, ...]


class SecretAnswer(Struct, frozen=True):
    """What messages are signed with; it is not shown again."""

    name: str
    secret: str


class RemovedAnswer(Struct, frozen=True):
    removed: bool


class MessageAnswer(Struct, frozen=True):
    """The message that is on its way."""

    id: str


class RetriedAnswer(Struct, frozen=True):
    """How many are sent once more."""

    retried: int


class DeliveryAnswer(Struct, frozen=True):
    """`status` and `trouble` are of the last attempt. `due_at` is when it is sent next, `ended_at` when it was delivered or given
    up."""

    id: str
    type: str
    state: Literal["waiting", "delivered", "failed"]
    created_at: Moment
    due_at: Moment | None
    ended_at: Moment | None
    attempts: int
    status: int | None
    trouble: str


class DeliveriesAnswer(Struct, frozen=True):
    """Newest first. `next` is the cursor of the page after this one, null on the last."""

    deliveries: tuple[DeliveryAnswer, ...]
    next: str | None


def webhook_endpoint_handlers() -> list[HTTPRouteHandler]:
    return [endpoints, endpoint, rotate, send_test, retry, deliveries]


@route(AT, http_method=["GET", "POST"], status_code=200)
async def endpoints(request: Request[Any, Any, Any]) -> EndpointsAnswer | SecretAnswer:
    """One handler for both, so that OPTIONS names both."""
    if request.method == "POST":
        return await _done(request, EndpointToAdd, _add)
    return await to_thread.run_sync(_all, request)


@route(AT + "/{name:str}", http_method=["GET", "PATCH", "DELETE"], status_code=200)
async def endpoint(request: Request[Any, Any, Any]) -> EndpointAnswer | RemovedAnswer:
    if request.method == "PATCH":
        return await _done(request, EndpointChanges, _change)
    return await to_thread.run_sync(_remove if request.method == "DELETE" else _one, request)


@post(AT + "/{name:str}/rotate", status_code=200)
async def rotate(request: Request[Any, Any, Any]) -> SecretAnswer:
    def rotated(asked: SecretToRotate) -> SecretAnswer:
        face, name = _at(request)
        secret = webhooks.rotate(face.shop, name, who_asks(request), face.clock(), at_once=asked.at_once)
        return SecretAnswer(name, secret)

    return await _done(request, SecretToRotate, lambda _, asked: rotated(asked))


@post(AT + "/{name:str}/test", status_code=200)
async def send_test(request: Request[Any, Any, Any]) -> MessageAnswer:
    def tested() -> MessageAnswer:
        face, name = _at(request)
        return MessageAnswer(webhooks.send_test(face.shop, name, face.clock()))

    return await _done(request, MessageToTest, lambda _, __: tested())


@post(AT + "/{name:str}/retry", status_code=200)
async def retry(request: Request[Any, Any, Any]) -> RetriedAnswer:
    def retried(asked: MessageToRetry) -> RetriedAnswer:
        face, name = _at(request)
        return RetriedAnswer(webhooks.send_again(face.shop, name, asked.id, who_asks(request), face.clock()))

    return await _done(request, MessageToRetry, lambda _, asked: retried(asked))


@get(AT + "/{name:str}/deliveries", sync_to_thread=True)
def deliveries(request: Request[Any, Any, Any]) -> DeliveriesAnswer:
    need_secret_key(request)
    page = page_of(request.scope["query_string"])
    face, name = _at(request)
    try:
        id = webhooks.endpoint(face.shop, name).id
        found = outbox.deliveries(face.shop, id, page.cursor, page.limit)
    except NoSuchWebhook:
        raise _not_found() from None
    except BadCursor:
        raise bad_cursor() from None
    return DeliveriesAnswer(tuple([_delivery(one) for one in found.deliveries]), found.next)


# --- what is done ----------------------------------------------------------------------------------------------------


def _all(request: Request[Any, Any, Any]) -> EndpointsAnswer:
    need_secret_key(request)
    return EndpointsAnswer(tuple([_shown(one) for one in webhooks.endpoints(face_of(request.scope).shop)]))


def _one(request: Request[Any, Any, Any]) -> EndpointAnswer:
    need_secret_key(request)
    face, name = _at(request)
    return _try(lambda: _shown(webhooks.endpoint(face.shop, name)))


def _remove(request: Request[Any, Any, Any]) -> RemovedAnswer:
    need_secret_key(request)
    face, name = _at(request)
    _try(lambda: webhooks.remove(face.shop, name, who_asks(request), face.clock()))
    return RemovedAnswer(True)


def _add(request: Request[Any, Any, Any], asked: EndpointToAdd) -> SecretAnswer:
    face, who = face_of(request.scope), who_asks(request)
    secret = webhooks.register(face.shop, asked.name, asked.url, asked.types, _allowed(request), who, face.clock())
    return SecretAnswer(asked.name, secret)


def _change(request: Request[Any, Any, Any], asked: EndpointChanges) -> EndpointAnswer:
    face, name = _at(request)
    who, now = who_asks(request), face.clock()
    url, types = _given(asked.url), _given(asked.types)
    webhooks.change(face.shop, name, url, types, _allowed(request), who, now)
    if asked.disabled is not UNSET:
        (webhooks.disable if asked.disabled else webhooks.enable)(face.shop, name, who, now)
    return _shown(webhooks.endpoint(face.shop, name))


async def _done(request: Request[Any, Any, Any], shape: type[Any], do: Callable[[Request[Any, Any, Any], Any], T]) -> T:
    await to_thread.run_sync(need_secret_key, request)
    body = await read_body(request, MOST_BYTES)
    try:
        asked = msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(Code.BAD_BODY, "Compare the body with the one in /openapi.json.") from None
    return await to_thread.run_sync(_try, lambda: do(request, asked))


def _try(do: Callable[[], T]) -> T:
    try:
        return do()
    except NoSuchWebhook:
        raise _not_found() from None
    except WebhookRefused as refused:
        if refused.place:
            raise Problem(Code.BAD_BODY, f"`{refused.place}`: {refused.words}.") from None
        raise Problem(Code.NOT_POSSIBLE, f"{refused.words[0].upper()}{refused.words[1:]}.") from None


def _at(request: Request[Any, Any, Any]) -> tuple[Face, str]:
    return face_of(request.scope), request.path_params["name"]


def _allowed(request: Request[Any, Any, Any]) -> Networks:
    return cast("Networks", request.app.state["networks"])


def _given(value: T | UnsetType) -> T | None:
    return None if isinstance(value, UnsetType) else value


def _not_found() -> Problem:
    return Problem(Code.WEBHOOK_NOT_FOUND, "There is no webhook of this name.")


# --- what is answered ------------------------------------------------------------------------------------------------


def _shown(one: webhooks.Endpoint) -> EndpointAnswer:
    return EndpointAnswer(
        one.name,
        one.url,
        one.types,
        rfc3339(one.created_at),
        _moment(one.rests_until),
        _moment(one.disabled_at),
        one.disabled_why,
        one.figures.waiting,
        one.figures.failed,
        _moment(one.figures.delivered_at),
    )


def _delivery(one: Delivery) -> DeliveryAnswer:
    return DeliveryAnswer(
        one.id,
        one.type,
        one.standing.value,
        rfc3339(one.created_at),
        _moment(one.due_at),
        _moment(one.ended_at),
        one.attempts,
        one.status,
        one.trouble,
    )


def _moment(instant: Instant | None) -> str | None:
    return None if instant is None else rfc3339(instant)
