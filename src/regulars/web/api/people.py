"""What the shop's server does about people: export, erase, readmit, merge and part. Whom it is about stands in the body always, so
that it reaches no log. Each of these, asked again, answers the same and does nothing more.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from anyio import to_thread
from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from msgspec import Struct

from regulars.service import joining, rights
from regulars.service.customers import find, find_by_name
from regulars.service.joining import NotPossible, Reason
from regulars.service.tombstones import is_buried
from regulars.web.api.auth import need_secret_key, who_asks
from regulars.web.api.bodies import read_body
from regulars.web.api.customers import MOST_LOOKUP_BYTES, Lookup, checked, not_found
from regulars.web.exports import person_file
from regulars.web.face import Face, face_of
from regulars.web.problems import Code, Problem
from regulars.wire.answers import ErasedAnswer, MergedAnswer, PreviewAnswer, ReadmittedAnswer

T = TypeVar("T")


class Who(Struct, frozen=True, forbid_unknown_fields=True):
    customer: Lookup


class Merging(Struct, frozen=True, forbid_unknown_fields=True):
    """`customer` goes up in `into`; `why` stands in the audit trail."""

    customer: Lookup
    into: Lookup
    why: str


class Parting(Struct, frozen=True, forbid_unknown_fields=True):
    """`record` is our own id of the account that goes its own way again."""

    record: str


def people_handlers() -> list[HTTPRouteHandler]:
    return [export, erase, readmit, preview, merge, part]


@post("/v1/people/export", status_code=200)
async def export(request: Request[Any, Any, Any]) -> Stream:
    """Everything that is kept of one person."""

    def exported(face: Face, asked: Who, who: str) -> Stream:
        return person_file(face.shop, _id_of(face, asked.customer), who, face.clock(), {"Cache-Control": "no-store"})

    return await _done(request, Who, exported)


@post("/v1/people/erase", status_code=200)
async def erase(request: Request[Any, Any, Any]) -> ErasedAnswer:
    def erased(face: Face, asked: Who, who: str) -> ErasedAnswer:
        wanted = checked(face, asked.customer.kind, asked.customer.value)
        id = find_by_name(face.shop, wanted.kind, wanted.value)
        if id is None:
            with face.shop.store.reading() as connection:
                if is_buried(connection, (wanted.kind, wanted.value)):
                    return ErasedAnswer(True, 0, 0, 0, 0)
            raise not_found()
        done = rights.erase(face.shop, id, who, face.clock())
        return ErasedAnswer(True, done.records, done.identities, done.facts, done.refusals)

    return await _done(request, Who, erased)


@post("/v1/people/readmit", status_code=200)
async def readmit(request: Request[Any, Any, Any]) -> ReadmittedAnswer:
    def readmitted(face: Face, asked: Who, who: str) -> ReadmittedAnswer:
        wanted = checked(face, asked.customer.kind, asked.customer.value)
        return ReadmittedAnswer(rights.readmit(face.shop, (wanted.kind, wanted.value), who, face.clock()))

    return await _done(request, Who, readmitted)


@post("/v1/people/merge/preview", status_code=200)
async def preview(request: Request[Any, Any, Any]) -> PreviewAnswer:
    def previewed(face: Face, asked: Merging, _: str) -> PreviewAnswer:
        record, into = _id_of(face, asked.customer), _id_of(face, asked.into)
        seen = joining.preview(face.shop, record, into, face.clock())
        return PreviewAnswer(
            seen.into.id, seen.other.id, seen.available, seen.pending, seen.tier, tuple(sorted(seen.stricter))
        )

    return await _done(request, Merging, previewed)


@post("/v1/people/merge", status_code=200)
async def merge(request: Request[Any, Any, Any]) -> MergedAnswer:
    def merged(face: Face, asked: Merging, who: str) -> MergedAnswer:
        record, into = _id_of(face, asked.customer), _id_of(face, asked.into)
        if record != into:
            joining.merge(face.shop, record, into, who, asked.why, face.clock())
        return MergedAnswer(into, record)

    return await _done(request, Merging, merged)


@post("/v1/people/part", status_code=200)
async def part(request: Request[Any, Any, Any]) -> MergedAnswer:
    def parted(face: Face, asked: Parting, who: str) -> MergedAnswer:
        try:
            joining.part(face.shop, asked.record, who, face.clock())
        except NotPossible as no:
            if no.reason is not Reason.NOT_MERGED or find(face.shop, "id", asked.record) is None:
                raise
        return MergedAnswer(asked.record, asked.record)

    return await _done(request, Parting, parted)


async def _done(request: Request[Any, Any, Any], shape: type[Any], do: Callable[[Face, Any, str], T]) -> T:
    await to_thread.run_sync(need_secret_key, request)
    asked = _read(await read_body(request, MOST_LOOKUP_BYTES), shape)
    return await to_thread.run_sync(_try, do, face_of(request.scope), asked, who_asks(request))


def _try(do: Callable[[Face, Any, str], T], face: Face, asked: Any, who: str) -> T:
    try:
        return do(face, asked, who)
    except NotPossible as no:
        if no.reason is Reason.NOT_FOUND:
            raise not_found() from None
        raise Problem(Code.NOT_POSSIBLE, no.words) from None
    except rights.NobodyThere:
        raise not_found() from None


def _read(body: bytes, shape: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        fields = ", ".join(shape.__struct_fields__)
        detail = f'Send an object with {fields}; a customer is {{"kind": "user_id", "value": "…"}}.'
        raise Problem(Code.BAD_BODY, detail) from None


def _id_of(face: Face, wanted: Lookup) -> str:
    named = checked(face, wanted.kind, wanted.value)
    id = find_by_name(face.shop, named.kind, named.value)
    if id is None:
        raise not_found()
    return id
