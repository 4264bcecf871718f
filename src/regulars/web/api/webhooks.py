"""Signed webhooks: of Shopify, of WooCommerce, and of any other system that the program's `sources` name.

Nobody shows a key here: the signature over the raw bytes is checked before anything is read. Until it is found to be good the
request is on the account of a stranger at its address, which gets it back then.

A platform that hears anything but 200 sends the same again and in the end gives the shop up. So whatever is signed is answered
200 once it is stored, also what was refused; and 503 only where it could not be stored: then it may come again, and is known
where it was. Shopify waits for five seconds.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import Request, Response, post

from regulars.kernel.facts import Instant
from regulars.kernel.program import MappedSource, Program
from regulars.service.connections import Connection, Connections, Kind, is_news, note_heard
from regulars.service.group import Ingested
from regulars.service.ingest import NoProgram, ingest, ingest_told
from regulars.service.privacy import fulfil
from regulars.service.writer import Busy
from regulars.web.api.bodies import read_body
from regulars.web.face import Face, client_address, face_of
from regulars.web.limits import network_of
from regulars.web.problems import Code, Problem
from regulars.wire.answers import RejectedEvent, Taken
from regulars.wire.events import MOST_BODY_BYTES, MOST_EVENTS, RefusedEvent
from regulars.wire.mapping import is_signed, map_webhook
from regulars.wire.webhooks import (
    MOST_DELIVERY_BYTES,
    RefusedWebhook,
    Told,
    is_signed_by_shopify,
    is_signed_by_woocommerce,
    is_woocommerce_ping,
    understand_shopify,
    understand_woocommerce,
)

SHOPIFY_PATH: Final = "/v1/webhooks/shopify/{connection:str}"
WOOCOMMERCE_PATH: Final = "/v1/webhooks/woocommerce/{connection:str}"
MAPPED_PATH: Final = "/v1/webhooks/{source:str}"

MOST_READ_BYTES: Final = 2 * MOST_DELIVERY_BYTES
"""A delivery that is too large is read all the same, up to here: only so can it be told from a stranger's, and set aside."""

LONGEST_WAIT_SECONDS: Final = 4
_RETRY_SOON: Final = {"Retry-After": "1"}
_RETRY_LATER: Final = {"Retry-After": "5"}
_CHALLENGE: Final = {"WWW-Authenticate": 'Signature realm="Regulars"'}
_PLAIN: Final = ("", "identity")

Refusals = Iterable[RefusedEvent | RefusedWebhook]


@post(SHOPIFY_PATH, name="webhooks.shopify", status_code=200)
async def shopify_webhook(request: Request[Any, Any, Any]) -> Response[bytes]:
    """One delivery of Shopify's."""
    delivery = await _delivered(request, Kind.SHOPIFY, "connection", MOST_READ_BYTES)
    if not is_signed_by_shopify(delivery.headers, delivery.body, delivery.connection.secrets.signing):
        raise _unsigned()
    return await _platform_told(delivery)


@post(WOOCOMMERCE_PATH, name="webhooks.woocommerce", status_code=200)
async def woocommerce_webhook(request: Request[Any, Any, Any]) -> Response[bytes]:
    """One delivery of WooCommerce's; or its question whether anyone is there, which it does not sign."""
    delivery = await _delivered(request, Kind.WOOCOMMERCE, "connection", MOST_READ_BYTES)
    if is_woocommerce_ping(delivery.headers, delivery.body):
        return _answer(0, [])
    if not is_signed_by_woocommerce(delivery.headers, delivery.body, delivery.connection.secrets.signing):
        raise _unsigned()
    return await _platform_told(delivery)


@post(MAPPED_PATH, name="webhooks.mapped", status_code=200)
async def mapped_webhook(request: Request[Any, Any, Any]) -> Response[bytes]:
    """One delivery of a system that the program maps."""
    delivery = await _delivered(request, Kind.WEBHOOK, "source", MOST_BODY_BYTES)
    source = _source(_program(delivery.face), delivery.connection.name)
    if not is_signed(source.signature, delivery.headers, delivery.body, delivery.connection.secrets.signing):
        raise _unsigned()
    return await _mapped(delivery, source)


class Delivery(msgspec.Struct, frozen=True):
    """What came, of whom it says it is, and by whom it is counted. Nothing of it is believed yet."""

    face: Face
    there: Connections
    connection: Connection
    address: str
    headers: Mapping[str, str]
    body: bytes
    now: Instant


# --- from the wire to the signature --------------------------------------------------------------------------------------


async def _delivered(request: Request[Any, Any, Any], kind: Kind, parameter: str, most_bytes: int) -> Delivery:
    face, address = face_of(request.scope), network_of(client_address(request.scope))
    face.limiter.stranger(address)
    if request.headers.get("content-encoding", "").strip().lower() not in _PLAIN:
        raise Problem(Code.ENCODING_NOT_KNOWN, "Have webhooks sent as they are: it is the bytes that are signed.")
    body = await read_body(request, most_bytes)
    there: Connections = request.app.state["connections"]
    connection = await asyncio.to_thread(there.named, request.path_params[parameter])
    if connection is None or connection.kind is not kind:
        raise Problem(Code.NOT_FOUND, "There is no such connection: `regulars connections` lists them.")
    return Delivery(face, there, connection, address, dict(request.headers.items()), body, face.clock())


def _unsigned() -> Problem:
    detail = "The body is not signed with a secret of this connection. `regulars connect … --rotate` sets a new one."
    return Problem(Code.SIGNATURE_WRONG, detail, _CHALLENGE)


def _program(face: Face) -> Program:
    rulebook = face.shop.rulebooks.latest()
    if rulebook is None:
        raise _no_program()
    return rulebook.program


def _source(program: Program, name: str) -> MappedSource:
    for source in program.sources:
        if source.id == name:
            return source
    raise Problem(Code.NOT_FOUND, "The program in force names no such source: see its `sources`.")


# --- from the signature to the record ------------------------------------------------------------------------------------


async def _platform_told(delivery: Delivery) -> Response[bytes]:
    face, sender = delivery.face, delivery.connection.kind.sender
    face.limiter.not_a_stranger(delivery.address)
    program = _program(face)
    understand = understand_shopify if delivery.connection.kind is Kind.SHOPIFY else understand_woocommerce
    told = understand(delivery.headers, delivery.body, delivery.now, program.till, program.kinds())
    try:
        async with asyncio.timeout(LONGEST_WAIT_SECONDS):
            waiting = ingest_told(face.shop, told, sender, delivery.now, program.currency.code)
            ingested: Ingested = await asyncio.shield(asyncio.wrap_future(waiting))
            await _kept(delivery, told)
    except (Busy, TimeoutError):
        raise _busy() from None
    except NoProgram:
        raise _no_program() from None
    return _counted(delivery, len(told.arrivals), told.refusals, ingested)


async def _mapped(delivery: Delivery, source: MappedSource) -> Response[bytes]:
    face, sender = delivery.face, delivery.connection.kind.sender
    face.limiter.not_a_stranger(delivery.address)
    program = _program(face)
    understood = map_webhook(source, delivery.headers, delivery.body, delivery.now, program.kinds())
    try:
        async with asyncio.timeout(LONGEST_WAIT_SECONDS):
            waiting = ingest(face.shop, understood, sender, delivery.now, program.currency.code)
            ingested = await asyncio.shield(asyncio.wrap_future(waiting))
            await _kept(delivery, None)
    except (Busy, TimeoutError):
        raise _busy() from None
    except NoProgram:
        raise _no_program() from None
    return _counted(delivery, len(understood.arrivals), understood.refusals, ingested)


async def _kept(delivery: Delivery, told: Told | None) -> None:
    """What else follows from it: whose data is asked for, which order has to be read again, when the connection was heard."""
    shop, connection, now = delivery.face.shop, delivery.connection, delivery.now
    if told is not None and told.asked is not None:
        who = f"{connection.kind.value}:{connection.name}"
        await asyncio.to_thread(fulfil, shop, told.asked, who, now)
    again = None if told is None else told.read_again
    if again is not None or is_news(connection, now):
        await asyncio.to_thread(shop.writer.run, lambda tx: note_heard(tx, delivery.there, connection.name, now, again))


def _busy() -> Problem:
    return Problem(Code.BUSY, "More arrives than can be stored. Send it again in a second.", _RETRY_SOON)


def _no_program() -> Problem:
    return Problem(
        Code.NO_PROGRAM, "Apply one: `regulars apply PROGRAM`. Until then nothing can be judged.", _RETRY_LATER
    )


def _counted(
    delivery: Delivery, arrivals: int, refusals: Sequence[RefusedEvent | RefusedWebhook], found: Ingested
) -> Response[bytes]:
    meters, sender = delivery.face.meters, delivery.connection.kind.sender.value
    accepted, rejected = arrivals - len(found.refusals), [*refusals, *found.refusals]
    meters.accepted(sender, accepted)
    for one in rejected:
        meters.refused(one.reason.value, sender)
    return _answer(accepted, rejected)


def _answer(accepted: int, refusals: Refusals) -> Response[bytes]:
    rejected = [RejectedEvent(one.position, one.reason.value, one.message) for one in refusals]
    rejected.sort(key=lambda one: one.position)
    headers = {"X-Regulars-Rejected": str(len(rejected))} if rejected else {}
    body = msgspec.json.encode(Taken(True, accepted, tuple(rejected[:MOST_EVENTS])))
    return Response(body, media_type="application/json", headers=headers)
