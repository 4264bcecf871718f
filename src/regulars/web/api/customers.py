"""Reading customers: who they are, what they hold, what happened and why. For the shop's server alone, with its secret key.

An identity in a path is the shop's own id as it is, or `kind:value`; e-mail and phone are only taken in a POST body, so that
they reach no log on the way.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import parse_qs

import msgspec
from anyio import to_thread
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from regulars.kernel.facts import Instant
from regulars.kernel.program import USUAL_KINDS, IdentityKind
from regulars.service import customers, timeline
from regulars.service.liability import BadDay, moment_of
from regulars.web.api import showing
from regulars.web.api.auth import need_secret_key
from regulars.web.api.bodies import read_body
from regulars.web.face import Face, face_of
from regulars.web.problems import Code, Problem
from regulars.wire.answers import CustomerAnswer, ExplainAnswer, LedgerAnswer
from regulars.wire.events.identities import identifier, usable
from regulars.wire.events.refusals import EventReason, EventRefused
from regulars.wire.orders.cells import CellRefused, instant

MOST_PER_PAGE: Final = 200
USUAL_PER_PAGE: Final = 50
MOST_LOOKUP_BYTES: Final = 16 << 10
_IN_A_PATH: Final = frozenset({"user_id", "anonymous_id", "id"})
_NEVER_IN_A_PATH: Final = frozenset({"email", "phone"})

Kind = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Lookup(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to look up. `user_id` is the shop's own id, `anonymous_id` a device, `id` is ours; else `email`, `phone`, `card` or a
    kind that the program declares.
    """

    kind: Kind
    value: str


class Page(Struct, frozen=True):
    """Which part of a list: `cursor` is the `next` of the page before."""

    cursor: str | None
    limit: int


def customer_handlers() -> list[HTTPRouteHandler]:
    return [customer, ledger, explain, lookup]


@get("/v1/customers/{identity:str}", sync_to_thread=True)
def customer(request: Request[Any, Any, Any]) -> CustomerAnswer:
    need_secret_key(request)
    face = face_of(request.scope)
    wanted, moment = identity_in_path(face, request.path_params["identity"]), _moment_of(face, request)
    return _shown(face, wanted) if moment is None else _shown_as_of(face, wanted, moment)


@get("/v1/customers/{identity:str}/ledger", sync_to_thread=True)
def ledger(request: Request[Any, Any, Any]) -> LedgerAnswer:
    need_secret_key(request)
    face, page = face_of(request.scope), page_of(request.scope["query_string"])
    id = _known_id(face, identity_in_path(face_of(request.scope), request.path_params["identity"]))
    try:
        return showing.ledger(timeline.ledger(face.shop, id, page.cursor, page.limit))
    except timeline.BadCursor:
        raise bad_cursor() from None


@get("/v1/customers/{identity:str}/explain", sync_to_thread=True)
def explain(request: Request[Any, Any, Any]) -> ExplainAnswer:
    need_secret_key(request)
    face, page = face_of(request.scope), page_of(request.scope["query_string"])
    id = _known_id(face, identity_in_path(face_of(request.scope), request.path_params["identity"]))
    try:
        return showing.explained(timeline.explain(face.shop, id, page.cursor, page.limit))
    except timeline.BadCursor:
        raise bad_cursor() from None


@post("/v1/customers/lookup", status_code=200)
async def lookup(request: Request[Any, Any, Any]) -> CustomerAnswer:
    await to_thread.run_sync(need_secret_key, request)
    face = face_of(request.scope)
    wanted = _lookup(face, await read_body(request, MOST_LOOKUP_BYTES))
    return await to_thread.run_sync(_shown, face, wanted)


def identity_in_path(face: Face, text: str) -> Lookup:
    """A word before a colon that names no kind is part of the shop's id."""
    kind, colon, value = text.partition(":")
    if colon and kind.casefold() in _NEVER_IN_A_PATH:
        detail = "POST it to /v1/customers/lookup, so that it reaches no log."
        raise Problem(Code.IDENTITY_IN_PATH, detail)
    if colon and (kind in _IN_A_PATH or kind in kinds_of(face)):
        return checked(face, kind, value)
    return checked(face, "user_id", text)


def kinds_of(face: Face) -> dict[str, IdentityKind]:
    """The kinds of identities beside ids, as the program in force knows them."""
    rulebook = face.shop.rulebooks.latest()
    return {kind.kind: kind for kind in (rulebook.program.kinds() if rulebook else USUAL_KINDS)}


def checked(face: Face, kind: str, value: str) -> Lookup:
    """In the form in which events bring identities in."""
    if kind not in _IN_A_PATH:
        known = kinds_of(face).get(kind)
        normal = usable(known, value) if known else None
        if normal is None:
            raise Problem(Code.BAD_IDENTITY, "The value is none of its kind, or the program knows no such kind.")
        return Lookup(kind, normal)
    try:
        name = identifier(value, kind, EventReason.BAD_IDENTITY)
    except EventRefused as refused:
        raise Problem(Code.BAD_IDENTITY, refused.message) from None
    if name is None:
        raise Problem(Code.BAD_IDENTITY, "The identity is empty.")
    return Lookup(kind, name)


def _lookup(face: Face, body: bytes) -> Lookup:
    try:
        wanted = msgspec.json.decode(body, type=Lookup)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        detail = 'Send {"kind": "email", "value": "…"}; kinds are user_id, anonymous_id, email, phone, card and id.'
        raise Problem(Code.BAD_BODY, detail) from None
    return checked(face, wanted.kind, wanted.value)


def _shown(face: Face, wanted: Lookup) -> CustomerAnswer:
    with face.shop.store.one_moment():
        found = customers.customer(face.shop, _known_id(face, wanted), face.clock())
    if found is None:
        raise not_found()
    return showing.customer(found)


def _shown_as_of(face: Face, wanted: Lookup, at: Instant) -> CustomerAnswer:
    with face.shop.store.one_moment():
        found = customers.customer_as_of(face.shop, _known_id(face, wanted), at)
    if found is None:
        raise not_found()
    return showing.customer(found)


def _moment_of(face: Face, request: Request[Any, Any, Any]) -> Instant | None:
    """A moment, or the end of a day on the shop's wall. None where nothing is asked."""
    query = parse_qs(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    written, now = _only(query, "as_of", Code.BAD_PERIOD), face.clock()
    if written is None:
        return None
    rulebook = face.shop.rulebooks.latest()
    try:
        if rulebook is not None and len(written) == len("2017-03-31"):
            return moment_of(written, rulebook.calendar, now)
        at = instant(written.replace(" ", "+"), None)
    except BadDay as bad:
        raise Problem(Code.BAD_PERIOD, str(bad)) from None
    except CellRefused:
        raise Problem(Code.BAD_PERIOD, "Write `as_of` as 2017-03-31T23:59:59Z, or as 2017-03-31.") from None
    if at > now:
        raise Problem(Code.BAD_PERIOD, "`as_of` is yet to come. Leave it out for now.")
    return at


def _known_id(face: Face, wanted: Lookup) -> str:
    id = customers.find(face.shop, wanted.kind, wanted.value)
    if id is None:
        raise not_found()
    return id


def page_of(query: bytes) -> Page:
    """A parameter that is given twice is refused: which of them counts would be a guess."""
    asked = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    return Page(_only(asked, "cursor", Code.BAD_CURSOR), _limit(_only(asked, "limit", Code.BAD_LIMIT)))


def _only(asked: Mapping[str, list[str]], name: str, code: Code) -> str | None:
    values = asked.get(name, [])
    if len(values) > 1:
        raise Problem(code, f"Send `{name}` once.")
    return values[0] if values else None


def _limit(written: str | None) -> int:
    if written is None:
        return USUAL_PER_PAGE
    if written.isascii() and written.isdigit() and len(written) <= 3 and 1 <= int(written) <= MOST_PER_PAGE:
        return int(written)
    raise Problem(Code.BAD_LIMIT, f"`limit` is a whole number from 1 to {MOST_PER_PAGE}.")


def not_found() -> Problem:
    return Problem(Code.CUSTOMER_NOT_FOUND, "Nobody is known by this identity.")


def bad_cursor() -> Problem:
    return Problem(Code.BAD_CURSOR, "Send the `next` of the page before as it is, or no cursor for the first page.")
