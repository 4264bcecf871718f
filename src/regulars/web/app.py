"""The HTTP face, assembled: which handlers there are, what stands around them, and what is handed to them."""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.types import ControllerRouterHandler

from regulars.insight.likelihood.findings import Latest
from regulars.kernel.facts import Instant
from regulars.service.auditing import Audited
from regulars.service.connections import Connections
from regulars.service.neighbours import Neighbour
from regulars.service.networks import Networks
from regulars.service.outbox import Delivered
from regulars.service.reconciling import Reconciliations
from regulars.service.shop import Shop
from regulars.web.admin import admin_handlers, error_page
from regulars.web.admin.sampling import Sampler
from regulars.web.analytics import Analytics
from regulars.web.api.books import books
from regulars.web.api.consents import consent_handlers
from regulars.web.api.customers import customer_handlers
from regulars.web.api.docs import docs, docs_file
from regulars.web.api.entitlements import entitlement_handlers
from regulars.web.api.forecast import forecast
from regulars.web.api.health import healthz, metrics, readyz
from regulars.web.api.how_it_works import how_it_works
from regulars.web.api.identification import identification
from regulars.web.api.levels import level_handlers
from regulars.web.api.liability import liability
from regulars.web.api.openapi import openapi
from regulars.web.api.people import people_handlers
from regulars.web.api.points import points_handlers
from regulars.web.api.progress import progress
from regulars.web.api.returns import order_returned
from regulars.web.api.segments import segment_handlers
from regulars.web.api.settings import project_settings, source_config
from regulars.web.api.tracking import TYPES, paths_of, tracking_handlers
from regulars.web.api.webhook_endpoints import webhook_endpoint_handlers
from regulars.web.api.webhooks import mapped_webhook, shopify_webhook, woocommerce_webhook
from regulars.web.envelope import FOR_KEYS, Envelope
from regulars.web.face import Face, client_address, face_of
from regulars.web.keyring import Keyring
from regulars.web.limits import NO_LIMITS, Limiter, Limits, network_of
from regulars.web.member import member_handlers
from regulars.web.meters import Figure, Meters
from regulars.web.problems import Problem, handler
from regulars.web.signboard import Signboard
from regulars.web.turns import Turns

_SENDING: Final = "POST, OPTIONS"
_READING: Final = "GET, HEAD, OPTIONS"
OPEN_TO_BROWSERS: Final = {
    **{path: _SENDING for name in (*TYPES, "batch") for path in paths_of(name)},
    "/v1/projects/{write_key}/settings": _READING,
    "/sourceConfig": _READING,
}
"""The routes that a page of another origin may use. None of the others has CORS."""


def create_app(
    shop: Shop,
    clock: Callable[[], Instant],
    new_id: Callable[[], str],
    limits: Limits = NO_LIMITS,
    *,
    proxies: int = 0,
    tick: Callable[[], int] = time.monotonic_ns,
    connections: Connections | None = None,
    reconciled: Reconciliations | None = None,
    neighbour: Neighbour | None = None,
    cookies: str = "",
    networks: Networks | None = None,
    delivered: Delivered | None = None,
    audited: Audited | None = None,
    analytics: Path | None = None,
    likelihood: Latest | None = None,
) -> Litestar:
    """The shop's lifetime is the caller's: nothing is opened or closed here. Without `limits` there are none; the published ones
    are `Limits()`. `proxies` stand before us and are believed; `tick` counts nanoseconds and never goes back.
    `connections` are those whose webhooks are believed; without, those with stored secrets. `reconciled` is shown as figures.
    `neighbour` is a shop that pages switch to; `cookies` then ends the names of this server's, which share a host with the other's.
    `networks` are those that our own webhooks may go to beyond the public ones; `delivered` is shown as figures.
    `audited` is what came of the audits of segments, shown as figures.
    `analytics` is the file of the analytic tables, by which segments are tried out; `likelihood` is what was found last of who
    is likely to order.
    """
    meters = Meters()
    limiter = Limiter(limits, tick, meters.limited)
    keyring = Keyring(shop.keys.sender_of, limiter, tick)
    face = Face(shop, clock, new_id, meters, [], limiter, keyring, proxies)
    _watch(face)
    if reconciled is not None:
        _watch_reconciling(meters, reconciled)
    if delivered is not None:
        _watch_deliveries(meters, delivered)
    if audited is not None:
        _watch_audits(meters, audited)
    signboard = Signboard(shop, tick, neighbour, cookies)
    signboard.look()
    app = Litestar(
        route_handlers=[*api_handlers(), *member_handlers, *admin_handlers],
        exception_handlers={Exception: _answer},
        state=State(
            {
                "face": face,
                "shop": shop,
                "clock": clock,
                "new_id": new_id,
                "signboard": signboard,
                "connections": connections or Connections(shop.store, {}),
                "networks": networks or Networks(),
                "analytics": Analytics(analytics),
                "sampler": Sampler(),
                "likelihood": likelihood or Latest(),
            }
        ),
        openapi_config=None,
        lifespan=[partial(_taking_turns, face)],
        logging_config=None,
    )
    app.asgi_handler = Envelope(app.asgi_handler, OPEN_TO_BROWSERS)
    return app


@asynccontextmanager
async def _taking_turns(face: Face, _: Litestar) -> AsyncIterator[None]:
    turns = Turns()
    face.turns.append(turns)
    face.shop.writer.listen(turns.told)
    yield
    face.shop.writer.listen(None)
    face.turns.clear()


def api_handlers() -> Sequence[ControllerRouterHandler]:
    return [
        *tracking_handlers(),
        *customer_handlers(),
        identification,
        liability,
        books,
        how_it_works,
        *entitlement_handlers(),
        progress,
        *segment_handlers(),
        *consent_handlers(),
        *level_handlers(),
        shopify_webhook,
        woocommerce_webhook,
        mapped_webhook,
        *webhook_endpoint_handlers(),
        *people_handlers(),
        order_returned,
        *points_handlers(),
        forecast,
        project_settings,
        source_config,
        healthz,
        readyz,
        metrics,
        openapi,
        docs,
        docs_file,
    ]


def _answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A person with a browser who mistyped an address gets a page; programs, and whoever speaks to the API, a problem."""
    scope: Mapping[str, Any] = request.scope
    if isinstance(error, NotFoundException | MethodNotAllowedException) and scope["path"].startswith(FOR_KEYS):
        too_many = _stranger(scope)
        if too_many is not None:
            return handler(request, too_many)
    astray = "path_template" not in scope and not scope["path"].startswith("/v1/")
    if astray and "text/html" in request.headers.get("accept", ""):
        return error_page(request, error)
    return handler(request, error)


def _stranger(scope: Mapping[str, Any]) -> Problem | None:
    """Where no handler looked at a key, the address is counted; the `Problem` is for one that came too often."""
    try:
        face_of(scope).limiter.stranger(network_of(client_address(scope)))
    except Problem as too_many:
        return too_many
    return None


def _watch(face: Face) -> None:
    """What the writer and the limiter know of themselves."""
    writer = face.shop.writer
    told = writer.statistics
    face.meters.watch(
        {
            "regulars_queue_events": Figure("Events that wait to be stored.", lambda: writer.waiting),
            "regulars_groups": Figure("Groups of requests that shared a transaction.", lambda: told.groups, grows=True),
            "regulars_group_events": Figure("Events in these groups.", lambda: told.events, grows=True),
            "regulars_group_largest_events": Figure("Events in the largest group so far.", lambda: told.largest),
            "regulars_group_retries": Figure("Groups that were tried again.", lambda: told.retries, grows=True),
            "regulars_group_failures": Figure("Groups of which nothing was stored.", lambda: told.failures, grows=True),
            "regulars_limit_buckets": Figure("Addresses and keys remembered by limits.", lambda: len(face.limiter)),
        }
    )


def _watch_reconciling(meters: Meters, told: Reconciliations) -> None:
    meters.watch(
        {
            "regulars_reconciliations": Figure("Times a platform was asked.", lambda: told.asked, grows=True),
            "regulars_reconciliation_failures": Figure("Times it gave no answer.", lambda: told.failed, grows=True),
            "regulars_reconciled_missed": Figure(
                "Orders found by asking of which no webhook had told.", lambda: told.missed, grows=True
            ),
        }
    )


def _watch_deliveries(meters: Meters, told: Delivered) -> None:
    meters.watch(
        {
            "regulars_webhooks_delivered": Figure("Messages delivered.", lambda: told.delivered, grows=True),
            "regulars_webhook_failures": Figure("Attempts that failed.", lambda: told.failed, grows=True),
        }
    )


def _watch_audits(meters: Meters, told: Audited) -> None:
    meters.watch(
        {
            "regulars_segment_audits": Figure("Audits of segments.", lambda: told.audits, grows=True),
            "regulars_segment_audited_customers": Figure("Customers compared.", lambda: told.compared, grows=True),
            "regulars_segment_drift": Figure(
                "Rows of segments that were found wrong.", lambda: told.drifts, grows=True
            ),
        }
    )
