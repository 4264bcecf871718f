"""A level by the shop's own word, over the interface. With the secret key alone."""

from typing import Any

import msgspec
from anyio import to_thread
from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from regulars.kernel.facts import Instant
from regulars.service import customers
from regulars.service.commands import Command, KeyReused, NotPossible
from regulars.service.levels import LevelWord, set_level
from regulars.web.api.auth import need_secret_key, who_asks
from regulars.web.api.bodies import read_body
from regulars.web.api.consents import Said, idempotency_key
from regulars.web.api.customers import MOST_LOOKUP_BYTES, identity_in_path, not_found
from regulars.web.face import Face, face_of
from regulars.web.problems import Code, Problem
from regulars.wire.answers import LevelAnswer, Moment
from regulars.wire.sources import parse_instant


class LevelToSet(Struct, frozen=True, forbid_unknown_fields=True):
    """The customer is held at least at `level`; null takes that back. `until` is the moment at which it ends; without one it holds
    until you say otherwise. `reason` may be shown to the customer.
    """

    level: str | None
    until: Moment | None = None
    reason: Said = ""


def level_handlers() -> list[HTTPRouteHandler]:
    return [level]


@post("/v1/customers/{identity:str}/level", status_code=200)
async def level(request: Request[Any, Any, Any]) -> LevelAnswer:
    await to_thread.run_sync(need_secret_key, request)
    body = await read_body(request, MOST_LOOKUP_BYTES)
    try:
        asked = msgspec.json.decode(body, type=LevelToSet)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(Code.BAD_BODY, "Compare the body with the one in /openapi.json.") from None
    return await to_thread.run_sync(_set, request, face_of(request.scope), asked)


def _set(request: Request[Any, Any, Any], face: Face, asked: LevelToSet) -> LevelAnswer:
    if face.shop.rulebooks.latest() is None:
        raise Problem(Code.NO_PROGRAM, "Apply one: `regulars apply PROGRAM`.", {"Retry-After": "5"})
    wanted, now = identity_in_path(face, request.path_params["identity"]), face.clock()
    id = customers.find_by_name(face.shop, wanted.kind, wanted.value)
    if id is None:
        raise not_found()
    word = LevelWord(id, asked.level, _until(asked), asked.reason)
    command = Command("level", idempotency_key(request), msgspec.json.encode(word), who_asks(request))
    try:
        return msgspec.json.decode(set_level(face.shop, word, command, now).answer, type=LevelAnswer)
    except KeyReused:
        detail = "This Idempotency-Key was used before, for something else. The first word stands; take another key."
        raise Problem(Code.NOT_POSSIBLE, detail) from None
    except NotPossible as error:
        raise Problem(Code.NOT_POSSIBLE, error.words) from None


def _until(asked: LevelToSet) -> Instant | None:
    if asked.until is None:
        return None
    try:
        return parse_instant(asked.until, "UTC")
    except ValueError:
        raise Problem(Code.BAD_BODY, "`until` is RFC 3339.") from None
