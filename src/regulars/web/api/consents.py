"""Consents over the interface: how they stand and why, what the shop's server says of them, and links for people.

All of it takes a secret key. A link speaks for whoever bears it: give it to that person alone. Mail is not sent from here yet, so
the shop puts the links into its own.
"""

from collections.abc import Callable
from concurrent.futures import TimeoutError as TooLate
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from anyio import to_thread
from litestar import Request, post, route
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from regulars.kernel.facts import Instant
from regulars.kernel.program import Purpose
from regulars.service import preferences
from regulars.service.consents import ConsentView, Word
from regulars.service.customers import find
from regulars.service.preferences import KeyReused, Known, Nameless
from regulars.service.tokens import Link
from regulars.service.writer import Busy
from regulars.web.admin.gate import is_https
from regulars.web.api.auth import need_secret_key
from regulars.web.api.bodies import read_body
from regulars.web.api.customers import MOST_LOOKUP_BYTES, Lookup, checked, identity_in_path, not_found
from regulars.web.face import Face, face_of
from regulars.web.problems import Code, Problem
from regulars.wire.answers import ConsentAnswer, Moment
from regulars.wire.events import ConsentSaid
from regulars.wire.events.clock import happened_at as moment_of
from regulars.wire.events.identities import usable_message_id
from regulars.wire.events.refusals import EventRefused
from regulars.wire.instants import rfc3339

T = TypeVar("T")

Said = Annotated[str, Meta(max_length=200, pattern=r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]*$")]
KEY_HEADER: Final = "idempotency-key"
_RETRY_SOON: Final = {"Retry-After": "1"}


class ConsentToConfirm(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose consent, and to what."""

    customer: Lookup
    purpose: Purpose


class ConsentTold(Struct, frozen=True, forbid_unknown_fields=True):
    """One word about one purpose, with its proof: `wording` names the text that was shown and its version, `place` where it was
    said. The place `confirmed` says that a double opt-in of the shop's own is complete. Without `happened_at` it was said now.
    """

    purpose: Purpose
    granted: bool
    wording: Said = ""
    place: Said = ""
    ground: Literal["consent", "contract", "legitimate_interest"] = "consent"
    happened_at: Moment | None = None


class LinkAnswer(Struct, frozen=True):
    """`url` opens the page until `expires_at`, for whoever has it."""

    url: str
    expires_at: Moment


class WordAnswer(Struct, frozen=True):
    """One word about one purpose. `trust` is `shop`, or `weak` for what only a browser says."""

    purpose: str
    granted: bool
    trust: str
    ground: str
    wording: str
    place: str
    source: str
    imported: bool
    happened_at: Moment
    recorded_at: Moment


class ConsentsAnswer(Struct, frozen=True):
    """How every purpose stands now, and every word about it, newest first: at most 1,000."""

    consents: tuple[ConsentAnswer, ...]
    words: tuple[WordAnswer, ...]


def consent_handlers() -> list[HTTPRouteHandler]:
    return [preferences_link, confirmation_link, consents]


@post("/v1/customers/preferences-link", status_code=200)
async def preferences_link(request: Request[Any, Any, Any]) -> LinkAnswer:
    def linked(face: Face, wanted: Lookup) -> LinkAnswer:
        link = preferences.preferences_link(face.shop, _id_of(face, wanted), face.clock())
        return _link(request, "preferences", link)

    return await _done(request, Lookup, linked)


@post("/v1/consents/confirmation-link", status_code=200)
async def confirmation_link(request: Request[Any, Any, Any]) -> LinkAnswer:
    def linked(face: Face, wanted: ConsentToConfirm) -> LinkAnswer:
        id = _id_of(face, wanted.customer)
        link = preferences.confirmation_link(face.shop, id, wanted.purpose, face.clock())
        return _link(request, "preferences/confirm", link)

    return await _done(request, ConsentToConfirm, linked)


@route("/v1/customers/{identity:str}/consents", http_method=["GET", "POST"], status_code=200)
async def consents(request: Request[Any, Any, Any]) -> ConsentsAnswer:
    """One handler for both, so that OPTIONS names both."""
    return await (_told(request) if request.method == "POST" else to_thread.run_sync(_read, request))


def _read(request: Request[Any, Any, Any]) -> ConsentsAnswer:
    need_secret_key(request)
    face = face_of(request.scope)
    return _shown(face, identity_in_path(face, request.path_params["identity"]))


async def _told(request: Request[Any, Any, Any]) -> ConsentsAnswer:
    """The answer leaves when the word is stored, and shows how everything stands then."""

    def say(face: Face, asked: ConsentTold) -> ConsentsAnswer:
        now = face.clock()
        wanted = identity_in_path(face, request.path_params["identity"])
        if find(face.shop, wanted.kind, wanted.value) is None:
            raise not_found()
        said = ConsentSaid(asked.purpose, asked.granted, asked.ground, asked.wording, asked.place)
        preferences.say(face.shop, _who(face, wanted), said, idempotency_key(request), _moment(asked, now), now)
        return _shown(face, wanted)

    return await _done(request, ConsentTold, say)


async def _done(request: Request[Any, Any, Any], shape: type[Any], do: Callable[[Face, Any], T]) -> T:
    await to_thread.run_sync(need_secret_key, request)
    body = await read_body(request, MOST_LOOKUP_BYTES)
    try:
        asked = msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(Code.BAD_BODY, "Compare the body with the one in /openapi.json.") from None
    return await to_thread.run_sync(_try, do, face_of(request.scope), asked)


def _try(do: Callable[[Face, Any], T], face: Face, asked: Any) -> T:
    if face.shop.rulebooks.latest() is None:
        raise Problem(Code.NO_PROGRAM, "Apply one: `regulars apply PROGRAM`.", {"Retry-After": "5"})
    try:
        return do(face, asked)
    except Nameless:
        detail = "This is a visitor without a name: there is nobody to whom a link could be given."
        raise Problem(Code.NOT_POSSIBLE, detail) from None
    except KeyReused:
        detail = "This Idempotency-Key was used before, for something else. The first word stands; take another key."
        raise Problem(Code.NOT_POSSIBLE, detail) from None
    except (Busy, TooLate):
        raise Problem(Code.BUSY, "More arrives than can be stored. Send it again in a second.", _RETRY_SOON) from None


def _id_of(face: Face, asked: Lookup) -> str:
    """A link is for a person: a device leads to whoever a browser names, and that proves nothing."""
    wanted = checked(face, asked.kind, asked.value)
    if wanted.kind == "anonymous_id":
        raise Problem(Code.BAD_IDENTITY, "A device is nobody. Name the customer: by user_id, email, phone or id.")
    id = find(face.shop, wanted.kind, wanted.value)
    if id is None:
        raise not_found()
    return id


def _who(face: Face, wanted: Lookup) -> tuple[str, str]:
    """Under their own ids people and devices are spoken of as in events; else by our own id."""
    if wanted.kind in ("user_id", "anonymous_id"):
        return wanted.kind, wanted.value
    id = find(face.shop, wanted.kind, wanted.value)
    if id is None:
        raise not_found()
    return "id", id


def idempotency_key(request: Request[Any, Any, Any]) -> str | None:
    written = request.headers.get(KEY_HEADER)
    if written is None:
        return None
    key = usable_message_id(written)
    if key is None:
        raise Problem(Code.BAD_REQUEST, "`Idempotency-Key` has 1 to 100 characters, none of them a control character.")
    return key


def _moment(asked: ConsentTold, now: Instant) -> Instant | None:
    """What would lie in the future happens now."""
    if asked.happened_at is None:
        return None
    try:
        return moment_of(asked.happened_at, None, now)
    except EventRefused:
        raise Problem(Code.BAD_BODY, "`happened_at` is RFC 3339, and not before 1990.") from None


def _shown(face: Face, wanted: Lookup) -> ConsentsAnswer:
    id = find(face.shop, wanted.kind, wanted.value)
    known = None if id is None else preferences.consents_of(face.shop, id)
    if known is None:
        raise not_found()
    return _answer(known)


def _answer(known: Known) -> ConsentsAnswer:
    return ConsentsAnswer(
        tuple([_standing(one) for one in known.standings]), tuple([_word(one) for one in known.words])
    )


def _standing(one: ConsentView) -> ConsentAnswer:
    since = None if one.since is None else rfc3339(one.since)
    return ConsentAnswer(one.purpose, one.standing, one.allows, one.ground, since, one.wording, one.place, one.source)


def _word(one: Word) -> WordAnswer:
    return WordAnswer(
        one.purpose,
        bool(one.granted),
        one.trust,
        one.ground,
        one.wording,
        one.place,
        one.source,
        bool(one.imported),
        rfc3339(one.happened_at),
        rfc3339(one.recorded_at),
    )


def _link(request: Request[Any, Any, Any], path: str, link: Link) -> LinkAnswer:
    """By the name under which the request came: a proxy hands it on."""
    scheme = "https" if is_https(request) else "http"
    return LinkAnswer(f"{scheme}://{request.url.netloc}/{path}/{link.token}", rfc3339(link.expires_at))
