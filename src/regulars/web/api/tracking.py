"""The tracking routes, as Segment's clients know them, so that a shop may point the clients it has at us.

Their clients retry 5xx and 429 and throw away what is answered with any other 4xx, the whole batch. So only a request of
which nothing could be taken is a 400; a bad event is named in a 200. The answer leaves when the events are stored. What is more
than a key or an address may send is a 429, and none of it is taken.

To a public key the answer is the same whatever is stored: what only the store knows (an id that was used before) is kept for
the shop, and not said to everybody's browser.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler

from regulars.kernel.facts import Instant
from regulars.service.ingest import Ingested, NoProgram, ingest
from regulars.service.memberships import Move
from regulars.service.writer import Busy
from regulars.web.api.auth import admit, admit_events, credentials_of, unknown_yet
from regulars.web.api.bodies import read_body
from regulars.web.face import Face, client_address, face_of
from regulars.web.problems import Code, Problem
from regulars.wire.answers import RejectedEvent, SegmentMove, Taken
from regulars.wire.events import (
    MOST_BODY_BYTES,
    MOST_EVENTS,
    BodyError,
    RefusedEvent,
    Sender,
    Sent,
    Understood,
    understand,
    write_key_of,
)
from regulars.wire.events.surroundings import NOT_SAID
from regulars.wire.instants import rfc3339

TYPES: Final = ("identify", "track", "page", "screen", "group", "alias")

NO_PROGRAM: Final = (
    "Apply one: `regulars apply PROGRAM`. Until then no event can be judged; clients keep theirs and try again."
)
_RETRY_SOON: Final = {"Retry-After": "1"}
_RETRY_LATER: Final = {"Retry-After": "5"}


def paths_of(name: str) -> tuple[str, str]:
    """A route has the long name and its first letter."""
    return f"/v1/{name}", f"/v1/{name[0]}"


def tracking_handlers() -> list[HTTPRouteHandler]:
    return [_handler("batch", None), *(_handler(type, type) for type in TYPES)]


def _handler(name: str, type: str | None) -> HTTPRouteHandler:
    @post(list(paths_of(name)), name=f"tracking.{name}", status_code=200)
    async def take(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await _take(request, type)

    return take


LONGEST_WAIT_SECONDS: Final = 8
"""After which a client is told to come again: Segment's own hang up after ten to fifteen. What it sent may be stored all the
same, and is then known.
"""


async def _take(request: Request[Any, Any, Any], type: str | None) -> Response[bytes]:
    face = face_of(request.scope)
    shown = credentials_of(request.scope["headers"])
    if shown.user:
        caller = await admit(request, shown.user)
        body = await read_body(request, MOST_BODY_BYTES)
    else:
        with unknown_yet(request, shown.token):
            body = await read_body(request, MOST_BODY_BYTES)
        caller = await admit(request, write_key_of(body) or shown.token)
    sender = caller.sender
    if face.turns:
        await face.turns[0].come()
    now = face.clock()
    understood, currency = _understood(
        face, body, type, sender, now, _sent(request) if sender is Sender.SITE else NOT_SAID
    )
    admit_events(face, caller, _items(understood))
    found = await _stored(face, understood, sender, now, currency)
    refusals = [*understood.refusals, *found.refusals]
    _count(face, sender, understood, refusals)
    if sender is Sender.SHOP:
        return _answer(understood, refusals, found.moves)
    return _answer(understood, understood.refusals)


def _understood(
    face: Face, body: bytes, type: str | None, sender: Sender, now: Instant, sent: Sent
) -> tuple[Understood, str]:
    """The events, and the currency in which their amounts are."""
    rulebook = face.shop.rulebooks.latest()
    if rulebook is None:
        raise Problem(Code.NO_PROGRAM, NO_PROGRAM, _RETRY_LATER)
    try:
        program = rulebook.program
        currency = program.till
        understood = understand(body, type, sender, now, currency, face.new_id, program.kinds(), sent)
        return understood, currency.code
    except BodyError as error:
        raise Problem(Code[error.reason.name], error.message) from None


def _sent(request: Request[Any, Any, Any]) -> Sent:
    headers = request.headers
    return Sent(client_address(request.scope), headers.get("user-agent", ""), headers.get("sec-gpc", "").strip() == "1")


async def _stored(face: Face, understood: Understood, sender: Sender, now: Instant, currency: str) -> Ingested:
    """What came of storing it. A client that goes away does not take its events back: they are on their way."""
    try:
        waiting = asyncio.wrap_future(ingest(face.shop, understood, sender, now, currency))
        ingested = await asyncio.wait_for(asyncio.shield(waiting), LONGEST_WAIT_SECONDS)
    except (Busy, TimeoutError):
        raise Problem(Code.BUSY, "More arrives than can be stored. Send it again in a second.", _RETRY_SOON) from None
    except NoProgram:
        raise Problem(Code.NO_PROGRAM, NO_PROGRAM, _RETRY_LATER) from None
    return ingested


def _count(face: Face, sender: Sender, understood: Understood, refusals: list[RefusedEvent]) -> None:
    face.meters.accepted(sender.value, _items(understood) - len(refusals))
    for refused in refusals:
        face.meters.refused(refused.reason.value, sender.value)


def _items(understood: Understood) -> int:
    return len(understood.arrivals) + len(understood.refusals) + len(understood.impersonal)


def _answer(understood: Understood, refusals: list[RefusedEvent], moves: Sequence[Move] = ()) -> Response[bytes]:
    """Lists as many rejects as there may be events; the header counts them all."""
    rejected = [RejectedEvent(one.position, one.reason.value, one.message) for one in refusals]
    rejected.sort(key=lambda one: one.position)
    accepted = _items(understood) - len(rejected)
    headers = {"X-Regulars-Rejected": str(len(rejected))} if rejected else {}
    body = msgspec.json.encode(
        Taken(True, accepted, tuple(rejected[:MOST_EVENTS]), tuple([_moved(move) for move in moves[:MOST_EVENTS]]))
    )
    return Response(body, media_type="application/json", headers=headers)


def _moved(move: Move) -> SegmentMove:
    what: Literal["entered", "left"] = "entered" if move.entered else "left"
    return SegmentMove(move.customer, move.segment, what, rfc3339(move.at), move.why, move.fact)
