"""Perks over HTTP: what a customer may, and whether they may this, now. A "no" is a 200 with a reason from a closed list. For the
shop's server with its secret key: whoever asks with a public one is refused.
"""

from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from regulars.kernel.entitlements import Entitlement
from regulars.kernel.facts import Instant
from regulars.service import customers, perks
from regulars.service.group import NoProgram
from regulars.web.api.auth import need_secret_key
from regulars.web.api.bodies import read_body
from regulars.web.api.customers import MOST_LOOKUP_BYTES, Lookup, checked, identity_in_path, not_found
from regulars.web.face import Face, face_of
from regulars.web.problems import Code, Problem
from regulars.wire.answers import EntitlementAnswer, EntitlementsAnswer
from regulars.wire.instants import rfc3339
from regulars.wire.sources import parse_instant


class PerkAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """`at` is another moment than now, RFC 3339, or without an offset on the shop's wall; `product` what they want to buy."""

    customer: Lookup
    perk: Annotated[str, Meta(min_length=1, max_length=200)]
    at: str | None = None
    product: Annotated[str, Meta(max_length=200)] | None = None


def entitlement_handlers() -> list[HTTPRouteHandler]:
    return [entitlements, check]


@get("/v1/customers/{identity:str}/entitlements", sync_to_thread=True)
def entitlements(request: Request[Any, Any, Any]) -> EntitlementsAnswer:
    need_secret_key(request)
    face = face_of(request.scope)
    wanted = identity_in_path(face, request.path_params["identity"])
    id = customers.find(face.shop, wanted.kind, wanted.value)
    if id is None:
        raise not_found()
    now = face.clock()
    try:
        found = perks.perks_of(face.shop, id, now)
    except NoProgram:
        raise _no_program() from None
    return EntitlementsAnswer(id, rfc3339(now), tuple([_shown(one) for one in found]))


@post("/v1/entitlements/check", status_code=200)
async def check(request: Request[Any, Any, Any]) -> EntitlementAnswer:
    await to_thread.run_sync(need_secret_key, request)
    body = await read_body(request, MOST_LOOKUP_BYTES)
    return await to_thread.run_sync(_checked, face_of(request.scope), body)


def _checked(face: Face, body: bytes) -> EntitlementAnswer:
    asked = _read(body)
    wanted = checked(face, asked.customer.kind, asked.customer.value)
    id = customers.find(face.shop, wanted.kind, wanted.value)
    try:
        return _shown(perks.check(face.shop, id, asked.perk, asked.product, _moment(face, asked.at), face.clock()))
    except NoProgram:
        raise _no_program() from None


def _read(body: bytes) -> PerkAsked:
    try:
        return msgspec.json.decode(body, type=PerkAsked)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        detail = 'Send {"customer": {"kind": "user_id", "value": "…"}, "perk": "…"}, and perhaps “at” and “product”.'
        raise Problem(Code.BAD_BODY, detail) from None


def _moment(face: Face, written: str | None) -> Instant | None:
    rulebook = face.shop.rulebooks.in_force()
    if written is None or rulebook is None:
        return None
    try:
        return parse_instant(written, rulebook.program.zone.name)
    except ValueError:
        raise Problem(Code.BAD_BODY, "`at` is a moment such as 2026-11-27T09:00:00Z.") from None


def _shown(found: Entitlement) -> EntitlementAnswer:
    perk = found.perk
    return EntitlementAnswer(
        perk=found.id,
        entitled=found.entitled,
        reason=found.reason.value,
        opens_at=None if found.opens_at is None else rfc3339(found.opens_at),
        until=None if found.until is None else rfc3339(found.until),
        title=perk.title if perk else "",
        days=perk.days if perk else None,
        products=perk.products if perk else (),
    )


def _no_program() -> Problem:
    return Problem(
        Code.NO_PROGRAM, "Put a program in force first: it says which perks there are.", {"Retry-After": "30"}
    )
