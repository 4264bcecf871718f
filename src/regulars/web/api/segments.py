"""Segments for the shop's server, with its secret key: how many are in each, who, in which somebody is, and whom a condition would
hold of. Everything says as of when it is.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeVar, cast

import msgspec
from anyio import to_thread
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from regulars.kernel.calendar import DAY
from regulars.kernel.rulebook import Rulebook
from regulars.service import programs, segment_lists
from regulars.service.customers import find
from regulars.service.in_segments import In, segments_of
from regulars.service.timeline import BadCursor
from regulars.web.analytics import Analytics, NotMade
from regulars.web.api.auth import need_secret_key
from regulars.web.api.bodies import read_body
from regulars.web.api.customers import Lookup, bad_cursor, checked, identity_in_path, not_found, page_of
from regulars.web.face import Face, face_of
from regulars.web.problems import Code, Problem
from regulars.wire.answers import Count, Moment
from regulars.wire.instants import rfc3339
from regulars.wire.segment_trial import tried
from regulars.wire.segment_writing import segments_in

T = TypeVar("T")

MOST_ASKED: Final = 500
MOST_BODY_BYTES: Final = 256 << 10
DEEPEST: Final = 24
WEEK: Final = 7 * DAY


class SegmentAnswer(Struct, frozen=True):
    """`who` is the condition in words; `entered` and `left` count the last seven days, without what a new program brought about."""

    id: str
    who: str
    members: Count
    entered: Count
    left: Count


class SegmentsAnswer(Struct, frozen=True):
    """In the order of the program. `waiting` customers have not been looked at by the program in force yet."""

    as_of: Moment
    segments: tuple[SegmentAnswer, ...]
    waiting: Count


class MemberAnswer(Struct, frozen=True):
    """`id` is ours; `name` is the shop's own id, else what the customer is known by."""

    id: str
    name: str
    since: Moment


class MembersAnswer(Struct, frozen=True):
    """In the order of our ids. `next` is the cursor of the next page, null on the last."""

    as_of: Moment
    segment: str
    members: tuple[MemberAnswer, ...]
    next: str | None


class InSegmentAnswer(Struct, frozen=True):
    """`because` says what brought it about, in words; empty where only a new program did."""

    segment: str
    since: Moment
    because: str


class CustomerSegmentsAnswer(Struct, frozen=True):
    """`id` is ours. What falls due until `as_of` has happened."""

    as_of: Moment
    id: str
    segments: tuple[InSegmentAnswer, ...]


class ManyCustomers(Struct, frozen=True, forbid_unknown_fields=True):
    customers: Annotated[tuple[Lookup, ...], Meta(max_length=MOST_ASKED)]


class FoundSegmentsAnswer(Struct, frozen=True):
    """`id` is null where nobody is known by that identity."""

    id: str | None
    segments: tuple[InSegmentAnswer, ...]


class MembershipsAnswer(Struct, frozen=True):
    """`customers` are in the order in which they were asked for."""

    as_of: Moment
    customers: tuple[FoundSegmentsAnswer, ...]


class ConditionToTry(Struct, frozen=True, forbid_unknown_fields=True):
    """A condition as it stands in a program under `segments`, in JSON."""

    condition: dict[str, Any]


class FaultAnswer(Struct, frozen=True):
    """`path` is where in the condition, as `all[1].within`; empty for the whole of it."""

    path: str
    message: str


class PreviewedAnswer(Struct, frozen=True):
    """What is wrong with it, or else `who` it is in words, how many `customers`, and a `sample` of them, `as_of` the moment that
    the analytic tables tell of. These three are null while those tables are being made.
    """

    problems: tuple[FaultAnswer, ...]
    who: str | None
    customers: Count | None
    sample: tuple[str, ...] | None
    as_of: Moment | None


def segment_handlers() -> list[HTTPRouteHandler]:
    return [segments, members, customer_segments, memberships, preview]


@get("/v1/segments", sync_to_thread=True)
def segments(request: Request[Any, Any, Any]) -> SegmentsAnswer:
    need_secret_key(request)
    face = face_of(request.scope)
    now = face.clock()
    with face.shop.store.one_moment():
        rulebook = _in_force(face)
        ids = [one.id for one in rulebook.program.segments]
        stands = segment_lists.standings(face.shop, ids, now - WEEK)
        waiting = programs.publications(face.shop)[0].waiting
    words = rulebook.program.words()
    told = []
    for one in rulebook.program.segments:
        standing = stands[one.id]
        told.append(SegmentAnswer(one.id, one.who(words), standing.members, standing.entered, standing.left))
    return SegmentsAnswer(rfc3339(now), tuple(told), waiting)


@get("/v1/segments/{id:str}/members", sync_to_thread=True)
def members(request: Request[Any, Any, Any]) -> MembersAnswer:
    need_secret_key(request)
    face, page, id = face_of(request.scope), page_of(request.scope["query_string"]), request.path_params["id"]
    if id not in [one.id for one in _in_force(face).program.segments]:
        raise Problem(Code.SEGMENT_NOT_FOUND, "GET /v1/segments says which there are.")
    now = face.clock()
    try:
        found = segment_lists.members(face.shop, id, page.cursor, page.limit)
    except BadCursor:
        raise bad_cursor() from None
    told = [MemberAnswer(one.id, one.name, rfc3339(one.since)) for one in found.members]
    return MembersAnswer(rfc3339(now), id, tuple(told), found.next)


@get("/v1/customers/{identity:str}/segments", sync_to_thread=True)
def customer_segments(request: Request[Any, Any, Any]) -> CustomerSegmentsAnswer:
    need_secret_key(request)
    face = face_of(request.scope)
    wanted = identity_in_path(face, request.path_params["identity"])
    id = find(face.shop, wanted.kind, wanted.value)
    if id is None:
        raise not_found()
    now = face.clock()
    return CustomerSegmentsAnswer(rfc3339(now), id, _told(segments_of(face.shop, [id], now).get(id, ())))


@post("/v1/segments/memberships", status_code=200)
async def memberships(request: Request[Any, Any, Any]) -> MembershipsAnswer:
    def found(face: Face, asked: ManyCustomers) -> MembershipsAnswer:
        now = face.clock()
        wanted = [checked(face, one.kind, one.value) for one in asked.customers]
        with face.shop.store.one_moment():
            ids = [find(face.shop, one.kind, one.value) for one in wanted]
            inside = segments_of(face.shop, [id for id in ids if id is not None], now)
        told = [FoundSegmentsAnswer(id, _told(inside.get(id, ())) if id else ()) for id in ids]
        return MembershipsAnswer(rfc3339(now), tuple(told))

    detail = f'Send {{"customers": [{{"kind": "user_id", "value": "…"}}]}} with at most {MOST_ASKED} of them.'
    return await _posted(request, ManyCustomers, detail, found)


@post("/v1/segments/preview", status_code=200)
async def preview(request: Request[Any, Any, Any]) -> PreviewedAnswer:
    def previewed(face: Face, asked: ConditionToTry) -> PreviewedAnswer:
        rulebook = _in_force(face)
        document = programs.document(face.shop, rulebook.version)
        trial = tried(document, _unused(document), as_written(asked.condition))
        segment = trial.segment
        if trial.program is None or segment is None:
            faults = [FaultAnswer((fault.place or "").removeprefix("."), fault.message) for fault in trial.faults]
            return PreviewedAnswer(tuple(faults), None, None, None, None)
        who = segment.who(trial.program.program.words())
        try:
            seen, as_of = _analytics(request).preview(segment.condition, trial.program)
        except NotMade:
            return PreviewedAnswer((), who, None, None, None)
        return PreviewedAnswer((), who, seen.customers, tuple([one.name for one in seen.sample]), rfc3339(as_of))

    detail = 'Send {"condition": {…}}, a condition as it stands in a program under `segments`.'
    return await _posted(request, ConditionToTry, detail, previewed)


async def _posted(request: Request[Any, Any, Any], shape: type[Any], detail: str, do: Callable[[Face, Any], T]) -> T:
    await to_thread.run_sync(need_secret_key, request)
    body = await read_body(request, MOST_BODY_BYTES)
    try:
        asked = msgspec.json.Decoder(shape, float_hook=str).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(Code.BAD_BODY, detail) from None
    return await to_thread.run_sync(do, face_of(request.scope), asked)


def as_written(value: Any, depth: int = 0) -> Any:
    """As it would stand in a document: every value as its text."""
    if depth > DEEPEST:
        raise Problem(Code.BAD_BODY, "The condition is nested too deep.")
    if isinstance(value, dict):
        return {name: as_written(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [as_written(one, depth + 1) for one in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _unused(document: str) -> str:
    taken = segments_in(document)
    return next(name for number in range(len(taken) + 1) if (name := f"asked-{number}") not in taken)


def _told(inside: Sequence[In]) -> tuple[InSegmentAnswer, ...]:
    return tuple([InSegmentAnswer(one.segment, rfc3339(one.since), one.why) for one in inside])


def _in_force(face: Face) -> Rulebook:
    rulebook = face.shop.rulebooks.in_force()
    if rulebook is None:
        raise Problem(Code.NO_PROGRAM, "Put one in force: regulars apply PROGRAM.", {"Retry-After": "30"})
    return rulebook


def _analytics(request: Request[Any, Any, Any]) -> Analytics:
    return cast("Analytics", request.app.state["analytics"])
